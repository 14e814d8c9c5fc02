/* A small pool of threads for kernels; included by runtime/pool.pyx only.
 *
 * Design
 *  (a) One job at a time, cut into chunks of `grain` items that threads claim by an atomic counter.
 *      The caller claims too, and at the end waits only for chunks that others already hold: on a
 *      busy machine a call costs its share of the cores, not a stall.
 *  (b) Who finds the pool taken (a second Python thread, a nested call) runs its job alone.
 *  (c) A worker enters a job by `users += 1; if (open == epoch)`, the caller closes it by
 *      `open = 0; wait for users == 0`. Both are sequentially consistent, so a late worker either
 *      sees the job closed or is waited for: the job's fields can be reused.
 *  (d) Workers sleep between jobs, except inside a scope (a training step, a plan), where they spin
 *      for a bounded time first: waking one costs about 30 us, an MLP step takes less than 100.
 *  (e) fc_pool_work returns every FC_SLICE_NS so that the caller can ask Python for signals.
 *  (f) fork: the child starts from a clean, empty pool; threads start again on first use.
 *  (g) Chunks depend on the problem only, so results do not depend on the number of threads.
 *  (h) The caller claims chunks from the front, workers from the back: in a sequence of calls cut
 *      alike, a core meets again what it has in its cache.
 */
#ifndef FC_POOL_H
#define FC_POOL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include "fc_thread.h"

#define FC_MAX_THREADS 64
#define FC_SLICE_NS 100000000
#define FC_SPIN_NS 50000

typedef void (*fc_kernel_t)(void **, const ptrdiff_t *, const double *, ptrdiff_t, ptrdiff_t);

typedef struct {
    fc_kernel_t fn;
    void **buf;
    const ptrdiff_t *dim;
    const double *par;
    ptrdiff_t n, grain;
    int flush;                      /* flush denormals while the kernel runs */
    ptrdiff_t chunks;
    _Atomic uint64_t claimed;       /* chunks claimed: from the front, and 2^32 times from the back */
} fc_job;

#define FC_BACK ((uint64_t)1 << 32)
#define FC_MAX_CHUNKS ((ptrdiff_t)1 << 30)

/* Run chunks until none is left (returns 0) or until `until` has passed (returns 1).
 * `side`: 1 claims from the front, FC_BACK from the back. */
static int fc_job_claim(fc_job *job, uint64_t side, int64_t until) {
    uint64_t mode = job->flush ? fc_flush_denormals() : 0;
    int more = 0;
    for (;;) {
        uint64_t claimed = atomic_fetch_add(&job->claimed, side);
        ptrdiff_t front = (ptrdiff_t)(claimed % FC_BACK), back = (ptrdiff_t)(claimed / FC_BACK);
        if (front + back >= job->chunks)
            break;
        ptrdiff_t lo = (side == 1 ? front : job->chunks - 1 - back) * job->grain;
        ptrdiff_t hi = job->n - lo > job->grain ? lo + job->grain : job->n;
        job->fn(job->buf, job->dim, job->par, lo, hi);
        if (until && front + back + 1 < job->chunks && fc_now_ns() > until) {
            more = 1;
            break;
        }
    }
    if (job->flush)
        fc_restore_fp(mode);
    return more;
}

static atomic_int fc_pool_wanted = 1;   /* threads a job may use, the caller included */
static atomic_int fc_pool_scopes = 0;   /* open scopes: workers spin before they sleep */
static _Thread_local int fc_pool_limit = 0;   /* this thread's own, lower, wish; 0: none */

static int fc_pool_threads(void) {
    int n = atomic_load(&fc_pool_wanted);
    return fc_pool_limit > 0 && fc_pool_limit < n ? fc_pool_limit : n;
}

#if FC_THREADS

static pthread_mutex_t fc_pool_taken = PTHREAD_MUTEX_INITIALIZER;   /* held by the job's caller */
static pthread_mutex_t fc_pool_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fc_pool_wake = PTHREAD_COND_INITIALIZER;
static fc_job *fc_pool_job;
static _Atomic uint64_t fc_pool_open = 0;      /* epoch of the open job, 0 when closed */
static _Atomic uint64_t fc_pool_epoch = 0;     /* epoch of the latest job */
static atomic_int fc_pool_users = 0;           /* workers inside the open job */
static atomic_int fc_pool_places = 0;          /* workers that may still enter it */
static atomic_int fc_pool_sleeping = 0;
static int fc_pool_started = 0;                /* workers alive; changed under fc_pool_taken */

static void *fc_pool_worker(void *unused) {
    (void)unused;
    uint64_t seen = atomic_load(&fc_pool_epoch);
    /* A job may have been opened between our creation and this line: look at it too. */
    if (atomic_load(&fc_pool_open))
        seen = 0;
    for (;;) {
        int64_t start = 0;
        int turns = 0;
        while (atomic_load(&fc_pool_epoch) == seen) {
            if (atomic_load(&fc_pool_scopes) > 0) {
                fc_pause();
                if (++turns % 64)
                    continue;
                int64_t now = fc_now_ns();
                if (!start)
                    start = now;
                if (now - start < FC_SPIN_NS)
                    continue;
            }
            pthread_mutex_lock(&fc_pool_mutex);
            atomic_fetch_add(&fc_pool_sleeping, 1);
            while (atomic_load(&fc_pool_epoch) == seen)
                pthread_cond_wait(&fc_pool_wake, &fc_pool_mutex);
            atomic_fetch_sub(&fc_pool_sleeping, 1);
            pthread_mutex_unlock(&fc_pool_mutex);
        }
        seen = atomic_load(&fc_pool_epoch);
        atomic_fetch_add(&fc_pool_users, 1);
        if (atomic_load(&fc_pool_open) == seen && atomic_fetch_sub(&fc_pool_places, 1) > 0)
            fc_job_claim(fc_pool_job, FC_BACK, 0);
        atomic_fetch_sub(&fc_pool_users, 1);
    }
    return NULL;
}

