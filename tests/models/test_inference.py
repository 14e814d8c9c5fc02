"""`Model.compile_inference`: the same outputs, fewer layers, frozen weights, any thread."""

import threading

import numpy as np
import pytest

import fastconv as keras
from fastconv import layers, ops

RNG = np.random.default_rng(3)


def trained(model):
    """Give moving moments, gammas and biases values that matter."""
    for weight in model.weights:
        if weight.name not in ("kernel", "depthwise_kernel"):
            weight.assign(RNG.uniform(0.5, 1.5, weight.shape))
    return model


def names(net):
    return [type(layer).__name__ for layer in net.layers]


def agree(model, x, rtol=1e-5, atol=1e-5):
    net = model.compile_inference()
    expected = model.predict(x, verbose=0)
    found = net(x)
    assert found.shape == expected.shape and found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)
    np.testing.assert_array_equal(net(x), found)
    return net


def course_cnn():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, padding="same"),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, padding="same", use_bias=False),
            layers.Dropout(0.2),
            layers.BatchNormalization(center=False),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(100),
            layers.BatchNormalization(scale=False),
            layers.BatchNormalization(),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ]
    )


@pytest.mark.parametrize("rows", [1, 3, 32, 70])
def test_a_convolutional_network_keeps_its_outputs_and_loses_what_only_trains(rows):
    model = trained(course_cnn())
    net = agree(model, RNG.random((rows, 28, 28, 1), np.float32), atol=1e-4)
    assert names(net) == [
        "InputLayer", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense",
        "Dense",
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [1, 8, 300])
def test_the_mlp_gives_the_same_bits(rows):
    model = keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )
    x = RNG.random((rows, 784), np.float32)
    net = model.compile_inference()
    np.testing.assert_allclose(net(x), model(x).numpy(), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("axis", [1, 2, -1])
def test_only_a_normalisation_of_the_channels_is_folded(data_format, axis):
    model = trained(
        keras.Sequential(
            [
                keras.Input((7, 6, 5)),
                layers.Conv2D(4, 3, data_format=data_format),
                layers.BatchNormalization(axis=axis),
            ]
        )
    )
    net = agree(model, RNG.random((3, 7, 6, 5), np.float32))
    channels = 3 if data_format == "channels_last" else 1
    assert ("BatchNormalization" in names(net)) == (axis % 4 != channels)


def test_normalisation_after_an_activation_stays():
    model = trained(
        keras.Sequential([keras.Input((5,)), layers.Dense(4, "relu"), layers.BatchNormalization()])
    )
    net = agree(model, RNG.normal(size=(6, 5)).astype("float32"))
    assert names(net) == ["InputLayer", "Dense", "BatchNormalization"]


def test_grouped_and_one_dimensional_convolutions_are_folded():
    model = trained(
        keras.Sequential(
            [
                keras.Input((20, 4)),
                layers.Conv1D(6, 3, groups=2, dilation_rate=2),
                layers.BatchNormalization(),
                layers.Activation("gelu"),
            ]
        )
    )
    assert names(agree(model, RNG.random((3, 20, 4), np.float32))) == ["InputLayer", "Conv1D"]


def test_outputs_used_twice_and_shared_layers_are_left_alone():
    inputs = keras.Input((5,))
    shared = layers.Dense(5, name="shared")
    a = shared(inputs)
    b = layers.BatchNormalization()(a)
    c = layers.BatchNormalization()(shared(b))
    model = trained(keras.Model(inputs, layers.Add()([a, b, c])))
    net = agree(model, RNG.normal(size=(6, 5)).astype("float32"))
    assert names(net).count("BatchNormalization") == 2
    assert names(net).count("Dense") == 1


def test_an_output_of_the_model_is_not_folded_away():
    inputs = keras.Input((5,))
    a = layers.Dense(4)(inputs)
    model = trained(keras.Model(inputs, [a, layers.BatchNormalization()(layers.Dropout(0.5)(a))]))
    x = RNG.normal(size=(6, 5)).astype("float32")
    net = model.compile_inference()
    for found, expected in zip(net(x), model.predict(x, verbose=0), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_named_inputs_ops_and_nested_models():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.BatchNormalization()])
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    out = ops.multiply(inner(a), 2.0) + inner(b)
    model = trained(keras.Model({"a": a, "b": b}, {"sum": out}))
    x = {name: RNG.normal(size=(300, 4)).astype("float32") for name in ("b", "a")}
    net = model.compile_inference()
    found, expected = net(x), model.predict(x, verbose=0)
    assert set(found) == {"sum"}
    np.testing.assert_allclose(found["sum"], expected["sum"], rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="expected 2 inputs, received 1"):
        net({"a": x["a"]})


def test_a_users_own_layer_runs_as_it_is():
    class Twice(layers.Dense):
        def call(self, inputs):
            return super().call(inputs) * 2

    model = trained(keras.Sequential([keras.Input((4,)), Twice(3), layers.BatchNormalization()]))
    net = agree(model, RNG.normal(size=(5, 4)).astype("float32"))
    assert names(net) == ["InputLayer", "Twice", "BatchNormalization"]


def test_weights_are_those_of_the_moment():
    model = trained(course_cnn())
    x = RNG.random((2, 28, 28, 1), np.float32)
    net = model.compile_inference()
    before = net(x)
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    np.testing.assert_array_equal(net(x), before)
    assert not np.array_equal(model(x).numpy(), before)


def test_returned_arrays_are_the_callers():
    model = trained(course_cnn())
    net = model.compile_inference()
    x = RNG.random((1, 28, 28, 1), np.float32)
    first = net(x)
    kept = first.copy()
    net(x + 1)
    np.testing.assert_array_equal(first, kept)


def test_many_threads_predict_at_once():
    model = trained(course_cnn())
    net = model.compile_inference()
    inputs = [RNG.random((1 + i % 3, 28, 28, 1), np.float32) for i in range(6)]
    expected = [net(x) for x in inputs]
    wrong = []

    def work(x, y):
        wrong.extend(1 for _ in range(20) if not np.array_equal(net(x), y))

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(inputs, expected, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_integer_inputs_and_lists_are_cast():
    model = keras.Sequential([keras.Input((3,), dtype="int32"), layers.Embedding(10, 4)])
    net = model.compile_inference()
    x = np.array([[1, 2, 3]])
    np.testing.assert_array_equal(net(x), model.predict(x, verbose=0))
    np.testing.assert_array_equal(net([[1, 2, 3]]), net(x))


def test_many_shapes_are_computed_and_few_kept():
    model = keras.Sequential([keras.Input((None, 3)), layers.Conv1D(2, 1)])
    net = model.compile_inference()
    for n in range(1, 40):
        x = RNG.random((2, n, 3), np.float32)
        np.testing.assert_allclose(net(x), model(x).numpy(), rtol=1e-5, atol=1e-6)
    assert len(net._free) <= 16


def test_what_does_not_fit_is_named():
    net = keras.Sequential([keras.Input((4,)), layers.Dense(3)]).compile_inference()
    with pytest.raises(ValueError, match=r"shape \(None, 4\), received \(2, 5\)"):
        net(np.zeros((2, 5)))
    with pytest.raises(ValueError, match="call it on data once"):
        keras.Sequential([layers.Dense(3)]).compile_inference()

    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match="received Own"):
        Own().compile_inference()
