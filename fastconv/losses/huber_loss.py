"""Huber loss."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import pointwise
from fastconv.ops.tensor import Tensor


@register("loss")
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Half the squared difference up to `delta`, linear beyond; mean over the last axis."""
    return pointwise("huber", y_true, y_pred, a=delta)


@register("loss")
class Huber(LossFunctionWrapper):
    """Squared for small, absolute for large differences.

    Source: ``keras.losses.Huber``.

    Parameters
    ----------
    delta : float, default 1.0
        Where the square ends.
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.losses.Huber()([[0.0, 0.0]], [[0.5, 2.0]]))
    0.8125
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            huber,
            reduction=reduction,
            name=name,
            dtype=dtype,
            delta=delta,
        )

    def get_config(self) -> dict[str, Any]:
        # Keras forgets delta; a file without it means the default.
        config = super().get_config()
        return {k: v for k, v in config.items() if k != "delta" or v != 1.0}
