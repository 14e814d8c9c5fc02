"""Sums of products beyond `matmul`: dot, tensordot, outer, einsum, norms."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv.ops.dense import matmul
from fastconv.ops.dtypes import axes_of, to_float
from fastconv.ops.elementwise import multiply, power
from fastconv.ops.indexing import take
from fastconv.ops.reduce import max as reduce_max
from fastconv.ops.reduce import min as reduce_min
from fastconv.ops.reduce import sum as reduce_sum
from fastconv.ops.shaping import reshape, transpose
from fastconv.ops.symbolic import op
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.unary import absolute, sqrt, square

__all__ = ["dot", "einsum", "inner", "norm", "outer", "tensordot", "trace", "vdot"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@op
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Tensor:
    """Sum of products over pairs of axes: the last n of x1 with the first n of x2, or those named.

    Parameters
    ----------
    x1, x2 : tensor
    axes : int or pair of int or of lists of int
    """
    a, b = convert(x1), convert(x2)
    if isinstance(axes, int):
        first = list(range(a.ndim - axes, a.ndim))
        second = list(range(axes))
    else:
        first, second = ([p] if isinstance(p, int) else list(p) for p in axes)
    first, second = [i % a.ndim for i in first], [i % b.ndim for i in second]
    if [a.shape[i] for i in first] != [b.shape[i] for i in second]:
        raise ValueError(
            f"tensordot: axes {axes} of shapes {a.shape} and {b.shape} differ in length"
        )
    rest_a = [i for i in range(a.ndim) if i not in first]
    rest_b = [i for i in range(b.ndim) if i not in second]
    k = math.prod(a.shape[i] for i in first)
    shape = [a.shape[i] for i in rest_a] + [b.shape[i] for i in rest_b]
    rows = math.prod(a.shape[i] for i in rest_a)
    columns = math.prod(b.shape[i] for i in rest_b)
    left = reshape(transpose(a, rest_a + first), (rows, k))
    right = reshape(transpose(b, second + rest_b), (k, columns))
    return reshape(matmul(left, right), shape)


@op
def dot(x1: Any, x2: Any) -> Tensor:
    """Sum of products over the last axis of x1 and the last but one (or only) of x2."""
    a, b = convert(x1), convert(x2)
    if not a.ndim or not b.ndim:
        return multiply(a, b)
    return tensordot(a, b, (a.ndim - 1, max(b.ndim - 2, 0)))


@op
def inner(x1: Any, x2: Any) -> Tensor:
    """Sum of products over the last axes."""
    a, b = convert(x1), convert(x2)
    if not a.ndim or not b.ndim:
        return multiply(a, b)
    return tensordot(a, b, (a.ndim - 1, b.ndim - 1))


@op
def vdot(x1: Any, x2: Any) -> Tensor:
    """Sum of products of all elements."""
    return reduce_sum(multiply(reshape(x1, -1), reshape(x2, -1)))


@op
def outer(x1: Any, x2: Any) -> Tensor:
    """Products of every element of x1 with every element of x2."""
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


@op
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Sum along a diagonal."""
    x = convert(x)
    axis1, axis2 = axis1 % x.ndim, axis2 % x.ndim
    order = [i for i in range(x.ndim) if i not in (axis1, axis2)] + [axis1, axis2]
    x = transpose(x, order)
    rows, columns = x.shape[-2:]
    place = np.diag(np.arange(rows * columns).reshape(rows, columns), offset)
    return reduce_sum(take(reshape(x, (*x.shape[:-2], -1)), place, axis=-1), axis=-1)


@op
def norm(
    x: Any, ord: Any = None, axis: int | Sequence[int] | None = None, keepdims: bool = False
) -> Tensor:
    """Length of vectors or size of matrices.

    Source: ``keras.ops.norm``.

    Parameters
    ----------
    x : tensor
    ord : {None, "fro", 1, 2, inf, -inf, 0, any number}
        Default: the root of the sum of squares. Of matrices "fro", 1, inf, -1 and -inf.
    axis : int or pair of int, optional
        One axis: vector norms along it; two: matrix norms; default: of all elements.
    keepdims : bool, default False
    """
    x = to_float(x)
    axes = axes_of(axis, x.ndim)
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        return sqrt(reduce_sum(square(x), axes, keepdims))
    if len(axes) == 1:
        size = absolute(x)
        if ord == np.inf:
            return reduce_max(size, axes, keepdims)
        if ord == -np.inf:
            return reduce_min(size, axes, keepdims)
        if ord == 0:
            return reduce_sum(Tensor((x.data != 0).astype(x.data.dtype)), axes, keepdims)
        if isinstance(ord, (int, float)):
            return power(reduce_sum(power(size, float(ord)), axes, keepdims), 1.0 / ord)
    if len(axes) == 2 and ord in (1, -1, np.inf, -np.inf):
        given = [a % x.ndim for a in (axis if axis is not None else axes)]  # type: ignore[union-attr]
        along, across = given if abs(ord) == 1 else reversed(given)
        sums = reduce_sum(absolute(x), along, True)
        largest = (reduce_max if ord > 0 else reduce_min)(sums, across, True)
        shape = [1 if i in axes else n for i, n in enumerate(x.shape)]
        return reshape(
            largest, shape if keepdims else [n for i, n in enumerate(x.shape) if i not in axes]
        )
    raise ValueError(f"Invalid `ord` argument. Received: ord={ord} for axis={axis}")


