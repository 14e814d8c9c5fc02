"""Hinge losses as metrics."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.hinges import categorical_hinge, hinge, squared_hinge
from fastconv.metrics.mean import MeanMetricWrapper


@register("metric")
class Hinge(MeanMetricWrapper):
    """Mean distance by which margins of 1 are missed.

    Source: ``keras.metrics.Hinge``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.Hinge()([[1.0, -1.0]], [[0.5, 0.5]]))
    1.0
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            hinge,
            name=name,
            dtype=dtype,
        )


@register("metric")
class SquaredHinge(MeanMetricWrapper):
    """Mean squared distance by which margins of 1 are missed.

    Source: ``keras.metrics.SquaredHinge``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.SquaredHinge()([[1.0, -1.0]], [[0.5, 0.5]]))
    1.25
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            squared_hinge,
            name=name,
            dtype=dtype,
        )


@register("metric")
class CategoricalHinge(MeanMetricWrapper):
    """How far, on average, the right class is from leading by 1.

    Source: ``keras.metrics.CategoricalHinge``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.5
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_hinge,
            name=name,
            dtype=dtype,
        )
