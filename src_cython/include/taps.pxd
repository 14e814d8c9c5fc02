# Taps as kernels want them: reversed for convolution, conjugated for correlation.

cimport numpy as cnp
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from border cimport cell, cell16

cdef inline void reversed_cells(cell *out, const cell *h, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = h[n - 1 - i]


cdef inline bint finite_reals(const float *f, const double *d, Py_ssize_t n) noexcept nogil:
    # x - x is 0 for finite x, NaN otherwise; two sums, for one would wait for itself
    cdef double a = 0, b = 0
    cdef Py_ssize_t i
    if f != NULL:
        for i in range(n // 2):
            a += f[2 * i] - f[2 * i]
            b += f[2 * i + 1] - f[2 * i + 1]
        if n & 1:
            a += f[n - 1] - f[n - 1]
    else:
        for i in range(n // 2):
            a += d[2 * i] - d[2 * i]
            b += d[2 * i + 1] - d[2 * i + 1]
        if n & 1:
            a += d[n - 1] - d[n - 1]
    return a + b == 0


cdef inline bint all_finite(const char *h, int num, Py_ssize_t n) noexcept nogil:
    if num == cnp.NPY_FLOAT:
        return finite_reals(<float *>h, NULL, n)
    if num == cnp.NPY_DOUBLE:
        return finite_reals(NULL, <double *>h, n)
    if num == cnp.NPY_CFLOAT:
        return finite_reals(<float *>h, NULL, 2 * n)
    if num == cnp.NPY_CDOUBLE:
        return finite_reals(NULL, <double *>h, 2 * n)
    return True


cdef inline void make_taps(char *out, const char *h, Py_ssize_t n, Py_ssize_t size, int num,
                    bint flip, bint conj) noexcept nogil:
    """Taps in the order of a sliding dot product: reversed for convolution, conjugated if asked."""
    cdef Py_ssize_t i
    if not flip:
        memcpy(out, h, n * size)
    elif size == 1:
        reversed_cells(<uint8_t *>out, <uint8_t *>h, n)
    elif size == 2:
        reversed_cells(<uint16_t *>out, <uint16_t *>h, n)
    elif size == 4:
        reversed_cells(<uint32_t *>out, <uint32_t *>h, n)
    elif size == 8:
        reversed_cells(<uint64_t *>out, <uint64_t *>h, n)
    else:
        reversed_cells(<cell16 *>out, <cell16 *>h, n)
    if conj and num == cnp.NPY_CFLOAT:
        for i in range(n):
            (<float *>out)[2 * i + 1] = -(<float *>out)[2 * i + 1]
    elif conj and num == cnp.NPY_CDOUBLE:
        for i in range(n):
            (<double *>out)[2 * i + 1] = -(<double *>out)[2 * i + 1]
