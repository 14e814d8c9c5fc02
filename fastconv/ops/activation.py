"""Activations: one kernel forward and one backward each."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv.ops import arrays
from fastconv.ops.dtypes import axes_of, to_float
from fastconv.ops.elementwise import multiply
from fastconv.ops.shaping import reshape, split, transpose
from fastconv.ops.symbolic import op
from fastconv.ops.tape import record
from fastconv.ops.tensor import GRAIN, Activated, Tensor, kernel, run

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]

# Kernels made of a few additions run in large chunks, those with exponentials in smaller ones.
_CHEAP = {"relu", "relux", "relu6", "leakyrelu", "hardsigmoid", "hardsilu", "threshold"}
_CHEAP |= {"hardtanh", "softshrink", "hardshrink", "softsign", "sparseplus", "sparsesigmoid"}


@functools.cache
def _grain(name: str) -> int:
    return GRAIN if name in _CHEAP else GRAIN // 4


def forward(name: str, x: np.ndarray, pars: tuple[float, ...] = (0.0, 0.0, 0.0)) -> np.ndarray:
    """Activation `name` of an array."""
    y = arrays.empty(x.shape, x.dtype)
    run(kernel(f"activation_{name}", x.dtype), (y, x), (), pars, x.size, _grain(name))
    return y


def backward(
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    dy: np.ndarray,
    pars: tuple[float, ...] = (0.0, 0.0, 0.0),
) -> np.ndarray:
    """dy times the derivative of activation `name` at x, where it is y."""
    dx = arrays.empty(x.shape, x.dtype)
    k = kernel(f"activation_{name}grad", x.dtype)
    run(k, (dx, x, y, dy), (), pars, x.size, _grain(name))
    return dx


def _apply(name: str, x: Any, *numbers: float) -> Tensor:
    x = to_float(x)
    pars = (*map(float, numbers), 0.0, 0.0, 0.0)[:3]
    y = forward(name, x.data, pars)
    return record(Tensor(y), (x,), lambda dy, need: (backward(name, x.data, y, dy, pars),))


@op
def relu(
    x: Any,
    *,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Tensor:
    """x above `threshold`, at most `max_value`; negative_slope (x - threshold) below."""
    if not negative_slope and max_value is None and not threshold:
        return _apply("relu", x)
    limit = np.inf if max_value is None else max_value
    return _apply("relux", x, negative_slope, limit, threshold)


@op
def relu6(x: Any) -> Tensor:
    """relu, at most 6."""
    return _apply("relu6", x)


@op
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """x, times `negative_slope` where it is negative."""
    return _apply("leakyrelu", x, negative_slope)


@op
def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x, or alpha (exp(x) - 1) where it is negative."""
    return _apply("elu", x, alpha)


@op
def selu(x: Any) -> Tensor:
    """elu scaled so that mean 0 and variance 1 keep themselves (Klambauer et al. 2017)."""
    return _apply("selu", x)


@op
def celu(x: Any, alpha: float = 1.0) -> Tensor:
    """x, or alpha (exp(x / alpha) - 1) where it is negative (Barron 2017)."""
    return _apply("celu", x, alpha)


@op
def gelu(x: Any, approximate: bool = True) -> Tensor:
    """x times the normal distribution function, or its approximation by tanh."""
    return _apply("gelutanh" if approximate else "gelu", x)


