"""`SeedGenerator`: a seed and a counter of calls, in memory that kernels read."""

import random as python_random
from typing import Any

import numpy as np

from fastconv._registry import register
from fastconv.ops.variable import Variable, unique_name


@register("random")
class SeedGenerator:
    """State of a random stream: each use of it as a `seed` gives new numbers.

    Source: ``keras.random.SeedGenerator``.

    Parameters
    ----------
    seed : int, optional
        Default: drawn from Python's `random`, which ``keras.utils.set_random_seed`` seeds.
    name : str, optional

    Examples
    --------
    >>> import fastconv as keras
    >>> stream = keras.random.SeedGenerator(42)
    >>> a = keras.random.normal((3,), seed=stream)
    >>> b = keras.random.normal((3,), seed=stream)
    >>> bool((a == b).numpy().any())
    False
    """

    _is_seed_generator = True

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any) -> None:
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
        self.name = name or unique_name("seed_generator")
        self._initial_seed = seed
        if seed is None:
            seed = make_default_seed()
        if not isinstance(seed, int):
            raise ValueError(f"Argument `seed` must be an integer. Received: seed={seed}")
        self.state = Variable(
            np.array([_to_int64(seed), 0], np.int64), trainable=False, name="seed_generator_state"
        )

    def next(self, ordered: bool = True) -> np.ndarray:
        """The state as it is, after which it counts on."""
        from fastconv.ops.random import advance

        now = self.state.data.copy()
        advance(self.state.data)
        return now

    def get_config(self) -> dict[str, Any]:
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SeedGenerator":
        return cls(**config)


def _to_int64(seed: int) -> int:
    return (seed + 2**63) % 2**64 - 2**63


def make_default_seed() -> int:
    """A seed drawn from Python's `random`."""
    return python_random.randint(1, 10**9)


_global: SeedGenerator | None = None


def global_seed_generator() -> SeedGenerator:
    """The stream of functions called without a seed."""
    global _global
    if _global is None:
        _global = SeedGenerator(name="global_seed_generator")
    return _global


def set_global_seed(seed: int) -> None:
    """Begin the stream of functions called without a seed anew."""
    global _global
    _global = SeedGenerator(seed, name="global_seed_generator")


def state_of(seed: Any) -> tuple[np.ndarray, bool]:
    """The state to draw from, and whether it must be advanced afterwards."""
    if seed is None:
        return global_seed_generator().state.data, True
    if isinstance(seed, SeedGenerator):
        return seed.state.data, True
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return np.array([_to_int64(int(seed)), 0], np.int64), False
    raise ValueError(
        "Argument `seed` must be either an integer or an instance of `SeedGenerator`. "
        f"Received: seed={seed} (of type {type(seed)})"
    )
