"""What every twin module shares: the kernel's C signature and the compilation of one twin."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numba
from numba import types

# No fast-math but contraction to fma, which every compiled kernel does too; errors as in NumPy,
# so that no path of a kernel can raise.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}}

DTYPES = {
    "f32": types.float32,
    "f64": types.float64,
    "c64": types.complex64,
    "c128": types.complex128,
    "i64": types.int64,
}


def cached(decorate: Callable[..., Any], function: Callable[..., Any]) -> Any:
    """`function` compiled by `decorate`, with Numba's cache on disk where one can be written."""
    try:
        return decorate(cache=True)(function)
    except RuntimeError:  # no folder for the cache: a read-only install without a home
        return decorate(cache=False)(function)


def inner(function: Callable[..., Any]) -> Any:
    """Decorator of a twin's body, which works on array views."""
    return cached(partial(numba.njit, nogil=True, **OPTIONS), function)


def compile_twin(entry: Callable[..., None], dtype: str) -> Any:
    """`entry(buf, dim, par, lo, hi)` as a C function whose buffers all hold `dtype`."""
    signature = types.void(
        types.CPointer(types.CPointer(DTYPES[dtype])),
        types.CPointer(types.intp),
        types.CPointer(types.float64),
        types.intp,
        types.intp,
    )
    return cached(partial(numba.cfunc, signature, **OPTIONS), entry)


def twins(name: str, entry: Callable[..., None]) -> dict[str, Callable[[], Any]]:
    """Rows of a module's ``KERNELS``: one per dtype, each compiled when it is first asked for."""
    return {f"{name}_{dtype}": partial(compile_twin, entry, dtype) for dtype in DTYPES}
