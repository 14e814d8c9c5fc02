"""HDF5 files, read with care.

Design
 (a) libhdf5 never sees a path: it reads through a `Window` of an open file.
 (b) Objects are reached one hard link at a time: a soft or external link is an error, and so is a
     link to anything that is not the group or dataset expected.
 (c) Before a dataset is read, its layout, storage, filters, type and shape are checked, in this
     order: virtual and external storage would read other files (and a virtual dataset that names
     itself crashes libhdf5), filter plug-ins would run code.
 (d) Chunks are fetched raw and unpacked here: libhdf5's own inflating knows no limit.
 (e) Attributes are text of limited length. The heap that holds them is looked through before
     libhdf5 gets it: libhdf5 1.14 never ends at an object of no size.
"""

import io
import itertools
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from fastconv.saving.limits import limits

_READABLE = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}
_DEFLATE, _SHUFFLE = 1, 2
_MAX_CHUNKS = 100_000  # of one dataset
_HEAP_BYTES = 256 * 2**20  # that texts of variable length may take


class FileError(ValueError):
    """A file that is malformed, or that asks for what the loader does not do."""


class Window(io.RawIOBase):
    """Part of an open file as a seekable stream; never writes, never moves the file's position."""

    def __init__(self, handle: int, start: int, size: int) -> None:
        super().__init__()
        self.handle = handle
        self.start = start
        self.size = size
        self.at = 0
        self.failure: OSError | None = None  # a real error of the device, hidden by libhdf5

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.size}[whence]
        self.at = max(0, base + offset)
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: Any) -> int:
        count = max(0, min(len(buffer), self.size - self.at))
        done = 0
        while done < count:
            try:
                part = os.pread(self.handle, count - done, self.start + self.at)
            except OSError as error:
                self.failure = error
                raise
            if not part:
                break
            buffer[done : done + len(part)] = part
            done += len(part)
            self.at += len(part)
        if bytes(buffer[:4]) == b"GCOL":
            _check_heap(bytes(buffer[:done]))
        return done


def _check_heap(collection: bytes) -> None:
    """Raise OSError where walking the objects of a global heap collection does not lead to its end.

    Source: HDF5 file format 3.0, III.E. `collection` may be cut short: libhdf5 reads 4 KB first.
    """
    size = int.from_bytes(collection[8:16], "little")
    at = 16
    while at + 16 <= min(size, len(collection)):
        index = int.from_bytes(collection[at : at + 2], "little")
        length = int.from_bytes(collection[at + 8 : at + 16], "little")
        step = length if index == 0 else 16 + (length + 7) // 8 * 8
        if not 0 < step <= size - at:
            raise OSError(f"a heap of texts has an object of {length} bytes at {at} of {size}")
        at += step


# What h5py raises for files it does not like.
_TROUBLE = (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError, SystemError)


@contextmanager
def _reading(where: str, what: str) -> Iterator[None]:
    """Turn what libhdf5 says of a malformed file into a FileError."""
    try:
        yield
    except FileError:
        raise
    except _TROUBLE as error:
        raise FileError(f"{where}: unreadable {what} ({error})") from error


@contextmanager
def open_file(source: Any, name: str) -> Iterator[Any]:
    """The root group of an HDF5 file in a seekable binary stream (a `Window`)."""
    import h5py

    with _reading(name, "HDF5 file"):
        file = h5py.File(source, "r")
    try:
        with file:
            if file.id.get_create_plist().get_sizes() != (8, 8):
                raise FileError(f"{name}: addresses and lengths must have 8 bytes")
            yield file
    except FileError:
        failure = getattr(source, "failure", None)
        if failure is not None:
            raise failure from None
        raise


def _where(group: Any, name: str) -> str:
    return f"{group.name or '?'}/{name}".replace("//", "/")


def _link(group: Any, name: str) -> Any:
    """The object behind a hard link, or None where there is no link of that name."""
    import h5py

    where = _where(group, name)
    with _reading(where, "link"):
        raw = name.encode("utf-8")
        if not raw or raw == b"." or b"/" in raw or b"\0" in raw:
            raise FileError(f"{where}: {name!r} is not the name of one object")
        links = group.id.links
        if not links.exists(raw):
            return None
        kind = links.get_info(raw).type
    if kind != h5py.h5l.TYPE_HARD:
        told = {h5py.h5l.TYPE_SOFT: "SoftLink", h5py.h5l.TYPE_EXTERNAL: "ExternalLink"}
        raise FileError(
            f"{where}: a {told.get(kind, 'user-defined link')}, which could lead to another file; "
            "only hard links are followed"
        )
    with _reading(where, "object"):
        return h5py.h5o.open(group.id, raw)


def child_group(group: Any, name: str) -> Any:
    """The group `name` inside `group`, or None."""
    import h5py

    found = _link(group, name)
    if found is None:
        return None
    if not isinstance(found, h5py.h5g.GroupID):
        raise FileError(f"{_where(group, name)}: expected a group, found {_kind(found)}")
    return h5py.Group(found)


