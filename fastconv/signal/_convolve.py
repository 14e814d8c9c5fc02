"""convolve and correlate: N-D, any method."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from fastconv._runtime.direct import convolve1d
from fastconv.signal import _batch
from fastconv.signal._boundary import ZERO
from fastconv.signal._fftconvolve import fftconvolve
from fastconv.signal._method import engine_for, fft_is_exact
from fastconv.signal._options import threads
from fastconv.signal._solve import by_transform, rounded, solve
from fastconv.signal._spec import (
    BAD_METHOD,
    BAD_MODE,
    MODES,
    Spec,
    check_mode,
    commuted,
    conjugate,
    make_spec,
    native,
    reverse,
    swap_needed,
)

_NO_FILL = 0  # the default, known again by identity: a look at its value would cost more
_NAN_WARNING = (
    "Use of fft convolution on input with NAN or inf results in NAN or inf output. "
    "Consider using method='direct' instead."
)


def convolve(
    in1: Any,
    in2: Any,
    mode: str = "full",
    method: str = "auto",
    *,
    axes: Any = None,
    boundary: str = "fill",
    fillvalue: Any = _NO_FILL,
    out: np.ndarray | None = None,
    workers: int | None = None,
) -> np.ndarray:
    """Convolve two N-dimensional arrays.

    Parameters
    ----------
    in1 : array_like
        First input.
    in2 : array_like
        Second input, with as many dimensions as `in1`.
    mode : {'full', 'valid', 'same'}, optional
        Which part of the convolution is returned:

        ``full``
            All of it, ``n1 + n2 - 1`` per axis (default).
        ``valid``
            What needs no zeros beyond the ends, ``abs(n1 - n2) + 1`` per axis. One input must be
            at least as large as the other along every axis.
        ``same``
            The middle of the full result, in the shape of `in1`.
    method : {'auto', 'direct', 'fft'}, optional
        ``direct``
            The sum itself: exact for integers, elementwise accurate for floats.
        ``fft``
            By Fourier transforms: fast for large inputs, accurate relative to the largest
            values; a NaN or inf spoils all of the result.
        ``auto``
            The faster of the two by estimate, never an inexact one for integers, and never one
            that spreads a NaN or inf (default).
    axes : int or iterable of int, optional
        Axes to convolve along; all by default. Along the others the shapes must be equal or 1,
        and the inputs are broadcast: a batch in one call.
    boundary : str, optional
        How `in1` goes on beyond its ends along `axes`: ``'fill'`` with `fillvalue` (default),
        ``'wrap'``, ``'symm'``, or scipy.ndimage's ``'constant'``, ``'reflect'`` (the same as
        ``'symm'``), ``'mirror'``, ``'nearest'``.
    fillvalue : scalar, optional
        Value beyond the ends with ``boundary='fill'``.
    out : ndarray, optional
        Where to put the result: of its shape and dtype.
    workers : int, optional
        Most threads to use; as `fastconv.set_num_threads` says by default.

    Returns
    -------
    ndarray
        A part of the discrete linear convolution, of dtype ``numpy.result_type(in1, in2)``.
        Integers wrap as NumPy's do.

    Raises
    ------
    ValueError
        If the inputs differ in dimensionality, do not fit `mode`, are empty where a value is
        needed, or if `mode` or `method` is unknown.

    Warns
    -----
    RuntimeWarning
        If ``method='fft'`` met a NaN or inf.

    See Also
    --------
    correlate, convolve2d, fftconvolve, oaconvolve, choose_conv_method

    Examples
    --------
    Smooth a step with a Hann window:

    >>> import numpy as np
    >>> from fastconv.signal import convolve
    >>> step = np.repeat([0.0, 1.0, 0.0], 4)
    >>> window = np.array([1.0, 2.0, 1.0])
    >>> convolve(step, window, mode='same') / window.sum()
    array([0.  , 0.  , 0.  , 0.25, 0.75, 1.  , 1.  , 0.75, 0.25, 0.  , 0.  ,
           0.  ])
    """
    plain = axes is out is workers is None and boundary == "fill" and fillvalue is _NO_FILL
    if plain and (y := convolve1d(in1, in2, mode, method, True)) is not None:
        return y
    volume, kernel = np.asarray(in1), np.asarray(in2)
    if volume.ndim == kernel.ndim == 0:
        return volume * kernel
    if volume.ndim != kernel.ndim:
        raise ValueError("volume and kernel should have the same dimensionality")
    if not plain:
        options = axes, boundary, fillvalue, out
        with threads(workers):
            return _batch.run(volume, kernel, True, mode, method, *options)
    return _convolve(volume, kernel, mode, method, reverse(kernel))


def correlate(
    in1: Any,
    in2: Any,
    mode: str = "full",
    method: str = "auto",
    *,
    axes: Any = None,
    boundary: str = "fill",
    fillvalue: Any = _NO_FILL,
    out: np.ndarray | None = None,
    workers: int | None = None,
) -> np.ndarray:
    r"""Cross-correlate two N-dimensional arrays.

    Parameters
    ----------
    in1 : array_like
        First input.
    in2 : array_like
        Second input, with as many dimensions as `in1`; complex values are conjugated.
    mode : {'full', 'valid', 'same'}, optional
        As in `convolve`.
    method : {'auto', 'direct', 'fft'}, optional
        As in `convolve`.
    axes, boundary, fillvalue, out, workers : optional
        As in `convolve`.

    Returns
    -------
    ndarray
        A part of the discrete linear cross-correlation, of dtype
        ``numpy.result_type(in1, in2)``.

    Raises
    ------
    ValueError
        As in `convolve`.

    See Also
    --------
    correlation_lags, convolve, correlate2d

    Notes
    -----
    In one dimension, with n2 the length of `in2`,

    .. math:: z_k = \sum_l x_l \, \overline{y_{l - k + n_2 - 1}}

    With ``mode='valid'`` and the larger array second, the result is that of exchanged inputs
    reversed and conjugated, as the formula says.

    Examples
    --------
    >>> import numpy as np
    >>> from fastconv.signal import correlate
    >>> correlate([0, 0, 1, 2, 1, 0], [1, 2, 1], mode='valid')
    array([1, 4, 6, 4])
    """
    plain = axes is out is workers is None and boundary == "fill" and fillvalue is _NO_FILL
    if plain and (y := convolve1d(in1, in2, mode, method, False)) is not None:
        return y
    a, b = np.asarray(in1), np.asarray(in2)
    if a.ndim == b.ndim == 0:
        return a * conjugate(b)
    if a.ndim != b.ndim:
        raise ValueError("in1 and in2 should have the same dimensionality")
    check_mode(mode)
    if not plain:
        options = axes, boundary, fillvalue, out
        with threads(workers):
            return _batch.run(a, b, False, mode, method, *options)
    if method in ("fft", "auto"):
        return _convolve(a, conjugate(reverse(b)), mode, method, conjugate(b))
    if method != "direct":
        raise ValueError(BAD_METHOD)
    swap_needed(mode, a.shape, b.shape)
    return _direct(a, b, conjugate(b), mode, np.correlate)


def _convolve(
    volume: np.ndarray, kernel: np.ndarray, mode: Any, method: Any, taps: np.ndarray
) -> np.ndarray:
    """Convolution of checked arrays; `taps` are `kernel` in the order of a sliding dot product."""
    swapped = swap_needed(mode, volume.shape, kernel.shape)
    engine = method
    if method == "auto":
        engine = _auto(volume, kernel, mode)
    if engine == "direct":
        if swapped:
            volume, kernel, taps = kernel, volume, reverse(volume)
        return _direct(volume, kernel, taps, mode, np.convolve, method != "direct")
    if method not in ("fft", "auto"):
        raise ValueError(BAD_METHOD)
    if volume.size == 0 or kernel.size == 0:
        raise ValueError(f"{_empty_name(volume)} cannot be empty with method='fft'")
    dtype = native(np.result_type(volume, kernel))
    spec = make_spec(volume.shape, kernel.shape, _lower_mode(mode))
    if method == "auto":
        spec, volume, taps = _larger_first(spec, volume, taps, mode)
        return solve(spec, volume, taps, dtype, method="auto")
    if dtype.kind == "O":
        y = fftconvolve(volume, kernel, mode)
    else:
        y = by_transform(spec, volume, taps, dtype, ZERO, spread=True)
    if not np.isfinite(y.flat[0]):
        warnings.warn(_NAN_WARNING, RuntimeWarning, stacklevel=3)
    return rounded(y, dtype)


def _larger_first(
    spec: Spec, volume: np.ndarray, taps: np.ndarray, mode: str
) -> tuple[Spec, np.ndarray, np.ndarray]:
    """In N-D the larger input is the one that is padded: which NaN meets zeros depends on that."""
    larger = taps.size > volume.size if mode == "full" else mode == "valid" and min(spec.start) < 0
    if volume.ndim > 1 and larger:
        return commuted(spec), reverse(taps), reverse(volume)
    return spec, volume, taps


def _lower_mode(mode: Any) -> str:
    """`mode`, or SciPy's complaint of the FFT path."""
    if not (isinstance(mode, str) and mode in MODES):
        raise ValueError("acceptable mode flags are 'valid', 'same', or 'full'")
    return mode


