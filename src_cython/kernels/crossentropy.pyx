"""Cross-entropy over classes, with labels or distributions, from logits or probabilities.

Design
 (a) One value a row of n classes: -log q[y] with labels y, -sum_j t_j log q_j with targets t.
     q is softmax(z) for logits z, and for probabilities p it is p / sum(p) clipped to
     [eps, 1 - eps] (labels: clipped first, then divided: Keras on TensorFlow).
 (b) From logits, log q_j = z_j - max - log(sum exp(z - max)) never saturates, and the derivative
     is q - onehot. q is either at hand (the softmax layer's output) or written by the forward
     pass into `q` for the backward pass.
 (c) A label out of range, or equal to `ignored` where `ignores` is set, gives 0 and no gradient.
     Labels to be ignored are left out of the mean by the mask that `crossentropy_mask` writes.
"""

from libc.stdint cimport int64_t

from fc_math cimport exp, log, pow, real

ctypedef const Py_ssize_t *dims_t
ctypedef const double *pars_t

cdef double EPS = 1e-7


cdef inline real clipped(real x, real lo, real hi) noexcept nogil:
    x = hi if hi < x else x
    return lo if lo > x else x


cdef inline bint inside(real x, real lo, real hi) noexcept nogil:
    return x >= lo and x <= hi


cdef inline real largest(const real *z, Py_ssize_t n) noexcept nogil:
    cdef real m = z[0]
    cdef Py_ssize_t j
    for j in range(1, n):
        m = z[j] if z[j] > m else m
    return m


cdef inline real log_sum(real *q, const real *z, real m, Py_ssize_t n) noexcept nogil:
    # log(sum exp(z - m)); with q, softmax(z) is left there.
    cdef real s = 0, e
    cdef Py_ssize_t j
    if q == NULL:
        for j in range(n):
            s += exp(z[j] - m)
        return log(s)
    for j in range(n):
        q[j] = exp(z[j] - m)
    for j in range(n):
        s += q[j]
    e = <real>1.0 / s
    for j in range(n):
        q[j] = q[j] * e
    return log(s)


cdef inline bint counts(int64_t y, Py_ssize_t n, dims_t dim) noexcept nogil:
    return 0 <= y < n and not (dim[1] and y == dim[2])


# --- labels --------------------------------------------------------------------------------------


