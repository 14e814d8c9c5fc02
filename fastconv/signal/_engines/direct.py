"""Direct engine: the literal sum, by the compiled kernels.

Outputs whose windows lie inside the signal (the interior) are computed straight from its memory.
The rim is cut into boxes; each box gets a small bordered copy of what its windows see, so the
peak of extra memory is a few per cent of the arrays, whatever the border.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from fastconv._kernels import get
from fastconv._runtime import direct as _driver
from fastconv._runtime import launch
from fastconv._runtime.recycle import recycled
from fastconv.signal._boundary import ZERO, Border
from fastconv.signal._spec import Spec, commuted, finite, reverse

# Result dtype -> kernel suffix and the dtype computed in. Integers wrap modulo 2**n, so unsigned
# ones run as signed of the same width; bool is "any product true", which a float32 sum of zeros
# and ones tells at any length (it can stick at 2**24, never return to zero); float16 accumulates
# in float32.
_KERNELS: dict[str, tuple[str, np.dtype]] = {
    "f": ("f32", np.dtype(np.float32)),
    "d": ("f64", np.dtype(np.float64)),
    "F": ("c64", np.dtype(np.complex64)),
    "D": ("c128", np.dtype(np.complex128)),
    "?": ("f32", np.dtype(np.float32)),
    "e": ("f32", np.dtype(np.float32)),
}
for _char in "bBhHiIlLqQ":
    _size = np.dtype(_char).itemsize
    _KERNELS[_char] = (f"i{8 * _size}", np.dtype(f"i{_size}"))
if np.dtype(np.longdouble).itemsize == 8:
    _KERNELS["g"], _KERNELS["G"] = _KERNELS["d"], _KERNELS["D"]

# Products per microsecond that a thread is good for, on the slow side; only for cutting chunks.
_RATES = {"f32": 30000, "f64": 15000, "c64": 7000, "c128": 3500}
_INT_RATES = {"i8": 20000, "i16": 40000, "i32": 20000, "i64": 4000}
_RATES.update(_INT_RATES)
_CHUNK_US = 40

# Taps, or products, up to which method='auto' takes the direct sum in 1-D without asking the model.
_SURE = {suffix: (48, 100_000) for suffix in _RATES}
_driver.install(get, _RATES, _SURE)

Box = tuple[tuple[int, int], ...]


def has_kernel(dtype: np.dtype) -> bool:
    """Whether results of `dtype` are computed by a kernel."""
    return dtype.char in _KERNELS


def kernel_suffix(dtype: np.dtype) -> str:
    """Kernel suffix for results of `dtype`."""
    return _KERNELS[dtype.char][0]


def grain(suffix: str, products_per_item: int, multiple: int = 1) -> int:
    """Items of a chunk: enough work to be worth a hand-over, the same for any thread count."""
    items = _CHUNK_US * _RATES[suffix] // max(1, products_per_item) + 1
    return -(-items // multiple) * multiple


def valid(suffix: str, x: np.ndarray, h: np.ndarray, y: np.ndarray) -> None:
    """y[i] = sum_j x[i + j] h[j] for arrays of three axes or more, of the kernel's dtype.

    `h` is contiguous; `x` and `y` may be windows of contiguous arrays (adjacent along the last
    axis, in kernel order along the others).
    """
    size = x.itemsize
    m = y.shape
    sizes = np.array(
        [m, h.shape, [s // size for s in y.strides], [s // size for s in x.strides]], np.int64
    )
    launch(
        get("convnd_direct_" + suffix),
        (y, x, h, sizes),
        (y.ndim,),
        (),
        math.prod(m[:-1]),
        grain(suffix, m[-1] * h.size, 4),
    )


def _interior(spec: Spec) -> Box:
    """Outputs whose windows need no border; empty (0, 0) along every axis if there are none."""
    box = tuple(
        (min(max(0, -s), m), min(m, n - k + 1 - s))
        for n, k, m, s in zip(spec.x_shape, spec.h_shape, spec.y_shape, spec.start)
    )
    return box if all(lo < hi for lo, hi in box) else ((0, 0),) * spec.ndim


def _rim(spec: Spec, inner: Box) -> Iterator[tuple[int, Box]]:
    """The outputs outside `inner` as disjoint boxes, each with the axis it lies across."""
    for axis, (lo, hi) in enumerate(inner):
        before = inner[:axis]
        after = tuple((0, m) for m in spec.y_shape[axis + 1 :])
        for part in ((0, lo), (hi, spec.y_shape[axis])):
            box = (*before, part, *after)
            if all(a < b for a, b in box):
                yield axis, box


def _split(box: Box, sizes: list[int]) -> Iterator[Box]:
    pieces = [[(i, min(i + n, b)) for i in range(a, b, n)] for (a, b), n in zip(box, sizes)]
    return itertools.product(*pieces)


def _tile_sizes(spec: Spec, axis: int, box: Box, trim: bool, room: int) -> list[int]:
    """Edges of the tiles a rim box is computed in, so that a tile's window has <= room elements."""
    sizes = [b - a for a, b in box]
    taps = list(spec.h_shape)
    if trim:
        # Taps that meet only zeros are cut per tile: the thinner the tiles, the more are cut.
        for a in range(axis, spec.ndim):
            k, n = spec.h_shape[a], spec.x_shape[a]
            thin = max(16, k // 4)
            if n < 16:
                thin = max(n, 1)
            if a == axis or n < k:
                sizes[a] = min(sizes[a], thin)
            taps[a] = min(k, n + sizes[a] - 1)
    while math.prod(s + k - 1 for s, k in zip(sizes, taps)) > room:
        # Halve where that shrinks the window most; below an eighth of the taps it hardly does.
        a = max(range(spec.ndim), key=lambda a: sizes[a] / taps[a])
        if sizes[a] < 2 or sizes[a] * 16 <= taps[a]:
            break
        sizes[a] = (sizes[a] + 1) // 2
    return sizes


def _rim_tile(
    spec: Spec,
    suffix: str,
    x: np.ndarray,
    h: np.ndarray,
    y: np.ndarray,
    border: Border,
    tile: Box,
    trim: bool,
) -> None:
    cut, lo, hi = [], [], []
    for (a, b), n, k, s in zip(tile, spec.x_shape, spec.h_shape, spec.start):
        first, last = 0, k
        if trim:
            first, last = max(0, 1 - b - s), min(k, n - a - s)
        cut.append(slice(first, max(first, last)))
        lo.append(a + s + first)
        hi.append(b - 1 + s + last)
    part = y[tuple(slice(a, b) for a, b in tile)]
    taps = h[tuple(cut)]
    if taps.size == 0:
        part[...] = 0
        return
    if all(a >= 0 and b <= n for a, b, n in zip(lo, hi, spec.x_shape)):
        seen = x[tuple(slice(a, b) for a, b in zip(lo, hi))]
    else:
        seen = border.gather(x, tuple(lo), tuple(hi))
    if part.shape[-1] < 16 < part.shape[-2]:
        # Few outputs in a row: turn the last two axes, so that rows are long again.
        seen, taps = (np.ascontiguousarray(a.swapaxes(-1, -2)) for a in (seen, taps))
        turned = np.empty((*part.shape[:-2], part.shape[-1], part.shape[-2]), part.dtype)
        valid(suffix, seen, taps, turned)
        part[...] = turned.swapaxes(-1, -2)
    else:
        valid(suffix, seen, np.ascontiguousarray(taps), part)


def _outer(spec: Spec, x: np.ndarray, h: np.ndarray, y: np.ndarray) -> None:
    """Along every axis one side has length 1: each output is a single product."""
    whole = x * reverse(h)
    y[...] = whole[
        tuple(
            slice(s + k - 1, s + k - 1 + m)
            for s, k, m in zip(spec.start, spec.h_shape, spec.y_shape)
        )
    ]


def is_product(h: np.ndarray, dtype: np.dtype) -> bool:
    """Whether `run` with `separate` finds that these taps are a column times a row."""
    work = _KERNELS[dtype.char][1]
    return _driver.is_product(np.ascontiguousarray(h, dtype if dtype.kind in "iu" else work))


def _merged(spec: Spec) -> Spec:
    """`spec` with neighbouring axes of a batch (one tap, same place in and out) made one."""
    keep: list[list[int]] = []
    for n, k, m, s in zip(spec.x_shape, spec.h_shape, spec.y_shape, spec.start):
        plain = k == 1 and s == 0 and m == n
        if plain and keep and keep[-1][4]:
            keep[-1][0] *= n
            keep[-1][2] *= m
        else:
            keep.append([n, k, m, s, plain])
    x, h, y, start, _ = zip(*keep)
    return Spec(x, h, y, start)


def run(
    spec: Spec,
    x: np.ndarray,
    h: np.ndarray,
    dtype: np.dtype,
    border: Border = ZERO,
    out: np.ndarray | None = None,
    separate: bool = False,
) -> np.ndarray:
    """Sliding dot product of `spec`; `x` and `h` may be of any layout and castable dtype.

    `out`, if given, is contiguous and of `dtype`; the result is written there. With `separate`,
    taps that are a product of 1-D taps to working precision may be taken in as many passes.
    """
    suffix, work = _KERNELS[dtype.char]
    same_size = dtype.kind in "iu"
    x = np.ascontiguousarray(x, dtype if same_size else work)
    h = np.ascontiguousarray(h, dtype if same_size else work)
    if same_size:
        x, h = x.view(work), h.view(work)
        border = Border(border.name, np.asarray(border.fillvalue, dtype).view(work)[()])
    if h.size == 0:
        y = np.zeros(spec.y_shape, dtype) if out is None else out
        y[...] = 0
        return y
    direct_out = out is not None and (same_size or work == dtype)
    if direct_out:
        y = out.view(work)  # type: ignore[union-attr]
    else:
        with recycled():
            y = np.empty(spec.y_shape, work)
    h_finite = finite(h)
    if border.zero and h.size > x.size > 0 and h_finite and finite(x):
        spec, x, h = commuted(spec), np.ascontiguousarray(reverse(h)), reverse(x).copy()
    shape = y.shape
    if spec.ndim > 1 and y.size:
        spec = _merged(spec)
        x, h, y = x.reshape(spec.x_shape), h.reshape(spec.h_shape), y.reshape(spec.y_shape)
    if y.size == 0:
        pass
    elif x.size == 0 and border.zero and h_finite:
        y[...] = 0
    elif (
        border.zero
        and h_finite
        and spec.ndim > 1
        and any(n == 1 < k for n, k in zip(spec.x_shape, spec.h_shape))
        and all(n == 1 or k == 1 for n, k in zip(spec.x_shape, spec.h_shape))
    ):
        _outer(spec, x, h, y)
    elif spec.ndim <= 2:
        name = border.canonical
        fill = np.array(border.fillvalue if border.fills else 0, work)
        if spec.ndim == 1:
            _driver.run_1d(y, x, h, spec.start[0], name, fill, border.zero, h_finite)
        else:
            _driver.run_2d(y, x, h, spec.start, name, fill, border.zero, h_finite, separate)
    else:
        _run_boxes(spec, suffix, x, h, y, border, h_finite)
    y = y.reshape(shape)
    if direct_out:
        return out  # type: ignore[return-value]
    if same_size:
        return y.view(dtype)
    if work != dtype:
        y = y != 0 if dtype.kind == "b" else y.astype(dtype)
    if out is not None:
        out[...] = y
        return out
    return y


def _run_boxes(
    spec: Spec,
    suffix: str,
    x: np.ndarray,
    h: np.ndarray,
    y: np.ndarray,
    border: Border,
    h_finite: bool,
) -> None:
    inner = _interior(spec)
    if all(lo < hi for lo, hi in inner):
        valid(
            suffix,
            x[
                tuple(
                    slice(lo + s, hi + s + k - 1)
                    for (lo, hi), s, k in zip(inner, spec.start, spec.h_shape)
                )
            ],
            h,
            y[tuple(slice(lo, hi) for lo, hi in inner)],
        )
    # SciPy multiplies zeros beyond the border by the taps: a NaN among the taps shows there.
    trim = border.zero and h_finite
    room = max(1 << 16, (x.nbytes + y.nbytes) // 25) // x.itemsize
    for axis, box in _rim(spec, inner):
        sizes = _tile_sizes(spec, axis, box, trim, room)
        for tile in _split(box, sizes):
            _rim_tile(spec, suffix, x, h, y, border, tile, trim)
