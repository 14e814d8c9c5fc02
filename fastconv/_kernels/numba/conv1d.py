"""Twins of src_cython/kernels/conv1d.pyx: plain loops over array views, which LLVM vectorises."""

from typing import Any

from numba import carray

from fastconv._kernels.numba._twin import inner, twins

BLOCK = 2048  # outputs that stay in the L1 cache while all taps pass


@inner
def _body(y: Any, x: Any, h: Any, lo: int, hi: int) -> None:
    k = h.size
    for first in range(lo, hi, BLOCK):
        out = y[first : min(first + BLOCK, hi)]
        n = out.size
        for i in range(n):
            out[i] = 0
        # Four taps a pass over the outputs: a quarter of the loads and stores of y.
        for j in range(0, k - k % 4, 4):
            a, b, c, d = h[j], h[j + 1], h[j + 2], h[j + 3]
            xa = x[first + j : first + j + n]
            xb = x[first + j + 1 : first + j + 1 + n]
            xc = x[first + j + 2 : first + j + 2 + n]
            xd = x[first + j + 3 : first + j + 3 + n]
            for i in range(n):
                out[i] = out[i] + a * xa[i] + b * xb[i] + c * xc[i] + d * xd[i]
        for j in range(k - k % 4, k):
            a = h[j]
            xa = x[first + j : first + j + n]
            for i in range(n):
                out[i] = out[i] + a * xa[i]


# conv1d_direct: buf y[n] x[n+k-1] h[k] | dim k | par - | range n
def _conv1d_direct(buf: Any, dim: Any, par: Any, lo: int, hi: int) -> None:
    k = dim[0]
    _body(carray(buf[0], hi), carray(buf[1], hi + k - 1), carray(buf[2], k), lo, hi)


KERNELS = twins("conv1d_direct", _conv1d_direct)
