"""Activations and their derivatives.

Design
 (a) Function and derivative stand side by side as branches on a compile-time constant; p, q, r are
     the activation's own numbers (slope, limit, threshold).
 (b) A NaN comes out as NaN. At a kink the derivative is the left one, that of relu at 0 being 0.
"""

from libc.math cimport INFINITY

cimport fc_math
from fc_math cimport real

cdef enum:
    RELU, RELUX, RELU6, LEAKYRELU, ELU, SELU, CELU, GELU, GELUTANH, SIGMOID, HARDSIGMOID, TANH
    SOFTPLUS, SOFTSIGN, SILU, HARDSILU, EXPONENTIAL, MISH, THRESHOLD, HARDTANH, TANHSHRINK
    SOFTSHRINK, HARDSHRINK, SQUAREPLUS, SPARSEPLUS, SPARSESIGMOID, LOGSIGMOID

cdef extern from *:
    """
    #define SELU_ALPHA 1.6732632423543772848170429916717
    #define SELU_SCALE 1.0507009873554804934193349852946
    #define ROOT_HALF 0.70710678118654752440
    #define GAUSS 0.39894228040143267794          /* 1 / sqrt(2 pi) */
    #define ROOT_2_PI 0.79788456080286535588      /* sqrt(2 / pi) */
    """
    const double SELU_ALPHA
    const double SELU_SCALE
    const double ROOT_HALF
    const double GAUSS
    const double ROOT_2_PI


cdef inline real softplus(real x) noexcept nogil:
    return fc_math.log1p(fc_math.exp(-fc_math.fabs(x))) + (0 if x < 0 else x)


cdef inline real clip(real x, real lo, real hi) noexcept nogil:
    cdef real y = lo if x < lo else x
    return hi if y > hi else y


cdef inline real tanh_softplus(real x) noexcept nogil:
    # tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2); above 20 it is 1
    cdef real e = fc_math.exp(<real>20.0 if x > 20 else x)
    e = e * (e + 2)
    return e / (e + 2)


cdef inline real gelu_tanh(real x) noexcept nogil:
    return fc_math.tanh(<real>ROOT_2_PI * (x + <real>0.044715 * x * x * x))


cdef inline real forward(int op, real x, real p, real q, real r) noexcept nogil:
    cdef real t
    if op == RELU:
        return 0 if x <= 0 else x
    if op == RELUX:                                 # slope p, limit q, threshold r
        t = p * (x - r) if x <= r else x
        if x > r and q < INFINITY:
            t = clip(t, 0, q)
        return t
    if op == RELU6:
        return clip(x, 0, 6)
    if op == LEAKYRELU:
        return x if x > 0 else p * x
    if op == ELU:
        t = p * fc_math.expm1(<real>0 if x > 0 else x)
        return x if x > 0 else t
    if op == SELU:
        t = <real>(SELU_SCALE * SELU_ALPHA) * fc_math.expm1(<real>0 if x > 0 else x)
        return <real>SELU_SCALE * x if x > 0 else t
    if op == CELU:
        t = p * fc_math.expm1((<real>0 if x > 0 else x) / p)
        return x if x > 0 else t
    if op == GELU:
        return <real>0.5 * x * (1 + fc_math.erf(x * <real>ROOT_HALF))
    if op == GELUTANH:
        return <real>0.5 * x * (1 + gelu_tanh(x))
    if op == SIGMOID:
        return fc_math.sigmoid(x)
    if op == HARDSIGMOID:
        return clip(x / <real>6.0 + <real>0.5, 0, 1)
    if op == TANH:
        return fc_math.tanh(x)
    if op == SOFTPLUS:
        return softplus(x)
    if op == SOFTSIGN:
        return x / (1 + fc_math.fabs(x))
    if op == SILU:
        return x * fc_math.sigmoid(x)
    if op == HARDSILU:
        return x * clip(x / <real>6.0 + <real>0.5, 0, 1)
    if op == EXPONENTIAL:
        return fc_math.exp(x)
    if op == MISH:
        return x * tanh_softplus(x)
    if op == THRESHOLD:                             # threshold p, value q below it
        return q if x <= p else x
    if op == HARDTANH:
        return clip(x, -1, 1)
    if op == TANHSHRINK:
        return x - fc_math.tanh(x)
    if op == SOFTSHRINK:
        return x - p if x > p else (x + p if x < -p else (x if x != x else 0))
    if op == HARDSHRINK:
        return 0 if fc_math.fabs(x) <= p else x
    if op == SQUAREPLUS:
        t = fc_math.sqrt(x * x + p)                 # no cancellation on either side
        return <real>0.5 * (p / (t - x) if x < 0 else x + t)
    if op == SPARSEPLUS:
        t = clip(x, -1, 1) + 1
        return x if x >= 1 else t * t * <real>0.25
    if op == SPARSESIGMOID:
        return <real>0.5 * (clip(x, -1, 1) + 1)
    return -softplus(-x)


