# One name for each vector operation, over the fused type `vec`. A `vec *` is the address of the
# elements of such vectors: always indexed in elements through these functions, never dereferenced.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from fc_simd cimport (
    FC_VBYTES, inlined, vf32, vf64, vu8, vu16, vu32, vu64,
    vf32_complex, vf32_fma, vf32_load, vf32_load_part, vf32_splat, vf32_store, vf32_store_part,
    vf64_complex, vf64_fma, vf64_load, vf64_load_part, vf64_splat, vf64_store, vf64_store_part,
    vu8_load, vu8_load_part, vu8_splat, vu8_store, vu8_store_part,
    vu16_load, vu16_load_part, vu16_splat, vu16_store, vu16_store_part,
    vu32_load, vu32_load_part, vu32_splat, vu32_store, vu32_store_part,
    vu64_high, vu64_join, vu64_load, vu64_load_part, vu64_mul32, vu64_splat, vu64_store,
    vu64_store_part,
)

ctypedef fused vec:
    vf32
    vf64
    vu8
    vu16
    vu32
    vu64


cdef inline Py_ssize_t width(vec *p) noexcept nogil:
    """Elements in a vector."""
    if vec is vf32 or vec is vu32:
        return FC_VBYTES // 4
    elif vec is vf64 or vec is vu64:
        return FC_VBYTES // 8
    elif vec is vu16:
        return FC_VBYTES // 2
    else:
        return FC_VBYTES


cdef inline vec *at(vec *p, Py_ssize_t i) noexcept nogil:
    """Address of element i."""
    if vec is vf32:
        return <vec *>(<float *>p + i)
    elif vec is vf64:
        return <vec *>(<double *>p + i)
    elif vec is vu8:
        return <vec *>(<uint8_t *>p + i)
    elif vec is vu16:
        return <vec *>(<uint16_t *>p + i)
    elif vec is vu32:
        return <vec *>(<uint32_t *>p + i)
    else:
        return <vec *>(<uint64_t *>p + i)


cdef inline vec load(vec *p, Py_ssize_t i) noexcept nogil:
    """The vector that begins at element i."""
    if vec is vf32:
        return vf32_load(<float *>p + i)
    elif vec is vf64:
        return vf64_load(<double *>p + i)
    elif vec is vu8:
        return vu8_load(<uint8_t *>p + i)
    elif vec is vu16:
        return vu16_load(<uint16_t *>p + i)
    elif vec is vu32:
        return vu32_load(<uint32_t *>p + i)
    else:
        return vu64_load(<uint64_t *>p + i)


cdef inline vec load_part(vec *p, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    """The n elements from i on, then zeros."""
    if vec is vf32:
        return vf32_load_part(<float *>p + i, n)
    elif vec is vf64:
        return vf64_load_part(<double *>p + i, n)
    elif vec is vu8:
        return vu8_load_part(<uint8_t *>p + i, n)
    elif vec is vu16:
        return vu16_load_part(<uint16_t *>p + i, n)
    elif vec is vu32:
        return vu32_load_part(<uint32_t *>p + i, n)
    else:
        return vu64_load_part(<uint64_t *>p + i, n)


cdef inline vec splat(vec *p, Py_ssize_t i) noexcept nogil:
    """Element i in every lane."""
    if vec is vf32:
        return vf32_splat((<float *>p)[i])
    elif vec is vf64:
        return vf64_splat((<double *>p)[i])
    elif vec is vu8:
        return vu8_splat((<uint8_t *>p)[i])
    elif vec is vu16:
        return vu16_splat((<uint16_t *>p)[i])
    elif vec is vu32:
        return vu32_splat((<uint32_t *>p)[i])
    else:
        return vu64_splat((<uint64_t *>p)[i])


cdef inline vec zero(vec *p) noexcept nogil:
    if vec is vf32:
        return vf32_splat(0)
    elif vec is vf64:
        return vf64_splat(0)
    elif vec is vu8:
        return vu8_splat(0)
    elif vec is vu16:
        return vu16_splat(0)
    elif vec is vu32:
        return vu32_splat(0)
    else:
        return vu64_splat(0)


cdef inline inlined store(vec *p, Py_ssize_t i, vec v) noexcept nogil:
    """Write a vector at element i."""
    if vec is vf32:
        vf32_store(<float *>p + i, v)
    elif vec is vf64:
        vf64_store(<double *>p + i, v)
    elif vec is vu8:
        vu8_store(<uint8_t *>p + i, v)
    elif vec is vu16:
        vu16_store(<uint16_t *>p + i, v)
    elif vec is vu32:
        vu32_store(<uint32_t *>p + i, v)
    else:
        vu64_store(<uint64_t *>p + i, v)


cdef inline inlined store_part(vec *p, Py_ssize_t i, vec v, Py_ssize_t n) noexcept nogil:
    """Write the first n lanes at element i."""
    if vec is vf32:
        vf32_store_part(<float *>p + i, v, n)
    elif vec is vf64:
        vf64_store_part(<double *>p + i, v, n)
    elif vec is vu8:
        vu8_store_part(<uint8_t *>p + i, v, n)
    elif vec is vu16:
        vu16_store_part(<uint16_t *>p + i, v, n)
    elif vec is vu32:
        vu32_store_part(<uint32_t *>p + i, v, n)
    else:
        vu64_store_part(<uint64_t *>p + i, v, n)


cdef inline vec fma(vec a, vec b, vec c) noexcept nogil:
    """a * b + c."""
    if vec is vf32:
        return vf32_fma(a, b, c)
    elif vec is vf64:
        return vf64_fma(a, b, c)
    else:
        return <vec>(a * b + c)


# A product may need two sums (S = 2). Complex numbers: x (interleaved) times the real part of the
# tap, and times the imaginary part. 64-bit integers: the low halves' products, and the mixed ones.

cdef inline vec second_tap(vec *h, Py_ssize_t i, vec tap) noexcept nogil:
    """What the second sum needs of the tap at element i."""
    if vec is vf32 or vec is vf64:
        return splat(h, i + 1)
    elif vec is vu64:
        return vu64_high(tap)
    else:
        return tap


cdef inline vec second_x(vec x) noexcept nogil:
    """What the second sum needs of a vector of x."""
    if vec is vu64:
        return vu64_high(x)
    else:
        return x


cdef inline vec second_sum(vec x, vec x2, vec tap, vec tap2, bint wide, vec acc) noexcept nogil:
    """Add a product to the second sum; not `wide`: all integer taps fit 32 bits."""
    if vec is vu64:
        if wide:
            acc = acc + vu64_mul32(x, tap2)
        return acc + vu64_mul32(x2, tap)
    else:
        return fma(x, tap2, acc)


cdef inline vec first_sum(vec x, vec tap, int S, vec acc) noexcept nogil:
    """Add a product to the first of S sums."""
    if vec is vu64:
        if S == 2:
            return acc + vu64_mul32(x, tap)
    return fma(x, tap, acc)


cdef inline vec join(vec a, vec b) noexcept nogil:
    """The result from the two sums."""
    if vec is vf32:
        return vf32_complex(a, b)
    elif vec is vf64:
        return vf64_complex(a, b)
    elif vec is vu64:
        return vu64_join(a, b)
    else:
        return a


cdef inline bint fits32(uint64_t *h, Py_ssize_t k) noexcept nogil:
    """Do all taps fit 32 bits, signed?"""
    cdef Py_ssize_t i
    cdef uint64_t high = 0
    for i in range(k):
        high |= (h[i] + <uint64_t>0x80000000) >> 32
    return high == 0
