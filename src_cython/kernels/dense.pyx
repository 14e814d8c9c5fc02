"""Matrix products with bias and activation, and what dense layers need going back.

Design
 (a) `dense_product` serves every layout by strides: the forward pass (x w), dx = dz w^T and
     dw = x^T dz are the same kernel, and so is matmul over batches of matrices.
 (b) C is cut into rb x cb blocks, a function of the problem only; k is cut into pieces of kc, whose
     sums follow each other in C, so that a strip of B stays in the first cache.
 (c) Where rows of A lie far apart, a block's part of A is copied to the stack: their addresses
     would fall into few sets of the cache.
 (d) Where B is large and met by many blocks, `dense_pack` copies it first into panels of rows of
     192 bytes, the width of whole tiles on every ISA.
 (e) A product of few rows over a long k is made in pieces of k, which `dense_combine` adds: a core
     then meets the same rows of B (a layer's weights) here, in their gradient and in their update,
     and finds them in its cache.
 (f) Going back, `dense_slope` multiplies dy by the activation's derivative, taken from the output,
     and sums columns (bias gradients) per chunk of rows in the same pass.
"""

from libc.string cimport memcpy

cimport fc_math
from fc_math cimport sigmoid, tanh
from fc_simd cimport vf32, vf64
from fc_vec cimport at, width
from gemm_tile cimport FC_VBYTES, MAX_ROWS, multiply, pack_strip, real, split, walk_t

cdef enum:
    MAX_COPY = 147456      # bytes of A in the copy on the stack
    PANEL = 192            # bytes of a row of a panel: whole tiles of every width

cdef enum:
    NONE, RELU, SIGMOID, TANH      # ops.dense.FUSED


cdef inline real *gather(real *copy, real *a, Py_ssize_t *rows, Py_ssize_t m, Py_ssize_t ars,
                         walk_t *w) noexcept nogil:
    """Copy m rows of A by w.n0 columns side by side, if there is room; sets rows and w.a0."""
    cdef Py_ssize_t i, z = FC_VBYTES // width(a), outer, inner, step
    outer = m if w.a0 == 1 else w.n0
    inner = w.n0 if w.a0 == 1 else m
    step = inner + 64 // z                    # off the powers of two
    if outer * step * z > MAX_COPY or (w.a0 != 1 and ars != 1):
        return NULL
    for i in range(outer):
        memcpy(at(copy, i * step), at(a, i * (ars if w.a0 == 1 else w.a0)), inner * z)
    for i in range(m):
        rows[i] = i * (step if w.a0 == 1 else 1)
    if w.a0 != 1:
        w.a0 = step
    return copy


cdef inline void activate(fc_math.real *y, Py_ssize_t n, Py_ssize_t code) noexcept nogil:
    cdef Py_ssize_t j
    if code == SIGMOID:
        for j in range(n):
            y[j] = sigmoid(y[j])
    else:
        for j in range(n):
            y[j] = tanh(y[j])


