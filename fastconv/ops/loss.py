"""Losses: one value a row, and the weighted mean over rows.

The public ops are Keras's three cross-entropies; `fastconv.losses` and `fastconv.metrics` use the
rest. Targets come first, as in Keras. The arithmetic stands in kernels/loss.pyx and
kernels/crossentropy.pyx.
"""

import threading
import warnings
from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv._runtime.call import recorder
from fastconv.ops import arrays
from fastconv.ops.arrays import empty
from fastconv.ops.masks import set_keras_mask
from fastconv.ops.shaping import broadcast_to, moveaxis, reshape
from fastconv.ops.symbolic import op
from fastconv.ops.tape import current, record
from fastconv.ops.tensor import GRAIN, Activated, Tensor, convert, kernel, run

__all__ = ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]

KINDS = (
    "squared",
    "absolute",
    "percent",
    "squared_log",
    "huber",
    "log_cosh",
    "hinge",
    "squared_hinge",
    "poisson",
    "divergence",
    "binary",
    "binary_logits",
    "binary_focal",
)
"""Pointwise losses, in the order of the kernel's enum."""

# Columns that cost as much as one element of plain streaming.
_COST = 8


class _Bad(threading.local):
    """First label out of range since the last look: (seen, label, classes)."""

    def __init__(self) -> None:
        self.label = np.zeros(3, np.int64)


_bad = _Bad()


def raise_bad_labels() -> None:
    """Raise ValueError if a kernel met a label out of range since the last call.

    Losses do so themselves; only steps that are replayed need someone to ask.
    """
    seen, label, classes = _bad.label.tolist()
    if seen:
        _bad.label[:] = 0
        raise ValueError(
            f"y: expected labels from 0 to {classes - 1} (the model has {classes} outputs), "
            f"received the label {label}"
        )


