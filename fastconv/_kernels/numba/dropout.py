"""Twins of src_cython/kernels/dropout.pyx: the same Philox words, so the same masks bit for bit."""

from typing import Any

import numpy as np
from numba import carray

from fastconv._kernels.numba._twin import inner, twins

GROUP = 64
MASK = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)


@inner
def _philox(position: int, seed: int, call: int) -> Any:
    """The four words of one counter (fc_philox.h); everything is uint64, or Numba makes floats."""
    a, b = np.uint64(position) & MASK, np.uint64(position) >> HALF
    c, d = np.uint64(call) & MASK, np.uint64(call) >> HALF
    k0, k1 = np.uint64(seed) & MASK, np.uint64(seed) >> HALF
    for _ in range(10):
        p, q = M0 * a, M1 * c
        a, b = (q >> HALF) ^ b ^ k0, q & MASK
        c, d = (p >> HALF) ^ d ^ k1, p & MASK
        k0, k1 = (k0 + W0) & MASK, (k1 + W1) & MASK
    return a, b, c, d


@inner
def _forward(y: Any, mask: Any, x: Any, state: Any, rate: float, scale: Any, lo: int) -> None:
    limit = np.uint64(rate * 4294967296.0)
    n = y.size
    for group in range(lo // GROUP, (n + GROUP - 1) // GROUP):
        for lane in range(16):
            words = _philox(16 * group + lane, state[0], state[1])
            for w in range(4):
                i = GROUP * group + 16 * w + lane
                if i < n:
                    kept = words[w] >= limit
                    mask[i] = kept
                    y[i] = x[i] * scale if kept else 0


@inner
def _draw(y: Any, state: Any, rate: float, scale: Any, lo: int) -> None:
    limit = np.uint64(rate * 4294967296.0)
    n = y.size
    for group in range(lo // GROUP, (n + GROUP - 1) // GROUP):
        for lane in range(16):
            words = _philox(16 * group + lane, state[0], state[1])
            for w in range(4):
                i = GROUP * group + 16 * w + lane
                if i < n:
                    y[i] = scale if words[w] >= limit else 0


@inner
def _backward(dx: Any, dy: Any, mask: Any, scale: Any) -> None:
    for i in range(dx.size):
        dx[i] = dy[i] * scale if mask[i] else 0


# dropout_forward: buf y[n] mask[n]:u8 x[n] state[2]:i64 | dim - | par rate scale | range n
def _dropout_forward(buf: Any, dim: Any, par: Any, lo: int, hi: int) -> None:
    y, x = carray(buf[0], hi), carray(buf[2], hi)
    mask = carray(buf[1], hi // y.itemsize + 1).view(np.uint8)
    state = carray(buf[3], 16 // y.itemsize).view(np.int64)
    _forward(y, mask, x, state, par[0], y.dtype.type(par[1]), lo)


# dropout_backward: buf dx[n] dy[n] mask[n]:u8 | dim - | par scale | range n
def _dropout_backward(buf: Any, dim: Any, par: Any, lo: int, hi: int) -> None:
    dx, dy = carray(buf[0], hi), carray(buf[1], hi)
    mask = carray(buf[2], hi // dx.itemsize + 1).view(np.uint8)
    _backward(dx[lo:], dy[lo:], mask[lo:], dx.dtype.type(par[0]))


# dropout_draw: buf y[n] state[2]:i64 | dim - | par rate scale | range n
def _dropout_draw(buf: Any, dim: Any, par: Any, lo: int, hi: int) -> None:
    y = carray(buf[0], hi)
    state = carray(buf[1], 16 // y.itemsize).view(np.int64)
    _draw(y, state, par[0], y.dtype.type(par[1]), lo)


# dropout_advance: buf state[2]:i64 | dim - | par - | range 1
def _dropout_advance(buf: Any, dim: Any, par: Any, lo: int, hi: int) -> None:
    carray(buf[0], 2)[1] += 1


REALS = ("f32", "f64")
KERNELS = {
    name: factory
    for family in (
        twins("dropout_forward", _dropout_forward),
        twins("dropout_backward", _dropout_backward),
        twins("dropout_draw", _dropout_draw),
    )
    for name, factory in family.items()
    if name.endswith(REALS)
}
KERNELS["dropout_advance_i64"] = twins("dropout_advance", _dropout_advance)["dropout_advance_i64"]
