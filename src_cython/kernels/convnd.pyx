"""N-D sliding dot products, three axes and more.

Design
 (a) An item is one row of outputs (the last axis) at one position of the outer axes, which are
     numbered in C order. A row is the sum over all tap rows of 1-D sliding dot products.
 (b) `d` describes the arrays: its four lines are the output shape, the taps' shape, and the
     strides of y and x in elements (1 along the last axis).
 (c) A tile of V vectors of a row stays in registers while all taps pass, in C order. So the bits
     of an output depend neither on its place in a tile nor on the split of the rows; the last
     tile of a row overlaps the one before it.
 (d) Complex numbers and 64-bit integers need two sums per vector (S = 2): see conv1d.
"""

from libc.stdint cimport int64_t, uint64_t

from fc_simd cimport FC_MUL32, inlined, vf32, vf64, vu8, vu16, vu32, vu64
from fc_vec cimport (
    at, first_sum, fits32, join, load, load_part, second_sum, second_tap, second_x, splat, store,
    store_part, vec, width, zero,
)

cdef enum:
    MAX_ND = 64


cdef inline inlined tile(vec *y, vec *x, vec *h, Py_ssize_t nd, const int64_t *k,
                         const int64_t *xs, int V, int C, int S, bint wide, bint part,
                         Py_ssize_t n) noexcept nogil:
    """V vectors of a row of outputs; with `part`, the first n lanes of one."""
    cdef vec acc[16]
    cdef vec row, row2, tap, tap2
    cdef Py_ssize_t place[MAX_ND]
    cdef Py_ssize_t a, q, w = width(x), columns = k[nd - 1]
    cdef int v
    for v in range(V * S):
        acc[v] = zero(x)
    for a in range(nd):
        place[a] = 0
    while True:
        for q in range(columns):
            tap = splat(h, C * q)
            tap2 = second_tap(h, C * q, tap) if S == 2 else tap
            for v in range(V):
                row = load_part(x, C * q, n) if part else load(x, C * q + w * v)
                acc[S * v] = first_sum(row, tap, S, acc[S * v])
                if S == 2:
                    row2 = second_x(row)
                    acc[2 * v + 1] = second_sum(row, row2, tap, tap2, wide, acc[2 * v + 1])
        h = at(h, C * columns)
        # the next tap row, as an odometer counts
        a = nd - 2
        while a >= 0:
            place[a] += 1
            x = at(x, C * xs[a])
            if place[a] < k[a]:
                break
            x = at(x, -C * place[a] * xs[a])
            place[a] = 0
            a -= 1
        if a < 0:
            break
    for v in range(V):
        row = acc[v] if S == 1 else join(acc[2 * v], acc[2 * v + 1])
        if part:
            store_part(y, 0, row, n)
        else:
            store(y, w * v, row)


cdef inline inlined body(vec *y, vec *x, vec *h, const int64_t *d, Py_ssize_t nd, Py_ssize_t lo,
                         Py_ssize_t hi, int V, int C, int S, bint wide) noexcept nogil:
    cdef const int64_t *k = d + nd
    cdef const int64_t *ys = d + 2 * nd
    cdef const int64_t *xs = d + 3 * nd
    cdef Py_ssize_t n = C * d[nd - 1], w = width(x), item, j, a, i, left
    cdef vec *yr
    cdef vec *xr
    for item in range(lo, hi):
        yr = y
        xr = x
        left = item
        a = nd - 2
        while a >= 0:
            i = left % d[a]
            left //= d[a]
            yr = at(yr, C * i * ys[a])
            xr = at(xr, C * i * xs[a])
            a -= 1
        j = 0
        while j < n:
            if n - j > (V // 2) * w and n >= V * w:
                j = min(j, n - V * w)
                tile(at(yr, j), at(xr, j), h, nd, k, xs, V, C, S, wide, False, 0)
                j += V * w
            elif n - j > w and n >= (V // 2) * w:
                j = min(j, n - (V // 2) * w)
                tile(at(yr, j), at(xr, j), h, nd, k, xs, V // 2, C, S, wide, False, 0)
                j += (V // 2) * w
            elif n >= w:
                j = min(j, n - w)
                tile(at(yr, j), at(xr, j), h, nd, k, xs, 1, C, S, wide, False, 0)
                j += w
            else:
                tile(yr, xr, h, nd, k, xs, 1, C, S, wide, True, n)
                j = n


cdef inline inlined long_(vec *y, vec *x, vec *h, const int64_t *d, Py_ssize_t nd, Py_ssize_t lo,
                          Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t a, taps = 1
    for a in range(nd):
        taps *= d[nd + a]
    if not FC_MUL32:
        body(y, x, h, d, nd, lo, hi, 4, 1, 1, False)
    elif fits32(<uint64_t *>h, taps):
        body(y, x, h, d, nd, lo, hi, 4, 1, 2, False)
    else:
        body(y, x, h, d, nd, lo, hi, 4, 1, 2, True)


# convnd_direct: buf y x h d[4,a] | dim a | par - | range rows
cdef api void convnd_direct_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vf32 *>buf[0], <vf32 *>buf[1], <vf32 *>buf[2], <const int64_t *>buf[3], dim[0], lo, hi, 8, 1, 1, False)

cdef api void convnd_direct_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vf64 *>buf[0], <vf64 *>buf[1], <vf64 *>buf[2], <const int64_t *>buf[3], dim[0], lo, hi, 8, 1, 1, False)

cdef api void convnd_direct_c64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vf32 *>buf[0], <vf32 *>buf[1], <vf32 *>buf[2], <const int64_t *>buf[3], dim[0], lo, hi, 4, 2, 2, False)

cdef api void convnd_direct_c128(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vf64 *>buf[0], <vf64 *>buf[1], <vf64 *>buf[2], <const int64_t *>buf[3], dim[0], lo, hi, 4, 2, 2, False)

cdef api void convnd_direct_i8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vu8 *>buf[0], <vu8 *>buf[1], <vu8 *>buf[2], <const int64_t *>buf[3], dim[0], lo, hi, 4, 1, 1, False)

cdef api void convnd_direct_i16(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vu16 *>buf[0], <vu16 *>buf[1], <vu16 *>buf[2], <const int64_t *>buf[3], dim[0], lo, hi, 8, 1, 1, False)

cdef api void convnd_direct_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vu32 *>buf[0], <vu32 *>buf[1], <vu32 *>buf[2], <const int64_t *>buf[3], dim[0], lo, hi, 8, 1, 1, False)

cdef api void convnd_direct_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    long_(<vu64 *>buf[0], <vu64 *>buf[1], <vu64 *>buf[2], <const int64_t *>buf[3], dim[0], lo, hi)
