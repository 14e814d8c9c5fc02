"""Arithmetic of two operands, choice between two, assignment.

Design
 (a) Operands are given by strides in elements over the output's shape, 0 where they are broadcast;
     the output is contiguous. Callers drop axes of length 1 and merge what can be merged.
 (b) The range runs over output elements, so that any shape splits into chunks.
 (c) Which function is computed is a compile-time constant of the inlined body.
 (d) Integers wrap; a NaN operand gives NaN, in maximum and minimum too, as in NumPy.
"""

from libc cimport math
from libc.stdint cimport int32_t, int64_t, uint8_t

cimport fc_math
from fc_index cimport least, locate
from fc_math cimport real

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

cdef enum:
    ADD, SUBTRACT, MULTIPLY, MAXIMUM, MINIMUM, MOD, FLOORDIV
    DIVIDE, POWER, ATAN2


cdef inline number pair(int op, number a, number b) noexcept nogil:
    cdef number r
    if op == ADD:
        return <number>(a + b)
    if op == SUBTRACT:
        return <number>(a - b)
    if op == MULTIPLY:
        return <number>(a * b)
    if number is float or number is double:
        if op == MAXIMUM:
            return a if a > b or a != a else b
        if op == MINIMUM:
            return a if a < b or a != a else b
        if op == DIVIDE:
            return a / b
        if op == POWER:
            return fc_math.pow(a, b)
        if number is float:
            if op == MOD:
                r = math.fmodf(a, b)
            elif op == FLOORDIV:
                return math.floorf(a / b)
            else:
                return math.atan2f(a, b)
        else:
            if op == MOD:
                r = math.fmod(a, b)
            elif op == FLOORDIV:
                return math.floor(a / b)
            else:
                return math.atan2(a, b)
        # The result takes the divisor's sign, as in Python.
        return r + b if r != 0 and (r < 0) != (b < 0) else r
    else:
        if op == MAXIMUM:
            return a if a > b else b
        if op == MINIMUM:
            return a if a < b else b
        if b == 0:
            return 0
        if b == -1:
            return 0 if op == MOD else <number>(-a)
        r = a % b
        if op == MOD:
            return r + b if r != 0 and (r < 0) != (b < 0) else r
        return a // b - 1 if r != 0 and (r < 0) != (b < 0) else a // b


cdef inline void pair_row(number *y, int op, number *a, Py_ssize_t sa, number *b, Py_ssize_t sb,
                          Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef number c
    if sa == 1 and sb == 1:
        for i in range(n):
            y[i] = pair(op, a[i], b[i])
    elif sa == 1 and sb == 0:
        c = b[0]
        for i in range(n):
            y[i] = pair(op, a[i], c)
    elif sa == 0 and sb == 1:
        c = a[0]
        for i in range(n):
            y[i] = pair(op, c, b[i])
    else:
        for i in range(n):
            y[i] = pair(op, a[i * sa], b[i * sb])


cdef inline void where_row(anything *y, uint8_t *c, Py_ssize_t sc, anything *a, Py_ssize_t sa,
                           anything *b, Py_ssize_t sb, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if sc == 1 and sa == 1 and sb == 1:
        for i in range(n):
            y[i] = a[i] if c[i] else b[i]
    else:
        for i in range(n):
            y[i] = a[i * sa] if c[i * sc] else b[i * sb]


cdef inline void two(number *y, int op, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                     Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t nd = dim[0], m = dim[nd], col, n
    cdef Py_ssize_t sa = dim[2 * nd], sb = dim[3 * nd]
    cdef Py_ssize_t at[2]
    cdef number *a = <number *>buf[1]
    cdef number *b = <number *>buf[2]
    while lo < hi:
        locate(dim, 2, lo // m, at)
        col = lo % m
        n = least(m - col, hi - lo)
        pair_row(y + lo, op, a + at[0] + col * sa, sa, b + at[1] + col * sb, sb, n)
        lo += n


cdef inline void choose(anything *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                        Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t nd = dim[0], m = dim[nd], col, n
    cdef Py_ssize_t sc = dim[2 * nd], sa = dim[3 * nd], sb = dim[4 * nd]
    cdef Py_ssize_t at[3]
    cdef uint8_t *c = <uint8_t *>buf[1]
    cdef anything *a = <anything *>buf[2]
    cdef anything *b = <anything *>buf[3]
    while lo < hi:
        locate(dim, 3, lo // m, at)
        col = lo % m
        n = least(m - col, hi - lo)
        where_row(y + lo, c + at[0] + col * sc, sc, a + at[1] + col * sa, sa,
                  b + at[2] + col * sb, sb, n)
        lo += n


cdef inline void assign(real *y, void **buf, const double *par, Py_ssize_t lo,
                        Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef real *x = <real *>buf[1]
    cdef real sign = <real>par[0], keep = <real>par[1]
    if keep == 0:
        for i in range(lo, hi):
            y[i] = sign * x[i]
    elif keep == 1:
        for i in range(lo, hi):
            y[i] = y[i] + sign * x[i]
    else:
        for i in range(lo, hi):
            y[i] = keep * y[i] + sign * x[i]


# elementwise_add: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_add_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], ADD, buf, dim, lo, hi)

cdef api void elementwise_add_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], ADD, buf, dim, lo, hi)

cdef api void elementwise_add_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int32_t *>buf[0], ADD, buf, dim, lo, hi)

cdef api void elementwise_add_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int64_t *>buf[0], ADD, buf, dim, lo, hi)

# elementwise_subtract: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_subtract_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], SUBTRACT, buf, dim, lo, hi)

cdef api void elementwise_subtract_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], SUBTRACT, buf, dim, lo, hi)

cdef api void elementwise_subtract_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int32_t *>buf[0], SUBTRACT, buf, dim, lo, hi)

