"""Calling kernels: one call (`launch`), a recorded sequence of calls (`Program`), the thread pool.

Design
 (a) `launch` takes arrays, sizes and parameters from Python, releases the GIL and runs the kernel
     over chunks of its outermost axis, on the pool when there is more than one chunk.
 (b) While a `Program` records, every launch of this thread also appends itself to it; `run` then
     replays all of them without touching a Python object. The program keeps the arrays alive.
 (c) Between slices of 100 ms the GIL is taken and Python asked for signals: Ctrl-C ends a long
     call, the output is then garbage and is dropped with the exception.
 (d) Every recorded call notes which layer asked for it (`recorder.label`), and whether on the way
     back. While a profile is open, `launch` and `run` tell it the time of each call.
"""

import threading

cimport numpy as cnp
from numpy import dtype as numpy_dtype, zeros
from cpython.pycapsule cimport PyCapsule_GetName, PyCapsule_GetPointer
from libc.stdint cimport int64_t
from libc.stdlib cimport free, realloc

from kernel_abi cimport kernel_t

cnp.import_array()

cdef extern from "Python.h":
    # Not cpython.exc's declaration: its `except -1` would leave run_call at once, with workers
    # still inside the job.
    int PyErr_CheckSignals() noexcept

cdef extern from "fc_pool.h" nogil:
    ctypedef struct fc_job:
        Py_ssize_t n
        Py_ssize_t grain
    int FC_MAX_THREADS
    int fc_pool_init()
    int fc_pool_offer(fc_job *job)
    void fc_pool_close()
    int fc_pool_threads()
    void fc_job_init(fc_job *job, kernel_t fn, void **buf, const Py_ssize_t *dim,
                     const double *par, Py_ssize_t n, Py_ssize_t grain, int flush)
    int fc_job_slice(fc_job *job)
    void fc_job_cancel(fc_job *job)
    void fc_scope_enter()
    void fc_scope_leave()
    int64_t fc_now_ns()

cdef extern from * nogil:
    """
    static void fc_set_wanted(int n) { atomic_store(&fc_pool_wanted, n); }
    static int fc_get_wanted(void) { return atomic_load(&fc_pool_wanted); }
    static int fc_swap_limit(int n) { int old = fc_pool_limit; fc_pool_limit = n; return old; }
    """
    void fc_set_wanted(int n)
    int fc_get_wanted()
    int fc_swap_limit(int n)

cdef enum:
    MAX_BUF = 20
    MAX_DIM = 24
    MAX_PAR = 12

ctypedef struct call_t:
    kernel_t fn
    void *buf[MAX_BUF]
    Py_ssize_t dim[MAX_DIM]
    double par[MAX_PAR]
    Py_ssize_t n
    Py_ssize_t grain
    int flush

if fc_pool_init():
    raise MemoryError("fastconv: pthread_atfork failed")


cdef class Kernel:
    """Address of a compiled kernel, with its name and where it comes from."""

    cdef kernel_t fn
    cdef readonly str name
    cdef readonly str origin
    cdef object owner

    def __init__(self, str name, str origin, source):
        """`source`: a capsule made by ``cdef api``, or an address with `owner` kept alive."""
        self.name = name
        self.origin = origin
        self.owner = source
        if isinstance(source, int):
            self.fn = <kernel_t><size_t>source
        elif hasattr(source, "address"):
            self.fn = <kernel_t><size_t>source.address
        else:
            self.fn = <kernel_t>PyCapsule_GetPointer(source, PyCapsule_GetName(source))

    @property
    def address(self):
        """Where the kernel's code is, for the runtime's other modules."""
        return <size_t>self.fn

    def __repr__(self):
        return f"<Kernel {self.name} ({self.origin})>"


cdef int run_call(call_t *call) except -1 nogil:
    """Run one call to its end; with signals checked between slices."""
    cdef fc_job job
    if call.n <= 0:
        return 0
    fc_job_init(&job, call.fn, call.buf, call.dim, call.par, call.n, call.grain, call.flush)
    return run_job(&job)


