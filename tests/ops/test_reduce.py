"""Reductions against NumPy over axes, dtypes, lengths; gradients; threads."""

import numpy as np
import pytest
from gradcheck import check_gradients

import fastconv
from fastconv import ops

AXES = [None, 0, 1, -1, (0, 1), (0, 2), (1, 2), (0, 1, 2), ()]
NAMES = ["sum", "mean", "max", "min", "prod", "var", "std", "any", "all"]


def data(shape, dtype="float64"):
    x = np.random.default_rng(3).normal(size=shape)
    return x.astype(dtype) if "float" in dtype else (x * 3).astype(dtype)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_match_numpy(name, axis, keepdims):
    x = data((3, 5, 4))
    y = getattr(ops, name)(x, axis=axis, keepdims=keepdims)
    expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.data, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    "shape", [(100003,), (7, 20011), (20011, 7), (3, 5003, 9), (2, 150000, 2), (1, 1, 1), (4000, 1)]
)
@pytest.mark.parametrize("axis", [0, -1, None])
def test_long_axes_sum_accurately_in_float32(shape, axis):
    x = np.random.default_rng(5).uniform(0, 1, shape).astype(np.float32)
    exact = x.sum(axis, dtype=np.float64)
    np.testing.assert_allclose(ops.sum(x, axis).data, exact, rtol=2e-6)
    np.testing.assert_allclose(ops.mean(x, axis).data, x.mean(axis, dtype=np.float64), rtol=2e-6)
    np.testing.assert_array_equal(ops.max(x, axis).data, x.max(axis))
    np.testing.assert_array_equal(ops.argmax(x, axis).data, x.argmax(axis))


@pytest.mark.parametrize("n", [*range(1, 70), 2047, 2048, 2049, 4100])
def test_every_length_is_summed_whole(n):
    x = np.arange(n, dtype=np.float64)
    assert ops.sum(x).data == n * (n - 1) / 2
    assert ops.max(x).data == n - 1 and ops.min(-x).data == 1 - n


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integer_sums_are_exact(dtype):
    x = data((40, 30), dtype)
    y = ops.sum(x, 0)
    assert y.data.dtype == dtype
    np.testing.assert_array_equal(y.data, x.sum(0))
    np.testing.assert_array_equal(ops.max(x, 1).data, x.max(1))


def test_small_integers_add_up_in_int32_and_means_are_floats():
    x = np.full(300, 200, np.uint8)
    assert ops.sum(x).data == 60000 and ops.sum(x).data.dtype == np.int32
    assert ops.mean(x).data == 200 and ops.mean(x).data.dtype == np.float32
    assert ops.sum(np.ones(3, bool)).data == 3
    assert ops.count_nonzero(np.array([0.0, 2.0, np.nan])).data == 2


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool"])
def test_positions_match_numpy_first_of_equals(name, axis, dtype):
    x = data((6, 9, 4), "float64")
    x = np.abs(np.round(x)).astype(dtype)
    y = getattr(ops, name)(x, axis)
    assert y.data.dtype == np.int32
    np.testing.assert_array_equal(y.data, getattr(np, name)(x, axis))
    assert getattr(ops, name)(x, axis, keepdims=True).ndim == 3


def test_nan_wins_every_extremum():
    x = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_array_equal(ops.max(x, 1).data, [np.nan, 6])
    np.testing.assert_array_equal(ops.min(x, 0).data, [1, np.nan, 3])
    assert ops.argmax(x, 1).data.tolist() == [1, 2]
    long = np.zeros((5000, 3), np.float32)
    long[4321, 1] = np.nan
    np.testing.assert_array_equal(np.isnan(ops.max(long, 0).data), [False, True, False])


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "var", "std", "logsumexp"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (0, 1), ()], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_gradients_of_reductions(name, axis, keepdims):
    if name == "std" and axis == ():
        name = "var"  # a single value does not vary: the root has no derivative there
    x = data((2, 3, 4))
    check_gradients(lambda x: getattr(ops, name)(x, axis=axis, keepdims=keepdims), x, rtol=2e-6)


def test_gradient_of_a_product_with_zeros():
    for x in ([2.0, 0.0, 3.0], [0.0, 0.0, 3.0]):
        check_gradients(lambda x: ops.prod(x), np.array(x))


def test_equal_extrema_share_the_gradient():
    from fastconv.ops.tape import Tape
    from fastconv.ops.tensor import Tensor

    x = Tensor(np.array([[1.0, 3.0, 3.0]]))
    with Tape() as tape:
        tape.watch(x)
        y = ops.max(x, axis=1)
    np.testing.assert_array_equal(tape.gradient(y, [x])[0], [[0, 0.5, 0.5]])


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_running_sums_and_their_gradients(axis):
    x = data((3, 4, 2))
    np.testing.assert_allclose(ops.cumsum(x, axis).data, np.cumsum(x, axis), rtol=1e-13)
    np.testing.assert_allclose(ops.cumprod(x, axis).data, np.cumprod(x, axis), rtol=1e-13)
    check_gradients(lambda x: ops.cumsum(x, axis), x)
    check_gradients(lambda x: ops.cumprod(x, axis), x, rtol=1e-5)


def test_average_with_weights():
    x = data((3, 4))
    w = np.array([0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(ops.average(x, 1, w).data, np.average(x, 1, w))
    np.testing.assert_allclose(ops.average(x).data, x.mean())
    check_gradients(lambda x, w: ops.average(x, 1, w), x, w)


def test_moments():
    x = data((3, 4))
    m, v = ops.moments(x, 0)
    np.testing.assert_allclose(m.data, x.mean(0))
    np.testing.assert_allclose(v.data, x.var(0))


def test_logsumexp_does_not_overflow():
    x = np.array([[1000.0, 1000.0], [-1000.0, -1000.0], [-np.inf, -np.inf]])
    np.testing.assert_allclose(
        ops.logsumexp(x, 1).data, [1000 + np.log(2), -1000 + np.log(2), -np.inf]
    )


def test_empty_arrays():
    x = np.zeros((0, 3))
    np.testing.assert_array_equal(ops.sum(x, 0).data, np.zeros(3))
    np.testing.assert_array_equal(ops.prod(x, 0).data, np.ones(3))
    assert ops.sum(x, 1).shape == (0,)
    assert np.isnan(ops.mean(x).data)
    assert ops.max(x, 0, initial=-1.0).data.tolist() == [-1, -1, -1]
    with pytest.raises(ValueError, match="undefined"):
        ops.max(x, 0)


def test_axis_out_of_bounds_is_named():
    with pytest.raises(ValueError, match="axis 2 is out of bounds for array of dimension 2"):
        ops.sum(np.ones((2, 2)), 2)


def test_results_do_not_depend_on_threads():
    x = data((1023, 517), "float32")
    old = fastconv.get_num_threads()
    try:
        found = []
        for n in (1, 2, 7):
            fastconv.set_num_threads(n)
            found.append([f(x, a).data for f in (ops.sum, ops.var) for a in (None, 0, 1)])
        for other in found[1:]:
            for a, b in zip(found[0], other, strict=True):
                np.testing.assert_array_equal(a, b)
    finally:
        fastconv.set_num_threads(old)
