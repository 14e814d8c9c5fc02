"""Real Keras's output, gradients, weights and configs of every layer (tests/golden)."""

import json

import keras_golden
import numpy as np
import pytest
from keras_cases.common import uniform

import fastconv as keras
from fastconv import activations
from fastconv._registry import serialize_keras_object
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor

CASES = keras_golden.load("layers")
each = pytest.mark.parametrize("name", CASES)

# Keys that old versions of Keras refuse; we leave them out where they stand at their defaults.
LEFT_OUT = {
    "quantization_config": None,
    "input_axes": None,
    "output_axes": None,
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "rms_scaling": False,
    "pad_to_aspect_ratio": False,
    "fill_mode": "constant",
    "fill_value": 0.0,
    "antialias": False,
}


def one_or_list(values):
    return values if len(values) > 1 else values[0]


def prepared(case, dtype="float64"):
    layer = getattr(keras.layers, case["class_name"])(**case["kwargs"], dtype=dtype, name="it")
    if not layer.built:
        layer.build(one_or_list([tuple(x.shape) for x in case["inputs"]]))
    layer.set_weights(case["weights"])
    return layer


def call(case, layer, tensors):
    extra = {} if case["mode"] == "plain" else {"training": case["mode"] == "training"}
    return layer(one_or_list(tensors), **extra)


@each
def test_output_gradients_and_moving_statistics(name):
    case = CASES[name]
    layer = prepared(case)
    assert [v.name for v in layer.weights] == case["weight_names"]
    tensors = [Tensor(x if x.dtype.kind == "i" else x.astype("float64")) for x in case["inputs"]]
    with Tape() as tape:
        for t in tensors:
            tape.watch(t)
        y = call(case, layer, tensors)
    assert y.shape == case["output"].shape
    tolerance = {"rtol": 3e-6, "atol": 3e-6 * max(1.0, float(np.abs(case["output"]).max()))}
    np.testing.assert_allclose(y.data, case["output"], **tolerance)
    sources = [*tensors, *layer.trainable_variables]
    grads = tape.gradient(y, sources, seed=uniform(y.shape, 99).astype("float64"))
    expected = [*case["gradients"]["inputs"], *case["gradients"]["weights"]]
    assert len(sources) == len(expected)
    for got, wanted in zip(grads, expected, strict=True):
        if wanted is not None:
            got = np.zeros(wanted.shape) if got is None else got
            scale = max(1.0, float(np.abs(wanted).max()))
            np.testing.assert_allclose(got, wanted, rtol=3e-6, atol=3e-6 * scale)
    if case["mode"] == "training":
        for v, after in zip(layer.weights, case["weights_after"], strict=True):
            np.testing.assert_allclose(v.data, after, rtol=1e-6, atol=1e-6, err_msg=v.name)


@each
def test_float32_is_as_good_as_float32_can_be(name):
    case = CASES[name]
    layer = prepared(case, "float32")
    y = call(case, layer, [Tensor(x) for x in case["inputs"]])
    assert y.data.dtype == np.float32
    scale = max(1.0, float(np.abs(case["output"]).max()))
    np.testing.assert_allclose(y.data, case["output"], rtol=2e-5, atol=2e-5 * scale)


@each
def test_inferred_shape(name):
    case = CASES[name]
    layer = prepared(case)
    shapes = [(None, *x.shape[1:]) for x in case["inputs"]]
    assert list(layer.compute_output_shape(one_or_list(shapes))) == case["output_shape"]


def same(ours, theirs, where):
    """Configs are equal but for the keys that we leave out, and plain dtypes."""
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), where
        for key, value in theirs.items():
            if key in ours:
                same(ours[key], value, f"{where}.{key}")
            else:
                assert key in LEFT_OUT and value == LEFT_OUT[key], f"{where}.{key} is missing"
        assert set(ours) <= set(theirs), f"{where}: {set(ours) - set(theirs)} are not Keras's"
    else:
        assert ours == theirs, where


@each
def test_config(name):
    case = CASES[name]
    kwargs = case["kwargs"]
    ours = getattr(keras.layers, case["class_name"])(**kwargs).get_config()
    ours = json.loads(json.dumps(serialize_keras_object(ours)))
    del ours["name"], ours["dtype"]
    whole = CASES[f"{case['class_name']}_0"]["config"]
    theirs = whole if name.endswith("_0") else {**whole, **case["config"]}
    if case["class_name"] == "RandomCrop":  # its seed is drawn at random when none is given
        del ours["seed"]
        theirs = {key: value for key, value in theirs.items() if key != "seed"}
    same(ours, theirs, name)


ACTIVATIONS = keras_golden.load("activations")
# Keras's sparsemax adds up cumulated sums (its rows do not sum to 1): not copied, see
# test_activation.py. XLA's tanh is good to 2e-7 even in float64.
NOT_COPIED = {"sparsemax"}


@pytest.mark.parametrize(
    "i", [i for i, case in enumerate(ACTIVATIONS["cases"]) if case["name"] not in NOT_COPIED]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_activations(i, dtype):
    case = ACTIVATIONS["cases"][i]
    x = Tensor(np.asarray(ACTIVATIONS[case["x"]]).astype(dtype))
    with Tape() as tape:
        tape.watch(x)
        y = activations.get(case["name"])(x, **case["kwargs"])
        y = keras.ops.convert_to_tensor(y)
    exact = dtype == "float64" and case["name"] != "tanh"
    tolerance = {"rtol": 1e-10, "atol": 1e-12} if exact else {"rtol": 2e-6, "atol": 2e-6}
    np.testing.assert_allclose(y.data, case["y"], **tolerance)
    seed = uniform(y.shape, 99).astype(dtype)
    grad = seed if y is x else tape.gradient(y, [x], seed=seed)[0]
    np.testing.assert_allclose(grad, case["dx"], **tolerance)
