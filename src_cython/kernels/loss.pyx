"""Losses by row, their derivatives, and the weighted mean over rows.

Design
 (a) t are targets, p predictions (probabilities or values), z logits; rows are samples, n columns.
     A loss kernel writes one value a row; `loss_reduce` turns them into the scalar.
 (b) Pointwise losses are c * sum_j f(t_j, p_j): f and its derivatives stand in `value` and
     `slope`, selected at compile time by `kind`. Targets pass through t -> keep t + add first
     (label smoothing); where buffer `binary` says that they are all 0 or 1, hinge losses see -1
     and 1 instead.
 (c) Cross-entropies of logits use log(sum exp) and never saturate; those of probabilities clip to
     [eps, 1 - eps], eps = 1e-7, with a zero derivative outside, as Keras does.
 (d) Labels out of range contribute nothing; `crossentropy_check` notes the first of them.
 (e) Sums over columns are taken in blocks in a fixed order, sums over rows in float64 in order:
     bits never depend on threads.
"""


from libc.stdint cimport int64_t

from fc_math cimport exp, fabs, log, log1p, pow, real, tanh
from fc_simd cimport (
    FC_WF32, FC_WF64, vf32, vf32_load, vf32_splat, vf32_store, vf64, vf64_load, vf64_splat,
    vf64_store,
)

ctypedef const Py_ssize_t *dims_t
ctypedef const double *pars_t

cdef enum:
    SQUARED, ABSOLUTE, PERCENT, SQUARED_LOG, HUBER, LOG_COSH, HINGE, SQUARED_HINGE, POISSON
    DIVERGENCE, BINARY, BINARY_LOGITS, BINARY_FOCAL
    BLOCK = 256
    LANES = 16

cdef double EPS = 1e-7


