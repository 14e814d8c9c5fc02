"""Kernels called directly, on guarded operands, beside a plain NumPy oracle.

A family adds a row to ``ROWS``: its kernels' common name, how to make operands for one size, what
the outputs must be. `test_parity.py` runs every row over dtypes, ISA levels, the Numba twin, odd
sizes, splits and threads.
"""

import ctypes
import importlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv._runtime import Kernel, levels

DTYPES = {
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "c64": np.dtype(np.complex64),
    "c128": np.dtype(np.complex128),
    "i8": np.dtype(np.int8),
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
}
GUARD = 67  # elements before and after an operand: odd, so that operands lie at odd offsets

C_KERNEL = ctypes.CFUNCTYPE(
    None,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.POINTER(ctypes.c_ssize_t),
    ctypes.POINTER(ctypes.c_double),
    ctypes.c_ssize_t,
    ctypes.c_ssize_t,
)


@dataclass
class Guarded:
    """An array in the middle of a block whose other elements are canaries.

    `rows` elements apart, as a window of a wider array; None: contiguous. The canaries are NaN
    (the largest value for integers), so that reading one spoils the result.
    """

    array: np.ndarray
    block: np.ndarray
    mask: np.ndarray
    canary: Any

    @classmethod
    def make(
        cls, values: np.ndarray, row_stride: int | None = None, guard: int = GUARD
    ) -> "Guarded":
        values = np.asarray(values)
        stride = values.shape[-1] if row_stride is None else row_stride
        rows = values.size // max(1, values.shape[-1])
        canary = np.iinfo(values.dtype).max if values.dtype.kind == "i" else np.nan
        block = np.full(2 * guard + rows * stride, canary, values.dtype)
        size = values.itemsize
        array = np.lib.stride_tricks.as_strided(
            block[guard:],
            values.shape,
            values.strides if row_stride is None else (stride * size, size),
        )
        mask = np.ones(block.size, bool)
        for row in range(rows):
            start = guard + row * stride
            mask[start : start + values.shape[-1]] = False
        array[...] = values
        return cls(array, block, mask, canary)

    def check(self, name: str) -> None:
        """Fail if anything around the array was written."""
        around = self.block[self.mask]
        same = np.isnan(around) if around.dtype.kind in "fc" else around == self.canary
        assert same.all(), f"{name}: wrote outside an operand"


@dataclass
class Operands:
    """One call: buffers (output first), sizes, parameters, extent of the outermost output axis."""

    bufs: list[Guarded]
    dims: tuple[int, ...]
    pars: tuple[float, ...]
    n: int
    expected: np.ndarray
    # Largest rounding error allowed, elementwise, in units of the dtype's epsilon.
    scale: np.ndarray = field(default_factory=lambda: np.zeros(()))

    def reset(self) -> None:
        """Fill the output with canaries."""
        self.bufs[0].array[...] = self.bufs[0].canary


@dataclass(frozen=True)
class Source:
    """One compiled form of a kernel: an ISA level's, or the Numba twin."""

    name: str
    origin: str

    @property
    def dtype(self) -> np.dtype:
        return DTYPES[self.name.rpartition("_")[2]]

    @property
    def stem(self) -> str:
        return self.name.rpartition("_")[0]

    def _load(self) -> Any:
        family = self.name.partition("_")[0]
        module = importlib.import_module(f"fastconv._kernels.{self.origin}.{family}")
        if self.origin == "numba":
            return module.KERNELS[self.name]()
        return module.__pyx_capi__[self.name]

    def kernel(self) -> Kernel:
        return Kernel(self.name, self.origin, self._load())

    def function(self) -> Callable[[Operands, int, int], None]:
        """The kernel as a Python function of operands and a range of items."""
        source = self._load()
        if self.origin == "numba":
            address = source.address
        else:
            api = ctypes.pythonapi
            api.PyCapsule_GetName.restype = ctypes.c_char_p
            api.PyCapsule_GetName.argtypes = [ctypes.py_object]
            api.PyCapsule_GetPointer.restype = ctypes.c_void_p
            api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
            address = api.PyCapsule_GetPointer(source, api.PyCapsule_GetName(source))
        function = C_KERNEL(address)

        def run(operands: Operands, lo: int, hi: int) -> None:
            pointers = [guarded.array.ctypes.data for guarded in operands.bufs]
            function(
                (ctypes.c_void_p * len(pointers))(*pointers),
                (ctypes.c_ssize_t * max(1, len(operands.dims)))(*operands.dims),
                (ctypes.c_double * max(1, len(operands.pars)))(*operands.pars),
                lo,
                hi,
            )

        run.keep_alive = source  # type: ignore[attr-defined]
        return run


