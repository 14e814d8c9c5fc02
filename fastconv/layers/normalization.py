"""Normalising layers: over batches, rows, groups, to unit length."""

import warnings
from typing import Any

from fastconv import constraints, initializers, ops, regularizers
from fastconv._registry import register
from fastconv.config import epsilon as config_epsilon
from fastconv.layers._arguments import check_axes
from fastconv.layers._input_spec import InputSpec
from fastconv.layers.layer import Layer
from fastconv.ops.arrays import assign_into
from fastconv.ops.normalizing import batch_moments, normalize_batch
from fastconv.ops.tape import no_tape


class _Affine(Layer):
    """What the normalising layers with gamma and beta share."""

    def _set_affine(self, arguments: dict[str, Any]) -> None:
        self.center = arguments["center"]
        self.scale = arguments["scale"]
        self.beta_initializer = initializers.get(arguments["beta_initializer"])
        self.gamma_initializer = initializers.get(arguments["gamma_initializer"])
        self.beta_regularizer = regularizers.get(arguments["beta_regularizer"])
        self.gamma_regularizer = regularizers.get(arguments["gamma_regularizer"])
        self.beta_constraint = constraints.get(arguments["beta_constraint"])
        self.gamma_constraint = constraints.get(arguments["gamma_constraint"])
        self.supports_masking = True

    def _add_affine(self, shape: tuple[int, ...]) -> None:
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )

    def _initializers(self) -> dict[str, Any]:
        return {
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
        }

    def _penalties(self) -> dict[str, Any]:
        return {
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
        }

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self.axis, tuple(input_shape))  # type: ignore[attr-defined]
        return tuple(input_shape)


