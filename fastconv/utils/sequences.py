"""Sequences of different lengths made into one array."""

from __future__ import annotations

from typing import Any

import numpy as np


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Fill up or cut sequences to one length and stack them.

    Parameters
    ----------
    sequences
        Sequences of numbers, or of arrays of one shape.
    maxlen
        Length of the result. Default: the longest sequence.
    dtype
        Of the result; ``object`` for strings.
    padding, truncating
        "pre" or "post": the side that is filled, and the side that is cut.
    value
        What is filled in.

    Returns
    -------
    numpy.ndarray
        Shape ``(len(sequences), maxlen, ...)``.

    Raises
    ------
    ValueError
        An argument has none of its allowed values, or an element does not fit.

    Examples
    --------
    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    lengths = [_length(sequence) for sequence in sequences]
    if maxlen is None:
        if not lengths:
            raise ValueError("maxlen: must be given when `sequences` is empty")
        maxlen = max(lengths)
    is_text = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and np.dtype(dtype) != object and not is_text:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\n"
            "You should set `dtype=object` for variable length strings."
        )
    if any(lengths):  # with nothing to place, Keras does not look at these two either
        for kind, where in (("Truncating", truncating), ("Padding", padding)):
            if where not in ("pre", "post"):
                raise ValueError(f'{kind} type "{where}" not understood')
    first = next((s for s, n in zip(sequences, lengths, strict=True) if n), ())
    sample_shape = np.asarray(first).shape[1:]
    padded = np.full((len(lengths), maxlen, *sample_shape), value, dtype=dtype)
    for i, (sequence, n) in enumerate(zip(sequences, lengths, strict=True)):
        kept = min(n, maxlen)
        if not n:
            continue
        piece = np.asarray(sequence[n - kept :] if truncating == "pre" else sequence[:kept], dtype)
        if piece.shape[1:] != sample_shape:
            raise ValueError(
                f"Shape of sample {piece.shape[1:]} of sequence at position {i} is different "
                f"from expected shape {sample_shape}"
            )
        start = 0 if padding == "post" else maxlen - kept
        padded[i, start : start + kept] = piece
    return padded


def _length(sequence: Any) -> int:
    try:
        return len(sequence)
    except TypeError as error:
        raise ValueError(
            f"`sequences` must be a list of iterables. Found non-iterable: {sequence}"
        ) from error
