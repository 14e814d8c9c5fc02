"""Graphs cut out of graphs, stacks on models, copies of both."""

import h5py
import numpy as np
import pytest

import fastconv as keras
from fastconv import layers

X = np.random.default_rng(5).normal(size=(6, 4)).astype(np.float32)


def chain():
    inputs = keras.Input((4,), name="entry")
    a = layers.Dense(3, name="a")(inputs)
    b = layers.Dense(2, name="b")(a)
    return keras.Model(inputs, layers.Dense(1, name="c")(b + 1.0))


def test_a_model_from_the_middle_has_an_input_layer_and_no_weights_before_it(tmp_path):
    model = chain()
    tail = keras.Model(model.get_layer("b").output, model.output)
    assert isinstance(tail.layers[0], layers.InputLayer)
    assert [layer.name for layer in tail.layers[1:]] == ["c"]
    assert tail.weights == model.get_layer("c").weights
    head = keras.Model(model.input, model.get_layer("b").output)
    middle = head.predict(X, verbose=0)
    np.testing.assert_array_equal(tail.predict(middle, verbose=0), model.predict(X, verbose=0))
    tail.save(tmp_path / "tail.keras")
    loaded = keras.saving.load_model(tmp_path / "tail.keras")
    np.testing.assert_array_equal(
        loaded.predict(middle, verbose=0), tail.predict(middle, verbose=0)
    )


def test_the_first_model_is_whole_after_cutting_it(tmp_path):
    model = chain()
    before = model.predict(X, verbose=0)
    keras.Model(model.get_layer("a").output, model.output)
    model.save(tmp_path / "whole.keras")
    loaded = keras.saving.load_model(tmp_path / "whole.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), before)


def test_a_stack_on_a_built_model_is_built_at_once():
    model = keras.Sequential([chain(), layers.Dense(5)])
    assert model.built and model.output_shape == (None, 5)


def test_a_stack_may_begin_with_a_layer_of_several_inputs():
    model = keras.Sequential([layers.Add(), layers.Dense(2)])
    np.testing.assert_allclose(model([X, X]).numpy(), model([2 * X, 0 * X]).numpy(), rtol=1e-6)


def test_the_config_of_a_graph_subclass_may_hold_more():
    class Named(keras.Model):
        def __init__(self, *args, rate=1, **kwargs):
            super().__init__(*args, **kwargs)
            self.rate = rate

        def get_config(self):
            return {**super().get_config(), "rate": self.rate}

    inputs = keras.Input((4,))
    model = Named(inputs, layers.Dense(2)(inputs), rate=3)
    assert Named.from_config(model.get_config()).rate == 3


def test_clones_are_compiled_like_the_model():
    model = chain()
    model.compile("sgd", "mse")
    assert type(keras.models.clone_model(model).optimizer) is keras.optimizers.SGD
    assert not keras.models.clone_model(chain()).compiled


def test_a_clone_may_stand_on_given_inputs():
    new = keras.Input((4,), name="new")
    assert keras.models.clone_model(chain(), input_tensors=new).input is new
    with pytest.raises(ValueError, match="must have the same structure"):
        keras.models.clone_model(chain(), input_tensors=[new])
    stack = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    assert keras.models.clone_model(stack, input_tensors=[new]).input_shape == (None, 4)


def test_a_call_function_adds_layers_to_the_clone():
    def call(layer, *args, **kwargs):
        y = layer(*args, **kwargs)
        return layers.Dropout(0.5)(y) if isinstance(layer, layers.Dense) else y

    model = chain()
    clone = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    assert sum(isinstance(layer, layers.Dropout) for layer in clone.layers) == 3
    np.testing.assert_array_equal(clone.predict(X, verbose=0), model.predict(X, verbose=0))
    with pytest.raises(ValueError, match="not supported with Sequential"):
        keras.models.clone_model(keras.Sequential([layers.Dense(1)]), call_function=call)


@pytest.mark.parametrize("recursive", [False, True])
def test_a_recursive_clone_function_sees_the_layers_of_inner_models(recursive):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.Sequential([chain(), layers.Dense(2)])(inputs))
    seen = []

    def copy(layer):
        seen.append(type(layer).__name__)
        return type(layer).from_config(layer.get_config())

    clone = keras.models.clone_model(model, clone_function=copy, recursive=recursive)
    assert seen == (["Dense"] * 4 if recursive else ["Sequential"])
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone.predict(X, verbose=0), model.predict(X, verbose=0))


@keras.saving.register_keras_serializable(package="graphs")
class Blocks(keras.Model):
    """Layers in lists of lists, no `build`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [[layers.Dense(5), layers.Dense(5)], [layers.Dense(3)]]

    def call(self, x):
        for block in self.blocks:
            for layer in block:
                x = layer(x)
        return x


def test_a_subclassed_model_that_was_only_called_is_loaded_whole(tmp_path):
    model = Blocks()
    before = model(X).numpy()
    model.save(tmp_path / "blocks.keras")
    loaded = keras.saving.load_model(tmp_path / "blocks.keras")
    np.testing.assert_array_equal(loaded(X).numpy(), before)


def test_keras_files_of_subclassed_models_have_later_attributes_under_layers(tmp_path):
    """Keras walks attributes in alphabetical order, and `Model.layers` is one of them."""

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.body, self.out = keras.layers.Dense(3), keras.layers.Dense(2)
            self._last = keras.layers.Dense(2)

        def call(self, x):
            return self._last(self.out(self.body(x)))

    net, x = Net(), np.linspace(0, 1, 8, dtype="float32").reshape(2, 4)
    expected = net(x).numpy()
    ours, theirs = tmp_path / "ours.weights.h5", tmp_path / "theirs.weights.h5"
    net.save_weights(ours)
    with h5py.File(ours) as source, h5py.File(theirs, "w") as target:
        source.copy("vars", target)  # the model's own: none
        source.copy("body", target)
        source.copy("out", target, "layers/dense_1")
        source.copy("_last", target, "layers/dense_2")
    for path in (ours, theirs):
        fresh = Net()
        fresh(x)
        fresh.load_weights(path)
        np.testing.assert_array_equal(fresh(x).numpy(), expected)
