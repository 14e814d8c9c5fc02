"""Interpolation along one axis: every output is a weighted sum of a few inputs.

Design: arrays are (A, R, B); output j takes its T inputs from a table of indices and one of
weights. The gradient is the same with the transposed tables.
"""

from libc.stdint cimport int32_t

cimport fc_math
from fc_math cimport real


cdef inline void blend(real *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                       Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[0], B = dim[1], J = dim[2], T = dim[3], o, j, t, i
    cdef real *x
    cdef real *out
    cdef real *source
    cdef real *weight
    cdef int32_t *index
    cdef real w
    for o in range(lo, hi):
        j = o % J
        x = <real *>buf[1] + (o // J) * R * B
        index = <int32_t *>buf[2] + j * T
        weight = <real *>buf[3] + j * T
        out = y + o * B
        source = x + index[0] * B
        w = weight[0]
        for i in range(B):
            out[i] = w * source[i]
        for t in range(1, T):
            w = weight[t]
            if w != 0:
                source = x + index[t] * B
                for i in range(B):
                    out[i] = out[i] + w * source[i]


# resize_blend: buf y[A,J,B] x[A,R,B] index[J,T]:i32 weight[J,T] | dim R B J T | par - | range A*J
cdef api void resize_blend_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    blend(<float *>buf[0], buf, dim, lo, hi)

cdef api void resize_blend_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    blend(<double *>buf[0], buf, dim, lo, hi)