def _kind(found: Any) -> str:
    return {"DatasetID": "a dataset", "GroupID": "a group"}.get(type(found).__name__, "a type")


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
    with _reading(group.name or "?", "group"):
        count = len(group)
        if count > limits.layers:
            raise FileError(
                f"{group.name}: {count} entries, more than saving.limits.layers = {limits.layers}"
            )
        found = list(group)
    for name in found:
        if not isinstance(name, str):  # h5py leaves what is no UTF-8 as bytes
            raise FileError(f"{group.name}: the name {name!r} is not UTF-8")
    return found


def identity(group: Any) -> Any:
    """What tells two groups of one file apart, however they were reached."""
    import h5py

    with _reading(group.name or "?", "group"):
        info = h5py.h5o.get_info(group.id)
        return info.fileno, info.addr


# -- datasets --------------------------------------------------------------------------------------


class Dataset:
    """A dataset that has been checked and may be read; see `dataset`."""

    def __init__(self, did: Any, name: str) -> None:
        self.name = name
        self._did = did
        with _reading(name, "dataset"):
            self._check_storage()
            self.dtype = self._checked_type()
            self.shape = self._checked_shape()

    def _check_storage(self) -> None:
        import h5py

        plist = self._did.get_create_plist()
        layout = plist.get_layout()
        if layout == h5py.h5d.VIRTUAL:
            raise FileError(f"{self.name}: a virtual dataset, which could read other files")
        if layout not in (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED):
            raise FileError(f"{self.name}: unknown storage layout {layout}")
        if plist.get_external_count() > 0:
            raise FileError(f"{self.name}: external storage, which reads another file")
        self._filters: list[int] = []
        for i in range(plist.get_nfilters()):
            code = plist.get_filter(i)[0]
            if code not in (_DEFLATE, _SHUFFLE) or code in self._filters:
                raise FileError(f"{self.name}: stored through filter {code}, which is not allowed")
            self._filters.append(code)
        self._chunk: Any = plist.get_chunk() if layout == h5py.h5d.CHUNKED else None

    def _checked_type(self) -> np.dtype:
        import h5py

        stored = self._did.get_type()
        kind, size = stored.get_class(), stored.get_size()
        self._bfloat16 = size == 2 and attribute(self, "dtype") == "bfloat16"
        if self._bfloat16 and kind in (h5py.h5t.OPAQUE, h5py.h5t.INTEGER, h5py.h5t.FLOAT):
            return np.dtype(np.float32)
        if kind not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT) or size > 8:
            told = {1: "float", 3: "text", 5: "opaque", 6: "compound", 7: "reference", 8: "enum"}
            raise FileError(
                f"{self.name}: {told.get(kind, f'class {kind}')} of {size} bytes is not a dtype "
                "that weights have"
            )
        dtype = stored.dtype
        if dtype.str[1:] not in _READABLE:
            raise FileError(f"{self.name}: dtype {dtype} is not one that weights have")
        return dtype

    def _checked_shape(self) -> tuple[int, ...]:
        import h5py

        space = self._did.get_space()
        if space.get_simple_extent_type() == h5py.h5s.NULL:
            raise FileError(f"{self.name}: a dataset without values")
        return tuple(int(n) for n in space.get_simple_extent_dims())

    @property
    def id(self) -> Any:
        """Low-level identifier, for `attribute`."""
        return self._did

    def read(self, shape: tuple[int, ...]) -> np.ndarray:
        """The values, which must have this shape.

        Raises
        ------
        FileError
            If the shape differs, or the file holds fewer bytes than it says; nothing has been read
            then.
        """
        if self.shape != tuple(shape):
            raise FileError(
                f"{self.name}: expected shape {tuple(shape)}, the file has {self.shape}"
            )
        dtype = np.dtype(np.uint16) if self._bfloat16 else self.dtype
        count = math.prod(self.shape)
        if count == 0:
            return np.zeros(self.shape, self.dtype)
        with _reading(self.name, "values"):
            if self._chunk is None:
                values = self._read_whole(dtype, count * dtype.itemsize)
            else:
                values = self._read_chunks(dtype)
        if self._bfloat16:
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values

    def _read_whole(self, dtype: np.dtype, size: int) -> np.ndarray:
        """Contiguous or compact storage."""
        import h5py

        held = min(self._did.get_storage_size(), h5py.h5i.get_file_id(self._did).get_filesize())
        if held < size:
            raise FileError(f"{self.name}: declares {size} bytes, the file holds {held}")
        values = np.empty(self.shape, dtype)
        memory = self._did.get_type() if self._bfloat16 else None
        self._did.read(h5py.h5s.ALL, h5py.h5s.ALL, values, memory)
        return values

    def _read_chunks(self, dtype: np.dtype) -> np.ndarray:
        chunk: tuple[int, ...] = self._chunk
        size = math.prod(chunk) * dtype.itemsize
        whole = math.prod(self.shape) * dtype.itemsize
        corners = [range(0, n, step) for n, step in zip(self.shape, chunk, strict=True)]
        count = math.prod(len(r) for r in corners)
        if size > max(2 * whole, 2**20) or count > _MAX_CHUNKS:
            raise FileError(
                f"{self.name}: {count} chunks of {size} bytes for {whole} bytes of values"
            )
        stored = self._did.get_storage_size()
        if stored < whole if not self._filters else stored < whole // 1100:
            raise FileError(f"{self.name}: declares {whole} bytes, the file holds {stored}")
        values = np.empty(self.shape, dtype)
        for corner in itertools.product(*corners):
            block = np.frombuffer(self._read_chunk(corner, size, dtype.itemsize), dtype)
            block = block.reshape(chunk)
            place = tuple(
                slice(at, min(at + step, n))
                for at, step, n in zip(corner, chunk, self.shape, strict=True)
            )
            values[place] = block[tuple(slice(0, s.stop - s.start) for s in place)]
        return values

    def _read_chunk(self, corner: tuple[int, ...], size: int, itemsize: int) -> bytes:
        """Bytes of one chunk, its filters undone."""
        stored = self._did.get_chunk_info_by_coord(corner)
        if stored.byte_offset is None or not 0 < stored.size <= size + size // 100 + 1024:
            raise FileError(f"{self.name}: chunk {corner} is missing or too long")
        skipped, data = self._did.read_direct_chunk(corner)
        for i, code in reversed(list(enumerate(self._filters))):
            if skipped >> i & 1:
                continue
            if code == _DEFLATE:
                inflater = zlib.decompressobj()
                try:
                    data = inflater.decompress(data, size + 1)
                except zlib.error as error:
                    raise FileError(f"{self.name}: chunk {corner}: {error}") from error
            elif len(data) % itemsize == 0:
                data = np.frombuffer(data, np.uint8).reshape(itemsize, -1).T.tobytes()
        if len(data) != size:
            raise FileError(f"{self.name}: chunk {corner} has {len(data)} bytes instead of {size}")
        return data


