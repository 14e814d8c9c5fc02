"""Plans and streams give what the plain functions give, again and again, from many threads."""

import pickle
import threading

import numpy as np
import pytest
from signal_oracles import random_array

from fastconv import signal

SIZES = [((500,), (9,)), ((9000,), (3000,)), ((40, 50), (5, 4)), ((150, 160), (70, 65)),
         ((9, 8, 20), (3, 2, 5))]  # fmt: skip


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
@pytest.mark.parametrize("dtype", "fdFD")
def test_a_plan_gives_what_the_function_gives(rng, mode, method, dtype):
    for shape, taps in SIZES:
        h = random_array(rng, taps, dtype)
        for make, function in (
            (signal.plan_convolve, signal.convolve),
            (signal.plan_correlate, signal.correlate),
        ):
            plan = make(shape, h, mode, method=method)
            for _ in range(2):
                x = random_array(rng, shape, dtype)
                want = function(x, h, mode, "direct")
                y = plan(x)
                assert y.dtype == want.dtype and y.shape == want.shape == plan.out_shape
                size = np.abs(want).max() + 1
                np.testing.assert_allclose(y, want, rtol=0, atol=500 * np.finfo(y.dtype).eps * size)


def test_the_taps_spectrum_is_kept_and_not_spoilt(rng):
    plan = signal.plan_convolve((5000,), rng.standard_normal(3000), method="fft")
    x = rng.standard_normal(5000)
    first = plan(x)
    assert len(plan._cache) == 1
    for _ in range(3):
        np.testing.assert_array_equal(plan(x), first)
    assert len(plan._cache) == 1


def test_integers_and_borders(rng):
    h = rng.integers(-9, 9, (3, 3))
    x = rng.integers(0, 255, (30, 40))
    plan = signal.plan_convolve(x.shape, h, "same", boundary="wrap", dtype=np.int64)
    np.testing.assert_array_equal(plan(x), signal.convolve2d(x, h, "same", "wrap"))
    assert signal.plan_convolve(x.shape, h).dtype == np.float64


def test_nan_stays_where_it_is(rng):
    x = rng.standard_normal(9000)
    x[4000] = np.nan
    plan = signal.plan_convolve(9000, rng.standard_normal(3000), "same")
    assert plan.engine == "fft"
    assert np.isnan(plan(x)).sum() == 3000


def test_out_pickling_and_printing(rng):
    h = rng.standard_normal((3, 3))
    plan = signal.plan_convolve((20, 30), h, "same", boundary="symm")
    x = rng.standard_normal((20, 30))
    out = np.empty((20, 30))
    assert plan(x, out) is out
    again = pickle.loads(pickle.dumps(plan))
    np.testing.assert_array_equal(again(x), out)
    text = str(plan)
    for word in ("convolve", "(20, 30)", "(3, 3)", "same", "symm", "float64", "direct", "us"):
        assert word in text
    assert "asked for" in str(signal.plan_correlate(9, [1.0, 2], method="fft"))


def test_taps_are_copied():
    h = np.ones(3)
    plan = signal.plan_convolve(5, h)
    h[:] = 7
    np.testing.assert_array_equal(plan(np.ones(5)), [1, 2, 3, 3, 3, 2, 1])


@pytest.mark.parametrize("method", ["direct", "fft"])
def test_eight_threads_at_once(rng, method):
    plan = signal.plan_convolve((100, 110), rng.standard_normal((12, 9)), method=method)
    xs = [rng.standard_normal((100, 110)) for _ in range(8)]
    want = [plan(x) for x in xs]
    bad = []

    def work(i):
        bad.extend(i for _ in range(20) if not np.array_equal(plan(xs[i]), want[i]))

    workers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not bad


def test_results_never_alias(rng):
    for method in ("direct", "fft"):
        plan = signal.plan_convolve(300, rng.standard_normal(7), method=method)
        results = [plan(rng.standard_normal(300)) for _ in range(50)]
        for i, y in enumerate(results):
            y[:] = i
        assert [int(y[0]) for y in results] == list(range(50))


def test_wrong_calls_are_refused(rng):
    plan = signal.plan_convolve((5, 6), np.ones((2, 2), np.float32))
    with pytest.raises(ValueError, match=r"x: expected shape \(5, 6\), received \(6, 5\)"):
        plan(np.ones((6, 5), np.float32))
    with pytest.raises(TypeError, match="x: expected a dtype safe to cast to float32"):
        plan(np.ones((5, 6)))
    for args, text in (
        (((5,), np.ones((2, 2))), "shape: expected 2 sizes"),
        (((5, 0), np.ones((2, 2))), "no empty axis"),
        (((5, 5), np.ones((2, 2)), "bad"), "Acceptable mode"),
        (((2, 5), np.ones((3, 2)), "valid"), "'valid' mode"),
    ):
        with pytest.raises(ValueError, match=text):
            signal.plan_convolve(*args)
    with pytest.raises(ValueError, match="Acceptable method"):
        signal.plan_convolve(5, [1.0], method="quick")
    with pytest.raises(ValueError, match="cannot hold taps"):
        signal.plan_convolve(5, [1j], dtype=float)
    with pytest.raises(ValueError, match="stream: expected a 1-D plan"):
        plan.stream()


@pytest.mark.parametrize("dtype", "fdFDl")
def test_a_direct_stream_has_the_bits_of_one_long_call(rng, dtype):
    for k in (1, 2, 9, 64, 700):
        x, h = random_array(rng, 3001, dtype), random_array(rng, k, dtype)
        plan = signal.plan_convolve(3001, h, dtype=dtype, method="direct")
        want = signal.convolve(x, h, "full", "direct")
        for longest in (1, 7, 300, 4000):
            stream = plan.stream()
            pieces, at = [], 0
            while at < x.size:
                size = int(rng.integers(0, longest + 1)) if longest > 1 else 97
                pieces.append(stream.push(x[at : at + size]))
                assert pieces[-1].size == x[at : at + size].size
                at += size
            y = np.concatenate([*pieces, stream.flush()])
            np.testing.assert_array_equal(y, want)


def test_a_stream_may_go_by_transforms_and_begins_anew(rng):
    x, h = rng.standard_normal(30_000), rng.standard_normal(3000)
    stream = signal.plan_convolve(30_000, h).stream()
    for _ in range(2):
        y = np.concatenate([*(stream.push(part) for part in np.split(x, 6)), stream.flush()])
        np.testing.assert_allclose(y, signal.convolve(x, h), atol=1e-9)
    with pytest.raises(ValueError, match="chunk: expected a 1-D array"):
        stream.push(np.ones((2, 2)))
    with pytest.raises(TypeError, match="chunk: expected a dtype"):
        stream.push(np.ones(3, complex))
