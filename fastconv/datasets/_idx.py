"""IDX, the file format of MNIST and its kin: four bytes of magic, the sizes, then the values.

::

    0 0 | type (8: uint8) | number of axes | size of each axis, 4 bytes big-endian | values

The header is input from outside: sizes are checked against a cap and against the bytes that are
really there before anything of that size is allocated.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from typing import BinaryIO

import numpy as np

_UINT8 = 8
MAX_BYTES = 1 << 30
"""Largest file that is read: twenty times MNIST."""


def read(path: str | os.PathLike[str], ndim: int, *, max_bytes: int = MAX_BYTES) -> np.ndarray:
    """Read a ``uint8`` IDX file, plain or gzip-compressed.

    Parameters
    ----------
    path
        The file; compression is recognised by its first bytes, not by its name.
    ndim
        Number of axes that the file must have (images 3, labels 1).
    max_bytes
        Largest number of values that is believed.

    Raises
    ------
    ValueError
        The file is no such file, is cut short, goes on after its end, or asks for too much.
    """
    with open(path, "rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            if not compressed:
                return _parse(raw, path, ndim, max_bytes)
            with gzip.GzipFile(fileobj=raw) as stream:
                return _parse(stream, path, ndim, max_bytes)  # type: ignore[arg-type]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}: damaged gzip file ({error})") from error


def _parse(stream: BinaryIO, path: object, ndim: int, max_bytes: int) -> np.ndarray:
    header = stream.read(4 + 4 * ndim)
    if len(header) < 4 + 4 * ndim:
        raise ValueError(f"{path}: not an IDX file, only {len(header)} bytes long")
    expected = bytes((0, 0, _UINT8, ndim))
    if header[:4] != expected:
        raise ValueError(
            f"{path}: not an IDX file of {ndim}-dimensional uint8 values: it begins with "
            f"{header[:4].hex()}, expected {expected.hex()}"
        )
    shape = struct.unpack(f">{ndim}I", header[4:])
    size = 1
    for n in shape:  # Python integers: no overflow to hide behind
        size *= n
    if size > max_bytes:
        raise ValueError(f"{path}: declares shape {shape}, more than {max_bytes:,} bytes")
    values = _read_exactly(stream, size)
    if len(values) < size:
        raise ValueError(f"{path}: cut short: {len(values):,} of {size:,} values for {shape}")
    if stream.read(1):
        raise ValueError(f"{path}: goes on after the {size:,} values that its header declares")
    return np.frombuffer(values, np.uint8).reshape(shape)


def _read_exactly(stream: BinaryIO, size: int) -> bytearray:
    """Up to `size` bytes, growing with what really comes, so that a lying header costs nothing."""
    values = bytearray()
    while len(values) < size:
        chunk = stream.read(min(size - len(values), 1 << 20))
        if not chunk:
            break
        values += chunk
    return values
