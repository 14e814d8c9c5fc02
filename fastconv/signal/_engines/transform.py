"""Convolution by transforms: one whole transform, or blocks that stay in cache."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from fastconv._runtime.recycle import recycled
from fastconv.signal._cost import fft_us, working_dtype
from fastconv.signal._engines import fft, overlap_add
from fastconv.signal._spec import Shape, Spec

Option = tuple[float, Shape]  # estimated microseconds, sizes of blocks or () for one transform


@functools.lru_cache(maxsize=1024)
def options(
    a_shape: Shape, b_shape: Shape, axes: Shape, lo: Shape, length: Shape, work: np.dtype
) -> tuple[Option, ...]:
    """The ways to do it: one whole transform, and the best of the ways in blocks."""
    sizes = fft.good_sizes(a_shape, b_shape, axes, lo, length, work)
    y_shape = [max(n, k) for n, k in zip(a_shape, b_shape)]
    for axis, m in zip(axes, length):
        y_shape[axis] = m
    passes = fft.run_passes(a_shape, b_shape, y_shape, axes, sizes, work.kind != "c")
    whole = fft_us(passes, work), ()
    if len(a_shape) != len(axes):
        return (whole,)
    n, k = (a_shape, b_shape) if math.prod(a_shape) >= math.prod(b_shape) else (b_shape, a_shape)
    return whole, overlap_add.block_sizes(k, n, length, work)


def choose(
    a_shape: Shape, b_shape: Shape, axes: Shape, lo: Shape, length: Shape, work: np.dtype
) -> Option:
    """The one with the least estimated time."""
    return min(options(a_shape, b_shape, axes, lo, length, work))


def convolve(
    a: np.ndarray,
    b: np.ndarray,
    axes: Sequence[int],
    lo: Sequence[int],
    length: Sequence[int],
    cache: fft.Cache | None = None,
    spread: bool = False,
) -> np.ndarray:
    """Window `lo`, `length` of the full convolution of `a` and `b` along `axes`.

    Both are of one floating dtype; along the other axes they broadcast. `cache`: keeps the
    spectrum of `b` for the next call. `spread`: a NaN or inf has to spoil the whole result, as it
    does in one transform, and not only the blocks that see it.
    """
    sizes = choose(a.shape, b.shape, tuple(axes), tuple(lo), tuple(length), a.dtype)[1]
    with recycled():
        if sizes:
            if b.size > a.size:
                a, b, cache = b, a, None
            y = overlap_add.run(a, b, lo, length, sizes, cache)
            if not spread or np.isfinite(y).all():
                return y
        return fft.run(a, b, axes, lo, length, cache)


def estimate(spec: Spec, dtype: np.dtype, zero: bool) -> float:
    """Microseconds of the sum `spec`; `zero`: its border is made of zeros."""
    x_shape, start = spec.x_shape, spec.start
    if not zero:
        x_shape = tuple(m + k - 1 for m, k in zip(spec.y_shape, spec.h_shape))
        start = (0,) * spec.ndim
    axes = tuple(i for i, (n, k) in enumerate(zip(x_shape, spec.h_shape)) if n > 1 and k > 1)
    if not axes:
        return math.inf  # single products: nothing to transform
    lo = tuple(start[i] + spec.h_shape[i] - 1 for i in axes)
    length = tuple(spec.y_shape[i] for i in axes)
    return choose(x_shape, spec.h_shape, axes, lo, length, working_dtype(dtype))[0]