cdef inline void product(real *c, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t m = dim[0], n = dim[1], k = dim[2], ars = dim[3], rb = dim[9], cb = dim[10]
    cdef Py_ssize_t kc = dim[11], W = width(c), z = FC_VBYTES // W, cols = PANEL // z
    cdef Py_ssize_t unit, item, batch, block, i0, i1, j0, j1, k0, i, j
    cdef Py_ssize_t rows[MAX_ROWS]
    cdef char copy[MAX_COPY]
    cdef walk_t w
    cdef real *a
    cdef real *b
    cdef real *y
    cdef real *from_a
    cdef real *bias = <real *>buf[3]
    w.n1 = w.n2 = 1
    w.a1 = w.a2 = w.b1 = w.b2 = 0
    w.pack = dim[14]
    w.b0 = cols if w.pack == 2 else dim[5]
    w.bj = 1 if w.pack == 2 else dim[6]
    w.cs = dim[7]
    unit = cols if w.pack == 2 else W          # a block has whole vectors, or whole panels
    for item in range(lo, hi):
        batch = item // (rb * cb)
        block = item % (rb * cb)
        i0 = split(m, rb, block // cb)
        i1 = split(m, rb, block // cb + 1)
        j0 = split((n + unit - 1) // unit, cb, block % cb) * unit
        j1 = split((n + unit - 1) // unit, cb, block % cb + 1) * unit
        j1 = j1 if j1 < n else n
        if i1 <= i0 or j1 <= j0:
            continue
        a = at(<real *>buf[1], (<Py_ssize_t *>buf[4])[batch] if buf[4] != NULL else 0)
        b = at(<real *>buf[2], (<Py_ssize_t *>buf[5])[batch] if buf[5] != NULL else 0)
        y = at(c, batch * dim[8] + i0 * w.cs)
        k0 = 0
        while k0 == 0 or k0 < k:
            w.n0 = k - k0 if k - k0 < kc else kc
            w.start = dim[12] if k0 == 0 else 2
            w.relu = dim[13] == RELU and k0 + w.n0 == k
            w.a0 = dim[4]
            from_a = NULL
            if dim[15]:
                from_a = gather(<real *>copy, at(a, i0 * ars + k0 * w.a0), rows, i1 - i0, ars, &w)
            if from_a == NULL:
                from_a = at(a, k0 * w.a0)
                for i in range(i1 - i0):
                    rows[i] = (i0 + i) * ars
            if w.pack == 2:
                j = j0
                while j < j1:
                    multiply(&w, i1 - i0, cols if j1 - j > cols else j1 - j, from_a, rows,
                             at(b, j * k + k0 * cols), at(y, j), at(bias, j))
                    j += cols
            else:
                multiply(&w, i1 - i0, j1 - j0, from_a, rows, at(b, k0 * w.b0 + j0 * w.bj),
                         at(y, j0), at(bias, j0))
            k0 += kc
        if dim[13] > RELU:
            for i in range(i1 - i0):
                if real is vf32:
                    activate(<float *>at(y, i * w.cs + j0), j1 - j0, dim[13])
                else:
                    activate(<double *>at(y, i * w.cs + j0), j1 - j0, dim[13])


cdef inline void panels(real *p, real *b, const Py_ssize_t *dim, Py_ssize_t lo,
                        Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t n = dim[0], cols = PANEL // (FC_VBYTES // width(p)), i, valid
    cdef walk_t w
    w.n0 = dim[1]
    w.b0 = dim[2]
    w.bj = dim[3]
    for i in range(lo, hi):
        valid = n - i * cols if n - i * cols < cols else cols
        pack_strip(at(p, i * w.n0 * cols), cols, at(b, i * cols * w.bj), &w, valid)


# dense_product: buf c[batch,m,n] a[m,k] b[k,n] bias[n] aoff[batch] boff[batch] | dim m n k ars acs brs bcs cs cbs rb cb kc start act packb packa | par - | range batch*rb*cb
cdef api void dense_product_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    product(<vf32 *>buf[0], buf, dim, lo, hi)

cdef api void dense_product_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    product(<vf64 *>buf[0], buf, dim, lo, hi)


# dense_pack: buf p[panels,k,192 bytes] b[k,n] | dim n k brs bcs | par - | range panels
cdef api void dense_pack_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    panels(<vf32 *>buf[0], <vf32 *>buf[1], dim, lo, hi)

cdef api void dense_pack_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    panels(<vf64 *>buf[0], <vf64 *>buf[1], dim, lo, hi)


cdef inline void combine(fc_math.real *c, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                         Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t pieces = dim[0], m = dim[1], n = dim[2], act = dim[3], i, j, p
    cdef fc_math.real *bias = <fc_math.real *>buf[2]
    cdef fc_math.real *y
    cdef fc_math.real *part
    for i in range(lo, hi):
        y = c + i * n
        part = <fc_math.real *>buf[1] + i * n
        for j in range(n):
            y[j] = part[j] + part[m * n + j]
        for p in range(2, pieces):
            for j in range(n):
                y[j] += part[p * m * n + j]
        if bias != NULL:
            for j in range(n):
                y[j] += bias[j]
        if act == RELU:
            for j in range(n):
                y[j] = 0 if y[j] < 0 else y[j]
        elif act != NONE:
            activate(y, n, act)


# dense_combine: buf c[m,n] parts[pieces,m,n] bias[n] | dim pieces m n act | par - | range m
cdef api void dense_combine_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    combine(<float *>buf[0], buf, dim, lo, hi)

cdef api void dense_combine_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    combine(<double *>buf[0], buf, dim, lo, hi)


cdef inline void slope_row(fc_math.real *dz, fc_math.real *dy, fc_math.real *y, Py_ssize_t n,
                           Py_ssize_t code) noexcept nogil:
    cdef Py_ssize_t j
    if code == RELU:
        for j in range(n):
            dz[j] = dy[j] if y[j] > 0 else 0
    elif code == SIGMOID:
        for j in range(n):
            dz[j] = dy[j] * y[j] * (1 - y[j])
    else:
        for j in range(n):
            dz[j] = dy[j] * (1 - y[j] * y[j])


cdef inline void slope(fc_math.real *dz, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                       Py_ssize_t hi) noexcept nogil:
    cdef fc_math.real *p = <fc_math.real *>buf[1]
    cdef fc_math.real *dy = <fc_math.real *>buf[2]
    cdef fc_math.real *y = <fc_math.real *>buf[3]
    cdef fc_math.real *row
    cdef fc_math.real *sums = p
    cdef Py_ssize_t m = dim[0], n = dim[1], chunk = dim[2], code = dim[3], c, i, j, stop
    cdef bint sum = dim[4]
    for c in range(lo, hi):
        stop = (c + 1) * chunk if (c + 1) * chunk < m else m
        if sum:
            sums = p + c * n
            for j in range(n):
                sums[j] = 0
        for i in range(c * chunk, stop):
            row = dy + i * n
            if code != NONE:
                row = dz + i * n
                slope_row(row, dy + i * n, y + i * n, n, code)
            if sum:
                for j in range(n):
                    sums[j] += row[j]


# dense_slope: buf dz[m,n] sums[chunks,n] dy[m,n] y[m,n] | dim m n chunk act sum | par - | range chunks
cdef api void dense_slope_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    slope(<float *>buf[0], buf, dim, lo, hi)

cdef api void dense_slope_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    slope(<double *>buf[0], buf, dim, lo, hi)
