"""Activation functions by name: what ``activation="relu"`` means.

Belongs here: the functions with Keras's names and arguments, `get`, `serialize`, `deserialize`.
Does not: their kernels and derivatives (`fastconv.ops.activation`). Adding one: a function with
``@register("activation")``.
"""

from types import FunctionType
from typing import Any

from fastconv import ops
from fastconv._registry import (
    deserialize_keras_object,
    get_registered_name,
    get_registered_object,
    lookup,
    register,
    serialize_keras_object,
)

__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]


@register("activation")
def linear(x: Any) -> Any:
    """x itself."""
    return x


@register("activation")
def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """x above `threshold`, at most `max_value`; negative_slope (x - threshold) below.

    Source: ``keras.activations.relu``. A NaN stays a NaN.
    """
    return ops.relu(x, negative_slope=negative_slope, max_value=max_value, threshold=threshold)


@register("activation")
def relu6(x: Any) -> Any:
    """relu, at most 6."""
    return ops.relu6(x)


@register("activation")
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x, times `negative_slope` where it is negative."""
    return ops.leaky_relu(x, negative_slope)


@register("activation")
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x, or alpha (exp(x) - 1) where it is negative."""
    return ops.elu(x, alpha)


@register("activation")
def selu(x: Any) -> Any:
    """elu scaled so that mean 0 and variance 1 keep themselves."""
    return ops.selu(x)


@register("activation")
def celu(x: Any, alpha: float = 1.0) -> Any:
    """x, or alpha (exp(x / alpha) - 1) where it is negative."""
    return ops.celu(x, alpha)


@register("activation")
def gelu(x: Any, approximate: bool = False) -> Any:
    """x times the normal distribution function, or its approximation by tanh."""
    return ops.gelu(x, approximate)


@register("activation")
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return ops.sigmoid(x)


@register("activation")
def hard_sigmoid(x: Any) -> Any:
    """x / 6 + 1/2 within [0, 1]."""
    return ops.hard_sigmoid(x)


@register("activation")
def sparse_sigmoid(x: Any) -> Any:
    """(x + 1) / 2 within [0, 1]."""
    return ops.sparse_sigmoid(x)


@register("activation")
def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return ops.tanh(x)


@register("activation")
def hard_tanh(x: Any) -> Any:
    """x within [-1, 1]."""
    return ops.hard_tanh(x)


@register("activation")
def tanh_shrink(x: Any) -> Any:
    """x - tanh(x)."""
    return ops.tanh_shrink(x)


@register("activation")
def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return ops.softplus(x)


@register("activation")
def sparse_plus(x: Any) -> Any:
    """0 up to -1, x from 1 on, (x + 1)^2 / 4 between."""
    return ops.sparse_plus(x)


@register("activation")
def squareplus(x: Any, b: float = 4) -> Any:
    """(x + sqrt(x^2 + b)) / 2."""
    return ops.squareplus(x, b)


@register("activation")
def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return ops.softsign(x)


@register("activation")
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x moved towards 0 by `threshold`, 0 where that is too much."""
    return ops.soft_shrink(x, threshold)


@register("activation")
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x, or 0 where |x| <= threshold."""
    return ops.hard_shrink(x, threshold)


@register("activation")
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """x above `threshold`, else `default_value`."""
    return ops.threshold(x, threshold, default_value)


@register("activation", aliases=("swish",))
def silu(x: Any) -> Any:
    """x sigmoid(x)."""
    return ops.silu(x)


@register("activation", aliases=("hard_swish",))
def hard_silu(x: Any) -> Any:
    """x hard_sigmoid(x)."""
    return ops.hard_silu(x)


@register("activation")
def mish(x: Any) -> Any:
    """x tanh(softplus(x))."""
    return ops.mish(x)


@register("activation")
def exponential(x: Any) -> Any:
    """exp(x)."""
    return ops.exp(x)


@register("activation")
def glu(x: Any, axis: int = -1) -> Any:
    """The first half along `axis` times the sigmoid of the second."""
    return ops.glu(x, axis)


@register("activation")
def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) divided by its sum over `axis`."""
    return ops.softmax(x, axis)


@register("activation")
def log_softmax(x: Any, axis: int = -1) -> Any:
    """x minus the logarithm of the sum of exp(x) over `axis`."""
    return ops.log_softmax(x, axis)


@register("activation")
def log_sigmoid(x: Any) -> Any:
    """log(sigmoid(x))."""
    return ops.log_sigmoid(x)


@register("activation")
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The nearest point of the probability simplex."""
    return ops.sparsemax(x, axis)


swish = silu
hard_swish = hard_silu


def fused_name(activation: Any) -> str | None:
    """Name of a built-in activation (which a kernel may compute in passing), else None."""
    name = getattr(activation, "__name__", None)
    return name if lookup("activation", name) is activation else None


def get(identifier: Any) -> Any:
    """The activation that `identifier` names.

    Parameters
    ----------
    identifier : str, function, layer, config dict or None
        None means `linear`.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        For unknown names.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.activations.get("relu") is keras.activations.relu
    True
    """
    if identifier is None:
        return linear
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    elif isinstance(identifier, str):
        found = get_registered_object(identifier) or lookup("activation", identifier)
    else:
        found = identifier
    if callable(found):
        return found
    raise ValueError(f"Could not interpret activation function identifier: {identifier}")


def serialize(activation: Any) -> Any:
    """Name of a built-in activation, else a config dict."""
    config = serialize_keras_object(activation)
    if "config" not in config:
        raise ValueError(
            f"Unknown activation function '{activation}' cannot be serialized due to invalid "
            "function name."
        )
    if not isinstance(activation, FunctionType):
        return config
    if lookup("activation", config["config"]) is activation:
        return config["config"]
    config["config"] = get_registered_name(activation)
    return config


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The activation that a config describes."""
    if isinstance(config, str):
        return get_registered_object(config, custom_objects) or lookup("activation", config)
    return deserialize_keras_object(config, custom_objects, kind="activation")
