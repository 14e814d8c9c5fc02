"""The base class: how a layer is called, built, frozen and tracked, whatever it computes."""

import numpy as np
import pytest

import fastconv as keras

X = np.arange(6, dtype="float32").reshape(2, 3)


class Scale(keras.layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")

    def call(self, x):
        return x * self.factor


def test_first_argument_may_be_given_by_name():
    layer = keras.layers.Dense(2)
    np.testing.assert_array_equal(layer(inputs=X).numpy(), layer(X).numpy())


def test_what_is_no_tensor_is_given_by_name():
    class Choice(keras.layers.Layer):
        def call(self, x, negate):
            return -x if negate else x

    np.testing.assert_array_equal(Choice()(X, negate=True).numpy(), -X)
    with pytest.raises(ValueError, match="Only input tensors may be passed as positional"):
        Choice()(X, True)


def test_build_of_a_subclass_of_a_layer_without_weights_is_called():
    class ScaledDropout(keras.layers.Dropout):
        def build(self, input_shape):
            self.factor = self.add_weight(shape=input_shape[-1:], initializer="ones")

    layer = ScaledDropout(0.5)
    assert not layer.built
    layer(X)
    assert layer.factor.shape == (3,)
    assert keras.layers.Dropout(0.5).built


def test_build_gets_shapes_by_argument_name():
    class Two(keras.layers.Layer):
        def build(self, b_shape, a_shape):
            self.seen = (a_shape, b_shape)

        def call(self, a, b):
            return a[:, :1] + b[:, :1]

    layer = Two()
    layer(np.ones((2, 3)), np.ones((2, 5)))
    assert layer.seen == ((2, 3), (2, 5))
    assert layer.get_build_config() == {"shapes_dict": {"b_shape": [2, 5], "a_shape": [2, 3]}}
    again = Two()
    again.build_from_config(layer.get_build_config())
    assert again.seen == layer.seen


@pytest.mark.parametrize(
    ("parameters", "message"),
    [("a_shape, b", "`b`, which does not end in `_shape`"),
     ("a_shape, c_shape", "`c_shape`, but `call\\(\\)` does not have argument `c`")],
)  # fmt: skip
def test_build_with_parameters_that_match_no_argument(parameters, message):
    names: dict = {}
    exec(f"def build(self, {parameters}): pass", names)
    body = {"build": names["build"], "call": lambda self, a, b: a}
    with pytest.raises(ValueError, match=message):
        type("Two", (keras.layers.Layer,), body)()(X, X)


def test_layer_frozen_from_the_start_is_not_trained_until_it_is_thawed():
    layer = keras.layers.Dense(2, trainable=False)
    model = keras.Sequential([keras.Input((3,)), layer])
    assert (len(model.trainable_weights), len(model.non_trainable_weights)) == (0, 2)
    before = layer.get_weights()
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        model.fit(X, np.ones((2, 2)), verbose=0)
    for old, new in zip(before, layer.get_weights()):
        np.testing.assert_array_equal(old, new)
    layer.trainable = True
    assert len(model.trainable_weights) == 2


def test_trainable_must_be_a_boolean():
    with pytest.raises(ValueError, match="Expected `trainable` to be a boolean"):
        keras.layers.Dense(2, trainable=1)


def test_weights_are_not_made_in_call():
    class Late(keras.layers.Layer):
        def call(self, x):
            self.w = self.add_weight(shape=(), initializer="zeros")
            return x

    with pytest.raises(ValueError, match="You cannot add new elements of state"):
        Late()(X)


def test_random_generators_in_a_list_that_grew_are_tracked():
    class Noisy(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.generators = []
            self.generators.append(keras.random.SeedGenerator(1))

        def call(self, x):
            return x + keras.random.normal(x.shape, seed=self.generators[0])

    layer = Noisy()
    assert [v.numpy()[0] for v in layer.variables] == [1]


def test_paths_name_every_layer_on_the_way():
    class Inner(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="inner")
            self.scale = Scale(name="scale")

        def build(self, input_shape):
            self.bias = self.add_weight(shape=(1,), name="bias")

        def call(self, x):
            return self.scale(x) + self.bias

    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = Inner()

        def call(self, x):
            return self.inner(x)

    paths = ["outer/inner/bias", "outer/inner/scale/factor"]
    for x in (X, keras.Input((3,))):
        layer = Outer()
        layer(x)
        assert [v.path for v in layer.variables] == paths


def test_compute_output_spec_is_made_from_compute_output_shape():
    class Halves(keras.layers.Layer):
        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], input_shape[-1] // 2)

        def call(self, x):
            raise AssertionError("not called")

    spec = Halves().compute_output_spec(keras.KerasTensor((2, 8)))
    assert (spec.shape, spec.dtype) == ((2, 4), "float32")


def test_dtype_policy():
    layer = keras.layers.Dense(2, dtype=keras.DTypePolicy("float64"))
    assert layer.dtype == layer.dtype_policy.name == "float64"
    assert layer.dtype_policy == keras.dtype_policies.DTypePolicy("float64")
    with pytest.raises(ValueError, match="received 'mixed_float16'"):
        keras.DTypePolicy("mixed_float16")


def test_metrics_variables_are_those_of_the_metrics_only():
    class Measured(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.scale = Scale()
            self.metric = keras.metrics.Mean()

        def call(self, x):
            return self.scale(x)

    layer = Measured()
    layer(X)
    assert [v.shape for v in layer.metrics_variables] == [(), ()]
    assert [v.name for v in layer.variables] == ["factor"]


def test_input_layer_around_a_tensor_that_stands():
    tensor = keras.KerasTensor((2, 3), dtype="float64")
    layer = keras.layers.InputLayer(input_tensor=tensor)
    assert layer.output is tensor
    assert (layer.batch_shape, layer.dtype) == ((2, 3), "float64")
    with pytest.raises(ValueError, match="cannot provide an incompatible `shape` argument"):
        keras.layers.InputLayer(shape=(4,), input_tensor=tensor)
    with pytest.raises(ValueError, match="`input_tensor` must be a KerasTensor"):
        keras.layers.InputLayer(input_tensor=X)


def test_masked_steps_are_taken_from_the_other_input():
    a = np.array([[[0, 0], [-1, -2], [0, 0]]], dtype="float32")
    b = np.array([[[0, 0], [0, 0], [-3, -4]]], dtype="float32")
    mask = keras.layers.Masking()
    for layer, plain, masked in [
        (keras.layers.Maximum(), [[0, 0], [0, 0], [0, 0]], [[0, 0], [-1, -2], [-3, -4]]),
        (keras.layers.Multiply(), [[0, 0], [0, 0], [0, 0]], [[0, 0], [-1, -2], [-3, -4]]),
    ]:
        np.testing.assert_array_equal(layer([a, b]).numpy()[0], plain)
        np.testing.assert_array_equal(layer([mask(a), mask(b)]).numpy()[0], masked)


def test_serialized_layers_come_back():
    layer = keras.layers.Dense(3, activation="relu", name="again")
    config = keras.layers.serialize(layer)
    assert keras.layers.deserialize(config).get_config() == layer.get_config()
    with pytest.raises(ValueError, match="config` object that is not a"):
        keras.layers.deserialize(keras.optimizers.serialize(keras.optimizers.SGD()))
