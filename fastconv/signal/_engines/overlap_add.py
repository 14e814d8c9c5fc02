"""Overlap engine: a long signal or a large image in blocks, by short FFTs that stay in cache.

The blocks overlap on the input side (overlap-save): block t yields outputs t*step..(t+1)*step from
the size = step + k - 1 samples they see, so nothing is added up afterwards. Blocks are transformed
side by side in groups, which also bounds memory and lets Ctrl-C in between groups. An image is
cut into rows of blocks, each a strip that is done like a line. Threads share the groups, each of
which is computed in the same way by whichever takes it.
"""

from __future__ import annotations

import functools
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from fastconv.signal._cost import constants, fft_us
from fastconv.signal._engines import fft
from fastconv.signal._fftlib import in_threads
from fastconv.signal._spec import Shape

Task = Callable[[], None]
_GROUP_BYTES = 1 << 19


def _sizes(k: int, wanted: int, real: bool) -> list[int]:
    """Transform lengths worth a thought for k taps along one axis."""
    lib = fft.library()
    found = []
    size = max(2 * k, 32)
    while True:
        good = lib.good_size(min(size, wanted + k - 1), real)
        found.append(good)
        if good >= wanted + k - 1 or size > 32 * k + 4096:
            return found
        size = size * 3 // 2


def _group(sizes: Sequence[int], work: np.dtype) -> int:
    """Blocks of a group."""
    return max(1, _GROUP_BYTES // (math.prod(sizes) * work.itemsize))


def _cost(sizes: Sequence[int], k: Shape, wanted: Shape, work: np.dtype) -> float:
    """Microseconds of all blocks and of the taps' transform."""
    steps = [size - taps + 1 for size, taps in zip(sizes, k)]
    strips = math.prod(-(-m // step) for m, step in zip(wanted[:-1], steps[:-1]))
    blocks = -(-wanted[-1] // steps[-1])
    group = min(_group(sizes, work), blocks)
    groups = strips * blocks / group
    axes, real = tuple(range(1, len(sizes) + 1)), work.kind != "c"
    passes = fft.passes((group, *sizes), axes, sizes, real)
    passes += fft.passes((group, *steps), axes, sizes, real)
    taps = fft.passes((1, *k), axes, sizes, real)
    return fft_us(taps, work) + groups * (constants()["fft_group"] + fft_us(passes, work))


@functools.lru_cache(maxsize=1024)
def block_sizes(k: Shape, n: Shape, wanted: Shape, work: np.dtype) -> tuple[float, Shape]:
    """Least microseconds and the lengths of the transforms; (inf, ()) if blocks make no sense."""
    if len(k) > 2 or any(2 * taps >= size for taps, size in zip(k, n)):
        return math.inf, ()
    lists = [
        _sizes(taps, m, work.kind != "c" and i == len(k) - 1)
        for i, (taps, m) in enumerate(zip(k, wanted))
    ]
    every: list[Shape] = [(size,) for size in lists[0]]
    if len(lists) == 2:
        every = [(a, b) for a in lists[0] for b in lists[1] if a <= 4 * b and b <= 4 * a]
    if not every:
        return math.inf, ()
    return min((_cost(sizes, k, wanted, work), sizes) for sizes in every)


def run(
    a: np.ndarray,
    b: np.ndarray,
    lo: Sequence[int],
    length: Sequence[int],
    sizes: Sequence[int],
    cache: fft.Cache | None = None,
) -> np.ndarray:
    """Window `lo`, `length` of the full convolution of `a` (1-D, 2-D) with the smaller `b`."""
    y = np.empty(tuple(length), a.dtype)
    axes = tuple(range(a.ndim))
    real = a.dtype.kind == "f"
    taps = fft.taps_spectrum(b, axes, sizes, real, cache)
    work: deque[Task] = deque()
    if a.ndim == 1:
        work += _strip(a[None], taps[None], y[None], lo[0], (1, sizes[0]), (1, b.size), real)
        in_threads(work, y.size)
        return y
    p, q = b.shape
    step = sizes[0] - p + 1
    for t in range(0, length[0], step):
        # the strip of signal rows that output rows t.. see, zeros beyond its ends
        first = lo[0] - p + 1 + t
        rows = min(step, length[0] - t)
        left, right = max(first, 0), min(first + rows + p - 1, a.shape[0])
        if left >= right:
            y[t : t + rows] = 0
            continue
        part = a[left:right]
        if left > first:
            part = np.concatenate((np.zeros((left - first, a.shape[1]), a.dtype), part))
        work += _strip(part, taps, y[t : t + rows], lo[1], sizes, (p, q), real)
    in_threads(work, y.size)
    return y


def _strip(
    a: np.ndarray, taps: np.ndarray, y: np.ndarray, lo: int, sizes: Sequence[int], k: Shape,
    real: bool,
) -> Iterator[Task]:  # fmt: skip
    """Output rows `y` from the rows `a` they see, in groups of blocks along the columns."""
    p, q = k
    size = sizes[1]
    step = size - q + 1
    length = y.shape[1]
    blocks = -(-length // step)
    group = _group(sizes, a.dtype)

    def do(t: int) -> None:
        count = min(group, blocks - t)
        at = lo - q + 1 + t * step
        end = at + (count - 1) * step + size
        if at >= 0 and end <= a.shape[1]:
            seen = a[:, at:end]
        else:
            seen = np.zeros((a.shape[0], end - at), a.dtype)
            left, right = max(at, 0), min(end, a.shape[1])
            if right > left:
                seen[:, left - at : right - at] = a[:, left:right]
        s0, s1 = seen.strides
        view = as_strided(seen, (count, a.shape[0], size), (s1 * step, s0, s1))
        if sizes[0] == 1:
            spectrum = fft.forward(view, (2,), (size,), real)
            spectrum *= taps
            back = fft.backward(spectrum, (2,), (size,), real, (q - 1,), (step,))
        else:
            spectrum = fft.forward(view, (1, 2), sizes, real)
            spectrum *= taps
            back = fft.backward(spectrum, (1, 2), sizes, real, (p - 1, q - 1), (y.shape[0], step))
        out = y[:, t * step : min((t + count) * step, length)]
        whole = out.shape[1] // step
        for i in range(whole):
            out[:, i * step : (i + 1) * step] = back[i]
        if whole < count:
            out[:, whole * step :] = back[whole, :, : out.shape[1] - whole * step]

    for t in range(0, blocks, group):
        yield functools.partial(do, t)
