"""HDF5 files whose heap of texts, names, or very addresses would lead a reader astray."""

import h5py
import hostile_files as make
import pytest


@pytest.mark.parametrize(
    ("index", "length"),
    [(0, 0), (0, 1 << 20), (1, 1 << 20), (1, 2**64 - 16), (1, 2**64 - 8)],
)
def test_heap_whose_objects_do_not_lead_to_its_end_is_refused(refused, tmp_path, index, length):
    path = make.legacy_file(tmp_path / "m.h5")
    spoiled = bytearray(path.read_bytes())
    at = spoiled.index(b"GCOL") + 16
    spoiled[at : at + 2] = index.to_bytes(2, "little")
    spoiled[at + 8 : at + 16] = length.to_bytes(8, "little")
    path.write_bytes(spoiled)
    refused(path, "a heap of texts has an object of")


def test_addresses_of_other_sizes_are_refused(refused, tmp_path):
    access = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    access.set_sizes(8, 4)
    path = tmp_path / "m.h5"
    h5py.h5f.create(str(path).encode(), fcpl=access).close()
    refused(path, "addresses and lengths must have 8 bytes")


def test_names_that_are_no_text_are_refused(refused, tmp_path):
    def fill(file):
        h5py.h5g.create(file["layers"].id, b"\xff\xfe")

    path = tmp_path / "m.weights.h5"
    path.write_bytes(make.weights(fill))
    refused(path, "is not UTF-8", action=make.load_weights)
