"""One seed for every generator that a training may draw from."""

from __future__ import annotations

import random

import numpy as np

from fastconv.random.seed_generator import set_global_seed


def set_random_seed(seed: int) -> None:
    """Seed Python's `random` and NumPy's legacy generator, and with them everything of fastconv.

    Layers and initializers without a seed of their own draw one from Python's `random` when they
    are made, and shuffling draws from NumPy's generator; so this one call makes a run repeatable,
    bit for bit, whatever the number of threads.

    Parameters
    ----------
    seed
        A Python integer, 0 to 2**32 - 1.

    Raises
    ------
    ValueError
        `seed` is no integer, or out of range.

    Examples
    --------
    >>> set_random_seed(42)
    >>> random.randint(1, 10**9)
    686579304
    """
    if not isinstance(seed, int):
        raise ValueError(
            f"Expected `seed` argument to be an integer. Received: seed={seed} (of type "
            f"{type(seed)})"
        )
    np.random.seed(seed)  # refuses what is out of range, before anything has changed
    random.seed(seed)
    set_global_seed(seed)
