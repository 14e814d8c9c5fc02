"""What each engine costs: estimated microseconds from shapes, mode and dtype.

The model depends on the call and the ISA level only, never on the number of threads, so that the
choice of engine, and with it the bits of a result, does not either.
"""

from __future__ import annotations

import math

import numpy as np

from fastconv.signal._engines import direct, fft, overlap_add
from fastconv.signal._spec import Shape, make_spec

# Products per microsecond of the direct kernels.
_DIRECT = {
    "f32": 20000.0, "f64": 10000.0, "c64": 5000.0, "c128": 2500.0,
    "i8": 10000.0, "i16": 10000.0, "i32": 8000.0, "i64": 2000.0,
}  # fmt: skip
_EXACT = 100.0
# Microseconds of an FFT per sample and doubling of its length; calls cost a constant each.
_FFT = {"f": 0.0008, "d": 0.0012, "F": 0.0018, "D": 0.0026, "g": 0.02, "G": 0.04}
_FFT_CALL = 12.0


def working_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype in which an FFT engine computes results of `dtype`."""
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if dtype.char == "e":
        return np.dtype(np.float32)
    return dtype


def estimates(x_shape: Shape, h_shape: Shape, mode: str, dtype: np.dtype) -> dict[str, float]:
    """Estimated microseconds of each engine that can do the call."""
    spec = make_spec(x_shape, h_shape, mode)
    if direct.has_kernel(dtype):
        rate = _DIRECT[direct.kernel_suffix(dtype)]
    else:
        rate = _EXACT
    times = {"direct": 2 + spec.products / rate}
    per = _FFT[working_dtype(dtype).char]
    sizes = []
    for n, k, m, s in zip(x_shape, h_shape, spec.y_shape, spec.start):
        lo = s + k - 1
        sizes.append(fft.circular_length(n, k, lo, m))
    total = math.prod(sizes)
    times["fft"] = 3 * _FFT_CALL * spec.ndim + 3 * per * total * math.log2(total + 1)
    if spec.ndim == 1:
        a, b = sorted((x_shape[0], h_shape[0]), reverse=True)
        if overlap_add.usable((a,), (b,)):
            wanted = spec.y_shape[0]
            size = overlap_add.block_size(b, wanted, dtype.kind != "c")
            blocks = -(-wanted // (size - b + 1))
            times["overlap"] = (
                3 * _FFT_CALL + (2 * blocks + 1) * (size * per * (math.log2(size) + 4)) * 0.6
            )
    return times
