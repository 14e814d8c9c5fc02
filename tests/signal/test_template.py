"""Normalised cross-correlation against the formula, and where rounding would spoil it."""

import numpy as np
import pytest

from fastconv import signal


def pearson(x, t):
    """The definition, window by window."""
    t = t.astype(float)
    y = np.zeros([n - k + 1 for n, k in zip(x.shape, t.shape)])
    for at in np.ndindex(*y.shape):
        w = x[tuple(slice(i, i + k) for i, k in zip(at, t.shape))].astype(float)
        a, b = w - w.mean(), t - t.mean()
        scale = np.sqrt((a * a).sum() * (b * b).sum())
        y[at] = (a * b).sum() / scale if scale > 1e-12 else 0
    return y


@pytest.mark.parametrize("shapes", [((40,), (7,)), ((20, 23), (5, 6)), ((8, 9, 10), (3, 2, 4))])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_equals_pearsons_correlation_of_every_window(rng, shapes, dtype):
    x, t = ((rng.random(s) * 255).astype(dtype) for s in shapes)
    np.testing.assert_allclose(signal.match_template(x, t), pearson(x, t), atol=1e-10)
    padded = np.pad(x, [((k - 1) - (k - 1) // 2, (k - 1) // 2) for k in t.shape])
    same = signal.match_template(x, t, "same")
    assert same.shape == x.shape
    np.testing.assert_allclose(same, pearson(padded, t), atol=1e-10)


def test_brightness_and_contrast_do_not_matter(rng):
    x = rng.random((60, 70))
    t = x[20:31, 40:49]
    for scale, shift in ((1, 0), (5, -3), (1e-3, 1e3)):
        y = signal.match_template(x, scale * t + shift)
        assert np.unravel_index(y.argmax(), y.shape) == (20, 40)
        assert y.max() == pytest.approx(1, abs=1e-6)
    assert signal.match_template(x, -t).min() == pytest.approx(-1, abs=1e-9)


def test_values_stay_within_one_on_a_bright_image(rng):
    x = 1e6 + rng.random((200, 200))
    y = signal.match_template(x, x[50:60, 70:82])
    assert np.abs(y).max() <= 1
    assert np.unravel_index(y.argmax(), y.shape) == (50, 70)


def test_flat_windows_and_flat_templates_give_zero(rng):
    x = np.full((30, 30), 7.3)
    x[20:, 20:] = rng.random((10, 10))
    y = signal.match_template(x, rng.random((5, 5)))
    assert (y[:15, :15] == 0).all()
    assert (signal.match_template(x, np.full((4, 4), 0.1)) == 0).all()


def test_bad_arguments_are_named():
    x = np.ones((5, 5))
    with pytest.raises(ValueError, match="template: expected as many axes"):
        signal.match_template(x, np.ones((6, 2)))
    with pytest.raises(ValueError, match="expected real"):
        signal.match_template(x, np.ones((2, 2), complex))
    with pytest.raises(ValueError, match="mode: expected"):
        signal.match_template(x, np.ones((2, 2)), "full")
