"""fit, evaluate, predict: recorded steps equal plain ones bit for bit; Keras's meaning."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import fastconv as keras
from fastconv.models import step as step_module

RNG = np.random.default_rng(7)
X = RNG.normal(size=(70, 8)).astype(np.float32)
Y = RNG.integers(0, 3, 70)


def make(dropout=0.0, compile=True, run_eagerly=False, **options):
    keras.utils.set_random_seed(3)
    layers = [keras.Input((8,)), keras.layers.Dense(5, activation="relu")]
    if dropout:
        layers.append(keras.layers.Dropout(dropout))
    model = keras.Sequential([*layers, keras.layers.Dense(3, activation="softmax")])
    if compile:
        model.compile(
            "adam", "sparse_categorical_crossentropy", metrics=["accuracy"],
            run_eagerly=run_eagerly, **options,
        )  # fmt: skip
    return model


def weights(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


def test_recorded_steps_give_the_bits_of_plain_steps():
    histories, found = [], []
    for eager in (False, True):
        model = make(dropout=0.3, run_eagerly=eager)
        assert model._may_record() is not eager
        histories.append(model.fit(X, Y, epochs=4, validation_split=0.2, verbose=0).history)
        found.append(weights(model))
    np.testing.assert_array_equal(found[0], found[1])
    assert histories[0] == histories[1]


def test_the_weights_do_not_depend_on_the_number_of_threads():
    before = keras.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            keras.set_num_threads(threads)
            model = make(dropout=0.3)
            model.fit(X, Y, epochs=3, verbose=0)
            found.append(weights(model))
    finally:
        keras.set_num_threads(before)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    runs = []
    for _ in range(2):
        model = make(dropout=0.3)
        model.fit(X, Y, epochs=2, verbose=0)
        runs.append(weights(model))
    np.testing.assert_array_equal(runs[0], runs[1])
    keras.utils.set_random_seed(4)
    other = keras.models.clone_model(model)
    other.compile("adam", "sparse_categorical_crossentropy")
    other.fit(X, Y, epochs=2, verbose=0)
    assert not np.array_equal(weights(other), runs[0])


def test_history_has_the_sorted_keys_of_keras():
    history = make().fit(X, Y, epochs=2, validation_data=[X, Y], verbose=0)
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(isinstance(v, float) for values in history.history.values() for v in values)
    assert history.epoch == [0, 1]
    assert history.params == {"verbose": 0, "epochs": 2, "steps": 3}


def test_the_reported_loss_is_the_mean_over_samples_not_over_batches():
    model = make()
    p = model.predict(X, verbose=0)
    expected = -np.log(p[np.arange(70), Y]).mean()
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    assert loss == pytest.approx(expected, rel=1e-5)
    assert accuracy == pytest.approx((p.argmax(1) == Y).mean())


def test_evaluate_returns_a_float_a_list_or_a_dict():
    model = make()
    assert sorted(model.evaluate(X, Y, verbose=0, return_dict=True)) == ["accuracy", "loss"]
    model = make(compile=False)
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert isinstance(model.evaluate(X, Y, verbose=0), float)


def test_predict_works_uncompiled_and_fit_says_to_compile():
    model = make(compile=False)
    assert model.predict(X, verbose=0).shape == (70, 3)
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=r"You must call `compile\(\)` before using the model"):
            call(X, Y)


def test_predict_and_calls_and_predict_on_batch_agree():
    model = make()
    whole = model.predict(X, verbose=0)
    np.testing.assert_array_equal(model(X).numpy()[:32], whole[:32])
    np.testing.assert_allclose(model.predict_on_batch(X), whole, rtol=1e-6)
    np.testing.assert_allclose(
        np.concatenate([model(row[None]).numpy() for row in X]), whole, rtol=1e-5
    )


def test_results_of_calls_are_the_callers_own():
    model = make()
    kept = [model(X[:1] * i) for i in range(5)]
    again = [model(X[:1] * i).numpy() for i in range(5)]
    for tensor, value in zip(kept, again, strict=True):
        np.testing.assert_array_equal(tensor.numpy(), value)


def test_a_call_sees_weights_changed_since_the_last_one():
    model = make()
    before = model(X[:1]).numpy()
    model.set_weights([w * 2 for w in model.get_weights()])
    assert not np.array_equal(model(X[:1]).numpy(), before)


def test_a_changed_layer_is_recorded_anew():
    model = make(dropout=0.5)
    model.fit(X, Y, epochs=1, verbose=0)
    model.layers[1].rate = 0.0
    other = make(dropout=0.5)
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(model(X, training=True).numpy(), model(X).numpy())


def test_frozen_layers_are_not_trained():
    model = make()
    model.layers[0].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(X, Y, epochs=2, verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])


def test_validation_data_of_three_parts_are_weighted():
    model = make()
    weight = (Y == 0).astype(np.float32)
    history = model.fit(X, Y, validation_data=(X, Y, weight), verbose=0)
    p = model.predict(X, verbose=0)
    expected = (-np.log(p[np.arange(70), Y]) * weight).sum() / 70
    assert history.history["val_loss"][0] == pytest.approx(expected, rel=1e-5)


def test_class_weights_scale_the_loss_of_their_class():
    weighted, plain = make(), make()
    weighted.fit(X, Y, class_weight={0: 1.0, 1: 1.0, 2: 1.0}, shuffle=False, verbose=0)
    plain.fit(X, Y, shuffle=False, verbose=0)
    np.testing.assert_allclose(weights(weighted), weights(plain), rtol=1e-5, atol=1e-7)
    other = make()
    other.fit(X, Y, class_weight={0: 10.0}, shuffle=False, verbose=0)
    assert not np.allclose(weights(other), weights(plain), rtol=1e-3)


def test_generators_sequences_and_arrays_train_alike():
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return X[32 * i : 32 * i + 32], Y[32 * i : 32 * i + 32]

    arrays, sequence, generator = make(), make(), make()
    arrays.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    sequence.fit(Batches(), epochs=2, shuffle=False, verbose=0)

    def endless():
        while True:
            yield from (Batches()[i] for i in range(3))

    generator.fit(endless(), epochs=2, steps_per_epoch=3, verbose=0)
    np.testing.assert_array_equal(weights(arrays), weights(sequence))
    np.testing.assert_array_equal(weights(arrays), weights(generator))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float64", "float32", "bool", ">f4"])
def test_data_of_any_dtype_are_cast_batch_by_batch(dtype):
    x = (np.arange(70 * 8).reshape(70, 8) % 5).astype(dtype)
    cast, given = make(), make()
    cast.fit(x.astype(np.float32), Y, shuffle=False, verbose=0)
    given.fit(x, Y, shuffle=False, verbose=0)
    np.testing.assert_array_equal(weights(cast), weights(given))


def test_labels_out_of_range_are_named():
    with pytest.raises(ValueError, match="received the label 3"):
        make().fit(X, np.where(Y == 2, 3, Y), verbose=0)


def test_nan_inputs_surface_as_a_nan_loss():
    x = X.copy()
    x[3, 2] = np.nan
    history = make().fit(x, Y, verbose=0)
    assert np.isnan(history.history["loss"][0])


def test_wrong_widths_are_told_in_keras_words():
    model = make()
    said = "of layer 'dense.*expected axis -1 of input shape to have value 8, but received input"
    with pytest.raises(ValueError, match=said):
        model.fit(X[:, :7], Y, verbose=0)


def test_a_convolutional_model_takes_images_of_another_size():
    layers = keras.layers
    net = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    x = np.random.default_rng(0).normal(size=(3, 12, 9, 1)).astype("f")
    own = keras.Sequential([keras.Input((12, 9, 1)), *net.layers])
    np.testing.assert_array_equal(net.predict(x, verbose=0), own.predict(x, verbose=0))


def test_targets_for_an_output_that_is_not_there_are_named():
    x = keras.Input((3,))
    net = keras.Model(x, [keras.layers.Dense(1, name=name)(x) for name in ("one", "two")])
    net.compile("sgd", "mse")
    y = np.zeros((4, 1))
    with pytest.raises(ValueError, match=r"outputs \['one', 'two'\], received \['z'\]"):
        net.fit(np.zeros((4, 3)), {"one": y, "z": y}, verbose=0)


def test_batches_of_one_step_api_move_the_weights_as_fit_does():
    one, other = make(), make()
    one.fit(X[:32], Y[:32], shuffle=False, verbose=0)
    other.train_on_batch(X[:32], Y[:32])
    np.testing.assert_array_equal(weights(one), weights(other))
    loss, accuracy = other.test_on_batch(X, Y)
    assert np.isfinite(loss) and 0 <= accuracy <= 1


def test_a_users_layer_made_of_ops_trains_and_is_not_recorded():
    class Scale(keras.layers.Layer):
        calls = 0

        def build(self, input_shape):
            self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")

        def call(self, x):
            Scale.calls += 1
            return keras.ops.multiply(x, self.factor)

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8,)), Scale(), keras.layers.Dense(3, activation="softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert not model._may_record()
    Scale.calls = 0
    model.fit(X, Y, epochs=2, verbose=0)
    assert Scale.calls == 6
    assert not np.array_equal(model.layers[0].factor.numpy(), np.ones(8))


def test_float64_models_train_in_float64():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8,), dtype="float64"), keras.layers.Dense(3, dtype="float64")]
    )
    model.compile("sgd", "mse")
    model.fit(X.astype(np.float64), np.eye(3)[Y], verbose=0)
    assert all(w.dtype == np.float64 for w in model.get_weights())


def test_an_interrupted_fit_leaves_the_model_usable():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                raise KeyboardInterrupt

    model = make()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[Stop()])
    assert np.isfinite(model.evaluate(X, Y, verbose=0)).all()
    model.fit(X, Y, verbose=0)


def test_many_steps_are_replayed_between_two_callbacks():
    model = make()
    batches = step_module.ArrayBatches(np.tile(X, (40, 1)), np.tile(Y, 40))
    loop = step_module.ArrayLoop(model, batches, model._train_arithmetic)
    counts = [count for _, count, _ in loop.epoch()]
    assert sum(counts) == 88
    assert max(counts) > 10


def test_several_outputs_have_their_own_losses():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8,))
    hidden = keras.layers.Dense(4, activation="relu")(inputs)
    one = keras.layers.Dense(3, activation="softmax", name="kind")(hidden)
    two = keras.layers.Dense(1, name="size")(hidden)
    model = keras.Model(inputs, [one, two])
    model.compile(
        "adam", ["sparse_categorical_crossentropy", "mse"], metrics=[["accuracy"], ["mae"]]
    )
    history = model.fit(X, [Y, X[:, :1]], epochs=2, verbose=0)
    assert list(history.history) == [
        "kind_accuracy", "kind_loss", "loss", "size_loss", "size_mae",
    ]  # fmt: skip
    total = history.history["kind_loss"][-1] + history.history["size_loss"][-1]
    assert history.history["loss"][-1] == pytest.approx(total, rel=1e-5)


def test_the_numba_backend_trains_to_the_same_weights():
    pytest.importorskip("numba")
    found = []
    try:
        for backend in ("cython", "numba"):
            keras.set_backend(backend)
            model = make(dropout=0.3)
            model.fit(X, Y, epochs=2, verbose=0)
            found.append(weights(model))
    finally:
        keras.set_backend("cython")
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4, atol=1e-6)


def test_memory_beside_the_data_stays_small_when_the_data_are_float64():
    code = """
