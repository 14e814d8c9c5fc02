"""Metrics: values by row, and the state that collects them.

Design
 (a) Accuracies write one float32 a row (or element), whatever the dtype of the predictions p.
 (b) Running means keep total and count in the dtype of their variables, and what that dtype
     cannot hold in float64 beside them (`rest`): the mean over an epoch is that of float64 sums.
 (c) Confusion counts: p is positive above a threshold. With thresholds evenly spaced over [0, 1]
     each prediction falls into one bucket and the counts are sums over buckets, as Keras has it.
 (d) Collecting kernels run as one item: their sums have one order.
"""

from libc.math cimport ceil, ceilf, isfinite
from libc.stdint cimport int64_t

ctypedef fused real:
    float
    double

ctypedef fused countable:
    float
    double
    int64_t

ctypedef const Py_ssize_t *dims_t
ctypedef const double *pars_t


cdef inline Py_ssize_t position(const real *p, Py_ssize_t n) noexcept nogil:
    # Of the largest; the first of equals.
    cdef Py_ssize_t j, k = 0
    for j in range(1, n):
        if p[j] > p[k]:
            k = j
    return k


cdef inline void sparse_accuracy(const real *p, float *out, const int64_t *y, Py_ssize_t n,
                                 Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(lo, hi):
        out[i] = position(p + i * n, n) == y[i]


cdef inline void categorical_accuracy(const real *p, float *out, const real *t, Py_ssize_t n,
                                      Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(lo, hi):
        out[i] = position(p + i * n, n) == position(t + i * n, n)


cdef inline void binary_accuracy(const real *p, float *out, const real *t, real threshold,
                                 Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(lo, hi):
        out[i] = t[i] == <real>(p[i] > threshold)


cdef inline void top_k(const real *p, float *out, const int64_t *y, dims_t dim,
                       Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # Among the k best, where equal scores count as better than none.
    cdef Py_ssize_t n = dim[0], i, j, better
    cdef const real *row
    for i in range(lo, hi):
        row = p + i * n
        out[i] = 0
        if 0 <= y[i] < n and isfinite(row[y[i]]):
            better = 0
            for j in range(n):
                better += row[j] > row[y[i]]
            out[i] = better < dim[1]


cdef inline void keep_top(real *out, const real *p, dims_t dim, real low,
                          Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # The k largest of a row as they are (of equals the first), the rest `low`.
    cdef Py_ssize_t n = dim[0], i, j, m, before
    cdef const real *row
    for i in range(lo, hi):
        row = p + i * n
        for j in range(n):
            before = 0
            for m in range(n):
                before += row[m] > row[j] or (m < j and row[m] == row[j])
            out[i * n + j] = row[j] if before < dim[1] else low


cdef inline void add(real *state, double *rest, double x) noexcept nogil:
    # state + rest is the sum so far, rest being what the dtype of state cannot hold.
    cdef double s = (<double>state[0] + rest[0]) + x
    state[0] = <real>s
    rest[0] = s - <double>state[0] if isfinite(s) else 0


cdef inline void mean_update(real *total, real *count, double *rest, const real *v, const real *w,
                             Py_ssize_t n, pars_t par) noexcept nogil:
    # par: factor of both sums, count of the values without weights
    cdef double s = 0, c = 0
    cdef Py_ssize_t i
    if w == NULL:
        for i in range(n):
            s += v[i]
        c = par[1]
    else:
        for i in range(n):
            s += <double>w[i] * <double>v[i]
            c += w[i]
        c *= par[0]
    add(total, rest, s * par[0])
    if count != NULL:
        add(count, rest + 1, c)


cdef inline void mean_result(real *out, const real *total, const real *count,
                             const double *rest) noexcept nogil:
    cdef double c = count[0] + rest[1]
    out[0] = <real>((total[0] + rest[0]) / c) if c != 0 else <real>0


cdef inline Py_ssize_t bucket(real p, Py_ssize_t thresholds, bint from_first) noexcept nogil:
    # In (t/(T-1), (t+1)/(T-1)]; -1 for those above no threshold.
    cdef real x
    if p != p:
        return -1
    x = <real>1 if p > 1 else (<real>0 if p < 0 else p)
    if real is float:
        x = ceilf(x * <float>(thresholds - 1)) - 1
    else:
        x = ceil(x * <double>(thresholds - 1)) - 1
    if x < 0:
        return 0 if from_first else -1
    return <Py_ssize_t>x


cdef inline void confusion_buckets(real *p, void **buf, double *sums, dims_t dim) noexcept nogil:
    cdef const real *y = <real *>buf[4]
    cdef const real *w = <real *>buf[6]
    cdef Py_ssize_t n = dim[0], L = dim[1], T = dim[2], i, l, b
    cdef double wi
    for i in range(n):
        l = i % L
        wi = w[i] if w != NULL else 1
        b = bucket(p[i], T, dim[3] == 2)
        if y[i] != 0:
            sums[2 * T * L + l] += wi
            if b >= 0:
                sums[b * L + l] += wi
        else:
            sums[2 * T * L + L + l] += wi
            if b >= 0:
                sums[T * L + b * L + l] += wi
    for i in range((T - 1) * L - 1, -1, -1):
        sums[i] += sums[i + L]
        sums[T * L + i] += sums[T * L + i + L]


cdef inline void confusion_plain(real *p, void **buf, double *sums, dims_t dim) noexcept nogil:
    cdef const real *y = <real *>buf[4]
    cdef const real *w = <real *>buf[6]
    cdef const real *threshold = <real *>buf[7]
    cdef Py_ssize_t n = dim[0], L = dim[1], T = dim[2], i, l, t
    cdef double wi
    for i in range(n):
        l = i % L
        wi = w[i] if w != NULL else 1
        sums[2 * T * L + (0 if y[i] != 0 else L) + l] += wi
        for t in range(T):
            if p[i] > threshold[t]:
                sums[(0 if y[i] != 0 else T * L) + t * L + l] += wi


cdef inline void confusion(real *p, void **buf, dims_t dim) noexcept nogil:
    # sums: true positives [T,L], false positives [T,L], then all positives [L], negatives
    cdef double *sums = <double *>buf[8]
    cdef Py_ssize_t L = dim[1], T = dim[2], i, k
    cdef real *state
    cdef double x
    for i in range(2 * T * L + 2 * L):
        sums[i] = 0
    if dim[3]:
        confusion_buckets(p, buf, sums, dim)
    else:
        confusion_plain(p, buf, sums, dim)
    for k in range(4):      # tp, fp, tn, fn
        state = <real *>buf[k]
        if state != NULL:
            for i in range(T * L):
                if k < 2:
                    x = sums[k * T * L + i]
                elif k == 2:
                    x = sums[2 * T * L + L + i % L] - sums[T * L + i]
                else:
                    x = sums[2 * T * L + i % L] - sums[i]
                state[i] = <real>(state[i] + x)


cdef inline void matrix(countable *state, const int64_t *y, const int64_t *p, const countable *w,
                        dims_t dim) noexcept nogil:
    cdef Py_ssize_t n = dim[0], k = dim[1], i
    for i in range(n):
        if 0 <= y[i] < k and 0 <= p[i] < k and not (dim[2] and y[i] == dim[3]):
            state[y[i] * k + p[i]] += w[i] if w != NULL else <countable>1


# metric_sparse_accuracy: buf out[m] p[m,n] y[m] | dim n | par - | range m
cdef api void metric_sparse_accuracy_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse_accuracy(<float *>buf[1], <float *>buf[0], <int64_t *>buf[2], dim[0], lo, hi)

cdef api void metric_sparse_accuracy_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparse_accuracy(<double *>buf[1], <float *>buf[0], <int64_t *>buf[2], dim[0], lo, hi)

# metric_categorical_accuracy: buf out[m] p[m,n] t[m,n] | dim n | par - | range m
cdef api void metric_categorical_accuracy_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    categorical_accuracy(<float *>buf[1], <float *>buf[0], <float *>buf[2], dim[0], lo, hi)

cdef api void metric_categorical_accuracy_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    categorical_accuracy(<double *>buf[1], <float *>buf[0], <double *>buf[2], dim[0], lo, hi)

# metric_binary_accuracy: buf out[n] p[n] t[n] | dim - | par threshold | range n
cdef api void metric_binary_accuracy_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    binary_accuracy(<float *>buf[1], <float *>buf[0], <float *>buf[2], <float>par[0], lo, hi)

cdef api void metric_binary_accuracy_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    binary_accuracy(<double *>buf[1], <float *>buf[0], <double *>buf[2], par[0], lo, hi)

# metric_top_k: buf out[m] p[m,n] y[m] | dim n k | par - | range m
cdef api void metric_top_k_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    top_k(<float *>buf[1], <float *>buf[0], <int64_t *>buf[2], dim, lo, hi)

cdef api void metric_top_k_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    top_k(<double *>buf[1], <float *>buf[0], <int64_t *>buf[2], dim, lo, hi)

# metric_keep_top: buf out[m,n] p[m,n] | dim n k | par low | range m
cdef api void metric_keep_top_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    keep_top(<float *>buf[0], <float *>buf[1], dim, <float>par[0], lo, hi)

cdef api void metric_keep_top_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    keep_top(<double *>buf[0], <double *>buf[1], dim, par[0], lo, hi)

# metric_mean_update: buf total[1] count[1]|- rest[2] values[n] weights[n]|- | dim n | par factor count | range 1
cdef api void metric_mean_update_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mean_update(<float *>buf[0], <float *>buf[1], <double *>buf[2], <float *>buf[3], <float *>buf[4], dim[0], par)

cdef api void metric_mean_update_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mean_update(<double *>buf[0], <double *>buf[1], <double *>buf[2], <double *>buf[3], <double *>buf[4], dim[0], par)

# metric_mean_result: buf out[1] total[1] count[1] rest[2] | dim - | par - | range 1
cdef api void metric_mean_result_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mean_result(<float *>buf[0], <float *>buf[1], <float *>buf[2], <double *>buf[3])

cdef api void metric_mean_result_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mean_result(<double *>buf[0], <double *>buf[1], <double *>buf[2], <double *>buf[3])

# metric_confusion: buf tp[T,L]|- fp[T,L]|- tn[T,L]|- fn[T,L]|- y[n] p[n] w[n]|- threshold[T] sums[2*T*L+2*L] | dim n L T even | par - | range 1
cdef api void metric_confusion_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    confusion(<float *>buf[5], buf, dim)

cdef api void metric_confusion_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    confusion(<double *>buf[5], buf, dim)

# metric_matrix: buf state[k,k] y[n] p[n] w[n]|- | dim n k ignores ignored | par - | range 1
cdef api void metric_matrix_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    matrix(<float *>buf[0], <int64_t *>buf[1], <int64_t *>buf[2], <float *>buf[3], dim)

cdef api void metric_matrix_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    matrix(<double *>buf[0], <int64_t *>buf[1], <int64_t *>buf[2], <double *>buf[3], dim)

cdef api void metric_matrix_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    matrix(<int64_t *>buf[0], <int64_t *>buf[1], <int64_t *>buf[2], <int64_t *>buf[3], dim)
