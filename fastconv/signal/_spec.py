"""What a call asks for, checked and written down: shapes, dtypes, orientation.

Everything below this module computes one thing, the sliding dot product

    y[i] = sum_j x[i + start + j] * h[j]

with ``x`` extended beyond its ends by a border.  Convolution and correlation,
the three modes, even kernels and swapped inputs differ only in ``start``, the
output length and the orientation of the taps; all three are decided here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Shape = tuple[int, ...]

MODES = ("valid", "same", "full")

VALID_SIZE = "For 'valid' mode, one must be at least as large as the other in every dimension"
BAD_MODE = "Acceptable mode flags are 'valid', 'same', or 'full'."
BAD_METHOD = "Acceptable method flags are 'auto', 'direct', or 'fft'."


@dataclass(frozen=True, slots=True)
class Spec:
    """One sliding dot product: shapes, where the windows start, and the border."""

    x_shape: Shape
    h_shape: Shape
    y_shape: Shape
    start: Shape

    @property
    def ndim(self) -> int:
        return len(self.x_shape)

    @property
    def products(self) -> int:
        """Multiplications of the literal sum."""
        return math.prod(self.y_shape) * math.prod(self.h_shape)

    @property
    def met_products(self) -> int:
        """Those of them whose sample is not of the border."""
        sizes = zip(self.x_shape, self.h_shape, self.y_shape, self.start)
        return math.prod(met(*size) for size in sizes)


def met(n: int, k: int, m: int, start: int) -> int:
    """Products of one axis in which a tap meets a sample and not the border."""

    def below(a: int) -> int:  # pairs of sample t and tap j with t - j < a
        return upto(a + k) - upto(a)

    def upto(z: int) -> int:  # sum of min(max(v, 0), n) over v < z
        full = min(max(z, 0), n + 1)
        return full * (full - 1) // 2 + n * (max(z, 0) - full)

    return below(start + m) - below(start)


def check_mode(mode: Any) -> None:
    """Refuse a mode as a look-up in a table does: unhashable is a TypeError."""
    hash(mode)
    if not isinstance(mode, str) or mode not in MODES:
        raise ValueError(BAD_MODE)


def swap_needed(mode: Any, s1: Shape, s2: Shape, axes: Sequence[int] | None = None) -> bool:
    """True where 'valid' has to exchange the inputs because the second is the larger."""
    if not (isinstance(mode, str) and mode == "valid") or not s1:
        return False
    pairs = list(zip(s1, s2)) if axes is None else [(s1[a], s2[a]) for a in axes]
    if all(n >= k for n, k in pairs):
        return False
    if all(k >= n for n, k in pairs):
        return True
    raise ValueError(VALID_SIZE)


def window(n: int, k: int, mode: str, early: bool = False) -> tuple[int, int]:
    """Output length and start of the first window along one axis.

    ``early`` starts 'same' at the earlier middle of an even kernel's full result, as
    ``correlate2d`` does.

    Drawn for n = 4, k = 3 (windows of the first output)::

        full   . . a b c d      start -2
        same     . a b c d      start -1
        valid      a b c d      start  0

    'valid' with the taps longer than the signal has the windows that hold all of the signal.
    """
    if mode == "full":
        return n + k - 1, 1 - k
    if mode == "same":
        return n, -((k - 1) // 2) if early else (k - 1) // 2 - (k - 1)
    return abs(n - k) + 1, min(0, n - k)


def make_spec(x_shape: Shape, h_shape: Shape, mode: str, early: bool = False) -> Spec:
    """The sliding dot product of ``mode`` for a signal and taps of these shapes."""
    sized = [window(n, k, mode, early) for n, k in zip(x_shape, h_shape)]
    return Spec(x_shape, h_shape, tuple(m for m, _ in sized), tuple(s for _, s in sized))


def commuted(spec: Spec) -> Spec:
    """The same outputs with the roles of signal and taps exchanged (zero border only).

    With x'[t] = h[k-1-t] and h'[s] = x[n-1-s] the window of output i starts at
    ``start + k - n``.
    """
    start = tuple(s + k - n for s, k, n in zip(spec.start, spec.h_shape, spec.x_shape))
    return Spec(spec.h_shape, spec.x_shape, spec.y_shape, start)


def reverse(a: np.ndarray) -> np.ndarray:
    """View of ``a`` reversed along every axis."""
    return a[(slice(None, None, -1),) * a.ndim]


def conjugate(a: np.ndarray) -> np.ndarray:
    """``a`` conjugated if it is of a complex dtype (object arrays are left alone)."""
    return a.conj() if a.dtype.kind == "c" else a


def native(dtype: np.dtype) -> np.dtype:
    return dtype.newbyteorder("=")


def finite(a: np.ndarray) -> bool:
    """True if no element is NaN or infinite; integers and objects always are."""
    return a.dtype.kind not in "fc" or bool(np.isfinite(a).all())
