"""Convolutions of layers: channels last, strides, dilation, groups; forward and both gradients.

Design
 (a) A convolution is a matrix product: rows are output pixels, k is (kernel row, kernel column,
     channel), columns are output channels. A row of A is a window of the padded input, read where
     it lies (see gemm_tile): no matrix of windows is ever built.
 (b) Weights come packed into panels of whole tiles. The gradient by the data of a convolution with
     stride 1 is the same kernel on the padded gradient with weights flipped and transposed, which
     the packing does in passing. For other strides, dy times the transposed weights gives every
     product, and `netconv_gather` adds those that meet in one pixel; so it makes the transposed
     convolution.
 (c) The gradient by the weights has rows (kernel row, kernel column, channel), and k runs over
     output pixels. It is made per chunk of output rows; the caller adds the chunks in order.
 (d) One dimension is two with one row.
"""

from libc.string cimport memcpy, memset

cimport fc_math
from fc_math cimport sigmoid, tanh
from fc_simd cimport vf32, vf64
from fc_vec cimport at, width
from gemm_tile cimport FC_VBYTES, MAX_ROWS, multiply, pack_strip, real, split, walk_t

cdef enum:
    PANEL = 192            # bytes of a row of a panel
    PIXELS = 512           # output pixels per piece of k in the weights' gradient

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


# netconv_pad: buf y[n,hp,wp,c] x[n,h,w,c] | dim h w c hp wp top left | par - | range n*hp
cdef api void netconv_pad_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    pad(<char *>buf[0], <char *>buf[1], dim, 4, lo, hi)

cdef api void netconv_pad_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    pad(<char *>buf[0], <char *>buf[1], dim, 8, lo, hi)


