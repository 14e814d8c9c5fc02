"""Casts between dtypes; the names say from and to.

Design: floats become integers by truncation; whatever is not 0 becomes true.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

ctypedef fused number:
    float
    double
    int32_t
    int64_t

ctypedef fused anything:
    float
    double
    int32_t
    int64_t
    uint8_t


cdef inline void convert(anything *x, number *y, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(lo, hi):
        y[i] = <number>x[i]


cdef inline void convert_to_bool(anything *x, void **buf, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef uint8_t *y = <uint8_t *>buf[0]
    for i in range(lo, hi):
        y[i] = x[i] != 0


cdef inline void convert_to_u8(anything *x, void **buf, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef uint8_t *y = <uint8_t *>buf[0]
    for i in range(lo, hi):
        y[i] = <uint8_t><int64_t>x[i]


# cast_f64: buf y[n]:f32 x[n] | dim - | par - | range n
cdef api void cast_f64_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<double *>buf[1], <float *>buf[0], lo, hi)

# cast_i32: buf y[n]:f32 x[n] | dim - | par - | range n
cdef api void cast_i32_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<int32_t *>buf[1], <float *>buf[0], lo, hi)

# cast_i64: buf y[n]:f32 x[n] | dim - | par - | range n
cdef api void cast_i64_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<int64_t *>buf[1], <float *>buf[0], lo, hi)

# cast_u8: buf y[n]:f32 x[n] | dim - | par - | range n
cdef api void cast_u8_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<uint8_t *>buf[1], <float *>buf[0], lo, hi)

# cast_f32: buf y[n]:f64 x[n] | dim - | par - | range n
cdef api void cast_f32_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<float *>buf[1], <double *>buf[0], lo, hi)

# cast_i32: buf y[n]:f64 x[n] | dim - | par - | range n
cdef api void cast_i32_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<int32_t *>buf[1], <double *>buf[0], lo, hi)

# cast_i64: buf y[n]:f64 x[n] | dim - | par - | range n
cdef api void cast_i64_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<int64_t *>buf[1], <double *>buf[0], lo, hi)

# cast_u8: buf y[n]:f64 x[n] | dim - | par - | range n
cdef api void cast_u8_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<uint8_t *>buf[1], <double *>buf[0], lo, hi)

# cast_f32: buf y[n]:i32 x[n] | dim - | par - | range n
cdef api void cast_f32_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<float *>buf[1], <int32_t *>buf[0], lo, hi)

# cast_f64: buf y[n]:i32 x[n] | dim - | par - | range n
cdef api void cast_f64_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<double *>buf[1], <int32_t *>buf[0], lo, hi)

# cast_i64: buf y[n]:i32 x[n] | dim - | par - | range n
cdef api void cast_i64_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<int64_t *>buf[1], <int32_t *>buf[0], lo, hi)

# cast_u8: buf y[n]:i32 x[n] | dim - | par - | range n
cdef api void cast_u8_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<uint8_t *>buf[1], <int32_t *>buf[0], lo, hi)

# cast_f32: buf y[n]:i64 x[n] | dim - | par - | range n
cdef api void cast_f32_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<float *>buf[1], <int64_t *>buf[0], lo, hi)

# cast_f64: buf y[n]:i64 x[n] | dim - | par - | range n
cdef api void cast_f64_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<double *>buf[1], <int64_t *>buf[0], lo, hi)

# cast_i32: buf y[n]:i64 x[n] | dim - | par - | range n
cdef api void cast_i32_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<int32_t *>buf[1], <int64_t *>buf[0], lo, hi)

# cast_u8: buf y[n]:i64 x[n] | dim - | par - | range n
cdef api void cast_u8_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert(<uint8_t *>buf[1], <int64_t *>buf[0], lo, hi)

# cast_f32: buf y[n]:u8 x[n] | dim - | par - | range n
cdef api void cast_f32_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert_to_u8(<float *>buf[1], buf, lo, hi)

# cast_f64: buf y[n]:u8 x[n] | dim - | par - | range n
cdef api void cast_f64_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert_to_u8(<double *>buf[1], buf, lo, hi)

# cast_i32: buf y[n]:u8 x[n] | dim - | par - | range n
cdef api void cast_i32_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert_to_u8(<int32_t *>buf[1], buf, lo, hi)

# cast_i64: buf y[n]:u8 x[n] | dim - | par - | range n
cdef api void cast_i64_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert_to_u8(<int64_t *>buf[1], buf, lo, hi)

# cast_f32: buf y[n]:b8 x[n] | dim - | par - | range n
cdef api void cast_f32_b8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert_to_bool(<float *>buf[1], buf, lo, hi)

# cast_f64: buf y[n]:b8 x[n] | dim - | par - | range n
cdef api void cast_f64_b8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert_to_bool(<double *>buf[1], buf, lo, hi)

# cast_i32: buf y[n]:b8 x[n] | dim - | par - | range n
cdef api void cast_i32_b8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert_to_bool(<int32_t *>buf[1], buf, lo, hi)

# cast_i64: buf y[n]:b8 x[n] | dim - | par - | range n
cdef api void cast_i64_b8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert_to_bool(<int64_t *>buf[1], buf, lo, hi)

# cast_u8: buf y[n]:b8 x[n] | dim - | par - | range n
cdef api void cast_u8_b8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    convert_to_bool(<uint8_t *>buf[1], buf, lo, hi)