/* In a forked child no worker exists, and a lock may have been held by one that does not. */
static void fc_pool_after_fork(void) {
    pthread_mutex_init(&fc_pool_taken, NULL);
    pthread_mutex_init(&fc_pool_mutex, NULL);
    pthread_cond_init(&fc_pool_wake, NULL);
    fc_pool_started = 0;
    atomic_store(&fc_pool_open, 0);
    atomic_store(&fc_pool_users, 0);
    atomic_store(&fc_pool_sleeping, 0);
    atomic_store(&fc_pool_scopes, 0);
}

static int fc_pool_init(void) { return pthread_atfork(NULL, NULL, fc_pool_after_fork); }

static void fc_pool_start(int workers) {
    pthread_attr_t attr;
    sigset_t mask, old;
    if (fc_pool_started >= workers || pthread_attr_init(&attr))
        return;
    pthread_attr_setstacksize(&attr, 1 << 20);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    /* Workers inherit the mask: Ctrl-C must wake the thread that waits for it, not one of them. */
    sigfillset(&mask);
    sigdelset(&mask, SIGSEGV);
    sigdelset(&mask, SIGBUS);
    sigdelset(&mask, SIGFPE);
    sigdelset(&mask, SIGILL);
    pthread_sigmask(SIG_SETMASK, &mask, &old);
    while (fc_pool_started < workers) {
        pthread_t id;
        if (pthread_create(&id, &attr, fc_pool_worker, NULL))
            break;                              /* fewer threads, same results */
        fc_pool_started++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
}

/* Offer `job` to the workers; returns 1 if the pool was free (fc_pool_close must follow). */
static int fc_pool_offer(fc_job *job) {
    int threads = fc_pool_threads();
    ptrdiff_t chunks = job->chunks;
    if (threads < 2 || chunks < 2 || pthread_mutex_trylock(&fc_pool_taken))
        return 0;
    int helpers = threads - 1 < chunks - 1 ? threads - 1 : (int)(chunks - 1);
    fc_pool_start(threads - 1);
    fc_pool_job = job;
    atomic_store(&fc_pool_places, helpers);
    uint64_t epoch = atomic_load(&fc_pool_epoch) + 1;
    atomic_store(&fc_pool_open, epoch);
    atomic_store(&fc_pool_epoch, epoch);
    if (atomic_load(&fc_pool_sleeping)) {
        /* All wait for the same thing: any `helpers` of them will do. */
        pthread_mutex_lock(&fc_pool_mutex);
        for (int i = 0; i < helpers; i++)
            pthread_cond_signal(&fc_pool_wake);
        pthread_mutex_unlock(&fc_pool_mutex);
    }
    return 1;
}

static void fc_pool_close(void) {
    atomic_store(&fc_pool_open, 0);
    int64_t start = 0;
    for (int turns = 0; atomic_load(&fc_pool_users); ) {
        fc_pause();
        if (++turns % 64)
            continue;
        int64_t now = fc_now_ns();
        if (!start)
            start = now;
        if (now - start > FC_SPIN_NS)
            sched_yield();                      /* a descheduled worker needs the core more */
    }
    pthread_mutex_unlock(&fc_pool_taken);
}

#else

static int fc_pool_init(void) { return 0; }
static int fc_pool_offer(fc_job *job) { (void)job; return 0; }
static void fc_pool_close(void) {}

#endif

static void fc_job_init(fc_job *job, fc_kernel_t fn, void **buf, const ptrdiff_t *dim,
                        const double *par, ptrdiff_t n, ptrdiff_t grain, int flush) {
    job->fn = fn;
    job->buf = buf;
    job->dim = dim;
    job->par = par;
    job->n = n;
    if (grain <= (n - 1) / FC_MAX_CHUNKS)
        grain = (n - 1) / FC_MAX_CHUNKS + 1;
    job->grain = grain;
    job->chunks = (n - 1) / grain + 1;
    job->flush = flush;
    atomic_init(&job->claimed, 0);
}

/* One slice of the caller's own share; 1: time for signals, call again; 0: all is claimed. */
static int fc_job_slice(fc_job *job) { return fc_job_claim(job, 1, fc_now_ns() + FC_SLICE_NS); }

/* Nothing more of `job` will be claimed. */
static void fc_job_cancel(fc_job *job) { atomic_store(&job->claimed, (uint64_t)job->chunks); }

static void fc_scope_enter(void) { atomic_fetch_add(&fc_pool_scopes, 1); }
static void fc_scope_leave(void) { atomic_fetch_sub(&fc_pool_scopes, 1); }

#endif
