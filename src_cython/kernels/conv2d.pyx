"""2-D sliding dot products.

Design
 (a) y[i, j] = sum_pq x[i + p, j + q] h[p, q]; the taps come ready, see conv1d. Rows are given by
     strides in elements (ys, xs), so a window of a larger array needs no copy; within a row and in
     the taps, elements are adjacent.
 (b) A tile is R rows by V vectors of outputs in registers. A vector of x, loaded once, serves every
     row of the tile that it feeds: row i of x meets the rows i - P < r <= i of the tile.

         x row 0   y 0              (P = 4, R = 3)
         x row 1   y 0 1
         x row 2   y 0 1 2
         x row 3   y 0 1 2
         x row 4   y   1 2
         x row 5   y     2

 (c) The taps are added row by row, each row from left to right, for every output: tiles, tails and
     any split of the rows give the same bits. So the end of a row is done by a tile that overlaps
     the one before, and so is the end of a range of rows.
 (d) The loop over the taps of a row is not unrolled: with twelve products a turn its overhead is
     hidden, and unrolled versions for 3, 5, 7, ... columns were slower and ten times the code.
 (e) Wide images are done in strips, so that the rows under a tile stay in the L2 cache.
 (f) Complex numbers and integers: see conv1d.
"""

from libc.stdint cimport uint8_t, uint64_t

from fc_line cimport line
from fc_simd cimport FC_MUL32, FC_REGISTERS, fc_keep, inlined, vf32, vf64, vu8, vu16, vu32, vu64
from fc_vec cimport (
    at, first_sum, fits32, join, load, load_part, second_sum, second_tap, second_x, splat, store,
    store_part, vec, width, zero,
)

cdef enum:
    STRIP = 1 << 18     # bytes of x under a row of tiles
    SCRATCH = 1 << 16   # bytes on the stack for the first pass of separable taps


cdef inline inlined row(vec *acc, vec *x, vec *h, Py_ssize_t i, const Py_ssize_t *dim,
                         int r0, int r1, int Q, int V, int C, int S, bint wide, bint part,
                        Py_ssize_t n) noexcept nogil:
    """Add what row i of x gives to the rows r0..r1 of the tile. Q: tap columns, 0: not constant."""
    cdef Py_ssize_t q, qn = dim[2] if Q == 0 else Q, w = width(x)
    cdef int r, v, a
    cdef vec tap, tap2
    cdef vec one[6]
    cdef vec two[6]
    x = at(x, C * i * dim[4])
    h = at(h, C * (i - r0) * qn)
    for q in range(qn):
        for v in range(V):
            if part:
                one[v] = load_part(x, C * q, n)
            else:
                one[v] = load(x, C * q + w * v)
            if S * (r1 - r0) > 1:
                fc_keep(one[v])
            two[v] = second_x(one[v])
        for r in range(r1 - r0):
            a = (r + r0) * V
            tap = splat(h, C * (q - r * qn))
            for v in range(V):
                acc[S * (a + v)] = first_sum(one[v], tap, S, acc[S * (a + v)])
            if S == 2:
                tap2 = second_tap(h, C * (q - r * qn), tap)
                for v in range(V):
                    acc[S * (a + v) + 1] = second_sum(
                        one[v], two[v], tap, tap2, wide, acc[S * (a + v) + 1])


