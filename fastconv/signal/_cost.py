"""What things cost, in microseconds: the constants in force and the formulas over them.

The model depends on the call, the ISA level and a calibration only, never on the number of
threads, so that the choice of engine, and with it the bits of a result, does not either.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv._config import calibration_file
from fastconv.signal._spec import Spec

Constants = dict[str, Any]

# Shipped constants: fitted to 320 random convolutions timed on one and on two AVX2 cores
# (bench/regret.py), as a compromise between both counts.
#   direct: products per microsecond, by kernel suffix; "exact" is NumPy's arithmetic.
#   direct_call: microseconds of one call; direct_output: what an output costs beside its
#   products, in products.
#   fft: nanoseconds per real number and doubling of the length, by dtype, lines side by side;
#   fft_alone: how much slower a few lines are than many; fft_call: microseconds of one call;
#   fft_group: microseconds of one group of blocks in Python.
SHIPPED: Constants = {
    "direct": {
        "f32": 40000.0, "f64": 20600.0, "c64": 11000.0, "c128": 5200.0,
        "i8": 32000.0, "i16": 60000.0, "i32": 34000.0, "i64": 6500.0, "exact": 90.0,
    },
    "direct_call": 20.0,
    "direct_output": 3.0,
    "fft": {"f": 0.23, "d": 0.37, "F": 0.22, "D": 0.36, "g": 4.6, "G": 4.6},
    "fft_alone": 1.65,
    "fft_call": 11.0,
    "fft_group": 34.0,
}  # fmt: skip

# The kernels' rates at the other levels go with the width of a vector and the products that a core
# completes per cycle: v2 has half the width and no fused multiply-add, v4 twice the width but half
# the vectors per cycle on many CPUs. scipy.fft is the same at every level.
LEVELS = {"x86_64_v2": 0.4, "x86_64_v3": 1.0, "x86_64_v4": 1.5, "aarch64": 0.5, "generic": 0.25}


@functools.cache
def constants() -> Constants:
    """The constants in force: this machine's calibration for the ISA level, else the shipped."""
    try:
        stored = json.loads(calibration_file(_kernels.isa).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = None
    if stored is not None and _sound(stored):
        return stored
    return shipped()


def shipped() -> Constants:
    """The constants that come with the package, for the ISA level in force."""
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


def direct_us(
    spec: Spec, suffix: str | None, zero: bool = True, c: Constants | None = None
) -> float:
    """A direct sum; `suffix` of the kernel, None for NumPy's arithmetic.

    `zero`: the border is made of zeros, and taps that meet only those are left out.
    """
    c = c or constants()
    products = spec.met_products if zero else spec.products
    work = products + c["direct_output"] * math.prod(spec.y_shape)
    return c["direct_call"] + work / c["direct"][suffix or "exact"]


def separable_us(spec: Spec, suffix: str) -> float:
    """A column pass and a row pass: each costs as much as a sum of nearly twice its products."""
    c = constants()
    work = 1.8 * math.prod(spec.y_shape) * sum(spec.h_shape)
    return c["direct_call"] + work / c["direct"][suffix]


Pass = tuple[int, int]  # real numbers in all, length of a line


def fft_us(passes: Iterable[Pass], work: np.dtype, c: Constants | None = None) -> float:
    """Transforms along one axis each, of lines side by side."""
    c = c or constants()
    us = 0.0
    for samples, length in passes:
        each = c["fft"][work.char] * (math.log2(length + 1) + 3)
        if samples < 4 * length * (2 if work.kind == "c" else 1):
            each *= c["fft_alone"]
        us += c["fft_call"] + each * samples / 1000
    return us


def working_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype in which a transform computes results of `dtype`."""
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if dtype.char == "e":
        return np.dtype(np.float32)
    return dtype
