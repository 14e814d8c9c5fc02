"""Mistakes of a course's user: calls that raise or warn, each taking the Keras module."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from keras_cases.text_cases import cnn, data, mlp

Case = Callable[[Any], object]
X, Y = data()


def dense(keras: Any, **options: Any) -> Any:
    """A Sequential 8-5-3, compiled."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(5, activation="relu", name="dense"),
            layers.Dense(3, activation="softmax", name="dense_1"),
        ],
        name="sequential",
    )
    options = {"loss": "sparse_categorical_crossentropy", **options}
    model.compile(**{"optimizer": "adam", **options})
    return model


def uncompiled(keras: Any) -> Any:
    """The dropout network without compile()."""
    return mlp(keras, compiled=False)


def in_folder(action: Callable[[Path], object]) -> object:
    """Call with a fresh folder; its name is replaced in messages by the caller."""
    with tempfile.TemporaryDirectory(prefix="keras-errors-") as folder:
        return action(Path(folder))


def load_into(
    keras: Any, write: Callable[[Any], Any], read: Callable[[Any], Any], **how: Any
) -> Any:
    """Save the weights of one model, load them into another."""

    def action(folder: Path) -> object:
        file = folder / "m.weights.h5"
        write(keras).save_weights(file)
        return read(keras).load_weights(file, **how)

    return in_folder(action)


def stack(keras: Any, *units: int, **options: Any) -> Any:
    """Dense layers of the given widths on 8 inputs."""
    layers = [keras.layers.Dense(n) for n in units]
    return keras.Sequential([keras.Input((8,)), *layers], **options)


def _disconnected(keras: Any) -> Any:
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    return keras.Model(a, keras.layers.Dense(1)(b))


def _same_names(keras: Any) -> Any:
    x = keras.Input((2,))
    h = keras.layers.Dense(2, name="twin")(x)
    return keras.Model(x, keras.layers.Dense(2, name="twin")(h))


def _custom_without_config(keras: Any) -> Any:
    class Odd(keras.layers.Layer):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.factor = factor

        def call(self, x: Any) -> Any:
            return x * self.factor

    return keras.Sequential([keras.Input((2,)), Odd(2.0)])


def _custom_not_known(keras: Any) -> Any:
    class Plain(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    def action(folder: Path) -> object:
        keras.Sequential([keras.Input((2,)), Plain()]).save(folder / "m.keras")
        return keras.models.load_model(folder / "m.keras")

    return in_folder(action)


def _no_call(keras: Any) -> Any:
    class Empty(keras.layers.Layer):
        pass

    return Empty()(np.ones((1, 2)))


def _not_a_file(keras: Any, name: str) -> Any:
    def action(folder: Path) -> object:
        (folder / name).write_bytes(b"this is no model" * 8)
        return keras.models.load_model(folder / name)

    return in_folder(action)


def _callback(keras: Any, callback: Any, **fit: Any) -> Any:
    return dense(keras).fit(X, Y, verbose=0, callbacks=[callback], **fit)


COMPILE: dict[str, Case] = {
    "fit_uncompiled": lambda k: uncompiled(k).fit(X, Y),
    "evaluate_uncompiled": lambda k: uncompiled(k).evaluate(X, Y),
    "train_on_batch_uncompiled": lambda k: uncompiled(k).train_on_batch(X, Y),
    "optimizer_unknown": lambda k: dense(k, optimizer="foo"),
    "optimizer_number": lambda k: dense(k, optimizer=3),
    "optimizer_class": lambda k: dense(k, optimizer=k.optimizers.Adam),
    "loss_unknown": lambda k: dense(k, loss="foo").fit(X, Y, verbose=0),
    "loss_number": lambda k: dense(k, loss=3).fit(X, Y, verbose=0),
    "loss_missing": lambda k: dense(k, loss=None).fit(X, Y, verbose=0),
    "loss_list_too_long": lambda k: dense(k, loss=["mse", "mae"]).fit(X, Y, verbose=0),
    "metric_unknown": lambda k: dense(k, metrics=["foo"]).fit(X, Y, verbose=0),
    "metrics_string": lambda k: dense(k, metrics="mae"),
    "metrics_object": lambda k: dense(k, metrics=k.metrics.Mean()),
    "metrics_tuple": lambda k: dense(k, metrics=("accuracy",)),
    "compile_keyword": lambda k: dense(k, foo=1),
    "adam_lr": lambda k: k.optimizers.Adam(lr=0.1),
    "adam_decay": lambda k: k.optimizers.Adam(decay=0.1),
    "adam_foo": lambda k: k.optimizers.Adam(foo=0.1),
    "adam_negative": lambda k: k.optimizers.Adam(learning_rate=-0.1),
    "adam_text": lambda k: k.optimizers.Adam(learning_rate="fast"),
    "sgd_momentum_1": lambda k: k.optimizers.SGD(momentum=1),
    "sgd_momentum_2": lambda k: k.optimizers.SGD(momentum=2.0),
    "two_clips": lambda k: k.optimizers.SGD(clipnorm=1.0, clipvalue=0.5),
    "clipnorm_negative": lambda k: k.optimizers.SGD(clipnorm=-1.0),
    "ema_momentum": lambda k: k.optimizers.SGD(use_ema=True, ema_momentum=1.5),
    "optimizer_of_another_model": lambda k: _reused_optimizer(k),
    "set_rate_of_schedule": lambda k: setattr(
        k.optimizers.SGD(k.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)), "learning_rate", 1
    ),
    "piecewise_lengths": lambda k: k.optimizers.schedules.PiecewiseConstantDecay(
        [1, 2], [0.1, 0.2]
    ),
}


