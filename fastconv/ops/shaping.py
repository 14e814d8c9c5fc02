"""Reshaping, joining and cutting of tensors."""

import builtins
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv.ops import arrays, moves
from fastconv.ops.dtypes import axes_of, promote
from fastconv.ops.symbolic import op
from fastconv.ops.tape import record, record_many
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.variable import Variable

__all__ = [
    "append",
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flip",
    "hstack",
    "meshgrid",
    "moveaxis",
    "pad",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "transpose",
    "unstack",
    "vstack",
]


def same_memory(x: Tensor, data: np.ndarray) -> Tensor:
    """A tensor on `data`, a view of x's array; of a copy where x may be assigned to later."""
    if isinstance(x, Variable) and not x.trainable and data.size:
        return Tensor(moves.copy(data))
    return Tensor(data)


def reshaped(x: Tensor, shape: Sequence[int]) -> Tensor:
    old = x.data.shape
    y = x.data.reshape(shape)
    return record(same_memory(x, y), (x,), lambda dy, need: (dy.reshape(old),))


@op
def reshape(x: Any, newshape: Any) -> Tensor:
    """The same elements in another shape; one length may be -1."""
    x = convert(x)
    newshape = (newshape,) if isinstance(newshape, (int, np.integer)) else newshape
    return reshaped(x, tuple(-1 if n is None else int(n) for n in newshape))


@op
def ravel(x: Any) -> Tensor:
    """All elements in one axis."""
    return reshaped(convert(x), (-1,))


@op
def expand_dims(x: Any, axis: int | Sequence[int]) -> Tensor:
    """An axis of length 1 inserted at `axis`."""
    x = convert(x)
    return reshaped(x, np.expand_dims(x.data, axis).shape)


@op
def squeeze(x: Any, axis: int | Sequence[int] | None = None) -> Tensor:
    """Axes of length 1 removed."""
    x = convert(x)
    return reshaped(x, np.squeeze(x.data, axis).shape)


@op
def transpose(x: Any, axes: Sequence[int] | None = None) -> Tensor:
    """Axes in another order, reversed by default."""
    x = convert(x)
    order = axes_order(axes, x.ndim)
    back = np.argsort(order)
    moved = moves.contiguous(x.data.transpose(order))
    y = same_memory(x, moved) if np.may_share_memory(moved, x.data) else Tensor(moved)
    return record(y, (x,), lambda dy, need: (moves.contiguous(dy.transpose(back)),))


