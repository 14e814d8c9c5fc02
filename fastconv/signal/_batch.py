"""convolve and correlate with options: along some axes, with a border, into an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastconv.signal._boundary import ZERO
from fastconv.signal._options import (
    checked_axes,
    checked_border,
    checked_out,
    delivered,
    workable,
)
from fastconv.signal._solve import solve
from fastconv.signal._spec import (
    BAD_METHOD,
    Spec,
    check_mode,
    conjugate,
    native,
    swap_needed,
    window,
)


def run(
    x: np.ndarray,
    kernel: np.ndarray,
    flip: bool,
    mode: Any,
    method: Any,
    axes: Any,
    boundary: Any,
    fillvalue: Any,
    out: np.ndarray | None,
) -> np.ndarray:
    """Convolution (`flip`) or correlation along `axes`, broadcast along the others."""
    check_mode(mode)
    if method not in ("auto", "direct", "fft"):
        raise ValueError(BAD_METHOD)
    along = checked_axes(axes, x.ndim)
    taps = np.flip(kernel, tuple(along)) if flip else conjugate(kernel)
    for axis, (n, k) in enumerate(zip(x.shape, taps.shape)):
        if axis not in along and n != k and n != 1 and k != 1:
            raise ValueError(f"incompatible shapes for in1 and in2: {x.shape} and {kernel.shape}")
    if x.size == 0 or kernel.size == 0:
        raise ValueError(f"{'in1' if x.size == 0 else 'in2'} cannot be empty")
    swap_needed(mode, x.shape, taps.shape, along)
    dtype = native(np.result_type(x, taps))
    if dtype.kind not in "biufcO":
        raise ValueError(f"Unsupported type: in1 and in2 make a result of dtype {dtype}")
    border = ZERO if mode == "valid" else checked_border(boundary, fillvalue, dtype)
    batch = [axis for axis in range(x.ndim) if axis not in along and taps.shape[axis] > 1]
    sized = [
        window(n, k, mode) if axis in along else (max(n, k), 0)
        for axis, (n, k) in enumerate(zip(x.shape, taps.shape))
    ]
    shape = tuple(m for m, _ in sized)
    if out is not None:
        checked_out(out, shape, dtype)
    if not batch:
        spec = Spec(x.shape, taps.shape, shape, tuple(s for _, s in sized))
        y = solve(spec, x, taps, dtype, border, method, workable(out, x, kernel))
        return delivered(y, out)
    # Different taps for different places of the batch: one sum for each of them.
    target = workable(out, x, kernel)
    y = np.empty(shape, dtype) if target is None else target
    for place in np.ndindex(*(taps.shape[axis] for axis in batch)):
        at = [slice(None)] * x.ndim
        seen = [slice(None)] * x.ndim
        for axis, i in zip(batch, place):
            at[axis] = slice(i, i + 1)
            seen[axis] = at[axis] if x.shape[axis] > 1 else slice(None)
        part, h = x[tuple(seen)], taps[tuple(at)]
        spec = Spec(
            part.shape,
            h.shape,
            tuple(1 if axis in batch else m for axis, m in enumerate(shape)),
            tuple(s for _, s in sized),
        )
        y[tuple(at)] = solve(spec, part, h, dtype, border, method)
    return delivered(y, out)