cdef inline inlined tile(vec *y, vec *x, vec *h, const Py_ssize_t *dim,
                         int P, int Q, int R, int V, int C, int S, bint wide,
                         bint part, Py_ssize_t n) noexcept nogil:
    """R rows by V vectors of outputs; with `part`, the first n lanes of one vector.

    P is the number of tap rows where that is less than R = 4, else 0.
    """
    cdef vec acc[24]
    cdef vec one
    cdef Py_ssize_t i, p = dim[1], w = width(x)
    cdef int r, v, a
    for r in range(R * V * S):
        acc[r] = zero(x)
    if R == 1:
        for i in range(p):
            row(acc, x, h, i, dim, 0, 1, Q, V, C, S, wide, part, n)
    elif R == 2:
        row(acc, x, h, 0, dim, 0, 1, Q, V, C, S, wide, part, n)
        for i in range(1, p):
            row(acc, x, h, i, dim, 0, 2, Q, V, C, S, wide, part, n)
        row(acc, x, h, p, dim, 1, 2, Q, V, C, S, wide, part, n)
    elif P == 1:
        row(acc, x, h, 0, dim, 0, 1, Q, V, C, S, wide, part, n)
        row(acc, x, h, 1, dim, 1, 2, Q, V, C, S, wide, part, n)
        row(acc, x, h, 2, dim, 2, 3, Q, V, C, S, wide, part, n)
        row(acc, x, h, 3, dim, 3, 4, Q, V, C, S, wide, part, n)
    elif P == 2:
        row(acc, x, h, 0, dim, 0, 1, Q, V, C, S, wide, part, n)
        row(acc, x, h, 1, dim, 0, 2, Q, V, C, S, wide, part, n)
        row(acc, x, h, 2, dim, 1, 3, Q, V, C, S, wide, part, n)
        row(acc, x, h, 3, dim, 2, 4, Q, V, C, S, wide, part, n)
        row(acc, x, h, 4, dim, 3, 4, Q, V, C, S, wide, part, n)
    else:
        row(acc, x, h, 0, dim, 0, 1, Q, V, C, S, wide, part, n)
        row(acc, x, h, 1, dim, 0, 2, Q, V, C, S, wide, part, n)
        row(acc, x, h, 2, dim, 0, 3, Q, V, C, S, wide, part, n)
        if P == 3:
            row(acc, x, h, 3, dim, 1, 4, Q, V, C, S, wide, part, n)
        else:
            for i in range(3, p):
                row(acc, x, h, i, dim, 0, 4, Q, V, C, S, wide, part, n)
            row(acc, x, h, p, dim, 1, 4, Q, V, C, S, wide, part, n)
        row(acc, x, h, p + 1, dim, 2, 4, Q, V, C, S, wide, part, n)
        row(acc, x, h, p + 2, dim, 3, 4, Q, V, C, S, wide, part, n)
    for r in range(R):
        for v in range(V):
            a = S * (r * V + v)
            one = acc[a] if S == 1 else join(acc[a], acc[a + 1])
            if part:
                store_part(y, C * r * dim[3], one, n)
            else:
                store(y, C * r * dim[3] + w * v, one)


cdef inline inlined columns(vec *y, vec *x, vec *h, const Py_ssize_t *dim, Py_ssize_t n,
                            int P, int Q, int R, int V, int C, int S,
                            bint wide) noexcept nogil:
    """R rows of n elements by the widest tiles that fit; the last one ends at n."""
    cdef Py_ssize_t w = width(x), j = 0
    while j < n:
        # Four vectors left: 2 + 2 rather than 3 + 1.
        if V > 2 and n >= V * w and (n - j > (V + 1) * w or V * w >= n - j > 2 * w):
            j = min(j, n - V * w)
            tile(at(y, j), at(x, j), h, dim, P, Q, R, V, C, S, wide, False, 0)
            j += V * w
        elif V > 1 and n - j > w and n >= 2 * w:
            j = min(j, n - 2 * w)
            tile(at(y, j), at(x, j), h, dim, P, Q, R, 2, C, S, wide, False, 0)
            j += 2 * w
        elif n >= w:
            j = min(j, n - w)
            tile(at(y, j), at(x, j), h, dim, P, Q, R, 1, C, S, wide, False, 0)
            j += w
        else:
            tile(y, x, h, dim, P, Q, R, 1, C, S, wide, True, n)
            j = n


cdef inline inlined rows(vec *y, vec *x, vec *h, const Py_ssize_t *dim, Py_ssize_t n,
                         Py_ssize_t lo, Py_ssize_t hi, int P, int R, int V, int C, int S,
                         bint wide) noexcept nogil:
    """Rows lo..hi, at least R, of a strip of n elements; the last tiles end at hi."""
    cdef Py_ssize_t i = lo, ys = C * dim[3], xs = C * dim[4]
    while i < hi:
        i = min(i, hi - R)
        columns(at(y, i * ys), at(x, i * xs), h, dim, n, P, 0, R, V, C, S, wide)
        i += R


