"""Pooling over windows: maxima and means, forward and backward; channels last.

Design
 (a) Windows never meet padding: its taps are left out, so that a maximum may be negative and a
     mean counts only pixels of the image. NaN wins a maximum.
 (b) Where windows do not overlap, the gradient of a maximum goes to the first tap that equals it:
     nothing but the input and the output is needed. If the input is a relu's output, dy counts
     only where y > 0, which is the relu's own derivative, and the columns' sums are the bias
     gradient of the layer before: one pass for three.
 (c) Overlapping windows remember which tap won, in integers as wide as the numbers; backward, each
     pixel gathers from the windows that hold it. No two items write to one place.
 (d) Channels go by pieces of 4 vectors, 1 vector, and a part of one, with all taps for each.
"""

from libc.string cimport memset

from fc_simd cimport FC_VBYTES, inlined, vf32, vf64
from fc_vec cimport at, load, load_part, store, store_part, width, zero

cdef extern from * nogil:
    """
    typedef int32_t fc_pool_i32 __attribute__((vector_size(FC_VBYTES)));
    typedef int64_t fc_pool_i64 __attribute__((vector_size(FC_VBYTES)));
    #define FC_POOL(V, I, T, S) \
        /* b where it is larger or NaN, else a. */ \
        FC_INLINE V fc_larger_##S(V a, V b) { \
            I take = (I)(b > a); \
            return (V)(((I)b & take) | ((I)a & ~take) | (I)(b != b)); \
        } \
        /* All bits where b is larger than a or NaN. */ \
        FC_INLINE V fc_beats_##S(V a, V b) { return (V)((I)(b > a) | (I)(b != b)); } \
        /* All bits where x equals the maximum y, or both are NaN. */ \
        FC_INLINE V fc_equals_##S(V x, V y) { return (V)((I)(x == y) | (I)(x != x)); } \
        FC_INLINE V fc_positive_##S(V x) { return (V)(I)(x > (V){0}); } \
        FC_INLINE V fc_and_##S(V a, V mask) { return (V)((I)a & (I)mask); } \
        FC_INLINE V fc_or_##S(V a, V b) { return (V)((I)a | (I)b); } \\
        FC_INLINE V fc_without_##S(V a, V mask) { return (V)((I)a & ~(I)mask); } \
        /* Vectors whose lanes are the integer k, and where lanes equal it. */ \
        FC_INLINE V fc_number_##S(ptrdiff_t k) { return (V)((I){0} + (T)k); } \
        FC_INLINE V fc_same_##S(V a, V b) { return (V)((I)a == (I)b); }
    FC_POOL(vf32, fc_pool_i32, int32_t, f32)
    FC_POOL(vf64, fc_pool_i64, int64_t, f64)
    """
    vf32 fc_larger_f32(vf32 a, vf32 b)
    vf64 fc_larger_f64(vf64 a, vf64 b)
    vf32 fc_beats_f32(vf32 a, vf32 b)
    vf64 fc_beats_f64(vf64 a, vf64 b)
    vf32 fc_equals_f32(vf32 x, vf32 y)
    vf64 fc_equals_f64(vf64 x, vf64 y)
    vf32 fc_positive_f32(vf32 x)
    vf64 fc_positive_f64(vf64 x)
    vf32 fc_and_f32(vf32 a, vf32 mask)
    vf64 fc_and_f64(vf64 a, vf64 mask)
    vf32 fc_or_f32(vf32 a, vf32 b)
    vf64 fc_or_f64(vf64 a, vf64 b)
    vf32 fc_without_f32(vf32 a, vf32 mask)
    vf64 fc_without_f64(vf64 a, vf64 mask)
    vf32 fc_number_f32(Py_ssize_t k)
    vf64 fc_number_f64(Py_ssize_t k)
    vf32 fc_same_f32(vf32 a, vf32 b)
    vf64 fc_same_f64(vf64 a, vf64 b)

ctypedef fused real:
    float
    double

