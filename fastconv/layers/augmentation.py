"""Layers that disturb images in training."""

import math
from typing import Any

from fastconv import ops, random
from fastconv._registry import register
from fastconv.layers.resizing import ImageLayer
from fastconv.random import SeedGenerator

Shape = tuple[int | None, ...]

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


class _Random(ImageLayer):
    """Base of layers that draw one or two numbers for each image."""

    def __init__(
        self, seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def _draw(self, shape: Shape, low: float, high: float) -> Any:
        return random.uniform(shape, low, high, self.compute_dtype, self.generator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


@register("layer")
class RandomFlip(_Random):
    """In training, mirrors each image with probability 1/2.

    Source: ``keras.layers.RandomFlip``.

    Parameters
    ----------
    mode : {"horizontal_and_vertical", "horizontal", "vertical"}
    seed : int, optional
    data_format : {"channels_last", "channels_first"}, optional
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        if mode not in ("horizontal", "vertical", "horizontal_and_vertical"):
            raise ValueError(
                "mode: expected 'horizontal', 'vertical' or 'horizontal_and_vertical', received "
                f"{mode!r}"
            )
        self.mode = mode

    def change(self, images: Any, training: bool) -> Any:
        if not training:
            return images
        flips = ops.less_equal(self._draw((images.shape[0], 1, 1, 1), 0.0, 1.0), 0.5)
        rows, columns = self._axes()
        if self.mode != "vertical":
            images = ops.where(flips, ops.flip(images, axis=columns), images)
        if self.mode != "horizontal":
            images = ops.where(flips, ops.flip(images, axis=rows), images)
        return images

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}


def _factor(value: Any, low: float, high: float) -> tuple[float, float]:
    """Keras's reading of a `factor`: a number f is -f to f, cut to the bounds."""
    message = (
        "The `factor` argument should be a number (or a list of two numbers) in the range "
        f"[{low}, {high}]. Received: factor={value}"
    )
    if isinstance(value, (tuple, list)):
        if len(value) != 2 or value[0] > high or value[1] < low:
            raise ValueError(message)
        return tuple(sorted(value))
    if not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(message)
    return max(-abs(value), low), abs(value)


@register("layer")
class RandomContrast(_Random):
    """In training, moves each channel's pixels away from their mean by a random factor.

    Source: ``keras.layers.RandomContrast``.

    Parameters
    ----------
    factor : float or pair of float
        The contrast lies between 1 - lower and 1 + upper. As in Keras, a single number f means
        the pair (0, f).
    value_range : pair of float, default (0, 255)
        Pixels are kept within it.
    seed : int, optional
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed, **kwargs)
        self.factor = _factor(factor, 0, 1)
        self.value_range = value_range

    def change(self, images: Any, training: bool) -> Any:
        if not training:
            return images
        shape = (images.shape[0], 1, 1, 1)
        contrast = self._draw(shape, 1.0 - self.factor[0], 1.0 + self.factor[1])
        mean = ops.mean(images, axis=self._axes(), keepdims=True)
        changed = ops.add(ops.multiply(ops.subtract(images, mean), contrast), mean)
        return ops.clip(changed, *(float(v) for v in self.value_range))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "factor": self.factor,
            "value_range": self.value_range,
        }


@register("layer")
class RandomBrightness(_Random):
    """In training, adds a random number to all pixels of an image.

    Source: ``keras.layers.RandomBrightness``.

    Parameters
    ----------
    factor : float or pair of float
        Limits of what is added, in parts of the value range.
    value_range : pair of float, default (0, 255)
        Pixels are kept within it.
    seed : int, optional
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed, **kwargs)
        self.factor = _factor(factor or 0.0, -1, 1)
        if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
            raise ValueError(
                "The `value_range` argument should be a list of two numbers. "
                f"Received: value_range={value_range}"
            )
        self.value_range = sorted(value_range)

    def change(self, images: Any, training: bool) -> Any:
        if not training:
            return images
        low, high = (float(v) for v in self.value_range)
        delta = self._draw((images.shape[0], 1, 1, 1), *self.factor)
        return ops.clip(ops.add(images, ops.multiply(delta, high - low)), low, high)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "factor": self.factor,
            "value_range": self.value_range,
        }


class _Affine(_Random):
    """Base of layers that map each image by a random affine map."""

    def __init__(
        self,
        fill_mode: str,
        interpolation: str,
        seed: int | None,
        fill_value: float,
        data_format: str | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, data_format, **kwargs)
        for name, value, known in (
            ("fill_mode", fill_mode, FILL_MODES),
            ("interpolation", interpolation, INTERPOLATIONS),
        ):
            if value not in known:
                raise NotImplementedError(f"Unknown `{name}` {value}. Expected of one {known}.")
        self.fill_mode = fill_mode
        self.interpolation = interpolation
        self.fill_value = fill_value

    def change(self, images: Any, training: bool) -> Any:
        if not training:
            return images
        n = images.shape[0]
        zero = ops.zeros((n, 1), self.compute_dtype)
        columns = [zero if c is None else c for c in self.maps(n, *self._size(images.shape))]
        return ops.image.affine_transform(
            images,
            ops.concatenate([*columns, zero, zero], axis=1),
            self.interpolation,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )

    def maps(self, n: int, height: int, width: int) -> list[Any]:
        """a0, a1, a2, b0, b1, b2 for n images, each (n, 1); None for zeros."""
        raise NotImplementedError(f"{type(self).__name__} does not define `maps`")

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "fill_mode": self.fill_mode,
            "interpolation": self.interpolation,
            "fill_value": self.fill_value,
        }


