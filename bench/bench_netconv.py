"""Convolution layers' three passes, and pooling, against PyTorch; share of the SGEMM rate.

`percent` in the JSON is the effective rate (multiplications and additions of the plain sum, which
Winograd's products may beat) as a share of that of a 768 x 768 matrix product by NumPy's BLAS,
measured in the same race.
"""

import importlib

import numpy as np
import pytest
from paired import Runner

from fastconv import _runtime
from fastconv.ops import max_pool
from fastconv.ops._convolution import by_data, by_weights, forward
from fastconv.ops._geometry import sliding
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor

GEMM = 768
# images, height, channels in, filters, size of the kernel, stride
SHAPES = {
    "course 1": (32, 28, 1, 32, 3, 1),
    "course 2": (32, 14, 32, 64, 3, 1),
    "rgb": (8, 64, 3, 32, 3, 1),
    "16 channels": (8, 56, 16, 16, 3, 1),
    "64 channels": (8, 28, 64, 64, 3, 1),
    "128 channels": (8, 14, 128, 128, 3, 1),
    "256 channels": (8, 14, 256, 256, 3, 1),
    "stride 2": (8, 56, 64, 64, 3, 2),
    "5x5": (8, 28, 32, 32, 5, 1),
    "1x1": (8, 28, 128, 128, 1, 1),
}
PASSES = ("forward", "by data", "by weights")
ALL = [("f4", shape, name) for shape in SHAPES for name in PASSES]
ALL += [("f8", shape, name) for shape in ("course 2", "64 channels") for name in PASSES]
CELLS = {
    "bench_pass": ([("f4", "course 2", name) for name in PASSES], ALL),
    "bench_pool": ([("f4", 28, 32)], [("f4", 28, 32), ("f4", 14, 64), ("f8", 28, 32)]),
}


def torch_pass(name, x, w, dy, size, stride):
    """The same pass by PyTorch, channels last in memory; None without it."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return None
    pad = size // 2
    tx = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
    tx = tx.contiguous(memory_format=torch.channels_last)
    tw = torch.from_numpy(np.ascontiguousarray(w.transpose(3, 2, 0, 1)))
    tw = tw.contiguous(memory_format=torch.channels_last)
    td = torch.from_numpy(np.ascontiguousarray(dy.transpose(0, 3, 1, 2)))
    td = td.contiguous(memory_format=torch.channels_last)
    if name == "forward":
        conv = torch.nn.functional.conv2d
        return lambda: conv(tx, tw, None, stride, pad).permute(0, 2, 3, 1).numpy()
    want = [name == "by data", name == "by weights", False]

    def back():
        found = torch.ops.aten.convolution_backward(
            td, tx, tw, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], 1, want
        )
        if want[0]:
            return found[0].permute(0, 2, 3, 1).numpy()
        return found[1].permute(2, 3, 1, 0).numpy()

    return back


def bench_pass(cell, race, benchmark):
    dtype, shape, name = cell
    n, h, ci, co, size, stride = SHAPES[shape]
    rng = np.random.default_rng(5)
    x = rng.standard_normal((n, h, h, ci)).astype(dtype)
    w = rng.standard_normal((size, size, ci, co)).astype(dtype)
    win = sliding(x.shape, (size, size), (stride, stride), (1, 1), "same")
    # PyTorch pads both sides alike, which for stride 2 are other windows than Keras's.
    win = win._replace(top=size // 2, left=size // 2)
    _, images = forward(x, w, win, 1, None, 0)
    dy = rng.standard_normal((n, win.oh, win.ow, co)).astype(dtype)
    calls = {
        "forward": lambda x, w, dy, images: forward(x, w, win, 1, None, 0)[0],
        "by data": lambda x, w, dy, images: by_data(dy, w, win, 1),
        "by weights": lambda x, w, dy, images: by_weights(images, dy, win, w.shape, 1),
    }
    ours = calls[name]
    exact = ours(*(a.astype(float) for a in (x, w, dy, images)))

    def call():
        with _runtime.scope():
            return ours(x, w, dy, images)

    def alone():
        with _runtime.limit_threads(1):
            return ours(x, w, dy, images)

    square = rng.standard_normal((GEMM, GEMM)).astype(dtype)
    runners = [Runner("fastconv", call), Runner("fastconv, one thread", alone)]
    rival = torch_pass(name, x, w, dy, size, stride)
    if rival is not None:
        runners.append(Runner("torch", rival))
    runners.append(Runner("matrix product", lambda: square @ square, reference=True))
    work = 2 * n * win.oh * win.ow * co * ci * size * size
    race(
        runners, exact, 1e-4 if dtype == "f4" else 1e-11,
        op=f"convolution {name}: {shape}", dtype=dtype,
        size=f"{n}x{h}x{h}x{ci}", taps=f"{size}x{size}x{co}", work=work,
    )  # fmt: skip
    median = benchmark.extra_info["median"]
    gemm = 2 * GEMM**3 / median["matrix product"]
    benchmark.extra_info["percent"] = {
        "matrix product": 100 * work / median["fastconv"] / gemm,
    }


def bench_pool(cell, race, benchmark):
    dtype, h, c = cell
    rng = np.random.default_rng(5)
    x = rng.standard_normal((32, h, h, c)).astype(dtype)
    tensor = Tensor(x)

    def step():
        with Tape() as tape:
            tape.watch(tensor)
            y = max_pool(tensor, 2)
        return tape.gradient(y, [tensor], seed=y.data)[0]

    # Each window's largest value stays, the others become zero.
    tiles = x.reshape(32, h // 2, 2, h // 2, 2, c)
    expected = np.where(tiles == tiles.max((2, 4), keepdims=True), tiles, 0).reshape(x.shape)
    target = np.empty_like(x)
    runners = [
        Runner("fastconv", step),
        Runner("copy", lambda: np.copyto(target, x), reference=True),
    ]
    race(
        runners, expected, 0, op="max pooling, there and back", dtype=dtype,
        size=f"32x{h}x{h}x{c}", taps="2x2",
    )  # fmt: skip
    median = benchmark.extra_info["median"]
    benchmark.extra_info["percent"] = {"copy": 100 * median["copy"] / median["fastconv"]}


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
