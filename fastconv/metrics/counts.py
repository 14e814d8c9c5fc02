"""Numbers of true and false positives and negatives."""

from typing import Any

from fastconv._registry import register
from fastconv.metrics.confusion import ConfusionMetric, are_even, checked_thresholds
from fastconv.ops.tensor import Tensor


class ConditionCount(ConfusionMetric):
    """Base of the four counts.

    Parameters
    ----------
    count : str
        Which one.
    thresholds, name, dtype
        As in `TruePositives`.
    """

    def __init__(self, count: str, thresholds: Any, name: str | None, dtype: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = checked_thresholds(thresholds)
        self._set_thresholds(self.thresholds, are_even(self.thresholds))
        self._which = count
        # Keras calls the variable so, whichever it counts.
        variable = self.add_variable((len(self.thresholds),), dtype=self.dtype, name="accumulator")
        self.accumulator = variable
        setattr(self, count, variable)

    def result(self) -> Tensor:
        return self.accumulator[0] if len(self.thresholds) == 1 else self.accumulator

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


@register("metric")
class TruePositives(ConditionCount):
    """Number of positives predicted as positive.

    Source: ``keras.metrics.TruePositives``.

    Parameters
    ----------
    thresholds : float or sequence of float in [0, 1], default 0.5
        Predictions above count as positive; with several, one result for each.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.TruePositives()([0, 1, 1, 0], [0.2, 0.7, 0.4, 0.9]))
    1.0
    """

    _direction = "up"

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__("true_positives", thresholds, name, dtype)


@register("metric")
class TrueNegatives(ConditionCount):
    """Number of negatives predicted as negative.

    Source: ``keras.metrics.TrueNegatives``.

    Parameters
    ----------
    thresholds : float or sequence of float in [0, 1], default 0.5
        Predictions above count as positive; with several, one result for each.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.TrueNegatives()([0, 1, 1, 0], [0.2, 0.7, 0.4, 0.9]))
    1.0
    """

    _direction = "up"

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__("true_negatives", thresholds, name, dtype)


@register("metric")
class FalsePositives(ConditionCount):
    """Number of negatives predicted as positive.

    Source: ``keras.metrics.FalsePositives``.

    Parameters
    ----------
    thresholds : float or sequence of float in [0, 1], default 0.5
        Predictions above count as positive; with several, one result for each.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.FalsePositives()([0, 1, 1, 0], [0.2, 0.7, 0.4, 0.9]))
    1.0
    """

    _direction = "down"

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__("false_positives", thresholds, name, dtype)


@register("metric")
class FalseNegatives(ConditionCount):
    """Number of positives predicted as negative.

    Source: ``keras.metrics.FalseNegatives``.

    Parameters
    ----------
    thresholds : float or sequence of float in [0, 1], default 0.5
        Predictions above count as positive; with several, one result for each.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.FalseNegatives()([0, 1, 1, 0], [0.2, 0.7, 0.4, 0.9]))
    1.0
    """

    _direction = "down"

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__("false_negatives", thresholds, name, dtype)
