"""Layers that disturb their inputs in training: dropout, noise; and `ActivityRegularization`."""

import math
from typing import Any

from fastconv import ops, random, regularizers
from fastconv._registry import register
from fastconv.layers._arguments import check_rate, standardize_data_format
from fastconv.layers._input_spec import InputSpec
from fastconv.layers.layer import Layer
from fastconv.random import SeedGenerator


class _Same(Layer):
    """A layer whose output has the shape of its input."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)


@register("layer")
class Dropout(_Same):
    """In training, sets a part `rate` of the inputs to 0 and divides the others by 1 - rate.

    Source: ``keras.layers.Dropout``.

    Parameters
    ----------
    rate : float
        From 0 to 1.
    noise_shape : tuple of int or None, optional
        Shape of the mask, to be broadcast; None stands for the input's length.
    seed : int, optional
        Default: drawn from Python's `random`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> layer = keras.layers.Dropout(0.5, seed=1)
    >>> layer(np.ones((1, 4), "float32")).numpy()
    array([[1., 1., 1., 1.]], dtype=float32)
    """

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_rate(rate)
        self.rate = rate
        self.seed = seed
        self.noise_shape = _noise_shape(noise_shape)
        if rate > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        noise_shape = self._mask_shape(inputs)
        return random.dropout(inputs, self.rate, noise_shape, self.seed_generator)

    def _mask_shape(self, inputs: Any) -> Any:
        return self.noise_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }


def _noise_shape(shape: Any) -> tuple[int | None, ...] | None:
    head = "Invalid value received for argument `noise_shape`."
    if shape is None:
        return None
    if isinstance(shape, str):
        raise ValueError(
            f"{head} Expected a tuple or list of integers. Received: noise_shape={shape}"
        )
    try:
        sizes = tuple(shape)
    except TypeError:
        raise ValueError(
            f"{head} Expected an iterable of integers (e.g., a tuple or list). "
            f"Received: noise_shape={shape}"
        ) from None
    for i, n in enumerate(sizes):
        if n is not None and not isinstance(n, int):
            raise ValueError(
                f"{head} Expected all elements to be integers or None. Received element at index "
                f"{i}: {n} (type: {type(n).__name__})"
            )
        if n is not None and n <= 0:
            raise ValueError(
                f"{head} Expected all dimensions to be positive integers or None. Received "
                f"negative or zero value at index {i}: {n}"
            )
    return sizes


class _SpatialDropout(Dropout):
    """Dropout of whole feature maps."""

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        # Keras's constructors take neither: config keys of theirs would not load there.
        del config["noise_shape"], config["trainable"]
        return config


@register("layer")
class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of (batch, steps, channels).

    Source: ``keras.layers.SpatialDropout1D``.
    """

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, seed, name, dtype, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def _mask_shape(self, inputs: Any) -> Any:
        return (inputs.shape[0], 1, inputs.shape[2])


@register("layer")
class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of (batch, rows, columns, channels).

    Source: ``keras.layers.SpatialDropout2D``.
    """

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, seed, name, dtype, **kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=4)

    def _mask_shape(self, inputs: Any) -> Any:
        shape = inputs.shape
        if self.data_format == "channels_first":
            return (shape[0], shape[1], 1, 1)
        return (shape[0], 1, 1, shape[3])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


@register("layer")
class GaussianNoise(_Same):
    """In training, adds normally distributed noise.

    Source: ``keras.layers.GaussianNoise``.
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_rate(stddev, "stddev")
        self.stddev = stddev
        self.seed = seed
        if stddev > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.stddev == 0:
            return inputs
        noise = random.normal(
            inputs.shape, 0.0, self.stddev, self.compute_dtype, self.seed_generator
        )
        return ops.add(inputs, noise)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


@register("layer")
class GaussianDropout(_Same):
    """In training, multiplies by normal numbers of mean 1 and variance rate / (1 - rate).

    Source: ``keras.layers.GaussianDropout``.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_rate(rate)
        self.rate = rate
        self.seed = seed
        if rate > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        noise = random.normal(inputs.shape, 1.0, stddev, self.compute_dtype, self.seed_generator)
        return ops.multiply(inputs, noise)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@register("layer")
class AlphaDropout(_Same):
    """Dropout that keeps mean and variance of selu's outputs (Klambauer et al. 2017).

    Source: ``keras.layers.AlphaDropout``.
    """

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_rate(rate)
        self.rate = rate
        self.seed = seed
        self.noise_shape = noise_shape
        if rate > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        sizes = self.noise_shape or (None,) * len(inputs.shape)
        shape = tuple(m if n is None else n for n, m in zip(sizes, inputs.shape, strict=True))
        kept = ops.greater_equal(
            random.uniform(shape, dtype=self.compute_dtype, seed=self.seed_generator), self.rate
        )
        low = -1.6732632423543772 * 1.0507009873554805  # selu's limit
        a = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        b = -a * low * self.rate
        return ops.add(ops.multiply(ops.where(kept, inputs, low), a), b)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rate": self.rate,
            "seed": self.seed,
            "noise_shape": self.noise_shape,
        }


@register("layer")
class ActivityRegularization(_Same):
    """Passes its inputs on and adds l1 sum(|x|) + l2 sum(x^2) to the loss.

    Source: ``keras.layers.ActivityRegularization``.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.supports_masking = True
        self.l1 = l1
        self.l2 = l2
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return {**config, "l1": self.l1, "l2": self.l2}
