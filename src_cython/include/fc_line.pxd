# One line of sliding dot products, y[i] = sum_k x[i + k] h[k], in register tiles: the body of
# conv1d and of the second pass of conv2d_separable.
#
# Design
#  (a) A tile is J vectors of outputs, side by side, in registers. Output vector j needs, for tap k,
#      the vector of x that begins W j + k; so do vector j - 1 with tap k + W, and so on. The
#      taps s, s + W, s + 2 W, s + 3 W ("mates") stand in registers, and a vector of x, loaded
#      once, serves up to four products: a loop with one load per product would be bound by the
#      loads, of which every second crosses a cache line.
#
#          x  0 1 2 3 4 5 6 7 8 9      (vectors from s on)
#          y  0 0 0 0                  with taps s, s + W, s + 2 W, s + 3 W
#               1 1 1 1
#                 2 2 2 2
#  (b) The order of the products of one output depends on the number of taps only: tiles, tails and
#      any split of the outputs give the same bits. So the end of a range is done by a tile that
#      overlaps the one before.
#  (c) Several lines of x, each with its own taps (rank > 1), may be added up in the same registers.
#  (d) Constants: T mates at most, J vectors in the widest tile, C elements per number (2: complex),
#      S sums per product and `wide`, see fc_vec.pxd.
from fc_simd cimport FC_REGISTERS, fc_keep, fc_opaque, inlined
from fc_vec cimport (
    at, first_sum, join, load, load_part, second_sum, second_tap, second_x, splat, store,
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


cdef inline inlined taps(vec *acc, vec *x, vec *h, Py_ssize_t k, int T, int J, int C, int S,
                         bint wide, bint part, Py_ssize_t n) noexcept nogil:
    """Add all k taps: blocks of T W, then a block with fewer mates."""
    cdef Py_ssize_t b, s, w = width(x), step = fc_opaque(w // C)   # step: taps between mates
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


cdef inline inlined line_tile(vec *y, vec *x, vec *h, Py_ssize_t k, Py_ssize_t rank, Py_ssize_t xs,
                              int T, int J, int C, int S, bint wide, bint part,
                              Py_ssize_t n) noexcept nogil:
    """J vectors of outputs; with `part`, the first n lanes of one vector."""
    cdef vec acc[20]
    cdef vec one
    cdef Py_ssize_t r, w = width(x)
    cdef int v
    for v in range(J * S):
        acc[v] = zero(x)
    for r in range(rank):
        taps(acc, at(x, r * xs), at(h, C * r * k), k, T, J, C, S, wide, part, n)
    for v in range(J):
        one = acc[v] if S == 1 else join(acc[S * v], acc[S * v + 1])
        if part:
            store_part(y, 0, one, n)
        else:
            store(y, w * v, one)


cdef inline inlined tiled(vec *y, vec *x, vec *h, Py_ssize_t k, Py_ssize_t n, Py_ssize_t rank,
                          Py_ssize_t xs, int T, int J, int C, int S, bint wide) noexcept nogil:
    """n elements of y by the widest tiles that fit; lines of x are xs elements apart."""
    cdef Py_ssize_t w = width(x), i = 0
    while i < n:
        if n - i > w * (J // 2) and n >= w * J:
            i = min(i, n - w * J)
            line_tile(at(y, i), at(x, i), h, k, rank, xs, T, J, C, S, wide, False, 0)
            i += w * J
        elif n - i > 2 * w and n >= w * (J // 2):
            i = min(i, n - w * (J // 2))
            line_tile(at(y, i), at(x, i), h, k, rank, xs, T, J // 2, C, S, wide, False, 0)
            i += w * (J // 2)
        elif n - i > w and n >= 2 * w:
            i = min(i, n - 2 * w)
            line_tile(at(y, i), at(x, i), h, k, rank, xs, T, 2, C, S, wide, False, 0)
            i += 2 * w
        elif n >= w:
            i = min(i, n - w)
            line_tile(at(y, i), at(x, i), h, k, rank, xs, T, 1, C, S, wide, False, 0)
            i += w
        else:
            line_tile(y, x, h, k, rank, xs, T, 1, C, S, wide, True, n)
            i = n


cdef inline inlined line(vec *y, vec *x, vec *h, Py_ssize_t k, Py_ssize_t n, Py_ssize_t rank,
                         Py_ssize_t xs, int C) noexcept nogil:
    """n numbers (C elements each) of y, for floats and, with C = 2, complex floats."""
    # Sums, mates and one vector of x fill the registers.
    if FC_REGISTERS == 32:
        tiled(y, x, h, k, C * n, rank, xs, 4, 20 // C, C, C, False)
    elif C == 1:
        tiled(y, x, h, k, n, rank, xs, 4, 10, 1, 1, False)
    else:
        tiled(y, x, h, k, 2 * n, rank, xs, 2, 5, 2, 2, False)
