"""Running sums and means; metrics made of functions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv._registry import (
    deserialize_keras_object,
    lookup,
    register,
    serialize_keras_object,
)
from fastconv.losses.loss import both_masks
from fastconv.metrics.metric import Metric
from fastconv.ops.elementwise import cast, multiply
from fastconv.ops.loss import same_rank
from fastconv.ops.masks import keras_mask
from fastconv.ops.metric import mean_result, update_mean
from fastconv.ops.tensor import Tensor, convert


@register("metric")
class Sum(Metric):
    """Sum of all values.

    Source: ``keras.metrics.Sum``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.Sum()([1.0, 3.0], sample_weight=[1.0, 0.5]))
    2.5
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), dtype=self.dtype, name="total")
        self._rest = np.zeros(2)

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add `values`, weighted."""
        update_mean((self.total, None), self._rest, values, sample_weight, average=False)

    def reset_state(self) -> None:
        super().reset_state()
        self._rest[:] = 0

    def result(self) -> Any:
        return cast(self.total, self.dtype) if self.total.dtype != self.dtype else self.total


@register("metric")
class Mean(Metric):
    """Mean of all values, weighted.

    Source: ``keras.metrics.Mean``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> float(keras.metrics.Mean()([1.0, 3.0], sample_weight=[1.0, 0.5]))
    1.6666666269302368
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), dtype=self.dtype, name="total")
        self.count = self.add_variable((), dtype=self.dtype, name="count")
        self._rest = np.zeros(2)

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in `values`: axes beyond the first are averaged, samples weighted."""
        update_mean((self.total, self.count), self._rest, values, sample_weight)

    def reset_state(self) -> None:
        super().reset_state()
        self._rest[:] = 0

    def result(self) -> Tensor:
        return mean_result((self.total, self.count), self._rest)


@register("metric")
class MeanMetricWrapper(Mean):
    """Mean of ``fn(y_true, y_pred, **kwargs)``.

    Source: ``keras.metrics.MeanMetricWrapper``.

    Parameters
    ----------
    fn : callable
    name, dtype
        As in `Metric`.
    **kwargs
        Further arguments of `fn`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.MeanMetricWrapper(keras.losses.mean_squared_error)
    >>> float(metric([[0.0]], [[2.0]]))
    4.0
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        known = lookup("loss", getattr(fn, "__name__", type(fn).__name__))
        if known is not None and known in (fn, type(fn)):
            self._direction = "down"

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Take in the values of `fn` for a batch."""
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        mask = keras_mask(y_pred)
        if mask is not None or sample_weight is not None:
            # As in Keras, what `fn` ignores (its value is 0) counts where nothing has weights.
            mask = both_masks(mask, keras_mask(values))
        if mask is not None:
            mask = cast(mask, self.dtype)
            if sample_weight is not None:
                mask = multiply(*same_rank(mask, convert(sample_weight, mask.data.dtype)))
            sample_weight = mask
        super().update_state(values, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if type(self) is MeanMetricWrapper:
            config["fn"] = serialize_keras_object(self._fn)
        return {**config, **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Metric":
        if "fn" in config:
            config = {**config, "fn": deserialize_keras_object(config["fn"], kind="metric")}
        return cls(**config)