def dataset(group: Any, name: str) -> Dataset | None:
    """The dataset `name` inside `group`, checked but not read; None where there is none."""
    import h5py

    found = _link(group, name)
    if found is None:
        return None
    where = _where(group, name)
    if not isinstance(found, h5py.h5d.DatasetID):
        raise FileError(f"{where}: expected a dataset, found {_kind(found)}")
    return Dataset(found, where)


# -- attributes ------------------------------------------------------------------------------------


def _attribute(thing: Any, name: str) -> Any:
    """An attribute's text, or list of texts, as stored; None where there is none."""
    import h5py

    where = f"{thing.name}: attribute {name!r}"
    with _reading(where, "attribute"):
        raw = name.encode("utf-8")
        if not h5py.h5a.exists(thing.id, raw):
            return None
        found = h5py.h5a.open(thing.id, raw)
        space = found.get_space()
        if space.get_simple_extent_type() == h5py.h5s.NULL:
            return []
        count = math.prod(space.get_simple_extent_dims())
        if count == 0:
            return []  # Keras stores an empty list of names as an empty array of floats
        kind = found.get_type()
        if kind.get_class() != h5py.h5t.STRING:
            raise FileError(f"{where}: expected text")
        if count > limits.layers or found.get_storage_size() > limits.json_bytes:
            raise FileError(
                f"{where}: {count} texts, {found.get_storage_size()} bytes: more than "
                f"saving.limits.layers = {limits.layers}, json_bytes = {limits.json_bytes} allow"
            )
        # Texts of variable length may all be the same one, as long as the file.
        most = count * h5py.h5i.get_file_id(thing.id).get_filesize()
        if kind.is_variable_str() and count > 1 and most > _HEAP_BYTES:
            raise FileError(f"{where}: {count} texts of variable length are too many")
        return h5py.AttributeManager(thing)[name]


def attribute(thing: Any, name: str) -> str | None:
    """An attribute's text, or None where there is none (or no single text)."""
    value = _attribute(thing, name)
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    if len(value) > limits.json_bytes:
        raise FileError(
            f"{thing.name}: attribute {name!r} is longer than saving.limits.json_bytes = "
            f"{limits.json_bytes}"
        )
    return str(value)


def text_list(thing: Any, name: str) -> list[str]:
    """A list of texts kept in one attribute, or split over ``name0``, ``name1``...; [] if none."""
    value = _attribute(thing, name)
    if value is not None:
        return _texts(value)
    found: list[str] = []
    part = 0
    while (value := _attribute(thing, f"{name}{part}")) is not None:
        found += _texts(value)
        part += 1
        if len(found) > limits.layers or part > limits.layers // 10:
            raise FileError(f"{thing.name}: attribute {name!r} names too many objects")
    return found


def _texts(value: Any) -> list[str]:
    items = np.atleast_1d(np.asarray(value)).ravel().tolist()
    return [
        item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in items
    ]
