"""Accuracies: the share of hits."""

from typing import Any

from fastconv._registry import register
from fastconv.metrics.mean import MeanMetricWrapper
from fastconv.ops.compare import equal
from fastconv.ops.elementwise import cast
from fastconv.ops.loss import targets_for
from fastconv.ops.metric import binary_hits, categorical_hits, sparse_hits
from fastconv.ops.tensor import Tensor


def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1.0 where `y_pred` equals `y_true`, element by element, 0.0 elsewhere."""
    t, p = targets_for(y_true, y_pred)
    return cast(equal(t, p), "float32")


@register("metric")
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """1.0 where ``y_pred > threshold`` equals `y_true`, 0.0 elsewhere."""
    return binary_hits(y_true, y_pred, threshold)


@register("metric")
def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1.0 for rows whose largest prediction is at the largest target, 0.0 for the others."""
    return categorical_hits(y_true, y_pred)


@register("metric")
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1.0 for rows whose largest prediction is at the label, 0.0 for the others."""
    return sparse_hits(y_true, y_pred)


@register("metric")
class Accuracy(MeanMetricWrapper):
    """How often predictions equal targets.

    Source: ``keras.metrics.Accuracy``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    _direction = "up"

    def __init__(
        self,
        name: str | None = "accuracy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            accuracy,
            name=name,
            dtype=dtype,
        )


@register("metric")
class BinaryAccuracy(MeanMetricWrapper):
    """How often predictions are on the right side of a threshold.

    Source: ``keras.metrics.BinaryAccuracy``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.
    threshold : float, default 0.5
        Predictions above it count as 1.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.BinaryAccuracy()([1, 1, 0, 0], [0.98, 1, 0, 0.6]))
    0.75
    """

    _direction = "up"

    def __init__(
        self,
        name: str | None = "binary_accuracy",
        dtype: Any = None,
        threshold: float = 0.5,
    ) -> None:
        super().__init__(
            binary_accuracy,
            name=name,
            dtype=dtype,
            threshold=threshold,
        )
        self.threshold = threshold


@register("metric")
class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is at the largest (one-hot) target.

    Source: ``keras.metrics.CategoricalAccuracy``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.CategoricalAccuracy()
    >>> float(metric([[0, 1], [1, 0]], [[0.1, 0.9], [0.4, 0.6]]))
    0.5
    """

    _direction = "up"

    def __init__(
        self,
        name: str | None = "categorical_accuracy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_accuracy,
            name=name,
            dtype=dtype,
        )


@register("metric")
class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is at the label.

    Source: ``keras.metrics.SparseCategoricalAccuracy``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.SparseCategoricalAccuracy()([1, 0], [[0.1, 0.9], [0.4, 0.6]]))
    0.5
    """

    _direction = "up"

    def __init__(
        self,
        name: str | None = "sparse_categorical_accuracy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            sparse_categorical_accuracy,
            name=name,
            dtype=dtype,
        )
