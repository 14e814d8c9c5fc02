"""Gathering a batch: rows of a data set, in shuffled order, cast on the way.

Design
 (a) Rows are named by index[pos[0] + i]; `pos` lives in memory and is moved by `batch_advance`, so
     a recorded step walks through an epoch by being replayed.
 (b) The cast happens here, row by row: the data set is never copied as a whole.
 (c) Rows are gathered in `parts` column blocks, one after the other: the core that gathers the
     first columns multiplies them by the first rows of the weights (see dense.pyx).
"""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t

ctypedef fused source:
    uint8_t
    int8_t
    uint16_t
    int16_t
    uint32_t
    int32_t
    int64_t
    float
    double

ctypedef fused target:
    float
    double
    int64_t


cdef inline void body(target *y, source *x, const int64_t *index, const int64_t *pos,
                      const Py_ssize_t *dim, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t width = dim[0], batch = dim[2], parts = dim[3], item, i, j, first, last
    cdef source *row
    cdef target *out
    for item in range(lo, hi):
        i = item % batch
        first = item // batch * width // parts
        last = (item // batch + 1) * width // parts
        row = x + index[pos[0] + i] * width
        out = y + i * width
        for j in range(first, last):
            out[j] = <target>row[j]


cdef inline void cast_body(target *y, void **buf, const Py_ssize_t *dim,
                           Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef const int64_t *index = <const int64_t *>buf[2]
    cdef const int64_t *pos = <const int64_t *>buf[3]
    cdef Py_ssize_t kind = dim[1]
    if kind == 0:
        body(y, <uint8_t *>buf[1], index, pos, dim, lo, hi)
    elif kind == 1:
        body(y, <int8_t *>buf[1], index, pos, dim, lo, hi)
    elif kind == 2:
        body(y, <uint16_t *>buf[1], index, pos, dim, lo, hi)
    elif kind == 3:
        body(y, <int16_t *>buf[1], index, pos, dim, lo, hi)
    elif kind == 4:
        body(y, <uint32_t *>buf[1], index, pos, dim, lo, hi)
    elif kind == 5:
        body(y, <int32_t *>buf[1], index, pos, dim, lo, hi)
    elif kind == 6:
        body(y, <int64_t *>buf[1], index, pos, dim, lo, hi)
    elif kind == 7:
        body(y, <float *>buf[1], index, pos, dim, lo, hi)
    elif kind == 8:
        body(y, <double *>buf[1], index, pos, dim, lo, hi)


# batch_gather: buf y[batch,width] x[rows,width] index[steps] pos[1] | dim width kind batch parts | par - | range batch*parts
cdef api void batch_gather_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cast_body(<float *>buf[0], buf, dim, lo, hi)

cdef api void batch_gather_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cast_body(<double *>buf[0], buf, dim, lo, hi)

cdef api void batch_gather_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cast_body(<int64_t *>buf[0], buf, dim, lo, hi)


# batch_advance: buf pos[1] | dim step | par - | range 1
cdef api void batch_advance_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    (<int64_t *>buf[0])[0] += dim[0]
