"""What a figure depends on: CPU, ISA level, threads, BLAS, the rivals' versions."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

RIVALS = (
    "numpy", "scipy", "numba", "ducc0", "opencv-python-headless", "torch", "scikit-learn",
    "tensorflow-cpu", "jax", "keras", "onnxruntime",
)  # fmt: skip
# Set on some machines for old OpenBLAS builds; they slow a current numpy down.
SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def slowed_rivals() -> list[str]:
    """Environment variables in force that make a rival slower than it is."""
    return [name for name in SLOWING if name in os.environ]


def cpu_name() -> str:
    """Model name of the CPU."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def blas_kernels() -> list[str]:
    """Which BLAS each library of this process uses, and with how many threads."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    return [
        f"{pool['internal_api']} {pool.get('version', '')} {pool.get('architecture', '')}, "
        f"{pool['num_threads']} threads"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    ]


def versions() -> dict[str, str]:
    """Installed versions of the rivals."""
    found = {}
    for package in RIVALS:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def best_of(call: Any, times: int = 7) -> float:
    """Least seconds of a few calls: a rate of the machine, not of a library under load."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def rates() -> dict[str, float]:
    """GFLOP/s of NumPy's matrix product and GB/s of a copy into fresh memory, here and now."""
    n = 1024
    found = {}
    for name, dtype in (("sgemm_gflops", np.float32), ("dgemm_gflops", np.float64)):
        a = np.random.default_rng(0).random((n, n)).astype(dtype)
        found[name] = 2e-9 * n**3 / best_of(lambda a=a: a @ a)
    x = np.ones(1 << 23, np.float32)
    found["copy_gbs"] = 2e-9 * x.nbytes / best_of(x.copy)
    return {name: round(value, 1) for name, value in found.items()}


def describe() -> dict[str, Any]:
    """Everything above as one dictionary."""
    import fastconv
    from fastconv import _kernels

    return {
        "cpu": cpu_name(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "fastconv": fastconv.__version__,
        "isa": _kernels.isa,
        "threads": fastconv.get_num_threads(),
        "blas": blas_kernels(),
        "versions": versions(),
        "rates": rates(),
        "slowed_rivals": slowed_rivals(),
    }
