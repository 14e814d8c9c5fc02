"""The layout that MNIST, Fashion-MNIST and their kin share: four IDX files in one folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fastconv.datasets import _idx

Split = tuple[np.ndarray, np.ndarray]

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def find(folder: Path) -> list[Path | None]:
    """For each of the four files its path in `folder` (compressed or plain), or None."""
    found: list[Path | None] = []
    for name in NAMES:
        candidates = (folder / (name + ".gz"), folder / name)
        found.append(next((path for path in candidates if path.is_file()), None))
    return found


def complete(folder: Path) -> bool:
    """Whether all four files are in `folder`."""
    return None not in find(folder)


def load(folder: Path) -> tuple[Split, Split]:
    """Read the four files of `folder`."""
    paths = find(folder)
    absent = [name for name, path in zip(NAMES, paths, strict=True) if path is None]
    if absent:
        raise FileNotFoundError(f"{folder} lacks {', '.join(f'{name}[.gz]' for name in absent)}")
    train_images, train_labels, test_images, test_labels = paths
    return _pair(train_images, train_labels), _pair(test_images, test_labels)


def _pair(images: Path | None, labels: Path | None) -> Split:
    assert images is not None and labels is not None  # load() has looked
    x, y = _idx.read(images, 3), _idx.read(labels, 1)
    return checked(x, y, f"{images} and {labels}")


def checked(x: np.ndarray, y: np.ndarray, what: str) -> Split:
    """The pair if it can be a labelled set of 28 x 28 images."""
    if x.dtype != np.uint8 or x.ndim != 3 or x.shape[1:] != (28, 28):
        raise ValueError(f"{what}: expected uint8 images (n, 28, 28), found {x.dtype} {x.shape}")
    if y.dtype != np.uint8 or y.shape != (x.shape[0],):
        raise ValueError(
            f"{what}: expected {x.shape[0]} uint8 labels, one an image, found {y.dtype} {y.shape}"
        )
    return x, y
