"""Top-k accuracies: the share of targets among the k largest predictions."""

from typing import Any

from fastconv._registry import register
from fastconv.metrics.mean import MeanMetricWrapper
from fastconv.ops.compare import equal
from fastconv.ops.elementwise import cast
from fastconv.ops.metric import top_k_hits
from fastconv.ops.reduce import any as any_of
from fastconv.ops.reduce import argmax
from fastconv.ops.shaping import reshape
from fastconv.ops.tensor import Tensor, convert


@register("metric")
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1.0 for rows whose largest target is among the k largest predictions, else 0.0."""
    return top_k_hits(argmax(convert(y_true), axis=-1), y_pred, k)


@register("metric")
def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Tensor:
    """1.0 for rows whose label is among the k largest predictions, else 0.0.

    With `from_sorted_ids`, `y_pred` holds class numbers, best first, instead of scores.
    """
    if not from_sorted_ids:
        return top_k_hits(y_true, y_pred, k)
    p = convert(y_pred)
    y = reshape(convert(y_true, p.data.dtype), (-1, 1))
    p = reshape(p, (-1, p.shape[-1]))[:, :k]
    return cast(any_of(equal(y, p), axis=1), "float32")


@register("metric")
class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the (one-hot) target is among the k largest predictions.

    Source: ``keras.metrics.TopKCategoricalAccuracy``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.
    k : int, default 5

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.TopKCategoricalAccuracy(k=1)
    >>> float(metric([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]))
    0.5
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "top_k_categorical_accuracy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            top_k_categorical_accuracy,
            name=name,
            dtype=dtype,
            k=k,
        )
        self.k = k


@register("metric")
class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the label is among the k largest predictions.

    Source: ``keras.metrics.SparseTopKCategoricalAccuracy``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.
    k : int, default 5
    from_sorted_ids : bool, default False
        Predictions are class numbers, best first, instead of scores.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.SparseTopKCategoricalAccuracy(k=1)
    >>> float(metric([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]))
    0.5
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(
            sparse_top_k_categorical_accuracy,
            name=name,
            dtype=dtype,
            k=k,
            from_sorted_ids=from_sorted_ids,
        )
        self.k = k
        self.from_sorted_ids = from_sorted_ids

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if not self.from_sorted_ids:
            del config["from_sorted_ids"]
        return config
