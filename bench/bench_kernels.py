"""The convolution kernels alone: Cython beside Numba, against the machine's own limits.

Each cell races, in one process and taking turns: the kernel on all threads and on one, its Numba
twin, NumPy's matrix product of the same dtype (the arithmetic limit) and a copy of the input (the
memory's). `percent` in the JSON, and in the report, is the share of either that the kernel reaches.
"""

import itertools
import math

import numpy as np
from paired import Runner

from fastconv import _kernels, _runtime

DTYPES = {"f4": "f32", "f8": "f64", "c8": "c64", "c16": "c128", "i4": "i32", "i8": "i64"}
RTOL = {"f4": 1e-4, "f8": 1e-12, "c8": 1e-4, "c16": 1e-12, "i4": 0, "i8": 0}
GEMM = 768  # order of the matrix product that is the yardstick
CHUNK_FLOPS = 1.2e6


def grid(dtypes, sizes, taps):
    return list(itertools.product(dtypes, sizes, taps))


CELLS = {
    "bench_conv1d": (
        grid(["f4"], [100_000], [5, 63]),
        grid(["f4", "f8"], [1_000, 100_000, 1_000_000], [3, 5, 11, 15, 31, 63, 255, 4095])
        + grid(["c8", "c16", "i4", "i8"], [100_000], [5, 31, 255]),
    ),
    "bench_conv2d": (
        grid(["f4"], [512], [3, 7]),
        grid(["f4", "f8"], [32, 256, 512, 1024, 4096], [3, 5, 7, 9, 11, 15])
        + grid(["f4", "f8"], [512], [31])
        + grid(["c8", "c16", "i4", "i8"], [512], [3, 7, 15]),
    ),
    "bench_separable": (
        grid(["f4"], [512], [7]),
        grid(["f4", "f8"], [256, 1024, 4096], [3, 5, 7, 9, 15, 31]) + grid(["c8"], [512], [7, 31]),
    ),
}


def numbers(rng, dtype, shape):
    if np.dtype(dtype).kind == "i":
        return rng.integers(-9, 10, shape).astype(dtype)
    x = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.standard_normal(shape)
    return x.astype(dtype)


def kernel_race(race, benchmark, name, dtype, bufs, dims, work, expected, multiple, **cell):
    """Race one kernel; `work` counts its multiplications and additions as two flops a tap."""
    y = bufs[0]
    real = 4 if np.dtype(dtype).kind == "c" else 1
    n = y.shape[0]
    grain = -(-math.ceil(CHUNK_FLOPS * n / (work * real)) // multiple) * multiple
    compiled = _kernels.get(name)
    kernels = {"cython": compiled}
    if name in _kernels.numba_names():
        _kernels.use_backend("numba")
        kernels["numba"] = _kernels.get(name)
        _kernels.use_backend("cython")

    def run(kernel):
        _runtime.launch(kernel, bufs, dims, (), n, grain)
        return y

    def alone():
        with _runtime.limit_threads(1):
            return run(compiled)

    runners = [Runner(which, lambda k=kernel: run(k)) for which, kernel in kernels.items()]
    runners.insert(1, Runner("cython, one thread", alone))
    square = np.random.default_rng(1).random((GEMM, GEMM)).astype(dtype)
    target = np.empty_like(bufs[1])
    if np.dtype(dtype).kind in "fc":
        runners.append(Runner("matrix product", lambda: square @ square, reference=True))
    runners.append(Runner("copy", lambda: np.copyto(target, bufs[1]), reference=True))
    race(runners, expected, RTOL[dtype], op=name.rpartition("_")[0], dtype=dtype, work=work, **cell)
    median = benchmark.extra_info["median"]
    rate = work * real / median["cython"]
    shares = {"copy": 100 * median["copy"] / median["cython"]}
    if "matrix product" in median:
        gemm = 2 * real * GEMM**3 / median["matrix product"]
        shares["matrix product"] = 100 * rate / gemm
    benchmark.extra_info["percent"] = shares


def bench_conv1d(cell, race, benchmark):
    dtype, n, k = cell
    rng = np.random.default_rng(0)
    x, h = numbers(rng, dtype, n + k - 1), numbers(rng, dtype, k)
    kernel_race(
        race, benchmark, f"conv1d_direct_{DTYPES[dtype]}", dtype, (np.empty(n, dtype), x, h), (k,),
        2 * n * k, np.correlate(x, h.conj(), "valid"), 160, size=f"{n}", taps=f"{k}",
    )  # fmt: skip


def windows(x, h):
    """The sliding dot products by NumPy, one tap after the other."""
    m, n = (a - b + 1 for a, b in zip(x.shape, h.shape, strict=True))
    y = np.zeros((m, n), np.result_type(x, np.float64) if x.dtype.kind != "i" else x.dtype)
    for (p, q), tap in np.ndenumerate(h):
        y += tap * x[p : p + m, q : q + n]
    return y


def bench_conv2d(cell, race, benchmark):
    dtype, n, k = cell
    rng = np.random.default_rng(0)
    x, h = numbers(rng, dtype, (n + k - 1, n + k - 1)), numbers(rng, dtype, (k, k))
    kernel_race(
        race, benchmark, f"conv2d_direct_{DTYPES[dtype]}", dtype, (np.empty((n, n), dtype), x, h),
        (n, k, k, n, n + k - 1), 2 * n * n * k * k, windows(x, h), 4,
        size=f"{n}x{n}", taps=f"{k}x{k}",
    )  # fmt: skip


def bench_separable(cell, race, benchmark):
    dtype, n, k = cell
    rng = np.random.default_rng(0)
    x = numbers(rng, dtype, (n + k - 1, n + k - 1))
    u, v = numbers(rng, dtype, (1, k)), numbers(rng, dtype, (1, k))
    kernel_race(
        race, benchmark, f"conv2d_separable_{DTYPES[dtype]}", dtype,
        (np.empty((n, n), dtype), x, u, v), (n, k, k, 1, n, n + k - 1), 2 * n * n * 2 * k,
        windows(windows(x, u.T), v), 4, size=f"{n}x{n}", taps=f"{k}x{k}",
    )  # fmt: skip
