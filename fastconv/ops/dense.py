"""Matrix products: `dense` (with bias and activation in the product's epilogue) and `matmul`."""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fastconv.ops import arrays
from fastconv.ops.dtypes import promote
from fastconv.ops.symbolic import op
from fastconv.ops.tape import record
from fastconv.ops.tensor import GRAIN, Tensor, forget_program, kernel, run

__all__ = ["matmul"]

# Activations that a product computes in its epilogue, and the kernels' codes for them.
FUSED = {None: 0, "linear": 0, "relu": 1, "sigmoid": 2, "tanh": 3}

MAX_ROWS = 128  # rows of a block: its part of A stays in the second cache
CHUNK_ROWS = 1024  # rows per partial sum of a bias gradient
THREADED = 2e6  # operations that are worth a second thread
CHUNK = 6e5  # operations of a block, where there are several
PIECES = 4  # of a long k, where rows are few


class Matrix(NamedTuple):
    """A matrix in an array: distance between rows and between columns, in elements."""

    data: np.ndarray
    rows: int
    columns: int

    @property
    def T(self) -> "Matrix":
        return Matrix(self.data, self.columns, self.rows)


def matrix(x: np.ndarray) -> Matrix:
    """A contiguous array as the matrix of its last axis and all others."""
    return Matrix(x, x.shape[-1], 1)


class Cut(NamedTuple):
    """How a product is cut: row and column blocks, length of a piece of k, copies of B and A."""

    rb: int
    cb: int
    kc: int
    pack: int
    gather: int


