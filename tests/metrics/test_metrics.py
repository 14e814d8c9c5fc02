"""Metrics beyond the golden files: precision of means, replay, configs, names, the user's own."""

import numpy as np
import pytest

import fastconv
from fastconv import losses, metrics, ops
from fastconv._registry import deserialize_keras_object, serialize_keras_object
from fastconv._runtime import Program
from fastconv.ops.tensor import Tensor

RNG = np.random.default_rng(7)
NEEDED = {
    "IoU": {"num_classes": 3, "target_class_ids": [0, 2]},
    "MeanIoU": {"num_classes": 3},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "MeanMetricWrapper": {"fn": losses.mean_squared_error},
}
CLASSES = [
    cls
    for name in metrics.__all__
    if isinstance(cls := getattr(metrics, name), type) and cls is not metrics.Metric
]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_config_round_trips(cls):
    metric = cls(**NEEDED.get(cls.__name__, {}), name="mine")
    config = serialize_keras_object(metric)
    assert config["module"] == "keras.metrics"
    back = deserialize_keras_object(config)
    assert type(back) is cls
    assert back.get_config() == metric.get_config()
    assert back.name == "mine"


@pytest.mark.parametrize(
    "metric",
    [
        metrics.AUC(thresholds=[0.2, 0.4], label_weights=[1.0, 2.0], multi_label=True),
        metrics.Precision(thresholds=[0.1, 0.2], class_id=1),
        metrics.CosineSimilarity(axis=0),
        metrics.SparseTopKCategoricalAccuracy(k=3, from_sorted_ids=True),
        metrics.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
        metrics.FBetaScore(beta=2.0, average="micro"),
        metrics.R2Score(None, 3),
    ],
    ids=lambda m: m.name,
)
def test_arguments_survive_the_config(metric):
    back = type(metric).from_config(metric.get_config())
    assert back.get_config() == metric.get_config()


def test_weights_of_labels_are_read_from_kerass_config():
    weights = {"class_name": "__tensor__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}
    metric = metrics.AUC.from_config({"multi_label": True, "label_weights": weights})
    assert metric.label_weights.data.tolist() == [1.0, 2.0]
    weights["config"]["dtype"] = "O"
    with pytest.raises(ValueError, match="__tensor__: malformed config"):
        metrics.AUC.from_config({"label_weights": weights})


def test_default_arguments_are_kerass():
    assert metrics.CosineSimilarity().get_config() == {
        "name": "cosine_similarity",
        "dtype": "float32",
    }
    assert metrics.TopKCategoricalAccuracy().get_config()["k"] == 5


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("mse", metrics.MeanSquaredError),
        ("MSE", metrics.MeanSquaredError),
        ("mean_squared_error", metrics.MeanSquaredError),
        ("MeanSquaredError", metrics.MeanSquaredError),
        ("RootMeanSquaredError", metrics.RootMeanSquaredError),
        ("auc", metrics.AUC),
        ("f1_score", metrics.F1Score),
        ("sparse_categorical_accuracy", metrics.SparseCategoricalAccuracy),
        ("sparse_top_k_categorical_accuracy", metrics.SparseTopKCategoricalAccuracy),
        ("bce", metrics.BinaryCrossentropy),
        ("mape", metrics.MeanAbsolutePercentageError),
        ("msle", metrics.MeanSquaredLogarithmicError),
    ],
)
def test_get_takes_a_name(name, cls):
    assert type(metrics.get(name)) is cls


def test_get_takes_classes_functions_objects_configs_and_none():
    assert isinstance(metrics.get(metrics.AUC), metrics.AUC)
    assert metrics.get(metrics.binary_accuracy) is metrics.binary_accuracy
    made = metrics.get({"class_name": "AUC", "config": {"num_thresholds": 5}})
    assert made.num_thresholds == 5
    assert metrics.get(made) is made
    assert metrics.get(None) is None


