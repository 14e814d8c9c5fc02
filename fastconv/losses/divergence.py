"""Kullback-Leibler divergence."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import pointwise
from fastconv.ops.tensor import Tensor


@register(
    "loss",
    aliases=(
        "kld",
        "KLD",
    ),
)
def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """``sum(y_true * log(y_true / y_pred), axis=-1)``, both within [1e-7, 1]."""
    return pointwise("divergence", y_true, y_pred, scale=1.0)


@register("loss")
class KLDivergence(LossFunctionWrapper):
    """What `y_pred` misses of the distribution `y_true`.

    Source: ``keras.losses.KLDivergence``.

    Parameters
    ----------
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.KLDivergence()([[0.5, 0.5]], [[0.9, 0.1]])), 4)
    0.5108
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            kl_divergence,
            reduction=reduction,
            name=name,
            dtype=dtype,
        )