def compiled(stem: str) -> list[Source]:
    """Every compiled form of the kernels called `stem`_<dtype> that this machine can run."""
    found = [
        Source(name, level)
        for level in levels()
        for name in _kernels.names(level)
        if name.rpartition("_")[0] == stem
    ]
    twins = [name for name in _kernels.numba_names() if name.rpartition("_")[0] == stem]
    return found + [Source(name, "numba") for name in twins]


@dataclass(frozen=True)
class Row:
    """How to test one kernel name."""

    sizes: tuple[tuple[int, ...], ...]
    split_size: tuple[int, ...]
    make: Callable[[np.random.Generator, np.dtype, tuple[int, ...], str], Operands]


def numbers(
    rng: np.random.Generator, dtype: np.dtype, shape: Iterable[int], kind: str
) -> np.ndarray:
    """Operands of a kind.

    whole: small whole numbers, on which every order of summation is exact; random: normal
    deviates, for integers all bits; special: whole numbers with NaN and inf among them.
    """
    shape = tuple(shape)
    if dtype.kind == "i":
        info = np.iinfo(dtype)
        if kind == "whole":
            return rng.integers(-9, 10, shape).astype(dtype)
        return rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    parts = []
    for _ in range(2 if dtype.kind == "c" else 1):
        part = rng.standard_normal(shape) if kind == "random" else rng.integers(-9, 10, shape)
        part = part.astype(dtype.type(0).real.dtype)
        if kind == "special":
            pick = rng.random(shape)
            part[pick < 0.03] = np.nan
            part[pick < 0.02] = np.inf
            part[pick < 0.01] = -np.inf
        parts.append(part)
    if dtype.kind == "f":
        return parts[0]
    out = np.empty(shape, dtype)
    out.real, out.imag = parts
    return out


def product(a: np.ndarray, b: Any) -> np.ndarray:
    """a * b; complex by parts, as the kernels do (NumPy's own is not specified for inf)."""
    if a.dtype.kind != "c":
        return a * b
    out = np.empty_like(a)
    out.real = a.real * b.real - a.imag * b.imag
    out.imag = a.real * b.imag + a.imag * b.real
    return out