@pytest.mark.parametrize("wrong", ["foo", 3, {"a": 1}, {"class_name": "Foo", "config": {}}])
def test_get_names_what_it_cannot_interpret(wrong):
    with pytest.raises(ValueError, match="Could not interpret metric identifier"):
        metrics.get(wrong)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.Precision(thresholds=1.5), r"must be in \[0, 1\]. Received: \[1.5\]"),
        (lambda: metrics.TruePositives([0.5, None]), r"Received: \[None\]"),
        (lambda: metrics.AUC(curve="x"), 'Invalid AUC curve value: "x"'),
        (lambda: metrics.AUC(summation_method="x"), "Invalid AUC summation method"),
        (lambda: metrics.AUC(num_thresholds=1), "must be an integer > 1"),
        (lambda: metrics.AUC(num_labels=3), "only when `multi_label` is True"),
        (lambda: metrics.AUC(multi_label=True)([1.0], [0.5]), "must have rank 2"),
        (lambda: metrics.PrecisionAtRecall(1.5), r"`recall` must be in the range \[0, 1\]"),
        (lambda: metrics.PrecisionAtRecall(0.5, num_thresholds=0), "must be an integer > 0"),
        (lambda: metrics.FBetaScore(average="x"), "Invalid `average`"),
        (lambda: metrics.FBetaScore(beta=1), "Python float"),
        (lambda: metrics.FBetaScore(beta=-1.0), "should be > 0"),
        (lambda: metrics.F1Score(threshold=2.0), "0 < threshold <= 1"),
        (lambda: metrics.F1Score()([1.0], [0.5]), "expects 2D inputs"),
        (lambda: metrics.IoU(2, [2]), "Target class id 2 is out of range"),
        (lambda: metrics.R2Score("x"), "`class_aggregation`"),
        (lambda: metrics.R2Score(num_regressors=-1), "`num_regressors`"),
        (lambda: metrics.R2Score()(np.ones((2, 2, 2)), np.ones((2, 2, 2))), "expects 2D inputs"),
        (lambda: metrics.Precision()([[1.0, 0.0]], [[0.5]]), "shapes must agree"),
        (lambda: metrics.Precision(class_id=0)([1.0], [0.5]), "must be a 2D array"),
        (lambda: metrics.Mean()([1.0, 2.0], sample_weight=[1.0] * 3), "sample_weight: shape"),
        (
            lambda: metrics.SparseCategoricalAccuracy()([[1, 2]], [[0.5, 0.5]]),
            "up until the last dimension",
        ),
    ],
)
def test_mistakes_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_long_means_are_those_of_float64():
    """A float32 total would be off in the fourth digit."""
    mean = metrics.Mean()
    values = RNG.uniform(0, 1, size=(3000, 32)).astype("f")
    for row in values:
        mean.update_state(row, sample_weight=7919.0)
    np.testing.assert_allclose(float(mean.result()), values.mean(dtype=float), rtol=1e-7)


def test_mean_of_axes_beyond_the_first_counts_samples():
    mean = metrics.Mean()
    mean.update_state(np.arange(12.0).reshape(2, 3, 2))
    mean.update_state(np.float32(100.0))
    assert float(mean.count.data) == 3
    np.testing.assert_allclose(float(mean.result()), (2.5 + 8.5 + 100) / 3, rtol=1e-6)


def test_masked_losses_count_only_without_weights():
    """Keras 3.15.1 on JAX: the ignored row is in the divisor of the unweighted mean."""
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=-1)
    p = np.array([[0.25, 0.75], [0.5, 0.5]])
    metric.update_state([1, -1], p)
    np.testing.assert_allclose(float(metric.result()), -np.log(0.75) / 2, rtol=1e-6)
    metric.update_state([0, -1], p, sample_weight=[3.0, 5.0])
    expected = -(np.log(0.75) + 3 * np.log(0.25)) / 5
    np.testing.assert_allclose(float(metric.result()), expected, rtol=1e-6)


REPLAYED = [
    metrics.Mean,
    metrics.Sum,
    metrics.BinaryAccuracy,
    metrics.CategoricalAccuracy,
    metrics.SparseCategoricalAccuracy,
    metrics.SparseTopKCategoricalAccuracy,
    metrics.MeanSquaredError,
    metrics.RootMeanSquaredError,
    metrics.CosineSimilarity,
    metrics.CategoricalHinge,
    metrics.SparseCategoricalCrossentropy,
    metrics.Precision,
    metrics.Recall,
    metrics.AUC,
    metrics.F1Score,
    metrics.MeanIoU,
    metrics.R2Score,
    metrics.PearsonCorrelation,
]


