"""`Dropout`: elements left out at random while training."""

from typing import Any

from fastconv import ops
from fastconv._registry import register
from fastconv.layers.layer import Layer
from fastconv.ops.dropout import dropout
from fastconv.random import SeedGenerator


@register("layer")
class Dropout(Layer):
    """Sets inputs to 0 with probability `rate` while training, and divides the rest by 1 - rate.

    Source: ``keras.layers.Dropout``.

    Parameters
    ----------
    rate : float
        From 0 to 1.
    noise_shape : tuple of int or None, optional
        Shape of the mask; None stands for the input's own size.
    seed : int, optional

    Raises
    ------
    ValueError
        If `rate` is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.Dropout(0.5)(np.ones((1, 3))).numpy()
    array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(
                f"Invalid value received for argument `rate`. Expected a float value between 0 "
                f"and 1. Received: rate={rate}"
            )
        self.rate = rate
        self.seed = seed
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        if self.rate == 1:
            return ops.zeros_like(inputs)
        noise_shape = self.noise_shape
        if noise_shape is not None:
            noise_shape = tuple(
                inputs.shape[i] if size is None else size for i, size in enumerate(noise_shape)
            )
        return dropout(inputs, self.rate, self.seed_generator.state.data, noise_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }
