"""1-D sliding dot products.

Design
 (a) y[i] = sum_k x[i + k] h[k]: the taps come ready (reversed for convolve, conjugated for
     correlate), so one loop serves both. Borders are the caller's: every x[i + k] exists.
 (b) A tile is J vectors of outputs, side by side, in registers. Output vector j needs, for tap k,
     the vector of x that begins W j + k; so do vector j - 1 with tap k + W, and so on. The
     taps s, s + W, s + 2 W, s + 3 W ("mates") stand in registers, and a vector of x, loaded once,
     serves up to four products: a loop with one load per product would be bound by the loads,
     of which every second crosses a cache line.

         x  0 1 2 3 4 5 6 7 8 9      (vectors from s on)
         y  0 0 0 0                  with taps s, s + W, s + 2 W, s + 3 W
              1 1 1 1
                2 2 2 2
 (c) The order of the products of one output depends on the number of taps only: tiles, tails and
     any split of the outputs give the same bits. So the end of a range is done by a tile that
     overlaps the one before.
 (d) Complex numbers (C = 2 elements each): x stays interleaved, and two sets of sums (S = 2), with
     the real and the imaginary parts of the taps, are joined at the end (C's complex product
     calls __muldc3).
 (e) Integers wrap modulo 2**n as unsigned types, so i8 serves u8 too, and so on. 64-bit products
     are sums of 32-bit ones, see fc_vec.pxd: two of them where the taps fit 32 bits, else three.
"""

from libc.stdint cimport uint64_t

from fc_simd cimport FC_MUL32, FC_REGISTERS, fc_keep, fc_opaque, inlined, vf32, vf64, vu8, vu16, vu32, vu64
from fc_vec cimport (
    at, first_sum, fits32, join, load, load_part, second_sum, second_tap, second_x, splat, store,
    store_part, vec, width, zero,
)


cdef inline inlined mates(vec *acc, vec *x, vec *h, Py_ssize_t lo, Py_ssize_t hi,
                          int T, int J, int C, int S, bint wide, bint part,
                          Py_ssize_t n) noexcept nogil:
    """Add the taps s, s + W, ... (T of them) for s in lo..hi to the J (times S) sums."""
    cdef Py_ssize_t s, w = width(x)
    cdef int t, v, j
    cdef vec tap[4]
    cdef vec tap2[4]
    cdef vec one, two
    for s in range(lo, hi):
        for t in range(T):
            tap[t] = splat(h, C * s + w * t)
            if S == 2:
                tap2[t] = second_tap(h, C * s + w * t, tap[t])
        for v in range(J + T - 1):
            if part:
                one = load_part(x, C * s + w * v, n)
            else:
                one = load(x, C * s + w * v)
            if T * S > 1:
                fc_keep(one)
            two = second_x(one)
            for t in range(T):
                j = v - t
                if 0 <= j < J:
                    acc[S * j] = first_sum(one, tap[t], S, acc[S * j])
                    if S == 2:
                        acc[S * j + 1] = second_sum(one, two, tap[t], tap2[t], wide, acc[S * j + 1])


