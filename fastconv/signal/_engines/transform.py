"""Convolution by transforms: one whole transform, or blocks that stay in cache."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from fastconv.signal._cost import fft_us, is_far, working_dtype
from fastconv.signal._engines import fft, overlap_add
from fastconv.signal._spec import Shape, Spec


@functools.lru_cache(maxsize=1024)
def choose(
    a_shape: Shape, b_shape: Shape, axes: Shape, lo: Shape, length: Shape, work: np.dtype
) -> tuple[float, Shape]:
    """Estimated microseconds, and the sizes of blocks or () for one whole transform."""
    sizes = [
        fft.circular_length(a_shape[axis], b_shape[axis], s, m)
        for axis, s, m in zip(axes, lo, length)
    ]
    total = math.prod(sizes)
    lines = math.prod(max(n, k) for i, (n, k) in enumerate(zip(a_shape, b_shape)) if i not in axes)
    alone = len(axes) == 1 and lines == 1
    far = is_far(total * lines, work)
    best: tuple[float, Shape] = (
        fft_us(3 * total * lines, total, work, 3 * len(axes), alone, far),
        (),
    )
    if len(a_shape) == len(axes):
        n, k = (
            (a_shape, b_shape) if math.prod(a_shape) >= math.prod(b_shape) else (b_shape, a_shape)
        )
        blocks = overlap_add.block_sizes(k, n, length, work)
        if blocks[0] < best[0]:
            best = blocks
    return best


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
    lo = tuple(start[i] + spec.h_shape[i] - 1 for i in axes)
    length = tuple(spec.y_shape[i] for i in axes)
    return choose(x_shape, spec.h_shape, axes, lo, length, working_dtype(dtype))[0]
