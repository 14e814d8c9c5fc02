"""Pooling over windows: maxima and means, forward and backward; channels last.

Design
 (a) Windows never meet padding: its taps are left out, so that a maximum may be negative and a
     mean counts only pixels of the image.
 (b) The maximum's backward pass needs to know which tap won; forward writes its number (the first
     of equals, a byte where the window has at most 256 taps). NaN wins.
 (c) Backward, each pixel of the image gathers from the windows that hold it: no two items write
     to one place.
"""

from libc.stdint cimport int32_t, uint8_t

ctypedef fused real:
    float
    double

ctypedef fused index:
    uint8_t
    int32_t


cdef inline Py_ssize_t first_window(Py_ssize_t i, Py_ssize_t k, Py_ssize_t s) noexcept nogil:
    """The first window of k taps and stride s that holds position i >= 0."""
    return 0 if i < k else (i - k) // s + 1


cdef inline void best(real *y, index *won, real *x, const Py_ssize_t *dim, bint keep,
                      Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t h = dim[0], w = dim[1], c = dim[2], oh = dim[3], ow = dim[4], kh = dim[5]
    cdef Py_ssize_t kw = dim[6], i, j, t, p, q, p0, p1, q0, q1, top, left
    cdef real *source
    cdef real *out
    cdef index *tag
    cdef index number
    cdef bint better
    for i in range(lo, hi):
        top = i % oh * dim[7] - dim[9]
        p0 = -top if top < 0 else 0
        p1 = kh if kh < h - top else h - top
        for j in range(ow):
            left = j * dim[8] - dim[10]
            q0 = -left if left < 0 else 0
            q1 = kw if kw < w - left else w - left
            out = y + (i * ow + j) * c
            tag = won + (i * ow + j) * c
            source = x + ((i // oh * h + top + p0) * w + left + q0) * c
            number = <index>(p0 * kw + q0)
            for t in range(c):
                out[t] = source[t]
            if keep:
                for t in range(c):
                    tag[t] = number
            for p in range(p0, p1):
                for q in range(q0, q1):
                    source = x + ((i // oh * h + top + p) * w + left + q) * c
                    number = <index>(p * kw + q)
                    if keep:
                        for t in range(c):
                            better = (source[t] > out[t]) | (source[t] != source[t])
                            tag[t] = number if better else tag[t]
                            out[t] = source[t] if better else out[t]
                    else:
                        for t in range(c):
                            better = (source[t] > out[t]) | (source[t] != source[t])
                            out[t] = source[t] if better else out[t]


cdef inline void maximum(real *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    if dim[11] == 0:
        best(y, <uint8_t *>buf[1], <real *>buf[2], dim, False, lo, hi)
    elif dim[11] == 1:
        best(y, <uint8_t *>buf[1], <real *>buf[2], dim, True, lo, hi)
    else:
        best(y, <int32_t *>buf[1], <real *>buf[2], dim, True, lo, hi)


# pool_max: buf y[n,oh,ow,c] won[n,oh,ow,c] x[n,h,w,c] | dim h w c oh ow kh kw sh sw top left bytes | par - | range n*oh
cdef api void pool_max_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    maximum(<float *>buf[0], buf, dim, lo, hi)

cdef api void pool_max_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    maximum(<double *>buf[0], buf, dim, lo, hi)


cdef inline void give(real *dx, real *dy, index *won, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t h = dim[0], w = dim[1], c = dim[2], oh = dim[3], ow = dim[4], kh = dim[5]
    cdef Py_ssize_t kw = dim[6], sh = dim[7], sw = dim[8], i, j, t, r, s, r0, r1, s0, s1, row, col
    cdef real *out
    cdef real *source
    cdef index *tag
    cdef index number
    for i in range(lo, hi):
        row = i % h + dim[9]
        r0 = first_window(row, kh, sh)
        r1 = row // sh + 1 if row // sh < oh else oh
        for j in range(w):
            col = j + dim[10]
            s0 = first_window(col, kw, sw)
            s1 = col // sw + 1 if col // sw < ow else ow
            out = dx + (i * w + j) * c
            for t in range(c):
                out[t] = 0
            for r in range(r0, r1):
                for s in range(s0, s1):
                    number = <index>((row - r * sh) * kw + col - s * sw)
                    source = dy + ((i // h * oh + r) * ow + s) * c
                    tag = won + ((i // h * oh + r) * ow + s) * c
                    for t in range(c):
                        out[t] += source[t] if tag[t] == number else 0


cdef inline void maximum_back(real *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                              Py_ssize_t hi) noexcept nogil:
    if dim[11] == 1:
        give(dx, <real *>buf[1], <uint8_t *>buf[2], dim, lo, hi)
    else:
        give(dx, <real *>buf[1], <int32_t *>buf[2], dim, lo, hi)


# pool_maxback: buf dx[n,h,w,c] dy[n,oh,ow,c] won[n,oh,ow,c] | dim h w c oh ow kh kw sh sw top left bytes | par - | range n*h
cdef api void pool_maxback_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    maximum_back(<float *>buf[0], buf, dim, lo, hi)

cdef api void pool_maxback_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    maximum_back(<double *>buf[0], buf, dim, lo, hi)


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