import resource, numpy as np, fastconv as keras
x, y = np.random.default_rng(0).random((40000, 784)), np.zeros(40000, int)
model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(100, "relu"),
                          keras.layers.Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model(x[:1]); model.summary(print_fn=lambda s: None)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model.fit(x, y, validation_split=0.2, verbose=0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100_000, "KiB grown beside data of 245,000 KiB"


def test_denormals_are_flushed_in_training_and_kept_outside():
    tiny = np.float32(1e-39)
    x = np.full((40, 8), tiny)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, use_bias=False)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.layers[0].kernel.assign(np.ones((8, 4)))
    model.fit(x, np.zeros((40, 4)), epochs=2, verbose=0)
    assert not model.predict(x, verbose=0).any()  # 8e-39 otherwise
    assert tiny * np.float32(1) == tiny != 0


def test_batch_methods_tell_of_their_batch_alone():
    model = make()
    first = model.test_on_batch(X[:32], Y[:32])
    model.test_on_batch(X[32:64], Y[32:64])
    assert model.test_on_batch(X[:32], Y[:32]) == first
    model.train_on_batch(X[32:64], Y[32:64])
    before = model.test_on_batch(X[:32], Y[:32], return_dict=True)
    assert model.train_on_batch(X[:32], Y[:32], return_dict=True) == before


