"""`DepthwiseConv1D/2D` and `SeparableConv1D/2D`: kernels of their own for every channel."""

from typing import Any

from fastconv._registry import register
from fastconv.layers._windows import BaseConv
from fastconv.ops.conv import convolve, convolve_depthwise


class _Depthwise(BaseConv):
    """A depthwise convolution with kernel (*kernel_size, channels, depth_multiplier)."""

    _kernels = ("depthwise",)

    def __init__(self, depth_multiplier: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check_positive("depth_multiplier", depth_multiplier)
        self.depth_multiplier = depth_multiplier

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = self._add("kernel", shape, "depthwise")
        if self.use_bias:
            self.bias = self._add("bias", (channels * self.depth_multiplier,))
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self._activate(
            lambda activation: convolve_depthwise(
                inputs,
                self.kernel,
                self.bias,
                self.strides,
                self.padding,
                self.data_format,
                self.dilation_rate,
                activation,
            )
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        channels = input_shape[-1 if self.data_format == "channels_last" else 1]
        return self._output_shape(input_shape, channels * self.depth_multiplier)

    def get_config(self) -> dict[str, Any]:
        return self._config({"depth_multiplier": self.depth_multiplier})


class _Separable(BaseConv):
    """A depthwise convolution, then one with kernels of one pixel that mixes the channels."""

    _kernels = ("depthwise", "pointwise")

    def __init__(self, depth_multiplier: int, filters: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check_positive("depth_multiplier", depth_multiplier)
        self._check_positive("filters", filters)
        self.depth_multiplier = depth_multiplier
        self.filters = filters

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        depth = (*self.kernel_size, channels, self.depth_multiplier)
        point = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        self.depthwise_kernel = self._add("depthwise_kernel", depth, "depthwise")
        self.pointwise_kernel = self._add("pointwise_kernel", point, "pointwise")
        if self.use_bias:
            self.bias = self._add("bias", (self.filters,))
        self.built = True

    def call(self, inputs: Any) -> Any:
        mixed = convolve_depthwise(
            inputs,
            self.depthwise_kernel,
            None,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )
        return self._activate(
            lambda activation: convolve(
                mixed,
                self.pointwise_kernel,
                self.bias,
                data_format=self.data_format,
                activation=activation,
            )
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._output_shape(input_shape, self.filters)

    def get_config(self) -> dict[str, Any]:
        return self._config({"depth_multiplier": self.depth_multiplier, "filters": self.filters})


@register("layer")
class DepthwiseConv1D(_Depthwise):
    """Convolution of sequences in which every channel has kernels of its own.

    Source: ``keras.layers.DepthwiseConv1D``.

    Parameters
    ----------
    kernel_size : int
    strides : int, default 1
    padding : {"valid", "same"}
    depth_multiplier : int, default 1
        Outputs for each channel.
    data_format : {"channels_last", "channels_first"}, optional
    dilation_rate : int, default 1
    activation : str, callable or layer, optional
    use_bias : bool, default True
    depthwise_initializer : default "glorot_uniform"
        For the kernel of shape (*kernel_size, channels, depth_multiplier).
    bias_initializer : default "zeros"
    depthwise_regularizer, bias_regularizer, activity_regularizer : optional
    depthwise_constraint, bias_constraint : optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.DepthwiseConv1D(3, depth_multiplier=2)(np.ones((2, 10, 4))).shape
    (2, 8, 8)
    """

    rank = 1

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            depth_multiplier,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            options={
                "depthwise_initializer": depthwise_initializer,
                "bias_initializer": bias_initializer,
                "depthwise_regularizer": depthwise_regularizer,
                "bias_regularizer": bias_regularizer,
                "depthwise_constraint": depthwise_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )


@register("layer")
class DepthwiseConv2D(_Depthwise):
    """Convolution of images in which every channel has kernels of its own.

    Source: ``keras.layers.DepthwiseConv2D``.

    Parameters
    ----------
    kernel_size : int or tuple of 2 int
    strides : int or tuple of 2 int, default (1, 1)
    padding : {"valid", "same"}
    depth_multiplier : int, default 1
        Outputs for each channel.
    data_format : {"channels_last", "channels_first"}, optional
    dilation_rate : int or tuple of 2 int, default (1, 1)
    activation : str, callable or layer, optional
    use_bias : bool, default True
    depthwise_initializer : default "glorot_uniform"
        For the kernel of shape (*kernel_size, channels, depth_multiplier).
    bias_initializer : default "zeros"
    depthwise_regularizer, bias_regularizer, activity_regularizer : optional
    depthwise_constraint, bias_constraint : optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.DepthwiseConv2D(3, padding="same")(np.ones((1, 8, 8, 3))).shape
    (1, 8, 8, 3)
    """

    rank = 2

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            depth_multiplier,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            options={
                "depthwise_initializer": depthwise_initializer,
                "bias_initializer": bias_initializer,
                "depthwise_regularizer": depthwise_regularizer,
                "bias_regularizer": bias_regularizer,
                "depthwise_constraint": depthwise_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )


@register("layer", aliases=("SeparableConvolution1D",))
class SeparableConv1D(_Separable):
    """Depthwise convolution of sequences, then a mix of the channels pixel by pixel.

    Source: ``keras.layers.SeparableConv1D``.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size : int
    strides : int, default 1
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional
    dilation_rate : int, default 1
    depth_multiplier : int, default 1
        Outputs of the depthwise convolution for each channel.
    activation : str, callable or layer, optional
    use_bias : bool, default True
    depthwise_initializer, pointwise_initializer : default "glorot_uniform"
        For kernels of shape (*kernel_size, channels, depth_multiplier) and
        (1..., channels * depth_multiplier, filters).
    bias_initializer : default "zeros"
    depthwise_regularizer, pointwise_regularizer, bias_regularizer : optional
    activity_regularizer : optional
    depthwise_constraint, pointwise_constraint, bias_constraint : optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.SeparableConv1D(8, 3)(np.ones((2, 10, 4))).shape
    (2, 8, 8)
    """

    rank = 1

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            depth_multiplier,
            filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            options={
                "depthwise_initializer": depthwise_initializer,
                "pointwise_initializer": pointwise_initializer,
                "bias_initializer": bias_initializer,
                "depthwise_regularizer": depthwise_regularizer,
                "pointwise_regularizer": pointwise_regularizer,
                "bias_regularizer": bias_regularizer,
                "depthwise_constraint": depthwise_constraint,
                "pointwise_constraint": pointwise_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )


@register("layer", aliases=("SeparableConvolution2D",))
class SeparableConv2D(_Separable):
    """Depthwise convolution of images, then a mix of the channels pixel by pixel.

    Source: ``keras.layers.SeparableConv2D``.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size : int or tuple of 2 int
    strides : int or tuple of 2 int, default (1, 1)
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional
    dilation_rate : int or tuple of 2 int, default (1, 1)
    depth_multiplier : int, default 1
        Outputs of the depthwise convolution for each channel.
    activation : str, callable or layer, optional
    use_bias : bool, default True
    depthwise_initializer, pointwise_initializer : default "glorot_uniform"
        For kernels of shape (*kernel_size, channels, depth_multiplier) and
        (1..., channels * depth_multiplier, filters).
    bias_initializer : default "zeros"
    depthwise_regularizer, pointwise_regularizer, bias_regularizer : optional
    activity_regularizer : optional
    depthwise_constraint, pointwise_constraint, bias_constraint : optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.SeparableConv2D(16, 3)(np.ones((1, 8, 8, 3))).shape
    (1, 6, 6, 16)
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = (1, 1),
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            depth_multiplier,
            filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            options={
                "depthwise_initializer": depthwise_initializer,
                "pointwise_initializer": pointwise_initializer,
                "bias_initializer": bias_initializer,
                "depthwise_regularizer": depthwise_regularizer,
                "pointwise_regularizer": pointwise_regularizer,
                "bias_regularizer": bias_regularizer,
                "depthwise_constraint": depthwise_constraint,
                "pointwise_constraint": pointwise_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )


SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
