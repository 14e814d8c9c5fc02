"""What may come in: lists, views, byte orders, subclasses; what comes out; memory; Ctrl-C."""

import os
import signal as os_signal
import threading
import time
import tracemalloc

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from signal_oracles import random_array

import fastconv
from fastconv import signal

NAMES = ["convolve", "correlate", "fftconvolve", "oaconvolve", "convolve2d", "correlate2d"]


def variants(a):
    """Arrays equal to `a` with every memory layout that NumPy knows."""
    if a.dtype.char in "dD":
        yield "list", a.tolist()
    yield "fortran", np.asfortranarray(a)
    padded = np.zeros(tuple(2 * n for n in a.shape), a.dtype)
    view = padded[tuple(slice(None, None, 2) for _ in a.shape)]
    view[...] = a
    yield "strided", view
    flip = (slice(None, None, -1),) * a.ndim
    yield "negative strides", a[flip].copy()[flip]
    yield "swapped bytes", a.astype(a.dtype.newbyteorder())
    frozen = a.copy()
    frozen.flags.writeable = False
    yield "read-only", frozen
    yield "masked", np.ma.masked_less(a, a.real.mean())
    raw = bytearray(a.nbytes + 1)
    unaligned = np.frombuffer(raw, a.dtype, a.size, offset=1).reshape(a.shape)
    unaligned[...] = a
    yield "unaligned", unaligned
    yield "inner window", np.pad(a, 3)[(slice(3, -3),) * a.ndim]
    if a.ndim == 2:
        yield "matrix", np.asmatrix(a)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # np.matrix
@pytest.mark.parametrize("dtype", "fdDhL")
@pytest.mark.parametrize("name", NAMES)
def test_layouts_do_not_matter(rng, name, dtype):
    for ndim in (2,) if name.endswith("2d") else (1, 2, 3):
        x = random_array(rng, (9, 8, 7)[:ndim], dtype)
        h = random_array(rng, (4, 3, 2)[:ndim], dtype)
        if x.dtype.kind in "iu" and name in ("fftconvolve", "oaconvolve"):
            x, h = x // 2, h // 2
        plain = getattr(signal, name)(x, h, "same")
        for what, other in variants(x):
            y = getattr(signal, name)(other, h, "same")
            if what != "list":
                assert y.dtype == plain.dtype
            np.testing.assert_allclose(y, plain, rtol=1e-5, atol=1e-5, err_msg=what)
            assert type(y) is np.ndarray
        for what, other in variants(h):
            y = getattr(signal, name)(x, other, "same")
            np.testing.assert_allclose(y, plain, rtol=1e-5, atol=1e-5, err_msg=what)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_results_are_fresh_native_contiguous_and_writable(rng, name, mode):
    for dtype in ("f", "d", "D", "h", "e", "?"):
        for shapes in (((6, 7), (2, 3)), ((2, 3), (6, 7)), ((1, 1), (1, 1)), ((4, 1), (1, 1))):
            a, b = (random_array(rng, s, dtype) for s in shapes)
            y = getattr(signal, name)(a.astype(a.dtype.newbyteorder()), b, mode)
            assert y.flags.c_contiguous and y.flags.writeable
            assert y.dtype.isnative
            assert not np.shares_memory(y, a) and not np.shares_memory(y, b)


def test_inputs_are_never_written_to(rng):
    for name in NAMES:
        for dtype in "fdDl":
            a, b = random_array(rng, (20, 30), dtype), random_array(rng, (5, 4), dtype)
            kept = a.copy(), b.copy()
            for mode in ("full", "same", "valid"):
                getattr(signal, name)(a, b, mode)
                getattr(signal, name)(b, a, mode)
            np.testing.assert_array_equal(a, kept[0])
            np.testing.assert_array_equal(b, kept[1])


def test_ducks_with_array_interface_are_taken():
    class Duck:
        def __array__(self, dtype=None, copy=None):
            return np.arange(4.0)

    np.testing.assert_array_equal(signal.convolve(Duck(), [1.0, 1.0]), [0, 1, 3, 5, 3])
    np.testing.assert_array_equal(signal.convolve(range(4), (1, 1)), [0, 1, 3, 5, 3])


