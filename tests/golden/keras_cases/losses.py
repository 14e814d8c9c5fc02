"""Values and gradients of every loss, as class and as function.

``losses.json``: ``data`` (named arrays), ``classes``, ``functions`` and ``fused``.

* ``classes``: ``class_name``, ``kwargs``, names of ``y_true``, ``y_pred``, ``sample_weight`` (or
  null) in ``data``; ``value`` (float32; an array for reduction "none") and ``gradient`` of its
  sum with respect to ``y_pred``.
* ``functions``: ``name``, ``kwargs``, the same for ``losses.NAME(y_true, y_pred)`` in float64.
* ``fused``: what a *model* whose last layer is ``activation`` reports for the ``logits`` in
  ``data`` (``test_on_batch``): on TensorFlow the loss goes back to the logits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from keras_cases.common import integers, uniform, write_packed

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(-1, keepdims=True))
    return (e / e.sum(-1, keepdims=True)).astype("float32")


def data() -> dict[str, np.ndarray]:
    """The named arrays that all cases draw from."""
    labels = integers((6,), 3, 4)
    binary = integers((6, 4), 5, 2).astype("float32")
    probability = uniform((6, 4), 6, 0.05, 0.95)
    probability[0, 0], probability[1, 1] = 0.0, 1.0
    softmaxed = _softmax(uniform((6, 4), 7, -2, 2))
    softmaxed[5] = [0, 0, 1, 0]
    target = uniform((6, 4), 1, -2, 2)
    target[2, 1] = 0.0
    logits = np.array([[40, -40, 0], [-30, 0, 30], [0.5, 1.0, -1.0]], "float32")
    return {
        "target": target,
        "output": uniform((6, 4), 2, -2, 2),
        "target_positive": uniform((6, 4), 1, 0.0, 3),
        "output_positive": uniform((6, 4), 2, 0.1, 3),
        "target_3d": uniform((2, 3, 4), 8),
        "output_3d": uniform((2, 3, 4), 9),
        "target_1": uniform((6, 1), 10),
        "output_1": uniform((6, 1), 11),
        "target_flat": uniform((6,), 10),
        "binary": binary,
        "binary_1": binary[:, :1].copy(),
        "signs": 2 * binary - 1,
        "probability": probability,
        "probability_1": probability[:, :1].copy(),
        "logits": uniform((6, 4), 12, -3, 3),
        "logits_1": uniform((6, 1), 13, -3, 3),
        "one_hot": np.eye(4, dtype="float32")[labels],
        "soft": _softmax(uniform((6, 4), 14, -2, 2)),
        "softmaxed": softmaxed,
        "labels": labels,
        "labels_1": labels[:, None].copy(),
        "labels_ignored": np.where(labels == 2, -1, labels),
        "labels_2d": integers((2, 3), 15, 4),
        "softmaxed_3d": _softmax(uniform((2, 3, 4), 16, -2, 2)),
        "logits_3d": uniform((2, 3, 4), 17, -3, 3),
        "w": np.array([1, 0.5, 0, 2, 1.5, 0.25], "float32"),
        "w_1": np.array([[1], [0.5], [0], [2], [1.5], [0.25]], "float32"),
        "w_2d": np.array([[1, 0.5, 2], [0, 1, 0.25]], "float32"),
        "fused_logits": logits,
        "fused_labels": np.array([1, 0, 2]),
        "fused_one_hot": np.eye(3, dtype="float32")[[1, 0, 2]],
        "fused_binary": np.array([[0, 1, 1], [1, 0, 0], [1, 0, 1]], "float32"),
    }


# name of the class, name of the function, pairs of (y_true, y_pred), variants of kwargs
REGRESSION = [("target", "output"), ("target_3d", "output_3d"), ("target_flat", "output_1")]
POSITIVE = [("target_positive", "output_positive")]
LOSSES: list[tuple[str, str, list[tuple[str, str]], list[dict[str, Any]]]] = [
    ("MeanSquaredError", "mean_squared_error", [*REGRESSION, ("target_1", "output_1")], [{}]),
    ("MeanAbsoluteError", "mean_absolute_error", REGRESSION, [{}]),
    ("MeanAbsolutePercentageError", "mean_absolute_percentage_error", REGRESSION, [{}]),
    (
        "MeanSquaredLogarithmicError",
        "mean_squared_logarithmic_error",
        [*POSITIVE, ("target", "output")],
        [{}],
    ),
    ("Huber", "huber", REGRESSION, [{}, {"delta": 0.5}]),
    ("LogCosh", "log_cosh", REGRESSION, [{}]),
    ("CosineSimilarity", "cosine_similarity", REGRESSION[:2], [{}]),
    ("CosineSimilarity", "cosine_similarity", REGRESSION[:1], [{"axis": 1}]),
    ("Poisson", "poisson", POSITIVE, [{}]),
    ("KLDivergence", "kl_divergence", [("soft", "softmaxed"), ("one_hot", "softmaxed")], [{}]),
    ("Hinge", "hinge", [("signs", "output"), ("binary", "output")], [{}]),
    ("SquaredHinge", "squared_hinge", [("signs", "output"), ("binary", "output")], [{}]),
    ("CategoricalHinge", "categorical_hinge", [("one_hot", "output")], [{}]),
    (
        "BinaryCrossentropy",
        "binary_crossentropy",
        [("binary", "probability"), ("binary_1", "probability_1")],
        [{}, {"label_smoothing": 0.2}],
    ),
    (
        "BinaryCrossentropy",
        "binary_crossentropy",
        [("binary", "logits"), ("binary_1", "logits_1")],
        [{"from_logits": True}, {"from_logits": True, "label_smoothing": 0.2}],
    ),
    (
        "BinaryFocalCrossentropy",
        "binary_focal_crossentropy",
        [("binary", "probability")],
        [
            {},
            {"apply_class_balancing": True},
            {"apply_class_balancing": True, "alpha": 0.6, "gamma": 1.5, "label_smoothing": 0.1},
        ],
    ),
    (
        "BinaryFocalCrossentropy",
        "binary_focal_crossentropy",
        [("binary", "logits")],
        [{"from_logits": True}, {"from_logits": True, "gamma": 3.0}],
    ),
    (
        "CategoricalCrossentropy",
        "categorical_crossentropy",
        [
            ("one_hot", "softmaxed"),
            ("soft", "softmaxed"),
            ("one_hot", "probability"),
            ("softmaxed_3d", "softmaxed_3d"),
        ],
        [{}, {"label_smoothing": 0.2}],
    ),
    (
        "CategoricalCrossentropy",
        "categorical_crossentropy",
        [("one_hot", "logits"), ("soft", "logits")],
        [{"from_logits": True}, {"from_logits": True, "label_smoothing": 0.2}],
    ),
    (
        "CategoricalFocalCrossentropy",
        "categorical_focal_crossentropy",
        [("one_hot", "softmaxed"), ("one_hot", "probability")],
        [{}, {"alpha": 0.4, "gamma": 1.0}, {"label_smoothing": 0.1}],
    ),
    (
        "CategoricalFocalCrossentropy",
        "categorical_focal_crossentropy",
        [("one_hot", "logits")],
        [{"from_logits": True}],
    ),
    (
        "SparseCategoricalCrossentropy",
        "sparse_categorical_crossentropy",
        [("labels", "softmaxed"), ("labels_1", "softmaxed"), ("labels_2d", "softmaxed_3d")],
        [{}],
    ),
    (
        "SparseCategoricalCrossentropy",
        "sparse_categorical_crossentropy",
        [("labels", "probability")],
        [{}],
    ),
    (
        "SparseCategoricalCrossentropy",
        "sparse_categorical_crossentropy",
        [("labels", "logits"), ("labels_1", "logits"), ("labels_2d", "logits_3d")],
        [{"from_logits": True}],
    ),
    (
        "SparseCategoricalCrossentropy",
        "sparse_categorical_crossentropy",
        [("labels_ignored", "logits")],
        [{"from_logits": True, "ignore_class": -1}],
    ),
]
FUSED = [
    ("softmax", "SparseCategoricalCrossentropy", "fused_labels"),
    ("softmax", "CategoricalCrossentropy", "fused_one_hot"),
    ("sigmoid", "BinaryCrossentropy", "fused_binary"),
]


def _class_cases() -> list[dict[str, Any]]:
    rows = []
    for name, _, pairs, variants in LOSSES:
        for kwargs in variants:
            for y_true, y_pred in pairs:
                weight = "w_2d" if y_pred.endswith("3d") else "w"
                # every reduction once, on the first pair of the first variant
                first = (y_true, y_pred) == pairs[0] and kwargs == variants[0]
                for reduction in REDUCTIONS if first else REDUCTIONS[:1]:
                    extra = {} if reduction == REDUCTIONS[0] else {"reduction": reduction}
                    for w in (None, weight) if first or weight == "w_2d" else (None,):
                        row = {"class_name": name, "kwargs": {**kwargs, **extra}}
                        row.update(y_true=y_true, y_pred=y_pred, sample_weight=w)
                        rows.append(row)
    mse = {"class_name": "MeanSquaredError", "kwargs": {}, "y_true": "target", "y_pred": "output"}
    return [*rows, {**mse, "sample_weight": "w_1"}]


def write(folder: Path) -> None:
    """Write ``losses.json`` and ``losses.npz``."""
    import keras
    import tensorflow as tf

    arrays = data()
    classes = _class_cases()
    for row in classes:
        loss = getattr(keras.losses, row["class_name"])(**row["kwargs"])
        y_pred = tf.constant(arrays[row["y_pred"]])
        weight = arrays[row["sample_weight"]] if row["sample_weight"] else None
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = loss(arrays[row["y_true"]], y_pred, sample_weight=weight)
        row["value"] = value.numpy() if value.shape.rank else float(value)
        row["gradient"] = tape.gradient(value, y_pred).numpy()
    functions = []
    for _, name, pairs, variants in LOSSES:
        for kwargs in variants:
            for y_true, y_pred in pairs:
                truth = arrays[y_true]
                # log-cosh and friends keep the dtype of y_pred
                output = tf.constant(arrays[y_pred].astype("float64"))
                if truth.dtype == "float32":
                    truth = truth.astype("float64")
                with tf.GradientTape() as tape:
                    tape.watch(output)
                    value = getattr(keras.losses, name)(truth, output, **kwargs)
                functions.append(
                    {
                        "name": name,
                        "kwargs": kwargs,
                        "y_true": y_true,
                        "y_pred": y_pred,
                        "value": value.numpy(),
                        "gradient": tape.gradient(value, output).numpy(),
                    }
                )
    fused = []
    for activation, name, y_true in FUSED:
        model = keras.Sequential([keras.Input((3,)), keras.layers.Activation(activation)])
        model.compile("sgd", getattr(keras.losses, name)(), jit_compile=False)
        value = model.test_on_batch(arrays["fused_logits"], arrays[y_true])
        fused.append(
            {
                "activation": activation,
                "class_name": name,
                "y_true": y_true,
                "logits": "fused_logits",
                "value": float(value),
            }
        )
    tables = {"classes": classes, "functions": functions, "fused": fused}
    write_packed(folder, "losses", {"data": arrays, **tables})
