"""Kernels that draw random numbers from a state, on plain arrays."""

import numpy as np

from fastconv import _kernels
from fastconv.ops.arrays import empty
from fastconv.ops.tensor import GRAIN, kernel, run

# Chunks begin at multiples of 64, the generator's group.
CHUNK = GRAIN // 8


def advance(state: np.ndarray) -> None:
    """Count a call: the next draws from `state` differ from those before."""
    run(_kernels.get("dropout_advance_i64"), (state,), (), (), 1, 1)


def draw(
    name: str, shape: tuple[int, ...], dtype: np.dtype, state: np.ndarray, a: float, b: float
) -> np.ndarray:
    """Numbers of the distribution `name`: uniform, normal or truncated."""
    y = empty(shape, dtype)
    run(kernel(f"random_{name}", dtype), (y, state), (), (a, b), y.size, CHUNK)
    return y


def integers(shape: tuple[int, ...], state: np.ndarray, first: int, size: int) -> np.ndarray:
    """Whole numbers first, ..., first + size - 1, int64."""
    y = empty(shape, np.int64)
    run(_kernels.get("random_integers_i64"), (y, state), (first, size), (), y.size, CHUNK)
    return y