def test_a_callback_ends_predict():
    class Stop(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            self.model.stop_predicting = batch == 1

    assert len(make().predict(X, batch_size=10, callbacks=[Stop()], verbose=0)) == 20
    assert len(make().predict(X, batch_size=10, verbose=0)) == 70


def test_an_epoch_ends_with_the_data_and_the_next_begins_anew():
    class Count(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.begun, self.done = [], []

        def on_epoch_begin(self, epoch, logs=None):
            self.begun.append(0)
            self.done.append(0)

        def on_train_batch_begin(self, batch, logs=None):
            self.begun[-1] += 1

        def on_train_batch_end(self, batch, logs=None):
            self.done[-1] += 1

    for steps, expected in ((6, [6, 1, 6, 1]), (7, [7] * 4), (9, [7] * 4), (3, [3, 3, 1, 3])):
        count = Count()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            make().fit(
                X, Y, batch_size=10, epochs=4, steps_per_epoch=steps, callbacks=[count], verbose=0
            )
        assert count.done == count.begun == expected


def test_what_a_users_train_step_returns_is_in_the_history():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            return {**super().train_step(data), "own": 10.0}

        def test_step(self, data):
            return {"else": 5.0}

    model = Own()
    model.compile("sgd", "mse")
    target = np.eye(3)[Y]
    history = model.fit(X, target, validation_data=(X, target), verbose=0).history
    assert list(history) == ["loss", "own", "val_else"]
    assert history["own"] == [10.0] and history["val_else"] == [5.0]
    assert model.train_on_batch(X, target, return_dict=True)["own"] == 10.0


def test_compute_loss_of_a_subclass_may_lack_training():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return 0.0 * super().compute_loss(x, y, y_pred, sample_weight) + 3.0

    model = Own()
    model.compile("sgd", "mse")
    assert model.fit(X, Y, verbose=0).history["loss"] == [3.0]
    assert model.evaluate(X, Y, verbose=0) == 3.0


def test_class_weights_of_a_generator_are_those_of_arrays():
    weights_by_class = {0: 1.0, 1: 2.0, 2: 0.5}

    def batches():
        for start in range(0, 70, 10):
            yield X[start : start + 10], Y[start : start + 10]

    options = {"class_weight": weights_by_class, "shuffle": False, "verbose": 0}
    one = make().fit(X, Y, batch_size=10, **options).history
    other = make().fit(batches(), **options).history
    np.testing.assert_allclose(one["loss"], other["loss"], rtol=1e-6)
