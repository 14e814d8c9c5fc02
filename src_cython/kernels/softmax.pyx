"""softmax, its logarithm, sparsemax, and their derivatives.

Design: arrays are seen as (A, R, B), the functions run along R. B = 1 works on rows, with 16
running maxima and sums; otherwise on 64 columns at a time.
"""

from libc.math cimport INFINITY

cimport fc_math
from fc_index cimport least
from fc_math cimport real

cdef enum:
    SOFTMAX, LOGSOFTMAX
    COLUMNS = 64
    LANES = 16


cdef inline real row_max(real *x, Py_ssize_t n) noexcept nogil:
    cdef real lane[LANES]
    cdef real top
    cdef Py_ssize_t i = 0, j
    top = x[0]
    if n >= LANES:
        for j in range(LANES):
            lane[j] = x[j]
        i = LANES
        while i + LANES <= n:
            for j in range(LANES):
                lane[j] = x[i + j] if x[i + j] > lane[j] else lane[j]
            i += LANES
        for j in range(LANES):
            top = lane[j] if lane[j] > top else top
    while i < n:
        top = x[i] if x[i] > top else top
        i += 1
    return top


cdef inline real row_sum(real *x, real *y, Py_ssize_t n) noexcept nogil:
    # Sum of x y, or of x where y is NULL.
    cdef real lane[LANES]
    cdef real total = 0
    cdef Py_ssize_t i = 0, j
    if n >= LANES:
        for j in range(LANES):
            lane[j] = 0
        if y == NULL:
            while i + LANES <= n:
                for j in range(LANES):
                    lane[j] = lane[j] + x[i + j]
                i += LANES
        else:
            while i + LANES <= n:
                for j in range(LANES):
                    lane[j] = lane[j] + x[i + j] * y[i + j]
                i += LANES
        for j in range(LANES):
            total = total + lane[j]
    while i < n:
        total = total + (x[i] if y == NULL else x[i] * y[i])
        i += 1
    return total


cdef inline void soft_row(real *y, int op, real *x, Py_ssize_t n) noexcept nogil:
    cdef real top = row_max(x, n), total
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = fc_math.exp(x[i] - top)
    total = row_sum(y, <real *>NULL, n)
    if op == SOFTMAX:
        total = 1 / total
        for i in range(n):
            y[i] = y[i] * total
    else:
        total = top + fc_math.log(total)
        for i in range(n):
            y[i] = x[i] - total


cdef inline void soft_columns(real *y, int op, real *x, Py_ssize_t R, Py_ssize_t B) noexcept nogil:
    cdef real top[COLUMNS]
    cdef real total[COLUMNS]
    cdef Py_ssize_t b = 0, n, r, i, o
    while b < B:
        n = least(COLUMNS, B - b)
        for i in range(n):
            top[i] = x[b + i]
            total[i] = 0
        for r in range(1, R):
            for i in range(n):
                top[i] = x[r * B + b + i] if x[r * B + b + i] > top[i] else top[i]
        for r in range(R):
            o = r * B + b
            for i in range(n):
                y[o + i] = fc_math.exp(x[o + i] - top[i])
                total[i] = total[i] + y[o + i]
        if op == LOGSOFTMAX:
            for i in range(n):
                top[i] = top[i] + fc_math.log(total[i])
        else:
            for i in range(n):
                total[i] = 1 / total[i]
        for r in range(R):
            o = r * B + b
            for i in range(n):
                y[o + i] = y[o + i] * total[i] if op == SOFTMAX else x[o + i] - top[i]
        b += n


