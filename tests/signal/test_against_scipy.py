"""Agreement with SciPy on random calls: values, dtypes, shapes, and errors word for word."""

import warnings

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from signal_oracles import random_array

from fastconv import signal

DTYPES = "?bBhHiIlLefdgFDG"
MODES = ["full", "same", "valid"]
seeds = st.integers(0, 2**32 - 1)


def outcome(function, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args, **options)
        except Exception as error:
            return type(error), str(error)


def agree(name, *args, accept=(), **options):
    """Both raise the same, or both return the same; `accept`: texts of errors we do not have."""
    want = outcome(getattr(scipy.signal, name), *args, **options)
    have = outcome(getattr(signal, name), *args, **options)
    if isinstance(want, tuple):
        if not any(text in want[1] for text in accept):
            assert isinstance(have, tuple), f"SciPy raises {want}"
            assert have == want
        return
    assert not isinstance(have, tuple), have
    if isinstance(want, str):
        assert have == want
        return
    assert type(have) is type(want)
    assert have.dtype == want.dtype
    assert have.shape == want.shape
    if want.dtype.kind in "fc" and want.size:
        # SciPy transforms each input in its own precision, integers in float64
        dtypes = [np.asarray(a).dtype for a in args[:2]] + [want.dtype]
        eps = max(np.finfo(d if d.kind in "fc" else float).eps for d in dtypes)
        scale = min(np.size(args[0]), np.size(args[1]))
        for a in args[:2]:
            scale = scale * np.abs(np.asarray(a, complex)).max(initial=1)
        np.testing.assert_allclose(have, want, rtol=20 * eps, atol=20 * eps * scale)
    else:
        np.testing.assert_array_equal(have, want)


def pair(seed, ndim, small, dtypes):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, small, (2, ndim))
    if rng.random() < 0.7:  # mostly shapes that 'valid' takes
        sizes.sort(axis=0)
        if rng.random() < 0.7:
            sizes = sizes[::-1]
    return [random_array(rng, tuple(s), d) for s, d in zip(sizes, dtypes)]


@given(seeds, st.integers(1, 3), st.tuples(*[st.sampled_from(DTYPES)] * 2),
       st.sampled_from(["convolve", "correlate"]), st.sampled_from(MODES))  # fmt: skip
def test_direct(seed, ndim, dtypes, name, mode):
    a, b = pair(seed, ndim, 9, dtypes)
    # bool, float16: computed here in N-D too, and with the longer input second
    agree(name, a, b, mode, "direct", accept=["Unsupported type", "unsupported type"])


@given(seeds, st.integers(1, 3), st.tuples(*[st.sampled_from("fdFDhie")] * 2),
       st.sampled_from(["convolve", "correlate"]), st.sampled_from(MODES),
       st.sampled_from(["auto", "fft"]))  # fmt: skip
def test_auto_and_fft(seed, ndim, dtypes, name, mode, method):
    a, b = pair(seed, ndim, 9, dtypes)
    # beyond the integer's range SciPy's FFT does not wrap: it casts, whatever comes out
    a, b = (c % 64 - 32 if c.dtype.kind == "i" else c for c in (a, b))
    agree(name, a, b, mode, method, accept=["nsupported type"])


@given(seeds, st.tuples(*[st.sampled_from(DTYPES)] * 2),
       st.sampled_from(["convolve2d", "correlate2d"]), st.sampled_from(MODES),
       st.sampled_from(["fill", "pad", "wrap", "circular", "symm", "symmetric", "reflect", "x"]),
       st.sampled_from([0, 1, 2.5, -3, 1j, np.nan, "2", [4], [], [1, 2], 400]))  # fmt: skip
def test_2d_functions(seed, dtypes, name, mode, boundary, fillvalue):
    a, b = pair(seed, 2, 8, dtypes)
    agree(name, a, b, mode, boundary, fillvalue, accept=["not available for this type"])


@given(seeds, st.integers(1, 3), st.tuples(*[st.sampled_from("?bhlefdgFDG")] * 2),
       st.sampled_from(["fftconvolve", "oaconvolve"]), st.sampled_from(MODES),
       st.sampled_from([None, 0, -1, 1, (0, 1), (2, 0), [0, 0], (0.5,), ()]))  # fmt: skip
def test_fft_pair(seed, ndim, dtypes, name, mode, axes):
    a, b = pair(seed, ndim, 40, dtypes)
    rng = np.random.default_rng(seed)
    if rng.random() < 0.5 and axes is not None and isinstance(axes, int) and axes < ndim:
        # make the other axes broadcast
        for axis in range(ndim):
            if axis != axes % ndim:
                b = b.take([0], axis) if rng.random() < 0.5 else b
                n = min(a.shape[axis], b.shape[axis]) if b.shape[axis] > 1 else None
                a, b = (c.take(range(n), axis) if n else c for c in (a, b))
    agree(name, a, b, mode, axes)


