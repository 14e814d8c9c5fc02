"""1-D sliding dot products.

Design
 (a) y[i] = sum_k x[i + k] h[k]: the taps come ready (reversed for convolve, conjugated for
     correlate), so one loop serves both. Borders are the caller's: every x[i + k] exists.
 (b) The register tile is in fc_line.pxd. Every output has the same bits in every split.
 (c) Complex numbers (C = 2 elements each): x stays interleaved, and two sets of sums (S = 2), with
     the real and the imaginary parts of the taps, are joined at the end (C's complex product
     calls __muldc3).
 (d) Integers wrap modulo 2**n as unsigned types, so i8 serves u8 too, and so on. 64-bit products
     are sums of 32-bit ones, see fc_vec.pxd: two of them where the taps fit 32 bits, else three.
"""

from libc.stdint cimport uint64_t

from fc_line cimport line, tiled
from fc_simd cimport FC_MUL32, inlined, vf32, vf64, vu8, vu16, vu32, vu64
from fc_vec cimport at, fits32, vec


cdef inline inlined real(vec *y, vec *x, vec *h, Py_ssize_t k,
                         Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    line(at(y, lo), at(x, lo), h, k, hi - lo, 1, 0, 1)


cdef inline inlined complex_(vec *y, vec *x, vec *h, Py_ssize_t k,
                             Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    line(at(y, 2 * lo), at(x, 2 * lo), h, k, hi - lo, 1, 0, 2)


cdef inline inlined short_(vec *y, vec *x, vec *h, Py_ssize_t k, Py_ssize_t lo, Py_ssize_t hi,
                           int T, int J) noexcept nogil:
    tiled(at(y, lo), at(x, lo), h, k, hi - lo, 1, 0, T, J, 1, 1, False)


cdef inline inlined long_(vec *y, vec *x, vec *h, Py_ssize_t k,
                          Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    y = at(y, lo)
    x = at(x, lo)
    if not FC_MUL32:
        tiled(y, x, h, k, hi - lo, 1, 0, 1, 4, 1, 1, False)
    elif fits32(<uint64_t *>h, k):
        tiled(y, x, h, k, hi - lo, 1, 0, 2, 4, 1, 2, False)
    else:
        tiled(y, x, h, k, hi - lo, 1, 0, 2, 4, 1, 2, True)


# conv1d_direct: buf y[n] x[n+k-1] h[k] | dim k | par - | range n
cdef api void conv1d_direct_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    real(<vf32 *>buf[0], <vf32 *>buf[1], <vf32 *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    real(<vf64 *>buf[0], <vf64 *>buf[1], <vf64 *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_c64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_(<vf32 *>buf[0], <vf32 *>buf[1], <vf32 *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_c128(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    complex_(<vf64 *>buf[0], <vf64 *>buf[1], <vf64 *>buf[2], dim[0], lo, hi)

cdef api void conv1d_direct_i8(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    short_(<vu8 *>buf[0], <vu8 *>buf[1], <vu8 *>buf[2], dim[0], lo, hi, 1, 4)

cdef api void conv1d_direct_i16(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    short_(<vu16 *>buf[0], <vu16 *>buf[1], <vu16 *>buf[2], dim[0], lo, hi, 2, 8)

cdef api void conv1d_direct_i32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    short_(<vu32 *>buf[0], <vu32 *>buf[1], <vu32 *>buf[2], dim[0], lo, hi, 2, 8)

cdef api void conv1d_direct_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    long_(<vu64 *>buf[0], <vu64 *>buf[1], <vu64 *>buf[2], dim[0], lo, hi)
