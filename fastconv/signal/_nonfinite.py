"""NaN and inf beside a transform: set aside before it, put back after it.

A transform spreads one NaN over all outputs. The sum itself does not: an output is touched only if
its window holds the NaN. So the transform gets the operands with NaN and inf replaced by zero, and
what those would have contributed is added afterwards, product by product; IEEE arithmetic then
gives NaN, inf and -inf exactly where the literal sum has them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fastconv.signal._boundary import ZERO, Border
from fastconv.signal._spec import Spec

Transform = Callable[[Spec, np.ndarray, np.ndarray, Border], np.ndarray]

# Above so many single products, or so many NaNs, masks are convolved instead.
_PRODUCTS = 20_000_000
_PLACES = 2_000


def repaired(
    transform: Transform, spec: Spec, x: np.ndarray, taps: np.ndarray, border: Border
) -> np.ndarray | None:
    """The sum by `transform`, of operands of which some may not be finite.

    None if the transform overflows on finite operands: only the literal sum can tell then.
    """
    bad_taps = ~np.isfinite(taps)
    if not border.zero or (bad_taps.any() and spec.ndim > 1):
        # Beyond the border stand values that count (SciPy multiplies zeros in N-D by the taps).
        end = tuple(s + m + k - 1 for s, m, k in zip(spec.start, spec.y_shape, spec.h_shape))
        x = border.gather(x, spec.start, end)
        spec = Spec(x.shape, spec.h_shape, spec.y_shape, (0,) * spec.ndim)
    bad = ~np.isfinite(x)
    count = int(np.count_nonzero(bad)), int(np.count_nonzero(bad_taps))
    products = count[0] * taps.size + count[1] * math.prod(spec.y_shape)
    if products > _PRODUCTS or sum(count) > _PLACES:
        return _by_masks(transform, spec, x, taps)
    clean_x = np.where(bad, x.dtype.type(0), x)
    y = transform(spec, clean_x, np.where(bad_taps, taps.dtype.type(0), taps), ZERO)
    if not np.isfinite(y).all():
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        for place in np.argwhere(bad):
            # y[i] += x[place] taps[place - start - i]
            lo = [max(0, p - s - k + 1) for p, s, k in zip(place, spec.start, spec.h_shape)]
            hi = [min(m, p - s + 1) for p, s, m in zip(place, spec.start, spec.y_shape)]
            if all(a < b for a, b in zip(lo, hi)):
                part = tuple(
                    slice(p - s - b + 1, p - s - a + 1)
                    for p, s, a, b in zip(place, spec.start, lo, hi)
                )
                flip = (slice(None, None, -1),) * spec.ndim
                y[tuple(map(slice, lo, hi))] += x[tuple(place)] * taps[part][flip]
        for tap in np.argwhere(bad_taps):
            lo = [max(0, -s - t) for s, t in zip(spec.start, tap)]
            hi = [
                min(m, n - s - t) for m, n, s, t in zip(spec.y_shape, spec.x_shape, spec.start, tap)
            ]
            if all(a < b for a, b in zip(lo, hi)):
                part = tuple(slice(a + s + t, b + s + t)
                             for a, b, s, t in zip(lo, hi, spec.start, tap))  # fmt: skip
                y[tuple(map(slice, lo, hi))] += clean_x[part] * taps[tuple(tap)]
    return y


def _by_masks(
    transform: Transform, spec: Spec, x: np.ndarray, taps: np.ndarray
) -> np.ndarray | None:
    """As `repaired`, for many NaNs: counts of what each window holds, by transforms of masks."""
    if x.dtype.kind == "c" or taps.dtype.kind == "c":
        parts = {}
        for a in ("real", "imag"):
            for b in ("real", "imag"):
                part = _by_masks(transform, spec, getattr(x, a), getattr(taps, b))
                if part is None:
                    return None
                parts[a, b] = part
        with np.errstate(invalid="ignore"):
            y = np.empty(spec.y_shape, np.result_type(x, taps))
            y.real = parts["real", "real"] - parts["imag", "imag"]
            y.imag = parts["real", "imag"] + parts["imag", "real"]
        return y

    def finite_part(a: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(a), a, a.dtype.type(0))

    def meets(*pairs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Where a window holds any of these pairs of a sample and a tap."""
        found = np.zeros(spec.y_shape, bool)
        for a, b in pairs:
            if a.any() and b.any():
                counts = transform(spec, a.astype(np.float64), b.astype(np.float64), ZERO)
                found |= counts > 0.5
        return found

    y = transform(spec, finite_part(x), finite_part(taps), ZERO)
    if not np.isfinite(y).all():
        return None
    everywhere, any_tap = np.ones(x.shape, bool), np.ones(taps.shape, bool)
    up, down = np.isposinf, np.isneginf
    y[meets((up(x), taps > 0), (down(x), taps < 0), (x > 0, up(taps)), (x < 0, down(taps)))] = (
        np.inf
    )
    with np.errstate(invalid="ignore"):
        y[
            meets((up(x), taps < 0), (down(x), taps > 0), (x < 0, up(taps)), (x > 0, down(taps)))
        ] += -np.inf
    y[
        meets(
            (np.isnan(x), any_tap),
            (everywhere, np.isnan(taps)),
            (np.isinf(x), taps == 0),
            (x == 0, np.isinf(taps)),
        )
    ] = np.nan
    return y
