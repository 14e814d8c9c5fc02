# Direct sums in one and two dimensions with their borders: the part of runtime/direct.pyx below its
# entries, see the design there. `plan_t` says what is the same for all kernel calls of one sum.

from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from kernel_abi cimport kernel_t
from separable cimport separable

ctypedef int (*run_t)(void *fn, void **buf, const Py_ssize_t *dim, const double *par,
                      Py_ssize_t n, Py_ssize_t grain) except -1 nogil

ctypedef struct cell16:
    uint64_t a
    uint64_t b

ctypedef fused cell:
    uint8_t
    uint16_t
    uint32_t
    uint64_t
    cell16

cdef enum:
    RIM = 256               # outputs of a block at the end of a line
    PASSES_Q = 500          # most taps in a row that conv2d_separable takes

cdef enum border_t:
    FILL, WRAP, SYMM, MIRROR, NEAREST

# What a kernel of a dtype is good for, in products per microsecond: only for cutting chunks.
cdef enum:
    CHUNK_US = 40

ctypedef struct plan_t:
    run_t run               # fc_run of the pool
    kernel_t fn             # the kernel of as many dimensions as the sum
    kernel_t row_fn         # the 1-D kernel
    kernel_t passes_fn      # the 2-D kernel of taps that are a product, or NULL
    Py_ssize_t size         # bytes of an element
    double rate             # products per microsecond
    int border
    bint trim
    char fill[16]


cdef inline Py_ssize_t chunk(const plan_t *plan, double products, Py_ssize_t multiple) noexcept nogil:
    """Items of a chunk for items of `products` products each; the same for any thread count."""
    cdef Py_ssize_t items = <Py_ssize_t>(CHUNK_US * plan.rate / (products + 1)) + 1
    return (items + multiple - 1) // multiple * multiple


cdef inline Py_ssize_t source(Py_ssize_t i, Py_ssize_t n, int border) noexcept nogil:
    """Index of the sample that stands at position i of a signal of length n, or -1 for the fill."""
    cdef Py_ssize_t m
    if 0 <= i < n:
        return i
    if border == FILL:
        return -1
    if border == NEAREST:
        return 0 if i < 0 else n - 1
    m = n if border == WRAP else 2 * n if border == SYMM else 2 * n - 2
    if m == 0:
        return 0
    i %= m
    if i < 0:
        i += m
    if i < n:
        return i
    return 2 * n - 1 - i if border == SYMM else 2 * n - 2 - i


cdef inline void fill_cells(cell *out, const char *value, Py_ssize_t n) noexcept nogil:
    cdef cell v = (<cell *>value)[0]
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = v


cdef inline void fill(char *out, const plan_t *plan, Py_ssize_t n) noexcept nogil:
    if plan.size == 1:
        fill_cells(<uint8_t *>out, plan.fill, n)
    elif plan.size == 2:
        fill_cells(<uint16_t *>out, plan.fill, n)
    elif plan.size == 4:
        fill_cells(<uint32_t *>out, plan.fill, n)
    elif plan.size == 8:
        fill_cells(<uint64_t *>out, plan.fill, n)
    else:
        fill_cells(<cell16 *>out, plan.fill, n)


cdef inline void gather(char *out, const char *x, Py_ssize_t n, Py_ssize_t lo, Py_ssize_t hi,
                 const plan_t *plan) noexcept nogil:
    """Positions lo..hi of the extended signal `x` of length n, to `out`."""
    cdef Py_ssize_t size = plan.size, i, j
    cdef Py_ssize_t left = min(max(lo, 0), hi), right = max(min(hi, n), left)
    if plan.border == FILL:
        fill(out, plan, left - lo)
        fill(out + (right - lo) * size, plan, hi - right)
    else:
        for i in range(lo, left):
            j = source(i, n, plan.border)
            memcpy(out + (i - lo) * size, x + j * size, size)
        for i in range(right, hi):
            j = source(i, n, plan.border)
            memcpy(out + (i - lo) * size, x + j * size, size)
    if right > left:
        memcpy(out + (left - lo) * size, x + left * size, (right - left) * size)


# ---- one dimension ------------------------------------------------------------------------------