cdef inline real slope(int op, real x, real y, real p, real q, real r) noexcept nogil:
    cdef real t
    if op == RELU:
        return 1 if x > 0 else 0
    if op == RELUX:
        if x <= r:
            return p
        return 1 if q == INFINITY or (x > 0 and x < q) else 0
    if op == RELU6:
        return (x > 0) & (x < 6)
    if op == LEAKYRELU:
        return 1 if x > 0 else p
    if op == ELU:
        return 1 if x > 0 else y + p
    if op == SELU:
        return <real>SELU_SCALE if x > 0 else y + <real>(SELU_SCALE * SELU_ALPHA)
    if op == CELU:
        return 1 if x > 0 else y / p + 1
    if op == GELU:
        t = fc_math.exp(<real>-0.5 * x * x) * <real>GAUSS
        return <real>0.5 * (1 + fc_math.erf(x * <real>ROOT_HALF)) + x * t
    if op == GELUTANH:
        t = gelu_tanh(x)
        return <real>0.5 * (1 + t) + <real>0.5 * x * (1 - t * t) * <real>ROOT_2_PI * (
            1 + <real>(3 * 0.044715) * x * x
        )
    if op == SIGMOID:
        return y * (1 - y)
    if op == HARDSIGMOID:
        return <real>(1.0 / 6.0) if fc_math.fabs(x) < 3 else 0
    if op == TANH:
        return 1 - y * y
    if op == SOFTPLUS:
        return fc_math.sigmoid(x)
    if op == SOFTSIGN:
        t = 1 + fc_math.fabs(x)
        return 1 / (t * t)
    if op == SILU:
        t = fc_math.sigmoid(x)
        return t * (1 + x * (1 - t))
    if op == HARDSILU:
        t = x / <real>3.0 + <real>0.5
        return t if fc_math.fabs(x) < 3 else (1 if x > 0 else 0)
    if op == EXPONENTIAL:
        return y
    if op == MISH:
        t = tanh_softplus(x)
        return t + x * (1 - t * t) * fc_math.sigmoid(x)
    if op == THRESHOLD:
        return 1 if x > p else 0
    if op == HARDTANH:
        return fc_math.fabs(x) < 1
    if op == TANHSHRINK:
        t = fc_math.tanh(x)
        return t * t
    if op == SOFTSHRINK or op == HARDSHRINK:
        return fc_math.fabs(x) > p
    if op == SQUAREPLUS:
        return <real>0.5 + <real>0.5 * x / fc_math.sqrt(x * x + p)
    if op == SPARSEPLUS:
        return <real>0.5 * (clip(x, -1, 1) + 1)
    if op == SPARSESIGMOID:
        return <real>0.5 if fc_math.fabs(x) < 1 else 0
    return fc_math.sigmoid(-x)


