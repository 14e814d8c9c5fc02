"""Image files: round trips, formats, and what is said without Pillow."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from fastconv import config, utils
from fastconv.utils import resize

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def colour():
    return np.random.default_rng(0).integers(0, 256, (9, 7, 3)).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_round_trip_keeps_every_pixel(tmp_path, channels):
    x = np.random.default_rng(1).integers(0, 256, (6, 5, channels)).astype(np.float32)
    mode = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
    for path in (tmp_path / "a.png", str(tmp_path / "b.png")):
        utils.save_img(path, x, scale=False)
        got = utils.img_to_array(utils.load_img(path, color_mode=mode))
        np.testing.assert_array_equal(got, x)
        assert got.dtype == np.float32


def test_file_object_and_bytesio(colour):
    stream = io.BytesIO()
    utils.save_img(stream, colour, file_format="png", scale=False)
    stream.seek(0)
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(stream)), colour)


@pytest.mark.parametrize("name", ["a.jpg", "a.jpeg", "a.bmp"])
def test_suffix_chooses_the_format(tmp_path, colour, name):
    utils.save_img(tmp_path / name, colour)
    with Image.open(tmp_path / name) as image:
        assert image.format == {"jpg": "JPEG", "jpeg": "JPEG", "bmp": "BMP"}[name[2:]]


def test_jpeg_of_four_channels_warns_and_drops_alpha(tmp_path):
    with pytest.warns(UserWarning, match="converting to RGB"):
        utils.save_img(tmp_path / "a.jpg", np.zeros((3, 3, 4)))
    assert utils.load_img(tmp_path / "a.jpg").mode == "RGB"


def test_failed_save_leaves_the_old_file(tmp_path, colour):
    path = tmp_path / "a.png"
    utils.save_img(path, colour)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        utils.save_img(path, colour, compress_level="high")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_process_wide_layout_and_dtype_are_followed(colour):
    try:
        config.set_image_data_format("channels_first")
        config.set_floatx("float64")
        array = utils.img_to_array(colour.astype(np.uint8))
        assert array.shape == (3, 9, 7)
        assert array.dtype == np.float64
        assert utils.array_to_img(array).size == (7, 9)
    finally:
        config.set_image_data_format("channels_last")
        config.set_floatx("float32")


def test_array_to_img_leaves_its_input(colour):
    before = colour.copy()
    utils.array_to_img(colour)
    np.testing.assert_array_equal(colour, before)


def test_without_pillow_the_extra_is_named(monkeypatch, tmp_path, colour):
    monkeypatch.setitem(sys.modules, "PIL", None)
    calls = [
        lambda: utils.load_img("a.png"),
        lambda: utils.array_to_img(colour),
        lambda: utils.save_img(tmp_path / "a.png", colour),
        lambda: utils.image_dataset_from_directory(tmp_path),
    ]
    for call in calls:
        with pytest.raises(ImportError, match=r"fastconv\[image\]"):
            call()
    assert utils.img_to_array(colour).shape == colour.shape  # needs none


def test_formats_of_a_folder(tmp_path, colour):
    for i, suffix in enumerate(("png", "jpg", "JPEG", "bmp", "gif")):
        image = utils.array_to_img(colour)
        kind = {"jpg": "jpeg", "JPEG": "jpeg"}.get(suffix, suffix)
        (tmp_path / "one").mkdir(exist_ok=True)
        image.save(tmp_path / "one" / f"{i}.{suffix}", format=kind)
    dataset = utils.image_dataset_from_directory(tmp_path, image_size=(4, 4), verbose=False)
    x, y = dataset[0]
    assert x.shape == (5, 4, 4, 3)
    assert y.tolist() == [0] * 5
    assert dataset.class_names == ["one"]


def test_damaged_image_names_its_file(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "bad.png").write_bytes(b"no image")
    dataset = utils.image_dataset_from_directory(tmp_path, verbose=False)
    with pytest.raises(OSError, match=r"bad\.png"):
        dataset[0]


def test_links_are_followed_only_when_asked(tmp_path, colour):
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "root"
    elsewhere.mkdir()
    (root / "one").mkdir(parents=True)
    utils.save_img(elsewhere / "far.png", colour)
    utils.save_img(root / "one" / "near.png", colour)
    (root / "one" / "link").symlink_to(elsewhere)
    for follow, count in ((False, 1), (True, 2)):
        dataset = utils.image_dataset_from_directory(root, follow_links=follow, verbose=False)
        assert len(dataset.file_paths) == count


def test_training_part_is_mixed_anew_and_validation_part_is_not(tmp_path, colour):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for i in range(12):
            utils.save_img(tmp_path / name / f"{i:02}.png", np.full((2, 2, 3), i), scale=False)
    train, validation = utils.image_dataset_from_directory(
        tmp_path, image_size=2, validation_split=0.5, subset="both", seed=1, verbose=False
    )

    def values(dataset):
        return [int(v) for x, _ in dataset for v in x[:, 0, 0, 0]]

    assert values(train) != values(train)
    assert values(validation) == values(validation)
    assert sorted(values(train) + values(validation)) == sorted(list(range(12)) * 2)
    assert set(train.file_paths).isdisjoint(validation.file_paths)


def test_counts_are_printed(tmp_path, colour, capsys):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for i in range(5):
            utils.save_img(tmp_path / name / f"{i}.png", colour)
    utils.image_dataset_from_directory(tmp_path, validation_split=0.2, subset="both", seed=1)
    assert capsys.readouterr().out.splitlines() == [
        "Found 10 files belonging to 2 classes.",
        "Using 8 files for training.",
        "Using 2 files for validation.",
    ]
    utils.image_dataset_from_directory(tmp_path, labels=None)
    assert capsys.readouterr().out == "Found 10 files.\n"


@pytest.mark.parametrize("method", sorted(resize.METHODS))
def test_resizing_a_flat_image_changes_no_value(method):
    flat = np.full((7, 9, 2), 50.0, np.float32)
    for size in ((3, 4), (7, 9), (20, 11), (1, 1)):
        got = resize.resize(flat, size, method)
        assert got.shape == (*size, 2)
        np.testing.assert_allclose(got, 50, rtol=1e-5)


@pytest.mark.parametrize("method", ["bilinear", "nearest", "bicubic", "area", "lanczos3"])
def test_resizing_to_the_same_size_is_the_image_itself(method, colour):
    np.testing.assert_allclose(resize.resize(colour, (9, 7), method), colour, atol=1e-3)


def test_path_objects_are_taken(tmp_path, colour):
    utils.save_img(Path(tmp_path) / "a.png", colour)
    assert utils.load_img(Path(tmp_path) / "a.png").size == (7, 9)
