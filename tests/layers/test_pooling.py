"""Pooling layers: arguments, configs, shapes, masks, errors in Keras's words."""

import json
from inspect import signature

import keras_golden
import numpy as np
import pytest
from gradcheck import check_gradients

import fastconv as keras
from fastconv import layers

RNG = np.random.default_rng(19)
POOLS = [f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2)]
GLOBALS = [f"Global{name}" for name in POOLS]


def data(name, first=False):
    shape = (9,) if "1D" in name else (9, 8)
    return RNG.normal(size=(2, 3, *shape) if first else (2, *shape, 3))


@pytest.mark.parametrize("name", [*POOLS, *GLOBALS])
def test_arguments_are_keras_s(name):
    known = keras_golden.load("signatures")["signatures"][f"layers.{name}"]
    found = []
    for p in list(signature(getattr(layers, name)).parameters.values()):
        text = p.name if p.default is p.empty else f"{p.name}={p.default!r}"
        found.append(f"**{text}" if p.kind is p.VAR_KEYWORD else text)
    assert found == known


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "strides"), [(2, None), (3, 2), (2, 3)])
def test_windows_shape_config_and_gradient(name, data_format, padding, size, strides):
    layer = getattr(layers, name)(size, strides, padding, data_format=data_format, dtype="float64")
    x = data(name, data_format == "channels_first")
    y = layer(x)
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *y.shape[1:])
    assert layer(keras.Input(x.shape[1:])).shape == (None, *y.shape[1:])
    config = layer.get_config()
    assert type(layer).from_config(json.loads(json.dumps(config))).get_config() == config
    check_gradients(layer, x)


@pytest.mark.parametrize("name", GLOBALS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pools_reduce_all_pixels(name, data_format, keepdims):
    layer = getattr(layers, name)(data_format=data_format, keepdims=keepdims, dtype="float64")
    x = data(name, data_format == "channels_first")
    axes = (
        tuple(range(1, x.ndim - 1)) if data_format == "channels_last" else tuple(range(2, x.ndim))
    )
    expected = (x.max if "Max" in name else x.mean)(axes, keepdims=keepdims)
    y = layer(x)
    np.testing.assert_allclose(y.data, expected, rtol=1e-14)
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *y.shape[1:])
    assert layer.get_config()["keepdims"] is keepdims
    check_gradients(layer, x)


def test_masked_steps_do_not_count_in_a_mean():
    x = data("1D")
    mask = RNG.uniform(size=x.shape[:2]) < 0.5
    mask[:, 0] = True
    for keepdims in (False, True):
        layer = layers.GlobalAveragePooling1D(keepdims=keepdims, dtype="float64")
        expected = np.stack([row[m].mean(0) for row, m in zip(x, mask, strict=True)])
        found = layer(x, mask=mask).data.reshape(2, 3)
        np.testing.assert_allclose(found, expected, rtol=1e-14)
    first = layers.GlobalAveragePooling1D("channels_first", dtype="float64")
    found = first(np.ascontiguousarray(x.transpose(0, 2, 1)), mask=mask).data
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_default_windows():
    assert layers.MaxPooling2D().get_config()["strides"] == (2, 2)
    assert layers.MaxPooling1D().pool_size == (2,)
    assert layers.AveragePooling2D((3, 2)).strides == (3, 2)


ERRORS = [
    (
        lambda: layers.MaxPooling2D(0),
        "The `pool_size` argument must be a tuple of 2 integers. Received pool_size=0, including "
        "values {0} that do not satisfy `value > 0`",
    ),
    (
        lambda: layers.AveragePooling1D((2, 2)),
        "The `pool_size` argument must be a tuple of 1 integers. Received pool_size=(2, 2)",
    ),
    (
        lambda: layers.MaxPooling2D(padding="x"),
        "Argument `padding` must be either 'valid' or 'same'. Received: padding=x",
    ),
    (
        lambda: layers.MaxPooling2D(name="p")(np.ones((1, 2, 2), "float32")),
        "Input 0 with name 'None' of layer 'p' is incompatible with the layer: expected ndim=4, "
        "found ndim=3. Full shape received: (1, 2, 2)",
    ),
    (
        lambda: layers.MaxPooling2D(3).compute_output_shape((1, 2, 2, 1)),
        "Computed output size would be zero or negative. Received: `inputs.shape=[1 2 2 1]`, "
        "`pool_size=[3 3]`, `strides=(3, 3)`, `padding=valid`.",
    ),
]


@pytest.mark.parametrize(("make", "text"), ERRORS, ids=range(len(ERRORS)))
def test_errors_are_keras_s(make, text):
    with pytest.raises(ValueError) as error:  # the text is compared in full
        make()
    assert str(error.value) == text
