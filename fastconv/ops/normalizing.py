"""Normalisation: per channel over a batch, per row over axes; forward and backward."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fastconv.ops.arrays import empty, reduce_middle, split_axis
from fastconv.ops.dtypes import axes_of, promote, to_float
from fastconv.ops.elementwise import add, divide, maximum, multiply, power, subtract
from fastconv.ops.reduce import sum as reduce_sum
from fastconv.ops.reduce import var
from fastconv.ops.shaping import reshape, transpose
from fastconv.ops.symbolic import op
from fastconv.ops.tape import current, record
from fastconv.ops.tensor import GRAIN, Tensor, kernel, run
from fastconv.ops.unary import absolute, rsqrt, square

__all__ = [
    "batch_normalization",
    "layer_normalization",
    "normalize",
    "rms_normalization",
]

Array = np.ndarray


class _Channels:
    """An array seen as (A, C, B) around its channel axis, and the kernels over it."""

    def __init__(self, x: Array, axis: int) -> None:
        self.x = x
        self.A, self.C, self.B = split_axis(x.shape, axis)
        self.count = self.A * self.B
        # Rows of a piece: about 16384 elements, so that pieces are worth a thread.
        self.chunk = max(1, 16384 // max(1, self.C * self.B))
        self.P = max(1, -(-self.A // self.chunk))
        self.grain = max(1, GRAIN // 2 // max(1, self.C * self.B))

    def _kernel(self, name: str) -> Any:
        return kernel(f"norm_{name}", self.x.dtype)

    def _sum(self, name: str, mean: Array | None) -> Array:
        partial = empty((self.P, self.C), self.x.dtype)
        dims = (self.A, self.C, self.B, self.chunk)
        run(self._kernel(name), (partial, self.x, mean), dims, (), self.P, 1)
        return reduce_middle("sum", partial, 1, self.P, self.C, 1.0 / max(self.count, 1))

    def moments(self) -> tuple[Array, Array]:
        mean = self._sum("sum", None)
        return mean, self._sum("spread", mean)

    def scales(
        self, mean: Array, variance: Array, gamma: Array | None, beta: Array | None, eps: float
    ) -> tuple[Array, Array, Array]:
        """(s, t, r): y = x s + t; r is the reciprocal deviation."""
        s, t, r = (empty((self.C,), self.x.dtype) for _ in range(3))
        bufs = (s, t, r, mean, variance, gamma, beta)
        run(self._kernel("scales"), bufs, (), (eps,), self.C, GRAIN)
        return s, t, r

    def apply(self, x: Array, s: Array, t: Array) -> Array:
        y = empty(x.shape, x.dtype)
        run(self._kernel("apply"), (y, x, s, t), (0, self.C, self.B), (), self.A, self.grain)
        return y

    def back_sums(self, dy: Array, mean: Array, r: Array) -> tuple[Array, Array]:
        """Sums over the batch of dy and of dy xhat."""
        partial = empty((2, self.P, self.C), self.x.dtype)
        dims = (self.A, self.C, self.B, self.chunk)
        run(self._kernel("backsums"), (partial, self.x, dy, mean, r), dims, (), self.P, 1)
        both = reduce_middle("sum", partial, 2, self.P, self.C).reshape(2, self.C)
        return both[0], both[1]

    def dx(self, dy: Array, mean: Array, r: Array, s: Array, db: Array, dg: Array) -> Array:
        dx = empty(self.x.shape, self.x.dtype)
        bufs = (dx, self.x, dy, mean, r, s, db, dg)
        w = 1.0 / max(self.count, 1)
        run(self._kernel("dx"), bufs, (0, self.C, self.B), (w,), self.A, self.grain)
        return dx


def batch_moments(x: Tensor, axis: int) -> tuple[Array, Array]:
    """Mean and biased variance of each channel, as arrays outside the tape."""
    return _Channels(x.data, axis % x.ndim).moments()


def normalize_batch(
    x: Any, mean: Array, variance: Array, axis: int, gamma: Any, beta: Any, epsilon: float
) -> Tensor:
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance being x's own.

    The gradient goes through them: with xhat the normalised x and means over the batch,
    dx = gamma / deviation (dy - mean(dy) - xhat mean(dy xhat)).
    """
    return _normalized(x, mean, variance, axis, gamma, beta, epsilon, True)


def _normalized(
    x: Any, mean: Array, variance: Array, axis: int, gamma: Any, beta: Any, eps: float, own: bool
) -> Tensor:
    x = to_float(x)
    view = _Channels(x.data, axis % x.ndim)
    given = [g for g in (gamma, beta) if g is not None]
    g = None if gamma is None else gamma.data
    b = None if beta is None else beta.data
    s, t, r = view.scales(mean, variance, g, b, eps)
    y = Tensor(view.apply(x.data, s, t))

    def backward(dy: Array, need: tuple[bool, ...]) -> Any:
        db = dg = None
        if own or any(need[1:]):
            db, dg = view.back_sums(dy, mean, r)
        dx = None
        if need[0]:
            if own:
                dx = view.dx(dy, mean, r, s, db, dg)  # type: ignore[arg-type]
            else:
                dx = view.apply(dy, s, np.zeros(view.C, dy.dtype))
        rest = ([dg] if gamma is not None else []) + ([db] if beta is not None else [])
        return [dx, *rest]

    return record(y, (x, *given), backward)


