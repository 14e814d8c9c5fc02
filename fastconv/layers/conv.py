"""`Conv1D`, `Conv2D` and the transposed `Conv1DTranspose`, `Conv2DTranspose`."""

from typing import Any

from fastconv._registry import register
from fastconv.layers._windows import BaseConv, size_tuple
from fastconv.ops._geometry import conv_transpose_output_shape
from fastconv.ops.conv import convolve, convolve_transposed


class _Conv(BaseConv):
    """A convolution with kernel (*kernel_size, channels / groups, filters)."""

    def __init__(self, filters: int, groups: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check_positive("filters", filters)
        if groups <= 0:
            raise ValueError(
                f"The number of groups must be a positive integer. Received: groups={groups}."
            )
        if filters % groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={groups}, filters={filters}."
            )
        self._check_dilation()
        self.filters = filters
        self.groups = groups

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. "
                f"Received groups={self.groups}, but the input has {channels} channels (full "
                f"input shape is {tuple(input_shape)})."
            )
        self.compute_output_shape(input_shape)
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self._add("kernel", shape)
        if self.use_bias:
            self.bias = self._add("bias", (self.filters,))
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self._activate(
            lambda activation: convolve(
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
        return self._output_shape(input_shape, self.filters)

    def get_config(self) -> dict[str, Any]:
        config = self._config({"filters": self.filters})
        return {**config, "groups": self.groups}


@register("layer", aliases=("Convolution1D",))
class Conv1D(_Conv):
    """Convolution along the steps of a sequence.

    Source: ``keras.layers.Conv1D``.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size : int
    strides : int, default 1
    padding : {"valid", "same", "causal"}
        "causal": output t depends on inputs up to t.
    data_format : {"channels_last", "channels_first"}, optional
        (batch, steps, channels) or (batch, channels, steps); default: the configured one.
    dilation_rate : int, default 1
        Steps between taps.
    groups : int, default 1
        Channels are split into so many groups that are convolved apart.
    activation : str, callable or layer, optional
    use_bias : bool, default True
    kernel_initializer : default "glorot_uniform"
        For the kernel of shape (kernel_size, channels / groups, filters).
    bias_initializer : default "zeros"
    kernel_regularizer, bias_regularizer, activity_regularizer : optional
    kernel_constraint, bias_constraint : optional

    Raises
    ------
    ValueError
        For arguments that are out of range, and when built for an input too short for a window.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.Conv1D(8, 3, padding="causal")(np.ones((2, 10, 4))).shape
    (2, 10, 8)
    """

    rank = 1
    _causal = True

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            groups,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            options={
                "kernel_initializer": kernel_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "bias_regularizer": bias_regularizer,
                "kernel_constraint": kernel_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )


@register("layer", aliases=("Convolution2D",))
class Conv2D(_Conv):
    """Convolution over images.

    Source: ``keras.layers.Conv2D``.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size : int or tuple of 2 int
    strides : int or tuple of 2 int, default (1, 1)
    padding : {"valid", "same"}
        "same" pads so that ``ceil(size / stride)`` windows fit, an odd rest at the end.
    data_format : {"channels_last", "channels_first"}, optional
        (batch, height, width, channels) or (batch, channels, height, width).
    dilation_rate : int or tuple of 2 int, default (1, 1)
        Pixels between taps.
    groups : int, default 1
        Channels are split into so many groups that are convolved apart.
    activation : str, callable or layer, optional
    use_bias : bool, default True
    kernel_initializer : default "glorot_uniform"
        For the kernel of shape (*kernel_size, channels / groups, filters).
    bias_initializer : default "zeros"
    kernel_regularizer, bias_regularizer, activity_regularizer : optional
    kernel_constraint, bias_constraint : optional

    Raises
    ------
    ValueError
        For arguments that are out of range, and when built for images smaller than a window.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.Conv2D(32, 3, activation="relu")(np.ones((1, 28, 28, 1))).shape
    (1, 26, 26, 32)
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
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            groups,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            options={
                "kernel_initializer": kernel_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "bias_regularizer": bias_regularizer,
                "kernel_constraint": kernel_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )


class _ConvTranspose(BaseConv):
    """A transposed convolution with kernel (*kernel_size, filters, channels)."""

    def __init__(self, filters: int, output_padding: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check_positive("filters", filters)
        self.filters = filters
        self.output_padding: tuple[int, ...] | None = None
        if output_padding is not None:
            extra = size_tuple(output_padding, self.rank, "output_padding", allow_zero=True)
            for i, (pad, stride) in enumerate(zip(extra, self.strides, strict=True)):
                if pad >= stride:
                    raise ValueError(
                        "`output_padding` must be strictly less than `strides` for all "
                        f"dimensions. At dimension {i}, `output_padding` is {pad} but `strides` "
                        f"is {stride}. Received: output_padding={extra}, strides={self.strides}"
                    )
            self.output_padding = extra
        self._check_dilation()

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self.kernel = self._add("kernel", (*self.kernel_size, self.filters, channels))
        if self.use_bias:
            self.bias = self._add("bias", (self.filters,))
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self._activate(
            lambda activation: convolve_transposed(
                inputs,
                self.kernel,
                self.bias,
                self.strides,
                self.padding,
                self.output_padding,
                self.data_format,
                self.dilation_rate,
                activation,
            )
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return conv_transpose_output_shape(
            tuple(input_shape),
            self.filters,
            self.kernel_size,
            self.strides,
            self.padding,
            self.output_padding,
            self.data_format,
            self.dilation_rate,
        )

    def get_config(self) -> dict[str, Any]:
        return self._config({"filters": self.filters}, {"output_padding": self.output_padding})


@register("layer", aliases=("Convolution1DTranspose",))
class Conv1DTranspose(_ConvTranspose):
    """Transposed convolution of sequences: with a stride it makes them longer.

    Source: ``keras.layers.Conv1DTranspose``.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size : int
    strides : int, default 1
    padding : {"valid", "same"}
        "same" gives ``steps * strides`` steps.
    output_padding : int, optional
        Steps added at the end; less than `strides`.
    data_format : {"channels_last", "channels_first"}, optional
    dilation_rate : int, default 1
    activation : str, callable or layer, optional
    use_bias : bool, default True
    kernel_initializer : default "glorot_uniform"
        For the kernel of shape (kernel_size, filters, channels).
    bias_initializer : default "zeros"
    kernel_regularizer, bias_regularizer, activity_regularizer : optional
    kernel_constraint, bias_constraint : optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.Conv1DTranspose(8, 3, strides=2, padding="same")(np.ones((2, 5, 4))).shape
    (2, 10, 8)
    """

    rank = 1

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            output_padding,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            options={
                "kernel_initializer": kernel_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "bias_regularizer": bias_regularizer,
                "kernel_constraint": kernel_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )


@register("layer", aliases=("Convolution2DTranspose",))
class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution of images: with a stride it makes them larger.

    Source: ``keras.layers.Conv2DTranspose``.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size : int or tuple of 2 int
    strides : int or tuple of 2 int, default (1, 1)
    padding : {"valid", "same"}
        "same" gives ``size * strides`` pixels.
    output_padding : int or tuple of 2 int, optional
        Pixels added at the end; less than `strides`.
    data_format : {"channels_last", "channels_first"}, optional
    dilation_rate : int or tuple of 2 int, default (1, 1)
    activation : str, callable or layer, optional
    use_bias : bool, default True
    kernel_initializer : default "glorot_uniform"
        For the kernel of shape (*kernel_size, filters, channels).
    bias_initializer : default "zeros"
    kernel_regularizer, bias_regularizer, activity_regularizer : optional
    kernel_constraint, bias_constraint : optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> layer = keras.layers.Conv2DTranspose(8, 3, strides=2, padding="same")
    >>> layer(np.ones((1, 7, 7, 4))).shape
    (1, 14, 14, 8)
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            output_padding,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            options={
                "kernel_initializer": kernel_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "bias_regularizer": bias_regularizer,
                "kernel_constraint": kernel_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )


Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
