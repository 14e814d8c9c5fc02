"""Making tensors, and asking for their shapes."""

import math
from typing import Any

import numpy as np

from fastconv.ops import moves
from fastconv.ops.dtypes import floatx, result_type, standard
from fastconv.ops.symbolic import KerasTensor, op
from fastconv.ops.tape import record
from fastconv.ops.tensor import Tensor, convert

__all__ = [
    "arange",
    "array",
    "convert_to_numpy",
    "convert_to_tensor",
    "copy",
    "empty",
    "eye",
    "full",
    "full_like",
    "identity",
    "is_tensor",
    "linspace",
    "ndim",
    "ones",
    "ones_like",
    "shape",
    "size",
    "zeros",
    "zeros_like",
]


def shape(x: Any) -> tuple[int | None, ...]:
    """Lengths of the axes of `x`."""
    if isinstance(x, (Tensor, KerasTensor)):
        return tuple(x.shape)
    return np.shape(x)


def size(x: Any) -> Any:
    """Number of elements of `x`."""
    return math.prod(shape(x))


def ndim(x: Any) -> int:
    """Number of axes of `x`."""
    return len(shape(x))


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor, symbolic ones included."""
    return isinstance(x, (Tensor, KerasTensor))


def convert_to_tensor(
    x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None
) -> Any:
    """`x` as a tensor of `dtype`."""
    if isinstance(x, KerasTensor):
        return x
    return convert(x, None if dtype is None else standard(dtype))


def convert_to_numpy(x: Any) -> np.ndarray:
    """The values of `x` as a NumPy array."""
    return convert(x).numpy()


def array(x: Any, dtype: Any = None) -> Tensor:
    """`x` as a new tensor of `dtype`."""
    return copy(convert_to_tensor(x, dtype))


def _made(values: np.ndarray) -> Tensor:
    return Tensor(np.asarray(values, order="C").reshape(values.shape))


def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """Zeros of a shape."""
    return _made(np.zeros(shape, floatx() if dtype is None else standard(dtype)))


def ones(shape: Any, dtype: Any = None) -> Tensor:
    """Ones of a shape."""
    return _made(np.ones(shape, floatx() if dtype is None else standard(dtype)))


def empty(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor whose values do not matter (zeros)."""
    return zeros(shape, dtype)


@op
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """`fill_value` in every element."""
    kind = result_type(fill_value) if dtype is None else standard(dtype)
    from fastconv.ops.shaping import broadcast_to

    return broadcast_to(convert(fill_value, kind), shape)


@op
def zeros_like(x: Any, dtype: Any = None) -> Tensor:
    """Zeros of the shape of `x`."""
    x = convert(x)
    return _made(np.zeros(x.shape, x.data.dtype if dtype is None else standard(dtype)))


@op
def ones_like(x: Any, dtype: Any = None) -> Tensor:
    """Ones of the shape of `x`."""
    x = convert(x)
    return _made(np.ones(x.shape, x.data.dtype if dtype is None else standard(dtype)))


@op
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """`fill_value` in the shape of `x`."""
    x = convert(x)
    return full(x.shape, fill_value, x.data.dtype if dtype is None else dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Evenly spaced numbers from `start` up to, not including, `stop`."""
    parts = [
        int(p) if isinstance(p, Tensor) and p.data.dtype.kind in "iu" else p
        for p in (start, stop, step)
    ]
    parts = [float(p) if isinstance(p, Tensor) else p for p in parts]
    kind = (
        standard(dtype) if dtype is not None else result_type(*(p for p in parts if p is not None))
    )
    if parts[1] is None:
        parts[0], parts[1] = 0, parts[0]
    return _made(np.arange(parts[0], parts[1], 1 if parts[2] is None else parts[2], dtype=kind))


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """`num` evenly spaced numbers from `start` to `stop`."""
    kind = result_type(start, stop, float) if dtype is None else standard(dtype)
    values, step = np.linspace(
        np.asarray(start), np.asarray(stop), num, endpoint, retstep=True, axis=axis
    )
    made = _made(values.astype(kind))
    return (made, _made(np.asarray(step).astype(kind))) if retstep else made


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Ones on the k-th diagonal, zeros elsewhere."""
    return _made(np.eye(N, M, k, floatx() if dtype is None else standard(dtype)))


def identity(n: int, dtype: Any = None) -> Tensor:
    """The identity matrix of n rows."""
    return eye(n, dtype=dtype)


@op
def copy(x: Any) -> Tensor:
    """The same values in memory of their own."""
    x = convert(x)
    return record(Tensor(moves.copy(x.data)), (x,), lambda dy, need: (dy,))