@op
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """scale (x - mean) / sqrt(variance + epsilon) + offset, per channel along `axis`."""
    tensors = [x, mean, variance] + [v for v in (scale, offset) if v is not None]
    x, mean, variance, *rest = promote(*tensors, to_float=True)
    gamma = rest.pop(0) if scale is not None else None
    beta = rest.pop(0) if offset is not None else None
    names = ("mean", "variance", "scale", "offset")
    _check_sizes(zip(names, (mean, variance, gamma, beta), strict=True), x, (axis,))
    tape = current()
    if tape is None or not (tape.tracks(mean) or tape.tracks(variance)):
        return _normalized(x, mean.data, variance.data, axis, gamma, beta, epsilon, False)
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]
    inverse = rsqrt(add(variance, epsilon))
    if gamma is not None:
        inverse = multiply(inverse, gamma)
    y = multiply(subtract(x, reshape(mean, shape)), reshape(inverse, shape))
    return y if beta is None else add(y, reshape(beta, shape))


def _rows(x: Tensor, gamma: Any, beta: Any, R: int, eps: float, centred: bool) -> Tensor:
    """Rows of the last `R` elements normalised."""
    A = x.size // R if R else 0
    dtype = x.data.dtype
    y = empty(x.shape, dtype)
    mean, rstd = empty((A,), dtype), empty((A,), dtype)
    g = None if gamma is None else gamma.data
    b = None if beta is None else beta.data
    grain = max(1, GRAIN // 4 // max(R, 1))
    bufs = (y, x.data, mean, rstd, g, b)
    run(kernel("norm_rows", dtype), bufs, (R, int(centred)), (eps,), A, grain)
    chunk = max(1, 16384 // max(R, 1))
    P = max(1, -(-A // chunk))

    def backward(dy: Array, need: tuple[bool, ...]) -> Any:
        dx = None
        if need[0]:
            dx = empty(x.shape, dtype)
            bufs = (dx, x.data, dy, mean, rstd, g)
            run(kernel("norm_rowsback", dtype), bufs, (R, int(centred)), (), A, grain)
        grads: list[Array | None] = []
        if any(need[1:]):
            partial = empty((2, P, R), dtype)
            sums = kernel("norm_rowssums", dtype)
            run(sums, (partial, x.data, dy, mean, rstd), (A, R, chunk), (), P, 1)
            both = reduce_middle("sum", partial, 2, P, R).reshape(2, R)
            if gamma is not None:
                grads.append(both[1].reshape(gamma.shape))
            if beta is not None:
                grads.append(both[0].reshape(beta.shape))
        else:
            grads = [None] * (len(need) - 1)
        return [dx, *grads]

    inputs = [x] + [p for p in (gamma, beta) if p is not None]
    return record(Tensor(y), inputs, backward)


def _check_sizes(
    parameters: Iterable[tuple[str, Tensor | None]], x: Tensor, axes: tuple[int, ...]
) -> int:
    """Number of values for these axes; ValueError for a parameter of another number."""
    n = math.prod(x.shape[a] for a in axes)
    for name, p in parameters:
        if p is not None and p.size != n:
            raise ValueError(
                f"{name}: expected {n} values for the axes {axes} of an input of shape {x.shape}, "
                f"received shape {p.shape}"
            )
    return n


def _over_axes(
    x: Any, gamma: Any, beta: Any, axis: int | Sequence[int], eps: float, centred: bool
) -> Tensor:
    tensors = [x] + [p for p in (gamma, beta) if p is not None]
    x, *rest = promote(*tensors, to_float=True)
    gamma = rest.pop(0) if gamma is not None else None
    beta = rest.pop(0) if beta is not None else None
    axes = axes_of(axis, x.ndim)
    R = _check_sizes((("gamma", gamma), ("beta", beta)), x, axes)
    if axes == tuple(range(x.ndim - len(axes), x.ndim)):
        return _rows(x, gamma, beta, R, eps, centred)
    order = [a for a in range(x.ndim) if a not in axes] + list(axes)
    y = _rows(transpose(x, order), gamma, beta, R, eps, centred)
    return transpose(y, [int(i) for i in np.argsort(order)])


@op
def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> Tensor:
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, the moments being over `axis`.

    With `rms_scaling`, x gamma / sqrt(variance + epsilon): neither mean nor beta is used.
    """
    eps = 1e-7 if epsilon is None else float(epsilon)
    if rms_scaling:
        x = to_float(x)
        axes = axes_of(axis, x.ndim)
        shape = [x.shape[a] if a in axes else 1 for a in range(x.ndim)]
        inverse = rsqrt(add(var(x, axes, True), eps))
        return multiply(multiply(x, inverse), 1.0 if gamma is None else reshape(gamma, shape))
    return _over_axes(x, gamma, beta, axis, eps, True)


@op
def rms_normalization(
    x: Any, scale: Any = None, axis: int | Sequence[int] = -1, epsilon: float | None = None
) -> Tensor:
    """scale x / sqrt(mean(x^2) + epsilon), the mean being over `axis`."""
    eps = 1e-7 if epsilon is None else float(epsilon)
    return _over_axes(x, scale, None, axis, eps, False)


@op
def normalize(
    x: Any, axis: int | Sequence[int] = -1, order: float = 2, epsilon: float | None = None
) -> Tensor:
    """x divided by its norm of that order over `axis`, the norm being at least `epsilon`."""
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"Argument `order` must be an int >= 1. Received: order={order}")
    x = to_float(x)
    eps = 1e-7 if epsilon is None else float(epsilon)
    if order == 2:
        total = reduce_sum(square(x), axis, True)
        return multiply(x, rsqrt(maximum(total, eps * eps)))
    total = power(reduce_sum(power(absolute(x), float(order)), axis, True), 1.0 / order)
    return divide(x, maximum(total, eps))
