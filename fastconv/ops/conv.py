"""Convolutions: `conv`, `conv_transpose`, `depthwise_conv`, `separable_conv`, each with gradients.

Everything works on images (n, h, w, channels) in one layout; sequences are images of one row,
channels-first inputs are transposed at the edge.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv.ops import arrays
from fastconv.ops._convolution import by_data, by_weights, forward, pad
from fastconv.ops._geometry import Windows, check_padding, pair, sliding, transposed_extent
from fastconv.ops.dense import FUSED, slope
from fastconv.ops.dtypes import promote
from fastconv.ops.shaping import transpose
from fastconv.ops.symbolic import op
from fastconv.ops.tape import record
from fastconv.ops.tensor import GRAIN, Tensor, run
from fastconv.ops.tensor import kernel as kernel_of

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]


class Link:
    """A way past the tape from a pooling to the relu before it: gradients that are done already.

    Max pooling reads the relu's output anyway, so it can apply the relu's derivative and sum the
    bias gradient in the same pass. It settles here for which array that was done.
    """

    __slots__ = ("db", "dz")

    def __init__(self) -> None:
        self.dz: np.ndarray | None = None
        self.db: np.ndarray | None = None

    def settle(self, dz: np.ndarray, db: np.ndarray) -> None:
        self.dz, self.db = dz, db

    def take(self, dy: np.ndarray) -> np.ndarray | None:
        """The bias gradient if `dy` is the settled array itself; either way nothing is kept."""
        db = self.db if dy is self.dz else None
        self.dz = self.db = None
        return db


class Rectified(Tensor):
    """Output of a convolution with relu."""

    __slots__ = ("link",)

    def __init__(self, data: np.ndarray) -> None:
        super().__init__(data)
        self.link = Link()


def as_images(x: Tensor, data_format: str) -> tuple[Tensor, tuple[int, ...]]:
    """`x` with channels last, and its shape as images (n, h, w, c)."""
    if data_format == "channels_first":
        x = transpose(x, (0, *range(2, x.ndim), 1))
    shape = x.shape
    return x, (shape if len(shape) == 4 else (shape[0], 1, shape[1], shape[2]))


def _format(data_format: str | None) -> str:
    if data_format is None:
        from fastconv.config import image_data_format

        return image_data_format()
    return data_format


def from_images(y: Tensor, data_format: str) -> Tensor:
    """A result with channels last in the caller's layout."""
    if data_format == "channels_first":
        return transpose(y, (0, y.ndim - 1, *range(1, y.ndim - 1)))
    return y


def two(values: tuple[int, ...]) -> tuple[int, int]:
    """One or two sizes as two; a sequence has one row."""
    return (1, values[0]) if len(values) == 1 else (values[0], values[1])


def _check_rank(x: Tensor, w: Tensor, name: str) -> int:
    rank = x.ndim - 2
    if rank not in (1, 2) or w.ndim != x.ndim:
        raise ValueError(
            f"{name}: expected inputs of 3 or 4 axes and a kernel of as many, received "
            f"shapes {x.shape} and {w.shape}"
        )
    return rank


