"""Sorting, the largest k, quantiles: against NumPy, with gradients."""

import numpy as np
import pytest
from gradcheck import check_gradients

from fastconv import ops


def data(*shape):
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_sort_and_argsort(axis):
    x = data(3, 5, 2)
    np.testing.assert_array_equal(ops.sort(x, axis).data, np.sort(x, axis))
    y = ops.argsort(x, axis)
    assert y.data.dtype == np.int32
    np.testing.assert_array_equal(y.data, np.argsort(x, axis, kind="stable"))
    check_gradients(lambda x: ops.sort(x, axis), x)


def test_equals_keep_their_order():
    assert ops.argsort(np.array([1, 0, 1, 0])).data.tolist() == [1, 3, 0, 2]
    values, index = ops.top_k(np.array([1.0, 3.0, 3.0, 2.0]), 3)
    assert values.data.tolist() == [3, 3, 2] and index.data.tolist() == [1, 2, 3]


def test_top_k():
    x = data(3, 6)
    values, index = ops.top_k(x, 4)
    np.testing.assert_array_equal(values.data, np.sort(x)[:, ::-1][:, :4])
    np.testing.assert_array_equal(np.take_along_axis(x, index.data, 1), values.data)
    check_gradients(lambda x: ops.top_k(x, 4)[0], x)
    with pytest.raises(ValueError, match="expected 0 <= k <= 6, received k=7"):
        ops.top_k(x, 7)


def test_in_top_k():
    p = np.array([[0.1, 0.6, 0.3], [0.8, 0.1, 0.1], [0.2, np.nan, 0.1]])
    assert ops.in_top_k(np.array([2, 1, 1]), p, 1).data.tolist() == [False, False, False]
    assert ops.in_top_k(np.array([2, 1, 0]), p, 2).data.tolist() == [True, True, True]


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "nearest", "midpoint"])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)], ids=str)
@pytest.mark.parametrize("q", [0.3, [0.0, 0.25, 1.0]])
def test_quantiles(method, axis, q):
    x = data(3, 4, 5)
    for keepdims in (False, True):
        expected = np.quantile(x, q, axis, method=method, keepdims=keepdims)
        y = ops.quantile(x, q, axis, method, keepdims)
        assert y.shape == expected.shape
        np.testing.assert_allclose(y.data, expected, rtol=1e-12)
    check_gradients(lambda x: ops.quantile(x, q, axis, method), x)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)], ids=str)
def test_median(axis):
    for shape in ((3, 4), (4, 5)):
        x = data(*shape)
        np.testing.assert_allclose(ops.median(x, axis).data, np.median(x, axis))
        check_gradients(lambda x: ops.median(x, axis), x)
    with pytest.raises(ValueError, match="expected 0 <= q <= 1"):
        ops.quantile(data(3), 1.5)
