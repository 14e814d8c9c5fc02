"""Initial values of weights.

Belongs here: classes called with a shape and a dtype, `get`, `serialize`, `deserialize`. Does not:
random kernels (`fastconv.ops.random`). Adding one: a subclass with ``@register("initializer")``.
A random initializer without a seed draws one from Python's `random` when it is made.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv._registry import (
    deserialize_keras_object,
    get_registered_object,
    lookup,
    register,
    serialize_keras_object,
)
from fastconv.ops import making
from fastconv.ops.dtypes import floatx, standard
from fastconv.ops.tensor import Tensor, convert
from fastconv.random import SeedGenerator, normal, uniform
from fastconv.random import truncated_normal as truncated
from fastconv.random.seed_generator import make_default_seed

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]

Shape = tuple[int, ...]


@register("initializer", aliases=("initializer",))
class Initializer:
    """Base of initializers: ``__call__(shape, dtype=None)`` gives the values.

    Source: ``keras.initializers.Initializer``.
    """

    def __call__(self, shape: Shape, dtype: Any = None) -> Any:
        """Values of `shape`."""
        raise TypeError(f"{type(self).__name__} must define __call__(self, shape, dtype=None)")

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make an initializer from what `get_config` returned."""
        return cls(**config)

    def clone(self) -> Any:
        """Another one with the same config."""
        return type(self).from_config(self.get_config())


@register("initializer", aliases=("zeros", "zero"))
class Zeros(Initializer):
    """Zeros."""

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        return making.zeros(shape, dtype)


@register("initializer", aliases=("ones", "one"))
class Ones(Initializer):
    """Ones."""

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        return making.ones(shape, dtype)


@register("initializer", aliases=("constant",))
class Constant(Initializer):
    """`value` everywhere."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        kind = floatx() if dtype is None else standard(dtype)
        value = self.value.numpy() if isinstance(self.value, Tensor) else self.value
        return Tensor(np.full(shape, value, kind))

    def get_config(self) -> dict[str, Any]:
        return {"value": serialize_keras_object(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Constant":
        return cls(deserialize_keras_object(config["value"]))


@register("initializer", aliases=("identity", "IdentityInitializer"))
class Identity(Initializer):
    """`gain` times the identity matrix."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        kind = floatx() if dtype is None else standard(dtype)
        return Tensor(np.asarray(self.gain * np.eye(*shape), dtype=kind))

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}


class RandomInitializer(Initializer):
    """Base of random initializers: the seed."""

    def __init__(self, seed: Any = None) -> None:
        self._init_seed = seed
        if seed is None:
            seed = make_default_seed()
        elif isinstance(seed, dict):
            seed = deserialize_keras_object(seed, kind="random")
        elif not isinstance(seed, (int, SeedGenerator)):
            raise ValueError(
                "`seed` argument should be an instance of `keras.random.SeedGenerator()` or an "
                f"integer. Received: seed={seed}"
            )
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        return {"seed": serialize_keras_object(self._init_seed)}


@register("initializer", aliases=("random_normal", "normal"))
class RandomNormal(RandomInitializer):
    """Normally distributed numbers."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        return normal(shape, self.mean, self.stddev, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


@register("initializer", aliases=("truncated_normal",))
class TruncatedNormal(RandomInitializer):
    """Normally distributed numbers within two standard deviations of the mean."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        return truncated(shape, self.mean, self.stddev, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


@register("initializer", aliases=("random_uniform", "uniform"))
class RandomUniform(RandomInitializer):
    """Numbers evenly distributed over [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval = minval
        self.maxval = maxval
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        return uniform(shape, self.minval, self.maxval, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


def compute_fans(
    shape: Shape,
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Inputs and outputs per unit of a weight; of kernels the last two axes are channels."""
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        n = shape[0] if shape else 1
        return n, n
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


