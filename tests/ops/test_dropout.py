"""Dropout: rate, scaling, independence, the same masks for every dtype, gradients, replay."""

import numpy as np
import pytest
from gradcheck import check_gradients

import fastconv as keras
from fastconv._runtime.call import Program
from fastconv.ops.dropout import dropout
from fastconv.ops.tensor import Tensor

N = 200_000


def state(seed=1):
    return np.array([seed, 0], np.int64)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.9])
def test_a_part_of_the_elements_is_dropped_and_the_others_scaled(rate):
    x = np.random.default_rng(0).normal(size=N).astype(np.float32)
    y = dropout(x, rate, state()).data
    dropped = y == 0
    assert abs(dropped.mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / N)
    np.testing.assert_allclose(y[~dropped], x[~dropped] / (1 - rate), rtol=1e-6)


def test_neighbours_rows_and_calls_are_independent():
    s = state()
    x = np.ones((500, 400), np.float32)
    a, b = ((dropout(x, 0.5, s).data != 0).astype(float) for _ in range(2))
    for u, v in ((a[:, 1:], a[:, :-1]), (a[1:], a[:-1]), (a, b), (a[:, 16:], a[:, :-16])):
        correlation = np.corrcoef(u.ravel(), v.ravel())[0, 1]
        assert abs(correlation) < 0.01
    assert s.tolist() == [1, 2]


def test_masks_are_the_same_for_both_dtypes():
    a = dropout(np.ones(1001, np.float32), 0.4, state()).data
    b = dropout(np.ones(1001), 0.4, state()).data
    np.testing.assert_array_equal(a != 0, b != 0)


def test_gradient_passes_where_values_passed():
    x = np.random.default_rng(0).normal(size=(5, 30))
    check_gradients(lambda x: dropout(x, 0.4, state()), x)
    check_gradients(lambda x: dropout(x, 0.4, state(), (5, 1)), x)


def test_noise_shape_drops_whole_rows():
    y = dropout(np.ones((100, 8), np.float32), 0.5, state(), (100, 1)).data
    assert ((y == y[:, :1]).all(1)).all() and 20 < (y[:, 0] == 0).sum() < 80
    assert set(np.unique(y)) == {0.0, 2.0}


def test_what_is_dropped_is_zero_even_if_it_was_not_a_number():
    y = dropout(np.full(1000, np.nan, np.float32), 0.5, state()).data
    assert (y == 0).sum() > 400 and np.isnan(y).sum() > 400


def test_a_replayed_step_draws_anew():
    s = state()
    x = Tensor(np.ones(256, np.float32))
    with Program() as program:
        y = dropout(x, 0.5, s)
    assert program.spoiled is None
    seen = [y.data.copy()]
    for _ in range(3):
        program.run()
        seen.append(y.data.copy())
    for i in range(4):
        fresh = dropout(x, 0.5, np.array([1, i], np.int64)).data
        np.testing.assert_array_equal(seen[i], fresh)


def test_keras_random_dropout():
    x = np.ones((4, 50), np.float32)
    a = keras.random.dropout(x, 0.5, seed=3).data
    np.testing.assert_array_equal(a, keras.random.dropout(x, 0.5, seed=3).data)
    rows = keras.random.dropout(x, 0.5, noise_shape=(None, 1), seed=3).data
    assert (rows == rows[:, :1]).all()
    with pytest.raises(ValueError, match="should have the same number of dimensions"):
        keras.random.dropout(x, 0.5, noise_shape=(4,), seed=3)
