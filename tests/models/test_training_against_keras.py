"""Whole training steps equal real Keras: golden files of tests/golden/keras."""

import keras_golden
import numpy as np
import pytest
from keras_cases import optimizers as cases

import fastconv as keras

GOLDEN = keras_golden.load("optimizers")
LOSSES = keras_golden.load("losses")


@pytest.mark.parametrize("eagerly", [False, True], ids=["recorded", "eager"])
@pytest.mark.parametrize("name", GOLDEN["cases"])
def test_twenty_steps_of_a_network_equal_keras(name, eagerly):
    case = GOLDEN["cases"][name]
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(5, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.set_weights(GOLDEN["weights"])
    optimizer = cases.build(case, keras)
    model.compile(optimizer, "sparse_categorical_crossentropy", run_eagerly=eagerly)
    # One epoch of 20 batches in order: the first steps run plainly, the others are replayed.
    model.fit(GOLDEN["x"], GOLDEN["y"], batch_size=cases.BATCH, shuffle=False, verbose=0, epochs=1)
    expected = case.get("final", case["weights"])
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    for ours, theirs in zip(optimizer.variables, case["state"], strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-4, atol=1e-5)


def test_loss_of_every_batch_equals_keras():
    case = GOLDEN["cases"]["adam"]
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(5, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.set_weights(GOLDEN["weights"])
    model.compile(cases.build(case, keras), "sparse_categorical_crossentropy")
    found = []
    for step in range(cases.STEPS):
        rows = slice(step * cases.BATCH, (step + 1) * cases.BATCH)
        model.reset_metrics()
        found.append(model.train_on_batch(GOLDEN["x"][rows], GOLDEN["y"][rows]))
    np.testing.assert_allclose(found, case["loss"], rtol=1e-5)


@pytest.mark.parametrize("layer", ["activation", "dense"])
@pytest.mark.parametrize("case", LOSSES["fused"], ids=lambda c: c["class_name"])
def test_saturated_outputs_are_judged_by_their_logits(case, layer):
    """However the last layer applies its softmax or sigmoid."""
    if layer == "activation":
        last = keras.layers.Activation(case["activation"])
    else:
        last = keras.layers.Dense(3, activation=case["activation"])
    model = keras.Sequential([keras.Input((3,)), last])
    if layer == "dense":
        model.set_weights([np.eye(3), np.zeros(3)])
    model.compile("sgd", getattr(keras.losses, case["class_name"])())
    data = LOSSES["data"]
    value = model.evaluate(data[case["logits"]], data[case["y_true"]], verbose=0)
    np.testing.assert_allclose(value, case["value"], rtol=1e-5)
