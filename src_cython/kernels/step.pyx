"""What surrounds the update in an optimizer's step: norms, accumulation, averages, learning rates.

Design: tables and counters as in update.pyx; all state is read from memory, so that steps replay.
"""

from libc.math cimport ceil, cos, floor, log, pow, sqrt
from libc.stdint cimport int64_t

from fc_simd cimport (
    FC_WF32, FC_WF64, vf32, vf32_load, vf32_load_part, vf32_splat, vf32_store, vf64, vf64_load,
    vf64_load_part, vf64_splat, vf64_store,
)

ctypedef fused real:
    float
    double

ctypedef fused stepped:
    int64_t
    double

ctypedef const Py_ssize_t *dims_t
ctypedef const double *pars_t

cdef enum:
    CHUNK = 5
    FC_MAX_LANES = 16


cdef inline Py_ssize_t least(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    return a if a < b else b


cdef inline double squares_f32(const float *x, Py_ssize_t n) noexcept nogil:
    # Four vector sums over 64 vectors at most, then float64: rounding stays at a few ulp.
    cdef vf32 a, b, c, d, v
    cdef float lanes[FC_MAX_LANES]
    cdef double total = 0
    cdef Py_ssize_t i = 0, end, k
    while i < n:
        end = least(n, i + 64 * FC_WF32)
        a = b = c = d = vf32_splat(0)
        while i + 4 * FC_WF32 <= end:
            v = vf32_load(x + i)
            a = a + v * v
            v = vf32_load(x + i + FC_WF32)
            b = b + v * v
            v = vf32_load(x + i + 2 * FC_WF32)
            c = c + v * v
            v = vf32_load(x + i + 3 * FC_WF32)
            d = d + v * v
            i += 4 * FC_WF32
        while i < end:
            v = vf32_load_part(x + i, least(end - i, FC_WF32))
            a = a + v * v
            i += FC_WF32
        vf32_store(lanes, (a + b) + (c + d))
        for k in range(FC_WF32):
            total += lanes[k]
    return total


cdef inline double squares_f64(const double *x, Py_ssize_t n) noexcept nogil:
    cdef vf64 a, b, c, d, v
    cdef double lanes[FC_MAX_LANES]
    cdef double total = 0
    cdef Py_ssize_t i = 0, k
    a = b = c = d = vf64_splat(0)
    while i + 4 * FC_WF64 <= n:
        v = vf64_load(x + i)
        a = a + v * v
        v = vf64_load(x + i + FC_WF64)
        b = b + v * v
        v = vf64_load(x + i + 2 * FC_WF64)
        c = c + v * v
        v = vf64_load(x + i + 3 * FC_WF64)
        d = d + v * v
        i += 4 * FC_WF64
    while i < n:
        v = vf64_load_part(x + i, least(n - i, FC_WF64))
        a = a + v * v
        i += FC_WF64
    vf64_store(lanes, (a + b) + (c + d))
    for k in range(FC_WF64):
        total += lanes[k]
    return total


cdef inline void norm_partial(real *like, void **buf, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real *dp
    cdef int64_t *at
    cdef Py_ssize_t c
    for c in range(lo, hi):
        at = <int64_t *>buf[1] + CHUNK * c
        dp = (<real **>buf[2])[2 * at[0] + 1] + at[1]
        if real is float:
            (<double *>buf[0])[c] = squares_f32(dp, at[2])
        else:
            (<double *>buf[0])[c] = squares_f64(dp, at[2])


cdef inline void norm_combine(double *scales, const double *partial, const int64_t *owner,
                              dims_t dim, pars_t par) noexcept nogil:
    # factor is what gradients are multiplied by anyway; norms are those after it.
    cdef Py_ssize_t chunks = dim[0], segments = dim[1], c, s
    cdef bint together = dim[2]
    cdef double factor = par[0], clip = par[1], norm = 0
    if together:
        for c in range(chunks):
            norm += partial[c]
        norm = sqrt(norm) * factor
        norm = clip * min(1 / norm, 1 / clip) + (norm - norm)
        for s in range(segments):
            scales[s] = norm * factor
        return
    for s in range(segments):
        scales[s] = 0
    for c in range(chunks):
        scales[owner[c]] += partial[c]
    for s in range(segments):
        norm = sqrt(scales[s]) * factor
        scales[s] = factor if norm <= clip else clip / norm * factor


cdef inline void accumulate(real *acc0, void **buf, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef real *acc
    cdef real *dp
    cdef int64_t *at
    cdef Py_ssize_t c, i
    for c in range(lo, hi):
        at = <int64_t *>buf[1] + CHUNK * c
        dp = (<real **>buf[2])[2 * at[0] + 1] + at[1]
        acc = acc0 + at[3]
        for i in range(at[2]):
            acc[i] = dp[i] + acc[i]


cdef inline void clear(real *acc, void **buf, Py_ssize_t every, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    if ((<int64_t *>buf[1])[0] + 1) % every == 0:
        for i in range(lo, hi):
            acc[i] = 0


cdef inline void average(real *avg0, void **buf, dims_t dim, pars_t par,
                         Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    # avg = mu avg + (1 - mu) p; the first update starts from p itself.
    cdef int64_t t = (<int64_t *>buf[3])[0] // dim[0]
    cdef bint overwrite = dim[1] > 0 and (t + 1) % dim[1] == 0
    cdef real mu = <real>(par[0] if t else 0.0), rest = <real>1.0 - mu
    cdef real *avg
    cdef real *p
    cdef int64_t *at
    cdef Py_ssize_t c, i
    for c in range(lo, hi):
        at = <int64_t *>buf[1] + CHUNK * c
        p = (<real **>buf[2])[2 * at[0]] + at[1]
        avg = avg0 + at[3]
        for i in range(at[2]):
            avg[i] = mu * avg[i] + rest * p[i]
        if overwrite:
            for i in range(at[2]):
                p[i] = avg[i]


# --- learning rates ----------------------------------------------------------------------------------

cdef enum:
    EXPONENTIAL, INVERSE_TIME, POLYNOMIAL, COSINE, RESTARTS, PIECEWISE


cdef inline double decay(double x, double alpha) noexcept nogil:
    return (1 - alpha) * 0.5 * (1 + cos(3.141592653589793 * x)) + alpha


cdef inline double restarts(double x, double t_mul, double m_mul, double alpha) noexcept nogil:
    # x counts first periods; period i is t_mul^i of them long, its amplitude m_mul^i.
    cdef double i, length, gone
    if t_mul == 1:
        i = floor(x)
        x -= i
    else:
        # The quotient of logarithms may fall short of an integer it should reach.
        i = floor(log(1 - x * (1 - t_mul)) / log(t_mul) + 1e-9)
        length = pow(t_mul, i)
        x = (x - (1 - length) / (1 - t_mul)) / length
    return (1 - alpha) * 0.5 * pow(m_mul, i) * (1 + cos(3.141592653589793 * x)) + alpha


cdef double scheduled(Py_ssize_t kind, bint flag, double t, pars_t par, const double *table,
                      Py_ssize_t n) noexcept nogil:
    cdef double x, steps = par[1]
    cdef Py_ssize_t i
    if kind == EXPONENTIAL or kind == INVERSE_TIME:
        x = t / steps
        if flag:
            x = floor(x)
        if kind == EXPONENTIAL:
            return par[0] * pow(par[2], x)
        return par[0] / (1 + par[2] * x)
    if kind == POLYNOMIAL:
        if flag:
            if t > 0:
                steps *= ceil(t / steps)
        else:
            t = min(t, steps)
        return (par[0] - par[2]) * pow(1 - t / steps, par[3]) + par[2]
    if kind == COSINE:
        if not flag:
            return par[0] * decay(min(t, steps) / steps, par[2])
        t = min(t, steps + par[4])
        if t < par[4]:
            return (par[3] - par[0]) * (t / par[4]) + par[0]
        return par[3] * decay((t - par[4]) / steps, par[2])
    if kind == RESTARTS:
        return par[0] * restarts(t / steps, par[2], par[3], par[4])
    for i in range(n):
        if t <= table[i]:
            return table[n + i]
    return table[2 * n]


cdef inline void rates(float *rate, stepped *step, const double *table, dims_t dim, pars_t par,
                       Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(lo, hi):
        rate[i] = <float>scheduled(dim[0], dim[1], <double>step[i], par, table, dim[2])


# step_norm_partial: buf partial[c] chunks[c,5] segs[s,2] | dim - | par - | range c
cdef api void step_norm_partial_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    norm_partial(<float *>NULL, buf, lo, hi)

cdef api void step_norm_partial_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    norm_partial(<double *>NULL, buf, lo, hi)

# step_norm_combine: buf scale[s] partial[c] owner[c] | dim c s together | par factor clip | range 1
cdef api void step_norm_combine_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    norm_combine(<double *>buf[0], <double *>buf[1], <int64_t *>buf[2], dim, par)

# step_accumulate: buf acc[n] chunks[c,5] segs[s,2] | dim - | par - | range c
cdef api void step_accumulate_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    accumulate(<float *>buf[0], buf, lo, hi)

cdef api void step_accumulate_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    accumulate(<double *>buf[0], buf, lo, hi)

# step_clear: buf acc[n] step[1] | dim every | par - | range n
cdef api void step_clear_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    clear(<float *>buf[0], buf, dim[0], lo, hi)

cdef api void step_clear_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    clear(<double *>buf[0], buf, dim[0], lo, hi)

# step_average: buf average[n] chunks[c,5] segs[s,2] step[1] | dim every overwrite | par momentum | range c
cdef api void step_average_f32(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    average(<float *>buf[0], buf, dim, par, lo, hi)

cdef api void step_average_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    average(<double *>buf[0], buf, dim, par, lo, hi)

# step_rate: buf rate[k] step[k] table[2*n+1]|- | dim kind flag n | par initial steps a b c | range k
cdef api void step_rate_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rates(<float *>buf[0], <int64_t *>buf[1], <double *>buf[2], dim, par, lo, hi)

cdef api void step_rate_f64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    rates(<float *>buf[0], <double *>buf[1], <double *>buf[2], dim, par, lo, hi)

# step_count: buf step[1] | dim - | par - | range 1
cdef api void step_count_i64(void **buf, const Py_ssize_t *dim, const double *par, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
    (<int64_t *>buf[0])[0] += 1
