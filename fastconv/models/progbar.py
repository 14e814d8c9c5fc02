"""`Progbar`: the progress line of fit, evaluate and predict; and printing as callbacks do.

On a terminal and in a notebook the text is Keras's, byte for byte, rewritten in place. Into a
plain file or a pipe only the last state of each line is written, without colours and backspaces:
a log that can be read. (Keras writes all its updates there too.)
"""

import logging
import math
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fastconv.config import is_interactive_logging_enabled

BOLD, GREEN, GREY, RESET = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


def print_message(message: str, line_break: bool = True) -> None:
    """Write to standard output at once, or to the log (`keras.config`'s interactive logging)."""
    if not is_interactive_logging_enabled():
        logging.getLogger("fastconv").info(message)
        return
    text = f"{message}\n" if line_break else message
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "utf-8"
        plain = text.replace("━", "=").encode(encoding, errors="ignore")
        sys.stdout.write(plain.decode(encoding))
    sys.stdout.flush()


def rewrites_lines() -> bool:
    """Whether standard output shows backspaces and colours: a terminal or a notebook."""
    return (
        bool(getattr(sys.stdout, "isatty", lambda: False)())
        or "ipykernel" in sys.modules
        or "PYCHARM_HOSTED" in os.environ
    )


class Progbar:
    """A progress bar with averages of values.

    Source: ``keras.utils.Progbar``.

    Parameters
    ----------
    target : int or None
        Number of steps; None if it is unknown.
    width : int, default 20
        Of the bar, in characters.
    verbose : {0, 1, 2}
        0 nothing, 1 a bar, 2 one line at the end.
    interval : float, default 0.05
        Least time between updates, in seconds.
    stateful_metrics, stateless_metrics : iterable of str, optional
        Values that are shown as they are, or the only ones that are averaged over steps.
    unit_name : str, default "step"

    Examples
    --------
    >>> from fastconv.utils import Progbar
    >>> bar = Progbar(3, verbose=0)
    >>> bar.update(1, [("loss", 0.5)])
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Only one of `stateful_metrics` or `stateless_metrics` can be provided. "
                f"Received: stateful_metrics={stateful_metrics}, "
                f"stateless_metrics={stateless_metrics}"
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        self._shown = set(stateful_metrics or ())
        self._in_place = rewrites_lines()
        self._seen = 0
        self._values: dict[str, list[Any]] = {}  # sum and weight
        self._start = time.time()
        self._last_update = 0.0
        self._after_first_step: float | None = None
        self._width_before = 0

    def due(self) -> bool:
        """Whether an update that is not the last would be shown now."""
        return (
            self.verbose == 1
            and self._in_place
            and time.time() - self._last_update >= self.interval
        )

    def update(
        self,
        current: int,
        values: Sequence[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Show that `current` steps are done.

        Parameters
        ----------
        current : int
        values : sequence of (name, value), optional
        finalize : bool, optional
            Whether this is the last update; default: whether `current` reaches the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._take(name, value, current, finalize)
        self._seen = current
        now = time.time()
        per_unit = self._seconds_per_unit(current, now)
        if self.verbose == 1:
            if not finalize and (not self._in_place or now - self._last_update < self.interval):
                return
            self._print_bar(current, now, per_unit, finalize)
        elif self.verbose == 2 and finalize and self.target:
            self._print_line(current, now, per_unit)
        self._last_update = now

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """`update` by `n` more steps."""
        self.update(self._seen + n, values)

    def _take(self, name: str, value: Any, current: int, finalize: bool) -> None:
        averaged = name not in self._shown if self._averaged is None else name in self._averaged
        if not averaged or finalize:
            self._values[name] = [value, 1]
            return
        weight = max(current - self._seen, 1)
        known = self._values.setdefault(name, [0.0, 0])
        known[0] += value * weight
        known[1] += weight

    def _seconds_per_unit(self, current: int, now: float) -> float:
        """Mean time of a step; the first, which builds and records, is left out."""
        if not current:
            return 0.0
        if self._after_first_step is not None and current > 1:
            mean = (now - self._after_first_step) / (current - 1)
        else:
            mean = (now - self._start) / current
        if current == 1:
            self._after_first_step = now
        return mean

    def _steps(self, current: int) -> str:
        if not self.target:
            return f"{current:7d}/Unknown"
        digits = int(math.log10(self.target)) + 1
        return f"{current:{digits}d}/{self.target}"

    def _metrics(self, absolute: bool) -> str:
        text = ""
        for name, (value, weight) in self._values.items():
            mean = (value if isinstance(value, float) else np.mean(value)) / max(1, weight)
            large = (abs(mean) if absolute else mean) > 1e-3
            text += f" - {name}: {mean:.4f}" if large else f" - {name}: {mean:.4e}"
        return text

    def _print_bar(self, current: int, now: float, per_unit: float, finalize: bool) -> None:
        steps = self._steps(current)
        done = int(self.width * current / self.target) if self.target else 0
        rest = self.width - done
        if self.target and not finalize:
            clock = eta(per_unit * (self.target - current))
        else:
            clock = f"{now - self._start:.0f}s"
        tail = f" {per_step(per_unit, self.unit_name)}{self._metrics(True)}"
        bar = f" {'━' * (done + rest)}" if self.target else ""
        if not self._in_place:
            print_message(f"{steps}{bar} {clock}{tail}")
            return
        message = "\b" * self._width_before + "\r"
        if self.target:
            message += f"{BOLD}{steps}{RESET} "
            message += f"{GREEN}{'━' * done}{RESET}" if done else ""
            message += f"{GREY}{'━' * rest}{RESET}"
        else:
            message += steps
        message += f" {BOLD}{clock}{RESET}{tail}"
        width = len(steps) + len(bar) + 1 + len(clock) + len(tail)
        message += " " * max(0, self._width_before - width)
        print_message(message + ("\n" if finalize else ""), line_break=False)
        self._width_before = width

    def _print_line(self, current: int, now: float, per_unit: float) -> None:
        print_message(
            f"{self._steps(current)} - {now - self._start:.0f}s - "
            f"{per_step(per_unit, self.unit_name)}{self._metrics(False)}"
        )


def eta(seconds: float) -> str:
    """Time still needed: ``12s``, ``1:05`` or ``2:03:04``."""
    whole = int(seconds)
    if seconds > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if seconds > 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"


def per_step(seconds: float, unit: str) -> str:
    """Duration of one step: ``2s/step``, ``3ms/step`` or ``250us/step``."""
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/{unit}"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms/{unit}"
    return f"{seconds * 1e6:.0f}us/{unit}"
