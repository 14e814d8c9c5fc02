"""Results against the definition, summed one product at a time."""

import numpy as np
import pytest
from signal_oracles import COMPLEX, INTEGER, REAL, loop_convolve, random_array, tolerance

from fastconv import signal

SHAPES = {
    1: [((1,), (1,)), ((7,), (3,)), ((8,), (4,)), ((3,), (7,)), ((40,), (13,)), ((5,), (5,))],
    2: [((5, 7), (3, 3)), ((6, 5), (2, 4)), ((3, 4), (5, 6)), ((4, 1), (1, 5)), ((9, 3), (2, 5))],
    3: [((4, 5, 6), (2, 3, 3)), ((3, 2, 40), (1, 2, 5)), ((2, 3, 2), (3, 2, 4))],
    4: [((2, 3, 2, 5), (2, 1, 2, 3))],
}


def check(y, want, x, h):
    assert y.dtype == want.dtype
    assert y.shape == want.shape
    np.testing.assert_allclose(y, want, rtol=0, atol=tolerance(x, h, want.dtype))


@pytest.mark.parametrize("dtype", REAL + COMPLEX + INTEGER)
@pytest.mark.parametrize("ndim", SHAPES)
def test_direct_convolve_and_correlate_equal_the_sum(rng, ndim, dtype):
    for x_shape, h_shape in SHAPES[ndim]:
        x, h = random_array(rng, x_shape, dtype), random_array(rng, h_shape, dtype)
        for mode in ("full", "same", "valid"):
            fits = all(n >= k for n, k in zip(x_shape, h_shape)) or all(
                n <= k for n, k in zip(x_shape, h_shape)
            )
            if mode == "valid" and not fits:
                continue
            y = signal.convolve(x, h, mode, "direct")
            check(y, loop_convolve(x, h, mode), x, h)
            y = signal.correlate(x, h, mode, "direct")
            check(y, loop_convolve(x, h, mode, correlate=True), x, h)


@pytest.mark.parametrize("dtype", REAL + COMPLEX + "bHl")
@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm", "mirror", "nearest"])
def test_every_boundary_equals_the_extended_sum(rng, boundary, dtype):
    for x_shape, h_shape in SHAPES[2]:
        x, h = random_array(rng, x_shape, dtype), random_array(rng, h_shape, dtype)
        for mode in ("full", "same"):
            for fillvalue in (0, 3) if boundary == "fill" else (0,):
                options = dict(mode=mode, boundary=boundary, fillvalue=fillvalue)
                y = signal.convolve2d(x, h, **options)
                check(y, loop_convolve(x, h, **options), x, h)
                y = signal.correlate2d(x, h, **options)
                check(y, loop_convolve(x, h, **options, correlate=True, late=True), x, h)


def test_even_kernel_same_is_one_sample_later_in_correlate2d(rng):
    x, h = rng.standard_normal((9, 9)), rng.standard_normal((4, 2))
    full = signal.correlate(x, h, "full")
    np.testing.assert_allclose(signal.correlate(x, h, "same"), full[1:10, 0:9])
    np.testing.assert_allclose(signal.correlate2d(x, h, "same"), full[2:11, 1:10])


def test_swapped_valid_correlation_is_reversed_and_conjugated(rng):
    for nd in (1, 2, 3):
        a = random_array(rng, (5,) * nd, "D")
        b = random_array(rng, (3,) * nd, "D")
        flip = (slice(None, None, -1),) * nd
        for method in ("direct", "fft"):
            np.testing.assert_allclose(
                signal.correlate(b, a, "valid", method),
                signal.correlate(a, b, "valid", method)[flip].conj(),
                atol=1e-12,
            )


def test_swapped_valid_correlate2d_is_reversed_only(rng):
    # As in SciPy: for complex data the conjugate of what correlate gives.
    a, b = random_array(rng, (5, 6), "D"), random_array(rng, (3, 2), "D")
    y = signal.correlate2d(b, a, "valid")
    np.testing.assert_allclose(y, signal.correlate2d(a, b, "valid")[::-1, ::-1])
    np.testing.assert_allclose(y, signal.correlate(b, a, "valid").conj())


@pytest.mark.parametrize("dtype", INTEGER)
def test_integers_wrap_like_numpy(dtype):
    top = np.iinfo(dtype).max
    x = np.full((3, 40), top, dtype)
    want = loop_convolve(x, x[:2, :3])
    np.testing.assert_array_equal(signal.convolve2d(x, x[:2, :3]), want)
    np.testing.assert_array_equal(signal.convolve(x, x[:2, :3], method="direct"), want)


