"""Metrics: state that collects values batch by batch.

Belongs here: one family of metrics a file. Does not: the arithmetic (src_cython/kernels/metric.pyx;
losses as metrics use `fastconv.losses`), a model's metrics by output (`models.compile_utils`).
Adding one: a subclass of `Metric` with ``@register("metric")``, its name below.
"""

from typing import Any

from fastconv._registry import (
    ConfigError,
    deserialize_keras_object,
    get_registered_object,
    lookup,
    serialize_keras_object,
)
from fastconv.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from fastconv.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
)
from fastconv.metrics.at_constraint import (
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from fastconv.metrics.auc import AUC
from fastconv.metrics.correlation import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    concordance_correlation,
    pearson_correlation,
)
from fastconv.metrics.counts import FalseNegatives, FalsePositives, TrueNegatives, TruePositives
from fastconv.metrics.crossentropies import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from fastconv.metrics.errors import (
    CosineSimilarity,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
)
from fastconv.metrics.fbeta import F1Score, FBetaScore
from fastconv.metrics.hinges import CategoricalHinge, Hinge, SquaredHinge
from fastconv.metrics.iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from fastconv.metrics.mean import Mean, MeanMetricWrapper, Sum
from fastconv.metrics.metric import Metric
from fastconv.metrics.precision import Precision, Recall
from fastconv.metrics.r2 import R2Score
from fastconv.metrics.top_k import (
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from fastconv.ops.variable import snake_case

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]

# What `get` finds by name: classes by their own and their snake-case names, and short names.
_BY_NAME: dict[str, Any] = {}
for _name in __all__:
    if isinstance(lookup("metric", _name), type):
        _BY_NAME[_name] = _BY_NAME[snake_case(_name)] = lookup("metric", _name)
for _short, _name in {
    "bce": "BinaryCrossentropy",
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
}.items():
    _BY_NAME[_short] = _BY_NAME[_short.upper()] = lookup("metric", _name)


def serialize(metric: Any) -> Any:
    """Config of a metric object or function."""
    return serialize_keras_object(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Metric from a config, or from the name of a class or function."""
    if isinstance(config, str):
        found = get_registered_object(config, custom_objects)
        return _BY_NAME.get(config) if found is None else found
    if isinstance(config, dict) and "class_name" not in config:
        raise ConfigError(f"Unknown `config` as a `dict`, config={config}")
    return deserialize_keras_object(config, custom_objects, kind="metric")


def get(identifier: Any) -> Any:
    """Metric from a name, a config, a class, a function or itself.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.metrics.get("mse")
    <MeanSquaredError name=mean_squared_error>
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, str):
        found = deserialize(identifier)
    elif isinstance(identifier, dict):
        try:
            found = deserialize(identifier)
        except ConfigError as error:
            raise ValueError(
                f"Could not interpret metric identifier: {identifier} ({error})"
            ) from error
    if isinstance(found, type):
        found = found()
    if callable(found):
        return found
    raise ValueError(f"Could not interpret metric identifier: {identifier}")
