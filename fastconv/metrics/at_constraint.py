"""One rate at the best threshold that keeps another: precision at recall and its like."""

from typing import Any

from fastconv._registry import register
from fastconv.metrics.confusion import COUNTS, THRESHOLD, ConfusionMetric, ratio
from fastconv.ops.compare import greater_equal
from fastconv.ops.elementwise import where
from fastconv.ops.reduce import max as largest
from fastconv.ops.tensor import Tensor
from fastconv.ops.variable import budget


class BestUnderConstraint(ConfusionMetric):
    """Base: the largest `_wanted` rate over thresholds at which the `_kept` one is reached."""

    _direction = "up"
    _kept = ""
    _wanted = ""

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if value < 0 or value > 1:
            raise ValueError(
                f"Argument `{self._kept}` must be in the range [0, 1]. "
                f"Received: {self._kept}={value}"
            )
        if num_thresholds <= 0:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 0. "
                f"Received: num_thresholds={num_thresholds}"
            )
        super().__init__(name=name, dtype=dtype)
        self.value = value
        setattr(self, self._kept, value)
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        n = num_thresholds
        budget.take((THRESHOLD, n), self.name)
        self.thresholds = [0.5] if n == 1 else [i / (n - 1) for i in range(n)]
        self._set_thresholds(self.thresholds, n > 1)
        self._make_counts(COUNTS)

    def _rate(self, name: str) -> Tensor:
        others = {
            "precision": (self.true_positives, self.false_positives),
            "recall": (self.true_positives, self.false_negatives),
            "sensitivity": (self.true_positives, self.false_negatives),
            "specificity": (self.true_negatives, self.false_positives),
        }
        return ratio(*others[name])

    def result(self) -> Tensor:
        reached = greater_equal(self._rate(self._kept), self.value)
        return largest(where(reached, self._rate(self._wanted), 0.0))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_id": self.class_id,
            "num_thresholds": self.num_thresholds,
            self._kept: self.value,
        }


@register("metric")
class PrecisionAtRecall(BestUnderConstraint):
    """Best precision at a recall of at least the given one.

    Source: ``keras.metrics.PrecisionAtRecall``.

    Parameters
    ----------
    recall : float in [0, 1]
    num_thresholds : int, default 200
        Thresholds that are tried, evenly spaced.
    class_id : int, optional
        Look at this column only.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.PrecisionAtRecall(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.5
    """

    _kept = "recall"
    _wanted = "precision"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)


@register("metric")
class RecallAtPrecision(BestUnderConstraint):
    """Best recall at a precision of at least the given one.

    Source: ``keras.metrics.RecallAtPrecision``.

    Parameters
    ----------
    precision : float in [0, 1]
    num_thresholds : int, default 200
        Thresholds that are tried, evenly spaced.
    class_id : int, optional
        Look at this column only.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.RecallAtPrecision(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    1.0
    """

    _kept = "precision"
    _wanted = "recall"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)


@register("metric")
class SensitivityAtSpecificity(BestUnderConstraint):
    """Best sensitivity at a specificity of at least the given one.

    Source: ``keras.metrics.SensitivityAtSpecificity``.

    Parameters
    ----------
    specificity : float in [0, 1]
    num_thresholds : int, default 200
        Thresholds that are tried, evenly spaced.
    class_id : int, optional
        Look at this column only.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.SensitivityAtSpecificity(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.5
    """

    _kept = "specificity"
    _wanted = "sensitivity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


@register("metric")
class SpecificityAtSensitivity(BestUnderConstraint):
    """Best specificity at a sensitivity of at least the given one.

    Source: ``keras.metrics.SpecificityAtSensitivity``.

    Parameters
    ----------
    sensitivity : float in [0, 1]
    num_thresholds : int, default 200
        Thresholds that are tried, evenly spaced.
    class_id : int, optional
        Look at this column only.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.SpecificityAtSensitivity(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.6667
    """

    _kept = "sensitivity"
    _wanted = "specificity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
