"""Runtime of the kernels: what the CPU can do, how a kernel is called, the thread pool.

Belongs here: code that calls kernels by address. Does not: kernel names, dtypes, validation.
Built from src_cython/runtime with baseline flags, so that it runs on every CPU.
"""

from fastconv._runtime.call import (
    Kernel,
    Program,
    aligned_empty,
    get_num_threads,
    launch,
    limit_threads,
    scope,
    set_num_threads,
)
from fastconv._runtime.cpu import levels

__all__ = [
    "Kernel",
    "Program",
    "aligned_empty",
    "get_num_threads",
    "launch",
    "levels",
    "limit_threads",
    "scope",
    "set_num_threads",
]
