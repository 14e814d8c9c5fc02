"""What Keras prints.

``texts.json``: ``pipe`` and ``terminal``: for each group of :mod:`keras_cases.text_cases` and
each case the exact standard output (a terminal of 100 columns, newlines CR LF; into a pipe Rich
takes 80 columns). Numbers and times in training output are those of one run. ``progbar``: exact
output of ``utils.Progbar`` for given clock readings. Addresses are ``0x``. Warnings are in
``errors.json``, names and reprs in ``names.json``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from keras_cases import text_cases
from keras_cases.capture import to_pipe, to_terminal
from keras_cases.common import write_json

# (target, stateful metrics, [(seconds since the last reading, step, values, finalize), ...])
Step = tuple[float, int, list[tuple[str, float]], bool | None]
PROGBARS: dict[str, tuple[int | None, list[str], int, list[Step]]] = {
    "ten_steps": (
        10,
        [],
        1,
        [(0.2 * bool(i), i, [("accuracy", i / 10), ("loss", 1 / i)], None) for i in range(1, 11)],
    ),
    "stateful": (5, ["loss"], 1, [(0.1, i, [("loss", 1 / i)], None) for i in range(1, 6)]),
    "throttled": (100, [], 1, [(0.01, i, [("loss", 1 / i)], None) for i in range(1, 101)]),
    "small_values": (3, [], 1, [(0.2, i, [("loss", 1e-4 / i)], None) for i in (1, 2, 3)]),
    "large_values": (3, [], 1, [(0.2, i, [("mse", 123456.789 * i)], None) for i in (1, 2, 3)]),
    "microseconds": (
        1875,
        [],
        1,
        [(0.06, i, [("loss", 0.5)], None) for i in range(375, 1876, 375)],
    ),
    "minutes_left": (1000, [], 1, [(1.0, i, [("loss", 0.5)], None) for i in (1, 2, 3)]),
    "hours_left": (100000, [], 1, [(1.0, i, [("loss", 0.5)], None) for i in (1, 2, 3)]),
    "shrinking": (
        3,
        [],
        1,
        [(0.1, 1, [("a", 1e-9)], None), (0.1, 2, [], None), (0.1, 3, [], None)],
    ),
    "unknown": (
        None,
        [],
        1,
        [
            (0.1, 1, [("loss", 0.5)], None),
            (0.1, 2, [("loss", 0.4)], None),
            (0.1, 2, [("loss", 0.4)], True),
        ],
    ),
    "one_step": (1, [], 1, [(2.5, 1, [("loss", 0.5)], None)]),
    "finalize": (3, [], 1, [(0.1, 1, [("loss", 1.0)], False), (0.1, 3, [("loss", 0.7)], True)]),
    "lines": (
        3,
        [],
        2,
        [(0.4, i, [("accuracy", 0.5), ("loss", 1e-5 * i)], None) for i in (1, 2, 3)],
    ),
    "nan": (
        2,
        [],
        1,
        [(0.1, 1, [("loss", float("nan"))], None), (0.1, 2, [("loss", float("nan"))], None)],
    ),
}


def run_progbar(keras: Any, name: str) -> None:
    """Drive a Progbar by the case ``name``, with the clock in our hands."""
    target, stateful, verbose, steps = PROGBARS[name]
    now = 1000.0
    with mock.patch("time.time", side_effect=lambda: now):
        bar = keras.utils.Progbar(target, verbose=verbose, stateful_metrics=stateful)
        for elapsed, step, values, finalize in steps:
            now += elapsed
            bar.update(step, values, finalize=finalize)


def without_addresses(text: str) -> str:
    """``<... at 0x7f...>`` differs each time."""
    return re.sub(r"0x[0-9a-f]{6,}", "0x", text)


def _all(
    keras: Any, groups: dict[str, dict[str, Any]], how: Callable[[Callable[[], object]], str]
) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for group, cases in groups.items():
        found[group] = {}
        for name, show in cases.items():
            keras.utils.clear_session()
            keras.utils.set_random_seed(7)
            found[group][name] = without_addresses(how(lambda s=show: s(keras)))
    return found


def write(folder: Path) -> None:
    """Write ``texts.json``."""
    import keras

    bars = {n: {"case": PROGBARS[n]} for n in PROGBARS}
    for name, row in bars.items():
        row["pipe"] = to_pipe(lambda n=name: run_progbar(keras, n))
        row["terminal"] = to_terminal(lambda n=name: run_progbar(keras, n))
    keras.utils.clear_session()
    rows = {
        "pipe": _all(keras, text_cases.PIPE, to_pipe),
        "terminal": _all(keras, text_cases.TERMINAL, to_terminal),
        "progbar": bars,
    }
    flat = {
        f"{outer}/{inner}": value for outer, group in rows.items() for inner, value in group.items()
    }
    write_json(folder / "texts.json", flat)
