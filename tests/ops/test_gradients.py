"""grad and value_and_grad: of arguments, of variables, of models."""

import numpy as np
import pytest

import fastconv as keras
from fastconv import ops

X = np.array([1.0, 2.0, 3.0])


def test_gradient_of_the_first_argument():
    value, slope = ops.value_and_grad(lambda x: ops.sum(x * x))(X)
    assert float(value) == 14.0
    np.testing.assert_array_equal(slope.numpy(), 2 * X)
    np.testing.assert_array_equal(ops.grad(lambda x, k: k * ops.sum(x * x))(X, 3.0).numpy(), 6 * X)


def test_several_arguments_and_structures():
    def f(a, b, scale=1.0):
        return scale * ops.sum(a["u"] * b[0]) + ops.sum(b[1])

    a, b = {"u": X}, [X + 1, np.array(5.0)]
    da, db = ops.grad(f, argnums=(0, 1))(a, b, scale=2.0)
    np.testing.assert_array_equal(da["u"].numpy(), 2 * (X + 1))
    np.testing.assert_array_equal(db[0].numpy(), 2 * X)
    assert float(db[1]) == 1.0


def test_what_does_not_matter_has_gradient_zero():
    da, db = ops.grad(lambda a, b: ops.sum(a), argnums=(0, 1))(X, X)
    np.testing.assert_array_equal(da.numpy(), np.ones(3))
    np.testing.assert_array_equal(db.numpy(), np.zeros(3))


def test_auxiliary_results_are_passed_on():
    f = lambda x: (ops.sum(x), {"double": x * 2})  # noqa: E731
    (value, aux), slope = ops.value_and_grad(f, has_aux=True)(X)
    assert float(value) == 6 and aux["double"].numpy().tolist() == [2, 4, 6]
    slope, aux = ops.grad(f, has_aux=True)(X)
    assert slope.numpy().tolist() == [1, 1, 1] and "double" in aux


def test_gradient_of_variables_even_of_frozen_ones():
    v = keras.Variable(X, name="v")
    w = keras.Variable(X, trainable=False, name="w")
    value, (dv, dw) = ops.value_and_grad(lambda: ops.sum(v * w), variables=[v, w])()
    assert float(value) == 14.0
    np.testing.assert_array_equal(dv.numpy(), X)
    np.testing.assert_array_equal(dw.numpy(), X)


def test_saliency_of_a_model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="tanh")])
    x = np.ones((4, 3), "float32")
    slope = ops.grad(lambda x: ops.sum(model(x)[:, 0]))(x)
    kernel, bias = (v.numpy() for v in model.weights)
    y = np.tanh(x @ kernel + bias)[:, :1]
    np.testing.assert_allclose(slope.numpy(), (1 - y**2) * kernel[:, 0], rtol=1e-5)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"single number, received a tensor of shape \(3,\)"):
        ops.grad(lambda x: x * 2)(X)
    with pytest.raises(ValueError, match="expected floats to differentiate by, received int64"):
        ops.grad(lambda x: ops.sum(x))(np.array([1, 2]))
