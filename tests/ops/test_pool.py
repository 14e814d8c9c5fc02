"""Pooling against plain loops, and its gradients."""

import importlib

import numpy as np
import pytest
import window_oracle as oracle
from gradcheck import check_gradients

import fastconv
from fastconv import ops
from fastconv.ops.conv import convolve
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor

RNG = np.random.default_rng(13)
CASES = [
    (size, strides, padding)
    for size in [(2, 2), (3, 2), (1, 3)]
    for strides in [None, 1, 2, (3, 1)]
    for padding in ["valid", "same"]
]


def distinct(*shape, dtype="float64"):
    """Values that are all different, so that every maximum is the only one."""
    return RNG.permutation(np.prod(shape)).reshape(shape).astype(dtype) / 7 - 20


def loop(x, size, strides, padding, mean):
    strides = size if strides is None else strides
    views = np.stack([v for _, v in oracle.windows(x, size, strides, 1, padding, np.nan)])
    return (np.nanmean if mean else np.nanmax)(views, 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("size", "strides", "padding"), CASES, ids=str)
def test_pools_match_the_loop(dtype, size, strides, padding):
    for channels in (1, 5, 19):
        x = distinct(2, 7, 8, channels, dtype=dtype)
        y = ops.max_pool(x, size, strides, padding)
        assert y.dtype == dtype
        np.testing.assert_array_equal(y.data, loop(x, size, strides, padding, False))
        y = ops.average_pool(x, size, strides, padding)
        expected = loop(x, size, strides, padding, True)
        np.testing.assert_allclose(y.data, expected, rtol=1e-5 if dtype == "float32" else 1e-13)


@pytest.mark.parametrize(("size", "strides", "padding"), CASES, ids=str)
def test_pool_gradients(size, strides, padding):
    x = distinct(2, 5, 6, 3)
    check_gradients(lambda x: ops.max_pool(x, size, strides, padding), x)
    check_gradients(lambda x: ops.average_pool(x, size, strides, padding), x)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "strides"), [(2, None), (3, 1), (2, 3), (1, 2)])
def test_one_dimensional_pools(padding, size, strides):
    x = distinct(2, 11, 3)
    step = size if strides is None else strides
    y = ops.max_pool(x, size, strides, padding)
    np.testing.assert_array_equal(y.data, loop(x, (size,), (step,), padding, False))
    y = ops.average_pool(x, size, strides, padding)
    np.testing.assert_allclose(y.data, loop(x, (size,), (step,), padding, True))
    check_gradients(lambda x: ops.max_pool(x, size, strides, padding), x)
    check_gradients(lambda x: ops.average_pool(x, size, strides, padding), x)


def test_windows_of_more_than_256_taps():
    x = distinct(1, 20, 20, 2)
    tensor = Tensor(x)
    with Tape() as tape:
        tape.watch(tensor)
        y = ops.max_pool(tensor, 18, 1)
    np.testing.assert_array_equal(y.data, loop(x, (18, 18), (1, 1), "valid", False))
    (dx,) = tape.gradient(y, [tensor])
    assert dx.sum() == y.data.size
    for value in np.unique(y.data):
        assert dx[x == value].sum() == (y.data == value).sum()


def test_gradient_goes_to_the_first_of_equals():
    x = Tensor(np.zeros((1, 4, 4, 1)))
    with Tape() as tape:
        tape.watch(x)
        y = ops.max_pool(x, 2)
    (dx,) = tape.gradient(y, [x])
    expected = np.zeros((4, 4))
    expected[::2, ::2] = 1
    np.testing.assert_array_equal(dx[0, :, :, 0], expected)


@pytest.mark.parametrize(("size", "strides"), [(2, None), (2, 3), (3, 2)])
@pytest.mark.parametrize("shape", [(3, 7, 8, 2), (2, 9, 3)])
def test_gradients_through_relu_and_pool(size, strides, shape):
    rank = len(shape) - 2
    w, b = RNG.normal(size=(*(3,) * rank, shape[-1], 5)), RNG.normal(size=5)
    check_gradients(
        lambda x, w, b: ops.max_pool(
            convolve(x, w, b, padding="same", activation="relu"), size, strides
        ),
        RNG.normal(size=shape),
        w,
        b,
    )


def test_pool_does_the_relu_s_backward_pass(monkeypatch):
    module = importlib.import_module("fastconv.ops.conv")
    seen = []
    real = module.slope
    monkeypatch.setattr(module, "slope", lambda *a: seen.append(1) or real(*a))
    tensors = [Tensor(RNG.normal(size=s)) for s in [(2, 6, 6, 3), (3, 3, 3, 4), (4,)]]

    def gradients(more):
        with Tape() as tape:
            for t in tensors:
                tape.watch(t)
            y = convolve(*tensors, padding="same", activation="relu")
            loss = ops.sum(ops.square(ops.max_pool(y, 2)))
            if more:  # the output is used twice: the pool's pass is not the whole gradient
                loss = loss + 0.0 * ops.sum(y)
        return tape.gradient(loss, tensors)

    short = gradients(False)
    assert not seen
    long = gradients(True)
    assert seen
    for a, b in zip(short, long, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_nan_wins_a_maximum():
    x = distinct(1, 4, 4, 9)
    x[0, 1, 1, 3] = np.nan
    y = ops.max_pool(x, 2).data
    assert np.isnan(y[0, 0, 0, 3]) and np.isnan(y).sum() == 1


def test_channels_first_is_the_same_pooling():
    x = distinct(2, 6, 8, 3)
    first = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    for pool in (ops.max_pool, ops.average_pool):
        y = pool(first, (2, 4), 2, "same", "channels_first")
        np.testing.assert_array_equal(y.data, np.moveaxis(pool(x, (2, 4), 2, "same").data, -1, 1))
    check_gradients(lambda x: ops.max_pool(x, 2, data_format="channels_first"), first)


def test_bits_do_not_depend_on_threads():
    x = RNG.normal(size=(9, 33, 31, 40)).astype(np.float32)
    results = []
    try:
        for threads in (1, 2, 3):
            fastconv.set_num_threads(threads)
            for pool in (ops.max_pool, ops.average_pool):
                tensor = Tensor(x)
                with Tape() as tape:
                    tape.watch(tensor)
                    y = pool(tensor, 3, 2, "same")
                results.append([y.data, *tape.gradient(y, [tensor])])
    finally:
        fastconv.set_num_threads(2)
    for i in (2, 3, 4, 5):
        for first, second in zip(results[i % 2], results[i], strict=True):
            np.testing.assert_array_equal(first, second)


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="Computed output size would be zero or negative"):
        ops.max_pool(distinct(1, 2, 2, 1), 3)
    with pytest.raises(ValueError, match="pool_size: expected an integer or 2"):
        ops.max_pool(distinct(1, 4, 4, 1), (1, 2, 3))
    with pytest.raises(ValueError, match="must be positive"):
        ops.average_pool(distinct(1, 4, 4, 1), 0)
    with pytest.raises(ValueError, match="3 or 4 axes"):
        ops.average_pool(distinct(4, 4), 2)