def _empty_name(first: np.ndarray) -> str:
    return "in1" if first.size == 0 else "in2"


def _auto(volume: np.ndarray, kernel: np.ndarray, mode: Any) -> str:
    """Engine for method='auto', after the checks that SciPy makes while it chooses."""
    kinds = volume.dtype.kind + kernel.dtype.kind
    if ("i" in kinds or "u" in kinds) and (volume.size == 0 or kernel.size == 0):
        raise ValueError(f"{_empty_name(volume)} cannot be empty")
    numeric = all(kind in "buifc" for kind in kinds)
    if kinds == "bb" or not numeric:
        return "direct"
    if not (isinstance(mode, str) and mode in MODES):
        raise ValueError(f"{BAD_MODE[:-1]}, not mode={mode}")
    if volume.size == 0 or kernel.size == 0:
        return "direct"
    dtype = native(np.result_type(volume, kernel))
    engine = engine_for(make_spec(volume.shape, kernel.shape, mode), dtype)
    return "direct" if engine != "direct" and not fft_is_exact(volume, kernel) else engine


def _direct(
    volume: np.ndarray,
    kernel: np.ndarray,
    taps: np.ndarray,
    mode: Any,
    numpy_function: Any,
    separate: bool = False,
) -> np.ndarray:
    """The direct sum. `numpy_function` does what SciPy lets NumPy do for rare dtypes in 1-D."""
    check_mode(mode)
    # Where SciPy calls NumPy, sizes of zero are refused by name; elsewhere arithmetic decides.
    by_numpy = volume.ndim == 1 and (mode != "same" or volume.size >= kernel.size)
    if volume.size == 0 or kernel.size == 0:
        _check_empty(volume, kernel, mode, by_numpy)
    if by_numpy and (volume.dtype.kind not in "biufc" or kernel.dtype.kind not in "biufc"):
        return numpy_function(volume, kernel, mode)
    dtype = native(np.result_type(volume, kernel))
    spec = make_spec(volume.shape, taps.shape, mode)
    if dtype.kind not in "biufcO":
        raise ValueError(f"Unsupported type: in1 and in2 make a result of dtype {dtype}")
    spec, volume, taps = _larger_first(spec, volume, taps, mode)
    return solve(spec, volume, taps, dtype, method=None if separate else "direct")


def _check_empty(volume: np.ndarray, kernel: np.ndarray, mode: str, by_numpy: bool) -> None:
    if by_numpy:
        raise ValueError(f"{'a' if volume.size == 0 else 'v'} cannot be empty")
    if mode == "valid":
        return
    swap = mode == "full" and kernel.size > volume.size
    pairs = zip(kernel.shape, volume.shape) if swap else zip(volume.shape, kernel.shape)
    # SciPy pads to n + k - 1: no room for n samples if k is 0, except for one, which is dropped
    if any(k == 0 and n != 1 for n, k in pairs):
        raise ValueError(f"{_empty_name(volume)} cannot be empty with mode={mode!r}")
