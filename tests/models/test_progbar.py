"""The progress line: Keras's bytes on a terminal, readable lines in a file."""

import io
import logging
import sys

import numpy as np
import pytest

import fastconv as keras
from fastconv.models import progbar
from fastconv.models.progbar import Progbar, eta, per_step, print_message


class Screen(io.StringIO):
    """Standard output that says whether it is a terminal."""

    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def clock(monkeypatch):
    """Time that stands still until a test moves it."""

    class Clock:
        now = 1000.0

        def time(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progbar, "time", clock)
    return clock


@pytest.fixture
def screen(monkeypatch):
    def make(terminal):
        made = Screen(terminal)
        monkeypatch.setattr(sys, "stdout", made)
        return made

    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.delenv("PYCHARM_HOSTED", raising=False)
    return make


def test_finished_bar_has_kerass_bytes(screen, clock):
    out = screen(True)
    bar = Progbar(1, stateless_metrics=())
    clock.now += 0.03
    bar.update(1, finalize=True)
    assert out.getvalue() == (
        "\r\x1b[1m1/1\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m "
        "\x1b[1m0s\x1b[0m 30ms/step\n"
    )


def test_bar_is_rewritten_in_place(screen, clock):
    out = screen(True)
    bar = Progbar(100, stateless_metrics=())
    clock.now += 2
    bar.update(1, [("loss", 10.25)], finalize=False)
    first = (
        "\r\x1b[1m  1/100\x1b[0m \x1b[37m"
        + "━" * 20
        + "\x1b[0m \x1b[1m3:18\x1b[0m 2s/step - loss: 10.2500"
    )
    assert out.getvalue() == first
    visible = "  1/100 " + "━" * 20 + " 3:18 2s/step - loss: 10.2500"
    out.truncate(0)
    out.seek(0)
    clock.now += 0.01
    bar.update(2, [("loss", 1.0)], finalize=False)
    assert out.getvalue() == ""  # too soon
    clock.now += 0.89
    bar.update(51, [("loss", 1.0)], finalize=False)
    second = "\b" * len(visible) + "\r\x1b[1m 51/100\x1b[0m \x1b[32m" + "━" * 10 + "\x1b[0m\x1b[37m"
    second += "━" * 10 + "\x1b[0m \x1b[1m0s\x1b[0m 18ms/step - loss: 1.0000 "
    assert out.getvalue() == second  # one blank: the line has become shorter


def test_file_gets_the_last_line_only(screen, clock):
    out = screen(False)
    bar = Progbar(100, stateless_metrics=())
    for step in range(1, 101):
        clock.now += 0.1
        bar.update(step, [("loss", 1 / step)], finalize=False)
    assert out.getvalue() == ""
    bar.update(100, [("accuracy", 0.5), ("loss", 0.0004)], finalize=True)
    assert out.getvalue() == (
        "100/100 " + "━" * 20 + " 10s 100ms/step - loss: 4.0000e-04 - accuracy: 0.5000\n"
    )


def test_unknown_number_of_steps(screen, clock):
    out = screen(True)
    bar = Progbar(None, stateless_metrics=())
    clock.now += 1
    bar.update(1, [("loss", 1.0)])
    assert out.getvalue() == "\r      1/Unknown \x1b[1m1s\x1b[0m 1s/step - loss: 1.0000"


def test_verbose_2_is_one_line(screen, clock):
    out = screen(True)
    bar = Progbar(4, verbose=2, stateless_metrics=())
    clock.now += 0.1
    bar.update(1, [("loss", 9.0)], finalize=False)
    clock.now += 0.1
    bar.update(4, [("accuracy", 0.58), ("loss", -1.2824)], finalize=True)
    assert out.getvalue() == "4/4 - 0s - 33ms/step - loss: -1.2824e+00 - accuracy: 0.5800\n"


def test_verbose_0_is_silent(screen, clock):
    out = screen(True)
    Progbar(4, verbose=0).update(4, [("loss", 1.0)])
    assert out.getvalue() == ""


def test_values_are_averaged_unless_stateful(screen, clock):
    out = screen(False)
    bar = Progbar(4, stateful_metrics=["last"], interval=0)
    for step, value in ((1, 1.0), (3, 4.0)):
        bar.update(step, [("mean", value), ("last", value)])
    bar.add(1)
    assert "mean: 3.0000 - last: 4.0000" in out.getvalue()
    with pytest.raises(ValueError, match="Only one of `stateful_metrics`"):
        Progbar(1, stateful_metrics=(), stateless_metrics=())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0s"), (59.9, "59s"), (60, "60s"), (61, "1:01"), (3600, "60:00"), (3725, "1:02:05")],
)
def test_time_left(seconds, text):
    assert eta(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s/step"), (1.6, "2s/step"), (0.0042, "4ms/step"), (0.00025, "250us/step")],
)
def test_time_per_step(seconds, text):
    assert per_step(seconds, "step") == text


def test_bar_without_unicode_is_drawn_with_equal_signs(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    print_message("━━ 1s")
    assert raw.getvalue() == b"== 1s\n"


def test_interactive_logging_can_be_turned_off(screen, caplog):
    out = screen(True)
    keras.config.disable_interactive_logging()
    try:
        assert not keras.config.is_interactive_logging_enabled()
        with caplog.at_level(logging.INFO, logger="fastconv"):
            print_message("quiet")
    finally:
        keras.config.enable_interactive_logging()
    assert out.getvalue() == ""
    assert caplog.messages == ["quiet"]


def small_model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


X, Y = np.ones((70, 3), "f"), np.zeros(70, int)


def test_fit_prints_epochs_and_one_line_each(screen):
    out = screen(False)
    small_model().fit(X, Y, epochs=2, validation_split=0.2)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Epoch 1/2"
    assert lines[2] == "Epoch 2/2"
    for line in (lines[1], lines[3]):
        assert line.startswith("2/2 ━━━━━━━━━━━━━━━━━━━━ 0s ")
        names = [part.split(":")[0] for part in line.split(" - ")[1:]]
        assert names == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert len(lines) == 4


def test_one_epoch_has_no_heading_and_evaluate_and_predict_print_too(screen):
    out = screen(False)
    model = small_model()
    model.fit(X, Y)
    model.evaluate(X, Y)
    model.predict(X)
    model.fit(X, Y, verbose=0)
    lines = out.getvalue().splitlines()
    assert [line[:4] for line in lines] == ["3/3 "] * 3
    assert "accuracy" in lines[1]
    assert " - " not in lines[2]


def test_bar_costs_little(screen, clock):
    """Between two updates a step's results are not even computed."""
    screen(True)
    calls = []
    bars = keras.callbacks.CallbackList(add_progbar=True, verbose=1, epochs=1, steps=1000)
    bars.on_train_begin()
    bars.on_epoch_begin(0)
    for step in range(1000):
        clock.now += 0.001
        bars.on_train_batch_end(step, lambda: calls.append(1) or {"loss": 1.0})
    assert 15 <= len(calls) <= 22
