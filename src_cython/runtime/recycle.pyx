"""Large blocks of memory that are used again, for results and temporaries of convolutions.

Design
 (a) Fresh memory costs a page fault for every 4 KB that is touched, which can be more than what is
     computed there: a transform of 256 x 256 numbers spent half its time so. The blocks of arrays
     that have died are kept, CAP bytes at most, and handed out again.
 (b) NumPy lets a context replace the functions by which arrays get their memory (NEP 49); every
     array keeps its functions alive, so a result may be freed later, by any thread.
 (c) Where no kept block fits, those that PATIENCE allocations have passed by are given back.
 (d) A thread that finds the list taken does not wait: it uses malloc and free. That also makes a
     fork at any moment safe.
"""

from cpython.pycapsule cimport PyCapsule_New
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memmove, memset, strcpy

cimport numpy as cnp

cnp.import_array()

cdef extern from *:
    """
    #include <stdint.h>
    #include <stdatomic.h>
    #if defined(__linux__)
    #include <sys/mman.h>
    #endif
    static atomic_flag fc_kept_taken = ATOMIC_FLAG_INIT;
    static int fc_kept_try(void) {
        return !atomic_flag_test_and_set_explicit(&fc_kept_taken, memory_order_acquire);
    }
    static void fc_kept_leave(void) {
        atomic_flag_clear_explicit(&fc_kept_taken, memory_order_release);
    }
    /* Ask for pages of 2 MB, as NumPy does for its own arrays from 4 MB on. */
    static void fc_huge_pages(char *p, size_t n) {
    #if defined(__linux__) && defined(MADV_HUGEPAGE)
        size_t skip = (4096 - (uintptr_t)p % 4096) % 4096;
        if (n >= (size_t)1 << 22)
            madvise(p + skip, n - skip, MADV_HUGEPAGE);
    #else
        (void)p; (void)n;
    #endif
    }
    """
    bint fc_kept_try() nogil
    void fc_kept_leave() nogil
    void fc_huge_pages(char *p, size_t n) nogil

cdef extern from "numpy/arrayobject.h":
    ctypedef struct PyDataMemAllocator:
        void *ctx
        void *(*malloc)(void *ctx, size_t size) noexcept nogil
        void *(*calloc)(void *ctx, size_t count, size_t size) noexcept nogil
        void *(*realloc)(void *ctx, void *old, size_t size) noexcept nogil
        void (*free)(void *ctx, void *old, size_t size) noexcept nogil
    ctypedef struct PyDataMem_Handler:
        char name[127]
        unsigned char version
        PyDataMemAllocator allocator
    object PyDataMem_SetHandler(object handler)

cdef enum:
    HEAD = 64               # before the data, which stand on a multiple of it
    LEAST = 1 << 16         # smaller blocks are malloc's own business
    CAP = 1 << 26           # bytes kept at most
    PLACES = 48
    PATIENCE = 64

# Before a block's data: where malloc's block begins, how many bytes of data there is room for.
cdef struct head_t:
    void *raw
    size_t room
    size_t tick             # when it was given back

cdef head_t *kept[PLACES]   # the oldest first
cdef int count = 0
cdef size_t total = 0
cdef size_t tick = 0        # large allocations so far


cdef inline void drop(int i) noexcept nogil:
    """Take place i out of the list."""
    global count, total
    total -= kept[i].room
    count -= 1
    memmove(&kept[i], &kept[i + 1], (count - i) * sizeof(kept[0]))


cdef head_t *again(size_t size) noexcept nogil:
    """A kept block for `size` bytes, not much larger; NULL if there is none."""
    global tick
    cdef head_t *found = NULL
    cdef head_t *old[PLACES]
    cdef int i, at = -1, n = 0
    if size < LEAST or size > CAP or not fc_kept_try():
        return NULL
    tick += 1
    for i in range(count):
        if size <= kept[i].room <= size + size // 4 and (at < 0 or kept[i].room < kept[at].room):
            at = i
    if at >= 0:
        found = kept[at]
        drop(at)
    else:
        while count and tick - kept[0].tick > PATIENCE:
            old[n] = kept[0]
            n += 1
            drop(0)
    fc_kept_leave()
    for i in range(n):
        free(old[i].raw)
    return found


