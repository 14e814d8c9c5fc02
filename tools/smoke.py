"""A minute's check that an installed fastconv computes, with nothing but its own dependencies."""

import itertools
import platform
from pathlib import Path

import numpy as np

import fastconv


def check_signal() -> int:
    """Compare every mode and a few dtypes with NumPy's plain sum; return the number of cases."""
    rng = np.random.default_rng(0)
    cases = 0
    for dtype, mode, n in itertools.product("fdDliq", ("full", "same", "valid"), (40, 1001)):
        x = (rng.integers(-9, 9, n)).astype(dtype)
        h = (rng.integers(-9, 9, 7)).astype(dtype)
        found = fastconv.convolve(x, h, mode)
        assert found.dtype == x.dtype, (found.dtype, x.dtype)
        np.testing.assert_allclose(found, np.convolve(x, h, mode), rtol=1e-5)
        found = fastconv.correlate(x, h, mode)
        np.testing.assert_allclose(found, np.correlate(x, h, mode), rtol=1e-5)
        cases += 2
    image, taps = rng.random((65, 43)), rng.random((3, 5))
    windows = np.lib.stride_tricks.sliding_window_view(image, taps.shape)
    expected = np.einsum("ijkl,kl", windows, taps[::-1, ::-1])
    np.testing.assert_allclose(fastconv.convolve2d(image, taps, "valid"), expected, rtol=1e-12)
    np.testing.assert_allclose(fastconv.fftconvolve(image, taps, "valid"), expected, rtol=1e-9)
    return cases + 2


if __name__ == "__main__":
    fastconv.show_config()
    cases = check_signal()
    where = Path(fastconv.__file__).parent.name
    print(f"{where} works on Python {platform.python_version()}: {cases} cases")
