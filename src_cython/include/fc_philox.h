/* Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
 *
 * A group is 64 words: word 16 w + l of group g is output w of the counter (16 g + l, call) under
 * the key `seed`. So any chunk of the stream can be made by itself, sixteen counters at a time.
 */
#ifndef FC_PHILOX_H
#define FC_PHILOX_H

#include <stdint.h>

#define FC_GROUP 64

static inline void fc_philox_group(uint32_t *out, int64_t seed, int64_t call, int64_t group) {
    uint32_t a[16], b[16], c[16], d[16];
    uint32_t k0 = (uint32_t)(uint64_t)seed, k1 = (uint32_t)((uint64_t)seed >> 32);
    uint64_t first = (uint64_t)group * 16;
    for (int l = 0; l < 16; l++) {
        a[l] = (uint32_t)first + (uint32_t)l;       /* 16 divides 2^32: no carry */
        b[l] = (uint32_t)(first >> 32);
        c[l] = (uint32_t)(uint64_t)call;
        d[l] = (uint32_t)((uint64_t)call >> 32);
    }
    for (int round = 0; round < 10; round++) {
        for (int l = 0; l < 16; l++) {
            uint64_t p = (uint64_t)a[l] * 0xD2511F53u;
            uint64_t q = (uint64_t)c[l] * 0xCD9E8D57u;
            a[l] = (uint32_t)(q >> 32) ^ b[l] ^ k0;
            b[l] = (uint32_t)q;
            c[l] = (uint32_t)(p >> 32) ^ d[l] ^ k1;
            d[l] = (uint32_t)p;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int l = 0; l < 16; l++) {
        out[l] = a[l];
        out[16 + l] = b[l];
        out[32 + l] = c[l];
        out[48 + l] = d[l];
    }
}

/* word * size / 2^64, rounded down: a whole number below size. */
static inline uint64_t fc_below(uint32_t high, uint32_t low, uint64_t size) {
    uint64_t s1 = size >> 32, s0 = (uint32_t)size;
    uint64_t mid = high * s0 + (low * s0 >> 32);
    return high * s1 + (mid >> 32) + ((low * s1 + (uint32_t)mid) >> 32);
}

#endif