cdef inline void pad(char *y, char *x, const Py_ssize_t *dim, Py_ssize_t size, Py_ssize_t lo,
                     Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t h = dim[0], c = dim[2] * size, hp = dim[3], top = dim[5]
    cdef Py_ssize_t row = dim[1] * c, left = dim[6] * c, whole = dim[4] * c, i, source
    for i in range(lo, hi):
        source = i % hp - top
        if 0 <= source < h:
            memset(y + i * whole, 0, left)
            memcpy(y + i * whole + left, x + (i // hp * h + source) * row, row)
            memset(y + i * whole + left + row, 0, whole - left - row)
        else:
            memset(y + i * whole, 0, whole)


cdef inline void pack(real *p, real *b, const Py_ssize_t *dim, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t taps = dim[0], ci = dim[1], co = dim[2], groups = dim[3], flip = dim[4]
    cdef Py_ssize_t cols = PANEL // (FC_VBYTES // width(p)), n = ci if flip else co // groups
    cdef Py_ssize_t per = (n + cols - 1) // cols, i, t, g, j, valid
    cdef walk_t w
    w.n0 = co // groups if flip else ci
    w.b0 = 1 if flip else co
    w.bj = co if flip else 1
    for i in range(lo, hi):
        g = i // per
        j = i % per * cols
        valid = n - j if n - j < cols else cols
        for t in range(taps):
            pack_strip(at(p, (i * taps + t) * w.n0 * cols), cols,
                       at(b, (taps - 1 - t if flip else t) * ci * co + g * (co // groups)
                          + j * w.bj), &w, valid)


# netconv_pack: buf p[panels,taps,k,192 bytes] w[taps,ci,co] | dim taps ci co groups flip | par - | range panels
cdef api void netconv_pack_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    pack(<vf32 *>buf[0], <vf32 *>buf[1], dim, lo, hi)

cdef api void netconv_pack_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    pack(<vf64 *>buf[0], <vf64 *>buf[1], dim, lo, hi)


cdef inline void forward(real *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t oh = dim[0], ow = dim[1], co = dim[2], groups = dim[3]
    cdef Py_ssize_t kh = dim[4], kw = dim[5], ci = dim[6], xn = dim[7], xh = dim[8], xw = dim[9]
    cdef Py_ssize_t sh = dim[10] * xh, sw = dim[11] * xw, dh = dim[12] * xh, dw = dim[13] * xw
    cdef Py_ssize_t block = dim[14], total = dim[15], act = dim[17], n = co // groups
    cdef Py_ssize_t cols = PANEL // (FC_VBYTES // width(y)), per = (n + cols - 1) // cols
    cdef Py_ssize_t item, g, first, m, i, j, image, row, col
    cdef Py_ssize_t rows[MAX_ROWS]
    cdef walk_t w
    cdef real *out
    cdef real *bias
    w.a0 = 1
    if dw == ci:                    # a kernel's row is one run of elements
        w.n0 = kw * ci
        w.n1 = kh
        w.n2 = 1
        w.a1 = dh
        w.a2 = 0
    else:
        w.n0 = ci
        w.n1 = kw
        w.n2 = kh
        w.a1 = dw
        w.a2 = dh
    w.b0 = cols
    w.b1 = w.n0 * cols
    w.b2 = w.n1 * w.b1
    w.bj = 1
    w.cs = co
    w.start = dim[16]
    w.relu = act == RELU
    w.pack = 2
    for item in range(lo, hi):
        g = item % groups
        first = item // groups * block
        m = total - first if total - first < block else block
        image = first // (oh * ow)
        row = first // ow % oh
        col = first % ow
        for i in range(m):
            rows[i] = image * xn + row * sh + col * sw
            col += 1
            if col == ow:
                col = 0
                row += 1
                if row == oh:
                    row = 0
                    image += 1
        out = at(y, first * co + g * n)
        bias = at(<real *>buf[3], g * n)
        for j in range(per):
            multiply(&w, m, n - j * cols if n - j * cols < cols else cols,
                     at(<real *>buf[1], g * ci), rows,
                     at(<real *>buf[2], (g * per + j) * kh * kw * ci * cols), at(out, j * cols),
                     at(bias, j * cols))
        if act > RELU:
            for i in range(m):
                if real is vf32:
                    activate(<float *>at(out, i * co), n, act)
                else:
                    activate(<double *>at(out, i * co), n, act)


# netconv_forward: buf y[total,co] x p bias[co] | dim oh ow co groups kh kw ci xn xh xw sh sw dh dw block total start act | par - | range ceil(total/block)*groups
cdef api void netconv_forward_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    forward(<vf32 *>buf[0], buf, dim, lo, hi)

cdef api void netconv_forward_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    forward(<vf64 *>buf[0], buf, dim, lo, hi)


cdef inline void weights(real *dw_, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t oh = dim[0], ow = dim[1], co = dim[2], groups = dim[3]
    cdef Py_ssize_t kh = dim[4], kw = dim[5], ci = dim[6], xn = dim[7], xh = dim[8], xw = dim[9]
    cdef Py_ssize_t sh = dim[10] * xh, sw = dim[11] * xw, dh = dim[12] * xh, dw = dim[13] * xw
    cdef Py_ssize_t total = dim[14], chunk = dim[15], blocks = dim[16], n = co // groups
    cdef Py_ssize_t k = kh * kw * ci, item, g, c, b, i, m, k0, r, stop, col, high, wide
    cdef Py_ssize_t rows[MAX_ROWS]
    cdef walk_t w
    w.n2 = 1
    w.a0 = sw
    w.a1 = sh
    w.a2 = w.b2 = 0
    w.b0 = co
    w.b1 = ow * co
    w.bj = 1
    w.cs = co
    w.relu = 0
    w.pack = 1
    for item in range(lo, hi):
        g = item % groups
        b = item // groups % blocks
        c = item // groups // blocks
        k0 = split(k, blocks, b)
        m = split(k, blocks, b + 1) - k0
        for i in range(m):
            rows[i] = (k0 + i) // (kw * ci) * dh + (k0 + i) // ci % kw * dw + (k0 + i) % ci + g * ci
        r = c * chunk
        stop = r + chunk if r + chunk < total else total
        w.start = 0
        while r < stop:
            wide = ow if ow < PIXELS else PIXELS
            high = PIXELS // wide
            high = high if high < stop - r else stop - r
            high = high if high < oh - r % oh else oh - r % oh
            w.n1 = high
            col = 0
            while col < ow:
                w.n0 = wide if wide < ow - col else ow - col
                multiply(&w, m, n, at(<real *>buf[1], r // oh * xn + r % oh * sh + col * sw), rows,
                         at(<real *>buf[2], (r * ow + col) * co + g * n),
                         at(dw_, (c * k + k0) * co + g * n), NULL)
                w.start = 2
                col += w.n0
            r += high


# netconv_weights: buf dw[chunks,k,co] x dy[total,ow,co] | dim oh ow co groups kh kw ci xn xh xw sh sw dh dw total chunk blocks | par - | range chunks*blocks*groups
cdef api void netconv_weights_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    weights(<vf32 *>buf[0], buf, dim, lo, hi)

cdef api void netconv_weights_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    weights(<vf64 *>buf[0], buf, dim, lo, hi)


cdef inline void gather(fc_math.real *x, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                        Py_ssize_t hi) noexcept nogil:
    # x[row, col] = start + sum of the products that row = oh sh + kh dh - top (col likewise) meets
    cdef Py_ssize_t h = dim[0], w = dim[1], c = dim[2], xw = dim[3], oh = dim[4], ow = dim[5]
    cdef Py_ssize_t kh = dim[6], kw = dim[7], sh = dim[8], sw = dim[9], dh = dim[10], dw = dim[11]
    cdef Py_ssize_t top = dim[12], left = dim[13], act = dim[15], i, j, p, q, r, s, t
    cdef fc_math.real *bias = <fc_math.real *>buf[2]
    cdef fc_math.real *out
    cdef fc_math.real *source
    for i in range(lo, hi):
        for j in range(w):
            out = x + (i * w + j) * xw
            for t in range(c):
                out[t] = bias[t] if dim[14] else 0
            for p in range(kh):
                r = i % h + top - p * dh
                if r < 0 or r % sh or r // sh >= oh:
                    continue
                r = i // h * oh + r // sh
                for q in range(kw):
                    s = j + left - q * dw
                    if s < 0 or s % sw or s // sw >= ow:
                        continue
                    source = <fc_math.real *>buf[1] + (((r * ow + s // sw) * kh + p) * kw + q) * c
                    for t in range(c):
                        out[t] += source[t]
            activate(out, c, act)


# netconv_gather: buf x[n,h,w,c] products[n,oh,ow,kh,kw,c] bias[c] | dim h w c xw oh ow kh kw sh sw dh dw top left start act | par - | range n*h
cdef api void netconv_gather_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    gather(<float *>buf[0], buf, dim, lo, hi)

cdef api void netconv_gather_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    gather(<double *>buf[0], buf, dim, lo, hi)