cdef inline void run(real *y, int op, void **buf, const double *par, Py_ssize_t lo,
                     Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef real *x = <real *>buf[1]
    cdef real p = <real>par[0], q = <real>par[1], r = <real>par[2]
    for i in range(lo, hi):
        y[i] = forward(op, x[i], p, q, r)


cdef inline void back(real *dx, int op, void **buf, const double *par, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef real *x = <real *>buf[1]
    cdef real *y = <real *>buf[2]
    cdef real *dy = <real *>buf[3]
    cdef real p = <real>par[0], q = <real>par[1], r = <real>par[2]
    for i in range(lo, hi):
        dx[i] = dy[i] * slope(op, x[i], y[i], p, q, r)


# activation_relu: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_relu_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], RELU, buf, par, lo, hi)

cdef api void activation_relu_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], RELU, buf, par, lo, hi)

# activation_relux: buf y[n] x[n] | dim - | par slope limit threshold | range n
cdef api void activation_relux_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], RELUX, buf, par, lo, hi)

cdef api void activation_relux_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], RELUX, buf, par, lo, hi)

# activation_relu6: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_relu6_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], RELU6, buf, par, lo, hi)

cdef api void activation_relu6_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], RELU6, buf, par, lo, hi)

# activation_leakyrelu: buf y[n] x[n] | dim - | par slope - - | range n
cdef api void activation_leakyrelu_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], LEAKYRELU, buf, par, lo, hi)

cdef api void activation_leakyrelu_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], LEAKYRELU, buf, par, lo, hi)

# activation_elu: buf y[n] x[n] | dim - | par alpha - - | range n
cdef api void activation_elu_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], ELU, buf, par, lo, hi)

cdef api void activation_elu_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], ELU, buf, par, lo, hi)

# activation_selu: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_selu_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], SELU, buf, par, lo, hi)

cdef api void activation_selu_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], SELU, buf, par, lo, hi)

# activation_celu: buf y[n] x[n] | dim - | par alpha - - | range n
cdef api void activation_celu_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], CELU, buf, par, lo, hi)

cdef api void activation_celu_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], CELU, buf, par, lo, hi)

# activation_gelu: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_gelu_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], GELU, buf, par, lo, hi)

cdef api void activation_gelu_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], GELU, buf, par, lo, hi)

# activation_gelutanh: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_gelutanh_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], GELUTANH, buf, par, lo, hi)

cdef api void activation_gelutanh_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], GELUTANH, buf, par, lo, hi)

# activation_sigmoid: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_sigmoid_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], SIGMOID, buf, par, lo, hi)

cdef api void activation_sigmoid_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], SIGMOID, buf, par, lo, hi)

# activation_hardsigmoid: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_hardsigmoid_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], HARDSIGMOID, buf, par, lo, hi)

cdef api void activation_hardsigmoid_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], HARDSIGMOID, buf, par, lo, hi)

# activation_tanh: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_tanh_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], TANH, buf, par, lo, hi)

cdef api void activation_tanh_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], TANH, buf, par, lo, hi)

# activation_softplus: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_softplus_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], SOFTPLUS, buf, par, lo, hi)

cdef api void activation_softplus_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], SOFTPLUS, buf, par, lo, hi)

# activation_softsign: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_softsign_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], SOFTSIGN, buf, par, lo, hi)

cdef api void activation_softsign_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], SOFTSIGN, buf, par, lo, hi)

# activation_silu: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_silu_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], SILU, buf, par, lo, hi)

cdef api void activation_silu_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], SILU, buf, par, lo, hi)

# activation_hardsilu: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_hardsilu_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], HARDSILU, buf, par, lo, hi)

cdef api void activation_hardsilu_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], HARDSILU, buf, par, lo, hi)

# activation_exponential: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_exponential_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], EXPONENTIAL, buf, par, lo, hi)

cdef api void activation_exponential_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], EXPONENTIAL, buf, par, lo, hi)

# activation_mish: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_mish_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], MISH, buf, par, lo, hi)

