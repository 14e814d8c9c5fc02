"""`Masking`: steps of a sequence that do not count."""

from typing import Any

from fastconv import ops
from fastconv._registry import register
from fastconv.layers.layer import Layer
from fastconv.ops.masks import set_keras_mask


@register("layer")
class Masking(Layer):
    """Steps whose every feature is `mask_value` do not count: they become 0 and are masked.

    Source: ``keras.layers.Masking``.

    Parameters
    ----------
    mask_value : float, default 0

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> x = np.ones((1, 3, 2), "float32")
    >>> x[:, 1] = 0
    >>> keras.layers.Masking()(x)._keras_mask.numpy()
    array([[ True, False,  True]])
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self._build_at_init()

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Where any feature is not `mask_value`."""
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        kept = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        outputs = ops.where(kept, inputs, ops.zeros_like(inputs))
        return set_keras_mask(outputs, ops.squeeze(kept, axis=-1))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": self.mask_value}
