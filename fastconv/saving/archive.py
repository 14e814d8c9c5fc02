"""Zip archives of a known list of members, read strictly.

Design
 (a) The end record must close the file, the directory must lie just before it and name exactly the
     members expected: nothing may be hidden, doubled, encrypted or patched.
 (b) Every size is compared with the file and the caps before anything is read.
 (c) Stored members are read where they lie (`hdf5.Window`); compressed ones are inflated up to the
     size they declare, and not a byte further.
 (d) The checksum of every member is compared before its content is used.
Python's zipfile is more lenient, and reads a directory of any length into memory.
"""

import io
import os
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from fastconv.saving.hdf5 import FileError, Window
from fastconv.saving.limits import limits

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_MAX_DIRECTORY = 64 * 1024
_PIECE = 1 << 20
_ENCRYPTED = 0x1 | 0x20 | 0x40 | 0x2000  # flag bits, patched data included


@dataclass
class Member:
    """A member as the directory describes it."""

    name: str
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    offset: int


class Archive:
    """Members of a zip file.

    Parameters
    ----------
    handle : int
        Descriptor of the open file.
    path : str
        For messages.
    expected : dict of str to int
        Names of the members, with the size each may have.

    Raises
    ------
    FileError
        If the file is no such archive.
    """

    def __init__(self, handle: int, path: str, expected: dict[str, int]) -> None:
        self._handle = handle
        self._path = path
        self._size = os.fstat(handle).st_size
        self._members = {m.name: m for m in self._directory(expected)}
        self._places = self._checked_places()

    def _fail(self, why: str) -> FileError:
        return FileError(f"{self._path}: not a readable `.keras` archive ({why})")

    def _read(self, start: int, count: int) -> bytes:
        if not 0 <= start <= start + count <= self._size:
            raise self._fail("it points beyond its own end")
        data = bytearray(count)
        if Window(self._handle, start, count).readinto(memoryview(data)) != count:
            raise self._fail("it has become shorter")
        return bytes(data)

    # -- directory --------------------------------------------------------------------------------

    def _end(self) -> tuple[int, int, int]:
        """Number of entries, start and length of the directory."""
        length = min(self._size, _END.size + 0xFFFF)
        tail = self._read(self._size - length, length)
        at = tail.rfind(b"PK\5\6")
        if at < 0 or at + _END.size > length:
            raise self._fail("File is not a zip file")
        _, disk, first, here, total, size, start, comment = _END.unpack_from(tail, at)
        if at + _END.size + comment != length:
            raise self._fail("bytes follow its end")
        end = self._size - length + at
        if 0xFFFF in (here, total) or 0xFFFFFFFF in (size, start):
            locator = self._read(end - _END64_LOCATOR.size, _END64_LOCATOR.size)
            magic, disk, where, _ = _END64_LOCATOR.unpack(locator)
            if magic != b"PK\6\7" or where != end - _END64_LOCATOR.size - _END64.size:
                raise self._fail("no zip64 end record")
            record = _END64.unpack(self._read(where, _END64.size))
            magic, first, here, total, size, start = record[0], record[5], *record[6:]
            if magic != b"PK\6\6":
                raise self._fail("no zip64 end record")
            end = where
        if disk or first or here != total:
            raise self._fail("it spans several files")
        if size > _MAX_DIRECTORY:
            raise self._fail(f"its directory of {total} members takes {size} bytes")
        if start + size != end:
            raise self._fail("its directory is not where it says")
        return total, start, size

    def _directory(self, expected: dict[str, int]) -> list[Member]:
        total, start, size = self._end()
        data = self._read(start, size)
        self._limit = start
        members = []
        at = 0
        for _ in range(total):
            if at + _ENTRY.size > size:
                raise self._fail("its directory is too short")
            magic, *fields = _ENTRY.unpack_from(data, at)
            if magic != b"PK\1\2":
                raise self._fail("its directory is damaged")
            flags, method, crc, stored, whole = fields[2], fields[3], *fields[6:9]
            name_length, extra_length, comment_length = fields[9:12]
            offset = fields[15]
            at += _ENTRY.size
            name = data[at : at + name_length]
            extra = data[at + name_length : at + name_length + extra_length]
            at += name_length + extra_length + comment_length
            if at > size:
                raise self._fail("its directory is too short")
            whole, stored, offset = self._wide(extra, [whole, stored, offset])
            members.append(
                Member(name.decode("utf-8", "replace"), flags, method, crc, stored, whole, offset)
            )
        if at != size:
            raise self._fail("its directory is too long")
        names = [m.name for m in members]
        if sorted(names) != sorted(expected):
            shown = ", ".join(repr(name)[:60] for name in names[:8])
            raise FileError(
                f"{self._path}: expected exactly {', '.join(expected)} in the archive, found "
                f"{shown or 'nothing'}{', ...' if len(names) > 8 else ''}"
            )
        for member in members:
            self._check(member, expected[member.name])
        return members

    def _wide(self, extra: bytes, values: list[int]) -> list[int]:
        """Sizes and offset, taken from the zip64 field where 32 bits did not do."""
        if 0xFFFFFFFF not in values:
            return values
        at = 0
        while at + 4 <= len(extra):
            code, length = struct.unpack_from("<2H", extra, at)
            field = extra[at + 4 : at + 4 + length]
            at += 4 + length
            if code == 1:
                wide = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
                values = [next(wide, -1) if v == 0xFFFFFFFF else v for v in values]
                break
        if min(values) < 0 or 0xFFFFFFFF in values:
            raise self._fail("a member lacks its zip64 sizes")
        return values

    def _check(self, member: Member, cap: int) -> None:
        name = member.name
        if member.flags & _ENCRYPTED:
            raise FileError(f"{self._path}: {name} is encrypted")
        if member.method not in (_STORED, _DEFLATED):
            raise FileError(f"{self._path}: {name}: unknown compression {member.method}")
        if member.method == _STORED and member.size != member.stored:
            raise FileError(
                f"{self._path}: {name} is stored, but of two sizes: {member.stored} and "
                f"{member.size} bytes"
            )
        if member.method == _DEFLATED:
            cap = min(cap, limits.inflated_bytes)
            if member.size > 100 * max(member.stored, 1024):
                raise FileError(
                    f"{self._path}: {name}: compressed {member.size}:{member.stored}, more than "
                    "100:1"
                )
        if member.size > cap:
            raise FileError(
                f"{self._path}: {name}: {member.size} bytes, more than saving.limits allow ({cap})"
            )

    def _checked_places(self) -> dict[str, int]:
        """Where the bytes of each member begin; local headers must agree with the directory."""
        places: dict[str, int] = {}
        at = 0
        for member in sorted(self._members.values(), key=lambda m: m.offset):
            if member.offset != at:
                raise self._fail(f"{member.name} is not where it says")
            header = _LOCAL.unpack(self._read(at, _LOCAL.size))
            name = self._read(at + _LOCAL.size, header[9])
            if header[0] != b"PK\3\4" or name != member.name.encode("utf-8", "replace"):
                raise self._fail(f"{member.name} has another name where it lies")
            if header[2] & _ENCRYPTED or header[3] != member.method:
                raise self._fail(f"{member.name} is of another kind where it lies")
            start = at + _LOCAL.size + header[9] + header[10]
            places[member.name] = start
            at = start + member.stored
            if at > self._limit:
                raise self._fail(f"{member.name} is longer than the file")
            if member.flags & 0x8:
                at += self._descriptor(at, member)
        if at != self._limit:
            raise self._fail("bytes between its members")
        return places

    def _descriptor(self, at: int, member: Member) -> int:
        """Length of the record that streaming writers put behind a member."""
        for magic in (b"PK\7\x08", b""):
            for form in ("<L2L", "<L2Q"):
                length = len(magic) + struct.calcsize(form)
                if at + length <= self._limit:
                    data = self._read(at, length)
                    if data.startswith(magic) and struct.unpack_from(form, data, len(magic)) == (
                        member.crc,
                        member.stored,
                        member.size,
                    ):
                        return length
        raise self._fail(f"{member.name} has no data descriptor")

    # -- content ----------------------------------------------------------------------------------

    def stream(self, name: str) -> Any:
        """A member as a seekable stream; its checksum has been compared."""
        member = self._members[name]
        start = self._places[name]
        if member.method == _DEFLATED:
            return io.BytesIO(self._inflated(member))
        crc = 0
        for at in range(0, member.size, _PIECE):
            crc = zlib.crc32(self._read(start + at, min(_PIECE, member.size - at)), crc)
        self._compare(member, crc)
        return Window(self._handle, start, member.size)

    def read(self, name: str) -> bytes:
        """Content of a member."""
        member = self._members[name]
        if member.method == _DEFLATED:
            return self._inflated(member)
        data = self._read(self._places[name], member.size)
        self._compare(member, zlib.crc32(data))
        return data

    def _inflated(self, member: Member) -> bytes:
        inflater = zlib.decompressobj(-15)
        pieces: list[bytes] = []
        left = member.size + 1
        at, end = self._places[member.name], self._places[member.name] + member.stored
        try:
            while at < end and left and not inflater.eof:
                piece = self._read(at, min(_PIECE, end - at))
                at += len(piece)
                while piece and left:
                    pieces.append(inflater.decompress(piece, left))
                    left -= len(pieces[-1])
                    piece = inflater.unconsumed_tail
        except zlib.error as error:
            raise self._fail(f"{member.name}: {error}") from error
        if left != 1 or not inflater.eof or inflater.unused_data or at != end:
            raise FileError(
                f"{self._path}: {member.name}: expected {member.size} bytes, found "
                f"{'more' if left == 0 else 'fewer, or bytes behind them'}"
            )
        data = b"".join(pieces)
        self._compare(member, zlib.crc32(data))
        return data

    def _compare(self, member: Member, crc: int) -> None:
        if crc != member.crc:
            raise FileError(
                f"{self._path}: {member.name} is damaged: its checksum is {crc:08x}, expected "
                f"{member.crc:08x}"
            )
