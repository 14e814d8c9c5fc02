"""Reductions: sums, means, extrema, their positions, running sums."""

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv.ops import arrays
from fastconv.ops.arrays import binary, reduced_shape
from fastconv.ops.compare import isfinite
from fastconv.ops.dtypes import BOOL, INT32, axes_of, find, to_float
from fastconv.ops.elementwise import add, divide, multiply, subtract, where
from fastconv.ops.shaping import reshape
from fastconv.ops.symbolic import op
from fastconv.ops.tape import record
from fastconv.ops.tensor import GRAIN, Tensor, convert, forget_program, run
from fastconv.ops.unary import exp, log, sqrt, square, stop_gradient

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "logsumexp",
    "max",
    "mean",
    "min",
    "moments",
    "prod",
    "std",
    "sum",
    "var",
]

Axis = int | Sequence[int] | None


def _summable(x: Any) -> Tensor:
    """Small integers are added as 32-bit ones."""
    x = convert(x)
    return (
        Tensor(arrays.cast(x.data, INT32))
        if x.data.dtype.kind in "bu" and x.data.dtype.itemsize < 4
        else x
    )


def _spread(g: np.ndarray, shape: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    """`g` repeated along the reduced axes."""
    g = g.reshape(reduced_shape(shape, axes, True))
    return binary("add", g, np.zeros(shape, g.dtype)) if g.shape != shape else g


def _scaled_sum(x: Tensor, axes: tuple[int, ...], keepdims: bool, scale: float) -> Tensor:
    shape = x.data.shape
    y = Tensor(arrays.reduce("sum", x.data, axes, keepdims, scale))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        if scale == 1.0:
            return (_spread(dy, shape, axes),)
        g = dy.reshape(reduced_shape(shape, axes, True))
        return (binary("multiply", g, np.full(shape, scale, dy.dtype)),)

    return record(y, (x,), backward)


@op
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over `axis` (all axes by default)."""
    x = _summable(x)
    return _scaled_sum(x, axes_of(axis, x.ndim), keepdims, 1.0)


@op
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Arithmetic mean over `axis` (all axes by default)."""
    x = to_float(x)
    axes = axes_of(axis, x.ndim)
    count = int(np.prod([x.shape[i] for i in axes], dtype=np.int64))
    return _scaled_sum(x, axes, keepdims, 1.0 / count if count else np.nan)


@op
def average(x: Any, axis: int | None = None, weights: Any = None) -> Tensor:
    """Mean, weighted by `weights` of the shape of `x`, or along one axis."""
    if weights is None:
        return mean(x, axis)
    x, w = to_float(x), to_float(weights)
    if w.shape != x.shape and axis is not None:
        w = reshape(w, [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    w = multiply(w, np.ones(x.shape, x.data.dtype))
    return divide(sum(multiply(x, w), axis), sum(w, axis))


@op
def prod(x: Any, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """Product over `axis` (all axes by default)."""
    x = _summable(x) if dtype is None else convert(x, dtype)
    axes = axes_of(axis, x.ndim)
    if len(arrays.groups(x.shape, axes)) > 1:
        shape = reduced_shape(x.shape, axes, keepdims)
        for a in reversed(axes):
            x = prod(x, a, True)
        return reshape(x, shape)
    y = Tensor(arrays.reduce("prod", x.data, axes, keepdims))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        dx = arrays.empty(x.data.shape, dy.dtype)
        if not axes:
            return (dy,)
        A, R, B = arrays.groups(x.data.shape, axes)[0]
        run(
            find("reduce_others", dy.dtype),
            (dx, x.data, dy),
            (A, R, B),
            (),
            A * B,
            builtins.max(1, GRAIN // 4 // builtins.max(R, 1)),
        )
        return (dx,)

    return record(y, (x,), backward)


def _extremum(name: str, x: Any, axis: Axis, keepdims: bool, initial: Any) -> Tensor:
    from fastconv.ops.elementwise import maximum, minimum

    x = convert(x)
    axes = axes_of(axis, x.ndim)
    if initial is not None and not x.size:
        return Tensor(np.full(reduced_shape(x.shape, axes, keepdims), initial, x.data.dtype))
    if x.data.dtype == BOOL:
        y = Tensor(arrays.reduce("any" if name == "max" else "all", x.data, axes, keepdims))
    elif len(arrays.groups(x.shape, axes)) > 1:
        y = x
        for a in reversed(axes):
            y = _extremum(name, y, a, True, None)
        y = reshape(y, reduced_shape(x.shape, axes, keepdims))
    else:
        y = Tensor(arrays.reduce(name, x.data, axes, keepdims))
        top = y

        def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
            # Equal extrema share the gradient.
            if not axes:
                return (dy,)
            A, R, B = arrays.groups(x.data.shape, axes)[0]
            dx = arrays.empty(x.data.shape, dy.dtype)
            run(
                find("reduce_share", dy.dtype),
                (dx, x.data, top.data, dy),
                (A, R, B),
                (),
                A,
                builtins.max(1, GRAIN // 4 // builtins.max(R * B, 1)),
            )
            return (dx,)

        y = record(y, (x,), backward)
    if initial is not None:
        y = (maximum if name == "max" else minimum)(y, initial)
    return y


@op
def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Largest value over `axis` (all axes by default); NaN if there is one."""
    return _extremum("max", x, axis, keepdims, initial)


@op
def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Smallest value over `axis` (all axes by default); NaN if there is one."""
    return _extremum("min", x, axis, keepdims, initial)


@op
def amax(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest value over `axis`."""
    return max(x, axis, keepdims)


@op
def amin(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest value over `axis`."""
    return min(x, axis, keepdims)


@op
def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Variance over `axis`: mean squared distance from the mean."""
    x = to_float(x)
    return mean(square(subtract(x, mean(x, axis, True))), axis, keepdims)


@op
def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Square root of the variance over `axis`."""
    return sqrt(var(x, axis, keepdims))


@op
def moments(x: Any, axes: Axis, keepdims: bool = False, synchronized: bool = False) -> Any:
    """Mean and variance over `axes`."""
    return mean(x, axes, keepdims), var(x, axes, keepdims)


@op
def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether any element over `axis` is true."""
    x = convert(x)
    data = arrays.cast(x.data, BOOL)
    return Tensor(arrays.reduce("any", data, axes_of(axis, x.ndim), keepdims))


@op
def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether all elements over `axis` are true."""
    x = convert(x)
    data = arrays.cast(x.data, BOOL)
    return Tensor(arrays.reduce("all", data, axes_of(axis, x.ndim), keepdims))


@op
def count_nonzero(x: Any, axis: Axis = None) -> Tensor:
    """Number of elements over `axis` that are not 0."""
    x = convert(x)
    data = arrays.cast(arrays.cast(x.data, BOOL), INT32)
    return Tensor(arrays.reduce("sum", data, axes_of(axis, x.ndim)))


def _position(name: str, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    x = convert(x)
    if axis is None:
        found = arrays.argfind(name, x.data.reshape(-1), 0)
        return Tensor(found.reshape((1,) * x.ndim) if keepdims else found)
    (axis,) = axes_of(axis, x.ndim)
    found = arrays.argfind(name, x.data, axis)
    return Tensor(found.reshape(reduced_shape(x.shape, (axis,), keepdims)))


@op
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Position of the first largest value along `axis`, int32."""
    return _position("argmax", x, axis, keepdims)


@op
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Position of the first smallest value along `axis`, int32."""
    return _position("argmin", x, axis, keepdims)


def _running(x: np.ndarray, axis: int, reverse: bool) -> np.ndarray:
    A, R, B = arrays.split_axis(x.shape, axis)
    y = arrays.empty(x.shape, x.dtype)
    run(
        find("reduce_running", x.dtype),
        (y, x),
        (A, R, B, int(reverse)),
        (),
        A * B,
        builtins.max(1, GRAIN // builtins.max(R, 1)),
    )
    return y


@op
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running sum along `axis` (of the flattened array by default)."""
    x = _summable(x) if dtype is None else convert(x, dtype)
    if axis is None:
        x, axis = reshape(x, -1), 0
    (axis,) = axes_of(axis, x.ndim)
    return record(
        Tensor(_running(x.data, axis, False)),
        (x,),
        lambda dy, need: (_running(dy, axis, True),),
    )


@op
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running product along `axis`; the gradient needs values other than 0."""
    x = _summable(x) if dtype is None else convert(x, dtype)
    forget_program()
    y = np.asarray(np.cumprod(x.data, axis), order="C")

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        forget_program()
        dims = tuple(range(x.data.ndim)) if axis is None else (axis,)
        part = dy * y
        tail = (
            part.ravel()[::-1].cumsum()[::-1].reshape(x.data.shape)
            if axis is None
            else np.flip(np.cumsum(np.flip(part, axis), axis), dims)
        )
        return (np.asarray(tail / x.data, order="C"),)

    return record(Tensor(y), (x,), backward)


@op
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) without overflow."""
    x = to_float(x)
    top = stop_gradient(max(x, axis, True))
    # An infinite top would make inf - inf.
    top = where(isfinite(top), top, 0.0)
    y = add(log(sum(exp(subtract(x, top)), axis, True)), top)
    return reshape(y, reduced_shape(x.shape, axes_of(axis, x.ndim), keepdims))
