"""The register tile under all matrix products: dense layers, matmul, convolutions.

Design
 (a) A tile is R rows by V vectors of C, held in registers while k runs. Each step of k loads V
     vectors of B and, for every row, one element of A that is multiplied into all V.
 (b) k runs over three nested loops (n0 innermost), each with its own step in A and in B. A plain
     product uses only n0; a convolution's k is (kernel row, kernel column, channel), its weight
     gradient's (image, row, column). So a convolution is a matrix product whose A is never built.
 (c) Rows of A begin at arbitrary offsets: output pixels of different image rows share a tile.
 (d) An element of C is one chain of fma over k in order, whatever the tile: bits depend neither on
     the partition into tiles nor on the number of threads.
 (e) The last columns of B, less than a vector, are read as a whole vector, which then holds
     elements of the next row too (their sums are not stored). Only the last rows of B, where there
     is no next row, are read with a mask.
 (f) Constant R and V make each instance of `tile` a loop without branches; each is a function of
     its own, because in one large function gcc runs out of registers for addresses.
"""

from libc.string cimport memcpy

from fc_simd cimport FC_REGISTERS, FC_VBYTES, fc_keep, fc_opaque, inlined, vf32, vf64
from fc_vec cimport at, fma, load, load_part, splat, store, width, zero

cdef extern from * nogil:
    """
    /* Cython's `inline`, which functions in a .pxd must have, becomes the compiler's own judgement. */
    #undef CYTHON_INLINE
    #define CYTHON_INLINE __attribute__((unused))
    #define FC_ALONE_VOID __attribute__((noinline, unused)) void

    #define fc_prefetch(p) __builtin_prefetch(p, 1)

    typedef int32_t fc_i32 __attribute__((vector_size(FC_VBYTES)));
    typedef int64_t fc_i64 __attribute__((vector_size(FC_VBYTES)));
    /* Negative lanes become zero; NaN stays. */
    FC_INLINE vf32 fc_relu32(vf32 v) { return (vf32)((fc_i32)v & ~(fc_i32)(v < (vf32){0})); }
    FC_INLINE vf64 fc_relu64(vf64 v) { return (vf64)((fc_i64)v & ~(fc_i64)(v < (vf64){0})); }

    /* y = x transposed, 4 x 4 floats or 2 x 2 doubles, with xs and ys elements between rows. */
    typedef float fc_quad __attribute__((vector_size(16), aligned(4), may_alias));
    typedef double fc_pair __attribute__((vector_size(16), aligned(8), may_alias));
    typedef int32_t fc_quad_i __attribute__((vector_size(16)));
    typedef int64_t fc_pair_i __attribute__((vector_size(16)));
    #ifdef __clang__
    #define FC_MIX(mask, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
    #else
    #define FC_MIX(mask, a, b, ...) __builtin_shuffle(a, b, (mask){__VA_ARGS__})
    #endif
    FC_INLINE void fc_transpose32(const float *x, ptrdiff_t xs, float *y, ptrdiff_t ys) {
        fc_quad a = *(const fc_quad *)x, b = *(const fc_quad *)(x + xs);
        fc_quad c = *(const fc_quad *)(x + 2 * xs), d = *(const fc_quad *)(x + 3 * xs);
        fc_quad e = FC_MIX(fc_quad_i, a, b, 0, 4, 1, 5), f = FC_MIX(fc_quad_i, a, b, 2, 6, 3, 7);
        fc_quad g = FC_MIX(fc_quad_i, c, d, 0, 4, 1, 5), h = FC_MIX(fc_quad_i, c, d, 2, 6, 3, 7);
        *(fc_quad *)y = FC_MIX(fc_quad_i, e, g, 0, 1, 4, 5);
        *(fc_quad *)(y + ys) = FC_MIX(fc_quad_i, e, g, 2, 3, 6, 7);
        *(fc_quad *)(y + 2 * ys) = FC_MIX(fc_quad_i, f, h, 0, 1, 4, 5);
        *(fc_quad *)(y + 3 * ys) = FC_MIX(fc_quad_i, f, h, 2, 3, 6, 7);
    }
    FC_INLINE void fc_transpose64(const double *x, ptrdiff_t xs, double *y, ptrdiff_t ys) {
        fc_pair a = *(const fc_pair *)x, b = *(const fc_pair *)(x + xs);
        *(fc_pair *)y = FC_MIX(fc_pair_i, a, b, 0, 2);
        *(fc_pair *)(y + ys) = FC_MIX(fc_pair_i, a, b, 1, 3);
    }
    """
    void fc_prefetch(void *p)
    ctypedef void alone "FC_ALONE_VOID"
    vf32 fc_relu32(vf32 v)
    vf64 fc_relu64(vf64 v)
    void fc_transpose32(const float *x, Py_ssize_t xs, float *y, Py_ssize_t ys)
    void fc_transpose64(const double *x, Py_ssize_t xs, double *y, Py_ssize_t ys)

