"""Mean absolute error."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import pointwise
from fastconv.ops.tensor import Tensor


@register(
    "loss",
    aliases=(
        "mae",
        "MAE",
    ),
)
def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """``mean(abs(y_true - y_pred), axis=-1)``."""
    return pointwise("absolute", y_true, y_pred)


@register("loss")
class MeanAbsoluteError(LossFunctionWrapper):
    """Mean of the absolute differences.

    Source: ``keras.losses.MeanAbsoluteError``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.losses.MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 3.0]]))
    1.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            mean_absolute_error,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
