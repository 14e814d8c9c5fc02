"""Normalisation over batches (per channel) and over rows.

Design
 (a) Per channel: arrays are (A, C, B), statistics (C). Sums are taken over pieces of `chunk` rows a
     into partial[P, C], which reduce_sum adds in order.
 (b) The variance is the mean squared distance from the mean, in a second pass: no cancellation.
 (c) Per row: arrays are (A, R), each row with its own mean and reciprocal deviation.
 (d) gamma or beta may be missing (NULL).
"""

cimport fc_math
from fc_index cimport least
from fc_math cimport real

cdef enum:
    SUM, SPREAD, BACK
    LANES = 16


cdef inline real term(int op, real x, real mean) noexcept nogil:
    if op == SUM:
        return x
    return (x - mean) * (x - mean)


cdef inline real total(int op, real *x, real mean, Py_ssize_t n) noexcept nogil:
    cdef real lane[LANES]
    cdef real t = 0
    cdef Py_ssize_t i = 0, j
    if n >= LANES:
        for j in range(LANES):
            lane[j] = 0
        while i + LANES <= n:
            for j in range(LANES):
                lane[j] = lane[j] + term(op, x[i + j], mean)
            i += LANES
        for j in range(LANES):
            t = t + lane[j]
    while i < n:
        t = t + term(op, x[i], mean)
        i += 1
    return t


cdef inline real product(real *x, real *y, real mean, Py_ssize_t n) noexcept nogil:
    # sum of y (x - mean)
    cdef real lane[LANES]
    cdef real t = 0
    cdef Py_ssize_t i = 0, j
    if n >= LANES:
        for j in range(LANES):
            lane[j] = 0
        while i + LANES <= n:
            for j in range(LANES):
                lane[j] = lane[j] + y[i + j] * (x[i + j] - mean)
            i += LANES
        for j in range(LANES):
            t = t + lane[j]
    while i < n:
        t = t + y[i] * (x[i] - mean)
        i += 1
    return t


