"""Keyword-only options beyond SciPy's arguments: checked here, once, for every function."""

from __future__ import annotations

import contextlib
import numbers
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastconv._runtime import limit_threads
from fastconv.signal import _fftlib
from fastconv.signal._boundary import BOUNDARIES, Border
from fastconv.signal._spec import Shape


def checked_border(boundary: Any, fillvalue: Any, dtype: np.dtype) -> Border:
    """The border of these options, with its value in the result's dtype."""
    if not isinstance(boundary, str) or boundary not in BOUNDARIES:
        hash(boundary)
        raise ValueError(
            f"boundary: expected one of {', '.join(sorted(BOUNDARIES))}, received {boundary!r}"
        )
    border = Border(boundary)
    return Border("fill", cast_fill(fillvalue, dtype)) if border.fills else border


def cast_fill(value: Any, dtype: np.dtype) -> Any:
    """`fillvalue` in the result's dtype: directly, or by way of complex into a complex dtype."""
    if type(value) is int and value == 0:
        return 0
    try:
        if isinstance(value, np.ndarray):
            fill = value.astype(dtype, casting="safe")
        else:
            fill = np.array(value, dtype)
    except (TypeError, ValueError, OverflowError):
        if isinstance(value, np.ndarray):
            wide = value.astype(complex, casting="safe")
        else:
            wide = np.array(value, complex)
        if not np.can_cast(complex, dtype, "safe"):
            raise ValueError(
                "could not cast `fillvalue` directly to the output type "
                "(it was first converted to complex)."
            ) from None
        fill = wide.astype(dtype)
    if fill.size == 0:
        raise ValueError("`fillvalue` cannot be an empty array.")
    if fill.size != 1:
        raise ValueError("`fillvalue` must be scalar or an array with one element.")
    return fill.reshape(())[()]


def checked_axes(axes: Any, ndim: int) -> list[int]:
    """`axes` of the caller as a list of numbers 0..ndim-1."""
    if axes is None:
        return list(range(ndim))
    wanted: Any = (axes,) if isinstance(axes, numbers.Number) else axes
    try:
        found = [operator.index(axis) for axis in wanted]
    except TypeError:
        raise ValueError("axes must be a scalar or iterable of integers") from None
    found = [axis + ndim if axis < 0 else axis for axis in found]
    if any(axis < 0 or axis >= ndim for axis in found):
        raise ValueError("axes exceeds dimensionality of input")
    if len(set(found)) != len(found):
        raise ValueError("all axes must be unique")
    if not found:
        raise ValueError("when provided, axes cannot be empty")
    return found


def checked_out(out: Any, shape: Shape, dtype: np.dtype) -> None:
    """Refuse an `out` that cannot take the result."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out: expected an ndarray, received {type(out).__name__}")
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(
            f"out: expected shape {shape} and dtype {dtype}, "
            f"received shape {out.shape} and dtype {out.dtype}"
        )
    if not out.flags.writeable:
        raise ValueError("out: expected a writable array, received a read-only one")


def workable(out: np.ndarray | None, *inputs: np.ndarray) -> np.ndarray | None:
    """`out` itself if a result can be computed straight into it, else None."""
    if out is None or not (out.flags.c_contiguous and out.flags.aligned and out.dtype.isnative):
        return None
    return None if any(np.may_share_memory(out, a) for a in inputs) else out


def delivered(y: np.ndarray, out: np.ndarray | None) -> np.ndarray:
    """The result where the caller wants it."""
    if out is None or y is out:
        return y
    out[...] = y
    return out


@contextlib.contextmanager
def threads(workers: Any) -> Iterator[None]:
    """At most `workers` threads for the calls inside; None: as `fastconv.set_num_threads` says."""
    if workers is None:
        yield
        return
    if isinstance(workers, bool) or not hasattr(workers, "__index__"):
        raise TypeError(f"workers: expected an integer or None, received {workers!r}")
    if workers < 1:
        raise ValueError(f"workers: expected at least 1, received {workers}")
    with limit_threads(int(workers)), _fftlib.limited(int(workers)):
        yield
