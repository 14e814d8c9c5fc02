"""Pooling: `max_pool`, `average_pool`, with gradients."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv.ops import arrays
from fastconv.ops._geometry import Windows, check_padding, pair, sliding
from fastconv.ops.conv import Link, _format, as_images, from_images, two
from fastconv.ops.dtypes import to_float
from fastconv.ops.symbolic import op
from fastconv.ops.tape import current, record
from fastconv.ops.tensor import GRAIN, Tensor, kernel, run

__all__ = ["average_pool", "max_pool"]

CHUNK = 1 << 16  # elements of the image for which sums of columns are made apart


def _windows(
    inputs: Tensor,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: str,
    data_format: str | None,
) -> tuple[Tensor, np.ndarray, Windows, str]:
    """(channels-last tensor, its images, windows, data format)."""
    rank = inputs.ndim - 2
    if rank not in (1, 2):
        raise ValueError(f"pooling: expected inputs of 3 or 4 axes, received {inputs.shape}")
    data_format = _format(data_format)
    padding = check_padding(padding)
    x, shape = as_images(inputs, data_format)
    size = two(pair(pool_size, rank, "pool_size"))
    step = size if strides is None else two(pair(strides, rank, "strides"))
    if min(*size, *step) < 1:
        raise ValueError(
            f"pooling: pool_size and strides must be positive, received {pool_size} and {strides}"
        )
    win = sliding(shape, size, step, (1, 1), padding)
    if win.oh <= 0 or win.ow <= 0:
        raise ValueError(
            "Computed output size would be zero or negative. "
            f"Received: `inputs.shape={inputs.shape}`, `pool_size={pool_size}`, "
            f"`strides={strides}`, `padding={padding}`."
        )
    return x, x.data.reshape(shape), win, data_format


def _dims(win: Windows, c: int) -> tuple[int, ...]:
    return (
        *(win.h, win.w, c, win.oh, win.ow, win.kh, win.kw),
        *(win.sh, win.sw, win.top, win.left),
    )


def _grain(win: Windows, c: int) -> int:
    """Output rows that are worth a chunk."""
    return max(1, GRAIN // max(1, win.ow * c * win.kh * win.kw))


@op
def max_pool(
    inputs: Any,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Largest value of each window.

    Parameters
    ----------
    inputs : array_like
        (n, w, c) or (n, h, w, c).
    pool_size : int or sequence of int
    strides : int or sequence of int, optional
        Default: `pool_size`.
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional

    Notes
    -----
    The gradient goes to the first largest value of a window.

    Examples
    --------
    >>> import numpy as np
    >>> from fastconv import ops
    >>> ops.max_pool(np.arange(6.0, dtype="float32").reshape(1, 6, 1), 2).numpy().ravel()
    array([1., 3., 5.], dtype=float32)
    """
    x, images, win, data_format = _windows(
        to_float(inputs), pool_size, strides, padding, data_format
    )
    n, h, w, c = images.shape
    out = arrays.empty((n, win.oh, win.ow, c), images.dtype)
    apart = win.sh >= win.kh and win.sw >= win.kw
    # Which tap won: needed where windows overlap and a tape may ask.
    keep = not apart and current() is not None
    tag = np.int32 if images.dtype == np.float32 else np.int64
    won = arrays.empty(out.shape, tag) if keep else None
    dims = _dims(win, c)
    run(
        kernel("pool_max", images.dtype),
        (out, won, images),
        (*dims, keep),
        (),
        n * win.oh,
        _grain(win, c),
    )
    link = getattr(x, "link", None)

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Sequence[np.ndarray | None]:
        if apart:
            return (_unmax(images, out, dy, win, link, x.shape),)
        dx = arrays.empty(images.shape, dy.dtype)
        grain = max(1, GRAIN // max(1, w * c))
        run(kernel("pool_maxback", dy.dtype), (dx, dy, won), dims, (), n * h, grain)
        return (dx.reshape(x.shape),)

    shape = out.shape if x.ndim == 4 else (n, win.ow, c)
    return from_images(record(Tensor(out.reshape(shape)), (x,), backward), data_format)


def _unmax(
    x: np.ndarray,
    y: np.ndarray,
    dy: np.ndarray,
    win: Windows,
    link: Link | None,
    shape: tuple[int, ...],
) -> np.ndarray:
    """Gradient by the images of maxima over windows that lie apart.

    With a `link` to the layer whose relu made `x`, its derivative comes in here, and the sums of
    the columns go along: the layer finds both done.
    """
    n, h, w, c = x.shape
    dx = arrays.empty(shape, x.dtype)
    bands = n * win.oh
    whole = (
        win.sh == win.kh
        and win.sw == win.kw
        and win.oh * win.sh - win.top >= h
        and win.ow * win.sw - win.left >= w
    )
    chunk = max(1, -(-CHUNK // max(1, win.kh * w * c)))
    if bands > 64 * chunk:
        chunk = -(-bands // 64)
    chunks = max(1, -(-bands // chunk))
    sums = None if link is None else arrays.empty((chunks, c), x.dtype)
    run(
        kernel("pool_unmax", x.dtype),
        (dx, dy, x, y, sums),
        (*_dims(win, c), link is not None, link is not None, chunk, bands, whole),
        (),
        chunks,
        1,
    )
    if link is not None and sums is not None:
        if chunks > 1:
            sums = arrays.reduce_middle("sum", sums, 1, chunks, c)
        link.settle(dx, sums.reshape(c))
    return dx


@op
def average_pool(
    inputs: Any,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Mean of each window; padding does not count.

    Parameters
    ----------
    inputs : array_like
        (n, w, c) or (n, h, w, c).
    pool_size : int or sequence of int
    strides : int or sequence of int, optional
        Default: `pool_size`.
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional

    Notes
    -----
    Each pixel's gradient is the sum of dy / count over the windows that hold it.
    """
    x, images, win, data_format = _windows(
        to_float(inputs), pool_size, strides, padding, data_format
    )
    n, h, w, c = images.shape
    out = arrays.empty((n, win.oh, win.ow, c), images.dtype)
    dims = _dims(win, c)
    run(kernel("pool_mean", images.dtype), (out, images), dims, (), n * win.oh, _grain(win, c))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Sequence[np.ndarray | None]:
        dx = arrays.empty(images.shape, dy.dtype)
        grain = max(1, GRAIN // max(1, w * c * 2))
        run(kernel("pool_meanback", dy.dtype), (dx, dy), dims, (), n * h, grain)
        return (dx.reshape(x.shape),)

    shape = out.shape if x.ndim == 4 else (n, win.ow, c)
    return from_images(record(Tensor(out.reshape(shape)), (x,), backward), data_format)