cdef inline void sums(real *y, int op, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t A = dim[0], C = dim[1], B = dim[2], chunk = dim[3], p, a, c
    cdef real *x = <real *>buf[1]
    cdef real *mean = <real *>buf[2]
    cdef real *out
    cdef real *row
    for p in range(lo, hi):
        out = y + p * C
        for c in range(C):
            out[c] = 0
        for a in range(p * chunk, least(A, (p + 1) * chunk)):
            row = x + a * C * B
            if B == 1:
                if op == SUM:
                    for c in range(C):
                        out[c] = out[c] + row[c]
                else:
                    for c in range(C):
                        out[c] = out[c] + (row[c] - mean[c]) * (row[c] - mean[c])
            else:
                for c in range(C):
                    out[c] = out[c] + total(op, row + c * B, 0 if op == SUM else mean[c], B)


cdef inline void back_sums(real *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    # partial[0, p, c] = sum of dy, partial[1, p, c] = sum of dy (x - mean) r
    cdef Py_ssize_t A = dim[0], C = dim[1], B = dim[2], chunk = dim[3], P, p, a, c
    cdef real *x = <real *>buf[1]
    cdef real *dy = <real *>buf[2]
    cdef real *mean = <real *>buf[3]
    cdef real *r = <real *>buf[4]
    cdef real *first
    cdef real *second
    P = (A + chunk - 1) // chunk
    for p in range(lo, hi):
        first = y + p * C
        second = y + (P + p) * C
        for c in range(C):
            first[c] = 0
            second[c] = 0
        for a in range(p * chunk, least(A, (p + 1) * chunk)):
            if B == 1:
                for c in range(C):
                    first[c] = first[c] + dy[a * C + c]
                    second[c] = second[c] + dy[a * C + c] * (x[a * C + c] - mean[c])
            else:
                for c in range(C):
                    first[c] = first[c] + total(SUM, dy + (a * C + c) * B, <real>0.0, B)
                    second[c] = second[c] + product(
                        x + (a * C + c) * B, dy + (a * C + c) * B, mean[c], B
                    )
        for c in range(C):
            second[c] = second[c] * r[c]


cdef inline void scales(real *s, void **buf, const double *par, Py_ssize_t lo,
                        Py_ssize_t hi) noexcept nogil:
    cdef real *t = <real *>buf[1]
    cdef real *r = <real *>buf[2]
    cdef real *mean = <real *>buf[3]
    cdef real *variance = <real *>buf[4]
    cdef real *gamma = <real *>buf[5]
    cdef real *beta = <real *>buf[6]
    cdef real eps = <real>par[0]
    cdef Py_ssize_t c
    for c in range(lo, hi):
        r[c] = 1 / fc_math.sqrt(variance[c] + eps)
        s[c] = r[c] if gamma == NULL else r[c] * gamma[c]
        t[c] = (<real>0.0 if beta == NULL else beta[c]) - mean[c] * s[c]


cdef inline void apply(real *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                       Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t C = dim[1], B = dim[2], a, c, i
    cdef real *x = <real *>buf[1]
    cdef real *s = <real *>buf[2]
    cdef real *t = <real *>buf[3]
    for a in range(lo, hi):
        if B == 1:
            for c in range(C):
                y[a * C + c] = x[a * C + c] * s[c] + t[c]
        else:
            for c in range(C):
                for i in range((a * C + c) * B, (a * C + c + 1) * B):
                    y[i] = x[i] * s[c] + t[c]


cdef inline void dx_train(real *dx, void **buf, const Py_ssize_t *dim, const double *par,
                          Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # dx = s (dy - mean(dy) - xhat mean(dy xhat)), the means over a and b
    cdef Py_ssize_t C = dim[1], B = dim[2], a, c, i
    cdef real *x = <real *>buf[1]
    cdef real *dy = <real *>buf[2]
    cdef real *mean = <real *>buf[3]
    cdef real *r = <real *>buf[4]
    cdef real *s = <real *>buf[5]
    cdef real *db = <real *>buf[6]
    cdef real *dg = <real *>buf[7]
    cdef real w = <real>par[0], u, v
    for a in range(lo, hi):
        if B == 1:
            for c in range(C):
                i = a * C + c
                dx[i] = s[c] * (dy[i] - db[c] * w - (x[i] - mean[c]) * r[c] * dg[c] * w)
        else:
            for c in range(C):
                u = db[c] * w
                v = r[c] * dg[c] * w
                for i in range((a * C + c) * B, (a * C + c + 1) * B):
                    dx[i] = s[c] * (dy[i] - u - (x[i] - mean[c]) * v)


cdef inline void rows(real *y, void **buf, const Py_ssize_t *dim, const double *par,
                      Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[0], centred = dim[1], a, i
    cdef real *x
    cdef real *mean = <real *>buf[2]
    cdef real *rstd = <real *>buf[3]
    cdef real *gamma = <real *>buf[4]
    cdef real *beta = <real *>buf[5]
    cdef real eps = <real>par[0], m, r, g
    for a in range(lo, hi):
        x = <real *>buf[1] + a * R
        m = 0
        if centred:
            m = total(SUM, x, <real>0.0, R) / <real>R
        r = 1 / fc_math.sqrt(total(SPREAD, x, m, R) / <real>R + eps)
        mean[a] = m
        rstd[a] = r
        if gamma != NULL and beta != NULL:
            for i in range(R):
                y[a * R + i] = (x[i] - m) * r * gamma[i] + beta[i]
        else:
            for i in range(R):
                g = (x[i] - m) * r
                if gamma != NULL:
                    g = g * gamma[i]
                if beta != NULL:
                    g = g + beta[i]
                y[a * R + i] = g


cdef inline void rows_back(real *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    # With g = dy gamma: dx = r (g - mean(g) - xhat mean(g xhat)); uncentred without mean(g)
    cdef Py_ssize_t R = dim[0], centred = dim[1], a, i
    cdef real *mean = <real *>buf[3]
    cdef real *rstd = <real *>buf[4]
    cdef real *gamma = <real *>buf[5]
    cdef real *x
    cdef real *dy
    cdef real *out
    cdef real m, r, u, v
    for a in range(lo, hi):
        x = <real *>buf[1] + a * R
        dy = <real *>buf[2] + a * R
        out = dx + a * R
        m = mean[a]
        r = rstd[a]
        for i in range(R):
            out[i] = dy[i] if gamma == NULL else dy[i] * gamma[i]
        u = 0
        if centred:
            u = total(SUM, out, <real>0.0, R) / <real>R
        v = product(x, out, m, R) * r * r / <real>R
        for i in range(R):
            out[i] = r * (out[i] - u - (x[i] - m) * v)


cdef inline void rows_sums(real *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    # partial[0, p, i] = sum of dy, partial[1, p, i] = sum of dy xhat, over `chunk` rows
    cdef Py_ssize_t A = dim[0], R = dim[1], chunk = dim[2], P, p, a, i
    cdef real *x = <real *>buf[1]
    cdef real *dy = <real *>buf[2]
    cdef real *mean = <real *>buf[3]
    cdef real *rstd = <real *>buf[4]
    cdef real *first
    cdef real *second
    P = (A + chunk - 1) // chunk
    for p in range(lo, hi):
        first = y + p * R
        second = y + (P + p) * R
        for i in range(R):
            first[i] = 0
            second[i] = 0
        for a in range(p * chunk, least(A, (p + 1) * chunk)):
            for i in range(R):
                first[i] = first[i] + dy[a * R + i]
                second[i] = second[i] + dy[a * R + i] * (x[a * R + i] - mean[a]) * rstd[a]


# norm_sum: buf partial[P,C] x[A,C,B] - | dim A C B chunk | par - | range P
cdef api void norm_sum_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sums(<float *>buf[0], SUM, buf, dim, lo, hi)

cdef api void norm_sum_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sums(<double *>buf[0], SUM, buf, dim, lo, hi)

# norm_spread: buf partial[P,C] x[A,C,B] mean[C] | dim A C B chunk | par - | range P
cdef api void norm_spread_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sums(<float *>buf[0], SPREAD, buf, dim, lo, hi)

cdef api void norm_spread_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sums(<double *>buf[0], SPREAD, buf, dim, lo, hi)

# norm_backsums: buf partial[2,P,C] x[A,C,B] dy[A,C,B] mean[C] r[C] | dim A C B chunk | par - | range P
cdef api void norm_backsums_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back_sums(<float *>buf[0], buf, dim, lo, hi)

cdef api void norm_backsums_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    back_sums(<double *>buf[0], buf, dim, lo, hi)

# norm_scales: buf s[C] t[C] r[C] mean[C] variance[C] gamma[C] beta[C] | dim - | par eps | range C
cdef api void norm_scales_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    scales(<float *>buf[0], buf, par, lo, hi)

cdef api void norm_scales_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    scales(<double *>buf[0], buf, par, lo, hi)

# norm_apply: buf y[A,C,B] x[A,C,B] s[C] t[C] | dim - C B | par - | range A
cdef api void norm_apply_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    apply(<float *>buf[0], buf, dim, lo, hi)

cdef api void norm_apply_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    apply(<double *>buf[0], buf, dim, lo, hi)

# norm_dx: buf dx[A,C,B] x[A,C,B] dy[A,C,B] mean[C] r[C] s[C] db[C] dg[C] | dim - C B | par 1/n | range A
cdef api void norm_dx_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dx_train(<float *>buf[0], buf, dim, par, lo, hi)

cdef api void norm_dx_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    dx_train(<double *>buf[0], buf, dim, par, lo, hi)

# norm_rows: buf y[A,R] x[A,R] mean[A] rstd[A] gamma[R] beta[R] | dim R centred | par eps | range A
cdef api void norm_rows_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rows(<float *>buf[0], buf, dim, par, lo, hi)

cdef api void norm_rows_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rows(<double *>buf[0], buf, dim, par, lo, hi)

# norm_rowsback: buf dx[A,R] x[A,R] dy[A,R] mean[A] rstd[A] gamma[R] | dim R centred | par - | range A
cdef api void norm_rowsback_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rows_back(<float *>buf[0], buf, dim, lo, hi)

cdef api void norm_rowsback_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rows_back(<double *>buf[0], buf, dim, lo, hi)

# norm_rowssums: buf partial[2,P,R] x[A,R] dy[A,R] mean[A] rstd[A] | dim A R chunk | par - | range P
cdef api void norm_rowssums_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rows_sums(<float *>buf[0], buf, dim, lo, hi)

cdef api void norm_rowssums_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rows_sums(<double *>buf[0], buf, dim, lo, hi)
