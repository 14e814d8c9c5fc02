"""Calls whose printed output is recorded; each takes the Keras module (real one or fastconv).

``PIPE`` and ``TERMINAL`` map a name to a function that prints. Names and shapes matter, numbers
that depend on random weights do not: tests compare after replacing numbers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from keras_cases.common import integers, uniform

Show = Callable[[Any], object]


def mlp(keras: Any, compiled: bool = True, **options: Any) -> Any:
    """The course's dropout network, small."""
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(5, activation="relu", name="hidden"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(3, activation="softmax", name="output"),
        ],
        name="mlp",
    )
    if compiled:
        options = {"metrics": ["accuracy"], **options}
        model.compile("adam", "sparse_categorical_crossentropy", **options)
    return model


def data() -> tuple[np.ndarray, np.ndarray]:
    """70 rows: three batches of 32, the last one short."""
    return uniform((70, 8), 1), integers((70,), 2, 3)


def cnn(keras: Any) -> Any:
    """The course's CNN."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu", padding="same"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ]
    )


def branched(keras: Any) -> Any:
    """Functional: two inputs, a shared layer, a sum, two outputs."""
    layers = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, activation="relu", name="shared")
    joined = layers.Concatenate(name="joined")([shared(a), shared(b)])
    total = layers.Add(name="total")([joined, layers.Dense(6, name="side")(a)])
    return keras.Model(
        [a, b],
        [layers.Dense(3, name="first")(total), layers.Dense(1, name="second")(joined)],
        name="branched",
    )


def nested(keras: Any) -> Any:
    """A model in a model in a model."""
    layers = keras.layers
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="deep")], name="inner")
    middle_in = keras.Input((4,), name="middle_in")
    middle = keras.Model(middle_in, layers.ReLU(name="act")(inner(middle_in)), name="middle")
    x = keras.Input((4,), name="x")
    return keras.Model(x, layers.Dense(2, name="last")(middle(x)), name="outer")


def frozen(keras: Any) -> Any:
    """An MLP whose first layer is frozen."""
    model = mlp(keras, compiled=False)
    model.layers[0].trainable = False
    return model


def trained(keras: Any) -> Any:
    """An MLP after one silent epoch: summary() then counts the optimizer's variables."""
    model = mlp(keras)
    model.fit(*data(), verbose=0)
    return model


def _deferred(keras: Any) -> Any:
    return keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)], name="deferred")


def _subclass(keras: Any) -> Any:
    class Twice(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.first = keras.layers.Dense(3)
            self.second = keras.layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.second(self.first(x))

    model = Twice()
    model(np.ones((1, 4), "float32"))
    return model


def _korean(keras: Any) -> Any:
    return keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(100, activation="sigmoid", name="은닉층"),
            keras.layers.Dense(10, activation="softmax", name="출력층"),
        ],
        name="패션 MNIST 모델",
    )


def _long_names(keras: Any) -> Any:
    name = "a_layer_with_a_name_much_longer_than_its_column_in_the_table_can_hold"
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name=name)], name="long")


def _print_fn(keras: Any) -> None:
    lines: list[str] = []
    mlp(keras, compiled=False).summary(print_fn=lambda line, line_break=False: lines.append(line))
    for line in lines:
        print(repr(line))


SUMMARIES: dict[str, Show] = {
    "mlp": lambda k: mlp(k, compiled=False).summary(),
    "mlp_compiled": lambda k: mlp(k).summary(),
    "mlp_trained": lambda k: trained(k).summary(),
    "cnn": lambda k: cnn(k).summary(),
    "cnn_line_length_60": lambda k: cnn(k).summary(line_length=60),
    "cnn_line_length_120": lambda k: cnn(k).summary(line_length=120),
    "cnn_show_trainable": lambda k: cnn(k).summary(show_trainable=True),
    "cnn_positions": lambda k: cnn(k).summary(positions=[0.5, 0.8, 1.0]),
    "cnn_layer_range": lambda k: cnn(k).summary(layer_range=["conv2d", "flatten"]),
    "branched": lambda k: branched(k).summary(),
    "branched_show_trainable": lambda k: branched(k).summary(show_trainable=True),
    "nested": lambda k: nested(k).summary(),
    "nested_expanded": lambda k: nested(k).summary(expand_nested=True),
    "nested_expanded_trainable": lambda k: nested(k).summary(
        expand_nested=True, show_trainable=True
    ),
    "frozen": lambda k: frozen(k).summary(),
    "frozen_show_trainable": lambda k: frozen(k).summary(show_trainable=True),
    "unbuilt": lambda k: _deferred(k).summary(),
    "empty": lambda k: k.Sequential(name="empty").summary(),
    "subclass": lambda k: _subclass(k).summary(),
    "korean": lambda k: _korean(k).summary(),
    "long_names": lambda k: _long_names(k).summary(),
    "print_fn": _print_fn,
}


