"""Random tensors: functions of a shape and a seed."""

from typing import Any

import numpy as np

from fastconv.ops import elementwise, random
from fastconv.ops.dropout import dropout as _dropout
from fastconv.ops.dtypes import floatx, standard, to_float
from fastconv.ops.indexing import take
from fastconv.ops.symbolic import KerasTensor
from fastconv.ops.tensor import Tensor, convert, forget_program
from fastconv.random.seed_generator import state_of


def _draw(name: str, shape: Any, a: float, b: float, dtype: Any, seed: Any) -> Tensor:
    kind = floatx() if dtype is None else standard(dtype)
    state, count = state_of(seed)
    shape = tuple(int(n) for n in ((shape,) if isinstance(shape, int) else shape))
    exact = kind if kind in (np.float32, np.float64) else np.dtype(np.float32)
    y = Tensor(random.draw(name, shape, exact, state, float(a), float(b)))
    if count:
        random.advance(state)
    return elementwise.cast(y, kind)


def normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Normally distributed numbers.

    Source: ``keras.random.normal``.

    Parameters
    ----------
    shape : tuple of int
    mean, stddev : float
    dtype : str, optional
        Default: `keras.config.floatx`.
    seed : int or SeedGenerator, optional
        The same integer gives the same numbers; a `SeedGenerator` counts on.

    Returns
    -------
    Tensor
    """
    return _draw("normal", shape, mean, stddev, dtype, seed)


def uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Numbers evenly distributed over [minval, maxval).

    Source: ``keras.random.uniform``; the arguments are those of `normal`.
    """
    if dtype is not None and standard(dtype).kind != "f":
        raise ValueError(
            f"`keras.random.uniform` requires a floating point `dtype`. Received: dtype={dtype} "
        )
    return _draw("uniform", shape, minval, maxval, dtype, seed)


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Normally distributed numbers no further than two standard deviations from the mean.

    Source: ``keras.random.truncated_normal``; the arguments are those of `normal`.
    """
    return _draw("truncated", shape, mean, stddev, dtype, seed)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Whole numbers minval, ..., maxval - 1.

    Source: ``keras.random.randint``.
    """
    kind = standard(dtype)
    if kind.kind not in "iu":
        raise ValueError(
            f"`keras.random.randint` requires an integer `dtype`. Received: dtype={dtype} "
        )
    if maxval <= minval:
        raise ValueError(f"randint: expected minval < maxval, received {minval} and {maxval}")
    state, count = state_of(seed)
    shape = tuple(int(n) for n in ((shape,) if isinstance(shape, int) else shape))
    y = Tensor(random.integers(shape, state, int(minval), int(maxval) - int(minval)))
    if count:
        random.advance(state)
    return elementwise.cast(y, kind)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Samples of classes, `num_samples` for each row of unnormalised log-probabilities.

    Source: ``keras.random.categorical``.
    """
    logits = to_float(logits)
    if logits.ndim != 2:
        raise ValueError(
            f"categorical: logits must have shape (rows, classes), received {logits.shape}"
        )
    forget_program()
    noise = uniform((logits.shape[0], num_samples, logits.shape[1]), seed=seed, dtype="float64")
    # The largest of logits plus Gumbel noise is a sample (Gumbel 1954).
    gumbel = -np.log(-np.log(np.maximum(noise.data, 1e-300)))
    picked = np.argmax(logits.data[:, None] + gumbel, axis=-1)
    return Tensor(picked.astype(standard(dtype)))


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """`inputs` with a part `rate` of the elements 0, the others divided by 1 - rate.

    Source: ``keras.random.dropout``.
    """
    if isinstance(inputs, KerasTensor):
        return KerasTensor(inputs.shape, inputs.dtype)
    x = convert(inputs)
    if rate >= 1:
        return elementwise.multiply(x, 0.0)
    state, count = state_of(seed)
    if noise_shape is not None:
        if len(noise_shape) != x.ndim:
            raise ValueError(
                "Argument `noise_shape` should have the same number of dimensions as the inputs. "
                f"Received: noise_shape={noise_shape}, inputs.shape={x.shape}"
            )
        noise_shape = tuple(
            m if n is None else int(n) for n, m in zip(noise_shape, x.shape, strict=True)
        )
    return _dropout(x, rate, state, noise_shape, count)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Tensor:
    """Slices along `axis` in random order.

    Source: ``keras.random.shuffle``.
    """
    x = convert(x)
    forget_program()
    keys = uniform((x.shape[axis],), seed=seed, dtype="float64")
    return take(x, np.argsort(keys.data, kind="stable"), axis)


def gamma(shape: Any, alpha: float, dtype: Any = None, seed: Any = None) -> Tensor:
    """Gamma distributed numbers of shape parameter `alpha`.

    Source: ``keras.random.gamma``.
    """
    return _by_numpy(lambda rng: rng.gamma(alpha, size=shape), dtype, seed)


def beta(shape: Any, alpha: float, beta: float, dtype: Any = None, seed: Any = None) -> Tensor:
    """Beta distributed numbers.

    Source: ``keras.random.beta``.
    """
    return _by_numpy(lambda rng: rng.beta(alpha, beta, size=shape), dtype, seed)


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> Tensor:
    """Numbers of successes among `counts` trials.

    Source: ``keras.random.binomial``.
    """
    return _by_numpy(
        lambda rng: rng.binomial(np.asarray(counts, int), np.asarray(probabilities), size=shape),
        dtype,
        seed,
    )


def _by_numpy(sample: Any, dtype: Any, seed: Any) -> Tensor:
    """Distributions that no layer uses: NumPy's generator, keyed by the state."""
    forget_program()
    state, count = state_of(seed)
    rng = np.random.default_rng([int(n) % 2**64 for n in state])
    if count:
        random.advance(state)
    return Tensor(np.asarray(sample(rng)).astype(floatx() if dtype is None else standard(dtype)))
