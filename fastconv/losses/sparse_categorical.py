"""Sparse categorical cross-entropy."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.loss import sparse_rows
from fastconv.ops.tensor import Tensor


@register("loss")
def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor:
    """``-log(y_pred[label])`` for the label of each row."""
    return sparse_rows(y_true, y_pred, from_logits, axis, ignore_class)


sparse_categorical_crossentropy.integer_targets = True


@register("loss")
class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of integer labels.

    Source: ``keras.losses.SparseCategoricalCrossentropy``.

    Parameters
    ----------
    from_logits : bool, default False
        Whether `y_pred` holds logits; those behind a final sigmoid or softmax are found anyway.
    ignore_class : int, optional
        Rows with this label count for nothing.
    axis : int, default -1
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.SparseCategoricalCrossentropy()([1], [[0.2, 0.8]])), 4)
    0.2231
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )

    def get_config(self) -> dict[str, Any]:
        # Keras leaves axis out.
        config = super().get_config()
        return {k: v for k, v in config.items() if k != "axis" or v != -1}
