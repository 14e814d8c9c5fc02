"""Nested structures of shapes and tensors: what `Layer` knows before there are values."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.ops.symbolic import KerasTensor
from fastconv.ops.tensor import Tensor
from fastconv.ops.variable import Variable


def as_symbol(value: Any) -> Any:
    """A tensor with values as a symbolic one of its shape; all else as it is."""
    if isinstance(value, Tensor) and not isinstance(value, Variable):
        return KerasTensor(value.shape, value.data.dtype)
    return value


def is_shape(value: Any) -> bool:
    """Whether `value` is one shape, not a structure of them."""
    return isinstance(value, (list, tuple)) and all(
        n is None or isinstance(n, (int, np.integer)) for n in value
    )


def map_shapes(function: Callable[[Any], Any], shapes: Any) -> Any:
    """`function` of every shape in a nested structure of shapes."""
    if is_shape(shapes):
        return function(tuple(None if n is None else int(n) for n in shapes))
    if isinstance(shapes, dict):
        return {key: map_shapes(function, value) for key, value in shapes.items()}
    return [map_shapes(function, value) for value in shapes]


def describe(value: Any) -> str:
    """An argument of a call as error messages tell it."""
    if isinstance(value, (Tensor, KerasTensor)):
        return f"Tensor(shape={tuple(value.shape)}, dtype={np.dtype(value.dtype).name})"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(describe(item) for item in value) + "]"
    return repr(value)
