"""Comparisons, logic and tests of single numbers: booleans, without gradients."""

from typing import Any

import numpy as np

from fastconv.ops import arrays
from fastconv.ops.dtypes import BOOL, promote
from fastconv.ops.symbolic import op
from fastconv.ops.tensor import Tensor, convert

__all__ = [
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
]


def _compare(name: str, x1: Any, x2: Any) -> Tensor:
    a, b = promote(x1, x2)
    return Tensor(arrays.compare(name, a.data, b.data))


def _bool(x: Any) -> np.ndarray:
    return arrays.cast(convert(x).data, BOOL)


def _test(name: str, x: Any) -> Tensor:
    x = convert(x)
    if x.data.dtype.kind != "f":
        return Tensor(np.full(x.shape, name == "isfinite"))
    return Tensor(arrays.test(name, x.data))


@op
def equal(x1: Any, x2: Any) -> Tensor:
    """x1 == x2."""
    return _compare("equal", x1, x2)


@op
def not_equal(x1: Any, x2: Any) -> Tensor:
    """x1 != x2."""
    return _compare("notequal", x1, x2)


@op
def less(x1: Any, x2: Any) -> Tensor:
    """x1 < x2."""
    return _compare("less", x1, x2)


@op
def less_equal(x1: Any, x2: Any) -> Tensor:
    """x1 <= x2."""
    return _compare("lesseq", x1, x2)


@op
def greater(x1: Any, x2: Any) -> Tensor:
    """x1 > x2."""
    return _compare("less", x2, x1)


@op
def greater_equal(x1: Any, x2: Any) -> Tensor:
    """x1 >= x2."""
    return _compare("lesseq", x2, x1)


@op
def logical_and(x1: Any, x2: Any) -> Tensor:
    """x1 and x2."""
    return Tensor(arrays.compare("and", _bool(x1), _bool(x2)))


@op
def logical_or(x1: Any, x2: Any) -> Tensor:
    """x1 or x2."""
    return Tensor(arrays.compare("or", _bool(x1), _bool(x2)))


@op
def logical_xor(x1: Any, x2: Any) -> Tensor:
    """x1 or x2, not both."""
    return Tensor(arrays.compare("xor", _bool(x1), _bool(x2)))


@op
def logical_not(x: Any) -> Tensor:
    """Not x."""
    return Tensor(arrays.test("not", _bool(x)))


@op
def isnan(x: Any) -> Tensor:
    """Whether x is not a number."""
    return _test("isnan", x)


@op
def isinf(x: Any) -> Tensor:
    """Whether x is infinite."""
    return _test("isinf", x)


@op
def isfinite(x: Any) -> Tensor:
    """Whether x is neither NaN nor infinite."""
    return _test("isfinite", x)


@op
def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether |x1 - x2| <= atol + rtol |x2|."""
    a, b = promote(x1, x2, to_float=True)
    x, y = a.data, b.data
    gap = arrays.unary("absolute", arrays.binary("subtract", x, y))
    room = arrays.binary("multiply", arrays.unary("absolute", y), np.asarray(rtol, y.dtype))
    room = arrays.binary("add", room, np.asarray(atol, y.dtype))
    near = arrays.compare("and", arrays.compare("lesseq", gap, room), arrays.test("isfinite", y))
    near = arrays.compare("or", near, arrays.compare("equal", x, y))
    if equal_nan:
        both = arrays.compare("and", arrays.test("isnan", x), arrays.test("isnan", y))
        near = arrays.compare("or", near, both)
    return Tensor(near)