cdef inline inlined strips(vec *y, vec *x, vec *h, const Py_ssize_t *dim, Py_ssize_t lo,
                           Py_ssize_t hi, int R, int V, int C, int S, bint wide) noexcept nogil:
    """Rows lo..hi by tiles of R (2 or 4) rows and V vectors, strip after strip."""
    cdef Py_ssize_t n = C * dim[0], p = dim[1], w = width(x), j = 0, most, now
    most = STRIP // ((p + R - 1) * sizeof(x[0])) // V * V * w
    most = max(most, 4 * V * w)
    while j < n:
        now = n - j if n - j < 2 * most else most
        if hi - lo == 1:
            rows(at(y, j), at(x, j), h, dim, now, lo, hi, 0, 1, V, C, S, wide)
        elif R == 2 or hi - lo < 4:
            rows(at(y, j), at(x, j), h, dim, now, lo, hi, 0, 2, V, C, S, wide)
        elif p == 1:
            rows(at(y, j), at(x, j), h, dim, now, lo, hi, 1, R, V, C, S, wide)
        elif p == 2:
            rows(at(y, j), at(x, j), h, dim, now, lo, hi, 2, R, V, C, S, wide)
        elif p == 3:
            rows(at(y, j), at(x, j), h, dim, now, lo, hi, 3, R, V, C, S, wide)
        else:
            rows(at(y, j), at(x, j), h, dim, now, lo, hi, 0, R, V, C, S, wide)
        j += now


