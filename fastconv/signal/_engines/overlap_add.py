"""Overlap engine: a long signal in blocks, each by a short FFT that stays in cache.

The blocks overlap on the input side (overlap-save): block t yields outputs t*step..(t+1)*step from
the size = step + k - 1 samples they see, so nothing is added up afterwards. Blocks are transformed
side by side in groups, which also bounds memory and lets Ctrl-C in between groups.

1-D blocks here; `blocks_2d` cuts images into tiles in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from fastconv.signal._engines import fft

_GROUP_BYTES = 1 << 20


def block_size(k: int, wanted: int, real: bool) -> int:
    """Transform length with the least work per output for k taps."""
    lib = fft.library()
    best, best_cost = 0, math.inf
    size = 2 * k
    while True:
        good = lib.good_size(max(size, 256), real)
        cost = good * (math.log2(good) + 4) / (good - k + 1)
        if good > 65536:
            cost *= 1.3  # out of the inner caches
        if cost < best_cost:
            best, best_cost = good, cost
        if good - k + 1 >= wanted or size > 64 * k + 4096:
            return best
        size = good + good // 3


def run(a: np.ndarray, b: np.ndarray, lo: int, length: int, size: int) -> np.ndarray:
    """Window lo..lo+length of the full convolution of 1-D `a` with the shorter `b`."""
    k = b.size
    step = size - k + 1
    real = a.dtype.kind == "f"
    lib = fft.library(a.dtype.char in "gG")
    taps = fft.forward(b, (0,), (size,), real)
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


def usable(a_shape: Sequence[int], b_shape: Sequence[int]) -> bool:
    """Whether blocks can be shorter than one whole transform."""
    return len(a_shape) == 1 and b_shape[0] * 2 < a_shape[0]
