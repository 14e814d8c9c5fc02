"""Twins of src_cython/kernels/conv2d.pyx: plain loops over array views, which LLVM vectorises."""

from typing import Any

from numba import carray

from fastconv._kernels.numba._twin import inner, twins

BLOCK = 2048  # outputs of a row that stay in the L1 cache while all taps pass


@inner
def _body(
    y: Any, x: Any, h: Any, n: int, p: int, q: int, ys: int, xs: int, lo: int, hi: int
) -> None:
    for row in range(lo, hi):
        for first in range(0, n, BLOCK):
            start = row * ys + first
            out = y[start : start + min(BLOCK, n - first)]
            m = out.size
            for i in range(m):
                out[i] = 0
            for r in range(p):
                taps = h[r * q : (r + 1) * q]
                start = (row + r) * xs + first
                line = x[start : start + m + q - 1]
                for j in range(0, q - q % 4, 4):
                    a, b, c, d = taps[j], taps[j + 1], taps[j + 2], taps[j + 3]
                    xa = line[j : j + m]
                    xb = line[j + 1 : j + 1 + m]
                    xc = line[j + 2 : j + 2 + m]
                    xd = line[j + 3 : j + 3 + m]
                    for i in range(m):
                        out[i] = out[i] + a * xa[i] + b * xb[i] + c * xc[i] + d * xd[i]
                for j in range(q - q % 4, q):
                    a = taps[j]
                    xa = line[j : j + m]
                    for i in range(m):
                        out[i] = out[i] + a * xa[i]


# conv2d_direct: buf y[m,n] x[m+p-1,n+q-1] h[p,q] | dim n p q ys xs | par - | range m
def _conv2d_direct(buf: Any, dim: Any, par: Any, lo: int, hi: int) -> None:
    n, p, q, ys, xs = dim[0], dim[1], dim[2], dim[3], dim[4]
    y = carray(buf[0], (hi - 1) * ys + n)
    x = carray(buf[1], (hi + p - 2) * xs + n + q - 1)
    _body(y, x, carray(buf[2], p * q), n, p, q, ys, xs, lo, hi)


KERNELS = twins("conv2d_direct", _conv2d_direct)
