"""Binary focal cross-entropy."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import pointwise
from fastconv.ops.tensor import Tensor


@register("loss")
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Binary cross-entropy times ``(1 - p_right)**gamma``; mean along `axis`."""
    if from_logits:
        from fastconv.ops import sigmoid

        y_pred = sigmoid(y_pred)
    return pointwise(
        "binary_focal",
        y_true,
        y_pred,
        axis=axis,
        keep=1.0 - label_smoothing,
        add=0.5 * label_smoothing,
        a=alpha,
        b=gamma,
        balanced=apply_class_balancing,
    )


@register("loss")
class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Binary cross-entropy that leaves well-classified samples aside.

    Source: ``keras.losses.BinaryFocalCrossentropy``.

    Parameters
    ----------
    apply_class_balancing : bool, default False
        Weigh targets 1 by `alpha`, targets 0 by ``1 - alpha``.
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
    >>> round(float(keras.losses.BinaryFocalCrossentropy()([[1.0, 0.0]], [[0.9, 0.2]])), 4)
    0.005

    References
    ----------
    T.-Y. Lin et al., "Focal Loss for Dense Object Detection", 2017.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_focal_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
