"""2-D sliding dot products.

Design
 (a) y[i, j] = sum_pq x[i + p, j + q] h[p, q]; the taps come ready, see conv1d.
 (b) Rows are given by strides in elements (ys, xs), so a window of a larger array needs no copy;
     within a row and in the taps, elements are adjacent.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

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


cdef inline void body(number *y, number *x, number *h, const Py_ssize_t *dim,
                      Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t n = dim[0], ph = dim[1], qh = dim[2], ys = dim[3], xs = dim[4]
    cdef Py_ssize_t i, j, p, q
    cdef number t
    cdef number *row
    cdef number *out
    for i in range(lo, hi):
        out = y + i * ys
        for j in range(n):
            out[j] = 0
        for p in range(ph):
            row = x + (i + p) * xs
            for q in range(qh):
                t = h[p * qh + q]
                for j in range(n):
                    out[j] = <number>(out[j] + t * row[j + q])


cdef inline void complex_body(real *y, real *x, real *h, const Py_ssize_t *dim,
                              Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t n = dim[0], ph = dim[1], qh = dim[2], ys = dim[3], xs = dim[4]
    cdef Py_ssize_t i, j, p, q
    cdef real re, im
    cdef real *row
    cdef real *out
    for i in range(lo, hi):
        out = y + 2 * i * ys
        for j in range(2 * n):
            out[j] = 0
        for p in range(ph):
            for q in range(qh):
                row = x + 2 * ((i + p) * xs + q)
                re = h[2 * (p * qh + q)]
                im = h[2 * (p * qh + q) + 1]
                for j in range(n):
                    out[2 * j] = out[2 * j] + re * row[2 * j] - im * row[2 * j + 1]
                    out[2 * j + 1] = out[2 * j + 1] + re * row[2 * j + 1] + im * row[2 * j]


# conv2d_direct: buf y[m,n] x[m+p-1,n+q-1] h[p,q] | dim n p q ys xs | par - | range m
cdef api void conv2d_direct_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<float *>buf[0], <float *>buf[1], <float *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<double *>buf[0], <double *>buf[1], <double *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_c64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_body(<float *>buf[0], <float *>buf[1], <float *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_c128(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_body(<double *>buf[0], <double *>buf[1], <double *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_i8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint8_t *>buf[0], <uint8_t *>buf[1], <uint8_t *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_i16(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint16_t *>buf[0], <uint16_t *>buf[1], <uint16_t *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint32_t *>buf[0], <uint32_t *>buf[1], <uint32_t *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint64_t *>buf[0], <uint64_t *>buf[1], <uint64_t *>buf[2], dim, lo, hi)