def _parse(subscripts: str, operands: Sequence[Tensor]) -> tuple[list[str], str]:
    """Labels of each operand and of the result, the ellipsis written out."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ValueError(
            f"einsum: {subscripts!r} names {len(terms)} operands, received {len(operands)}"
        )
    free = [c for c in _LETTERS if c not in text]
    widest = max(x.ndim - len(t.replace("...", "")) for t, x in zip(terms, operands, strict=True))
    dots = "".join(free[: max(widest, 0)])
    labels = []
    for term, x in zip(terms, operands, strict=True):
        width = x.ndim - len(term.replace("...", ""))
        if width < 0 or (width and "..." not in term):
            raise ValueError(f"einsum: {term!r} does not fit an operand of shape {x.shape}")
        labels.append(term.replace("...", dots[len(dots) - width :]))
    if not arrow:
        counts = "".join(labels)
        once = sorted({c for c in counts if counts.count(c) == 1 and c not in dots})
        return labels, dots + "".join(once)
    return labels, right.replace("...", dots)


def _diagonal(x: Tensor, labels: str) -> tuple[Tensor, str]:
    """Repeated labels of one operand become one: its diagonal."""
    for c in labels:
        if labels.count(c) > 1:
            i = labels.index(c)
            j = labels.index(c, i + 1)
            order = [k for k in range(x.ndim) if k not in (i, j)] + [i, j]
            n = x.shape[i]
            x = transpose(x, order)
            x = take(reshape(x, (*x.shape[:-2], n * n)), np.arange(n) * (n + 1), axis=-1)
            rest = "".join(labels[k] for k in order[:-2])
            return _diagonal(x, rest + c)
    return x, labels


def _keep(x: Tensor, labels: str, wanted: str) -> tuple[Tensor, str]:
    """Labels that nobody asks for any more are summed over."""
    axes = [i for i, c in enumerate(labels) if c not in wanted]
    if axes:
        x = reduce_sum(x, axes)
    return x, "".join(c for c in labels if c in wanted)


def _pair(a: Tensor, la: str, b: Tensor, lb: str, wanted: str) -> tuple[Tensor, str]:
    """Product of two operands, summed over what only they share."""
    a, la = _keep(a, la, wanted + lb)
    b, lb = _keep(b, lb, wanted + la)
    both = [c for c in la if c in lb]
    batch = [c for c in both if c in wanted]
    summed = [c for c in both if c not in wanted]
    rest_a = [c for c in la if c not in both]
    rest_b = [c for c in lb if c not in both]
    sizes = {**dict(zip(la, a.shape, strict=True))}
    for c, n in zip(lb, b.shape, strict=True):
        if sizes.setdefault(c, n) != n and n != 1:
            if sizes[c] != 1:
                raise ValueError(f"einsum: label {c!r} stands for lengths {sizes[c]} and {n}")
            sizes[c] = n

    def arranged(x: Tensor, labels: str, order: list[str], groups: list[list[str]]) -> Tensor:
        x = transpose(x, [labels.index(c) for c in order])
        return reshape(x, [math.prod(sizes[c] for c in group) for group in groups])

    left = arranged(a, la, batch + rest_a + summed, [batch, rest_a, summed])
    right = arranged(b, lb, batch + summed + rest_b, [batch, summed, rest_b])
    order = batch + rest_a + rest_b
    return reshape(matmul(left, right), [sizes[c] for c in order]), "".join(order)


@op
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Tensor:
    """Sum of products as Einstein's notation says, ``"ij,jk->ik"``.

    Source: ``keras.ops.einsum``. Operands are taken from the left, two at a time.
    """
    xs = [convert(x) for x in operands]
    labels, wanted = _parse(subscripts, xs)
    if len(set(wanted)) != len(wanted):
        raise ValueError(f"einsum: the result of {subscripts!r} repeats a label")
    terms = [_diagonal(x, term) for x, term in zip(xs, labels, strict=True)]
    missing = set(wanted) - set("".join(term for _, term in terms))
    if missing:
        raise ValueError(f"einsum: no operand of {subscripts!r} has the labels {sorted(missing)}")
    x, term = terms[0]
    for i, (y, other) in enumerate(terms[1:], start=2):
        later = wanted + "".join(t for _, t in terms[i:])
        x, term = _pair(x, term, y, other, later)
    x, term = _keep(x, term, wanted)
    return transpose(x, [term.index(c) for c in wanted]) if term != wanted else x
