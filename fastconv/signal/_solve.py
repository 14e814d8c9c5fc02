"""One sliding dot product of checked operands, by the engine that is asked for or fastest."""

from __future__ import annotations

import numpy as np

from fastconv.signal._boundary import ZERO, Border
from fastconv.signal._cost import working_dtype
from fastconv.signal._engines import direct, exact, transform
from fastconv.signal._engines.fft import Cache
from fastconv.signal._method import engine_for, fft_is_exact
from fastconv.signal._nonfinite import repaired
from fastconv.signal._spec import Spec


def solve(
    spec: Spec,
    x: np.ndarray,
    taps: np.ndarray,
    dtype: np.dtype,
    border: Border = ZERO,
    method: str | None = None,
    out: np.ndarray | None = None,
    cache: Cache | None = None,
) -> np.ndarray:
    """The sum of `spec` in `dtype`; `out`, if given, is contiguous and of that dtype.

    `cache`, if given, belongs to these taps and keeps their spectrum from call to call.

    `method`: None for the direct sum, in passes where the taps are a product; 'direct' for the
    literal sum; 'fft' for transforms, which spread NaN and inf; 'auto' for the fastest engine that
    gives the same NaN and inf as the literal sum, and the same integers.
    """
    engine = method
    if method == "auto":
        engine = engine_for(spec, dtype, border.zero)
        if engine != "direct" and (_goes_in_passes(spec, taps, dtype, border.zero)
                                   or not fft_is_exact(x, taps)):  # fmt: skip
            engine = "direct"
    if engine in (None, "direct") or not spec.products:
        module = direct if direct.has_kernel(dtype) else exact
        return module.run(spec, x, taps, dtype, border, out, separate=method != "direct")
    y = by_transform(spec, x, taps, dtype, border, cache, spread=method == "fft")
    if method == "auto" and y.dtype.kind in "fc" and not np.isfinite(y).all():
        work = working_dtype(dtype)
        mended = repaired(
            lambda s, a, b, edge: by_transform(s, a, b, np.result_type(a, b), edge),
            spec, x.astype(work), taps.astype(work), border,
        )  # fmt: skip
        if mended is None:
            return solve(spec, x, taps, dtype, border, None, out)
        y = mended
    return rounded(y, dtype, out)


def _goes_in_passes(spec: Spec, taps: np.ndarray, dtype: np.dtype, zero: bool) -> bool:
    """Whether the taps are a product, and two direct passes the fastest; the test costs little."""
    return (
        spec.ndim == 2
        and direct.has_kernel(dtype)
        and engine_for(spec, dtype, zero, product=True) == "separable"
        and direct.is_product(taps, dtype)
    )


def by_transform(
    spec: Spec,
    x: np.ndarray,
    taps: np.ndarray,
    dtype: np.dtype,
    border: Border,
    cache: Cache | None = None,
    spread: bool = False,
) -> np.ndarray:
    """The sum by transforms, in the floating dtype that stands for `dtype`.

    Where every output is a single product, that product in `dtype`.
    `spread`: NaN and inf spoil all of it, whichever way it is cut into blocks.
    """
    work = working_dtype(dtype)
    start = spec.start
    if not border.zero:
        end = tuple(s + m + k - 1 for s, m, k in zip(start, spec.y_shape, spec.h_shape))
        x = border.gather(x, start, end)
        start = (0,) * spec.ndim
    b = taps[(slice(None, None, -1),) * taps.ndim]
    axes, lo, length, cut = [], [], [], []
    for axis, (n, k, m, s) in enumerate(zip(x.shape, spec.h_shape, spec.y_shape, start)):
        first = s + k - 1
        if n > 1 and k > 1:
            axes.append(axis)
            lo.append(first)
            length.append(m)
            cut.append(slice(None))
        else:  # along this axis the convolution is a product of one with all
            cut.append(slice(first, first + m) if n == 1 else slice(None))
    b = b[tuple(cut)]
    if not axes:
        return x.astype(dtype, copy=False) * b.astype(dtype, copy=False)
    a, b = x.astype(work, copy=False), b.astype(work, copy=False)
    return transform.convolve(a, b, axes, lo, length, cache, spread)


def rounded(y: np.ndarray, dtype: np.dtype, out: np.ndarray | None = None) -> np.ndarray:
    """A transform's result in `dtype`: integers rounded first, and wrapped as sums of them are."""
    if dtype.kind in "biu" and y.dtype.kind == "f":
        np.rint(y, out=y)
        if dtype.kind in "iu" and dtype.itemsize < 8:
            y = y.astype(np.int64)
    if out is None:
        return y.astype(dtype, copy=False)
    out[...] = y
    return out
