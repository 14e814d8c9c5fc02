"""Losses and metrics by output: what users may write, and the names they get in logs."""

import numpy as np
import pytest

import fastconv as keras
from fastconv import metrics, ops
from fastconv.models.compile_utils import CompileLoss, CompileMetrics
from fastconv.ops.tensor import Tensor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 3)).astype("f")
LABELS = np.array([0, 1, 2, 3, 0, 1, 2, 3])
VALUES = RNG.normal(size=(8, 1)).astype("f")
TWO = [VALUES, LABELS]
CROSS = "sparse_categorical_crossentropy"


def single():
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation="softmax", name="out")]
    )


def double(as_dict=False):
    i = keras.Input((3,), name="inp")
    a = keras.layers.Dense(1, name="a")(i)
    b = keras.layers.Dense(4, activation="softmax", name="b")(i)
    return keras.Model(i, {"p": a, "q": b} if as_dict else [a, b])


def logs(model, y, sample_weight=None, **kwargs):
    """History keys, and the number of values that evaluate returns."""
    model.compile("sgd", **kwargs)
    history = model.fit(X, y, verbose=0, sample_weight=sample_weight).history
    found = model.evaluate(X, y, verbose=0, sample_weight=sample_weight)
    return list(history), len(found) if isinstance(found, list) else 1


def half_off(y_true, y_pred):
    return ops.mean(y_pred, axis=-1)


WEIGHTS = np.ones(8)
SINGLE = [
    ({"loss": CROSS, "metrics": ["acc"]}, ["acc", "loss"]),
    (
        {"loss": CROSS, "metrics": ["accuracy", "accuracy", metrics.sparse_categorical_accuracy]},
        ["accuracy", "accuracy_1", "loss", "sparse_categorical_accuracy"],
    ),
    (
        {"loss": CROSS, "metrics": [metrics.SparseCategoricalAccuracy(), CROSS]},
        ["loss", "sparse_categorical_accuracy", CROSS],
    ),
    (
        {"loss": "crossentropy", "metrics": [half_off, lambda a, b: ops.mean(b, -1)]},
        ["half_off", "lambda", "loss"],
    ),
    (
        {"loss": CROSS, "metrics": ["accuracy"], "weighted_metrics": ["accuracy"]},
        ["accuracy", "loss", "weighted_accuracy"],
    ),
    ({"loss": [CROSS], "metrics": [["accuracy"]]}, ["accuracy", "loss"]),
    ({"loss": {"out": CROSS}, "metrics": {"out": "accuracy"}}, ["accuracy", "loss"]),
    ({"loss": keras.losses.SparseCategoricalCrossentropy(name="my")}, ["loss"]),
    ({"loss": CROSS, "loss_weights": 2.0}, ["loss"]),
    (
        {"loss": CROSS, "metrics": ["acc", "SparseCategoricalAccuracy", "ACC"]},
        ["ACC", "SparseCategoricalAccuracy", "acc", "loss"],
    ),
]
DOUBLE = [
    (
        {"loss": ["mse", CROSS], "metrics": [["mae"], ["accuracy", "acc"]]},
        ["a_loss", "a_mae", "b_acc", "b_accuracy", "b_loss", "loss"],
    ),
    (
        {"loss": ["mse", CROSS], "metrics": ["mae", "accuracy"]},
        ["a_loss", "a_mae", "b_accuracy", "b_loss", "loss"],
    ),
    (
        {
            "loss": {"a": "mse", "b": CROSS},
            "metrics": {"b": "accuracy"},
            "loss_weights": {"a": 0.5, "b": 2.0},
        },
        ["a_loss", "b_accuracy", "b_loss", "loss"],
    ),
    ({"loss": {"a": "mse", "b": CROSS}, "loss_weights": [0.5, 2.0]}, ["a_loss", "b_loss", "loss"]),
    (
        {
            "loss": ["mse", CROSS],
            "metrics": [["mae"], ["accuracy"]],
            "weighted_metrics": [["mae"], [CROSS]],
        },
        ["a_loss", "a_mae", "a_weighted_mae", "b_accuracy", "b_loss", f"b_{CROSS}", "loss"],
    ),
    ({"loss": ["mse", None]}, ["loss"]),
]


@pytest.mark.parametrize(("given", "names"), SINGLE, ids=lambda v: str(v)[:60])
def test_names_with_one_output(given, names):
    weight = WEIGHTS if "weighted_metrics" in given else None
    assert logs(single(), LABELS, weight, **given) == (names, len(names))


@pytest.mark.parametrize(("given", "names"), DOUBLE, ids=lambda v: str(v)[:60])
def test_names_with_two_outputs(given, names):
    assert logs(double(), TWO, **given) == (names, len(names))


def test_targets_may_come_by_name():
    given = {"loss": {"a": "mse", "b": CROSS}, "metrics": {"a": ["mae"], "b": ["accuracy"]}}
    expected = ["a_loss", "a_mae", "b_accuracy", "b_loss", "loss"]
    assert logs(double(), {"a": VALUES, "b": LABELS}, **given)[0] == expected


def test_dict_outputs_are_named_by_their_keys():
    given = {"loss": {"p": "mse", "q": CROSS}, "metrics": {"p": ["mae"], "q": ["accuracy"]}}
    expected = ["loss", "p_loss", "p_mae", "q_accuracy", "q_loss"]
    assert logs(double(True), {"p": VALUES, "q": LABELS}, **given)[0] == expected


