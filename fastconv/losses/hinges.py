"""Hinge losses: hinge, its square, and for several classes."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.elementwise import maximum, multiply, subtract
from fastconv.ops.loss import pointwise, targets_for
from fastconv.ops.reduce import max as largest
from fastconv.ops.reduce import sum as total
from fastconv.ops.tensor import Tensor


@register("loss")
def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """``mean(max(1 - y_true * y_pred, 0), axis=-1)``; targets 0 and 1 stand for -1 and 1."""
    return pointwise("hinge", y_true, y_pred, signs=True)


@register("loss")
def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """``mean(max(1 - y_true * y_pred, 0)**2, axis=-1)``; 0 and 1 stand for -1 and 1."""
    return pointwise("squared_hinge", y_true, y_pred, signs=True)


@register("loss")
def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """``max(max((1 - y_true) * y_pred) - sum(y_true * y_pred) + 1, 0)`` along the last axis."""
    t, p = targets_for(y_true, y_pred)
    right = total(multiply(t, p), axis=-1)
    wrong = largest(multiply(subtract(1.0, t), p), axis=-1)
    return maximum(subtract(wrong, right) + 1.0, 0.0)


@register("loss")
class Hinge(LossFunctionWrapper):
    """Distance by which margins of 1 are missed.

    Source: ``keras.losses.Hinge``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.losses.Hinge()([[1.0, -1.0]], [[0.5, 0.5]]))
    1.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            hinge,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )


@register("loss")
class SquaredHinge(LossFunctionWrapper):
    """Squared distance by which margins of 1 are missed.

    Source: ``keras.losses.SquaredHinge``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.losses.SquaredHinge()([[1.0, -1.0]], [[0.5, 0.5]]))
    1.25
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            squared_hinge,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )


@register("loss")
class CategoricalHinge(LossFunctionWrapper):
    """How far the right class is from leading by 1.

    Source: ``keras.losses.CategoricalHinge``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.losses.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_hinge,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
