"""Overlap of two areas: Dice and Tversky losses."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.elementwise import divide, multiply, subtract
from fastconv.ops.loss import targets_for
from fastconv.ops.reduce import sum as total
from fastconv.ops.tensor import Tensor

EPSILON = 1e-7


@register("loss")
def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Tensor:
    """``1 - 2 sum(y_true * y_pred) / (sum(y_true) + sum(y_pred))`` over `axis` (default all)."""
    t, p = targets_for(y_true, y_pred)
    both = total(multiply(t, p), axis=axis)
    areas = total(t, axis=axis) + total(p, axis=axis) + EPSILON
    return subtract(1.0, divide(multiply(both, 2.0), areas))


@register("loss")
def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None
) -> Tensor:
    """``1 - both / (both + alpha * missed + beta * wrong)`` over `axis` (default all)."""
    t, p = targets_for(y_true, y_pred)
    both = total(multiply(t, p), axis=axis)
    missed = total(multiply(subtract(1.0, p), t), axis=axis)
    wrong = total(multiply(p, subtract(1.0, t)), axis=axis)
    return subtract(1.0, divide(both, both + missed * alpha + wrong * beta + EPSILON))


@register("loss")
class Dice(LossFunctionWrapper):
    """One minus the Dice coefficient of two areas.

    Source: ``keras.losses.Dice``.

    Parameters
    ----------
    axis : int or sequence of int, optional
        Axes that are summed over; default all.
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.Dice()([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            dice,
            reduction=reduction,
            name=name,
            dtype=dtype,
            axis=axis,
        )


@register("loss")
class Tversky(LossFunctionWrapper):
    """One minus the Tversky index: Dice with weights for missed and wrong area.

    Source: ``keras.losses.Tversky``.

    Parameters
    ----------
    alpha : float, default 0.5
    beta : float, default 0.5
    axis : int or sequence of int, optional
        Axes that are summed over; default all.
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.Tversky()([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            tversky,
            reduction=reduction,
            name=name,
            dtype=dtype,
            alpha=alpha,
            beta=beta,
            axis=axis,
        )