def _reused_optimizer(keras: Any) -> Any:
    optimizer = keras.optimizers.Adam()
    first, second = stack(keras, 3), stack(keras, 4, 3)
    for model in (first, second):
        model.compile(optimizer, "mse")
        model.fit(X, np.zeros((70, 3)), verbose=0)


DATA: dict[str, Case] = {
    "lengths": lambda k: dense(k).fit(X, Y[:60], verbose=0),
    "lengths_evaluate": lambda k: dense(k).evaluate(X, Y[:60], verbose=0),
    "lists": lambda k: dense(k).fit(X.tolist(), Y.tolist(), verbose=0),
    "strings": lambda k: dense(k).fit(X, np.array(["a"] * 70), verbose=0),
    "objects": lambda k: dense(k).fit(X.astype(object), Y, verbose=0),
    "none": lambda k: dense(k).fit(None, Y, verbose=0),
    "number": lambda k: dense(k).fit(3, 4, verbose=0),
    "y_missing": lambda k: dense(k).fit(X, verbose=0),
    "empty": lambda k: dense(k).fit(X[:0], Y[:0], verbose=0),
    "empty_predict": lambda k: dense(k).predict(X[:0], verbose=0),
    "width": lambda k: dense(k).fit(X[:, :7], Y, verbose=0),
    "width_predict": lambda k: dense(k).predict(X[:, :7], verbose=0),
    "width_call": lambda k: dense(k)(X[:, :7]),
    "rank_predict": lambda k: dense(k).predict(X[None], verbose=0),
    "rank_one_row": lambda k: dense(k).predict(X[0], verbose=0),
    "rank_fit": lambda k: dense(k).fit(X[None], Y[None], verbose=0),
    "two_inputs": lambda k: dense(k).fit([X, X], Y, verbose=0),
    "one_hot_with_sparse": lambda k: dense(k).fit(X, np.eye(3)[Y], verbose=0),
    "sparse_with_one_hot_loss": lambda k: dense(k, loss="categorical_crossentropy").fit(
        X, Y, verbose=0
    ),
    "mse_shapes": lambda k: dense(k, loss="mse").fit(X, np.zeros((70, 2)), verbose=0),
    "binary_shapes": lambda k: dense(k, loss="binary_crossentropy").fit(
        X, np.zeros((70, 2)), verbose=0
    ),
    "validation_split_one": lambda k: dense(k).fit(X, Y, validation_split=1.0, verbose=0),
    "validation_split_tiny": lambda k: dense(k).fit(X, Y, validation_split=0.001, verbose=0),
    "validation_split_negative": lambda k: dense(k).fit(X, Y, validation_split=-0.1, verbose=0),
    "validation_split_generator": lambda k: dense(k).fit(
        (b for b in [(X, Y)]), validation_split=0.1, verbose=0
    ),
    "validation_data_one": lambda k: dense(k).fit(X, Y, validation_data=(X,), verbose=0),
    "validation_data_four": lambda k: dense(k).fit(X, Y, validation_data=(X, Y, Y, Y), verbose=0),
    "validation_data_lengths": lambda k: dense(k).fit(X, Y, validation_data=(X, Y[:3]), verbose=0),
    "batch_size_zero": lambda k: dense(k).fit(X, Y, batch_size=0, verbose=0),
    "batch_size_negative": lambda k: dense(k).fit(X, Y, batch_size=-1, verbose=0),
    "batch_size_float": lambda k: dense(k).fit(X, Y, batch_size=8.0, verbose=0),
    "batch_size_generator": lambda k: dense(k).fit((b for b in [(X, Y)]), batch_size=3, verbose=0),
    "epochs_zero": lambda k: dense(k).fit(X, Y, epochs=0, verbose=0),
    "epochs_text": lambda k: dense(k).fit(X, Y, epochs="ten", verbose=0),
    "verbose_wrong": lambda k: dense(k).fit(X, Y, verbose=3),
    "y_with_generator": lambda k: dense(k).fit((b for b in [(X, Y)]), Y, verbose=0),
    "generator_not_tuple": lambda k: dense(k).fit((b for b in [[X, Y]]), verbose=0),
    "generator_empty": lambda k: dense(k).fit((b for b in []), verbose=0),
    "ran_out": lambda k: dense(k).fit((b for b in [(X, Y)]), steps_per_epoch=3, verbose=0),
    "iterator_of_a_list": lambda k: dense(k).fit(iter([(X, Y)]), verbose=0),
    "ran_out_of_arrays": lambda k: dense(k).fit(X, Y, steps_per_epoch=9, verbose=0),
    "class_and_sample_weight": lambda k: dense(k).fit(
        X, Y, class_weight={0: 1.0}, sample_weight=np.ones(70), verbose=0
    ),
    "sample_weight_length": lambda k: dense(k).fit(X, Y, sample_weight=np.ones(3), verbose=0),
    "labels_too_large": lambda k: dense(k).fit(X, Y + 3, verbose=0),
    "labels_negative": lambda k: dense(k).fit(X, Y - 1, verbose=0),
    "fit_keyword": lambda k: dense(k).fit(X, Y, nb_epoch=3),
    "evaluate_keyword": lambda k: dense(k).evaluate(X, Y, foo=3),
    "predict_keyword": lambda k: dense(k).predict(X, foo=3),
    "validation_steps_zero": lambda k: dense(k).fit(
        X, Y, validation_data=(X, Y), validation_steps=0, verbose=0
    ),
}