@pytest.mark.parametrize("cls", REPLAYED, ids=lambda c: c.__name__)
def test_updates_are_replayed(cls):
    """A recorded step keeps counting: its updates are launches on the state's memory."""
    sparse = "Sparse" in cls.__name__
    first = Tensor(RNG.integers(0, 3, 8) if sparse else RNG.integers(0, 2, (8, 3)).astype("f"))
    second = Tensor(RNG.uniform(0.1, 0.9, (8, 3)).astype("f"))
    if cls is metrics.MeanIoU:
        first, second = (Tensor(RNG.integers(0, 3, 8)) for _ in range(2))
    arguments = (second,) if cls in (metrics.Mean, metrics.Sum) else (first, second)
    kwargs = NEEDED.get(cls.__name__, {})
    recorded, plain = cls(**kwargs), cls(**kwargs)
    recorded.update_state(*arguments)
    plain.update_state(*arguments)
    program = Program()
    with program:
        recorded.update_state(*arguments)
    assert program.spoiled is None
    plain.update_state(*arguments)
    for tensor in arguments:
        tensor.data[...] = tensor.data[::-1].copy()
    program.run(2)
    for _ in range(2):
        plain.update_state(*arguments)
    for a, b in zip(recorded.variables, plain.variables, strict=True):
        np.testing.assert_array_equal(a.data, b.data)
    np.testing.assert_array_equal(recorded.result().data, plain.result().data)


def test_ties_go_to_the_first_class():
    p = [[0.5, 0.5], [0.5, 0.5]]
    assert metrics.sparse_categorical_accuracy([0, 1], p).data.tolist() == [1.0, 0.0]


def test_nan_predictions_are_no_hits_above_a_threshold():
    nan = np.array([[np.nan], [0.9]])
    assert float(metrics.Precision()([[1.0], [1.0]], nan)) == 1.0
    assert float(metrics.Recall()([[1.0], [1.0]], nan)) == 0.5
    assert 0 <= float(metrics.AUC()([[1.0], [0.0]], nan)) <= 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_auc_equals_the_rank_statistic(dtype):
    y = RNG.integers(0, 2, 4000)
    p = np.clip(0.4 * y + RNG.uniform(0, 0.6, 4000), 0, 1)
    greater = (p[y == 1][:, None] > p[y == 0]).mean()
    metric = metrics.AUC(num_thresholds=2000, dtype=dtype)
    assert abs(float(metric(y, p)) - greater) < 1e-3
    assert metric.variables[0].dtype == dtype


def test_prgain_curve_of_a_perfect_ranking_is_one():
    metric = metrics.AUC(curve="PRGAIN")
    np.testing.assert_allclose(float(metric([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])), 1.0, atol=1e-6)


def test_accuracy_over_many_dimensions():
    p = RNG.uniform(size=(2, 4, 4, 3))
    y = RNG.integers(0, 3, (2, 4, 4))
    expected = (p.argmax(-1) == y).mean()
    for labels in (y, y[..., None]):
        np.testing.assert_allclose(
            float(metrics.SparseCategoricalAccuracy()(labels, p)), expected, rtol=1e-6
        )


def test_float_weights_of_integer_counts_warn():
    with pytest.warns(UserWarning, match="You are passing weight as `float`"):
        metrics.MeanIoU(2)([0, 1], [0, 1], sample_weight=[0.5, 1.0])


class Largest(metrics.Metric):
    """A metric of the user, made of ops."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = self.add_weight(initializer="ones", name="seen")
        self.inner = metrics.Mean()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.seen.assign(ops.maximum(self.seen, ops.max(y_pred)))
        self.inner.update_state(y_pred)

    def result(self):
        return self.seen


def test_metric_of_the_user_keeps_state():
    metric = Largest()
    assert metric.name == "largest"
    assert float(metric([0.0], [0.5])) == 1.0
    assert float(metric([0.0], [3.0])) == 3.0
    assert [v.path for v in metric.variables[:1]] == ["largest/seen"]
    assert len(metric.variables) == 3
    metric.reset_state()
    assert float(metric.result()) == 0.0
    assert float(metric.inner.result()) == 0.0


def test_metric_of_the_user_works_in_a_model():
    model = fastconv.Sequential([fastconv.Input((2,)), fastconv.layers.Dense(1)])
    model.compile(
        "sgd", "mse", metrics=[Largest(name="largest"), lambda t, p: ops.mean(p - t, axis=-1)]
    )
    history = model.fit(np.ones((6, 2), "f"), np.ones((6, 1), "f"), epochs=2, verbose=0).history
    assert list(history) == ["lambda", "largest", "loss"]


def test_base_class_says_what_to_override():
    with pytest.raises(NotImplementedError, match="must override `update_state"):
        metrics.Metric().update_state()
    with pytest.raises(NotImplementedError, match="must override `result"):
        metrics.Metric().result()

    class Hasty(metrics.Metric):
        def __init__(self):
            self.add_variable(())

    with pytest.raises(RuntimeError, match=r"forgot to call `super\(\).__init__"):
        Hasty()
