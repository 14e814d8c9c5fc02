"""Batches: order, shuffling, splitting, and what is refused."""

import numpy as np
import pytest

import fastconv as keras
from fastconv.models.data import (
    ArrayBatches,
    IterableBatches,
    make_batches,
    split_validation,
    weights_of_classes,
)
from fastconv.models.step import Source


def rows_of(batches):
    return np.concatenate(list(batches.epoch()))


def test_rows_come_in_order_without_shuffling_and_the_last_batch_is_short():
    batches = ArrayBatches(np.zeros((70, 3)), batch_size=32)
    assert [len(rows) for rows in batches.epoch()] == [32, 32, 6]
    np.testing.assert_array_equal(rows_of(batches), np.arange(70))


def test_each_epoch_is_another_permutation_of_all_rows():
    batches = ArrayBatches(np.zeros((100, 3)), batch_size=7, shuffle=True, seed=3)
    first, second = rows_of(batches), rows_of(batches)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.sort(first), np.arange(100))
    np.testing.assert_array_equal(np.sort(second), np.arange(100))


def test_the_same_seed_gives_the_same_orders_and_passes_may_be_skipped():
    one = ArrayBatches(np.zeros((50, 1)), shuffle=True, seed=5)
    orders = [rows_of(one) for _ in range(3)]
    two = ArrayBatches(np.zeros((50, 1)), shuffle=True, seed=5)
    two.passes = 2
    np.testing.assert_array_equal(rows_of(two), orders[2])


def test_batch_shuffling_keeps_batches_together():
    batches = ArrayBatches(np.zeros((40, 1)), batch_size=8, shuffle="batch", seed=1)
    for rows in batches.epoch():
        np.testing.assert_array_equal(rows, np.arange(rows[0], rows[0] + 8))


def test_steps_per_epoch_goes_on_where_the_last_epoch_stopped():
    batches = ArrayBatches(np.zeros((10, 1)), batch_size=2, steps=3)
    first = [rows.tolist() for rows in batches.epoch()]
    with pytest.warns(UserWarning, match="ran out of data"):
        second = [rows.tolist() for rows in batches.epoch()]
    assert first == [[0, 1], [2, 3], [4, 5]]
    assert second[:2] == [[6, 7], [8, 9]]


def test_unequal_lengths_are_told_with_their_sizes():
    with pytest.raises(ValueError, match=r"Data cardinality is ambiguous.*'x' sizes: 70\n'y' siz"):
        make_batches(np.zeros((70, 8)), np.zeros(60))


@pytest.mark.parametrize("x", [[1.0, 2.0], "text", 3, {"a": 1}])
def test_what_is_no_data_is_refused_with_its_type(x):
    with pytest.raises(ValueError, match="Unrecognized data type"):
        make_batches(x)


def test_empty_arrays_are_refused():
    with pytest.raises(ValueError, match="x: expected at least one row"):
        make_batches(np.zeros((0, 3)))


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
def test_a_wrong_batch_size_is_named(size):
    with pytest.raises(ValueError, match="batch_size: expected a positive integer"):
        ArrayBatches(np.zeros((4, 1)), batch_size=size)


def test_validation_split_takes_the_last_rows():
    x, y = np.arange(10)[:, None], np.arange(10)
    train, validation = split_validation(x, y, None, 0.3)
    np.testing.assert_array_equal(train[1], np.arange(7))
    np.testing.assert_array_equal(validation[1], np.arange(7, 10))


@pytest.mark.parametrize(("rows", "fraction"), [(4, 0.99), (1, 0.5)])
def test_a_split_that_leaves_a_side_empty_is_refused(rows, fraction):
    with pytest.raises(ValueError, match="not sufficient to split"):
        split_validation(np.zeros((rows, 1)), np.zeros(rows), None, fraction)


def test_class_weights_become_sample_weights_and_missing_classes_weigh_one():
    np.testing.assert_array_equal(
        weights_of_classes(np.array([0, 1, 2, 1]), {1: 3.0}), [1, 3, 1, 3]
    )
    np.testing.assert_array_equal(weights_of_classes(np.eye(3), {2: 0.5}), [1, 1, 0.5])


def test_class_and_sample_weights_together_are_refused():
    with pytest.raises(ValueError, match="`class_weight` and `sample_weight` at the same time"):
        make_batches(np.zeros((4, 1)), np.zeros(4), np.ones(4), class_weight={0: 2.0})


def test_generators_are_asked_for_steps_batches_an_epoch():
    def forever():
        n = 0
        while True:
            yield np.full((2, 1), n), np.zeros(2)
            n += 1

    batches = IterableBatches(forever(), steps=3)
    assert [x[0, 0] for x, _, _ in batches.epoch()] == [0, 1, 2]
    assert [x[0, 0] for x, _, _ in batches.epoch()] == [3, 4, 5]


def test_a_generator_that_runs_out_warns():
    batches = IterableBatches(iter([(np.zeros((1, 1)), np.zeros(1))]), steps=3)
    with pytest.warns(UserWarning, match="ran out of data"):
        assert len(list(batches.epoch())) == 1


def test_sequences_are_indexed_and_told_of_the_end_of_the_epoch():
    class Data:
        ended = 0

        def __len__(self):
            return 3

        def __getitem__(self, i):
            return np.full((1, 1), i), np.zeros(1), np.ones(1)

        def on_epoch_end(self):
            self.ended += 1

    data = Data()
    batches = make_batches(data)
    assert batches.steps == 3
    assert [int(x[0, 0]) for x, _, _ in batches.epoch()] == [0, 1, 2]
    assert data.ended == 1


@pytest.mark.parametrize("width", [1, 511, 512, 1001])
@pytest.mark.parametrize("kind", ["u1", "i8", "f4", "f8"])
def test_gathered_rows_are_those_of_the_order_from_the_position_on(width, kind):
    array = np.random.default_rng(1).integers(0, 100, (50, width)).astype(kind)
    source = Source(array, None, "float32")
    order = np.random.default_rng(2).permutation(50)
    batch = source.gather(order, np.array([7]), 33).data
    np.testing.assert_array_equal(batch, array[order[7:40]])


@pytest.mark.parametrize(
    ("given", "packed"),
    [((1,), 1), ((1, 2), (1, 2)), ((1, None, 3), (1, None, 3)), (([1, 2],), ([1, 2],))],
)
def test_packed_data_are_unpacked_as_they_were(given, packed):
    assert keras.utils.pack_x_y_sample_weight(*given) == packed
    padded = (*given, None, None)[:3]
    assert keras.utils.unpack_x_y_sample_weight(packed) == padded