cdef api void activation_mish_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], MISH, buf, par, lo, hi)

# activation_threshold: buf y[n] x[n] | dim - | par threshold value - | range n
cdef api void activation_threshold_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], THRESHOLD, buf, par, lo, hi)

cdef api void activation_threshold_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], THRESHOLD, buf, par, lo, hi)

# activation_hardtanh: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_hardtanh_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], HARDTANH, buf, par, lo, hi)

cdef api void activation_hardtanh_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], HARDTANH, buf, par, lo, hi)

# activation_tanhshrink: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_tanhshrink_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], TANHSHRINK, buf, par, lo, hi)

cdef api void activation_tanhshrink_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], TANHSHRINK, buf, par, lo, hi)

# activation_softshrink: buf y[n] x[n] | dim - | par threshold - - | range n
cdef api void activation_softshrink_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], SOFTSHRINK, buf, par, lo, hi)

cdef api void activation_softshrink_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], SOFTSHRINK, buf, par, lo, hi)

# activation_hardshrink: buf y[n] x[n] | dim - | par threshold - - | range n
cdef api void activation_hardshrink_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], HARDSHRINK, buf, par, lo, hi)

cdef api void activation_hardshrink_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], HARDSHRINK, buf, par, lo, hi)

# activation_squareplus: buf y[n] x[n] | dim - | par b - - | range n
cdef api void activation_squareplus_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], SQUAREPLUS, buf, par, lo, hi)

cdef api void activation_squareplus_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], SQUAREPLUS, buf, par, lo, hi)

# activation_sparseplus: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_sparseplus_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], SPARSEPLUS, buf, par, lo, hi)

cdef api void activation_sparseplus_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], SPARSEPLUS, buf, par, lo, hi)

# activation_sparsesigmoid: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_sparsesigmoid_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], SPARSESIGMOID, buf, par, lo, hi)

cdef api void activation_sparsesigmoid_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], SPARSESIGMOID, buf, par, lo, hi)

# activation_logsigmoid: buf y[n] x[n] | dim - | par - - - | range n
cdef api void activation_logsigmoid_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<float *>buf[0], LOGSIGMOID, buf, par, lo, hi)

cdef api void activation_logsigmoid_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    run(<double *>buf[0], LOGSIGMOID, buf, par, lo, hi)

# activation_relugrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_relugrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], RELU, buf, par, lo, hi)

cdef api void activation_relugrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], RELU, buf, par, lo, hi)

# activation_reluxgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par slope limit threshold | range n
cdef api void activation_reluxgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], RELUX, buf, par, lo, hi)

cdef api void activation_reluxgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], RELUX, buf, par, lo, hi)

# activation_relu6grad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_relu6grad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], RELU6, buf, par, lo, hi)

cdef api void activation_relu6grad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], RELU6, buf, par, lo, hi)

# activation_leakyrelugrad: buf dx[n] x[n] y[n] dy[n] | dim - | par slope - - | range n
cdef api void activation_leakyrelugrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], LEAKYRELU, buf, par, lo, hi)

cdef api void activation_leakyrelugrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], LEAKYRELU, buf, par, lo, hi)

# activation_elugrad: buf dx[n] x[n] y[n] dy[n] | dim - | par alpha - - | range n
cdef api void activation_elugrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], ELU, buf, par, lo, hi)

cdef api void activation_elugrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], ELU, buf, par, lo, hi)

# activation_selugrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_selugrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], SELU, buf, par, lo, hi)

cdef api void activation_selugrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], SELU, buf, par, lo, hi)

# activation_celugrad: buf dx[n] x[n] y[n] dy[n] | dim - | par alpha - - | range n
cdef api void activation_celugrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], CELU, buf, par, lo, hi)

cdef api void activation_celugrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], CELU, buf, par, lo, hi)

# activation_gelugrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_gelugrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], GELU, buf, par, lo, hi)

cdef api void activation_gelugrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], GELU, buf, par, lo, hi)