LAYERS: dict[str, Case] = {
    "dense_keyword": lambda k: k.layers.Dense(3, foo=1),
    "dense_zero": lambda k: k.layers.Dense(0),
    "dense_negative": lambda k: k.layers.Dense(-3),
    "dense_float": lambda k: k.layers.Dense(2.5),
    "dense_text": lambda k: k.layers.Dense("ten"),
    "dense_activation_first": lambda k: k.layers.Dense("relu", 5),
    "dense_no_units": lambda k: k.layers.Dense(),
    "activation_unknown": lambda k: k.layers.Dense(3, activation="foo"),
    "activation_number": lambda k: k.layers.Dense(3, activation=5),
    "initializer_unknown": lambda k: k.layers.Dense(3, kernel_initializer="foo"),
    "initializer_number": lambda k: k.layers.Dense(3, kernel_initializer=5),
    "regularizer_unknown": lambda k: k.layers.Dense(3, kernel_regularizer="foo"),
    "constraint_unknown": lambda k: k.layers.Dense(3, kernel_constraint="foo"),
    "l2_negative": lambda k: k.regularizers.L2(-1),
    "dense_dtype": lambda k: k.layers.Dense(3, dtype="foo"),
    "name_slash": lambda k: k.layers.Dense(3, name="a/b"),
    "name_number": lambda k: k.layers.Dense(3, name=5),
    "dropout_rate": lambda k: k.layers.Dropout(1.5),
    "dropout_negative": lambda k: k.layers.Dropout(-0.1),
    "dropout_text": lambda k: k.layers.Dropout("half"),
    "input_shape_warning": lambda k: k.Sequential([k.layers.Dense(3, input_shape=(8,))]),
    "flatten_input_shape": lambda k: k.Sequential([k.layers.Flatten(input_shape=(28, 28))]),
    "input_dim_warning": lambda k: k.Sequential([k.layers.Dense(3, input_dim=8)]),
    "leaky_alpha": lambda k: k.layers.LeakyReLU(alpha=0.3),
    "leaky_negative": lambda k: k.layers.LeakyReLU(-0.3),
    "relu_negative": lambda k: k.layers.ReLU(max_value=-1),
    "conv_rank": lambda k: k.Sequential([k.Input((28, 28)), k.layers.Conv2D(3, 3)]),
    "conv_rank_call": lambda k: k.layers.Conv2D(3, 3)(np.zeros((2, 28, 28))),
    "conv_too_small": lambda k: k.Sequential([k.Input((2, 2, 1)), k.layers.Conv2D(3, 3)]),
    "conv1d_too_small": lambda k: k.Sequential([k.Input((2, 1)), k.layers.Conv1D(3, 3)]),
    "pool_too_small": lambda k: k.Sequential([k.Input((1, 1, 1)), k.layers.MaxPooling2D(2)]),
    "pool_rank": lambda k: k.Sequential([k.Input((4, 4)), k.layers.MaxPooling2D(2)]),
    "conv_channels": lambda k: cnn(k).predict(np.zeros((2, 28, 28, 3)), verbose=0),
    "conv_size": lambda k: cnn(k).predict(np.zeros((2, 27, 28, 1)), verbose=0),
    "conv_missing_channel": lambda k: cnn(k).predict(np.zeros((2, 28, 28)), verbose=0),
    "conv_filters_zero": lambda k: k.layers.Conv2D(0, 3),
    "conv_kernel_zero": lambda k: k.layers.Conv2D(3, 0),
    "conv_kernel_three": lambda k: k.layers.Conv2D(3, (3, 3, 3)),
    "conv_kernel_text": lambda k: k.layers.Conv2D(3, "three"),
    "conv_no_kernel": lambda k: k.layers.Conv2D(3),
    "conv_padding": lambda k: k.layers.Conv2D(3, 3, padding="full"),
    "conv_padding_causal": lambda k: k.layers.Conv2D(3, 3, padding="causal"),
    "conv_data_format": lambda k: k.layers.Conv2D(3, 3, data_format="NCHW"),
    "conv_strides_dilation": lambda k: k.layers.Conv2D(3, 3, strides=2, dilation_rate=2),
    "conv_groups_filters": lambda k: k.layers.Conv2D(3, 3, groups=2),
    "conv_groups_channels": lambda k: k.layers.Conv2D(4, 3, groups=2)(np.zeros((1, 5, 5, 3))),
    "conv_upper_case_padding": lambda k: k.layers.Conv2D(3, 3, padding="SAME"),
    "transpose_output_padding": lambda k: k.layers.Conv2DTranspose(
        3, 3, strides=2, output_padding=2
    )(np.zeros((1, 4, 4, 1))),
    "transpose_dilation": lambda k: k.layers.Conv2DTranspose(3, 3, strides=2, dilation_rate=2)(
        np.zeros((1, 4, 4, 1))
    ),
    "pool_size_zero": lambda k: k.layers.MaxPooling2D(0),
    "pool_padding": lambda k: k.layers.MaxPooling2D(2, padding="foo"),
    "pool_strides_zero": lambda k: k.layers.MaxPooling2D(2, strides=0),
    "reshape": lambda k: k.layers.Reshape((3, 5))(np.zeros((2, 8))),
    "reshape_two_unknown": lambda k: k.layers.Reshape((-1, -1))(np.zeros((2, 8))),
    "permute": lambda k: k.layers.Permute((0, 1)),
    "repeat_vector": lambda k: k.layers.RepeatVector("x"),
    "cropping_all": lambda k: k.layers.Cropping2D(3)(np.zeros((1, 4, 4, 1))),
    "zero_padding": lambda k: k.layers.ZeroPadding2D((1, 2, 3)),
    "upsampling_interpolation": lambda k: k.layers.UpSampling2D(interpolation="foo"),
    "batch_norm_axis": lambda k: k.layers.BatchNormalization(axis=5)(np.zeros((2, 3))),
    "group_norm": lambda k: k.layers.GroupNormalization(4)(np.zeros((2, 6))),
    "layer_norm_axis": lambda k: k.layers.LayerNormalization(axis=5)(np.zeros((2, 3))),
    "add_one": lambda k: k.layers.Add()([np.zeros((2, 3))]),
    "add_shapes": lambda k: k.layers.Add()([np.zeros((2, 3)), np.zeros((2, 4))]),
    "add_no_list": lambda k: k.layers.Add()(np.zeros((2, 3))),
    "subtract_three": lambda k: k.layers.Subtract()([np.zeros((2, 3))] * 3),
    "concatenate_shapes": lambda k: k.layers.Concatenate()([np.zeros((2, 3)), np.zeros((2, 4, 3))]),
    "concatenate_sizes": lambda k: k.layers.Concatenate(axis=1)(
        [np.zeros((2, 3, 4)), np.zeros((2, 3, 5))]
    ),
    "concatenate_one": lambda k: k.layers.Concatenate()([np.zeros((2, 3))]),
    "dot_axes": lambda k: k.layers.Dot(axes=1)([np.zeros((2, 3)), np.zeros((2, 4))]),
    "softmax_axis": lambda k: k.layers.Softmax(axis=4)(np.zeros((2, 3))),
    "embedding_range": lambda k: k.layers.Embedding(3, 2)(np.array([[0, 5]])),
    "no_call": _no_call,
    "spec_unbuilt_weights": lambda k: k.layers.Dense(3).kernel,
    "output_before_call": lambda k: k.layers.Dense(3).output,
    "input_before_call": lambda k: k.layers.Dense(3).input,
    "count_params_unbuilt": lambda k: k.layers.Dense(3).count_params(),
    "add_weight_shape": lambda k: k.layers.Layer().add_weight(shape="x"),
    "normalization_unadapted": lambda k: k.layers.Normalization(mean=1.0),
    "set_attribute_before_init": lambda k: _before_init(k),
}


