"""Interpolation of images: along one axis by tables, and under an affine map.

Design
 (a) blend: arrays are (A, R, B); output j takes its T inputs from a table of indices and one of
     weights. The gradient is the same with the transposed tables.
 (b) affine: output pixel (h, w) is the input at (a0 w + a1 h + a2, b0 w + b1 h + b2), between the
     four pixels around it. Outside, indices are mapped back by the mode, or the value is `fill`.
     Axes have strides in elements, so that channels may stand first or last. The gradient adds
     each pixel's share in order, one image after the other.
"""

from libc.math cimport floor
from libc.stdint cimport int32_t

cimport fc_math
from fc_math cimport real

cdef enum:
    CONSTANT, NEAREST, REFLECT, WRAP


cdef inline void blend(real *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                       Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t R = dim[0], B = dim[1], J = dim[2], T = dim[3], o, j, t, i
    cdef real *x
    cdef real *out
    cdef real *source
    cdef real *weight
    cdef int32_t *index
    cdef real w
    for o in range(lo, hi):
        j = o % J
        x = <real *>buf[1] + (o // J) * R * B
        index = <int32_t *>buf[2] + j * T
        weight = <real *>buf[3] + j * T
        out = y + o * B
        source = x + index[0] * B
        w = weight[0]
        for i in range(B):
            out[i] = w * source[i]
        for t in range(1, T):
            w = weight[t]
            if w != 0:
                source = x + index[t] * B
                for i in range(B):
                    out[i] = out[i] + w * source[i]


cdef inline Py_ssize_t inside(Py_ssize_t i, Py_ssize_t n, Py_ssize_t mode) noexcept nogil:
    # Index of the element that stands at position i, -1 for none.
    if 0 <= i < n:
        return i
    if mode == CONSTANT:
        return -1
    if mode == NEAREST:
        return 0 if i < 0 else n - 1
    if mode == WRAP:
        i = i % n
        return i + n if i < 0 else i
    i = i % (2 * n)                         # d c b a | a b c d | d c b a
    i = i + 2 * n if i < 0 else i
    return 2 * n - 1 - i if i >= n else i


cdef inline bint place(const real *m, Py_ssize_t h, Py_ssize_t w, bint nearest, Py_ssize_t *at,
                       real *part) noexcept nogil:
    # Upper left pixel and the lower right one's weights; False where the map leads nowhere.
    cdef real x = m[0] * <real>w + m[1] * <real>h + m[2]
    cdef real y = m[3] * <real>w + m[4] * <real>h + m[5]
    if not (-1e8 < x < 1e8 and -1e8 < y < 1e8):
        return False
    if nearest:
        x = floor(x + <real>0.5)
        y = floor(y + <real>0.5)
    at[0] = <Py_ssize_t>floor(y)
    at[1] = <Py_ssize_t>floor(x)
    part[0] = y - <real>at[0]
    part[1] = x - <real>at[1]
    return True


cdef inline void warp(real *y, void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t H = dim[0], W = dim[1], C = dim[2], sn = dim[3], sh = dim[4], sw = dim[5]
    cdef Py_ssize_t sc = dim[6], mode = dim[8], o, n, h, w, c, i, j, k, r, q
    cdef bint nearest = dim[7]
    cdef Py_ssize_t at[2]
    cdef real part[2]
    cdef real weight
    cdef real fill = <real>par[0]
    cdef real *x
    cdef real *out
    cdef real *m
    for o in range(lo, hi):
        n = o // H
        h = o % H
        x = <real *>buf[1] + n * sn
        m = <real *>buf[2] + n * 8
        for w in range(W):
            out = y + n * sn + h * sh + w * sw
            if not place(m, h, w, nearest, at, part):
                for c in range(C):
                    out[c * sc] = fill
                continue
            for c in range(C):
                out[c * sc] = 0
            for k in range(4):
                i = k // 2
                j = k % 2
                weight = (part[0] if i else 1 - part[0]) * (part[1] if j else 1 - part[1])
                if weight == 0:
                    continue
                r = inside(at[0] + i, H, mode)
                q = inside(at[1] + j, W, mode)
                for c in range(C):
                    if r < 0 or q < 0:
                        out[c * sc] = out[c * sc] + weight * fill
                    else:
                        out[c * sc] = out[c * sc] + weight * x[r * sh + q * sw + c * sc]


cdef inline void unwarp(real *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                        Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t H = dim[0], W = dim[1], C = dim[2], sn = dim[3], sh = dim[4], sw = dim[5]
    cdef Py_ssize_t sc = dim[6], mode = dim[8], n, h, w, c, i, j, k, r, q
    cdef bint nearest = dim[7]
    cdef Py_ssize_t at[2]
    cdef real part[2]
    cdef real weight
    cdef real *dy
    cdef real *out
    cdef real *m
    for n in range(lo, hi):
        out = dx + n * sn
        m = <real *>buf[2] + n * 8
        for i in range(H * W * C):          # an image's elements are neighbours
            out[i] = 0
        for h in range(H):
            for w in range(W):
                if not place(m, h, w, nearest, at, part):
                    continue
                dy = <real *>buf[1] + n * sn + h * sh + w * sw
                for k in range(4):
                    i = k // 2
                    j = k % 2
                    weight = (part[0] if i else 1 - part[0]) * (part[1] if j else 1 - part[1])
                    r = inside(at[0] + i, H, mode)
                    q = inside(at[1] + j, W, mode)
                    if weight == 0 or r < 0 or q < 0:
                        continue
                    for c in range(C):
                        i = r * sh + q * sw + c * sc
                        out[i] = out[i] + weight * dy[c * sc]


# resize_blend: buf y[A,J,B] x[A,R,B] index[J,T]:i32 weight[J,T] | dim R B J T | par - | range A*J
cdef api void resize_blend_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    blend(<float *>buf[0], buf, dim, lo, hi)

cdef api void resize_blend_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    blend(<double *>buf[0], buf, dim, lo, hi)

# resize_affine: buf y[N,H,W,C] x[N,H,W,C] map[N,8] | dim H W C sn sh sw sc nearest mode | par fill | range N*H
cdef api void resize_affine_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    warp(<float *>buf[0], buf, dim, par, lo, hi)

cdef api void resize_affine_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    warp(<double *>buf[0], buf, dim, par, lo, hi)

# resize_affineback: buf dx[N,H,W,C] dy[N,H,W,C] map[N,8] | dim H W C sn sh sw sc nearest mode | par - | range N
cdef api void resize_affineback_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    unwarp(<float *>buf[0], buf, dim, lo, hi)

cdef api void resize_affineback_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    unwarp(<double *>buf[0], buf, dim, lo, hi)
