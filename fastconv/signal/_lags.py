"""correlation_lags: which lag stands at which index of a correlation."""

from __future__ import annotations

from typing import Any

import numpy as np


def correlation_lags(in1_len: int, in2_len: int, mode: str = "full") -> np.ndarray:
    """Lags of the samples of ``correlate(in1, in2, mode)`` in one dimension.

    Parameters
    ----------
    in1_len, in2_len : int
        Lengths of the two signals.
    mode : {'full', 'valid', 'same'}, optional
        As in `correlate`.

    Returns
    -------
    lags : ndarray of int
        ``lags[i]`` is how many samples `in2` is shifted to the right against `in1` in the
        ``i``-th value of the correlation.

    Raises
    ------
    ValueError
        If `mode` is none of the three.

    See Also
    --------
    correlate

    Examples
    --------
    Where does a pattern stand in a signal?

    >>> import numpy as np
    >>> from fastconv.signal import correlate, correlation_lags
    >>> x = np.array([0.0, 0, 0, 1, 2, 1, 0])
    >>> pattern = np.array([1.0, 2, 1])
    >>> lags = correlation_lags(x.size, pattern.size)
    >>> int(lags[np.argmax(correlate(x, pattern))])
    3
    """
    n: Any = in1_len
    k: Any = in2_len
    if mode == "full":
        return np.arange(1 - k, n)
    if mode == "same":
        full = np.arange(1 - k, n)
        middle, half = full.size // 2, n // 2
        return full[middle - half : middle + half + n % 2]
    if mode == "valid":
        return np.arange(n - k + 1) if n >= k else np.arange(n - k, 1)
    raise ValueError(f"Mode {mode} is invalid")
