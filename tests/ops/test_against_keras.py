"""Values, dtypes and gradients of `fastconv.ops` beside Keras's (tests/golden/keras/ops.json)."""

import keras_golden
import numpy as np
import pytest
from keras_cases.common import uniform

import fastconv as keras
from fastconv.ops.tape import Tape

CASES = keras_golden.load("ops")
# sums of a few dozen float64 terms in another order
WIDE = {"rtol": 1e-9, "atol": 1e-11}
# Keras computes these in float32 whatever it is given
NARROW = {"rtol": 3e-6, "atol": 3e-7}
IN_FLOAT32 = {"sin", "cos", "tanh", "mean", "var", "norm", "normalize"}
# 64 bits there only because JAX ran so, and 32 otherwise
OF_64_BIT_JAX = {"argmax", "argmin", "argsort", "linspace", "sparse_categorical_crossentropy"}


def _tolerance(row):
    return NARROW if row["name"] in IN_FLOAT32 else WIDE


def _wide(value):
    """The argument in float64, arrays in lists too."""
    if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
        return [_wide(item) for item in value]
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64)
    return value


def _outputs(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


def _function(name):
    return getattr(keras.ops, name)


@pytest.mark.parametrize("case", CASES)
def test_values_of_float64(case):
    row = CASES[case]
    found = _function(row["name"])(*map(_wide, row["args"]), **row["kwargs"])
    expected = _outputs(row["output"])
    found = [np.asarray(part) for part in _outputs(found)]
    assert [part.shape for part in found] == [np.shape(part) for part in expected]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, **_tolerance(row))


@pytest.mark.parametrize("case", CASES)
def test_dtype_for_float32(case):
    row = CASES[case]
    first = _outputs(_function(row["name"])(*row["args"], **row["kwargs"]))[0]
    found = str(getattr(first, "dtype", type(first).__name__))
    if row["name"] in OF_64_BIT_JAX:
        assert found == row["dtype"].replace("64", "32")
    else:
        assert found == row["dtype"]


@pytest.mark.parametrize("case", [name for name, row in CASES.items() if row["gradients"]])
def test_gradients(case):
    row = CASES[case]
    arguments = [_wide(value) for value in row["args"]]
    variables = []

    def wrap(value):
        if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
            return [wrap(item) for item in value]
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            variables.append(keras.Variable(value, dtype="float64"))
            return variables[-1]
        return value

    wrapped = [wrap(value) for value in arguments]
    with Tape() as tape:
        outputs = _outputs(_function(row["name"])(*wrapped, **row["kwargs"]))
        total = 0.0
        for output in outputs:
            if np.asarray(output).dtype.kind == "f":
                weights = uniform(tuple(output.shape), 99).astype(np.float64)
                total = total + keras.ops.sum(output * weights)
    gradients = tape.gradient(total, variables)
    for found, expected in zip(gradients, row["gradients"], strict=True):
        found = np.zeros_like(expected) if found is None else np.asarray(found)
        np.testing.assert_allclose(found, expected, **_tolerance(row))