cdef inline Py_ssize_t least(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    return a if a < b else b


cdef inline real larger(real a, real b) noexcept nogil:
    # NaN stays if a is one.
    return b if b > a else a


cdef inline real clipped(real x, real lo, real hi) noexcept nogil:
    # In this order NaN stays.
    x = hi if hi < x else x
    return lo if lo > x else x


cdef inline bint inside(real x, real lo, real hi) noexcept nogil:
    return x >= lo and x <= hi


cdef inline real sign(real x) noexcept nogil:
    return <real>1.0 if x > 0 else (<real>-1.0 if x < 0 else x)


cdef inline real total(const real *x, Py_ssize_t n) noexcept nogil:
    # Four vector sums, then their lanes, then the tail.
    cdef real lanes[LANES]
    cdef real s = 0
    cdef Py_ssize_t i = 0, k, w
    cdef vf32 a, b, c, d
    cdef vf64 e, f, g, h
    if real is float:
        w = FC_WF32
        if n >= 4 * w:
            a = b = c = d = vf32_splat(0)
            while i + 4 * w <= n:
                a = a + vf32_load(x + i)
                b = b + vf32_load(x + i + w)
                c = c + vf32_load(x + i + 2 * w)
                d = d + vf32_load(x + i + 3 * w)
                i += 4 * w
            vf32_store(lanes, (a + b) + (c + d))
            for k in range(w):
                s += lanes[k]
    else:
        w = FC_WF64
        if n >= 4 * w:
            e = f = g = h = vf64_splat(0)
            while i + 4 * w <= n:
                e = e + vf64_load(x + i)
                f = f + vf64_load(x + i + w)
                g = g + vf64_load(x + i + 2 * w)
                h = h + vf64_load(x + i + 3 * w)
                i += 4 * w
            vf64_store(lanes, (e + f) + (g + h))
            for k in range(w):
                s += lanes[k]
    while i < n:
        s += x[i]
        i += 1
    return s


# --- pointwise -----------------------------------------------------------------------------------


cdef inline real value(int kind, real t, real p, real a, real b, bint balanced) noexcept nogil:
    cdef real one = 1, half = <real>0.5, eps = <real>EPS, d, f
    if kind == SQUARED:
        return (t - p) * (t - p)
    if kind == ABSOLUTE:
        return fabs(t - p)
    if kind == PERCENT:
        return fabs((t - p) / larger(fabs(t), eps))
    if kind == SQUARED_LOG:
        d = log(larger(p, eps) + one) - log(larger(t, eps) + one)
        return d * d
    if kind == HUBER:
        d = fabs(p - t)
        return half * d * d if d <= a else a * d - half * a * a
    if kind == LOG_COSH:
        d = fabs(p - t)
        return d + log1p(exp(-(d + d))) - <real>0.6931471805599453
    if kind == HINGE:
        return larger(one - t * p, <real>0)
    if kind == SQUARED_HINGE:
        d = larger(one - t * p, <real>0)
        return d * d
    if kind == POISSON:
        return p - t * log(p + eps)
    if kind == DIVERGENCE:
        t = clipped(t, eps, one)
        return t * log(t / clipped(p, eps, one))
    if kind == BINARY_LOGITS:
        return larger(p, <real>0) - p * t + log1p(exp(-fabs(p)))
    d = clipped(p, eps, one - eps)
    d = -(t * log(d) + (one - t) * log(one - d))
    if kind == BINARY:
        return d
    f = pow(one - (t * p + (one - t) * (one - p)), b)
    return f * d * (t * a + (one - t) * (one - a) if balanced else one)


cdef inline real slope(int kind, real t, real p, real a, real b, bint balanced) noexcept nogil:
    # df/dp
    cdef real one = 1, zero = 0, eps = <real>EPS, d, f, c, w
    if kind == SQUARED:
        return <real>2 * (p - t)
    if kind == ABSOLUTE:
        return sign(p - t)
    if kind == PERCENT:
        return sign(p - t) / larger(fabs(t), eps)
    if kind == SQUARED_LOG:
        d = log(larger(p, eps) + one) - log(larger(t, eps) + one)
        return <real>2 * d / (p + one) if p > eps else zero
    if kind == HUBER:
        return clipped(p - t, -a, a)
    if kind == LOG_COSH:
        return tanh(p - t)
    if kind == HINGE:
        return -t if t * p < one else zero
    if kind == SQUARED_HINGE:
        return <real>-2 * t * larger(one - t * p, zero)
    if kind == POISSON:
        return one - t / (p + eps)
    if kind == DIVERGENCE:
        return -clipped(t, eps, one) / p if inside(p, eps, one) else zero
    if kind == BINARY_LOGITS:
        return one / (one + exp(-p)) - t
    c = clipped(p, eps, one - eps)
    d = (one - t) / (one - c) - t / c
    d = d if inside(p, eps, one - eps) else zero
    if kind == BINARY:
        return d
    f = one - (t * p + (one - t) * (one - p))
    w = t * a + (one - t) * (one - a) if balanced else one
    c = -(t * log(c) + (one - t) * log(one - c))
    return w * (pow(f, b) * d + b * pow(f, b - one) * (one - <real>2 * t) * c)


cdef inline real slope_target(int kind, real t, real p, real a, real b, bint balanced) noexcept nogil:
    # df/dt
    cdef real one = 1, zero = 0, eps = <real>EPS, d, f, c, w
    if kind == SQUARED or kind == ABSOLUTE or kind == HUBER or kind == LOG_COSH:
        return -slope(kind, t, p, a, b, balanced)
    if kind == PERCENT:
        d = sign(t - p) / larger(fabs(t), eps)
        return d - fabs(t - p) * sign(t) / (t * t) if fabs(t) > eps else d
    if kind == SQUARED_LOG:
        d = log(larger(t, eps) + one) - log(larger(p, eps) + one)
        return <real>2 * d / (t + one) if t > eps else zero
    if kind == HINGE:
        return -p if t * p < one else zero
    if kind == SQUARED_HINGE:
        return <real>-2 * p * larger(one - t * p, zero)
    if kind == POISSON:
        return -log(p + eps)
    if kind == DIVERGENCE:
        return log(t / clipped(p, eps, one)) + one if inside(t, eps, one) else zero
    if kind == BINARY_LOGITS:
        return -p
    c = clipped(p, eps, one - eps)
    d = log(one - c) - log(c)
    if kind == BINARY:
        return d
    f = one - (t * p + (one - t) * (one - p))
    w = t * a + (one - t) * (one - a) if balanced else one
    c = -(t * log(c) + (one - t) * log(one - c))
    d = pow(f, b) * d + b * pow(f, b - one) * (one - <real>2 * p) * c
    return w * d + (pow(f, b) * c * (a + a - one) if balanced else zero)


cdef inline void rows(int kind, real *out, const real *t, const real *p, dims_t dim, pars_t par,
                      real keep, real add, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real part[BLOCK]
    cdef real a = <real>par[3], b = <real>par[4], c = <real>par[0], s
    cdef Py_ssize_t n = dim[0], i, j, k, m
    cdef bint balanced = dim[2]
    if n == 1:
        for i in range(lo, hi):
            out[i] = c * value(kind, keep * t[i] + add, p[i], a, b, balanced)
        return
    for i in range(lo, hi):
        s = 0
        j = 0
        while j < n:
            m = least(n - j, BLOCK)
            for k in range(m):
                part[k] = value(kind, keep * t[i * n + j + k] + add, p[i * n + j + k], a, b,
                                balanced)
            s += total(part, m)
            j += m
        out[i] = c * s


cdef inline void slopes(int kind, real *out, const real *dl, const real *t, const real *p,
                        dims_t dim, pars_t par, real keep, real add,
                        Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real a = <real>par[3], b = <real>par[4], c
    cdef Py_ssize_t n = dim[0], i, j
    cdef bint balanced = dim[2]
    if dim[3]:
        for i in range(lo, hi):
            c = <real>par[0] * dl[i] * keep
            for j in range(i * n, i * n + n):
                out[j] = c * slope_target(kind, keep * t[j] + add, p[j], a, b, balanced)
    elif n == 1:
        c = <real>par[0]
        for i in range(lo, hi):
            out[i] = c * dl[i] * slope(kind, keep * t[i] + add, p[i], a, b, balanced)
    else:
        for i in range(lo, hi):
            c = <real>par[0] * dl[i]
            for j in range(i * n, i * n + n):
                out[j] = c * slope(kind, keep * t[j] + add, p[j], a, b, balanced)


cdef inline void pointwise(real *out, void **buf, dims_t dim, pars_t par, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    cdef real *t = <real *>buf[1]
    cdef real *p = <real *>buf[2]
    cdef real keep = <real>par[1], add = <real>par[2]
    cdef Py_ssize_t kind = dim[1]
    if buf[3] != NULL and (<int64_t *>buf[3])[0]:
        keep, add = 2, -1
    if kind == SQUARED:
        rows(SQUARED, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == ABSOLUTE:
        rows(ABSOLUTE, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == PERCENT:
        rows(PERCENT, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == SQUARED_LOG:
        rows(SQUARED_LOG, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == HUBER:
        rows(HUBER, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == LOG_COSH:
        rows(LOG_COSH, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == HINGE:
        rows(HINGE, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == SQUARED_HINGE:
        rows(SQUARED_HINGE, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == POISSON:
        rows(POISSON, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == DIVERGENCE:
        rows(DIVERGENCE, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == BINARY:
        rows(BINARY, out, t, p, dim, par, keep, add, lo, hi)
    elif kind == BINARY_LOGITS:
        rows(BINARY_LOGITS, out, t, p, dim, par, keep, add, lo, hi)
    else:
        rows(BINARY_FOCAL, out, t, p, dim, par, keep, add, lo, hi)


cdef inline void pointwise_grad(real *out, void **buf, dims_t dim, pars_t par, Py_ssize_t lo,
                                Py_ssize_t hi) noexcept nogil:
    cdef real *t = <real *>buf[1]
    cdef real *p = <real *>buf[2]
    cdef real *dl = <real *>buf[4]
    cdef real keep = <real>par[1], add = <real>par[2]
    cdef Py_ssize_t kind = dim[1]
    if buf[3] != NULL and (<int64_t *>buf[3])[0]:
        keep, add = 2, -1
    if kind == SQUARED:
        slopes(SQUARED, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == ABSOLUTE:
        slopes(ABSOLUTE, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == PERCENT:
        slopes(PERCENT, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == SQUARED_LOG:
        slopes(SQUARED_LOG, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == HUBER:
        slopes(HUBER, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == LOG_COSH:
        slopes(LOG_COSH, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == HINGE:
        slopes(HINGE, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == SQUARED_HINGE:
        slopes(SQUARED_HINGE, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == POISSON:
        slopes(POISSON, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == DIVERGENCE:
        slopes(DIVERGENCE, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == BINARY:
        slopes(BINARY, out, dl, t, p, dim, par, keep, add, lo, hi)
    elif kind == BINARY_LOGITS:
        slopes(BINARY_LOGITS, out, dl, t, p, dim, par, keep, add, lo, hi)
    else:
        slopes(BINARY_FOCAL, out, dl, t, p, dim, par, keep, add, lo, hi)


cdef inline void are_binary(int64_t *flag, const real *t, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, other = 0
    for i in range(n):
        other += t[i] != 0 and t[i] != 1
    flag[0] = other == 0


# --- the mean over rows --------------------------------------------------------------------------


cdef inline void reduce(real *out, const real *loss, const real *weight, const real *norm,
                        dims_t dim, pars_t par) noexcept nogil:
    # out = scale * sum(weight * loss); with norm, divided by sum(norm): out[1] keeps that factor.
    cdef double s = 0, d = 0, scale = par[0]
    cdef Py_ssize_t i
    if weight == NULL:
        for i in range(dim[0]):
            s += loss[i]
    else:
        for i in range(dim[0]):
            s += <double>weight[i] * loss[i]
    if norm != NULL:
        for i in range(dim[0]):
            d += norm[i]
        scale = 1 / d if d != 0 else 0
    out[0] = <real>(scale * s)
    out[1] = <real>scale


cdef inline void reduce_grad(real *dl, const real *dy, const real *weight, const real *out,
                             Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real s = dy[0] * out[1]
    cdef Py_ssize_t i
    if weight == NULL:
        for i in range(lo, hi):
            dl[i] = s
    else:
        for i in range(lo, hi):
            dl[i] = s * weight[i]


# loss_pointwise: buf out[m] t[m,n] p[m,n] binary[1]|- | dim n kind balanced | par c keep add a b | range m
cdef api void loss_pointwise_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    pointwise(<float *>buf[0], buf, dim, par, lo, hi)

cdef api void loss_pointwise_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    pointwise(<double *>buf[0], buf, dim, par, lo, hi)

# loss_pointwise_grad: buf out[m,n] t[m,n] p[m,n] binary[1]|- dl[m] | dim n kind balanced target | par c keep add a b | range m
cdef api void loss_pointwise_grad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    pointwise_grad(<float *>buf[0], buf, dim, par, lo, hi)

cdef api void loss_pointwise_grad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    pointwise_grad(<double *>buf[0], buf, dim, par, lo, hi)

# loss_are_binary: buf flag[1] t[n] | dim n | par - | range 1
cdef api void loss_are_binary_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    are_binary(<int64_t *>buf[0], <float *>buf[1], dim[0])

cdef api void loss_are_binary_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    are_binary(<int64_t *>buf[0], <double *>buf[1], dim[0])

# loss_reduce: buf out[2] loss[m] weight[m]|- norm[m]|- | dim m | par scale | range 1
cdef api void loss_reduce_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    reduce(<float *>buf[0], <float *>buf[1], <float *>buf[2], <float *>buf[3], dim, par)

cdef api void loss_reduce_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    reduce(<double *>buf[0], <double *>buf[1], <double *>buf[2], <double *>buf[3], dim, par)

# loss_reduce_grad: buf dl[m] dy[1] weight[m]|- out[2] | dim - | par - | range m
cdef api void loss_reduce_grad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    reduce_grad(<float *>buf[0], <float *>buf[1], <float *>buf[2], <float *>buf[3], lo, hi)

cdef api void loss_reduce_grad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    reduce_grad(<double *>buf[0], <double *>buf[1], <double *>buf[2], <double *>buf[3], lo, hi)
