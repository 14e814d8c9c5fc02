"""Image augmentation: affine maps against SciPy, ranges of what is drawn, training only."""

import numpy as np
import pytest
from gradcheck import check_gradients
from scipy import ndimage

import fastconv as keras
from fastconv import ops

IMAGES = np.random.default_rng(0).uniform(0, 255, (4, 9, 12, 3)).astype("float32")
SCIPY_MODES = {
    "constant": "grid-constant",
    "nearest": "nearest",
    "reflect": "reflect",
    "wrap": "grid-wrap",
}


def maps(n, seed=1):
    rng = np.random.default_rng(seed)
    near = np.tile([1.0, 0, 0, 0, 1, 0, 0, 0], (n, 1))
    near[:, :6] += rng.uniform(-0.4, 0.4, (n, 6))
    near[:, [2, 5]] *= 20
    return near


@pytest.mark.parametrize("mode", SCIPY_MODES)
@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_affine_maps_agree_with_scipy(mode, layout):
    x = IMAGES.astype("float64")
    m = maps(4)
    expected = np.empty_like(x)
    for i, (a0, a1, a2, b0, b1, b2, *_) in enumerate(m):
        for c in range(3):
            expected[i, :, :, c] = ndimage.affine_transform(
                x[i, :, :, c],
                [[b1, b0], [a1, a0]],
                [b2, a2],
                order=1,
                mode=SCIPY_MODES[mode],
                cval=7.0,
            )
    if layout == "channels_first":
        x, expected = (np.ascontiguousarray(v.transpose(0, 3, 1, 2)) for v in (x, expected))
    y = ops.image.affine_transform(x, m, "bilinear", mode, 7.0, layout)
    np.testing.assert_allclose(y.data, expected, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("mode", SCIPY_MODES)
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_gradient_goes_to_the_images(mode, interpolation):
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 2))
    m = maps(2)
    check_gradients(lambda x: ops.image.affine_transform(x, m, interpolation, mode, 1.0), x)
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    check_gradients(
        lambda x: ops.image.affine_transform(x, m, interpolation, mode, 1.0, "channels_first"),
        first,
    )


def test_a_map_that_leads_nowhere_gives_the_fill_value():
    m = maps(1)
    m[0, 0] = np.nan
    y = ops.image.affine_transform(IMAGES[:1], m, fill_value=5.0)
    assert (y.data == 5.0).all()


