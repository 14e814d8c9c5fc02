"""HDF5 files that reach for other files, for memory, or for libhdf5's weak spots.

Each spoiled dataset is tried in the three kinds of file that hold weights.
"""

import errno
import io
import json
import os
import zlib

import h5py
import hostile_files as make
import numpy as np
import pytest

KERNEL = {
    "keras": "layers/dense/vars/0",
    "weights": "layers/dense/vars/0",
    "legacy": "model_weights/dense/dense/kernel:0",
}


@pytest.fixture(params=list(KERNEL))
def spoiled(request, tmp_path):
    """``spoiled(change)``: a file whose kernel's dataset was removed before ``change(file, its
    path)``; returns the path and the action that opens it."""

    def spoil(change):
        def fill(file):
            where = KERNEL[request.param]
            del file[where]
            change(file, where)

        if request.param == "keras":
            path = tmp_path / "m.keras"
            return make.keras_file(path, data=make.weights(fill)), make.load
        if request.param == "weights":
            path = tmp_path / "m.weights.h5"
            path.write_bytes(make.weights(fill))
            return path, make.load_weights
        return make.legacy_file(tmp_path / "m.h5", fill=fill), make.load

    return spoil


def test_sound_files_are_opened(accepted, spoiled):
    def change(file, where):
        file[where] = np.full((4, 3), 2, np.float32)

    path, action = spoiled(change)
    assert accepted(path, action)[0] == [2.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize("dtype", ["f2", "<f4", ">f4", "f8", "i1", "i4", ">i8", "u1", "u2"])
def test_all_plain_numbers_are_read(accepted, spoiled, dtype):
    def change(file, where):
        file[where] = np.arange(12).reshape(4, 3).astype(dtype)

    path, action = spoiled(change)
    assert accepted(path, action)[0] == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("kind", ["u2", "V2"])
def test_bfloat16_is_read(accepted, spoiled, kind):
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    bits = (values.view(np.uint32) >> 16).astype(np.uint16)

    def change(file, where):
        file[where] = bits.view(kind)
        file[where].attrs["dtype"] = "bfloat16"

    path, action = spoiled(change)
    assert accepted(path, action)[0] == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "options",
    [
        {"chunks": (2, 2)},
        {"chunks": (3, 2), "maxshape": (None, None)},
        {"chunks": (3, 2), "compression": "gzip"},
        {"chunks": (4, 3), "compression": "gzip", "shuffle": True},
        {"chunks": (2, 2), "shuffle": True},
    ],
    ids=str,
)
def test_chunks_and_deflate_are_read(accepted, spoiled, options):
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    path, action = spoiled(lambda file, where: file.create_dataset(where, data=values, **options))
    assert accepted(path, action)[0] == [0.0, 1.0, 2.0, 3.0]


# -- other files -----------------------------------------------------------------------------------


def test_external_storage_is_not_read(refused, spoiled, canary):
    def change(file, where):
        file.create_dataset(where, (4, 3), "f4", external=[(str(canary), 0, 48)])

    path, action = spoiled(change)
    refused(path, "external storage, which reads another file", action)


def test_external_link_is_not_followed(refused, spoiled, canary):
    with h5py.File(canary, "w") as file:
        file["x"] = np.zeros((4, 3), np.float32)

    def change(file, where):
        file[where] = h5py.ExternalLink(str(canary), "/x")

    path, action = spoiled(change)
    refused(path, "an? ExternalLink, which could lead to another file", action)


def test_external_link_to_a_group_is_not_followed(refused, spoiled, canary):
    with h5py.File(canary, "w") as file:
        file["0"] = np.zeros((4, 3), np.float32)
        file["dense/kernel:0"] = np.zeros((4, 3), np.float32)

    def change(file, where):
        group = where.rsplit("/", 2 if ":" in where else 1)[0]
        del file[group]
        file[group] = h5py.ExternalLink(str(canary), "/")

    path, action = spoiled(change)
    refused(path, "an? ExternalLink, which could lead to another file", action)


@pytest.mark.parametrize("target", ["/elsewhere", "/nowhere", ".", ".."])
def test_soft_link_is_not_followed(refused, spoiled, target):
    def change(file, where):
        file["elsewhere"] = np.zeros((4, 3), np.float32)
        file[where] = h5py.SoftLink(target)

    path, action = spoiled(change)
    refused(path, "a SoftLink, which could lead to another file", action)


