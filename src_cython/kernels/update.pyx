"""Optimizer steps: one pass over all parameters of a dtype.

Design
 (a) Parameters live where their layers made them, gradients where backward left them; slots
     (momenta...) are flat arrays of the optimizer. Three tables tie them together, all int64 but
     the last: segs[s] is (address of the parameter, address of its gradient), chunks[c] is
     (segment, first element in it, number of elements, position in the slots, decays or not), and
     scale[s], float64, is what the segment's gradient is multiplied by (clipping by norm, loss
     scale, mean over accumulated steps; kernels in step.pyx).
 (b) What changes from step to step is read from memory: rate[0] is the learning rate, step[0] the
     number of steps done. A recorded step can thus be replayed.
 (c) `every` > 1 accumulates gradients: only each every-th step updates, t counts updates.
 (d) f32 scalars (bias corrections) are computed in f32, as Keras does.
 (e) Elementwise, so the bits depend on nothing but the operands; chunks are cut by the caller.
"""

from libc.math cimport fabs, fabsf, pow, powf, sqrt, sqrtf
from libc.stdint cimport int64_t

ctypedef fused real:
    float
    double

ctypedef const Py_ssize_t *dims_t
ctypedef const double *pars_t

cdef enum:
    CHUNK = 5


cdef inline real root(real x) noexcept nogil:
    if real is float:
        return sqrtf(x)
    else:
        return sqrt(x)


cdef inline real power(real x, real y) noexcept nogil:
    if real is float:
        return powf(x, y)
    else:
        return pow(x, y)


cdef inline real absolute(real x) noexcept nogil:
    if real is float:
        return fabsf(x)
    else:
        return fabs(x)


cdef inline real clipped(real g, real clip) noexcept nogil:
    # In this order a NaN stays, and both lines are one min and one max instruction.
    g = clip if clip < g else g
    return -clip if -clip > g else g


cdef inline real larger(real a, real b) noexcept nogil:
    return a if a > b else b


cdef inline bint updates(void **buf, Py_ssize_t every) noexcept nogil:
    # Whether this step updates at all; the step counter is buffer 4 of every update kernel.
    return ((<int64_t *>buf[4])[0] + 1) % every == 0


