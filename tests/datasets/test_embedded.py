"""The data that ship in the package: values, sizes, and that their sources agree."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np
import pytest

from fastconv.datasets import digits, electrocardiogram, photograph


def sha256(*arrays: np.ndarray) -> str:
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()


def test_photograph_is_the_cameraman_pixel_for_pixel():
    image = photograph.load_data()
    assert image.shape == (512, 512)
    assert image.dtype == np.uint8
    assert sha256(image) == "5cb24482a53416f99052258be2b1ee38cd31c559a70c8a8b321cba231b332e21"


def test_photograph_equals_scikit_image():
    data = pytest.importorskip("skimage.data")
    np.testing.assert_array_equal(photograph.load_data(), data.camera())


def test_electrocardiogram_has_the_documented_mean_and_deviation():
    ecg = electrocardiogram.load_data()
    assert ecg.shape == (108_000,)
    assert ecg.dtype == np.float64
    # SciPy's documentation of this excerpt gives these two numbers and these samples.
    assert ecg.mean() == pytest.approx(-0.16510875, abs=1e-8)
    assert ecg.std() == pytest.approx(0.5992473991177294, abs=1e-12)
    np.testing.assert_allclose(ecg[:3], [-0.245, -0.215, -0.185], atol=1e-12)
    np.testing.assert_allclose(ecg[-3:], [-0.405, -0.395, -0.385], atol=1e-12)


def test_electrocardiogram_beats_about_once_a_second():
    ecg = electrocardiogram.load_data()
    rate = electrocardiogram.SAMPLING_RATE
    high = ecg > 0.7  # the R waves of this record stand well above 0.7 mV
    beats = np.count_nonzero(high[1:] & ~high[:-1])
    assert 300 <= beats <= 600
    assert ecg.size == 300 * rate


def test_digits_split_and_value_range():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1437, 8, 8)
    assert x_test.shape == (360, 8, 8)
    assert y_train.shape == (1437,)
    assert y_test.shape == (360,)
    for array in (x_train, y_train, x_test, y_test):
        assert array.dtype == np.uint8
    assert x_train.min() == 0
    assert x_train.max() == 16
    # UCI's page lists the number of examples of each class in this part of the set.
    counts = np.bincount(np.concatenate([y_train, y_test]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_equal_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    bunch = datasets.load_digits()
    np.testing.assert_array_equal(np.concatenate([x_train, x_test]), bunch.images)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), bunch.target)


def test_each_call_returns_a_fresh_writable_array():
    first = photograph.load_data()
    first[:] = 0
    assert photograph.load_data().any()
    ecg = electrocardiogram.load_data()
    ecg[:] = 0
    assert electrocardiogram.load_data().any()
    (x, _), _ = digits.load_data()
    x[:] = 0
    assert digits.load_data()[0][0].any()


def test_package_data_stay_small_and_name_their_licences():
    data = files("fastconv.datasets").joinpath("data")
    sizes = {entry.name: len(entry.read_bytes()) for entry in data.iterdir()}
    arrays = {name: size for name, size in sizes.items() if name.endswith(".npz")}
    assert set(arrays) == {"photograph.npz", "electrocardiogram.npz", "digits.npz"}
    assert arrays["photograph.npz"] + arrays["electrocardiogram.npz"] < 400_000
    text = data.joinpath("LICENSES.md").read_text(encoding="utf-8")
    for name in arrays:
        assert f"## {name}" in text