@register("initializer", aliases=("variance_scaling",))
class VarianceScaling(RandomInitializer):
    """Random numbers whose variance is `scale` by the number of inputs, outputs or their mean.

    Source: ``keras.initializers.VarianceScaling``.

    Parameters
    ----------
    scale : float, default 1.0
    mode : {"fan_in", "fan_out", "fan_avg"}
    distribution : {"truncated_normal", "untruncated_normal", "uniform"}
    seed : int or SeedGenerator, optional
    input_axes, output_axes : sequence of int, optional
        Axes that count as inputs and outputs; default: the last two.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        modes = ("fan_in", "fan_out", "fan_avg")
        if mode not in modes:
            raise ValueError(f"Invalid `mode` argument: {mode}. Please use one of {set(modes)}")
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        known = ("uniform", "truncated_normal", "untruncated_normal")
        if distribution not in known:
            raise ValueError(
                f"Invalid `distribution` argument: {distribution}. Please use one of {set(known)}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return uniform(shape, -limit, limit, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return normal(shape, 0.0, math.sqrt(variance), dtype, self.seed)
        # The truncated normal distribution has the standard deviation 0.8796...
        stddev = math.sqrt(variance) / 0.87962566103423978
        return truncated(shape, 0.0, stddev, dtype, self.seed)

    def _axes(self) -> dict[str, Any]:
        """The axes where given: keys that Keras before 3.15 does not know are left out."""
        given = {"input_axes": self.input_axes, "output_axes": self.output_axes}
        return {key: list(value) for key, value in given.items() if value is not None}

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            **self._axes(),
        }


class _Named(VarianceScaling):
    """A `VarianceScaling` with a name of its own."""

    _scale = 1.0
    _mode = "fan_in"
    _distribution = "truncated_normal"

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(self._scale, self._mode, self._distribution, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": serialize_keras_object(self._init_seed), **self._axes()}


@register("initializer", aliases=("glorot_uniform",))
class GlorotUniform(_Named):
    """Uniform over +-sqrt(6 / (inputs + outputs)) (Glorot, Bengio 2010)."""

    _mode, _distribution = "fan_avg", "uniform"


@register("initializer", aliases=("glorot_normal",))
class GlorotNormal(_Named):
    """Truncated normal of variance 2 / (inputs + outputs) (Glorot, Bengio 2010)."""

    _mode = "fan_avg"


@register("initializer", aliases=("lecun_normal",))
class LecunNormal(_Named):
    """Truncated normal of variance 1 / inputs (LeCun et al. 1998)."""


@register("initializer", aliases=("lecun_uniform",))
class LecunUniform(_Named):
    """Uniform over +-sqrt(3 / inputs) (LeCun et al. 1998)."""

    _distribution = "uniform"


@register("initializer", aliases=("he_normal",))
class HeNormal(_Named):
    """Truncated normal of variance 2 / inputs (He et al. 2015)."""

    _scale = 2.0


@register("initializer", aliases=("he_uniform",))
class HeUniform(_Named):
    """Uniform over +-sqrt(6 / inputs) (He et al. 2015)."""

    _scale, _distribution = 2.0, "uniform"


@register("initializer", aliases=("orthogonal", "OrthogonalInitializer"))
class Orthogonal(RandomInitializer):
    """`gain` times a random orthogonal matrix (Saxe et al. 2014).

    More axes than two are seen as rows of the last one.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. Received: "
                f"shape={shape} of rank {len(shape)}."
            )
        kind = floatx() if dtype is None else standard(dtype)
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(normal(tall, dtype="float64", seed=self.seed).data)
        q = q * np.sign(np.diag(r))  # makes the distribution uniform
        q = q.T if rows < columns else q
        return Tensor(np.asarray(self.gain * q.reshape(shape), dtype=kind, order="C"))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


zeros = Zeros
ones = Ones
constant = Constant
identity = IdentityInitializer = Identity
random_normal = RandomNormal
truncated_normal = TruncatedNormal
random_uniform = RandomUniform
variance_scaling = VarianceScaling
glorot_uniform = GlorotUniform
glorot_normal = GlorotNormal
lecun_uniform = LecunUniform
lecun_normal = LecunNormal
he_uniform = HeUniform
he_normal = HeNormal
orthogonal = OrthogonalInitializer = Orthogonal


def get(identifier: Any) -> Any:
    """The initializer that `identifier` names.

    Parameters
    ----------
    identifier : str, class, callable, config dict, array or None
        An array is itself the values.

    Returns
    -------
    callable ``f(shape, dtype=None)`` or None

    Raises
    ------
    ValueError
        For unknown names.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.initializers.get("zeros")((2,)).numpy()
    array([0., 0.], dtype=float32)
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    elif isinstance(identifier, str):
        found = get_registered_object(identifier) or lookup("initializer", identifier)
    elif isinstance(identifier, (Tensor, np.ndarray, np.generic)):
        given = convert(identifier)

        def values(shape: Shape, dtype: Any = None) -> Tensor:
            if tuple(shape) != given.shape:
                raise ValueError(
                    f"Expected `shape` to be {given.shape} for direct tensor as initializer. "
                    f"Received shape={shape}"
                )
            return convert(given, floatx() if dtype is None else standard(dtype))

        return values
    if callable(found):
        return found() if isinstance(found, type) else found
    raise ValueError(f"Could not interpret initializer identifier: {identifier}")


def serialize(initializer: Any) -> Any:
    """The initializer as a config dict."""
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The initializer that a config describes."""
    return deserialize_keras_object(config, custom_objects, kind="initializer")