ctypedef fused lanes:
    vf32
    vf64

# Sizes as the contract lines order them.
ctypedef struct grid_t:
    Py_ssize_t h, w, c, oh, ow, kh, kw, sh, sw, top, left


cdef inline lanes larger(lanes a, lanes b) noexcept nogil:
    if lanes is vf32:
        return fc_larger_f32(a, b)
    else:
        return fc_larger_f64(a, b)

cdef inline lanes beats(lanes a, lanes b) noexcept nogil:
    if lanes is vf32:
        return fc_beats_f32(a, b)
    else:
        return fc_beats_f64(a, b)

cdef inline lanes equals(lanes x, lanes y) noexcept nogil:
    if lanes is vf32:
        return fc_equals_f32(x, y)
    else:
        return fc_equals_f64(x, y)

cdef inline lanes positive(lanes x) noexcept nogil:
    if lanes is vf32:
        return fc_positive_f32(x)
    else:
        return fc_positive_f64(x)

cdef inline lanes where(lanes a, lanes mask) noexcept nogil:
    if lanes is vf32:
        return fc_and_f32(a, mask)
    else:
        return fc_and_f64(a, mask)

cdef inline lanes without(lanes a, lanes mask) noexcept nogil:
    if lanes is vf32:
        return fc_without_f32(a, mask)
    else:
        return fc_without_f64(a, mask)

cdef inline lanes either(lanes a, lanes b) noexcept nogil:
    if lanes is vf32:
        return fc_or_f32(a, b)
    else:
        return fc_or_f64(a, b)

cdef inline lanes numbered(lanes *kind, Py_ssize_t k) noexcept nogil:
    if lanes is vf32:
        return fc_number_f32(k)
    else:
        return fc_number_f64(k)

cdef inline lanes same(lanes a, lanes b) noexcept nogil:
    if lanes is vf32:
        return fc_same_f32(a, b)
    else:
        return fc_same_f64(a, b)


