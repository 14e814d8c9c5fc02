"""Datasets that hand out batches: the base class for users, and what our own ones share."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


class PyDataset:
    """Base class of datasets that make their batches in Python.

    A subclass defines ``__len__`` (number of batches) and ``__getitem__(index)`` (one batch: x,
    ``(x, y)`` or ``(x, y, sample_weight)``), and may define ``on_epoch_begin`` and
    ``on_epoch_end``, for instance to mix the samples. A dataset without end defines ``num_batches``
    as a property that is None instead of ``__len__``.

    Parameters
    ----------
    workers, use_multiprocessing, max_queue_size
        Accepted and stored for Keras's sake. Batches are made in the thread that trains.
    """

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ):
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    def _option(self, name: str, default: Any) -> Any:
        if not hasattr(self, name):
            warnings.warn(
                "Your `PyDataset` class should call `super().__init__(**kwargs)` in its "
                "constructor. `**kwargs` can include `workers`, `use_multiprocessing`, "
                "`max_queue_size`. Do not pass these arguments to `fit()`, as they will be "
                "ignored.",
                stacklevel=3,
            )
            setattr(self, name, default)
        return getattr(self, name)

    @property
    def workers(self) -> int:
        """Number of workers asked for."""
        return self._option("_workers", 1)

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        """Whether processes were asked for."""
        return self._option("_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        """Length of the queue asked for."""
        return self._option("_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    @property
    def num_batches(self) -> int | None:
        """Number of batches, or None for a dataset without end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            "You need to implement the `num_batches` property:\n\n"
            "@property\ndef num_batches(self):\n  return ..."
        )

    def __getitem__(self, index: int) -> Any:
        """Batch number `index`; a subclass must define it."""
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(index)")

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    def on_epoch_begin(self) -> None:
        """Called at the beginning of every epoch."""

    def on_epoch_end(self) -> None:
        """Called at the end of every epoch."""


Sequence = PyDataset


class SampleDataset(PyDataset):
    """Batches of samples that are made when they are asked for; mixed anew for every epoch.

    Parameters
    ----------
    count
        Number of samples.
    make
        Takes an array of sample numbers, returns a batch (an array, or a tuple of arrays).
    batch_size
        None: samples are handed out one by one, without a batch axis.
    shuffle, seed
        Whether to mix, and from which seed. Epoch e of seed s has one order, for ever.
    """

    def __init__(
        self,
        count: int,
        make: Callable[[np.ndarray], Any],
        *,
        batch_size: int | None,
        shuffle: bool,
        seed: int | None,
    ):
        super().__init__()
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            raise ValueError(
                f"batch_size: expected a positive integer or None, received {batch_size!r}"
            )
        self._count, self._make = count, make
        self._batch_size, self._shuffle = batch_size, shuffle
        self._seed = int(np.random.randint(int(1e6))) if seed is None else seed
        self._epoch = 0
        self._order = self._new_order()

    def _new_order(self) -> np.ndarray:
        if not self._shuffle:
            return np.arange(self._count)
        return np.random.default_rng([self._seed, self._epoch]).permutation(self._count)

    def __len__(self) -> int:
        return -(-self._count // (self._batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index: expected one of {len(self)} batches, received {index}")
        size = self._batch_size or 1
        start = (index % len(self)) * size
        batch = self._make(self._order[start : start + size])
        return batch if self._batch_size is not None else _only(batch)

    def __iter__(self) -> Iterator[Any]:
        yield from super().__iter__()
        self.on_epoch_end()  # a plain loop counts as an epoch: the next one is mixed anew

    def on_epoch_end(self) -> None:
        """Go on to the next epoch's order."""
        self._epoch += 1
        self._order = self._new_order()

    def take(self, count: int) -> Iterator[Any]:
        """The first `count` batches, as ``tf.data.Dataset.take``: for a look at the data."""
        return itertools.islice(iter(self), count)


def _only(batch: Any) -> Any:
    """The single sample of a batch of one."""
    return tuple(part[0] for part in batch) if isinstance(batch, tuple) else batch[0]
