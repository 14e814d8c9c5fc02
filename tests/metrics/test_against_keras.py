"""Results, state and names of every metric equal those of real Keras (golden files)."""

import warnings

import keras_golden
import numpy as np
import pytest

from fastconv import metrics
from fastconv.ops.variable import reset_names

GOLDEN = keras_golden.load("metrics")
DATA = GOLDEN["data"]


def label(case):
    kwargs = ",".join(f"{k}={v}" for k, v in case["kwargs"].items())
    name = case.get("class_name", case.get("name"))
    weight = case.get("sample_weight") or ""
    return f"{name}({kwargs})-{case['y_true']}-{case['y_pred']}-{weight}"


def halves(case):
    arrays = [DATA[case[k]] for k in ("y_true", "y_pred") if case[k]]
    weight = DATA[case["sample_weight"]] if case["sample_weight"] else None
    half = len(arrays[0]) // 2
    for rows in (slice(None, half), slice(half, None)):
        yield [a[rows] for a in arrays], None if weight is None else weight[rows]


@pytest.mark.parametrize("case", GOLDEN["classes"], ids=label)
def test_metric_equals_keras(case):
    reset_names()
    metric = getattr(metrics, case["class_name"])(**case["kwargs"])
    assert metric.name == case["name"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "empty" in case:
            np.testing.assert_allclose(metric.result().data, case["empty"], atol=1e-7)
        for (arrays, weight), expected in zip(halves(case), case["result"], strict=True):
            metric.update_state(*arrays, sample_weight=weight)
            value = metric.result().data
            assert np.shape(value) == np.shape(expected)
            np.testing.assert_allclose(value, expected, rtol=2e-5, atol=2e-6)
    assert [[v.name, list(v.shape)] for v in metric.variables] == case["variables"]
    for ours, theirs in zip(metric.variables, case["state"], strict=False):
        np.testing.assert_allclose(ours.data, theirs, rtol=2e-5, atol=2e-6)
    metric.reset_state()
    assert not any(v.data.any() for v in metric.variables)


@pytest.mark.parametrize("case", GOLDEN["functions"], ids=label)
def test_function_equals_keras(case):
    value = getattr(metrics, case["name"])(
        DATA[case["y_true"]], DATA[case["y_pred"]], **case["kwargs"]
    )
    assert value.dtype == np.float32
    np.testing.assert_array_equal(value.data, case["value"])
