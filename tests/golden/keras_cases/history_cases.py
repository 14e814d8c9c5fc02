"""Names: the keys of ``History.history`` and of ``evaluate`` for compile() options."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras_cases.common import integers, uniform


def my_metric(y_true: Any, y_pred: Any) -> Any:
    """A user's metric function (works on any backend's tensors)."""
    return (y_pred - y_true) ** 2


def _single(keras: Any, units: int, activation: str | None) -> Any:
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units, activation=activation, name="out")]
    )


def _double(keras: Any) -> Any:
    x = keras.Input((4,), name="x")
    first = keras.layers.Dense(3, activation="softmax", name="kind")(x)
    return keras.Model(x, [first, keras.layers.Dense(1, name="value")(x)])


CATEGORICAL = "categorical_crossentropy"
SPARSE = "sparse_categorical_crossentropy"
# name -> (units, activation, kind of target, compile options as a function of keras)
SINGLE: dict[str, tuple[int, str | None, str, Any]] = {
    "accuracy_sparse": (
        3,
        "softmax",
        "labels",
        lambda k: {"loss": SPARSE, "metrics": ["accuracy"]},
    ),
    "accuracy_sparse_column": (
        3,
        "softmax",
        "column",
        lambda k: {"loss": SPARSE, "metrics": ["accuracy"]},
    ),
    "acc": (
        3,
        "softmax",
        "labels",
        lambda k: {"loss": SPARSE, "metrics": ["acc"]},
    ),
    "Accuracy": (
        3,
        "softmax",
        "labels",
        lambda k: {"loss": SPARSE, "metrics": ["Accuracy"]},
    ),
    "accuracy_one_hot": (
        3,
        "softmax",
        "one_hot",
        lambda k: {"loss": "categorical_crossentropy", "metrics": ["accuracy"]},
    ),
    "accuracy_binary": (
        1,
        "sigmoid",
        "binary",
        lambda k: {"loss": "binary_crossentropy", "metrics": ["accuracy"]},
    ),
    "accuracy_binary_flat": (
        1,
        "sigmoid",
        "binary_flat",
        lambda k: {"loss": "binary_crossentropy", "metrics": ["accuracy"]},
    ),
    "crossentropy": (
        3,
        "softmax",
        "labels",
        lambda k: {"loss": SPARSE, "metrics": ["crossentropy"]},
    ),
    "ce_metric": (1, "sigmoid", "binary", lambda k: {"loss": "mse", "metrics": ["ce"]}),
    "ce_loss_sparse": (3, "softmax", "labels", lambda k: {"loss": "ce"}),
    "ce_loss_binary": (1, "sigmoid", "binary", lambda k: {"loss": "crossentropy"}),
    "ce_loss_one_hot": (3, "softmax", "one_hot", lambda k: {"loss": "CE"}),
    "regression": (
        1,
        None,
        "real",
        lambda k: {"loss": "mse", "metrics": ["mae", "mse", "mape", "msle", "cosine_similarity"]},
    ),
    "long_strings": (
        1,
        None,
        "real",
        lambda k: {
            "loss": "mean_squared_error",
            "metrics": ["mean_absolute_error", "MeanAbsoluteError", "RootMeanSquaredError"],
        },
    ),
    "upper_case": (
        1,
        None,
        "real",
        lambda k: {"loss": "MSE", "metrics": ["MAE", "MSE", "KLD", "logcosh", "hinge"]},
    ),
    "duplicates": (1, None, "real", lambda k: {"loss": "mse", "metrics": ["mae", "mae", "mse"]}),
    "function": (1, None, "real", lambda k: {"loss": "mse", "metrics": [my_metric]}),
    "lambda": (1, None, "real", lambda k: {"loss": "mse", "metrics": [lambda a, b: (a - b) ** 2]}),
    "keras_function": (
        3,
        "softmax",
        "labels",
        lambda k: {
            "loss": k.losses.sparse_categorical_crossentropy,
            "metrics": [k.metrics.sparse_categorical_accuracy],
        },
    ),
    "objects": (
        3,
        "softmax",
        "labels",
        lambda k: {
            "loss": k.losses.SparseCategoricalCrossentropy(),
            "metrics": [
                k.metrics.SparseCategoricalAccuracy(),
                k.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2"),
            ],
        },
    ),
    "weighted": (
        1,
        None,
        "real",
        lambda k: {"loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mae", "mse"]},
    ),
    "loss_as_metric": (
        1,
        None,
        "real",
        lambda k: {"loss": "mse", "metrics": [k.losses.mean_absolute_error]},
    ),
    "custom_loss": (1, None, "real", lambda k: {"loss": my_metric, "metrics": ["mae"]}),
    "auc_precision": (
        1,
        "sigmoid",
        "binary",
        lambda k: {"loss": "binary_crossentropy", "metrics": ["AUC", "Precision", "recall"]},
    ),
    "top_k_string": (
        6,
        "softmax",
        "labels",
        lambda k: {
            "loss": SPARSE,
            "metrics": ["sparse_top_k_categorical_accuracy"],
        },
    ),
    "no_metrics": (1, None, "real", lambda k: {"loss": "mse"}),
}
DOUBLE: dict[str, Any] = {
    "list": {"loss": [CATEGORICAL, "mse"]},
    "list_metrics": {"loss": [CATEGORICAL, "mse"], "metrics": [["accuracy"], ["mae"]]},
    "flat_metrics": {"loss": [CATEGORICAL, "mse"], "metrics": ["accuracy", "mae"]},
    "dict": {
        "loss": {"kind": CATEGORICAL, "value": "mse"},
        "metrics": {"kind": "accuracy", "value": ["mae", "mse"]},
    },
    "weights": {"loss": [CATEGORICAL, "mse"], "loss_weights": [1.0, 0.5]},
    "one_loss": {"loss": "mse"},
    "weighted": {"loss": [CATEGORICAL, "mse"], "weighted_metrics": [["accuracy"], ["mae"]]},
}


def _targets() -> dict[str, np.ndarray]:
    labels = integers((12,), 5, 3)
    return {
        "labels": labels,
        "column": labels[:, None],
        "one_hot": np.eye(3, dtype="float32")[labels],
        "binary": (labels[:, None] > 0).astype("float32"),
        "binary_flat": (labels > 0).astype("float32"),
        "real": uniform((12, 1), 6, 0.1, 1),
    }


def _names(model: Any, x: Any, y: Any) -> dict[str, Any]:
    try:
        return _fitted_names(model, x, y)
    except ValueError as error:
        return {"error": str(error)}


def _fitted_names(model: Any, x: Any, y: Any) -> dict[str, Any]:
    before = list(model.metrics_names)
    history = model.fit(x, y, batch_size=4, validation_split=0.5, verbose=0)
    return {
        "history": list(history.history),
        "evaluate": list(model.evaluate(x, y, verbose=0, return_dict=True)),
        "evaluate_list": len(np.atleast_1d(model.evaluate(x, y, verbose=0))),
        "metrics_names_before": before,
        "metrics_names": list(model.metrics_names),
        "metrics": [[type(m).__name__, m.name] for m in model.metrics],
    }


def collect(keras: Any) -> dict[str, Any]:
    """Names for every case."""
    x, targets = uniform((12, 4), 4), _targets()
    found = {}
    for name, (units, activation, kind, options) in SINGLE.items():
        keras.utils.clear_session()
        model = _single(keras, units, activation)
        model.compile("sgd", **options(keras))
        found[name] = _names(model, x, targets[kind])
    for name, options in DOUBLE.items():
        keras.utils.clear_session()
        model = _double(keras)
        model.compile("sgd", **options)
        y = {"kind": targets["one_hot"], "value": targets["real"]}
        found[f"two_outputs_{name}"] = _names(model, x, y if name == "dict" else list(y.values()))
    keras.utils.clear_session()
    model = _single(keras, 1, None)
    model.compile("sgd", "mse")
    rate = keras.callbacks.LearningRateScheduler(lambda e: 0.1)
    history = model.fit(x, targets["real"], validation_split=0.5, verbose=0, callbacks=[rate])
    found["learning_rate"] = {"history": list(history.history)}
    return found
