"""Strided copies, filling, gathering and scattering of plain arrays by kernels."""

import functools

import numpy as np

from fastconv.ops import arrays
from fastconv.ops.arrays import empty, split_axis
from fastconv.ops.dtypes import CODES, INT32, find
from fastconv.ops.tensor import GRAIN, forget_program, run

Shape = tuple[int, ...]

_WORDS = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}


def _word_kernel(name: str, itemsize: int) -> object:
    from fastconv import _kernels

    return _kernels.get(f"shape_{name}_u{8 * itemsize}")


@functools.lru_cache(maxsize=4096)
def _merge(shape: Shape, sy: Shape, sx: Shape) -> list[tuple[int, int, int]]:
    """Axes (size, step in y, step in x) without those of length 1, mergeable neighbours merged."""
    rows: list[tuple[int, int, int]] = []
    for size, dy, dx in zip(shape, sy, sx, strict=True):
        if size == 1:
            continue
        if rows and rows[-1][1] == dy * size and rows[-1][2] == dx * size:
            rows[-1] = (rows[-1][0] * size, dy, dx)
        else:
            rows.append((size, dy, dx))
    return rows or [(1, 1, 1)]


def copy_into(y: np.ndarray, x: np.ndarray) -> None:
    """y[...] = x for views of any strides; dtypes are equal, x is broadcast to y's shape."""
    if x.shape != y.shape:
        x = np.broadcast_to(x, y.shape)
    if not y.size:
        return
    width = y.itemsize
    sy = tuple(s // width for s in y.strides)
    sx = tuple(s // width for s in x.strides)
    rows = _merge(y.shape, sy, sx)
    if len(rows) > 7 or width not in _WORDS:
        forget_program()
        y[...] = x
        return
    if len(rows) == 2:
        rows = [(1, 0, 0), *rows]
    if len(rows) == 3:
        (A, ya, xa), (N, yn, xn), (M, ym, xm) = rows
        block = M * N
        whole = A == 1 or (ya == block and xa == block)
        if whole and (yn, ym, xn, xm) == (M, 1, 1, N):
            run(_word_kernel("turn", width), (y, x), (M, N), (), A * N, max(1, GRAIN // (2 * M)))
            return
    dim = (len(rows), *(row[k] for k in range(3) for row in rows))
    run(_word_kernel("copy", width), (y, x), dim, (), y.size, GRAIN)


def contiguous(view: np.ndarray) -> np.ndarray:
    """`view` itself if its elements are neighbours in order, else a copy of it."""
    if view.flags.c_contiguous:
        return view
    y = empty(view.shape, view.dtype)
    copy_into(y, view)
    return y


def copy(x: np.ndarray) -> np.ndarray:
    """A copy of a contiguous array."""
    y = empty(x.shape, x.dtype)
    copy_into(y, x)
    return y


def fill(y: np.ndarray, value: float) -> None:
    """y[...] = value for a contiguous y."""
    if y.dtype not in CODES:
        forget_program()
        y[...] = value
        return
    run(find("shape_fill", y.dtype), (y,), (), (float(value),), y.size, GRAIN)


def filled(shape: Shape, value: float, dtype: np.dtype) -> np.ndarray:
    """A new array of one value that kernels may write into: replayed steps fill it anew."""
    y = empty(shape, dtype)
    fill(y, value)
    return y


def _indexable(x: np.ndarray) -> np.ndarray:
    return x.view(np.uint8) if x.dtype == np.bool_ else x


def as_index(index: np.ndarray) -> np.ndarray:
    """Indices as the kernels want them."""
    return arrays.cast(np.asarray(index, order="C"), INT32)


def take(x: np.ndarray, index: np.ndarray, axis: int) -> np.ndarray:
    """Slices of `x` along `axis`: shape[:axis] + index.shape + shape[axis + 1:]."""
    A, R, B = split_axis(x.shape, axis)
    J = index.size
    y = empty(x.shape[:axis] + index.shape + x.shape[axis + 1 :], x.dtype)
    k = find("shape_take", _indexable(x).dtype)
    if k is None:
        forget_program()
        y[...] = np.take(x, index, axis)
    else:
        run(k, (y, x, index), (R, B, J), (), A * J, max(1, GRAIN // max(B, 1)))
    return y


def put(dy: np.ndarray, index: np.ndarray, shape: Shape, axis: int) -> np.ndarray:
    """Transpose of `take`: an array of `shape` with dy's slices added at the indices."""
    A, R, B = split_axis(shape, axis)
    dx = empty(shape, dy.dtype)
    # Chunks of 32 columns and more: narrower ones share cache lines.
    grain = max(1, 32 if B > 32 and A == 1 else GRAIN // max(R + index.size, 1))
    run(find("shape_put", dy.dtype), (dx, dy, index), (R, B, index.size), (), A * B, grain)
    return dx


def take_along(x: np.ndarray, index: np.ndarray, axis: int) -> np.ndarray:
    """y[a, j, b] = x[a, index[a, j, b], b]."""
    A, R, B = split_axis(x.shape, axis)
    J = index.shape[axis]
    y = empty(index.shape, x.dtype)
    k = find("shape_along", _indexable(x).dtype)
    if k is None:
        forget_program()
        y[...] = np.take_along_axis(x, index, axis)
    else:
        run(k, (y, x, index), (R, B, J), (), A * J * B, GRAIN // 2)
    return y


def put_along(dy: np.ndarray, index: np.ndarray, shape: Shape, axis: int) -> np.ndarray:
    """Transpose of `take_along`."""
    A, R, B = split_axis(shape, axis)
    J = index.shape[axis]
    dx = empty(shape, dy.dtype)
    k = find("shape_putalong", dy.dtype)
    run(k, (dx, dy, index), (R, B, J), (), A * B, max(1, GRAIN // max(R + J, 1)))
    return dx


def mark(index: np.ndarray, size: int, axis: int, dtype: np.dtype) -> np.ndarray:
    """One-hot: 1 where the position along the new `axis` equals the index."""
    shape = index.shape[:axis] + (size,) + index.shape[axis:]
    B = int(np.prod(index.shape[axis:], dtype=np.int64))
    y = empty(shape, dtype)
    k = find("shape_mark", _indexable(y).dtype)
    if k is None:
        return arrays.cast(mark(index, size, axis, INT32), dtype)
    run(k, (y, index), (size, B), (), y.size, GRAIN // 2)
    return y
