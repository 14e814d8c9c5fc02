"""Categorical focal cross-entropy."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.categorical import check_axis, warn_of_one_class
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import categorical_rows
from fastconv.ops.tensor import Tensor


@register("loss")
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """``-sum(alpha * (1 - q)**gamma * y_true * log(q), axis)``, q = ``y_pred / sum(y_pred)``."""
    check_axis(axis)
    warn_of_one_class("categorical_focal_crossentropy", y_pred)
    if from_logits:
        from fastconv.ops import softmax

        y_pred = softmax(y_pred, axis=axis)
    return categorical_rows(y_true, y_pred, False, axis, label_smoothing, (alpha, gamma))


@register("loss")
class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Categorical cross-entropy that leaves well-classified samples aside.

    Source: ``keras.losses.CategoricalFocalCrossentropy``.

    Parameters
    ----------
    alpha : float, default 0.25
    gamma : float, default 2.0
        How little well-classified samples count.
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
    >>> round(float(keras.losses.CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.2, 0.8]])), 4)
    0.0022

    References
    ----------
    T.-Y. Lin et al., "Focal Loss for Dense Object Detection", 2017.
    """

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_focal_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