def test_scalars_give_scalars():
    assert signal.convolve(3, 4) == 12
    assert signal.correlate(2, 3j) == -6j
    assert signal.fftconvolve(np.float32(2), np.float32(3)).dtype == np.float32
    assert isinstance(signal.oaconvolve(2, 3.0), float)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["convolve", "correlate"]),
       st.sampled_from(["full", "same", "valid"]), st.sampled_from([np.nan, np.inf, -np.inf]),
       st.sampled_from("fdFD"))  # fmt: skip
def test_nan_and_inf_touch_only_their_windows(seed, name, mode, bad, dtype):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(20, 300)), int(rng.integers(1, 20))
    x, h = random_array(rng, n, dtype), random_array(rng, k, dtype)
    x[rng.integers(n)] = bad
    if rng.random() < 0.3:
        h[rng.integers(k)] = bad
    with np.errstate(all="ignore"):
        want = getattr(scipy.signal, name)(x, h, mode, "direct")
        for method in ("direct", "auto"):
            y = getattr(signal, name)(x, h, mode, method)
            for part in ("real", "imag"):
                a, b = getattr(y, part), getattr(want, part)
                np.testing.assert_array_equal(np.isfinite(a), np.isfinite(b))
                real = np.isfinite(a)
                np.testing.assert_allclose(a[real], b[real], rtol=1e-3, atol=1e-3)


