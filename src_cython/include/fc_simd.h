/* Vector types over the compiler's vector extension, as wide as the ISA's registers.
 *
 * vf32, vf64 and the integers vu8 to vu64 add, subtract and multiply with plain operators.
 * *_fma(a, b, c) is a * b + c, one rounding wherever the ISA has it, in tiles and tails alike, so
 * that both give the same bits (left to the compiler, some tunings contract and some do not).
 * Loads and stores take any address; the *_part functions touch only the first n lanes,
 * 0 <= n <= width, and never a byte beyond.
 */
#ifndef FC_SIMD_H
#define FC_SIMD_H

#include <stddef.h>
#include <stdint.h>
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

/* How many vector registers a tile may fill. */
#ifndef FC_REGISTERS
#if FC_VBYTES == 64 || defined(__aarch64__)
#define FC_REGISTERS 32
#else
#define FC_REGISTERS 16
#endif
#endif

#define FC_WF32 (FC_VBYTES / 4)
#define FC_WF64 (FC_VBYTES / 8)

#define FC_INLINE static inline __attribute__((always_inline, unused))
/* Return type of a Cython function that must be inlined: a tile whose sizes are constants. */
#define FC_INLINE_VOID inline __attribute__((always_inline, unused)) void

/* The same number, unknown to the compiler: a loop to such a bound is not unrolled. */
FC_INLINE ptrdiff_t fc_opaque(ptrdiff_t n) {
    __asm__("" : "+r"(n));
    return n;
}

/* Keeps a loaded vector in its register: gcc would load it again for each of its uses. */
#if (FC_VBYTES <= 32 && defined(__AVX__)) || defined(__AVX512F__)
#define fc_keep(v) __asm__("" : "+v"(v))
#elif FC_VBYTES == 16 && defined(__SSE2__)
#define fc_keep(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
#define fc_keep(v) __asm__("" : "+w"(v))
#else
#define fc_keep(v) ((void)0)
#endif

#ifdef __clang__
#define FC_SHUFFLE(mask, v, ...) __builtin_shufflevector(v, v, __VA_ARGS__)
#else
#define FC_SHUFFLE(mask, v, ...) __builtin_shuffle(v, (mask){__VA_ARGS__})
#endif

/* The vector V of elements T, and Vu, the same at any address. */
#define FC_VECTOR(V, T) \
    typedef T V __attribute__((vector_size(FC_VBYTES), may_alias)); \
    typedef T V##u __attribute__((vector_size(FC_VBYTES), aligned(sizeof(T)), may_alias)); \
    FC_INLINE V V##_load(const T *p) { return *(const V##u *)p; } \
    FC_INLINE void V##_store(T *p, V v) { *(V##u *)p = v; }

FC_VECTOR(vf32, float)
FC_VECTOR(vf64, double)
FC_VECTOR(vu8, uint8_t)
FC_VECTOR(vu16, uint16_t)
FC_VECTOR(vu32, uint32_t)
FC_VECTOR(vu64, uint64_t)

/* x - 0 and not x + 0: keeps the sign of -0. */
FC_INLINE vf32 vf32_splat(float x) { return x - (vf32){0}; }
FC_INLINE vf64 vf64_splat(double x) { return x - (vf64){0}; }
FC_INLINE vu8 vu8_splat(uint8_t x) { return x - (vu8){0}; }
FC_INLINE vu16 vu16_splat(uint16_t x) { return x - (vu16){0}; }
FC_INLINE vu32 vu32_splat(uint32_t x) { return x - (vu32){0}; }
FC_INLINE vu64 vu64_splat(uint64_t x) { return x - (vu64){0}; }