def test_bool_is_or_of_ands_in_every_dimension(rng):
    for shape, taps in (((300,), (290,)), ((20, 30), (3, 17)), ((5, 6, 7), (2, 2, 3))):
        x, h = rng.random(shape) < 0.2, rng.random(taps) < 0.2
        want = signal.convolve(x.astype(int), h.astype(int), method="direct") > 0
        for method in ("direct", "auto", "fft"):
            y = signal.convolve(x, h, method=method)
            assert y.dtype == bool
            np.testing.assert_array_equal(y, want)
        if x.ndim == 2:
            np.testing.assert_array_equal(signal.convolve2d(x, h), want)


def test_float16_accumulates_in_float32():
    x = np.full(3000, 1.0, np.float16)
    h = np.full(2500, 1.0, np.float16)
    y = signal.convolve(x, h, "valid", "direct")
    assert y.dtype == np.float16
    assert (y == 2500).all()  # a float16 sum sticks at 2048
    image = signal.convolve2d(x.reshape(50, 60), np.ones((50, 50), np.float16), "valid")
    assert image.dtype == np.float16 and (image == 2500).all()


@pytest.mark.parametrize("dtype", [np.longdouble, np.clongdouble])
def test_longdouble_keeps_its_precision(rng, dtype):
    x = rng.standard_normal((6, 7)).astype(dtype) + np.finfo(np.longdouble).eps
    h = rng.standard_normal((2, 3)).astype(dtype)
    want = loop_convolve(x, h)
    for y in (signal.convolve(x, h, method="direct"), signal.convolve2d(x, h)):
        assert y.dtype == dtype
        np.testing.assert_allclose(y, want, rtol=0, atol=1e-17)


def test_objects_are_exact_in_every_dimension():
    from decimal import Decimal
    from fractions import Fraction

    x = np.array([[Fraction(1, 3), Fraction(2, 7)], [Fraction(5), Fraction(1, 9)]])
    y = signal.convolve2d(x, x)
    assert y.dtype == object
    assert y[1, 1] == 2 * (x[0, 0] * x[1, 1] + x[0, 1] * x[1, 0])
    big = np.array([10**30, 10**31], object)
    assert signal.convolve(big, big).tolist() == [10**60, 2 * 10**61, 10**62]
    assert signal.convolve([[Decimal("0.1")]], [[Decimal("3")]])[0, 0] == Decimal("0.3")
    # 'same' with the longer input second, which SciPy refuses for objects
    assert signal.convolve(big[:1], big, "same").tolist() == [10**60]


def test_large_sizes_cover_tiles_tails_and_threads(rng):
    x, h = rng.standard_normal(20011), rng.standard_normal(37)
    np.testing.assert_allclose(signal.convolve(x, h, method="direct"), np.convolve(x, h),
                               atol=1e-12)  # fmt: skip
    image, taps = rng.standard_normal((211, 307)), rng.standard_normal((5, 8))
    want = signal.convolve(image, taps, method="fft")
    np.testing.assert_allclose(signal.convolve2d(image, taps), want, atol=1e-11)
    cube, box = rng.standard_normal((31, 33, 70)), rng.standard_normal((3, 5, 4))
    want = signal.convolve(cube, box, method="fft")
    np.testing.assert_allclose(signal.convolve(cube, box, method="direct"), want, atol=1e-11)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_long_taps_are_cut_at_the_rim_without_loss(rng, mode):
    for n, k in ((3000, 2500), (700, 3000), (2000, 2000), (1, 900), (3, 4000)):
        x, h = rng.standard_normal(n), rng.standard_normal(k)
        want = np.convolve(x, h, "full")
        if mode == "same":
            first = (k - 1) // 2
            want = want[first : first + n]
        elif mode == "valid":
            want = np.convolve(x, h, "valid")
        np.testing.assert_allclose(signal.convolve(x, h, mode, "direct"), want, atol=1e-10)
    x, h = rng.standard_normal((60, 90)), rng.standard_normal((50, 70))
    np.testing.assert_allclose(
        signal.convolve(x, h, mode, "direct"), signal.convolve(x, h, mode, "fft"), atol=1e-10
    )


def test_outer_product_of_row_and_column(rng):
    column, row = rng.standard_normal((300, 1)), rng.standard_normal((1, 200))
    for method in ("direct", "fft", "auto"):
        np.testing.assert_array_equal(signal.convolve(column, row, method=method), column * row)
    np.testing.assert_array_equal(signal.convolve2d(column, row), column * row)
