"""Twenty steps of a small network equal those of real Keras (golden files), for every optimizer.

The gradients are NumPy's, so that nothing but the optimizer is tested here.
"""

import types

import keras_golden
import numpy as np
import pytest
from keras_cases import optimizers as cases

from fastconv import optimizers
from fastconv._runtime import Program
from fastconv.ops.variable import Variable

GOLDEN = keras_golden.load("optimizers")
SCHEDULES = keras_golden.load("schedules")
OURS = types.SimpleNamespace(optimizers=optimizers)


def gradients(weights, x, y):
    """Of the mean cross-entropy of the golden file's network."""
    w1, b1, w2, b2 = weights
    a = x @ w1 + b1
    h = np.maximum(a, 0)
    z = h @ w2 + b2
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    dz = p.copy()
    dz[np.arange(len(y)), y] -= 1
    dz /= len(y)
    da = dz @ w2.T * (a > 0)
    return [x.T @ da, da.sum(0), h.T @ dz, dz.sum(0)]


def batches():
    for step in range(cases.STEPS):
        rows = slice(step * cases.BATCH, (step + 1) * cases.BATCH)
        yield GOLDEN["x"][rows], GOLDEN["y"][rows]


def fresh_variables():
    return [Variable(w, name=name) for w, name in zip(GOLDEN["weights"], "abcd", strict=True)]


def train(optimizer, variables):
    factor = np.float32(optimizer.loss_scale_factor or 1)
    for x, y in batches():
        grads = gradients([v.data for v in variables], x, y)
        optimizer.apply([factor * g for g in grads], variables)


@pytest.mark.parametrize("name", GOLDEN["cases"])
def test_twenty_steps_equal_keras(name):
    case = GOLDEN["cases"][name]
    optimizer = cases.build(case, OURS)
    variables = fresh_variables()
    train(optimizer, variables)
    for ours, theirs in zip(variables, case["weights"], strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=0, atol=2e-6)
    for ours, theirs in zip(optimizer.variables, case["state"], strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", [n for n, c in GOLDEN["cases"].items() if "final" in c])
def test_final_values_are_the_averages(name):
    case = GOLDEN["cases"][name]
    optimizer = cases.build(case, OURS)
    variables = fresh_variables()
    train(optimizer, variables)
    optimizer.finalize_variable_values(variables)
    for ours, theirs in zip(variables, case["final"], strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", GOLDEN["cases"])
def test_variables_are_named_and_ordered_as_in_keras_files(name):
    case = GOLDEN["cases"][name]
    optimizer = cases.build(case, OURS)
    optimizer.build(fresh_variables())
    kinds = ("dense_0_kernel", "dense_0_bias", "dense_1_kernel", "dense_1_bias")
    letters = dict(zip(kinds, "abcd", strict=True))
    theirs = []
    for path in case["paths"]:
        tail = path.rpartition("/")[2]
        parts = tail.split("_")
        if "dense" in parts:  # sequential_4_dense_8_kernel_momentum: even numbers come first
            at = parts.index("dense")
            numbered = parts[at + 1].isdigit()
            layer = int(parts[at + 1]) % 2 if numbered else 0
            rest = parts[at + 2 :] if numbered else parts[at + 1 :]
            tail = "_".join([letters[f"dense_{layer}_{rest[0]}"], *rest[1:]])
        theirs.append(tail if not tail.startswith("variable") else "variable")
    ours = [
        v.name if not v.name.startswith("variable") else "variable" for v in optimizer.variables
    ]
    assert ours == theirs


@pytest.mark.parametrize("name", GOLDEN["cases"])
def test_replayed_steps_give_the_same_bits(name):
    """A recorded step reads learning rate, iteration and slots from memory."""
    case = GOLDEN["cases"][name]
    plain = cases.build(case, OURS)
    variables = fresh_variables()
    grads = [np.full(v.shape, 0.01 * (i + 1), np.float32) for i, v in enumerate(variables)]
    for _ in range(14):
        plain.apply(grads, variables)
    replayed = cases.build(case, OURS)
    others = fresh_variables()
    replayed.apply(grads, others)
    program = Program()
    with program:
        replayed.apply(grads, others)
    assert program.spoiled is None
    program.run(5)
    program.run(7)
    for a, b in zip(variables, others, strict=True):
        np.testing.assert_array_equal(a.data, b.data)
    for a, b in zip(plain.variables, replayed.variables, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_values_equal_keras(name):
    case = SCHEDULES[name]
    schedule = getattr(optimizers.schedules, case["schedule"])(**case["kwargs"])
    np.testing.assert_allclose(
        schedule(np.array(case["steps"])).data, case["values"], rtol=4e-6, atol=1e-8
    )
    np.testing.assert_allclose(float(schedule(7)), case["values"][7], rtol=1e-6)
