"""Twins of src_cython/kernels/dense.pyx: plain loops, k innermost only where B lies that way."""

import math
from typing import Any

import numpy as np
from numba import carray

from fastconv._kernels.numba._twin import inner, twins

PANEL = 192  # bytes of a row of a panel


@inner
def _split(n: int, parts: int, i: int) -> int:
    return n // parts * i + min(i, n % parts)


@inner
def _activate(row: Any, act: int) -> None:
    for j in range(row.size):
        if act == 1:
            row[j] = row[j] if not row[j] < 0 else 0
        elif act == 2:
            row[j] = 1 / (1 + math.exp(-row[j]))
        elif act == 3:
            row[j] = math.tanh(row[j])


@inner
def _row(
    c: Any, a: Any, b: Any, acs: int, brs: int, bcs: int, k: int, first: int, packed: bool
) -> None:
    """c += a B for one row; c begins at column `first` of B."""
    n = c.size
    if packed:
        cols = PANEL // b.itemsize
        for j in range(n):
            start = (first + j) // cols * k * cols + (first + j) % cols
            total = c[j]
            for p in range(k):
                total += a[p * acs] * b[start + p * cols]
            c[j] = total
    elif bcs == 1:
        for p in range(k):
            t = a[p * acs]
            line = b[p * brs + first : p * brs + first + n]
            for j in range(n):
                c[j] += t * line[j]
    else:
        for j in range(n):
            start = (first + j) * bcs
            total = c[j]
            for p in range(k):
                total += a[p * acs] * b[start + p * brs]
            c[j] = total


# dense_product: buf c[batch,m,n] a[m,k] b[k,n] bias[n] aoff[batch] boff[batch] | dim m n k ars acs brs bcs cs cbs rb cb kc start act packb packa | par - | range batch*rb*cb
def _dense_product(buf: Any, dim: Any, par: Any, lo: int, hi: int) -> None:
    m, n, k, ars, acs, brs, bcs = dim[0], dim[1], dim[2], dim[3], dim[4], dim[5], dim[6]
    cs, cbs, rb, cb, start, act, pack = dim[7], dim[8], dim[9], dim[10], dim[12], dim[13], dim[14]
    batches = (hi - 1) // (rb * cb) + 1
    asize = (m - 1) * ars + max(k - 1, 0) * acs + 1
    bsize = (n - 1) * bcs + max(k - 1, 0) * brs + 1
    if pack == 2:
        bsize = (n * 8 + PANEL - 1) * k * PANEL
    c = carray(buf[0], (batches - 1) * cbs + (m - 1) * cs + n)
    words = 8 // c.itemsize
    for item in range(lo, hi):
        batch = item // (rb * cb)
        block = item % (rb * cb)
        aoff = boff = 0
        if batch:  # the first matrix begins at 0, and a single product has no offsets
            aoff = carray(buf[4], batches * words).view(np.int64)[batch]
            boff = carray(buf[5], batches * words).view(np.int64)[batch]
        a = carray(buf[1], aoff + asize)[aoff:]
        b = carray(buf[2], boff + bsize)[boff:]
        j0, j1 = _split(n, cb, block % cb), _split(n, cb, block % cb + 1)
        for i in range(_split(m, rb, block // cb), _split(m, rb, block // cb + 1)):
            row = c[batch * cbs + i * cs + j0 : batch * cbs + i * cs + j1]
            if start == 1:
                bias = carray(buf[3], n)
                for j in range(row.size):
                    row[j] = bias[j0 + j]
            elif start == 0:
                for j in range(row.size):
                    row[j] = 0
            _row(row, a[i * ars :], b, acs, brs, bcs, k, j0, pack == 2)
            _activate(row, act)


# dense_slope: buf dz[m,n] sums[chunks,n] dy[m,n] y[m,n] | dim m n chunk act sum | par - | range chunks
def _dense_slope(buf: Any, dim: Any, par: Any, lo: int, hi: int) -> None:
    m, n, chunk, act = dim[0], dim[1], dim[2], dim[3]
    dz = carray(buf[0], m * n)
    dy = carray(buf[2], m * n)
    y = carray(buf[3], m * n)
    first, last = lo * chunk * n, min(hi * chunk, m) * n
    if act == 1:
        for i in range(first, last):
            dz[i] = dy[i] if y[i] > 0 else 0
    elif act == 2:
        for i in range(first, last):
            dz[i] = dy[i] * y[i] * (1 - y[i])
    elif act == 3:
        for i in range(first, last):
            dz[i] = dy[i] * (1 - y[i] * y[i])
    if dim[4]:
        sums = carray(buf[1], hi * n)
        for c in range(lo, hi):
            for j in range(n):
                total = dz[0] * 0
                for i in range(c * chunk, min((c + 1) * chunk, m)):
                    total += dz[i * n + j]
                sums[c * n + j] = total


# dense_pack: buf p[panels,k,192 bytes] b[k,n] | dim n k brs bcs | par - | range panels
def _dense_pack(buf: Any, dim: Any, par: Any, lo: int, hi: int) -> None:
    n, k, brs, bcs = dim[0], dim[1], dim[2], dim[3]
    b = carray(buf[1], (n - 1) * bcs + max(k - 1, 0) * brs + 1)
    cols = PANEL // b.itemsize
    p = carray(buf[0], hi * k * cols)
    for i in range(lo, hi):
        for q in range(k):
            for j in range(cols):
                col = i * cols + j
                p[(i * k + q) * cols + j] = b[q * brs + col * bcs] if col < n else 0


REALS = ("f32", "f64")
KERNELS = {
    name: factory
    for family in (
        twins("dense_product", _dense_product),
        twins("dense_slope", _dense_slope),
        twins("dense_pack", _dense_pack),
    )
    for name, factory in family.items()
    if name.endswith(REALS)
}
