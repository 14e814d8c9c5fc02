"""Functions of one number.

Design: as in elementwise, contiguous only. f32's exp, log, tanh, erf and their kin vectorise
(fc_math.h); the trigonometric functions and all of f64 are libm's.
"""

from libc cimport math
from libc.stdint cimport int32_t, int64_t

cimport fc_math
from fc_math cimport real

ctypedef fused number:
    float
    double
    int32_t
    int64_t

cdef enum:
    NEGATIVE, ABSOLUTE, SIGN, SQUARE
    EXP, EXPM1, LOG, LOG1P, SQRT, RSQRT, RECIPROCAL, TANH, ERF, FLOOR, CEIL, ROUND
    SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH


cdef inline real single(int op, real x) noexcept nogil:
    if op == EXP:
        return fc_math.exp(x)
    if op == EXPM1:
        return fc_math.expm1(x)
    if op == LOG:
        return fc_math.log(x)
    if op == LOG1P:
        return fc_math.log1p(x)
    if op == TANH:
        return fc_math.tanh(x)
    if op == ERF:
        return fc_math.erf(x)
    if op == SQRT:
        return fc_math.sqrt(x)
    if op == RSQRT:
        return <real>1.0 / fc_math.sqrt(x)
    if op == RECIPROCAL:
        return <real>1.0 / x
    if real is float:
        if op == FLOOR:
            return math.floorf(x)
        if op == CEIL:
            return math.ceilf(x)
        if op == ROUND:
            return math.rintf(x)
        if op == SIN:
            return math.sinf(x)
        if op == COS:
            return math.cosf(x)
        if op == TAN:
            return math.tanf(x)
        if op == ASIN:
            return math.asinf(x)
        if op == ACOS:
            return math.acosf(x)
        if op == ATAN:
            return math.atanf(x)
        if op == SINH:
            return math.sinhf(x)
        return math.coshf(x)
    else:
        if op == FLOOR:
            return math.floor(x)
        if op == CEIL:
            return math.ceil(x)
        if op == ROUND:
            return math.rint(x)
        if op == SIN:
            return math.sin(x)
        if op == COS:
            return math.cos(x)
        if op == TAN:
            return math.tan(x)
        if op == ASIN:
            return math.asin(x)
        if op == ACOS:
            return math.acos(x)
        if op == ATAN:
            return math.atan(x)
        if op == SINH:
            return math.sinh(x)
        return math.cosh(x)


cdef inline number simple(int op, number x) noexcept nogil:
    if op == NEGATIVE:
        return <number>(-x)
    if op == SQUARE:
        return <number>(x * x)
    if op == ABSOLUTE:
        if number is float or number is double:
            return fc_math.fabs(x)
        else:
            return <number>(-x) if x < 0 else x
    # sign; NaN stays NaN
    return <number>1 if x > 0 else (<number>-1 if x < 0 else x)


cdef inline void one(real *y, int op, void **buf, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef real *x = <real *>buf[1]
    for i in range(lo, hi):
        y[i] = single(op, x[i])


cdef inline void one_simple(number *y, int op, void **buf, Py_ssize_t lo,
                            Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef number *x = <number *>buf[1]
    for i in range(lo, hi):
        y[i] = simple(op, x[i])



# unary_negative: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_negative_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<float *>buf[0], NEGATIVE, buf, lo, hi)

cdef api void unary_negative_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<double *>buf[0], NEGATIVE, buf, lo, hi)

cdef api void unary_negative_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<int32_t *>buf[0], NEGATIVE, buf, lo, hi)

cdef api void unary_negative_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<int64_t *>buf[0], NEGATIVE, buf, lo, hi)

# unary_absolute: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_absolute_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<float *>buf[0], ABSOLUTE, buf, lo, hi)

cdef api void unary_absolute_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<double *>buf[0], ABSOLUTE, buf, lo, hi)

cdef api void unary_absolute_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<int32_t *>buf[0], ABSOLUTE, buf, lo, hi)

