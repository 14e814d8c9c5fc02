"""Binary cross-entropy."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import binary_rows
from fastconv.ops.tensor import Tensor


@register("loss", aliases=("bce", "BCE"))
def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """``mean(-y_true * log(p) - (1 - y_true) * log(1 - p), axis)`` for probabilities p."""
    return binary_rows(y_true, y_pred, from_logits, label_smoothing, axis)


@register("loss")
class BinaryCrossentropy(LossFunctionWrapper):
    """Cross-entropy of yes-or-no targets.

    Source: ``keras.losses.BinaryCrossentropy``.

    Parameters
    ----------
    from_logits : bool, default False
        Whether `y_pred` holds logits; those behind a final sigmoid or softmax are found anyway.
    label_smoothing : float in [0, 1], default 0.0
        How far targets are drawn towards their mean.
    axis : int, default -1
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.BinaryCrossentropy()([[1.0, 0.0]], [[0.9, 0.2]])), 4)
    0.1643
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