def _fit(keras: Any, **options: Any) -> None:
    x, y = data()
    mlp(keras).fit(x, y, **{"epochs": 2, "validation_split": 0.2, **options})


def _fit_generator(keras: Any, **options: Any) -> None:
    x, y = data()

    def batches() -> Any:
        for start in range(0, 64, 16):
            yield x[start : start + 16], y[start : start + 16]

    mlp(keras).fit(batches(), **options)


def _many(keras: Any) -> None:
    mlp(keras, metrics=["accuracy", "mae"], weighted_metrics=["mse"])
    model = branched(keras)
    model.compile("sgd", ["mse", "mae"], metrics=[["mae"], ["mse"]])
    x = [uniform((20, 4), 1), uniform((20, 4), 2)]
    y = [uniform((20, 3), 3), uniform((20, 1), 4)]
    model.fit(x, y, verbose=2)
    model.evaluate(x, y, verbose=2)


def _evaluate(keras: Any, verbose: Any) -> None:
    mlp(keras).evaluate(*data(), verbose=verbose)


def _predict(keras: Any, verbose: Any) -> None:
    mlp(keras).predict(data()[0], verbose=verbose)


TRAINING: dict[str, Show] = {
    "fit_1": lambda k: _fit(k, verbose=1),
    "fit_auto": lambda k: _fit(k),
    "fit_2": lambda k: _fit(k, verbose=2),
    "fit_0": lambda k: _fit(k, verbose=0),
    "fit_1_one_epoch": lambda k: _fit(k, verbose=1, epochs=1, validation_split=0.0),
    "fit_2_one_epoch": lambda k: _fit(k, verbose=2, epochs=1, validation_split=0.0),
    "fit_2_initial_epoch": lambda k: _fit(k, verbose=2, epochs=4, initial_epoch=2),
    "fit_2_validation_freq": lambda k: _fit(k, verbose=2, epochs=4, validation_freq=2),
    "fit_2_steps": lambda k: _fit(k, verbose=2, steps_per_epoch=1, batch_size=16),
    "fit_1_generator": lambda k: _fit_generator(k, verbose=1),
    "fit_2_generator": lambda k: _fit_generator(k, verbose=2),
    "fit_2_ten_epochs": lambda k: _fit(k, verbose=2, epochs=10, validation_split=0.0),
    "fit_2_two_outputs": _many,
    "evaluate_1": lambda k: _evaluate(k, 1),
    "evaluate_2": lambda k: _evaluate(k, 2),
    "evaluate_auto": lambda k: _evaluate(k, "auto"),
    "predict_1": lambda k: _predict(k, 1),
    "predict_2": lambda k: _predict(k, 2),
}


def _feed(keras: Any, callback: Any, logs: list[dict[str, float]]) -> None:
    # chosen figures instead of training: the messages of callbacks then depend on nothing else
    model = trained(keras)  # only then it knows in which direction its metrics go
    listed = keras.callbacks.CallbackList([callback], model=model, epochs=len(logs))
    listed.on_train_begin()
    model.stop_training = False
    for epoch, row in enumerate(logs):
        listed.on_epoch_begin(epoch)
        listed.on_epoch_end(epoch, dict(row))
        print(f"[after epoch {epoch + 1}: stop={model.stop_training}]")
        if model.stop_training:
            break
    listed.on_train_end()