cdef int run_job(fc_job *job) except -1 nogil:
    cdef int shared = fc_pool_offer(job), failed = 0
    while fc_job_slice(job):
        with gil:
            if PyErr_CheckSignals() < 0:
                failed = 1
        if failed:
            fc_job_cancel(job)
            break
    if shared:
        fc_pool_close()
    if failed:
        return -1        # PyErr_CheckSignals has set the exception
    return 0


cdef api int fc_run(void *address, void **buf, const Py_ssize_t *dim, const double *par,
                    Py_ssize_t n, Py_ssize_t grain) except -1 nogil:
    """Run a kernel over items 0..n in chunks, for the runtime's other modules; never recorded."""
    cdef fc_job job
    cdef kernel_t fn = <kernel_t>address
    if n <= grain:
        if n > 0:
            fn(buf, dim, par, 0, n)
        return 0
    fc_job_init(&job, fn, buf, dim, par, n, grain, 0)
    return run_job(&job)


cdef class Program:
    """A flat list of kernel calls that can be replayed without Python.

    Use as a context manager to record: every `launch` of this thread inside the block is executed
    and appended. With ``dry=True`` it is neither: only shapes are of interest then.
    """

    cdef call_t *calls
    cdef Py_ssize_t size, room
    cdef list keep
    cdef list notes              # by call: label, backward, kernel's name, dims, n
    cdef Program outer
    cdef readonly str spoiled    # why this program must not be replayed, or None
    cdef bint dry

    def __cinit__(self, bint dry=False):
        self.keep = []
        self.notes = []
        self.dry = dry

    def __dealloc__(self):
        free(self.calls)

    def __len__(self):
        return self.size

    def __enter__(self):
        self.outer = recorder.program
        recorder.program = self
        return self

    def __exit__(self, *exc):
        recorder.program = self.outer
        self.outer = None

    cdef int append(self, call_t *call, Kernel kernel, tuple bufs, tuple dims) except -1:
        cdef call_t *calls
        if self.size == self.room:
            calls = <call_t *>realloc(self.calls, (2 * self.room + 16) * sizeof(call_t))
            if calls == NULL:
                raise MemoryError("fastconv: no memory for a recorded step")
            self.calls = calls
            self.room = 2 * self.room + 16
        self.calls[self.size] = call[0]
        self.size += 1
        self.keep.append((kernel, bufs))
        self.notes.append((recorder.label, recorder.backward, kernel.name, dims, call.n))
        return 0

    def spoil(self, str why):
        """Something happened during recording that a replay would not repeat."""
        self.spoiled = why

    def hold(self, *objects):
        """Keep `objects` alive as long as the program."""
        self.keep.append(objects)

    def drop_packs(self, list weights):
        """Leave out the calls that pack one of `weights`, which will not change any more.

        Pack kernels write their first buffer and read their second; what they wrote is kept.
        """
        cdef Py_ssize_t i, kept = 0
        fixed = {<size_t>cnp.PyArray_DATA(<cnp.ndarray?>w) for w in weights}
        notes = []
        for i in range(self.size):
            if "_pack_" in self.notes[i][2] and <size_t>self.calls[i].buf[1] in fixed:
                continue
            self.calls[kept] = self.calls[i]
            notes.append(self.notes[i])
            kept += 1
        self.size = kept
        self.notes = notes

    def timings(self, Py_ssize_t times=1):
        """Replay `times` times with a clock: [(kernel's name, mean nanoseconds), ...] by call."""
        spent = self._timed(times)
        return [(note[2], ns / times) for note, ns in zip(self.notes, spent)]

    cdef list _timed(self, Py_ssize_t times):
        """Nanoseconds that each call took in all."""
        cdef Py_ssize_t i, j
        cdef int64_t before, now
        cdef int64_t[::1] spent = zeros(self.size, "int64")
        with nogil:
            fc_scope_enter()
            try:
                for j in range(times):
                    before = fc_now_ns()
                    for i in range(self.size):
                        run_call(&self.calls[i])
                        now = fc_now_ns()
                        spent[i] += now - before
                        before = now
            finally:
                fc_scope_leave()
        return [spent[i] for i in range(self.size)]

    def run(self, Py_ssize_t times=1):
        """Replay all calls in order, `times` times; raises KeyboardInterrupt between slices."""
        cdef Py_ssize_t i, j
        if self.spoiled is not None:
            raise RuntimeError(f"this program cannot be replayed: {self.spoiled}")
        if profiles and recorder.profile is not None:
            for note, ns in zip(self.notes, self._timed(times)):
                recorder.profile.note(*note, ns, times)
            return
        with nogil:
            fc_scope_enter()
            try:
                for j in range(times):
                    for i in range(self.size):
                        run_call(&self.calls[i])
            finally:
                fc_scope_leave()


