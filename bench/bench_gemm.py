"""Matrix products of the shapes that nets have, against NumPy's BLAS; share of its rate.

Each cell races the kernel on all threads and on one against `numpy.matmul` of the same operands.
`percent` in the JSON is our rate as a share of BLAS's.
"""

import numpy as np
import pytest
from paired import Runner

from fastconv import _runtime
from fastconv.ops.dense import FUSED, matrix, product

RTOL = {"f4": 1e-4, "f8": 1e-12}
# m, k, n; "T" marks the operand that lies transposed, as the gradients' operands do.
SHAPES = {
    "mlp forward": (32, 784, 100, ""),
    "mlp by weights": (784, 32, 100, "left"),
    "mlp by data": (32, 100, 784, "right"),
    "cnn dense forward": (32, 3136, 100, ""),
    "cnn dense by weights": (3136, 32, 100, "left"),
    "cnn dense by data": (32, 100, 3136, "right"),
    "one row": (1, 784, 100, ""),
    "last layer": (32, 100, 10, ""),
    "second convolution": (6272, 288, 64, ""),
    "first convolution": (25088, 9, 32, ""),
    "square 512": (512, 512, 512, ""),
    "square 1024": (1024, 1024, 1024, ""),
    "square 2048": (2048, 2048, 2048, ""),
}
QUICK = [("f4", "mlp forward"), ("f4", "mlp by weights"), ("f8", "square 512")]
CELLS = {
    "bench_product": (QUICK, [(d, name) for d in ("f4", "f8") for name in SHAPES]),
    "bench_batched": ([("f4", 8)], [("f4", 8), ("f4", 64), ("f8", 64)]),
    "bench_epilogue": ([("f4", "relu")], [("f4", name) for name in ("relu", "sigmoid", "tanh")]),
}


def numbers(rng, dtype, *shape):
    return rng.standard_normal(shape).astype(dtype)


def percent(benchmark, work):
    median = benchmark.extra_info["median"]
    benchmark.extra_info["percent"] = {"numpy": 100 * median["numpy"] / median["fastconv"]}
    benchmark.extra_info["gflops"] = {name: 1e-9 * work / t for name, t in median.items()}


def bench_product(cell, race, benchmark):
    dtype, name = cell
    m, k, n, flipped = SHAPES[name]
    rng = np.random.default_rng(3)
    a = numbers(rng, dtype, k, m) if flipped == "left" else numbers(rng, dtype, m, k)
    b = numbers(rng, dtype, n, k) if flipped == "right" else numbers(rng, dtype, k, n)
    left = matrix(a).T if flipped == "left" else matrix(a)
    right = matrix(b).T if flipped == "right" else matrix(b)
    x, w = (a.T if flipped == "left" else a), (b.T if flipped == "right" else b)
    ours, theirs = np.empty((m, n), dtype), np.empty((m, n), dtype)

    def call():
        with _runtime.scope():  # as in a training step: workers wait awake for the next call
            return product(left, right, (m, n, k), out=ours)

    def alone():
        with _runtime.limit_threads(1):
            return product(left, right, (m, n, k), out=ours)

    runners = [
        Runner("fastconv", call),
        Runner("fastconv, one thread", alone),
        Runner("numpy", lambda: np.matmul(x, w, out=theirs)),
    ]
    race(
        runners, x.astype(float) @ w, RTOL[dtype],
        op=f"product: {name}", dtype=dtype, size=f"{m}x{k}x{n}", work=2 * m * n * k,
    )  # fmt: skip
    percent(benchmark, 2 * m * n * k)


def bench_batched(cell, race, benchmark):
    from fastconv.ops.dense import matmul
    from fastconv.ops.tensor import Tensor

    dtype, n = cell
    rng = np.random.default_rng(3)
    a, b = numbers(rng, dtype, 64, n, n), numbers(rng, dtype, 64, n, n)
    left, right = Tensor(a), Tensor(b)
    runners = [
        Runner("fastconv", lambda: matmul(left, right).data),
        Runner("numpy", lambda: np.matmul(a, b)),
    ]
    race(
        runners, a.astype(float) @ b, RTOL[dtype],
        op="matmul of 64 matrices", dtype=dtype, size=f"{n}x{n}", work=128 * n**3,
    )  # fmt: skip
    percent(benchmark, 128 * n**3)


def bench_epilogue(cell, race, benchmark):
    dtype, name = cell
    m, k, n = 32, 784, 100
    rng = np.random.default_rng(3)
    x, w, bias = numbers(rng, dtype, m, k), numbers(rng, dtype, k, n), numbers(rng, dtype, n)
    w *= 0.05
    out = np.empty((m, n), dtype)
    functions = {
        "relu": lambda z: np.maximum(z, 0, out=z),
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": lambda z: np.tanh(z, out=z),
    }
    runners = [
        Runner(
            "fastconv",
            lambda: product(matrix(x), matrix(w), (m, n, k), bias, FUSED[name], out=out),
        ),
        Runner("numpy", lambda: functions[name](x @ w + bias)),
    ]
    expected = functions[name](x.astype(float) @ w + bias)
    race(
        runners, expected, RTOL[dtype],
        op=f"dense, {name}", dtype=dtype, size=f"{m}x{k}x{n}", work=2 * m * n * k,
    )  # fmt: skip
    percent(benchmark, 2 * m * n * k)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
