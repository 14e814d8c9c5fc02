"""What metrics compute: accuracies by row, running means, confusion counts. No gradients.

The arithmetic stands in kernels/metric.pyx; `fastconv.metrics` is the only user.
"""

from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv.ops import arrays
from fastconv.ops.arrays import empty
from fastconv.ops.elementwise import multiply
from fastconv.ops.loss import labels_array, same_rank, targets_for
from fastconv.ops.reduce import mean
from fastconv.ops.reduce import sum as total
from fastconv.ops.shaping import broadcast_to, reshape
from fastconv.ops.tensor import FLOATS, GRAIN, Tensor, convert, kernel, run
from fastconv.ops.variable import Variable

F32 = np.dtype(np.float32)
I64 = np.dtype(np.int64)


def _floats(x: Any) -> Tensor:
    x = convert(x)
    return x if x.data.dtype in FLOATS else convert(x, "float32")


def _grain(n: int) -> int:
    return max(1, GRAIN // (2 * max(1, n)))


# --- accuracies: 1.0 for a hit, 0.0 for a miss, float32 ------------------------------------------


def sparse_hits(y_true: Any, y_pred: Any) -> Tensor:
    """Whether the label of each row is where its largest prediction is."""
    p = _floats(y_pred)
    y = labels_array(y_true, p.shape)
    n = p.shape[-1]
    out = empty(p.shape[:-1], F32)
    k = kernel("metric_sparse_accuracy", p.data.dtype)
    run(k, (out, p.data, y), (n,), (), y.size, _grain(n))
    return Tensor(out)


def categorical_hits(y_true: Any, y_pred: Any) -> Tensor:
    """Whether target and prediction are largest at the same place."""
    t, p = targets_for(y_true, _floats(y_pred))
    n = p.shape[-1]
    out = empty(p.shape[:-1], F32)
    k = kernel("metric_categorical_accuracy", p.data.dtype)
    run(k, (out, p.data, t.data), (n,), (), out.size, _grain(n))
    return Tensor(out)


def binary_hits(y_true: Any, y_pred: Any, threshold: float) -> Tensor:
    """Whether ``y_pred > threshold`` equals `y_true`, element by element."""
    t, p = targets_for(y_true, _floats(y_pred))
    out = empty(p.shape, F32)
    k = kernel("metric_binary_accuracy", p.data.dtype)
    run(k, (out, p.data, t.data), (), (float(threshold),), p.size, GRAIN)
    return Tensor(out)


def top_k_hits(labels: Any, y_pred: Any, k: int) -> Tensor:
    """Whether fewer than k predictions of a row exceed that of its label."""
    p = _floats(y_pred)
    y = labels_array(labels, p.shape)
    n = p.shape[-1]
    out = empty(p.shape[:-1], F32)
    run(kernel("metric_top_k", p.data.dtype), (out, p.data, y), (n, int(k)), (), y.size, _grain(n))
    return Tensor(out)


def keep_top_k(x: Tensor, k: int, low: float) -> Tensor:
    """The k largest of each row as they are, `low` elsewhere."""
    n = x.shape[-1]
    out = empty(x.shape, x.data.dtype)
    rows = x.size // n if n else 0
    run(
        kernel("metric_keep_top", x.data.dtype),
        (out, x.data),
        (n, int(k)),
        (float(low),),
        rows,
        _grain(n * n),
    )
    return Tensor(out)


# --- running means -------------------------------------------------------------------------------


def by_sample(
    values: Any, sample_weight: Any, dtype: Any, average: bool
) -> tuple[Tensor, Tensor | None, float]:
    """Values and weights of one shape, and what their sums are to be multiplied by.

    Axes that the weights lack are averaged (or summed) away first; what is left beyond the first
    axis is averaged by the factor.
    """
    v = convert(values, dtype)
    w = None
    if sample_weight is not None:
        v, w = same_rank(v, convert(sample_weight, dtype))
        if v.ndim > w.ndim:
            reduce = mean if average else total
            v = reduce(v, axis=list(range(w.ndim, v.ndim)))
        if w.shape != v.shape:
            try:
                w = broadcast_to(w, v.shape)
            except ValueError:
                raise ValueError(
                    f"sample_weight: shape {w.shape} does not fit values of shape {v.shape}"
                ) from None
    rest = int(np.prod(v.shape[1:], dtype=np.int64)) if average else 1
    return v, w, 1.0 / rest if rest else 0.0


def update_mean(
    state: tuple[Variable, Variable | None],
    rest: np.ndarray,
    values: Any,
    sample_weight: Any,
    average: bool = True,
) -> None:
    """Add values to a running mean (or sum, without a count).

    Parameters
    ----------
    state : (total, count or None)
    rest : ndarray, float64, shape (2,)
        What the dtype of `state` cannot hold.
    values, sample_weight : array_like
    average : bool
        Whether axes beyond the first are averaged.
    """
    sum_, count = state
    v, w, factor = by_sample(values, sample_weight, sum_.data.dtype, average)
    n = v.shape[0] if v.ndim else 1
    run(
        kernel("metric_mean_update", sum_.data.dtype),
        (
            sum_.data,
            None if count is None else count.data,
            rest,
            v.data,
            None if w is None else w.data,
        ),
        (v.size,),
        (factor, float(n)),
        1,
        1,
    )


def mean_result(state: tuple[Variable, Variable], rest: np.ndarray) -> Tensor:
    """total / count, 0 where nothing was counted."""
    dtype = state[0].data.dtype
    out = empty((), dtype)
    operands = (out, state[0].data, state[1].data, rest)
    run(kernel("metric_mean_result", dtype), operands, (), (), 1, 1)
    return Tensor(out)


# --- confusion -----------------------------------------------------------------------------------


def count_confusion(
    counts: tuple[Variable | None, ...],
    y_true: Tensor,
    y_pred: Tensor,
    weights: Tensor | None,
    thresholds: np.ndarray,
    even: int,
    labels: int,
) -> None:
    """Add to true positives, false positives, true negatives, false negatives.

    Parameters
    ----------
    counts : tuple of four Variable or None
        Shape (thresholds,) or (thresholds, labels).
    y_true, y_pred, weights : Tensor
        One shape, dtype of the counts; targets are true where not 0.
    thresholds : ndarray
        Of the dtype of the counts.
    even : int
        0: compare with each threshold; 1: thresholds are spaced evenly over [0, 1]; 2: evenly, and
        the first lies below 0.
    labels : int
        Columns counted apart; 1 for all together.
    """
    dtype = thresholds.dtype
    t = len(thresholds)
    run(
        kernel("metric_confusion", dtype),
        (
            *(None if v is None else v.data for v in counts),
            y_true.data,
            y_pred.data,
            None if weights is None else weights.data,
            thresholds,
            np.empty(2 * t * labels + 2 * labels),
        ),
        (y_pred.size, labels, t, even),
        (),
        1,
        1,
    )


def count_matrix(
    state: Variable, y_true: Any, y_pred: Any, weights: Any, ignore_class: int | None
) -> None:
    """Add to a confusion matrix; classes out of range and the ignored one do not count."""
    dtype = state.data.dtype
    flat = [reshape(convert(x), (-1,)) for x in (y_true, y_pred)]
    y, p = (arrays.cast(x.data, I64) for x in flat)
    if y.shape != p.shape:
        raise ValueError(
            "y_true and y_pred: expected as many classes in one as in the other, received "
            f"{y.size} and {p.size}"
        )
    w = None
    if weights is not None:
        wt = convert(weights, dtype)
        w = broadcast_to(reshape(wt, (-1,)) if wt.ndim else wt, y.shape).data
    code = "i64" if dtype == I64 else FLOATS[dtype]
    run(
        _kernels.get(f"metric_matrix_{code}"),
        (state.data, y, p, w),
        (y.size, state.shape[0], int(ignore_class is not None), ignore_class or 0),
        (),
        1,
        1,
    )


def weighted(x: Tensor, weights: Tensor | None) -> Tensor:
    """x, times the weights if there are any."""
    return x if weights is None else multiply(x, weights)
