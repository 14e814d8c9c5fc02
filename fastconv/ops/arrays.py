"""Kernels on plain arrays, without a tape: what ops' forward and backward parts are made of.

Arrays are contiguous. Every function returns a new array unless it is told where to write.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv._runtime import aligned_empty as empty
from fastconv.ops.dtypes import BOOL, CODES, INT32, find
from fastconv.ops.tensor import GRAIN, forget_program, run

Shape = tuple[int, ...]

# Chunks of elements whose functions cost much more than an addition.
_COSTLY = {"power", "atan2", "mod", "floordiv", "exp", "expm1", "log", "log1p", "tanh", "erf"}
_COSTLY |= {"sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh"}


def _grain(name: str) -> int:
    return GRAIN // 8 if name in _COSTLY else GRAIN


@functools.lru_cache(maxsize=4096)
def broadcast(*shapes: Shape) -> tuple[Shape, tuple[int, ...], int]:
    """Common shape of contiguous operands, the kernels' ``dim`` for it, the number of elements.

    Axes of length 1 vanish, neighbours merge where every operand allows it.
    """
    out = np.broadcast_shapes(*shapes)
    rows: list[list[int]] = []  # [size, stride of each operand]
    strides = []
    for shape in shapes:
        steps, step = [], 1
        for size in reversed(shape):
            steps.append(0 if size == 1 else step)
            step *= size
        steps += [0] * (len(out) - len(shape))
        strides.append(steps[::-1])
    for axis, size in enumerate(out):
        if size == 1:
            continue
        steps = [s[axis] for s in strides]
        if rows and all(old == new * size for old, new in zip(rows[-1][1:], steps, strict=True)):
            rows[-1] = [rows[-1][0] * size, *steps]
        else:
            rows.append([size, *steps])
    if not rows:
        rows.append([1] + [0] * len(shapes))
    if len(rows) * (len(shapes) + 1) > 23:
        raise ValueError(f"operands of shapes {shapes} have too many axes to broadcast")
    dim = (len(rows), *(row[k] for k in range(len(shapes) + 1) for row in rows))
    return out, dim, int(np.prod(out, dtype=np.int64))


_UFUNCS = {
    "floordiv": np.floor_divide,
    "atan2": np.arctan2,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "round": np.round,
    "lesseq": np.less_equal,
    "notequal": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
    "not": np.logical_not,
    "rsqrt": lambda x: 1 / np.sqrt(x),
}


def _by_numpy(name: str, *arrays: np.ndarray) -> np.ndarray:
    """For dtypes without kernels."""
    forget_program()
    function: Any = _UFUNCS.get(name) or getattr(np, name)
    return np.asarray(function(*arrays), order="C")


def binary(name: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Arithmetic `name` of two arrays of one dtype, with broadcasting."""
    k = find(f"elementwise_{name}", a.dtype)
    if k is None or a.dtype == BOOL:
        return _by_numpy(name, a, b)
    shape, dim, n = broadcast(a.shape, b.shape)
    y = empty(shape, a.dtype)
    run(k, (y, a, b), dim, (), n, _grain(name))
    return y


def unary(name: str, x: np.ndarray) -> np.ndarray:
    """Function `name` of each element."""
    k = find(f"unary_{name}", x.dtype)
    if k is None or x.dtype == BOOL:
        return _by_numpy(name, x)
    y = empty(x.shape, x.dtype)
    run(k, (y, x), (), (), x.size, _grain(name))
    return y


