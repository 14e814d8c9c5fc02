"""Layers that change the shape and leave the values alone."""

import math
from typing import Any

from fastconv import ops
from fastconv._registry import register
from fastconv.config import image_data_format
from fastconv.layers.layer import InputSpec, Layer


@register("layer")
class Flatten(Layer):
    """All axes but the batch's as one.

    Source: ``keras.layers.Flatten``.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
        With "channels_first", the channels are moved last before.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.Flatten()(np.ones((2, 28, 28))).shape
    (2, 784)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format or image_data_format()
        if self.data_format not in ("channels_last", "channels_first"):
            raise ValueError(
                'The `data_format` argument must be one of "channels_first", "channels_last". '
                f"Received: data_format={data_format}"
            )
        self.input_spec = InputSpec(min_ndim=1)
        self.built = True

    def call(self, inputs: Any) -> Any:
        shape = inputs.shape
        if self.data_format == "channels_first" and len(shape) > 2:
            inputs = ops.transpose(inputs, (0, *range(2, len(shape)), 1))
        return ops.reshape(inputs, (shape[0], math.prod(shape[1:])))

    def compute_output_shape(self, input_shape: Any) -> Any:
        sizes = input_shape[1:]
        flat = None if None in sizes else math.prod(sizes)
        return (input_shape[0], flat)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


@register("layer")
class Reshape(Layer):
    """Another shape for each sample.

    Source: ``keras.layers.Reshape``.

    Parameters
    ----------
    target_shape : tuple of int
        Without the batch; one size may be -1.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.Reshape((-1, 2))(np.ones((3, 8))).shape
    (3, 4, 2)
    """

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        shape = tuple(target_shape)
        if sum(size == -1 for size in shape) > 1:
            raise ValueError(
                "The `target_shape` argument must not contain more than one `-1` value. "
                f"Received: target_shape={shape}"
            )
        self.target_shape = shape
        self.built = True

    def call(self, inputs: Any) -> Any:
        sizes = self.compute_output_shape(inputs.shape)[1:]
        return ops.reshape(inputs, (inputs.shape[0], *sizes))

    def compute_output_shape(self, input_shape: Any) -> Any:
        sizes = tuple(input_shape[1:])
        target = self.target_shape
        if None in sizes:
            return (input_shape[0], *(None if n == -1 else n for n in target))
        have = math.prod(sizes)
        known = math.prod(n for n in target if n != -1)
        fits = known == have if -1 not in target else known > 0 and have % known == 0
        if not fits:
            raise ValueError(
                "The total size of the tensor must be unchanged. Received: "
                f"input_shape={sizes}, target_shape={target}"
            )
        return (input_shape[0], *(have // known if n == -1 else n for n in target))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}
