"""Initializers: distributions, fans, seeds, configs, errors."""

import json

import numpy as np
import pytest

import fastconv as keras
from fastconv import initializers

SHAPE = (200, 300)
# name -> (bound or None, standard deviation)
SCALED = {
    "GlorotUniform": (np.sqrt(6 / 500), np.sqrt(2 / 500)),
    "GlorotNormal": (None, np.sqrt(2 / 500)),
    "HeUniform": (np.sqrt(6 / 200), np.sqrt(2 / 200)),
    "HeNormal": (None, np.sqrt(2 / 200)),
    "LecunUniform": (np.sqrt(3 / 200), np.sqrt(1 / 200)),
    "LecunNormal": (None, np.sqrt(1 / 200)),
    "RandomNormal": (None, 0.05),
    "RandomUniform": (0.05, 0.05 / np.sqrt(3)),
    "TruncatedNormal": (0.1, 0.05 * 0.8796),
    "VarianceScaling": (None, np.sqrt(1 / 200)),
}


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_values_have_the_right_spread(name, dtype):
    bound, std = SCALED[name]
    x = getattr(initializers, name)(seed=1)(SHAPE, dtype=dtype).data
    assert x.dtype == dtype and x.shape == SHAPE
    assert abs(x.std() / std - 1) < 0.02 and abs(x.mean()) < 3 * std / np.sqrt(x.size) + 1e-4
    if bound is not None:
        assert 0.99 * bound < np.abs(x).max() <= bound
    elif "Random" not in name:
        assert np.abs(x).max() <= 2 * std / 0.8796256610342398 * (1 + 1e-6)


@pytest.mark.parametrize(
    ("shape", "fans"),
    [
        ((), (1, 1)),
        ((7,), (7, 7)),
        ((3, 5), (3, 5)),
        ((3, 3, 8, 16), (72, 144)),
        ((5, 2, 4), (10, 20)),
    ],
)
def test_fans_count_the_receptive_field(shape, fans):
    assert initializers.compute_fans(shape) == fans


def test_fans_of_named_axes():
    assert initializers.compute_fans((2, 3, 5, 7), (0, 1), (2, 3)) == (6, 35)
    config = initializers.GlorotUniform(input_axes=(0,), output_axes=(1,)).get_config()
    assert config == {"seed": None, "input_axes": [0], "output_axes": [1]}


def test_modes_and_distributions():
    for mode, fan in (("fan_in", 200), ("fan_out", 300), ("fan_avg", 250)):
        for distribution in ("uniform", "truncated_normal", "untruncated_normal", "normal"):
            x = initializers.VarianceScaling(2.0, mode, distribution, seed=1)(SHAPE).data
            assert abs(x.std() / np.sqrt(2 / fan) - 1) < 0.02


def test_same_seed_same_values_and_every_call_repeats():
    a = initializers.GlorotUniform(seed=5)
    np.testing.assert_array_equal(a((3, 4)).data, a((3, 4)).data)
    np.testing.assert_array_equal(a((3, 4)).data, initializers.GlorotUniform(seed=5)((3, 4)).data)
    stream = keras.random.SeedGenerator(5)
    b = initializers.GlorotUniform(seed=stream)
    assert not (b((3, 4)).data == b((3, 4)).data).any()


def test_without_a_seed_one_is_drawn_from_python_when_it_is_made():
    keras.utils.set_random_seed(42)
    first = initializers.get("glorot_uniform")
    assert first.seed == 686579304
    assert first.get_config() == {"seed": None}


def test_constants():
    assert (initializers.Zeros()((2, 3), "int32").data == np.zeros((2, 3), "int32")).all()
    assert (initializers.Ones()((2, 3)).data == 1).all()
    assert (initializers.Constant(2.5)((2, 3)).data == 2.5).all()
    np.testing.assert_array_equal(initializers.Identity(3.0)((2, 3)).data, 3 * np.eye(2, 3))
    with pytest.raises(ValueError, match=r"2D matrices. Received: shape=\(2,\) of rank 1."):
        initializers.Identity()((2,))


@pytest.mark.parametrize("shape", [(5, 5), (8, 3), (3, 8), (2, 3, 4, 5)])
def test_orthogonal_matrices_are_orthogonal(shape):
    x = initializers.Orthogonal(2.0, seed=1)(shape, "float64").data.reshape(-1, shape[-1])
    gram = x @ x.T if x.shape[0] < x.shape[1] else x.T @ x
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-12)
    with pytest.raises(ValueError, match="must be at least two-dimensional"):
        initializers.Orthogonal()((3,))


NAMES = [n for n in initializers.__all__ if n not in ("get", "serialize", "deserialize")]


@pytest.mark.parametrize("name", NAMES)
def test_configs_go_there_and_back(name):
    made = initializers.get(name)
    config = json.loads(json.dumps(initializers.serialize(made)))
    assert config["module"] == "keras.initializers"
    again = initializers.deserialize(config)
    assert type(again) is type(made) and again.get_config() == made.get_config()
    assert not {"input_axes", "output_axes"} & set(config["config"])


@pytest.mark.parametrize("name", ["zeros", "zero", "ones", "one", "normal", "uniform", "he_normal"])
def test_short_names(name):
    assert initializers.get(name)((2, 2)).shape == (2, 2)


def test_arrays_and_functions_are_initializers():
    values = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(initializers.get(values)((2, 3), "float32").data, values)
    with pytest.raises(ValueError, match=r"Expected `shape` to be \(2, 3\)"):
        initializers.get(values)((3, 2))
    function = lambda shape, dtype=None: keras.ops.ones(shape, dtype)  # noqa: E731
    assert initializers.get(function) is function
    assert initializers.get(None) is None


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="Could not interpret initializer identifier: foo"):
        initializers.get("foo")
    with pytest.raises(ValueError, match=r"`scale` must be positive float. Received: scale=0"):
        initializers.VarianceScaling(0)
    with pytest.raises(ValueError, match="Invalid `mode` argument: x"):
        initializers.VarianceScaling(mode="x")
    with pytest.raises(ValueError, match="Invalid `distribution` argument: x"):
        initializers.VarianceScaling(distribution="x")
    with pytest.raises(ValueError, match="Received: seed=x"):
        initializers.RandomNormal(seed="x")
