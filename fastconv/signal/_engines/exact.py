"""Exact engine: the sum by NumPy's own arithmetic, for dtypes that no kernel has.

longdouble, complex longdouble and objects (Decimal, Fraction, big integers). One NumPy multiply-add
per tap: slow beside a kernel, never wrong.
"""

from __future__ import annotations

import numpy as np

from fastconv.signal._boundary import ZERO, Border
from fastconv.signal._spec import Spec, finite


def run(
    spec: Spec,
    x: np.ndarray,
    h: np.ndarray,
    dtype: np.dtype,
    border: Border = ZERO,
    out: np.ndarray | None = None,
    separate: bool = False,
) -> np.ndarray:
    """Sliding dot product of `spec`, products added in the order of the taps (never separate)."""
    y = out if out is not None else np.empty(spec.y_shape, dtype)
    if y.size == 0:
        return y
    start = spec.start
    x, h = x.astype(dtype, copy=False), h.astype(dtype, copy=False)
    if not border.zero or (spec.ndim > 1 and not finite(h)):
        end = tuple(s + m + k - 1 for s, m, k in zip(start, spec.y_shape, spec.h_shape))
        x = border.gather(x, start, end)
        start = (0,) * spec.ndim
    y[...] = 0
    for tap in np.ndindex(h.shape):
        lo = [max(0, -s - j) for s, j in zip(start, tap)]
        hi = [min(m, n - s - j) for m, n, s, j in zip(spec.y_shape, x.shape, start, tap)]
        if all(a < b for a, b in zip(lo, hi)):
            part = y[tuple(slice(a, b) for a, b in zip(lo, hi))]
            part += (
                x[tuple(slice(a + s + j, b + s + j) for a, b, s, j in zip(lo, hi, start, tap))]
                * h[tap]
            )
    return y
