"""Fair timing of rivals: the same input, in the same process, taking turns.

Each round times every runner once, in an order that rotates; what disturbs the machine disturbs
all of them. Reported are the medians, and the median of the per-round ratios.
"""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SAMPLE_S = 3e-4  # a sample repeats the call until it lasts this long: the clock's noise is ~1e-7
APART_S = 0.05  # the same among processes: caches and cores have to warm up first
REST_S = 0.02  # before each sample among processes: the last one's threads may still be spinning


@dataclass
class Runner:
    """One contestant: `call()` is timed, `before()` runs ahead of each sample, untimed.

    A `reference` is a yardstick (a copy of the input, say): its result is not compared. With
    `seconds` the contestant (of another process) times itself: ``seconds(repeats)`` of one call.
    """

    name: str
    call: Callable[[], Any]
    before: Callable[[], Any] | None = None
    reference: bool = False
    seconds: Callable[[int], float] | None = None
    times: list[float] = field(default_factory=list)
    repeats: int = 1

    def sample(self) -> float:
        """Seconds of one call, as the mean of `repeats` calls in a row."""
        call = self.call
        if self.seconds is not None:
            return self.seconds(self.repeats)
        if self.before:
            self.before()
            call()  # what `before` changed is looked up again, outside the timing
        start = time.perf_counter()
        for _ in range(self.repeats):
            call()
        return (time.perf_counter() - start) / self.repeats


def check(runners: Sequence[Runner], expected: np.ndarray, rtol: float) -> None:
    """Raise AssertionError unless every result equals `expected` within `rtol` of its largest."""
    scale = max(1e-300, float(np.max(np.abs(expected)))) if expected.size else 1.0
    for runner in runners:
        if runner.reference:
            continue
        if runner.before:
            runner.before()
        found = np.asarray(runner.call())
        assert found.shape == expected.shape, (runner.name, found.shape, expected.shape)
        error = float(np.max(np.abs(found - expected), initial=0)) / scale
        assert error <= rtol, f"{runner.name}: differs by {error:.1e} of the largest value"


def race(runners: Sequence[Runner], seconds: float, rounds: int = 31) -> dict[str, list[float]]:
    """Time `runners` in turn for about `seconds` in all; return their samples by name.

    A runner that alone would use the whole time is sampled twice only.
    """
    lasting = APART_S if any(runner.seconds for runner in runners) else SAMPLE_S
    for runner in runners:
        first = runner.sample()
        if first < lasting:
            first = min(first, runner.sample(), runner.sample())
        runner.repeats = max(1, int(lasting / max(first, 1e-9)))
        runner.times = [runner.sample()] if first < seconds else [first]
    enabled = gc.isenabled()
    gc.disable()
    try:
        start = time.perf_counter()
        for turn in range(rounds):
            if turn >= 5 and time.perf_counter() - start > seconds:
                break
            order = [*runners[turn % len(runners) :], *runners[: turn % len(runners)]]
            for runner in order:
                if lasting == APART_S:
                    time.sleep(REST_S)
                if turn == 0 or runner.times[0] < seconds / 5:
                    runner.times.append(runner.sample())
    finally:
        if enabled:
            gc.enable()
    # The first samples found the caches cold and the repeats unknown.
    return {runner.name: runner.times[1:] for runner in runners}


def summary(samples: dict[str, list[float]], ours: str) -> dict[str, dict[str, float]]:
    """Medians in seconds, and how many times longer than `ours` each one takes."""
    medians = {name: statistics.median(times) for name, times in samples.items()}
    ratios = {
        name: statistics.median(t / o for t, o in zip(times, samples[ours], strict=False))
        for name, times in samples.items()
    }
    return {"median": medians, "ratio": ratios}
