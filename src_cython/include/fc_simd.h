/* Vector types over the compiler's vector extension, as wide as the ISA's registers.
 *
 * vf32 and vf64 add, subtract and multiply with plain operators (the compiler contracts
 * acc + a * b to one fma wherever the ISA has it, in tiles and tails alike, so that both give the
 * same bits). vf32u and vf64u are the same vectors at any address: load and store through pointers
 * to them. The *_part functions touch only the first n lanes, 0 <= n <= width.
 */
#ifndef FC_SIMD_H
#define FC_SIMD_H

#include <stddef.h>
#include <string.h>

#if defined(__AVX__)
#include <immintrin.h>
#endif

#ifndef FC_VBYTES
#if defined(__AVX512F__)
#define FC_VBYTES 64
#elif defined(__AVX__)
#define FC_VBYTES 32
#else
#define FC_VBYTES 16
#endif
#endif

#define FC_WF32 (FC_VBYTES / 4)
#define FC_WF64 (FC_VBYTES / 8)

typedef float vf32 __attribute__((vector_size(FC_VBYTES), may_alias));
typedef double vf64 __attribute__((vector_size(FC_VBYTES), may_alias));
typedef float vf32u __attribute__((vector_size(FC_VBYTES), aligned(4), may_alias));
typedef double vf64u __attribute__((vector_size(FC_VBYTES), aligned(8), may_alias));

#define FC_INLINE static inline __attribute__((always_inline, unused))

/* x - 0 and not x + 0: keeps the sign of -0. */
FC_INLINE vf32 vf32_splat(float x) { return x - (vf32){0}; }
FC_INLINE vf64 vf64_splat(double x) { return x - (vf64){0}; }
FC_INLINE vf32 vf32_load(const float *p) { return *(const vf32u *)p; }
FC_INLINE vf64 vf64_load(const double *p) { return *(const vf64u *)p; }
FC_INLINE void vf32_store(float *p, vf32 v) { *(vf32u *)p = v; }
FC_INLINE void vf64_store(double *p, vf64 v) { *(vf64u *)p = v; }

#if FC_VBYTES == 64 && defined(__AVX512F__)
FC_INLINE vf32 vf32_load_part(const float *p, ptrdiff_t n) {
    return (vf32)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
FC_INLINE vf64 vf64_load_part(const double *p, ptrdiff_t n) {
    return (vf64)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
FC_INLINE void vf32_store_part(float *p, vf32 v, ptrdiff_t n) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}
FC_INLINE void vf64_store_part(double *p, vf64 v, ptrdiff_t n) {
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)v);
}
#elif FC_VBYTES == 32 && defined(__AVX__)
static const int fc_mask32[16] __attribute__((unused)) = {-1, -1, -1, -1, -1, -1, -1, -1};
static const long long fc_mask64[8] __attribute__((unused)) = {-1, -1, -1, -1};
FC_INLINE __m256i fc_lanes32(ptrdiff_t n) {
    return _mm256_loadu_si256((const __m256i *)(fc_mask32 + 8 - n));
}
FC_INLINE __m256i fc_lanes64(ptrdiff_t n) {
    return _mm256_loadu_si256((const __m256i *)(fc_mask64 + 4 - n));
}
FC_INLINE vf32 vf32_load_part(const float *p, ptrdiff_t n) {
    return (vf32)_mm256_maskload_ps(p, fc_lanes32(n));
}
FC_INLINE vf64 vf64_load_part(const double *p, ptrdiff_t n) {
    return (vf64)_mm256_maskload_pd(p, fc_lanes64(n));
}
FC_INLINE void vf32_store_part(float *p, vf32 v, ptrdiff_t n) {
    _mm256_maskstore_ps(p, fc_lanes32(n), (__m256)v);
}
FC_INLINE void vf64_store_part(double *p, vf64 v, ptrdiff_t n) {
    _mm256_maskstore_pd(p, fc_lanes64(n), (__m256d)v);
}
#else
FC_INLINE vf32 vf32_load_part(const float *p, ptrdiff_t n) {
    vf32 v = {0};
    memcpy(&v, p, (size_t)n * sizeof(float));
    return v;
}
FC_INLINE vf64 vf64_load_part(const double *p, ptrdiff_t n) {
    vf64 v = {0};
    memcpy(&v, p, (size_t)n * sizeof(double));
    return v;
}
FC_INLINE void vf32_store_part(float *p, vf32 v, ptrdiff_t n) {
    memcpy(p, &v, (size_t)n * sizeof(float));
}
FC_INLINE void vf64_store_part(double *p, vf64 v, ptrdiff_t n) {
    memcpy(p, &v, (size_t)n * sizeof(double));
}
#endif

#endif