@register("layer")
class RandomRotation(_Affine):
    """In training, turns each image about its middle by a random angle.

    Source: ``keras.layers.RandomRotation``.

    Parameters
    ----------
    factor : float or pair of float
        Limits of the angle, in parts of a full turn.
    fill_mode : {"reflect", "wrap", "constant", "nearest"}
    interpolation : {"bilinear", "nearest"}
    seed : int, optional
    fill_value : float, default 0.0
    data_format : {"channels_last", "channels_first"}, optional
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = _factor(factor or 0.0, -1, 1)

    def maps(self, n: int, height: int, width: int) -> list[Any]:
        low, high = (2 * math.pi * f for f in self.factor)
        angle = self._draw((n, 1), low, high)
        cos, sin = ops.cos(angle), ops.sin(angle)
        x, y = 0.5 * (width - 1), 0.5 * (height - 1)  # the middle stays
        a2 = ops.add(ops.subtract(ops.multiply(sin, y), ops.multiply(cos, x)), x)
        b2 = ops.subtract(y, ops.add(ops.multiply(sin, x), ops.multiply(cos, y)))
        return [cos, ops.negative(sin), a2, sin, cos, b2]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


def _limits(value: Any, name: str, message: str, above: float) -> tuple[float, float]:
    pair = value if isinstance(value, (tuple, list)) else None
    if pair is not None and len(pair) != 2:
        raise ValueError(f"{message}Received: {name}={value}")
    if pair is None and not isinstance(value, (int, float)):
        raise ValueError(f"{message}Received: {name}={value}")
    for number in pair or (value,):
        if number > 1.0 or number < -1.0 or number == above:
            raise ValueError(f"{message}Received: input_number={number}")
    return tuple(sorted(pair)) if pair else (-abs(value), abs(value))


@register("layer")
class RandomTranslation(_Affine):
    """In training, moves each image by random parts of its height and width.

    Source: ``keras.layers.RandomTranslation``.

    Parameters
    ----------
    height_factor, width_factor : float or pair of float
        From -1 to 1; positive is down and right.
    fill_mode : {"reflect", "wrap", "constant", "nearest"}
    interpolation : {"bilinear", "nearest"}
    seed : int, optional
    fill_value : float, default 0.0
    data_format : {"channels_last", "channels_first"}, optional
    """

    _message = (
        "The `factor` argument should be a number (or a list of two numbers) in the range "
        "[-1.0, 1.0]. "
    )

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._rows = _limits(height_factor, "height_factor", self._message, math.inf)
        self._columns = _limits(width_factor, "width_factor", self._message, math.inf)

    def maps(self, n: int, height: int, width: int) -> list[Any]:
        down = self._draw((n, 1), *self._rows)
        right = self._draw((n, 1), *self._columns)
        one = ops.ones((n, 1), self.compute_dtype)
        return [
            one,
            None,
            ops.multiply(right, -float(width)),
            None,
            one,
            ops.multiply(down, -float(height)),
        ]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "height_factor": self.height_factor,
            "width_factor": self.width_factor,
        }


@register("layer")
class RandomZoom(_Affine):
    """In training, zooms each image by random factors.

    Source: ``keras.layers.RandomZoom``.

    Parameters
    ----------
    height_factor : float or pair of float
        Above -1, up to 1; positive zooms out.
    width_factor : float or pair of float, optional
        Default: what was drawn for the height.
    fill_mode : {"reflect", "wrap", "constant", "nearest"}
    interpolation : {"bilinear", "nearest"}
    seed : int, optional
    fill_value : float, default 0.0
    data_format : {"channels_last", "channels_first"}, optional
    """

    _message = (
        "The `height_factor` and `width_factor` arguments should be a number (or a list of two "
        "numbers) in the range (-1.0, 1.0]. "
    )

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = height_factor
        self.width_factor = width_factor
        self._rows = _limits(height_factor, "height_factor", self._message, -1.0)
        if width_factor is not None:
            self._columns = _limits(width_factor, "width_factor", self._message, -1.0)

    def maps(self, n: int, height: int, width: int) -> list[Any]:
        rows = self._draw((n, 1), *(1.0 + f for f in self._rows))
        columns = rows
        if self.width_factor is not None:
            columns = self._draw((n, 1), *(1.0 + f for f in self._columns))
        # The middle stays.
        a2 = ops.multiply(ops.subtract(1.0, columns), 0.5 * (width - 1))
        b2 = ops.multiply(ops.subtract(1.0, rows), 0.5 * (height - 1))
        return [columns, None, a2, None, rows, b2]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "height_factor": self.height_factor,
            "width_factor": self.width_factor,
        }
