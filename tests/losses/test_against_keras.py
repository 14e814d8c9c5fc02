"""Values and gradients of every loss equal those of real Keras (golden files)."""

import keras_golden
import numpy as np
import pytest

from fastconv import losses, ops
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Activated, Tensor

GOLDEN = keras_golden.load("losses")
DATA = GOLDEN["data"]


def label(case):
    kwargs = ",".join(f"{k}={v}" for k, v in case["kwargs"].items())
    name = case.get("class_name", case.get("name"))
    weight = case.get("sample_weight") or ""
    return f"{name}({kwargs})-{case['y_true']}-{case['y_pred']}-{weight}"


def value_and_gradient(function, y_true, y_pred, *more):
    p = Tensor(y_pred.copy())
    with Tape() as tape:
        tape.watch(p)
        value = function(y_true, p, *more)
        whole = ops.sum(value)
    return value.data, tape.gradient(whole, [p])[0]


@pytest.mark.parametrize("case", GOLDEN["classes"], ids=label)
def test_class_equals_keras(case):
    loss = getattr(losses, case["class_name"])(**case["kwargs"])
    weight = DATA[case["sample_weight"]] if case["sample_weight"] else None
    value, gradient = value_and_gradient(loss, DATA[case["y_true"]], DATA[case["y_pred"]], weight)
    assert value.dtype == np.float32
    np.testing.assert_allclose(value, case["value"], rtol=2e-6, atol=2e-6)
    assert gradient.shape == case["gradient"].shape
    scale = np.abs(case["gradient"]).max()
    np.testing.assert_allclose(gradient, case["gradient"], rtol=2e-5, atol=2e-6 * max(1, scale))


@pytest.mark.parametrize("case", GOLDEN["functions"], ids=label)
def test_function_equals_keras_in_float64(case):
    function = getattr(losses, case["name"])
    y_true = DATA[case["y_true"]]
    y_true = y_true.astype("float64") if y_true.dtype == np.float32 else y_true
    y_pred = DATA[case["y_pred"]].astype("float64")
    value, gradient = value_and_gradient(
        lambda t, p: function(t, p, **case["kwargs"]), y_true, y_pred
    )
    assert value.dtype == np.float64
    # Keras's log(2) is a float32 there
    atol = 3e-8 if case["name"] == "log_cosh" else 1e-9
    np.testing.assert_allclose(value, case["value"], rtol=1e-9, atol=atol)
    np.testing.assert_allclose(gradient, case["gradient"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("case", GOLDEN["fused"], ids=lambda c: c["class_name"])
def test_loss_goes_back_to_the_logits_of_the_last_layer(case):
    """Saturated probabilities would give 10.7 where 66.7 is right."""
    logits = Tensor(DATA[case["logits"]].copy())
    z = logits.data.astype(np.float64)
    if case["activation"] == "softmax":
        p = np.exp(z - z.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
    else:
        p = 1 / (1 + np.exp(-z))
    loss = getattr(losses, case["class_name"])()
    with Tape() as tape:
        tape.watch(logits)
        output = Activated(p.astype(np.float32), case["activation"], logits)
        value = loss(DATA[case["y_true"]], output)
    np.testing.assert_allclose(float(value), case["value"], rtol=1e-5)
    gradient = tape.gradient(value, [logits])[0]
    target = DATA[case["y_true"]]
    if target.ndim == 1:
        target = np.eye(3)[target]
    expected = (p - target) / (3 if case["activation"] == "softmax" else 9)
    np.testing.assert_allclose(gradient, expected, atol=1e-6)
