"""What things cost, in microseconds: the constants in force and the formulas over them.

The model depends on the call, the ISA level and a calibration only, never on the number of
threads, so that the choice of engine, and with it the bits of a result, does not either.
"""

from __future__ import annotations

import functools
import json
import math
from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv._config import calibration_file

# Shipped constants, of the AVX2 build on an EPYC core; other levels by a factor.
#   direct: products per microsecond, by kernel suffix; "exact" is NumPy's arithmetic.
#   fft: nanoseconds per sample and doubling of the length, lines side by side, in cache.
#   fft_call: microseconds of one call; fft_alone, fft_far: how much slower a line is alone, and
#   beyond the caches.
SHIPPED: dict[str, Any] = {
    "direct": {
        "f32": 40000.0, "f64": 21000.0, "c64": 10500.0, "c128": 5200.0,
        "i8": 32000.0, "i16": 60000.0, "i32": 34000.0, "i64": 6500.0, "exact": 200.0,
    },
    "fft": {"f": 0.16, "d": 0.27, "F": 0.33, "D": 0.60, "g": 10.0, "G": 20.0},
    "fft_call": 6.0,
    "fft_alone": 2.2,
    "fft_far": 2.0,
}  # fmt: skip
LEVELS = {"x86_64_v2": 0.47, "x86_64_v3": 1.0, "x86_64_v4": 1.5, "aarch64": 0.5, "generic": 0.25}

_CALL_US = 2.0
_FAR_BYTES = 1 << 20


@functools.cache
def constants() -> dict[str, Any]:
    """The constants in force: this machine's calibration for the ISA level, else the shipped."""
    try:
        stored = json.loads(calibration_file(_kernels.isa).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = None
    if stored is not None and _sound(stored):
        return stored
    factor = LEVELS[_kernels.isa]
    direct = {name: rate * factor for name, rate in SHIPPED["direct"].items() if name != "exact"}
    return {**SHIPPED, "direct": {**direct, "exact": SHIPPED["direct"]["exact"]}}


def _sound(stored: Any) -> bool:
    """Whether a calibration file has every constant, as a positive number."""
    if not isinstance(stored, dict):
        return False
    for key, value in SHIPPED.items():
        have = stored.get(key)
        numbers = [have] if not isinstance(value, dict) else [
            have.get(name) if isinstance(have, dict) else None for name in value
        ]  # fmt: skip
        if not all(isinstance(n, (int, float)) and 0 < n < 1e9 for n in numbers):
            return False
    return True


def direct_us(products: float, suffix: str | None) -> float:
    """A direct sum of so many products; `suffix` of the kernel, None for NumPy's arithmetic."""
    return _CALL_US + products / constants()["direct"][suffix or "exact"]


def fft_us(
    samples: float, length: float, work: np.dtype, calls: int, alone: bool, far: bool
) -> float:
    """Transforms of so many samples in all, in lines of a length.

    `alone`: one line at a time; `far`: the lines of one call do not fit the inner caches.
    """
    c = constants()
    each = c["fft"][work.char] * math.log2(length + 1) / 1000
    if alone:
        each *= c["fft_alone"]
    if far:
        each *= c["fft_far"]
    return calls * c["fft_call"] + each * samples


def is_far(samples: float, work: np.dtype) -> bool:
    """Whether so many samples and their spectrum are too much for the inner caches."""
    return 2 * samples * work.itemsize > _FAR_BYTES


def working_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype in which a transform computes results of `dtype`."""
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if dtype.char == "e":
        return np.dtype(np.float32)
    return dtype
