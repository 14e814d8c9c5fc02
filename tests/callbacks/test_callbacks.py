"""Callbacks: when they act, what they print, what they leave behind."""

import csv
import warnings

import numpy as np
import pytest

import fastconv as keras
from fastconv import callbacks

X = np.random.default_rng(0).normal(size=(60, 3)).astype("f")
Y = (X[:, 0] > 0).astype(int)


def model(**kwargs):
    keras.utils.set_random_seed(3)
    made = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    kwargs = {"metrics": ["accuracy"], **kwargs}
    made.compile(kwargs.pop("optimizer", "adam"), "sparse_categorical_crossentropy", **kwargs)
    return made


def play(callback, logs, net=None):
    """Run callbacks over invented logs; returns the number of epochs that were run."""
    net = net or model()
    several = callback if isinstance(callback, list) else [callback]
    events = callbacks.CallbackList(several, model=net, epochs=len(logs), verbose=0, steps=1)
    net.stop_training = False
    events.on_train_begin()
    for epoch, row in enumerate(logs):
        events.on_epoch_begin(epoch)
        events.on_epoch_end(epoch, dict(row))
        if net.stop_training:
            break
    events.on_train_end()
    return epoch + 1


def losses(*values):
    return [{"loss": v, "val_loss": v} for v in values]


# --- EarlyStopping -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kwargs", "values", "epochs", "stopped"),
    [
        ({"patience": 2}, (3, 2, 2.5, 2.4, 1), 4, 3),
        ({"patience": 0}, (3, 4, 5), 2, 1),
        ({"patience": 0}, (3, 2, 1, 1), 4, 3),
        ({"patience": 2}, (3, 2, 1), 3, 0),
        ({"patience": 1, "min_delta": 0.5}, (3, 2.8, 2.7), 2, 1),
        ({"patience": 1, "mode": "max"}, (1, 2, 1.5), 3, 2),
        ({"patience": 2, "baseline": 1.0}, (3, 2, 2.5), 3, 2),
        ({"patience": 1, "start_from_epoch": 3}, (3, 4, 5, 6, 7), 5, 4),
    ],
)
def test_early_stopping_waits_as_keras_does(kwargs, values, epochs, stopped):
    stop = callbacks.EarlyStopping(**kwargs)
    assert play(stop, losses(*values)) == epochs
    assert stop.stopped_epoch == stopped


def test_early_stopping_restores_the_best_weights_even_if_it_never_stopped(capsys):
    net = model()
    marks = iter((10.0, 20.0, 30.0))

    class Mark(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            value = next(marks)
            self.model.set_weights([np.full_like(w, value) for w in self.model.get_weights()])

    stop = callbacks.EarlyStopping(patience=9, restore_best_weights=True, verbose=1)
    play([Mark(), stop], losses(3, 1, 2), net)
    assert net.get_weights()[0][0, 0] == 20.0
    assert stop.best_epoch == 1
    text = "Restoring model weights from the end of the best epoch: 2.\n"
    assert capsys.readouterr().out == text


def test_early_stopping_says_when(capsys):
    play(callbacks.EarlyStopping(patience=1, verbose=1), losses(1, 2, 3))
    assert capsys.readouterr().out == "Epoch 2: early stopping\n"


def test_early_stopping_without_its_metric_warns_and_goes_on():
    with pytest.warns(UserWarning, match="metric `val_loss` which is not available.*: loss"):
        assert play(callbacks.EarlyStopping(patience=0), [{"loss": 1}] * 3) == 3


@pytest.mark.parametrize(
    ("monitor", "direction"),
    [("val_accuracy", "up"), ("val_loss", "down"), ("loss", "down"), ("accuracy", "up")],
)
def test_metrics_know_which_way_is_better(monitor, direction):
    net = model()
    net.evaluate(X, Y, verbose=0)
    stop = callbacks.EarlyStopping(monitor)
    stop.set_model(net)
    stop._set_monitor_op()
    assert stop.monitor_op(2, 1) is (direction == "up")


def test_unknown_direction_is_an_error_and_unknown_mode_a_warning():
    with pytest.raises(ValueError, match="monitor=val_foo, but Keras isn't able to"):
        play(callbacks.EarlyStopping("val_foo"), [{"val_foo": 1}])
    play(callbacks.EarlyStopping("val_foo", mode="min"), [{"val_foo": 1}])
    with pytest.warns(UserWarning, match="mode 'up' is unknown, fallback to auto mode"):
        callbacks.EarlyStopping(mode="up")


# --- ModelCheckpoint -----------------------------------------------------------------------------


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_checkpoint_keeps_the_best(tmp_path, capsys):
    path = tmp_path / "deep" / "best.keras"
    keep = callbacks.ModelCheckpoint(path, save_best_only=True, verbose=1)
    play(keep, losses(1.5, 1.25, 1.4))
    assert keep.best == 1.25
    assert capsys.readouterr().out == (
        f"\nEpoch 1: val_loss improved from None to 1.50000, saving model to {path}\n"
        f"\nEpoch 1: finished saving model to {path}\n"
        f"\nEpoch 2: val_loss improved from 1.50000 to 1.25000, saving model to {path}\n"
        f"\nEpoch 2: finished saving model to {path}\n"
        "\nEpoch 3: val_loss did not improve from 1.25000\n"
    )
    assert names(tmp_path / "deep") == ["best.keras"]


def test_checkpoint_fills_in_epoch_and_values(tmp_path, capsys):
    keep = callbacks.ModelCheckpoint(tmp_path / "m.{epoch:02d}-{val_loss:.2f}.keras", verbose=1)
    play(keep, losses(1.5, 1.25))
    assert names(tmp_path) == ["m.01-1.50.keras", "m.02-1.25.keras"]
    assert "\nEpoch 1: saving model to " in capsys.readouterr().out


def test_checkpoint_of_weights_has_weights_only(tmp_path):
    net = model()
    keep = callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    play(keep, losses(1.0), net)
    other = model()
    other.load_weights(tmp_path / "1.weights.h5")
    np.testing.assert_array_equal(other.predict(X, verbose=0), net.predict(X, verbose=0))


def test_checkpoint_counts_batches_through_epochs(tmp_path):
    path = tmp_path / "{epoch}-{batch}.weights.h5"
    keep = callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=3)
    model().fit(X, Y, batch_size=12, epochs=2, verbose=0, callbacks=[keep])
    # ten batches of which the 3rd, 6th and 9th are saved
    assert names(tmp_path) == ["1-3.weights.h5", "2-1.weights.h5", "2-4.weights.h5"]