cdef inline inlined real(vec *y, vec *x, vec *h, const Py_ssize_t *dim,
                         Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # R V S sums, V vectors of x and a tap fill the registers; without fma a product needs one too.
    if FC_REGISTERS == 32:
        strips(y, x, h, dim, lo, hi, 4, 4, 1, 1, False)
    elif sizeof(x[0]) == 32:
        strips(y, x, h, dim, lo, hi, 4, 3, 1, 1, False)
    else:
        strips(y, x, h, dim, lo, hi, 4, 2, 1, 1, False)


cdef inline inlined complex_(vec *y, vec *x, vec *h, const Py_ssize_t *dim,
                             Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    if FC_REGISTERS == 32:
        strips(y, x, h, dim, lo, hi, 2, 4, 2, 2, False)
    elif sizeof(x[0]) == 32:
        strips(y, x, h, dim, lo, hi, 2, 3, 2, 2, False)
    else:
        strips(y, x, h, dim, lo, hi, 2, 2, 2, 2, False)


cdef inline inlined short_(vec *y, vec *x, vec *h, const Py_ssize_t *dim,
                           Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    strips(y, x, h, dim, lo, hi, 4, 1 if sizeof(x[0]) == width(x) else 2, 1, 1, False)


cdef inline inlined long_(vec *y, vec *x, vec *h, const Py_ssize_t *dim,
                          Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    if not FC_MUL32:
        strips(y, x, h, dim, lo, hi, 4, 1, 1, 1, False)
    elif fits32(<uint64_t *>h, dim[1] * dim[2]):
        strips(y, x, h, dim, lo, hi, 4, 1, 1, 2, False)
    else:
        strips(y, x, h, dim, lo, hi, 4, 1, 1, 2, True)


# conv2d_direct: buf y[m,n] x[m+p-1,n+q-1] h[p,q] | dim n p q ys xs | par - | range m
cdef api void conv2d_direct_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    real(<vf32 *>buf[0], <vf32 *>buf[1], <vf32 *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    real(<vf64 *>buf[0], <vf64 *>buf[1], <vf64 *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_c64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_(<vf32 *>buf[0], <vf32 *>buf[1], <vf32 *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_c128(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_(<vf64 *>buf[0], <vf64 *>buf[1], <vf64 *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_i8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    short_(<vu8 *>buf[0], <vu8 *>buf[1], <vu8 *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_i16(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    short_(<vu16 *>buf[0], <vu16 *>buf[1], <vu16 *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    short_(<vu32 *>buf[0], <vu32 *>buf[1], <vu32 *>buf[2], dim, lo, hi)

cdef api void conv2d_direct_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    long_(<vu64 *>buf[0], <vu64 *>buf[1], <vu64 *>buf[2], dim, lo, hi)


cdef inline inlined down(vec *y, vec *x, vec *h, const Py_ssize_t *dim, Py_ssize_t n,
                         Py_ssize_t rows, int R, int V, int C) noexcept nogil:
    """First pass of separable taps: n elements of `rows` lines, one tap column."""
    cdef Py_ssize_t p = dim[1]
    if rows == 1:
        columns(y, x, h, dim, n, 0, 1, 1, V, C, C, False)
    elif R == 2 or rows == 2:
        columns(y, x, h, dim, n, 0, 1, 2, V, C, C, False)
    elif p == 1:
        columns(y, x, h, dim, n, 1, 1, R, V, C, C, False)
    elif p == 2:
        columns(y, x, h, dim, n, 2, 1, R, V, C, C, False)
    elif p == 3:
        columns(y, x, h, dim, n, 3, 1, R, V, C, C, False)
    else:
        columns(y, x, h, dim, n, 0, 1, R, V, C, C, False)


cdef inline inlined separable(vec *y, vec *x, vec *u, vec *v, const Py_ssize_t *dim, Py_ssize_t lo,
                              Py_ssize_t hi, int R, int V, int C) noexcept nogil:
    """Strips of y, R rows at a time: down into scratch lines, then along them."""
    cdef Py_ssize_t n = C * dim[0], p = dim[1], q = dim[2], rank = dim[3]
    cdef Py_ssize_t ys = C * dim[4], xs = C * dim[5], halo = C * (q - 1), w = width(x)
    cdef Py_ssize_t rows = min(hi - lo, R), room, most, space, now, i, j = 0, r
    cdef uint8_t stack[SCRATCH + 64]
    cdef vec *lines = <vec *>((<size_t>stack + 63) & ~<size_t>63)
    cdef Py_ssize_t d[5]
    if rows == 3:
        rows = 2
    room = SCRATCH // sizeof(x[0]) // (R * rank)          # vectors of a scratch line
    most = min(room * w - halo, max(STRIP // (p + R - 1) // sizeof(x[0]) * w, 4 * halo))
    if most > 10 * w:
        most = most // (10 * w) * (10 * w)
    space = room * w
    d[:] = [0, p, 1, rank * space // C, dim[5]]
    while j < n:
        now = min(n - j, most)
        i = lo
        while i < hi:
            i = min(i, hi - rows)
            for r in range(rank):
                down(at(lines, r * space), at(x, i * xs + j), at(u, C * r * p), d, now + halo,
                     rows, R, V, C)
            for r in range(rows):
                line(at(y, (i + r) * ys + j), at(lines, r * rank * space), v, q, now // C, rank,
                     space, C)
            i += rows
        j += now


cdef inline inlined real_separable(void **buf, vec *x, const Py_ssize_t *dim,
                                   Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    if FC_REGISTERS == 32:
        separable(<vec *>buf[0], x, <vec *>buf[2], <vec *>buf[3], dim, lo, hi, 4, 4, 1)
    elif sizeof(x[0]) == 32:
        separable(<vec *>buf[0], x, <vec *>buf[2], <vec *>buf[3], dim, lo, hi, 4, 3, 1)
    else:
        separable(<vec *>buf[0], x, <vec *>buf[2], <vec *>buf[3], dim, lo, hi, 4, 2, 1)


cdef inline inlined complex_separable(void **buf, vec *x, const Py_ssize_t *dim,
                                      Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    if FC_REGISTERS == 32:
        separable(<vec *>buf[0], x, <vec *>buf[2], <vec *>buf[3], dim, lo, hi, 2, 4, 2)
    elif sizeof(x[0]) == 32:
        separable(<vec *>buf[0], x, <vec *>buf[2], <vec *>buf[3], dim, lo, hi, 2, 3, 2)
    else:
        separable(<vec *>buf[0], x, <vec *>buf[2], <vec *>buf[3], dim, lo, hi, 2, 2, 2)


# Taps sum_r u[r,p] v[r,q], r <= 8 and r q <= 500. Any rows may be split, at no loss.
# conv2d_separable: buf y[m,n] x[m+p-1,n+q-1] u[r,p] v[r,q] | dim n p q r ys xs | par - | range m
cdef api void conv2d_separable_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    real_separable(buf, <vf32 *>buf[1], dim, lo, hi)

cdef api void conv2d_separable_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    real_separable(buf, <vf64 *>buf[1], dim, lo, hi)

cdef api void conv2d_separable_c64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_separable(buf, <vf32 *>buf[1], dim, lo, hi)

cdef api void conv2d_separable_c128(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_separable(buf, <vf64 *>buf[1], dim, lo, hi)
