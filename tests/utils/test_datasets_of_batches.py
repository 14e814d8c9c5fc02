"""Order, length and repetition of our datasets; the base class for users' own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from fastconv.utils import PyDataset, Sequence, timeseries_dataset_from_array


def windows(**options):
    return timeseries_dataset_from_array(np.arange(25), np.arange(25) * 2, 4, **options)


def starts(dataset):
    return [int(v) for x, _ in dataset for v in x[:, 0]]


def test_plain_order_repeats_for_ever():
    dataset = windows(batch_size=5)
    assert len(dataset) == 5
    assert starts(dataset) == list(range(22))
    assert starts(dataset) == list(range(22))
    assert [len(x) for x, _ in dataset] == [5, 5, 5, 5, 2]


def test_every_epoch_is_a_new_order_of_all_windows():
    dataset = windows(batch_size=5, shuffle=True, seed=3)
    epochs = [starts(dataset) for _ in range(3)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(22))
    assert epochs[0] != epochs[1] != epochs[2] != list(range(22))


def test_a_seed_repeats_all_epochs():
    first, again = (windows(shuffle=True, seed=3) for _ in range(2))
    assert [starts(first) for _ in range(3)] == [starts(again) for _ in range(3)]
    assert starts(windows(shuffle=True, seed=4)) != starts(windows(shuffle=True, seed=3))


def test_windows_and_targets_stay_together_when_mixed():
    for x, y in windows(shuffle=True, batch_size=3):
        np.testing.assert_array_equal(y, 2 * x[:, 0])
        np.testing.assert_array_equal(np.diff(x, axis=1), 1)


def test_indexing_is_stable_within_an_epoch_and_changes_after_it():
    dataset = windows(batch_size=5, shuffle=True, seed=1)
    np.testing.assert_array_equal(dataset[2][0], dataset[2][0])
    np.testing.assert_array_equal(dataset[-1][0], dataset[4][0])
    before = dataset[0][0].copy()
    dataset.on_epoch_end()
    assert not np.array_equal(dataset[0][0], before)


@pytest.mark.parametrize("index", [5, -6])
def test_index_beyond_the_last_batch(index):
    with pytest.raises(IndexError, match="expected one of 5 batches"):
        windows(batch_size=5)[index]


@pytest.mark.parametrize("size", [0, -1, 2.0, "8"])
def test_bad_batch_size(size):
    with pytest.raises(ValueError, match="batch_size: expected a positive integer or None"):
        windows(batch_size=size)


def test_take_looks_at_the_first_batches():
    dataset = windows(batch_size=5)
    assert [x[0, 0] for x, _ in dataset.take(2)] == [0, 5]
    assert len(list(dataset.take(99))) == 5


def test_too_long_a_window_is_an_empty_dataset_and_zero_an_error():
    assert list(timeseries_dataset_from_array(np.arange(5), None, 9)) == []
    with pytest.raises(ValueError, match="`sequence_length` must be higher than 0"):
        timeseries_dataset_from_array(np.arange(5), None, 0)


class Ten(PyDataset):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.ended = 0

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return np.full(2, index)

    def on_epoch_end(self):
        self.ended += 1


def test_users_dataset_iterates_over_its_batches():
    dataset = Ten(workers=2, use_multiprocessing=True, max_queue_size=3)
    assert [int(batch[0]) for batch in dataset] == list(range(10))
    assert dataset.num_batches == 10
    assert (dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size) == (2, True, 3)
    dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size = 1, False, 5
    assert (dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size) == (1, False, 5)
    assert dataset.ended == 0  # a plain loop over a user's dataset calls nothing
    assert Sequence is PyDataset


def test_dataset_without_end():
    class Endless(PyDataset):
        @property
        def num_batches(self):
            return None

        def __getitem__(self, index):
            return index

    batches = iter(Endless())
    assert [next(batches) for _ in range(4)] == [0, 1, 2, 3]


def test_forgotten_super_call_is_a_warning():
    class Forgetful(PyDataset):
        def __init__(self):
            pass

    with pytest.warns(UserWarning, match=r"should call `super\(\).__init__"):
        assert Forgetful().workers == 1


def test_missing_methods_are_named():
    with pytest.raises(NotImplementedError, match="PyDataset must define __getitem__"):
        PyDataset()[0]
    with pytest.raises(NotImplementedError, match="implement the `num_batches` property"):
        PyDataset().num_batches  # noqa: B018


def test_importing_utils_loads_neither_pillow_nor_scipy():
    code = (
        "import sys, fastconv.utils, fastconv.datasets;"
        "print([m for m in ('PIL', 'scipy', 'h5py', 'matplotlib', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
