"""Layers that add, cut off or repeat rows and columns."""

from typing import Any

import numpy as np

from fastconv import ops
from fastconv._registry import register
from fastconv.layers._arguments import standardize_data_format, standardize_tuple
from fastconv.layers._input_spec import InputSpec
from fastconv.layers.layer import Layer

Shape = tuple[int | None, ...]
Pairs = tuple[tuple[int, ...], ...]


class _Spatial(Layer):
    """A layer that changes the lengths of the axes between batch and channels."""

    data_format = "channels_last"

    def _output_dtype(self, inputs: Any) -> str:
        return str(np.dtype(inputs.dtype).name)

    def _first_axis(self) -> int:
        return 2 if self.data_format == "channels_first" else 1

    def _lengths(self, shape: Any, change: Any) -> Shape:
        """`shape` with change(index, length) for each spatial axis of known length."""
        first = self._first_axis()
        sizes = list(shape)
        for i in range(len(shape) - 2):
            if sizes[first + i] is not None:
                sizes[first + i] = change(i, sizes[first + i])
        return tuple(sizes)


def _pairs(value: Any, name: str) -> Pairs:
    """Rows' and columns' (before, after) from an int, two ints or two pairs."""
    if isinstance(value, int):
        if value < 0:
            raise ValueError(f"`{name}` cannot be negative. Received: {name}={value}.")
        return ((value, value), (value, value))
    if not hasattr(value, "__len__"):
        raise ValueError(
            f"`{name}` should be either an int, a tuple of 2 ints (symmetric_height_crop, "
            "symmetric_width_crop), or a tuple of 2 tuples of 2 ints ((top_crop, bottom_crop), "
            f"(left_crop, right_crop)). Received: {name}={value}."
        )
    if len(value) != 2:
        raise ValueError(f"`{name}` should have two elements. Received: {name}={value}.")
    return (
        standardize_tuple(value[0], 2, f"1st entry of {name}", allow_zero=True),
        standardize_tuple(value[1], 2, f"2nd entry of {name}", allow_zero=True),
    )


@register("layer")
class ZeroPadding1D(_Spatial):
    """Zeros before and after the steps of (batch, steps, channels).

    Source: ``keras.layers.ZeroPadding1D``.

    Parameters
    ----------
    padding : int or pair of int, default 1
    data_format : {"channels_last", "channels_first"}, optional
    """

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.padding = standardize_tuple(padding, 2, "padding", allow_zero=True)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        widths: list[tuple[int, ...]] = [(0, 0)] * 3
        widths[self._first_axis()] = self.padding
        return ops.pad(inputs, widths)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return self._lengths(input_shape, lambda i, n: n + sum(self.padding))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "padding": self.padding,
            "data_format": self.data_format,
        }


@register("layer")
class ZeroPadding2D(_Spatial):
    """Zeros around the rows and columns of images.

    Source: ``keras.layers.ZeroPadding2D``.

    Parameters
    ----------
    padding : int, two ints or two pairs of int, default (1, 1)
        Of rows and columns, before and after.
    data_format : {"channels_last", "channels_first"}, optional
    """

    def __init__(
        self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.padding = _pairs(padding, "padding")
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Any) -> Any:
        widths: list[tuple[int, ...]] = [(0, 0)] * 4
        first = self._first_axis()
        widths[first : first + 2] = self.padding
        return ops.pad(inputs, widths)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return self._lengths(input_shape, lambda i, n: n + sum(self.padding[i]))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "padding": self.padding,
            "data_format": self.data_format,
        }


@register("layer")
class Cropping1D(_Spatial):
    """Cuts steps off both ends of (batch, steps, channels).

    Source: ``keras.layers.Cropping1D``.
    """

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cropping = standardize_tuple(cropping, 2, "cropping", allow_zero=True)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        self._check(inputs.shape, "inputs.shape")
        before, after = self.cropping
        return inputs[:, before : inputs.shape[1] - after]

    def _check(self, shape: Any, name: str) -> None:
        if shape[1] is not None and sum(self.cropping) >= shape[1]:
            raise ValueError(
                "`cropping` parameter of `Cropping1D` layer must be smaller than the input "
                f"length. Received: {name}={tuple(shape)}, cropping={self.cropping}"
            )

    def compute_output_shape(self, input_shape: Any) -> Shape:
        self._check(input_shape, "input_shape")
        return self._lengths(input_shape, lambda i, n: n - sum(self.cropping))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cropping": self.cropping}


@register("layer")
class Cropping2D(_Spatial):
    """Cuts rows and columns off images.

    Source: ``keras.layers.Cropping2D``.

    Parameters
    ----------
    cropping : int, two ints or two pairs of int, default ((0, 0), (0, 0))
    data_format : {"channels_last", "channels_first"}, optional
    """

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.cropping = _pairs(cropping, "cropping")
        self.input_spec = InputSpec(ndim=4)

    def _check(self, shape: Any, name: str) -> None:
        first = self._first_axis()
        for (before, after), n in zip(self.cropping, shape[first : first + 2], strict=True):
            if n is not None and before + after >= n:
                raise ValueError(
                    "Values in `cropping` argument should be smaller than the corresponding "
                    f"spatial dimension of the input. Received: {name}={tuple(shape)}, "
                    f"cropping={self.cropping}"
                )

    def call(self, inputs: Any) -> Any:
        self._check(inputs.shape, "inputs.shape")
        first = self._first_axis()
        key = [slice(None)] * 4
        for i, (before, after) in enumerate(self.cropping):
            key[first + i] = slice(before, inputs.shape[first + i] - after)
        return inputs[tuple(key)]

    def compute_output_shape(self, input_shape: Any) -> Shape:
        self._check(input_shape, "input_shape")
        return self._lengths(input_shape, lambda i, n: n - sum(self.cropping[i]))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "cropping": self.cropping,
            "data_format": self.data_format,
        }


@register("layer")
class UpSampling1D(_Spatial):
    """Each step of (batch, steps, channels) `size` times.

    Source: ``keras.layers.UpSampling1D``.
    """

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"Expected an integer value for `size`, got {type(size)}.")
        if size <= 0:
            raise ValueError(f"Argument `size` should be a positive integer. Received: size={size}")
        self.size = size
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        return ops.repeat(inputs, self.size, axis=1)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return self._lengths(input_shape, lambda i, n: n * self.size)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


@register("layer")
class UpSampling2D(_Spatial):
    """Images `size` times as large, by repetition or interpolation.

    Source: ``keras.layers.UpSampling2D``.

    Parameters
    ----------
    size : int or pair of int, default (2, 2)
    data_format : {"channels_last", "channels_first"}, optional
    interpolation : {"nearest", "bilinear", "bicubic"}
    """

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.size = standardize_tuple(size, 2, "size")
        self.interpolation = interpolation.lower()
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Any) -> Any:
        first = self._first_axis()
        rows, columns = self.size
        if self.interpolation == "nearest":
            y = ops.repeat(inputs, rows, axis=first)
            return ops.repeat(y, columns, axis=first + 1)
        height, width = inputs.shape[first : first + 2]
        size = (height * rows, width * columns)
        return ops.image.resize(inputs, size, self.interpolation, data_format=self.data_format)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return self._lengths(input_shape, lambda i, n: n * self.size[i])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "size": self.size,
            "data_format": self.data_format,
            "interpolation": self.interpolation,
        }