cdef api void unary_absolute_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<int64_t *>buf[0], ABSOLUTE, buf, lo, hi)

# unary_sign: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_sign_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<float *>buf[0], SIGN, buf, lo, hi)

cdef api void unary_sign_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<double *>buf[0], SIGN, buf, lo, hi)

cdef api void unary_sign_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<int32_t *>buf[0], SIGN, buf, lo, hi)

cdef api void unary_sign_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<int64_t *>buf[0], SIGN, buf, lo, hi)

# unary_square: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_square_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<float *>buf[0], SQUARE, buf, lo, hi)

cdef api void unary_square_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<double *>buf[0], SQUARE, buf, lo, hi)

cdef api void unary_square_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<int32_t *>buf[0], SQUARE, buf, lo, hi)

cdef api void unary_square_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one_simple(<int64_t *>buf[0], SQUARE, buf, lo, hi)

# unary_exp: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_exp_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], EXP, buf, lo, hi)

cdef api void unary_exp_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], EXP, buf, lo, hi)

# unary_expm1: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_expm1_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], EXPM1, buf, lo, hi)

cdef api void unary_expm1_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], EXPM1, buf, lo, hi)

# unary_log: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_log_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], LOG, buf, lo, hi)

cdef api void unary_log_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], LOG, buf, lo, hi)

# unary_log1p: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_log1p_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], LOG1P, buf, lo, hi)

cdef api void unary_log1p_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], LOG1P, buf, lo, hi)

# unary_sqrt: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_sqrt_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], SQRT, buf, lo, hi)

cdef api void unary_sqrt_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], SQRT, buf, lo, hi)

# unary_rsqrt: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_rsqrt_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], RSQRT, buf, lo, hi)

cdef api void unary_rsqrt_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], RSQRT, buf, lo, hi)

# unary_reciprocal: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_reciprocal_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], RECIPROCAL, buf, lo, hi)

cdef api void unary_reciprocal_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], RECIPROCAL, buf, lo, hi)

# unary_tanh: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_tanh_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], TANH, buf, lo, hi)

cdef api void unary_tanh_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], TANH, buf, lo, hi)

# unary_erf: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_erf_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], ERF, buf, lo, hi)

cdef api void unary_erf_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], ERF, buf, lo, hi)

# unary_floor: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_floor_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], FLOOR, buf, lo, hi)

cdef api void unary_floor_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], FLOOR, buf, lo, hi)

# unary_ceil: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_ceil_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], CEIL, buf, lo, hi)

cdef api void unary_ceil_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], CEIL, buf, lo, hi)

# unary_round: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_round_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], ROUND, buf, lo, hi)

cdef api void unary_round_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], ROUND, buf, lo, hi)

# unary_sin: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_sin_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], SIN, buf, lo, hi)

cdef api void unary_sin_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], SIN, buf, lo, hi)

# unary_cos: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_cos_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], COS, buf, lo, hi)

cdef api void unary_cos_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], COS, buf, lo, hi)

# unary_tan: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_tan_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], TAN, buf, lo, hi)

cdef api void unary_tan_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], TAN, buf, lo, hi)

# unary_asin: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_asin_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], ASIN, buf, lo, hi)

cdef api void unary_asin_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], ASIN, buf, lo, hi)

# unary_acos: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_acos_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], ACOS, buf, lo, hi)

cdef api void unary_acos_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], ACOS, buf, lo, hi)

# unary_atan: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_atan_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], ATAN, buf, lo, hi)

cdef api void unary_atan_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], ATAN, buf, lo, hi)

# unary_sinh: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_sinh_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], SINH, buf, lo, hi)

cdef api void unary_sinh_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], SINH, buf, lo, hi)

# unary_cosh: buf y[n] x[n] | dim - | par - | range n
cdef api void unary_cosh_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<float *>buf[0], COSH, buf, lo, hi)

cdef api void unary_cosh_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    one(<double *>buf[0], COSH, buf, lo, hi)
