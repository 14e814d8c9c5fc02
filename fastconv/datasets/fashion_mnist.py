"""Fashion-MNIST: 60,000 + 10,000 pictures of clothes, 28 x 28 grey, ten classes (Zalando, MIT)."""

from __future__ import annotations

import os
from pathlib import Path

from fastconv import _download
from fastconv.datasets import _four_files, _locate
from fastconv.datasets._four_files import Split

CLASS_NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
"""What the labels 0 to 9 mean."""

_NAME = "fashion-mnist"
_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    "train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
    ),
}
_MAX_BYTES = 64 << 20


def load_data(path: str | os.PathLike[str] | None = None) -> tuple[Split, Split]:
    """Return ``((x_train, y_train), (x_test, y_test))``, as ``keras.datasets.fashion_mnist``.

    Parameters
    ----------
    path
        Folder with the four IDX files (``train-images-idx3-ubyte.gz`` and so on, compressed or
        not), or a folder that has them in ``fashion-mnist/``. Only there is looked, then.
        Without it: ``$FASTCONV_DATA/fashion-mnist``, our cache, Keras's cache
        (``~/.keras/datasets``), Debian's package ``dataset-fashion-mnist``; and if it is in none
        of these it is downloaded into our cache, each file checked against its SHA-256.

    Returns
    -------
    tuple
        Images ``uint8`` (60000, 28, 28) and (10000, 28, 28), labels ``uint8`` (60000,), (10000,).

    Raises
    ------
    FileNotFoundError
        The set is nowhere and cannot be downloaded; the message says how to get it.
    ValueError
        A file is damaged, or a downloaded one is not the right one.
    """
    if path is not None:
        return _four_files.load(_given_folder(path, _NAME))
    looked = _locate.folders(_NAME)
    folder = _locate.first_complete(looked, _four_files.complete)
    if folder is None:
        folder = _fetch(looked)
    return _four_files.load(folder)


def available() -> bool:
    """Whether `load_data()` would find the set on this machine, without a download."""
    return _locate.first_complete(_locate.folders(_NAME), _four_files.complete) is not None


def _given_folder(path: str | os.PathLike[str], name: str) -> Path:
    """The folder that the user means by `path`: itself, or its subfolder for this set."""
    folder = Path(path).expanduser()
    if not folder.exists():
        raise FileNotFoundError(f"path={os.fspath(path)!r} does not exist")
    if not folder.is_dir():
        raise NotADirectoryError(f"path={os.fspath(path)!r} is not a folder")
    inner = folder / name
    return inner if not _four_files.complete(folder) and inner.is_dir() else folder


def _fetch(looked: list[Path]) -> Path:
    folder = _locate.our_folder() / _NAME
    try:
        for name, digest in _SHA256.items():
            if not (folder / name).is_file():
                print(f"Downloading data from {_URL}{name}")
                _download.fetch(_URL + name, folder / name, digest=digest, max_bytes=_MAX_BYTES)
    except OSError as error:
        hints = [
            "on Debian or Ubuntu: apt-get install dataset-fashion-mnist",
            f"on a machine with a network, fetch the four files from {_URL}",
            f"set {_locate.ENVIRONMENT} to a folder that has them in {_NAME}/",
        ]
        message = _locate.missing("Fashion-MNIST", looked, list(_SHA256), str(error), hints)
        raise FileNotFoundError(message) from error
    return folder
