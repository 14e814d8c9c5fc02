"""Layers that change shapes: flatten, reshape, permute, repeat, pass on."""

import math
from typing import Any

import numpy as np

from fastconv import ops
from fastconv._registry import register
from fastconv.layers._arguments import standardize_data_format
from fastconv.layers._input_spec import InputSpec
from fastconv.layers.layer import Layer

Shape = tuple[int | None, ...]


class _KeepsDtype(Layer):
    """A layer that moves elements about: the output has the input's dtype."""

    def _output_dtype(self, inputs: Any) -> str:
        return str(np.dtype(inputs.dtype).name)


@register("layer")
class Identity(Layer):
    """Passes its inputs on.

    Source: ``keras.layers.Identity``.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return inputs


@register("layer")
class Flatten(_KeepsDtype):
    """All axes but the first in one.

    Source: ``keras.layers.Flatten``.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
        With "channels_first" the channels are moved to the end first.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        rank = len(inputs.shape)
        if self.data_format == "channels_first" and rank > 2:
            inputs = ops.transpose(inputs, (0, *range(2, rank), 1))
        return ops.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))

    def compute_output_shape(self, input_shape: Any) -> Shape:
        rest = input_shape[1:]
        return (input_shape[0], None if None in rest else math.prod(rest))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


@register("layer")
class Reshape(_KeepsDtype):
    """The elements of each sample in another shape; one length may be -1.

    Source: ``keras.layers.Reshape``.
    """

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)
        for n in self.target_shape:
            if isinstance(n, (int, np.integer)) and n < -1:
                raise ValueError(
                    "Each dimension in `target_shape` must be a non-negative integer, or `-1` for "
                    f"a single unknown dimension. Received: target_shape={self.target_shape}."
                )
        if self.target_shape.count(-1) > 1:
            raise ValueError(
                "There must be at most one unknown dimension (-1) in `target_shape`. Received: "
                f"target_shape={self.target_shape}."
            )
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        resolved = self.compute_output_shape(inputs.shape)[1:]
        return ops.reshape(inputs, (inputs.shape[0], *resolved))

    def compute_output_shape(self, input_shape: Any) -> Shape:
        given, target = tuple(input_shape[1:]), self.target_shape
        if None in given or None in target:
            return (input_shape[0], *(None if n == -1 else n for n in target))
        size = math.prod(given)
        known = math.prod(n for n in target if n != -1)
        if -1 not in target and size != known:
            raise ValueError(
                "The total size of the tensor must be unchanged. Received: "
                f"input_shape={given}, target_shape={target}"
            )
        if -1 in target and (known == 0 or size % known):
            raise ValueError(
                "The total size of the tensor must be unchanged, however, the input size cannot "
                "by divided by the specified dimensions in target_shape. Received: "
                f"input_shape={given}, target_shape={target}"
            )
        return (input_shape[0], *(size // known if n == -1 else n for n in target))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


@register("layer")
class Permute(_KeepsDtype):
    """The axes of each sample in another order; `dims` counts from 1.

    Source: ``keras.layers.Permute``.
    """

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in "
                f"`dims` must be consecutive and start from 1. Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return (input_shape[0], *(input_shape[d] for d in self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}


@register("layer")
class RepeatVector(_KeepsDtype):
    """Each sample, a vector, `n` times in a new axis.

    Source: ``keras.layers.RepeatVector``.
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"Expected an integer value for `n`, got {type(n)}.")
        if n <= 0:
            raise ValueError(f"Argument `n` should be a positive integer. Received: n={n}")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return (input_shape[0], self.n, input_shape[1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