def sliding(x: np.ndarray, h: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The oracle: y[i] = sum_k x[i + k] h[k], one tap after the other."""
    y = np.zeros(shape, x.dtype)
    with np.errstate(all="ignore"):
        for k in np.ndindex(h.shape):
            window = tuple(slice(a, a + n) for a, n in zip(k, shape, strict=True))
            y += product(x[window], h[k])
    return y


def sliding_scale(x: np.ndarray, h: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What rounding errors of a sum are measured in: sum |x| |h| times the number of products."""
    if x.dtype.kind == "i":
        return np.zeros(())
    with np.errstate(all="ignore"):
        size = sliding(np.abs(x).astype(float), np.abs(h).astype(float), shape)
    return size * 2 * (h.size + 2)


def make_conv1d(
    rng: np.random.Generator, dtype: np.dtype, size: tuple[int, ...], kind: str
) -> Operands:
    n, k = size
    x = numbers(rng, dtype, (n + k - 1,), kind)
    h = numbers(rng, dtype, (k,), "whole" if kind == "special" else kind)
    y = np.zeros(n, dtype)
    return Operands(
        [Guarded.make(y), Guarded.make(x), Guarded.make(h)],
        (k,),
        (),
        n,
        sliding(x, h, (n,)),
        sliding_scale(x, h, (n,)),
    )


def make_conv2d(
    rng: np.random.Generator, dtype: np.dtype, size: tuple[int, ...], kind: str
) -> Operands:
    m, n, p, q = size
    x = numbers(rng, dtype, (m + p - 1, n + q - 1), kind)
    h = numbers(rng, dtype, (p, q), "whole" if kind == "special" else kind)
    ys, xs = n + 3, n + q + 4
    return Operands(
        [Guarded.make(np.zeros((m, n), dtype), ys), Guarded.make(x, xs), Guarded.make(h)],
        (n, p, q, ys, xs),
        (),
        m,
        sliding(x, h, (m, n)),
        sliding_scale(x, h, (m, n)),
    )


def make_convnd(
    rng: np.random.Generator, dtype: np.dtype, size: tuple[int, ...], kind: str
) -> Operands:
    """`size`: the output's shape, then the taps' shape. The output is held as the rows it has."""
    nd = len(size) // 2
    shape, taps = size[:nd], size[nd:]
    seen = tuple(m + k - 1 for m, k in zip(shape, taps, strict=True))
    rows = (math.prod(shape[:-1]), shape[-1])
    x = numbers(rng, dtype, seen, kind)
    h = numbers(rng, dtype, taps, "whole" if kind == "special" else kind)
    y = np.zeros(shape, dtype)
    strides = [[s // dtype.itemsize for s in a.strides] for a in (y, x)]
    return Operands(
        [
            *(Guarded.make(a) for a in (y.reshape(rows), x, h)),
            Guarded.make(np.array([shape, taps, *strides], np.int64)),
        ],
        (nd,),
        (),
        rows[0],
        sliding(x, h, shape).reshape(rows),
        sliding_scale(x, h, shape).reshape(rows if dtype.kind != "i" else ()),
    )


def make_separable(
    rng: np.random.Generator, dtype: np.dtype, size: tuple[int, ...], kind: str
) -> Operands:
    m, n, p, q, rank = size
    x = numbers(rng, dtype, (m + p - 1, n + q - 1), kind)
    u = numbers(rng, dtype, (rank, p), "whole" if kind == "special" else kind)
    v = numbers(rng, dtype, (rank, q), "whole" if kind == "special" else kind)
    ys, xs = n + 3, n + q + 4
    lines = [sliding(x, u[r, :, None], (m, n + q - 1)) for r in range(rank)]
    along = [sliding(lines[r], v[r, None, :], (m, n)) for r in range(rank)]
    with np.errstate(all="ignore"):
        expected = sum(along[1:], along[0])
        taps = np.abs(u).T.astype(float) @ np.abs(v).astype(float)
        scale = sliding_scale(np.abs(x).astype(float), taps, (m, n)) * (p + q + rank)
    return Operands(
        [
            Guarded.make(np.zeros((m, n), dtype), ys),
            Guarded.make(x, xs),
            Guarded.make(u),
            Guarded.make(v),
        ],
        (n, p, q, rank, ys, xs),
        (),
        m,
        expected,
        scale,
    )


# Widths around the vectors (2 to 64 elements) and the tiles, taps around their blocks.
SIZES_1D = tuple(
    (n, k)
    for n, ks in {
        1: (1, 2, 3, 8, 33, 100),
        2: (1, 5, 64),
        3: (2, 7, 31),
        5: (4, 9, 40),
        8: (1, 8, 17),
        15: (3, 16),
        17: (5, 15, 32),
        31: (1, 11, 33),
        41: (24, 25),
        63: (7, 63),
        81: (2, 13, 127),
        160: (9, 65),
        331: (1, 5, 129),
    }.items()
    for k in ks
)
SIZES_2D = tuple(
    (m, n, p, q)
    for m, n in (
        *((1, 1), (1, 7), (2, 3), (3, 2), (4, 1), (5, 5), (4, 8), (3, 9), (6, 16), (7, 17)),
        *((4, 24), (5, 25), (9, 31), (4, 33), (2, 41), (8, 48), (1, 65), (5, 97)),
    )
    for p, q in ((1, 1), (1, 6), (2, 2), (3, 1), (3, 3), (4, 7), (5, 4), (7, 7), (9, 2))
)
SIZES_SEPARABLE = tuple(
    (m, n, p, q, rank)
    for m, n in ((1, 1), (2, 7), (3, 16), (4, 25), (5, 41), (7, 97), (2, 1100))
    for p, q, rank in ((1, 1, 1), (2, 3, 1), (3, 1, 2), (3, 5, 1), (7, 9, 3), (4, 33, 8))
) + ((3, 20, 2, 500, 1), (6, 4500, 5, 5, 1))

SIZES_ND = (
    *(
        (m, 2, n, p, 2, q)
        for m, n in ((1, 1), (2, 7), (3, 33))
        for p, q in ((1, 1), (2, 3), (3, 8))
    ),
    *((2, 3, n, 2, 1, 5) for n in (2, 5, 8, 15, 16, 17, 31, 32, 40, 64, 65, 100, 130, 257)),
    (2, 1, 3, 19, 2, 2, 1, 3),
    (2, 2, 1, 2, 9, 1, 2, 3, 1, 4),
)

ROWS = {
    "conv1d_direct": Row(SIZES_1D, (173, 43), make_conv1d),
    "conv2d_direct": Row(SIZES_2D, (13, 57, 5, 3), make_conv2d),
    "convnd_direct": Row(SIZES_ND, (4, 3, 57, 2, 3, 5), make_convnd),
    "conv2d_separable": Row(SIZES_SEPARABLE, (13, 57, 5, 3, 2), make_separable),
}
# Families of which every kernel must have a row.
FAMILIES = ("conv1d", "conv2d", "convnd")
