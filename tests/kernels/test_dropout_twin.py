"""Dropout by Numba gives what dropout by Cython gives, bit for bit."""

import numpy as np
import pytest

import fastconv as keras
from fastconv.ops.dropout import dropout
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor

pytest.importorskip("numba")


def by(backend, x, rate, seed, noise_shape, threads):
    """Output, gradient and state after two calls."""
    old, old_threads = keras.get_backend(), keras.get_num_threads()
    keras.set_backend(backend)
    keras.set_num_threads(threads)
    try:
        state = np.array([seed, 2**33 + 5], np.int64)
        tensor = Tensor(x)
        with Tape() as tape:
            tape.watch(tensor)
            dropout(tensor, rate, state, noise_shape)
            y = dropout(tensor, rate, state, noise_shape)
        return y.data, tape.gradient(y, [tensor], seed=np.full_like(x, 1.5))[0], state
    finally:
        keras.set_backend(old)
        keras.set_num_threads(old_threads)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1,), (63,), (64, 1), (5, 77), (4097, 3)], ids=str)
@pytest.mark.parametrize("seed", [1, 2**40 + 3, -7])
def test_masks_values_gradients_and_state_are_equal(dtype, shape, seed):
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    x.reshape(-1)[0] = np.nan
    for noise_shape in (None, (shape[0], *(1 for _ in shape[1:]))):
        expected = by("cython", x, 0.3, seed, noise_shape, 1)
        for threads in (1, 3):
            got = by("numba", x, 0.3, seed, noise_shape, threads)
            for a, b in zip(got, expected, strict=True):
                np.testing.assert_array_equal(a, b)
