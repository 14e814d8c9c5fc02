"""Normalisation: formulas in NumPy, gradients in both modes, long batches, threads."""

import numpy as np
import pytest
from gradcheck import check_gradients

import fastconv
from fastconv import ops
from fastconv.ops.normalizing import batch_moments, normalize_batch
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor

SHAPES = [((6, 3), -1), ((3, 4, 5, 2), -1), ((3, 2, 4, 5), 1), ((2, 3, 4), 1), ((5, 1), 1)]


def data(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape) * 2 + 1


def channels(v, shape, axis):
    sizes = [1] * len(shape)
    sizes[axis] = -1
    return v.reshape(sizes)


def own(x, axis, gamma, beta, eps=1e-3):
    mean, variance = batch_moments(x, axis)
    return normalize_batch(x, mean, variance, axis, gamma, beta, eps)


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batch_moments_and_normalised_values(shape, axis, dtype):
    x = data(*shape).astype(dtype)
    axes = tuple(i for i in range(len(shape)) if i != axis % len(shape))
    exact = x.astype(float)
    tol = 1e-5 if dtype == "float32" else 1e-12
    mean, variance = batch_moments(Tensor(x), axis)
    np.testing.assert_allclose(mean, exact.mean(axes), rtol=tol, atol=tol)
    np.testing.assert_allclose(variance, exact.var(axes), rtol=tol, atol=tol)
    n = shape[axis]
    gamma, beta = data(n, seed=1).astype(dtype), data(n, seed=2).astype(dtype)
    y = own(Tensor(x), axis, Tensor(gamma), Tensor(beta))
    m, v = channels(exact.mean(axes), shape, axis), channels(exact.var(axes), shape, axis)
    expected = (exact - m) / np.sqrt(v + 1e-3)
    expected = expected * channels(gamma, shape, axis) + channels(beta, shape, axis)
    np.testing.assert_allclose(y.data, expected, rtol=tol * 10, atol=tol * 10)


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("which", ["both", "gamma", "beta", "none"])
def test_gradients_through_the_batch_s_own_moments(shape, axis, which):
    n = shape[axis]
    given = {"both": (0, 1), "gamma": (0,), "beta": (1,), "none": ()}[which]
    params = [data(n, seed=i + 1) for i in given]

    def function(x, *rest):
        rest = list(rest)
        gamma = rest.pop(0) if 0 in given else None
        beta = rest.pop(0) if 1 in given else None
        return own(x, axis, gamma, beta)

    check_gradients(function, data(*shape), *params, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_gradients_with_fixed_and_with_given_moments(shape, axis):
    n = shape[axis]
    mean, variance = data(n, seed=3), np.abs(data(n, seed=4)) + 0.5
    gamma, beta = data(n, seed=1), data(n, seed=2)
    check_gradients(
        lambda x, g, b: ops.batch_normalization(x, mean, variance, axis, b, g),
        data(*shape),
        gamma,
        beta,
        rtol=1e-5,
    )
    check_gradients(
        lambda x, m, v: ops.batch_normalization(x, m, v, axis, beta, gamma),
        data(*shape),
        mean,
        variance,
        rtol=1e-5,
    )


def test_gradient_of_parameters_alone():
    x, gamma = Tensor(data(6, 3)), Tensor(data(3))
    with Tape() as tape:
        tape.watch(gamma)
        y = ops.batch_normalization(x, np.zeros(3), np.ones(3), -1, None, gamma)
    g = tape.gradient(y, [gamma])[0]
    np.testing.assert_allclose(g, x.data.sum(0) / np.sqrt(1.001))


@pytest.mark.parametrize("shape", [(50_001, 3), (7, 5, 4001), (40, 300)])
def test_long_batches_are_summed_accurately_and_the_same_on_any_threads(shape):
    x = (data(*shape) + 100).astype(np.float32)
    axes = tuple(i for i in range(len(shape)) if i != 1)
    old = fastconv.get_num_threads()
    found = []
    try:
        for n in (1, 2, 5):
            fastconv.set_num_threads(n)
            found.append(batch_moments(Tensor(x), 1))
    finally:
        fastconv.set_num_threads(old)
    np.testing.assert_allclose(found[0][0], x.mean(axes, dtype=float), rtol=2e-6)
    np.testing.assert_allclose(found[0][1], x.astype(float).var(axes), rtol=1e-4)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


ROWS = [((4, 6), -1), ((2, 3, 40), -1), ((2, 3, 4), (1, 2)), ((2, 3, 4), 1), ((2, 3, 4, 2), (1, 3))]


@pytest.mark.parametrize(("shape", "axis"), ROWS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layer_normalisation_values(shape, axis, dtype):
    x = data(*shape).astype(dtype)
    exact = x.astype(float)
    axes = (axis,) if isinstance(axis, int) else axis
    sizes = [shape[a] for a in axes]
    gamma, beta = data(*sizes, seed=1).astype(dtype), data(*sizes, seed=2).astype(dtype)
    full = [shape[i] if i in [a % len(shape) for a in axes] else 1 for i in range(len(shape))]
    m, v = exact.mean(axes, keepdims=True), exact.var(axes, keepdims=True)
    expected = (exact - m) / np.sqrt(v + 0.01) * gamma.reshape(full) + beta.reshape(full)
    y = ops.layer_normalization(x, gamma, beta, axis, 0.01)
    tol = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(y.data, expected, rtol=tol, atol=tol)
    rms = exact / np.sqrt((exact**2).mean(axes, keepdims=True) + 0.01) * gamma.reshape(full)
    y = ops.rms_normalization(x, gamma, axis, 0.01)
    np.testing.assert_allclose(y.data, rms, rtol=tol, atol=tol)


@pytest.mark.parametrize(("shape", "axis"), ROWS, ids=str)
def test_gradients_of_layer_normalisation(shape, axis):
    sizes = [shape[a] for a in ((axis,) if isinstance(axis, int) else axis)]
    gamma, beta = data(*sizes, seed=1), data(*sizes, seed=2)
    x = data(*shape)
    check_gradients(
        lambda x, g, b: ops.layer_normalization(x, g, b, axis), x, gamma, beta, rtol=1e-5, atol=1e-6
    )
    check_gradients(lambda x: ops.layer_normalization(x, None, None, axis), x, rtol=1e-5, atol=1e-6)
    check_gradients(
        lambda x, b: ops.layer_normalization(x, None, b, axis), x, beta, rtol=1e-5, atol=1e-6
    )
    check_gradients(lambda x, g: ops.rms_normalization(x, g, axis), x, gamma, rtol=1e-5, atol=1e-6)
    check_gradients(
        lambda x, g: ops.layer_normalization(x, g, None, axis, rms_scaling=True),
        x,
        gamma,
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize(("order", "axis"), [(2, -1), (2, (0, 1)), (1, 0), (3, 1)], ids=str)
def test_normalize_divides_by_the_norm(order, axis):
    x = data(3, 4)
    norm = (np.abs(x) ** order).sum(axis, keepdims=True) ** (1 / order)
    np.testing.assert_allclose(ops.normalize(x, axis, order).data, x / norm, rtol=1e-12)
    check_gradients(lambda x: ops.normalize(x, axis, order), x, rtol=1e-5)


def test_normalize_of_zeros_is_zero():
    np.testing.assert_array_equal(ops.normalize(np.zeros((2, 3))).data, np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"must be an int >= 1\. Received: order=0"):
        ops.normalize(np.ones(3), order=0)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("mean", lambda x, p: ops.batch_normalization(x, p, np.ones(4), -1)),
        ("variance", lambda x, p: ops.batch_normalization(x, np.ones(4), p, -1)),
        ("scale", lambda x, p: ops.batch_normalization(x, np.ones(4), np.ones(4), -1, scale=p)),
        ("offset", lambda x, p: ops.batch_normalization(x, np.ones(4), np.ones(4), -1, offset=p)),
        ("gamma", lambda x, p: ops.layer_normalization(x, p)),
        ("beta", lambda x, p: ops.layer_normalization(x, beta=p)),
    ],
)
@pytest.mark.parametrize("n", [3, 5])
def test_parameters_of_another_size_than_the_axis_are_named(name, call, n):
    with pytest.raises(ValueError, match=rf"{name}: expected 4 values .* \(2, 4\), received .*{n}"):
        call(np.ones((2, 4)), np.ones(n))