def _before_init(keras: Any) -> Any:
    class Hasty(keras.layers.Layer):
        def __init__(self) -> None:
            self.dense = keras.layers.Dense(2)
            super().__init__()

    return Hasty()


MODELS: dict[str, Case] = {
    "add_no_layer": lambda k: k.Sequential().add(3),
    "add_class": lambda k: k.Sequential().add(k.layers.Dense),
    "list_with_function": lambda k: k.Sequential([k.Input((2,)), k.activations.relu]),
    "layers_not_in_list": lambda k: k.Sequential(k.layers.Dense(2), k.layers.Dense(2)),
    "same_name": lambda k: k.Sequential([k.layers.Dense(3, name="a"), k.layers.Dense(2, name="a")]),
    "same_name_add": lambda k: k.Sequential([k.layers.Dense(3, name="a")]).add(
        k.layers.Dense(3, name="a")
    ),
    "same_layer_twice": lambda k: _same_layer(k),
    "same_names_functional": _same_names,
    "second_input": lambda k: stack(k, 3).add(k.Input((3,))),
    "pop_empty": lambda k: k.Sequential().pop(),
    "disconnected": _disconnected,
    "model_of_arrays": lambda k: k.Model(np.zeros(2), np.zeros(2)),
    "model_of_layers": lambda k: k.Model(k.layers.Dense(2), k.layers.Dense(2)),
    "model_no_outputs": lambda k: k.Model(k.Input((2,))),
    "model_keyword": lambda k: k.Model(k.Input((2,)), foo=1),
    "input_number": lambda k: k.Input(8),
    "input_float": lambda k: k.Input((8.5,)),
    "input_negative": lambda k: k.Input((-8,)),
    "input_none": lambda k: k.Input(),
    "input_twice": lambda k: k.Input(shape=(2,), batch_shape=(1, 2)),
    "input_keyword": lambda k: k.Input((2,), foo=1),
    "get_layer_name": lambda k: stack(k, 3).get_layer("nope"),
    "get_layer_index": lambda k: stack(k, 3).get_layer(index=9),
    "get_layer_both": lambda k: stack(k, 3).get_layer("a", 1),
    "get_layer_none": lambda k: stack(k, 3).get_layer(),
    "unbuilt_count": lambda k: k.Sequential([k.layers.Dense(2)]).count_params(),
    "unbuilt_output": lambda k: k.Sequential([k.layers.Dense(2)]).output,
    "unbuilt_inputs": lambda k: k.Sequential([k.layers.Dense(2)]).inputs,
    "unbuilt_summary_subclass": lambda k: k.Model().summary(),
    "subclass_no_call": lambda k: k.Model()(np.zeros((1, 2))),
    "set_weights_count": lambda k: stack(k, 5, 3, name="sequential_11").set_weights(
        [np.zeros((8, 5)), np.zeros(5)]
    ),
    "set_weights_shape": lambda k: stack(k, 5, name="sequential_11").set_weights(
        [np.zeros((5, 8)), np.zeros(5)]
    ),
    "layer_set_weights_count": lambda k: stack(k, 5).layers[0].set_weights([np.zeros((8, 5))]),
    "assign_shape": lambda k: stack(k, 5).weights[0].assign(np.zeros((5, 8))),
    "numpy_in_functional": lambda k: np.exp(k.Input((2,))),
    "bool_of_tensor": lambda k: bool(k.Input((2,)) > 0),
    "iterate_tensor": lambda k: list(k.Input((2,))),
    "layers_set": lambda k: setattr(stack(k, 3), "layers", []),
    "summary_positions": lambda k: stack(k, 3).summary(layer_range=["a", "b", "c"]),
    "summary_range": lambda k: stack(k, 3).summary(layer_range=["nope", "dense"]),
    "clone_no_model": lambda k: k.models.clone_model(3),
    "from_json_bad": lambda k: k.models.model_from_json("{"),
    "from_config_unknown": lambda k: k.layers.deserialize(
        {"class_name": "Nope", "config": {}, "module": "keras.layers", "registered_name": None}
    ),
    "call_wrong_count": lambda k: _two(k)(np.zeros((2, 4))),
    "cycle_names": lambda k: _two(k).predict({"a": np.zeros((2, 4))}, verbose=0),
    "dict_wrong_key": lambda k: _two(k).predict(
        {"a": np.zeros((2, 4)), "z": np.zeros((2, 4))}, verbose=0
    ),
    "two_outputs_one_target": lambda k: _two_fit(k, np.zeros((4, 1))),
    "two_outputs_wrong_key": lambda k: _two_fit(
        k, {"one": np.zeros((4, 1)), "z": np.zeros((4, 1))}
    ),
    "loss_dict_wrong_key": lambda k: _two_fit(
        k, [np.zeros((4, 1)), np.zeros((4, 1))], loss={"z": "mse"}
    ),
}