# activation_gelutanhgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_gelutanhgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], GELUTANH, buf, par, lo, hi)

cdef api void activation_gelutanhgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], GELUTANH, buf, par, lo, hi)

# activation_sigmoidgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_sigmoidgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], SIGMOID, buf, par, lo, hi)

cdef api void activation_sigmoidgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], SIGMOID, buf, par, lo, hi)

# activation_hardsigmoidgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_hardsigmoidgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], HARDSIGMOID, buf, par, lo, hi)

cdef api void activation_hardsigmoidgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], HARDSIGMOID, buf, par, lo, hi)

# activation_tanhgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_tanhgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], TANH, buf, par, lo, hi)

cdef api void activation_tanhgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], TANH, buf, par, lo, hi)

# activation_softplusgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_softplusgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], SOFTPLUS, buf, par, lo, hi)

cdef api void activation_softplusgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], SOFTPLUS, buf, par, lo, hi)

# activation_softsigngrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_softsigngrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], SOFTSIGN, buf, par, lo, hi)

cdef api void activation_softsigngrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], SOFTSIGN, buf, par, lo, hi)

# activation_silugrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_silugrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], SILU, buf, par, lo, hi)

cdef api void activation_silugrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], SILU, buf, par, lo, hi)

# activation_hardsilugrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_hardsilugrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], HARDSILU, buf, par, lo, hi)

cdef api void activation_hardsilugrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], HARDSILU, buf, par, lo, hi)

# activation_exponentialgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_exponentialgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], EXPONENTIAL, buf, par, lo, hi)

cdef api void activation_exponentialgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], EXPONENTIAL, buf, par, lo, hi)

# activation_mishgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_mishgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], MISH, buf, par, lo, hi)

cdef api void activation_mishgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], MISH, buf, par, lo, hi)

# activation_thresholdgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par threshold value - | range n
cdef api void activation_thresholdgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], THRESHOLD, buf, par, lo, hi)

cdef api void activation_thresholdgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], THRESHOLD, buf, par, lo, hi)

# activation_hardtanhgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_hardtanhgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], HARDTANH, buf, par, lo, hi)

cdef api void activation_hardtanhgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], HARDTANH, buf, par, lo, hi)

# activation_tanhshrinkgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_tanhshrinkgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], TANHSHRINK, buf, par, lo, hi)

cdef api void activation_tanhshrinkgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], TANHSHRINK, buf, par, lo, hi)

# activation_softshrinkgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par threshold - - | range n
cdef api void activation_softshrinkgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], SOFTSHRINK, buf, par, lo, hi)

cdef api void activation_softshrinkgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], SOFTSHRINK, buf, par, lo, hi)

# activation_hardshrinkgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par threshold - - | range n
cdef api void activation_hardshrinkgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], HARDSHRINK, buf, par, lo, hi)

cdef api void activation_hardshrinkgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], HARDSHRINK, buf, par, lo, hi)

# activation_squareplusgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par b - - | range n
cdef api void activation_squareplusgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], SQUAREPLUS, buf, par, lo, hi)

cdef api void activation_squareplusgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], SQUAREPLUS, buf, par, lo, hi)

# activation_sparseplusgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_sparseplusgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], SPARSEPLUS, buf, par, lo, hi)

cdef api void activation_sparseplusgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], SPARSEPLUS, buf, par, lo, hi)

# activation_sparsesigmoidgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_sparsesigmoidgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], SPARSESIGMOID, buf, par, lo, hi)

cdef api void activation_sparsesigmoidgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], SPARSESIGMOID, buf, par, lo, hi)

# activation_logsigmoidgrad: buf dx[n] x[n] y[n] dy[n] | dim - | par - - - | range n
cdef api void activation_logsigmoidgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<float *>buf[0], LOGSIGMOID, buf, par, lo, hi)

cdef api void activation_logsigmoidgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back(<double *>buf[0], LOGSIGMOID, buf, par, lo, hi)
