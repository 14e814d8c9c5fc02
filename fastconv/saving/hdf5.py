"""HDF5 files, read with care.

Design
 (a) Objects are reached one hard link at a time: a soft or external link is an error, and so is a
     link to anything that is not the group or dataset expected.
 (b) Before a dataset is read, its dtype, shape, storage and filters are checked: virtual and
     external storage would read other files, filter plug-ins would run code.
 (c) Attributes are read only when their stored size is small.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from fastconv.saving.limits import limits

_READABLE = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}
_FILTERS = {1, 2, 3}  # deflate, shuffle, fletcher32: libhdf5's own


class FileError(ValueError):
    """A file that is malformed, or that asks for what the loader does not do."""


@contextmanager
def open_file(source: Any, name: str) -> Iterator[Any]:
    """The root group of an HDF5 file (a path or a seekable binary stream)."""
    import h5py

    try:
        file = h5py.File(source, "r", **({"locking": False} if isinstance(source, str) else {}))
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise FileError(f"{name}: not a readable HDF5 file ({error})") from error
    with file:
        yield file


def _link(group: Any, name: str) -> Any:
    """The object behind a hard link, or None where there is no link of that name."""
    import h5py

    try:
        link = group.get(name, getlink=True)
    except (KeyError, RuntimeError, ValueError) as error:
        raise FileError(f"{group.name}/{name}: unreadable link ({error})") from error
    if link is None:
        return None
    if not isinstance(link, h5py.HardLink):
        raise FileError(
            f"{group.name}/{name}: a {type(link).__name__}, which could lead to another file; only "
            "hard links are followed"
        )
    try:
        return group[name]
    except (KeyError, RuntimeError, ValueError, OSError) as error:
        raise FileError(f"{group.name}/{name}: unreadable object ({error})") from error


def child_group(group: Any, name: str) -> Any:
    """The group `name` inside `group`, or None."""
    import h5py

    found = _link(group, name)
    if found is not None and not isinstance(found, h5py.Group):
        raise FileError(f"{group.name}/{name}: expected a group, found {type(found).__name__}")
    return found


def walk(group: Any, path: str) -> Any:
    """The group at a path of several names, or None."""
    for name in path.split("/"):
        if name:
            group = child_group(group, name)
            if group is None:
                return None
    return group


def names(group: Any) -> list[str]:
    """Names of the links in a group."""
    if len(group) > limits.layers:
        raise FileError(
            f"{group.name}: {len(group)} entries, more than saving.limits.layers = {limits.layers}"
        )
    return list(group)


def dataset(group: Any, name: str) -> Any:
    """The dataset `name` inside `group`, checked but not read; None where there is none."""
    import h5py

    found = _link(group, name)
    if found is None:
        return None
    where = f"{group.name}/{name}"
    if not isinstance(found, h5py.Dataset):
        raise FileError(f"{where}: expected a dataset, found {type(found).__name__}")
    plist = found.id.get_create_plist()
    if plist.get_layout() == h5py.h5d.VIRTUAL or found.is_virtual:
        raise FileError(f"{where}: a virtual dataset, which could read other files")
    if plist.get_external_count() > 0:
        raise FileError(f"{where}: external storage, which reads another file")
    for i in range(plist.get_nfilters()):
        if plist.get_filter(i)[0] not in _FILTERS:
            raise FileError(f"{where}: stored through filter {plist.get_filter(i)[0]}, not allowed")
    if _is_bfloat16(found):
        return found
    if found.dtype.str[1:] not in _READABLE:
        raise FileError(f"{where}: dtype {found.dtype} is not one that weights have")
    return found


def _is_bfloat16(found: Any) -> bool:
    return found.dtype.itemsize == 2 and attribute(found, "dtype") == "bfloat16"


def read(found: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Values of a dataset that `dataset` returned; its shape must be `shape`.

    Raises
    ------
    FileError
        If the shape differs; nothing has been read then.
    """
    if tuple(found.shape) != tuple(shape):
        raise FileError(
            f"{found.name}: expected shape {tuple(shape)}, the file has {tuple(found.shape)}"
        )
    try:
        values = found[()]
    except (OSError, RuntimeError, ValueError) as error:
        raise FileError(f"{found.name}: unreadable values ({error})") from error
    if _is_bfloat16(found):
        bits = np.asarray(values).view(np.uint16).astype(np.uint32) << 16
        return bits.view(np.float32)
    return np.asarray(values)


def attribute(thing: Any, name: str) -> Any:
    """An attribute's value (text decoded), or None where there is none."""
    import h5py

    raw = name.encode("utf-8")
    if not h5py.h5a.exists(thing.id, raw):
        return None
    stored = h5py.h5a.open(thing.id, raw)
    # h5py takes a size of 0 (an empty list) for an error.
    size = stored.get_storage_size() if stored.get_space().get_simple_extent_npoints() else 0
    if size > limits.json_bytes:
        raise FileError(
            f"{thing.name}: attribute {name!r} takes {size} bytes, more than "
            f"saving.limits.json_bytes = {limits.json_bytes}"
        )
    try:
        value = thing.attrs[name]
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise FileError(f"{thing.name}: unreadable attribute {name!r} ({error})") from error
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str) and len(value) > limits.json_bytes:
        raise FileError(
            f"{thing.name}: attribute {name!r} is longer than saving.limits.json_bytes = "
            f"{limits.json_bytes}"
        )
    return value


def text_list(thing: Any, name: str) -> list[str]:
    """A list of texts kept in one attribute, or split over ``name0``, ``name1``...; [] if none."""
    value = attribute(thing, name)
    if value is None:
        found: list[str] = []
        part = 0
        while (value := attribute(thing, f"{name}{part}")) is not None:
            found += _texts(value)
            part += 1
            if len(found) > limits.layers:
                raise FileError(f"{thing.name}: attribute {name!r} names too many objects")
        return found
    return _texts(value)


def _texts(value: Any) -> list[str]:
    items = np.atleast_1d(np.asarray(value)).ravel().tolist()
    if not all(isinstance(item, (str, bytes)) for item in items):
        raise FileError(f"expected a list of texts, found {items[:3]}")
    return [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in items]
