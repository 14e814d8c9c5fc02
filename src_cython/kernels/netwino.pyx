"""Convolutions of 3 x 3 taps with stride 1 by Winograd's F(2x2, 3x3): 16 products for 36.

Design
 (a) A tile is 2 x 2 outputs; it needs a 4 x 4 patch d of the input. With g the 3 x 3 taps,
         y = A' [(G g G') * (B' d B)] A    (* elementwise, ' transposed; Lavin and Gray, 2015)
     and over channels the elementwise products are 16 small matrix products, one for each place
     of the patch. The gradient by the weights is the adjoint,
         dg = G' [(A dy A') * (B' d B)] G.
     The gradient by the data is the forward kernel with weights flipped and transposed.
 (b) A block of tiles is transformed, multiplied and transformed back while it lies in the second
     cache, on the stack: matrices of the whole batch would cost more to move than they save.
 (c) Padding is not stored: patches that reach over the border read zeros.
 (d) The transforms add and subtract up to 16 inputs of the patch, so the rounding error is bounded
     by the largest product in the patch, not in the window (ops.conv states the bound), and an
     infinity in the patch becomes NaN. ops.conv uses it for float32 only.
"""

from libc.string cimport memcpy, memset

from fc_simd cimport inlined, vf32
from fc_vec cimport at, load, load_part, store, store_part, width, zero
from gemm_tile cimport FC_VBYTES, multiply, relu, walk_t

cdef enum:
    PANEL = 48             # columns of a panel of packed weights
    SCRATCH = 49152        # floats of transformed tiles on the stack (ops.conv)
    MAX_TILES = 128
    PIECE = 256            # pairs of channels whose sums are transformed together
    GAP = 16               # floats between places, or 16 streams would meet in one set of the cache

cdef inline inlined input_line(vf32 *t) noexcept nogil:
    """B' times 4 values: t0 - t2, t1 + t2, t2 - t1, t1 - t3."""
    cdef vf32 a = t[0] - t[2], b = t[1] + t[2], c = t[2] - t[1], d = t[1] - t[3]
    t[0] = a
    t[1] = b
    t[2] = c
    t[3] = d


cdef inline inlined swap(vf32 *t) noexcept nogil:
    """4 x 4 transposed in place."""
    cdef int i, j
    cdef vf32 one
    for i in range(4):
        for j in range(i):
            one = t[4 * i + j]
            t[4 * i + j] = t[4 * j + i]
            t[4 * j + i] = one


cdef inline inlined patch_in(vf32 *v, vf32 *x, Py_ssize_t row, Py_ssize_t col, Py_ssize_t h,
                             Py_ssize_t w, Py_ssize_t c, Py_ssize_t n, Py_ssize_t step,
                             bint inside) noexcept nogil:
    """B' d B of one vector of channels; x: the image at these channels; n: lanes, 0 for all."""
    cdef vf32 d[16]
    cdef int i, j
    for i in range(4):
        for j in range(4):
            if inside or (0 <= row + i < h and 0 <= col + j < w):
                if n:
                    d[4 * i + j] = load_part(x, ((row + i) * w + col + j) * c, n)
                else:
                    d[4 * i + j] = load(x, ((row + i) * w + col + j) * c)
            else:
                d[4 * i + j] = zero(x)
    for i in range(4):
        input_line(d + 4 * i)
    swap(d)
    for i in range(4):
        input_line(d + 4 * i)
    for i in range(4):
        for j in range(4):
            store(v, (4 * j + i) * step, d[4 * i + j])


cdef inline inlined patch_dy(vf32 *v, vf32 *y, Py_ssize_t row, Py_ssize_t col, Py_ssize_t h,
                             Py_ssize_t w, Py_ssize_t c, Py_ssize_t n, Py_ssize_t step,
                             bint inside) noexcept nogil:
    """A dy A' of one vector of channels: 2 x 2 become 4 x 4."""
    cdef vf32 d[4]
    cdef vf32 s[8]
    cdef vf32 one
    cdef int i, j
    for i in range(2):
        for j in range(2):
            if inside or (row + i < h and col + j < w):
                if n:
                    d[2 * i + j] = load_part(y, ((row + i) * w + col + j) * c, n)
                else:
                    d[2 * i + j] = load(y, ((row + i) * w + col + j) * c)
            else:
                d[2 * i + j] = zero(y)
    for j in range(2):
        s[j] = d[j]
        s[2 + j] = d[j] + d[2 + j]
        s[4 + j] = d[j] - d[2 + j]
        s[6 + j] = zero(y) - d[2 + j]
    for i in range(4):
        store(v, 4 * i * step, s[2 * i])
        store(v, (4 * i + 1) * step, s[2 * i] + s[2 * i + 1])
        store(v, (4 * i + 2) * step, s[2 * i] - s[2 * i + 1])
        store(v, (4 * i + 3) * step, zero(y) - s[2 * i + 1])


