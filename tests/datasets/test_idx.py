"""The IDX parser: good files, and files that lie."""

from __future__ import annotations

import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from fastconv.datasets import _idx


def header(*shape: int, magic: bytes | None = None) -> bytes:
    return (magic or bytes((0, 0, 8, len(shape)))) + struct.pack(f">{len(shape)}I", *shape)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 1), (0, 28, 28)])
def test_round_trip(tmp_path, shape, compressed):
    want = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    data = header(*shape) + want.tobytes()
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(data) if compressed else data)
    got = _idx.read(path, 3)
    np.testing.assert_array_equal(got, want)
    assert got.dtype == np.uint8
    assert got.flags.writeable


def test_compression_is_told_by_content_not_by_name(tmp_path):
    path = tmp_path / "labels.gz"
    path.write_bytes(header(2) + b"\x07\x01")
    assert _idx.read(path, 1).tolist() == [7, 1]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "only 0 bytes"),
        (b"\x00\x00\x08\x01\x00", "only 5 bytes"),
        (header(2, magic=b"\x00\x00\x0d\x01") + b"ab", "begins with 00000d01, expected 00000801"),
        (header(1, 2) + b"ab", "expected 00000801"),
        (b"PK\x03\x04" + bytes(40), "begins with 504b0304"),
        (header(3) + b"ab", "cut short: 2 of 3"),
        (header(2) + b"abc", "goes on after the 2 values"),
        (header(2**32 - 1) + b"ab", "declares shape"),
    ],
)
def test_bad_label_file_is_refused_with_its_name(tmp_path, data, message):
    path = tmp_path / "train-labels-idx1-ubyte"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message) as caught:
        _idx.read(path, 1)
    assert str(path) in str(caught.value)


def test_product_of_sizes_that_overflows_64_bits_is_refused(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(header(2**32 - 1, 2**32 - 1, 2**32 - 1))
    with pytest.raises(ValueError, match="declares shape"):
        _idx.read(path, 3)


def test_zero_times_huge_is_an_empty_array_not_an_allocation(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(header(0, 2**31, 2))
    assert _idx.read(path, 3).size == 0


def test_header_that_promises_much_allocates_little(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(header(_idx.MAX_BYTES) + b"abc")
    tracemalloc.start()
    with pytest.raises(ValueError, match="cut short"):
        _idx.read(path, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_gzip_bomb_is_stopped_at_the_declared_size(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(header(4) + bytes(1 << 26)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="goes on after the 4 values"):
        _idx.read(path, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("cut", [12, 25, -4])
def test_truncated_gzip_is_one_clear_error(tmp_path, cut):
    rng = np.random.default_rng(0)
    whole = gzip.compress(header(500) + rng.integers(0, 256, 500, np.uint8).tobytes())
    path = tmp_path / "x.gz"
    path.write_bytes(whole[:cut])
    with pytest.raises(ValueError, match=r"damaged gzip file|cut short|not an IDX file"):
        _idx.read(path, 1)


def test_flipped_bit_in_gzip_is_noticed(tmp_path):
    whole = bytearray(gzip.compress(header(500) + bytes(range(250)) * 2))
    whole[-8] ^= 1  # the CRC
    path = tmp_path / "x.gz"
    path.write_bytes(bytes(whole))
    with pytest.raises(ValueError, match="damaged gzip file"):
        _idx.read(path, 1)