VAL = [1.5, 1.2, 1.3, 1.2, 1.25, 1.1, 1.15, 1.16, 1.17]
LOGS = [{"loss": 2 - 0.1 * i, "val_loss": v, "val_accuracy": 1 / v} for i, v in enumerate(VAL)]


def _checkpoint(keras: Any, name: str, **options: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, name))
        callback = keras.callbacks.ModelCheckpoint(path, verbose=1, **options)
        _feed(keras, callback, LOGS[:4])
        print(sorted(p.name for p in Path(folder).iterdir()))


def _stopping(keras: Any, **options: Any) -> None:
    callback = keras.callbacks.EarlyStopping(verbose=1, **options)
    _feed(keras, callback, LOGS)
    print("stopped_epoch", callback.stopped_epoch, "best_epoch", callback.best_epoch)


def _plateau(keras: Any, **options: Any) -> None:
    _feed(keras, keras.callbacks.ReduceLROnPlateau(verbose=1, **options), LOGS)


def _scheduler(keras: Any) -> None:
    schedule = keras.callbacks.LearningRateScheduler(lambda e, lr: 0.1 / (e + 1), verbose=1)
    _feed(keras, schedule, LOGS[:3])


def _nan(keras: Any) -> None:
    model = mlp(keras)
    x, y = data()
    model.fit(x * np.nan, y, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()])
    model.set_weights([w * np.nan for w in model.get_weights()])
    model.fit(x, y, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()])


def _checkpoint_in_fit(keras: Any, verbose: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "best.keras"))
        callback = keras.callbacks.ModelCheckpoint(path, save_best_only=True, verbose=1)
        _fit(keras, verbose=verbose, callbacks=[callback])


CALLBACKS: dict[str, Show] = {
    "checkpoint_best": lambda k: _checkpoint(k, "m.keras", save_best_only=True),
    "checkpoint_every": lambda k: _checkpoint(k, "m.{epoch:02d}-{val_loss:.2f}.keras"),
    "checkpoint_weights": lambda k: _checkpoint(
        k, "{epoch}.weights.h5", save_best_only=True, save_weights_only=True
    ),
    "checkpoint_accuracy": lambda k: _checkpoint(
        k, "m.keras", save_best_only=True, monitor="val_accuracy"
    ),
    "checkpoint_threshold": lambda k: _checkpoint(
        k, "m.keras", save_best_only=True, initial_value_threshold=1.25
    ),
    "checkpoint_in_fit_1": lambda k: _checkpoint_in_fit(k, 1),
    "checkpoint_in_fit_2": lambda k: _checkpoint_in_fit(k, 2),
    "stopping_patience_2": lambda k: _stopping(k, patience=2),
    "stopping_restore": lambda k: _stopping(k, patience=2, restore_best_weights=True),
    "stopping_patience_0": lambda k: _stopping(k),
    "stopping_patience_3": lambda k: _stopping(k, patience=3, restore_best_weights=True),
    "stopping_never": lambda k: _stopping(k, patience=20, restore_best_weights=True),
    "stopping_min_delta": lambda k: _stopping(k, patience=2, min_delta=0.2),
    "stopping_baseline": lambda k: _stopping(k, patience=2, baseline=1.0),
    "stopping_start": lambda k: _stopping(k, patience=1, start_from_epoch=4),
    "stopping_max": lambda k: _stopping(k, patience=2, monitor="val_accuracy", mode="max"),
    "plateau": lambda k: _plateau(k, patience=2, factor=0.5),
    "plateau_cooldown": lambda k: _plateau(k, patience=1, factor=0.5, cooldown=2, min_lr=4e-4),
    "plateau_min_delta": lambda k: _plateau(k, patience=1, factor=0.2, min_delta=0.15),
    "scheduler": _scheduler,
    "nan": _nan,
}
PIPE: dict[str, dict[str, Show]] = {
    "summary": SUMMARIES,
    "training": TRAINING,
    "callbacks": CALLBACKS,
}
TERMINAL: dict[str, dict[str, Show]] = {
    "summary": {n: SUMMARIES[n] for n in ("mlp", "cnn", "branched", "unbuilt", "frozen")},
    "training": {n: TRAINING[n] for n in ("fit_1", "fit_2", "evaluate_1", "predict_1")},
}
