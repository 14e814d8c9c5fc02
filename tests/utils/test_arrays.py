"""Labels, vectors, sequences, splits and seeds: what the golden calls do not reach."""

from __future__ import annotations

import random

import numpy as np
import pytest

from fastconv import ops
from fastconv.utils import (
    normalize,
    pad_sequences,
    set_random_seed,
    split_dataset,
    to_categorical,
)


@pytest.mark.parametrize("labels", [[0, -1], [[-3]]])
def test_negative_class_numbers_are_an_error_not_the_last_class(labels):
    with pytest.raises(IndexError, match=r"x: expected class numbers from 0 to 4.*received -"):
        to_categorical(labels, num_classes=5)


def test_empty_labels_need_the_number_of_classes():
    assert to_categorical([], num_classes=3).shape == (0, 3)
    with pytest.raises(ValueError, match="num_classes: must be given"):
        to_categorical([])


def test_one_hot_rows_undo_argmax():
    labels = np.random.default_rng(0).integers(0, 7, (4, 5))
    rows = to_categorical(labels, 7)
    assert rows.shape == (4, 5, 7)
    np.testing.assert_array_equal(rows.argmax(-1), labels)
    np.testing.assert_array_equal(rows.sum(-1), 1)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
@pytest.mark.parametrize("order", [1, 2, np.inf])
def test_normalized_vectors_have_length_one_along_the_axis_asked_for(axis, order):
    x = np.random.default_rng(1).normal(size=(3, 4, 5))
    lengths = np.linalg.norm(normalize(x, axis, order), order, axis)
    np.testing.assert_allclose(lengths, 1, rtol=1e-14)


def test_normalize_leaves_its_input_and_integers_become_floats():
    x = np.array([[3, 4], [0, 0]])
    np.testing.assert_array_equal(normalize(x), [[0.6, 0.8], [0, 0]])
    np.testing.assert_array_equal(x, [[3, 4], [0, 0]])


def test_pad_sequences_to_nothing_and_of_nothing():
    assert pad_sequences([[1, 2], [3]], maxlen=0).shape == (2, 0)
    assert pad_sequences([[], []]).shape == (2, 0)
    with pytest.raises(ValueError, match="maxlen: must be given"):
        pad_sequences([])


def test_pad_sequences_of_strings():
    got = pad_sequences([["a"], ["b", "c"]], dtype=object, value="-")
    assert got.tolist() == [["-", "a"], ["b", "c"]]


def test_split_leaves_the_users_generator_alone():
    random.seed(5)
    want = random.random()
    random.seed(5)
    split_dataset(np.arange(10), left_size=0.5, shuffle=True, seed=1)
    assert random.random() == want


def test_split_parts_make_up_the_whole():
    x = np.arange(101)
    left, right = split_dataset(x, left_size=0.8, shuffle=True, seed=2)
    assert len(left) == 81
    assert sorted(np.concatenate([left, right]).tolist()) == x.tolist()


def test_split_keeps_rows_of_x_and_y_together():
    x, y = np.arange(50), np.arange(50) ** 2
    for part_x, part_y in split_dataset((x, y), right_size=10, shuffle=True):
        np.testing.assert_array_equal(part_x**2, part_y)


@pytest.mark.parametrize("empty", [np.zeros((0, 3)), np.array(3.0)])
def test_split_of_nothing(empty):
    with pytest.raises(ValueError, match="Received an empty dataset"):
        split_dataset(empty, left_size=0.5)


def test_set_random_seed_gives_kerass_layer_seeds():
    set_random_seed(42)
    # What Dense, Dropout, Dense draw for themselves in Keras after this call.
    assert [random.randint(1, 10**9) for _ in range(3)] == [686579304, 119540832, 26855093]
    set_random_seed(42)
    first = np.random.rand(3)
    set_random_seed(42)
    np.testing.assert_array_equal(np.random.rand(3), first)


@pytest.mark.parametrize("seed", [1.0, "1", None, np.int64(3), -1, 2**32])
def test_set_random_seed_refuses_what_is_no_seed_and_changes_nothing(seed):
    random.seed(1)
    want = random.random()
    random.seed(1)
    with pytest.raises(ValueError, match=r"integer|between 0 and"):
        set_random_seed(seed)
    assert random.random() == want


def test_tensors_stay_tensors():
    rows = ops.convert_to_tensor(np.array([[3.0, 4.0], [0.0, 0.0]], "float32"))
    unit = normalize(rows)
    assert ops.is_tensor(unit)
    np.testing.assert_allclose(unit.numpy(), [[0.6, 0.8], [0, 0]], rtol=1e-6)
    one_hot = to_categorical(ops.convert_to_tensor([2, 0]), 3)
    assert ops.is_tensor(one_hot) and one_hot.dtype == "float32"
    np.testing.assert_array_equal(one_hot.numpy(), [[0, 0, 1], [1, 0, 0]])
