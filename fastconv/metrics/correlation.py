"""Correlations of targets and predictions."""

from typing import Any

from fastconv._registry import register
from fastconv.metrics.mean import MeanMetricWrapper
from fastconv.ops.elementwise import divide
from fastconv.ops.loss import targets_for
from fastconv.ops.reduce import mean, std, var
from fastconv.ops.tensor import Tensor
from fastconv.ops.unary import square

EPSILON = 1e-7


@register("metric")
def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Pearson's coefficient of correlation along `axis`."""
    t, p = targets_for(y_true, y_pred)
    t, p = (x - mean(x, axis=axis, keepdims=True) for x in (t, p))
    t, p = (divide(x, std(x, axis=axis, keepdims=True)) for x in (t, p))
    return mean(t * p, axis=axis)


@register("metric")
def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Lin's coefficient of concordance along `axis`, as Keras computes it."""
    t, p = targets_for(y_true, y_pred)
    t_mean, p_mean = (mean(x, axis=axis, keepdims=True) for x in (t, p))
    t_var = var(t - t_mean, axis=axis, keepdims=True)
    p_var = var(p - p_mean, axis=axis, keepdims=True)
    together = (t - p_mean) * (p - p_mean)
    norm = t_var + p_var + square(t_mean - p_mean)
    return mean(divide(2.0 * together, norm + EPSILON), axis=axis)


@register("metric")
class PearsonCorrelation(MeanMetricWrapper):
    """Mean of Pearson's coefficient of correlation over samples.

    Source: ``keras.metrics.PearsonCorrelation``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.
    axis : int, default -1

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.PearsonCorrelation()
    >>> round(float(metric([[0.0, 1.0, 0.5]], [[0.1, 0.9, 1.0]])), 4)
    0.8109
    """

    _direction = "up"

    def __init__(
        self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(pearson_correlation, name=name, dtype=dtype, axis=axis)
        self.axis = axis


@register("metric")
class ConcordanceCorrelation(MeanMetricWrapper):
    """Mean of the coefficient of concordance over samples.

    Source: ``keras.metrics.ConcordanceCorrelation``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.
    axis : int, default -1

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.ConcordanceCorrelation()
    >>> round(float(metric([[0.0, 1.0, 0.5]], [[0.1, 0.9, 1.0]])), 4)
    0.7477
    """

    _direction = "up"

    def __init__(
        self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(concordance_correlation, name=name, dtype=dtype, axis=axis)
        self.axis = axis
