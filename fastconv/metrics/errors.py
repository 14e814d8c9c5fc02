"""Errors of regression."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.absolute_error import mean_absolute_error
from fastconv.losses.cosine import cosine_similarity as negative_cosine
from fastconv.losses.divergence import kl_divergence
from fastconv.losses.log_cosh_loss import log_cosh
from fastconv.losses.logarithmic_error import mean_squared_logarithmic_error
from fastconv.losses.percentage_error import mean_absolute_percentage_error
from fastconv.losses.poisson_loss import poisson
from fastconv.losses.squared_error import mean_squared_error
from fastconv.metrics.mean import Mean, MeanMetricWrapper
from fastconv.ops.elementwise import subtract
from fastconv.ops.loss import targets_for
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.unary import negative, sqrt, square


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Cosine of the angle between `y_true` and `y_pred`; the loss is its negative."""
    return negative(negative_cosine(y_true, y_pred, axis))


@register("metric")
class MeanSquaredError(MeanMetricWrapper):
    """Mean of the squared differences.

    Source: ``keras.metrics.MeanSquaredError``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]]))
    2.5
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            mean_squared_error,
            name=name,
            dtype=dtype,
        )


@register("metric")
class MeanAbsoluteError(MeanMetricWrapper):
    """Mean of the absolute differences.

    Source: ``keras.metrics.MeanAbsoluteError``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 3.0]]))
    1.5
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            mean_absolute_error,
            name=name,
            dtype=dtype,
        )


@register("metric")
class MeanAbsolutePercentageError(MeanMetricWrapper):
    """Mean of the absolute differences in percent of the targets.

    Source: ``keras.metrics.MeanAbsolutePercentageError``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.MeanAbsolutePercentageError()([[1.0, 2.0]], [[2.0, 3.0]]))
    75.0
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            mean_absolute_percentage_error,
            name=name,
            dtype=dtype,
        )


@register("metric")
class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """Mean of the squared differences of ``log(y + 1)``.

    Source: ``keras.metrics.MeanSquaredLogarithmicError``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.metrics.MeanSquaredLogarithmicError()([[0.0]], [[1.0]])), 4)
    0.4805
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            mean_squared_logarithmic_error,
            name=name,
            dtype=dtype,
        )


@register("metric")
class LogCoshError(MeanMetricWrapper):
    """Mean of ``log(cosh(difference))``.

    Source: ``keras.metrics.LogCoshError``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.metrics.LogCoshError()([[0.0]], [[1.0]])), 4)
    0.4338
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "logcosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            log_cosh,
            name=name,
            dtype=dtype,
        )


@register("metric")
class Poisson(MeanMetricWrapper):
    """Mean of ``y_pred - y_true * log(y_pred)``.

    Source: ``keras.metrics.Poisson``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.metrics.Poisson()([[1.0]], [[2.0]])), 4)
    1.3069
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "poisson",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            poisson,
            name=name,
            dtype=dtype,
        )


@register("metric")
class KLDivergence(MeanMetricWrapper):
    """What predictions miss of the target distributions.

    Source: ``keras.metrics.KLDivergence``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.metrics.KLDivergence()([[0.5, 0.5]], [[0.9, 0.1]])), 4)
    0.5108
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            kl_divergence,
            name=name,
            dtype=dtype,
        )


@register("metric")
class CosineSimilarity(MeanMetricWrapper):
    """Mean cosine of the angle between targets and predictions.

    Source: ``keras.metrics.CosineSimilarity``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.
    axis : int, default -1

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.metrics.CosineSimilarity()([[0.0, 1.0]], [[1.0, 1.0]])), 4)
    0.7071
    """

    _direction = "up"

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: Any = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            cosine_similarity,
            name=name,
            dtype=dtype,
            axis=axis,
        )
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        # Keras forgets axis; a file without it means the default.
        config = super().get_config()
        return {k: v for k, v in config.items() if k != "axis" or v != -1}


@register("metric")
class RootMeanSquaredError(Mean):
    """Root of the mean of the squared differences.

    Source: ``keras.metrics.RootMeanSquaredError``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.RootMeanSquaredError()([0.0, 0.0], [3.0, 3.0]))
    3.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Take in the squared differences of a batch."""
        t, p = targets_for(y_true, convert(y_pred, self.dtype))
        super().update_state(square(subtract(p, t)), sample_weight=sample_weight)

    def result(self) -> Tensor:
        return sqrt(super().result())