cdef inline inlined tile(vec *y, vec *x, vec *h, Py_ssize_t k,
                         int T, int J, int C, int S, bint wide, bint part,
                          Py_ssize_t n) noexcept nogil:
    """J vectors of outputs; with `part`, the first n lanes of one vector."""
    cdef vec acc[20]
    cdef vec one
    cdef Py_ssize_t b, s, w = width(x), step = fc_opaque(w // C)   # taps between mates
    cdef int v
    for v in range(J * S):
        acc[v] = zero(x)
    for b in range(k // (T * step)):
        mates(acc, x, h, 0, step, T, J, C, S, wide, part, n)
        x = at(x, T * w)
        h = at(h, T * w)
    k = k % (T * step)
    s = k % step
    if T > 3 and k >= 3 * step:
        mates(acc, x, h, 0, s, 4, J, C, S, wide, part, n)
        mates(acc, x, h, s, step, 3, J, C, S, wide, part, n)
    elif T > 2 and k >= 2 * step:
        mates(acc, x, h, 0, s, 3, J, C, S, wide, part, n)
        mates(acc, x, h, s, step, 2, J, C, S, wide, part, n)
    elif T > 1 and k >= step:
        mates(acc, x, h, 0, s, 2, J, C, S, wide, part, n)
        mates(acc, x, h, s, step, 1, J, C, S, wide, part, n)
    else:
        mates(acc, x, h, 0, s, 1, J, C, S, wide, part, n)
    for v in range(J):
        one = acc[v] if S == 1 else join(acc[S * v], acc[S * v + 1])
        if part:
            store_part(y, 0, one, n)
        else:
            store(y, w * v, one)


cdef inline inlined body(vec *y, vec *x, vec *h, Py_ssize_t k, Py_ssize_t lo, Py_ssize_t hi,
                         int T, int J, int C, int S, bint wide) noexcept nogil:
    """Outputs lo..hi by the widest tiles that fit; the last one ends at hi."""
    cdef Py_ssize_t n = C * (hi - lo), w = width(x), i = 0
    y = at(y, C * lo)
    x = at(x, C * lo)
    while i < n:
        if n - i > w * (J // 2) and n >= w * J:
            i = min(i, n - w * J)
            tile(at(y, i), at(x, i), h, k, T, J, C, S, wide, False, 0)
            i += w * J
        elif n - i > 2 * w and n >= w * (J // 2):
            i = min(i, n - w * (J // 2))
            tile(at(y, i), at(x, i), h, k, T, J // 2, C, S, wide, False, 0)
            i += w * (J // 2)
        elif n - i > w and n >= 2 * w:
            i = min(i, n - 2 * w)
            tile(at(y, i), at(x, i), h, k, T, 2, C, S, wide, False, 0)
            i += 2 * w
        elif n >= w:
            i = min(i, n - w)
            tile(at(y, i), at(x, i), h, k, T, 1, C, S, wide, False, 0)
            i += w
        else:
            tile(y, x, h, k, T, 1, C, S, wide, True, n)
            i = n


cdef inline inlined real(vec *y, vec *x, vec *h, Py_ssize_t k,
                         Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # Sums, mates and one vector of x fill the registers.
    if FC_REGISTERS == 32:
        body(y, x, h, k, lo, hi, 4, 20, 1, 1, False)
    else:
        body(y, x, h, k, lo, hi, 4, 10, 1, 1, False)


cdef inline inlined complex_(vec *y, vec *x, vec *h, Py_ssize_t k,
                             Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    if FC_REGISTERS == 32:
        body(y, x, h, k, lo, hi, 4, 10, 2, 2, False)
    else:
        body(y, x, h, k, lo, hi, 2, 5, 2, 2, False)


cdef inline inlined long_(vec *y, vec *x, vec *h, Py_ssize_t k,
                          Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    if not FC_MUL32:
        body(y, x, h, k, lo, hi, 1, 4, 1, 1, False)
    elif fits32(<uint64_t *>h, k):
        body(y, x, h, k, lo, hi, 2, 4, 1, 2, False)
    else:
        body(y, x, h, k, lo, hi, 2, 4, 1, 2, True)


# conv1d_direct: buf y[n] x[n+k-1] h[k] | dim k | par - | range n
cdef api void conv1d_direct_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    real(<vf32 *>buf[0], <vf32 *>buf[1], <vf32 *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    real(<vf64 *>buf[0], <vf64 *>buf[1], <vf64 *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_c64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_(<vf32 *>buf[0], <vf32 *>buf[1], <vf32 *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_c128(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_(<vf64 *>buf[0], <vf64 *>buf[1], <vf64 *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_i8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vu8 *>buf[0], <vu8 *>buf[1], <vu8 *>buf[2], dim[0], lo, hi, 1, 4, 1, 1, False)

cdef api void conv1d_direct_i16(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vu16 *>buf[0], <vu16 *>buf[1], <vu16 *>buf[2], dim[0], lo, hi, 2, 8, 1, 1, False)

cdef api void conv1d_direct_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    body(<vu32 *>buf[0], <vu32 *>buf[1], <vu32 *>buf[2], dim[0], lo, hi, 2, 8, 1, 1, False)

cdef api void conv1d_direct_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    long_(<vu64 *>buf[0], <vu64 *>buf[1], <vu64 *>buf[2], dim[0], lo, hi)
