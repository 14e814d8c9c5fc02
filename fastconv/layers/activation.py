"""Activations as layers."""

import warnings
from typing import Any

from fastconv import activations, constraints, initializers, ops, regularizers
from fastconv._registry import register
from fastconv.layers._input_spec import InputSpec
from fastconv.layers.layer import Layer


class _Elementwise(Layer):
    """A layer without weights whose output has the shape of its input."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)


@register("layer")
class Activation(_Elementwise):
    """Any activation, by name or function.

    Source: ``keras.layers.Activation``.
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


@register("layer")
class ReLU(_Elementwise):
    """x above `threshold`, at most `max_value`; negative_slope (x - threshold) below.

    Source: ``keras.layers.ReLU``.
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0.0:
            raise ValueError(
                "max_value of a ReLU layer cannot be a negative value. "
                f"Received: max_value={max_value}"
            )
        for name, value in (("negative_slope", negative_slope), ("threshold", threshold)):
            if value is None or value < 0.0:
                raise ValueError(
                    f"{name} of a ReLU layer cannot be None or a negative value. "
                    f"Received: {name}={value}"
                )
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


@register("layer")
class LeakyReLU(_Elementwise):
    """x, times `negative_slope` where it is negative.

    Source: ``keras.layers.LeakyReLU``.
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn(
                "Argument `alpha` is deprecated. Use `negative_slope` instead.", stacklevel=2
            )
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. "
                f"Expected a float. Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope

    def call(self, inputs: Any) -> Any:
        return ops.leaky_relu(inputs, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}


@register("layer")
class ELU(_Elementwise):
    """x, or alpha (exp(x) - 1) where it is negative.

    Source: ``keras.layers.ELU``.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: Any) -> Any:
        return ops.elu(inputs, self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


@register("layer")
class Softmax(_Elementwise):
    """exp(x) divided by its sum over `axis`; where `mask` is False the output is 0.

    Source: ``keras.layers.Softmax``.
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            if len(mask.shape) > len(inputs.shape):
                raise ValueError(
                    "The `mask` must be broadcastable to `inputs` and must not have more "
                    f"dimensions. Received: inputs.shape={inputs.shape}, mask.shape={mask.shape}"
                )
            sizes = zip(mask.shape[::-1], inputs.shape[::-1], strict=False)
            if any(m not in (1, n) for m, n in sizes if m is not None and n is not None):
                raise ValueError(
                    "The `mask` must be broadcastable to `inputs`. Each mask dimension must be 1 "
                    "or match the corresponding input dimension. Received: "
                    f"inputs.shape={inputs.shape}, mask.shape={mask.shape}"
                )
            inputs = ops.where(ops.cast(mask, "bool"), inputs, -1e9)
        axis = self.axis
        outputs = ops.softmax(inputs, tuple(axis) if isinstance(axis, (list, tuple)) else axis)
        return outputs if mask is None else ops.where(ops.cast(mask, "bool"), outputs, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


@register("layer")
class PReLU(Layer):
    """x, times a trained `alpha` where it is negative (He et al. 2015).

    Source: ``keras.layers.PReLU``.

    Parameters
    ----------
    alpha_initializer : str or Initializer, default "Zeros"
    alpha_regularizer, alpha_constraint : optional
    shared_axes : list of int, optional
        Axes along which one alpha serves all.
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None:
            single = not isinstance(shared_axes, (list, tuple))
            shared_axes = [shared_axes] if single else list(shared_axes)
        self.shared_axes = shared_axes

    def build(self, input_shape: Any) -> None:
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            name="alpha",
            shape=tuple(shape),
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        axes = {}
        if self.shared_axes:
            axes = {
                i: input_shape[i] for i in range(1, len(input_shape)) if i not in self.shared_axes
            }
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs: Any) -> Any:
        negative = ops.multiply(self.alpha, ops.relu(ops.negative(inputs)))
        return ops.subtract(ops.relu(inputs), negative)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }
