"""keras.random: distributions, streams, independence of threads; Philox's published values."""

import numpy as np
import pytest
from scipy import stats

import fastconv as keras
from fastconv.ops import random as draws
from fastconv.ops.dropout import dropout
from fastconv.ops.tensor import Tensor

N = 200_000


def philox(counter, key):
    """Philox 4x32-10 of one counter, by the paper's formula."""
    c, k = [int(v) for v in counter], [int(v) for v in key]
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k[0], q & 0xFFFFFFFF, (p >> 32) ^ c[3] ^ k[1], p & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def words(n, seed, call):
    """The stream as fc_philox.h lays it out."""
    out = np.zeros(-(-n // 64) * 64, np.uint64)
    key = (seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF)
    for i in range(len(out) // 4):
        group, lane = divmod(i, 16)
        value = philox((i & 0xFFFFFFFF, i >> 32, call & 0xFFFFFFFF, call >> 32), key)
        for w in range(4):
            out[64 * group + 16 * w + lane] = value[w]
    return out[:n]


def test_philox_gives_the_published_values():
    assert philox((0, 0, 0, 0), (0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    ones = 0xFFFFFFFF
    assert philox((ones,) * 4, (ones,) * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    pi = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0)
    assert philox(*pi) == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


@pytest.mark.parametrize("seed", [0, 42, 2**40 + 17])
def test_uniform_numbers_are_the_stream_s_words(seed):
    state = np.array([seed, 5], np.int64)
    y = draws.draw("uniform", (1000,), np.dtype(np.float32), state, 0.0, 1.0)
    expected = (words(1000, seed, 5) >> np.uint64(8)).astype(np.float32) / np.float32(2**24)
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_are_normal(dtype):
    x = keras.random.normal((N,), 1.0, 2.0, dtype, seed=3).data
    assert x.dtype == dtype
    assert stats.kstest((x.astype(float) - 1) / 2, "norm").pvalue > 1e-3
    tail = np.mean(np.abs(x - 1) > 6)
    assert abs(tail - 2 * stats.norm.sf(3)) < 5e-4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncated_normal_numbers_stay_within_two_deviations(dtype):
    x = keras.random.truncated_normal((N,), 0.0, 3.0, dtype, seed=4).data
    assert np.abs(x).max() <= 6
    assert stats.kstest(x.astype(float) / 3, stats.truncnorm(-2, 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_numbers_are_uniform(dtype):
    x = keras.random.uniform((N,), -2.0, 4.0, dtype, seed=5).data
    assert x.min() >= -2 and x.max() < 4
    assert stats.kstest((x.astype(float) + 2) / 6, "uniform").pvalue > 1e-3


def test_normal_in_float64_inverts_the_distribution_function():
    state = np.array([9, 0], np.int64)
    x = draws.draw("normal", (5000,), np.dtype(np.float64), state, 0.0, 1.0)
    w = words(10240, 9, 0).reshape(-1, 2, 64)[: -(-5000 // 64)]
    high, low = w[:, 0].ravel()[:5000], w[:, 1].ravel()[:5000]
    u = ((high >> np.uint64(6)) * 2.0**26 + (low >> np.uint64(6)) + 0.5) / 2.0**52
    np.testing.assert_allclose(x, stats.norm.ppf(u), rtol=1e-10, atol=1e-13)


def test_whole_numbers_cover_their_range_evenly():
    x = keras.random.randint((N,), -3, 4, seed=6)
    assert x.data.dtype == np.int32
    counts = np.bincount(x.data + 3, minlength=7)
    assert len(counts) == 7 and stats.chisquare(counts).pvalue > 1e-3
    wide = keras.random.randint((1000,), 0, 2**62, dtype="int64", seed=6).data
    assert wide.min() >= 0 and wide.max() > 2**61
    with pytest.raises(ValueError, match="expected minval < maxval, received 3 and 3"):
        keras.random.randint((2,), 3, 3)


def test_an_integer_seed_repeats_and_a_generator_goes_on():
    a = keras.random.normal((50,), seed=1).data
    np.testing.assert_array_equal(a, keras.random.normal((50,), seed=1).data)
    stream = keras.random.SeedGenerator(1)
    first, second = (keras.random.normal((50,), seed=stream).data for _ in range(2))
    np.testing.assert_array_equal(first, a)
    assert not (first == second).any()
    assert stream.state.data.tolist() == [1, 2]


def test_global_stream_begins_with_set_random_seed():
    keras.utils.set_random_seed(3)
    a = keras.random.uniform((5,)).data
    b = keras.random.uniform((5,)).data
    keras.utils.set_random_seed(3)
    np.testing.assert_array_equal(keras.random.uniform((5,)).data, a)
    assert not (a == b).any()


def test_generator_without_a_seed_draws_one_from_python():
    keras.utils.set_random_seed(42)
    assert keras.random.SeedGenerator().state.data[0] == 686579304
    config = keras.random.SeedGenerator(7, name="s").get_config()
    assert config == {"seed": 7, "name": "s"}
    with pytest.raises(ValueError, match=r"Argument `seed` must be an integer. Received: seed=x"):
        keras.random.SeedGenerator("x")
    with pytest.raises(ValueError, match="must be either an integer or an instance of"):
        keras.random.normal((2,), seed="x")


def test_results_do_not_depend_on_threads():
    old = keras.get_num_threads()
    found = []
    try:
        for n in (1, 2, 7):
            keras.set_num_threads(n)
            state = np.array([3, 0], np.int64)
            x = Tensor(np.ones(50_001, np.float32))
            found.append(
                [
                    keras.random.normal((50_001,), seed=1).data,
                    keras.random.uniform((50_001,), dtype="float64", seed=1).data,
                    dropout(x, 0.3, state).data,
                ]
            )
    finally:
        keras.set_num_threads(old)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_categorical_samples_follow_the_logits():
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    x = keras.random.categorical(np.log(p), 20_000, seed=1).data
    for row, expected in zip(x, p, strict=True):
        np.testing.assert_allclose(np.bincount(row, minlength=3) / 20_000, expected, atol=0.015)


def test_shuffle_permutes_slices():
    x = np.arange(40).reshape(20, 2)
    y = keras.random.shuffle(x, seed=1).data
    assert not (y == x).all()
    np.testing.assert_array_equal(y[np.argsort(y[:, 0])], x)


def test_further_distributions_have_their_means():
    assert abs(keras.random.gamma((N,), 2.0, seed=1).data.mean() - 2) < 0.02
    assert abs(keras.random.beta((N,), 2.0, 3.0, seed=1).data.mean() - 0.4) < 0.005
    assert abs(keras.random.binomial((N,), 10, 0.3, seed=1).data.mean() - 3) < 0.02


def test_dropping_everything_leaves_zeros():
    y = keras.random.dropout(np.ones((3, 4), "float32"), 1.0, seed=1)
    np.testing.assert_array_equal(y.numpy(), np.zeros((3, 4)))


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4)])
def test_categorical_wants_rows_of_logits(shape):
    with pytest.raises(ValueError, match="logits must have shape"):
        keras.random.categorical(np.ones(shape), 2)
