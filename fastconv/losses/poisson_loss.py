"""Poisson loss."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import pointwise
from fastconv.ops.tensor import Tensor


@register("loss")
def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """``mean(y_pred - y_true * log(y_pred + 1e-7), axis=-1)``."""
    return pointwise("poisson", y_true, y_pred)


@register("loss")
class Poisson(LossFunctionWrapper):
    """Negative log-likelihood of counts, but for a term of the targets.

    Source: ``keras.losses.Poisson``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.Poisson()([[1.0]], [[2.0]])), 4)
    1.3069
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            poisson,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
