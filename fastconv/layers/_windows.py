"""What layers with sliding windows share: checks of their arguments, and the convolutions' base."""

from collections.abc import Sequence
from typing import Any

from fastconv import activations, constraints, initializers, regularizers
from fastconv.config import image_data_format
from fastconv.layers._input_spec import InputSpec
from fastconv.layers.layer import Layer
from fastconv.ops._geometry import check_padding, conv_output_shape
from fastconv.ops.dense import FUSED


def size_tuple(value: Any, rank: int, name: str, allow_zero: bool = False) -> tuple[int, ...]:
    """`value`, an integer or `rank` of them, as a tuple; Keras's ValueError if it is not."""
    told = f"The `{name}` argument must be a tuple of {rank} integers. Received {name}={value}"
    if isinstance(value, int):
        sizes = (value,) * rank
    elif isinstance(value, Sequence) and not isinstance(value, str):
        sizes = tuple(value)
    else:
        raise ValueError(told)
    if len(sizes) != rank:
        raise ValueError(told)
    for size in sizes:
        if not isinstance(size, int):
            raise ValueError(f"{told} including element {size} of type {type(size)}")
    wrong = {size for size in sizes if size < 0 or (size == 0 and not allow_zero)}
    if wrong:
        sign = ">= 0" if allow_zero else "> 0"
        raise ValueError(f"{told}, including values {wrong} that do not satisfy `value {sign}`")
    return sizes


def layout(data_format: Any) -> str:
    """`data_format`, or the configured one for None."""
    if data_format is None:
        return image_data_format()
    text = str(data_format).lower()
    if text not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
            f"Received: data_format={text}"
        )
    return text


class BaseConv(Layer):
    """Base of all convolutions: `rank` 1 for sequences, 2 for images.

    A subclass names its weights in ``_kernels``, in the order in which they are made; each has an
    initializer, regularizer and constraint called after it.
    """

    rank = 2
    _kernels: tuple[str, ...] = ("kernel",)
    _causal = False

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        activity_regularizer: Any,
        options: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        rank = self.rank
        self.kernel_size = size_tuple(kernel_size, rank, "kernel_size")
        self.strides = size_tuple(strides, rank, "strides")
        self.dilation_rate = size_tuple(dilation_rate, rank, "dilation_rate")
        self.padding = check_padding(padding, causal=self._causal)
        self.data_format = layout(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        for name in (*self._kernels, "bias"):
            for kind, module in (
                ("initializer", initializers),
                ("regularizer", regularizers),
                ("constraint", constraints),
            ):
                key = f"{name}_{kind}"
                setattr(self, key, module.get(options.pop(key)))
        self.input_spec = InputSpec(min_ndim=rank + 2)
        self.bias: Any = None

    def _check_positive(self, name: str, value: Any) -> None:
        if value is not None and value <= 0:
            raise ValueError(
                f"Invalid value for argument `{name}`. Expected a strictly positive value. "
                f"Received {name}={value}."
            )

    def _check_dilation(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            )

    def _channels(self, input_shape: Any) -> int:
        """Channels of the input; they must be known, and stay the same from now on."""
        axis = -1 if self.data_format == "channels_last" else 1
        channels = input_shape[axis]
        if channels is None:
            raise ValueError(
                f"layer '{self.name}': the number of channels of its input must be known, "
                f"received input_shape={tuple(input_shape)}"
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _add(self, name: str, shape: tuple[int, ...], stem: str | None = None) -> Any:
        stem = stem or name
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{stem}_initializer"),
            regularizer=getattr(self, f"{stem}_regularizer"),
            constraint=getattr(self, f"{stem}_constraint"),
        )

    def _activate(self, convolve: Any) -> Any:
        """``convolve(activation)`` with the activation in the kernel's epilogue if it can be."""
        fused = activations.fused_name(self.activation)
        # A sigmoid stays apart: its output remembers the logits for the cross-entropy.
        if fused in FUSED and fused != "sigmoid":
            return convolve(fused)
        return self.activation(convolve(None))

    def _output_shape(self, input_shape: Any, filters: int) -> Any:
        return conv_output_shape(
            tuple(input_shape),
            filters,
            self.kernel_size,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )

    def _config(self, first: dict[str, Any], middle: dict[str, Any] | None = None) -> Any:
        """Keras's config: `first`, the windows with `middle` after the padding, the weights."""
        config = {
            **super().get_config(),
            **first,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            **(middle or {}),
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
        }
        names = (*self._kernels, "bias")
        for name in names:
            key = f"{name}_initializer"
            config[key] = initializers.serialize(getattr(self, key))
        for name in names:
            key = f"{name}_regularizer"
            config[key] = regularizers.serialize(getattr(self, key))
        config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        for name in names:
            key = f"{name}_constraint"
            config[key] = constraints.serialize(getattr(self, key))
        return config
