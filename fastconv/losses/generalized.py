"""Generalized cross-entropy, robust to wrong labels."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.elementwise import divide, multiply, power, subtract
from fastconv.ops.indexing import one_hot
from fastconv.ops.reduce import sum as total
from fastconv.ops.tensor import Tensor, convert


@register("loss")
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Tensor:
    """``(1 - y_pred[label]**q) / q`` for the integer label of each row."""
    p = convert(y_pred)
    right = one_hot(convert(y_true, "int32"), p.shape[-1], dtype=p.data.dtype)
    return divide(subtract(1.0, power(total(multiply(p, right), axis=-1), q)), q)


categorical_generalized_cross_entropy.integer_targets = True


@register("loss")
class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """Between cross-entropy (q near 0) and mean absolute error (q = 1).

    Source: ``keras.losses.CategoricalGeneralizedCrossEntropy``.

    Parameters
    ----------
    q : float in (0, 1), default 0.5
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> loss = keras.losses.CategoricalGeneralizedCrossEntropy(q=0.5)
    >>> round(float(loss([1], [[0.75, 0.25]])), 4)
    1.0

    References
    ----------
    Z. Zhang, M. Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with
    Noisy Labels", 2018.
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError(f"q must be in the interval (0, 1). Received: q={q}")
        super().__init__(
            categorical_generalized_cross_entropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            q=q,
        )