def convolve(
    inputs: Any,
    weights: Any,
    bias: Any = None,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
    activation: str | None = None,
) -> Tensor:
    """activation(conv(inputs, weights) + bias); see `conv`. `activation` is one of `FUSED`.

    Notes
    -----
    With dz = dy * activation'(z): dx = transposed convolution of dz, dw = correlation of x with
    dz, db = sum of dz over pixels.
    """
    act = FUSED[activation]
    if bias is None:
        x, w = promote(inputs, weights, to_float=True)
    else:
        x, w, b = promote(inputs, weights, bias, to_float=True)
    rank = _check_rank(x, w, "conv")
    data_format = _format(data_format)
    padding = check_padding(padding, causal=rank == 1)
    x, shape = as_images(x, data_format)
    s, d = two(pair(strides, rank, "strides")), two(pair(dilation_rate, rank, "dilation_rate"))
    wd = w.data.reshape((1, *w.shape)) if rank == 1 else w.data
    kh, kw, ci, co = wd.shape
    if not ci or shape[3] % ci or co % (shape[3] // ci):
        raise ValueError(
            "The number of input channels must be evenly divisible by kernel's in_channels, and "
            f"the groups must divide the filters. Received input shape {inputs.shape} and kernel "
            f"shape {w.shape}"
        )
    groups = shape[3] // ci
    win = sliding(shape, (kh, kw), s, d, padding)
    if win.oh <= 0 or win.ow <= 0:
        raise ValueError(
            "Computed output size would be zero or negative. Received "
            f"`inputs shape={tuple(inputs.shape)}`, `kernel shape={w.shape}`, "
            f"`dilation_rate={dilation_rate}`, `strides={strides}`, `padding={padding}`."
        )
    bd = None if bias is None else b.data
    out, images = forward(x.data.reshape(shape), wd, win, groups, bd, act)
    kind = Rectified if activation == "relu" else Tensor
    y = kind(out if rank == 2 else out.reshape(win.n, win.ow, co))
    link = getattr(y, "link", None)

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Sequence[np.ndarray | None]:
        db = None if link is None else link.take(dy)
        dz = dy
        if db is None:
            dz, db = slope(dy, out, co, act, len(need) == 3 and need[2])
        dz = dz.reshape(out.shape)
        dx = dw = None
        if need[1]:
            dw = by_weights(images, dz, win, wd.shape, groups).reshape(w.shape)
        if need[0]:
            dx = by_data(dz, wd, win, groups).reshape(x.shape)
        return (dx, dw) if len(need) == 2 else (dx, dw, db)

    y = record(y, (x, w) if bias is None else (x, w, b), backward)
    return from_images(y, data_format)


@op
def conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Convolution of sequences (n, w, c) or images (n, h, w, c), as layers mean it (no flip).

    Parameters
    ----------
    inputs : array_like
    kernel : array_like
        (*size, c / groups, filters); the number of groups follows from the shapes.
    strides, dilation_rate : int or sequence of int
    padding : {"valid", "same"}
        "same" pads so that ``ceil(size / stride)`` windows fit, an odd rest at the end.
    data_format : {"channels_last", "channels_first"}, optional

    Examples
    --------
    >>> import numpy as np
    >>> from fastconv import ops
    >>> ops.conv(np.ones((1, 4, 1), "float32"), np.ones((3, 1, 1), "float32")).numpy()[0, :, 0]
    array([3., 3.], dtype=float32)
    """
    return convolve(inputs, kernel, None, strides, padding, data_format, dilation_rate)


def convolve_transposed(
    inputs: Any,
    weights: Any,
    bias: Any = None,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    output_padding: int | Sequence[int] | None = None,
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
    activation: str | None = None,
) -> Tensor:
    """activation(conv_transpose(inputs, weights) + bias); see `conv_transpose`.

    Notes
    -----
    It is the gradient by the data of the convolution with the same kernel, so its own gradient is
    that convolution.
    """
    act = FUSED[activation]
    if bias is None:
        x, w = promote(inputs, weights, to_float=True)
    else:
        x, w, b = promote(inputs, weights, bias, to_float=True)
    rank = _check_rank(x, w, "conv_transpose")
    data_format = _format(data_format)
    padding = check_padding(padding)
    x, shape = as_images(x, data_format)
    s, d = two(pair(strides, rank, "strides")), two(pair(dilation_rate, rank, "dilation_rate"))
    extra: tuple[int | None, ...] = (None, None)
    if output_padding is not None:
        extra = (None, *pair(output_padding, rank, "output_padding"))[-2:]
    wd = w.data.reshape((1, *w.shape)) if rank == 1 else w.data
    kh, kw, filters, ci = wd.shape
    if shape[3] != ci:
        raise ValueError(
            f"conv_transpose: expected {ci} channels (kernel shape {w.shape}), received input "
            f"shape {inputs.shape}"
        )
    h, top = transposed_extent(shape[1], kh, s[0], d[0], padding, extra[0])
    wide, left = transposed_extent(shape[2], kw, s[1], d[1], padding, extra[1])
    # Of the convolution that has our output as its images.
    win = Windows(shape[0], h, wide, shape[1], shape[2], kh, kw, *s, *d, top, left)
    xd = x.data.reshape(shape)
    out = by_data(xd, wd, win, 1, None if bias is None else b.data, act)
    y = Tensor(out if rank == 2 else out.reshape(win.n, win.w, filters))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Sequence[np.ndarray | None]:
        dz, db = slope(dy, out, filters, act, len(need) == 3 and need[2])
        dx = dw = None
        images = dz.reshape(out.shape)
        if need[0]:
            dx, images = forward(images, wd, win, 1, None, 0)
            dx = dx.reshape(x.shape)
        if need[1]:
            dw = by_weights(images, xd, win, wd.shape, 1).reshape(w.shape)
        return (dx, dw) if len(need) == 2 else (dx, dw, db)

    y = record(y, (x, w) if bias is None else (x, w, b), backward)
    return from_images(y, data_format)


@op
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    output_padding: int | Sequence[int] | None = None,
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Transposed convolution: the gradient of a convolution by its input.

    Parameters
    ----------
    inputs : array_like
        (n, w, c) or (n, h, w, c).
    kernel : array_like
        (*size, filters, c).
    strides, dilation_rate : int or sequence of int
    padding : {"valid", "same"}
        "same" gives ``size * stride`` pixels.
    output_padding : int or sequence of int, optional
        Pixels added at the end.
    data_format : {"channels_last", "channels_first"}, optional
    """
    return convolve_transposed(
        inputs, kernel, None, strides, padding, output_padding, data_format, dilation_rate
    )


def convolve_depthwise(
    inputs: Any,
    weights: Any,
    bias: Any = None,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
    activation: str | None = None,
) -> Tensor:
    """activation(depthwise_conv(inputs, weights) + bias); see `depthwise_conv`."""
    act = FUSED[activation]
    if bias is None:
        x, w = promote(inputs, weights, to_float=True)
    else:
        x, w, b = promote(inputs, weights, bias, to_float=True)
    rank = _check_rank(x, w, "depthwise_conv")
    data_format = _format(data_format)
    padding = check_padding(padding)
    x, shape = as_images(x, data_format)
    s, d = two(pair(strides, rank, "strides")), two(pair(dilation_rate, rank, "dilation_rate"))
    wd = w.data.reshape((1, *w.shape)) if rank == 1 else w.data
    kh, kw, c, m = wd.shape
    if shape[3] != c:
        raise ValueError(
            f"depthwise_conv: expected {c} channels (kernel shape {w.shape}), received input "
            f"shape {inputs.shape}"
        )
    win = sliding(shape, (kh, kw), s, d, padding)
    if win.oh <= 0 or win.ow <= 0:
        raise ValueError(
            "Computed output size would be zero or negative. Received "
            f"`inputs shape={tuple(inputs.shape)}`, `kernel shape={w.shape}`, "
            f"`dilation_rate={dilation_rate}`, `strides={strides}`, `padding={padding}`."
        )
    xp = pad(x.data.reshape(shape), win)
    n, hp, wp, _ = xp.shape
    rows = n * win.oh
    steps = (hp * wp * c, wp * c, c, *s, *d)
    out = arrays.empty((n, win.oh, win.ow, c * m), xp.dtype)
    grain = max(1, GRAIN // max(1, win.ow * c * m * kh * kw))
    run(
        kernel_of("netdepth_forward", xp.dtype),
        (out, xp, wd, None if bias is None else b.data),
        (win.oh, win.ow, c, m, kh, kw, *steps, 0 if bias is None else 1, act),
        (),
        rows,
        grain,
    )
    y = Tensor(out if rank == 2 else out.reshape(n, win.ow, c * m))

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Sequence[np.ndarray | None]:
        dz, db = slope(dy, out, c * m, act, len(need) == 3 and need[2])
        dx = dw = None
        if need[1]:
            chunk = max(1, -(-rows // 8)) if rows * win.ow * c * kh * kw > 4 * GRAIN else rows
            chunks = -(-rows // chunk) if rows else 1
            parts = arrays.empty((chunks, *wd.shape), xp.dtype)
            run(
                kernel_of("netdepth_weights", xp.dtype),
                (parts, xp, dz),
                (win.oh, win.ow, c, m, kh, kw, *steps, rows, max(1, chunk)),
                (),
                chunks,
                1,
            )
            dw = arrays.reduce_middle("sum", parts, 1, chunks, wd.size) if chunks > 1 else parts
            dw = dw.reshape(w.shape)
        if need[0]:
            dx = arrays.empty(shape, xp.dtype)
            run(
                kernel_of("netdepth_data", xp.dtype),
                (dx, dz, wd),
                (win.h, win.w, c, m, win.oh, win.ow, kh, kw, *s, *d, win.top, win.left),
                (),
                n * win.h,
                max(1, GRAIN // max(1, win.w * c * m * kh * kw)),
            )
            dx = dx.reshape(x.shape)
        return (dx, dw) if len(need) == 2 else (dx, dw, db)

    y = record(y, (x, w) if bias is None else (x, w, b), backward)
    return from_images(y, data_format)


@op
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Convolution of each channel with kernels of its own.

    Parameters
    ----------
    inputs : array_like
        (n, w, c) or (n, h, w, c).
    kernel : array_like
        (*size, c, multiplier); output channel ``i * multiplier + j`` is channel i's j-th.
    strides, dilation_rate : int or sequence of int
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional
    """
    return convolve_depthwise(inputs, kernel, None, strides, padding, data_format, dilation_rate)


@op
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """`depthwise_conv`, then a convolution with kernels of one pixel that mixes the channels."""
    y = convolve_depthwise(
        inputs, depthwise_kernel, None, strides, padding, data_format, dilation_rate
    )
    return convolve(y, pointwise_kernel, None, 1, "valid", data_format)
