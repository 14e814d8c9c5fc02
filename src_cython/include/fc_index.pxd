# Walking over broadcast operands: dim is nd shape[nd] strides[nd] of each operand, in elements.


cdef inline void locate(const Py_ssize_t *dim, int operands, Py_ssize_t row,
                        Py_ssize_t *at) noexcept nogil:
    # Offset of each operand's row number `row`, a row being the last axis.
    cdef Py_ssize_t nd = dim[0], d, i
    cdef int k
    for k in range(operands):
        at[k] = 0
    for d in range(nd - 2, -1, -1):
        i = row % dim[1 + d]
        row = row // dim[1 + d]
        for k in range(operands):
            at[k] += i * dim[1 + (k + 1) * nd + d]


cdef inline Py_ssize_t least(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    return a if a < b else b
