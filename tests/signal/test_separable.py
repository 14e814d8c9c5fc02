"""Taps that are a product of 1-D taps are found and taken in two passes, never at a price."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signal_oracles import random_array

from fastconv import signal
from fastconv._runtime.direct import filter2d


def both(x, h, mode="same", boundary="fill", flip=True):
    """Result in two passes (if taken) and of the literal sum."""
    return [filter2d(x, h, mode, boundary, 0, flip, separate) for separate in (True, False)]


def gaussian(k, dtype):
    g = np.exp(-(np.linspace(-2, 2, k) ** 2))
    return np.outer(g, g).astype(dtype) / dtype(g.sum() ** 2)


def wide(a):
    return a.astype(np.clongdouble if a.dtype.kind == "c" else np.longdouble)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm"])
def test_error_stays_within_the_documented_bound(rng, dtype, boundary):
    x = random_array(rng, (90, 107), dtype)
    x *= dtype(10) ** rng.integers(-4, 5, x.shape).astype(x.real.dtype)  # wide dynamic range
    for p, q in ((5, 5), (9, 7), (15, 15), (4, 31)):
        column = random_array(rng, p, dtype)
        h = np.outer(column, random_array(rng, q, dtype))
        y = signal.convolve2d(x, h, "same", boundary)
        exact = signal.convolve2d(wide(x), wide(h), "same", boundary)
        size = signal.convolve2d(np.abs(wide(x)), np.abs(wide(h)), "same", boundary)
        eps = np.finfo(dtype).eps * (2 if x.dtype.kind == "c" else 1)
        bound = (p + q + 10) * eps * size
        assert (np.abs(y - exact) <= bound).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_usual_filters_are_recognised(rng, dtype):
    x = rng.standard_normal((80, 90)).astype(dtype)
    sobel = np.outer([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]).astype(dtype)
    for h in (gaussian(9, dtype), np.full((7, 7), dtype(1) / 49), sobel, -gaussian(15, dtype)):
        two, one = both(x, h)
        assert not np.array_equal(two, one) or h is sobel  # other roundings: two passes
        np.testing.assert_allclose(two, one, rtol=0, atol=200 * np.finfo(dtype).eps)


def test_taps_of_higher_rank_or_a_hair_off_are_not(rng):
    x = rng.standard_normal((80, 90))
    h = gaussian(9, np.float64)
    for i, j in ((0, 0), (4, 4), (8, 3)):
        other = h.copy()
        other[i, j] *= 1 + 1e-14  # 45 eps
        two, one = both(x, other)
        np.testing.assert_array_equal(two, one)
    for other in (rng.standard_normal((9, 9)), h + np.eye(9), np.zeros((9, 9))):
        two, one = both(x, other)
        np.testing.assert_array_equal(two, one)


@given(st.integers(0, 2**32 - 1), st.sampled_from("bBhHiIlL"))
def test_integers_are_exact(seed, dtype):
    rng = np.random.default_rng(seed)
    x = random_array(rng, (60, 70), dtype)
    small = rng.integers(-9, 10, 7), rng.integers(-9, 10, 6)
    h = (3 * np.outer(*small)).astype(dtype)
    for boundary in ("fill", "wrap"):
        two, one = both(x, h, "full", boundary)
        np.testing.assert_array_equal(two, one)
    h = random_array(rng, (7, 6), dtype)
    two, one = both(x, h)
    np.testing.assert_array_equal(two, one)


@given(st.integers(0, 2**32 - 1), st.sampled_from([np.nan, np.inf, -np.inf]), st.booleans())
def test_nan_and_inf_come_out_as_from_the_literal_sum(seed, bad, among_taps):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((60, 70))
    column, row = rng.integers(-2, 3, 7).astype(float), rng.integers(-2, 3, 7).astype(float)
    h = np.outer(column, row)
    for _ in range(3):
        x[rng.integers(60), rng.integers(70)] = bad
    if among_taps:
        h[rng.integers(7), rng.integers(7)] = bad
    for boundary in ("fill", "symm"):
        two, one = both(x, h, "same", boundary)
        np.testing.assert_array_equal(np.isnan(two), np.isnan(one))
        np.testing.assert_array_equal(np.isinf(two), np.isinf(one))
        np.testing.assert_allclose(two[np.isfinite(one)], one[np.isfinite(one)], atol=1e-12)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_shapes_around_the_scratch(rng, mode):
    for dtype, widths in ((np.float32, (2047, 2048, 2050)), (np.complex128, (480, 497, 1100))):
        for n in widths:
            x = random_array(rng, (21, n), dtype)
            h = np.outer(random_array(rng, 5, dtype), random_array(rng, 9, dtype))
            two, one = both(x, h, mode, flip=False)
            np.testing.assert_allclose(two, one, rtol=0, atol=3e3 * np.finfo(dtype).eps)


def test_bits_do_not_depend_on_threads(rng):
    import fastconv

    x, h = rng.standard_normal((701, 1203)), gaussian(11, np.float64)
    before = fastconv.get_num_threads()
    try:
        fastconv.set_num_threads(1)
        want = signal.convolve2d(x, h, "same", "wrap")
        for threads in (2, 3, 7):
            fastconv.set_num_threads(threads)
            np.testing.assert_array_equal(signal.convolve2d(x, h, "same", "wrap"), want)
    finally:
        fastconv.set_num_threads(before)


@pytest.mark.parametrize("dtype", "fdFDi")
def test_auto_takes_large_products_in_passes(dtype):
    rng = np.random.default_rng(8)
    x = random_array(rng, (300, 280), dtype)
    column, row = random_array(rng, (61, 1), dtype), random_array(rng, (1, 59), dtype)
    if dtype == "i":
        x, column, row = x % 9, column % 5 - 2, row % 7 - 3
    taps = column * row
    want = signal.convolve2d(x, taps, "same")
    np.testing.assert_array_equal(signal.convolve(x, taps, "same"), want)
    plan = signal.plan_convolve(x.shape, taps, "same", dtype=dtype)
    assert plan.engine == "separable"
    np.testing.assert_array_equal(plan(x), want)
    taps[0, 0] += 1
    assert signal.plan_convolve(x.shape, taps, "same", dtype=dtype).engine != "separable"


@pytest.mark.parametrize("dtype", "bhil")
def test_least_integers_over_a_row_of_minus_ones(dtype):
    least = np.iinfo(dtype).min
    x = np.arange(50 * 60).reshape(50, 60).astype(dtype)
    for column in ([least, 1, 3], [1, least, 2], [1, 2, least], [0, least, least]):
        taps = np.array(column, dtype)[:, None] * np.array([[-1, -1, 1]], dtype)
        one, other = both(x, np.tile(taps, (4, 4)))
        np.testing.assert_array_equal(one, other)
