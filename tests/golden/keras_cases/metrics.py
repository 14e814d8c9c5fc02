"""Results of every metric over two updates.

``metrics.json``: ``data`` (named arrays, those of :mod:`keras_cases.losses` and a few more),
``classes`` and ``functions``.

* ``classes``: ``class_name``, ``kwargs``, names of ``y_true``, ``y_pred``, ``sample_weight`` (or
  null) in ``data``; the metric is updated with the first half of the rows, then with the rest:
  ``result`` after each, ``empty`` before any, ``variables`` (path's last part, shape) and
  ``state`` at the end, default ``name``. Mean and Sum have ``y_pred`` null: ``y_true`` is values.
* ``functions``: ``name``, ``kwargs``, ``value`` of ``metrics.NAME(y_true, y_pred)``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from keras_cases import losses
from keras_cases.common import integers, uniform, write_packed


def data() -> dict[str, np.ndarray]:
    """The named arrays that all cases draw from."""
    scores = uniform((10, 3), 21, 0, 1)
    scores[3, 0] = scores[4, 0] = 0.5  # on the default threshold
    tied = np.array([[0.4, 0.4, 0.2], [0.3, 0.3, 0.3], [0.1, 0.45, 0.45], [0.2, 0.4, 0.4]])
    return {
        **losses.data(),
        "many_binary": integers((10, 3), 22, 2).astype("float32"),
        "many_binary_1": integers((10, 1), 23, 2).astype("float32"),
        "many_scores": scores,
        "many_scores_1": scores[:, :1].copy(),
        "many_logits_1": uniform((10, 1), 24, -3, 3),
        "many_labels": integers((10,), 25, 3),
        "many_labels_1": integers((10, 1), 25, 3),
        "many_one_hot": np.eye(3, dtype="float32")[integers((10,), 25, 3)],
        "many_predicted": integers((10,), 26, 3),
        "many_w": uniform((10,), 27, 0, 2),
        "many_w_int": integers((10,), 30, 4),
        "tied": tied.astype("float32"),
        "tied_labels": np.array([0, 2, 1, 2]),
        "tied_one_hot": np.eye(3, dtype="float32")[[0, 2, 1, 2]],
        "integers_true": integers((6, 4), 28, 3).astype("float32"),
        "integers_pred": integers((6, 4), 29, 3).astype("float32"),
    }


BINARY = [("many_binary_1", "many_scores_1"), ("many_binary", "many_scores")]
LABELS = [("many_labels", "many_scores"), ("many_labels_1", "many_scores")]
ONE_HOT = [("many_one_hot", "many_scores")]
COUNTS = [{}, {"thresholds": 0.3}, {"thresholds": [0.2, 0.5, 0.8]}]
AT = [{"num_thresholds": 11}, {}]
AVERAGES: list[dict[str, Any]] = [{"average": a} for a in (None, "macro", "micro", "weighted")]

METRICS: list[tuple[str, list[tuple[str, str | None]], list[dict[str, Any]]]] = [
    ("Mean", [("target", None), ("target_flat", None)], [{}]),
    ("Sum", [("target", None), ("target_flat", None)], [{}]),
    ("Accuracy", [("integers_true", "integers_pred")], [{}]),
    ("BinaryAccuracy", BINARY, [{}, {"threshold": 0.3}]),
    ("CategoricalAccuracy", [*ONE_HOT, ("tied_one_hot", "tied")], [{}]),
    ("SparseCategoricalAccuracy", [*LABELS, ("tied_labels", "tied")], [{}]),
    ("SparseCategoricalAccuracy", [("labels_2d", "softmaxed_3d")], [{}]),
    ("TopKCategoricalAccuracy", [*ONE_HOT, ("tied_one_hot", "tied")], [{"k": 1}, {"k": 2}, {}]),
    ("SparseTopKCategoricalAccuracy", [*LABELS, ("tied_labels", "tied")], [{"k": 2}, {"k": 1}]),
    (
        "SparseTopKCategoricalAccuracy",
        [("many_labels", "many_scores")],
        [{"k": 2, "from_sorted_ids": False}],
    ),
    ("BinaryCrossentropy", [("binary", "probability")], [{}, {"label_smoothing": 0.1}]),
    ("BinaryCrossentropy", [("binary", "logits")], [{"from_logits": True}]),
    ("CategoricalCrossentropy", [("one_hot", "softmaxed")], [{}, {"label_smoothing": 0.1}]),
    ("CategoricalCrossentropy", [("one_hot", "logits")], [{"from_logits": True}]),
    ("SparseCategoricalCrossentropy", [("labels", "softmaxed")], [{}]),
    ("SparseCategoricalCrossentropy", [("labels", "logits")], [{"from_logits": True}]),
    *(
        (name, [("target", "output"), ("target_flat", "output_1")], [{}])
        for name in (
            "MeanSquaredError",
            "RootMeanSquaredError",
            "MeanAbsoluteError",
            "MeanAbsolutePercentageError",
            "LogCoshError",
        )
    ),
    ("MeanSquaredLogarithmicError", [("target_positive", "output_positive")], [{}]),
    ("Poisson", [("target_positive", "output_positive")], [{}]),
    ("KLDivergence", [("soft", "softmaxed")], [{}]),
    ("CosineSimilarity", [("target", "output")], [{}, {"axis": 1}]),
    ("Hinge", [("signs", "output"), ("binary", "output")], [{}]),
    ("SquaredHinge", [("signs", "output")], [{}]),
    ("CategoricalHinge", [("one_hot", "output")], [{}]),
    (
        "R2Score",
        [("target", "output")],
        [
            {},
            {"class_aggregation": None},
            {"class_aggregation": "variance_weighted_average"},
            {"num_regressors": 2},
        ],
    ),
    ("TruePositives", BINARY, COUNTS),
    ("TrueNegatives", BINARY, COUNTS),
    ("FalsePositives", BINARY, COUNTS),
    ("FalseNegatives", BINARY, COUNTS),
    ("Precision", BINARY, [*COUNTS, {"top_k": 1}]),
    ("Recall", BINARY, [*COUNTS, {"top_k": 1}]),
    ("Precision", [("many_binary", "many_scores")], [{"class_id": 1}, {"class_id": 1, "top_k": 2}]),
    ("Recall", [("many_binary", "many_scores")], [{"class_id": 1}, {"class_id": 1, "top_k": 2}]),
    (
        "AUC",
        BINARY,
        [
            {},
            {"num_thresholds": 5},
            {"curve": "PR"},
            {"curve": "PR", "summation_method": "majoring"},
            {"summation_method": "minoring"},
            {"summation_method": "majoring"},
            {"thresholds": [0.2, 0.5, 0.7]},
        ],
    ),
    ("AUC", [("many_binary_1", "many_logits_1")], [{"from_logits": True}]),
    (
        "AUC",
        [("many_binary", "many_scores")],
        [
            {"multi_label": True},
            {"multi_label": True, "curve": "PR"},
            {"multi_label": True, "num_labels": 3, "label_weights": [0.5, 1.0, 2.0]},
        ],
    ),
    ("PrecisionAtRecall", BINARY, [{"recall": 0.5, **k} for k in AT]),
    ("RecallAtPrecision", BINARY, [{"precision": 0.6, **k} for k in AT]),
    ("SensitivityAtSpecificity", BINARY, [{"specificity": 0.5, **k} for k in AT]),
    ("SpecificityAtSensitivity", BINARY, [{"sensitivity": 0.5, **k} for k in AT]),
    ("F1Score", [("many_one_hot", "many_scores")], [*AVERAGES, {"threshold": 0.5}]),
    ("FBetaScore", [("many_binary", "many_scores")], [{"beta": 2.0, "threshold": 0.4}]),
    ("FBetaScore", [("many_one_hot", "many_scores")], [{"beta": 0.5, **a} for a in AVERAGES]),
    (
        "IoU",
        [("many_labels", "many_predicted")],
        [
            {"num_classes": 3, "target_class_ids": [0]},
            {"num_classes": 3, "target_class_ids": [0, 2]},
            {"num_classes": 3, "target_class_ids": [0, 1], "ignore_class": 2},
        ],
    ),
    ("IoU", LABELS[:1], [{"num_classes": 3, "target_class_ids": [0, 1], "sparse_y_pred": False}]),
    ("BinaryIoU", [("many_binary_1", "many_scores_1")], [{}, {"target_class_ids": [1]}]),
    ("BinaryIoU", [("many_binary_1", "many_scores_1")], [{"threshold": 0.3}]),
    ("MeanIoU", [("many_labels", "many_predicted")], [{"num_classes": 3}]),
    ("OneHotIoU", ONE_HOT, [{"num_classes": 3, "target_class_ids": [0, 2]}]),
    ("OneHotMeanIoU", ONE_HOT, [{"num_classes": 3}]),
]
FUNCTIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("binary_accuracy", "many_binary", "many_scores", {}),
    ("binary_accuracy", "many_binary", "many_scores", {"threshold": 0.3}),
    ("categorical_accuracy", "many_one_hot", "many_scores", {}),
    ("categorical_accuracy", "tied_one_hot", "tied", {}),
    ("sparse_categorical_accuracy", "many_labels", "many_scores", {}),
    ("sparse_categorical_accuracy", "many_labels_1", "many_scores", {}),
    ("sparse_categorical_accuracy", "tied_labels", "tied", {}),
    ("top_k_categorical_accuracy", "many_one_hot", "many_scores", {"k": 2}),
    ("sparse_top_k_categorical_accuracy", "many_labels", "many_scores", {"k": 2}),
]


def _number(value: Any) -> Any:
    value = np.asarray(value)
    return value if value.ndim else float(value)


def _weight(name: str, y_true: str) -> str:
    if "IoU" in name:  # counts in integers: Keras truncates float weights, with a warning
        return "many_w_int"
    if y_true.startswith("many"):
        return "many_w"
    return "w_2d" if y_true.endswith("2d") else "w"


def _run(row: dict[str, Any], arrays: dict[str, np.ndarray], keras: Any) -> None:
    keras.utils.clear_session()  # default names start anew
    metric = getattr(keras.metrics, row["class_name"])(**row["kwargs"])
    row["name"] = metric.name
    # these learn the number of outputs, and make their variables, at the first update
    late = ("R2Score", "F1Score", "FBetaScore")
    if row["class_name"] not in late and "multi_label" not in row["kwargs"]:
        row["empty"] = _number(metric.result())
    y_true = arrays[row["y_true"]]
    half = len(y_true) // 2
    row["result"] = []
    for rows in (slice(None, half), slice(half, None)):
        args = [arrays[row[k]][rows] for k in ("y_true", "y_pred") if row[k]]
        weight = arrays[row["sample_weight"]][rows] if row["sample_weight"] else None
        metric.update_state(*args, sample_weight=weight)
        row["result"].append(_number(metric.result()))
    row["variables"] = [[v.path.rsplit("/", 1)[-1], list(v.shape)] for v in metric.variables]
    row["state"] = [np.array(v) for v in metric.variables]
    if row["class_name"] == "AUC" and "num_thresholds" not in row["kwargs"]:
        row["state"] = []  # 200 thresholds each: too long to keep


def write(folder: Path) -> None:
    """Write ``metrics.json`` and ``metrics.npz``."""
    import keras

    arrays = data()
    classes = []
    for name, pairs, variants in METRICS:
        for kwargs in variants:
            for y_true, y_pred in pairs:
                weights = [None] if y_true.startswith("tied") else [None, _weight(name, y_true)]
                for w in weights:
                    row = {"class_name": name, "kwargs": kwargs}
                    row.update(y_true=y_true, y_pred=y_pred, sample_weight=w)
                    _run(row, arrays, keras)
                    classes.append(row)
    functions = [
        {
            "name": name,
            "kwargs": kwargs,
            "y_true": y_true,
            "y_pred": y_pred,
            "value": np.asarray(
                getattr(keras.metrics, name)(arrays[y_true], arrays[y_pred], **kwargs)
            ),
        }
        for name, y_true, y_pred, kwargs in FUNCTIONS
    ]
    tables = {"classes": classes, "functions": functions}
    write_packed(folder, "metrics", {"data": arrays, **tables})
