"""Random tensors and their seeds: ``keras.random``.

Belongs here: distributions and `SeedGenerator`. Does not: kernels (`random.pyx`), seeding of
everything at once (`fastconv.utils.set_random_seed`).
Numbers are functions of seed, call and position (Philox): the same whatever the number of threads.
"""

from fastconv.random.distributions import (
    beta,
    binomial,
    categorical,
    dropout,
    gamma,
    normal,
    randint,
    shuffle,
    truncated_normal,
    uniform,
)
from fastconv.random.seed_generator import SeedGenerator

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]
