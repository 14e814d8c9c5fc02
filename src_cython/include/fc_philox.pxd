from libc.stdint cimport int64_t, uint32_t, uint64_t

cdef extern from "fc_philox.h" nogil:
    const Py_ssize_t FC_GROUP
    void fc_philox_group(uint32_t *out, int64_t seed, int64_t call, int64_t group)
    uint64_t fc_below(uint32_t high, uint32_t low, uint64_t size)
