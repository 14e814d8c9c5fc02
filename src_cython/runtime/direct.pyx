"""Direct sums in one and two dimensions with their borders, and the short way in.

Design
 (a) Outputs whose windows lie inside the signal are computed straight from its memory; the rim is
     computed from small bordered copies ("strips"), block by block, so that extra memory stays
     small and a border costs what its outputs cost.
 (b) The strips left and right of an image are turned: their few output columns become rows, which
     the kernel's vectors run along.
 (c) Beyond a border of zeros, taps that meet only zeros are left out, block by block (`trim`);
     not if a tap is NaN or infinite where SciPy multiplies the zeros (in 2-D).
 (d) `convolve1d` and `filter2d` are whole calls for plain operands (exact ndarrays of one native
     dtype, contiguous, not empty): they return None for anything else, and the general way,
     which validates in earnest, takes over. They call the same functions.
"""

cimport numpy as cnp
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.pycapsule cimport PyCapsule_GetName, PyCapsule_GetPointer
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from kernel_abi cimport kernel_t

from fastconv._runtime import call as _call

cnp.import_array()

ctypedef int (*run_t)(void *fn, void **buf, const Py_ssize_t *dim, const double *par,
                      Py_ssize_t n, Py_ssize_t grain) except -1 nogil

cdef run_t run = <run_t>PyCapsule_GetPointer(
    _call.__pyx_capi__["fc_run"], PyCapsule_GetName(_call.__pyx_capi__["fc_run"])
)

ctypedef struct cell16:
    uint64_t a
    uint64_t b

ctypedef fused cell:
    uint8_t
    uint16_t
    uint32_t
    uint64_t
    cell16

cdef enum border_t:
    FILL, WRAP, SYMM, MIRROR, NEAREST

BORDERS = {"fill": FILL, "wrap": WRAP, "symm": SYMM, "mirror": MIRROR, "nearest": NEAREST}

# What a kernel of a dtype is good for, in products per microsecond: only for cutting chunks.
cdef double CHUNK_US = 40.0

ctypedef struct plan_t:
    kernel_t fn
    Py_ssize_t size         # bytes of an element
    double rate             # products per microsecond
    int border
    bint trim
    char fill[16]


cdef Py_ssize_t chunk(const plan_t *plan, double products, Py_ssize_t multiple) noexcept nogil:
    """Items of a chunk for items of `products` products each; the same for any thread count."""
    cdef Py_ssize_t items = <Py_ssize_t>(CHUNK_US * plan.rate / (products + 1)) + 1
    return (items + multiple - 1) // multiple * multiple


cdef Py_ssize_t source(Py_ssize_t i, Py_ssize_t n, int border) noexcept nogil:
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


cdef void fill(char *out, const plan_t *plan, Py_ssize_t n) noexcept nogil:
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