cdef inline void soft(real *y, int op, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[0], B = dim[1], a
    cdef real *x = <real *>buf[1]
    for a in range(lo, hi):
        if B == 1:
            soft_row(y + a * R, op, x + a * R, R)
        else:
            soft_columns(y + a * R * B, op, x + a * R * B, R, B)


cdef inline void soft_back(real *dx, int op, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    # softmax: dx = y (dy - sum(y dy)); its logarithm: dx = dy - exp(y) sum(dy)
    cdef Py_ssize_t R = dim[0], B = dim[1], a, b, n, r, i, o
    cdef real *y = <real *>buf[1]
    cdef real *dy = <real *>buf[2]
    cdef real total[COLUMNS]
    for a in range(lo, hi):
        if B == 1:
            o = a * R
            total[0] = row_sum(dy + o, y + o if op == SOFTMAX else <real *>NULL, R)
            if op == SOFTMAX:
                for i in range(R):
                    dx[o + i] = y[o + i] * (dy[o + i] - total[0])
            else:
                for i in range(R):
                    dx[o + i] = dy[o + i] - fc_math.exp(y[o + i]) * total[0]
            continue
        b = 0
        while b < B:
            n = least(COLUMNS, B - b)
            for i in range(n):
                total[i] = 0
            for r in range(R):
                o = (a * R + r) * B + b
                for i in range(n):
                    total[i] = total[i] + (dy[o + i] * y[o + i] if op == SOFTMAX else dy[o + i])
            for r in range(R):
                o = (a * R + r) * B + b
                for i in range(n):
                    if op == SOFTMAX:
                        dx[o + i] = y[o + i] * (dy[o + i] - total[i])
                    else:
                        dx[o + i] = dy[o + i] - fc_math.exp(y[o + i]) * total[i]
            b += n


cdef inline void sparsemax(real *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    # Projection onto the simplex (Michelot 1986): y = max(x - t, 0) with sum 1; t rises until no
    # element above it drops out.
    cdef Py_ssize_t R = dim[0], B = dim[1], o, r, base, count, before
    cdef real *x = <real *>buf[1]
    cdef real total, t
    for o in range(lo, hi):
        base = (o // B) * R * B + o % B
        t = -INFINITY
        before = R + 2
        count = R + 1
        while count < before:
            before = count
            total = 0
            count = 0
            for r in range(R):
                if x[base + r * B] > t:
                    total = total + x[base + r * B]
                    count += 1
            if count == 0:
                break
            t = (total - 1) / <real>count
        for r in range(R):
            y[base + r * B] = 0 if x[base + r * B] <= t else x[base + r * B] - t


cdef inline void sparsemax_back(real *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                                Py_ssize_t hi) noexcept nogil:
    # On the support dx = dy - mean(dy), elsewhere 0.
    cdef Py_ssize_t R = dim[0], B = dim[1], o, r, base, count
    cdef real *y = <real *>buf[1]
    cdef real *dy = <real *>buf[2]
    cdef real total
    for o in range(lo, hi):
        base = (o // B) * R * B + o % B
        total = 0
        count = 0
        for r in range(R):
            if y[base + r * B] != 0:
                total = total + dy[base + r * B]
                count += 1
        total = total / <real>count
        for r in range(R):
            dx[base + r * B] = dy[base + r * B] - total if y[base + r * B] != 0 else 0


# softmax_forward: buf y[A,R,B] x[A,R,B] | dim R B | par - | range A
cdef api void softmax_forward_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    soft(<float *>buf[0], SOFTMAX, buf, dim, lo, hi)

cdef api void softmax_forward_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    soft(<double *>buf[0], SOFTMAX, buf, dim, lo, hi)

# softmax_backward: buf dx[A,R,B] y[A,R,B] dy[A,R,B] | dim R B | par - | range A
cdef api void softmax_backward_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    soft_back(<float *>buf[0], SOFTMAX, buf, dim, lo, hi)

cdef api void softmax_backward_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    soft_back(<double *>buf[0], SOFTMAX, buf, dim, lo, hi)

# softmax_log: buf y[A,R,B] x[A,R,B] | dim R B | par - | range A
cdef api void softmax_log_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    soft(<float *>buf[0], LOGSOFTMAX, buf, dim, lo, hi)

cdef api void softmax_log_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    soft(<double *>buf[0], LOGSOFTMAX, buf, dim, lo, hi)

# softmax_logbackward: buf dx[A,R,B] y[A,R,B] dy[A,R,B] | dim R B | par - | range A
cdef api void softmax_logbackward_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    soft_back(<float *>buf[0], LOGSOFTMAX, buf, dim, lo, hi)

cdef api void softmax_logbackward_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    soft_back(<double *>buf[0], LOGSOFTMAX, buf, dim, lo, hi)

# softmax_sparse: buf y[A,R,B] x[A,R,B] | dim R B | par - | range A*B
cdef api void softmax_sparse_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparsemax(<float *>buf[0], buf, dim, lo, hi)

cdef api void softmax_sparse_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparsemax(<double *>buf[0], buf, dim, lo, hi)

# softmax_sparsebackward: buf dx[A,R,B] y[A,R,B] dy[A,R,B] | dim R B | par - | range A*B
cdef api void softmax_sparsebackward_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparsemax_back(<float *>buf[0], buf, dim, lo, hi)

cdef api void softmax_sparsebackward_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    sparsemax_back(<double *>buf[0], buf, dim, lo, hi)
