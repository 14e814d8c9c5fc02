"""A real photograph: a cameraman at work, 512 x 512, 8-bit grey (CC0, Lav Varshney)."""

from __future__ import annotations

import numpy as np

from fastconv.datasets import _embedded


def load_data() -> np.ndarray:
    """Return the photograph as a ``uint8`` array of shape (512, 512).

    Returns
    -------
    numpy.ndarray
        Grey values 0 to 255, rows from top to bottom. A new array at each call.

    Examples
    --------
    >>> from fastconv.datasets import photograph
    >>> photograph.load_data().shape
    (512, 512)
    """
    # Rows are stored as differences to the row above; uint8 wraps, so the sum is exact.
    return np.cumsum(_embedded.read("photograph")["delta"], axis=0, dtype=np.uint8)
