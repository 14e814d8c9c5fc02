"""Shapes of windows that slide over images: sizes of outputs, paddings, Keras's error texts.

Images are (n, h, w, channels); a sequence is an image of one row. Shared by `conv` and `pool`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

Shape = tuple[int | None, ...]


class Windows(NamedTuple):
    """Windows of kh x kw taps over n images of h x w: `oh` x `ow` of them in each."""

    n: int
    h: int
    w: int
    oh: int
    ow: int
    kh: int
    kw: int
    sh: int
    sw: int
    dh: int
    dw: int
    top: int
    left: int

    @property
    def needed(self) -> tuple[int, int]:
        """Rows and columns that the windows span, padding included."""
        return (
            (self.oh - 1) * self.sh + (self.kh - 1) * self.dh + 1,
            (self.ow - 1) * self.sw + (self.kw - 1) * self.dw + 1,
        )

    @property
    def padded(self) -> tuple[int, int]:
        """Size of the padded image; that of the image itself where nothing is added."""
        high, wide = self.needed
        return max(high, self.top + self.h), max(wide, self.left + self.w)

    @property
    def dims(self) -> tuple[int, ...]:
        return self.oh, self.ow, self.kh, self.kw


def pair(value: int | Sequence[int], rank: int, name: str) -> tuple[int, ...]:
    """`value` as a tuple of `rank` integers."""
    if isinstance(value, (int, np.integer)):
        return (int(value),) * rank
    values = tuple(int(v) for v in value)
    if len(values) != rank:
        raise ValueError(f"{name}: expected an integer or {rank} of them, received {value}")
    return values


def extent(size: int, kernel: int, stride: int, dilation: int, padding: str) -> tuple[int, int]:
    """Number of windows along an axis, and the padding before it (odd padding goes to the end)."""
    span = (kernel - 1) * dilation + 1
    if padding == "valid":
        return (size - span) // stride + 1, 0
    out = -(-size // stride)
    if padding == "causal":
        return (size + (span - 1) - span) // stride + 1, span - 1
    return out, max((out - 1) * stride + span - size, 0) // 2


def check_padding(padding: Any, causal: bool = False) -> str:
    """`padding` in lower case; Keras's ValueError for others."""
    allowed = {"valid", "same", "causal"} if causal else {"valid", "same"}
    text = padding.lower() if isinstance(padding, str) else padding
    if text not in allowed:
        raise ValueError(
            f"The `padding` argument must be a list/tuple or one of {allowed}. Received: {padding}"
        )
    return text


def sliding(
    shape: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
) -> Windows:
    """Windows over images of `shape` (n, h, w, c)."""
    n, h, w = shape[0], shape[1], shape[2]
    oh, top = extent(h, kernel[0], strides[0], dilation[0], padding)
    ow, left = extent(w, kernel[1], strides[1], dilation[1], padding)
    return Windows(n, h, w, oh, ow, *kernel, *strides, *dilation, top, left)  # type: ignore[call-arg]


def transposed_extent(
    size: int, kernel: int, stride: int, dilation: int, padding: str, extra: int | None
) -> tuple[int, int]:
    """Size of a transposed convolution's output, and how much of the full one is cut before it."""
    span = (kernel - 1) * dilation + 1
    full = (size - 1) * stride + span
    if padding == "valid":
        return full + (max(span, stride) - span if extra is None else extra), 0
    out = size * stride if extra is None else (size - 1) * stride + span % 2 + extra
    return out, max(full - out, 0) // 2


def conv_output_shape(
    input_shape: Shape,
    filters: int,
    kernel_size: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    data_format: str,
    dilation_rate: tuple[int, ...],
) -> Shape:
    """Shape of a convolution's output, None where unknown; Keras's error when nothing is left."""
    last = data_format == "channels_last"
    spatial = input_shape[1:-1] if last else input_shape[2:]
    channels = input_shape[-1] if last else input_shape[1]
    out: list[int | None] = []
    for size, k, s, d in zip(spatial, kernel_size, strides, dilation_rate, strict=True):
        out.append(None if size is None else extent(size, k, s, d, padding)[0])
    if any(size is not None and size <= 0 for size in out) and padding == "valid":
        raise ValueError(
            "Computed output size would be zero or negative. Received "
            f"`inputs shape={input_shape}`, "
            f"`kernel shape={(*kernel_size, channels, filters)}`, "
            f"`dilation_rate={np.array(dilation_rate)}`, "
            f"`strides={strides}`, "
            f"`padding={padding}`."
        )
    if last:
        return (input_shape[0], *out, filters)
    return (input_shape[0], filters, *out)


def conv_transpose_output_shape(
    input_shape: Shape,
    filters: int,
    kernel_size: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    output_padding: tuple[int, ...] | None,
    data_format: str,
    dilation_rate: tuple[int, ...],
) -> Shape:
    """Shape of a transposed convolution's output, None where unknown."""
    last = data_format == "channels_last"
    spatial = input_shape[1:-1] if last else input_shape[2:]
    out: list[int | None] = []
    for i, size in enumerate(spatial):
        extra = None if output_padding is None else output_padding[i]
        out.append(
            None
            if size is None
            else transposed_extent(
                size, kernel_size[i], strides[i], dilation_rate[i], padding, extra
            )[0]
        )
    if last:
        return (input_shape[0], *out, filters)
    return (input_shape[0], filters, *out)


def pool_output_shape(
    input_shape: Shape,
    pool_size: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    data_format: str,
) -> Shape:
    """Shape of a pooling's output, None where unknown; Keras's error when nothing is left."""
    last = data_format == "channels_last"
    spatial = input_shape[1:-1] if last else input_shape[2:]
    out: list[int | None] = []
    for size, k, s in zip(spatial, pool_size, strides, strict=True):
        out.append(None if size is None else extent(size, k, s, 1, padding)[0])
    if any(size is not None and size <= 0 for size in out) and padding == "valid":
        raise ValueError(
            "Computed output size would be zero or negative. "
            f"Received: `inputs.shape={np.array(input_shape)}`, "
            f"`pool_size={np.array(pool_size)}`, `strides={strides}`, "
            f"`padding={padding}`."
        )
    if last:
        return (input_shape[0], *out, input_shape[-1])
    return (input_shape[0], input_shape[1], *out)