#if FC_VBYTES == 64 && defined(__AVX512F__)
FC_INLINE vf32 vf32_fma(vf32 a, vf32 b, vf32 c) {
    return (vf32)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
FC_INLINE vf64 vf64_fma(vf64 a, vf64 b, vf64 c) {
    return (vf64)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#elif FC_VBYTES == 32 && defined(__FMA__)
FC_INLINE vf32 vf32_fma(vf32 a, vf32 b, vf32 c) {
    return (vf32)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
FC_INLINE vf64 vf64_fma(vf64 a, vf64 b, vf64 c) {
    return (vf64)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
#else
FC_INLINE vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return a * b + c; }
FC_INLINE vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return a * b + c; }
#endif

/* Complex numbers lie interleaved. With a = sum re(h) x and b = sum im(h) x over interleaved x, the
 * sum of complex products is (re a - im b, im a + re b). */
FC_INLINE vf32 vf32_complex(vf32 a, vf32 b) {
#if FC_VBYTES == 64
    b = FC_SHUFFLE(vu32, b, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    return a + b * (vf32){-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1};
#elif FC_VBYTES == 32
    b = FC_SHUFFLE(vu32, b, 1, 0, 3, 2, 5, 4, 7, 6);
    return a + b * (vf32){-1, 1, -1, 1, -1, 1, -1, 1};
#else
    b = FC_SHUFFLE(vu32, b, 1, 0, 3, 2);
    return a + b * (vf32){-1, 1, -1, 1};
#endif
}
FC_INLINE vf64 vf64_complex(vf64 a, vf64 b) {
#if FC_VBYTES == 64
    b = FC_SHUFFLE(vu64, b, 1, 0, 3, 2, 5, 4, 7, 6);
    return a + b * (vf64){-1, 1, -1, 1, -1, 1, -1, 1};
#elif FC_VBYTES == 32
    b = FC_SHUFFLE(vu64, b, 1, 0, 3, 2);
    return a + b * (vf64){-1, 1, -1, 1};
#else
    b = FC_SHUFFLE(vu64, b, 1, 0);
    return a + b * (vf64){-1, 1};
#endif
}

/* 64-bit products in halves: with a = ah 2^32 + al, both halves signed, a b = al bl + (ah bl + al bh)
 * 2^32 modulo 2^64. *_mul32 multiplies the low halves, *_high gives the high one in its low half:
 * zero for every number that fits 32 bits. Where no such instruction is, FC_MUL32 is 0. */
#if FC_VBYTES == 64 && defined(__AVX512F__)
#define FC_MUL32 1
FC_INLINE vu64 vu64_mul32(vu64 a, vu64 b) {
    return (vu64)_mm512_mul_epi32((__m512i)a, (__m512i)b);
}
#elif FC_VBYTES == 32 && defined(__AVX2__)
#define FC_MUL32 1
FC_INLINE vu64 vu64_mul32(vu64 a, vu64 b) {
    return (vu64)_mm256_mul_epi32((__m256i)a, (__m256i)b);
}
#elif FC_VBYTES == 16 && defined(__SSE4_1__)
#define FC_MUL32 1
#include <smmintrin.h>
FC_INLINE vu64 vu64_mul32(vu64 a, vu64 b) {
    return (vu64)_mm_mul_epi32((__m128i)a, (__m128i)b);
}
#else
#define FC_MUL32 0
FC_INLINE vu64 vu64_mul32(vu64 a, vu64 b) { return a * b; }
#endif
FC_INLINE vu64 vu64_high(vu64 a) { return (a + 0x80000000u) >> 32; }
FC_INLINE vu64 vu64_join(vu64 low, vu64 high) { return low + (high << 32); }

/* The first n lanes by memcpy: right for every type, and fast enough for the shortest rows. */
#define FC_PART_COPY(V, T) \
    FC_INLINE V V##_load_part(const T *p, ptrdiff_t n) { \
        V v = {0}; \
        memcpy(&v, p, (size_t)n * sizeof(T)); \
        return v; \
    } \
    FC_INLINE void V##_store_part(T *p, V v, ptrdiff_t n) { memcpy(p, &v, (size_t)n * sizeof(T)); }

FC_PART_COPY(vu8, uint8_t)
FC_PART_COPY(vu16, uint16_t)

#if FC_VBYTES == 64 && defined(__AVX512F__)
#define FC_PART_MASK(V, T, S, M, R) \
    FC_INLINE V V##_load_part(const T *p, ptrdiff_t n) { \
        return (V)_mm512_maskz_loadu_##S((M)((1u << n) - 1), p); \
    } \
    FC_INLINE void V##_store_part(T *p, V v, ptrdiff_t n) { \
        _mm512_mask_storeu_##S(p, (M)((1u << n) - 1), (R)v); \
    }
FC_PART_MASK(vf32, float, ps, __mmask16, __m512)
FC_PART_MASK(vf64, double, pd, __mmask8, __m512d)
FC_PART_MASK(vu32, uint32_t, epi32, __mmask16, __m512i)
FC_PART_MASK(vu64, uint64_t, epi64, __mmask8, __m512i)
#elif FC_VBYTES == 32 && defined(__AVX2__)
static const int fc_mask32[16] __attribute__((unused)) = {-1, -1, -1, -1, -1, -1, -1, -1};
static const long long fc_mask64[8] __attribute__((unused)) = {-1, -1, -1, -1};
FC_INLINE __m256i fc_lanes32(ptrdiff_t n) {
    return _mm256_loadu_si256((const __m256i *)(fc_mask32 + 8 - n));
}
FC_INLINE __m256i fc_lanes64(ptrdiff_t n) {
    return _mm256_loadu_si256((const __m256i *)(fc_mask64 + 4 - n));
}
#define FC_PART_MASK(V, T, P, S, R, LANES) \
    FC_INLINE V V##_load_part(const T *p, ptrdiff_t n) { \
        return (V)_mm256_maskload_##S((const P *)p, LANES(n)); \
    } \
    FC_INLINE void V##_store_part(T *p, V v, ptrdiff_t n) { \
        _mm256_maskstore_##S((P *)p, LANES(n), (R)v); \
    }
FC_PART_MASK(vf32, float, float, ps, __m256, fc_lanes32)
FC_PART_MASK(vf64, double, double, pd, __m256d, fc_lanes64)
FC_PART_MASK(vu32, uint32_t, int, epi32, __m256i, fc_lanes32)
FC_PART_MASK(vu64, uint64_t, long long, epi64, __m256i, fc_lanes64)
#else
FC_PART_COPY(vf32, float)
FC_PART_COPY(vf64, double)
FC_PART_COPY(vu32, uint32_t)
FC_PART_COPY(vu64, uint64_t)
#endif

#endif
