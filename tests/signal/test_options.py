"""What goes beyond SciPy's arguments: axes, batches, borders, out, workers, methods in 2-D."""

import itertools

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from signal_oracles import loop_convolve, random_array, tolerance

import fastconv
from fastconv import signal

BOUNDARIES = ["fill", "wrap", "symm", "mirror", "nearest"]


@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_axes_equal_a_loop_over_the_others(rng, name, method):
    function = getattr(signal, name)
    for x_shape, h_shape, axes in (
        ((3, 4, 30), (1, 1, 5), 2),
        ((3, 4, 30), (3, 4, 5), -1),
        ((3, 4, 30), (3, 1, 5), (2,)),
        ((1, 1, 30), (3, 4, 5), 2),
        ((20, 3, 4), (6, 3, 1), 0),
        ((5, 8, 9), (5, 3, 2), (1, 2)),
        ((8, 5, 9), (3, 1, 2), (0, 2)),
    ):
        for mode, dtype in itertools.product(("full", "same", "valid"), "dDh"):
            x, h = random_array(rng, x_shape, dtype), random_array(rng, h_shape, dtype)
            if dtype == "h":
                x, h = x % 50, h % 50
            y = function(x, h, mode, method, axes=axes)
            along = [a % 3 for a in np.atleast_1d(axes)]
            others = [a for a in range(3) if a not in along]
            moved = [np.moveaxis(a, others, range(len(others))) for a in (y, x, h)]
            assert y.dtype == np.dtype(dtype)
            for place in np.ndindex(*moved[0].shape[: len(others)]):
                part, xp, hp = (
                    a[tuple(i if n > 1 else 0 for i, n in zip(place, a.shape))] for a in moved
                )
                want = getattr(scipy.signal, name)(xp, hp, mode, "direct")
                np.testing.assert_allclose(part, want, rtol=0, atol=1e-11)


def test_axes_refuse_what_does_not_fit():
    a = np.ones((3, 4))
    with pytest.raises(ValueError, match="incompatible shapes for in1 and in2"):
        signal.convolve(a, np.ones((2, 2)), axes=1)
    for axes, text in (
        ((), "cannot be empty"),
        (5, "exceeds"),
        ("x", "iterable"),
        ((0, 0), "uniq"),
    ):
        with pytest.raises(ValueError, match=text):
            signal.correlate(a, a, axes=axes)
    with pytest.raises(ValueError, match="in2 cannot be empty"):
        signal.convolve(a, np.ones((0, 4)), axes=0)
    with pytest.raises(ValueError, match="Acceptable mode"):
        signal.convolve(a, a, "bad", axes=0)
    with pytest.raises(ValueError, match="Acceptable method"):
        signal.convolve(a, a, "full", "bad", axes=0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from(BOUNDARIES),
       st.sampled_from(["convolve", "correlate"]), st.sampled_from(["full", "same", "valid"]),
       st.sampled_from(["direct", "auto", "fft"]), st.sampled_from("dfDl"))  # fmt: skip
def test_boundary_in_any_dimension(seed, ndim, boundary, name, mode, method, dtype):
    rng = np.random.default_rng(seed)
    x = random_array(rng, tuple(rng.integers(1, 7, ndim)), dtype)
    h = random_array(rng, tuple(rng.integers(1, 6, ndim)), dtype)
    if dtype == "l":
        x, h = x % 1000, h % 1000
    if mode == "valid":
        h = h[tuple(slice(n) for n in x.shape)]
    fillvalue = 3 if boundary == "fill" else 0
    y = getattr(signal, name)(x, h, mode, method, boundary=boundary, fillvalue=fillvalue)
    want = loop_convolve(x, h, mode, boundary, fillvalue, correlate=name == "correlate")
    assert y.dtype == want.dtype
    np.testing.assert_allclose(y, want, rtol=0, atol=8 * tolerance(x, h, dtype))


@pytest.mark.parametrize("theirs, ours", [
    ("reflect", "reflect"), ("reflect", "symm"), ("mirror", "mirror"), ("nearest", "nearest"),
    ("wrap", "wrap"), ("constant", "constant"), ("grid-mirror", "grid-mirror"),
    ("grid-wrap", "grid-wrap"), ("grid-constant", "grid-constant"),
])  # fmt: skip
def test_ndimage_words_mean_what_they_mean_there(rng, theirs, ours):
    for shape, taps in (((30,), (7,)), ((9, 12), (3, 5)), ((5, 6, 7), (3, 3, 5))):
        x, h = rng.standard_normal(shape), rng.standard_normal(taps)
        want = scipy.ndimage.convolve(x, h, mode=theirs, cval=2.5)
        y = signal.convolve(x, h, "same", boundary=ours, fillvalue=2.5)
        np.testing.assert_allclose(y, want, atol=1e-12)
        want = scipy.ndimage.correlate(x, h, mode=theirs, cval=2.5)
        y = signal.correlate(x, h, "same", boundary=ours, fillvalue=2.5)
        np.testing.assert_allclose(y, want, atol=1e-12)


