"""Which dtype comes out when dtypes meet, and the kernels' names for them.

Rules are Keras's: integers with floats give the float (int64 with float32 is float32), Python
numbers take the other operand's dtype, integers that must become floats become `floatx`.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv._registry import NUMPY_DTYPES
from fastconv.ops.tensor import Tensor, convert

# dtypes that kernels know; a boolean is a byte that is 0 or 1.
CODES = {
    np.dtype(np.float32): "f32",
    np.dtype(np.float64): "f64",
    np.dtype(np.int32): "i32",
    np.dtype(np.int64): "i64",
    np.dtype(np.uint8): "u8",
    np.dtype(np.bool_): "u8",
}
BOOL = np.dtype(np.bool_)
INT32 = np.dtype(np.int32)


@functools.cache
def _code(dtype: np.dtype) -> str:
    return CODES.get(dtype, dtype.name)


def find(name: str, dtype: np.dtype) -> Any:
    """Kernel `name` for arrays of `dtype`, None if there is none."""
    try:
        return _kernels.get(f"{name}_{_code(dtype)}")
    except LookupError:
        return None


def floatx() -> np.dtype:
    """The default float dtype (``keras.config.floatx``)."""
    from fastconv.config import floatx

    return np.dtype(floatx())


def is_float(dtype: Any) -> bool:
    return np.dtype(dtype).kind == "f"


def is_weak(x: Any) -> bool:
    """Python numbers (np.float64 scalars are among them) have no dtype of their own."""
    return isinstance(x, (bool, int, float)) and not isinstance(x, np.bool_)


def standard(dtype: Any) -> np.dtype:
    """dtype from a name, NumPy dtype, type or Keras policy object."""
    if dtype is float:
        return floatx()
    given = dtype if isinstance(dtype, type) else getattr(dtype, "name", dtype)
    if isinstance(given, str) and given == "int":
        return np.dtype(np.int64)
    if isinstance(given, str) and given not in NUMPY_DTYPES:
        raise ValueError(f"dtype: expected one of {sorted(NUMPY_DTYPES)}, received {given!r}")
    return np.dtype(given)


@functools.cache
def _join(a: np.dtype, b: np.dtype) -> np.dtype:
    if a.kind == "f" and b.kind != "f":
        return a
    if b.kind == "f" and a.kind != "f":
        return b
    result = np.promote_types(a, b)
    return floatx() if result.kind == "f" and a.kind != "f" else result


def result_type(*xs: Any) -> np.dtype:
    """dtype in which `xs` (tensors, arrays, dtypes, Python numbers or their types) meet."""
    strong: np.dtype | None = None
    weak = "b"
    for x in xs:
        kind: Any = type(x) if is_weak(x) else x
        if isinstance(kind, type) and issubclass(kind, (bool, int, float)):
            name = "b" if issubclass(kind, bool) else "i" if issubclass(kind, int) else "f"
            weak = max(weak, name, key="bif".index)
            continue
        dtype = np.dtype(x.dtype) if hasattr(x, "dtype") else standard(x)
        strong = dtype if strong is None else _join(strong, dtype)
    if strong is None:
        return {"b": BOOL, "i": INT32, "f": floatx()}[weak]
    if weak == "f" and strong.kind != "f":
        return floatx()
    if weak == "i" and strong.kind == "b":
        return INT32
    return strong


def promote(*xs: Any, to_float: bool = False) -> list[Tensor]:
    """`xs` as tensors of one dtype; with `to_float` integers become floats too."""
    first = xs[0]
    if isinstance(first, Tensor):
        dtype = first.data.dtype
        for x in xs:
            if not isinstance(x, Tensor) or x.data.dtype != dtype:
                break
        else:
            if dtype.kind == "f" or not to_float:
                return list(xs)
    values = [x if isinstance(x, Tensor) or is_weak(x) else convert(x) for x in xs]
    dtype = result_type(*values)
    if to_float and dtype.kind != "f":
        dtype = floatx()
    return [
        convert(x, dtype) if isinstance(x, Tensor) else Tensor(np.asarray(x).astype(dtype))
        for x in values
    ]


def to_float(x: Any) -> Tensor:
    """`x` as a tensor of floats."""
    tensor = convert(x)
    return tensor if tensor.data.dtype.kind == "f" else convert(tensor, floatx())


def axes_of(axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """Axes as sorted non-negative numbers; None means all."""
    if axis is None:
        return tuple(range(ndim))
    given = (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
    axes = tuple(sorted(int(a) + ndim if a < 0 else int(a) for a in given))
    for a in axes:
        if not 0 <= a < ndim:
            raise ValueError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    if len(set(axes)) != len(axes):
        raise ValueError(f"axis: {axis} names an axis twice")
    return axes
