"""Overlap engine: a long signal in blocks, each by a short FFT that stays in cache.

The blocks overlap on the input side (overlap-save): block t yields outputs t*step..(t+1)*step from
the size = step + k - 1 samples they see, so nothing is added up afterwards. Blocks are transformed
side by side in groups, which also bounds memory and lets Ctrl-C in between groups.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from fastconv.signal._cost import fft_us
from fastconv.signal._engines import fft

_GROUP_BYTES = 1 << 20


def block_size(k: int, wanted: int, work: np.dtype, n: int) -> tuple[int, float]:
    """Length of the transforms and microseconds for k taps; (0, inf) if blocks make no sense."""
    if 2 * k >= n:
        return 0, math.inf
    lib = fft.library(work.char in "gG")
    best, best_cost = 0, math.inf
    size = max(2 * k, 256)
    while True:
        good = lib.good_size(size, work.kind != "c")
        blocks = -(-wanted // (good - k + 1))
        groups = -(-blocks // max(1, _GROUP_BYTES // (good * work.itemsize)))
        cost = fft_us(0.6 * (2 * blocks + 1) * good, 16 * good, work, 2 * groups + 1)
        if cost < best_cost:
            best, best_cost = good, cost
        if blocks <= 2 or size > 64 * k + 4096:
            return best, best_cost
        size = good + good // 3


def run(
    a: np.ndarray, b: np.ndarray, lo: int, length: int, size: int, cache: fft.Cache | None = None
) -> np.ndarray:
    """Window lo..lo+length of the full convolution of 1-D `a` with the shorter `b`."""
    k = b.size
    step = size - k + 1
    real = a.dtype.kind == "f"
    lib = fft.library(a.dtype.char in "gG")
    taps = fft.taps_spectrum(b, (0,), (size,), real, cache)
    y = np.empty(length, a.dtype)
    blocks = -(-length // step)
    group = max(1, _GROUP_BYTES // (size * a.itemsize))
    first = lo - k + 1  # input position that block 0 starts at
    for t in range(0, blocks, group):
        count = min(group, blocks - t)
        at = first + t * step
        end = at + (count - 1) * step + size
        if at >= 0 and end <= a.size:
            seen = a[at:end]
        else:
            seen = np.zeros(end - at, a.dtype)
            left, right = max(at, 0), min(end, a.size)
            if right > left:
                seen[left - at : right - at] = a[left:right]
        s = seen.strides[0]
        lines = as_strided(seen, (count, size), (s * step, s))
        spectrum = fft.forward(lines, (1,), (size,), real)
        spectrum *= taps
        back = lib.irfft(spectrum, size, 1) if real else lib.ifft(spectrum, size, 1)
        out = y[t * step : min((t + count) * step, length)]
        rows = out.size // step
        out[: rows * step].reshape(rows, step)[...] = back[:rows, k - 1 :]
        if rows < count:
            out[rows * step :] = back[rows, k - 1 : k - 1 + out.size - rows * step]
    return y