def axes_order(axes: Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    if axes is None:
        return tuple(reversed(range(ndim)))
    order = tuple(int(a) % ndim for a in axes)
    if sorted(order) != list(range(ndim)):
        raise ValueError(f"axes: expected a permutation of {ndim} axes, received {tuple(axes)}")
    return order


@op
def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    x = convert(x)
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(x, order)


@op
def moveaxis(x: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Axes moved to new places, the others keep their order."""
    x = convert(x)
    sources = [source] if isinstance(source, int) else list(source)
    targets = [destination] if isinstance(destination, int) else list(destination)
    sources = [s % x.ndim for s in sources]
    order = [i for i in range(x.ndim) if i not in sources]
    for target, axis in sorted(zip([t % x.ndim for t in targets], sources, strict=True)):
        order.insert(target, axis)
    return transpose(x, order)


@op
def broadcast_to(x: Any, shape: Any) -> Tensor:
    """`x` repeated to fill `shape`."""
    x = convert(x)
    old = x.data.shape
    wide = moves.contiguous(np.broadcast_to(x.data, tuple(shape)))
    y = same_memory(x, wide) if wide.shape == old else Tensor(wide)
    return record(y, (x,), lambda dy, need: (arrays.unbroadcast(dy, old),))


@op
def flip(x: Any, axis: int | Sequence[int] | None = None) -> Tensor:
    """Elements in reverse order along `axis` (all axes by default)."""
    x = convert(x)
    axes = axes_of(axis, x.ndim)
    return record(
        Tensor(moves.contiguous(np.flip(x.data, axes))),
        (x,),
        lambda dy, need: (moves.contiguous(np.flip(dy, axes)),),
    )


@op
def roll(x: Any, shift: int, axis: int | None = None) -> Tensor:
    """Elements moved on by `shift` places, those that leave enter at the other end."""
    x = convert(x)
    if axis is None:
        return reshaped(roll(reshaped(x, (-1,)), shift, 0), x.shape)
    from fastconv.ops.indexing import take

    n = x.shape[axis]
    return take(x, (np.arange(n) - shift) % builtins.max(n, 1), axis)


@op
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element along `axis` repeated."""
    x = convert(x)
    if axis is None:
        x, axis = reshaped(x, (-1,)), 0
    (axis,) = axes_of(axis, x.ndim)
    if np.ndim(repeats) or isinstance(repeats, Tensor):
        from fastconv.ops.indexing import take

        return take(x, np.repeat(np.arange(x.shape[axis]), np.asarray(repeats)), axis)
    old = x.shape
    wide = old[: axis + 1] + (int(repeats),) + old[axis + 1 :]
    y = broadcast_to(reshaped(x, old[: axis + 1] + (1,) + old[axis + 1 :]), wide)
    return reshaped(y, old[:axis] + (old[axis] * int(repeats),) + old[axis + 1 :])


@op
def tile(x: Any, repeats: Any) -> Tensor:
    """`x` laid side by side so many times along each axis."""
    x = convert(x)
    times = (int(repeats),) if np.ndim(repeats) == 0 else tuple(int(r) for r in repeats)
    times = (1,) * (x.ndim - len(times)) + times
    old = (1,) * (len(times) - x.ndim) + x.shape
    thin = [n for size in old for n in (1, size)]
    wide = [n for r, size in zip(times, old, strict=True) for n in (r, size)]
    y = broadcast_to(reshaped(x, thin), wide)
    return reshaped(y, [r * size for r, size in zip(times, old, strict=True)])


# -- joining and cutting --------------------------------------------------------------------------


@op
def concatenate(xs: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors joined along an existing axis."""
    xs = promote(*xs)
    (axis,) = axes_of(axis, xs[0].ndim)
    for x in xs[1:]:
        same = x.ndim == xs[0].ndim and all(
            a == b for i, (a, b) in enumerate(zip(x.shape, xs[0].shape, strict=True)) if i != axis
        )
        if not same:
            raise ValueError(
                "concatenate: all shapes must agree except along the axis; received "
                f"{[x.shape for x in xs]}, axis={axis}"
            )
    lengths = [x.shape[axis] for x in xs]
    shape = xs[0].shape[:axis] + (builtins.sum(lengths),) + xs[0].shape[axis + 1 :]
    y = arrays.empty(shape, xs[0].data.dtype)
    places = _places(lengths, axis)
    for x, place in zip(xs, places, strict=True):
        moves.copy_into(y[place], x.data)

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        return [
            moves.contiguous(dy[place]) if wanted else None
            for place, wanted in zip(places, need, strict=True)
        ]

    return record(Tensor(y), xs, backward)


def _places(lengths: Sequence[int], axis: int) -> list[tuple[slice, ...]]:
    ends = np.cumsum(lengths)
    return [
        (slice(None),) * axis + (slice(int(end) - n, int(end)),)
        for n, end in zip(lengths, ends, strict=True)
    ]


@op
def stack(x: Sequence[Any], axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis."""
    return concatenate([expand_dims(item, axis) for item in promote(*x)], axis)


@op
def hstack(xs: Sequence[Any]) -> Tensor:
    """Tensors joined along the second axis (the first of 1-d ones)."""
    xs = [x if x.ndim else reshaped(x, (1,)) for x in promote(*xs)]
    return concatenate(xs, 0 if xs[0].ndim == 1 else 1)


@op
def vstack(xs: Sequence[Any]) -> Tensor:
    """Tensors joined along the first axis, 1-d ones as rows."""
    return concatenate([x if x.ndim > 1 else reshaped(x, (1, -1)) for x in promote(*xs)], 0)


@op
def append(x1: Any, x2: Any, axis: int | None = None) -> Tensor:
    """x2 joined to the end of x1, both flattened without an axis."""
    if axis is None:
        return concatenate([ravel(x1), ravel(x2)], 0)
    return concatenate([x1, x2], axis)


@op
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Parts of `x` along `axis`: so many equal ones, or cut at the indices."""
    x = convert(x)
    (axis,) = axes_of(axis, x.ndim)
    n = x.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        sections = int(indices_or_sections)
        if sections < 1 or n % sections:
            raise ValueError(
                f"split: an axis of length {n} cannot be cut into {sections} equal parts"
            )
        lengths = [n // sections] * sections
    else:
        cuts = [0, *(int(i) for i in indices_or_sections), n]
        lengths = [builtins.max(b - a, 0) for a, b in itertools.pairwise(cuts)]
    return _cut(x, lengths, axis)


def _cut(x: Tensor, lengths: Sequence[int], axis: int) -> list[Tensor]:
    old = x.data
    places = _places(lengths, axis)
    parts = []
    for place in places:
        part = moves.contiguous(old[place])
        parts.append(same_memory(x, part) if np.may_share_memory(part, old) else Tensor(part))

    def backward(dys: Any, need: tuple[bool, ...]) -> Any:
        dx = arrays.empty(old.shape, old.dtype)
        if any(dy is None for dy in dys):
            moves.fill(dx, 0.0)
        for dy, place in zip(dys, places, strict=True):
            if dy is not None:
                moves.copy_into(dx[place], dy)
        return (dx,)

    return list(record_many(parts, (x,), backward))


@op
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """The slices along `axis`, without it."""
    x = convert(x)
    (axis,) = axes_of(axis, x.ndim)
    return [squeeze(part, axis) for part in _cut(x, [1] * x.shape[axis], axis)]


@op
def meshgrid(*x: Any, indexing: str = "xy") -> list[Tensor]:
    """Coordinates of all points of a grid."""
    axes = [ravel(v) for v in x]
    shape = [v.size for v in axes]
    grids = []
    for i, v in enumerate(axes):
        thin = [1] * len(axes)
        thin[i] = v.size
        grid = broadcast_to(reshaped(v, thin), shape)
        grids.append(swapaxes(grid, 0, 1) if indexing == "xy" and len(axes) > 1 else grid)
    return grids


_PAD_INDEX = {"reflect": "reflect", "symmetric": "symmetric", "edge": "edge", "wrap": "wrap"}


@op
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    """`x` with elements added around it.

    Parameters
    ----------
    x : tensor
    pad_width : int, (before, after) or one such pair per axis
    mode : {"constant", "reflect", "symmetric", "edge", "wrap"}
    constant_values : number, default 0
        Only with "constant".
    """
    x = convert(x)
    widths = [
        (int(a), int(b)) for a, b in np.broadcast_to(np.asarray(pad_width, dtype=int), (x.ndim, 2))
    ]
    if mode != "constant":
        from fastconv.ops.indexing import take

        if constant_values is not None:
            raise ValueError(
                "Argument `constant_values` can only be provided when `mode == 'constant'`. "
                f"Received: mode={mode}"
            )
        if mode not in _PAD_INDEX:
            raise ValueError(f"mode: expected constant or one of {list(_PAD_INDEX)}, got {mode!r}")
        for axis, (a, b) in enumerate(widths):
            if a or b:
                source: Any = np.pad(np.arange(x.shape[axis]), (a, b), mode)  # type: ignore[call-overload]
                x = take(x, source, axis)
        return x
    old = x.data.shape
    place = tuple(slice(a, a + n) for (a, _), n in zip(widths, old, strict=True))
    y = moves.filled(
        tuple(a + n + b for (a, b), n in zip(widths, old, strict=True)),
        0.0 if constant_values is None else float(constant_values),
        x.data.dtype,
    )
    moves.copy_into(y[place], x.data)
    return record(Tensor(y), (x,), lambda dy, need: (moves.contiguous(dy[place]),))
