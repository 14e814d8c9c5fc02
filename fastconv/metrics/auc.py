"""`AUC`: area under the ROC or the precision-recall curve."""

from typing import Any

import numpy as np

from fastconv._registry import deserialize_keras_object, register
from fastconv.metrics.confusion import (
    COUNTS,
    EPSILON,
    THRESHOLD,
    ConfusionMetric,
    are_even,
    ratio,
)
from fastconv.ops.compare import equal, greater, logical_and
from fastconv.ops.elementwise import divide_no_nan, maximum, minimum, where
from fastconv.ops.reduce import mean
from fastconv.ops.reduce import sum as total
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.unary import log
from fastconv.ops.variable import budget

CURVES = ("ROC", "PR", "PRGAIN")
METHODS = ("interpolation", "majoring", "minoring")


@register("metric")
class AUC(ConfusionMetric):
    """Area under a curve, by a sum over thresholds.

    Source: ``keras.metrics.AUC``.

    Parameters
    ----------
    num_thresholds : int, default 200
        Evenly spaced over [0, 1].
    curve : {"ROC", "PR", "PRGAIN"}
    summation_method : {"interpolation", "majoring", "minoring"}
        Height of a strip: mean of its ends (for PR: of the interpolated curve), larger, smaller.
    name, dtype
        As in `Metric`.
    thresholds : sequence of float in [0, 1], optional
        Instead of `num_thresholds`.
    multi_label : bool, default False
        One curve a column, and the mean of their areas.
    num_labels : int, optional
        Number of columns, if it is known beforehand.
    label_weights : sequence of float, optional
        Weight of each column.
    from_logits : bool, default False

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.AUC(num_thresholds=3)
    >>> float(metric([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.75

    References
    ----------
    J. Davis, M. Goadrich, "The Relationship Between Precision-Recall and ROC Curves", 2006.
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if str(curve).upper() not in CURVES:
            raise ValueError(
                f'Invalid AUC curve value: "{curve}". Expected values are ["PR", "ROC", "PRGAIN"]'
            )
        if str(summation_method).lower() not in METHODS:
            raise ValueError(
                f'Invalid AUC summation method value: "{summation_method}". Expected values are '
                '["interpolation", "majoring", "minoring"]'
            )
        self.curve = str(curve).upper()
        self.summation_method = str(summation_method).lower()
        self._given = thresholds is not None
        if thresholds is not None:
            inner = sorted(thresholds)
            even = are_even([0.0, *inner, 1.0])
        else:
            if num_thresholds <= 1:
                raise ValueError(
                    "Argument `num_thresholds` must be an integer > 1. "
                    f"Received: num_thresholds={num_thresholds}"
                )
            budget.take((THRESHOLD, num_thresholds), self.name)
            inner = [i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)]
            even = True
        # Ends beyond [0, 1], so that rounding loses no prediction.
        self._thresholds = [0.0 - EPSILON, *inner, 1.0 + EPSILON]
        self.num_thresholds = len(self._thresholds)
        self._set_thresholds(self._thresholds, even)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self._label_weights = None if label_weights is None else np.asarray(label_weights)
        self.label_weights = (
            None if label_weights is None else convert(self._label_weights, self.dtype)
        )
        self._from_logits = from_logits
        self._num_labels = 1
        self._built = False
        if not multi_label:
            if num_labels:
                raise ValueError("`num_labels` is needed only when `multi_label` is True.")
            self._build((None,))
        elif num_labels:
            self._build((None, num_labels))

    @property
    def thresholds(self) -> list[float]:
        """All thresholds, the two ends included."""
        return list(self._thresholds)

    def _build(self, shape: tuple[int | None, ...]) -> None:
        counts: tuple[int, ...] = (self.num_thresholds,)
        if self.multi_label:
            if len(shape) != 2:
                raise ValueError(
                    "`y_pred` must have rank 2 when `multi_label=True`. Found rank "
                    f"{len(shape)}. Full shape received for `y_pred`: {shape}"
                )
            self._num_labels = int(shape[1])  # type: ignore[arg-type]
            counts = (self.num_thresholds, self._num_labels)
        # Keras's order, which files and `variables` keep.
        self._make_counts(
            ("true_positives", "false_positives", "true_negatives", COUNTS[3]), counts
        )
        self._built = True

    def _columns(self) -> int:
        return self._num_labels

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch at all thresholds."""
        y_pred = convert(y_pred)
        if not self._built:
            self._build(y_pred.shape)
        if self._from_logits:
            from fastconv.ops import sigmoid

            y_pred = sigmoid(y_pred)
        self._count(y_true, y_pred, sample_weight, None if self.multi_label else self.label_weights)

    def _axes(self) -> tuple[Tensor, Tensor]:
        """x and y of the curve at each threshold."""
        tp, fp = self.true_positives, self.false_positives
        tn, fn = self.true_negatives, self.false_negatives
        recall = ratio(tp, fn)
        if self.curve == "ROC":
            return ratio(fp, tn), recall
        if self.curve == "PR":
            return recall, ratio(tp, fp)
        scale = divide_no_nan(tp + fn, tn + fp)
        none = equal(tp, 0.0)
        recall_gain = where(none, 0.0, 1.0 - scale * divide_no_nan(fn, tp))
        precision_gain = where(none, 1.0, 1.0 - scale * divide_no_nan(fp, tp))
        return maximum(recall_gain, 0.0), precision_gain

    def _interpolated_pr(self) -> Tensor:
        """Strips of the precision-recall curve: tp/(tp + fp) with tp linear in tp + fp."""
        tp, fn = self.true_positives, self.false_negatives
        p = tp + self.false_positives
        dtp = tp[:-1] - tp[1:]
        dp = p[:-1] - p[1:]
        slope = divide_no_nan(dtp, maximum(dp, 0.0))
        intercept = tp[1:] - slope * p[1:]
        both = logical_and(greater(p[:-1], 0.0), greater(p[1:], 0.0))
        quotient = where(both, divide_no_nan(p[:-1], maximum(p[1:], 0.0)), 1.0)
        return divide_no_nan(
            slope * (dtp + intercept * log(quotient)), maximum(tp[1:] + fn[1:], 0.0)
        )

    def result(self) -> Tensor:
        if not self._built:
            raise ValueError("AUC: with multi_label=True and no num_labels, update it first")
        if self.curve == "PR" and self.summation_method == "interpolation":
            strips = self._interpolated_pr()
        else:
            x, y = self._axes()
            if self.summation_method == "interpolation":
                heights = (y[:-1] + y[1:]) / 2.0
            elif self.summation_method == "minoring":
                heights = minimum(y[:-1], y[1:])
            else:
                heights = maximum(y[:-1], y[1:])
            strips = (x[:-1] - x[1:]) * heights
        if not self.multi_label:
            return total(strips)
        areas = total(strips, axis=0)
        if self.label_weights is None:
            return mean(areas)
        return divide_no_nan(total(areas * self.label_weights), total(self.label_weights))

    def get_config(self) -> dict[str, Any]:
        weights = self._label_weights
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if weights is None else weights.tolist(),
            "from_logits": self._from_logits,
        }
        if self._given:
            config["thresholds"] = self.thresholds[1:-1]
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "AUC":
        # Keras keeps the weights of labels as a tensor.
        weights = deserialize_keras_object(config.get("label_weights"))
        return cls(**{**config, "label_weights": weights})