cdef void gather(char *out, const char *x, Py_ssize_t n, Py_ssize_t lo, Py_ssize_t hi,
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


cdef int rim_1d(char *y, char *x, char *h, Py_ssize_t n, Py_ssize_t k, Py_ssize_t start,
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
        run(<void *>plan.fn, buf, &taps, NULL, b - a, chunk(plan, taps, 64))
    return 0


cdef int direct_1d(char *y, char *x, char *h, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k,
                   Py_ssize_t start, bint finite, const plan_t *plan) except -1 nogil:
    """y[i] = sum_j x[i + start + j] h[j] for i in 0..m."""
    cdef void *buf[3]
    cdef Py_ssize_t lo = min(max(0, -start), m)
    cdef Py_ssize_t hi = min(m, n - k + 1 - start)
    cdef Py_ssize_t block = max(256, k // 16), room
    cdef char *strip = NULL
    cdef char small[4096]
    if hi <= lo:
        lo = 0
        hi = 0
    else:
        buf[0] = y + lo * plan.size
        buf[1] = x + (lo + start) * plan.size
        buf[2] = h
        run(<void *>plan.fn, buf, &k, NULL, hi - lo, chunk(plan, k, 64))
    if lo == 0 and hi == m:
        return 0
    if plan.trim and not finite:
        block = 1               # a NaN tap must not meet the zeros beyond the border
    room = (min(block, max(lo, m - hi)) + k) * plan.size
    strip = small
    if room > 4096:
        strip = <char *>PyMem_RawMalloc(room)
        if strip == NULL:
            with gil:
                raise MemoryError("fastconv: no memory for the border")
    try:
        rim_1d(y, x, h, n, k, start, 0, lo, block, strip, plan)
        rim_1d(y, x, h, n, k, start, hi, m, block, strip, plan)
    finally:
        if strip != small:
            PyMem_RawFree(strip)
    return 0


# ---- two dimensions -----------------------------------------------------------------------------

ctypedef struct image_t:
    char *y
    char *x
    char *h
    char *ht                # the taps transposed
    Py_ssize_t m[2]         # outputs: rows, columns
    Py_ssize_t n[2]         # signal
    Py_ssize_t k[2]         # taps
    Py_ssize_t start[2]


cdef int kernel_2d(const plan_t *plan, char *y, char *x, char *h, Py_ssize_t rows, Py_ssize_t cols,
                   Py_ssize_t p, Py_ssize_t q, Py_ssize_t ys, Py_ssize_t xs) except -1 nogil:
    cdef void *buf[3]
    cdef Py_ssize_t dim[5]
    buf[0] = y
    buf[1] = x
    buf[2] = h
    dim[0] = cols
    dim[1] = p
    dim[2] = q
    dim[3] = ys
    dim[4] = xs
    return run(<void *>plan.fn, buf, dim, NULL, rows, chunk(plan, <double>cols * p * q, 12))


cdef int bordered(const image_t *im, Py_ssize_t a, Py_ssize_t b, Py_ssize_t lo, Py_ssize_t hi,
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
    return kernel_2d(plan, im.y + (a * im.m[1] + lo) * size, strip, im.h + first * im.k[1] * size,
                     b - a, hi - lo, last - first, im.k[1], im.m[1], width)


cdef int rows_strip(const image_t *im, Py_ssize_t top, Py_ssize_t bottom, Py_ssize_t rows,
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


cdef int turned(const image_t *im, Py_ssize_t row, Py_ssize_t rows, Py_ssize_t lo, Py_ssize_t hi,
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
        kernel_2d(plan, out, strip, im.ht + first * im.k[0] * size, hi - lo, rows, last - first,
                  im.k[0], rows, seen)
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


cdef int columns_strip(const image_t *im, Py_ssize_t top, Py_ssize_t bottom, Py_ssize_t lo,
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


cdef int direct_2d(image_t *im, const plan_t *plan) except -1 nogil:
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
                  im.x + ((top + im.start[0]) * im.n[1] + left + im.start[1]) * size, im.h,
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
        if size == 1:
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


# ---- the table of kernels -----------------------------------------------------------------------

cdef enum:
    TYPES = 16              # type numbers below it: bool .. complex128

ctypedef struct entry_t:
    kernel_t fn[2]          # 1-D, 2-D
    double rate
    double auto_taps        # at most so many taps: 'auto' takes the direct sum without asking
    double auto_products    # ... or so many products

cdef entry_t table[TYPES]
cdef list keep = []
cdef object resolver = None


def install(resolve, dict rates, dict autos):
    """Say where kernels come from.

    `resolve(name)` gives a Kernel; `rates`: suffix -> products per microsecond; `autos`: suffix ->
    (taps, products) up to which method='auto' is sure to choose the direct sum.
    """
    global resolver
    resolver = resolve, rates, autos
    forget()


def forget():
    """The kernels in force have changed: resolve them again when next needed."""
    memset(table, 0, sizeof(table))
    keep.clear()


cdef entry_t *entry(int num) except? NULL:
    """Table line of a NumPy type number; NULL if the dtype has no kernel."""
    cdef str suffix
    if num < 0 or num >= TYPES or num == cnp.NPY_BOOL:
        return NULL
    if table[num].fn[0] == NULL:
        if resolver is None:
            return NULL
        suffix = suffix_of(num)
        if suffix is None:
            return NULL
        for i, family in enumerate(("conv1d_direct_", "conv2d_direct_")):
            kernel = resolver[0](family + suffix)
            keep.append(kernel)
            table[num].fn[i] = <kernel_t><size_t>kernel.address
        table[num].rate = resolver[1][suffix]
        table[num].auto_taps, table[num].auto_products = resolver[2][suffix]
    return &table[num]


cdef str suffix_of(int num):
    if num == cnp.NPY_FLOAT:
        return "f32"
    if num == cnp.NPY_DOUBLE:
        return "f64"
    if num == cnp.NPY_CFLOAT:
        return "c64"
    if num == cnp.NPY_CDOUBLE:
        return "c128"
    if cnp.NPY_BYTE <= num <= cnp.NPY_ULONGLONG:
        return "i" + str(8 * cnp.PyArray_DescrFromType(num).itemsize)
    return None


cdef void set_up(plan_t *plan, entry_t *line, int axis, Py_ssize_t size) noexcept:
    plan.fn = line.fn[axis]
    plan.size = size
    plan.rate = line.rate
    plan.border = FILL
    plan.trim = True
    memset(plan.fill, 0, 16)


# ---- taps ---------------------------------------------------------------------------------------

cdef inline void reversed_cells(cell *out, const cell *h, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = h[n - 1 - i]


cdef inline bint finite_reals(const float *f, const double *d, Py_ssize_t n) noexcept nogil:
    # x - x is 0 for finite x, NaN otherwise; two sums, for one would wait for itself
    cdef double a = 0, b = 0
    cdef Py_ssize_t i
    if f != NULL:
        for i in range(n // 2):
            a += f[2 * i] - f[2 * i]
            b += f[2 * i + 1] - f[2 * i + 1]
        if n & 1:
            a += f[n - 1] - f[n - 1]
    else:
        for i in range(n // 2):
            a += d[2 * i] - d[2 * i]
            b += d[2 * i + 1] - d[2 * i + 1]
        if n & 1:
            a += d[n - 1] - d[n - 1]
    return a + b == 0


cdef bint all_finite(const char *h, int num, Py_ssize_t n) noexcept nogil:
    if num == cnp.NPY_FLOAT:
        return finite_reals(<float *>h, NULL, n)
    if num == cnp.NPY_DOUBLE:
        return finite_reals(NULL, <double *>h, n)
    if num == cnp.NPY_CFLOAT:
        return finite_reals(<float *>h, NULL, 2 * n)
    if num == cnp.NPY_CDOUBLE:
        return finite_reals(NULL, <double *>h, 2 * n)
    return True


cdef void make_taps(char *out, const char *h, Py_ssize_t n, Py_ssize_t size, int num,
                    bint flip, bint conj) noexcept nogil:
    """Taps in the order of a sliding dot product: reversed for convolution, conjugated if asked."""
    cdef Py_ssize_t i
    if not flip:
        memcpy(out, h, n * size)
    elif size == 1:
        reversed_cells(<uint8_t *>out, <uint8_t *>h, n)
    elif size == 2:
        reversed_cells(<uint16_t *>out, <uint16_t *>h, n)
    elif size == 4:
        reversed_cells(<uint32_t *>out, <uint32_t *>h, n)
    elif size == 8:
        reversed_cells(<uint64_t *>out, <uint64_t *>h, n)
    else:
        reversed_cells(<cell16 *>out, <cell16 *>h, n)
    if conj and num == cnp.NPY_CFLOAT:
        for i in range(n):
            (<float *>out)[2 * i + 1] = -(<float *>out)[2 * i + 1]
    elif conj and num == cnp.NPY_CDOUBLE:
        for i in range(n):
            (<double *>out)[2 * i + 1] = -(<double *>out)[2 * i + 1]


# ---- for the direct engine: operands checked, taps ready ----------------------------------------


def run_1d(cnp.ndarray y, cnp.ndarray x, cnp.ndarray h, Py_ssize_t start, str border,
           cnp.ndarray fillvalue, bint zero, bint finite):
    """Sliding dot product of contiguous arrays of one kernel dtype.

    `fillvalue` is a 0-d array of it; `zero`: the border is made of zeros; `finite`: all taps are.
    """
    cdef plan_t plan
    cdef Py_ssize_t m = y.shape[0], n = x.shape[0], k = h.shape[0]
    cdef char *yd = cnp.PyArray_BYTES(y)
    cdef char *xd = cnp.PyArray_BYTES(x)
    cdef char *hd = cnp.PyArray_BYTES(h)
    set_up(&plan, entry(cnp.PyArray_TYPE(y)), 0, cnp.PyArray_ITEMSIZE(y))
    plan.border = BORDERS[border]
    plan.trim = zero
    memcpy(plan.fill, cnp.PyArray_DATA(fillvalue), plan.size)
    with nogil:
        direct_1d(yd, xd, hd, m, n, k, start, finite, &plan)


def run_2d(cnp.ndarray y, cnp.ndarray x, cnp.ndarray h, tuple start, str border,
           cnp.ndarray fillvalue, bint zero, bint finite):
    """As `run_1d`, for images."""
    cdef plan_t plan
    cdef image_t im
    cdef int i
    set_up(&plan, entry(cnp.PyArray_TYPE(y)), 1, cnp.PyArray_ITEMSIZE(y))
    plan.border = BORDERS[border]
    plan.trim = zero and finite
    memcpy(plan.fill, cnp.PyArray_DATA(fillvalue), plan.size)
    im.y = cnp.PyArray_BYTES(y)
    im.x = cnp.PyArray_BYTES(x)
    im.h = cnp.PyArray_BYTES(h)
    for i in range(2):
        im.m[i] = y.shape[i]
        im.n[i] = x.shape[i]
        im.k[i] = h.shape[i]
        im.start[i] = start[i]
    with nogil:
        direct_2d(&im, &plan)


# ---- the short way in ---------------------------------------------------------------------------


cdef inline bint plain(object a, int ndim):
    """An exact ndarray of `ndim` axes, C-contiguous, aligned, of native byte order, not empty."""
    return (type(a) is cnp.ndarray and cnp.PyArray_NDIM(<cnp.ndarray>a) == ndim
            and cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>a) and cnp.PyArray_SIZE(<cnp.ndarray>a) > 0)


cdef inline int mode_number(object mode) except -1:
    """0 full, 1 same, 2 valid, 3 anything else."""
    if type(mode) is not str:
        return 3
    if mode == "full":
        return 0
    if mode == "same":
        return 1
    if mode == "valid":
        return 2
    return 3


cdef inline void window(Py_ssize_t n, Py_ssize_t k, int mode, bint early, Py_ssize_t *m,
                        Py_ssize_t *start) noexcept nogil:
    """Output length and start of the first window: see signal/_spec.py."""
    if mode == 0:
        m[0] = n + k - 1
        start[0] = 1 - k
    elif mode == 1:
        m[0] = n
        start[0] = -((k - 1) // 2) if early else (k - 1) // 2 - (k - 1)
    else:
        m[0] = n - k + 1 if n >= k else k - n + 1
        start[0] = 0 if n >= k else n - k


def convolve1d(in1, in2, mode, method, bint flip):
    """convolve (`flip`) or correlate of plain 1-D arrays by the direct sum, or None.

    With method 'auto' only where the direct sum is sure to be the right choice.
    """
    cdef plan_t plan
    cdef entry_t *line
    cdef Py_ssize_t n, k, m, start, size, room
    cdef cnp.npy_intp shape
    cdef int num, what
    cdef bint finite, auto
    cdef char small[2048]
    cdef char *taps = small
    cdef char *hd
    cdef char *xd
    cdef cnp.ndarray y
    if not (plain(in1, 1) and plain(in2, 1)):
        return None
    if type(method) is not str:
        return None
    auto = method == "auto"
    if not auto and method != "direct":
        return None
    num = cnp.PyArray_TYPE(<cnp.ndarray>in1)
    if num != cnp.PyArray_TYPE(<cnp.ndarray>in2):
        return None
    what = mode_number(mode)
    line = entry(num)
    if what == 3 or line == NULL:
        return None
    n = cnp.PyArray_DIM(<cnp.ndarray>in1, 0)
    k = cnp.PyArray_DIM(<cnp.ndarray>in2, 0)
    if auto and min(n, k) > line.auto_taps and <double>n * k > line.auto_products:
        return None
    xd = cnp.PyArray_BYTES(<cnp.ndarray>in1)
    hd = cnp.PyArray_BYTES(<cnp.ndarray>in2)
    size = cnp.PyArray_ITEMSIZE(<cnp.ndarray>in1)
    window(n, k, what, False, &m, &start)
    if k > n:
        if not flip:
            return None         # the larger operand would have to be reversed: the general way
        # The shorter one is the taps: x'[t] = h[k-1-t], h'[s] = x[n-1-s], see _spec.commuted.
        xd, hd = hd, xd
        start += k - n
        n, k = k, n
    finite = all_finite(hd, num, k)
    shape = m
    y = cnp.PyArray_EMPTY(1, &shape, num, 0)
    room = k * size
    if room > 2048:
        taps = <char *>PyMem_RawMalloc(room)
        if taps == NULL:
            raise MemoryError("fastconv: no memory for the taps")
    try:
        make_taps(taps, hd, k, size, num, flip, not flip)
        set_up(&plan, line, 0, size)
        if <double>m * k < 4096:        # over before another thread could use the GIL
            direct_1d(cnp.PyArray_BYTES(y), xd, taps, m, n, k, start, finite, &plan)
        else:
            with nogil:
                direct_1d(cnp.PyArray_BYTES(y), xd, taps, m, n, k, start, finite, &plan)
    finally:
        if taps != small:
            PyMem_RawFree(taps)
    return y


cdef inline int border_number(object boundary) except -1:
    """Member of border_t for the names SciPy has, 99 for anything else."""
    if type(boundary) is not str:
        return 99
    if boundary == "fill" or boundary == "pad":
        return FILL
    if boundary == "symm" or boundary == "symmetric":
        return SYMM
    if boundary == "wrap" or boundary == "circular":
        return WRAP
    return 99


def filter2d(in1, in2, mode, boundary, fillvalue, bint flip):
    """convolve2d (`flip`) or correlate2d of plain images by the direct sum, or None."""
    cdef plan_t plan
    cdef image_t im
    cdef entry_t *line
    cdef Py_ssize_t size, room
    cdef cnp.npy_intp shape[2]
    cdef int num, what, border, i
    cdef char small[2048]
    cdef char *taps = small
    cdef cnp.ndarray y
    if not (plain(in1, 2) and plain(in2, 2)):
        return None
    num = cnp.PyArray_TYPE(<cnp.ndarray>in1)
    if num != cnp.PyArray_TYPE(<cnp.ndarray>in2):
        return None
    what = mode_number(mode)
    border = border_number(boundary)
    line = entry(num)
    if what == 3 or border == 99 or line == NULL:
        return None
    if border == FILL and not (type(fillvalue) is int and fillvalue == 0):
        return None
    for i in range(2):
        im.n[i] = cnp.PyArray_DIM(<cnp.ndarray>in1, i)
        im.k[i] = cnp.PyArray_DIM(<cnp.ndarray>in2, i)
        if im.k[i] > im.n[i]:
            return None
        window(im.n[i], im.k[i], what, not flip, &im.m[i], &im.start[i])
        shape[i] = im.m[i]
    size = cnp.PyArray_ITEMSIZE(<cnp.ndarray>in1)
    set_up(&plan, line, 1, size)
    plan.border = border
    im.x = cnp.PyArray_BYTES(<cnp.ndarray>in1)
    im.h = cnp.PyArray_BYTES(<cnp.ndarray>in2)
    plan.trim = border == FILL and all_finite(im.h, num, im.k[0] * im.k[1])
    y = cnp.PyArray_EMPTY(2, shape, num, 0)
    im.y = cnp.PyArray_BYTES(y)
    room = im.k[0] * im.k[1] * size
    if room > 2048:
        taps = <char *>PyMem_RawMalloc(room)
        if taps == NULL:
            raise MemoryError("fastconv: no memory for the taps")
    try:
        make_taps(taps, im.h, im.k[0] * im.k[1], size, num, flip, not flip)
        im.h = taps
        if <double>im.m[0] * im.m[1] * im.k[0] * im.k[1] < 4096:
            direct_2d(&im, &plan)
        else:
            with nogil:
                direct_2d(&im, &plan)
    finally:
        if taps != small:
            PyMem_RawFree(taps)
    return y
