"""Categorical cross-entropy."""

import warnings
from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import categorical_rows
from fastconv.ops.tensor import Tensor


def check_axis(axis: Any) -> None:
    """ValueError for a boolean, which is what ``axis=True`` would silently be taken for."""
    if isinstance(axis, bool):
        raise ValueError(
            f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}"
        )


def warn_of_one_class(name: str, y_pred: Any) -> None:
    """Warn that cross-entropy over a single class is always 0."""
    shape = getattr(y_pred, "shape", (2,))
    if shape and shape[-1] == 1:
        warnings.warn(
            f"In loss {name}, expected y_pred.shape to be (batch_size, num_classes) with "
            f"num_classes > 1. Received: y_pred.shape={tuple(shape)}. Consider using "
            "'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
            stacklevel=3,
        )


@register("loss")
def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """``-sum(y_true * log(y_pred / sum(y_pred)), axis)``."""
    check_axis(axis)
    warn_of_one_class("categorical_crossentropy", y_pred)
    return categorical_rows(y_true, y_pred, from_logits, axis, label_smoothing)


@register("loss")
class CategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of one-hot targets or distributions.

    Source: ``keras.losses.CategoricalCrossentropy``.

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
    >>> round(float(keras.losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.2, 0.8]])), 4)
    0.2231
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
