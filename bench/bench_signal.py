"""The eight functions of `fastconv.signal` against SciPy, NumPy, OpenCV, PyTorch and ducc0."""

import itertools

import numpy as np
import pytest
import rivals
import scipy.fft
import scipy.ndimage
import scipy.signal
from paired import Runner

import fastconv

RTOL = {"f4": 3e-5, "f8": 1e-11, "c8": 3e-5, "c16": 1e-11, "i2": 0, "i4": 0, "i8": 0, "u1": 0}


def grid(dtypes, sizes, taps):
    return list(itertools.product(dtypes, sizes, taps))


SQUARES = grid(["f4", "f8"], [32, 256, 512, 1024, 2048], [3, 5, 7, 9, 11, 15, 31])
LARGE = grid(["f4", "f8"], [4096], [3, 7, 15])
OTHER = grid(["c8", "c16", "u1", "i2", "i4", "i8"], [512], [3, 7])
LINES = grid(
    ["f4", "f8"], [1_000, 10_000, 100_000, 1_000_000], [5, 11, 31, 63, 127, 255, 1023, 4095]
)
# (dtype, size of the image or length of the signal, taps along each axis)
CELLS = {
    "bench_correlate2d": (grid(["f4", "f8"], [32, 512], [3, 7]), SQUARES + LARGE + OTHER),
    "bench_convolve2d": (grid(["f4"], [256], [5]), grid(["f4", "f8"], [256, 1024], [3, 7, 15])),
    "bench_boundaries": (
        [("f4", 256, 7, "symm")],
        [(*cell, edge) for cell in grid(["f4"], [256, 1024], [7]) for edge in ("wrap", "symm")],
    ),
    "bench_separable": (grid(["f4"], [512], [7]), grid(["f4", "f8"], [512, 2048], [3, 7, 15, 31])),
    "bench_convolve": (
        grid(["f4", "f8"], [1_000], [5]) + grid(["f8"], [100_000], [63]),
        LINES + grid(["c16", "i8"], [100_000], [63]),
    ),
    "bench_correlate": (grid(["f8"], [100_000], [31]), grid(["f4", "f8"], [100_000], [31, 255])),
    "bench_volume": (grid(["f4"], [32], [3]), grid(["f4", "f8"], [64, 128], [3, 5])),
    "bench_fftconvolve": (
        grid(["f8"], [1_000, 100_000], [255]),
        grid(["f4", "f8", "c16"], [1_000, 100_000, 1_000_000], [255, 10_001]),
    ),
    "bench_fftconvolve_images": (
        grid(["f4"], [256], [31]),
        grid(["f4", "f8"], [256, 1024, 2048], [31, 255]),
    ),
    "bench_oaconvolve": (
        grid(["f8"], [100_000], [255]),
        grid(["f4", "f8"], [100_000, 1_000_000], [63, 255, 4095]),
    ),
    "bench_small_calls": ([("f8", 32, 5)], [("f8", 32, 5), ("f4", 32, 5)]),
}


def data(dtype, *shapes):
    """Arrays of `dtype`, the same in every run."""
    rng = np.random.default_rng(7)
    arrays = []
    for shape in shapes:
        if np.dtype(dtype).kind in "iu":
            array = rng.integers(0, 9, shape)
        else:
            array = rng.standard_normal(shape)
            if dtype in ("c8", "c16"):
                array = array + 1j * rng.standard_normal(shape)
        arrays.append(np.ascontiguousarray(array.astype(dtype)))
    return arrays


def exact(function, x, h, *args):
    """SciPy's answer in double precision; integers keep their type, since they wrap."""
    if x.dtype.kind in "iu":
        return function(x, h, *args)
    wide = np.complex128 if x.dtype.kind == "c" else np.float64
    return function(x.astype(wide), h.astype(wide), *args)


def contest(call, others, *, twin=False, copy_of=None):
    """Our runner, with its Numba twin where asked, the rivals, and a copy as yardstick."""
    ours = Runner("fastconv", call, before=lambda: fastconv.set_backend("cython"))
    runners = [ours, *itertools.starmap(Runner, others)]
    if twin:
        runners.append(
            Runner("fastconv, numba", call, before=lambda: fastconv.set_backend("numba"))
        )
    if copy_of is not None:
        runners.append(Runner("copy", copy_of.copy, reference=True))
    return runners


@pytest.fixture(autouse=True)
def keep_backend():
    backend = fastconv.get_backend()
    yield
    fastconv.set_backend(backend)


def image_cell(cell, race, op, ours, rival_taps, oracle):
    dtype, size, k = cell
    x, h = data(dtype, (size, size), (k, k))
    runners = contest(
        lambda: ours(x, h, "same"),
        rivals.image_filters(x, rival_taps(h)),
        twin=dtype in ("f4", "f8") and k <= 15 and size <= 2048,
        copy_of=x,
    )
    # The oracle is SciPy's own choice of method: its direct sum would take minutes.
    expected = exact(oracle, x, h, "same")
    race(
        runners, expected, RTOL[dtype], op=op, dtype=dtype, size=f"{size}x{size}",
        taps=f"{k}x{k}", work=2 * x.size * h.size,
    )  # fmt: skip


def bench_correlate2d(cell, race):
    image_cell(
        cell, race, "correlate2d same", fastconv.correlate2d, lambda h: h, scipy.signal.correlate
    )


def bench_convolve2d(cell, race):
    image_cell(
        cell, race, "convolve2d same", fastconv.convolve2d,
        lambda h: h[::-1, ::-1].copy(), scipy.signal.convolve,
    )  # fmt: skip


