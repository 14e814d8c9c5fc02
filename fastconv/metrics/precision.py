"""Precision and recall."""

from typing import Any

from fastconv._registry import register
from fastconv.metrics.confusion import (
    NEVER,
    ConfusionMetric,
    are_even,
    checked_thresholds,
    ratio,
)
from fastconv.ops.tensor import Tensor


class _Share(ConfusionMetric):
    """Base of precision and recall: true positives among them and `_others`."""

    _direction = "up"
    _others = ""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = checked_thresholds(thresholds, 0.5 if top_k is None else NEVER)
        self._set_thresholds(self.thresholds, are_even(self.thresholds))
        self._make_counts(("true_positives", self._others))

    def result(self) -> Tensor:
        share = ratio(self.true_positives, getattr(self, self._others))
        return share[0] if len(self.thresholds) == 1 else share

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


@register("metric")
class Precision(_Share):
    """Share of true ones among the positive predictions.

    Source: ``keras.metrics.Precision``.

    Parameters
    ----------
    thresholds : float or sequence of float in [0, 1], default 0.5
        Predictions above count as positive; with several, one result for each.
    top_k : int, optional
        Only the k largest predictions of a row may be positive, whatever their value.
    class_id : int, optional
        Look at this column only.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.Precision()([0, 1, 1, 0], [0.2, 0.7, 0.4, 0.9]))
    0.5
    """

    _others = "false_positives"


@register("metric")
class Recall(_Share):
    """Share of the positives that are predicted as such.

    Source: ``keras.metrics.Recall``.

    Parameters
    ----------
    thresholds : float or sequence of float in [0, 1], default 0.5
        Predictions above count as positive; with several, one result for each.
    top_k : int, optional
        Only the k largest predictions of a row may be positive, whatever their value.
    class_id : int, optional
        Look at this column only.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.Recall()([0, 1, 1, 0], [0.2, 0.7, 0.4, 0.9]))
    0.5
    """

    _others = "false_negatives"
