"""`LossFunctionWrapper`: a loss made of a function."""

from collections.abc import Callable
from typing import Any

from fastconv._registry import deserialize_keras_object, register, serialize_keras_object
from fastconv.losses.loss import Loss
from fastconv.ops.loss import same_rank
from fastconv.ops.tensor import Tensor, convert


@register("loss", module="keras.src.losses.losses")
class LossFunctionWrapper(Loss):
    """The mean of ``fn(y_true, y_pred, **kwargs)`` over the samples.

    Parameters
    ----------
    fn : callable
    reduction, name, dtype
        As in `Loss`.
    **kwargs
        Further arguments of `fn`.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs
        self._integer_targets = getattr(fn, "integer_targets", False)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if isinstance(y_pred, Tensor) and not isinstance(y_true, dict):
            y_true, y_pred = same_rank(convert(y_true), y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if type(self) is LossFunctionWrapper:
            config["fn"] = serialize_keras_object(self.fn)
        return {**config, **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Loss":
        if "fn" in config:
            config = {**config, "fn": deserialize_keras_object(config["fn"], kind="loss")}
        return cls(**config)

    def __repr__(self) -> str:
        return f"<LossFunctionWrapper({self.fn}, kwargs={self._fn_kwargs})>"
