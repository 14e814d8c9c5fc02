"""Mean squared logarithmic error."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import pointwise
from fastconv.ops.tensor import Tensor


@register(
    "loss",
    aliases=(
        "msle",
        "MSLE",
    ),
)
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """``mean((log(y_true + 1) - log(y_pred + 1))**2, axis=-1)``, both at least 1e-7."""
    return pointwise("squared_log", y_true, y_pred)


@register("loss")
class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """Mean of the squared differences of ``log(y + 1)``.

    Source: ``keras.losses.MeanSquaredLogarithmicError``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.MeanSquaredLogarithmicError()([[0.0]], [[1.0]])), 4)
    0.4805
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            mean_squared_logarithmic_error,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