cdef inline void sparse_logits(real *loss, real *q, const real *z, const int64_t *y, dims_t dim,
                               Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t n = dim[0], i
    cdef real m, s
    for i in range(lo, hi):
        m = largest(z + i * n, n)
        s = log_sum(NULL if q == NULL else q + i * n, z + i * n, m, n)
        loss[i] = (s + m) - z[i * n + y[i]] if counts(y[i], n, dim) else <real>0


cdef inline void sparse_logits_grad(real *dz, const real *dl, const real *q, const int64_t *y,
                                    dims_t dim, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t n = dim[0], i, j
    cdef real d
    for i in range(lo, hi):
        d = dl[i] if counts(y[i], n, dim) else <real>0
        for j in range(i * n, i * n + n):
            dz[j] = d * q[j]
        if counts(y[i], n, dim):
            dz[i * n + y[i]] -= d


cdef inline void sparse(real *loss, const real *p, const int64_t *y, dims_t dim,
                        Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real eps = <real>EPS, one = 1, s
    cdef Py_ssize_t n = dim[0], i, j
    for i in range(lo, hi):
        s = 0
        for j in range(i * n, i * n + n):
            s += clipped(p[j], eps, one - eps)
        loss[i] = log(s) - log(clipped(p[i * n + y[i]], eps, one - eps)) if counts(y[i], n, dim) else <real>0


cdef inline void sparse_grad(real *dp, const real *dl, const real *p, const int64_t *y, dims_t dim,
                             Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real eps = <real>EPS, one = 1, zero = 0, s, d, a
    cdef Py_ssize_t n = dim[0], i, j
    for i in range(lo, hi):
        d = dl[i] if counts(y[i], n, dim) else zero
        s = 0
        for j in range(i * n, i * n + n):
            s += clipped(p[j], eps, one - eps)
        a = d / s
        for j in range(i * n, i * n + n):
            dp[j] = a if inside(p[j], eps, one - eps) else zero
        if counts(y[i], n, dim):
            j = i * n + y[i]
            dp[j] -= d / p[j] if inside(p[j], eps, one - eps) else zero


# --- distributions -------------------------------------------------------------------------------


cdef inline void dense_logits(real *loss, real *q, const real *z, const real *t, dims_t dim,
                              pars_t par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # Targets become keep t + add first, which is label smoothing.
    cdef real keep = <real>par[0], add = <real>par[1], m, s, l
    cdef Py_ssize_t n = dim[0], i, j
    for i in range(lo, hi):
        m = largest(z + i * n, n)
        s = log_sum(NULL if q == NULL else q + i * n, z + i * n, m, n) + m
        l = 0
        for j in range(i * n, i * n + n):
            l += (keep * t[j] + add) * (s - z[j])
        loss[i] = l


cdef inline void dense_logits_grad(real *dz, const real *dl, const real *q, const real *t,
                                   dims_t dim, pars_t par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real keep = <real>par[0], add = <real>par[1], s
    cdef Py_ssize_t n = dim[0], i, j
    for i in range(lo, hi):
        s = 0
        for j in range(i * n, i * n + n):
            s += keep * t[j] + add
        for j in range(i * n, i * n + n):
            dz[j] = dl[i] * (s * q[j] - (keep * t[j] + add))


cdef inline void dense_logits_target(real *dt, const real *dl, const real *z, const real *like,
                                     dims_t dim, pars_t par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real m, s
    cdef Py_ssize_t n = dim[0], i, j
    for i in range(lo, hi):
        m = largest(z + i * n, n)
        s = log_sum(<real *>NULL, z + i * n, m, n) + m
        for j in range(i * n, i * n + n):
            dt[j] = dl[i] * <real>par[0] * (s - z[j])


cdef inline real focus(real q, real alpha, real gamma, bint focal) noexcept nogil:
    # What the negative logarithm of q is multiplied by.
    return alpha * pow(<real>1.0 - q, gamma) if focal else <real>1.0


cdef inline void dense(real *loss, const real *p, const real *t, dims_t dim, pars_t par,
                       Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real keep = <real>par[0], add = <real>par[1], alpha = <real>par[2], gamma = <real>par[3]
    cdef real eps = <real>EPS, one = 1, s, l, q
    cdef Py_ssize_t n = dim[0], i, j
    cdef bint focal = dim[1]
    for i in range(lo, hi):
        s = 0
        for j in range(i * n, i * n + n):
            s += p[j]
        l = 0
        for j in range(i * n, i * n + n):
            q = clipped(p[j] / s, eps, one - eps)
            l -= (keep * t[j] + add) * log(q) * focus(q, alpha, gamma, focal)
        loss[i] = l


cdef inline real dense_slope(real q, real t, real alpha, real gamma, bint focal) noexcept nogil:
    # Derivative of -t log(q) focus(q) by q, before clipping.
    cdef real one = 1, r
    if not focal:
        return -t / q
    r = one - q
    return alpha * t * (gamma * pow(r, gamma - one) * log(q) - pow(r, gamma) / q)


cdef inline void dense_grad(real *dp, const real *dl, const real *p, const real *t, dims_t dim,
                            pars_t par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # q = p / s: dp_j = (g_j - sum_k g_k q_k) / s
    cdef real keep = <real>par[0], add = <real>par[1], alpha = <real>par[2], gamma = <real>par[3]
    cdef real eps = <real>EPS, one = 1, zero = 0, s, q, g, together
    cdef Py_ssize_t n = dim[0], i, j
    cdef bint focal = dim[1]
    for i in range(lo, hi):
        s = 0
        for j in range(i * n, i * n + n):
            s += p[j]
        together = 0
        for j in range(i * n, i * n + n):
            q = p[j] / s
            g = dense_slope(q, keep * t[j] + add, alpha, gamma, focal) if inside(q, eps, one - eps) else zero
            together += g * q
            dp[j] = g
        for j in range(i * n, i * n + n):
            dp[j] = dl[i] * (dp[j] - together) / s


cdef inline void dense_target(real *dt, const real *dl, const real *p, const real *like,
                              dims_t dim, pars_t par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real keep = <real>par[0], alpha = <real>par[2], gamma = <real>par[3]
    cdef real eps = <real>EPS, one = 1, s, q
    cdef Py_ssize_t n = dim[0], i, j
    cdef bint focal = dim[1]
    for i in range(lo, hi):
        s = 0
        for j in range(i * n, i * n + n):
            s += p[j]
        for j in range(i * n, i * n + n):
            q = clipped(p[j] / s, eps, one - eps)
            dt[j] = -dl[i] * keep * log(q) * focus(q, alpha, gamma, focal)


# --- labels that are none --------------------------------------------------------------------------


cdef inline void mask_rows(real *mask, const int64_t *y, dims_t dim, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(lo, hi):
        mask[i] = <real>(y[i] != dim[0])


# crossentropy_sparse_logits: buf loss[m] q[m,n]|- z[m,n] y[m] | dim n ignores ignored | par - | range m
cdef api void crossentropy_sparse_logits_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse_logits(<float *>buf[0], <float *>buf[1], <float *>buf[2], <int64_t *>buf[3], dim, lo, hi)

cdef api void crossentropy_sparse_logits_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse_logits(<double *>buf[0], <double *>buf[1], <double *>buf[2], <int64_t *>buf[3], dim, lo, hi)

# crossentropy_sparse_logits_grad: buf dz[m,n] dl[m] q[m,n] y[m] | dim n ignores ignored | par - | range m
cdef api void crossentropy_sparse_logits_grad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse_logits_grad(<float *>buf[0], <float *>buf[1], <float *>buf[2], <int64_t *>buf[3], dim, lo, hi)

cdef api void crossentropy_sparse_logits_grad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse_logits_grad(<double *>buf[0], <double *>buf[1], <double *>buf[2], <int64_t *>buf[3], dim, lo, hi)

# crossentropy_sparse: buf loss[m] p[m,n] y[m] | dim n ignores ignored | par - | range m
cdef api void crossentropy_sparse_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse(<float *>buf[0], <float *>buf[1], <int64_t *>buf[2], dim, lo, hi)

cdef api void crossentropy_sparse_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse(<double *>buf[0], <double *>buf[1], <int64_t *>buf[2], dim, lo, hi)

# crossentropy_sparse_grad: buf dp[m,n] dl[m] p[m,n] y[m] | dim n ignores ignored | par - | range m
cdef api void crossentropy_sparse_grad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse_grad(<float *>buf[0], <float *>buf[1], <float *>buf[2], <int64_t *>buf[3], dim, lo, hi)

cdef api void crossentropy_sparse_grad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse_grad(<double *>buf[0], <double *>buf[1], <double *>buf[2], <int64_t *>buf[3], dim, lo, hi)

# crossentropy_logits: buf loss[m] q[m,n]|- z[m,n] t[m,n] | dim n | par keep add | range m
cdef api void crossentropy_logits_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_logits(<float *>buf[0], <float *>buf[1], <float *>buf[2], <float *>buf[3], dim, par, lo, hi)

cdef api void crossentropy_logits_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_logits(<double *>buf[0], <double *>buf[1], <double *>buf[2], <double *>buf[3], dim, par, lo, hi)

# crossentropy_logits_grad: buf dz[m,n] dl[m] q[m,n] t[m,n] | dim n | par keep add | range m
cdef api void crossentropy_logits_grad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_logits_grad(<float *>buf[0], <float *>buf[1], <float *>buf[2], <float *>buf[3], dim, par, lo, hi)

cdef api void crossentropy_logits_grad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_logits_grad(<double *>buf[0], <double *>buf[1], <double *>buf[2], <double *>buf[3], dim, par, lo, hi)

# crossentropy_logits_target: buf dt[m,n] dl[m] z[m,n] t[m,n] | dim n | par keep add | range m
cdef api void crossentropy_logits_target_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_logits_target(<float *>buf[0], <float *>buf[1], <float *>buf[2], <float *>buf[3], dim, par, lo, hi)

cdef api void crossentropy_logits_target_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_logits_target(<double *>buf[0], <double *>buf[1], <double *>buf[2], <double *>buf[3], dim, par, lo, hi)

# crossentropy_dense: buf loss[m] p[m,n] t[m,n] | dim n focal | par keep add alpha gamma | range m
cdef api void crossentropy_dense_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense(<float *>buf[0], <float *>buf[1], <float *>buf[2], dim, par, lo, hi)

cdef api void crossentropy_dense_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense(<double *>buf[0], <double *>buf[1], <double *>buf[2], dim, par, lo, hi)

# crossentropy_dense_grad: buf dp[m,n] dl[m] p[m,n] t[m,n] | dim n focal | par keep add alpha gamma | range m
cdef api void crossentropy_dense_grad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_grad(<float *>buf[0], <float *>buf[1], <float *>buf[2], <float *>buf[3], dim, par, lo, hi)

cdef api void crossentropy_dense_grad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_grad(<double *>buf[0], <double *>buf[1], <double *>buf[2], <double *>buf[3], dim, par, lo, hi)

# crossentropy_dense_target: buf dt[m,n] dl[m] p[m,n] t[m,n] | dim n focal | par keep add alpha gamma | range m
cdef api void crossentropy_dense_target_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_target(<float *>buf[0], <float *>buf[1], <float *>buf[2], <float *>buf[3], dim, par, lo, hi)

cdef api void crossentropy_dense_target_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dense_target(<double *>buf[0], <double *>buf[1], <double *>buf[2], <double *>buf[3], dim, par, lo, hi)

# crossentropy_mask: buf mask[m] y[m] | dim ignored | par - | range m
cdef api void crossentropy_mask_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mask_rows(<float *>buf[0], <int64_t *>buf[1], dim, lo, hi)

cdef api void crossentropy_mask_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mask_rows(<double *>buf[0], <int64_t *>buf[1], dim, lo, hi)

# crossentropy_check: buf bad[3] y[m] | dim m n ignores ignored | par - | range 1
cdef api void crossentropy_check_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # Of the first label out of range: bad is (1, the label, number of classes); never cleared here.
    cdef int64_t *bad = <int64_t *>buf[0]
    cdef int64_t *y = <int64_t *>buf[1]
    cdef Py_ssize_t i
    for i in range(dim[0]):
        if not 0 <= y[i] < dim[1] and not (dim[2] and y[i] == dim[3]) and not bad[0]:
            bad[0] = 1
            bad[1] = y[i]
            bad[2] = dim[1]
