# Cython's view of fc_simd.h. The vector types are declared as the scalars they hold, so that
# + - * compile to the plain C operators, which act on vectors.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "fc_simd.h" nogil:
    const Py_ssize_t FC_VBYTES
    const int FC_REGISTERS
    const bint FC_MUL32
    const Py_ssize_t FC_WF32
    const Py_ssize_t FC_WF64
    # `cdef inline inlined f(...)`: f is inlined wherever it is called.
    ctypedef void inlined "FC_INLINE_VOID"
    Py_ssize_t fc_opaque(Py_ssize_t n)
    void fc_keep(...)
    ctypedef float vf32
    ctypedef double vf64
    ctypedef float vf32u
    ctypedef double vf64u
    ctypedef uint8_t vu8
    ctypedef uint16_t vu16
    ctypedef uint32_t vu32
    ctypedef uint64_t vu64
    vf32 vf32_splat(float x)
    vf64 vf64_splat(double x)
    vu8 vu8_splat(uint8_t x)
    vu16 vu16_splat(uint16_t x)
    vu32 vu32_splat(uint32_t x)
    vu64 vu64_splat(uint64_t x)
    vf32 vf32_load(const float *p)
    vf64 vf64_load(const double *p)
    vu8 vu8_load(const uint8_t *p)
    vu16 vu16_load(const uint16_t *p)
    vu32 vu32_load(const uint32_t *p)
    vu64 vu64_load(const uint64_t *p)
    void vf32_store(float *p, vf32 v)
    void vf64_store(double *p, vf64 v)
    void vu8_store(uint8_t *p, vu8 v)
    void vu16_store(uint16_t *p, vu16 v)
    void vu32_store(uint32_t *p, vu32 v)
    void vu64_store(uint64_t *p, vu64 v)
    vf32 vf32_load_part(const float *p, Py_ssize_t n)
    vf64 vf64_load_part(const double *p, Py_ssize_t n)
    vu8 vu8_load_part(const uint8_t *p, Py_ssize_t n)
    vu16 vu16_load_part(const uint16_t *p, Py_ssize_t n)
    vu32 vu32_load_part(const uint32_t *p, Py_ssize_t n)
    vu64 vu64_load_part(const uint64_t *p, Py_ssize_t n)
    void vf32_store_part(float *p, vf32 v, Py_ssize_t n)
    void vf64_store_part(double *p, vf64 v, Py_ssize_t n)
    void vu8_store_part(uint8_t *p, vu8 v, Py_ssize_t n)
    void vu16_store_part(uint16_t *p, vu16 v, Py_ssize_t n)
    void vu32_store_part(uint32_t *p, vu32 v, Py_ssize_t n)
    void vu64_store_part(uint64_t *p, vu64 v, Py_ssize_t n)
    vf32 vf32_fma(vf32 a, vf32 b, vf32 c)
    vf64 vf64_fma(vf64 a, vf64 b, vf64 c)
    vf32 vf32_complex(vf32 a, vf32 b)
    vf64 vf64_complex(vf64 a, vf64 b)
    vu64 vu64_mul32(vu64 a, vu64 b)
    vu64 vu64_high(vu64 a)
    vu64 vu64_join(vu64 low, vu64 high)