LAYERS = {
    "RandomFlip": {},
    "RandomContrast": {"factor": 0.5},
    "RandomBrightness": {"factor": 0.5},
    "RandomRotation": {"factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomZoom": {"height_factor": 0.3, "width_factor": 0.2},
}


@pytest.mark.parametrize("name", LAYERS)
def test_each_image_is_changed_in_its_own_way_and_anew_each_call(name):
    layer = getattr(keras.layers, name)(**LAYERS[name], seed=3)
    x = np.repeat(IMAGES[:1], 16, axis=0)
    a, b = layer(x).data, layer(x).data  # augmentation acts unless training=False
    assert len({image.tobytes() for image in a}) > (1 if name == "RandomFlip" else 10)
    assert not np.array_equal(a, b)
    np.testing.assert_array_equal(layer(x, training=False).data, x)
    again = getattr(keras.layers, name)(**LAYERS[name], seed=3)
    np.testing.assert_array_equal(again(x, training=True).data, a)


@pytest.mark.parametrize("name", LAYERS)
def test_a_single_image_and_bytes_are_taken_too(name):
    layer = getattr(keras.layers, name)(**LAYERS[name], seed=3)
    y = layer(IMAGES[0].astype("uint8"), training=True)
    assert y.shape == IMAGES[0].shape and y.data.dtype == np.float32
    out = layer({"images": IMAGES, "labels": np.arange(4)}, training=True)
    assert out["images"].shape == IMAGES.shape
    np.testing.assert_array_equal(np.asarray(out["labels"]), np.arange(4))
    with pytest.raises(ValueError, match=r"rank 3 \(single image\) or 4 \(batch of images\)"):
        layer(IMAGES[0, 0])


def test_flips_mirror_half_of_the_images():
    x = np.repeat(IMAGES[:1], 400, axis=0)
    y = keras.layers.RandomFlip("horizontal", seed=1)(x).data
    mirrored = (y == x[:, :, ::-1]).all(axis=(1, 2, 3))
    assert 150 < mirrored.sum() < 250
    assert (mirrored | (y == x).all(axis=(1, 2, 3))).all()
    y = keras.layers.RandomFlip("vertical", seed=1)(x).data
    assert (y == x[:, ::-1]).all(axis=(1, 2, 3)).any()


def test_brightness_and_contrast_keep_their_ranges():
    x = np.full((500, 2, 2, 1), 100.0, "float32")
    y = keras.layers.RandomBrightness(0.2, seed=1)(x).data[:, 0, 0, 0] - 100
    assert -51 <= y.min() < -45 and 45 < y.max() <= 51
    y = keras.layers.RandomBrightness(1.0, seed=1)(x).data
    assert (y.min() == 0 and y.max() == 200) or y.max() <= 255
    x[:, 0] = 80.0
    y = keras.layers.RandomContrast((0.5, 0.25), seed=1)(x).data
    spread = (y[:, 1, 0, 0] - y[:, 0, 0, 0]) / 20
    assert 0.75 <= spread.min() < 0.8 and 1.4 < spread.max() <= 1.5


def test_a_rotation_turns_about_the_middle():
    x = np.zeros((1, 5, 5, 1), "float32")
    x[0, 2, 4] = 1.0
    layer = keras.layers.RandomRotation((0.25, 0.25), fill_mode="constant")
    y = layer(x, training=True).data[0, :, :, 0]
    assert np.unravel_index(y.argmax(), y.shape) in [(0, 2), (4, 2)] and y.max() > 0.999


def test_a_translation_moves_down_and_right_and_zoom_keeps_the_middle():
    x = np.zeros((1, 10, 10, 1), "float32")
    x[0, 4, 4] = 1.0
    layer = keras.layers.RandomTranslation((0.2, 0.2), (0.1, 0.1), fill_mode="constant")
    y = layer(x, training=True).data[0, :, :, 0]
    assert y[6, 5] > 0.999 and abs(y.sum() - 1) < 1e-5
    x = np.zeros((1, 5, 5, 1), "float32")
    x[0, 2, 2] = 1.0
    y = keras.layers.RandomZoom((-0.5, -0.5))(x, training=True).data[0, :, :, 0]
    assert y[2, 2] == y.max() == 1.0 and y.sum() > 2  # zoomed in


def test_random_crop_takes_a_window_that_is_there():
    layer = keras.layers.RandomCrop(4, 5, seed=1)
    places = set()
    for _ in range(40):
        y = layer(IMAGES, training=True).data
        assert y.shape == (4, 4, 5, 3)
        found = [
            (i, j)
            for i in range(6)
            for j in range(8)
            if np.array_equal(y, IMAGES[:, i : i + 4, j : j + 5])
        ]
        assert len(found) == 1
        places.add(found[0])
    assert len(places) > 15
    np.testing.assert_array_equal(layer(IMAGES, training=False).data, IMAGES)
    assert layer.compute_output_shape((None, 9, 12, 3)) == (None, 4, 5, 3)
    assert keras.layers.RandomCrop(20, 20)(IMAGES, training=True).shape == (4, 20, 20, 3)
    keras.utils.set_random_seed(42)
    assert keras.layers.RandomCrop(4, 5).get_config()["seed"] == 686579304


def test_a_recorded_crop_moves():
    from fastconv._runtime.call import Program
    from fastconv.ops.tensor import Tensor

    layer = keras.layers.RandomCrop(4, 5, seed=1)
    with Program() as program:
        y = layer(Tensor(IMAGES), training=True)
    assert program.spoiled is None
    seen = set()
    for _ in range(10):
        program.run()
        seen.add(y.data.tobytes())
    assert len(seen) > 4


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"in the range \[0, 1\]. Received: factor=2"):
        keras.layers.RandomContrast(2)
    with pytest.raises(ValueError, match=r"in the range \[-1, 1\]. Received: factor=3"):
        keras.layers.RandomRotation(3)
    with pytest.raises(ValueError, match=r"\(-1.0, 1.0\]. Received: input_number=-1.0"):
        keras.layers.RandomZoom((-1.0, 0.5))
    with pytest.raises(ValueError, match=r"Received: height_factor=a"):
        keras.layers.RandomTranslation("a", 0.1)
    with pytest.raises(NotImplementedError, match="Unknown `fill_mode` foo"):
        keras.layers.RandomRotation(0.1, fill_mode="foo")
    with pytest.raises(ValueError, match="mode: expected 'horizontal'"):
        keras.layers.RandomFlip("diagonal")
    with pytest.raises(ValueError, match="should be a list of two numbers"):
        keras.layers.RandomBrightness(0.1, value_range=3)
