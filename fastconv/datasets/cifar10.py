"""CIFAR-10: 50,000 + 10,000 colour photographs, 32 x 32, ten classes (A. Krizhevsky).

Keras reads the archive's "python version", which is a pickle: loading it can run any code that is
in it. Here the *binary version* of the same images is read, straight from the archive in memory.
"""

from __future__ import annotations

import os
import tarfile
import zlib
from pathlib import Path

import numpy as np

from fastconv import _download
from fastconv.datasets import _locate
from fastconv.datasets._four_files import Split

CLASS_NAMES = (
    "airplane", "automobile", "bird", "cat", "deer",
    "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
"""What the labels 0 to 9 mean."""

_FILE = "cifar-10-binary.tar.gz"
_URL = "https://www.cs.toronto.edu/~kriz/" + _FILE
_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
_MAX_BYTES = 256 << 20
_RECORD = 1 + 3 * 32 * 32  # label, then the red, green and blue planes
_MAX_RECORDS = 10_000
_INNER = "cifar-10-batches-bin/"
_TRAIN = tuple(f"{_INNER}data_batch_{i}.bin" for i in range(1, 6))
_TEST = _INNER + "test_batch.bin"


def load_data(path: str | os.PathLike[str] | None = None) -> tuple[Split, Split]:
    """Return ``((x_train, y_train), (x_test, y_test))``, as ``keras.datasets.cifar10``.

    Parameters
    ----------
    path
        The file ``cifar-10-binary.tar.gz`` or the folder that has it. Only there is looked, then.
        Without it: ``$FASTCONV_DATA``, our cache, Keras's cache; and if it is in none of these it
        is downloaded (162 MB) into our cache and its SHA-256 checked.

    Returns
    -------
    tuple
        Images ``uint8`` (50000, 32, 32, 3) and (10000, 32, 32, 3), labels ``uint8`` (50000, 1)
        and (10000, 1).

    Raises
    ------
    FileNotFoundError
        The set is nowhere and cannot be downloaded; the message says how to get it.
    ValueError
        The archive is damaged, or the downloaded one is not the right one.
    """
    if path is not None:
        return _read(_given(Path(path).expanduser()))
    looked = _folders()
    folder = _locate.first_complete(looked, lambda folder: (folder / _FILE).is_file())
    return _read(_fetch(looked) if folder is None else folder / _FILE)


def _folders() -> list[Path]:
    base = os.environ.get(_locate.ENVIRONMENT)
    given = [Path(base).expanduser()] if base else []
    return given + _locate.folders("cifar-10") + [_locate.our_folder(), _locate.keras_folder()]


def _given(path: Path) -> Path:
    file = path / _FILE if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(f"path={str(path)!r}: there is no file {file}")
    return file


def _read(path: Path) -> tuple[Split, Split]:
    """Read the six batches by their exact names; nothing is written to disk."""
    wanted = {*_TRAIN, _TEST}
    batches: dict[str, Split] = {}
    try:
        # A stream ("r|gz") is read once, front to back, and never seeks where a header points.
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                if member.name in wanted and member.name not in batches:
                    batches[member.name] = _batch(archive, member, path)
                if len(batches) == len(wanted):
                    break
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise ValueError(f"{path}: damaged archive ({error})") from error
    absent = sorted(wanted - batches.keys())
    if absent:
        raise ValueError(f"{path}: the archive lacks {', '.join(absent)}")
    x_train = np.concatenate([batches[name][0] for name in _TRAIN])
    y_train = np.concatenate([batches[name][1] for name in _TRAIN])
    return (x_train, y_train), batches[_TEST]


def _batch(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> Split:
    name, size = member.name, member.size
    if not member.isreg() or size % _RECORD or not 0 < size <= _MAX_RECORDS * _RECORD:
        raise ValueError(f"{path}: {name} is no batch of at most {_MAX_RECORDS:,} images")
    stream = archive.extractfile(member)
    values = stream.read(size) if stream is not None else b""
    if len(values) != size:
        raise ValueError(f"{path}: {name} is cut short")
    records = np.frombuffer(values, np.uint8).reshape(-1, _RECORD)
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), records[:, :1].copy()


def _fetch(looked: list[Path]) -> Path:
    print(f"Downloading data from {_URL}")
    try:
        return _download.fetch(
            _URL, _locate.our_folder() / _FILE, digest=_SHA256, max_bytes=_MAX_BYTES
        )
    except OSError as error:
        hints = [
            f"on a machine with a network, fetch {_URL}",
            f"set {_locate.ENVIRONMENT} to the folder that has it",
        ]
        message = _locate.missing("CIFAR-10", looked, [_FILE], str(error), hints)
        raise FileNotFoundError(message) from error
