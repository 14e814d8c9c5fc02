"""Dropout: counter-based masks, inverted scaling.

Design
 (a) state is (seed, number of the call) in memory; the mask is a function of state and position,
     so it depends neither on threads nor on the ISA, and a replayed step draws anew.
 (b) An element is dropped if its word is below rate 2^32. Chunks begin at multiples of 64.
 (c) The mask is kept as bytes for the way back.
 (d) What is dropped is 0, were it NaN before.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cimport fc_math
from fc_index cimport least
from fc_math cimport real
from fc_philox cimport FC_GROUP, fc_philox_group


cdef inline void forward(real *y, void **buf, const double *par, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    cdef uint8_t *mask = <uint8_t *>buf[1]
    cdef real *x = <real *>buf[2]
    cdef int64_t *state = <int64_t *>buf[3]
    cdef uint32_t word[64]
    cdef uint32_t limit = <uint32_t><uint64_t>(par[0] * 4294967296.0)
    cdef real scale = <real>par[1]
    cdef Py_ssize_t i, n
    while lo < hi:
        fc_philox_group(word, state[0], state[1], lo // FC_GROUP)
        n = least(FC_GROUP, hi - lo)
        for i in range(n):
            mask[lo + i] = word[i] >= limit
        for i in range(n):
            y[lo + i] = x[lo + i] * scale if word[i] >= limit else 0
        lo += n


cdef inline void backward(real *dx, void **buf, const double *par, Py_ssize_t lo,
                          Py_ssize_t hi) noexcept nogil:
    cdef real *dy = <real *>buf[1]
    cdef uint8_t *mask = <uint8_t *>buf[2]
    cdef real scale = <real>par[0]
    cdef Py_ssize_t i
    for i in range(lo, hi):
        dx[i] = dy[i] * scale if mask[i] else 0


cdef inline void draw(real *y, void **buf, const double *par, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef int64_t *state = <int64_t *>buf[1]
    cdef uint32_t word[64]
    cdef uint32_t limit = <uint32_t><uint64_t>(par[0] * 4294967296.0)
    cdef real scale = <real>par[1]
    cdef Py_ssize_t i, n
    while lo < hi:
        fc_philox_group(word, state[0], state[1], lo // FC_GROUP)
        n = least(FC_GROUP, hi - lo)
        for i in range(n):
            y[lo + i] = scale if word[i] >= limit else 0
        lo += n


# dropout_forward: buf y[n] mask[n]:u8 x[n] state[2]:i64 | dim - | par rate scale | range n
cdef api void dropout_forward_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    forward(<float *>buf[0], buf, par, lo, hi)

cdef api void dropout_forward_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    forward(<double *>buf[0], buf, par, lo, hi)

# dropout_backward: buf dx[n] dy[n] mask[n]:u8 | dim - | par scale | range n
cdef api void dropout_backward_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    backward(<float *>buf[0], buf, par, lo, hi)

cdef api void dropout_backward_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    backward(<double *>buf[0], buf, par, lo, hi)

# The scaled mask alone, for masks that are broadcast.
# dropout_draw: buf y[n] state[2]:i64 | dim - | par rate scale | range n
cdef api void dropout_draw_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    draw(<float *>buf[0], buf, par, lo, hi)

cdef api void dropout_draw_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    draw(<double *>buf[0], buf, par, lo, hi)

# Counts the calls; run it once after the draws of a call.
# dropout_advance: buf state[2]:i64 | dim - | par - | range 1
cdef api void dropout_advance_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    (<int64_t *>buf[0])[1] += 1
