"""MNIST: 60,000 + 10,000 handwritten digits, 28 x 28 grey (LeCun and Cortes, CC BY-SA 3.0)."""

from __future__ import annotations

import os
from pathlib import Path

from fastconv import _download
from fastconv.datasets import _four_files, _locate, _npz
from fastconv.datasets._four_files import Split

_NAME = "mnist"
_FILE = "mnist.npz"
_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
_MAX_BYTES = 64 << 20
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def load_data(path: str | os.PathLike[str] | None = _FILE) -> tuple[Split, Split]:
    """Return ``((x_train, y_train), (x_test, y_test))``, as ``keras.datasets.mnist``.

    Parameters
    ----------
    path
        A file ``mnist.npz``, or a folder that has it or the four IDX files
        (``train-images-idx3-ubyte.gz`` and so on), itself or in ``mnist/``. Only there is looked,
        then. The default, which is Keras's and means a name in its cache, and None look in
        ``$FASTCONV_DATA``, our cache and Keras's cache (``~/.keras/datasets``); what is in none of
        these is downloaded into our cache and its SHA-256 checked.

    Returns
    -------
    tuple
        Images ``uint8`` (60000, 28, 28) and (10000, 28, 28), labels ``uint8`` (60000,), (10000,).

    Raises
    ------
    FileNotFoundError
        The set is nowhere and cannot be downloaded; the message says how to get it.
    ValueError
        The file is damaged, or the downloaded one is not the right one.
    """
    if path is not None and path != _FILE:
        return _load(_given(Path(path).expanduser()))
    looked = _folders()
    found = _locate.first_complete(looked, lambda folder: _inside(folder) is not None)
    return _load(_fetch(looked) if found is None else _inside(found))


def available() -> bool:
    """Whether `load_data()` would find the set on this machine, without a download."""
    looked = _folders()
    return _locate.first_complete(looked, lambda folder: _inside(folder) is not None) is not None


def _folders() -> list[Path]:
    # Keras keeps mnist.npz in its cache folder itself, not in a folder of its own.
    extra = [_locate.our_folder(), _locate.keras_folder()]
    base = os.environ.get(_locate.ENVIRONMENT)
    return ([Path(base).expanduser()] if base else []) + _locate.folders(_NAME) + extra


def _inside(folder: Path) -> Path | None:
    """What can be read in `folder`: mnist.npz, or the folder with its four IDX files.

    The IDX names are Fashion-MNIST's too: they count only in a folder called mnist.
    """
    if (folder / _FILE).is_file():
        return folder / _FILE
    return folder if folder.name == _NAME and _four_files.complete(folder) else None


def _given(path: Path) -> Path:
    """What the user means by `path`, or one error that says what is wrong with it."""
    if not path.exists():
        raise FileNotFoundError(f"path={str(path)!r} does not exist")
    if path.is_file():
        return path
    for folder in (path, path / _NAME):
        if (folder / _FILE).is_file():
            return folder / _FILE
        if _four_files.complete(folder):
            return folder
    raise FileNotFoundError(
        f"path={str(path)!r} holds neither {_FILE} nor the four IDX files of MNIST"
    )


def _load(path: Path | None) -> tuple[Split, Split]:
    assert path is not None  # the callers have looked
    if path.is_dir():
        return _four_files.load(path)
    x_train, y_train, x_test, y_test = _npz.read(path, _ARRAYS)
    return (
        _four_files.checked(x_train, y_train, f"{path} (train)"),
        _four_files.checked(x_test, y_test, f"{path} (test)"),
    )


def _fetch(looked: list[Path]) -> Path:
    target = _locate.our_folder() / _FILE
    print(f"Downloading data from {_URL}")
    try:
        return _download.fetch(_URL, target, digest=_SHA256, max_bytes=_MAX_BYTES)
    except OSError as error:
        hints = [
            f"on a machine with a network, fetch {_URL}",
            f"set {_locate.ENVIRONMENT} to the folder that has it",
        ]
        message = _locate.missing("MNIST", looked, [_FILE], str(error), hints)
        raise FileNotFoundError(message) from error
