"""The same lines of code run on two libraries: results compared, then times."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from fastconv.demo.console import Console

Results = tuple[np.ndarray, ...]

_HEAD = (
    f"{'':21s} {'':17s} {'time':>9s} {'time':>9s} {'':>8s} {'largest':>10s}",
    f"{'what':21s} {'size':17s} {'here':>9s} {'in SciPy':>9s} {'speed-up':>8s} {'difference':>10s}",
)


@dataclass(frozen=True)
class Case:
    """One job, written once for any library that has scipy.signal's functions."""

    what: str
    function: str
    run: Callable[[Any], Results]
    x: np.ndarray
    h: np.ndarray

    @property
    def size(self) -> str:
        return f"{_shape(self.x)} by {_shape(self.h)}"

    @property
    def tolerance(self) -> float:
        """How far two correct libraries may differ.

        Integers: not at all. Else the larger of the rounding bounds of a direct sum (number of
        products times the largest sum of magnitudes) and of an FFT (log2 n times the norms).
        """
        if self.x.dtype.kind in "iub":
            return 0.0
        x, h = np.abs(self.x, dtype=np.float64), np.abs(self.h, dtype=np.float64)
        eps = float(np.finfo(self.x.dtype).eps)
        direct = self.h.size * x.max() * h.sum()
        fft = 4 * math.log2(max(2, self.x.size)) * math.sqrt((x**2).sum() * (h**2).sum())
        return eps * max(direct, fft)


@dataclass(frozen=True)
class Outcome:
    """What one case gave."""

    case: Case
    ours: Results
    difference: float
    here: float
    theirs: float
    problem: str | None = field(default=None)

    @property
    def passed(self) -> bool:
        return self.problem is None

    def row(self) -> str:
        text = (
            f"{self.case.what:21s} {self.case.size:17s} {seconds(self.here):>9s} "
            f"{seconds(self.theirs):>9s} {_ratio(self.theirs / self.here):>8s} "
            f"{_difference(self.difference):>10s}"
        )
        return text if self.passed else f"{text}  {self.problem}"


def head() -> tuple[str, ...]:
    """The two lines above the rows."""
    return _HEAD


def compare(
    case: Case,
    ours: ModuleType,
    theirs: ModuleType,
    console: Console,
    *,
    budget: float = 0.8,
) -> Outcome:
    """Run `case` on both libraries, compare the results, then time them turn by turn.

    Turns alternate, so that whatever else the machine does meets both alike; the median of at
    least 3 and at most 25 turns counts, within about `budget` seconds of SciPy's time. The first
    turn, whose results are compared, counts too where a run is so long that warming up is nothing.
    """
    console.note(f"{case.what}: {case.function} here and in SciPy ...")
    first_here, mine = _timed(case, ours)
    first_there, other = _timed(case, theirs)
    difference, problem = _check(case, mine, other)
    here, there = ([first_here], [first_there]) if first_there > budget / 4 else ([], [])
    turns = max(3, min(25, int(budget / max(first_there, 1e-6))))
    while len(here) < turns:
        console.note(f"{case.what}: timing {case.function}, {len(here) + 1} of {turns} ...")
        here.append(_timed(case, ours)[0])
        there.append(_timed(case, theirs)[0])
    return Outcome(
        case, mine, difference, statistics.median(here), statistics.median(there), problem
    )


def _timed(case: Case, library: ModuleType) -> tuple[float, Results]:
    start = time.perf_counter()
    results = case.run(library)
    return time.perf_counter() - start, results


def _check(case: Case, mine: Results, other: Results) -> tuple[float, str | None]:
    """Largest absolute difference, and what is wrong, if anything."""
    largest = 0.0
    for a, b in zip(mine, other, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            return math.inf, f"WRONG: {a.dtype} {a.shape}, SciPy has {b.dtype} {b.shape}"
        if a.size:
            # np.maximum, unlike max(), keeps a NaN.
            largest = float(np.maximum(largest, np.abs(a.astype(np.float64) - b).max()))
    if not largest <= case.tolerance:  # NaN is wrong too
        return largest, f"WRONG: more than {case.tolerance:.1e}"
    return largest, None


def seconds(value: float) -> str:
    """A time with three digits and its unit."""
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "us")):
        if value * factor >= 0.9995:
            return f"{_digits(value * factor)} {unit}"
    return f"{_digits(value * 1e6)} us"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:#.3g}"


def _ratio(value: float) -> str:
    return f"{value:.0f}x" if value >= 9.95 else f"{value:.1f}x"


def _difference(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"


def _shape(array: np.ndarray) -> str:
    return "x".join(str(n) for n in array.shape)
