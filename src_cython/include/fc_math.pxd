# Cython's view of fc_math.h: one inline function per elementary function, for float and double.
cimport cython
from libc cimport math

ctypedef fused real:
    float
    double

cdef extern from "fc_math.h" nogil:
    float fc_exp_f32(float x)
    float fc_expm1_f32(float x)
    float fc_log_f32(float x)
    float fc_log1p_f32(float x)
    float fc_tanh_f32(float x)
    float fc_erf_f32(float x)


cdef inline real exp(real x) noexcept nogil:
    if real is float:
        return fc_exp_f32(x)
    else:
        return math.exp(x)


cdef inline real expm1(real x) noexcept nogil:
    if real is float:
        return fc_expm1_f32(x)
    else:
        return math.expm1(x)


cdef inline real log(real x) noexcept nogil:
    if real is float:
        return fc_log_f32(x)
    else:
        return math.log(x)


cdef inline real log1p(real x) noexcept nogil:
    if real is float:
        return fc_log1p_f32(x)
    else:
        return math.log1p(x)


cdef inline real tanh(real x) noexcept nogil:
    if real is float:
        return fc_tanh_f32(x)
    else:
        return math.tanh(x)


cdef inline real erf(real x) noexcept nogil:
    if real is float:
        return fc_erf_f32(x)
    else:
        return math.erf(x)


cdef inline real sqrt(real x) noexcept nogil:
    if real is float:
        return math.sqrtf(x)
    else:
        return math.sqrt(x)


cdef inline real pow(real x, real y) noexcept nogil:
    if real is float:
        return math.powf(x, y)
    else:
        return math.pow(x, y)


cdef inline real sigmoid(real x) noexcept nogil:
    return <real>1.0 / (<real>1.0 + exp(-x))


cdef inline real fabs(real x) noexcept nogil:
    if real is float:
        return math.fabsf(x)
    else:
        return math.fabs(x)
