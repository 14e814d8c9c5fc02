"""The ``.keras`` archive: a zip of exactly metadata.json, config.json and model.weights.h5."""

import datetime
import json
import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastconv._version import __version__
from fastconv.saving.archive import Archive
from fastconv.saving.hdf5 import FileError, Window
from fastconv.saving.json_text import parse_json
from fastconv.saving.limits import limits

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"

# The oldest Keras that tests/interop proves to read what we write.
DIALECT_VERSION = "3.0.5"


def write(path: Any, config: dict[str, Any], weights: bytes | memoryview) -> None:
    """Write the archive, members stored without compression, in Keras's order."""
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = {
        "keras_version": DIALECT_VERSION,
        "date_saved": now,
        "fastconv_version": __version__,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(METADATA, json.dumps(metadata))
        archive.writestr(CONFIG, json.dumps(config))
        with archive.open(WEIGHTS, "w", force_zip64=len(weights) >= 2**31 - 1) as member:
            member.write(weights)


@contextmanager
def open_handle(path: str) -> Iterator[tuple[int, int]]:
    """Descriptor and size of a regular file that is not too large.

    Raises
    ------
    OSError
        If it cannot be opened.
    FileError
        If it is a folder, pipe or device, or larger than `limits` allow.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise FileError(f"{path}: not a regular file")
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limits.file_bytes:
            raise FileError(
                f"{path}: {size} bytes, more than saving.limits.file_bytes = {limits.file_bytes}"
            )
        yield file.fileno(), size


@contextmanager
def open_window(path: str) -> Iterator[Window]:
    """A whole file as a stream for `hdf5.open_file`; errors as `open_handle`."""
    with open_handle(path) as (handle, size):
        yield Window(handle, 0, size)


@contextmanager
def open_archive(path: str) -> Iterator[Archive]:
    """The checked archive at `path`; errors as `open_handle`, and FileError for what is none."""
    with open_handle(path) as (handle, _):
        caps = {
            METADATA: limits.json_bytes,
            CONFIG: limits.json_bytes,
            WEIGHTS: limits.file_bytes,
        }
        yield Archive(handle, path, caps)


def config_of(archive: Archive) -> dict[str, Any]:
    """The config in an archive."""
    config = parse_json(archive.read(CONFIG), CONFIG)
    if not isinstance(config, dict):
        raise FileError(f"{CONFIG}: expected an object, found {type(config).__name__}")
    parse_json(archive.read(METADATA), METADATA)  # unused, but what is broken is broken
    return config


def is_archive(path: str) -> bool:
    """Whether a file begins like a zip archive."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(4) == b"PK\3\4"
