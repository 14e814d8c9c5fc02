"""Convolution layers: arguments, configs, weights, shapes, errors in Keras's words."""

import json
from inspect import signature

import keras_golden
import numpy as np
import pytest

import fastconv as keras
from fastconv import layers, ops
from fastconv.ops.tape import Tape

RNG = np.random.default_rng(17)
CONVS = {
    "Conv1D": {"filters": 6, "kernel_size": 3},
    "Conv2D": {"filters": 6, "kernel_size": (3, 2)},
    "Conv1DTranspose": {"filters": 6, "kernel_size": 3},
    "Conv2DTranspose": {"filters": 6, "kernel_size": (3, 2)},
    "DepthwiseConv1D": {"kernel_size": 3},
    "DepthwiseConv2D": {"kernel_size": (3, 2)},
    "SeparableConv1D": {"filters": 6, "kernel_size": 3},
    "SeparableConv2D": {"filters": 6, "kernel_size": (3, 2)},
}


def shape_of(name, first=False):
    size = (8,) if "1D" in name else (8, 7)
    return (2, 4, *size) if first else (2, *size, 4)


@pytest.mark.parametrize("name", CONVS)
def test_arguments_are_keras_s(name):
    known = keras_golden.load("signatures")["signatures"][f"layers.{name}"]
    found = []
    for p in list(signature(getattr(layers, name)).parameters.values()):
        text = p.name if p.default is p.empty else f"{p.name}={p.default!r}"
        found.append(f"**{text}" if p.kind is p.VAR_KEYWORD else text)
    assert found == known


@pytest.mark.parametrize("name", CONVS)
def test_config_round_trip_gives_the_same_layer(name):
    kwargs = {**CONVS[name], "padding": "same", "activation": "relu", "use_bias": False}
    layer = getattr(layers, name)(**kwargs, name="mine", activity_regularizer="l2")
    config = layer.get_config()
    again = type(layer).from_config(json.loads(json.dumps(config)))
    assert again.get_config() == config
    assert config["padding"] == "same" and config["data_format"] == "channels_last"
    assert config["activity_regularizer"] is not None


@pytest.mark.parametrize("name", CONVS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2])
def test_shape_inference_says_what_call_does(name, data_format, padding, strides):
    layer = getattr(layers, name)(
        **CONVS[name], strides=strides, padding=padding, data_format=data_format
    )
    shape = shape_of(name, data_format == "channels_first")
    y = layer(np.ones(shape, np.float32))
    assert layer.compute_output_shape(shape) == y.shape
    assert layer.compute_output_shape((None, *shape[1:])) == (None, *y.shape[1:])
    symbolic = layer(keras.Input(shape[1:]))
    assert symbolic.shape == (None, *y.shape[1:])


@pytest.mark.parametrize(
    ("name", "names", "shapes"),
    [
        ("Conv1D", ["kernel", "bias"], [(3, 4, 6), (6,)]),
        ("Conv2D", ["kernel", "bias"], [(3, 2, 4, 6), (6,)]),
        ("Conv1DTranspose", ["kernel", "bias"], [(3, 6, 4), (6,)]),
        ("Conv2DTranspose", ["kernel", "bias"], [(3, 2, 6, 4), (6,)]),
        ("DepthwiseConv1D", ["kernel", "bias"], [(3, 4, 1), (4,)]),
        ("DepthwiseConv2D", ["kernel", "bias"], [(3, 2, 4, 1), (4,)]),
        (
            "SeparableConv1D",
            ["depthwise_kernel", "pointwise_kernel", "bias"],
            [(3, 4, 1), (1, 4, 6), (6,)],
        ),
        (
            "SeparableConv2D",
            ["depthwise_kernel", "pointwise_kernel", "bias"],
            [(3, 2, 4, 1), (1, 1, 4, 6), (6,)],
        ),
    ],
)
def test_weights_have_keras_s_names_order_and_shapes(name, names, shapes):
    layer = getattr(layers, name)(**CONVS[name])
    layer.build(shape_of(name))
    assert [w.name for w in layer.weights] == names
    assert [w.shape for w in layer.weights] == shapes
    assert all(w.trainable for w in layer.weights)
    assert layer.get_build_config() == {"input_shape": list(shape_of(name))}


@pytest.mark.parametrize("name", CONVS)
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", None])
def test_activation_is_applied_once_fused_or_not(name, activation):
    plain = getattr(layers, name)(**CONVS[name], dtype="float64")
    x = RNG.normal(size=shape_of(name))
    z = plain(x)
    layer = getattr(layers, name)(**CONVS[name], activation=activation, dtype="float64")
    layer.build(x.shape)
    layer.set_weights(plain.get_weights())
    expected = keras.activations.get(activation)(z)
    np.testing.assert_allclose(layer(x).data, expected.data, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CONVS)
def test_every_weight_gets_a_gradient(name):
    layer = getattr(layers, name)(**CONVS[name], activation="relu")
    x = RNG.normal(size=shape_of(name)).astype(np.float32)
    layer.build(x.shape)
    with Tape() as tape:
        loss = ops.sum(ops.square(layer(x)))
    for weight, gradient in zip(layer.weights, tape.gradient(loss, layer.weights), strict=True):
        assert gradient.shape == weight.shape and np.abs(gradient).max() > 0


