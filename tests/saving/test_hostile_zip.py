"""Archives that are not what they say: members, sizes, checksums, bombs."""

import json
import os
import struct
import zipfile
import zlib

import hostile_files as make
import pytest


@pytest.fixture
def write(tmp_path):
    def write(data, name="model.keras"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def test_sound_archive_is_opened(tmp_path, accepted, write):
    sound = [[0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0]]
    assert accepted(make.keras_file(tmp_path / "a.keras")) == sound
    assert accepted(write(make.raw_zip(make.three_members()))) == sound
    assert accepted(make.keras_file(tmp_path / "b.keras", method=zipfile.ZIP_DEFLATED)) == sound


def test_archive_written_to_a_stream_is_opened(tmp_path, accepted):
    # Sizes then stand behind the members, with and without zip64.
    class Stream:
        def __init__(self, path):
            self.file = open(path, "wb")  # noqa: SIM115
            self.write, self.flush, self.close = self.file.write, self.file.flush, self.file.close

    for wide in (False, True):
        path = tmp_path / f"{wide}.keras"
        stream = Stream(path)
        with zipfile.ZipFile(stream, "w") as archive:
            for member in make.three_members():
                with archive.open(member["name"], "w", force_zip64=wide) as file:
                    file.write(member["data"])
        stream.close()
        assert accepted(path) == [[0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0]]


@pytest.mark.parametrize(
    "extra",
    [
        "assets/vocabulary.txt",
        "../../../etc/cron.d/x",
        "/etc/passwd",
        "..\\..\\x",
        "assets/",
        "config.json/",
        "CONFIG.JSON",
        "./config.json",
        "x" * 60000,
        "model.weights.h5\0.txt",
    ],
    ids=lambda name: ascii(name[:24]),
)
def test_further_member_is_refused(refused, write, extra):
    members = [*make.three_members(), {"name": extra, "data": b"AAAA"}]
    refused(write(make.raw_zip(members)), "expected exactly metadata.json, config.json and|exactly")


def test_doubled_member_is_refused(refused, write):
    evil = {"name": "config.json", "data": b'{"class_name": "Evil"}'}
    refused(write(make.raw_zip([*make.three_members(), evil])), "expected exactly")
    refused(write(make.raw_zip([evil, *make.three_members()])), "expected exactly")


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_missing_member_is_refused(refused, write, missing):
    members = make.three_members()
    del members[missing]
    refused(write(make.raw_zip(members)), "expected exactly .* found")


def test_other_name_in_the_local_header_is_refused(refused, write):
    members = make.three_members(config={"local_name": b"evil.json"})
    refused(write(make.raw_zip(members)), "config.json has another name where it lies")


@pytest.mark.parametrize("name", ["metadata", "config", "model"])
def test_wrong_checksum_is_refused(refused, write, name):
    members = make.three_members(**{name: {"crc": 12345}})
    refused(write(make.raw_zip(members)), "is damaged: its checksum is .*, expected 00003039")


def test_one_changed_byte_is_noticed(refused, write):
    data = bytearray(make.raw_zip(make.three_members()))
    at = data.index(struct.pack("<3f", 5, 6, 7))  # among the kernel's values
    data[at] ^= 1
    refused(write(data), "model.weights.h5 is damaged")
    refused(write(data, "again.keras"), "model.weights.h5 is damaged", action=make.load_weights)


@pytest.mark.parametrize("flags", [0x1, 0x20, 0x41, 0x2000])
def test_encrypted_member_is_refused(refused, write, flags):
    members = make.three_members(config={"flags": flags})
    refused(write(make.raw_zip(members)), "config.json is encrypted")


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95, 99])
def test_other_compression_is_refused(refused, write, method):
    members = make.three_members(config={"method": method})
    refused(write(make.raw_zip(members)), f"config.json: unknown compression {method}")


@pytest.mark.parametrize("name", ["metadata", "config", "model"])
def test_bomb_by_its_ratio_is_refused(refused, write, name):
    raw = make.deflated(bytes(300 << 20))  # 300 KB
    member = {"raw": raw, "size": 300 << 20, "method": 8, "crc": 0}
    refused(write(make.raw_zip(make.three_members(**{name: member}))), "more than 100:1")


def test_bomb_that_declares_little_is_refused(refused, write):
    raw = make.deflated(bytes(1 << 30), 1)
    data = bytes(20000)
    member = {"raw": raw, "size": len(data), "method": 8, "crc": zlib.crc32(data)}
    members = make.three_members(model=member)
    refused(write(make.raw_zip(members)), "model.weights.h5: expected 20000 bytes, found more")


def test_bomb_below_the_ratio_is_refused(refused, write):
    # 100:1 of a file that is large itself: nested noise would do the same.
    raw = make.deflated(os.urandom(3 << 20) + bytes(290 << 20))
    member = {"raw": raw, "size": 293 << 20, "method": 8, "crc": 0}
    members = make.three_members(model=member)
    refused(write(make.raw_zip(members)), r"307232768 bytes, more than saving.limits allow")


def test_member_that_inflates_to_less_is_refused(refused, write):
    members = make.three_members()
    raw = make.deflated(members[1]["data"])
    members[1].update(raw=raw, size=len(members[1]["data"]) + 5, method=8)
    refused(write(make.raw_zip(members)), "config.json: expected .* bytes, found fewer")


def test_broken_deflate_stream_is_refused(refused, write):
    members = make.three_members(config={"raw": b"\xff" * 500, "method": 8})
    refused(write(make.raw_zip(members)), r"not a readable .* \(config.json: Error -3")