def test_auto_does_not_spread_nan_at_any_size(rng):
    for shapes in (((40_000,), (9_000,)), ((300, 300), (70, 60))):
        x, h = (rng.standard_normal(s) for s in shapes)
        assert signal.choose_conv_method(x, h) == "fft"
        clean = signal.convolve(x, h)
        middle = tuple(n // 2 for n in x.shape)
        x[middle] = np.nan
        y = signal.convolve(x, h)
        touched = np.zeros(y.shape, bool)
        touched[tuple(slice(m, m + k) for m, k in zip(middle, h.shape))] = True
        assert np.isnan(y[touched]).all()
        np.testing.assert_allclose(y[~touched], clean[~touched], atol=1e-9)


def test_explicit_fft_warns_about_nan():
    x = np.ones(50)
    x[3] = np.nan
    with pytest.warns(RuntimeWarning, match="NAN or inf"):
        assert np.isnan(signal.convolve(x, np.ones(5), method="fft")).all()


def test_auto_with_integers_and_a_nan_is_computed():
    # SciPy raises "cannot convert float NaN to integer" here
    y = signal.convolve(np.arange(5), [1.0, np.nan], "valid")
    assert np.isnan(y).all() and y.dtype == float
    y = signal.convolve([1, 2, 3], [np.inf, 1.0])
    np.testing.assert_array_equal(y[:3], [np.inf] * 3)


def test_auto_is_exact_for_integers_of_any_size(rng):
    for top in (2**8, 2**20, 2**25, 2**31):
        x, h = (rng.integers(-top, top, n) for n in (5000, 4000))
        want = signal.convolve(x, h, method="direct")
        np.testing.assert_array_equal(signal.convolve(x, h), want)


def peak_beyond_result(call):
    call()
    tracemalloc.start()
    try:
        y = call()
        return tracemalloc.get_traced_memory()[1] - y.nbytes, y.nbytes
    finally:
        tracemalloc.stop()


CASES = {
    "1-D": ((400_000,), (1001,)),
    "1-D, long taps": ((270_000,), (8_001,)),
    "2-D": ((700, 900), (15, 15)),
    "2-D, large taps": ((600, 600), (91, 60)),
    "3-D": ((60, 70, 80), (5, 5, 5)),
}


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("case", CASES)
def test_direct_calls_need_no_copies(rng, case, mode):
    shape, taps = CASES[case]
    x, h = rng.standard_normal(shape), rng.standard_normal(taps)
    if "large" in case or "long" in case:
        x, h = x.astype(np.float32), h.astype(np.float32)
    extra, size = peak_beyond_result(lambda: signal.convolve(x, h, mode, "direct"))
    assert extra <= 0.1 * (x.nbytes + h.nbytes + size)


@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm"])
def test_borders_need_no_copies(rng, boundary):
    x, h = rng.standard_normal((700, 900)), rng.standard_normal((15, 15))
    for function in (signal.convolve2d, signal.correlate2d):
        extra, size = peak_beyond_result(lambda f=function: f(x, h, "same", boundary))
        assert extra <= 0.1 * (x.nbytes + size)


def test_results_do_not_depend_on_threads(rng):
    calls = [
        lambda: signal.convolve(x1, h1, method="direct"),
        lambda: signal.convolve2d(x2, h2, "same", "symm"),
        lambda: signal.convolve(x3, h3, method="direct"),
        lambda: signal.fftconvolve(x2, x2),
        lambda: signal.oaconvolve(x1, h1),
    ]
    x1, h1 = rng.standard_normal(200_003), rng.standard_normal(97)
    x2, h2 = rng.standard_normal((401, 511)).astype("f"), rng.standard_normal((7, 6)).astype("f")
    x3, h3 = rng.standard_normal((21, 40, 61)), rng.standard_normal((3, 4, 3))
    before = fastconv.get_num_threads()
    try:
        fastconv.set_num_threads(1)
        want = [call() for call in calls]
        for threads in (2, 3, 5, 7):
            fastconv.set_num_threads(threads)
            for call, y in zip(calls, want):
                np.testing.assert_array_equal(call(), y)
    finally:
        fastconv.set_num_threads(before)


def test_many_python_threads_at_once(rng):
    x, h = rng.standard_normal((300, 300)), rng.standard_normal((5, 5))
    want = signal.convolve2d(x, h, "same", "wrap")
    failures = []

    def work():
        results = [signal.convolve2d(x, h, "same", "wrap") for _ in range(10)]
        failures.extend("differs" for y in results if not np.array_equal(y, want))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# What fuzzing found (tools/fuzz).
def test_numbers_without_axes_are_multiplied_directly():
    assert signal.choose_conv_method(np.array(3.0), np.array(2.0)) == "direct"


def test_more_workers_than_an_integer_of_c_holds_are_all_there_are():
    x, h = np.arange(5.0), np.ones(3)
    y = signal.convolve(x, h, workers=10**30)
    np.testing.assert_array_equal(y, scipy.signal.convolve(x, h))
    before = fastconv.get_num_threads()
    fastconv.set_num_threads(10**30)
    fastconv.set_num_threads(before)


@pytest.mark.parametrize("dtype", "dgO")
@pytest.mark.parametrize("boundary", ["wrap", "symm"])
def test_empty_image_has_an_empty_middle_in_every_dtype(boundary, dtype):
    y = signal.convolve2d(np.ones((0, 3), dtype), np.ones((2, 2), dtype), "same", boundary)
    assert y.shape == (0, 3)


def test_results_never_alias(rng):
    x, h = rng.standard_normal(500), rng.standard_normal(9)
    results = [signal.convolve(x, h) for _ in range(100)]
    for i, y in enumerate(results):
        y[:] = i
    assert [y[0] for y in results] == list(range(100))


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_a_long_call(rng):
    x, h = rng.standard_normal(600_000), rng.standard_normal(100_000)
    ready = threading.Event()

    def press():
        ready.wait()
        time.sleep(0.3)
        os_signal.raise_signal(os_signal.SIGINT)

    thread = threading.Thread(target=press)
    start = time.monotonic()
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        ready.set()
        signal.convolve(x, h, method="direct")
    thread.join()
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("name", signal.__all__)
def test_examples_run(name):
    import doctest

    function = getattr(signal, name)
    finder = doctest.DocTestFinder(recurse=False)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    cases = [c for c in finder.find(function, name) if c.examples]
    assert cases, f"{name} has no examples"
    for case in cases:
        assert runner.run(case).failed == 0


def test_every_function_has_scipys_signature():
    import inspect

    for name in signal.__all__:
        theirs = getattr(scipy.signal, name, None)
        if theirs is None:
            continue
        ours = inspect.signature(getattr(signal, name)).parameters.values()
        plain = [(p.name, p.default) for p in ours if p.kind is p.POSITIONAL_OR_KEYWORD]
        want = inspect.signature(theirs).parameters.values()
        assert plain == [(p.name, p.default) for p in want]
