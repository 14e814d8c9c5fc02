"""Mean squared error."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import pointwise
from fastconv.ops.tensor import Tensor


@register(
    "loss",
    aliases=(
        "mse",
        "MSE",
    ),
)
def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """``mean((y_true - y_pred)**2, axis=-1)``."""
    return pointwise("squared", y_true, y_pred)


@register("loss")
class MeanSquaredError(LossFunctionWrapper):
    """Mean of the squared differences.

    Source: ``keras.losses.MeanSquaredError``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.losses.MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]]))
    2.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            mean_squared_error,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
