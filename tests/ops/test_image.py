"""Resizing of images: against a plain weighted sum, Pillow-like properties, gradients."""

import numpy as np
import pytest
from gradcheck import check_gradients

from fastconv import ops


def data(*shape):
    return np.random.default_rng(0).normal(size=shape)


def weights(old, new, method):
    """Row i: what each input weighs in output i, by the definition."""
    centre = (np.arange(new) + 0.5) * old / new - 0.5
    x = np.abs(centre[:, None] - np.arange(old))
    if method == "bilinear":
        w = np.maximum(1 - x, 0)
    else:
        w = np.where(
            x <= 1,
            1.5 * x**3 - 2.5 * x**2 + 1,
            np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0),
        )
    return w / w.sum(1, keepdims=True)


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(3, 4), (8, 7), (10, 12), (1, 1), (5, 6)])
@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_resize_is_a_weighted_sum_along_each_axis(method, size, layout):
    x = data(2, 5, 6, 3)
    expected = np.einsum(
        "ah,nhwc,bw->nabc", weights(5, size[0], method), x, weights(6, size[1], method)
    )
    if layout == "channels_first":
        x, expected = x.transpose(0, 3, 1, 2), expected.transpose(0, 3, 1, 2)
    y = ops.image.resize(np.ascontiguousarray(x), size, method, data_format=layout)
    np.testing.assert_allclose(y.data, expected, rtol=1e-10, atol=1e-12)


def test_nearest_takes_the_pixel_below_the_centre():
    x = data(5, 6, 1)
    y = ops.image.resize(x, (3, 9), "nearest").data
    rows = ((np.arange(3) + 0.5) * 5 / 3).astype(int)
    columns = ((np.arange(9) + 0.5) * 6 / 9).astype(int)
    np.testing.assert_array_equal(y, x[rows][:, columns])


@pytest.mark.parametrize("method", ["bilinear", "nearest", "bicubic", "lanczos3"])
@pytest.mark.parametrize("size", [(3, 4), (7, 9)])
def test_gradients(method, size):
    check_gradients(lambda x: ops.image.resize(x, size, method), data(1, 5, 6, 2))


def test_a_constant_stays_constant_and_antialiasing_averages():
    x = np.full((4, 8, 1), 3.0)
    for method in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
        np.testing.assert_allclose(ops.image.resize(x, (3, 5), method).data, 3.0)
    stripes = np.tile([0.0, 1.0], 8)[None, :, None]
    y = ops.image.resize(stripes, (1, 2), antialias=True).data
    np.testing.assert_allclose(y, 0.5, atol=0.05)


def test_aspect_ratio_is_kept_by_cropping_or_padding():
    x = data(4, 8, 1)
    cropped = ops.image.resize(x, (4, 4), crop_to_aspect_ratio=True).data
    np.testing.assert_array_equal(cropped, x[:, 2:6])
    padded = ops.image.resize(x, (8, 8), "nearest", pad_to_aspect_ratio=True, fill_value=7.0).data
    np.testing.assert_array_equal(padded[:2], 7.0)
    np.testing.assert_array_equal(padded[2:6], x)


def test_whole_numbers_are_rounded_and_kept_in_range():
    x = np.array([[0, 255], [255, 0]], np.uint8)[..., None]
    y = ops.image.resize(x, (3, 3)).data
    assert y.dtype == np.uint8
    np.testing.assert_array_equal(y[..., 0], [[0, 128, 255], [128, 128, 128], [255, 128, 0]])


def test_mistakes_are_named():
    x = data(4, 4, 1)
    with pytest.raises(ValueError, match="Received: interpolation=foo"):
        ops.image.resize(x, (2, 2), "foo")
    with pytest.raises(ValueError, match="must be a tuple of two elements"):
        ops.image.resize(x, (2, 2, 2))
    with pytest.raises(ValueError, match=r"images.shape=\(4, 4\)"):
        ops.image.resize(x[..., 0], (2, 2))
    with pytest.raises(ValueError, match="Only one of"):
        ops.image.resize(x, (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)