def bench_boundaries(cell, race):
    dtype, size, k, boundary = cell
    x, h = data(dtype, (size, size), (k, k))
    edge = {"symm": "reflect", "wrap": "wrap"}[boundary]
    others = [
        ("scipy.signal", lambda: scipy.signal.correlate2d(x, h, "same", boundary)),
        ("scipy.ndimage", lambda: scipy.ndimage.correlate(x, h, mode=edge)),
    ]
    race(
        contest(lambda: fastconv.correlate2d(x, h, "same", boundary), others, copy_of=x),
        exact(scipy.signal.correlate2d, x, h, "same", boundary), RTOL[dtype],
        op=f"correlate2d {boundary}", dtype=dtype, size=f"{size}x{size}", taps=f"{k}x{k}",
        work=2 * x.size * h.size,
    )  # fmt: skip


def bench_separable(cell, race):
    dtype, size, k = cell
    (x,) = data(dtype, (size, size))
    row = scipy.signal.windows.gaussian(k, k / 4).astype(dtype)
    taps = np.outer(row, row)
    others = [*rivals.image_filters(x, taps), *rivals.separable_filters(x, row, row)]
    race(
        contest(lambda: fastconv.correlate2d(x, taps, "same"), others, copy_of=x),
        exact(scipy.signal.correlate, x, taps, "same"), RTOL[dtype],
        op="correlate2d, Gaussian", dtype=dtype, size=f"{size}x{size}", taps=f"{k}x{k}",
        work=2 * x.size * taps.size,
    )  # fmt: skip


def bench_convolve(cell, race):
    dtype, size, k = cell
    x, h = data(dtype, size, k)
    call = lambda: fastconv.convolve(x, h, "same")  # noqa: E731
    race(
        contest(call, rivals.signal_filters(x, h, "same"), twin=k <= 255, copy_of=x),
        exact(scipy.signal.convolve, x, h, "same"), RTOL[dtype],
        op="convolve same", dtype=dtype, size=f"{size}", taps=f"{k}", work=2 * size * k,
    )  # fmt: skip


def bench_correlate(cell, race):
    dtype, size, k = cell
    x, h = data(dtype, size, k)
    others = [
        ("numpy", lambda: np.correlate(x, h, "full")),
        ("scipy.signal", lambda: scipy.signal.correlate(x, h, method="direct")),
        ("scipy.signal, auto", lambda: scipy.signal.correlate(x, h)),
    ]
    race(
        contest(lambda: fastconv.correlate(x, h, method="direct"), others, copy_of=x),
        exact(scipy.signal.correlate, x, h), RTOL[dtype],
        op="correlate direct full", dtype=dtype, size=f"{size}", taps=f"{k}", work=2 * size * k,
    )  # fmt: skip


def bench_volume(cell, race):
    dtype, size, k = cell
    x, h = data(dtype, (size,) * 3, (k,) * 3)
    others = [
        ("scipy.signal", lambda: scipy.signal.convolve(x, h, "same")),
        ("scipy.ndimage", lambda: scipy.ndimage.convolve(x, h, mode="constant")),
    ]
    race(
        contest(lambda: fastconv.convolve(x, h, "same"), others, copy_of=x),
        exact(scipy.signal.convolve, x, h, "same"), RTOL[dtype],
        op="convolve 3-D same", dtype=dtype, size="x".join([f"{size}"] * 3),
        taps="x".join([f"{k}"] * 3), work=2 * x.size * h.size,
    )  # fmt: skip


def transform_cell(cell, race, name, dimensions):
    dtype, size, k = cell
    x, h = data(dtype, (size,) * dimensions, (k,) * dimensions)
    function, peer = getattr(fastconv, name), getattr(scipy.signal, name)
    threads = fastconv.get_num_threads()

    def parallel():
        with scipy.fft.set_workers(threads):
            return peer(x, h)

    others = [("scipy.signal", lambda: peer(x, h)), ("scipy.signal, workers", parallel)]
    if name == "fftconvolve":
        others += rivals.transforms(x, h)
    race(
        contest(lambda: function(x, h), others, copy_of=x),
        exact(scipy.signal.fftconvolve, x, h), RTOL[dtype],
        op=name if dimensions == 1 else f"{name} 2-D", dtype=dtype,
        size="x".join([f"{size}"] * dimensions), taps="x".join([f"{k}"] * dimensions),
        work=2 * x.size * h.size,
    )  # fmt: skip


def bench_fftconvolve(cell, race):
    transform_cell(cell, race, "fftconvolve", 1)


def bench_fftconvolve_images(cell, race):
    transform_cell(cell, race, "fftconvolve", 2)


def bench_oaconvolve(cell, race):
    transform_cell(cell, race, "oaconvolve", 1)


@pytest.mark.parametrize("name", ["choose_conv_method", "correlation_lags"])
def bench_small_calls(cell, race, name):
    dtype, size, k = cell
    x, h = data(dtype, size, k)
    args = (size, k) if name == "correlation_lags" else (x, h)
    function, peer = getattr(fastconv, name), getattr(scipy.signal, name)
    expected = peer(*args) if name == "correlation_lags" else None
    race(
        contest(lambda: function(*args), [("scipy.signal", lambda: peer(*args))]),
        expected, 0, op=name, dtype=dtype, size=f"{size}", taps=f"{k}", work=0,
    )  # fmt: skip