@op
def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x)); the output remembers x for cross-entropies."""
    x = to_float(x)
    y = forward("sigmoid", x.data)
    return record(
        Activated(y, "sigmoid", x),
        (x,),
        lambda dy, need: (backward("sigmoid", x.data, y, dy),),
    )


@op
def hard_sigmoid(x: Any) -> Tensor:
    """x / 6 + 1/2 within [0, 1]."""
    return _apply("hardsigmoid", x)


@op
def tanh(x: Any) -> Tensor:
    """Hyperbolic tangent."""
    return _apply("tanh", x)


@op
def softplus(x: Any) -> Tensor:
    """log(1 + exp(x))."""
    return _apply("softplus", x)


@op
def softsign(x: Any) -> Tensor:
    """x / (1 + |x|)."""
    return _apply("softsign", x)


@op
def silu(x: Any) -> Tensor:
    """x sigmoid(x)."""
    return _apply("silu", x)


@op
def swish(x: Any) -> Tensor:
    """x sigmoid(x)."""
    return _apply("silu", x)


@op
def hard_silu(x: Any) -> Tensor:
    """x hard_sigmoid(x)."""
    return _apply("hardsilu", x)


@op
def hard_swish(x: Any) -> Tensor:
    """x hard_sigmoid(x)."""
    return _apply("hardsilu", x)


@op
def mish(x: Any) -> Tensor:
    """x tanh(softplus(x))."""
    return _apply("mish", x)


@op
def threshold(x: Any, threshold: float, default_value: float) -> Tensor:
    """x above `threshold`, else `default_value`."""
    return _apply("threshold", x, threshold, default_value)


@op
def hard_tanh(x: Any) -> Tensor:
    """x within [-1, 1]."""
    return _apply("hardtanh", x)


@op
def tanh_shrink(x: Any) -> Tensor:
    """x - tanh(x)."""
    return _apply("tanhshrink", x)


@op
def soft_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """x moved towards 0 by `threshold`, 0 where that is too much."""
    return _apply("softshrink", x, threshold)


@op
def hard_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """x, or 0 where |x| <= threshold."""
    return _apply("hardshrink", x, threshold)


@op
def squareplus(x: Any, b: float = 4) -> Tensor:
    """(x + sqrt(x^2 + b)) / 2."""
    return _apply("squareplus", x, b)


@op
def sparse_plus(x: Any) -> Tensor:
    """0 up to -1, x from 1 on, (x + 1)^2 / 4 between."""
    return _apply("sparseplus", x)


@op
def sparse_sigmoid(x: Any) -> Tensor:
    """(x + 1) / 2 within [0, 1]."""
    return _apply("sparsesigmoid", x)


@op
def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x))."""
    return _apply("logsigmoid", x)


@op
def glu(x: Any, axis: int = -1) -> Tensor:
    """The first half along `axis` times the sigmoid of the second."""
    x = to_float(x)
    if x.shape[axis] % 2:
        raise ValueError(
            f"axis size must be divisible by 2. Received: x.shape={x.shape} with axis={axis}"
        )
    a, b = split(x, 2, axis)
    return multiply(a, sigmoid(b))


def _along(names: tuple[str, str], x: Tensor, axis: int, per_row: bool) -> Tensor:
    shape, dtype = x.shape, x.data.dtype
    A, R, B = arrays.split_axis(shape, axis)
    n = A if per_row else A * B
    grain = max(1, GRAIN // 4 // max(1, R * B if per_row else R))
    y = arrays.empty(shape, dtype)
    run(kernel(names[0], dtype), (y, x.data), (R, B), (), n, grain)

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        dx = arrays.empty(shape, dtype)
        run(kernel(names[1], dtype), (dx, y, dy), (R, B), (), n, grain)
        return (dx,)

    if names[0] == "softmax_forward":
        # The output remembers x for cross-entropies.
        return record(Activated(y, "softmax", x, axis), (x,), backward)
    return record(Tensor(y), (x,), backward)


def _softmax(names: tuple[str, str], x: Any, axis: int | Sequence[int] | None) -> Tensor:
    x = to_float(x)
    if not x.ndim:
        raise ValueError("softmax of a single number: expected at least one axis")
    axes = axes_of(axis, x.ndim)
    if len(axes) == 1:
        return _along(names, x, axes[0], True)
    if axes == tuple(range(axes[0], axes[-1] + 1)):
        # Neighbouring axes are one axis.
        merged = (*x.shape[: axes[0]], -1, *x.shape[axes[-1] + 1 :])
        return reshape(_along(names, reshape(x, merged), axes[0], True), x.shape)
    order = [a for a in range(x.ndim) if a not in axes] + list(axes)
    turned = transpose(x, order)
    flat = reshape(turned, (*turned.shape[: -len(axes)], -1))
    y = reshape(_along(names, flat, flat.ndim - 1, True), turned.shape)
    return transpose(y, [int(i) for i in np.argsort(order)])


@op
def softmax(x: Any, axis: int | Sequence[int] | None = -1) -> Tensor:
    """exp(x) divided by its sum over `axis`."""
    return _softmax(("softmax_forward", "softmax_backward"), x, axis)


@op
def log_softmax(x: Any, axis: int | Sequence[int] | None = -1) -> Tensor:
    """x minus the logarithm of the sum of exp(x) over `axis`."""
    return _softmax(("softmax_log", "softmax_logbackward"), x, axis)


@op
def sparsemax(x: Any, axis: int = -1) -> Tensor:
    """The nearest point of the probability simplex (Martins, Astudillo 2016)."""
    x = to_float(x)
    (axis,) = axes_of(axis, x.ndim)
    return _along(("softmax_sparse", "softmax_sparsebackward"), x, axis, False)
