"""Reductions over one axis: sum, product, extrema, their positions, any, all; running sums.

Design
 (a) Every array is seen as (A, R, B) and R is reduced; several axes are several calls.
 (b) A long R is cut into C pieces of `chunk`, whose results (A, C, B) a second call reduces: the
     order of additions depends on the sizes alone.
 (c) B = 1: 32 running sums, added as a tree, renewed every 2048 elements (so that the error grows
     with the logarithm, nearly). B > 1: rows are added to the output's row.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

cimport fc_math
from fc_index cimport least
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
    SUM, PROD, MAX, MIN, ANY, ALL
    LANES = 32
    BLOCK = 2048
    COLUMNS = 64


cdef inline anything join(int op, anything a, anything b) noexcept nogil:
    if op == SUM:
        return <anything>(a + b)
    if op == PROD:
        return <anything>(a * b)
    if op == ANY:
        return a | b if anything is uint8_t else a
    if op == ALL:
        return a & b if anything is uint8_t else a
    if anything is float or anything is double:
        if op == MAX:
            return a if a > b or a != a else b
        return a if a < b or a != a else b
    else:
        if op == MAX:
            return a if a > b else b
        return a if a < b else b


cdef inline anything join_lanes(int op, anything *lane) noexcept nogil:
    cdef Py_ssize_t width = LANES // 2, j
    while width:
        for j in range(width):
            lane[j] = join(op, lane[j], lane[j + width])
        width //= 2
    return lane[0]


cdef inline anything along(anything *x, int op, Py_ssize_t n) noexcept nogil:
    # Reduction of n > 0 neighbours.
    cdef anything lane[LANES]
    cdef anything total = x[0]
    cdef Py_ssize_t i, j, start, stop
    cdef bint first = True
    start = 0
    while start < n:
        stop = least(start + BLOCK, n)
        if stop - start < LANES:
            lane[0] = x[start]
            for i in range(start + 1, stop):
                lane[0] = join(op, lane[0], x[i])
        else:
            for j in range(LANES):
                lane[j] = x[start + j]
            i = start + LANES
            while i + LANES <= stop:
                for j in range(LANES):
                    lane[j] = join(op, lane[j], x[i + j])
                i += LANES
            for j in range(stop - i):
                lane[j] = join(op, lane[j], x[i + j])
            join_lanes(op, lane)
        total = lane[0] if first else join(op, total, lane[0])
        first = False
        start = stop
    return total


cdef inline void fold(anything *y, int op, void **buf, const Py_ssize_t *dim, const double *par,
                      Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[1], B = dim[2], C = dim[3], chunk = dim[4]
    cdef Py_ssize_t row, start, stop, col, n, r, i
    cdef anything *x = <anything *>buf[1]
    cdef anything *source
    cdef anything scale = <anything>par[0]
    while lo < hi:
        row = lo // B                               # (a, c)
        col = lo % B
        n = least(B - col, hi - lo)
        start = (row % C) * chunk
        stop = least(start + chunk, R)
        source = x + ((row // C) * R + start) * B + col
        if B == 1:
            y[lo] = along(source, op, stop - start)
        else:
            for i in range(n):
                y[lo + i] = source[i]
            for r in range(start + 1, stop):
                source += B
                for i in range(n):
                    y[lo + i] = join(op, y[lo + i], source[i])
        if (anything is float or anything is double) and scale != 1:
            for i in range(n):
                y[lo + i] = y[lo + i] * scale
        lo += n


cdef inline void find(number *x, int op, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    # Position of the first extremum; a NaN counts as one.
    cdef Py_ssize_t R = dim[1], B = dim[2], r, at, o
    cdef int32_t *y = <int32_t *>buf[0]
    cdef number *source
    cdef number best, value
    for o in range(lo, hi):
        source = x + (o // B) * R * B + o % B
        best = source[0]
        at = 0
        for r in range(1, R):
            value = source[r * B]
            if op == MAX:
                if value > best:
                    best = value
                    at = r
            elif value < best:
                best = value
                at = r
            if number is float or number is double:
                if value != value and best == best:
                    best = value
                    at = r
        y[o] = <int32_t>at


cdef inline void share(real *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                       Py_ssize_t hi) noexcept nogil:
    # Elements equal to the extremum y share dy. The range runs over A.
    cdef Py_ssize_t R = dim[1], B = dim[2], a, r, i, col, n
    cdef real *x = <real *>buf[1]
    cdef real *y = <real *>buf[2]
    cdef real *dy = <real *>buf[3]
    cdef real part[COLUMNS]
    cdef Py_ssize_t base
    for a in range(lo, hi):
        col = 0
        while col < B:
            n = least(COLUMNS, B - col)
            for i in range(n):
                part[i] = 0
            for r in range(R):
                base = (a * R + r) * B + col
                for i in range(n):
                    part[i] = part[i] + <real>(x[base + i] == y[a * B + col + i])
            for i in range(n):
                part[i] = dy[a * B + col + i] / part[i]
            for r in range(R):
                base = (a * R + r) * B + col
                for i in range(n):
                    dx[base + i] = part[i] if x[base + i] == y[a * B + col + i] else 0
            col += n


cdef inline void others(real *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                        Py_ssize_t hi) noexcept nogil:
    # d prod / dx[r] is the product of the others: those before times those after, zeros included.
    cdef Py_ssize_t R = dim[1], B = dim[2], o, r
    cdef real *x = <real *>buf[1]
    cdef real *dy = <real *>buf[2]
    cdef Py_ssize_t base
    cdef real t
    for o in range(lo, hi):
        base = (o // B) * R * B + o % B
        t = dy[o]
        for r in range(R):
            dx[base + r * B] = t
            t = t * x[base + r * B]
        t = 1
        for r in range(R - 1, -1, -1):
            dx[base + r * B] = dx[base + r * B] * t
            t = t * x[base + r * B]


cdef inline void running(number *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    # y[a, r, b] = sum of x[a, :r+1, b], or with `reverse` of x[a, r:, b]. The range runs over A B.
    cdef Py_ssize_t R = dim[1], B = dim[2], reverse = dim[3], o, r, base
    cdef number *x = <number *>buf[1]
    cdef number t
    for o in range(lo, hi):
        base = (o // B) * R * B + o % B
        t = 0
        if reverse:
            for r in range(R - 1, -1, -1):
                t = t + x[base + r * B]
                y[base + r * B] = t
        else:
            for r in range(R):
                t = t + x[base + r * B]
                y[base + r * B] = t


# reduce_sum: buf y[A,C,B] x[A,R,B] | dim A R B C chunk | par scale | range A*C*B
cdef api void reduce_sum_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<float *>buf[0], SUM, buf, dim, par, lo, hi)

cdef api void reduce_sum_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<double *>buf[0], SUM, buf, dim, par, lo, hi)

cdef api void reduce_sum_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<int32_t *>buf[0], SUM, buf, dim, par, lo, hi)

cdef api void reduce_sum_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<int64_t *>buf[0], SUM, buf, dim, par, lo, hi)

# reduce_prod: buf y[A,C,B] x[A,R,B] | dim A R B C chunk | par scale | range A*C*B
cdef api void reduce_prod_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<float *>buf[0], PROD, buf, dim, par, lo, hi)

cdef api void reduce_prod_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<double *>buf[0], PROD, buf, dim, par, lo, hi)

cdef api void reduce_prod_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<int32_t *>buf[0], PROD, buf, dim, par, lo, hi)

cdef api void reduce_prod_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<int64_t *>buf[0], PROD, buf, dim, par, lo, hi)

# reduce_max: buf y[A,C,B] x[A,R,B] | dim A R B C chunk | par scale | range A*C*B
cdef api void reduce_max_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<float *>buf[0], MAX, buf, dim, par, lo, hi)

cdef api void reduce_max_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<double *>buf[0], MAX, buf, dim, par, lo, hi)

cdef api void reduce_max_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<int32_t *>buf[0], MAX, buf, dim, par, lo, hi)

cdef api void reduce_max_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<int64_t *>buf[0], MAX, buf, dim, par, lo, hi)

# reduce_min: buf y[A,C,B] x[A,R,B] | dim A R B C chunk | par scale | range A*C*B
cdef api void reduce_min_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<float *>buf[0], MIN, buf, dim, par, lo, hi)

cdef api void reduce_min_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<double *>buf[0], MIN, buf, dim, par, lo, hi)

cdef api void reduce_min_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<int32_t *>buf[0], MIN, buf, dim, par, lo, hi)

cdef api void reduce_min_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<int64_t *>buf[0], MIN, buf, dim, par, lo, hi)

# reduce_any: buf y[A,C,B] x[A,R,B] | dim A R B C chunk | par scale | range A*C*B
cdef api void reduce_any_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<uint8_t *>buf[0], ANY, buf, dim, par, lo, hi)

# reduce_all: buf y[A,C,B] x[A,R,B] | dim A R B C chunk | par scale | range A*C*B
cdef api void reduce_all_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fold(<uint8_t *>buf[0], ALL, buf, dim, par, lo, hi)

# reduce_argmax: buf y[A,B]:i32 x[A,R,B] | dim A R B | par - | range A*B
cdef api void reduce_argmax_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    find(<float *>buf[1], MAX, buf, dim, lo, hi)

cdef api void reduce_argmax_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    find(<double *>buf[1], MAX, buf, dim, lo, hi)

cdef api void reduce_argmax_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    find(<int32_t *>buf[1], MAX, buf, dim, lo, hi)

cdef api void reduce_argmax_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    find(<int64_t *>buf[1], MAX, buf, dim, lo, hi)

# reduce_argmin: buf y[A,B]:i32 x[A,R,B] | dim A R B | par - | range A*B
cdef api void reduce_argmin_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    find(<float *>buf[1], MIN, buf, dim, lo, hi)

cdef api void reduce_argmin_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    find(<double *>buf[1], MIN, buf, dim, lo, hi)

cdef api void reduce_argmin_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    find(<int32_t *>buf[1], MIN, buf, dim, lo, hi)

cdef api void reduce_argmin_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    find(<int64_t *>buf[1], MIN, buf, dim, lo, hi)

# reduce_share: buf dx[A,R,B] x[A,R,B] y[A,B] dy[A,B] | dim A R B | par - | range A
cdef api void reduce_share_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    share(<float *>buf[0], buf, dim, lo, hi)

cdef api void reduce_share_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    share(<double *>buf[0], buf, dim, lo, hi)

# reduce_others: buf dx[A,R,B] x[A,R,B] dy[A,B] | dim A R B | par - | range A*B
cdef api void reduce_others_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    others(<float *>buf[0], buf, dim, lo, hi)

cdef api void reduce_others_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    others(<double *>buf[0], buf, dim, lo, hi)

# reduce_running: buf y[A,R,B] x[A,R,B] | dim A R B reverse | par - | range A*B
cdef api void reduce_running_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    running(<float *>buf[0], buf, dim, lo, hi)

cdef api void reduce_running_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    running(<double *>buf[0], buf, dim, lo, hi)

cdef api void reduce_running_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    running(<int32_t *>buf[0], buf, dim, lo, hi)

cdef api void reduce_running_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    running(<int64_t *>buf[0], buf, dim, lo, hi)
