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
from libc.string cimport memcpy, memset

from border cimport (
    FILL, MIRROR, NEAREST, RIM, SYMM, WRAP, direct_1d, direct_2d, image_t, plan_t, run_t,
)
from kernel_abi cimport kernel_t
from separable cimport fits, rank_one
from taps cimport all_finite, make_taps

from fastconv._runtime import call as _call
from fastconv._runtime import recycle as _recycle

cnp.import_array()

ctypedef object (*new_array_t)(int ndim, cnp.npy_intp *shape, int num)

cdef new_array_t new_array = <new_array_t>PyCapsule_GetPointer(
    _recycle.__pyx_capi__["fc_new_array"], PyCapsule_GetName(_recycle.__pyx_capi__["fc_new_array"])
)

cdef run_t run = <run_t>PyCapsule_GetPointer(
    _call.__pyx_capi__["fc_run"], PyCapsule_GetName(_call.__pyx_capi__["fc_run"])
)

RIM_BLOCK = RIM
BORDERS = {"fill": FILL, "wrap": WRAP, "symm": SYMM, "mirror": MIRROR, "nearest": NEAREST}

# ---- the table of kernels -----------------------------------------------------------------------

cdef double TWO_PASSES = 1.8         # a product in two passes, in products of one

cdef enum:
    TYPES = 16              # type numbers below it: bool .. complex128

ctypedef struct entry_t:
    kernel_t fn[2]          # 1-D, 2-D
    kernel_t passes_fn      # 2-D in two passes, or NULL
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
        pair = [resolver[0](family + suffix) for family in ("conv1d_direct_", "conv2d_direct_")]
        keep.append(pair)
        if suffix in ("f32", "f64", "c64", "c128"):
            passes = resolver[0]("conv2d_separable_" + suffix)
            keep.append(passes)
            table[num].passes_fn = <kernel_t><size_t>passes.address
        table[num].rate = resolver[1][suffix]
        table[num].auto_taps, table[num].auto_products = resolver[2][suffix]
        table[num].fn[1] = <kernel_t><size_t>pair[1].address
        table[num].fn[0] = <kernel_t><size_t>pair[0].address     # last: it says the line is filled
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
    plan.run = run
    plan.fn = line.fn[axis]
    plan.row_fn = line.fn[0]
    plan.passes_fn = line.passes_fn
    plan.size = size
    plan.rate = line.rate
    plan.border = FILL
    plan.trim = True
    memset(plan.fill, 0, 16)


cdef bint split(image_t *im, const plan_t *plan, int num, char *column, char *row) noexcept nogil:
    """If the taps are a product and two passes pay, put its column and row into `im`.

    The test costs about a nanosecond per tap, so it is made only where more can be saved.
    """
    cdef Py_ssize_t p = im.k[0], q = im.k[1]
    cdef double saved = (<double>p * q - TWO_PASSES * (p + q)) * im.m[0] * im.m[1] / plan.rate
    if saved < 1 + 0.002 * p * q or not fits(max(p, q), plan.size):
        return False
    if not rank_one(num, im.h, p, q, column, row, plan.size):
        return False
    im.h = column
    im.row = row
    return True


# ---- for the direct engine: operands checked, taps ready ----------------------------------------


def is_product(cnp.ndarray h):
    """Whether contiguous taps of two axes and of a kernel dtype are a column times a row."""
    cdef Py_ssize_t p = h.shape[0], q = h.shape[1], size = cnp.PyArray_ITEMSIZE(h)
    if not fits(max(p, q), size):
        return False
    halves = bytearray((p + q) * size)
    cdef char *column = halves
    return rank_one(cnp.PyArray_TYPE(h), cnp.PyArray_BYTES(h), p, q, column, column + p * size,
                    size)


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
           cnp.ndarray fillvalue, bint zero, bint finite, bint separate):
    """As `run_1d`, for images; `separate`: taps that are a product may be taken in two passes."""
    cdef plan_t plan
    cdef image_t im
    cdef int i, num = cnp.PyArray_TYPE(y)
    set_up(&plan, entry(num), 1, cnp.PyArray_ITEMSIZE(y))
    plan.border = BORDERS[border]
    plan.trim = zero and finite
    memcpy(plan.fill, cnp.PyArray_DATA(fillvalue), plan.size)
    im.y = cnp.PyArray_BYTES(y)
    im.x = cnp.PyArray_BYTES(x)
    im.h = cnp.PyArray_BYTES(h)
    im.row = NULL
    for i in range(2):
        im.m[i] = y.shape[i]
        im.n[i] = x.shape[i]
        im.k[i] = h.shape[i]
        im.start[i] = start[i]
    halves = bytearray((im.k[0] + im.k[1]) * plan.size) if separate else bytearray(1)
    cdef char *column = halves
    with nogil:
        if separate:
            split(&im, &plan, num, column, column + im.k[0] * plan.size)
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
    y = new_array(1, &shape, num)
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


def filter2d(in1, in2, mode, boundary, fillvalue, bint flip, bint separate):
    """convolve2d (`flip`) or correlate2d of plain images by the direct sum, or None.

    `separate`: taps that are a product of a column and a row may be taken in two passes.
    """
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
    y = new_array(2, shape, num)
    im.y = cnp.PyArray_BYTES(y)
    room = (im.k[0] * im.k[1] + im.k[0] + im.k[1]) * size
    if room > 2048:
        taps = <char *>PyMem_RawMalloc(room)
        if taps == NULL:
            raise MemoryError("fastconv: no memory for the taps")
    try:
        make_taps(taps, im.h, im.k[0] * im.k[1], size, num, flip, not flip)
        im.h = taps
        im.row = NULL
        if separate:
            taps += im.k[0] * im.k[1] * size
            split(&im, &plan, num, taps, taps + im.k[0] * size)
            taps -= im.k[0] * im.k[1] * size
        if <double>im.m[0] * im.m[1] * im.k[0] * im.k[1] < 4096:
            direct_2d(&im, &plan)
        else:
            with nogil:
                direct_2d(&im, &plan)
    finally:
        if taps != small:
            PyMem_RawFree(taps)
    return y
