"""Graphs of layers: outputs by name, order of losses, and Keras's errors for graphs gone wrong."""

import re

import numpy as np
import pytest

import fastconv as keras

layers = keras.layers


def two_heads(order=("wide", "narrow")):
    inputs = keras.Input((4,), name="x")
    heads = {
        "wide": layers.Dense(3, kernel_initializer="ones", name="wide"),
        "narrow": layers.Dense(1, kernel_initializer="ones", name="narrow"),
    }
    return keras.Model(inputs, {name: heads[name](inputs) for name in order})


@pytest.mark.parametrize("order", [("wide", "narrow"), ("narrow", "wide")])
def test_outputs_in_a_dict_keep_their_names(order):
    model = two_heads(order)
    x = np.ones((5, 4), "float32")
    for outputs in (model(x), model.predict(x, verbose=0), model.predict_on_batch(x)):
        assert list(outputs) == list(order)
        assert outputs["wide"].shape == (5, 3) and outputs["narrow"].shape == (5, 1)
    assert model.output_names == ["narrow", "wide"]


@pytest.mark.parametrize("order", [("wide", "narrow"), ("narrow", "wide")])
def test_losses_go_in_the_order_of_the_loss_dict_and_metrics_in_that_of_names(order):
    model = two_heads()
    model.compile("sgd", dict.fromkeys(order, "mse"), metrics={"narrow": "mae", "wide": "mae"})
    x = np.ones((5, 4), "float32")
    y = {"narrow": np.zeros((5, 1), "float32"), "wide": np.full((5, 3), 2, "float32")}
    squares = {"wide": 4.0, "narrow": 16.0}
    found = model.evaluate(x, y, verbose=0)
    assert found == pytest.approx([20.0, *(squares[name] for name in order), 4.0, 2.0])


def test_a_loss_dict_may_leave_outputs_out_but_not_name_strange_ones():
    model = two_heads()
    x = np.ones((5, 4), "float32")
    y = {"narrow": np.zeros((5, 1), "float32"), "wide": np.zeros((5, 3), "float32")}
    model.compile("sgd", {"narrow": "mse"})
    assert model.evaluate(x, y, verbose=0) == pytest.approx(16.0)
    model.compile("sgd", {"high": "mse"})
    with pytest.raises(KeyError, match=re.escape("The path: ('high',) in the `loss` argument")):
        model.evaluate(x, y, verbose=0)


def test_inputs_of_the_wrong_shape_are_named():
    model = keras.Model(*(lambda x: (x, layers.Dense(2)(x)))(keras.Input((8,), name="x")))
    message = (
        f"Input 0 with name 'x' of layer '{model.name}' is incompatible with the layer: "
        "expected shape=(None, 8), found shape=(2, 7)"
    )
    for call in (model, model.predict):
        with pytest.raises(ValueError, match=re.escape(message)):
            call(np.ones((2, 7), "float32"))
    with pytest.raises(ValueError, match=re.escape(message.replace("(2, 7)", "(2, 3, 8)"))):
        model(np.ones((2, 3, 8), "float32"))
    message = f"Layer \"{model.name}\" expects 1 named input(s) with keys ['x'], but it received 2"
    with pytest.raises(ValueError, match=re.escape(message)):
        model([np.ones((2, 8)), np.ones((2, 8))])
    with pytest.raises(ValueError, match=r'Missing data for input "x"\. You passed a data dict'):
        model({"y": np.ones((2, 8))})


def test_a_unit_axis_may_be_missing_or_too_much():
    model = keras.Model(*(lambda x: (x, layers.Dense(2)(x)))(keras.Input((1,))))
    assert model(np.ones(3, "float32")).shape == (3, 2)
    model = keras.Model(*(lambda x: (x, layers.Dense(2)(x)))(keras.Input((4,))))
    assert model(np.ones((3, 4, 1), "float32")).shape == (3, 2)


def test_outputs_that_do_not_depend_on_the_inputs_are_named_by_their_place():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    ya, yb = layers.Dense(1)(a), layers.Dense(1)(b)
    for outputs, place in ((yb, "``"), ([ya, yb], "`1`"), ({"p": [ya, yb]}, "`p.1`")):
        with pytest.raises(ValueError, match=f"Output with path {place} is not connected to `inp"):
            keras.Model(a, outputs)


def test_names_occur_once():
    x = keras.Input((3,))
    y = layers.Dense(3, name="twice")(layers.Dense(3, name="twice")(x))
    with pytest.raises(ValueError, match='The name "twice" is used 2 times in the model'):
        keras.Model(x, y)


def test_a_cycle_is_found():
    x = keras.Input((3,))
    first, second = layers.Dense(3, name="first"), layers.Dense(3, name="second")
    y = second(first(x))
    first._nodes[0].inputs[:] = [y]  # no public call can make one
    with pytest.raises(ValueError, match="is part of a cycle"):
        keras.Model(x, y)


def test_the_layers_of_a_model_are_not_assigned():
    model = two_heads()
    with pytest.raises(AttributeError, match=r"`Model\.layers` attribute is reserved"):
        model.layers = []
    with pytest.raises(AttributeError, match=r"`Sequential\.layers` attribute is reserved"):
        keras.Sequential().layers = []


def test_what_an_unbuilt_sequential_model_does_not_know():
    model = keras.Sequential([layers.Dense(2)], name="s")
    with pytest.raises(AttributeError, match="'s' has no defined inputs yet"):
        model.inputs  # noqa: B018
    with pytest.raises(AttributeError, match="'s' has no defined input shape yet"):
        model.input_shape  # noqa: B018
    with pytest.raises(AttributeError, match="The layer s has never been called"):
        model.output  # noqa: B018


def test_tensors_of_inputs_have_the_name_they_were_given():
    assert keras.Input((3,), name="img").name == "img"
    assert keras.Input((3,)).name.startswith("keras_tensor")


def test_an_error_in_a_layer_of_one_s_own_names_the_layer():
    class Broken(layers.Layer):
        def call(self, x):
            raise ValueError("boom")

    for x in (keras.Input((3,)), np.ones((2, 3), "float32")):
        with pytest.raises(ValueError, match=r"(?s)when calling Broken.call\(\).*boom") as caught:
            Broken(name="b")(x)
        assert str(caught.value).count("boom") == 1
    with pytest.raises(ValueError, match="Could not automatically infer the output shape"):
        Broken()(keras.Input((3,)))


def test_what_is_no_tensor_is_refused():
    with pytest.raises(ValueError, match=r"should be tensors. Got 'None' \(of type"):
        layers.Dense(2)(None)
    with pytest.raises(ValueError, match="Only input tensors may be passed as positional"):
        layers.Dense(2)("abc")


def test_the_first_argument_may_be_given_by_name():
    x = np.ones((2, 3), "float32")
    layer = layers.Dense(2)
    np.testing.assert_array_equal(layer(inputs=x).numpy(), layer(x).numpy())
    symbol = keras.Input((3,))
    model = keras.Model(symbol, layer(inputs=symbol))
    np.testing.assert_array_equal(model(x).numpy(), layer(x).numpy())
    assert layers.Embedding(5, 2, mask_zero=True)(inputs=np.array([[1, 0]]))._keras_mask is not None
