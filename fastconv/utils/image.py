"""Images from and to files and arrays, through Pillow (extra ``fastconv[image]``)."""

from __future__ import annotations

import io
import os
import pathlib
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from fastconv import config
from fastconv._files import replace_on_success

if TYPE_CHECKING:
    from PIL import Image

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow(caller: str) -> Any:
    """Pillow's module ``Image``, or an ImportError that says how to get it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(f'`{caller}` needs Pillow: pip install "fastconv[image]"') from error
    return Image


def standard_data_format(data_format: str | None) -> str:
    """The layout of an image: as given, or the process-wide one."""
    if data_format is None:
        return config.image_data_format()
    name = str(data_format).lower()
    if name not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    return name


def load_img(
    path: str | bytes | pathlib.Path | io.BytesIO,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image.Image:
    """Read an image file.

    Parameters
    ----------
    path
        File name, or the file's content in a ``BytesIO``.
    color_mode
        "grayscale", "rgb" or "rgba"; 16-bit and 32-bit grey stays as it is with "grayscale".
    target_size
        (height, width) to resize to. Default: the size of the file.
    interpolation
        "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
    keep_aspect_ratio
        Cut the middle out to the target's proportions before resizing.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    ImportError
        Pillow is not installed.
    ValueError, TypeError
        An argument has none of its allowed values.
    """
    image_module = pillow("load_img")
    if isinstance(path, io.BytesIO):
        image = image_module.open(path)
    elif isinstance(path, (str, bytes, pathlib.Path)):
        with open(path, "rb") as stream:
            image = image_module.open(io.BytesIO(stream.read()))
    else:
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    image = convert(image, color_mode)
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported methods are "
            f"{', '.join(INTERPOLATIONS)}"
        )
    height, width = target_size
    method = getattr(image_module.Resampling, interpolation.upper())
    box = _centre(image.size, width, height) if keep_aspect_ratio else None
    return image.resize((width, height), method, box=box)


def convert(image: Image.Image, color_mode: str) -> Image.Image:
    """The image in the mode that `color_mode` asks for."""
    if color_mode == "grayscale":
        return image if image.mode in ("L", "I;16", "I") else image.convert("L")
    if color_mode in ("rgb", "rgba"):
        return image if image.mode == color_mode.upper() else image.convert(color_mode.upper())
    raise ValueError('color_mode must be "grayscale", "rgb", or "rgba"')


def _centre(size: tuple[int, int], width: int, height: int) -> tuple[int, int, int, int]:
    """Largest box in the middle of an image of `size` that has the proportions width:height."""
    w, h = min(size[0], size[1] * width // height), min(size[1], size[0] * height // width)
    left, top = (size[0] - w) // 2, (size[1] - h) // 2
    return left, top, left + w, top + h


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """Turn a Pillow image (or anything array-like of rank 2 or 3) into an array of rank 3.

    Parameters
    ----------
    img
        The image.
    data_format
        "channels_last" or "channels_first". Default: ``fastconv.config.image_data_format()``.
    dtype
        Default: ``fastconv.config.floatx()``.
    """
    layout = standard_data_format(data_format)
    array = np.asarray(img, dtype=config.floatx() if dtype is None else dtype)
    if array.ndim == 2:
        array = array[:, :, None]
    elif array.ndim != 3:
        raise ValueError(f"Unsupported image shape: {array.shape}")
    return array.transpose(2, 0, 1) if layout == "channels_first" else array


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Image.Image:
    """Turn an array of rank 3 into a Pillow image.

    Parameters
    ----------
    x
        Array with 1, 3 or 4 channels.
    data_format
        "channels_last" or "channels_first". Default: ``fastconv.config.image_data_format()``.
    scale
        Stretch the values to 0 to 255, smallest to largest; else they are cut to whole numbers.
    dtype
        Type to compute in. Default: ``fastconv.config.floatx()``.
    """
    layout = standard_data_format(data_format)
    image_module = pillow("array_to_img")
    array = np.asarray(x, dtype=config.floatx() if dtype is None else dtype)
    if array.ndim != 3:
        raise ValueError(
            "Expected image array to have rank 3 (single image). "
            f"Got array with shape: {array.shape}"
        )
    if layout == "channels_first":
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - np.min(array)
        largest = np.max(array)
        array = (array / largest if largest != 0 else array) * 255
    channels = array.shape[2]
    if channels in (3, 4):
        return image_module.fromarray(np.ascontiguousarray(array.astype(np.uint8)))
    if channels != 1:
        raise ValueError(f"Unsupported channel number: {channels}")
    grey = np.ascontiguousarray(array[:, :, 0])
    # More than eight bits: Pillow's mode "I", 32-bit integers.
    return image_module.fromarray(grey.astype(np.int32 if np.max(grey) > 255 else np.uint8))


def save_img(
    path: str | os.PathLike[str] | BinaryIO,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array of rank 3 to an image file; an interrupted write leaves the old file.

    Parameters
    ----------
    path
        File name or open binary file.
    x, data_format, scale
        As for `array_to_img`.
    file_format
        Such as "png". Default: the suffix of `path`; an open file needs it.
    **kwargs
        Passed to ``PIL.Image.Image.save``.
    """
    named = isinstance(path, (str, os.PathLike))
    if file_format is None and named:
        file_format = pathlib.Path(path).suffix[1:].lower()  # type: ignore[arg-type]
    if file_format and file_format.lower() == "jpg":
        file_format = "jpeg"
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warnings.warn(
            "The JPEG format does not support RGBA images, converting to RGB.", stacklevel=2
        )
        image = image.convert("RGB")
    if named:
        with replace_on_success(path) as temporary:  # type: ignore[arg-type]
            image.save(temporary, format=file_format or None, **kwargs)
    else:
        image.save(path, format=file_format, **kwargs)
