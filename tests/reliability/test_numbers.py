"""Rounding, denormals, overflow: bounds on every engine, and SciPy's results where it has one."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy.signal

import fastconv as keras
from fastconv import signal


def tool(name):
    path = Path(__file__).parents[2] / "tools" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ulp = tool("ulp")


@pytest.mark.parametrize("name", ulp.ENGINES)
def test_errors_of_an_engine_stay_within_its_bounds(name):
    own, top, _ = ulp.measure(name, 60, seed=1)
    _, _, own_bound, top_bound = ulp.ENGINES[name]
    assert own_bound is None or own <= own_bound
    assert top <= top_bound


@pytest.mark.parametrize("dtype", ["f", "d"])
def test_denormals_are_convolved_as_scipy_does(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    x = (np.arange(40) * tiny).astype(dtype)
    h = np.array([1, 2, 3], dtype)
    y = signal.convolve(x, h, method="direct")
    np.testing.assert_array_equal(y, scipy.signal.convolve(x, h, method="direct"))
    assert y[1] == tiny


def test_a_training_leaves_denormals_as_they_were():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0)
    assert np.float32(1e-40) * np.float32(1) == np.float32(1e-40)


@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_overflow_gives_scipys_infinities(dtype):
    big = np.finfo(dtype).max
    x = np.array([big, big, 1, -big, -big, 0, 2], dtype)
    h = np.array([2, 1], dtype)
    with np.errstate(all="ignore"):
        want = scipy.signal.convolve(x, h, method="direct")
    y = signal.convolve(x, h, method="direct")
    np.testing.assert_array_equal(np.isinf(y.real), np.isinf(want.real))
    finite = np.isfinite(want)
    np.testing.assert_allclose(y[finite], want[finite], rtol=1e-6)


@pytest.mark.parametrize("dtype", "bBhHiIlL")
def test_integers_wrap_as_scipys_do(dtype):
    info = np.iinfo(dtype)
    x = np.array([info.max, info.min, 3, info.max], dtype)
    h = np.array([2, 3, info.max], dtype)
    want = scipy.signal.convolve(x, h, method="direct")
    np.testing.assert_array_equal(signal.convolve(x, h, method="direct"), want)