def _same_layer(keras: Any) -> Any:
    layer = keras.layers.Dense(8)
    return keras.Sequential([keras.Input((8,)), layer, layer])


def _two(keras: Any) -> Any:
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    h = keras.layers.Concatenate()([a, b])
    outputs = [keras.layers.Dense(1, name="one")(h), keras.layers.Dense(1, name="two")(h)]
    return keras.Model([a, b], outputs, name="pair")


def _two_fit(keras: Any, y: Any, loss: Any = "mse") -> Any:
    model = _two(keras)
    model.compile("sgd", loss)
    return model.fit([np.zeros((4, 4)), np.zeros((4, 4))], y, verbose=0)


FILES: dict[str, Case] = {
    "save_no_suffix": lambda k: uncompiled(k).save("foo"),
    "save_wrong_suffix": lambda k: uncompiled(k).save("foo.txt"),
    "save_weights_h5": lambda k: uncompiled(k).save_weights("foo.h5"),
    "save_weights_no_suffix": lambda k: uncompiled(k).save_weights("foo"),
    "save_weights_keras": lambda k: uncompiled(k).save_weights("foo.keras"),
    "save_missing_folder": lambda k: uncompiled(k).save("no/such/folder/foo.keras"),
    "save_weights_missing_folder": lambda k: uncompiled(k).save_weights("no/such/foo.weights.h5"),
    "save_unbuilt": lambda k: in_folder(
        lambda f: k.Sequential([k.layers.Dense(2)]).save(f / "m.keras")
    ),
    "save_weights_unbuilt": lambda k: in_folder(
        lambda f: k.Sequential([k.layers.Dense(2)]).save_weights(f / "m.weights.h5")
    ),
    "save_h5_warns": lambda k: in_folder(lambda f: uncompiled(k).save(f / "m.h5")),
    "save_include_optimizer": lambda k: in_folder(
        lambda f: dense(k).save(f / "m.keras", include_optimizer=False)
    ),
    "save_save_format": lambda k: in_folder(
        lambda f: dense(k).save(f / "m.keras", save_format="tf")
    ),
    "load_missing_keras": lambda k: k.models.load_model("none.keras"),
    "load_missing_h5": lambda k: k.models.load_model("none.h5"),
    "load_folder": lambda k: in_folder(lambda f: k.models.load_model(f)),
    "load_no_suffix": lambda k: k.models.load_model("foo"),
    "load_not_zip": lambda k: _not_a_file(k, "m.keras"),
    "load_not_hdf5": lambda k: _not_a_file(k, "m.h5"),
    "load_weights_missing": lambda k: uncompiled(k).load_weights("none.weights.h5"),
    "load_weights_suffix": lambda k: uncompiled(k).load_weights("x.foo"),
    "load_weights_by_name": lambda k: load_into(
        k, lambda k: stack(k, 5), lambda k: stack(k, 5), by_name=True
    ),
    "load_weights_shapes": lambda k: load_into(
        k, lambda k: stack(k, 5, 3), lambda k: stack(k, 6, 3)
    ),
    "load_weights_one_shape": lambda k: load_into(
        k, lambda k: stack(k, 5, 3), lambda k: stack(k, 5, 4)
    ),
    "load_weights_more_layers": lambda k: load_into(
        k, lambda k: stack(k, 5), lambda k: stack(k, 5, 3)
    ),
    "load_weights_fewer_layers": lambda k: load_into(
        k, lambda k: stack(k, 5, 3), lambda k: stack(k, 5)
    ),
    "load_weights_other_class": lambda k: load_into(k, cnn, lambda k: stack(k, 5)),
    "load_weights_skip_mismatch": lambda k: load_into(
        k, lambda k: stack(k, 5, 3), lambda k: stack(k, 6, 3), skip_mismatch=True
    ),
    "load_weights_unbuilt": lambda k: load_into(
        k, lambda k: stack(k, 5), lambda k: k.Sequential([k.layers.Dense(5)])
    ),
    "load_weights_optimizer_dropped": lambda k: _optimizer_dropped(k),
    "custom_unknown": _custom_not_known,
    "custom_without_config": lambda k: in_folder(
        lambda f: _custom_without_config(k).save(f / "m.keras")
    ),
    "evaluate_loaded_uncompiled": lambda k: in_folder(lambda f: _reload(k, f).evaluate(X, Y)),
}


