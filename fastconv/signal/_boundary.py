"""Borders: which source sample stands at a position outside the signal.

Kernels know no borders.  Every mode is one function from positions to source
indices; ``FILL`` marks positions that take the fill value.  The direct engine
asks for these indices only along the rim; the interior is always "valid".

To add a mode, write its function and give it a name in ``BOUNDARIES``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

FILL = -1
IndexMap = Callable[[np.ndarray, int], np.ndarray]


def _fill(i: np.ndarray, n: int) -> np.ndarray:
    """``0 0 | a b c | 0 0``"""
    return np.where((i >= 0) & (i < n), i, FILL)


def _wrap(i: np.ndarray, n: int) -> np.ndarray:
    """``b c | a b c | a b``"""
    return i % n


def _symm(i: np.ndarray, n: int) -> np.ndarray:
    """``b a | a b c | c b``"""
    i = i % (2 * n)
    return np.where(i < n, i, 2 * n - 1 - i)


def _mirror(i: np.ndarray, n: int) -> np.ndarray:
    """``c b | a b c | b a``"""
    if n == 1:
        return np.zeros_like(i)
    i = i % (2 * n - 2)
    return np.where(i < n, i, 2 * n - 2 - i)


def _nearest(i: np.ndarray, n: int) -> np.ndarray:
    """``a a | a b c | c c``"""
    return np.clip(i, 0, n - 1)


# scipy.signal's words first, then scipy.ndimage's.
BOUNDARIES: dict[str, IndexMap] = {
    "fill": _fill,
    "pad": _fill,
    "wrap": _wrap,
    "circular": _wrap,
    "symm": _symm,
    "symmetric": _symm,
    "reflect": _symm,
    "nearest": _nearest,
    "mirror": _mirror,
    "constant": _fill,
    "grid-constant": _fill,
    "grid-wrap": _wrap,
    "grid-mirror": _symm,
}


@dataclass(frozen=True, slots=True)
class Border:
    """How a signal goes on beyond its ends, the same for every axis."""

    name: str = "fill"
    fillvalue: Any = 0

    @property
    def fills(self) -> bool:
        return BOUNDARIES[self.name] is _fill

    @property
    def canonical(self) -> str:
        """Name of the mode in the compiled drivers."""
        return BOUNDARIES[self.name].__name__[1:]

    @property
    def zero(self) -> bool:
        """True where the outside is made of zeros."""
        return self.fills and self.fillvalue == 0

    def indices(self, lo: int, hi: int, n: int) -> np.ndarray:
        """Source index for each position of ``lo..hi-1``, ``FILL`` for the fill value."""
        at = np.arange(lo, hi)
        if n == 0:
            return np.full(at.shape, FILL)
        return BOUNDARIES[self.name](at, n)

    def gather(self, x: np.ndarray, lo: tuple[int, ...], hi: tuple[int, ...]) -> np.ndarray:
        """The box ``lo..hi`` of the signal that ``x`` extends to, as a new contiguous array."""
        shape = tuple(b - a for a, b in zip(lo, hi))
        # the part inside x is one block copy; only what is left goes through indices
        ins = tuple(slice(max(a, 0), min(b, n)) for a, b, n in zip(lo, hi, x.shape))
        put = tuple(slice(s.start - a, s.stop - a) for s, a in zip(ins, lo))
        whole = all(s.stop > s.start for s in ins)
        if self.fills:
            out = np.empty(shape, x.dtype)
            if not (whole and all(p.stop - p.start == m for p, m in zip(put, shape))):
                out[...] = self.fillvalue
            if whole:
                out[put] = x[ins]
            return out
        out = x
        for axis, (a, b, n) in enumerate(zip(lo, hi, x.shape)):
            if (a, b) != (0, n):
                out = out.take(self.indices(a, b, n), axis=axis)
        return np.ascontiguousarray(out)


ZERO = Border()
