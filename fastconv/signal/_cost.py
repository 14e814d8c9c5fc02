"""What things cost, in microseconds: the constants of this ISA level and the formulas over them.

The model depends on the call, the ISA level and a calibration only, never on the number of
threads, so that the choice of engine, and with it the bits of a result, does not either.
"""

from __future__ import annotations

import math

import numpy as np

# Products per microsecond of the direct kernels.
_DIRECT = {
    "f32": 20000.0, "f64": 10000.0, "c64": 5000.0, "c128": 2500.0,
    "i8": 10000.0, "i16": 10000.0, "i32": 8000.0, "i64": 2000.0,
}  # fmt: skip
_EXACT = 100.0
# Microseconds of an FFT per sample and doubling of its length; calls cost a constant each.
_FFT = {"f": 0.0008, "d": 0.0012, "F": 0.0018, "D": 0.0026, "g": 0.02, "G": 0.04}
_FFT_CALL = 12.0


def direct_us(products: float, suffix: str | None) -> float:
    """A direct sum of so many products; `suffix` of the kernel, None for NumPy's arithmetic."""
    return 2 + products / (_EXACT if suffix is None else _DIRECT[suffix])


def fft_us(samples: float, length: float, work: np.dtype, calls: int = 1) -> float:
    """Transforms of so many samples in all, in lines of a length."""
    return calls * _FFT_CALL + _FFT[work.char] * samples * math.log2(length + 1)


def working_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype in which a transform computes results of `dtype`."""
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if dtype.char == "e":
        return np.dtype(np.float32)
    return dtype