def test_virtual_dataset_is_not_read(refused, spoiled, canary):
    with h5py.File(canary, "w") as file:
        file["x"] = np.zeros((4, 3), np.float32)

    def change(file, where):
        layout = h5py.VirtualLayout((4, 3), "f4")
        layout[:] = h5py.VirtualSource(str(canary), "x", (4, 3))
        file.create_virtual_dataset(where, layout)

    path, action = spoiled(change)
    refused(path, "a virtual dataset, which could read other files", action)


def test_virtual_dataset_that_names_itself_is_not_read(refused, spoiled):
    def change(file, where):
        layout = h5py.VirtualLayout((4, 3), "f4")
        layout[:] = h5py.VirtualSource(".", f"/{where}", (4, 3))
        file.create_virtual_dataset(where, layout)

    path, action = spoiled(change)
    refused(path, "a virtual dataset", action)


def test_unlimited_virtual_dataset_is_not_even_asked_for_its_shape(refused, spoiled, canary):
    # libhdf5 opens the sources to tell the shape.
    with h5py.File(canary, "w") as file:
        file.create_dataset("x", (4, 3), "f4", maxshape=(None, 3))

    def change(file, where):
        layout = h5py.VirtualLayout((4, 3), "f4", maxshape=(None, 3))
        source = h5py.VirtualSource(str(canary), "x", (4, 3), maxshape=(None, 3))
        layout[: h5py.h5s.UNLIMITED, :] = source[: h5py.h5s.UNLIMITED, :]
        file.create_virtual_dataset(where, layout)

    path, action = spoiled(change)
    refused(path, "a virtual dataset", action)


def test_printf_style_virtual_dataset_is_not_read(refused, spoiled, canary):
    def change(file, where):
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        space = h5py.h5s.create_simple((4, 3), (h5py.h5s.UNLIMITED, 3))
        source = h5py.h5s.create_simple((1, 3))
        space.select_hyperslab((0, 0), (h5py.h5s.UNLIMITED, 1), (1, 1), (1, 3))
        plist.set_virtual(space, f"{canary}%b".encode(), b"x", source)
        h5py.h5d.create(file.id, where.encode(), h5py.h5t.IEEE_F32LE, space, plist)

    path, action = spoiled(change)
    refused(path, "a virtual dataset", action)


# -- memory and time -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [(4, 4), (3,), (), (4, 3, 1), (2**20, 2**20), (2**32, 2**31), (2**60, 8)], ids=str
)
def test_shape_is_compared_before_anything_is_read(refused, spoiled, shape):
    # The dataset holds nothing: petabytes declared by a file of some kilobytes.
    def change(file, where):
        file.create_dataset(where, shape, "f4", chunks=(1,) * len(shape) if shape else None)

    path, action = spoiled(change)
    refused(path, r"must match|Shape mismatch in layer dense", action)


@pytest.mark.parametrize("options", [{}, {"chunks": (2, 3)}, {"chunks": (4, 3), "shuffle": True}])
def test_values_that_were_never_written_are_missed(refused, spoiled, options):
    # Keras reads zeros.
    path, action = spoiled(lambda file, where: file.create_dataset(where, (4, 3), "f4", **options))
    refused(path, r"declares 48 bytes, the file holds 0|is missing", action)