def _grain(n: int) -> int:
    return max(1, GRAIN // (_COST * max(1, n)))


def _rows(p: np.ndarray) -> tuple[int, int]:
    """Number of rows and columns: the last axis holds the columns."""
    n = p.shape[-1]
    return (p.size // n if n else 0), n


def _float(y_pred: Any) -> Tensor:
    p = convert(y_pred)
    return p if p.data.dtype.kind == "f" else convert(p, "float32")


def same_rank(x1: Tensor, x2: Tensor, expand_rank_1: bool = True) -> tuple[Tensor, Tensor]:
    """Drop or add a last axis of length 1 where that makes the ranks equal.

    A vector gets the axis (unless ``expand_rank_1=False``), anything else loses it.
    """
    if x1.ndim == x2.ndim + 1 and x1.shape[-1] == 1:
        if x2.ndim == 1 and expand_rank_1:
            return x1, reshape(x2, (*x2.shape, 1))
        return reshape(x1, x1.shape[:-1]), x2
    if x2.ndim == x1.ndim + 1 and x2.shape[-1] == 1:
        if x1.ndim == 1 and expand_rank_1:
            return reshape(x1, (*x1.shape, 1)), x2
        return x1, reshape(x2, x2.shape[:-1])
    return x1, x2


def targets_for(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors of the dtype of `y_pred`, of one shape by broadcasting."""
    p = _float(y_pred)
    t, p = same_rank(convert(y_true, p.data.dtype), p)
    if t.shape == p.shape:
        return t, p
    try:
        shape = np.broadcast_shapes(t.shape, p.shape)
    except ValueError:
        raise ValueError(
            f"y_true and y_pred: shapes must agree, received y_true.shape={t.shape} and "
            f"y_pred.shape={p.shape}"
        ) from None
    return broadcast_to(t, shape), broadcast_to(p, shape)


def _logits_of(p: Tensor, activation: str, from_logits: bool) -> Tensor | None:
    """The logits behind `p`, or None for plain probabilities."""
    if (
        isinstance(p, Activated)
        and p.activation == activation
        and (activation == "sigmoid" or p.axis in (-1, p.ndim - 1))
    ):
        if from_logits:
            warnings.warn(
                "The loss received `from_logits=True`, but the `output` argument was produced by "
                f"a {activation.capitalize()} activation and thus does not represent logits. Was "
                "this intended?",
                stacklevel=4,
            )
        return p.logits
    return p if from_logits else None


# --- pointwise -----------------------------------------------------------------------------------


def pointwise(
    kind: str,
    y_true: Any,
    y_pred: Any,
    *,
    scale: float | None = None,
    axis: int = -1,
    keep: float = 1.0,
    add: float = 0.0,
    a: float = 0.0,
    b: float = 0.0,
    balanced: bool = False,
    signs: bool = False,
) -> Tensor:
    """``scale * sum(f(keep * t + add, p), axis)``.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    y_true, y_pred : tensors
    scale : float, optional
        None for the mean.
    axis : int, default -1
    keep, add : float
        Applied to the targets.
    a, b : float
        Parameters of f.
    balanced : bool
        Weights of the focal loss.
    signs : bool
        Turn targets into -1 and 1 if all of them are 0 or 1.

    Returns
    -------
    Tensor
        Without `axis`.
    """
    t, p = targets_for(y_true, y_pred)
    if not p.ndim:
        raise ValueError(f"y_pred: expected at least one axis, received shape {p.shape}")
    if axis not in (-1, p.ndim - 1):
        t, p = moveaxis(t, axis, -1), moveaxis(p, axis, -1)
    m, n = _rows(p.data)
    c = scale if scale is not None else 1.0 / n if n else np.nan
    return _pointwise(kind, t, p, (m, n), p.shape[:-1], (c, keep, add, a, b), balanced, signs)


def _pointwise(
    kind: str,
    t: Tensor,
    p: Tensor,
    rows: tuple[int, int],
    shape: tuple[int, ...],
    pars: tuple[float, ...],
    balanced: bool,
    signs: bool,
) -> Tensor:
    dtype = p.data.dtype
    m, n = rows
    flag = None
    if signs:
        flag = np.zeros(1, np.int64)
        run(kernel("loss_are_binary", dtype), (flag, t.data), (t.size,), (), 1, 1)
    dims = (n, KINDS.index(kind), int(balanced))
    y = empty(shape, dtype)
    run(kernel("loss_pointwise", dtype), (y, t.data, p.data, flag), dims, pars, m, _grain(n))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        # scale * dy * df/dt, and the same by p
        grads = []
        for of_target in (1, 0):
            d = None
            if need[1 - of_target]:
                d = empty(p.shape, dtype)
                run(
                    kernel("loss_pointwise_grad", dtype),
                    (d, t.data, p.data, flag, dy),
                    (*dims, of_target),
                    pars,
                    m,
                    _grain(n),
                )
            grads.append(d)
        return grads

    return record(Tensor(y), (t, p), backward)


def binary_rows(y_true: Any, y_pred: Any, from_logits: bool, smoothing: float, axis: int) -> Tensor:
    """Mean binary cross-entropy along `axis`."""
    p = _float(y_pred)
    t = convert(y_true)
    if t.ndim == p.ndim and t.shape != p.shape:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. Received: "
            f"target.shape={t.shape}, output.shape={p.shape}"
        )
    z = _logits_of(p, "sigmoid", from_logits)
    kind = "binary" if z is None else "binary_logits"
    return pointwise(
        kind,
        t,
        p if z is None else z,
        axis=axis,
        keep=1.0 - smoothing,
        add=0.5 * smoothing,
    )


# --- classes -------------------------------------------------------------------------------------


def labels_array(y_true: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Labels as int64, one for each row of predictions of `shape`."""
    y = convert(y_true)
    if y.ndim == len(shape) and y.shape[-1] == 1:
        y = reshape(y, y.shape[:-1])
    if y.shape != shape[:-1]:
        advice = ""
        if y.shape == shape:
            advice = " For one-hot targets use the loss or metric without `sparse`."
        raise ValueError(
            "Arguments `target` and `output` must have the same shape up until the last "
            f"dimension: target.shape={y.shape}, output.shape={shape}.{advice}"
        )
    return arrays.cast(y.data, np.dtype(np.int64))


def sparse_rows(
    y_true: Any, y_pred: Any, from_logits: bool, axis: int = -1, ignore_class: int | None = None
) -> Tensor:
    """Cross-entropy of labels, one value a row.

    With `ignore_class` the result carries a mask: 1 for the losses that count, 0 for the others.
    """
    p = _float(y_pred)
    if p.ndim < 1:
        raise ValueError(
            f"Argument `output` must be at least rank 1. Received: output.shape={p.shape}"
        )
    if axis not in (-1, p.ndim - 1):
        p = moveaxis(p, axis, -1)
    y = labels_array(y_true, p.shape)
    m, n = _rows(p.data)
    dtype = p.data.dtype
    dims = (n, int(ignore_class is not None), ignore_class or 0)
    check = _kernels.get("crossentropy_check_i64")
    run(check, (_bad.label, y), (m, *dims), (), 1, 1)
    if recorder.program is None:
        raise_bad_labels()
    loss = empty(p.shape[:-1], dtype)
    z = _logits_of(p, "softmax", from_logits)
    grain = _grain(n)
    if z is None:
        run(kernel("crossentropy_sparse", dtype), (loss, p.data, y), dims, (), m, grain)
        name, source = "crossentropy_sparse_grad", p
        saved: np.ndarray | None = p.data
    else:
        q = p.data if z is not p else None
        made = None
        if q is None and current() is not None:
            q = made = empty(p.shape, dtype)
        run(
            kernel("crossentropy_sparse_logits", dtype),
            (loss, made, z.data, y),
            dims,
            (),
            m,
            grain,
        )
        name, saved, source = "crossentropy_sparse_logits_grad", q, z

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        d = empty(p.shape, dtype)
        run(kernel(name, dtype), (d, dy, saved, y), dims, (), m, grain)
        return (d,)

    if ignore_class is None:
        return record(Tensor(loss), (source,), backward)
    mask = empty(loss.shape, dtype)
    run(kernel("crossentropy_mask", dtype), (mask, y), (ignore_class,), (), m, GRAIN)
    return record(set_keras_mask(Tensor(loss), Tensor(mask)), (source,), backward)


def categorical_rows(
    y_true: Any,
    y_pred: Any,
    from_logits: bool,
    axis: int = -1,
    smoothing: float = 0.0,
    focal: tuple[float, float] | None = None,
) -> Tensor:
    """Cross-entropy of distributions, one value a row; `focal` is (alpha, gamma)."""
    p = _float(y_pred)
    t = convert(y_true, p.data.dtype)
    _check_same(t, p)
    if axis not in (-1, p.ndim - 1):
        t, p = moveaxis(t, axis, -1), moveaxis(p, axis, -1)
    m, n = _rows(p.data)
    dtype = p.data.dtype
    pars = (1.0 - smoothing, smoothing / max(1, n), *(focal or (0.0, 0.0)))
    loss = empty(p.shape[:-1], dtype)
    grain = _grain(n)
    z = None if focal else _logits_of(p, "softmax", from_logits)
    dims = (n, int(focal is not None))
    if z is None:
        run(kernel("crossentropy_dense", dtype), (loss, p.data, t.data), dims, pars, m, grain)
        name, source, behind = "crossentropy_dense", p, p.data
        saved: np.ndarray | None = p.data
    else:
        q = p.data if z is not p else None
        made = None
        if q is None and current() is not None:
            q = made = empty(p.shape, dtype)
        operands = (loss, made, z.data, t.data)
        run(kernel("crossentropy_logits", dtype), operands, dims, pars, m, grain)
        name, saved, source, behind = "crossentropy_logits", q, z, z.data

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        dt = dp = None
        if need[0]:
            dt = empty(p.shape, dtype)
            behind_it = (dt, dy, behind, t.data)
            run(kernel(f"{name}_target", dtype), behind_it, dims, pars, m, grain)
        if need[1]:
            dp = empty(p.shape, dtype)
            operands = (dp, dy, saved, t.data)
            run(kernel(f"{name}_grad", dtype), operands, dims, pars, m, grain)
        return dt, dp

    return record(Tensor(loss), (t, source), backward)


def _check_same(t: Tensor, p: Tensor) -> None:
    received = f"Received: target.shape={t.shape}, output.shape={p.shape}"
    if t.ndim < 1 or p.ndim < 1:
        raise ValueError(f"Arguments `target` and `output` must be at least rank 1. {received}")
    advice = ""
    if t.ndim == p.ndim - 1 or t.shape[-1] == 1 != p.shape[-1]:
        advice = " For integer labels use the loss or metric with `sparse` in its name."
    if t.ndim != p.ndim:
        raise ValueError(
            f"Arguments `target` and `output` must have the same rank (ndim). {received}.{advice}"
        )
    if t.shape != p.shape:
        raise ValueError(
            f"Arguments `target` and `output` must have the same shape. {received}.{advice}"
        )


# --- the mean over rows --------------------------------------------------------------------------


def weighted_total(
    values: Tensor, weights: Tensor | None, norm: Tensor | None, scale: float
) -> Tensor:
    """``scale * sum(weights * values)``, or with `norm` divided by its sum instead (0 by 0 is 0).

    Parameters
    ----------
    values : Tensor
    weights, norm : Tensor, optional
        Shape and dtype of `values`; no gradient goes to them.
    scale : float
    """
    dtype = values.data.dtype
    y = empty((2,), dtype)
    w = None if weights is None else weights.data
    run(
        kernel("loss_reduce", dtype),
        (y, values.data, w, None if norm is None else norm.data),
        (values.size,),
        (scale,),
        1,
        1,
    )

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        d = empty(values.shape, dtype)
        run(kernel("loss_reduce_grad", dtype), (d, dy, w, y), (), (), values.size, GRAIN)
        return (d,)

    return record(Tensor(y[0:1].reshape(())), (values,), backward)


# --- Keras's ops ---------------------------------------------------------------------------------


@op
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """Binary cross-entropy of each element."""
    p = _float(output)
    t = convert(target, p.data.dtype)
    _check_same(t, p)
    z = _logits_of(p, "sigmoid", from_logits)
    kind = "binary" if z is None else "binary_logits"
    p = p if z is None else z
    rows = (p.size, 1)
    return _pointwise(kind, t, p, rows, p.shape, (1.0, 1.0, 0.0, 0.0, 0.0), False, False)


@op
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy of distributions `target` along `axis`."""
    return categorical_rows(target, output, from_logits, axis)


@op
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy of integer labels `target`; the classes lie along `axis`."""
    return sparse_rows(target, output, from_logits, axis)
