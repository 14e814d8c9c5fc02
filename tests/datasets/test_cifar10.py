"""CIFAR-10's binary archive, real layout with few images, and archives that lie."""

from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest

from fastconv.datasets import cifar10

NAMES = [*cifar10._TRAIN, cifar10._TEST]


def batch(seed: int, n: int = 3) -> tuple[bytes, np.ndarray, np.ndarray]:
    """One batch file by the format's description, pixel after pixel."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, 32, 32, 3), np.uint8)
    labels = rng.integers(0, 10, (n, 1), np.uint8)
    content = bytearray()
    for image, label in zip(images, labels, strict=True):
        content.append(int(label[0]))
        for channel in range(3):
            content += image[:, :, channel].tobytes()
    return bytes(content), images, labels


def write_archive(path, entries: dict[str, bytes], extra=None) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if extra is not None:
            archive.addfile(extra)


@pytest.fixture
def archive(tmp_path):
    parts = [batch(seed) for seed in range(6)]
    entries = {name: part[0] for name, part in zip(NAMES, parts, strict=True)}
    path = tmp_path / "cifar-10-binary.tar.gz"
    write_archive(path, {"cifar-10-batches-bin/readme.html": b"hello", **entries})
    return path, parts


def test_planes_become_channels_last_and_labels_a_column(archive):
    path, parts = archive
    (x_train, y_train), (x_test, y_test) = cifar10.load_data(path)
    np.testing.assert_array_equal(x_train, np.concatenate([part[1] for part in parts[:5]]))
    np.testing.assert_array_equal(y_train, np.concatenate([part[2] for part in parts[:5]]))
    np.testing.assert_array_equal(x_test, parts[5][1])
    np.testing.assert_array_equal(y_test, parts[5][2])
    assert x_train.dtype == y_train.dtype == np.uint8
    assert y_train.shape == (15, 1)
    assert x_test.flags.c_contiguous


def test_found_in_environment_folder_and_given_folder(archive, monkeypatch):
    path, _ = archive
    assert cifar10.load_data(path.parent)[0][0].shape == (15, 32, 32, 3)
    monkeypatch.setenv("FASTCONV_DATA", str(path.parent))
    assert cifar10.load_data()[0][0].shape == (15, 32, 32, 3)


def test_nothing_is_written_to_disk(archive):
    path, _ = archive
    before = sorted(path.parent.rglob("*"))
    cifar10.load_data(path)
    assert sorted(path.parent.rglob("*")) == before


def test_missing_batch_is_named(tmp_path):
    path = tmp_path / "a.tar.gz"
    write_archive(path, {name: batch(1)[0] for name in NAMES[1:]})
    with pytest.raises(ValueError, match=r"lacks cifar-10-batches-bin/data_batch_1\.bin"):
        cifar10.load_data(path)


@pytest.mark.parametrize("content", [b"", b"x" * 100, batch(0)[0] + b"x"])
def test_batch_of_a_wrong_size_is_refused(tmp_path, content):
    path = tmp_path / "a.tar.gz"
    write_archive(path, {NAMES[0]: content})
    with pytest.raises(ValueError, match="is no batch of at most 10,000 images"):
        cifar10.load_data(path)


def test_link_in_place_of_a_batch_is_refused(tmp_path):
    link = tarfile.TarInfo(NAMES[0])
    link.type = tarfile.SYMTYPE
    link.linkname = "/etc/passwd"
    path = tmp_path / "a.tar.gz"
    write_archive(path, {}, extra=link)
    with pytest.raises(ValueError, match="is no batch"):
        cifar10.load_data(path)


def test_other_names_are_not_read_whatever_they_are(tmp_path, archive):
    _, parts = archive
    entries = {name: part[0] for name, part in zip(NAMES, parts, strict=True)}
    evil = {"../../escape.bin": b"x", "/abs/data_batch_1.bin": b"y"}
    other = tmp_path / "b.tar.gz"
    write_archive(other, {**evil, **entries})
    assert cifar10.load_data(other)[1][0].shape == (3, 32, 32, 3)
    assert not (tmp_path.parent / "escape.bin").exists()


@pytest.mark.parametrize("cut", [0, 20, 5000])
def test_truncated_archive_is_one_clear_error(archive, cut):
    path, _ = archive
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"damaged archive|the archive lacks"):
        cifar10.load_data(path)


def test_nothing_anywhere_says_how_to_get_it():
    with pytest.raises(FileNotFoundError, match="CIFAR-10 is not on this machine") as caught:
        cifar10.load_data()
    assert "FASTCONV_DATA" in str(caught.value)


def test_given_path_without_the_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cifar-10-binary\.tar\.gz"):
        cifar10.load_data(tmp_path)