@given(seeds, st.sampled_from(["fftconvolve", "oaconvolve"]), st.sampled_from(MODES))
def test_long_and_short(seed, name, mode):
    rng = np.random.default_rng(seed)
    dtype = rng.choice(list("fdFD"))
    n, k = (int(2 ** rng.uniform(0, 14)) for _ in range(2))
    agree(name, random_array(rng, n, dtype), random_array(rng, k, dtype), mode)


@given(st.integers(-1, 9), st.integers(-1, 9), st.sampled_from([*MODES, "asdf", None]))
def test_correlation_lags(n, k, mode):
    agree("correlation_lags", n, k, mode)


BAD_CALLS = [
    (np.ones(5), np.ones(3), "bad"),
    (np.ones(5), np.ones(3), None),
    (np.ones(5), np.ones(3), 0),
    (np.ones(5), np.ones(3), []),
    (np.ones((5, 2)), np.ones((3, 3)), "valid"),
    (np.ones((5, 2)), np.ones(3), "full"),
    (np.ones(5), np.float64(3), "full"),
    (np.float64(4), np.float64(3), "nonsense"),
    (["a", "b"], ["c"], "full"),
    ([[1, 2], [3]], [1], "full"),
    ({}, [1], "full"),
    (None, [1], "full"),
]


@pytest.mark.parametrize("call", range(len(BAD_CALLS)))
@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize("method", ["auto", "direct", "fft", "bad", None, 3])
def test_errors_of_convolve_and_correlate(name, method, call):
    agree(name, *BAD_CALLS[call], method)


@pytest.mark.parametrize("call", range(len(BAD_CALLS)))
@pytest.mark.parametrize(
    "name", ["fftconvolve", "oaconvolve", "convolve2d", "correlate2d", "choose_conv_method"]
)
def test_errors_of_the_others(name, call):
    if name == "choose_conv_method" and call in (5, 6, 7):
        return  # a name is returned or not, by chance of arithmetic on the shapes
    agree(name, *BAD_CALLS[call])


@pytest.mark.parametrize("axes", [
    [], 0.5, "0", [0, 0], [1], -2, np.array(0), np.array([0]), True, (0.0,), [[0]], {0},
    np.int8(0), None, (0, 1), [0, -1], object(),
])  # fmt: skip
@pytest.mark.parametrize("name", ["fftconvolve", "oaconvolve"])
def test_axes_are_taken_and_refused_alike(name, axes):
    agree(name, np.arange(5.0), np.arange(3.0), "full", axes)


@pytest.mark.parametrize("boundary", ["bad", 0, None, [], "reflect"])
@pytest.mark.parametrize("name", ["convolve2d", "correlate2d"])
def test_boundary_errors(name, boundary):
    agree(name, np.ones((3, 3)), np.ones((2, 2)), "same", boundary)


FILLS = [
    1.5, -1, 300, 1j, np.nan, np.inf, "2", "x", None, [], [1, 2], [3], np.array(3), np.array([3]),
    np.array([3.5]), np.array([[3]]), np.array([3], np.uint8), np.float32(2.5), True, 2**63, 1e300,
    -1.5, 1 + 0j, object(), np.array([1 + 0j]), np.array([], float), b"3", np.array([-1]),
    np.int64(-3), 2**70, np.array([3], object), np.array(["3"]), (3,), {}, np.array([2.5], ">f8"),
]  # fmt: skip


@pytest.mark.parametrize("dtype", "bBhHiIlLfdgFDG")
def test_fillvalue_is_cast_or_refused_alike(dtype):
    a, b = np.ones((1, 1), dtype), np.ones((1, 2), dtype)
    for fillvalue in FILLS:
        agree("convolve2d", a, b, "full", "fill", fillvalue)
        agree("convolve2d", a, b, "full", "wrap", fillvalue)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shapes", [
    ((0, 3), (2, 2)), ((2, 2), (0, 3)), ((0, 0), (0, 0)), ((3, 3), (0, 2)), ((3, 3), (2, 0)),
    ((0, 3), (0, 2)), ((3, 3), (0, 0)), ((0, 0), (3, 3)),
])  # fmt: skip
def test_zero_sizes_in_2d(mode, shapes):
    a, b = (np.ones(s) for s in shapes)
    for name in ("convolve2d", "correlate2d"):
        agree(name, a, b, mode, "fill", 5)
    for name in ("fftconvolve", "oaconvolve"):
        agree(name, a, b, mode)
    for name in ("convolve", "correlate"):
        for method in ("direct", "auto"):
            want = outcome(getattr(scipy.signal, name), a, b, mode, method)
            have = outcome(getattr(signal, name), a, b, mode, method)
            if isinstance(want, tuple):  # SciPy's text comes from slicing; ours names the input
                assert have[0] is ValueError
                assert have == want or "cannot be empty" in have[1]
            else:
                np.testing.assert_array_equal(have, want)
                assert have.dtype == want.dtype


