"""Read named arrays from an .npz file that came from outside, without trusting it."""

from __future__ import annotations

import os
import tokenize
import zipfile
import zlib

import numpy as np

MAX_BYTES = 1 << 30


def read(
    path: str | os.PathLike[str], names: tuple[str, ...], *, max_bytes: int = MAX_BYTES
) -> list[np.ndarray]:
    """Return the arrays `names` of the .npz file `path`, none of them a pickle.

    The declared sizes are added up first: a small file that unpacks to more than `max_bytes` is
    refused before anything is unpacked (``zipfile`` never hands out more than is declared).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [_member(archive, name, path) for name in names]
            if sum(member.file_size for member in members) > max_bytes:
                raise ValueError(f"{path}: unpacks to more than {max_bytes:,} bytes")
            return [_array(archive, member) for member in members]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ValueError(f"{path}: not a sound .npz file ({error})") from error


def _member(archive: zipfile.ZipFile, name: str, path: object) -> zipfile.ZipInfo:
    found = [info for info in archive.infolist() if info.filename == name + ".npy"]
    if len(found) != 1:
        raise ValueError(f"{path}: expected one array {name!r}, found {len(found)}")
    return found[0]


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Parse one .npy member; its header may not promise more than the member holds."""
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        reader = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if reader is None:
            raise ValueError(f"{member.filename}: .npy format {version} is not supported")
        try:
            shape, fortran, dtype = reader(stream)
        except (SyntaxError, tokenize.TokenError) as error:  # NumPy lets these two through
            raise ValueError(f"{member.filename}: unreadable .npy header ({error})") from error
        if dtype.hasobject:
            raise ValueError(f"{member.filename}: holds Python objects, which are never loaded")
        size = dtype.itemsize
        for n in shape:
            size *= n
        if size > member.file_size:
            raise ValueError(f"{member.filename}: promises shape {shape}, holds less")
        values = stream.read(size + 1)
    if len(values) != size:
        raise ValueError(f"{member.filename}: {len(values):,} bytes of data, expected {size:,}")
    return np.frombuffer(bytearray(values), dtype).reshape(shape, order="F" if fortran else "C")
