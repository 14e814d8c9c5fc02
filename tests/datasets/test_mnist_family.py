"""Where fashion_mnist and mnist look, in which order, and what they say when there is nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fastconv import _download
from fastconv.datasets import _locate, fashion_mnist, mnist

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@pytest.mark.parametrize("compressed", [False, True])
def test_given_folder_is_read(tmp_path, four_files, assert_same, compressed):
    want = four_files(tmp_path / "mine", compressed=compressed)
    assert_same(fashion_mnist.load_data(tmp_path / "mine"), want)
    assert_same(mnist.load_data(str(tmp_path / "mine")), want)


def test_given_parent_folder_is_understood(tmp_path, four_files, assert_same):
    want = four_files(tmp_path / "fashion-mnist")
    assert_same(fashion_mnist.load_data(tmp_path), want)


def test_search_order_is_environment_ours_keras_debian(
    tmp_path, monkeypatch, four_files, assert_same
):
    debian = four_files(tmp_path / "debian" / "fashion-mnist", seed=4)
    assert_same(fashion_mnist.load_data(), debian)
    keras = four_files(tmp_path / "keras" / "datasets" / "fashion-mnist", seed=3)
    assert_same(fashion_mnist.load_data(), keras)
    ours = four_files(tmp_path / "cache" / "fastconv" / "datasets" / "fashion-mnist", seed=2)
    assert_same(fashion_mnist.load_data(), ours)
    mine = four_files(tmp_path / "data" / "fashion_mnist", seed=1)
    monkeypatch.setenv("FASTCONV_DATA", str(tmp_path / "data"))
    assert_same(fashion_mnist.load_data(), mine)


def test_incomplete_folder_is_passed_over(tmp_path, four_files, assert_same):
    ours = tmp_path / "cache" / "fastconv" / "datasets" / "fashion-mnist"
    four_files(ours)
    (ours / "t10k-labels-idx1-ubyte.gz").unlink()
    want = four_files(tmp_path / "keras" / "datasets" / "fashion-mnist", seed=3)
    assert_same(fashion_mnist.load_data(), want)


def test_mnist_files_do_not_answer_for_fashion_mnist(tmp_path, monkeypatch, four_files):
    four_files(tmp_path / "data")  # IDX files straight in FASTCONV_DATA: could be either set
    monkeypatch.setenv("FASTCONV_DATA", str(tmp_path / "data"))
    assert not fashion_mnist.available()
    assert not mnist.available()


def test_given_folder_lacking_a_file_names_it_and_does_not_look_elsewhere(tmp_path, four_files):
    four_files(tmp_path / "keras" / "datasets" / "fashion-mnist")
    mine = tmp_path / "mine"
    four_files(mine)
    (mine / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks t10k-labels-idx1-ubyte\[.gz\]"):
        fashion_mnist.load_data(mine)


def test_given_path_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"path='.*nowhere' does not exist"):
        fashion_mnist.load_data(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"path='.*nowhere' does not exist"):
        mnist.load_data(tmp_path / "nowhere")


def test_given_file_where_a_folder_is_wanted(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        fashion_mnist.load_data(file)


def test_nothing_anywhere_says_how_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        fashion_mnist.load_data()
    text = str(caught.value)
    assert "apt-get install dataset-fashion-mnist" in text
    assert "FASTCONV_DATA" in text
    assert "load_data(path=folder)" in text
    assert "no network in tests" in text
    assert str(tmp_path / "keras" / "datasets" / "fashion-mnist") in text
    with pytest.raises(FileNotFoundError, match=r"mnist\.npz") as caught:
        mnist.load_data()
    assert "no network in tests" in str(caught.value)
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_wrong_label_count_is_an_error(tmp_path, four_files):
    four_files(tmp_path / "a")
    short = tmp_path / "a" / "train-labels-idx1-ubyte.gz"
    short.write_bytes((tmp_path / "a" / "t10k-labels-idx1-ubyte.gz").read_bytes())
    with pytest.raises(ValueError, match="expected 5 uint8 labels"):
        fashion_mnist.load_data(tmp_path / "a")


def test_download_goes_to_our_cache_and_is_checked(tmp_path, monkeypatch, four_files, assert_same):
    want = four_files(tmp_path / "server")
    digests = {
        name: _download.file_digest(tmp_path / "server" / name) for name in fashion_mnist._SHA256
    }
    asked = serve(monkeypatch, tmp_path / "server")
    monkeypatch.setattr(fashion_mnist, "_SHA256", digests)
    assert_same(fashion_mnist.load_data(), want)
    assert len(asked) == 4
    assert all(url.startswith("https://storage.googleapis.com/tensorflow/") for url in asked)
    assert_same(fashion_mnist.load_data(), want)
    assert len(asked) == 4  # the second call finds the cache


def test_download_with_a_wrong_checksum_is_refused_and_not_kept(tmp_path, monkeypatch, four_files):
    four_files(tmp_path / "server")
    serve(monkeypatch, tmp_path / "server")
    with pytest.raises(ValueError, match="did not send the expected file"):
        fashion_mnist.load_data()
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []


def test_broken_download_resumes_with_the_missing_files(tmp_path, monkeypatch, four_files):
    want = four_files(tmp_path / "server")
    digests = {
        name: _download.file_digest(tmp_path / "server" / name) for name in fashion_mnist._SHA256
    }
    monkeypatch.setattr(fashion_mnist, "_SHA256", digests)
    asked = serve(monkeypatch, tmp_path / "server", fail_after=2)
    with pytest.raises(FileNotFoundError, match="downloading it failed"):
        fashion_mnist.load_data()
    asked = serve(monkeypatch, tmp_path / "server")
    got = fashion_mnist.load_data()
    assert len(asked) == 2
    np.testing.assert_array_equal(got[0][0], want[0][0])


def write_npz(path: Path, **arrays: np.ndarray) -> None:
    np.savez_compressed(path, **arrays)


def small_mnist() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {
        "x_train": rng.integers(0, 256, (4, 28, 28), np.uint8),
        "y_train": rng.integers(0, 10, 4, np.uint8),
        "x_test": rng.integers(0, 256, (3, 28, 28), np.uint8),
        "y_test": rng.integers(0, 10, 3, np.uint8),
    }


def test_mnist_npz_from_keras_cache_folder_and_path(tmp_path, monkeypatch, assert_same):
    arrays = small_mnist()
    want = (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
    folder = tmp_path / "keras" / "datasets"
    folder.mkdir(parents=True)
    write_npz(folder / "mnist.npz", **arrays)
    assert_same(mnist.load_data(), want)
    assert_same(mnist.load_data("mnist.npz"), want)  # Keras's default: a name in the cache
    assert_same(mnist.load_data(None), want)
    assert_same(mnist.load_data(folder), want)
    assert_same(mnist.load_data(folder / "mnist.npz"), want)


def test_mnist_npz_of_the_working_folder_is_not_read_unasked(tmp_path, monkeypatch):
    np.savez(tmp_path / "mnist.npz", **small_mnist())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="MNIST is not on this machine"):
        mnist.load_data()
    assert mnist.load_data("./mnist.npz")[0][0].shape == (4, 28, 28)
    assert mnist.load_data(tmp_path)[0][0].shape == (4, 28, 28)


def test_mnist_npz_with_a_pickle_is_refused(tmp_path):
    arrays = small_mnist()
    hostile = np.array([Exploding()], dtype=object)
    path = tmp_path / "mnist.npz"
    np.savez(path, **{**arrays, "y_test": hostile})
    with pytest.raises(ValueError, match="Python objects, which are never loaded"):
        mnist.load_data(path)


class Exploding:
    """Its pickle, when loaded, would fail the test."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_mnist_npz_lacking_an_array_is_an_error(tmp_path):
    arrays = small_mnist()
    del arrays["y_test"]
    path = tmp_path / "mnist.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="expected one array 'y_test', found 0"):
        mnist.load_data(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"(4, 28, 28)", b"(9, 28, 28)", "promises shape"),
        (b"(4, 28, 28)", b"(3, 28, 28)", "expected 2,352"),
        (b"(4, 28, 28)", b"(-4,28, 28)", "expected -3,136"),
        (b"(4, 28, 28)", b"(4, 28, 28 ", "unreadable .npy header|Cannot parse header"),
        (b"'|u1'", b"'|O' ", "Python objects, which are never loaded"),
        (b"NUMPY\x01", b"NUMPY\x09", "format"),
        (b"\x93NUMPY", b"\x93BUMPY", "x_train|magic"),
    ],
)
def test_mnist_npz_whose_header_lies(tmp_path, old, new, message):
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in small_mnist().items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array)
            content = data.getvalue()
            archive.writestr(
                name + ".npy", content.replace(old, new, 1) if name == "x_train" else content
            )
    with pytest.raises(ValueError, match=message):
        mnist.load_data(path)