cdef inline inlined tile_out(vf32 *y, vf32 *m, vf32 *bias, Py_ssize_t row, Py_ssize_t col,
                             Py_ssize_t h, Py_ssize_t w, Py_ssize_t c, Py_ssize_t n,
                             Py_ssize_t step, bint start, bint act, bint inside) noexcept nogil:
    """A' m A + bias of one vector of channels: 4 x 4 become 2 x 2."""
    cdef vf32 s[8]
    cdef vf32 a, b, d, e, one
    cdef vf32 add = zero(y)
    cdef int i, j
    if start:
        add = load_part(bias, 0, n) if n else load(bias, 0)
    for j in range(4):
        a = load(m, j * step)
        b = load(m, (4 + j) * step)
        d = load(m, (8 + j) * step)
        e = load(m, (12 + j) * step)
        s[j] = a + b + d
        s[4 + j] = b - d - e
    for i in range(2):
        for j in range(2):
            if j == 0:
                one = s[4 * i] + s[4 * i + 1] + s[4 * i + 2] + add
            else:
                one = s[4 * i + 1] - s[4 * i + 2] - s[4 * i + 3] + add
            if act:
                one = relu(one)
            if inside or (row + i < h and col + j < w):
                if n:
                    store_part(y, ((row + i) * w + col + j) * c, one, n)
                else:
                    store(y, ((row + i) * w + col + j) * c, one)


# Sizes as the contract lines order them.
ctypedef struct grid_t:
    Py_ssize_t h, w, ci       # input
    Py_ssize_t oh, ow, co     # output
    Py_ssize_t top, left      # padding
    Py_ssize_t block, total   # tiles


