"""Functions of one number, element by element; each op's derivative stands in its line."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.ops.arrays import binary, unary
from fastconv.ops.dtypes import BOOL, to_float
from fastconv.ops.symbolic import op
from fastconv.ops.tape import record
from fastconv.ops.tensor import Tensor, convert

__all__ = [
    "abs",
    "absolute",
    "arccos",
    "arcsin",
    "arctan",
    "ceil",
    "cos",
    "cosh",
    "erf",
    "exp",
    "expm1",
    "floor",
    "log",
    "log1p",
    "log2",
    "log10",
    "negative",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "stop_gradient",
    "tan",
]

# slope(x, y) -> dy/dx, from the input and the output
Slope = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _mul(a: np.ndarray, b: Any) -> np.ndarray:
    return binary("multiply", a, np.asarray(b, a.dtype))


def _add(a: np.ndarray, b: Any) -> np.ndarray:
    return binary("add", a, np.asarray(b, a.dtype))


def _smooth(name: str, x: Any, slope: Slope) -> Tensor:
    x = to_float(x)
    y = unary(name, x.data)
    return record(Tensor(y), (x,), lambda dy, need: (binary("multiply", dy, slope(x.data, y)),))


def _over(name: str, x: Any, divisor: Slope) -> Tensor:
    x = to_float(x)
    y = unary(name, x.data)
    return record(Tensor(y), (x,), lambda dy, need: (binary("divide", dy, divisor(x.data, y)),))


def _step(name: str, x: Any) -> Tensor:
    """Functions whose derivative is 0 wherever it exists."""
    x = convert(x)
    if x.data.dtype.kind != "f":
        return x
    return Tensor(unary(name, x.data))


@op
def negative(x: Any) -> Tensor:
    """-x."""
    x = convert(x)
    return record(
        Tensor(unary("negative", x.data)), (x,), lambda dy, need: (unary("negative", dy),)
    )


@op
def absolute(x: Any) -> Tensor:
    """|x|; the derivative at 0 is taken as 0."""
    x = convert(x)
    if x.data.dtype == BOOL:
        return x
    return record(
        Tensor(unary("absolute", x.data)),
        (x,),
        lambda dy, need: (binary("multiply", dy, unary("sign", x.data)),),
    )


@op
def abs(x: Any) -> Tensor:
    """|x|; the derivative at 0 is taken as 0."""
    return absolute(x)


@op
def square(x: Any) -> Tensor:
    """x * x."""
    x = convert(x)
    return record(
        Tensor(unary("square", x.data)),
        (x,),
        lambda dy, need: (_mul(binary("multiply", dy, x.data), 2.0),),
    )


@op
def sign(x: Any) -> Tensor:
    """-1, 0 or 1."""
    x = convert(x)
    return x if x.data.dtype.kind in "bu" else Tensor(unary("sign", x.data))


@op
def exp(x: Any) -> Tensor:
    """e to the power x."""
    return _smooth("exp", x, lambda x, y: y)


@op
def expm1(x: Any) -> Tensor:
    """exp(x) - 1 without cancellation near 0."""
    return _smooth("expm1", x, lambda x, y: _add(y, 1.0))


@op
def log(x: Any) -> Tensor:
    """Natural logarithm."""
    return _over("log", x, lambda x, y: x)


@op
def log1p(x: Any) -> Tensor:
    """log(1 + x) without cancellation near 0."""
    return _over("log1p", x, lambda x, y: _add(x, 1.0))


@op
def log2(x: Any) -> Tensor:
    """Logarithm to base 2."""
    x = to_float(x)
    y = _mul(unary("log", x.data), 1 / np.log(2.0))
    return record(
        Tensor(y), (x,), lambda dy, need: (binary("divide", dy, _mul(x.data, np.log(2.0))),)
    )


@op
def log10(x: Any) -> Tensor:
    """Logarithm to base 10."""
    x = to_float(x)
    y = _mul(unary("log", x.data), 1 / np.log(10.0))
    return record(
        Tensor(y), (x,), lambda dy, need: (binary("divide", dy, _mul(x.data, np.log(10.0))),)
    )


@op
def sqrt(x: Any) -> Tensor:
    """Square root."""
    return _over("sqrt", x, lambda x, y: _mul(y, 2.0))


@op
def rsqrt(x: Any) -> Tensor:
    """1 / sqrt(x)."""
    return _smooth("rsqrt", x, lambda x, y: _mul(binary("divide", y, x), -0.5))


@op
def reciprocal(x: Any) -> Tensor:
    """1 / x."""
    return _smooth("reciprocal", x, lambda x, y: unary("negative", unary("square", y)))


@op
def erf(x: Any) -> Tensor:
    """Gauss error function; derivative 2 / sqrt(pi) exp(-x^2)."""

    def slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return _mul(unary("exp", unary("negative", unary("square", x))), 2 / np.sqrt(np.pi))

    return _smooth("erf", x, slope)


@op
def sin(x: Any) -> Tensor:
    """Sine."""
    return _smooth("sin", x, lambda x, y: unary("cos", x))


@op
def cos(x: Any) -> Tensor:
    """Cosine."""
    return _smooth("cos", x, lambda x, y: unary("negative", unary("sin", x)))


@op
def tan(x: Any) -> Tensor:
    """Tangent."""
    return _smooth("tan", x, lambda x, y: _add(unary("square", y), 1.0))


@op
def sinh(x: Any) -> Tensor:
    """Hyperbolic sine."""
    return _smooth("sinh", x, lambda x, y: unary("cosh", x))


@op
def cosh(x: Any) -> Tensor:
    """Hyperbolic cosine."""
    return _smooth("cosh", x, lambda x, y: unary("sinh", x))


def _circle(x: np.ndarray) -> np.ndarray:
    """sqrt(1 - x^2)."""
    return unary("sqrt", _add(unary("negative", unary("square", x)), 1.0))


@op
def arcsin(x: Any) -> Tensor:
    """Inverse sine."""
    return _over("asin", x, lambda x, y: _circle(x))


@op
def arccos(x: Any) -> Tensor:
    """Inverse cosine."""
    return _over("acos", x, lambda x, y: unary("negative", _circle(x)))


@op
def arctan(x: Any) -> Tensor:
    """Inverse tangent."""
    return _over("atan", x, lambda x, y: _add(unary("square", x), 1.0))


@op
def floor(x: Any) -> Tensor:
    """Largest whole number not above x."""
    return _step("floor", x)


@op
def ceil(x: Any) -> Tensor:
    """Smallest whole number not below x."""
    return _step("ceil", x)


@op
def round(x: Any, decimals: int = 0) -> Tensor:
    """Nearest whole number, or number of so many decimals; halves go to the even one."""
    if decimals:
        x = to_float(x)
        factor = 10.0**decimals
        return Tensor(_mul(unary("round", _mul(x.data, factor)), 1 / factor))
    return _step("round", x)


@op
def stop_gradient(variable: Any) -> Tensor:
    """The same values, through which no gradient flows."""
    return Tensor(convert(variable).data)
