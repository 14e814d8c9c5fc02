import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("fastconv", deadline=None, max_examples=60)
settings.load_profile("fastconv")


@pytest.fixture
def rng():
    return np.random.default_rng(20240607)