def test_mnist_npz_bomb_is_refused_before_unpacking(tmp_path, monkeypatch):
    arrays = small_mnist()
    arrays["x_train"] = np.zeros((3000, 28, 28), np.uint8)
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, **arrays)
    from fastconv.datasets import _npz

    monkeypatch.setattr(_npz.read, "__kwdefaults__", {"max_bytes": 1 << 20})
    with pytest.raises(ValueError, match="unpacks to more than 1,048,576 bytes"):
        mnist.load_data(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x1f\x8b\x08\x00"])
def test_mnist_file_that_is_no_npz(tmp_path, content):
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"not a sound \.npz file"):
        mnist.load_data(path)


def test_mnist_npz_with_wrong_shapes_or_dtypes(tmp_path):
    arrays = small_mnist()
    path = tmp_path / "mnist.npz"
    np.savez(path, **{**arrays, "x_train": arrays["x_train"].astype(np.float32)})
    with pytest.raises(ValueError, match="expected uint8 images"):
        mnist.load_data(path)
    np.savez(path, **{**arrays, "y_test": arrays["y_train"]})
    with pytest.raises(ValueError, match="expected 3 uint8 labels"):
        mnist.load_data(path)


def test_loaded_arrays_are_writable(tmp_path, four_files):
    four_files(tmp_path / "a")
    (x, y), _ = fashion_mnist.load_data(tmp_path / "a")
    x[0] = 1
    y[0] = 1
    path = tmp_path / "mnist.npz"
    np.savez(path, **small_mnist())
    (x, y), _ = mnist.load_data(path)
    x[0] = 1
    y[0] = 1


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_real_fashion_mnist_from_debian(monkeypatch):
    monkeypatch.setattr(_locate, "debian_folder", lambda: DEBIAN.parent)
    assert fashion_mnist.available()
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    assert x_train.shape == (60_000, 28, 28)
    assert x_test.shape == (10_000, 28, 28)
    assert np.bincount(y_train).tolist() == [6000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10
    assert y_train[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert x_train.mean() == pytest.approx(72.9404, abs=1e-3)
    assert len(fashion_mnist.CLASS_NAMES) == 10


def serve(monkeypatch, folder: Path, fail_after: int | None = None) -> list[str]:
    """Answer urlopen from `folder`; returns the list that the asked addresses are put into."""
    import urllib.error
    import urllib.request

    asked: list[str] = []

    class Answer(io.BytesIO):
        def __init__(self, content: bytes):
            super().__init__(content)
            self.headers: dict[str, str] = {}

    def urlopen(request, timeout=None):
        if fail_after is not None and len(asked) >= fail_after:
            raise urllib.error.URLError("the cable was pulled")
        asked.append(request.full_url)
        return Answer((folder / request.full_url.rsplit("/", 1)[1]).read_bytes())

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return asked