@register("layer")
class BatchNormalization(_Affine):
    """Mean 0 and variance 1 for each channel, then scaled and shifted (Ioffe, Szegedy 2015).

    Source: ``keras.layers.BatchNormalization``. In training the moments are the batch's, and
    moving averages of them (the variance biased) are kept for inference; a layer that is not
    trainable uses these in training too.

    Parameters
    ----------
    axis : int, default -1
        The channels' axis.
    momentum : float, default 0.99
        Of the moving averages.
    epsilon : float, default 0.001
        Added to the variance.
    center, scale : bool, default True
        Whether to shift by beta, to scale by gamma.
    beta_initializer, gamma_initializer : str or Initializer
    moving_mean_initializer, moving_variance_initializer : str or Initializer
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : optional
    renorm : bool, default False
        Batch renormalisation (Ioffe 2017): correct the batch's moments towards moving ones.
    renorm_clipping : dict, optional
        Limits "rmax", "rmin", "dmax" of the corrections.
    renorm_momentum : float, default 0.99
    synchronized : bool, default False
        Kept in the config; there is one device here.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        arguments = locals()
        super().__init__(**kwargs)
        self.axis = int(axis)
        self.synchronized = synchronized
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self._set_affine(arguments)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm = renorm
        if renorm:
            renorm_clipping = _checked_clipping(renorm_clipping or {})
        self.renorm_clipping = renorm_clipping
        self.renorm_momentum = renorm_momentum

    def build(self, input_shape: Any) -> None:
        n = input_shape[self.axis]
        if n is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but the layer "
                f"received an input with shape {tuple(input_shape)}."
            )
        self._add_affine((n,))
        self.moving_mean = self._statistic("moving_mean", n, self.moving_mean_initializer)
        variance = self.moving_variance_initializer
        self.moving_variance = self._statistic("moving_variance", n, variance)
        if self.renorm:

            def deviation(shape: Any, dtype: Any = None) -> Any:
                return ops.sqrt(variance(shape, dtype=dtype))

            self.moving_stddev = self._statistic("moving_stddev", n, deviation)
            self.renorm_mean = self._statistic("renorm_mean", n, self.moving_mean_initializer)
            self.renorm_stddev = self._statistic("renorm_stddev", n, deviation)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: n})

    def _statistic(self, name: str, n: int, initializer: Any) -> Any:
        return self.add_weight(name=name, shape=(n,), initializer=initializer, trainable=False)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                "The mask provided should be one dimension less than the inputs. "
                f"Received: mask.shape={mask.shape}, inputs.shape={inputs.shape}"
            )
        gamma, beta = self.gamma, self.beta
        if not (training and self.trainable):
            return ops.batch_normalization(
                inputs, self.moving_mean, self.moving_variance, self.axis, beta, gamma, self.epsilon
            )
        if mask is None and not self.renorm:
            mean, variance = batch_moments(inputs, self.axis)
            keep = self.momentum
            self._average(self.moving_mean, mean, keep)
            self._average(self.moving_variance, variance, keep)
            return normalize_batch(inputs, mean, variance, self.axis, gamma, beta, self.epsilon)
        mean, variance = self._moments(inputs, mask)
        if self.renorm:
            gamma, beta = self._renormalize(mean, variance)
        else:
            self._average(self.moving_mean, mean.data, self.momentum)
            self._average(self.moving_variance, variance.data, self.momentum)
        return ops.batch_normalization(inputs, mean, variance, self.axis, beta, gamma, self.epsilon)

    @staticmethod
    def _average(moving: Any, value: Any, keep: float) -> None:
        assign_into(moving.data, value, 1.0 - keep, keep)
        moving.version += 1

    def _moments(self, inputs: Any, mask: Any) -> tuple[Any, Any]:
        axes = [i for i in range(len(inputs.shape)) if i != self.axis % len(inputs.shape)]
        if mask is None:
            return ops.moments(inputs, axes)
        inside = ops.broadcast_to(ops.expand_dims(ops.cast(mask, "bool"), -1), inputs.shape)
        count = ops.add(
            ops.sum(ops.cast(inside, inputs.dtype), axes, keepdims=True), config_epsilon()
        )
        mean = ops.divide(ops.sum(ops.where(inside, inputs, 0.0), axes, keepdims=True), count)
        away = ops.square(ops.where(inside, ops.subtract(inputs, mean), 0.0))
        variance = ops.divide(ops.sum(away, axes, keepdims=True), count)
        return ops.ravel(mean), ops.ravel(variance)

    def _renormalize(self, mean: Any, variance: Any) -> tuple[Any, Any]:
        """gamma and beta with the corrections r and d in them; moves the averages on."""
        with no_tape():
            stddev = ops.sqrt(ops.add(variance, self.epsilon))
            base = ops.maximum(self.renorm_stddev, self.epsilon**0.5)
            r = ops.divide(stddev, base)
            d = ops.divide(ops.subtract(mean, self.renorm_mean), base)
            limits = self.renorm_clipping or {}
            if limits.get("rmin") is not None:
                r = ops.maximum(r, limits["rmin"])
            if limits.get("rmax") is not None:
                r = ops.minimum(r, limits["rmax"])
            if limits.get("dmax") is not None:
                d = ops.clip(d, -limits["dmax"], limits["dmax"])
        gamma = r if self.gamma is None else ops.multiply(r, self.gamma)
        beta = d if self.gamma is None else ops.multiply(d, self.gamma)
        if self.beta is not None:
            beta = ops.add(beta, self.beta)
        with no_tape():
            self._average(self.renorm_mean, mean.data, self.renorm_momentum)
            self._average(self.renorm_stddev, stddev.data, self.renorm_momentum)
            self._average(self.moving_mean, mean.data, self.momentum)
            self._average(self.moving_stddev, stddev.data, self.momentum)
            squared = ops.subtract(ops.square(self.moving_stddev), self.epsilon)
            self.moving_variance.assign(ops.relu(squared))
        return gamma, beta

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **self._initializers(),
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            **self._penalties(),
            "synchronized": self.synchronized,
        }
        if self.renorm:  # keys that Keras before 3.14 does not know
            config["renorm"] = True
            config["renorm_clipping"] = self.renorm_clipping
            config["renorm_momentum"] = self.renorm_momentum
        return config


def _checked_clipping(limits: dict[str, float]) -> dict[str, float]:
    keys = ["rmax", "rmin", "dmax"]
    if set(limits) - set(keys):
        raise ValueError(
            f"Received invalid keys for `renorm_clipping` argument: {limits}. "
            f"Supported values: {keys}."
        )
    rmax, rmin, dmax = (limits.get(key) for key in keys)
    if rmax is not None and rmin is not None and rmax < rmin:
        raise ValueError(
            "rmax should be greater than rmin in the `renorm_clipping` argument. "
            f"Received: rmax={rmax}, rmin={rmin}."
        )
    if dmax is not None and dmax < 0:
        raise ValueError(
            f"dmax should be non-negative in the `renorm_clipping` argument. Received: dmax={dmax}."
        )
    return limits


@register("layer")
class LayerNormalization(_Affine):
    """Mean 0 and variance 1 for each sample over `axis`, then scaled and shifted (Ba et al. 2016).

    Source: ``keras.layers.LayerNormalization``.

    Parameters
    ----------
    axis : int or list of int, default -1
    epsilon : float, default 0.001
    center, scale : bool, default True
    beta_initializer, gamma_initializer : str or Initializer
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : optional
    """

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        arguments = locals()
        rms_scaling = kwargs.pop("rms_scaling", False)
        if rms_scaling:
            warnings.warn(
                "`rms_scaling=True` is deprecated: it scales by the variance, not the root mean "
                "square. Use `RMSNormalization` instead.",
                stacklevel=2,
            )
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(
                "Expected an int or a list/tuple of ints for the argument 'axis', but received: "
                f"{axis!r}"
            )
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.epsilon = epsilon
        self.rms_scaling = rms_scaling
        self._set_affine(arguments)

    def build(self, input_shape: Any) -> None:
        given = self.axis if isinstance(self.axis, list) else [self.axis]
        check_axes(given, tuple(input_shape))
        self.axis = sorted(given)
        shape = tuple(input_shape[a] for a in self.axis)
        center, scale = self.center, self.scale
        if self.rms_scaling:
            self.center, self.scale = False, True
        self._add_affine(shape)
        self.center, self.scale = center, scale

    def call(self, inputs: Any) -> Any:
        return ops.layer_normalization(
            inputs, self.gamma, self.beta, self.axis, self.epsilon, rms_scaling=self.rms_scaling
        )

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **self._initializers(),
            **self._penalties(),
        }
        if self.rms_scaling:  # a key that tf_keras does not know
            config["rms_scaling"] = True
        return config


@register("layer")
class RMSNormalization(Layer):
    """Root mean square 1 for each sample over `axis`, then scaled (Zhang, Sennrich 2019).

    Source: ``keras.layers.RMSNormalization``.
    """

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.epsilon = epsilon

    def build(self, input_shape: Any) -> None:
        given = list(self.axis) if isinstance(self.axis, (list, tuple)) else [self.axis]
        self.axis = sorted(given)
        shape = tuple(input_shape[a] for a in self.axis)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")

    def call(self, inputs: Any) -> Any:
        return ops.rms_normalization(inputs, self.scale, self.axis, self.epsilon)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self.axis, tuple(input_shape))
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}


@register("layer")
class GroupNormalization(_Affine):
    """Mean 0 and variance 1 for each sample and group of channels (Wu, He 2018).

    Source: ``keras.layers.GroupNormalization``.

    Parameters
    ----------
    groups : int, default 32
        -1: as many as channels.
    axis : int, default -1
        The channels' axis.
    epsilon : float, default 0.001
    center, scale : bool, default True
    beta_initializer, gamma_initializer : str or Initializer
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : optional
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        arguments = locals()
        if not isinstance(groups, int) or (groups <= 0 and groups != -1):
            raise ValueError(
                "Received an invalid value for argument `groups`, expected a positive integer "
                f"(or `-1` for instance normalization). Received: groups={groups}"
            )
        super().__init__(**kwargs)
        self.groups = groups
        self.axis = axis
        self.epsilon = epsilon
        self._set_affine(arguments)

    def build(self, input_shape: Any) -> None:
        n = input_shape[self.axis]
        if n is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but the layer "
                f"received an input with shape {input_shape}."
            )
        if self.groups == -1:
            self.groups = n
        if n < self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) cannot be more than the number of channels "
                f"({n})."
            )
        if n % self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) must be a multiple of the number of channels "
                f"({n})."
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: n})
        self._add_affine((n,))

    def call(self, inputs: Any) -> Any:
        shape = inputs.shape
        axis = self.axis % len(shape)
        size = shape[axis] // self.groups
        x = ops.reshape(inputs, (*shape[:axis], self.groups, size, *shape[axis + 1 :]))
        axes = [i for i in range(1, len(x.shape)) if i != axis]
        y = ops.layer_normalization(x, None, None, axes, self.epsilon)
        y = ops.reshape(y, shape)
        channels = [1] * len(shape)
        channels[axis] = shape[axis]
        if self.gamma is not None:
            y = ops.multiply(y, ops.reshape(self.gamma, channels))
        if self.beta is not None:
            y = ops.add(y, ops.reshape(self.beta, channels))
        return y

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "groups": self.groups,
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **self._initializers(),
            **self._penalties(),
        }


@register("layer")
class UnitNormalization(Layer):
    """Length 1 for each sample over `axis`.

    Source: ``keras.layers.UnitNormalization``.
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(
                "Invalid value for `axis` argument: expected an int or a list/tuple of ints. "
                f"Received: axis={axis}"
            )
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return ops.normalize(inputs, axis=self.axis, order=2, epsilon=1e-12)

    def compute_output_shape(self, input_shape: Any) -> Any:
        for axis in [self.axis] if isinstance(self.axis, int) else self.axis:
            if not -len(input_shape) <= axis < len(input_shape):
                raise ValueError(
                    f"Axis {self.axis} is out of bounds for input shape {tuple(input_shape)}."
                )
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
