"""FFT engine: one transform of each input, a product, one transform back.

Only the wanted window of the full convolution has to come out right, so the circular length is
the least one that keeps aliases out of that window ('valid' needs no padding at all). Rows that
are zero going in, or not wanted coming out, are not transformed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fastconv.signal._cost import Pass
from fastconv.signal._fftlib import library

# Spectra of one plan's taps, by shape, axes and sizes.
Cache = dict[tuple, np.ndarray]


def circular_length(n: int, k: int, lo: int, length: int) -> int:
    """Least circular length whose outputs lo..lo+length are those of the linear convolution."""
    return max(n, k, n + k - 1 - lo, lo + length)


def good_sizes(
    a_shape: Sequence[int], b_shape: Sequence[int], axes: Sequence[int], lo: Sequence[int],
    length: Sequence[int], work: np.dtype,
) -> list[int]:  # fmt: skip
    """Lengths of the transforms of `run`: the circular ones or a little more."""
    lib = library(work.char in "gG")
    return [
        lib.good_size(
            circular_length(a_shape[axis], b_shape[axis], s, m),
            work.kind == "f" and axis == axes[-1],
        )
        for axis, s, m in zip(axes, lo, length)
    ]


def _cut(a: np.ndarray, axis: int, lo: int, length: int) -> np.ndarray:
    at = [slice(None)] * a.ndim
    at[axis] = slice(lo, lo + length)
    return a[tuple(at)]


def passes(
    shape: Sequence[int], axes: Sequence[int], sizes: Sequence[int], real: bool
) -> list[Pass]:
    """What `forward` of an array of this shape does, and `backward` to one."""
    dims = list(shape)
    dims[axes[-1]] = sizes[-1]
    found = [(math.prod(dims) * (1 if real else 2), sizes[-1])]
    if real:
        dims[axes[-1]] = sizes[-1] // 2 + 1
    for axis, size in zip(axes[:-1], sizes[:-1]):
        dims[axis] = size
        found.append((2 * math.prod(dims), size))
    return found


def forward(a: np.ndarray, axes: Sequence[int], sizes: Sequence[int], real: bool) -> np.ndarray:
    """Spectrum of `a` zero-padded to `sizes` along `axes`; the last of `axes` is halved if real."""
    lib = library(a.dtype.char in "gG")
    if real:
        spectrum = lib.rfft(a, sizes[-1], axes[-1])
    else:
        spectrum = lib.fft(a, sizes[-1], axes[-1], overwrite=False)
    for axis, size in zip(axes[:-1], sizes[:-1]):
        spectrum = lib.fft(spectrum, size, axis)
    return spectrum


def backward(
    spectrum: np.ndarray,
    axes: Sequence[int],
    sizes: Sequence[int],
    real: bool,
    lo: Sequence[int],
    length: Sequence[int],
) -> np.ndarray:
    """The window `lo`, `length` along `axes` of the inverse transform (overwrites `spectrum`)."""
    lib = library(spectrum.dtype.char in "gG")
    for axis, size, a, m in zip(axes[:-1], sizes[:-1], lo[:-1], length[:-1]):
        spectrum = _cut(lib.ifft(spectrum, size, axis), axis, a, m)
    inverse = lib.irfft if real else lib.ifft
    y = inverse(spectrum, sizes[-1], axes[-1])
    if y.shape[axes[-1]] == length[-1]:
        return y
    return _cut(y, axes[-1], lo[-1], length[-1]).copy()


def product(a: np.ndarray, b: np.ndarray, keep: bool = False) -> np.ndarray:
    """a * b of one dtype, in place where one of them (`keep`: only a) has the product's shape."""
    shape = tuple(map(max, a.shape, b.shape))
    for out in (a,) if keep else (a, b):
        if out.shape == shape:
            return np.multiply(a, b, out=out)
    return a * b


def taps_spectrum(
    b: np.ndarray, axes: Sequence[int], sizes: Sequence[int], real: bool, cache: Cache | None
) -> np.ndarray:
    """Spectrum of the taps, kept in `cache` if there is one."""
    if cache is None:
        return forward(b, axes, sizes, real)
    key = (b.shape, tuple(axes), tuple(sizes))
    if key not in cache:
        spectrum = forward(b, axes, sizes, real)
        spectrum.flags.writeable = False
        cache[key] = spectrum
    return cache[key]


def run_passes(
    a_shape: Sequence[int], b_shape: Sequence[int], y_shape: Sequence[int], axes: Sequence[int],
    sizes: Sequence[int], real: bool,
) -> list[Pass]:  # fmt: skip
    """What `run` does."""
    return [p for shape in (a_shape, b_shape, y_shape) for p in passes(shape, axes, sizes, real)]


def run(
    a: np.ndarray,
    b: np.ndarray,
    axes: Sequence[int],
    lo: Sequence[int],
    length: Sequence[int],
    cache: Cache | None = None,
) -> np.ndarray:
    """Window `lo`, `length` of the full convolution of `a` and `b` along `axes`.

    Both are of one floating dtype; along the other axes they broadcast. `axes` has the axis to
    halve for real data last. `cache`: keeps the spectrum of `b` for the next call.
    """
    real = a.dtype.kind == "f"
    sizes = good_sizes(a.shape, b.shape, axes, lo, length, a.dtype)
    if cache is None and a.ndim == 1 and a.size < 4 * b.size and b.size < 4 * a.size:
        # Two lines in one call are transformed side by side, in the lanes of one vector.
        pair = np.zeros((2, sizes[0]), a.dtype)
        pair[0, : a.size] = a
        pair[1, : b.size] = b
        both = forward(pair, (1,), sizes, real)
        spectrum = np.multiply(both[0], both[1], out=both[0])
    else:
        taps = taps_spectrum(b, axes, sizes, real, cache)
        spectrum = product(forward(a, axes, sizes, real), taps, cache is not None)
    return backward(spectrum, axes, sizes, real, lo, length)
