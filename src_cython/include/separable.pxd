# Taps that are a product of a column and a row: is it so, and the sum in two passes.

cimport numpy as cnp
from libc.math cimport fabs
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint64_t

from kernel_abi cimport kernel_t

ctypedef fused real:
    float
    double

ctypedef fused whole:
    int8_t
    int16_t
    int32_t
    int64_t

cdef enum:
    SCRATCH = 1 << 16       # bytes on the stack of whoever runs a chunk
    ROWS = 8
    TOLERANCE = 8           # of a product against its tap, in units of the dtype's epsilon


# separable: buf y[m,n] x[m+p-1,n+q-1] column[p] row[q] fn2 fn1 | dim n p q ys xs size | range m
# `fn2` and `fn1` are the 2-D and the 1-D kernel, `size` the bytes of an element.
cdef inline void separable(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo,
                           Py_ssize_t hi) noexcept nogil:
    """A column pass into a scratch that stays in cache, a row pass out of it.

    Blocks are so cut that nothing is computed twice but the q - 1 columns where blocks meet.
    """
    cdef char scratch[SCRATCH]
    cdef kernel_t columns = <kernel_t>buf[4]
    cdef kernel_t row = <kernel_t>buf[5]
    cdef char *y = <char *>buf[0]
    cdef char *x = <char *>buf[1]
    cdef Py_ssize_t n = dim[0], q = dim[2], ys = dim[3], xs = dim[4], size = dim[5]
    cdef Py_ssize_t step = SCRATCH // (ROWS * size) - (q - 1), i, j, r, rows, width, seen
    cdef void *down[3]
    cdef void *along[3]
    cdef Py_ssize_t down_dim[5]
    down[0] = scratch
    down[2] = buf[2]
    along[2] = buf[3]
    down_dim[1] = dim[1]
    down_dim[2] = 1
    down_dim[4] = xs
    j = 0
    while j < n:
        width = min(step, n - j)
        seen = width + q - 1
        down_dim[0] = down_dim[3] = seen
        i = lo
        while i < hi:
            rows = min(ROWS, hi - i)
            down[1] = x + (i * xs + j) * size
            columns(down, down_dim, par, 0, rows)
            for r in range(rows):
                along[0] = y + ((i + r) * ys + j) * size
                along[1] = scratch + r * seen * size
                row(along, &q, par, 0, width)
            i += rows
        j += step


cdef inline bint fits(Py_ssize_t q, Py_ssize_t size) noexcept nogil:
    """Whether a row of q taps leaves the scratch room for outputs."""
    return 4 * q * ROWS * size < SCRATCH


cdef inline bint rank_one_real(const real *h, Py_ssize_t p, Py_ssize_t q, real *column, real *row,
                               double eps) noexcept nogil:
    """With the largest tap as pivot: column = the pivot's column, row = its row over the pivot.

    Every product must meet its tap within TOLERANCE eps of it, zeros exactly.
    """
    cdef Py_ssize_t i, j, at = 0
    cdef double t
    cdef int bad = 0
    for i in range(p * q):
        if not fabs(h[i]) <= fabs(h[at]):
            at = i
    if not (0 < fabs(h[at]) < 1e300):
        return False
    for i in range(p):
        column[i] = h[i * q + at % q]
    for j in range(q):
        row[j] = h[at // q * q + j] / h[at]
    for i in range(p):
        for j in range(q):
            t = <double>column[i] * row[j]
            bad |= not fabs(t - h[i * q + j]) <= TOLERANCE * eps * fabs(h[i * q + j])
        if bad:
            return False
    return True


cdef inline bint rank_one_complex(const real *h, Py_ssize_t p, Py_ssize_t q, real *column,
                                  real *row, double eps) noexcept nogil:
    cdef Py_ssize_t i, j, at = 0
    cdef double re, im, size, best = -1, pr, pi
    for i in range(p * q):
        size = <double>h[2 * i] * h[2 * i] + <double>h[2 * i + 1] * h[2 * i + 1]
        if not size <= best:
            at = i
            best = size
    if not (0 < best < 1e300):
        return False
    for i in range(p):
        column[2 * i] = h[2 * (i * q + at % q)]
        column[2 * i + 1] = h[2 * (i * q + at % q) + 1]
    pr = h[2 * at] / best
    pi = -h[2 * at + 1] / best
    for j in range(q):
        re = h[2 * (at // q * q + j)]
        im = h[2 * (at // q * q + j) + 1]
        row[2 * j] = <real>(re * pr - im * pi)
        row[2 * j + 1] = <real>(re * pi + im * pr)
    for i in range(p):
        for j in range(q):
            re = (<double>column[2 * i] * row[2 * j]
                  - <double>column[2 * i + 1] * row[2 * j + 1]) - h[2 * (i * q + j)]
            im = (<double>column[2 * i] * row[2 * j + 1]
                  + <double>column[2 * i + 1] * row[2 * j]) - h[2 * (i * q + j) + 1]
            size = fabs(h[2 * (i * q + j)]) + fabs(h[2 * (i * q + j) + 1])
            if not fabs(re) + fabs(im) <= TOLERANCE * eps * size:
                return False
    return True


cdef inline bint rank_one_whole(const whole *h, Py_ssize_t p, Py_ssize_t q, whole *column,
                                whole *row) noexcept nogil:
    """Exactly: row = the first row that is not zero over its common divisor."""
    cdef Py_ssize_t i, j, at = 0
    cdef int64_t a, b, t
    while at < p * q and h[at] == 0:
        at += 1
    if at == p * q:
        return False
    a = 0
    for j in range(q):
        b = h[at // q * q + j]
        if b == (<int64_t>1) << 63:
            return False
        while b:
            t = a % b
            a = b
            b = t
    # The row's pivot becomes positive: the least integer over -1 would be a trap.
    if (a < 0) != (h[at] < 0):
        a = -a
    for j in range(q):
        row[j] = <whole>(h[at // q * q + j] // a)
    for i in range(p):
        column[i] = <whole>(h[i * q + at % q] // row[at % q])
        for j in range(q):
            # modulo 2**n, which is all that a sum keeps
            if <whole>(<uint64_t>column[i] * <uint64_t>row[j]) != h[i * q + j]:
                return False
    return True


cdef inline bint rank_one(int num, const char *h, Py_ssize_t p, Py_ssize_t q, char *column,
                          char *row, Py_ssize_t size) noexcept nogil:
    """Write the taps of a product, if `h` of a NumPy type number is one to working precision."""
    if num == cnp.NPY_FLOAT:
        return rank_one_real(<float *>h, p, q, <float *>column, <float *>row, 1.1920929e-07)
    if num == cnp.NPY_DOUBLE:
        return rank_one_real(<double *>h, p, q, <double *>column, <double *>row, 2.220446e-16)
    if num == cnp.NPY_CFLOAT:
        return rank_one_complex(<float *>h, p, q, <float *>column, <float *>row, 1.1920929e-07)
    if num == cnp.NPY_CDOUBLE:
        return rank_one_complex(<double *>h, p, q, <double *>column, <double *>row, 2.220446e-16)
    if size == 1:
        return rank_one_whole(<int8_t *>h, p, q, <int8_t *>column, <int8_t *>row)
    if size == 2:
        return rank_one_whole(<int16_t *>h, p, q, <int16_t *>column, <int16_t *>row)
    if size == 4:
        return rank_one_whole(<int32_t *>h, p, q, <int32_t *>column, <int32_t *>row)
    return rank_one_whole(<int64_t *>h, p, q, <int64_t *>column, <int64_t *>row)