def test_chunk_larger_than_the_dataset_is_refused(refused, spoiled):
    def change(file, where):
        file.create_dataset(
            where,
            (4, 3),
            "f4",
            maxshape=(None, None),
            chunks=(30000, 30000),
            compression="gzip",
        )
        block = zlib.compress(bytes(3_600_000_000 // 1000), 1)
        file[where].id.write_direct_chunk((0, 0), block)

    path, action = spoiled(change)
    refused(path, "chunks of 3600000000 bytes for 48 bytes of values", action)


def test_chunk_that_inflates_to_gigabytes_is_stopped(refused, spoiled):
    packer = zlib.compressobj(1)
    bomb = b"".join(packer.compress(bytes(1 << 24)) for _ in range(128)) + packer.flush()

    def change(file, where):
        file.create_dataset(where, (4, 3), "f4", chunks=(4, 3), compression="gzip")
        file[where].id.write_direct_chunk((0, 0), bomb[:1000])

    path, action = spoiled(change)
    refused(path, r"chunk \(0, 0\) has 49 bytes instead of 48", action)

    def long_change(file, where):
        file.create_dataset(where, (4, 3), "f4", chunks=(4, 3), compression="gzip")
        file[where].id.write_direct_chunk((0, 0), bomb)

    path, action = spoiled(long_change)
    refused(path, r"chunk \(0, 0\) is missing or too long", action)


@pytest.mark.parametrize(
    "data",
    [b"x", zlib.compress(bytes(47)), zlib.compress(bytes(48))[:-9], zlib.compress(b"x" * 49)],
)
def test_chunk_of_the_wrong_length_is_refused(refused, spoiled, data):
    def change(file, where):
        file.create_dataset(where, (4, 3), "f4", chunks=(4, 3), compression="gzip")
        file[where].id.write_direct_chunk((0, 0), data)

    path, action = spoiled(change)
    refused(path, r"chunk \(0, 0\)|unreadable|holds 0", action)


def test_too_many_chunks_are_refused(refused, tmp_path):
    config = make.sequential(make.input_layer(400), make.dense(300))

    def fill(file):
        del file["layers/dense/vars/0"], file["layers/dense/vars/1"]
        file.create_dataset("layers/dense/vars/0", (400, 300), "f4", chunks=(1, 1))
        file["layers/dense/vars/1"] = np.zeros(300, np.float32)

    path = make.keras_file(tmp_path / "m.keras", config, make.weights(fill))
    refused(path, "120000 chunks of 4 bytes for 480000 bytes of values")


def filtered(code, *options):
    """A dataset through filters given by number."""

    def change(file, where):
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((4, 3))
        for number in code:
            plist.set_filter(number, h5py.h5z.FLAG_OPTIONAL, options)
        space = h5py.h5s.create_simple((4, 3))
        dataset = h5py.h5d.create(file.id, where.encode(), h5py.h5t.IEEE_F32LE, space, plist)
        dataset.write_direct_chunk((0, 0), bytes(48), 0xFFFFFFFF)

    return change


@pytest.mark.parametrize(
    "code", [[3], [4], [5], [6], [305], [307], [32001], [32015], [65535], [1, 1]], ids=str
)
def test_other_filters_are_refused(refused, spoiled, code):
    path, action = spoiled(filtered(code, 4, 4, 4, 4))
    refused(path, f"stored through filter {code[-1]}, which is not allowed", action)


# -- types -----------------------------------------------------------------------------------------

TYPES = {
    "text of variable length": h5py.string_dtype(),
    "text": np.dtype("S8"),
    "compound": np.dtype([("a", "f4"), ("b", "i4")]),
    "array": np.dtype(("f4", (2,))),
    "opaque": np.dtype("V8"),
    "enum": h5py.enum_dtype({"A": 1, "B": 2}, "i4"),
    "boolean": np.dtype(bool),
    "object reference": h5py.ref_dtype,
    "region reference": h5py.regionref_dtype,
    "numbers of variable length": h5py.vlen_dtype("f4"),
    "complex": np.dtype("c8"),
    "long double": np.dtype("g"),
    "opaque of two bytes": np.dtype("V2"),
}


@pytest.mark.parametrize("kind", list(TYPES))
def test_other_types_are_refused(refused, spoiled, kind):
    def change(file, where):
        if kind == "array":
            space = h5py.h5s.create_simple((4, 3))
            stored = h5py.h5t.array_create(h5py.h5t.IEEE_F32LE, (2,))
            h5py.h5d.create(file.id, where.encode(), stored, space)
        else:
            file.create_dataset(where, (4, 3), TYPES[kind])

    path, action = spoiled(change)
    refused(path, "is not a dtype that weights have|dtype .* is not one", action)


@pytest.mark.parametrize("size", [1, 3, 5, 8, 16])
def test_integers_of_odd_sizes_are_refused(refused, spoiled, size):
    def change(file, where):
        stored = h5py.h5t.STD_I8LE.copy()
        stored.set_size(size)
        stored.set_precision(8 * size)
        space = h5py.h5s.create_simple((4, 3))
        h5py.h5d.create(file.id, where.encode(), stored, space)

    path, action = spoiled(change)
    refused(
        path, "not a dtype that weights have|is not one|unreadable dataset|file holds 0", action
    )


@pytest.mark.parametrize("fields", [(15, 10, 5, 0, 10), (31, 20, 11, 0, 20), (20, 15, 5, 5, 10)])
def test_odd_floats_are_refused(refused, spoiled, fields):
    def change(file, where):
        stored = h5py.h5t.IEEE_F32LE.copy()
        stored.set_fields(*fields)
        space = h5py.h5s.create_simple((4, 3))
        h5py.h5d.create(file.id, where.encode(), stored, space)

    path, action = spoiled(change)
    refused(
        path, "not a dtype that weights have|is not one|unreadable dataset|file holds 0", action
    )


def test_dataset_without_values_is_refused(refused, spoiled):
    path, action = spoiled(lambda f, where: f.create_dataset(where, data=h5py.Empty("f4")))
    refused(path, "a dataset without values", action)


def test_group_in_the_place_of_a_dataset_is_refused(refused, spoiled):
    path, action = spoiled(lambda file, where: file.create_group(where))
    refused(path, "expected a dataset, found a group", action)


def test_committed_type_in_the_place_of_a_dataset_is_refused(refused, spoiled):
    def change(file, where):
        file[where] = np.dtype("f4")

    path, action = spoiled(change)
    refused(path, "expected a dataset, found a type", action)


def test_dataset_in_the_place_of_a_group_is_refused(refused, spoiled):
    def change(file, where):
        group = where.rsplit("/", 1)[0]
        del file[group]
        file[group] = np.zeros((4, 3), np.float32)

    path, action = spoiled(change)
    refused(path, "expected a group, found a dataset", action)


# -- links and groups ------------------------------------------------------------------------------


def test_loops_of_hard_links_end(refused, tmp_path):
    # Every way through these groups: 10 ** 16.
    def fill(file):
        group = file.create_group("layers/more")
        for i in range(10):
            group[f"again{i}"] = group
        group["layers"] = file["layers"]
        group["root"] = file["/"]

    path = make.keras_file(tmp_path / "m.keras", data=make.weights(fill))
    refused(path, "weights of layers that the model does not have: layers/more")


def test_many_groups_are_not_listed(refused, tmp_path):
    def fill(file):
        group = file.create_group("layers/more")
        for i in range(10_001):
            group.create_group(str(i))

    path = make.keras_file(tmp_path / "m.keras", data=make.weights(fill, libver="latest"))
    refused(path, "10001 entries, more than saving.limits.layers")


def test_many_groups_in_many_groups_are_not_walked(refused, tmp_path):
    def fill(file):
        for i in range(110):
            group = file.create_group(f"layers/more/{i}")
            for j in range(100):
                group.create_group(str(j))

    path = make.keras_file(tmp_path / "m.keras", data=make.weights(fill, libver="latest"))
    refused(path, "more groups than saving.limits.layers allow")


def test_surplus_layers_are_told(refused, tmp_path):
    def fill(file):
        file["layers/dense_1/vars/0"] = np.zeros(3, np.float32)

    path = make.keras_file(tmp_path / "m.keras", data=make.weights(fill))
    refused(path, "layers that the model does not have: layers/dense_1")


@pytest.mark.parametrize("name", ["a/../b", "..", "dense/vars", "\u202egnp.exe", "\x1b[2J"])
def test_names_in_files_are_never_paths(refused, accepted, tmp_path, name):
    # A layer's name is no part of the layout, and is a path nowhere.
    config = make.sequential(make.input_layer(4), make.dense(3, name=name))
    path = make.keras_file(tmp_path / "m.keras", config)
    if "/" in name:
        refused(path, "cannot contain character `/`")
    else:
        assert accepted(path)


# -- attributes ------------------------------------------------------------------------------------


def legacy(tmp_path, fill):
    return make.legacy_file(tmp_path / "m.h5", fill=fill)


def test_texts_that_are_all_the_same_megabyte_are_not_read(refused, tmp_path):
    def fill(file):
        kind = h5py.string_dtype()
        text = "x" * 1_000_000
        group = file["model_weights"]
        del group.attrs["layer_names"]
        group.attrs.create("layer_names", [text] * 400, dtype=kind)

    path = legacy(tmp_path, fill)
    refused(path, "400 texts of variable length are too many")


@pytest.mark.parametrize("kind", ["i4", "f8", "V8", h5py.ref_dtype, [("a", "f4")]], ids=str)
def test_names_that_are_no_texts_are_refused(refused, tmp_path, kind):
    def fill(file):
        group = file["model_weights"]
        del group.attrs["layer_names"]
        stored = h5py.h5t.py_create(np.dtype(kind), logical=True)
        h5py.h5a.create(group.id, b"layer_names", stored, h5py.h5s.create_simple((3,)))

    refused(legacy(tmp_path, fill), "attribute 'layer_names': expected text")


def test_huge_attribute_is_not_read(refused, tmp_path):
    def fill(file):
        group = file["model_weights"]
        del group.attrs["layer_names"]
        group.attrs["layer_names"] = np.zeros(5000, "S4000")

    stream = io.BytesIO()
    with h5py.File(stream, "w", libver="latest") as file:
        file.attrs["model_config"] = json.dumps(make.SOUND)
        file.create_group("model_weights").attrs["layer_names"] = np.array([b"dense"])
        fill(file)
    path = tmp_path / "m.h5"
    path.write_bytes(stream.getvalue())
    refused(path, "5000 texts, 20000000 bytes: more than saving.limits")


def test_names_split_without_end_are_given_up(refused, tmp_path):
    def fill(file):
        group = file["model_weights"]
        del group.attrs["layer_names"]
        for i in range(1500):
            group.attrs[f"layer_names{i}"] = np.zeros(0, "S1")

    stream = io.BytesIO()
    with h5py.File(stream, "w", libver="latest") as file:
        file.attrs["model_config"] = json.dumps(make.SOUND)
        file.create_group("model_weights").attrs["layer_names"] = np.array([b"dense"])
        fill(file)
    path = tmp_path / "m.h5"
    path.write_bytes(stream.getvalue())
    refused(path, "attribute 'layer_names' names too many objects")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([b"dense/kernel:0"], "Weight count mismatch"),
        ([b"dense/kernel:0", b"../dense/bias:0"], "no dataset '../dense/bias:0'"),
        ([b"dense/kernel:0", b"/dense/dense/bias:0"], "no dataset"),
        ([b"dense/kernel:0", b"."], "'.' is not the name of one object"),
        ([b"dense/kernel:0", b"dense/"], "'' is not the name of one object"),
        ([b"dense/kernel:0", b"\xff\xfe"], "no dataset|unreadable"),
        ([b"dense/kernel:0", b"/etc/passwd"], "no dataset"),
        ([b"dense/kernel:0", b"dense/kernel:0"], "Shape mismatch in layer dense"),
    ],
)
def test_weight_names_are_names(refused, tmp_path, names, message):
    refused(make.legacy_file(tmp_path / "m.h5", weight_names=names), message)


