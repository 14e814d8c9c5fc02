/* What the pool needs of a platform: threads, a mutex, a condition, a clock, a pause, and the
 * floating-point flush mode. Without POSIX threads FC_THREADS is 0 and everything runs on the caller. */
#ifndef FC_THREAD_H
#define FC_THREAD_H

#include <stdint.h>

#if defined(__unix__) || defined(__APPLE__)
#define FC_THREADS 1
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#else
#define FC_THREADS 0
#include <time.h>
#endif

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
static inline void fc_pause(void) { _mm_pause(); }
/* Denormal results and operands become zero (FTZ and DAZ bits); returns the mode to restore. */
static inline uint64_t fc_flush_denormals(void) {
    unsigned old = _mm_getcsr();
    _mm_setcsr(old | 0x8040u);
    return old;
}
static inline void fc_restore_fp(uint64_t old) { _mm_setcsr((unsigned)old); }
#elif defined(__aarch64__)
static inline void fc_pause(void) { __asm__ __volatile__("yield"); }
static inline uint64_t fc_flush_denormals(void) {
    uint64_t old;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(old));
    __asm__ __volatile__("msr fpcr, %0" : : "r"(old | (1ull << 24)));
    return old;
}
static inline void fc_restore_fp(uint64_t old) { __asm__ __volatile__("msr fpcr, %0" : : "r"(old)); }
#else
static inline void fc_pause(void) {}
static inline uint64_t fc_flush_denormals(void) { return 0; }
static inline void fc_restore_fp(uint64_t old) { (void)old; }
#endif

static inline int64_t fc_now_ns(void) {
    struct timespec t;
#if FC_THREADS
    clock_gettime(CLOCK_MONOTONIC, &t);
#else
    timespec_get(&t, TIME_UTC);
#endif
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

#endif