cdef inline int rim_1d(char *y, char *x, char *h, Py_ssize_t n, Py_ssize_t k, Py_ssize_t start,
                Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t block, char *strip,
                const plan_t *plan) except -1 nogil:
    """Outputs lo..hi, whose windows need the border, in blocks."""
    cdef void *buf[3]
    cdef Py_ssize_t a, b, first, last, left, right, taps
    b = lo
    while b < hi:
        a = b
        b = min(a + block, hi)
        first = 0
        last = k
        if plan.trim:
            first = max(0, 1 - b - start)
            last = min(k, n - a - start)
        if last <= first:
            memset(y + a * plan.size, 0, (b - a) * plan.size)
            continue
        taps = last - first
        left = a + start + first
        right = b - 1 + start + last
        if left >= 0 and right <= n:
            buf[1] = x + left * plan.size
        else:
            gather(strip, x, n, left, right, plan)
            buf[1] = strip
        buf[0] = y + a * plan.size
        buf[2] = h + first * plan.size
        plan.run(<void *>plan.fn, buf, &taps, NULL, b - a, chunk(plan, taps, 64))
    return 0


cdef inline int direct_1d(char *y, char *x, char *h, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                   Py_ssize_t start, bint finite, const plan_t *plan) except -1 nogil:
    """y[i] = sum_j x[i + start + j] h[j] for i in 0..m."""
    cdef void *buf[3]
    cdef Py_ssize_t lo = min(max(0, -start), m)
    cdef Py_ssize_t hi = min(m, n - k + 1 - start)
    cdef Py_ssize_t block = max(RIM, k // 16), room
    cdef plan_t rim = plan[0]
    cdef char *strip = NULL
    cdef char small[4096]
    if hi <= lo:
        lo = 0
        hi = 0
    else:
        buf[0] = y + lo * plan.size
        buf[1] = x + (lo + start) * plan.size
        buf[2] = h
        plan.run(<void *>plan.fn, buf, &k, NULL, hi - lo, chunk(plan, k, 64))
    if lo == 0 and hi == m:
        return 0
    # ConvolveStream (signal/_plan.py) cuts its taps in the same way, for the same bits.
    if plan.trim and not finite:
        block = 1               # a NaN tap must not meet the zeros beyond the border
    elif k <= RIM:
        rim.trim = False        # one block: hardly a tap could be left out
    room = (min(block, max(lo, m - hi)) + k) * plan.size
    strip = small
    if room > 4096:
        strip = <char *>PyMem_RawMalloc(room)
        if strip == NULL:
            with gil:
                raise MemoryError("fastconv: no memory for the border")
    try:
        rim_1d(y, x, h, n, k, start, 0, lo, block, strip, &rim)
        rim_1d(y, x, h, n, k, start, hi, m, block, strip, &rim)
    finally:
        if strip != small:
            PyMem_RawFree(strip)
    return 0


# ---- two dimensions -----------------------------------------------------------------------------

ctypedef struct image_t:
    char *y
    char *x
    char *h                 # the taps; if they are a product, the column of it
    char *row               # the row of that product, or NULL
    char *ht                # the taps transposed, if they are no product
    Py_ssize_t m[2]         # outputs: rows, columns
    Py_ssize_t n[2]         # signal
    Py_ssize_t k[2]         # taps
    Py_ssize_t start[2]


cdef inline int kernel_2d(const plan_t *plan, char *y, char *x, char *h, char *row,
                          Py_ssize_t rows, Py_ssize_t cols, Py_ssize_t p, Py_ssize_t q,
                          Py_ssize_t ys, Py_ssize_t xs) except -1 nogil:
    """Taps `h`, or with `row` the product of column `h` and `row`."""
    cdef void *buf[6]
    cdef Py_ssize_t dim[6]
    buf[0] = y
    buf[1] = x
    buf[2] = h
    dim[0] = cols
    dim[1] = p
    dim[2] = q
    dim[3] = ys
    dim[4] = xs
    if row == NULL:
        return plan.run(<void *>plan.fn, buf, dim, NULL, rows,
                        chunk(plan, <double>cols * p * q, 12))
    buf[3] = row
    if plan.passes_fn != NULL and q <= PASSES_Q:
        dim[3] = 1              # rank
        dim[4] = ys
        dim[5] = xs
        return plan.run(<void *>plan.passes_fn, buf, dim, NULL, rows,
                        chunk(plan, 1.5 * cols * (p + q), 4))
    buf[4] = <void *>plan.fn
    buf[5] = <void *>plan.row_fn
    dim[5] = plan.size
    return plan.run(<void *>separable, buf, dim, NULL, rows,
                    chunk(plan, 1.5 * cols * (p + q), 16))


cdef inline int bordered(const image_t *im, Py_ssize_t a, Py_ssize_t b, Py_ssize_t lo, Py_ssize_t hi,
                  char *strip, const plan_t *plan) except -1 nogil:
    """Outputs of rows a..b and columns lo..hi from a bordered copy of what they see."""
    cdef Py_ssize_t size = plan.size, first = 0, last = im.k[0], i, j, width
    cdef Py_ssize_t left = lo + im.start[1], right = hi - 1 + im.start[1] + im.k[1]
    cdef char *row = strip
    width = right - left
    if plan.trim:
        first = max(0, 1 - b - im.start[0])
        last = min(im.k[0], im.n[0] - a - im.start[0])
    if last <= first:
        for i in range(a, b):
            memset(im.y + (i * im.m[1] + lo) * size, 0, (hi - lo) * size)
        return 0
    for i in range(a + im.start[0] + first, b - 1 + im.start[0] + last):
        j = source(i, im.n[0], plan.border)
        if j < 0:
            fill(row, plan, width)
        else:
            gather(row, im.x + j * im.n[1] * size, im.n[1], left, right, plan)
        row += width * size
    return kernel_2d(plan, im.y + (a * im.m[1] + lo) * size, strip,
                     im.h + first * size * (im.k[1] if im.row == NULL else 1), im.row,
                     b - a, hi - lo, last - first, im.k[1], im.m[1], width)


cdef inline int rows_strip(const image_t *im, Py_ssize_t top, Py_ssize_t bottom, Py_ssize_t rows,
                    Py_ssize_t block, char *strip, const plan_t *plan) except -1 nogil:
    """Output rows top..bottom over their whole width."""
    cdef Py_ssize_t r = top, c
    while r < bottom:
        c = 0
        while c < im.m[1]:
            bordered(im, r, min(r + rows, bottom), c, min(c + block, im.m[1]), strip, plan)
            c += block
        r += rows
    return 0


cdef inline void turn_in(cell *strip, const cell *x, const cell *value, Py_ssize_t rows,
                         Py_ssize_t n, Py_ssize_t lo, Py_ssize_t hi, int border) noexcept nogil:
    """strip[j, r] = column lo + j of row r of `x`, j in 0..hi-lo."""
    cdef Py_ssize_t r, j, s
    for j in range(lo, hi):
        s = source(j, n, border)
        if s < 0:
            for r in range(rows):
                strip[(j - lo) * rows + r] = value[0]
        else:
            for r in range(rows):
                strip[(j - lo) * rows + r] = x[r * n + s]


cdef inline void turn_out(cell *y, const cell *strip, Py_ssize_t rows, Py_ssize_t width,
                          Py_ssize_t stride) noexcept nogil:
    """y[r, j] = strip[j, r]."""
    cdef Py_ssize_t r, j
    for j in range(width):
        for r in range(rows):
            y[r * stride + j] = strip[j * rows + r]


cdef inline int turned(const image_t *im, Py_ssize_t row, Py_ssize_t rows, Py_ssize_t lo, Py_ssize_t hi,
                char *strip, const plan_t *plan) except -1 nogil:
    """Outputs of columns lo..hi in rows row..row+rows, all of whose rows lie inside the signal."""
    cdef Py_ssize_t size = plan.size, first = 0, last = im.k[1], seen = rows + im.k[0] - 1
    cdef Py_ssize_t left, right
    cdef char *x = im.x + (row + im.start[0]) * im.n[1] * size
    cdef char *y = im.y + (row * im.m[1] + lo) * size
    cdef char *out
    if plan.trim:
        first = max(0, 1 - hi - im.start[1])
        last = max(first, min(im.k[1], im.n[1] - lo - im.start[1]))
    left = lo + im.start[1] + first
    right = hi - 1 + im.start[1] + last
    out = strip + (right - left) * seen * size
    if last > first:
        if size == 1:
            turn_in(<uint8_t *>strip, <uint8_t *>x, <uint8_t *>plan.fill, seen, im.n[1], left,
                    right, plan.border)
        elif size == 2:
            turn_in(<uint16_t *>strip, <uint16_t *>x, <uint16_t *>plan.fill, seen, im.n[1], left,
                    right, plan.border)
        elif size == 4:
            turn_in(<uint32_t *>strip, <uint32_t *>x, <uint32_t *>plan.fill, seen, im.n[1], left,
                    right, plan.border)
        elif size == 8:
            turn_in(<uint64_t *>strip, <uint64_t *>x, <uint64_t *>plan.fill, seen, im.n[1], left,
                    right, plan.border)
        else:
            turn_in(<cell16 *>strip, <cell16 *>x, <cell16 *>plan.fill, seen, im.n[1], left,
                    right, plan.border)
        if im.row == NULL:
            kernel_2d(plan, out, strip, im.ht + first * im.k[0] * size, NULL, hi - lo, rows,
                      last - first, im.k[0], rows, seen)
        else:
            kernel_2d(plan, out, strip, im.row + first * size, im.h, hi - lo, rows,
                      last - first, im.k[0], rows, seen)
    else:
        memset(out, 0, (hi - lo) * rows * size)
    if size == 1:
        turn_out(<uint8_t *>y, <uint8_t *>out, rows, hi - lo, im.m[1])
    elif size == 2:
        turn_out(<uint16_t *>y, <uint16_t *>out, rows, hi - lo, im.m[1])
    elif size == 4:
        turn_out(<uint32_t *>y, <uint32_t *>out, rows, hi - lo, im.m[1])
    elif size == 8:
        turn_out(<uint64_t *>y, <uint64_t *>out, rows, hi - lo, im.m[1])
    else:
        turn_out(<cell16 *>y, <cell16 *>out, rows, hi - lo, im.m[1])
    return 0


cdef inline int columns_strip(const image_t *im, Py_ssize_t top, Py_ssize_t bottom, Py_ssize_t lo,
                       Py_ssize_t hi, Py_ssize_t rows, Py_ssize_t block, char *strip,
                       const plan_t *plan) except -1 nogil:
    cdef Py_ssize_t r = top, c
    while r < bottom:
        c = lo
        while c < hi:
            turned(im, r, min(rows, bottom - r), c, min(c + block, hi), strip, plan)
            c += block
        r += rows
    return 0


cdef inline void turn_taps(cell *out, const cell *h, Py_ssize_t p, Py_ssize_t q) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(p):
        for j in range(q):
            out[j * p + i] = h[i * q + j]


cdef inline int direct_2d(image_t *im, const plan_t *plan) except -1 nogil:
    """y[i, j] = sum_pq x[i + start0 + p, j + start1 + q] h[p, q] for all of y."""
    cdef Py_ssize_t size = plan.size, p = im.k[0], q = im.k[1]
    cdef Py_ssize_t top = min(max(0, -im.start[0]), im.m[0])
    cdef Py_ssize_t bottom = min(im.m[0], im.n[0] - p + 1 - im.start[0])
    cdef Py_ssize_t left = min(max(0, -im.start[1]), im.m[1])
    cdef Py_ssize_t right = min(im.m[1], im.n[1] - q + 1 - im.start[1])
    cdef Py_ssize_t rows, across, height, wide, room
    cdef char *memory
    cdef char small[8192]
    if bottom <= top or right <= left:
        top = bottom = 0        # no interior: everything is rows with a border
    else:
        kernel_2d(plan, im.y + (top * im.m[1] + left) * size,
                  im.x + ((top + im.start[0]) * im.n[1] + left + im.start[1]) * size, im.h, im.row,
                  bottom - top, right - left, p, q, im.m[1], im.n[1])
        if top == 0 and bottom == im.m[0] and left == 0 and right == im.m[1]:
            return 0
    # Taps are cut per block: thin blocks cut more, thick ones keep the kernel's tiles full.
    height = max(12, p // 4)
    across = max(12, q // 4)
    rows = max(256, 2 * p)
    wide = min(max(256, 2 * q), im.m[1])
    room = 0
    if top > 0 or bottom < im.m[0]:
        height = min(height, max(top, im.m[0] - bottom))
        room = (height + p - 1) * (wide + q - 1)
    if bottom > top and (left > 0 or right < im.m[1]):
        across = min(across, max(left, im.m[1] - right))
        rows = min(rows, bottom - top)
        room = max(room, (across + q - 1) * (rows + p - 1) + across * rows)
    room = (room + p * q) * size
    memory = small
    if room > 8192:
        memory = <char *>PyMem_RawMalloc(room)
        if memory == NULL:
            with gil:
                raise MemoryError("fastconv: no memory for the border")
    try:
        im.ht = memory
        if im.row != NULL:
            pass
        elif size == 1:
            turn_taps(<uint8_t *>memory, <uint8_t *>im.h, p, q)
        elif size == 2:
            turn_taps(<uint16_t *>memory, <uint16_t *>im.h, p, q)
        elif size == 4:
            turn_taps(<uint32_t *>memory, <uint32_t *>im.h, p, q)
        elif size == 8:
            turn_taps(<uint64_t *>memory, <uint64_t *>im.h, p, q)
        else:
            turn_taps(<cell16 *>memory, <cell16 *>im.h, p, q)
        rows_strip(im, 0, top, height, wide, memory + p * q * size, plan)
        rows_strip(im, bottom, im.m[0], height, wide, memory + p * q * size, plan)
        columns_strip(im, top, bottom, 0, left, rows, across, memory + p * q * size, plan)
        columns_strip(im, top, bottom, right, im.m[1], rows, across, memory + p * q * size, plan)
    finally:
        if memory != small:
            PyMem_RawFree(memory)
    return 0
