"""Convolutions of arrays of images (n, h, w, channels): how each of them is computed.

`forward`, `by_data`, `by_weights` are the convolution and its two gradients; `conv` builds the ops
from them. Three ways: implicit products over the padded images (`_slide`, any geometry),
Winograd's products (`_wino`, 3 x 3 taps on enough channels), and products gathered by pixel
(`_by_products`, the gradient by the data for strides).
"""

import os

import numpy as np

from fastconv.ops import arrays
from fastconv.ops._geometry import Windows
from fastconv.ops.dense import Matrix, product
from fastconv.ops.tensor import GRAIN, run
from fastconv.ops.tensor import kernel as kernel_of

PANEL = 192  # bytes of a row of packed weights
BLOCK = 192  # output pixels of a block: several tiles of every height
WINO_SCRATCH = 49152  # floats of a block's transforms: netwino.pyx, SCRATCH
WINO_FORWARD = 45056  # the same in the forward pass, which has room for weights beside it
GATHERED = 1 << 23  # elements of products that `_by_products` holds at a time

WINOGRAD = os.environ.get("FASTCONV_WINOGRAD", "").strip() != "0"
"""Whether Winograd's products may be used at all; read at import."""


def _rounded(channels: int) -> int:
    """Channels rounded up to whole vectors of the widest ISA."""
    return -(-channels // 16) * 16


def by_winograd(win: Windows, ci: int, co: int, groups: int, dtype: np.dtype) -> bool:
    """Whether 3 x 3 taps go by Winograd's products: fewer, on enough channels to repay them.

    The choice depends on the problem alone. float64 always takes the plain sum.

    Notes
    -----
    Rounding: |y - exact| <= 16 (ci + 8) eps max|x| sum|w| over the 4 x 4 patch of a tile and its
    taps; measured, it is below that of the plain sum, whose chains are 9 times as long. An
    infinity in the patch gives NaN in all four outputs of the tile.
    """
    return (
        WINOGRAD
        and dtype == np.float32
        and groups == 1
        and (win.kh, win.kw, win.sh, win.sw, win.dh, win.dw) == (3, 3, 1, 1, 1, 1)
        and min(ci, co) >= 24
        and _rounded(ci) + _rounded(co) <= 256
        and win.n * win.oh * win.ow >= 400
    )


def _tiles(ci: int, co: int, floats: int) -> int:
    """Tiles of a block whose transforms fit into `floats`."""
    return max(4, min(128, floats // (16 * (_rounded(ci) + _rounded(co))) // 4 * 4))


def _wino(
    x: np.ndarray, w: np.ndarray, win: Windows, flip: bool, bias: np.ndarray | None, act: int
) -> np.ndarray:
    """`_slide` by Winograd's products, from images without padding."""
    ci, co = (w.shape[3], w.shape[2]) if flip else w.shape[2:]
    panels = -(-co // 48)
    u = arrays.empty((16, panels, ci, 48), x.dtype)
    run(
        kernel_of("netwino_pack", x.dtype),
        (u, w),
        (w.shape[2], w.shape[3], flip),
        (),
        panels * ci,
        16,
    )
    y = arrays.empty((win.n, win.oh, win.ow, co), x.dtype)
    total = win.n * -(-win.oh // 2) * -(-win.ow // 2)
    block = _tiles(ci, co, WINO_FORWARD)
    run(
        kernel_of("netwino_forward", x.dtype),
        (y, x, u, bias),
        (
            *(win.h, win.w, ci, win.oh, win.ow, co, win.top, win.left, block, total),
            *(0 if bias is None else 1, act == 1),
        ),
        (),
        -(-total // block),
        1,
    )
    return y


def _wino_weights(x: np.ndarray, dy: np.ndarray, win: Windows, ci: int, co: int) -> np.ndarray:
    """`by_weights` by Winograd's products, from images without padding."""
    total = win.n * -(-win.oh // 2) * -(-win.ow // 2)
    block = _tiles(ci, co, WINO_SCRATCH)
    chunk = block * max(1, -(-total // (8 * block)))
    chunks = -(-total // chunk)
    du = arrays.empty((chunks, 16, ci, co), x.dtype)
    run(
        kernel_of("netwino_weights", x.dtype),
        (du, x, dy),
        (win.h, win.w, ci, win.oh, win.ow, co, win.top, win.left, block, total, chunk),
        (),
        chunks,
        1,
    )
    dw = arrays.empty((3, 3, ci, co), x.dtype)
    run(
        kernel_of("netwino_combine", x.dtype),
        (dw, du),
        (ci * co, chunks),
        (),
        ci * co,
        max(64, GRAIN // (16 * chunks)),
    )
    return dw


def pad(x: np.ndarray, win: Windows) -> np.ndarray:
    """Images `x` with zeros around them, as far as the windows reach."""
    high, wide = win.padded
    n, h, w, c = x.shape
    if (high, wide) == (h, w):
        return x
    y = arrays.empty((n, high, wide, c), x.dtype)
    run(
        kernel_of("netconv_pad", x.dtype),
        (y, x),
        (h, w, c, high, wide, win.top, win.left),
        (),
        n * high,
        max(1, GRAIN // (wide * c)),
    )
    return y


def _pack(w: np.ndarray, groups: int, flip: bool) -> np.ndarray:
    """Weights as panels of whole tiles; with `flip`, those of the gradient by the data."""
    kh, kw, ci, co = w.shape
    columns, k = (ci, co // groups) if flip else (co // groups, ci)
    cols = PANEL // w.itemsize
    panels = -(-columns // cols) * groups
    p = arrays.empty((panels, kh * kw * k, cols), w.dtype)
    run(
        kernel_of("netconv_pack", w.dtype),
        (p, w),
        (kh * kw, ci, co, groups, flip),
        (),
        panels,
        max(1, GRAIN // (kh * kw * k * cols)),
    )
    return p


def _slide(
    xp: np.ndarray,
    panels: np.ndarray,
    win: Windows,
    ci: int,
    co: int,
    groups: int,
    bias: np.ndarray | None,
    act: int,
) -> np.ndarray:
    """Output (n, oh, ow, co) of windows over the padded images, `ci` channels per group."""
    n, hp, wp, c = xp.shape
    y = arrays.empty((n, win.oh, win.ow, co), xp.dtype)
    total = n * win.oh * win.ow
    if not y.size:
        return y
    work = 2.0 * win.kh * win.kw * ci * co // groups
    block = BLOCK if total > 4 * BLOCK else max(12, -(-total // 8))
    blocks = -(-total // block)
    run(
        kernel_of("netconv_forward", xp.dtype),
        (y, xp, panels, bias),
        (
            *(win.oh, win.ow, co, groups, win.kh, win.kw, ci, hp * wp * c, wp * c, c),
            *(win.sh, win.sw, win.dh, win.dw, block, total, 0 if bias is None else 1, act),
        ),
        (),
        blocks * groups,
        max(1, int(5e5 // (work * block))),
    )
    return y


def forward(
    x: np.ndarray, w: np.ndarray, win: Windows, groups: int, bias: np.ndarray | None, act: int
) -> tuple[np.ndarray, np.ndarray]:
    """act(conv(x, w) + bias), and the images as `by_weights` wants them: padded, or as they are."""
    _, _, ci, co = w.shape
    if act < 2 and by_winograd(win, ci, co, groups, x.dtype):
        return _wino(x, w, win, False, bias, act), x
    xp = pad(x, win)
    return _slide(xp, _pack(w, groups, False), win, ci, co, groups, bias, act), xp


def by_data(
    dy: np.ndarray,
    w: np.ndarray,
    win: Windows,
    groups: int,
    bias: np.ndarray | None = None,
    act: int = 0,
) -> np.ndarray:
    """Gradient by the images: dx[i] = sum over taps k of dy[(i + top - k d) / s] w[k]^T.

    With `bias` and `act` it is the transposed convolution of dy.
    """
    kh, kw, ci, co = w.shape
    top, left = (kh - 1) * win.dh - win.top, (kw - 1) * win.dw - win.left
    if win.sh != 1 or win.sw != 1 or top < 0 or left < 0:
        return _by_products(dy, w, win, groups, bias, act)
    # Windows of the flipped kernel over the padded gradient.
    back = Windows(win.n, win.oh, win.ow, win.h, win.w, kh, kw, 1, 1, win.dh, win.dw, top, left)
    if act < 2 and by_winograd(back, co, ci, groups, dy.dtype):
        return _wino(dy, w, back, True, bias, act)
    return _slide(
        pad(dy, back), _pack(w, groups, True), back, co // groups, ci * groups, groups, bias, act
    )


def _by_products(
    dy: np.ndarray,
    w: np.ndarray,
    win: Windows,
    groups: int,
    bias: np.ndarray | None,
    act: int,
) -> np.ndarray:
    """`by_data` for any stride: all products dy w^T, then each pixel gathers its own."""
    kh, kw, ci, co = w.shape
    k, size = kh * kw * ci, win.oh * win.ow
    dx = arrays.empty((win.n, win.h, win.w, ci * groups), dy.dtype)
    if not dx.size:
        return dx
    images = max(1, min(win.n, GATHERED // max(1, size * k)))
    products = arrays.empty((images, size, k), dy.dtype)
    flat_y, flat_w, flat_x = dy.reshape(-1), w.reshape(-1), dx.reshape(-1)
    each = co // groups
    for first in range(0, win.n, images):
        count = min(images, win.n - first)
        for g in range(groups):
            a = Matrix(flat_y[first * size * co + g * each :], co, 1)
            b = Matrix(flat_w[g * each :], 1, co)
            product(a, b, (count * size, k, each), out=products)
            run(
                kernel_of("netconv_gather", dy.dtype),
                (
                    flat_x[first * win.h * win.w * ci * groups + g * ci :],
                    products,
                    None if bias is None else bias[g * ci :],
                ),
                (
                    *(win.h, win.w, ci, ci * groups, win.oh, win.ow, kh, kw),
                    *(win.sh, win.sw, win.dh, win.dw, win.top, win.left),
                    *(0 if bias is None else 1, act),
                ),
                (),
                count * win.h,
                max(1, GRAIN // (win.w * k)),
            )
    return dx


def by_weights(
    x: np.ndarray, dy: np.ndarray, win: Windows, shape: tuple[int, ...], groups: int
) -> np.ndarray:
    """Gradient by the weights: dw[k] = sum over output pixels i of x[i s + k d] dy[i].

    `x`: images, padded or not.
    """
    kh, kw, ci, co = shape
    # Larger weights would leave the cache between two blocks of tiles.
    unpadded = x.shape[1:3] == (win.h, win.w)
    if unpadded and ci * co <= 4096 and by_winograd(win, ci, co, groups, x.dtype):
        return _wino_weights(x, dy, win, ci, co)
    xp = pad(x, win) if unpadded else x
    n, hp, wp, c = xp.shape
    k, total = kh * kw * ci, n * win.oh
    blocks = -(-k // 160)
    # Few chunks, each of several rows; a function of the problem alone.
    wanted = max(1, min(total, -(-8 // (blocks * groups))))
    if 2.0 * total * win.ow * k * co // groups < 4e6:
        wanted = 1
    chunk = max(1, -(-total // wanted))
    chunks = max(1, -(-total // chunk))
    dw = arrays.empty((chunks, *shape), xp.dtype)
    if not total * win.ow:
        return np.zeros(shape, xp.dtype)
    run(
        kernel_of("netconv_weights", xp.dtype),
        (dw, xp, dy),
        (
            *(win.oh, win.ow, co, groups, kh, kw, ci, hp * wp * c, wp * c, c),
            *(win.sh, win.sw, win.dh, win.dw, total, chunk, blocks),
        ),
        (),
        chunks * blocks * groups,
        1,
    )
    if chunks == 1:
        return dw[0]
    return arrays.reduce_middle("sum", dw, 1, chunks, dw[0].size).reshape(shape)
