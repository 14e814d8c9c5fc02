"""Depthwise convolutions: every channel has kernels of its own; forward and both gradients.

Design
 (a) Images are padded by the caller (`netconv_pad`); channels lie last, m outputs for each.
 (b) With m = 1 all loops run over channels, and a piece of the channels stays in registers while
     the taps pass. Other m are rare and run over plain loops.
 (c) The gradient by the weights is made per chunk of output rows; the caller adds the chunks.
"""

cimport fc_math
from fc_math cimport sigmoid, tanh
from fc_simd cimport inlined, vf32, vf64
from fc_vec cimport at, fma, load, load_part, store, store_part, width, zero

ctypedef fused real:
    vf32
    vf64

cdef enum:
    NONE, RELU, SIGMOID, TANH      # ops.dense.FUSED


cdef inline void activate(fc_math.real *y, Py_ssize_t n, Py_ssize_t act) noexcept nogil:
    cdef Py_ssize_t j
    if act == RELU:
        for j in range(n):
            y[j] = 0 if y[j] < 0 else y[j]
    elif act == SIGMOID:
        for j in range(n):
            y[j] = sigmoid(y[j])
    elif act == TANH:
        for j in range(n):
            y[j] = tanh(y[j])


cdef inline inlined piece(int V, Py_ssize_t lanes, real *y, real *x, real *w, real *bias,
                          Py_ssize_t c, Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t xh,
                          Py_ssize_t xw, bint start) noexcept nogil:
    """V vectors of channels of one pixel; lanes: valid ones of a single vector, 0 for all."""
    cdef real acc[4]
    cdef Py_ssize_t p, q, W = width(y)
    cdef int v
    for v in range(V):
        if not start:
            acc[v] = zero(y)
        elif lanes:
            acc[v] = load_part(bias, v * W, lanes)
        else:
            acc[v] = load(bias, v * W)
    for p in range(kh):
        for q in range(kw):
            for v in range(V):
                if lanes:
                    acc[v] = fma(load_part(x, p * xh + q * xw, lanes),
                                 load_part(w, (p * kw + q) * c, lanes), acc[v])
                else:
                    acc[v] = fma(load(x, p * xh + q * xw + v * W),
                                 load(w, (p * kw + q) * c + v * W), acc[v])
    for v in range(V):
        if lanes:
            store_part(y, v * W, acc[v], lanes)
        else:
            store(y, v * W, acc[v])


cdef inline void pixel(real *y, real *x, real *w, real *bias, Py_ssize_t c, Py_ssize_t kh,
                       Py_ssize_t kw, Py_ssize_t xh, Py_ssize_t xw, bint start) noexcept nogil:
    cdef Py_ssize_t i = 0, W = width(y)
    while i + 4 * W <= c:
        piece(4, 0, at(y, i), at(x, i), at(w, i), at(bias, i), c, kh, kw, xh, xw, start)
        i += 4 * W
    while i + W <= c:
        piece(1, 0, at(y, i), at(x, i), at(w, i), at(bias, i), c, kh, kw, xh, xw, start)
        i += W
    if i < c:
        piece(1, c - i, at(y, i), at(x, i), at(w, i), at(bias, i), c, kh, kw, xh, xw, start)


cdef inline void several(fc_math.real *y, fc_math.real *x, fc_math.real *w, fc_math.real *bias,
                         Py_ssize_t c, Py_ssize_t m, Py_ssize_t kh, Py_ssize_t kw, Py_ssize_t xh,
                         Py_ssize_t xw, bint start) noexcept nogil:
    """One pixel with m outputs for each channel."""
    cdef Py_ssize_t p, q, i, j
    cdef fc_math.real t
    cdef fc_math.real *tap
    for j in range(c * m):
        y[j] = bias[j] if start else 0
    for p in range(kh):
        for q in range(kw):
            tap = w + (p * kw + q) * c * m
            for i in range(c):
                t = x[p * xh + q * xw + i]
                for j in range(m):
                    y[i * m + j] += t * tap[i * m + j]


