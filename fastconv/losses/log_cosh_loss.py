"""Logarithm of the hyperbolic cosine."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import pointwise
from fastconv.ops.tensor import Tensor


@register("loss")
def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """``mean(log(cosh(y_pred - y_true)), axis=-1)``."""
    return pointwise("log_cosh", y_true, y_pred)


@register("loss")
class LogCosh(LossFunctionWrapper):
    """Mean of ``log(cosh(difference))``: squared near 0, absolute far away.

    Source: ``keras.losses.LogCosh``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.LogCosh()([[0.0]], [[1.0]])), 4)
    0.4338
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            log_cosh,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