cdef inline real count(real *like, void **buf, Py_ssize_t every) noexcept nogil:
    # Number of this update, from 1.
    return <real>((<int64_t *>buf[4])[0] // every + 1)


cdef inline real rate(real *like, void **buf) noexcept nogil:
    return <real>(<float *>buf[3])[0]


cdef inline int64_t *piece(void **buf, Py_ssize_t c) noexcept nogil:
    return <int64_t *>buf[0] + CHUNK * c


cdef inline real *parameter(real *like, void **buf, const int64_t *at) noexcept nogil:
    return (<real **>buf[1])[2 * at[0]] + at[1]


cdef inline real *gradient(real *like, void **buf, const int64_t *at) noexcept nogil:
    return (<real **>buf[1])[2 * at[0] + 1] + at[1]


cdef inline real scale(real *like, void **buf, const int64_t *at) noexcept nogil:
    return <real>(<double *>buf[2])[at[0]]


# --- SGD -----------------------------------------------------------------------------------------


cdef inline void sgd(real *m0, void **buf, dims_t dim, pars_t par,
                     Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real lr = rate(m0, buf), clip = <real>par[1], s, wd, g
    cdef real *p
    cdef real *dp
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(m0, buf, at)
        dp = gradient(m0, buf, at)
        s = scale(m0, buf, at)
        wd = <real>(par[0] * at[4]) * lr
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip)
            p[i] = (p[i] - p[i] * wd) - g * lr


cdef inline void momentum(real *m0, void **buf, dims_t dim, pars_t par,
                          Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real lr = rate(m0, buf), clip = <real>par[1], mu = <real>par[2], s, wd, g, w, d
    cdef bint nesterov = dim[1]
    cdef real *p
    cdef real *dp
    cdef real *m
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(m0, buf, at)
        dp = gradient(m0, buf, at)
        m = m0 + at[3]
        s = scale(m0, buf, at)
        wd = <real>(par[0] * at[4]) * lr
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip) * lr
            w = p[i] - p[i] * wd
            d = m[i] * mu - g
            m[i] = d
            p[i] = w + (d * mu - g if nesterov else d)


# --- Adam and its kin ----------------------------------------------------------------------------


cdef inline void adam(real *m0, real *v0, void **buf, dims_t dim, pars_t par,
                      Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real clip = <real>par[1], eps = <real>par[4], s, wd, g, w, mi, vi, t, alpha
    cdef real b1 = <real>(1 - par[2]), b2 = <real>(1 - par[3]), one = 1
    cdef real *p
    cdef real *dp
    cdef real *m
    cdef real *v
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    t = count(m0, buf, dim[0])
    alpha = (rate(m0, buf) * root(one - power(<real>par[3], t))
             / (one - power(<real>par[2], t)))
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(m0, buf, at)
        dp = gradient(m0, buf, at)
        m = m0 + at[3]
        v = v0 + at[3]
        s = scale(m0, buf, at)
        wd = <real>(par[0] * at[4]) * rate(m0, buf)
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip)
            w = p[i] - p[i] * wd
            mi = m[i] + (g - m[i]) * b1
            vi = v[i] + (g * g - v[i]) * b2
            m[i] = mi
            v[i] = vi
            p[i] = w - mi * alpha / (root(vi) + eps)


cdef inline void amsgrad(real *m0, real *v0, real *h0, void **buf, dims_t dim, pars_t par,
                         Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real clip = <real>par[1], eps = <real>par[4], s, wd, g, w, mi, vi, hi_, t, alpha
    cdef real b1 = <real>(1 - par[2]), b2 = <real>(1 - par[3]), one = 1
    cdef real *p
    cdef real *dp
    cdef real *m
    cdef real *v
    cdef real *h
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    t = count(m0, buf, dim[0])
    alpha = (rate(m0, buf) * root(one - power(<real>par[3], t))
             / (one - power(<real>par[2], t)))
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(m0, buf, at)
        dp = gradient(m0, buf, at)
        m = m0 + at[3]
        v = v0 + at[3]
        h = h0 + at[3]
        s = scale(m0, buf, at)
        wd = <real>(par[0] * at[4]) * rate(m0, buf)
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip)
            w = p[i] - p[i] * wd
            mi = m[i] + (g - m[i]) * b1
            vi = v[i] + (g * g - v[i]) * b2
            hi_ = larger(h[i], vi)
            m[i] = mi
            v[i] = vi
            h[i] = hi_
            p[i] = w - mi * alpha / (root(hi_) + eps)


cdef inline void adamax(real *m0, real *u0, void **buf, dims_t dim, pars_t par,
                        Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real clip = <real>par[1], eps = <real>par[4], lr = rate(m0, buf), s, wd, g, w, mi, ui, c1
    cdef real b1 = <real>(1 - par[2]), b2 = <real>par[3], one = 1
    cdef real *p
    cdef real *dp
    cdef real *m
    cdef real *u
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    c1 = one - power(<real>par[2], count(m0, buf, dim[0]))
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(m0, buf, at)
        dp = gradient(m0, buf, at)
        m = m0 + at[3]
        u = u0 + at[3]
        s = scale(m0, buf, at)
        wd = <real>(par[0] * at[4]) * lr
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip)
            w = p[i] - p[i] * wd
            mi = m[i] + (g - m[i]) * b1
            ui = larger(b2 * u[i], absolute(g))
            m[i] = mi
            u[i] = ui
            p[i] = w - lr * mi / (c1 * (ui + eps))


cdef inline void nadam_begin(real *product, void **buf, dims_t dim, pars_t par) noexcept nogil:
    cdef real t
    if updates(buf, dim[0]):
        t = count(product, buf, dim[0])
        product[0] = (product[0] * <real>par[0]
                      * (<real>1.0 - <real>0.5 * power(<real>0.96, t)))


cdef inline void nadam(real *m0, real *v0, real *product, void **buf, dims_t dim, pars_t par,
                       Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real clip = <real>par[1], eps = <real>par[4], lr = rate(m0, buf), one = 1, half = <real>0.5
    cdef real beta = <real>par[2], b1 = one - beta, b2 = one - <real>par[3]
    cdef real s, wd, g, w, mi, vi, t, u, u_next, a, b, c2
    cdef real *p
    cdef real *dp
    cdef real *m
    cdef real *v
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    t = count(m0, buf, dim[0])
    u = beta * (one - half * power(<real>0.96, t))
    u_next = beta * (one - half * power(<real>0.96, t + one))
    a = u_next / (one - product[0] * u_next)
    b = (one - u) / (one - product[0])
    c2 = one - power(<real>par[3], t)
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(m0, buf, at)
        dp = gradient(m0, buf, at)
        m = m0 + at[3]
        v = v0 + at[3]
        s = scale(m0, buf, at)
        wd = <real>(par[0] * at[4]) * lr
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip)
            w = p[i] - p[i] * wd
            mi = m[i] + (g - m[i]) * b1
            vi = v[i] + (g * g - v[i]) * b2
            m[i] = mi
            v[i] = vi
            p[i] = w - (mi * a + g * b) * lr / (root(vi / c2) + eps)


# --- RMSprop, Adagrad, Adadelta, Lion --------------------------------------------------------------


cdef inline void rmsprop(real *v0, real *m0, real *a0, void **buf, dims_t dim, pars_t par,
                         Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # m0 is NULL without momentum, a0 when not centered.
    cdef real clip = <real>par[1], rho = <real>par[2], rest = <real>(1 - par[2])
    cdef real mu = <real>par[3], eps = <real>par[4], lr = rate(v0, buf), s, wd, g, w, vi, ai, step
    cdef real *p
    cdef real *dp
    cdef real *v
    cdef real *m
    cdef real *a
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(v0, buf, at)
        dp = gradient(v0, buf, at)
        v = v0 + at[3]
        s = scale(v0, buf, at)
        wd = <real>(par[0] * at[4]) * lr
        if m0 == NULL and a0 == NULL:
            for i in range(at[2]):
                g = clipped(dp[i] * s, clip)
                w = p[i] - p[i] * wd
                vi = rho * v[i] + rest * (g * g)
                v[i] = vi
                p[i] = w - lr * g / root(vi + eps)
            continue
        m = m0 + at[3]
        a = a0 + at[3]
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip)
            w = p[i] - p[i] * wd
            vi = rho * v[i] + rest * (g * g)
            v[i] = vi
            if a0 != NULL:
                ai = rho * a[i] + rest * g
                a[i] = ai
                vi = vi - ai * ai
            step = lr * g / root(vi + eps)
            if m0 != NULL:
                step = mu * m[i] + step
                m[i] = step
            p[i] = w - step


cdef inline void adagrad(real *a0, void **buf, dims_t dim, pars_t par,
                         Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real clip = <real>par[1], eps = <real>par[2], lr = rate(a0, buf), s, wd, g, w, ai
    cdef real *p
    cdef real *dp
    cdef real *a
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(a0, buf, at)
        dp = gradient(a0, buf, at)
        a = a0 + at[3]
        s = scale(a0, buf, at)
        wd = <real>(par[0] * at[4]) * lr
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip)
            w = p[i] - p[i] * wd
            ai = a[i] + g * g
            a[i] = ai
            p[i] = w - lr * g / root(ai + eps)


cdef inline void adadelta(real *a0, real *d0, void **buf, dims_t dim, pars_t par,
                          Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real clip = <real>par[1], rho = <real>par[2], rest = <real>(1 - par[2])
    cdef real eps = <real>par[3], lr = rate(a0, buf), s, wd, g, w, ai, step
    cdef real *p
    cdef real *dp
    cdef real *a
    cdef real *d
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(a0, buf, at)
        dp = gradient(a0, buf, at)
        a = a0 + at[3]
        d = d0 + at[3]
        s = scale(a0, buf, at)
        wd = <real>(par[0] * at[4]) * lr
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip)
            w = p[i] - p[i] * wd
            ai = rho * a[i] + rest * (g * g)
            a[i] = ai
            step = root(d[i] + eps) * g / root(ai + eps)
            d[i] = rho * d[i] + rest * (step * step)
            p[i] = w - lr * step


cdef inline void lion(real *m0, void **buf, dims_t dim, pars_t par,
                      Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real clip = <real>par[1], b1 = <real>par[2], b2 = <real>par[3], one = 1, zero = 0
    cdef real lr = rate(m0, buf), s, wd, g, w, d, sign
    cdef real *p
    cdef real *dp
    cdef real *m
    cdef int64_t *at
    cdef Py_ssize_t c, i
    if not updates(buf, dim[0]):
        return
    for c in range(lo, hi):
        at = piece(buf, c)
        p = parameter(m0, buf, at)
        dp = gradient(m0, buf, at)
        m = m0 + at[3]
        s = scale(m0, buf, at)
        wd = <real>(par[0] * at[4]) * lr
        for i in range(at[2]):
            g = clipped(dp[i] * s, clip)
            w = p[i] - p[i] * wd
            d = m[i] * b1 + g * (one - b1)
            sign = one if d > zero else (-one if d < zero else d)
            m[i] = m[i] * b2 + g * (one - b2)
            p[i] = w - lr * sign


# update_sgd: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] | dim every | par decay clip | range c
cdef api void update_sgd_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sgd(<float *>NULL, buf, dim, par, lo, hi)

cdef api void update_sgd_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sgd(<double *>NULL, buf, dim, par, lo, hi)

# update_momentum: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] m[n] | dim every nesterov | par decay clip momentum | range c
cdef api void update_momentum_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    momentum(<float *>buf[5], buf, dim, par, lo, hi)

cdef api void update_momentum_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    momentum(<double *>buf[5], buf, dim, par, lo, hi)

# update_adam: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] m[n] v[n] | dim every | par decay clip beta1 beta2 epsilon | range c
cdef api void update_adam_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    adam(<float *>buf[5], <float *>buf[6], buf, dim, par, lo, hi)

cdef api void update_adam_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    adam(<double *>buf[5], <double *>buf[6], buf, dim, par, lo, hi)

# update_amsgrad: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] m[n] v[n] vhat[n] | dim every | par decay clip beta1 beta2 epsilon | range c
cdef api void update_amsgrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    amsgrad(<float *>buf[5], <float *>buf[6], <float *>buf[7], buf, dim, par, lo, hi)

cdef api void update_amsgrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    amsgrad(<double *>buf[5], <double *>buf[6], <double *>buf[7], buf, dim, par, lo, hi)

# update_adamax: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] m[n] u[n] | dim every | par decay clip beta1 beta2 epsilon | range c
cdef api void update_adamax_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    adamax(<float *>buf[5], <float *>buf[6], buf, dim, par, lo, hi)

cdef api void update_adamax_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    adamax(<double *>buf[5], <double *>buf[6], buf, dim, par, lo, hi)

# update_nadam_begin: buf - - - - step[1] product[1] | dim every | par beta1 | range 1
cdef api void update_nadam_begin_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    nadam_begin(<float *>buf[5], buf, dim, par)

cdef api void update_nadam_begin_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    nadam_begin(<double *>buf[5], buf, dim, par)

# update_nadam: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] m[n] v[n] product[1] | dim every | par decay clip beta1 beta2 epsilon | range c
cdef api void update_nadam_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    nadam(<float *>buf[5], <float *>buf[6], <float *>buf[7], buf, dim, par, lo, hi)

cdef api void update_nadam_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    nadam(<double *>buf[5], <double *>buf[6], <double *>buf[7], buf, dim, par, lo, hi)

# update_rmsprop: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] v[n] m[n]|- a[n]|- | dim every | par decay clip rho momentum epsilon | range c
cdef api void update_rmsprop_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rmsprop(<float *>buf[5], <float *>buf[6], <float *>buf[7], buf, dim, par, lo, hi)

cdef api void update_rmsprop_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rmsprop(<double *>buf[5], <double *>buf[6], <double *>buf[7], buf, dim, par, lo, hi)

# update_adagrad: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] a[n] | dim every | par decay clip epsilon | range c
cdef api void update_adagrad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    adagrad(<float *>buf[5], buf, dim, par, lo, hi)

cdef api void update_adagrad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    adagrad(<double *>buf[5], buf, dim, par, lo, hi)

# update_adadelta: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] a[n] d[n] | dim every | par decay clip rho epsilon | range c
cdef api void update_adadelta_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    adadelta(<float *>buf[5], <float *>buf[6], buf, dim, par, lo, hi)

cdef api void update_adadelta_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    adadelta(<double *>buf[5], <double *>buf[6], buf, dim, par, lo, hi)

# update_lion: buf chunks[c,5] segs[s,2] scale[s] rate[1] step[1] m[n] | dim every | par decay clip beta1 beta2 | range c
cdef api void update_lion_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    lion(<float *>buf[5], buf, dim, par, lo, hi)

cdef api void update_lion_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    lion(<double *>buf[5], buf, dim, par, lo, hi)
