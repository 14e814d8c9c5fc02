"""convolve2d and correlate2d: images with a choice of borders."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastconv._runtime.direct import filter2d
from fastconv.signal._boundary import BOUNDARIES, ZERO, Border
from fastconv.signal._engines import direct, exact
from fastconv.signal._spec import check_mode, conjugate, make_spec, native, reverse, swap_needed

_BAD_BOUNDARY = (
    "Acceptable boundary flags are 'fill', 'circular' (or 'wrap'), and 'symmetric' (or 'symm')."
)
_BAD_FILL = (
    "could not cast `fillvalue` directly to the output type (it was first converted to complex)."
)


def convolve2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0
) -> np.ndarray:
    """Convolve two 2-dimensional arrays, with a choice of border.

    Parameters
    ----------
    in1 : array_like
        First input; the border continues this one.
    in2 : array_like
        Second input.
    mode : {'full', 'valid', 'same'}, optional
        As in `convolve`.
    boundary : {'fill', 'wrap', 'symm'}, optional
        What stands beyond the edges of `in1`:

        ``fill`` (or ``pad``)
            `fillvalue` (default).
        ``wrap`` (or ``circular``)
            The opposite edge.
        ``symm`` (or ``symmetric``)
            The mirror image, edge samples repeated.
    fillvalue : scalar, optional
        Value for ``boundary='fill'``, cast to the dtype of the result. Default 0.

    Returns
    -------
    ndarray
        Of dtype ``numpy.result_type(in1, in2)``; integers wrap.

    Raises
    ------
    ValueError
        If an input is not 2-D, the inputs do not fit `mode`, `fillvalue` cannot be cast, or
        `mode` or `boundary` is unknown.

    See Also
    --------
    correlate2d, convolve

    Examples
    --------
    Edges of an image by Sobel's operator, as one complex kernel:

    >>> import numpy as np
    >>> from fastconv.signal import convolve2d
    >>> sobel = np.array([[-1 - 1j, -2j, 1 - 1j], [-2, 0, 2], [-1 + 1j, 2j, 1 + 1j]])
    >>> image = np.zeros((5, 5))
    >>> image[:, 3:] = 1
    >>> np.abs(convolve2d(image, sobel, mode='same', boundary='symm'))[0]
    array([0., 0., 4., 4., 0.])
    """
    if (y := filter2d(in1, in2, mode, boundary, fillvalue, True, True)) is not None:
        return y
    a, b = np.asarray(in1), np.asarray(in2)
    if not a.ndim == b.ndim == 2:
        raise ValueError("convolve2d inputs must both be 2-D arrays")
    if swap_needed(mode, a.shape, b.shape):
        a, b = b, a
    return _filter(a, reverse(b), mode, boundary, fillvalue, False)


def correlate2d(
    in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0
) -> np.ndarray:
    """Cross-correlate two 2-dimensional arrays, with a choice of border.

    Parameters
    ----------
    in1 : array_like
        First input; the border continues this one.
    in2 : array_like
        Second input; complex values are conjugated.
    mode : {'full', 'valid', 'same'}, optional
        As in `convolve`. For a kernel of even size, ``same`` begins one sample later than
        `correlate` does.
    boundary : {'fill', 'wrap', 'symm'}, optional
        As in `convolve2d`.
    fillvalue : scalar, optional
        As in `convolve2d`.

    Returns
    -------
    ndarray
        Of dtype ``numpy.result_type(in1, in2)``; integers wrap.

    Raises
    ------
    ValueError
        As `convolve2d`.

    See Also
    --------
    convolve2d, correlate

    Examples
    --------
    Where does a template stand in an image?

    >>> import numpy as np
    >>> from fastconv.signal import correlate2d
    >>> image = np.random.default_rng(1).standard_normal((40, 50))
    >>> template = image[20:27, 30:37]
    >>> match = correlate2d(image - image.mean(), template - template.mean(), mode='same')
    >>> row, column = np.unravel_index(np.argmax(match), match.shape)
    >>> int(row), int(column)
    (23, 33)
    """
    if (y := filter2d(in1, in2, mode, boundary, fillvalue, False, True)) is not None:
        return y
    a, b = np.asarray(in1), np.asarray(in2)
    if not a.ndim == b.ndim == 2:
        raise ValueError("correlate2d inputs must both be 2-D arrays")
    if swap_needed(mode, a.shape, b.shape):
        # SciPy conjugates the second array after the exchange, which is in1.
        return _filter(a.conj(), b, mode, boundary, fillvalue, True)
    return _filter(a, conjugate(b), mode, boundary, fillvalue, True)


def _filter(
    x: np.ndarray, taps: np.ndarray, mode: Any, boundary: Any, fillvalue: Any, early: bool
) -> np.ndarray:
    check_mode(mode)
    hash(boundary)
    if boundary == "reflect":
        raise ValueError("Incorrect boundary value.")
    if not isinstance(boundary, str) or boundary not in BOUNDARIES:
        raise ValueError(_BAD_BOUNDARY)
    dtype = native(np.result_type(x, taps))
    if dtype.kind not in "biufcO":
        raise ValueError("convolve2d not available for this type.")
    border = Border(boundary)
    if border.fills:
        border = Border("fill", _cast_fill(fillvalue, dtype))
    spec = make_spec(x.shape, taps.shape, mode, early)
    if min(spec.y_shape) < 0:
        raise ValueError("negative dimensions are not allowed")
    if mode == "valid":
        border = ZERO
    if x.size == 0 and taps.size and min(spec.y_shape) > 0 and not border.fills:
        raise ValueError(f"in1 cannot be empty with boundary={boundary!r}")
    engine = direct if direct.has_kernel(dtype) else exact
    return engine.run(spec, x, taps, dtype, border, separate=True)


def _cast_fill(value: Any, dtype: np.dtype) -> Any:
    """`value` in the result's dtype: directly, or by way of complex into a complex dtype."""
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
            raise ValueError(_BAD_FILL) from None
        fill = wide.astype(dtype)
    if fill.size == 0:
        raise ValueError("`fillvalue` cannot be an empty array.")
    if fill.size != 1:
        raise ValueError("`fillvalue` must be scalar or an array with one element.")
    return fill.reshape(())[()]
