# Cython's view of fc_simd.h. The vector types are declared as the scalars they hold, so that
# + - * compile to the plain C operators, which act on vectors.
cdef extern from "fc_simd.h" nogil:
    const Py_ssize_t FC_WF32
    const Py_ssize_t FC_WF64
    ctypedef float vf32
    ctypedef double vf64
    ctypedef float vf32u
    ctypedef double vf64u
    vf32 vf32_splat(float x)
    vf64 vf64_splat(double x)
    vf32 vf32_load(const float *p)
    vf64 vf64_load(const double *p)
    void vf32_store(float *p, vf32 v)
    void vf64_store(double *p, vf64 v)
    vf32 vf32_load_part(const float *p, Py_ssize_t n)
    vf64 vf64_load_part(const double *p, Py_ssize_t n)
    void vf32_store_part(float *p, vf32 v, Py_ssize_t n)
    void vf64_store_part(double *p, vf64 v, Py_ssize_t n)
