"""Mean absolute percentage error."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.elementwise import multiply
from fastconv.ops.loss import pointwise
from fastconv.ops.tensor import Tensor


@register(
    "loss",
    aliases=(
        "mape",
        "MAPE",
    ),
)
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """``100 * mean(abs((y_true - y_pred) / max(abs(y_true), 1e-7)), axis=-1)``."""
    return multiply(pointwise("percent", y_true, y_pred), 100.0)


@register("loss")
class MeanAbsolutePercentageError(LossFunctionWrapper):
    """Mean of the absolute differences in percent of the targets.

    Source: ``keras.losses.MeanAbsolutePercentageError``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.MeanAbsolutePercentageError()([[1.0, 2.0]], [[2.0, 3.0]])), 3)
    75.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            mean_absolute_percentage_error,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