def test_regularizers_and_constraints_reach_the_weights():
    layer = layers.SeparableConv2D(
        3,
        2,
        depthwise_regularizer="l1",
        pointwise_constraint="non_neg",
        bias_initializer="ones",
    )
    layer.build((None, 4, 4, 2))
    assert layer.depthwise_kernel.regularizer is not None
    assert layer.pointwise_kernel.constraint is not None
    np.testing.assert_array_equal(layer.bias.data, 1)
    assert len(layer.losses) == 1


def test_aliases_are_the_same_classes():
    for alias, name in keras_golden.load("signatures")["aliases"].items():
        alias, name = alias.removeprefix("layers."), name.removeprefix("layers.")
        if ("Conv" in name or "Pool" in name) and "3D" not in name:
            assert getattr(layers, alias) is getattr(layers, name)


ERRORS = [
    (
        lambda: layers.Conv2D(3, (3, 3, 3)),
        "The `kernel_size` argument must be a tuple of 2 integers. Received kernel_size=(3, 3, 3)",
    ),
    (
        lambda: layers.Conv2D(3, 0),
        "The `kernel_size` argument must be a tuple of 2 integers. Received kernel_size=0, "
        "including values {0} that do not satisfy `value > 0`",
    ),
    (
        lambda: layers.Conv1D(3, "a"),
        "The `kernel_size` argument must be a tuple of 1 integers. Received kernel_size=a",
    ),
    (
        lambda: layers.Conv2D(3, 3, data_format="x"),
        "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
        "Received: data_format=x",
    ),
    (
        lambda: layers.Conv2D(-1, 3),
        "Invalid value for argument `filters`. Expected a strictly positive value. "
        "Received filters=-1.",
    ),
    (
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=0),
        "Invalid value for argument `depth_multiplier`. Expected a strictly positive value. "
        "Received depth_multiplier=0.",
    ),
    (
        lambda: layers.Conv2D(3, 3, groups=2),
        "The number of filters must be evenly divisible by the number of groups. "
        "Received: groups=2, filters=3.",
    ),
    (
        lambda: layers.Conv2D(4, 3, groups=0),
        "The number of groups must be a positive integer. Received: groups=0.",
    ),
    (
        lambda: layers.Conv2D(4, 3, groups=2)(np.ones((1, 5, 5, 3), "float32")),
        "The number of input channels must be evenly divisible by the number of groups. Received "
        "groups=2, but the input has 3 channels (full input shape is (1, 5, 5, 3)).",
    ),
    (
        lambda: layers.Conv2D(4, 3, strides=2, dilation_rate=2),
        "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
        "strides=(2, 2) and dilation_rate=(2, 2)",
    ),
    (
        lambda: layers.Conv1DTranspose(4, 3, strides=2, output_padding=2),
        "`output_padding` must be strictly less than `strides` for all dimensions. At dimension "
        "0, `output_padding` is 2 but `strides` is 2. Received: output_padding=(2,), strides=(2,)",
    ),
    (
        lambda: layers.Conv2D(3, 3)(np.ones((1, 2, 2, 1), "float32")),
        "Computed output size would be zero or negative. Received `inputs shape=(1, 2, 2, 1)`, "
        "`kernel shape=(3, 3, 1, 3)`, `dilation_rate=[1 1]`, `strides=(1, 1)`, `padding=valid`.",
    ),
    (
        lambda: layers.Conv2D(3, 3, name="c")(keras.Input((28, 28))),
        "Input 0 with name 'None' of layer 'c' is incompatible with the layer: expected "
        "min_ndim=4, found ndim=3. Full shape received: (None, 28, 28)",
    ),
    (
        lambda: layers.Conv2D(3, 3, foo=1),
        "Unrecognized keyword arguments passed to Conv2D: {'foo': 1}",
    ),
]


@pytest.mark.parametrize(("make", "text"), ERRORS, ids=range(len(ERRORS)))
def test_errors_are_keras_s(make, text):
    with pytest.raises(ValueError) as error:  # the text is compared in full
        make()
    assert str(error.value) == text


@pytest.mark.parametrize("name", [n for n in CONVS if n != "Conv1D"])
def test_only_conv1d_knows_causal_padding(name):
    with pytest.raises(ValueError, match="The `padding` argument must be a list/tuple or one of"):
        getattr(layers, name)(**CONVS[name], padding="causal")


def test_wrong_channels_are_named_after_building():
    layer = layers.Conv2D(3, 3, name="c")
    layer(np.ones((1, 5, 5, 2), "float32"))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 2"):
        layer(np.ones((1, 5, 5, 3), "float32"))


def test_channels_first_by_configuration():
    keras.config.set_image_data_format("channels_first")
    try:
        assert layers.Conv2D(2, 1).data_format == "channels_first"
        assert layers.Conv2D(2, 1)(np.ones((1, 3, 5, 6), "float32")).shape == (1, 2, 5, 6)
    finally:
        keras.config.set_image_data_format("channels_last")
