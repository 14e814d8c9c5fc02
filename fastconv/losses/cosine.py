"""Cosine similarity."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.ops.elementwise import maximum, multiply
from fastconv.ops.loss import targets_for
from fastconv.ops.reduce import sum as total
from fastconv.ops.tensor import Tensor
from fastconv.ops.unary import negative, rsqrt, square


def unit_vectors(x: Tensor, axis: int) -> Tensor:
    """`x` divided by its Euclidean norm along `axis`; zero stays zero."""
    return multiply(x, rsqrt(maximum(total(square(x), axis=axis, keepdims=True), 1e-12)))


@register("loss")
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Negative cosine of the angle between `y_true` and `y_pred` along `axis`."""
    t, p = targets_for(y_true, y_pred)
    return negative(total(multiply(unit_vectors(t, axis), unit_vectors(p, axis)), axis=axis))


@register("loss")
class CosineSimilarity(LossFunctionWrapper):
    """Negative cosine of the angle between targets and predictions: -1 where they point alike.

    Source: ``keras.losses.CosineSimilarity``.

    Parameters
    ----------
    axis : int, default -1
    reduction, name, dtype
        As in `Loss`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.losses.CosineSimilarity()([[0.0, 1.0]], [[1.0, 1.0]])), 4)
    -0.7071
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            cosine_similarity,
            reduction=reduction,
            name=name,
            dtype=dtype,
            axis=axis,
        )

    def get_config(self) -> dict[str, Any]:
        # Keras forgets axis; a file without it means the default.
        config = super().get_config()
        return {k: v for k, v in config.items() if k != "axis" or v != -1}
