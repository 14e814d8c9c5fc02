"""1-D sliding dot products.

Design
 (a) y[i] = sum_k x[i + k] h[k]: the taps come ready (reversed for convolve, conjugated for
     correlate), so one loop serves both.
 (b) Borders are the caller's: every x[i + k] exists.
 (c) Integers wrap modulo 2**n as unsigned types, so i8 serves u8 too, and so on.
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


cdef inline void body(number *y, number *x, number *h, Py_ssize_t k,
                      Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef number t
    for i in range(lo, hi):
        y[i] = 0
    for j in range(k):
        t = h[j]
        for i in range(lo, hi):
            y[i] = <number>(y[i] + t * x[i + j])


cdef inline void complex_body(real *y, real *x, real *h, Py_ssize_t k,
                              Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # Real and imaginary parts by hand: C's complex product calls __muldc3.
    cdef Py_ssize_t i, j
    cdef real re, im
    for i in range(2 * lo, 2 * hi):
        y[i] = 0
    for j in range(k):
        re = h[2 * j]
        im = h[2 * j + 1]
        for i in range(lo, hi):
            y[2 * i] = y[2 * i] + re * x[2 * (i + j)] - im * x[2 * (i + j) + 1]
            y[2 * i + 1] = y[2 * i + 1] + re * x[2 * (i + j) + 1] + im * x[2 * (i + j)]


# conv1d_direct: buf y[n] x[n+k-1] h[k] | dim k | par - | range n
cdef api void conv1d_direct_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<float *>buf[0], <float *>buf[1], <float *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<double *>buf[0], <double *>buf[1], <double *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_c64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_body(<float *>buf[0], <float *>buf[1], <float *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_c128(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_body(<double *>buf[0], <double *>buf[1], <double *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_i8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint8_t *>buf[0], <uint8_t *>buf[1], <uint8_t *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_i16(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint16_t *>buf[0], <uint16_t *>buf[1], <uint16_t *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint32_t *>buf[0], <uint32_t *>buf[1], <uint32_t *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<uint64_t *>buf[0], <uint64_t *>buf[1], <uint64_t *>buf[2], dim[0], lo, hi)
