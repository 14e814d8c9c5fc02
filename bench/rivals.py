"""Other libraries' calls for the same convolution, where they are installed.

Each function yields (name, call) pairs. The inputs are those of `fastconv`; what a rival can
prepare once (flipped taps, its own tensors) is prepared outside the timed call.
"""

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.ndimage
import scipy.signal

Call = tuple[str, Callable[[], Any]]
HAVE_CV2 = importlib.util.find_spec("cv2") is not None
HAVE_TORCH = importlib.util.find_spec("torch") is not None
HAVE_DUCC = importlib.util.find_spec("ducc0") is not None
if HAVE_CV2:
    import cv2
if HAVE_TORCH:
    import torch
# Above this many products a plain direct sum is not worth waiting for.
PATIENCE = 4e9


def image_filters(x: np.ndarray, taps: np.ndarray) -> Iterator[Call]:
    """Rivals of correlate2d(x, taps, "same") with zeros outside, for odd taps."""
    if x.size * taps.size <= PATIENCE:
        yield "scipy.signal", lambda: scipy.signal.correlate2d(x, taps, "same")
    if x.dtype.kind == "c":
        return
    if x.size * taps.size <= PATIENCE / 4:
        yield "scipy.ndimage", lambda: scipy.ndimage.correlate(x, taps, mode="constant")
    if HAVE_CV2 and x.dtype in (np.float32, np.float64):
        yield (
            "cv2.filter2D",
            lambda: cv2.filter2D(x, -1, taps, borderType=cv2.BORDER_CONSTANT),
        )
    if HAVE_TORCH and x.dtype in (np.float32, np.float64) and taps.size <= 225:
        image, weights = torch.from_numpy(x)[None, None], torch.from_numpy(taps)[None, None]
        conv2d = torch.nn.functional.conv2d

        def run() -> np.ndarray:
            with torch.inference_mode():
                return conv2d(image, weights, padding="same")[0, 0].numpy()

        yield "torch", run


def separable_filters(x: np.ndarray, column: np.ndarray, row: np.ndarray) -> Iterator[Call]:
    """Rivals that are told that the taps are column times row."""
    if HAVE_CV2:
        yield (
            "cv2.sepFilter2D",
            lambda: cv2.sepFilter2D(x, -1, row, column, borderType=cv2.BORDER_CONSTANT),
        )


def signal_filters(x: np.ndarray, taps: np.ndarray, mode: str) -> Iterator[Call]:
    """Rivals of the direct convolve(x, taps, mode) of one dimension."""
    if x.size * taps.size <= PATIENCE:
        yield "numpy", lambda: np.convolve(x, taps, mode)
    yield "scipy.signal", lambda: scipy.signal.convolve(x, taps, mode)
    if mode != "same" or x.dtype.kind == "c":
        return
    if x.size * taps.size <= PATIENCE / 4:
        yield "scipy.ndimage", lambda: scipy.ndimage.convolve1d(x, taps, mode="constant")
    if HAVE_TORCH and x.dtype in (np.float32, np.float64):
        signal = torch.from_numpy(x)[None, None]
        weights = torch.from_numpy(taps[::-1].copy())[None, None]
        conv1d = torch.nn.functional.conv1d

        def run() -> np.ndarray:
            with torch.inference_mode():
                return conv1d(signal, weights, padding="same")[0, 0].numpy()

        yield "torch", run


def transforms(x: np.ndarray, taps: np.ndarray) -> Iterator[Call]:
    """Rivals of fftconvolve(x, taps, "full") that use another library's transform."""
    if HAVE_DUCC:
        import ducc0.fft

        shape = [
            ducc0.fft.good_size(n + k - 1, x.dtype.kind == "f")
            for n, k in zip(x.shape, taps.shape, strict=True)
        ]
        cut = tuple(slice(0, n + k - 1) for n, k in zip(x.shape, taps.shape, strict=True))

        def run() -> np.ndarray:
            a, b = (np.zeros(shape, x.dtype) for _ in "ab")
            a[tuple(map(slice, x.shape))] = x
            b[tuple(map(slice, taps.shape))] = taps
            if x.dtype.kind == "c":
                product = ducc0.fft.c2c(a, nthreads=2) * ducc0.fft.c2c(b, nthreads=2)
                return ducc0.fft.c2c(product, forward=False, inorm=2, nthreads=2)[cut]
            product = ducc0.fft.r2c(a, nthreads=2) * ducc0.fft.r2c(b, nthreads=2)
            return ducc0.fft.c2r(
                product, lastsize=shape[-1], forward=False, inorm=2, nthreads=2
            )[cut]

        yield "ducc0", run
