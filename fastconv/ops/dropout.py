"""Dropout and its relatives; the random state is given, advanced after use."""

from typing import Any

import numpy as np

from fastconv.ops import arrays
from fastconv.ops.arrays import binary, empty
from fastconv.ops.dtypes import to_float
from fastconv.ops.random import CHUNK, advance
from fastconv.ops.tape import record
from fastconv.ops.tensor import GRAIN, Tensor, kernel, run

__all__: list[str] = []


def dropout(
    x: Any,
    rate: float,
    state: np.ndarray,
    noise_shape: tuple[int, ...] | None = None,
    count: bool = True,
) -> Tensor:
    """`x` with elements dropped at random, the others divided by 1 - rate.

    Parameters
    ----------
    x : tensor
    rate : float
        Part to drop, 0 <= rate < 1.
    state : ndarray of two int64
        Seed and number of the call.
    noise_shape : tuple of int, optional
        Shape of the mask, to be broadcast.
    count : bool
        Whether to advance the state.
    """
    x = to_float(x)
    shape, dtype = x.data.shape, x.data.dtype
    scale = 1.0 / (1.0 - rate)
    if noise_shape is not None and tuple(noise_shape) != shape:
        mask = empty(tuple(noise_shape), dtype)
        run(kernel("dropout_draw", dtype), (mask, state), (), (rate, scale), mask.size, CHUNK)
        if count:
            advance(state)
        return record(
            Tensor(binary("multiply", x.data, mask)),
            (x,),
            lambda dy, need: (arrays.unbroadcast(binary("multiply", dy, mask), shape),),
        )
    y = empty(shape, dtype)
    kept = empty(shape, np.uint8)
    bufs = (y, kept, x.data, state)
    run(kernel("dropout_forward", dtype), bufs, (), (rate, scale), y.size, CHUNK)
    if count:
        advance(state)

    def backward(dy: np.ndarray, need: tuple[bool, ...]) -> Any:
        dx = empty(shape, dtype)
        run(kernel("dropout_backward", dtype), (dx, dy, kept), (), (scale,), dx.size, GRAIN)
        return (dx,)

    return record(Tensor(y), (x,), backward)