def test_target_of_an_output_without_loss_may_be_left_out():
    assert logs(double(), [VALUES], loss=["mse", None])[0] == ["loss"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"loss": CROSS, "metrics": "mae"}, "Expected `metrics` argument to be a list"),
        ({"loss": CROSS, "weighted_metrics": "mae"}, "Expected `weighted_metrics` argument"),
        ({"loss": "foo"}, "Could not interpret loss identifier: foo"),
        ({"loss": CROSS, "metrics": ["foo"]}, "Could not interpret metric identifier: foo"),
        ({"loss": 3}, "Could not interpret loss identifier: 3"),
        ({"loss": CROSS, "loss_weights": "x"}, "Expected `loss_weights` argument"),
    ],
)
def test_mistakes_with_one_output_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        logs(single(), LABELS, **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"loss": ["mse"]}, r"loss: expected one for each of the 2 outputs \['a', 'b'\]"),
        ({"loss": ["mse"] * 3}, "received 3"),
        ({"loss": {"a": "mse"}}, r"Expected keys \['a', 'b'\] in loss dict.*\['a'\]"),
        ({"loss": {"a": "mse", "c": "mse"}}, r"loss.keys\(\)=\['a', 'c'\]"),
        ({"loss": ["mse", CROSS], "loss_weights": [1.0]}, "got 2 losses and 1 weights"),
        ({"loss": ["mse", CROSS], "loss_weights": {"c": 1.0}}, r"received \['c'\]"),
        ({"loss": ["mse", CROSS], "metrics": {"c": "mae"}}, "Invalid `metrics`"),
        ({"loss": ["mse", CROSS], "metrics": ["mae"]}, r"Invalid `metrics`.*\n?Received"),
    ],
)
def test_mistakes_with_two_outputs_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        logs(double(), TWO, **given)


@pytest.mark.parametrize(
    ("target", "width", "cls"),
    [
        (np.zeros((8, 1)), 1, metrics.BinaryAccuracy),
        (np.zeros(8, int), 4, metrics.SparseCategoricalAccuracy),
        (np.zeros((8, 1), int), 4, metrics.SparseCategoricalAccuracy),
        (np.eye(4)[LABELS], 4, metrics.CategoricalAccuracy),
    ],
)
def test_accuracy_is_chosen_by_the_shapes(target, width, cls):
    found = CompileMetrics(["accuracy"], None)
    found.update_state(Tensor(target), Tensor(np.ones((8, width)) / width))
    assert type(found.metrics[0]) is cls
    assert found.metrics[0].name == "accuracy"


@pytest.mark.parametrize(
    ("target", "width", "name"),
    [
        (np.zeros((8, 1)), 1, "binary_crossentropy"),
        (np.zeros(8, int), 4, "sparse_categorical_crossentropy"),
        (np.eye(4)[LABELS], 4, "categorical_crossentropy"),
    ],
)
def test_crossentropy_is_chosen_by_the_shapes(target, width, name):
    p = Tensor(RNG.dirichlet(np.ones(4), 8)[:, :width].copy())
    value = CompileLoss("crossentropy")(Tensor(target), p)
    expected = getattr(keras.losses, name)(target, p)
    np.testing.assert_allclose(float(value), expected.data.mean(), rtol=1e-12)


def test_total_is_the_weighted_sum_and_parts_are_unweighted():
    loss = CompileLoss(["mse", "mae"], [0.5, 2.0], ["a", "b"])
    t = [Tensor(np.zeros((4, 1))), Tensor(np.zeros((4, 1)))]
    p = [Tensor(np.full((4, 1), 2.0)), Tensor(np.full((4, 1), 3.0))]
    assert float(loss(t, p)) == 0.5 * 4 + 2 * 3
    assert [(m.name, float(m.result())) for m in loss.metrics] == [("a_loss", 4.0), ("b_loss", 3.0)]


def test_sample_weights_may_differ_by_output():
    loss = CompileLoss(["mse", "mse"], None, ["a", "b"])
    t = [Tensor(np.zeros((2, 1)))] * 2
    p = [Tensor(np.ones((2, 1)))] * 2
    w = [np.array([1.0, 0.0]), np.array([1.0, 1.0])]
    assert float(loss(t, p, w)) == 0.5 + 1.0
    assert float(loss(t, p, np.array([1.0, 0.0]))) == 1.0
    with pytest.raises(ValueError, match="sample_weight: expected one"):
        loss(t, p, [w[0]] * 3)


def test_plain_metrics_ignore_sample_weights():
    found = CompileMetrics(["mae"], ["mae"])
    t, p = Tensor(np.zeros((2, 1))), Tensor(np.array([[1.0], [3.0]]))
    found.update_state(t, p, sample_weight=np.array([1.0, 0.0]))
    assert {k: float(v) for k, v in found.result().items()} == {"mae": 2.0, "weighted_mae": 1.0}
    found.reset_state()
    assert float(found.result()["mae"]) == 0.0


def test_result_before_the_first_batch_is_empty():
    assert CompileMetrics(["mae"], None).result() == {}


def test_functions_of_the_user_are_reported():
    loss = CompileLoss(half_off)
    assert loss.functions() == [half_off]
    assert CompileLoss("mse").functions() == []
    found = CompileMetrics([half_off, "mae"], [metrics.MeanMetricWrapper(half_off)])
    assert half_off in found.functions()
    assert len(found.functions()) == 3


def test_a_dict_of_losses_for_a_dict_of_outputs_may_leave_some_out():
    loss = CompileLoss({"b": ["mse"]}, output_names=["a", "b"])
    p = {"a": Tensor(np.zeros((4, 2))), "b": Tensor(np.full((4, 1), 2.0))}
    y = {"a": Tensor(np.ones((4, 2))), "b": Tensor(np.zeros((4, 1)))}
    assert float(loss(y, p)) == 4.0
    assert loss.metrics == []
    with pytest.raises(KeyError, match="in the `loss` argument, can't be found in either"):
        CompileLoss({"c": "mse"}, output_names=["a", "b"])(y, p)
