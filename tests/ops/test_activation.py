"""Activations: values against formulas in NumPy, gradients, NaN, names and configs."""

import numpy as np
import pytest
from gradcheck import check_gradients
from scipy import special

import fastconv as keras
from fastconv import activations, ops
from fastconv.ops.tensor import Activated


def softplus(x):
    return np.logaddexp(0, x)


def sigmoid(x):
    return special.expit(x)


ELU_SCALE, ELU_ALPHA = 1.0507009873554805, 1.6732632423543772

# name -> (arguments, formula)
CASES = {
    "relu": [((), lambda x: np.maximum(x, 0))],
    "relu6": [((), lambda x: np.clip(x, 0, 6))],
    "leaky_relu": [
        ((), lambda x: np.where(x > 0, x, 0.2 * x)),
        ((0.01,), lambda x: np.where(x > 0, x, 0.01 * x)),
    ],
    "elu": [
        ((), lambda x: np.where(x > 0, x, np.expm1(x))),
        ((0.5,), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    ],
    "selu": [((), lambda x: ELU_SCALE * np.where(x > 0, x, ELU_ALPHA * np.expm1(x)))],
    "celu": [((0.7,), lambda x: np.where(x > 0, x, 0.7 * np.expm1(x / 0.7)))],
    "gelu": [
        ((False,), lambda x: x * special.ndtr(x)),
        (
            (True,),
            lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        ),
    ],
    "sigmoid": [((), sigmoid)],
    "hard_sigmoid": [((), lambda x: np.clip(x / 6 + 0.5, 0, 1))],
    "tanh": [((), np.tanh)],
    "softplus": [((), softplus)],
    "softsign": [((), lambda x: x / (1 + abs(x)))],
    "silu": [((), lambda x: x * sigmoid(x))],
    "hard_silu": [((), lambda x: x * np.clip(x / 6 + 0.5, 0, 1))],
    "mish": [((), lambda x: x * np.tanh(softplus(x)))],
    "threshold": [((0.3, -2.0), lambda x: np.where(x > 0.3, x, -2.0))],
    "hard_tanh": [((), lambda x: np.clip(x, -1, 1))],
    "tanh_shrink": [((), lambda x: x - np.tanh(x))],
    "soft_shrink": [((), lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0))],
    "hard_shrink": [((0.7,), lambda x: np.where(abs(x) > 0.7, x, 0))],
    "squareplus": [((), lambda x: np.maximum(x, 0) + 2 / (np.hypot(x, 2) + abs(x)))],
    "sparse_plus": [((), lambda x: np.where(x <= -1, 0, np.where(x >= 1, x, (x + 1) ** 2 / 4)))],
    "sparse_sigmoid": [((), lambda x: np.clip((x + 1) / 2, 0, 1))],
    "log_sigmoid": [((), special.log_expit)],
}
ALL = [(name, args, formula) for name, cases in CASES.items() for args, formula in cases]


def points():
    x = np.random.default_rng(2).normal(size=(7, 11)) * 3
    return np.where(abs(x) < 0.01, 0.5, x)


@pytest.mark.parametrize(("name", "args", "formula"), ALL, ids=[f"{n}{a}" for n, a, _ in ALL])
def test_values_match_the_formula(name, args, formula):
    x = np.concatenate([points().ravel(), [-30.0, 30.0, 0.0, -90.0, 90.0]])
    np.testing.assert_allclose(
        getattr(ops, name)(x, *args).data, formula(x), rtol=1e-13, atol=1e-15
    )
    x32 = x.astype(np.float32)
    y = getattr(ops, name)(x32, *args).data
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, formula(x32.astype(float)), rtol=2e-6, atol=5e-7)


@pytest.mark.parametrize(("name", "args", "formula"), ALL, ids=[f"{n}{a}" for n, a, _ in ALL])
def test_gradients(name, args, formula):
    check_gradients(lambda x: getattr(ops, name)(x, *args), points())


@pytest.mark.parametrize("name", CASES)
def test_nan_comes_out_as_nan(name):
    args = CASES[name][0][0]
    for dtype in ("float32", "float64"):
        x = np.array([np.nan] * 11, dtype)
        y = getattr(ops, name)(x, *args).data
        assert np.isnan(y).all()


@pytest.mark.parametrize(
    ("args", "formula"),
    [
        ((0.1,), lambda x: np.where(x > 0, x, 0.1 * x)),
        ((0.0, 2.0), lambda x: np.clip(x, 0, 2)),
        ((0.0, None, 1.0), lambda x: np.where(x > 1, x, 0)),
        ((0.2, 2.0, 0.5), lambda x: np.where(x > 0.5, np.minimum(x, 2), 0.2 * (x - 0.5))),
        ((0.2, None, -1.0), lambda x: np.where(x > -1, x, 0.2 * (x + 1))),
    ],
)
def test_relu_with_slope_limit_and_threshold(args, formula):
    x = points()
    np.testing.assert_allclose(activations.relu(x, *args).data, formula(x), rtol=1e-13)
    check_gradients(lambda x: activations.relu(x, *args), x)


