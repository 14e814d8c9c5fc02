"""`Loss`: base of losses; from values by row to the scalar."""

import math
from typing import Any

from fastconv._registry import register
from fastconv.ops.compare import logical_and
from fastconv.ops.elementwise import cast, divide_no_nan, multiply
from fastconv.ops.loss import same_rank, weighted_total
from fastconv.ops.masks import keras_mask
from fastconv.ops.reduce import sum as total
from fastconv.ops.shaping import reshape
from fastconv.ops.symbolic import map_structure
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.variable import snake_case, unique_name

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


@register("loss")
class Loss:
    """Base of losses; a subclass defines ``call(y_true, y_pred)``, which gives one value a row.

    Source: ``keras.losses.Loss``.

    Parameters
    ----------
    name : str, optional
    reduction : str or None, default "sum_over_batch_size"
        "sum_over_batch_size" and "mean" divide the sum of all (weighted) values by their number,
        "mean_with_sample_weight" by the sum of the weights; "sum"; "none" or None: no reduction.
    dtype : str, optional
        Default: that of the predictions.

    Examples
    --------
    >>> import fastconv as keras
    >>> class Quartic(keras.losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return keras.ops.mean((y_true - y_pred) ** 4, axis=-1)
    >>> float(Quartic()([[0.0, 0.0]], [[1.0, 3.0]]))
    41.0
    """

    # Labels stay integers on their way to `call`.
    _integer_targets = False

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        self.name = name or unique_name(snake_case(type(self).__name__))
        self.reduction = standard_reduction(reduction)
        name_of_dtype = getattr(dtype, "name", dtype)
        self._dtype: str | None = name_of_dtype

    @property
    def dtype(self) -> str:
        """dtype of the loss, where it was given; else that of `keras.config.floatx`."""
        from fastconv.config import floatx

        return self._dtype or floatx()

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """The loss of predictions `y_pred` for targets `y_true`.

        Parameters
        ----------
        y_true, y_pred : array_like
        sample_weight : array_like, optional
            One weight a sample, or one for each value that `call` returns.

        Returns
        -------
        Tensor
            A scalar, or one value a row with ``reduction="none"``.
        """
        mask = keras_mask(y_pred)
        y_pred = map_structure(self._float, y_pred) if _nested(y_pred) else self._float(y_pred)
        if not self._integer_targets:
            like = y_pred if isinstance(y_pred, Tensor) else None
            y_true = (
                map_structure(lambda t: self._float(t, like), y_true)
                if _nested(y_true)
                else self._float(y_true, like)
            )
        values = self.call(y_true, y_pred)
        return reduce_weighted(
            convert(values), sample_weight, both_masks(mask, keras_mask(values)), self.reduction
        )

    def _float(self, x: Any, like: Tensor | None = None) -> Tensor:
        x = convert(x)
        dtype = self._dtype or (like.data.dtype if like is not None else None)
        if dtype is None and x.data.dtype.kind != "f":
            dtype = self.dtype
        return x if dtype is None else convert(x, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Values by row; what subclasses define."""
        raise NotImplementedError(
            f"Loss '{self.__class__.__name__}' must override `call(self, y_true, y_pred)`."
        )

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Loss":
        """Loss from `get_config`'s dict."""
        return cls(**config)


def _nested(x: Any) -> bool:
    return isinstance(x, (list, tuple, dict)) and not _is_numbers(x)


def _is_numbers(x: Any) -> bool:
    """Whether nested lists hold plain numbers: an array, not a structure of tensors."""
    if isinstance(x, dict):
        return False
    while isinstance(x, (list, tuple)) and x:
        x = x[0]
    return isinstance(x, (int, float))


def standard_reduction(reduction: Any) -> str | None:
    """`reduction`, or ValueError."""
    if reduction not in REDUCTIONS:
        raise ValueError(
            "Invalid value for argument `reduction`. "
            f"Expected one of {REDUCTIONS}. Received: reduction={reduction}"
        )
    return reduction


def _mask_like(values: Tensor, mask: Tensor) -> Tensor:
    try:
        return reshape(cast(mask, values.data.dtype), values.shape)
    except ValueError:
        raise ValueError(
            f"mask: shape {mask.shape} does not fit losses of shape {values.shape}"
        ) from None


def _weighted(values: Tensor, weights: Tensor) -> Tensor:
    try:
        return multiply(values, weights)
    except ValueError:
        raise ValueError(
            f"sample_weight: shape {weights.shape} does not fit losses of shape {values.shape}"
        ) from None


def both_masks(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    """What counts by both masks, either of which may be missing."""
    if a is None or b is None:
        return b if a is None else a
    return logical_and(a, b)


def reduce_weighted(
    values: Tensor, sample_weight: Any, mask: Tensor | None, reduction: str | None
) -> Tensor:
    """The scalar from values by row.

    Parameters
    ----------
    values : Tensor
    sample_weight : array_like, optional
    mask : Tensor, optional
        1 for the values that count, 0 for the others: a mean is over those that count.
    reduction : str or None
    """
    weights = None
    if sample_weight is not None:
        values, weights = same_rank(values, convert(sample_weight, values.data.dtype))
    if mask is not None:
        mask = _mask_like(values, mask)
        weights = mask if weights is None else _weighted(mask, weights)
    if reduction in (None, "none") or values.shape in ((), (0,)):
        return values if weights is None else _weighted(values, weights)
    by_weight = reduction == "mean_with_sample_weight" and weights is not None
    norm = weights if by_weight else None if reduction == "sum" else mask
    scale = 1.0 if reduction == "sum" else 1.0 / max(1, math.prod(values.shape))
    if weights is None or weights.shape == values.shape:
        return weighted_total(values, weights, norm, scale)
    weighed = _weighted(values, weights)
    if by_weight:
        assert weights is not None
        return divide_no_nan(weighted_total(weighed, None, None, 1.0), total(weights))
    return weighted_total(weighed, None, None, 1.0 / math.prod(weighed.shape) if scale != 1 else 1)
