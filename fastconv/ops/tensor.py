"""The values that flow through layers: `Tensor`, an array that ops can differentiate.

A tensor's array is native, aligned and C-contiguous; ops never write into it once they returned it.
Arithmetic operators and indexing are ops.
"""

from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv._registry import NUMPY_DTYPES, register_decoder
from fastconv._runtime import launch
from fastconv._runtime.call import recorder

FLOATS = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}

# About 30 us of streaming arithmetic: less is not worth handing to another thread.
GRAIN = 32768


def _ops() -> Any:
    from fastconv import ops

    return ops


class Operators:
    """Python's operators as ops; what `Tensor` and the symbolic `KerasTensor` share."""

    __slots__ = ()
    __array_priority__ = 100

    def __add__(self, other: Any) -> Any:
        return _ops().add(self, other)

    def __radd__(self, other: Any) -> Any:
        return _ops().add(other, self)

    def __sub__(self, other: Any) -> Any:
        return _ops().subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return _ops().subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return _ops().multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return _ops().multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return _ops().divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _ops().divide(other, self)

    def __pow__(self, other: Any) -> Any:
        return _ops().power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return _ops().power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return _ops().matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _ops().matmul(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _ops().floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _ops().floor_divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return _ops().mod(self, other)

    def __rmod__(self, other: Any) -> Any:
        return _ops().mod(other, self)

    def __lt__(self, other: Any) -> Any:
        return _ops().less(self, other)

    def __le__(self, other: Any) -> Any:
        return _ops().less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return _ops().greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return _ops().greater_equal(self, other)

    def __eq__(self, other: Any) -> Any:
        return _ops().equal(self, other)

    def __ne__(self, other: Any) -> Any:
        return _ops().not_equal(self, other)

    def __and__(self, other: Any) -> Any:
        return _ops().logical_and(self, other)

    def __or__(self, other: Any) -> Any:
        return _ops().logical_or(self, other)

    __hash__ = object.__hash__

    def __neg__(self) -> Any:
        return _ops().negative(self)

    def __abs__(self) -> Any:
        return _ops().absolute(self)

    def __invert__(self) -> Any:
        return _ops().logical_not(self)

    def __getitem__(self, key: Any) -> Any:
        return _ops().get_item(self, key)


class Tensor(Operators):
    """An array with the operators of an array, whose every operation ops can differentiate.

    Parameters
    ----------
    data : ndarray
        Native byte order, C-contiguous; taken as it is, not copied.
    """

    __slots__ = ("__weakref__", "_keras_mask", "data")  # the mask is set where there is one
    trainable = False

    def __init__(self, data: np.ndarray) -> None:
        self.data = data

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    def numpy(self) -> np.ndarray:
        """The values as a NumPy array of the caller's own."""
        forget_program()
        return self.data.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        forget_program()
        if dtype is not None and self.data.dtype != dtype:
            if copy is False:
                raise ValueError(f"copy=False: {self.data.dtype} cannot become {dtype} uncopied")
            return self.data.astype(dtype)
        return self.data if copy is False else self.data.copy()

    def __repr__(self) -> str:
        return f"<Tensor shape={self.shape}, dtype={self.data.dtype}, value={self.data}>"

    def __len__(self) -> int:
        if not self.data.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self.data.shape[0]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __index__(self) -> int:
        return self.numpy().__index__()

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __format__(self, spec: str) -> str:
        return format(self.data.item() if not self.data.ndim else self.data, spec)

    def item(self) -> Any:
        """The single value as a Python number."""
        return self.numpy().item()


class Activated(Tensor):
    """Output of softmax or sigmoid: it remembers its logits.

    Cross-entropy goes back to them, which is exact where probabilities have saturated.

    Parameters
    ----------
    data : ndarray
    activation : str
        "softmax" or "sigmoid".
    logits : Tensor
        What the activation was applied to.
    axis : int, default -1
        Of the softmax.
    """

    __slots__ = ("activation", "axis", "logits")

    def __init__(self, data: np.ndarray, activation: str, logits: Tensor, axis: int = -1) -> None:
        self.data = data
        self.activation = activation
        self.logits = logits
        self.axis = axis


def forget_program() -> None:
    """Values leave the world of kernels: a step being captured cannot be replayed from here on."""
    program = recorder.program
    if program is not None:
        program.spoil("an operation that is not a kernel")


def convert(x: Any, dtype: Any = None) -> Tensor:
    """`x` as a Tensor; arrays are not copied when they need no change.

    Python floats become float32, Python ints int32, as in Keras.
    """
    if isinstance(x, Tensor):
        if dtype is None or x.data.dtype == dtype:
            return x
        from fastconv.ops.elementwise import cast

        return cast(x, dtype)
    if isinstance(x, (bool, np.bool_)):
        array = np.asarray(x)
    elif isinstance(x, int):
        array = np.asarray(x, np.int32)
    elif isinstance(x, float):
        array = np.asarray(x, np.float32)
    elif isinstance(x, (list, tuple)) and any(isinstance(item, Tensor) for item in x):
        from fastconv.ops.shaping import stack

        return convert(stack(x), dtype)
    else:
        array = np.asarray(x)
        if array.dtype == np.float64 and not hasattr(x, "dtype"):
            array = array.astype(np.float32)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"expected numbers, received {type(x).__name__} of dtype {array.dtype}")
    array = np.ascontiguousarray(array, dtype=np.dtype(dtype or array.dtype).newbyteorder("="))
    return Tensor(array.reshape(np.shape(x)) if array.shape != np.shape(x) else array)


def kernel(name: str, dtype: np.dtype) -> Any:
    """The kernel `name` for arrays of `dtype`; ``kernel("relu", float32)`` is ``relu_f32``."""
    return _kernels.get(f"{name}_{FLOATS[dtype]}")


def run(
    k: Any,
    bufs: tuple[np.ndarray | None, ...],
    dims: tuple[int, ...],
    pars: tuple[float, ...],
    n: int,
    grain: int,
) -> None:
    """`launch` as networks want it: denormals are flushed to zero while the kernel runs."""
    launch(k, bufs, dims, pars, n, grain, True)


def _from_config(config: dict[str, Any]) -> Tensor:
    """The tensor that a config of Keras holds as numbers."""
    if config["dtype"] not in NUMPY_DTYPES:
        raise ValueError(f"dtype: unknown {config['dtype']!r}")
    return convert(np.array(config["value"], dtype=config["dtype"]))


register_decoder("__tensor__", _from_config)