def compare(name: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Comparison or logical function `name`: booleans."""
    k = find(f"compare_{name}", a.dtype)
    if k is None:
        return _by_numpy(name, a, b)
    shape, dim, n = broadcast(a.shape, b.shape)
    y = empty(shape, BOOL)
    run(k, (y, a, b), dim, (), n, GRAIN)
    return y


def test(name: str, x: np.ndarray) -> np.ndarray:
    """Property `name` (isnan, isinf, isfinite, not) of each element: booleans."""
    k = find(f"compare_{name}", x.dtype)
    if k is None:
        return _by_numpy(name, x)
    y = empty(x.shape, BOOL)
    run(k, (y, x), (), (), x.size, GRAIN)
    return y


def where(c: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a where c (booleans), else b; a and b of one dtype."""
    k = find("elementwise_where", a.dtype)
    if k is None:
        forget_program()
        return np.asarray(np.where(c, a, b), order="C")
    shape, dim, n = broadcast(c.shape, a.shape, b.shape)
    y = empty(shape, a.dtype)
    run(k, (y, c, a, b), dim, (), n, GRAIN)
    return y


def cast(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """`x` in another dtype; itself when it has it already."""
    if x.dtype == dtype:
        return x
    y = empty(x.shape, dtype)
    if x.dtype in CODES and dtype in CODES:
        if x.dtype == BOOL and dtype == np.uint8:
            return x.view(np.uint8)
        target = "b8" if dtype == BOOL else CODES[dtype]
        k = kernel_cast(CODES[x.dtype], target)
        run(k, (y, x), (), (), x.size, GRAIN)
    else:
        forget_program()
        y[...] = x
    return y


@functools.cache
def _cast_name(source: str, target: str) -> str:
    return f"cast_{source}_{target}"


def kernel_cast(source: str, target: str) -> object:
    from fastconv import _kernels

    return _kernels.get(_cast_name(source, target))


def assign_into(dst: np.ndarray, src: np.ndarray, sign: float = 1.0, keep: float = 0.0) -> None:
    """dst = keep * dst + sign * src in place; with keep = 0 whatever stood in dst is gone."""
    if dst.dtype.kind == "f" and src.dtype != dst.dtype and src.dtype in CODES:
        src = cast(src, dst.dtype)
    if dst.dtype == src.dtype and dst.dtype.kind == "f" and src.flags.c_contiguous:
        run(find("elementwise_assign", dst.dtype), (dst, src), (), (sign, keep), dst.size, GRAIN)
    elif dst.dtype == src.dtype and dst.dtype.kind == "i" and sign == keep == 1.0:
        n = dst.size
        run(find("elementwise_add", dst.dtype), (dst, dst, src), (1, n, 1, 1), (), n, GRAIN)
    else:
        forget_program()
        np.copyto(dst, keep * dst + sign * src if keep else sign * src, casting="unsafe")


def add_into(dst: np.ndarray, src: np.ndarray) -> None:
    """dst += src."""
    assign_into(dst, src, 1.0, 1.0)


# -- reductions ---------------------------------------------------------------------------------

_INITIAL = {"sum": 0, "prod": 1, "any": False, "all": True}


def _pieces(A: int, R: int, B: int) -> tuple[int, int]:
    """(C, chunk): how a long axis is cut, by its sizes alone."""
    chunk = 65536 if B == 1 else 512
    if chunk * 2 > R or A * B >= 65536:
        return 1, R
    return -(-R // chunk), chunk


def reduce_middle(
    name: str, x: np.ndarray, A: int, R: int, B: int, scale: float = 1.0
) -> np.ndarray:
    """Reduction of the middle axis of `x` seen as (A, R, B), times `scale`: A * B elements."""
    k = find(f"reduce_{name}", x.dtype)
    C, chunk = _pieces(A, R, B)
    if C > 1:
        y = empty((A, C, B), x.dtype)
        run(k, (y, x), (A, R, B, C, chunk), (1.0,), A * C * B, max(1, GRAIN // chunk) * B)
        x, R = y, C
    y = empty((A * B,), x.dtype)
    run(k, (y, x), (A, R, B, 1, R), (scale,), A * B, max(1, GRAIN // max(R, 1)))
    return y


def groups(shape: Shape, axes: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """(A, R, B) of each run of neighbouring reduced axes, in the order of the calls: last first."""
    found = []
    left = list(shape)
    axis = len(shape) - 1
    B = 1
    while axis >= 0:
        if axis not in axes:
            B *= left[axis]
            axis -= 1
            continue
        R = 1
        while axis >= 0 and axis in axes:
            R *= left[axis]
            axis -= 1
        A = int(np.prod(left[: axis + 1], dtype=np.int64))
        found.append((A, R, B))
    return found


def reduced_shape(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def reduce(
    name: str, x: np.ndarray, axes: tuple[int, ...], keepdims: bool = False, scale: float = 1.0
) -> np.ndarray:
    """Reduction `name` (sum, prod, max, min, any, all) over `axes`, times `scale`."""
    shape = reduced_shape(x.shape, axes, keepdims)
    if find(f"reduce_{name}", x.dtype) is None:
        forget_program()
        y = np.asarray(getattr(np, name)(x, axis=axes, keepdims=keepdims), order="C")
        return y if scale == 1 else y * scale
    if not x.size:
        if name not in _INITIAL:
            raise ValueError(f"{name} of an array of shape {x.shape} over axes {axes} is undefined")
        return np.full(shape, _INITIAL[name] if scale == 1 else _INITIAL[name] * scale, x.dtype)
    y = x
    todo = groups(x.shape, axes)
    for i, (A, R, B) in enumerate(todo):
        y = reduce_middle(name, y, A, R, B, scale if i == len(todo) - 1 else 1.0)
    if not todo:
        return x.reshape(shape) if scale == 1 else binary("multiply", x, np.array(scale, x.dtype))
    return y.reshape(shape)


def unbroadcast(g: np.ndarray, shape: Shape) -> np.ndarray:
    """Gradient `g` of a broadcast operand, summed to the operand's own shape."""
    if g.shape == shape:
        return g
    lead = g.ndim - len(shape)
    axes = tuple(i for i in range(g.ndim) if i < lead or (shape[i - lead] == 1 and g.shape[i] != 1))
    return reduce("sum", g, axes, keepdims=True).reshape(shape)


def split_axis(shape: Sequence[int], axis: int) -> tuple[int, int, int]:
    """`shape` as (A, R, B) around `axis`."""
    A = int(np.prod(shape[:axis], dtype=np.int64))
    return A, shape[axis], int(np.prod(shape[axis + 1 :], dtype=np.int64))


def argfind(name: str, x: np.ndarray, axis: int) -> np.ndarray:
    """argmax or argmin along `axis`, int32; the first of equals."""
    A, R, B = split_axis(x.shape, axis)
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    if not R:
        raise ValueError(f"{name} of an empty axis: shape {x.shape}, axis {axis}")
    if x.dtype.kind in "bu":
        x = cast(x, INT32)
    k = find(f"reduce_{name}", x.dtype)
    if k is None:
        forget_program()
        return getattr(np, name)(x, axis=axis).astype(np.int32)
    y = empty(shape, INT32)
    run(k, (y, x), (A, R, B), (), A * B, max(1, GRAIN // 4 // R))
    return y
