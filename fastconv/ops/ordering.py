"""Sorting and what rests on it; found by NumPy, gradients by gathering."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv.ops.dtypes import axes_of, to_float
from fastconv.ops.elementwise import add, multiply
from fastconv.ops.indexing import take, take_along_axis
from fastconv.ops.shaping import reshape, transpose
from fastconv.ops.symbolic import op
from fastconv.ops.tensor import Tensor, convert, forget_program

__all__ = ["argsort", "in_top_k", "median", "quantile", "sort", "top_k"]


def _order(x: np.ndarray, axis: int) -> np.ndarray:
    forget_program()
    return np.argsort(x, axis=axis, kind="stable").astype(np.int32)


@op
def argsort(x: Any, axis: int | None = -1) -> Tensor:
    """Indices that sort `x` along `axis` (flattened without one); equals keep their order."""
    x = convert(x)
    if axis is None:
        return Tensor(_order(x.data.reshape(-1), 0))
    return Tensor(_order(x.data, axis))


@op
def sort(x: Any, axis: int | None = -1) -> Tensor:
    """`x` in ascending order along `axis` (flattened without one)."""
    x = convert(x)
    if axis is None:
        x, axis = reshape(x, -1), 0
    return take_along_axis(x, _order(x.data, axis), axis)


@op
def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The k largest along the last axis, largest first, and their indices (int32)."""
    x = convert(x)
    if not 0 <= k <= x.shape[-1]:
        raise ValueError(f"top_k: expected 0 <= k <= {x.shape[-1]}, received k={k}")
    forget_program()
    # Of equals the first comes first: a stable sort of the reversed axis, read backwards.
    n = x.shape[-1]
    backwards = np.argsort(x.data[..., ::-1], axis=-1, kind="stable")[..., ::-1][..., :k]
    index = np.ascontiguousarray(n - 1 - backwards).astype(np.int32)
    return take_along_axis(x, index, -1), Tensor(index)


@op
def in_top_k(targets: Any, predictions: Any, k: int) -> Tensor:
    """Whether each row's target class is among its k largest predictions."""
    forget_program()
    classes, scores = convert(targets).data.astype(int), convert(predictions).data
    own = np.take_along_axis(scores, classes[..., None], axis=-1)
    better = (scores > own).sum(axis=-1)
    return Tensor((better < k) & np.isfinite(own[..., 0]))


@op
def quantile(
    x: Any,
    q: Any,
    axis: int | Sequence[int] | None = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """Values below which the parts `q` of the elements over `axis` lie.

    Parameters
    ----------
    x : tensor
    q : float or 1-d array of float
        From 0 to 1.
    axis : int or sequence of int, optional
    method : {"linear", "lower", "higher", "nearest", "midpoint"}
    keepdims : bool, default False
    """
    x = to_float(x)
    axes = axes_of(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    shape = [x.shape[i] for i in kept]
    parts = np.asarray(q, np.float64)
    if ((parts < 0) | (parts > 1)).any():
        raise ValueError(f"quantile: expected 0 <= q <= 1, received {q}")
    ordered = sort(reshape(transpose(x, [*kept, *axes]), [*shape, -1]), -1)
    place = parts.reshape(-1) * (ordered.shape[-1] - 1)
    low, high = np.floor(place).astype(np.int32), np.ceil(place).astype(np.int32)
    weight = {
        "linear": place - low,
        "lower": np.zeros(place.shape),
        "higher": np.ones(place.shape),
        "nearest": np.round(place) - low,
        "midpoint": np.where(high > low, 0.5, 0.0),
    }.get(method)
    if weight is None:
        raise ValueError(f"quantile: unknown method {method!r}")
    weight = weight.astype(x.data.dtype)
    y = add(
        multiply(take(ordered, low, axis=-1), 1 - weight),
        multiply(take(ordered, high, axis=-1), weight),
    )
    y = transpose(y, [y.ndim - 1, *range(y.ndim - 1)])
    if keepdims:
        shape = [1 if i in axes else n for i, n in enumerate(x.shape)]
    return reshape(y, [*parts.shape, *shape])


@op
def median(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """Middle value over `axis`, the mean of the two middle ones for even numbers."""
    return quantile(x, 0.5, axis, "linear", keepdims)
