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
from fastconv.signal import _cost, _method
from fastconv.signal._boundary import ZERO
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
    found: dict[str, Any] = {"direct": {}, "fft": {}}
    steps = [*_DTYPES, "exact", "f", "d", "F", "D", "g", "G", "calls"]
    with threads(1):
        for i, name in enumerate(steps):
            say(i / len(steps), name)
            if name in _DTYPES:
                found["direct"][name] = _direct_rate(_DTYPES[name])
            elif name == "exact":
                found["direct"][name] = _exact_rate()
            elif name == "calls":
                found["fft_call"] = _fft_call()
                found["fft_alone"] = _fft_ratio((1, 16384), (32, 512))
                found["fft_far"] = max(1.0, _fft_ratio((256, 8192), (32, 1024)))
            else:
                found["fft"][name] = 1000 * _per_sample((32, 1024), name)
    say(1.0, "done")
    _store(found)
    _cost.constants.cache_clear()
    for cached in (_method.engine_for, transform.choose, overlap_add.block_sizes):
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


def _direct_rate(char: str) -> float:
    """Products per microsecond: the geometric mean of a line's and an image's."""
    rates = []
    for shape, taps in (((8192,), (63,)), ((128, 128), (7, 7))):
        x, h = np.ones(shape, char), np.ones(taps, char)
        spec = make_spec(shape, taps, "same")
        took = _best_us(functools.partial(direct.run, spec, x, h, x.dtype))
        rates.append(spec.products / took)
    return math.sqrt(math.prod(rates))


def _exact_rate() -> float:
    spec = make_spec((20_000,), (15,), "same")
    x, h = np.ones(20_000, "g"), np.ones(15, "g")
    return spec.products / _best_us(lambda: exact.run(spec, x, h, x.dtype, ZERO))


def _transform(x: np.ndarray) -> np.ndarray:
    return fft.forward(x, (1,), (x.shape[1],), x.dtype.kind == "f")


def _per_sample(shape: tuple[int, int], char: str = "d") -> float:
    """Microseconds per sample and doubling of the length."""
    x = np.ones(shape, char)
    return _best_us(lambda: _transform(x)) / (x.size * math.log2(shape[1] + 1))


def _fft_call() -> float:
    x = np.ones((1, 16))
    return _best_us(lambda: _transform(x))


def _fft_ratio(slow: tuple[int, int], fast: tuple[int, int]) -> float:
    return _per_sample(slow) / _per_sample(fast)
