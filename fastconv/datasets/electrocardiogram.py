"""A real recording: five minutes of a human electrocardiogram (MIT-BIH record 208)."""

from __future__ import annotations

import numpy as np

from fastconv.datasets import _embedded

SAMPLING_RATE = 360
"""Samples per second."""


def load_data() -> np.ndarray:
    """Return the recording in millivolts as a ``float64`` array of shape (108000,).

    Returns
    -------
    numpy.ndarray
        Five minutes at `SAMPLING_RATE` samples per second. A new array at each call.

    References
    ----------
    G. B. Moody and R. G. Mark, "The impact of the MIT-BIH Arrhythmia Database", 2001.

    Examples
    --------
    >>> from fastconv.datasets import electrocardiogram
    >>> electrocardiogram.load_data().size / electrocardiogram.SAMPLING_RATE
    300.0
    """
    stored = _embedded.read("electrocardiogram")
    delta = stored["low"] + (stored["high"].astype(np.uint16) << 8)
    samples = np.cumsum(delta, dtype=np.uint16)  # uint16 wraps, so the sum is exact
    return (samples.astype(np.float64) - 1024.0) / 200.0  # the converter's zero and gain