def _optimizer_dropped(keras: Any) -> Any:
    def trained(keras: Any) -> Any:
        model = dense(keras)
        model.fit(X, Y, verbose=0)
        return model

    return load_into(keras, trained, dense)


def _reload(keras: Any, folder: Path) -> Any:
    dense(keras).save(folder / "m.keras")
    return keras.models.load_model(folder / "m.keras", compile=False)


CALLBACKS: dict[str, Case] = {
    "checkpoint_suffix": lambda k: k.callbacks.ModelCheckpoint("foo"),
    "checkpoint_tf": lambda k: k.callbacks.ModelCheckpoint("foo.ckpt"),
    "checkpoint_weights_suffix": lambda k: k.callbacks.ModelCheckpoint(
        "foo.keras", save_weights_only=True
    ),
    "checkpoint_weights_h5": lambda k: k.callbacks.ModelCheckpoint(
        "foo.h5", save_weights_only=True
    ),
    "checkpoint_save_freq": lambda k: k.callbacks.ModelCheckpoint("foo.keras", save_freq="batch"),
    "checkpoint_mode": lambda k: k.callbacks.ModelCheckpoint("foo.keras", mode="foo"),
    "checkpoint_period": lambda k: k.callbacks.ModelCheckpoint("foo.keras", period=2),
    "checkpoint_format": lambda k: in_folder(
        lambda f: _callback(k, k.callbacks.ModelCheckpoint(f / "m.{foo}.keras"))
    ),
    "checkpoint_monitor_missing": lambda k: in_folder(
        lambda f: _callback(k, k.callbacks.ModelCheckpoint(f / "m.keras", save_best_only=True))
    ),
    "checkpoint_monitor_unknown": lambda k: in_folder(
        lambda f: _callback(
            k, k.callbacks.ModelCheckpoint(f / "m.keras", monitor="foo", save_best_only=True)
        )
    ),
    "stopping_monitor_missing": lambda k: _callback(k, k.callbacks.EarlyStopping(), epochs=2),
    "stopping_monitor_unknown": lambda k: _callback(k, k.callbacks.EarlyStopping("foo"), epochs=2),
    "stopping_mode": lambda k: k.callbacks.EarlyStopping(mode="foo"),
    "plateau_factor": lambda k: k.callbacks.ReduceLROnPlateau(factor=1.5),
    "plateau_monitor_missing": lambda k: _callback(k, k.callbacks.ReduceLROnPlateau(), epochs=2),
    "plateau_mode": lambda k: k.callbacks.ReduceLROnPlateau(mode="foo"),
    "scheduler_returns_text": lambda k: _callback(
        k, k.callbacks.LearningRateScheduler(lambda e: "x")
    ),
    "scheduler_no_function": lambda k: _callback(k, k.callbacks.LearningRateScheduler(0.1)),
    "not_a_callback": lambda k: dense(k).fit(X, Y, verbose=0, callbacks=[3]),
    "callback_class": lambda k: dense(k).fit(X, Y, verbose=0, callbacks=[k.callbacks.History]),
    "callback_alone": lambda k: dense(k).fit(
        X, Y, verbose=0, callbacks=k.callbacks.EarlyStopping("loss")
    ),
    "backup_no_folder": lambda k: k.callbacks.BackupAndRestore(None),
    "csv_folder": lambda k: _callback(k, k.callbacks.CSVLogger("no/such/folder/log.csv")),
    "swap_ema_without": lambda k: _callback(k, k.callbacks.SwapEMAWeights()),
}