class _Recorder(threading.local):
    program = None       # that records
    profile = None       # that is told what each call took
    label = None         # name of the layer whose kernels are launched
    backward = False     # on the way back


recorder = _Recorder()

cdef int profiles = 0    # open in the process: else `launch` need not look for its thread's


def profiled(int change):
    """A profile has been opened (1) or closed (-1)."""
    global profiles
    profiles += change


def launch(Kernel kernel not None, tuple bufs not None, tuple dims, tuple pars,
           Py_ssize_t n, Py_ssize_t grain, bint flush=False):
    """Run `kernel` over items 0..n of its outermost output axis, in chunks of `grain`.

    Only the data pointers of the arrays in `bufs` are taken (None gives NULL): dtype, layout and
    sizes are the caller's promise, as the kernel's contract line states them.
    """
    cdef call_t call
    cdef Py_ssize_t i = 0
    cdef int64_t before
    if len(bufs) > MAX_BUF or len(dims) > MAX_DIM or len(pars) > MAX_PAR:
        raise ValueError(f"{kernel.name}: too many operands")
    call.fn = kernel.fn
    call.n = n
    call.grain = grain
    call.flush = flush
    for item in bufs:
        if item is None:
            call.buf[i] = NULL
        elif isinstance(item, cnp.ndarray):
            call.buf[i] = cnp.PyArray_DATA(<cnp.ndarray>item)
        else:
            raise TypeError(f"{kernel.name}: buffer {i} must be an ndarray, got {type(item)}")
        i += 1
    i = 0
    for size in dims:
        call.dim[i] = size
        i += 1
    i = 0
    for value in pars:
        call.par[i] = value
        i += 1
    program = recorder.program
    if program is not None:
        if (<Program>program).dry:
            return
        (<Program>program).append(&call, kernel, bufs, dims)
    before = fc_now_ns() if profiles else 0
    with nogil:
        run_call(&call)
    if before and recorder.profile is not None:
        recorder.profile.note(recorder.label, recorder.backward, kernel.name, dims, n,
                              fc_now_ns() - before, 1)


class scope:
    """Context in which idle workers spin for a bounded time before they sleep (a step, a plan)."""

    def __enter__(self):
        fc_scope_enter()

    def __exit__(self, *exc):
        fc_scope_leave()


def set_num_threads(n):
    """Threads a call may use, the caller included; clipped to what the pool can hold."""
    fc_set_wanted(max(1, min(n, FC_MAX_THREADS)))


def get_num_threads():
    """Threads a call may use."""
    return fc_get_wanted()


class limit_threads:
    """Context in which this thread's calls use at most `n` threads (0: no limit of its own)."""

    def __init__(self, n):
        self.n = min(n, FC_MAX_THREADS)

    def __enter__(self):
        self.old = fc_swap_limit(self.n)

    def __exit__(self, *exc):
        fc_swap_limit(self.old)


def aligned_empty(tuple shape, dtype):
    """An uninitialised array on a 64-byte boundary: vector loads never cross a cache line."""
    cdef cnp.npy_intp n
    cdef cnp.dtype kind = numpy_dtype(dtype)
    cdef Py_ssize_t size, start
    n = kind.itemsize
    for size in shape:
        n *= size
    cdef cnp.npy_intp room = n + 64
    cdef cnp.ndarray raw = cnp.PyArray_EMPTY(1, &room, cnp.NPY_UINT8, 0)
    start = -<size_t>cnp.PyArray_DATA(raw) % 64
    return raw[start:start + n].view(kind).reshape(shape)