def test_bytes_behind_a_deflated_member_are_refused(refused, write):
    members = make.three_members()
    members[1].update(raw=make.deflated(members[1]["data"]) + b"more", method=8)
    refused(write(make.raw_zip(members)), "config.json: expected .* bytes behind them")


def test_stored_member_of_two_sizes_is_refused(refused, write):
    members = make.three_members(model={"size": 2**31 - 10})
    refused(write(make.raw_zip(members)), "is stored, but of two sizes")


@pytest.mark.parametrize("size", [2**32 - 2, 2**31 + 5])
def test_size_beyond_the_caps_is_refused(refused, write, size):
    members = make.three_members(model={"size": size, "stored": size})
    refused(write(make.raw_zip(members)), "bytes, more than saving.limits allow")


def test_size_beyond_the_file_is_refused(refused, write):
    members = make.three_members(model={"size": 2**30, "stored": 2**30})
    refused(write(make.raw_zip(members)), "model.weights.h5 is longer than the file")


def wide(*values):
    """A zip64 extra field."""
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (b"", "lacks its zip64 sizes"),
        (wide(10), "lacks its zip64 sizes"),
        (wide(2**63 - 1, 2**63 - 1), "more than saving.limits allow"),
        (wide(2**64 - 1, 2**64 - 1), "more than saving.limits allow"),
        (struct.pack("<2H", 1, 60000), "lacks its zip64 sizes"),
        (struct.pack("<2H", 7, 0) * 100, "lacks its zip64 sizes"),
        (b"\1\0\x0c\0" + b"\1" * 12, "lacks its zip64 sizes"),
    ],
)
def test_zip64_that_lies_is_refused(refused, write, extra, message):
    lie = {"size": 0xFFFFFFFF, "stored": 0xFFFFFFFF, "extra": extra}
    refused(write(make.raw_zip(make.three_members(model=lie))), message)


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ({"count": 2}, "directory is too long"),
        ({"count": 4}, "directory is too short"),
        ({"count": 65535}, "no zip64 end record"),
        ({"length": 2**32 - 1}, "no zip64 end record"),
        ({"length": 10}, "not where it says"),
        ({"start": 0}, "not where it says"),
        ({"start": 2**31}, "not where it says"),
        ({"disk": 3}, "spans several files"),
    ],
)
def test_end_record_that_lies_is_refused(refused, write, end, message):
    refused(write(make.raw_zip(make.three_members(), **end)), message)


def test_directory_of_a_million_members_is_not_read(refused, write):
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", *[0] * 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), 0, 0)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**6, 10**6, len(directory), 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(directory), 1)
    refused(write(directory + record + locator + end), "its directory of 1000000 members takes")


def test_overlapping_members_are_refused(refused, write):
    # The same bytes as metadata and as config.
    members = make.three_members()
    members[1]["offset"] = 0
    refused(write(make.raw_zip(members)), "is not where it says|has another name")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b"MZ" * 50, b"", "directory is not where it says"),
        (b"", b"trailing", "bytes follow its end"),
    ],
)
def test_bytes_around_the_archive_are_refused(refused, write, before, after, message):
    refused(write(before + make.raw_zip(make.three_members()) + after), message)


def test_bytes_between_members_are_refused(refused, write):
    members = make.three_members()
    members[0]["raw"] = members[0]["data"] + b"hidden"
    members[0]["stored"] = len(members[0]["data"])
    refused(write(make.raw_zip(members)), "config.json is not where it says")


@pytest.mark.parametrize("count", [0, 1, 21, 22, 60, 1000])
def test_cut_archive_is_refused(refused, write, count):
    data = make.raw_zip(make.three_members())
    refused(write(data[:-count] if count else b""), "not a readable|File is not a zip file")


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"PK\5\6", b"PK\3\4" + bytes(100), b"\x89HDF\r\n\x1a\n" + bytes(100), b"{}"],
)
def test_anything_else_named_keras_is_refused(refused, write, data):
    refused(write(data), "not a readable `.keras` archive")


def test_archive_named_h5_is_the_same_archive(refused, accepted, tmp_path, write):
    assert accepted(make.keras_file(tmp_path / "a.h5"))
    members = make.three_members(config={"flags": 1})
    refused(write(make.raw_zip(members), "b.h5"), "encrypted")


def test_comment_is_no_place_to_hide_a_second_archive(refused, write):
    inner = make.raw_zip(make.three_members(make.sequential(make.layer("Evil"))))
    outer = make.raw_zip(make.three_members(), comment=inner[-60000:])
    refused(write(outer), "not where it says|bytes follow")


def test_folder_pipe_and_device_are_refused(refused, tmp_path):
    folder = tmp_path / "folder.keras"
    folder.mkdir()
    refused(folder, "File not found: .*folder.keras")
    pipe = tmp_path / "pipe.keras"
    os.mkfifo(pipe)
    refused(pipe, "File not found: .*pipe.keras")
    pipe = tmp_path / "pipe.h5"
    os.mkfifo(pipe)
    refused(pipe, "pipe.h5: not a regular file")


def test_archive_larger_than_the_caller_allows(tmp_path, accepted):
    from fastconv import saving

    path = make.keras_file(tmp_path / "a.keras")

    def action(path):
        saving.limits.file_bytes = 5000
        try:
            saving.load_model(path)
        except ValueError as error:
            return str(error)

    assert "more than saving.limits.file_bytes = 5000" in accepted(path, action)


def test_metadata_must_be_json(refused, write):
    members = make.three_members(metadata={"data": b"\xff\xfe{"})
    refused(write(make.raw_zip(members)), "metadata.json: not valid JSON")
    members = make.three_members(metadata={"data": json.dumps([[]] * 10).encode() * 2})
    refused(write(make.raw_zip(members)), "metadata.json: not valid JSON")
