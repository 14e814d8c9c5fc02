"""Arithmetic of two operands with broadcasting, `where`, `clip`, `cast`."""

from typing import Any

import numpy as np

from fastconv.ops import arrays
from fastconv.ops.arrays import assign_into, binary, unary, unbroadcast
from fastconv.ops.dtypes import BOOL, is_float, promote, standard
from fastconv.ops.symbolic import op
from fastconv.ops.tape import record
from fastconv.ops.tensor import Tensor, convert, forget_program

__all__ = [
    "add",
    "arctan2",
    "cast",
    "clip",
    "divide",
    "divide_no_nan",
    "floor_divide",
    "logaddexp",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nan_to_num",
    "power",
    "subtract",
    "true_divide",
    "where",
]


def add_arrays(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """a + b of arrays of one shape; with ``out=a`` in place."""
    if out is None:
        return binary("add", a, b)
    if out is not a:
        raise ValueError("add_arrays: out must be the first operand")
    assign_into(out, b, 1.0, 1.0)
    return out


def _constant(value: float, like: np.ndarray) -> np.ndarray:
    return np.array(value, like.dtype)


@op
def cast(x: Any, dtype: Any) -> Tensor:
    """`x` in another dtype; floats become integers by truncation."""
    x = convert(x)
    dtype = standard(dtype)
    if x.data.dtype == dtype:
        return x
    source = x.data.dtype
    if not (is_float(source) and is_float(dtype)):
        return Tensor(arrays.cast(x.data, dtype))
    return record(
        Tensor(arrays.cast(x.data, dtype)), (x,), lambda dy, need: (arrays.cast(dy, source),)
    )


@op
def add(x1: Any, x2: Any) -> Tensor:
    """x1 + x2."""
    a, b = promote(x1, x2)
    y = Tensor(binary("add", a.data, b.data))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        return (
            unbroadcast(dy, a.data.shape) if need[0] else None,
            unbroadcast(dy, b.data.shape) if need[1] else None,
        )

    return record(y, (a, b), backward)


@op
def subtract(x1: Any, x2: Any) -> Tensor:
    """x1 - x2."""
    a, b = promote(x1, x2)
    y = Tensor(binary("subtract", a.data, b.data))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        return (
            unbroadcast(dy, a.data.shape) if need[0] else None,
            unary("negative", unbroadcast(dy, b.data.shape)) if need[1] else None,
        )

    return record(y, (a, b), backward)


@op
def multiply(x1: Any, x2: Any) -> Tensor:
    """x1 * x2."""
    a, b = promote(x1, x2)
    y = Tensor(binary("multiply", a.data, b.data))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        return (
            unbroadcast(binary("multiply", dy, b.data), a.data.shape) if need[0] else None,
            unbroadcast(binary("multiply", dy, a.data), b.data.shape) if need[1] else None,
        )

    return record(y, (a, b), backward)


@op
def divide(x1: Any, x2: Any) -> Tensor:
    """x1 / x2 in floats."""
    a, b = promote(x1, x2, to_float=True)
    y = Tensor(binary("divide", a.data, b.data))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        # d(a/b) = da / b - (a/b) db / b
        part = binary("divide", dy, b.data)
        db = None
        if need[1]:
            db = unbroadcast(unary("negative", binary("multiply", part, y.data)), b.data.shape)
        return unbroadcast(part, a.data.shape) if need[0] else None, db

    return record(y, (a, b), backward)


@op
def true_divide(x1: Any, x2: Any) -> Tensor:
    """x1 / x2 in floats."""
    return divide(x1, x2)


@op
def divide_no_nan(x1: Any, x2: Any) -> Tensor:
    """x1 / x2, and 0 where x2 is 0."""
    a, b = promote(x1, x2, to_float=True)
    zero = Tensor(np.zeros((), b.data.dtype))
    nought = Tensor(arrays.compare("equal", b.data, zero.data))
    one = Tensor(np.ones((), b.data.dtype))
    return where(nought, zero, divide(a, where(nought, one, b)))


@op
def floor_divide(x1: Any, x2: Any) -> Tensor:
    """Largest integer not above x1 / x2; no gradient."""
    a, b = promote(x1, x2)
    return Tensor(binary("floordiv", a.data, b.data))


@op
def mod(x1: Any, x2: Any) -> Tensor:
    """Remainder of x1 / x2 with the sign of x2."""
    a, b = promote(x1, x2)
    y = Tensor(binary("mod", a.data, b.data))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        # a - b floor(a/b): the floor is constant almost everywhere
        db = None
        if need[1]:
            steps = binary("floordiv", a.data, b.data)
            db = unbroadcast(unary("negative", binary("multiply", dy, steps)), b.data.shape)
        return unbroadcast(dy, a.data.shape) if need[0] else None, db

    return record(y, (a, b), backward)


@op
def arctan2(x1: Any, x2: Any) -> Tensor:
    """Angle of the point (x2, x1)."""
    a, b = promote(x1, x2, to_float=True)

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        # (b da - a db) / (a^2 + b^2)
        norm = binary("add", unary("square", a.data), unary("square", b.data))
        part = binary("divide", dy, norm)
        return (
            unbroadcast(binary("multiply", part, b.data), a.data.shape) if need[0] else None,
            unbroadcast(unary("negative", binary("multiply", part, a.data)), b.data.shape)
            if need[1]
            else None,
        )

    return record(Tensor(binary("atan2", a.data, b.data)), (a, b), backward)


def _whole_power(a: Tensor, exponent: float) -> Tensor | None:
    """`a` to one of the usual exponents, None for others."""
    x = a.data
    if exponent == 2:
        two = _constant(2.0, x)
        return record(
            Tensor(unary("square", x)),
            (a,),
            lambda dy, need: (binary("multiply", binary("multiply", dy, x), two),),
        )
    if exponent == 1:
        return record(Tensor(x), (a,), lambda dy, need: (dy,))
    if exponent == 0.5:
        y = unary("sqrt", x)
        half = _constant(0.5, x)
        return record(
            Tensor(y),
            (a,),
            lambda dy, need: (binary("divide", binary("multiply", dy, half), y),),
        )
    return None


@op
def power(x1: Any, x2: Any) -> Tensor:
    """x1 to the power x2."""
    a, b = promote(x1, x2)
    if a.data.dtype.kind != "f":
        forget_program()
        return Tensor(np.asarray(np.power(a.data, b.data), order="C"))
    if not isinstance(x2, Tensor) and b.data.ndim == 0:
        known = _whole_power(a, float(b.data))
        if known is not None:
            return known
    y = Tensor(binary("power", a.data, b.data))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        da = db = None
        if need[0]:
            # b a^(b-1), and 0 for b = 0 although a^-1 may be infinite
            lower = binary("power", a.data, binary("subtract", b.data, _constant(1.0, b.data)))
            slope = binary("multiply", b.data, lower)
            flat = arrays.compare("equal", b.data, _constant(0.0, b.data))
            slope = arrays.where(flat, _constant(0.0, b.data), slope)
            da = unbroadcast(binary("multiply", dy, slope), a.data.shape)
        if need[1]:
            # a^b log a, with 0 where a is not positive
            one = _constant(1.0, a.data)
            positive = arrays.compare("less", _constant(0.0, a.data), a.data)
            logs = unary("log", arrays.where(positive, a.data, one))
            db = unbroadcast(binary("multiply", dy, binary("multiply", y.data, logs)), b.data.shape)
        return da, db

    return record(y, (a, b), backward)


def _extremum(name: str, x1: Any, x2: Any) -> Tensor:
    a, b = promote(x1, x2)
    if a.data.dtype == BOOL:
        return Tensor(arrays.compare("or" if name == "maximum" else "and", a.data, b.data))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        # Of equal operands the first gets the gradient.
        pair = (b.data, a.data) if name == "maximum" else (a.data, b.data)
        first = arrays.compare("lesseq", *pair)
        zero = _constant(0.0, dy)
        return (
            unbroadcast(arrays.where(first, dy, zero), a.data.shape) if need[0] else None,
            unbroadcast(arrays.where(first, zero, dy), b.data.shape) if need[1] else None,
        )

    return record(Tensor(binary(name, a.data, b.data)), (a, b), backward)


@op
def maximum(x1: Any, x2: Any) -> Tensor:
    """The larger of x1 and x2; NaN if either is."""
    return _extremum("maximum", x1, x2)


@op
def minimum(x1: Any, x2: Any) -> Tensor:
    """The smaller of x1 and x2; NaN if either is."""
    return _extremum("minimum", x1, x2)


@op
def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """`x` kept within [x_min, x_max]; the gradient is 0 outside."""
    return minimum(maximum(x, x_min), x_max)


@op
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where `condition`, else x2; without x1 and x2 the indices where `condition` holds."""
    c = convert(condition)
    if (x1 is None) != (x2 is None):
        raise ValueError("`x1` and `x2` either both should be `None` or both should be non-None.")
    if x1 is None:
        forget_program()
        return tuple(Tensor(i.astype(np.int32)) for i in np.nonzero(c.data))
    mask = arrays.cast(c.data, BOOL)
    a, b = promote(x1, x2)

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        zero = _constant(0.0, dy)
        return (
            unbroadcast(arrays.where(mask, dy, zero), a.data.shape) if need[0] else None,
            unbroadcast(arrays.where(mask, zero, dy), b.data.shape) if need[1] else None,
        )

    return record(Tensor(arrays.where(mask, a.data, b.data)), (a, b), backward)


@op
def logaddexp(x1: Any, x2: Any) -> Tensor:
    """log(exp(x1) + exp(x2)) without overflow."""
    from fastconv.ops.activation import softplus

    a, b = promote(x1, x2, to_float=True)
    return add(b, softplus(subtract(a, b)))


@op
def nan_to_num(
    x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """`x` with other numbers in the place of NaN and infinities (the largest ones by default)."""
    x = convert(x)
    if x.data.dtype.kind != "f":
        return x
    info = np.finfo(x.data.dtype)
    high = float(info.max) if posinf is None else posinf
    low = float(info.min) if neginf is None else neginf
    y = where(Tensor(arrays.test("isnan", x.data)), nan, x)
    infinite = arrays.test("isinf", x.data)
    positive = arrays.compare("less", _constant(0.0, x.data), x.data)
    y = where(Tensor(arrays.compare("and", infinite, positive)), high, y)
    return where(Tensor(arrays.compare("and", infinite, arrays.test("not", positive))), low, y)