def test_checkpoint_never_replaces_the_best_by_an_unmeasured_epoch(tmp_path):
    path = tmp_path / "m.keras"
    keep = callbacks.ModelCheckpoint(path, save_best_only=True)
    with pytest.warns(UserWarning, match="Can save best model only with val_loss available"):
        play(keep, [{"loss": 3.0}])
    assert path.exists()  # nothing better is known
    before = path.read_bytes()
    keep = callbacks.ModelCheckpoint(path, save_best_only=True, initial_value_threshold=9.0)
    with pytest.warns(UserWarning, match="Can save best model only"):
        play(keep, [{"loss": 3.0}])
    assert path.read_bytes() == before


def test_checkpoint_beats_a_given_threshold_only(tmp_path):
    path = tmp_path / "m.keras"
    keep = callbacks.ModelCheckpoint(path, save_best_only=True, initial_value_threshold=1.0)
    play(keep, losses(2.0, 1.5))
    assert not path.exists()
    play(keep, losses(0.5))
    assert path.exists()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: callbacks.ModelCheckpoint("m.foo"), ValueError, "must end in `.keras`.*m.foo"),
        (
            lambda: callbacks.ModelCheckpoint("m.h5", save_weights_only=True),
            ValueError,
            "must end in `.weights.h5`",
        ),
        (
            lambda: callbacks.ModelCheckpoint("m.keras", save_freq="x"),
            ValueError,
            "Unrecognized save_freq: x",
        ),
        (
            lambda: play(callbacks.ModelCheckpoint("{foo}.keras"), losses(1)),
            KeyError,
            "Failed to format this callback filepath",
        ),
        (lambda: callbacks.BackupAndRestore(""), ValueError, "Empty `backup_dir`"),
        (lambda: callbacks.BackupAndRestore("b", save_freq=0.5), ValueError, "save_freq=0.5"),
        (lambda: callbacks.ReduceLROnPlateau(factor=1.0), ValueError, "factor >= 1.0"),
        (lambda: callbacks.TensorBoard("logs"), ImportError, "CSVLogger"),
        (lambda: callbacks.CallbackList([callbacks.History]), ValueError, "expected objects"),
        (lambda: play(callbacks.SwapEMAWeights(True), losses(1)), ValueError, "use_ema=True"),
        (
            lambda: play(callbacks.LearningRateScheduler(lambda e: "x"), losses(1)),
            ValueError,
            "should be a float. Got: x",
        ),
    ],
)
def test_mistakes_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- learning rates ------------------------------------------------------------------------------


