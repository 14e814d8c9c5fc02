"""fftconvolve and oaconvolve: convolution by transforms, along chosen axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv.signal._cost import working_dtype
from fastconv.signal._engines import direct, transform
from fastconv.signal._method import engine_for
from fastconv.signal._options import checked_axes
from fastconv.signal._spec import MODES, make_spec, native, reverse, swap_needed, window

_BAD_MODE = "acceptable mode flags are 'valid', 'same', or 'full'"


def _transformed(a: np.ndarray, b: np.ndarray, mode: Any, axes: Sequence[int]) -> np.ndarray:
    """Convolution along `axes`, broadcast along the others, cut as `mode` says.

    Axes along which one side has length 1 are broadcast: a product along them is the convolution.
    """
    if not axes:
        _check(mode)
        return _cut_broadcast(a * b, a.shape, axes, mode)
    dtype = native(np.result_type(*(_float_dtype(c) for c in (a, b))))
    a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
    _check(mode)
    lo, length = [], []
    for axis in axes:
        m, start = window(a.shape[axis], b.shape[axis], mode)
        lo.append(start + b.shape[axis] - 1)
        length.append(m)
    if len(axes) == a.ndim and direct.has_kernel(dtype):
        spec = make_spec(a.shape, b.shape, mode)
        if engine_for(spec, dtype) == "direct":
            # Faster and more accurate; but a NaN must spread as it does in a transform.
            y = direct.run(spec, a, reverse(b), dtype, separate=True)
            if np.isfinite(y).all():
                return y
    if mode == "same":
        a, b = _keep_middle(a, b, axes)
    return transform.convolve(a, b, axes, lo, length, spread=True)


def _check(mode: Any) -> None:
    if not (isinstance(mode, str) and mode in MODES):
        raise ValueError(_BAD_MODE)


def _float_dtype(a: np.ndarray) -> np.dtype:
    """The floating dtype `a` is transformed in; objects must convert to float64."""
    if a.dtype.kind in "fcbiu":
        return native(working_dtype(a.dtype))
    return np.dtype(np.float64)


def _cut_broadcast(
    y: np.ndarray, shape: Sequence[int], axes: Sequence[int], mode: str
) -> np.ndarray:
    if mode == "same":
        at = tuple(slice((m - n) // 2, (m - n) // 2 + n) for m, n in zip(y.shape, shape))
        return y[at].copy()
    return y


def _keep_middle(
    a: np.ndarray, b: np.ndarray, axes: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """'same' cuts broadcast axes to the shape of in1 too: leave the rest out beforehand."""
    at = [slice(None)] * a.ndim
    for axis in range(a.ndim):
        extra = b.shape[axis] - a.shape[axis]
        if axis not in axes and a.shape[axis] == 1 and extra > 0:
            at[axis] = slice(extra // 2, extra // 2 + 1)
    return a, b[tuple(at)]


def _along_axes(in1: Any, in2: Any, mode: Any, axes: Any) -> np.ndarray:
    a, b = np.asarray(in1), np.asarray(in2)
    if a.ndim == b.ndim == 0:
        return a * b
    if a.ndim != b.ndim:
        raise ValueError("in1 and in2 should have the same dimensionality")
    if a.size == 0 or b.size == 0:
        return np.array([])
    live = sorted(i for i in checked_axes(axes, a.ndim) if a.shape[i] != 1 and b.shape[i] != 1)
    for n, k in (pair for i, pair in enumerate(zip(a.shape, b.shape)) if i not in live):
        if n != k and n != 1 and k != 1:
            raise ValueError(f"incompatible shapes for in1 and in2: {a.shape} and {b.shape}")
    if swap_needed(mode, a.shape, b.shape, live):
        a, b = b, a
    return _transformed(a, b, mode, live)


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> np.ndarray:
    """Convolve two N-dimensional arrays by the fast Fourier transform.

    Parameters
    ----------
    in1 : array_like
        First input.
    in2 : array_like
        Second input, with as many dimensions as `in1`.
    mode : {'full', 'valid', 'same'}, optional
        As in `convolve`.
    axes : int or iterable of int, optional
        Axes to convolve along, all by default. Along the others the shapes must be equal or 1,
        and the inputs are broadcast.

    Returns
    -------
    ndarray
        The convolution in floating point: float32 and complex64 stay what they are, float16
        gives float32, integers and booleans give float64.

    Raises
    ------
    ValueError
        If the inputs differ in dimensionality, do not fit `mode` or cannot be broadcast, or if
        `mode` or `axes` is not one of the above.

    See Also
    --------
    convolve, oaconvolve

    Notes
    -----
    Where the direct sum is faster it is taken; it is the more accurate one. A NaN or inf spreads
    over the result in either case. If either input is empty the result is an empty float64 array.
    Along an axis where an input has length 1 nothing is transformed; if that is so for every axis,
    the result is the plain product and keeps its dtype.

    Examples
    --------
    The autocorrelation of white noise is an impulse:

    >>> import numpy as np
    >>> from fastconv.signal import fftconvolve
    >>> noise = np.random.default_rng(0).standard_normal(1000)
    >>> auto = fftconvolve(noise, noise[::-1], mode='full')
    >>> int(np.argmax(auto))
    999
    """
    return _along_axes(in1, in2, mode, axes)


def oaconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> np.ndarray:
    """Convolve two N-dimensional arrays by transforms of overlapping blocks.

    Meant for one long and one short input. `fftconvolve` uses the same engines, so the two
    differ in name only; both exist because SciPy has both.

    Parameters
    ----------
    in1 : array_like
        First input.
    in2 : array_like
        Second input, with as many dimensions as `in1`.
    mode : {'full', 'valid', 'same'}, optional
        As in `convolve`.
    axes : int or iterable of int, optional
        As in `fftconvolve`.

    Returns
    -------
    ndarray
        As `fftconvolve`.

    Raises
    ------
    ValueError
        As `fftconvolve`.

    See Also
    --------
    convolve, fftconvolve

    Examples
    --------
    >>> import numpy as np
    >>> from fastconv.signal import oaconvolve
    >>> signal = np.sin(np.arange(10_000) / 50)
    >>> smooth = oaconvolve(signal, np.ones(101) / 101, mode='same')
    >>> smooth.shape
    (10000,)
    """
    return _along_axes(in1, in2, mode, axes)
