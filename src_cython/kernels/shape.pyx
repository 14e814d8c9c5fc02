"""Moving elements about: strided copies, transposition, filling, gathering, scattering.

Design
 (a) Copies know element sizes only, so they serve every dtype of that size.
 (b) Whatever is indexed by data is seen as (A, R, B), the axis R being indexed; indices are int32,
     negative ones count from the end. An index out of range gives NaN (0 for integers) and adds
     nothing: a kernel cannot fail, and a NaN is seen.
 (c) Scattering adds in the order of the indices, each thread in columns of its own.
"""

from libc.math cimport NAN
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

cimport fc_math
from fc_index cimport least, locate
from fc_math cimport real

ctypedef fused word:
    uint8_t
    uint16_t
    uint32_t
    uint64_t

ctypedef fused anything:
    float
    double
    int32_t
    int64_t
    uint8_t

cdef enum:
    TILE = 16


cdef inline void copy(word *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t nd = dim[0], m = dim[nd], sy = dim[2 * nd], sx = dim[3 * nd], col, n, i
    cdef Py_ssize_t at[2]
    cdef word *x = <word *>buf[1]
    cdef word *source
    cdef word *target
    while lo < hi:
        locate(dim, 2, lo // m, at)
        col = lo % m
        n = least(m - col, hi - lo)
        target = y + at[0] + col * sy
        source = x + at[1] + col * sx
        if sy == 1 and sx == 1:
            memcpy(target, source, n * sizeof(word))
        elif sy == 1 and sx == 0:
            for i in range(n):
                target[i] = source[0]
        else:
            for i in range(n):
                target[i * sy] = source[i * sx]
        lo += n


cdef inline void turn(word *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    # Tiles keep both the rows read and the rows written in cache.
    cdef Py_ssize_t M = dim[0], N = dim[1], a, n, rows, m, tall, i, j
    cdef word *source
    cdef word *target
    while lo < hi:
        a = lo // N
        n = lo % N
        rows = least(TILE, least(N - n, hi - lo))
        m = 0
        while m < M:
            tall = least(TILE, M - m)
            source = <word *>buf[1] + (a * M + m) * N + n
            target = y + (a * N + n) * M + m
            for i in range(rows):
                for j in range(tall):
                    target[i * M + j] = source[j * N + i]
            m += tall
        lo += rows


cdef inline void fill(anything *y, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    cdef anything value = <anything>par[0]
    for i in range(lo, hi):
        y[i] = value


cdef inline anything nothing(anything *unused) noexcept nogil:
    if anything is float or anything is double:
        return NAN
    else:
        return 0


cdef inline void take(anything *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[0], B = dim[1], J = dim[2], o, i, r
    cdef anything *x = <anything *>buf[1]
    cdef int32_t *index = <int32_t *>buf[2]
    for o in range(lo, hi):
        r = index[o % J]
        r += R if r < 0 else 0
        if 0 <= r < R:
            memcpy(y + o * B, x + ((o // J) * R + r) * B, B * sizeof(anything))
        else:
            for i in range(B):
                y[o * B + i] = nothing(y)


cdef inline void put(real *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                     Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[0], B = dim[1], J = dim[2], a, col, n, j, r, i
    cdef real *dy = <real *>buf[1]
    cdef int32_t *index = <int32_t *>buf[2]
    cdef real *target
    cdef real *source
    while lo < hi:
        a = lo // B
        col = lo % B
        n = least(B - col, hi - lo)
        target = dx + a * R * B + col
        for r in range(R):
            for i in range(n):
                target[r * B + i] = 0
        for j in range(J):
            r = index[j]
            r += R if r < 0 else 0
            if 0 <= r < R:
                source = dy + (a * J + j) * B + col
                for i in range(n):
                    target[r * B + i] = target[r * B + i] + source[i]
        lo += n


cdef inline void along(anything *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                       Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[0], B = dim[1], J = dim[2], o, r
    cdef anything *x = <anything *>buf[1]
    cdef int32_t *index = <int32_t *>buf[2]
    for o in range(lo, hi):
        r = index[o]
        r += R if r < 0 else 0
        y[o] = x[((o // B // J) * R + r) * B + o % B] if 0 <= r < R else nothing(y)


cdef inline void put_along(real *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[0], B = dim[1], J = dim[2], o, j, r, base
    cdef real *dy = <real *>buf[1]
    cdef int32_t *index = <int32_t *>buf[2]
    for o in range(lo, hi):
        base = (o // B) * R * B + o % B
        for r in range(R):
            dx[base + r * B] = 0
        for j in range(J):
            r = index[((o // B) * J + j) * B + o % B]
            r += R if r < 0 else 0
            if 0 <= r < R:
                dx[base + r * B] = dx[base + r * B] + dy[((o // B) * J + j) * B + o % B]


cdef inline void mark(anything *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[0], B = dim[1], o
    cdef int32_t *index = <int32_t *>buf[1]
    for o in range(lo, hi):
        y[o] = index[(o // B // R) * B + o % B] == (o // B) % R


# shape_copy: buf y x | dim nd shape[nd] sy[nd] sx[nd] | par - | range n
cdef api void shape_copy_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    copy(<uint8_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_copy_u16(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    copy(<uint16_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_copy_u32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    copy(<uint32_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_copy_u64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    copy(<uint64_t *>buf[0], buf, dim, lo, hi)

# shape_turn: buf y[A,N,M] x[A,M,N] | dim M N | par - | range A*N
cdef api void shape_turn_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    turn(<uint8_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_turn_u16(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    turn(<uint16_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_turn_u32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    turn(<uint32_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_turn_u64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    turn(<uint64_t *>buf[0], buf, dim, lo, hi)

# shape_fill: buf y[n] | dim - | par value | range n
cdef api void shape_fill_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fill(<float *>buf[0], par, lo, hi)

cdef api void shape_fill_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fill(<double *>buf[0], par, lo, hi)

cdef api void shape_fill_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fill(<int32_t *>buf[0], par, lo, hi)

cdef api void shape_fill_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fill(<int64_t *>buf[0], par, lo, hi)

cdef api void shape_fill_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    fill(<uint8_t *>buf[0], par, lo, hi)

# shape_take: buf y[A,J,B] x[A,R,B] index[J]:i32 | dim R B J | par - | range A*J
cdef api void shape_take_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    take(<float *>buf[0], buf, dim, lo, hi)

cdef api void shape_take_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    take(<double *>buf[0], buf, dim, lo, hi)

cdef api void shape_take_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    take(<int32_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_take_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    take(<int64_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_take_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    take(<uint8_t *>buf[0], buf, dim, lo, hi)

# shape_put: buf dx[A,R,B] dy[A,J,B] index[J]:i32 | dim R B J | par - | range A*B
cdef api void shape_put_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    put(<float *>buf[0], buf, dim, lo, hi)

cdef api void shape_put_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    put(<double *>buf[0], buf, dim, lo, hi)

# shape_along: buf y[A,J,B] x[A,R,B] index[A,J,B]:i32 | dim R B J | par - | range A*J*B
cdef api void shape_along_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    along(<float *>buf[0], buf, dim, lo, hi)

cdef api void shape_along_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    along(<double *>buf[0], buf, dim, lo, hi)

cdef api void shape_along_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    along(<int32_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_along_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    along(<int64_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_along_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    along(<uint8_t *>buf[0], buf, dim, lo, hi)

# shape_putalong: buf dx[A,R,B] dy[A,J,B] index[A,J,B]:i32 | dim R B J | par - | range A*B
cdef api void shape_putalong_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    put_along(<float *>buf[0], buf, dim, lo, hi)

cdef api void shape_putalong_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    put_along(<double *>buf[0], buf, dim, lo, hi)

# shape_mark: buf y[A,R,B] index[A,B]:i32 | dim R B | par - | range A*R*B
cdef api void shape_mark_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mark(<float *>buf[0], buf, dim, lo, hi)

cdef api void shape_mark_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mark(<double *>buf[0], buf, dim, lo, hi)

cdef api void shape_mark_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mark(<int32_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_mark_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mark(<int64_t *>buf[0], buf, dim, lo, hi)

cdef api void shape_mark_u8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mark(<uint8_t *>buf[0], buf, dim, lo, hi)
