"""Random numbers from Philox: uniform, normal, truncated normal, integers.

Design
 (a) Streams as in dropout: a function of state and position. f32 takes one word an element (24 bits
     for uniform, 23 for normal numbers), f64 two (53 and 52 bits).
 (b) Normal numbers are sqrt(2) erfinv(2 u - 1): a polynomial (Giles, "Approximating the erfinv
     function", 2010), vectorised in f32, corrected in f64 by two Newton steps.
 (c) Chunks begin at multiples of 64.
"""

from libc cimport math
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

cimport fc_math
from fc_index cimport least
from fc_math cimport real
from fc_philox cimport FC_GROUP, fc_below, fc_philox_group

cdef enum:
    UNIFORM, NORMAL, TRUNCATED


cdef inline real normal(real x) noexcept nogil:
    # sqrt(2) erfinv(x), -1 < x < 1
    cdef real w = -fc_math.log((1 - x) * (1 + x)), near, far, z, q, gap
    cdef int step
    z = w - <real>2.5
    near = <real>2.81022636e-08
    near = near * z + <real>3.43273939e-07
    near = near * z + <real>-3.5233877e-06
    near = near * z + <real>-4.39150654e-06
    near = near * z + <real>0.00021858087
    near = near * z + <real>-0.00125372503
    near = near * z + <real>-0.00417768164
    near = near * z + <real>0.246640727
    near = near * z + <real>1.50140941
    z = fc_math.sqrt(w) - 3
    far = <real>-0.000200214257
    far = far * z + <real>0.000100950558
    far = far * z + <real>0.00134934322
    far = far * z + <real>-0.00367342844
    far = far * z + <real>0.00573950773
    far = far * z + <real>-0.0076224613
    far = far * z + <real>0.00943887047
    far = far * z + <real>1.00167406
    far = far * z + <real>2.83297682
    z = (near if w < 5 else far) * x * <real>1.4142135623730951
    if real is double:
        q = 0.5 * (1 - math.fabs(x))                # upper tail of |z|
        gap = math.fabs(z)
        for step in range(2):
            gap += (0.5 * math.erfc(gap * 0.7071067811865476) - q) / (
                0.3989422804014327 * math.exp(-0.5 * gap * gap)
            )
        z = math.copysign(gap, x)
    return z


cdef inline real transform(int kind, real u, real a, real b) noexcept nogil:
    # u in [0, 1) for UNIFORM, else in (0, 1)
    cdef real z
    if kind == UNIFORM:
        return a + u * (b - a)
    if kind == NORMAL:
        return a + b * normal(2 * u - 1)
    z = normal((2 * u - 1) * <real>0.95449973610364158)    # 2 sigma on either side
    return a + b * (<real>2.0 if z > 2 else (<real>-2.0 if z < -2 else z))


cdef inline void draw(real *y, int kind, void **buf, const double *par, Py_ssize_t lo,
                      Py_ssize_t hi) noexcept nogil:
    cdef int64_t *state = <int64_t *>buf[1]
    cdef uint32_t high[64]
    cdef uint32_t low[64]
    cdef real a = <real>par[0], b = <real>par[1], u
    cdef Py_ssize_t i, n
    while lo < hi:
        n = least(FC_GROUP, hi - lo)
        if real is float:
            fc_philox_group(high, state[0], state[1], lo // FC_GROUP)
            for i in range(n):
                if kind == UNIFORM:
                    u = <float><int32_t>(high[i] >> 8) * <float>(1.0 / 16777216)
                else:
                    u = (<float><int32_t>(high[i] >> 9) + <float>0.5) * <float>(1.0 / 8388608)
                y[lo + i] = transform(kind, u, a, b)
        else:
            fc_philox_group(high, state[0], state[1], 2 * (lo // FC_GROUP))
            fc_philox_group(low, state[0], state[1], 2 * (lo // FC_GROUP) + 1)
            for i in range(n):
                if kind == UNIFORM:
                    u = (high[i] >> 5) * 67108864.0 + (low[i] >> 6)
                    u = u * (1.0 / 9007199254740992.0)
                else:
                    u = (high[i] >> 6) * 67108864.0 + (low[i] >> 6)
                    u = (u + 0.5) * (1.0 / 4503599627370496.0)
                y[lo + i] = transform(kind, u, a, b)
        lo += n


cdef inline void integers(int64_t *y, void **buf, const Py_ssize_t *dim, Py_ssize_t lo,
                          Py_ssize_t hi) noexcept nogil:
    # From 64 random bits: for sizes below 2^32 the bias is below 2^-32.
    cdef int64_t *state = <int64_t *>buf[1]
    cdef uint32_t high[64]
    cdef uint32_t low[64]
    cdef uint64_t size = <uint64_t>dim[1]
    cdef Py_ssize_t i, n
    while lo < hi:
        n = least(FC_GROUP, hi - lo)
        fc_philox_group(high, state[0], state[1], 2 * (lo // FC_GROUP))
        fc_philox_group(low, state[0], state[1], 2 * (lo // FC_GROUP) + 1)
        for i in range(n):
            y[lo + i] = dim[0] + <int64_t>fc_below(high[i], low[i], size)
        lo += n


# random_uniform: buf y[n] state[2]:i64 | dim - | par lo hi | range n
cdef api void random_uniform_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    draw(<float *>buf[0], UNIFORM, buf, par, lo, hi)

cdef api void random_uniform_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    draw(<double *>buf[0], UNIFORM, buf, par, lo, hi)

# random_normal: buf y[n] state[2]:i64 | dim - | par mean stddev | range n
cdef api void random_normal_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    draw(<float *>buf[0], NORMAL, buf, par, lo, hi)

cdef api void random_normal_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    draw(<double *>buf[0], NORMAL, buf, par, lo, hi)

# Redrawn beyond two standard deviations, in effect.
# random_truncated: buf y[n] state[2]:i64 | dim - | par mean stddev | range n
cdef api void random_truncated_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    draw(<float *>buf[0], TRUNCATED, buf, par, lo, hi)

cdef api void random_truncated_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    draw(<double *>buf[0], TRUNCATED, buf, par, lo, hi)

# random_integers: buf y[n] state[2]:i64 | dim first size | par - | range n
cdef api void random_integers_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    integers(<int64_t *>buf[0], buf, dim, lo, hi)