ctypedef fused real:
    vf32
    vf64

cdef enum:
    MAX_ROWS = 256         # rows of a block: their offsets stand on the stack
    MAX_PACK = 65536       # bytes of B in the copy on the stack

# How tiles walk along k, and what they do with C. All distances are in elements.
ctypedef struct walk_t:
    Py_ssize_t n0, n1, n2     # lengths of the loops over k
    Py_ssize_t a0, a1, a2     # from one k to the next in A
    Py_ssize_t b0, b1, b2     # from one k to the next in B
    Py_ssize_t bj             # from one column to the next in B; unless that is 1, b0 is
    Py_ssize_t cs             # from one row to the next in C
    int start                 # what C begins with: 0 zero, 1 bias, 2 its old value
    int relu                  # 1: negative results become zero (NaN stays)
    int pack                  # B: 0 in place, 1 through the copy, 2 padded with zeros
    # set by `multiply`:
    Py_ssize_t lanes          # valid lanes of the last vector of a row of C, 0: all
    Py_ssize_t last           # steps of k at the end at which B has but `lanes` there


cdef inline real relu(real v) noexcept nogil:
    if real is vf32:
        return fc_relu32(v)
    else:
        return fc_relu64(v)


cdef inline inlined store_tail(real *p, Py_ssize_t i, real v, Py_ssize_t n) noexcept nogil:
    """The first n lanes in pieces of 32, 16, 8 and 4 bytes: masked stores are slow on Zen."""
    cdef real copy = v
    cdef char *q = <char *>&copy
    cdef char *y = <char *>at(p, i)
    n *= FC_VBYTES // width(p)
    if FC_VBYTES > 32 and n & 32:
        memcpy(y, q, 32)
        y += 32
        q += 32
    if FC_VBYTES > 16 and n & 16:
        memcpy(y, q, 16)
        y += 16
        q += 16
    if n & 8:
        memcpy(y, q, 8)
        y += 8
        q += 8
    if n & 4:
        memcpy(y, q, 4)


cdef inline inlined step(Py_ssize_t R, Py_ssize_t V, bint part, real *acc, char **p, char *q,
                         Py_ssize_t o, Py_ssize_t lanes) noexcept nogil:
    """One k: V vectors of B at q, and one element of A at o from each row."""
    cdef real hold[8]
    cdef real one
    cdef Py_ssize_t r, v, W = width(acc)
    if R >= V:
        for v in range(V):
            if part and v == V - 1:
                hold[v] = load_part(<real *>q, v * W, lanes)
            else:
                hold[v] = load(<real *>q, v * W)
        for r in range(R):
            one = splat(<real *>(p[r] + o), 0)
            for v in range(V):
                acc[r * V + v] = fma(one, hold[v], acc[r * V + v])
    else:
        for r in range(R):
            hold[r] = splat(<real *>(p[r] + o), 0)
        for v in range(V):
            if part and v == V - 1:
                one = load_part(<real *>q, v * W, lanes)
            else:
                one = load(<real *>q, v * W)
            for r in range(R):
                acc[r * V + v] = fma(hold[r], one, acc[r * V + v])