def test_layer_named_twice_is_refused(refused, tmp_path):
    def fill(file):
        group = file["model_weights"]
        del group.attrs["layer_names"]
        group.attrs["layer_names"] = [b"dense"] * 300

    refused(legacy(tmp_path, fill), "layer_names holds a name twice")


# -- damage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 7, 8, 100, 500, 2000])
def test_cut_file_is_refused(refused, tmp_path, count):
    path = tmp_path / "m.weights.h5"
    path.write_bytes(make.weights()[:count])
    refused(path, "unreadable HDF5 file|unreadable", make.load_weights)
    path = make.keras_file(tmp_path / "m.keras", data=make.weights()[:count])
    refused(path, "unreadable HDF5 file|unreadable")


@pytest.mark.parametrize("seed", range(3))
def test_damaged_bytes_give_an_error_or_a_model(tmp_path, seed):
    """A few hundred flips of each file; `tools/fuzz_files.py` does millions."""
    rng = np.random.default_rng(seed)
    sound = make.weights(libver="latest" if seed == 2 else "earliest")
    files = []
    for i in range(150):
        data = bytearray(sound)
        for _ in range(rng.integers(1, 6)):
            data[rng.integers(len(data))] = rng.integers(256)
        path = tmp_path / f"{i}.weights.h5"
        path.write_bytes(data)
        files.append(str(path))

    def action(*files):
        kinds = {}
        for path in files:
            try:
                make.load_weights(path)
                kind = "opened"
            except ValueError:
                kind = "ValueError"
            except Exception as error:
                kind = repr(error)
            kinds[kind] = kinds.get(kind, 0) + 1
        return kinds

    report = make.opened(action, *files)
    assert report["kind"] == "", report["text"]
    assert set(report["value"]) <= {"opened", "ValueError"}, report["value"]
    assert report["value"]["ValueError"] > 10


def test_real_error_of_the_disk_stays_an_oserror(tmp_path, monkeypatch):
    from fastconv.saving import hdf5

    path = tmp_path / "m.weights.h5"
    path.write_bytes(make.weights())
    real = os.pread
    calls = []

    def failing(handle, count, at):
        calls.append(at)
        if len(calls) > 6:
            raise OSError(errno.EIO, "the disk is broken")
        return real(handle, count, at)

    monkeypatch.setattr(hdf5.os, "pread", failing)
    with pytest.raises(OSError, match="the disk is broken") as caught:
        make.load_weights(path)
    assert caught.value.errno == errno.EIO
