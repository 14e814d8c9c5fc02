"""No test of this folder reaches the network or the user's own caches."""

from __future__ import annotations

import gzip
import struct
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def isolated(monkeypatch, tmp_path):
    """Point every place that is searched into an empty folder; urlopen fails as without network."""

    def offline(request, *args, **kwargs):
        raise urllib.error.URLError("no network in tests")

    monkeypatch.setattr(urllib.request, "urlopen", offline)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("FASTCONV_DATA", raising=False)
    from fastconv.datasets import _locate

    monkeypatch.setattr(_locate, "debian_folder", lambda: tmp_path / "debian")


def idx_bytes(array: np.ndarray) -> bytes:
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def four_files():
    """Write a tiny set of the MNIST kind into a folder; returns what load_data should give."""

    def write(folder: Path, *, compressed: bool = True, seed: int = 0):
        rng = np.random.default_rng(seed)
        parts = {
            "train-images-idx3-ubyte": rng.integers(0, 256, (5, 28, 28), np.uint8),
            "train-labels-idx1-ubyte": rng.integers(0, 10, 5, np.uint8),
            "t10k-images-idx3-ubyte": rng.integers(0, 256, (2, 28, 28), np.uint8),
            "t10k-labels-idx1-ubyte": rng.integers(0, 10, 2, np.uint8),
        }
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in parts.items():
            data = idx_bytes(array)
            if compressed:
                (folder / (name + ".gz")).write_bytes(gzip.compress(data))
            else:
                (folder / name).write_bytes(data)
        values = list(parts.values())
        return (values[0], values[1]), (values[2], values[3])

    return write


@pytest.fixture
def assert_same():
    def check(got, want):
        for got_split, want_split in zip(got, want, strict=True):
            for a, b in zip(got_split, want_split, strict=True):
                assert a.dtype == np.uint8
                np.testing.assert_array_equal(a, b)

    return check