PARTS: dict[str, Case] = {
    "loss_reduction": lambda k: k.losses.MeanSquaredError(reduction="foo"),
    "loss_get": lambda k: k.losses.get("foo"),
    "loss_get_number": lambda k: k.losses.get(3),
    "loss_shapes": lambda k: k.losses.MeanSquaredError()(np.zeros((2, 3)), np.zeros((2, 4))),
    "categorical_shapes": lambda k: k.losses.CategoricalCrossentropy()(
        np.zeros((2,)), np.full((2, 3), 0.3)
    ),
    "sparse_shapes": lambda k: k.losses.SparseCategoricalCrossentropy()(
        np.eye(3)[[0, 1]], np.full((2, 3), 0.3)
    ),
    "categorical_one_class": lambda k: k.losses.CategoricalCrossentropy()(
        np.ones((2, 1)), np.full((2, 1), 0.3)
    ),
    "huber_delta": lambda k: k.losses.Huber(delta="x"),
    "metric_get": lambda k: k.metrics.get("foo"),
    "metric_keyword": lambda k: k.metrics.Mean(foo=1),
    "auc_thresholds": lambda k: k.metrics.AUC(num_thresholds=1),
    "auc_curve": lambda k: k.metrics.AUC(curve="foo"),
    "auc_range": lambda k: k.metrics.AUC()(np.zeros(2), np.array([2.0, 3.0])),
    "precision_threshold": lambda k: k.metrics.Precision(thresholds=2.0),
    "precision_range": lambda k: k.metrics.Precision()(np.zeros(2), np.array([2.0, 3.0])),
    "f1_average": lambda k: k.metrics.F1Score(average="foo"),
    "f1_shape": lambda k: k.metrics.F1Score()(np.zeros(2), np.zeros(2)),
    "r2_shape": lambda k: k.metrics.R2Score()(np.zeros((2, 2, 2)), np.zeros((2, 2, 2))),
    "mean_iou_classes": lambda k: k.metrics.MeanIoU(),
    "top_k_shapes": lambda k: k.metrics.TopKCategoricalAccuracy(k=2)(np.zeros(2), np.zeros((2, 3))),
    "initializer_get": lambda k: k.initializers.get("foo"),
    "variance_scale": lambda k: k.initializers.VarianceScaling(scale=-1),
    "variance_mode": lambda k: k.initializers.VarianceScaling(mode="foo"),
    "variance_distribution": lambda k: k.initializers.VarianceScaling(distribution="foo"),
    "orthogonal_rank": lambda k: k.initializers.Orthogonal()((3,)),
    "identity_rank": lambda k: k.initializers.Identity()((3, 3, 3)),
    "seed_text": lambda k: k.initializers.GlorotUniform(seed="x"),
    "activation_get": lambda k: k.activations.get("foo"),
    "activation_get_number": lambda k: k.activations.get(3),
    "softmax_rank_1": lambda k: k.activations.softmax(np.zeros(3)),
    "optimizer_get": lambda k: k.optimizers.get("foo"),
    "set_seed_text": lambda k: k.utils.set_random_seed("x"),
    "set_seed_negative": lambda k: k.utils.set_random_seed(-1),
    "to_categorical_range": lambda k: k.utils.to_categorical([0, 5], num_classes=3),
    "to_categorical_text": lambda k: k.utils.to_categorical(["a", "b"]),
    "variable_shape": lambda k: k.Variable("zeros"),
    "variable_trainable": lambda k: k.Variable([1.0]).assign([1.0, 2.0]),
    "set_floatx": lambda k: k.config.set_floatx("int8"),
    "image_data_format": lambda k: k.config.set_image_data_format("foo"),
    "ops_matmul": lambda k: k.ops.matmul(np.zeros((2, 3)), np.zeros((2, 3))),
    "ops_reshape": lambda k: k.ops.reshape(np.zeros((2, 3)), (4, 2)),
    "ops_concatenate": lambda k: k.ops.concatenate([np.zeros((2, 3)), np.zeros((3, 4))], axis=0),
    "ops_cast": lambda k: k.ops.cast(np.zeros(2), "foo"),
    "polynomial_steps": lambda k: k.optimizers.schedules.PolynomialDecay(0.1, 0)(1),
    "cosine_warmup": lambda k: k.optimizers.schedules.CosineDecay(0.1, -5)(1),
}

GROUPS: dict[str, dict[str, Case]] = {
    "compile": COMPILE,
    "data": DATA,
    "layers": LAYERS,
    "models": MODELS,
    "files": FILES,
    "callbacks": CALLBACKS,
    "parts": PARTS,
}