@functools.lru_cache(maxsize=4096)
def _pieces(m: int, n: int, k: int) -> tuple[int, np.ndarray, np.ndarray] | None:
    """The batch of products that a product of few rows over a long k is made of, or None.

    Only for matrices whose rows are contiguous.
    """
    if m > 64 or k < 512 or k % PIECES or 2.0 * m * n * k <= THREADED:
        return None
    starts = np.arange(PIECES, dtype=np.intp) * (k // PIECES)
    return PIECES, starts, starts * n


@functools.lru_cache(maxsize=4096)
def cut(batch: int, m: int, n: int, k: int, ars: int, acs: int, bcs: int, size: int) -> Cut:
    """A function of the problem alone, so that results do not depend on the number of threads."""
    tall = m > 64
    longest = 1024 // size if tall or bcs != 1 else 128
    kc = -(-max(k, 1) // -(-max(k, 1) // longest))
    rb = -(-m // MAX_ROWS)
    cb = 1
    work = 2.0 * m * n * k
    if batch * work > THREADED:
        wanted = min(64, int(work // CHUNK))
        if tall and k < 128:
            rb = max(rb, min(wanted, m // 24))  # B is small: every block may copy it
        cb = max(1, min(-(-wanted // rb), n * size // (192 if tall and k >= 128 else 64)))
    far = acs * size >= 2048
    return Cut(rb, cb, kc, int(tall), int(tall and far and n >= 96))


def product(
    a: Matrix,
    b: Matrix,
    shape: tuple[int, int, int],
    bias: np.ndarray | None = None,
    act: int = 0,
    out: np.ndarray | None = None,
    batch: tuple[int, np.ndarray | None, np.ndarray | None] = (1, None, None),
) -> np.ndarray:
    """act(A B + bias) for matrices of m x k and k x n elements, shape (m, n, k).

    `batch`: how many products, and where each one's matrices begin in a.data and b.data.
    """
    m, n, k = shape
    dtype = a.data.dtype
    count = batch[0]
    c = arrays.empty((count, m, n), dtype) if out is None else out
    if not c.size:
        return c
    pieces = _pieces(m, n, k) if count == 1 and a.columns == b.columns == 1 else None
    if pieces is not None:
        parts = product(a, b, (m, n, k // PIECES), batch=pieces)
        run(
            kernel("dense_combine", dtype),
            (c, parts, bias),
            (PIECES, m, n, act),
            (),
            m,
            max(1, GRAIN // (PIECES * n)),
        )
        return c
    cb = cut(count, m, n, k, a.rows, a.columns, b.columns, dtype.itemsize)
    run(
        kernel("dense_product", dtype),
        (c, a.data, b.data, bias, batch[1], batch[2]),
        (
            *(m, n, k, a.rows, a.columns, b.rows, b.columns, n, m * n, cb.rb, cb.cb, cb.kc),
            *(0 if bias is None else 1, act, cb.pack, cb.gather),
        ),
        (),
        count * cb.rb * cb.cb,
        max(1, int(CHUNK * cb.rb * cb.cb / (2.0 * m * n * max(k, 1)))) if count > 1 else 1,
    )
    return c


def slope(
    dy: np.ndarray, y: np.ndarray, n: int, act: int, sums: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """dy times the activation's derivative, and the sums of its columns, of n columns.

    The derivative is taken from the output: relu y > 0, sigmoid y (1 - y), tanh 1 - y^2.
    """
    if not act and not sums:
        return dy, None
    m = dy.size // n if n else 0
    chunks = max(1, -(-m // CHUNK_ROWS))
    dz = arrays.empty(dy.shape, dy.dtype) if act else dy
    partial = arrays.empty((chunks, n), dy.dtype) if sums else None
    chunk = CHUNK_ROWS
    if not sums and m * n > 65536:
        chunk = max(1, 32768 // n)
        chunks = -(-m // chunk)
    run(
        kernel("dense_slope", dy.dtype),
        (dz, partial, dy, y),
        (m, n, chunk, act, sums),
        (),
        chunks,
        1,
    )
    if partial is not None and chunks > 1:
        partial = arrays.reduce_middle("sum", partial, 1, chunks, n)
    return dz, None if partial is None else partial.reshape(n)


def dense(x: Any, w: Any, b: Any = None, activation: str | None = None) -> Tensor:
    """activation(x @ w + b) of x (..., k) and w (k, n).

    Parameters
    ----------
    x, w : array_like
    b : array_like of n elements, optional
    activation : {None, "linear", "relu", "sigmoid", "tanh"}
        Those that the product computes in passing (`FUSED`); others are the caller's.

    Notes
    -----
    With dz = dy * activation'(z): dx = dz w^T, dw = x^T dz, db = sum of the rows of dz.
    """
    act = FUSED[activation]
    inputs: tuple[Tensor, ...]
    if b is None:
        x, w = promote(x, w, to_float=True)
        inputs = (x, w)
    else:
        x, w, b = promote(x, w, b, to_float=True)
        inputs = (x, w, b)
    xd, wd = x.data, w.data
    k, n = wd.shape
    lead = xd.shape[:-1]
    if xd.shape[-1] != k:
        raise ValueError(f"dense: x {xd.shape} and w {wd.shape} do not fit")
    m = xd.size // k if k else int(np.prod(lead, dtype=np.int64))
    out = arrays.empty((*lead, n), xd.dtype)
    product(matrix(xd), matrix(wd), (m, n, k), None if b is None else b.data, act, out)
    y = Tensor(out)

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Sequence[np.ndarray | None]:
        dz, db = slope(dy, out, n, act, len(need) == 3 and need[2])
        dx = dw = None
        if need[1]:
            dw = arrays.empty(wd.shape, wd.dtype)
            product(matrix(xd).T, matrix(dz), (k, n, m), out=dw)
        if need[0]:
            dx = arrays.empty(xd.shape, xd.dtype)
            product(matrix(dz), matrix(wd).T, (m, k, n), out=dx)
        return (dx, dw) if len(need) == 2 else (dx, dw, db)

    return record(y, inputs, backward)


@functools.lru_cache(maxsize=1024)
def _offsets(shape: tuple[int, ...], batch: tuple[int, ...], size: int) -> np.ndarray:
    """Where the matrices of an operand with leading axes `shape` begin, for each of `batch`."""
    starts = np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.intp) * size
    return np.ascontiguousarray(np.broadcast_to(starts.reshape(shape), batch)).reshape(-1)


def _batched(a: np.ndarray, b: np.ndarray, ta: bool = False, tb: bool = False) -> np.ndarray:
    """a @ b over broadcast leading axes, with the last two axes of either swapped on demand."""
    m, k = a.shape[-1:-3:-1] if ta else a.shape[-2:]
    n = b.shape[-2] if tb else b.shape[-1]
    left, right = matrix(a), matrix(b)
    if ta:
        left = left.T
    if tb:
        right = right.T
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    c = arrays.empty((*lead, m, n), a.dtype)
    if b.ndim == 2 and not ta:
        # One matrix for all: the leading axes are rows too.
        product(left, right, (c.size // n if n else 0, n, k), out=c)
        return c
    count = int(np.prod(lead, dtype=np.int64))
    offsets: tuple[np.ndarray | None, np.ndarray | None] = None, None
    if count > 1:
        offsets = (
            _offsets(a.shape[:-2], lead, a.shape[-2] * a.shape[-1]),
            _offsets(b.shape[:-2], lead, b.shape[-2] * b.shape[-1]),
        )
    product(left, right, (m, n, k), out=c, batch=(count, *offsets))
    return c


@op
def matmul(x1: Any, x2: Any) -> Tensor:
    """Matrix product over the last two axes, the leading ones broadcast.

    Parameters
    ----------
    x1, x2 : array_like
        Of one axis: a row on the left, a column on the right; the axis is then dropped.

    Notes
    -----
    da = dc b^T, db = a^T dc, summed over broadcast axes.

    Examples
    --------
    >>> from fastconv import ops
    >>> ops.matmul([[1.0, 2.0]], [[3.0], [4.0]]).numpy()
    array([[11.]], dtype=float32)
    """
    x1, x2 = promote(x1, x2)
    a, b = x1.data, x2.data
    if not a.ndim or not b.ndim:
        raise ValueError(f"matmul: expected at least one axis, received {a.shape} and {b.shape}")
    if a.dtype.kind != "f":
        forget_program()
        return Tensor(np.asarray(np.matmul(a, b), order="C"))
    left = a.reshape(1, -1) if a.ndim == 1 else a
    right = b.reshape(-1, 1) if b.ndim == 1 else b
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"matmul: shapes {a.shape} and {b.shape} do not fit")
    c = _batched(left, right)
    shape = list(c.shape)
    if b.ndim == 1:
        del shape[-1]
    if a.ndim == 1:
        del shape[-1 if b.ndim == 1 else -2]

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Sequence[np.ndarray | None]:
        dc = dy.reshape(c.shape)
        da = db = None
        if need[0]:
            da = arrays.unbroadcast(_batched(dc, right, tb=True), left.shape).reshape(a.shape)
        if need[1]:
            if right.ndim == 2:
                # All leading axes of a and dc are rows of one product.
                k, n = right.shape
                db = arrays.empty(b.shape, b.dtype)
                rows = left.size // k if k else 0
                product(matrix(left).T, matrix(dc), (k, n, rows), out=db)
            else:
                db = arrays.unbroadcast(_batched(left, dc, ta=True), right.shape).reshape(b.shape)
        return da, db

    return record(Tensor(c.reshape(shape)), (x1, x2), backward)