def test_plateau_lowers_the_rate_and_notes_it(capsys):
    net = model(optimizer=keras.optimizers.SGD(0.5))
    plateau = callbacks.ReduceLROnPlateau(factor=0.5, patience=2, verbose=1)
    history = callbacks.History()
    play([plateau, history], losses(1, 1, 1, 1, 1, 0.5), net)
    assert history.history["learning_rate"] == [0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert float(net.optimizer.learning_rate) == 0.125
    assert capsys.readouterr().out == (
        "\nEpoch 3: ReduceLROnPlateau reducing learning rate to 0.25.\n"
        "\nEpoch 5: ReduceLROnPlateau reducing learning rate to 0.125.\n"
    )


def test_plateau_cools_down_and_stops_at_the_least_rate():
    net = model(optimizer=keras.optimizers.SGD(1.0))
    plateau = callbacks.ReduceLROnPlateau(factor=0.5, patience=1, cooldown=2, min_lr=0.3)
    history = callbacks.History()
    play([plateau, history], losses(*[1] * 9), net)
    rates = history.history["learning_rate"]
    np.testing.assert_allclose(rates, [1, 1, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3], rtol=1e-6)


def test_plateau_without_its_metric_warns():
    with pytest.warns(UserWarning, match="`val_loss` which is not available"):
        play(callbacks.ReduceLROnPlateau(), [{"loss": 1}])


@pytest.mark.parametrize("schedule", [lambda e, rate: rate * 0.5, lambda e: 0.5 ** (e + 1)])
def test_scheduler_sets_the_rate_before_each_epoch(schedule, capsys):
    net = model(optimizer=keras.optimizers.SGD(1.0))
    scheduler = callbacks.LearningRateScheduler(schedule, verbose=1)
    result = net.fit(X, Y, epochs=2, verbose=0, callbacks=[scheduler])
    assert result.history["learning_rate"] == [0.5, 0.25]
    expected = "\nEpoch 1: LearningRateScheduler setting learning rate to 0.5.\n"
    assert capsys.readouterr().out.startswith(expected)


def test_type_error_inside_a_schedule_is_not_swallowed():
    def broken(epoch, rate):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        play(callbacks.LearningRateScheduler(broken), losses(1))


# --- the rest ------------------------------------------------------------------------------------


def test_history_holds_plain_floats_and_stays_on_the_model():
    net = model()
    result = net.fit(X, Y, epochs=2, validation_split=0.25, verbose=0)
    assert net.history is result
    assert list(result.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(type(v) is float for values in result.history.values() for v in values)
    assert result.epoch == [0, 1]
    assert result.params == {"verbose": 0, "epochs": 2, "steps": 2}


def test_csv_has_a_row_an_epoch(tmp_path):
    path = tmp_path / "log.csv"
    play(callbacks.CSVLogger(path), losses(2, 1))
    play(callbacks.CSVLogger(path, append=True), losses(3))
    rows = list(csv.reader(path.open()))
    assert rows == [
        ["epoch", "loss", "val_loss"],
        ["0", "2", "2"],
        ["1", "1", "1"],
        ["0", "3", "3"],
    ]


def test_csv_leaves_room_for_later_validation(tmp_path):
    path = tmp_path / "log.csv"
    play(callbacks.CSVLogger(path, separator=";"), [{"loss": 2}, {"loss": 1, "val_loss": 5}])
    assert path.read_text().split() == ["epoch;loss;val_loss", "0;2;NA", "1;1;5"]


def test_lambda_callback_calls_what_it_was_given():
    seen = []
    tell = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(("epoch", epoch)),
        on_train_batch_end=lambda batch, logs: seen.append(batch),
        on_train_end=lambda logs: seen.append("end"),
    )
    model().fit(X, Y, batch_size=20, epochs=1, verbose=0, callbacks=[tell])
    assert seen == [0, 1, 2, ("epoch", 0), "end"]


@pytest.mark.parametrize("raises", [False, True])
def test_nan_ends_training_at_its_batch(raises, capsys):
    bad = X.copy()
    bad[40:] = np.nan
    guard = callbacks.TerminateOnNaN(raise_error=raises)
    fit = model().fit
    kwargs = {"batch_size": 20, "shuffle": False, "verbose": 0, "epochs": 3, "callbacks": [guard]}
    if raises:
        with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 2"):
            fit(bad, Y, **kwargs)
    else:
        result = fit(bad, Y, **kwargs)
        assert result.epoch == [0]
        assert capsys.readouterr().out == "Batch 2: Invalid loss, terminating training\n"


class Everything(callbacks.Callback):
    """Notes every event."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __getattribute__(self, name):
        if name.startswith("on_"):
            return lambda *args, **kwargs: object.__getattribute__(self, "seen").append(name)
        return object.__getattribute__(self, name)


def test_events_come_in_kerass_order():
    notes = Everything()
    net = model()
    net.fit(X, Y, batch_size=30, epochs=1, validation_split=0.5, verbose=0, callbacks=[notes])
    one = ["on_train_batch_begin", "on_train_batch_end"]
    test = ["on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end"]
    assert notes.seen == [
        "on_train_begin",
        "on_epoch_begin",
        *one,
        *test,
        "on_epoch_end",
        "on_train_end",
    ]
    notes.seen.clear()
    net.evaluate(X, Y, batch_size=60, verbose=0, callbacks=[notes])
    assert notes.seen == test
    notes.seen.clear()
    net.predict(X, batch_size=30, verbose=0, callbacks=[notes])
    batch = ["on_predict_batch_begin", "on_predict_batch_end"]
    assert notes.seen == ["on_predict_begin", *batch * 2, "on_predict_end"]


def test_only_callbacks_with_batch_methods_ask_for_batches(tmp_path):
    class Old(callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            pass

    class Test(callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            pass

    quiet = [
        callbacks.EarlyStopping(),
        callbacks.ModelCheckpoint(tmp_path / "a.keras"),
        callbacks.BackupAndRestore(tmp_path / "b"),
        callbacks.CSVLogger(tmp_path / "c.csv"),
        callbacks.LambdaCallback(on_epoch_end=print),
    ]
    assert not callbacks.CallbackList(quiet, add_history=True, add_progbar=True).wants_batches
    for loud in (
        Old(),
        callbacks.TerminateOnNaN(),
        callbacks.LambdaCallback(on_train_batch_end=print),
        callbacks.ModelCheckpoint(tmp_path / "a.keras", save_freq=10),
    ):
        assert callbacks.CallbackList([loud]).wants_batches
    events = callbacks.CallbackList([Test()])
    assert not events.wants_batches
    events.on_test_begin()
    assert events.wants_batches
    events.on_test_end()
    assert not events.wants_batches


def test_batch_methods_do_not_change_the_result():
    plain = model()
    plain.fit(X, Y, batch_size=12, epochs=3, verbose=0)
    watched = model()
    watch = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    watched.fit(X, Y, batch_size=12, epochs=3, verbose=0, callbacks=[watch])
    for a, b in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


class Stop(callbacks.Callback):
    """An interruption at the beginning of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def test_interrupted_run_goes_on_to_the_same_weights(tmp_path):
    whole = model()
    whole.fit(X, Y, batch_size=12, epochs=5, verbose=0)
    folder = tmp_path / "backup"
    first = model()
    backup = callbacks.BackupAndRestore(folder)
    with pytest.raises(KeyboardInterrupt):
        first.fit(X, Y, batch_size=12, epochs=5, verbose=0, callbacks=[backup, Stop(3)])
    assert folder.exists()
    second = model()  # a new process would draw other seeds
    second.layers[1].seed_generator.state.assign([123, 0])
    result = second.fit(
        X, Y, batch_size=12, epochs=5, verbose=0, callbacks=[callbacks.BackupAndRestore(folder)]
    )
    assert result.epoch == [0, 1, 2, 3, 4]
    assert not folder.exists()
    for a, b in zip(whole.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert second.fit(X, Y, verbose=0).epoch == [0]


def test_damaged_backup_falls_back_to_the_one_before(tmp_path):
    folder = tmp_path / "backup"
    with pytest.raises(KeyboardInterrupt):
        model().fit(
            X,
            Y,
            epochs=5,
            verbose=0,
            callbacks=[callbacks.BackupAndRestore(folder, double_checkpoint=True), Stop(3)],
        )
    (folder / "latest.weights.h5").write_bytes(b"garbage")
    result = model().fit(X, Y, epochs=5, verbose=0, callbacks=[callbacks.BackupAndRestore(folder)])
    assert result.epoch == [0, 1, 2, 3, 4]


def test_averages_are_in_the_model_while_it_is_evaluated():
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    net = model(optimizer=optimizer)
    seen = {}

    class Look(callbacks.Callback):
        def on_test_end(self, logs=None):
            seen["test"] = self.model.get_weights()[0]

        def on_epoch_end(self, epoch, logs=None):
            seen["epoch"] = self.model.get_weights()[0]
            seen["average"] = optimizer._averages[0].numpy()

    swap = callbacks.SwapEMAWeights()
    net.fit(X, Y, 10, epochs=1, validation_split=0.5, verbose=0, callbacks=[Look(), swap])
    np.testing.assert_array_equal(seen["test"], seen["average"])
    assert np.abs(seen["epoch"] - seen["average"]).max() > 0
    np.testing.assert_array_equal(net.get_weights()[0], seen["average"])  # fit ends with them
    before = net.get_weights()[0]
    net.predict(X, verbose=0, callbacks=[swap])
    np.testing.assert_array_equal(net.get_weights()[0], before)


def test_logs_are_sorted_python_numbers_shared_by_all():
    seen = []

    class Add(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["extra"] = 1.0

    class See(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(dict(logs))

    events = callbacks.CallbackList([Add(), See()])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        events.on_epoch_end(0, {"loss": np.float32(0.5), "accuracy": np.array(0.25)})
    assert seen == [{"accuracy": 0.25, "loss": 0.5, "extra": 1.0}]
    assert list(seen[0]) == ["accuracy", "loss", "extra"]
