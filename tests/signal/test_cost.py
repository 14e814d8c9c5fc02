"""The choice of engine: what it may depend on, its constants, calibration, blocks."""

import functools
import json
from collections import deque

import numpy as np
import pytest
from signal_oracles import random_array

import fastconv
from fastconv import _kernels, signal
from fastconv._config import calibration_file
from fastconv.signal import _calibrate, _cost, _fftlib, _method
from fastconv.signal._engines import fft, overlap_add, transform
from fastconv.signal._spec import make_spec


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A user's cache folder of our own, with nothing remembered before or after."""

    def forget():
        _cost.constants.cache_clear()
        for cached in (_method.estimates, transform.options, overlap_add.block_sizes):
            cached.cache_clear()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()


def choices():
    return [
        _method.engine_for(make_spec((n,), (k,), "same"), np.dtype(dtype))
        for n in (100, 10_000, 1_000_000)
        for k in (3, 50, 300, 3000)
        for dtype in "fdFDl"
    ]


def test_the_choice_does_not_depend_on_threads():
    before = fastconv.get_num_threads()
    want = choices()
    try:
        for threads in (1, 2, 7):
            fastconv.set_num_threads(threads)
            _method.estimates.cache_clear()
            assert choices() == want
    finally:
        fastconv.set_num_threads(before)


def test_short_taps_are_direct_and_long_ones_are_not():
    for dtype in "fdFD":
        for shape, short, long in (((100_000,), (9,), (9000,)), ((600, 600), (3, 3), (200, 200))):
            for taps, want in ((short, "direct"), (long, "fft")):
                assert (
                    signal.choose_conv_method(np.ones(shape, dtype), np.ones(taps, dtype)) == want
                )


def test_every_level_has_its_constants(monkeypatch, own_cache):
    for level in ("x86_64_v2", "x86_64_v3", "x86_64_v4", "aarch64", "generic"):
        monkeypatch.setattr(_kernels, "isa", level)
        _cost.constants.cache_clear()
        assert _cost._sound(_cost.constants())


def test_calibration_is_kept_shown_and_used(own_cache, capsys, monkeypatch):
    monkeypatch.setattr(_calibrate, "_best_us", lambda call, seconds=0: (call(), 100.0)[1])
    found = fastconv.calibrate()
    assert "calibrate [##############################]" in capsys.readouterr().err
    path = calibration_file(_kernels.isa)
    assert path.is_relative_to(own_cache)
    assert json.loads(path.read_text()) == found == _cost.constants()
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    fastconv.show_config()
    assert str(path) in capsys.readouterr().out


def test_a_real_calibration_gives_sound_constants(own_cache):
    found = fastconv.calibrate(verbose=False)
    assert _cost._sound(found)
    assert found["direct"]["f32"] > found["direct"]["exact"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"direct": 3}', '{"direct": {"f32": -1}}'])
def test_a_broken_calibration_file_is_ignored(own_cache, text):
    path = calibration_file(_kernels.isa)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert _cost._sound(_cost.constants())
    np.testing.assert_allclose(signal.convolve(np.ones(5), np.ones(2)), [1, 2, 2, 2, 2, 1])


@pytest.mark.parametrize("dtype", "fdFD")
def test_blocks_of_any_size_give_the_same_sum(rng, dtype):
    for shape, taps, sizes in (
        ((1000,), (30,), (64,)),
        ((1000,), (31,), (100,)),
        ((90, 131), (7, 9), (16, 20)),
        ((64, 64), (20, 3), (45, 32)),
        ((33, 200), (5, 40), (12, 81)),
    ):
        a, b = random_array(rng, shape, dtype), random_array(rng, taps, dtype)
        axes = tuple(range(len(shape)))
        full = [n + k - 1 for n, k in zip(shape, taps)]
        want = fft.run(a, b, axes, [0] * len(shape), full)
        for lo, length in (
            ([0] * len(shape), full),
            ([k - 1 for k in taps], [n - k + 1 for n, k in zip(shape, taps)]),
            ([k // 2 for k in taps], list(shape)),
            ([n - 3 for n in full], [3] * len(shape)),
        ):
            y = overlap_add.run(a, b, lo, length, sizes)
            window = tuple(slice(s, s + m) for s, m in zip(lo, length))
            np.testing.assert_allclose(
                y, want[window], rtol=0, atol=300 * np.finfo(dtype).eps * np.sqrt(b.size)
            )


def test_images_go_by_blocks_where_that_is_cheaper(rng):
    spec = make_spec((1024, 1024), (25, 25), "same")
    sizes = transform.choose((1024, 1024), (25, 25), (0, 1), (12, 12), (1024, 1024),
                             np.dtype("f"))[1]  # fmt: skip
    assert len(sizes) == 2
    x, h = (rng.standard_normal(s).astype("f") for s in (spec.x_shape, spec.h_shape))
    np.testing.assert_allclose(
        signal.convolve(x, h, "same", "fft"), signal.convolve(x, h, "same", "direct"), atol=1e-3
    )


def test_fftconvolve_spreads_nan_at_every_size(rng):
    for n, k in ((20, 3), (5000, 900)):
        x = rng.standard_normal(n)
        x[n // 2] = np.nan
        assert np.isnan(signal.fftconvolve(x, np.ones(k))).all()


@pytest.mark.parametrize("shape, taps", [((300_000,), (900,)), ((500, 600), (21, 23))])
def test_blocks_do_not_depend_on_threads(rng, shape, taps):
    x, h = rng.standard_normal(shape), rng.standard_normal(taps)
    sizes = (4096,) if len(shape) == 1 else (64, 64)
    lo, full = [0] * len(shape), [n + k - 1 for n, k in zip(shape, taps)]
    before = fastconv.get_num_threads()
    try:
        results = []
        for threads in (1, 2, 5):
            fastconv.set_num_threads(threads)
            results.append(overlap_add.run(x, h, lo, full, sizes))
    finally:
        fastconv.set_num_threads(before)
    for y in results[1:]:
        np.testing.assert_array_equal(y, results[0])


def test_a_failing_task_ends_the_others_and_is_raised():
    done = []

    def work(i):
        done.append(i)
        if i == 3:
            raise MemoryError("no room")

    before = fastconv.get_num_threads()
    fastconv.set_num_threads(4)
    try:
        with pytest.raises(MemoryError, match="no room"):
            _fftlib.in_threads(deque(functools.partial(work, i) for i in range(10_000)), 1 << 20)
    finally:
        fastconv.set_num_threads(before)
    assert len(done) < 10_000
