"""`fastconv.profile`: every kernel is counted once, for the layer that asked for it."""

import threading

import numpy as np
import pytest

import fastconv as keras
from fastconv import profile


def convolutional():
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.DepthwiseConv2D(3, name="depth"),
            layers.Flatten(name="flat"),
            layers.Dense(5, activation="softmax", name="out"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(rows=64):
    rng = np.random.default_rng(0)
    return rng.random((rows, 8, 8, 3), np.float32), rng.integers(0, 5, rows)


CONV = 2 * 6 * 6 * 3 * 3 * 3 * 4  # operations of a row in "conv"
DEPTH = 2 * 4 * 4 * 3 * 3 * 4
DENSE = 2 * 64 * 5


@pytest.mark.parametrize("eager", [False, True])
def test_training_is_counted_by_layer_whether_recorded_or_not(eager):
    model = convolutional()
    model.run_eagerly = eager
    x, y = data()
    with profile() as report:
        model.fit(x, y, batch_size=16, epochs=3, verbose=0)
    parts = report.parts
    assert {"conv", "depth", "out", "(loss)", "(metrics)", "(optimizer)"} <= set(parts)
    rows = 3 * 64
    assert parts["conv"].forward_flops == rows * CONV
    assert parts["conv"].backward_flops == rows * CONV  # by the weights: images need no gradient
    assert parts["depth"].forward_flops == rows * DEPTH
    assert parts["depth"].backward_flops == 2 * rows * DEPTH
    # The model was built on one row before the first step.
    assert parts["out"].forward_flops == rows * DENSE
    assert parts["out"].backward_flops == 2 * rows * DENSE
    assert not parts["(optimizer)"].backward
    assert 0 < sum(part.seconds for part in parts.values()) <= report.seconds
    assert report.outside == pytest.approx(
        report.seconds - sum(part.seconds for part in parts.values())
    )


def test_winograd_counts_the_plain_sum():
    x = np.ones((8, 20, 20, 32), np.float32)
    layer = keras.layers.Conv2D(32, 3, padding="same", name="wide")
    layer(x)
    with profile() as report:
        layer(x)
    assert any("netwino" in name for name in report.parts["wide"].kernels)
    assert report.parts["wide"].forward_flops == 2 * 8 * 20 * 20 * 9 * 32 * 32


def test_predict_and_calls_are_counted():
    model = convolutional()
    x, _ = data(8)
    model(x)
    for call in (lambda: model.predict(x, verbose=0), lambda: model(x), lambda: model(x[:3])):
        with profile() as report:
            call()
        assert report.parts["conv"].calls > 0
        assert not any(part.backward for part in report.parts.values())


def test_same_results_with_and_without_profile():
    x, y = data()
    first = convolutional()  # which sets the seed of the shuffle too
    first.fit(x, y, epochs=2, verbose=0)
    second = convolutional()
    with profile():
        second.fit(x, y, epochs=2, verbose=0)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_inner_profile_takes_over_and_gives_back():
    model = convolutional()
    x, _ = data(4)
    model(x)
    with profile() as outer:
        model(x)
        seen = outer.parts["conv"].calls
        with profile() as inner:
            model(x)
        assert outer.parts["conv"].calls == seen
        model(x)
    assert inner.parts["conv"].calls == seen
    assert outer.parts["conv"].calls == 2 * seen


def test_other_threads_are_not_counted():
    model = convolutional()
    x, _ = data(4)
    model(x)
    with profile() as report:
        thread = threading.Thread(target=lambda: model(x))
        thread.start()
        thread.join()
    assert not report.parts


def test_an_error_closes_the_profile():
    model = convolutional()
    x, _ = data(4)
    model(x)
    with pytest.raises(ZeroDivisionError), profile() as report:
        1 / 0  # noqa: B018
    model(x)
    assert not report.parts
    assert report.seconds > 0


def test_table_has_a_line_for_every_part():
    model = convolutional()
    x, y = data()
    with profile() as report:
        model.fit(x, y, epochs=1, verbose=0)
    lines = str(report).splitlines()
    assert lines[0].split() == [
        "forward", "ms", "GFLOP/s", "backward", "ms", "GFLOP/s", "share"
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[1:]] == [
        *(name for name in report.parts if not name.startswith("(")),
        *(name for name in report.parts if name.startswith("(")),
        "(Python)",
        "total",
    ]
    assert repr(report).startswith("<Profile of ")