cdef inline lanes get(lanes *p, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    """A vector, or with n > 0 its first n lanes."""
    return load_part(p, i, n) if n else load(p, i)

cdef inline inlined put(lanes *p, Py_ssize_t i, lanes v, Py_ssize_t n) noexcept nogil:
    if n:
        store_part(p, i, v, n)
    else:
        store(p, i, v)


cdef inline Py_ssize_t first_window(Py_ssize_t i, Py_ssize_t k, Py_ssize_t s) noexcept nogil:
    """The first window of k taps and stride s that holds position i >= 0."""
    return 0 if i < k else (i - k) // s + 1


cdef inline inlined best(int V, Py_ssize_t n, lanes *y, lanes *won, lanes *x, const grid_t *g,
                         Py_ssize_t row, Py_ssize_t col, bint keep) noexcept nogil:
    """Maxima of V vectors of channels over the window whose first tap is (row, col)."""
    cdef Py_ssize_t p, q, W = width(y), start = row * g.w + col
    cdef Py_ssize_t p0 = -row if row < 0 else 0, p1 = g.kh if g.kh < g.h - row else g.h - row
    cdef Py_ssize_t q0 = -col if col < 0 else 0, q1 = g.kw if g.kw < g.w - col else g.w - col
    cdef lanes top[4]
    cdef lanes tag[4]
    cdef lanes one, mask, number
    cdef int v
    for v in range(V):
        top[v] = get(x, (start + p0 * g.w + q0) * g.c + v * W, n)
        if keep:
            tag[v] = numbered(y, p0 * g.kw + q0)
    for p in range(p0, p1):
        for q in range(q0, q1):
            number = numbered(y, p * g.kw + q)
            for v in range(V):
                one = get(x, (start + p * g.w + q) * g.c + v * W, n)
                if keep:
                    mask = beats(top[v], one)
                    tag[v] = either(without(tag[v], mask), where(number, mask))
                top[v] = larger(top[v], one)
    for v in range(V):
        put(y, v * W, top[v], n)
        if keep:
            put(won, v * W, tag[v], n)


cdef inline inlined best_pixel(lanes *y, lanes *won, lanes *x, const grid_t *g, Py_ssize_t row,
                               Py_ssize_t col, bint keep) noexcept nogil:
    cdef Py_ssize_t i = 0, W = width(y)
    while i + 4 * W <= g.c:
        best(4, 0, at(y, i), at(won, i), at(x, i), g, row, col, keep)
        i += 4 * W
    while i + W <= g.c:
        best(1, 0, at(y, i), at(won, i), at(x, i), g, row, col, keep)
        i += W
    if i < g.c:
        best(1, g.c - i, at(y, i), at(won, i), at(x, i), g, row, col, keep)


cdef inline void maximum(lanes *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    cdef const grid_t *g = <const grid_t *>dim
    cdef lanes *x = <lanes *>buf[2]
    cdef lanes *won = <lanes *>buf[1]
    cdef lanes *image
    cdef Py_ssize_t i, j, out
    for i in range(lo, hi):
        image = at(x, i // g.oh * g.h * g.w * g.c)
        for j in range(g.ow):
            out = (i * g.ow + j) * g.c
            if dim[11]:
                best_pixel(at(y, out), at(won, out), image, g, i % g.oh * g.sh - g.top,
                           j * g.sw - g.left, True)
            else:
                best_pixel(at(y, out), y, image, g, i % g.oh * g.sh - g.top,
                           j * g.sw - g.left, False)


# pool_max: buf y[n,oh,ow,c] won[n,oh,ow,c] x[n,h,w,c] | dim h w c oh ow kh kw sh sw top left keep | par - | range n*oh
cdef api void pool_max_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    maximum(<vf32 *>buf[0], buf, dim, lo, hi)

cdef api void pool_max_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    maximum(<vf64 *>buf[0], buf, dim, lo, hi)


cdef inline inlined pass_on(int V, Py_ssize_t n, lanes *dx, lanes *dy, lanes *x, lanes *y,
                            lanes *sums, const grid_t *g, Py_ssize_t row, Py_ssize_t col,
                            bint relu, bint sum) noexcept nogil:
    """dy of one window to the first tap that equals its maximum, zero to the others."""
    cdef Py_ssize_t p, q, W = width(dx), spot
    cdef Py_ssize_t p0 = -row if row < 0 else 0, p1 = g.kh if g.kh < g.h - row else g.h - row
    cdef Py_ssize_t q0 = -col if col < 0 else 0, q1 = g.kw if g.kw < g.w - col else g.w - col
    cdef lanes rest[4]
    cdef lanes top[4]
    cdef lanes hit
    cdef int v
    for v in range(V):
        rest[v] = get(dy, v * W, n)
        top[v] = get(y, v * W, n)
        if relu:
            rest[v] = where(rest[v], positive(top[v]))
        if sum:
            put(sums, v * W, get(sums, v * W, n) + rest[v], n)
    for p in range(p0, p1):
        for q in range(q0, q1):
            spot = ((row + p) * g.w + col + q) * g.c
            for v in range(V):
                hit = equals(get(x, spot + v * W, n), top[v])
                put(dx, spot + v * W, where(rest[v], hit), n)
                rest[v] = without(rest[v], hit)


cdef inline void unmax(lanes *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                       Py_ssize_t hi) noexcept nogil:
    cdef const grid_t *g = <const grid_t *>dim
    cdef bint relu = dim[11], sum = dim[12]
    cdef Py_ssize_t chunk = dim[13], bands = dim[14], whole = dim[15]
    cdef Py_ssize_t W = width(dx), z = FC_VBYTES // W, k, i, j, t, image, out, row, first, last
    cdef lanes *dy
    cdef lanes *y
    cdef lanes *x
    cdef lanes *sums = <lanes *>buf[4]
    for k in range(lo, hi):
        if sum:
            sums = at(<lanes *>buf[4], k * g.c)
            memset(sums, 0, g.c * z)
        for i in range(k * chunk, (k + 1) * chunk if (k + 1) * chunk < bands else bands):
            row = i % g.oh * g.sh - g.top
            image = i // g.oh * g.h * g.w * g.c
            if not whole:
                # Pixels that no window holds: rows up to the next band, or to the image's end.
                first = row if row > 0 else 0
                last = g.h if i % g.oh == g.oh - 1 else row + g.sh
                last = last if last < g.h else g.h
                memset(at(dx, image + first * g.w * g.c), 0, (last - first) * g.w * g.c * z)
            for j in range(g.ow):
                out = (i * g.ow + j) * g.c
                t = 0
                while t < g.c:
                    dy = at(<lanes *>buf[1], out + t)
                    x = at(<lanes *>buf[2], image + t)
                    y = at(<lanes *>buf[3], out + t)
                    if t + 4 * W <= g.c:
                        pass_on(4, 0, at(dx, image + t), dy, x, y, at(sums, t), g, row,
                                j * g.sw - g.left, relu, sum)
                        t += 4 * W
                    elif t + W <= g.c:
                        pass_on(1, 0, at(dx, image + t), dy, x, y, at(sums, t), g, row,
                                j * g.sw - g.left, relu, sum)
                        t += W
                    else:
                        pass_on(1, g.c - t, at(dx, image + t), dy, x, y, at(sums, t), g, row,
                                j * g.sw - g.left, relu, sum)
                        t = g.c


# pool_unmax: buf dx[n,h,w,c] dy[n,oh,ow,c] x[n,h,w,c] y[n,oh,ow,c] sums[chunks,c] | dim h w c oh ow kh kw sh sw top left relu sum chunk bands whole | par - | range chunks
cdef api void pool_unmax_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    unmax(<vf32 *>buf[0], buf, dim, lo, hi)

cdef api void pool_unmax_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    unmax(<vf64 *>buf[0], buf, dim, lo, hi)


cdef inline inlined collect(int V, Py_ssize_t n, lanes *dx, lanes *dy, lanes *won,
                            const grid_t *g, Py_ssize_t row, Py_ssize_t col) noexcept nogil:
    """dx of one pixel from the windows in which it won; (row, col) counts from the padding."""
    cdef Py_ssize_t r, s, W = width(dx), spot
    cdef Py_ssize_t r1 = row // g.sh + 1, s0 = first_window(col, g.kw, g.sw), s1 = col // g.sw + 1
    cdef lanes sum[4]
    cdef lanes number
    cdef int v
    for v in range(V):
        sum[v] = zero(dx)
    for r in range(first_window(row, g.kh, g.sh), r1 if r1 < g.oh else g.oh):
        for s in range(s0, s1 if s1 < g.ow else g.ow):
            number = numbered(dx, (row - r * g.sh) * g.kw + col - s * g.sw)
            spot = (r * g.ow + s) * g.c
            for v in range(V):
                sum[v] = sum[v] + where(get(dy, spot + v * W, n),
                                        same(get(won, spot + v * W, n), number))
    for v in range(V):
        put(dx, v * W, sum[v], n)


cdef inline void maximum_back(lanes *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                              Py_ssize_t hi) noexcept nogil:
    cdef const grid_t *g = <const grid_t *>dim
    cdef Py_ssize_t W = width(dx), i, j, t, image
    cdef lanes *out
    cdef lanes *dy
    cdef lanes *won
    for i in range(lo, hi):
        image = i // g.h * g.oh * g.ow * g.c
        for j in range(g.w):
            t = 0
            while t < g.c:
                out = at(dx, (i * g.w + j) * g.c + t)
                dy = at(<lanes *>buf[1], image + t)
                won = at(<lanes *>buf[2], image + t)
                if t + 4 * W <= g.c:
                    collect(4, 0, out, dy, won, g, i % g.h + g.top, j + g.left)
                    t += 4 * W
                elif t + W <= g.c:
                    collect(1, 0, out, dy, won, g, i % g.h + g.top, j + g.left)
                    t += W
                else:
                    collect(1, g.c - t, out, dy, won, g, i % g.h + g.top, j + g.left)
                    t = g.c


# pool_maxback: buf dx[n,h,w,c] dy[n,oh,ow,c] won[n,oh,ow,c] | dim h w c oh ow kh kw sh sw top left | par - | range n*h
cdef api void pool_maxback_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    maximum_back(<vf32 *>buf[0], buf, dim, lo, hi)

cdef api void pool_maxback_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    maximum_back(<vf64 *>buf[0], buf, dim, lo, hi)


cdef inline Py_ssize_t inside(Py_ssize_t first, Py_ssize_t k, Py_ssize_t n) noexcept nogil:
    """How many of the k positions from `first` on lie in 0..n."""
    return (first + k if first + k < n else n) - (first if first > 0 else 0)


cdef inline void mean(real *y, real *x, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t h = dim[0], w = dim[1], c = dim[2], oh = dim[3], ow = dim[4], kh = dim[5]
    cdef Py_ssize_t kw = dim[6], i, j, t, p, q, top, left
    cdef real *source
    cdef real *out
    cdef real count
    for i in range(lo, hi):
        top = i % oh * dim[7] - dim[9]
        for j in range(ow):
            left = j * dim[8] - dim[10]
            count = <real>(inside(top, kh, h) * inside(left, kw, w))
            out = y + (i * ow + j) * c
            for t in range(c):
                out[t] = 0
            for p in range(0 if top > 0 else -top, kh if kh < h - top else h - top):
                for q in range(0 if left > 0 else -left, kw if kw < w - left else w - left):
                    source = x + ((i // oh * h + top + p) * w + left + q) * c
                    for t in range(c):
                        out[t] += source[t]
            for t in range(c):
                out[t] = out[t] / count


# pool_mean: buf y[n,oh,ow,c] x[n,h,w,c] | dim h w c oh ow kh kw sh sw top left | par - | range n*oh
cdef api void pool_mean_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mean(<float *>buf[0], <float *>buf[1], dim, lo, hi)

cdef api void pool_mean_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mean(<double *>buf[0], <double *>buf[1], dim, lo, hi)


cdef inline void mean_back(real *dx, real *dy, const Py_ssize_t *dim, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t h = dim[0], w = dim[1], c = dim[2], oh = dim[3], ow = dim[4], kh = dim[5]
    cdef Py_ssize_t kw = dim[6], sh = dim[7], sw = dim[8], top = dim[9], left = dim[10]
    cdef Py_ssize_t i, j, t, r, s, r0, r1, s0, s1, row, col, high
    cdef real *out
    cdef real *source
    cdef real count
    for i in range(lo, hi):
        row = i % h + top
        r0 = first_window(row, kh, sh)
        r1 = row // sh + 1 if row // sh < oh else oh
        for j in range(w):
            col = j + left
            s0 = first_window(col, kw, sw)
            s1 = col // sw + 1 if col // sw < ow else ow
            out = dx + (i * w + j) * c
            for t in range(c):
                out[t] = 0
            for r in range(r0, r1):
                high = inside(r * sh - top, kh, h)
                for s in range(s0, s1):
                    count = <real>(high * inside(s * sw - left, kw, w))
                    source = dy + ((i // h * oh + r) * ow + s) * c
                    for t in range(c):
                        out[t] += source[t] / count


# pool_meanback: buf dx[n,h,w,c] dy[n,oh,ow,c] | dim h w c oh ow kh kw sh sw top left | par - | range n*h
cdef api void pool_meanback_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mean_back(<float *>buf[0], <float *>buf[1], dim, lo, hi)

cdef api void pool_meanback_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    mean_back(<double *>buf[0], <double *>buf[1], dim, lo, hi)
