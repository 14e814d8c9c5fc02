"""Numerical gradients: the oracle for every backward closure.

`check_gradients` compares what the tape gives with central differences in float64.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor, convert


def numerical(loss: Callable[[], float], array: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """d loss / d array by central differences; `loss` reads `array`, which is changed in place."""
    grad = np.zeros_like(array)
    flat, out = array.reshape(-1), grad.reshape(-1)
    for i in range(flat.size):
        old = flat[i]
        flat[i] = old + step
        above = loss()
        flat[i] = old - step
        below = loss()
        flat[i] = old
        out[i] = (above - below) / (2 * step)
    return grad


def check_gradients(
    function: Callable[..., Any],
    *arrays: Any,
    variables: Sequence[Any] = (),
    rtol: float = 1e-6,
    atol: float = 1e-7,
    step: float = 1e-6,
    seed: int = 0,
) -> None:
    """Gradients of sum(outputs * random) for all float64 `arrays` and `variables` are right.

    Arrays that are not float64 (indices, masks) are passed on without a gradient. The function may
    return one tensor or several; it must be smooth at the given points.
    """
    arrays = tuple(np.array(a, order="C") for a in arrays)
    tensors = [Tensor(a) for a in arrays]
    floats = [t for t in tensors if t.data.dtype == np.float64]
    rng = np.random.default_rng(seed)
    weights: list[np.ndarray] = []

    def outputs() -> list[Tensor]:
        result = function(*tensors)
        return [convert(y) for y in (result if isinstance(result, (list, tuple)) else [result])]

    for y in outputs():
        assert y.data.dtype == np.float64, f"output is {y.data.dtype}, the check needs float64"
        weights.append(rng.uniform(0.5, 1.5, y.shape))

    def loss() -> float:
        return float(sum((y.data * w).sum() for y, w in zip(outputs(), weights, strict=True)))

    sources = [*floats, *variables]
    total = [np.zeros_like(s.data) for s in sources]
    for k, w in enumerate(weights):
        with Tape() as tape:
            for t in floats:
                tape.watch(t)
            ys = outputs()
        before = [s.data.copy() for s in sources]
        grads = tape.gradient(ys[k], sources, seed=np.asarray(w, order="C"))
        for s, old in zip(sources, before, strict=True):
            np.testing.assert_array_equal(s.data, old, "the backward pass changed an input")
        for i, g in enumerate(grads):
            if g is not None:
                assert g.shape == sources[i].shape, f"gradient {g.shape} of {sources[i].shape}"
                assert g.dtype == np.float64
                total[i] = total[i] + g
    for i, source in enumerate(sources):
        expected = numerical(loss, source.data, step)
        np.testing.assert_allclose(
            total[i], expected, rtol=rtol, atol=atol, err_msg=f"gradient of operand {i}"
        )
