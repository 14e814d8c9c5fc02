"""N-D sliding dot products, three axes and more.

Design
 (a) An item is one row of outputs (the last axis) at one position of the outer axes, which are
     numbered in C order. A row is summed over all tap rows; each is a 1-D sliding dot product.
 (b) `d` describes the arrays: its four lines are the output shape, the taps' shape, and the
     strides of y and x in elements (1 along the last axis).
 (c) Outputs of a row are held in registers in tiles of T while all taps pass, so that x and y
     are touched once per tile; the rest of a row is a tile of runtime length, in the same order
     of taps, so that every output's bits are independent of its place.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

ctypedef fused number:
    float
    double
    uint8_t
    uint16_t
    uint32_t
    uint64_t

ctypedef fused real:
    float
    double

cdef enum:
    T = 32          # outputs of a tile
    MAX_ND = 64


cdef inline void tile(number *y, number *x, number *h, Py_ssize_t nd, const int64_t *k,
                      const int64_t *xs, Py_ssize_t n) noexcept nogil:
    """y[0..n) at one place: all taps in C order; `h` is contiguous."""
    cdef number acc[T]
    cdef Py_ssize_t at[MAX_ND]
    cdef Py_ssize_t a, i, j, q = k[nd - 1]
    cdef number t
    cdef number *row = x
    for i in range(n):
        acc[i] = 0
    for a in range(nd):
        at[a] = 0
    while True:
        for j in range(q):
            t = h[j]
            for i in range(n):
                acc[i] = <number>(acc[i] + t * row[i + j])
        h += q
        a = nd - 2
        while a >= 0:
            at[a] += 1
            row += xs[a]
            if at[a] < k[a]:
                break
            row -= at[a] * xs[a]
            at[a] = 0
            a -= 1
        if a < 0:
            break
    for i in range(n):
        y[i] = acc[i]


cdef inline void complex_tile(real *y, real *x, real *h, Py_ssize_t nd, const int64_t *k,
                              const int64_t *xs, Py_ssize_t n) noexcept nogil:
    cdef real acc[2 * T]
    cdef Py_ssize_t at[MAX_ND]
    cdef Py_ssize_t a, i, j, q = k[nd - 1]
    cdef real re, im
    cdef real *row = x
    cdef real *r
    for i in range(2 * n):
        acc[i] = 0
    for a in range(nd):
        at[a] = 0
    while True:
        for j in range(q):
            re = h[2 * j]
            im = h[2 * j + 1]
            r = row + 2 * j
            for i in range(n):
                acc[2 * i] = acc[2 * i] + re * r[2 * i] - im * r[2 * i + 1]
                acc[2 * i + 1] = acc[2 * i + 1] + re * r[2 * i + 1] + im * r[2 * i]
        h += 2 * q
        a = nd - 2
        while a >= 0:
            at[a] += 1
            row += 2 * xs[a]
            if at[a] < k[a]:
                break
            row -= 2 * at[a] * xs[a]
            at[a] = 0
            a -= 1
        if a < 0:
            break
    for i in range(2 * n):
        y[i] = acc[i]


cdef inline void place(Py_ssize_t item, Py_ssize_t nd, const int64_t *m, const int64_t *ys,
                       const int64_t *xs, Py_ssize_t *y_at, Py_ssize_t *x_at) noexcept nogil:
    """Offsets of row number `item` in y and x."""
    cdef Py_ssize_t a = nd - 2, i
    y_at[0] = 0
    x_at[0] = 0
    while a >= 0:
        i = item % m[a]
        item //= m[a]
        y_at[0] += i * ys[a]
        x_at[0] += i * xs[a]
        a -= 1


cdef inline void body(number *y, void **buf, Py_ssize_t nd, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef number *x = <number *>buf[1]
    cdef number *h = <number *>buf[2]
    cdef const int64_t *d = <const int64_t *>buf[3]
    cdef Py_ssize_t n = d[nd - 1], item, j, y_at, x_at
    for item in range(lo, hi):
        place(item, nd, d, d + 2 * nd, d + 3 * nd, &y_at, &x_at)
        j = 0
        while j + T <= n:
            tile(y + y_at + j, x + x_at + j, h, nd, d + nd, d + 3 * nd, T)
            j += T
        if j < n:
            tile(y + y_at + j, x + x_at + j, h, nd, d + nd, d + 3 * nd, n - j)


cdef inline void complex_body(real *y, void **buf, Py_ssize_t nd, Py_ssize_t lo,
                              Py_ssize_t hi) noexcept nogil:
    cdef real *x = <real *>buf[1]
    cdef real *h = <real *>buf[2]
    cdef const int64_t *d = <const int64_t *>buf[3]
    cdef Py_ssize_t n = d[nd - 1], item, j, y_at, x_at
    for item in range(lo, hi):
        place(item, nd, d, d + 2 * nd, d + 3 * nd, &y_at, &x_at)
        j = 0
        while j + T <= n:
            complex_tile(y + 2 * (y_at + j), x + 2 * (x_at + j), h, nd, d + nd, d + 3 * nd, T)
            j += T
        if j < n:
            complex_tile(y + 2 * (y_at + j), x + 2 * (x_at + j), h, nd, d + nd, d + 3 * nd, n - j)


# convnd_direct: buf y x h[...] d[4,a] | dim a | par - | range rows
cdef api void convnd_direct_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<float *>buf[0], buf, dim[0], lo, hi)

cdef api void convnd_direct_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<double *>buf[0], buf, dim[0], lo, hi)

cdef api void convnd_direct_c64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_body(<float *>buf[0], buf, dim[0], lo, hi)

cdef api void convnd_direct_c128(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_body(<double *>buf[0], buf, dim[0], lo, hi)

cdef api void convnd_direct_i8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint8_t *>buf[0], buf, dim[0], lo, hi)

cdef api void convnd_direct_i16(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint16_t *>buf[0], buf, dim[0], lo, hi)

cdef api void convnd_direct_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint32_t *>buf[0], buf, dim[0], lo, hi)

cdef api void convnd_direct_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint64_t *>buf[0], buf, dim[0], lo, hi)
