"""Layers that bring images to a size: `Resizing`, `CenterCrop`, `RandomCrop`."""

from typing import Any

from fastconv import ops, random
from fastconv._registry import register
from fastconv.layers._arguments import standardize_data_format
from fastconv.layers.layer import Layer
from fastconv.random import SeedGenerator
from fastconv.random.seed_generator import make_default_seed

Shape = tuple[int | None, ...]


class ImageLayer(Layer):
    """Base of layers on one image (rank 3) or a batch of them (rank 4).

    Subclasses define `change`, which gets a batch of floats. Called on a dict, ``"images"`` is
    changed and the rest passed on.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)

    def _axes(self) -> tuple[int, int]:
        """Axes of rows and columns, from the end."""
        return (-2, -1) if self.data_format == "channels_first" else (-3, -2)

    def _size(self, shape: Any) -> tuple[int, int]:
        rows, columns = self._axes()
        return shape[rows], shape[columns]

    def call(self, data: Any, training: bool = True) -> Any:
        if isinstance(data, dict):
            return {**data, "images": self.call(data["images"], training)}
        rank = len(data.shape)
        if rank not in (3, 4):
            raise ValueError(
                "Expected image tensor to have rank 3 (single image) or 4 (batch of images). "
                f"Received: data.shape={data.shape}"
            )
        images = ops.cast(data, self.compute_dtype)
        if rank == 4:
            return self.change(images, training)
        return ops.squeeze(self.change(ops.expand_dims(images, 0), training), 0)

    def change(self, images: Any, training: bool) -> Any:
        """The changed batch; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} does not define `change`")

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class _Sized(ImageLayer):
    """A layer whose images have a given height and width afterwards."""

    def __init__(
        self, height: int, width: int, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height = height
        self.width = width

    def compute_output_shape(self, input_shape: Any) -> Shape:
        if len(input_shape) not in (3, 4):
            raise ValueError(
                "`input_shape` must be a non-nested tuple or list of rank-1 with size 3 "
                "(unbatched) or 4 (batched). "
            )
        shape = list(input_shape)
        rows, columns = self._axes()
        shape[rows], shape[columns] = self.height, self.width
        return tuple(shape)

    def _window(self, images: Any, top: int, left: int) -> Any:
        rows, columns = self._axes()
        key = [slice(None)] * 4
        key[rows] = slice(top, top + self.height)
        key[columns] = slice(left, left + self.width)
        return images[tuple(key)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}


@register("layer")
class Resizing(_Sized):
    """Images of another size.

    Source: ``keras.layers.Resizing``.

    Parameters
    ----------
    height, width : int
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"}
    crop_to_aspect_ratio, pad_to_aspect_ratio : bool, default False
    fill_mode : "constant"
    fill_value : float
    antialias : bool, default False
    data_format : {"channels_last", "channels_first"}, optional
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(height, width, data_format, **kwargs)
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = bool(antialias)

    def call(self, data: Any, training: bool = True) -> Any:
        if isinstance(data, dict):
            return {**data, "images": self.call(data["images"], training)}
        return ops.image.resize(
            data,
            (self.height, self.width),
            self.interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "interpolation": self.interpolation,
            "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
            "pad_to_aspect_ratio": self.pad_to_aspect_ratio,
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "antialias": self.antialias,
        }
        for key, default in _YOUNG.items():  # keys that older Keras does not know
            if config[key] == default:
                del config[key]
        return config


_YOUNG = {
    "pad_to_aspect_ratio": False,
    "fill_mode": "constant",
    "fill_value": 0.0,
    "antialias": False,
}


@register("layer")
class CenterCrop(_Sized):
    """The middle of images; what is too small is resized, its aspect ratio kept by cropping.

    Source: ``keras.layers.CenterCrop``.
    """

    def change(self, images: Any, training: bool) -> Any:
        height, width = self._size(images.shape)
        if height >= self.height and width >= self.width:
            return self._window(images, (height - self.height) // 2, (width - self.width) // 2)
        return ops.image.resize(
            images,
            (self.height, self.width),
            crop_to_aspect_ratio=True,
            data_format=self.data_format,
        )


@register("layer")
class RandomCrop(_Sized):
    """In training, a window of images at a random place, the same for the whole batch.

    Source: ``keras.layers.RandomCrop``. Images too small for it are cropped in the middle and
    resized. At inference images are passed on.
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(height, width, data_format, name=name, **kwargs)
        self.seed = seed if seed is not None else make_default_seed()
        self.generator = SeedGenerator(self.seed)

    def change(self, images: Any, training: bool) -> Any:
        if not training:
            return images
        height, width = self._size(images.shape)
        if height <= self.height or width <= self.width:
            return ops.image.resize(
                images,
                (self.height, self.width),
                crop_to_aspect_ratio=True,
                data_format=self.data_format,
            )
        for axis, old, new in zip(
            self._axes(), (height, width), (self.height, self.width), strict=True
        ):
            start = random.uniform((), 0.0, float(old - new + 1), seed=self.generator)
            start = ops.minimum(ops.cast(start, "int32"), old - new)
            images = ops.take(images, ops.add(start, ops.arange(new)), axis=axis)
        return images

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}
