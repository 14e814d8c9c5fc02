"""Sliding windows over a series."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastconv.utils.dataset import SampleDataset


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> SampleDataset:
    """Batches of windows ``data[i], data[i + sampling_rate], ...`` and their targets.

    Parameters
    ----------
    data
        Array whose first axis is time.
    targets
        ``targets[i]`` belongs to the window that begins at ``data[i]``; None for none.
    sequence_length
        Values in a window.
    sequence_stride
        Steps from one window's beginning to the next one's.
    sampling_rate
        Steps between the values of a window.
    batch_size
        Windows in a batch (the last may have fewer); None hands them out one by one.
    shuffle, seed
        Mix the windows, anew for every epoch.
    start_index, end_index
        Only ``data[start_index:end_index]`` is used.
    format
        "tf" or "grain", accepted for Keras's sake.

    Returns
    -------
    SampleDataset
        Iterable any number of times, with ``len()`` and indexing; yields x or ``(x, y)``.

    Raises
    ------
    ValueError
        An argument is out of range.

    Examples
    --------
    >>> series = np.arange(10)
    >>> windows = timeseries_dataset_from_array(series[:-3], series[3:], sequence_length=3)
    >>> x, y = windows[0]
    >>> x[0], y[0]
    (array([0, 1, 2]), np.int64(3))
    """
    data = np.asarray(data)
    _check(len(data), sequence_stride, sampling_rate, start_index, end_index)
    if sequence_length < 1:
        raise ValueError(
            f"`sequence_length` must be higher than 0. Received: sequence_length={sequence_length}"
        )
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    start = start_index or 0
    series = data[start : len(data) if end_index is None else end_index]
    count = len(series) - (sequence_length - 1) * sampling_rate
    if targets is not None:
        targets = np.asarray(targets)
        count = min(count, len(targets))
        # Targets keep the place of the window's beginning in the whole series, as data do.
        targets = targets[start : None if end_index is None else end_index]
        count = min(count, len(targets))
    begins = np.arange(0, max(0, count), sequence_stride)
    offsets = np.arange(sequence_length) * sampling_rate

    def make(samples: np.ndarray) -> Any:
        at = begins[samples]
        x = series[at[:, None] + offsets]
        return x if targets is None else (x, targets[at])

    return SampleDataset(len(begins), make, batch_size=batch_size, shuffle=shuffle, seed=seed)


def _check(
    n: int,
    sequence_stride: int,
    sampling_rate: int,
    start_index: int | None,
    end_index: int | None,
) -> None:
    if start_index and not 0 <= start_index < n:
        wanted = "0 or greater" if start_index < 0 else "lower than the length of the data"
        raise ValueError(
            f"`start_index` must be {wanted}. Received: start_index={start_index}, for data of "
            f"length {n}"
        )
    if end_index:
        if start_index and end_index <= start_index:
            raise ValueError(
                f"`end_index` must be higher than `start_index`. Received: "
                f"start_index={start_index}, and end_index={end_index}"
            )
        if not 0 < end_index < n:
            wanted = "higher than 0" if end_index < 0 else "lower than the length of the data"
            raise ValueError(
                f"`end_index` must be {wanted}. Received: end_index={end_index}, for data of "
                f"length {n}"
            )
    for name, value in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if value <= 0:
            raise ValueError(f"`{name}` must be higher than 0. Received: {name}={value}")
        if value >= n:
            raise ValueError(
                f"`{name}` must be lower than the length of the data. Received: {name}={value}, "
                f"for data of length {n}"
            )
