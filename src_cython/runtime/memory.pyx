"""A cap on the memory that NumPy may allocate, for work on behalf of a file of unknown origin.

Design
 (a) NumPy lets a context replace the functions by which arrays get their memory (NEP 49). Ours
     count, and refuse what would exceed the cap: NumPy then raises MemoryError.
 (b) The counter belongs to the handler, and every array keeps its handler alive: memory allocated
     under the cap may be freed later, by any thread.
 (c) Small blocks come from malloc here instead of NumPy's cache: for loading, not for computing.
"""

from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memset, strcpy

cimport numpy as cnp

cnp.import_array()

cdef extern from *:
    """
    #define FC_FETCH_ADD(p, n) __atomic_fetch_add((p), (n), __ATOMIC_RELAXED)
    #define FC_FETCH_SUB(p, n) __atomic_fetch_sub((p), (n), __ATOMIC_RELAXED)
    #define FC_LOAD(p) __atomic_load_n((p), __ATOMIC_RELAXED)
    """
    size_t FC_FETCH_ADD(size_t *p, size_t n) nogil
    size_t FC_FETCH_SUB(size_t *p, size_t n) nogil
    size_t FC_LOAD(size_t *p) nogil

cdef extern from "numpy/arrayobject.h":
    ctypedef struct PyDataMemAllocator:
        void *ctx
        void *(*malloc)(void *ctx, size_t size) noexcept
        void *(*calloc)(void *ctx, size_t count, size_t size) noexcept
        void *(*realloc)(void *ctx, void *old, size_t size) noexcept
        void (*free)(void *ctx, void *old, size_t size) noexcept
    ctypedef struct PyDataMem_Handler:
        char name[127]
        unsigned char version
        PyDataMemAllocator allocator
    object PyDataMem_SetHandler(object handler)

cdef struct counter:
    size_t used
    size_t cap
    size_t peak

# The size of a block stands before it: NumPy does not tell realloc the old one.
cdef enum:
    HEAD = 64


cdef inline bint take(counter *c, size_t size) noexcept nogil:
    cdef size_t now
    if size > c.cap:
        return False
    now = FC_FETCH_ADD(&c.used, size) + size
    if now > c.cap:
        FC_FETCH_SUB(&c.used, size)
        return False
    if now > c.peak:
        c.peak = now
    return True


cdef void *capped_malloc(void *ctx, size_t size) noexcept:
    cdef counter *c = <counter *>ctx
    cdef char *block
    if not take(c, size):
        return NULL
    block = <char *>malloc(size + HEAD)
    if block == NULL:
        FC_FETCH_SUB(&c.used, size)
        return NULL
    (<size_t *>block)[0] = size
    return block + HEAD


cdef void *capped_calloc(void *ctx, size_t count, size_t each) noexcept:
    cdef counter *c = <counter *>ctx
    cdef char *block
    cdef size_t size
    if each and count > (<size_t>-1) // each // 2:
        return NULL
    size = count * each
    if not take(c, size):
        return NULL
    block = <char *>calloc(1, size + HEAD)
    if block == NULL:
        FC_FETCH_SUB(&c.used, size)
        return NULL
    (<size_t *>block)[0] = size
    return block + HEAD


cdef void *capped_realloc(void *ctx, void *old, size_t size) noexcept:
    cdef counter *c = <counter *>ctx
    cdef char *block
    cdef size_t before
    if old == NULL:
        return capped_malloc(ctx, size)
    block = <char *>old - HEAD
    before = (<size_t *>block)[0]
    if not take(c, size):
        return NULL
    block = <char *>realloc(block, size + HEAD)
    if block == NULL:
        FC_FETCH_SUB(&c.used, size)
        return NULL
    FC_FETCH_SUB(&c.used, before)
    (<size_t *>block)[0] = size
    return block + HEAD


cdef void capped_free(void *ctx, void *old, size_t size) noexcept:
    cdef counter *c = <counter *>ctx
    cdef char *block
    if old == NULL:
        return
    block = <char *>old - HEAD
    FC_FETCH_SUB(&c.used, (<size_t *>block)[0])
    free(block)


cdef void destroy(object capsule) noexcept:
    cdef PyDataMem_Handler *handler
    handler = <PyDataMem_Handler *>PyCapsule_GetPointer(capsule, b"mem_handler")
    PyMem_RawFree(handler.allocator.ctx)
    PyMem_RawFree(handler)


class capped_memory:
    """Context in which NumPy arrays of this thread may hold at most `cap` bytes together.

    Beyond that NumPy raises MemoryError, before anything is allocated. `peak()` tells the most
    that was held.
    """

    def __init__(self, size_t cap):
        cdef counter *c = <counter *>PyMem_RawMalloc(sizeof(counter))
        cdef PyDataMem_Handler *handler
        handler = <PyDataMem_Handler *>PyMem_RawMalloc(sizeof(PyDataMem_Handler))
        if c == NULL or handler == NULL:
            PyMem_RawFree(c)
            PyMem_RawFree(handler)
            raise MemoryError("fastconv: no memory for a memory cap")
        c.used = 0
        c.cap = cap
        c.peak = 0
        memset(handler, 0, sizeof(PyDataMem_Handler))
        strcpy(handler.name, b"fastconv_capped")
        handler.version = 1
        handler.allocator.ctx = c
        handler.allocator.malloc = capped_malloc
        handler.allocator.calloc = capped_calloc
        handler.allocator.realloc = capped_realloc
        handler.allocator.free = capped_free
        self.capsule = PyCapsule_New(handler, b"mem_handler", destroy)
        self.outer = None

    def __enter__(self):
        self.outer = PyDataMem_SetHandler(self.capsule)
        return self

    def __exit__(self, *exc):
        PyDataMem_SetHandler(self.outer)

    def peak(self):
        """Most bytes held at once so far."""
        cdef PyDataMem_Handler *handler
        handler = <PyDataMem_Handler *>PyCapsule_GetPointer(self.capsule, b"mem_handler")
        return FC_LOAD(&(<counter *>handler.allocator.ctx).peak)

    def used(self):
        """Bytes held now."""
        cdef PyDataMem_Handler *handler
        handler = <PyDataMem_Handler *>PyCapsule_GetPointer(self.capsule, b"mem_handler")
        return FC_LOAD(&(<counter *>handler.allocator.ctx).used)
