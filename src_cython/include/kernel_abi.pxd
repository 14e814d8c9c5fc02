# The one signature that all kernels have (ARCHITECTURE.md section 3): compute items lo..hi of the
# outermost output axis from the buffers `buf`, the sizes `dim` and the parameters `par`; write
# nothing else; cannot fail.
ctypedef void (*kernel_t)(void **buf, const Py_ssize_t *dim, const double *par,
                          Py_ssize_t lo, Py_ssize_t hi) noexcept nogil
