/* Elementary functions that the compiler vectorises: branch-free f32, libm's for f64.
 *
 * Design
 *  (a) Written on scalars and inlined into plain loops, so one text serves every register width.
 *  (b) Errors are below 2 ulp (tests/kernels/test_math.py), NaN stays NaN, infinities and zeros go
 *      where they belong. Polynomials are own minimax fits.
 *  (c) Kernel modules that include this file inline all their `cdef inline` bodies: an op or mode
 *      given as a constant then selects code at compile time.
 */
#ifndef FC_MATH_H
#define FC_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#undef CYTHON_INLINE
#define CYTHON_INLINE inline __attribute__((always_inline, unused))
#define FC_MATH static inline __attribute__((always_inline, unused))
#else
#define FC_MATH static inline
#endif

FC_MATH float fc_bits_to_f32(int32_t i) { float f; memcpy(&f, &i, 4); return f; }
FC_MATH int32_t fc_f32_to_bits(float f) { int32_t i; memcpy(&i, &f, 4); return i; }

/* x = n ln2 + r; returns exp(r) - 1 and n. The constant 1.5 * 2^23 rounds to an integer, which then
 * stands in the low bits. */
FC_MATH float fc_exp_core(float x, int32_t *n) {
    float t = x * 1.44269504f + 12582912.0f;
    float k = t - 12582912.0f;
    float r = x - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    float q = 1.990768901e-04f;
    q = q * r + 1.393373294e-03f;
    q = q * r + 8.333285859e-03f;
    q = q * r + 4.166646417e-02f;
    q = q * r + 1.666666676e-01f;
    q = q * r + 5.000000014e-01f;
    *n = fc_f32_to_bits(t) - 0x4B400000;
    return r + r * r * q;
}

FC_MATH float fc_exp_f32(float x) {
    float c = x > 89.0f ? 89.0f : x;
    int32_t n, half;
    c = c < -105.0f ? -105.0f : c;
    float y = 1.0f + fc_exp_core(c, &n);
    half = n >> 1;              /* two factors: 2^n alone may be out of range */
    return y * fc_bits_to_f32((half + 127) * (1 << 23)) * fc_bits_to_f32((n - half + 127) * (1 << 23));
}

FC_MATH float fc_expm1_f32(float x) {
    float c = x > 89.0f ? 89.0f : x;
    int32_t n;
    c = c < -87.0f ? -87.0f : c;
    float e = fc_exp_core(c, &n);
    float s = fc_bits_to_f32((n + 126) * (1 << 23));      /* 2^(n-1) */
    float y = 2.0f * (s * e + (s - 0.5f));
    return n == 0 ? e : y;
}

FC_MATH float fc_log_f32(float x) {
    int small = x < 1.17549435e-38f;
    float m = small ? x * 8388608.0f : x;
    int32_t bits = fc_f32_to_bits(m);
    int32_t n = (bits - 0x3F3504F3) >> 23;                /* m = 2^n (1 + f), f in sqrt(1/2)-1..sqrt(2)-1 */
    float f = fc_bits_to_f32(bits - n * (1 << 23)) - 1.0f;
    float k = (float)n - (small ? 23.0f : 0.0f);
    float p = 6.909941466e-02f;
    p = p * f + -1.177582724e-01f;
    p = p * f + 1.186762394e-01f;
    p = p * f + -1.238655639e-01f;
    p = p * f + 1.421979596e-01f;
    p = p * f + -1.666914973e-01f;
    p = p * f + 2.000215625e-01f;
    p = p * f + -2.499998780e-01f;
    p = p * f + 3.333331175e-01f;
    float z = f * f;
    float y = z * f * p;
    y = y - k * 2.12194440e-4f;
    y = y - 0.5f * z;
    y = f + y;
    y = y + k * 0.693359375f;
    y = x == 0.0f ? -INFINITY : y;
    y = x < 0.0f ? NAN : y;
    y = x == INFINITY ? x : y;
    return x != x ? x : y;
}

FC_MATH float fc_log1p_f32(float x) {
    float u = 1.0f + x;
    float lost = x - (u - 1.0f);
    float fix = lost / u;
    fix = x > 1e7f ? 0.0f : fix;
    fix = u <= 0.0f ? 0.0f : fix;
    return fc_log_f32(u) + fix;
}

FC_MATH float fc_tanh_f32(float x) {
    float z = x * x;
    float p = -5.910595390e-03f;
    p = p * z + 2.080978632e-02f;
    p = p * z + -5.378812639e-02f;
    p = p * z + 1.333197754e-01f;
    p = p * z + -3.333330013e-01f;
    float inner = x + x * (z * p);
    float outer = 1.0f - 2.0f / (1.0f + fc_exp_f32(2.0f * fabsf(x)));
    return copysignf(fabsf(x) < 0.6f ? inner : outer, x);      /* -0 too */
}

FC_MATH float fc_erf_f32(float x) {
    float a = fabsf(x), z = x * x;
    float p = 8.215414658e-05f;
    p = p * z + -8.105962674e-04f;
    p = p * z + 5.197796919e-03f;
    p = p * z + -2.685810417e-02f;
    p = p * z + 1.128367254e-01f;
    p = p * z + -3.761263229e-01f;
    p = p * z + 1.283791665e-01f;
    float inner = x + x * p;
    float c = a > 4.0f ? 4.0f : a;                        /* erf(4) rounds to 1 */
    float l = -2.090984502e-05f;                          /* log(erfc(c)) */
    l = l * c + 4.323061567e-04f;
    l = l * c + -4.160541350e-03f;
    l = l * c + 2.509153227e-02f;
    l = l * c + -1.082366708e-01f;
    l = l * c + -6.333866027e-01f;
    l = l * c + -1.129495179e+00f;
    l = l * c + 1.705559864e-04f;
    float outer = copysignf(1.0f - fc_exp_f32(l), x);
    return a < 0.92f ? inner : outer;
}

#endif
