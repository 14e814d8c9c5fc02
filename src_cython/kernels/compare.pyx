"""Comparisons and logic; results are bytes 0 and 1.

Design: strides and range as in elementwise. Booleans are u8; logical operators take any byte.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

cimport fc_math
from fc_index cimport least, locate
from fc_math cimport real

ctypedef fused anything:
    float
    double
    int32_t
    int64_t
    uint8_t

cdef enum:
    LESS, LESSEQ, EQUAL, NOTEQUAL, AND, OR, XOR
    ISNAN, ISINF, ISFINITE


cdef inline bint test(int op, anything a, anything b) noexcept nogil:
    if op == LESS:
        return a < b
    if op == LESSEQ:
        return a <= b
    if op == EQUAL:
        return a == b
    if op == NOTEQUAL:
        return a != b
    if op == AND:
        return (a != 0) & (b != 0)
    if op == OR:
        return (a != 0) | (b != 0)
    return (a != 0) != (b != 0)


cdef inline void test_row(uint8_t *y, int op, anything *a, Py_ssize_t sa, anything *b,
                          Py_ssize_t sb, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef anything c
    if sa == 1 and sb == 1:
        for i in range(n):
            y[i] = test(op, a[i], b[i])
    elif sa == 1 and sb == 0:
        c = b[0]
        for i in range(n):
            y[i] = test(op, a[i], c)
    else:
        for i in range(n):
            y[i] = test(op, a[i * sa], b[i * sb])


cdef inline void compare(anything *a, int op, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t nd = dim[0], m = dim[nd], col, n
    cdef Py_ssize_t sa = dim[2 * nd], sb = dim[3 * nd]
    cdef Py_ssize_t at[2]
    cdef uint8_t *y = <uint8_t *>buf[0]
    cdef anything *b = <anything *>buf[2]
    while lo < hi:
        locate(dim, 2, lo // m, at)
        col = lo % m
        n = least(m - col, hi - lo)
        test_row(y + lo, op, a + at[0] + col * sa, sa, b + at[1] + col * sb, sb, n)
        lo += n


cdef inline void one_test(real *x, int op, void **buf, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef real d
    cdef uint8_t *y = <uint8_t *>buf[0]
    for i in range(lo, hi):
        d = x[i] - x[i]                     # 0 for finite numbers, else NaN
        if op == ISNAN:
            y[i] = x[i] != x[i]
        elif op == ISINF:
            y[i] = (x[i] == x[i]) & (d != d)
        else:
            y[i] = d == d


cdef inline void invert(void **buf, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef uint8_t *y = <uint8_t *>buf[0]
    cdef uint8_t *x = <uint8_t *>buf[1]
    for i in range(lo, hi):
        y[i] = x[i] == 0


# compare_less: buf y[n]:u8 a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void compare_less_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<float *>buf[1], LESS, buf, dim, lo, hi)

cdef api void compare_less_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<double *>buf[1], LESS, buf, dim, lo, hi)

cdef api void compare_less_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<int32_t *>buf[1], LESS, buf, dim, lo, hi)

cdef api void compare_less_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<int64_t *>buf[1], LESS, buf, dim, lo, hi)

cdef api void compare_less_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<uint8_t *>buf[1], LESS, buf, dim, lo, hi)

# compare_lesseq: buf y[n]:u8 a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void compare_lesseq_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<float *>buf[1], LESSEQ, buf, dim, lo, hi)

cdef api void compare_lesseq_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<double *>buf[1], LESSEQ, buf, dim, lo, hi)

cdef api void compare_lesseq_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<int32_t *>buf[1], LESSEQ, buf, dim, lo, hi)

cdef api void compare_lesseq_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<int64_t *>buf[1], LESSEQ, buf, dim, lo, hi)

cdef api void compare_lesseq_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<uint8_t *>buf[1], LESSEQ, buf, dim, lo, hi)

# compare_equal: buf y[n]:u8 a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void compare_equal_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<float *>buf[1], EQUAL, buf, dim, lo, hi)

cdef api void compare_equal_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<double *>buf[1], EQUAL, buf, dim, lo, hi)

cdef api void compare_equal_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<int32_t *>buf[1], EQUAL, buf, dim, lo, hi)

cdef api void compare_equal_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<int64_t *>buf[1], EQUAL, buf, dim, lo, hi)

cdef api void compare_equal_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<uint8_t *>buf[1], EQUAL, buf, dim, lo, hi)

# compare_notequal: buf y[n]:u8 a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void compare_notequal_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<float *>buf[1], NOTEQUAL, buf, dim, lo, hi)

cdef api void compare_notequal_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<double *>buf[1], NOTEQUAL, buf, dim, lo, hi)

cdef api void compare_notequal_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<int32_t *>buf[1], NOTEQUAL, buf, dim, lo, hi)

cdef api void compare_notequal_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<int64_t *>buf[1], NOTEQUAL, buf, dim, lo, hi)

cdef api void compare_notequal_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<uint8_t *>buf[1], NOTEQUAL, buf, dim, lo, hi)

# compare_and: buf y[n]:u8 a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void compare_and_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<uint8_t *>buf[1], AND, buf, dim, lo, hi)

# compare_or: buf y[n]:u8 a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void compare_or_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<uint8_t *>buf[1], OR, buf, dim, lo, hi)

# compare_xor: buf y[n]:u8 a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void compare_xor_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    compare(<uint8_t *>buf[1], XOR, buf, dim, lo, hi)

# compare_isnan: buf y[n]:u8 x[n] | dim - | par - | range n
cdef api void compare_isnan_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_test(<float *>buf[1], ISNAN, buf, lo, hi)

cdef api void compare_isnan_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_test(<double *>buf[1], ISNAN, buf, lo, hi)

# compare_isinf: buf y[n]:u8 x[n] | dim - | par - | range n
cdef api void compare_isinf_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_test(<float *>buf[1], ISINF, buf, lo, hi)

cdef api void compare_isinf_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_test(<double *>buf[1], ISINF, buf, lo, hi)

# compare_isfinite: buf y[n]:u8 x[n] | dim - | par - | range n
cdef api void compare_isfinite_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_test(<float *>buf[1], ISFINITE, buf, lo, hi)

cdef api void compare_isfinite_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_test(<double *>buf[1], ISFINITE, buf, lo, hi)

# compare_not: buf y[n]:u8 x[n] | dim - | par - | range n
cdef api void compare_not_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    invert(buf, lo, hi)
