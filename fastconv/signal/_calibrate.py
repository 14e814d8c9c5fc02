"""calibrate: measure this machine's constants of the cost model and keep them."""

from __future__ import annotations

import functools
import json
import math
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv._config import calibration_file
from fastconv._runtime.recycle import recycled
from fastconv.signal import _cost, _method
from fastconv.signal._engines import direct, exact, fft, overlap_add, transform
from fastconv.signal._options import threads
from fastconv.signal._spec import make_spec

_DTYPES = {
    "f32": "f", "f64": "d", "c64": "F", "c128": "D", "i8": "b", "i16": "h", "i32": "i", "i64": "l",
}  # fmt: skip


def calibrate(*, verbose: bool = True) -> dict[str, Any]:
    """Measure what direct sums and transforms cost here, for better choices of method.

    Takes a few seconds, on one thread: the choice between engines must not depend on the number
    of threads. The constants are kept in the user's cache folder (``$XDG_CACHE_HOME`` or
    ``~/.cache``, in ``fastconv``), one file for each ISA level, and are in force at once and in
    later processes; delete the file to go back to the shipped ones. `show_config` names it.

    Parameters
    ----------
    verbose : bool, optional
        Show progress on stderr (default).

    Returns
    -------
    dict
        The constants.

    Raises
    ------
    OSError
        If the file cannot be written.

    See Also
    --------
    choose_conv_method

    Examples
    --------
    >>> import fastconv
    >>> constants = fastconv.calibrate(verbose=False)    # doctest: +SKIP
    """
    say = _progress if verbose else (lambda done, name: None)
    shipped = _cost.shipped()
    found: dict[str, Any] = {**shipped, "direct": {}, "fft": {}}
    steps = [*_DTYPES, "exact", *"fdFDgG", "alone", "calls"]
    with threads(1):
        for i, name in enumerate(steps):
            say(i / len(steps), name)
            if name in _DTYPES or name == "exact":
                found["direct"][name] = shipped["direct"][name] / _direct_ratio(name)
            elif name == "alone":
                ratio = _fft_ratio((16384,), (2000,), "d")
                found["fft_alone"] = max(1.0, shipped["fft_alone"] * ratio)
            elif name == "calls":
                ratio = _fft_ratio((16,), (16,), "d")
                for key in ("fft_call", "fft_group", "direct_call"):
                    found[key] = shipped[key] * ratio
            else:
                found["fft"][name] = shipped["fft"][name] * _fft_ratio((200, 200), (40, 40), name)
    say(1.0, "done")
    _store(found)
    _cost.constants.cache_clear()
    for cached in (_method.estimates, transform.options, overlap_add.block_sizes):
        cached.cache_clear()
    return found


def _progress(done: float, name: str) -> None:
    end = "\n" if done == 1 else ""
    bar = "#" * round(30 * done)
    print(f"\rcalibrate [{bar:30s}] {name:8s}", end=end, file=sys.stderr, flush=True)


def _store(found: dict[str, Any]) -> None:
    """Write the file whole or not at all."""
    path = calibration_file(_kernels.isa)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        part.write_text(json.dumps(found, indent=1), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _best_us(call: Callable[[], Any], seconds: float = 0.05) -> float:
    """Least time of a call among as many as fit, three at least."""
    call()
    best, spent, runs = math.inf, 0.0, 0
    while runs < 3 or spent < seconds:
        start = time.perf_counter()
        call()
        took = time.perf_counter() - start
        best, spent, runs = min(best, took), spent + took, runs + 1
    return 1e6 * best


def _direct_ratio(name: str) -> float:
    """Time of direct sums over what is predicted: geometric mean of a line's and an image's."""
    ratios = []
    run: Callable[..., Any] = direct.run
    suffix: str | None = name
    char = _DTYPES.get(name, "g")
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        ((16384,), (127,)), ((256, 256), (7, 7))
    ]  # fmt: skip
    if name == "exact":
        run, suffix, shapes = exact.run, None, [((20_000,), (15,))]
    for shape, taps in shapes:
        x, h = np.ones(shape, char), np.ones(taps, char)
        spec = make_spec(shape, taps, "same")
        took = _best_us(functools.partial(run, spec, x, h, x.dtype))
        ratios.append(took / _cost.direct_us(spec, suffix, c=_cost.shipped()))
    return math.prod(ratios) ** (1 / len(ratios))


def _fft_ratio(shape: tuple[int, ...], taps: tuple[int, ...], char: str) -> float:
    """Time of a whole transform over what is predicted."""
    x, h = np.ones(shape, char), np.ones(taps, char)
    axes, lo = tuple(range(x.ndim)), (0,) * x.ndim
    length = make_spec(shape, taps, "full").y_shape

    def call() -> np.ndarray:
        with recycled():
            return fft.run(x, h, axes, lo, length)

    sizes = fft.good_sizes(shape, taps, axes, lo, length, x.dtype)
    passes = fft.run_passes(shape, taps, length, axes, sizes, x.dtype.kind != "c")
    return _best_us(call) / _cost.fft_us(passes, x.dtype, _cost.shipped())
