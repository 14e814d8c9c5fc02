"""``keras.ops.image``: resizing of images, affine maps of them."""

import functools
from typing import Any

import numpy as np

from fastconv.ops import arrays
from fastconv.ops.arrays import empty, split_axis
from fastconv.ops.dtypes import to_float
from fastconv.ops.indexing import take
from fastconv.ops.symbolic import op
from fastconv.ops.tape import record
from fastconv.ops.tensor import GRAIN, Tensor, convert, kernel, run

__all__ = ["affine_transform", "resize"]

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")

Tables = tuple[np.ndarray, np.ndarray]


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(0, 1 - x)


def _cubic(x: np.ndarray) -> np.ndarray:
    """Cubic convolution with a = -1/2 (Keys 1981)."""
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0))


def _lanczos(x: np.ndarray, radius: int) -> np.ndarray:
    return np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0)


_KERNELS: dict[str, Any] = {
    "bilinear": (_triangle, 1),
    "bicubic": (_cubic, 2),
    "lanczos3": (functools.partial(_lanczos, radius=3), 3),
    "lanczos5": (functools.partial(_lanczos, radius=5), 5),
}


def _pack(matrix: np.ndarray, dtype: np.dtype) -> Tables:
    """A matrix's nonzero elements by rows: indices and weights, rows padded with weight 0."""
    width = max(1, int((matrix != 0).sum(axis=1).max(initial=0)))
    index = np.zeros((matrix.shape[0], width), np.int32)
    weight = np.zeros((matrix.shape[0], width), dtype)
    for j, row in enumerate(matrix):
        used = np.flatnonzero(row)
        index[j, : len(used)] = used
        weight[j, : len(used)] = row[used]
    return index, weight


@functools.lru_cache(maxsize=256)
def _tables(
    old: int, new: int, method: str, antialias: bool, dtype: np.dtype
) -> tuple[Tables, Tables]:
    """Tables forward and backward; pixel centres lie at half numbers."""
    function, radius = _KERNELS[method]
    scale = old / new
    centre = (np.arange(new) + 0.5) * scale - 0.5
    stretch = max(scale, 1.0) if antialias else 1.0
    away = np.abs(centre[:, None] - np.arange(old)) / stretch
    matrix = np.where(away < radius, function(away), 0.0)
    total = matrix.sum(axis=1, keepdims=True)
    matrix = matrix / np.where(total == 0, 1, total)
    return _pack(matrix, dtype), _pack(matrix.T, dtype)