cdef inline inlined tile(Py_ssize_t R, Py_ssize_t V, walk_t *w, real *a,
                         Py_ssize_t *rows, real *b, real *c, real *bias) noexcept nogil:
    """C[R, V] = start + sum_k A[r, k] B[k, v]; row r of A begins at a + rows[r]."""
    cdef real acc[24]
    cdef real one
    cdef char *p[8]
    cdef char *q
    cdef Py_ssize_t lines = 64 // FC_VBYTES      # vectors in a cache line
    cdef Py_ssize_t r, v, i, i1, i2, o, W = width(a), z = FC_VBYTES // W, n0 = w.n0 - w.last
    # Opaque, or gcc makes a second loop for a step of one element; and clears acc as memory.
    cdef Py_ssize_t a0 = fc_opaque(w.a0 * z), b0 = w.b0 * z
    for r in range(R):
        for v in range(V):
            if v % lines == 0:
                fc_prefetch(at(c, r * w.cs + v * W))
    if w.start != 1:
        one = zero(a)
        fc_keep(one)
        for r in range(R * V):
            acc[r] = one
    elif w.lanes:
        for r in range(R):
            for v in range(V - 1):
                acc[r * V + v] = load(bias, v * W)
            acc[r * V + V - 1] = load_part(bias, (V - 1) * W, w.lanes)
    else:
        for r in range(R):
            for v in range(V):
                acc[r * V + v] = load(bias, v * W)
    for i2 in range(w.n2):
        for i1 in range(w.n1):
            for r in range(R):
                p[r] = <char *>at(a, rows[r] + i2 * w.a2 + i1 * w.a1)
            q = <char *>at(b, i2 * w.b2 + i1 * w.b1)
            o = 0
            for i in range(n0):
                step(R, V, False, acc, p, q, o, 0)
                o = o + a0
                q = q + b0
            for i in range(w.last):
                step(R, V, True, acc, p, q, o, w.lanes)
                o = o + a0
                q = q + b0
    if w.start == 2:
        for r in range(R):
            for v in range(V - 1):
                acc[r * V + v] = acc[r * V + v] + load(c, r * w.cs + v * W)
            if w.lanes:
                one = load_part(c, r * w.cs + (V - 1) * W, w.lanes)
            else:
                one = load(c, r * w.cs + (V - 1) * W)
            acc[r * V + V - 1] = acc[r * V + V - 1] + one
    if w.relu:
        for r in range(R * V):
            acc[r] = relu(acc[r])
    if w.lanes:
        for r in range(R):
            for v in range(V - 1):
                store(c, r * w.cs + v * W, acc[r * V + v])
            store_tail(c, r * w.cs + (V - 1) * W, acc[r * V + V - 1], w.lanes)
    else:
        for r in range(R):
            for v in range(V):
                store(c, r * w.cs + v * W, acc[r * V + v])