@pytest.mark.parametrize("name", ["convolve2d", "correlate2d"])
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dtype", "fdFDhl")
def test_methods_of_the_2d_functions_agree(rng, name, boundary, dtype):
    function = getattr(signal, name)
    for shape, taps in (((60, 71), (9, 8)), ((20, 20), (15, 20)), ((5, 6), (7, 8))):
        x, h = random_array(rng, shape, dtype), random_array(rng, taps, dtype)
        if x.dtype.kind == "i":
            x, h = x % 64, h % 64
        for mode in ("full", "same"):
            want = function(x, h, mode, boundary, 2, method="direct")
            for method in (None, "auto", "fft"):
                y = function(x, h, mode, boundary, 2, method=method)
                assert y.dtype == want.dtype
                np.testing.assert_allclose(y, want, rtol=0, atol=20 * tolerance(x, h, dtype))


def test_unknown_method_is_refused():
    with pytest.raises(ValueError, match="Acceptable method flags"):
        signal.convolve2d(np.ones((3, 3)), np.ones((2, 2)), method="fast")


@pytest.mark.parametrize("dtype", "fDhe?")
def test_out_takes_the_result_and_is_returned(rng, dtype):
    x, h = random_array(rng, (40, 30), dtype), random_array(rng, (3, 4), dtype)
    for function, options in (
        (signal.convolve, {}),
        (signal.correlate, {"axes": (0, 1)}),
        (signal.convolve2d, {}),
        (signal.correlate2d, {"method": "fft"} if dtype in "fD" else {}),
    ):
        want = function(x, h, "same", **options)
        for out in (np.empty_like(want), np.empty((80, 60), want.dtype)[::2, ::2],
                    np.zeros_like(want, order="F")):  # fmt: skip
            assert function(x, h, "same", out=out, **options) is out
            np.testing.assert_array_equal(out, want)


def test_out_may_be_an_input(rng):
    x, h = rng.standard_normal((50, 60)), rng.standard_normal((3, 3))
    want = signal.convolve2d(x, h, "same")
    y = x.copy()
    assert signal.convolve2d(y, h, "same", out=y) is y
    np.testing.assert_array_equal(y, want)
    line, taps = rng.standard_normal(500), rng.standard_normal(9)
    want = signal.convolve(line, taps, "same")
    signal.convolve(line, taps, "same", out=line)
    np.testing.assert_array_equal(line, want)


def test_out_of_the_wrong_kind_is_refused(rng):
    x, h = rng.standard_normal((5, 6)), np.ones((2, 2))
    for function in (signal.convolve, signal.convolve2d):
        with pytest.raises(ValueError, match="out: expected shape"):
            function(x, h, "same", out=np.empty((6, 5)))
        with pytest.raises(ValueError, match="dtype float64, received"):
            function(x, h, "same", out=np.empty((5, 6), np.float32))
        with pytest.raises(TypeError, match="out: expected an ndarray"):
            function(x, h, "same", out=[1, 2])
        frozen = np.empty((5, 6))
        frozen.flags.writeable = False
        with pytest.raises(ValueError, match="writable"):
            function(x, h, "same", out=frozen)


def test_workers_changes_no_bit_and_is_checked(rng):
    x, h = rng.standard_normal((600, 700)), rng.standard_normal((7, 7))
    for function in (signal.convolve, signal.convolve2d):
        want = function(x, h, "same")
        for workers in (1, 2, 5):
            np.testing.assert_array_equal(function(x, h, "same", workers=workers), want)
        with pytest.raises(ValueError, match="workers: expected at least 1"):
            function(x, h, workers=0)
        with pytest.raises(TypeError, match="workers: expected an integer"):
            function(x, h, workers=1.5)
    assert fastconv.get_num_threads() >= 1


@pytest.mark.parametrize("dtype", "fdFD")
def test_many_nans_beside_a_transform(rng, dtype):
    n, k = 6000, 2500
    x, h = random_array(rng, n, dtype), random_array(rng, k, dtype)
    x[rng.random(n) < 0.6] *= 0
    x[100:200] = np.nan
    x[4000] = np.inf
    x[4100:4110] = -np.inf
    h[5] = 0
    for a, b in ((x, h), (np.where(np.arange(n) > 5990, x, np.nan), h), (h, x)):
        a, b = a.astype(dtype), b.astype(dtype)
        with np.errstate(all="ignore"):
            want = signal.convolve(a, b, "full", "direct")
            y = signal.convolve(a, b, "full")
        for part in ("real", "imag"):
            have, expected = getattr(y, part), getattr(want, part)
            np.testing.assert_array_equal(np.isnan(have), np.isnan(expected))
            np.testing.assert_array_equal(np.isposinf(have), np.isposinf(expected))
            real = np.isfinite(expected)
            np.testing.assert_allclose(have[real], expected[real], atol=2e-2 if dtype in "fF"
                                       else 1e-10)  # fmt: skip


def test_overflow_of_a_transform_is_no_inf_of_the_sum():
    x = np.full(20_000, 1e-3)
    x[7] = 1e305
    h = np.full(15_000, 1e-3)
    h[0] = 1e2
    y = signal.convolve(x, h)
    assert np.isfinite(y).all()
    np.testing.assert_allclose(y, signal.convolve(x, h, method="direct"), rtol=1e-9)
