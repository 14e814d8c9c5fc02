"""The table of kernels: name -> Kernel, for the ISA level and backend in force.

Belongs here: choosing between builds of one kernel. Does not: calling it (`fastconv._runtime`) or
knowing what it computes (`fastconv.ops`, `fastconv.signal`).
A kernel's name begins with its family, which is the name of its module:
``conv1d_direct_f32`` is in ``conv1d``. Adding one: write it in src_cython/kernels/<family>.pyx as
``cdef api`` with its contract line above; nothing registers. A Numba twin goes into
``_kernels/numba/<family>.py`` under the same name.
"""

import importlib
import os
from types import ModuleType

from fastconv._runtime import Kernel, direct, levels

_FALLS = {"x86_64_v4": "x86_64_v3", "x86_64_v3": "x86_64_v2"}
_ALL_LEVELS = ("x86_64_v2", "x86_64_v3", "x86_64_v4", "aarch64", "generic")

_table: dict[str, Kernel] = {}
_modules: dict[tuple[str, str], ModuleType | None] = {}
_backend = "cython"


def _family(isa: str, family: str) -> ModuleType | None:
    key = isa, family
    if key not in _modules:
        try:
            _modules[key] = importlib.import_module(f"fastconv._kernels.{isa}.{family}")
        except ModuleNotFoundError:
            _modules[key] = None
    return _modules[key]


def _choose_isa() -> str:
    possible = levels()
    wanted = os.environ.get("FASTCONV_ISA", "").strip()
    if wanted:
        if wanted not in _ALL_LEVELS:
            raise ImportError(
                f"FASTCONV_ISA: expected one of {', '.join(_ALL_LEVELS)}, received {wanted!r}; "
                "unset it to let fastconv choose"
            )
        if wanted not in possible:
            raise ImportError(
                f"FASTCONV_ISA={wanted}: this machine cannot run it (it can run "
                f"{', '.join(possible)}); unset it to let fastconv choose"
            )
        possible = (wanted,)
    if not possible:
        raise ImportError(
            "fastconv: this x86-64 CPU lacks SSE4.2 (level x86-64-v2), which the compiled kernels "
            "need; there is no build for older CPUs"
        )
    for level in possible:
        if _family(level, "conv1d") is not None:
            return level
    raise ImportError(
        f"fastconv: no compiled kernels for {', '.join(possible)} are installed; "
        "build them with `pip install .` in a clone (see README.md)"
    )


isa = _choose_isa()


def _find_cython(name: str) -> Kernel | None:
    family = name.partition("_")[0]
    level: str | None = isa
    while level:
        module = _family(level, family)
        capsule = getattr(module, "__pyx_capi__", {}).get(name)
        if capsule is not None:
            return Kernel(name, level, capsule)
        level = _FALLS.get(level)
    return None


def _find_numba(name: str) -> Kernel | None:
    module = _family("numba", name.partition("_")[0])
    factory = getattr(module, "KERNELS", {}).get(name)
    # The cfunc object is kept alive by the Kernel: a collected one would free live code.
    return None if factory is None else Kernel(name, "numba", factory())


def get(name: str) -> Kernel:
    """The kernel called `name`; with the numba backend its twin where one stands."""
    kernel = _table.get(name)
    if kernel is None:
        kernel = _find_numba(name) if _backend == "numba" else None
        kernel = kernel or _find_cython(name)
        if kernel is None:
            raise LookupError(f"no kernel {name!r} in the {isa} build; rebuild fastconv")
        _table[name] = kernel
    return kernel


def names(level: str | None = None) -> list[str]:
    """Names of all compiled kernels of an ISA level (default: the one in force)."""
    package = importlib.import_module(f"fastconv._kernels.{level or isa}")
    found: list[str] = []
    for folder in package.__path__:
        for entry in sorted(os.listdir(folder)):
            if entry.endswith((".so", ".pyd")):
                module = _family(level or isa, entry.partition(".")[0])
                found += getattr(module, "__pyx_capi__", {})
    return sorted(found)


def numba_names() -> list[str]:
    """Names of the kernels that have a Numba twin (needs numba)."""
    package = importlib.import_module("fastconv._kernels.numba")
    found: list[str] = []
    for folder in package.__path__:
        for entry in sorted(os.listdir(folder)):
            family, suffix = os.path.splitext(entry)
            if suffix == ".py" and not family.startswith("_"):
                found += getattr(_family("numba", family), "KERNELS", {})
    return sorted(found)


def backend() -> str:
    """Name of the backend in force."""
    return _backend


def use_backend(name: str) -> None:
    """Switch the table to backend `name`; callers validate the name."""
    global _backend
    if name != _backend:
        _backend = name
        _table.clear()
        direct.forget()