def _blend(x: np.ndarray, tables: Tables, axis: int) -> np.ndarray:
    index, weight = tables
    A, R, B = split_axis(x.shape, axis)
    J, T = index.shape
    y = empty((*x.shape[:axis], J, *x.shape[axis + 1 :]), x.dtype)
    grain = max(1, GRAIN // max(1, B * T))
    run(kernel("resize_blend", x.dtype), (y, x, index, weight), (R, B, J, T), (), A * J, grain)
    return y


def _along(x: Tensor, axis: int, new: int, method: str, antialias: bool) -> Tensor:
    old = x.shape[axis]
    if method == "nearest":
        index = np.floor((np.arange(new) + 0.5) * (old / new)).astype(np.int32)
        return take(x, np.minimum(index, old - 1), axis)
    forward, backward = _tables(old, new, method, antialias, x.data.dtype)
    y = Tensor(_blend(x.data, forward, axis))
    return record(y, (x,), lambda dy, need: (_blend(dy, backward, axis),))


@op
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Images, or one image, of another size.

    Source: ``keras.ops.image.resize``.

    Parameters
    ----------
    images : tensor of rank 3 or 4
    size : (height, width)
    interpolation : {"bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"}
    antialias : bool, default False
        Widen the kernel when images become smaller.
    crop_to_aspect_ratio, pad_to_aspect_ratio : bool, default False
        Cut or fill up to the new ratio first, so that nothing is distorted.
    fill_mode : "constant"
    fill_value : float
    data_format : {"channels_last", "channels_first"}, optional
    """
    from fastconv.config import image_data_format
    from fastconv.ops.shaping import pad

    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"Invalid value for argument `interpolation`. Expected of one {INTERPOLATIONS}. "
            f"Received: interpolation={interpolation}"
        )
    if fill_mode != "constant":
        raise ValueError(
            "Invalid value for argument `fill_mode`. Only `'constant'` is supported. "
            f"Received: fill_mode={fill_mode}"
        )
    if pad_to_aspect_ratio and crop_to_aspect_ratio:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`."
        )
    if any(n is not None and n < 1 for n in size):
        raise ValueError(f"`size` must have positive height and width. Received: size={size}")
    if len(size) != 2:
        raise ValueError(
            "Argument `size` must be a tuple of two elements (height, width). "
            f"Received: size={size}"
        )
    x = convert(images)
    if x.ndim not in (3, 4):
        raise ValueError(
            "Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
            f"Received input with shape: images.shape={x.shape}"
        )
    whole = x.data.dtype
    x = to_float(x)
    first = x.ndim - (2 if (data_format or image_data_format()) == "channels_first" else 3)
    height, width = x.shape[first : first + 2]
    new_height, new_width = (int(n) for n in size)
    if crop_to_aspect_ratio:
        h = max(1, min(height, int(width * new_height / new_width)))
        w = max(1, min(width, int(height * new_width / new_height)))
        top, left = int((height - h) / 2), int((width - w) / 2)
        x = x[(slice(None),) * first + (slice(top, top + h), slice(left, left + w))]
    elif pad_to_aspect_ratio:
        h = max(height, int(width * new_height / new_width))
        w = max(width, int(height * new_width / new_height))
        top, left = int((h - height) / 2), int((w - width) / 2)
        widths = [(0, 0)] * x.ndim
        if top:
            widths[first] = (top, top)
        elif left:
            widths[first + 1] = (left, left)
        x = pad(x, widths, constant_values=fill_value)
    for axis, n in ((first, new_height), (first + 1, new_width)):
        if x.shape[axis] != n:
            x = _along(x, axis, n, interpolation, antialias)
    if whole.kind in "iu":
        info = np.iinfo(whole)
        rounded = arrays.unary("round", x.data)
        limits = np.asarray(info.min, rounded.dtype), np.asarray(info.max, rounded.dtype)
        clipped = arrays.binary("maximum", rounded, limits[0])
        return Tensor(arrays.cast(arrays.binary("minimum", clipped, limits[1]), whole))
    return x


FILL_MODES = ("constant", "nearest", "reflect", "wrap")


@op
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images, or one image, with pixels fetched from where an affine map leads.

    Source: ``keras.ops.image.affine_transform``. The gradient goes to the images only.

    Parameters
    ----------
    images : tensor of rank 3 or 4
    transform : tensor of shape (8,) or (batch, 8)
        (a0, a1, a2, b0, b1, b2, 0, 0): pixel (x, y) comes from (a0 x + a1 y + a2,
        b0 x + b1 y + b2).
    interpolation : {"bilinear", "nearest"}
    fill_mode : {"constant", "nearest", "reflect", "wrap"}
        What stands outside.
    fill_value : float
        With "constant".
    data_format : {"channels_last", "channels_first"}, optional
    """
    from fastconv.config import image_data_format

    if interpolation not in ("bilinear", "nearest"):
        raise ValueError(
            "Invalid value for argument `interpolation`. Expected of one ('bilinear', 'nearest'). "
            f"Received: interpolation={interpolation}"
        )
    if fill_mode not in FILL_MODES:
        raise ValueError(
            f"Invalid value for argument `fill_mode`. Expected of one {FILL_MODES}. "
            f"Received: fill_mode={fill_mode}"
        )
    x = to_float(images)
    if x.ndim not in (3, 4):
        raise ValueError(
            "Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
            f"Received input with shape: images.shape={x.shape}"
        )
    maps = arrays.cast(convert(transform).data, x.data.dtype)
    N = x.shape[0] if x.ndim == 4 else 1
    if maps.size != 8 * N:
        maps = np.broadcast_to(maps, (N, 8)).copy()
    if (data_format or image_data_format()) == "channels_first":
        C, H, W = x.shape[-3:]
        strides = (H * W * C, W, 1, H * W)
    else:
        H, W, C = x.shape[-3:]
        strides = (H * W * C, W * C, C, 1)
    dims = (H, W, C, *strides, int(interpolation == "nearest"), FILL_MODES.index(fill_mode))
    dtype = x.data.dtype
    y = empty(x.shape, dtype)
    grain = max(1, GRAIN // 4 // max(1, W * C))
    run(kernel("resize_affine", dtype), (y, x.data, maps), dims, (float(fill_value),), N * H, grain)

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        dx = empty(x.shape, dtype)
        run(kernel("resize_affineback", dtype), (dx, dy, maps), dims, (), N, 1)
        return (dx,)

    return record(Tensor(y), (x,), backward)