cdef inline void forward(real *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t oh = dim[0], ow = dim[1], c = dim[2], m = dim[3], kh = dim[4], kw = dim[5]
    cdef Py_ssize_t xn = dim[6], xh = dim[7], xw = dim[8], i, j
    cdef real *x
    cdef real *out
    for i in range(lo, hi):
        for j in range(ow):
            x = at(<real *>buf[1], i // oh * xn + i % oh * dim[9] * xh + j * dim[10] * xw)
            out = at(y, (i * ow + j) * c * m)
            if m == 1:
                pixel(out, x, <real *>buf[2], <real *>buf[3], c, kh, kw, dim[11] * xh,
                      dim[12] * xw, dim[13])
            elif real is vf32:
                several(<float *>out, <float *>x, <float *>buf[2], <float *>buf[3], c, m, kh, kw,
                        dim[11] * xh, dim[12] * xw, dim[13])
            else:
                several(<double *>out, <double *>x, <double *>buf[2], <double *>buf[3], c, m, kh,
                        kw, dim[11] * xh, dim[12] * xw, dim[13])
        if real is vf32:
            activate(<float *>at(y, i * ow * c * m), ow * c * m, dim[14])
        else:
            activate(<double *>at(y, i * ow * c * m), ow * c * m, dim[14])


# netdepth_forward: buf y[n,oh,ow,c,m] x w[kh,kw,c,m] bias[c,m] | dim oh ow c m kh kw xn xh xw sh sw dh dw start act | par - | range n*oh
cdef api void netdepth_forward_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    forward(<vf32 *>buf[0], buf, dim, lo, hi)

cdef api void netdepth_forward_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    forward(<vf64 *>buf[0], buf, dim, lo, hi)


cdef inline void data(fc_math.real *dx, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    # dx[row] gathers the dy[r] with row = r sh + p dh - top (columns likewise)
    cdef Py_ssize_t h = dim[0], wide = dim[1], c = dim[2], m = dim[3], oh = dim[4], ow = dim[5]
    cdef Py_ssize_t kh = dim[6], kw = dim[7], sh = dim[8], sw = dim[9], i, j, p, q, r, s, t, u
    cdef fc_math.real *dy
    cdef fc_math.real *w
    cdef fc_math.real *out
    for i in range(lo, hi):
        for j in range(wide):
            out = dx + (i * wide + j) * c
            for t in range(c):
                out[t] = 0
            for p in range(kh):
                r = i % h + dim[12] - p * dim[10]
                if r < 0 or r % sh or r // sh >= oh:
                    continue
                r = i // h * oh + r // sh
                for q in range(kw):
                    s = j + dim[13] - q * dim[11]
                    if s < 0 or s % sw or s // sw >= ow:
                        continue
                    dy = <fc_math.real *>buf[1] + (r * ow + s // sw) * c * m
                    w = <fc_math.real *>buf[2] + (p * kw + q) * c * m
                    if m == 1:
                        for t in range(c):
                            out[t] += dy[t] * w[t]
                    else:
                        for t in range(c):
                            for u in range(m):
                                out[t] += dy[t * m + u] * w[t * m + u]


# netdepth_data: buf dx[n,h,w,c] dy[n,oh,ow,c,m] w[kh,kw,c,m] | dim h w c m oh ow kh kw sh sw dh dw top left | par - | range n*h
cdef api void netdepth_data_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    data(<float *>buf[0], buf, dim, lo, hi)

cdef api void netdepth_data_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    data(<double *>buf[0], buf, dim, lo, hi)


cdef inline void weights(fc_math.real *dw, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t oh = dim[0], ow = dim[1], c = dim[2], m = dim[3], kh = dim[4], kw = dim[5]
    cdef Py_ssize_t xn = dim[6], xh = dim[7], xw = dim[8], rows = dim[13], chunk = dim[14]
    cdef Py_ssize_t k, r, stop, j, p, q, t, u
    cdef fc_math.real *x
    cdef fc_math.real *dy
    cdef fc_math.real *out
    for k in range(lo, hi):
        for t in range(kh * kw * c * m):
            dw[k * kh * kw * c * m + t] = 0
        stop = (k + 1) * chunk if (k + 1) * chunk < rows else rows
        for r in range(k * chunk, stop):
            for j in range(ow):
                dy = <fc_math.real *>buf[2] + (r * ow + j) * c * m
                for p in range(kh):
                    for q in range(kw):
                        x = (<fc_math.real *>buf[1] + r // oh * xn
                             + (r % oh * dim[9] + p * dim[11]) * xh
                             + (j * dim[10] + q * dim[12]) * xw)
                        out = dw + ((k * kh + p) * kw + q) * c * m
                        if m == 1:
                            for t in range(c):
                                out[t] += x[t] * dy[t]
                        else:
                            for t in range(c):
                                for u in range(m):
                                    out[t * m + u] += x[t] * dy[t * m + u]


# netdepth_weights: buf dw[chunks,kh,kw,c,m] x dy[rows,ow,c,m] | dim oh ow c m kh kw xn xh xw sh sw dh dw rows chunk | par - | range chunks
cdef api void netdepth_weights_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    weights(<float *>buf[0], buf, dim, lo, hi)

cdef api void netdepth_weights_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    weights(<double *>buf[0], buf, dim, lo, hi)