cdef api void elementwise_subtract_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int64_t *>buf[0], SUBTRACT, buf, dim, lo, hi)

# elementwise_multiply: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_multiply_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], MULTIPLY, buf, dim, lo, hi)

cdef api void elementwise_multiply_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], MULTIPLY, buf, dim, lo, hi)

cdef api void elementwise_multiply_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int32_t *>buf[0], MULTIPLY, buf, dim, lo, hi)

cdef api void elementwise_multiply_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int64_t *>buf[0], MULTIPLY, buf, dim, lo, hi)

# elementwise_maximum: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_maximum_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], MAXIMUM, buf, dim, lo, hi)

cdef api void elementwise_maximum_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], MAXIMUM, buf, dim, lo, hi)

cdef api void elementwise_maximum_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int32_t *>buf[0], MAXIMUM, buf, dim, lo, hi)

cdef api void elementwise_maximum_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int64_t *>buf[0], MAXIMUM, buf, dim, lo, hi)

# elementwise_minimum: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_minimum_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], MINIMUM, buf, dim, lo, hi)

cdef api void elementwise_minimum_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], MINIMUM, buf, dim, lo, hi)

cdef api void elementwise_minimum_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int32_t *>buf[0], MINIMUM, buf, dim, lo, hi)

cdef api void elementwise_minimum_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int64_t *>buf[0], MINIMUM, buf, dim, lo, hi)

# elementwise_mod: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_mod_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], MOD, buf, dim, lo, hi)

cdef api void elementwise_mod_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], MOD, buf, dim, lo, hi)

cdef api void elementwise_mod_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int32_t *>buf[0], MOD, buf, dim, lo, hi)

cdef api void elementwise_mod_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int64_t *>buf[0], MOD, buf, dim, lo, hi)

# elementwise_floordiv: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_floordiv_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], FLOORDIV, buf, dim, lo, hi)

cdef api void elementwise_floordiv_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], FLOORDIV, buf, dim, lo, hi)

cdef api void elementwise_floordiv_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int32_t *>buf[0], FLOORDIV, buf, dim, lo, hi)

cdef api void elementwise_floordiv_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<int64_t *>buf[0], FLOORDIV, buf, dim, lo, hi)

# elementwise_divide: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_divide_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], DIVIDE, buf, dim, lo, hi)

cdef api void elementwise_divide_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], DIVIDE, buf, dim, lo, hi)

# elementwise_power: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_power_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], POWER, buf, dim, lo, hi)

cdef api void elementwise_power_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], POWER, buf, dim, lo, hi)

# elementwise_atan2: buf y[n] a b | dim nd shape[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_atan2_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<float *>buf[0], ATAN2, buf, dim, lo, hi)

cdef api void elementwise_atan2_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    two(<double *>buf[0], ATAN2, buf, dim, lo, hi)

# elementwise_where: buf y[n] c:u8 a b | dim nd shape[nd] sc[nd] sa[nd] sb[nd] | par - | range n
cdef api void elementwise_where_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    choose(<float *>buf[0], buf, dim, lo, hi)

cdef api void elementwise_where_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    choose(<double *>buf[0], buf, dim, lo, hi)

cdef api void elementwise_where_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    choose(<int32_t *>buf[0], buf, dim, lo, hi)

cdef api void elementwise_where_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    choose(<int64_t *>buf[0], buf, dim, lo, hi)

cdef api void elementwise_where_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    choose(<uint8_t *>buf[0], buf, dim, lo, hi)

# y = keep * y + sign * x; with keep = 0 what stood in y does not matter, NaN neither.
# elementwise_assign: buf y[n] x[n] | dim - | par sign keep | range n
cdef api void elementwise_assign_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    assign(<float *>buf[0], buf, par, lo, hi)

cdef api void elementwise_assign_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    assign(<double *>buf[0], buf, par, lo, hi)
