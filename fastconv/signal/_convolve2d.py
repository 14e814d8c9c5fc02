"""convolve2d and correlate2d: images with a choice of borders."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastconv._runtime.direct import filter2d
from fastconv.signal._boundary import BOUNDARIES, ZERO
from fastconv.signal._options import checked_border, checked_out, delivered, threads, workable
from fastconv.signal._solve import solve
from fastconv.signal._spec import (
    BAD_METHOD,
    check_mode,
    commuted,
    conjugate,
    make_spec,
    native,
    reverse,
    swap_needed,
)

_BAD_BOUNDARY = (
    "Acceptable boundary flags are 'fill', 'circular' (or 'wrap'), and 'symmetric' (or 'symm')."
)


def convolve2d(
    in1: Any,
    in2: Any,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: Any = 0,
    *,
    method: str | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
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

        Beyond SciPy's three, scipy.ndimage's ``mirror`` (edge samples not repeated) and
        ``nearest`` (the edge sample).
    fillvalue : scalar, optional
        Value for ``boundary='fill'``, cast to the dtype of the result. Default 0.
    method : {None, 'direct', 'fft', 'auto'}, optional
        ``None`` (default) is the direct sum, in two passes where the taps are a product of a
        column and a row to working precision (see Notes); ``'direct'`` is the literal sum;
        ``'fft'`` goes by transforms, accurate relative to the largest values only; ``'auto'``
        is the fastest of all by estimate.
    out : ndarray, optional
        Where to put the result: of its shape and dtype.
    workers : int, optional
        Most threads to use; as `fastconv.set_num_threads` says by default.

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

    Notes
    -----
    A p by q kernel is a product if every tap is within 8 eps of ``column[i] * row[j]``, where the
    column and the row go through its largest tap. Two passes are then made if they are faster;
    the error of each output stays below ``(p + q + 10) * eps`` times the sum of the magnitudes
    added up for it, where the literal sum's bound is ``p * q * eps``. Integers are split only
    where that is exact. NaN and inf come out as from the literal sum.

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
    plain = method is out is workers is None
    if plain and (y := filter2d(in1, in2, mode, boundary, fillvalue, True, True)) is not None:
        return y
    a, b = np.asarray(in1), np.asarray(in2)
    if not a.ndim == b.ndim == 2:
        raise ValueError("convolve2d inputs must both be 2-D arrays")
    if swap_needed(mode, a.shape, b.shape):
        a, b = b, a
    with threads(workers):
        return _filter(a, reverse(b), mode, boundary, fillvalue, False, method, out)


def correlate2d(
    in1: Any,
    in2: Any,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: Any = 0,
    *,
    method: str | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
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
    method, out, workers : optional
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
    plain = method is out is workers is None
    if plain and (y := filter2d(in1, in2, mode, boundary, fillvalue, False, True)) is not None:
        return y
    a, b = np.asarray(in1), np.asarray(in2)
    if not a.ndim == b.ndim == 2:
        raise ValueError("correlate2d inputs must both be 2-D arrays")
    if swap_needed(mode, a.shape, b.shape):
        a = a.conj()  # SciPy conjugates the second array after the exchange, which is in1
    else:
        b = conjugate(b)
    with threads(workers):
        return _filter(a, b, mode, boundary, fillvalue, True, method, out)


def _filter(
    x: np.ndarray,
    taps: np.ndarray,
    mode: Any,
    boundary: Any,
    fillvalue: Any,
    early: bool,
    method: Any,
    out: np.ndarray | None,
) -> np.ndarray:
    check_mode(mode)
    hash(boundary)
    if boundary == "reflect":
        raise ValueError("Incorrect boundary value.")
    if not isinstance(boundary, str) or boundary not in BOUNDARIES:
        raise ValueError(_BAD_BOUNDARY)
    if method not in (None, "auto", "direct", "fft"):
        raise ValueError(BAD_METHOD)
    dtype = native(np.result_type(x, taps))
    if dtype.kind not in "biufcO":
        raise ValueError("convolve2d not available for this type.")
    border = checked_border(boundary, fillvalue, dtype)
    spec = make_spec(x.shape, taps.shape, mode, early)
    if min(spec.y_shape) < 0:
        raise ValueError("negative dimensions are not allowed")
    if mode == "valid":
        border = ZERO
        if min(spec.start, default=0) < 0:  # the larger one is the image: see _convolve
            spec, x, taps = commuted(spec), reverse(taps), reverse(x)
    if x.size == 0 and taps.size and min(spec.y_shape) > 0 and not border.fills:
        raise ValueError(f"in1 cannot be empty with boundary={boundary!r}")
    if out is not None:
        checked_out(out, spec.y_shape, dtype)
    if dtype.kind == "O":
        method = None  # exact, whatever is asked for
    return delivered(solve(spec, x, taps, dtype, border, method, workable(out, x, taps)), out)
