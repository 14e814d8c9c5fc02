"""Run tests with every NumPy array against a page without access: fenced.py end|begin ARGS...

NumPy lets its memory functions be replaced (NEP 49). Here each array gets pages of its own, and
ends where a page without access begins (or begins where one ends): the first byte that a kernel
reads or writes beyond an operand, scratch memory included, kills the process. ARGS go to pytest.
"""

import ctypes
import faulthandler
import mmap
import os
import sys

import numpy as np
import pytest

PAGE = mmap.PAGESIZE
MOST = 20_000  # arrays fenced at once: the kernel allows 65,530 maps; others get plain memory
ALIGNED = 16

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = libc.malloc.restype = libc.calloc.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.malloc.argtypes = [ctypes.c_size_t]

areas: dict[int, tuple[int, int, int]] = {}  # address -> start and length of its maps, its size
at_end = True
count = 0


def take(size: int) -> int:
    """Memory of `size` bytes (zeros) at a fence; 0 if there is none."""
    global count
    length = -(-max(size, 1) // PAGE) * PAGE
    if len(areas) >= MOST:
        start = libc.malloc(size or 1)
        if start:
            ctypes.memset(start, 0, size)
        return start or 0
    # mmap's PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
    start = libc.mmap(None, length + PAGE, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if start in (None, ctypes.c_void_p(-1).value):
        return 0
    libc.mprotect(start + (length if at_end else 0), PAGE, 0)
    address = start + (length - size if at_end else PAGE)
    if at_end and size % ALIGNED == 0:
        address &= -ALIGNED
    areas[address] = (start, length + PAGE, size)
    count += 1
    return address


def give(address: int) -> None:
    if address in areas:
        start, length, _ = areas.pop(address)
        libc.munmap(start, length)
    else:
        libc.free(address)


def grow(address: int, size: int) -> int:
    new = take(size)
    if new and address:
        # Plain memory does not tell its length; it is never grown while it is the last resort.
        old = areas[address][2] if address in areas else size
        ctypes.memmove(new, address, min(old, size))
        give(address)
    return new


word, pointer = ctypes.c_size_t, ctypes.c_void_p
Malloc = ctypes.CFUNCTYPE(word, pointer, word)
Calloc = ctypes.CFUNCTYPE(word, pointer, word, word)
Realloc = ctypes.CFUNCTYPE(word, pointer, word, word)
Free = ctypes.CFUNCTYPE(None, pointer, word, word)


class Handler(ctypes.Structure):
    """NumPy's PyDataMem_Handler."""

    _fields_ = [
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_ubyte),
        ("ctx", pointer),
        ("malloc", Malloc),
        ("calloc", Calloc),
        ("realloc", Realloc),
        ("free", Free),
    ]


HANDLER = Handler(
    b"fenced",
    1,
    None,
    Malloc(lambda ctx, size: take(size)),
    Calloc(lambda ctx, n, each: take(n * each)),
    Realloc(lambda ctx, old, size: grow(old, size)),
    Free(lambda ctx, old, size: give(old) if old else None),
)
SET_HANDLER = 304  # place of PyDataMem_SetHandler in NumPy's table of C functions


def install() -> None:
    """From here on, this thread's arrays are fenced."""
    api = ctypes.pythonapi
    api.PyCapsule_New.restype = ctypes.py_object
    api.PyCapsule_New.argtypes = [pointer, ctypes.c_char_p, pointer]
    api.PyCapsule_GetPointer.restype = pointer
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    table = api.PyCapsule_GetPointer(np._core._multiarray_umath._ARRAY_API, None)
    address = ctypes.cast(table, ctypes.POINTER(pointer))[SET_HANDLER]
    swap = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(address)
    swap(api.PyCapsule_New(ctypes.addressof(HANDLER), b"mem_handler", None))


def main() -> int:
    global at_end
    at_end = sys.argv[1] != "begin"
    faulthandler.enable()
    install()
    if sys.argv[1] == "break":  # shows that the fence is there
        x = np.zeros(5)
        return ctypes.string_at(x.ctypes.data + x.nbytes, 1)[0]
    status = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[2:]])
    print(f"{count} arrays fenced")
    return int(status)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # what is torn down at exit would call back into a dying interpreter
