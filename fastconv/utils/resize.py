"""Resize images in NumPy the way ``tf.image.resize`` does, so that datasets match Keras's.

Every method here is linear and separable: the result is R @ image @ C.T with one small matrix of
weights for the rows and one for the columns. Row i of such a matrix holds what input pixels give
to output pixel i, whose centre lies at (i + 1/2) * n_in / n_out in input pixels. As in TensorFlow
there is no smoothing when an image shrinks (``antialias=False``), unlike in Pillow.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np


def resize(image: np.ndarray, size: tuple[int, int], method: str = "bilinear") -> np.ndarray:
    """Resize (height, width, channels) to `size`; float32, except that "nearest" keeps the dtype.

    Parameters
    ----------
    image
        Array of rank 3, channels last.
    size
        (height, width) of the result.
    method
        One of `METHODS`.
    """
    height, width = size
    if method == "nearest":
        rows, columns = _nearest(image.shape[0], height), _nearest(image.shape[1], width)
        return image[rows[:, None], columns]
    rows, columns = _matrix(method, image.shape[0], height), _matrix(method, image.shape[1], width)
    # First the axis that shrinks more: less to multiply for the second one.
    values = image.astype(np.float32)
    return np.einsum("iy,yxc,jx->ijc", rows, values, columns, optimize=True).astype(np.float32)


def crop_to_aspect(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The largest middle part of `image` that has the proportions of `size`."""
    (h, w), (height, width) = image.shape[:2], size
    crop_h = max(1, min(h, int(float(w * height) / width)))
    crop_w = max(1, min(w, int(float(h * width) / height)))
    top, left = int(float(h - crop_h) / 2), int(float(w - crop_w) / 2)
    return image[top : top + crop_h, left : left + crop_w]


def resize_with_pad(image: np.ndarray, size: tuple[int, int], method: str) -> np.ndarray:
    """Resize to the largest image that fits into `size`, in the middle of zeros."""
    (h, w), (height, width) = image.shape[:2], size
    ratio = max(w / width, h / height)
    inner = max(1, min(height, int(h / ratio))), max(1, min(width, int(w / ratio)))
    # From the exact, not the whole, size: half a pixel may go to the lower or right rim.
    top = max(0, int((height - h / ratio) / 2))
    left = max(0, int((width - w / ratio) / 2))
    small = resize(image, inner, method)
    padded = np.zeros((height, width, image.shape[2]), small.dtype)
    padded[top : top + small.shape[0], left : left + small.shape[1]] = small
    return padded


def _nearest(n: int, out: int) -> np.ndarray:
    """Index of the input pixel whose area holds each output centre."""
    return np.minimum(((np.arange(out) + 0.5) * (n / out)).astype(np.int64), n - 1)


@lru_cache(maxsize=256)
def _matrix(method: str, n: int, out: int) -> np.ndarray:
    """Weights (out, n) of one axis."""
    weights = _area(n, out) if method == "area" else METHODS[method](n, out)
    matrix = weights.astype(np.float32)
    matrix.flags.writeable = False  # shared by the cache
    return matrix


def _area(n: int, out: int) -> np.ndarray:
    """Mean over the stretch that an output pixel covers, part pixels by their part."""
    edge = np.arange(out + 1) * (n / out)
    pixel = np.arange(n)
    covered = np.minimum(edge[1:, None], pixel + 1) - np.maximum(edge[:-1, None], pixel)
    weights = np.maximum(covered, 0)
    return weights / weights.sum(axis=1, keepdims=True)


def _linear(n: int, out: int) -> np.ndarray:
    """Between the two nearest centres; beyond the rim the rim's value."""
    at = np.clip((np.arange(out) + 0.5) * (n / out) - 0.5, 0, n - 1)
    low = np.minimum(at.astype(np.int64), max(0, n - 2))
    weights = np.zeros((out, n))
    rows = np.arange(out)
    weights[rows, low] = 1 - (at - low)
    if n > 1:
        weights[rows, low + 1] += at - low
    return weights


def _kernel(radius: float, function: Callable[[np.ndarray], np.ndarray]):
    """Weights from a kernel function, those that fall outside left out, the rest summing to 1."""

    def make(n: int, out: int) -> np.ndarray:
        # In float32, as TensorFlow: it decides which pixels at the very edge of the kernel count.
        step = np.float32(1) / (np.float32(out) / np.float32(n))
        at = (np.arange(out, dtype=np.float32) + np.float32(0.5)) * step
        distance = np.abs(np.arange(n, dtype=np.float32) + np.float32(0.5) - at[:, None])
        weights = np.where(distance < radius, function(distance), 0.0)
        return weights / weights.sum(axis=1, keepdims=True)

    return make


def _bicubic(n: int, out: int) -> np.ndarray:
    """Keys's cubic over four pixels; TensorFlow looks it up in a table of 1024 steps a pixel."""
    at = (np.arange(out) + 0.5) * (n / out) - 0.5
    low = np.floor(at)
    part = np.rint((at - low) * 1024) / 1024
    weights = np.zeros((out, n))
    for tap in (-1, 0, 1, 2):
        column = low.astype(np.int64) + tap
        inside = (column >= 0) & (column < n)
        value = _cubic(np.abs(part - tap))
        weights[np.flatnonzero(inside), column[inside]] = value[inside]
    return weights / weights.sum(axis=1, keepdims=True)


def _cubic(d: np.ndarray) -> np.ndarray:
    """Keys's cubic with a = -1/2 (IEEE Trans. ASSP 29(6), 1981)."""
    near = (1.5 * d - 2.5) * d * d + 1
    far = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return np.where(d <= 1, near, far)


def _mitchell(d: np.ndarray) -> np.ndarray:
    """Mitchell and Netravali's cubic with B = C = 1/3 (SIGGRAPH 1988)."""
    near = ((7 * d - 12) * d * d) / 6 + 16 / 18
    far = (((-7 / 18) * d + 2) * d - 10 / 3) * d + 16 / 9
    return np.where(d < 1, near, far)


def _lanczos(radius: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda d: np.sinc(d) * np.sinc(d / radius)


def _gauss(d: np.ndarray) -> np.ndarray:
    """Radius 3/2 at three standard deviations."""
    return np.exp(-0.5 * (d / 0.5) ** 2)


METHODS: dict[str, Callable[[int, int], np.ndarray]] = {
    "bilinear": _linear,
    "nearest": _nearest,
    "bicubic": _bicubic,
    "area": _area,
    "lanczos3": _kernel(3, _lanczos(3)),
    "lanczos5": _kernel(5, _lanczos(5)),
    "gaussian": _kernel(1.5, _gauss),
    "mitchellcubic": _kernel(2, _mitchell),
}