SHAPES = [((3, 10), -1), ((3, 10), 0), ((2, 3, 4), 1), ((5,), 0), ((2, 70, 67), 1), ((4, 100), -1)]


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_softmax_and_its_logarithm(shape, axis):
    x = np.random.default_rng(0).normal(size=shape) * 5
    for dtype, tol in (("float64", 1e-13), ("float32", 2e-6)):
        t = x.astype(dtype)
        np.testing.assert_allclose(
            ops.softmax(t, axis).data, special.softmax(x, axis), rtol=tol * 5
        )
        np.testing.assert_allclose(
            ops.log_softmax(t, axis).data, special.log_softmax(x, axis), rtol=tol, atol=tol * 5
        )


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax"])
@pytest.mark.parametrize(("shape", "axis"), SHAPES[:4])
def test_gradients_along_an_axis(name, shape, axis):
    x = np.random.default_rng(4).normal(size=shape)
    check_gradients(lambda x: getattr(ops, name)(x, axis), x, atol=1e-8)


def test_softmax_over_several_axes():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 2))
    for axes in ((1, 2), (1, 3), (0, 2), (-1, -2)):
        np.testing.assert_allclose(ops.softmax(x, axes).data, special.softmax(x, axes), rtol=1e-13)
        check_gradients(lambda x, a=axes: ops.softmax(x, a), x, atol=1e-8)


def test_softmax_of_extreme_logits_neither_overflows_nor_loses_the_sum():
    x = np.array([[1000.0, 0.0, -1000.0], [88.0, 88.0, -88.0]], np.float32)
    np.testing.assert_allclose(ops.softmax(x).data, [[1, 0, 0], [0.5, 0.5, 0]], atol=1e-7)
    np.testing.assert_allclose(ops.log_softmax(x).data[0], [0, -1000, -2000])


def test_softmax_and_sigmoid_remember_their_logits():
    x = ops.convert_to_tensor(points())
    for y, axis in ((ops.softmax(x, 0), 0), (ops.sigmoid(x), -1)):
        assert isinstance(y, Activated) and y.logits is x and y.axis == axis
    assert ops.softmax(x).activation == "softmax" and ops.sigmoid(x).activation == "sigmoid"


def test_sparsemax_is_the_nearest_point_of_the_simplex():
    x = np.random.default_rng(0).normal(size=(6, 9)) * 2
    y = ops.sparsemax(x).data
    np.testing.assert_allclose(y.sum(1), 1)
    assert (y >= 0).all() and (y == 0).any()
    z = np.sort(x, 1)[:, ::-1]
    for row, sorted_row, found in zip(x, z, y, strict=True):
        k = max(j for j in range(1, 10) if 1 + j * sorted_row[j - 1] > sorted_row[:j].sum())
        np.testing.assert_allclose(
            found, np.maximum(row - (sorted_row[:k].sum() - 1) / k, 0), atol=1e-12
        )


def test_glu_halves_an_axis():
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    a, b = np.split(x, 2, 1)
    np.testing.assert_allclose(ops.glu(x, 1).data, a * sigmoid(b))
    check_gradients(lambda x: ops.glu(x, 1), x)
    with pytest.raises(
        ValueError, match=r"divisible by 2. Received: x.shape=\(2, 4, 3\) with axis=-1"
    ):
        ops.glu(x)


NAMES = [n for n in activations.__all__ if n not in ("get", "serialize", "deserialize")]


@pytest.mark.parametrize("name", NAMES)
def test_every_activation_is_found_by_its_name_and_goes_back_to_it(name):
    function = activations.get(name)
    assert function is getattr(activations, name)
    canonical = {"swish": "silu", "hard_swish": "hard_silu"}.get(name, name)
    assert activations.serialize(function) == canonical
    assert activations.get(canonical) is function
    assert keras.activations.deserialize(canonical) is function


def test_activation_without_a_name_is_linear_and_unknown_names_are_errors():
    x = points()
    assert activations.get(None) is activations.linear and activations.linear(x) is x
    with pytest.raises(ValueError, match="Could not interpret activation function identifier: foo"):
        activations.get("foo")


def test_functions_of_ones_own_are_activations_too():
    @keras.saving.register_keras_serializable("test_activation")
    def twice(x):
        return x + x

    assert activations.get(twice) is twice
    config = activations.serialize(twice)
    assert activations.deserialize(config) is twice


def test_gelu_is_exact_by_default_as_an_activation():
    x = points()
    exact = x * special.ndtr(x)
    np.testing.assert_allclose(activations.gelu(x).data, exact, rtol=1e-12, atol=1e-15)


def test_activations_of_a_symbol_are_symbols():
    x = keras.Input((3,))
    for name in NAMES:
        args = (0.1, 0.0) if name == "threshold" else ()
        if name != "glu":
            assert getattr(activations, name)(x, *args).shape == (None, 3)