cdef void *fresh(size_t size, bint clear) noexcept nogil:
    cdef size_t room = size
    cdef char *raw
    cdef head_t *head
    if size > (<size_t>-1) // 2:
        return NULL
    if size >= LEAST:
        room = (size + 4095) & ~<size_t>4095
    raw = <char *>(calloc(1, room + 2 * HEAD) if clear else malloc(room + 2 * HEAD))
    if raw == NULL:
        return NULL
    fc_huge_pages(raw, room + 2 * HEAD)
    head = <head_t *>((<size_t>raw + HEAD - 1) & ~<size_t>(HEAD - 1))
    head.raw = raw
    head.room = room
    return <char *>head + HEAD


cdef void *recycled_malloc(void *ctx, size_t size) noexcept nogil:
    cdef head_t *head = again(size)
    return <char *>head + HEAD if head != NULL else fresh(size, False)


cdef void *recycled_calloc(void *ctx, size_t n, size_t each) noexcept nogil:
    cdef head_t *head
    if each and n > (<size_t>-1) // each:
        return NULL
    head = again(n * each)
    if head == NULL:
        return fresh(n * each, True)
    memset(<char *>head + HEAD, 0, n * each)
    return <char *>head + HEAD


cdef void recycled_free(void *ctx, void *old, size_t size) noexcept nogil:
    global count, total
    cdef head_t *head
    cdef head_t *gone[PLACES]
    cdef int n = 0, i
    if old == NULL:
        return
    head = <head_t *>(<char *>old - HEAD)
    if not LEAST <= head.room <= CAP or not fc_kept_try():
        free(head.raw)
        return
    while count and (count == PLACES or total + head.room > CAP):
        gone[n] = kept[0]
        n += 1
        drop(0)
    head.tick = tick
    kept[count] = head
    count += 1
    total += head.room
    fc_kept_leave()
    for i in range(n):
        free(gone[i].raw)


cdef void *recycled_realloc(void *ctx, void *old, size_t size) noexcept nogil:
    cdef void *new = recycled_malloc(ctx, size)
    if new != NULL and old != NULL:
        memcpy(new, old, min(size, (<head_t *>(<char *>old - HEAD)).room))
        recycled_free(ctx, old, 0)
    return new


cdef PyDataMem_Handler handler
memset(&handler, 0, sizeof(handler))
strcpy(handler.name, b"fastconv_recycled")
handler.version = 1
handler.allocator.malloc = recycled_malloc
handler.allocator.calloc = recycled_calloc
handler.allocator.realloc = recycled_realloc
handler.allocator.free = recycled_free
cdef object capsule = PyCapsule_New(&handler, b"mem_handler", NULL)


class recycled:
    """Context in which large NumPy arrays of this thread are made of blocks used before."""

    def __enter__(self):
        self.outer = PyDataMem_SetHandler(capsule)

    def __exit__(self, *exc):
        PyDataMem_SetHandler(self.outer)


cdef api object fc_new_array(int ndim, cnp.npy_intp *shape, int num):
    """An uninitialised array of a NumPy type number; a large one of a block used before."""
    cdef double size = cnp.PyArray_DescrFromType(num).itemsize
    cdef int i
    for i in range(ndim):
        size *= shape[i]
    if size < LEAST:
        return cnp.PyArray_EMPTY(ndim, shape, num, 0)
    outer = PyDataMem_SetHandler(capsule)
    try:
        return cnp.PyArray_EMPTY(ndim, shape, num, 0)
    finally:
        PyDataMem_SetHandler(outer)


def kept_bytes():
    """Bytes of blocks that wait to be used again."""
    return total
