"""Picking elements of tensors by position, and putting them in place."""

import builtins
from typing import Any

import numpy as np

from fastconv.ops import moves
from fastconv.ops.dtypes import axes_of, floatx, standard
from fastconv.ops.shaping import concatenate, reshaped, same_memory
from fastconv.ops.symbolic import op
from fastconv.ops.tape import record
from fastconv.ops.tensor import Tensor, convert, forget_program

__all__ = [
    "diag",
    "get_item",
    "one_hot",
    "take",
    "take_along_axis",
    "tril",
    "triu",
]


def _checked(index: Any, length: int, name: str) -> np.ndarray:
    """Indices as int32; those known to the caller as an array are checked at once."""
    data = convert(index).data
    if data.dtype.kind not in "iub":
        raise ValueError(f"{name}: expected integers as indices, received {data.dtype}")
    if data.size and (data.min() < -length or data.max() >= length):
        raise ValueError(
            f"{name}: index {int(data.max() if data.max() >= length else data.min())} is out of "
            f"bounds for an axis of length {length}"
        )
    return moves.as_index(data)


@op
def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Slices of `x` at `indices` along `axis` (of the flattened `x` by default)."""
    x = convert(x)
    if axis is None:
        x, axis = reshaped(x, (-1,)), 0
    (axis,) = axes_of(axis, x.ndim)
    index = _checked(indices, x.shape[axis], "take")
    old = x.data.shape
    return record(
        Tensor(moves.take(x.data, index, axis)),
        (x,),
        lambda dy, need: (moves.put(dy, index, old, axis),),
    )


@op
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements of `x` at `indices` along `axis`; the other axes run together."""
    x = convert(x)
    indices = convert(indices)
    if axis is None:
        x, indices, axis = reshaped(x, (-1,)), reshaped(indices, (-1,)), 0
    (axis,) = axes_of(axis, x.ndim)
    index = _checked(indices, x.shape[axis], "take_along_axis")
    shape = list(x.shape)
    shape[axis] = index.shape[axis]
    if index.shape != tuple(shape):
        index = moves.contiguous(np.broadcast_to(index, shape))
    old = x.data.shape
    return record(
        Tensor(moves.take_along(x.data, index, axis)),
        (x,),
        lambda dy, need: (moves.put_along(dy, index, old, axis),),
    )


@op
def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Tensor:
    """1 at each class's place along a new axis, else 0."""
    x = convert(x)
    (axis,) = axes_of(axis, x.ndim + 1)
    kind = floatx() if dtype is None else standard(dtype)
    return Tensor(moves.mark(moves.as_index(x.data), int(num_classes), axis, kind))


def _basic(key: Any) -> bool:
    return all(
        k is None or k is Ellipsis or isinstance(k, (int, np.integer, slice)) for k in key
    ) and not any(isinstance(k, (bool, np.bool_)) for k in key)


def _plain(part: Any) -> Any:
    """Tensors of rank 0 in a key or slice as numbers."""
    if isinstance(part, slice):
        return slice(*(None if p is None else int(p) for p in (part.start, part.stop, part.step)))
    if isinstance(part, Tensor) and part.ndim == 0:
        return int(part)
    if isinstance(part, Tensor):
        return part.data
    return np.asarray(part) if isinstance(part, list) else part


@op
def get_item(x: Any, key: Any) -> Tensor:
    """x[key]: numbers, slices, None, Ellipsis, integer or boolean arrays."""
    x = convert(x)
    old = x.data
    key = tuple(_plain(part) for part in (key if isinstance(key, tuple) else (key,)))
    if _basic(key):
        # With an Ellipsis NumPy gives a view of rank 0 instead of a number.
        key = key if Ellipsis in key else (*key, Ellipsis)
        part = old[key]
        own = moves.contiguous(part)
        y = same_memory(x, own) if np.may_share_memory(own, old) else Tensor(own)

        def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
            dx = moves.filled(old.shape, 0.0, dy.dtype)
            moves.copy_into(dx[key], dy)
            return (dx,)

        return record(y, (x,), backward)
    arrays_in = [i for i, k in enumerate(key) if isinstance(k, np.ndarray)]
    if len(arrays_in) == 1 and key[arrays_in[0]].dtype.kind in "iu":
        others = [k for i, k in enumerate(key) if i != arrays_in[0]]
        if all(isinstance(k, slice) and k == slice(None) for k in others):
            return take(x, key[arrays_in[0]], arrays_in[0])
    forget_program()
    picked = np.asarray(old[key], order="C")

    def scatter(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        forget_program()
        dx = np.zeros(old.shape, dy.dtype)
        np.add.at(dx, key, dy)
        return (dx,)

    return record(Tensor(picked.reshape(np.shape(old[key]))), (x,), scatter)


def _masked(x: Any, mask: np.ndarray) -> Tensor:
    from fastconv.ops.elementwise import where

    x = convert(x)
    return where(mask, x, np.zeros((), x.data.dtype))


@op
def tril(x: Any, k: int = 0) -> Tensor:
    """The lower triangle of the last two axes, zeros above."""
    x = convert(x)
    return _masked(x, np.tri(x.shape[-2], x.shape[-1], k, bool))


@op
def triu(x: Any, k: int = 0) -> Tensor:
    """The upper triangle of the last two axes, zeros below."""
    x = convert(x)
    return _masked(x, ~np.tri(x.shape[-2], x.shape[-1], k - 1, bool))


@op
def diag(x: Any, k: int = 0) -> Tensor:
    """The k-th diagonal of a matrix, or a matrix with `x` as its k-th diagonal."""
    x = convert(x)
    if x.ndim == 1:
        n = x.size + builtins.abs(k)
        place = np.full((n, n), x.size)
        np.fill_diagonal(place[builtins.max(-k, 0) :, builtins.max(k, 0) :], np.arange(x.size))
        return take(concatenate([x, np.zeros(1, x.data.dtype)]), place, 0)
    place = np.diag(np.arange(x.size).reshape(x.shape), k)
    return take(x, place, None)