def test_zero_sizes_in_1d():
    for dtype in (float, np.float32, int, complex):
        for n, k in ((0, 0), (0, 3), (3, 0)):
            a, b = np.ones(n, dtype), np.ones(k, dtype)
            for mode in MODES:
                for name in ("convolve", "correlate"):
                    want = outcome(getattr(scipy.signal, name), a, b, mode, "direct")
                    have = outcome(getattr(signal, name), a, b, mode, "direct")
                    if isinstance(want, tuple):
                        assert have[0] is ValueError
                        assert "cannot be empty" in have[1]
                    else:
                        assert have.shape == want.shape and have.dtype == want.dtype
                    for method in ("fft", "auto"):
                        have = outcome(getattr(signal, name), a, b, mode, method)
                        if isinstance(have, tuple):
                            assert have[0] is ValueError and "cannot be empty" in have[1]
                for name in ("fftconvolve", "oaconvolve"):
                    agree(name, a, b, mode)


def test_wrapping_an_empty_image_is_an_error_and_not_a_crash():
    for boundary in ("wrap", "symm"):
        with pytest.raises(ValueError, match="in1 cannot be empty"):
            signal.convolve2d(np.ones((0, 3)), np.ones((2, 2)), "full", boundary)
        assert signal.convolve2d(np.ones((0, 3)), np.ones((2, 2)), "same", boundary).shape == (0, 3)


@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize("mode", MODES)
def test_objects_by_transforms_come_back_as_objects(name, mode):
    x = np.array([1, 2.5, -3, 4, 0.5], object)
    h = np.array([2, -1, 0.5], object)
    y = getattr(signal, name)(x, h, mode, "fft")
    assert y.dtype == object
    want = getattr(scipy.signal, name)(x, h, mode, "fft")
    np.testing.assert_allclose(y.astype(float), want.astype(float), atol=1e-14)


@pytest.mark.parametrize("dtype", "bBhHiIlL")
@pytest.mark.parametrize("method", ["auto", "fft"])
def test_single_products_of_integers_are_exact_and_wrap(dtype, method):
    rng = np.random.default_rng(3)
    column, row = random_array(rng, (5, 1), dtype), random_array(rng, (1, 4), dtype)
    np.testing.assert_array_equal(signal.convolve(column, row, "full", method), column * row)
    cube, one = random_array(rng, (2, 3, 4), dtype), random_array(rng, (1, 1, 1), dtype)
    np.testing.assert_array_equal(signal.convolve(cube, one, "same", method), cube * one)


@pytest.mark.parametrize("dtype", "bBhH")
def test_integers_wrap_by_transforms_too(dtype):
    rng = np.random.default_rng(4)
    x, h = random_array(rng, 300, dtype), random_array(rng, 40, dtype)
    np.testing.assert_array_equal(signal.convolve(x, h, "full", "fft"), np.convolve(x, h))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize("shapes", [
    ((5, 5, 1), (4, 2, 0)), ((0, 1), (1, 0)), ((0, 1), (2, 0)), ((0, 1), (1, 2)), ((1, 0), (2, 1)),
    ((0, 1, 1), (1, 2, 2)), ((1, 3), (0, 2)), ((3, 3), (0, 2)),
])  # fmt: skip
def test_zero_sizes_in_nd_give_what_scipy_gives(mode, name, shapes):
    a, b = (np.ones(s) for s in shapes)
    want = outcome(getattr(scipy.signal, name), a, b, mode, "direct")
    have = outcome(getattr(signal, name), a, b, mode, "direct")
    if isinstance(want, tuple):
        assert have[0] is ValueError
    else:
        np.testing.assert_array_equal(have, want)
        assert have.shape == want.shape


def test_zero_sizes_of_rare_dtypes_in_2d():
    agree("correlate2d", np.ones((0, 9), "g"), np.ones((2, 3), "g"), "same", "symm")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["convolve", "correlate", "convolve2d", "correlate2d"])
@pytest.mark.parametrize("shapes", [
    ((3, 4), (5, 6)), ((1, 1), (3, 5)), ((5, 6), (3, 4)), ((1, 5), (4, 1)), ((1, 7), (10, 8)),
])  # fmt: skip
@pytest.mark.parametrize("bad", [0, 1])
def test_a_nan_spoils_the_border_where_scipy_says(mode, name, shapes, bad):
    rng = np.random.default_rng(5)
    for dtype in "fdFDg":
        pair = [random_array(rng, s, dtype) for s in shapes]
        pair[bad].flat[pair[bad].size // 2] = np.nan
        options = [mode, "direct"] if name in ("convolve", "correlate") else [mode]
        want = outcome(getattr(scipy.signal, name), *pair, *options)
        have = outcome(getattr(signal, name), *pair, *options)
        if isinstance(want, tuple):
            assert have == want
        else:
            np.testing.assert_array_equal(np.isnan(have), np.isnan(want))


def test_choose_conv_method_of_scalars():
    for a, b in ((1.0, 2), (np.array(3, object), np.uint16(2)), (1j, True)):
        assert signal.choose_conv_method(a, b) == scipy.signal.choose_conv_method(a, b)