cdef inline alone tile_8x3(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(8, 3, w, a, rows, b, c, bias)

cdef inline alone tile_8x2(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(8, 2, w, a, rows, b, c, bias)

cdef inline alone tile_8x1(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(8, 1, w, a, rows, b, c, bias)

cdef inline alone tile_7x3(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(7, 3, w, a, rows, b, c, bias)

cdef inline alone tile_7x2(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(7, 2, w, a, rows, b, c, bias)

cdef inline alone tile_7x1(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(7, 1, w, a, rows, b, c, bias)

cdef inline alone tile_6x3(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(6, 3, w, a, rows, b, c, bias)

cdef inline alone tile_5x3(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(5, 3, w, a, rows, b, c, bias)

cdef inline alone tile_6x2(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(6, 2, w, a, rows, b, c, bias)

cdef inline alone tile_6x1(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(6, 1, w, a, rows, b, c, bias)

cdef inline alone tile_5x2(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(5, 2, w, a, rows, b, c, bias)

cdef inline alone tile_5x1(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(5, 1, w, a, rows, b, c, bias)

cdef inline alone tile_4x3(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(4, 3, w, a, rows, b, c, bias)

cdef inline alone tile_4x2(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(4, 2, w, a, rows, b, c, bias)

cdef inline alone tile_4x1(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(4, 1, w, a, rows, b, c, bias)

cdef inline alone tile_3x3(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(3, 3, w, a, rows, b, c, bias)

cdef inline alone tile_3x2(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(3, 2, w, a, rows, b, c, bias)

cdef inline alone tile_3x1(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(3, 1, w, a, rows, b, c, bias)

cdef inline alone tile_2x3(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(2, 3, w, a, rows, b, c, bias)

cdef inline alone tile_2x2(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(2, 2, w, a, rows, b, c, bias)

cdef inline alone tile_2x1(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(2, 1, w, a, rows, b, c, bias)

cdef inline alone tile_1x8(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(1, 8, w, a, rows, b, c, bias)

cdef inline alone tile_1x7(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(1, 7, w, a, rows, b, c, bias)

cdef inline alone tile_1x6(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(1, 6, w, a, rows, b, c, bias)

cdef inline alone tile_1x5(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(1, 5, w, a, rows, b, c, bias)

cdef inline alone tile_1x4(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(1, 4, w, a, rows, b, c, bias)

cdef inline alone tile_1x3(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(1, 3, w, a, rows, b, c, bias)

cdef inline alone tile_1x2(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(1, 2, w, a, rows, b, c, bias)

cdef inline alone tile_1x1(walk_t *w, real *a, Py_ssize_t *rows, real *b, real *c,
                           real *bias) noexcept nogil:
    tile(1, 1, w, a, rows, b, c, bias)


cdef inline inlined tile_any(Py_ssize_t R, Py_ssize_t V, walk_t *w, real *a, Py_ssize_t *rows,
                             real *b, real *c, real *bias) noexcept nogil:
    """`tile` with R and V turned into constants."""
    if R == 6 and V == 2: tile_6x2(w, a, rows, b, c, bias)
    elif R == 6 and V == 1: tile_6x1(w, a, rows, b, c, bias)
    elif R == 5 and V == 2: tile_5x2(w, a, rows, b, c, bias)
    elif R == 5 and V == 1: tile_5x1(w, a, rows, b, c, bias)
    elif R == 4 and V == 3: tile_4x3(w, a, rows, b, c, bias)
    elif R == 4 and V == 2: tile_4x2(w, a, rows, b, c, bias)
    elif R == 4 and V == 1: tile_4x1(w, a, rows, b, c, bias)
    elif R == 3 and V == 3: tile_3x3(w, a, rows, b, c, bias)
    elif R == 3 and V == 2: tile_3x2(w, a, rows, b, c, bias)
    elif R == 3 and V == 1: tile_3x1(w, a, rows, b, c, bias)
    elif R == 2 and V == 3: tile_2x3(w, a, rows, b, c, bias)
    elif R == 2 and V == 2: tile_2x2(w, a, rows, b, c, bias)
    elif R == 2 and V == 1: tile_2x1(w, a, rows, b, c, bias)
    elif R == 1 and V == 8: tile_1x8(w, a, rows, b, c, bias)
    elif R == 1 and V == 7: tile_1x7(w, a, rows, b, c, bias)
    elif R == 1 and V == 6: tile_1x6(w, a, rows, b, c, bias)
    elif R == 1 and V == 5: tile_1x5(w, a, rows, b, c, bias)
    elif R == 1 and V == 4: tile_1x4(w, a, rows, b, c, bias)
    elif R == 1 and V == 3: tile_1x3(w, a, rows, b, c, bias)
    elif R == 1 and V == 2: tile_1x2(w, a, rows, b, c, bias)
    elif R == 1 and V == 1: tile_1x1(w, a, rows, b, c, bias)
    elif FC_REGISTERS == 32:
        if R == 8 and V == 3: tile_8x3(w, a, rows, b, c, bias)
        elif R == 8 and V == 2: tile_8x2(w, a, rows, b, c, bias)
        elif R == 8 and V == 1: tile_8x1(w, a, rows, b, c, bias)
        elif R == 7 and V == 3: tile_7x3(w, a, rows, b, c, bias)
        elif R == 7 and V == 2: tile_7x2(w, a, rows, b, c, bias)
        elif R == 7 and V == 1: tile_7x1(w, a, rows, b, c, bias)
        elif R == 6 and V == 3: tile_6x3(w, a, rows, b, c, bias)
        elif R == 5 and V == 3: tile_5x3(w, a, rows, b, c, bias)


cdef inline Py_ssize_t split(Py_ssize_t n, Py_ssize_t parts, Py_ssize_t i) noexcept nogil:
    """Where part i of `parts` nearly equal parts of 0..n begins."""
    return n // parts * i + (i if i < n % parts else n % parts)


cdef inline Py_ssize_t cycles(Py_ssize_t m, Py_ssize_t nv, Py_ssize_t R,
                              Py_ssize_t V) noexcept nogil:
    """Half cycles per k for m rows by nv vectors in tiles of at most R x V: two fma and two loads
    a cycle, and four cycles until the result of an fma is there."""
    cdef Py_ssize_t t = (m + R - 1) // R, s = (nv + V - 1) // V, sum = 0, i, j, r, v, count, cost
    for i in range(2):
        r = m // t + i
        for j in range(2):
            v = nv // s + j
            count = (m % t if i else t - m % t) * (nv % s if j else s - nv % s)
            cost = r * v if r * v > r + v else r + v
            sum += count * (cost if cost > 8 else 8)
    return sum


cdef inline inlined shape_of(Py_ssize_t m, Py_ssize_t nv, Py_ssize_t *R,
                             Py_ssize_t *V) noexcept nogil:
    """The largest tile for m rows by nv vectors: the one that costs least."""
    cdef Py_ssize_t i, r, v, cost, best = 0
    for i in range(3):
        if FC_REGISTERS == 32:
            r = 8 if i == 0 else 6 if i == 1 else 1
            v = 3 if i < 2 else 8
        else:
            r = 6 if i == 0 else 4 if i == 1 else 1
            v = 2 if i == 0 else 3 if i == 1 else 8
        cost = cycles(m, nv, r, v)
        if i == 0 or cost < best:
            best = cost
            R[0] = r
            V[0] = v


cdef inline inlined pack_strip(real *y, Py_ssize_t cols, real *b, walk_t *w,
                               Py_ssize_t valid) noexcept nogil:
    """Copy w.n0 rows of `cols` columns of B to y; from column `valid` on they are zeros."""
    cdef Py_ssize_t W = width(b), full = valid // W, side = 4 if real is vf32 else 2
    cdef Py_ssize_t i, j, t
    cdef real *x
    cdef real *q
    if w.bj == 1:
        for i in range(w.n0):
            for j in range(full):
                store(y, j * W, load(b, j * W))
            if full * W < cols:
                store(y, full * W, load_part(b, full * W, valid - full * W))
            b = at(b, w.b0)
            y = at(y, cols)
        return
    # Columns of B are rows in memory: transpose small squares.
    for j in range(cols // side):
        x = at(b, j * side * w.bj)
        q = at(y, j * side)
        i = 0
        while i + side <= w.n0 and (j + 1) * side <= valid:
            if real is vf32:
                fc_transpose32(<float *>x, w.bj, <float *>q, cols)
            else:
                fc_transpose64(<double *>x, w.bj, <double *>q, cols)
            i += side
            x = at(x, side)
            q = at(q, side * cols)
        while i < w.n0:
            for t in range(side):
                if real is vf32:
                    (<float *>q)[t] = (<float *>x)[t * w.bj] if j * side + t < valid else 0
                else:
                    (<double *>q)[t] = (<double *>x)[t * w.bj] if j * side + t < valid else 0
            i += 1
            x = at(x, 1)
            q = at(q, cols)


cdef inline alone multiply(walk_t *how, Py_ssize_t m, Py_ssize_t n, real *a, Py_ssize_t *rows,
                           real *b, real *c, real *bias) noexcept nogil:
    """C[m, n] (op)= A B; row i <= MAX_ROWS of A begins at a + rows[i].

    If B goes through the copy, a vector of each row must fit: n0 n1 n2 <= MAX_PACK / FC_VBYTES.
    In place, B is a plain matrix (n1 = n2 = 1) unless n is a multiple of the vector's width.
    """
    cdef Py_ssize_t W = width(a), nv = (n + W - 1) // W, R = 1, V = 1
    cdef Py_ssize_t tiles, strips, s, t, i0, i1, v0, v1, cols, tail = n % W
    cdef Py_ssize_t k = how.n0 * how.n1 * how.n2
    cdef bint pack = how.pack == 1 or how.bj != 1
    cdef real *q
    cdef walk_t w = how[0]
    cdef char copy[MAX_PACK]
    shape_of(m, nv, &R, &V)
    if pack and V * FC_VBYTES * k > MAX_PACK:
        V = MAX_PACK // (FC_VBYTES * k)
    tiles = (m + R - 1) // R
    strips = (nv + V - 1) // V
    for s in range(strips):
        v0 = split(nv, strips, s)
        v1 = split(nv, strips, s + 1)
        q = at(b, v0 * W * w.bj)
        w.lanes = tail if v1 == nv else 0
        w.last = 0
        if pack:
            cols = (v1 - v0) * W
            w.b0 = how.b0
            for i1 in range(w.n2):
                for i0 in range(w.n1):
                    pack_strip(at(<real *>copy, (i1 * w.n1 + i0) * w.n0 * cols), cols,
                               at(q, i1 * how.b2 + i0 * how.b1), &w,
                               n - v0 * W if v1 == nv else cols)
            q = <real *>copy
            w.b0 = cols
            w.b1 = w.n0 * cols
            w.b2 = w.n1 * w.b1
        else:
            w.b0 = how.b0
            w.b1 = how.b1
            w.b2 = how.b2
            if w.lanes and how.pack == 0:
                # A vector reaches W - lanes elements into the rows that follow.
                w.last = (W - w.lanes - 1) // w.b0 + 1
                w.last = w.last if w.last < w.n0 else w.n0
        for t in range(tiles):
            i0 = split(m, tiles, t)
            i1 = split(m, tiles, t + 1)
            tile_any(i1 - i0, v1 - v0, &w, a, rows + i0, q, at(c, i0 * w.cs + v0 * W),
                     at(bias, v0 * W))