cdef inline Py_ssize_t up(Py_ssize_t n) noexcept nogil:
    """Channels rounded up to whole vectors."""
    return (n + FC_VBYTES // 4 - 1) // (FC_VBYTES // 4) * (FC_VBYTES // 4)


cdef inline void inputs(vf32 *v, vf32 *x, const grid_t *g, Py_ssize_t first,
                        Py_ssize_t m) noexcept nogil:
    """Transformed patches v[place][tile][channel] of m tiles from `first` on."""
    cdef Py_ssize_t th = (g.oh + 1) // 2, tw = (g.ow + 1) // 2, W = width(x), t, k, row, col
    cdef Py_ssize_t wide = up(g.ci)
    cdef vf32 *image
    for t in range(m):
        image = at(x, (first + t) // (th * tw) * g.h * g.w * g.ci)
        row = (first + t) // tw % th * 2 - g.top
        col = (first + t) % tw * 2 - g.left
        k = 0
        if 0 <= row and row + 4 <= g.h and 0 <= col and col + 4 <= g.w:
            while k + W <= g.ci:
                patch_in(at(v, t * wide + k), at(image, k), row, col, g.h, g.w, g.ci, 0, m * wide + GAP,
                         True)
                k += W
        while k < g.ci:
            patch_in(at(v, t * wide + k), at(image, k), row, col, g.h, g.w, g.ci,
                     g.ci - k if g.ci - k < W else 0, m * wide + GAP, False)
            k += W


cdef inline void gradients(vf32 *v, vf32 *dy, const grid_t *g, Py_ssize_t first,
                           Py_ssize_t m) noexcept nogil:
    cdef Py_ssize_t th = (g.oh + 1) // 2, tw = (g.ow + 1) // 2, W = width(dy), t, k, row, col
    cdef Py_ssize_t wide = up(g.co)
    cdef vf32 *image
    for t in range(m):
        image = at(dy, (first + t) // (th * tw) * g.oh * g.ow * g.co)
        row = (first + t) // tw % th * 2
        col = (first + t) % tw * 2
        k = 0
        if row + 2 <= g.oh and col + 2 <= g.ow:
            while k + W <= g.co:
                patch_dy(at(v, t * wide + k), at(image, k), row, col, g.oh, g.ow, g.co, 0,
                         m * wide + GAP, True)
                k += W
        while k < g.co:
            patch_dy(at(v, t * wide + k), at(image, k), row, col, g.oh, g.ow, g.co,
                     g.co - k if g.co - k < W else 0, m * wide + GAP, False)
            k += W


cdef inline void outputs(vf32 *y, vf32 *m_, vf32 *bias, const grid_t *g, Py_ssize_t first,
                         Py_ssize_t m, bint start, bint act) noexcept nogil:
    cdef Py_ssize_t th = (g.oh + 1) // 2, tw = (g.ow + 1) // 2, W = width(y), t, k, row, col
    cdef Py_ssize_t wide = up(g.co)
    cdef vf32 *image
    for t in range(m):
        image = at(y, (first + t) // (th * tw) * g.oh * g.ow * g.co)
        row = (first + t) // tw % th * 2
        col = (first + t) % tw * 2
        k = 0
        if row + 2 <= g.oh and col + 2 <= g.ow:
            while k + W <= g.co:
                tile_out(at(image, k), at(m_, t * wide + k), at(bias, k), row, col, g.oh, g.ow,
                         g.co, 0, m * wide + GAP, start, act, True)
                k += W
        while k < g.co:
            tile_out(at(image, k), at(m_, t * wide + k), at(bias, k), row, col, g.oh, g.ow, g.co,
                     g.co - k if g.co - k < W else 0, m * wide + GAP, start, act, False)
            k += W


# netwino_forward: buf y[n,oh,ow,co] x[n,h,w,ci] u[16,panels,ci,48] bias[co] | dim h w ci oh ow co top left block total start relu | par - | range ceil(total/block)
cdef api void netwino_forward_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef const grid_t *g = <const grid_t *>dim
    cdef Py_ssize_t panels = (g.co + PANEL - 1) // PANEL, wide = up(g.ci), out = up(g.co)
    cdef Py_ssize_t item, first, m, p, j, i
    cdef Py_ssize_t rows[MAX_TILES]
    cdef float scratch[SCRATCH + 32 * GAP]
    cdef vf32 *v = <vf32 *>scratch
    cdef vf32 *product
    cdef walk_t w
    w.n0 = g.ci
    w.n1 = w.n2 = 1
    w.a0 = 1
    w.a1 = w.a2 = w.b1 = w.b2 = 0
    w.b0 = PANEL
    w.bj = 1
    w.cs = out
    w.start = 0
    w.relu = 0
    w.pack = 2
    for i in range(MAX_TILES):
        rows[i] = i * wide
    for item in range(lo, hi):
        first = item * g.block
        m = g.total - first if g.total - first < g.block else g.block
        product = at(v, 16 * (m * wide + GAP))
        inputs(v, <vf32 *>buf[1], g, first, m)
        for p in range(16):
            for j in range(panels):
                multiply(&w, m, PANEL if g.co - j * PANEL > PANEL else g.co - j * PANEL,
                         at(v, p * (m * wide + GAP)), rows,
                         at(<vf32 *>buf[2], (p * panels + j) * g.ci * PANEL),
                         at(product, p * (m * out + GAP) + j * PANEL), v)
        outputs(<vf32 *>buf[0], product, <vf32 *>buf[3], g, first, m, dim[10], dim[11])


# netwino_weights: buf du[chunks,16,ci,co] x[n,h,w,ci] dy[n,oh,ow,co] | dim h w ci oh ow co top left block total chunk | par - | range chunks
cdef api void netwino_weights_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef const grid_t *g = <const grid_t *>dim
    cdef Py_ssize_t chunk = dim[10], wide = up(g.ci), out = up(g.co)
    cdef Py_ssize_t c, first, stop, m, p, i, k
    cdef Py_ssize_t rows[MAX_TILES]
    cdef float scratch[SCRATCH + 32 * GAP]
    cdef vf32 *v = <vf32 *>scratch
    cdef vf32 *d
    cdef walk_t w
    w.n1 = w.n2 = 1
    w.a0 = wide
    w.a1 = w.a2 = w.b1 = w.b2 = 0
    w.b0 = out
    w.bj = 1
    w.cs = g.co
    w.relu = 0
    w.pack = 2
    for i in range(MAX_TILES):
        rows[i] = i
    for c in range(lo, hi):
        first = c * chunk
        stop = first + chunk if first + chunk < g.total else g.total
        w.start = 0
        while first < stop:
            m = stop - first if stop - first < g.block else g.block
            d = at(v, 16 * (m * wide + GAP))
            inputs(v, <vf32 *>buf[1], g, first, m)
            gradients(d, <vf32 *>buf[2], g, first, m)
            w.n0 = m
            for p in range(16):
                k = 0
                while k < g.ci:
                    multiply(&w, MAX_TILES if g.ci - k > MAX_TILES else g.ci - k, g.co,
                             at(v, p * (m * wide + GAP) + k), rows, at(d, p * (m * out + GAP)),
                             at(<vf32 *>buf[0], ((c * 16 + p) * g.ci + k) * g.co), v)
                    k += MAX_TILES
            w.start = 2
            first += m


cdef inline inlined taps_in(vf32 *u, Py_ssize_t step, vf32 *g, Py_ssize_t tap,
                            Py_ssize_t n) noexcept nogil:
    """G g G' of a vector of pairs of channels: u's places are `step` apart, g's taps `tap`."""
    cdef vf32 t[9]
    cdef vf32 s[12]
    cdef vf32 half = zero(u) + <float>0.5
    cdef int j
    for j in range(9):
        t[j] = load_part(g, j * tap, n) if n else load(g, j * tap)
    for j in range(3):
        s[j] = t[j]
        s[3 + j] = half * (t[j] + t[3 + j] + t[6 + j])
        s[6 + j] = half * (t[j] - t[3 + j] + t[6 + j])
        s[9 + j] = t[6 + j]
    for j in range(4):
        store(u, 4 * j * step, s[3 * j])
        store(u, (4 * j + 1) * step, half * (s[3 * j] + s[3 * j + 1] + s[3 * j + 2]))
        store(u, (4 * j + 2) * step, half * (s[3 * j] - s[3 * j + 1] + s[3 * j + 2]))
        store(u, (4 * j + 3) * step, s[3 * j + 2])


# netwino_pack: buf u[16,panels,k,48] w[3,3,ci,co] | dim ci co flip | par - | range panels*k
cdef api void netwino_pack_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t ci = dim[0], co = dim[1], flip = dim[2], i, j, t, first, row, valid
    cdef Py_ssize_t k = co if flip else ci, n = ci if flip else co, W = FC_VBYTES // 4
    cdef Py_ssize_t step = (n + PANEL - 1) // PANEL * k * PANEL
    cdef float *w = <float *>buf[1]
    cdef float *u
    cdef float line[9 * PANEL]
    for i in range(lo, hi):
        first = i // k * PANEL
        row = i % k
        valid = n - first if n - first < PANEL else PANEL
        u = <float *>buf[0] + i * PANEL
        if flip:                # taps in reverse; columns are the input's channels
            for t in range(9):
                for j in range(valid):
                    line[t * PANEL + j] = w[((8 - t) * ci + first + j) * co + row]
        else:
            for t in range(9):
                memcpy(line + t * PANEL, w + (t * ci + row) * co + first, valid * sizeof(float))
        for t in range(9):
            memset(line + t * PANEL + valid, 0, (PANEL - valid) * sizeof(float))
        j = 0
        while j < valid:
            taps_in(<vf32 *>(u + j), step, <vf32 *>(line + j), PANEL, 0)
            j += W
        while j < PANEL:        # columns that do not exist
            for t in range(16):
                memset(u + t * step + j, 0, W * sizeof(float))
            j += W


cdef inline inlined taps_out(vf32 *dw, Py_ssize_t size, vf32 *u, Py_ssize_t step,
                             Py_ssize_t n) noexcept nogil:
    """G' u G of one vector of pairs of channels; n: lanes, 0 for all."""
    cdef vf32 t[16]
    cdef vf32 s[12]
    cdef vf32 half = zero(dw) + <float>0.5
    cdef int j
    for j in range(16):
        t[j] = load(u, j * step)
    for j in range(4):          # G' from the left, then G from the right
        s[j] = t[j] + half * (t[4 + j] + t[8 + j])
        s[4 + j] = half * (t[4 + j] - t[8 + j])
        s[8 + j] = half * (t[4 + j] + t[8 + j]) + t[12 + j]
    for j in range(3):
        t[3 * j] = s[4 * j] + half * (s[4 * j + 1] + s[4 * j + 2])
        t[3 * j + 1] = half * (s[4 * j + 1] - s[4 * j + 2])
        t[3 * j + 2] = half * (s[4 * j + 1] + s[4 * j + 2]) + s[4 * j + 3]
    for j in range(9):
        if n:
            store_part(dw, j * size, t[j], n)
        else:
            store(dw, j * size, t[j])


# netwino_combine: buf dw[3,3,ci,co] du[chunks,16,ci,co] | dim size chunks | par - | range ci*co
cdef api void netwino_combine_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # In pieces: 16 places x chunks are too many streams to read side by side.
    cdef Py_ssize_t size = dim[0], chunks = dim[1], i, j, t, c, n, W = FC_VBYTES // 4
    cdef float *du = <float *>buf[1]
    cdef float *dw = <float *>buf[0]
    cdef float *source
    cdef float u[16 * PIECE]
    i = lo
    while i < hi:
        n = hi - i if hi - i < PIECE else PIECE
        for j in range(16):
            memcpy(u + j * PIECE, du + j * size + i, n * sizeof(float))
        for c in range(1, chunks):
            for j in range(16):
                source = du + (c * 16 + j) * size + i
                for t in range(n):
                    u[j * PIECE + t] += source[t]
        t = 0
        while t < n:
            taps_out(<vf32 *>(dw + i + t), size, <vf32 *>(u + t), PIECE, n - t if n - t < W else 0)
            t += W
        i += n
