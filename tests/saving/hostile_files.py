"""Files that an attacker could make, built from nothing, and a cell to open them in.

`keras_file` and `weights` build sound files without fastconv's help; tests then spoil one thing.
`opened` opens a file in a forked child under a memory limit and reports what happened there.
"""

import ctypes
import functools
import io
import json
import os
import pathlib
import resource
import select
import struct
import sys
import time
import zipfile
import zlib

import h5py
import numpy as np

MEMORY = 1 << 30  # bytes that opening a file may take
SECONDS = 10.0  # of processor time, on a machine shared with others; most files take 0.1

METADATA = json.dumps({"keras_version": "3.4.1", "date_saved": "2024-01-01@00:00:00"})


# -- sound configs ---------------------------------------------------------------------------------


def layer(class_name, module="keras.layers", **config):
    return {
        "module": module,
        "class_name": class_name,
        "config": config,
        "registered_name": None,
    }


def input_layer(*shape, name="input"):
    return layer("InputLayer", batch_shape=[None, *shape], dtype="float32", name=name)


def dense(units, **config):
    return layer("Dense", units=units, **{"name": "dense", **config})


def sequential(*layers, **extra):
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "sequential", "trainable": True, "layers": list(layers)},
        "registered_name": None,
        **extra,
    }


def tensor(name, node=0, index=0, shape=(None, 4)):
    return {
        "class_name": "__keras_tensor__",
        "config": {
            "shape": list(shape),
            "dtype": "float32",
            "keras_history": [name, node, index],
        },
    }


def called(entry, *inputs):
    """A layer's entry in a functional config, called once on each of `inputs`."""
    nodes = [{"args": [t], "kwargs": {}} for t in inputs]
    return {**entry, "name": entry["config"]["name"], "inbound_nodes": nodes}


def functional(layers, inputs, outputs, name="functional", **extra):
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": name,
            "trainable": True,
            "layers": layers,
            "input_layers": inputs,
            "output_layers": outputs,
        },
        "registered_name": "Functional",
        **extra,
    }


def with_layer(*layers):
    return sequential(input_layer(4), *layers)


def op(name, tensors, **config):
    return {
        "module": "keras.src.ops.numpy",
        "class_name": name,
        "config": {"name": name.lower(), **config},
        "registered_name": name,
        "name": name.lower(),
        "inbound_nodes": [{"args": tensors, "kwargs": {}}],
    }


SOUND = sequential(input_layer(4), dense(3))
ADAM = {
    "module": "keras.optimizers",
    "class_name": "Adam",
    "config": {"name": "adam", "learning_rate": 0.001},
    "registered_name": None,
}


# -- sound files -----------------------------------------------------------------------------------


def weights(fill=None, **options):
    """Bytes of a sound ``model.weights.h5`` for `SOUND`; ``fill(file)`` may spoil it."""
    stream = io.BytesIO()
    with h5py.File(stream, "w", **options) as file:
        file.create_group("vars").attrs["name"] = "sequential"
        group = file.create_group("layers/dense/vars")
        group["0"] = np.arange(12, dtype=np.float32).reshape(4, 3)
        group["1"] = np.arange(3, dtype=np.float32)
        if fill is not None:
            fill(file)
    return stream.getvalue()


@functools.cache
def _sound_weights():
    return weights()


def keras_file(path, config=SOUND, data=None, metadata=METADATA, method=zipfile.ZIP_STORED):
    """Write a ``.keras`` archive."""
    text = config if isinstance(config, (str, bytes)) else json.dumps(config)
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("metadata.json", metadata)
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", _sound_weights() if data is None else data)
    return path


def legacy_file(path, config=SOUND, fill=None, training=None, weight_names=None):
    """Write a legacy ``.h5`` model of Keras 2's layout."""
    with h5py.File(path, "w") as file:
        text = config if isinstance(config, (str, bytes)) else json.dumps(config)
        file.attrs["model_config"] = text
        file.attrs["keras_version"] = "2.11.0"
        file.attrs["backend"] = "tensorflow"
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"dense"]
        inner = group.create_group("dense")
        inner.attrs["weight_names"] = weight_names or [b"dense/kernel:0", b"dense/bias:0"]
        inner["dense/kernel:0"] = np.ones((4, 3), np.float32)
        inner["dense/bias:0"] = np.ones(3, np.float32)
        if fill is not None:
            fill(file)
    return path


# -- zip archives byte by byte ---------------------------------------------------------------------


def raw_zip(members, **end):
    """Bytes of a zip archive.

    `members` are dicts with name and data, and anything to lie about: ``stored, size, crc, method,
    flags, offset, local_name, extra, raw`` (the bytes as they lie).
    """
    body, directory = b"", b""
    for member in members:
        name = member["name"].encode() if isinstance(member["name"], str) else member["name"]
        data = member.get("data", b"")
        raw = member.get("raw", data)
        crc = member.get("crc", zlib.crc32(data))
        size, stored = member.get("size", len(data)), member.get("stored", len(raw))
        method, flags = member.get("method", 0), member.get("flags", 0)
        local = member.get("local_name", name)
        extra = member.get("extra", b"")
        offset = member.get("offset", len(body))
        common = (flags, method, 0, 0x21, crc, stored, size)
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, *common, len(local), 0) + local + raw
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 20, 20, *common, len(name), len(extra), 0, 0, 0, 0, offset
        )
        directory += name + extra
    count = end.get("count", len(members))
    tail = struct.pack(
        "<4s4H2LH",
        b"PK\5\6",
        end.get("disk", 0),
        0,
        count,
        count,
        end.get("length", len(directory)),
        end.get("start", len(body)),
        len(end.get("comment", b"")),
    )
    return body + directory + tail + end.get("comment", b"")


def three_members(content=SOUND, **changes):
    """Members of a sound archive as `raw_zip` takes them; `changes` are keyed by first letter."""
    members = [
        {"name": "metadata.json", "data": METADATA.encode()},
        {"name": "config.json", "data": json.dumps(content).encode()},
        {"name": "model.weights.h5", "data": weights()},
    ]
    for member in members:
        member.update(changes.get(member["name"].split(".")[0], {}))
    return members


def deflated(data, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


# -- actions ---------------------------------------------------------------------------------------


def load(path, custom_objects=None):
    """`load_model`, and a few values of what it made."""
    from fastconv.saving import load_model

    model = load_model(path, custom_objects=custom_objects)
    return [[float(x) for x in w.ravel()[:4]] for w in model.get_weights()]


def load_weights(path):
    """`load_weights` into a sound model, which must stay as it was when the file is refused."""
    import fastconv

    model = fastconv.Sequential(
        [fastconv.Input((4,)), fastconv.layers.Dense(3, name="dense", kernel_initializer="ones")]
    )
    before = model.get_weights()
    try:
        model.load_weights(path)
    except Exception:
        for old, new in zip(before, model.get_weights(), strict=True):
            assert np.array_equal(old, new), "a refused file has changed the model"
        raise
    return [[float(x) for x in w.ravel()[:4]] for w in model.get_weights()]


def outcomes(folder):
    """Open every file of a folder; the errors that are no ValueErrors, and the slow ones."""
    import fastconv

    bad = []
    for path in sorted(pathlib.Path(folder).iterdir()):
        start = time.process_time()
        try:
            fastconv.saving.load_model(path)
        except ValueError as error:
            if len(str(error)) > 30_000:
                bad.append([path.name, "a long message"])
        except BaseException as error:
            bad.append([path.name, repr(error)])
        if time.process_time() - start > 3:
            bad.append([path.name, f"{time.process_time() - start:.1f} s"])
    return bad


# -- the cell --------------------------------------------------------------------------------------


class Watch:
    """Notices when a file is opened or anything in a folder changes (Linux's inotify)."""

    OPENED, TOUCHED = 0x20, 0x2 | 0x100 | 0x200 | 0x40 | 0x80 | 0x400 | 0x4

    def __init__(self, canary, folders):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK)
        assert self.fd >= 0, "inotify is not available"
        for path, mask in [(canary, self.OPENED), *((f, self.TOUCHED) for f in folders)]:
            assert libc.inotify_add_watch(self.fd, os.fsencode(path), mask) >= 0, path

    def events(self):
        """What was seen: pairs (mask, name)."""
        seen = []
        while select.select([self.fd], [], [], 0)[0]:
            data = os.read(self.fd, 65536)
            at = 0
            while at < len(data):
                _, mask, _, length = struct.unpack_from("iIII", data, at)
                name = data[at + 16 : at + 16 + length].rstrip(b"\0").decode()
                seen.append((mask, name))
                at += 16 + length
        return seen

    def close(self):
        os.close(self.fd)


# Events of Python's audit hooks that opening a model file never causes.
FORBIDDEN = (
    "marshal.",
    "pickle.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.symlink",
    "os.link",
    "shutil.",
    "socket.",
    "urllib.",
    "tempfile.",
    "webbrowser.",
    "exec",
)


def opened(action, *args):
    """Run ``action(*args)`` in a forked child and report what happened there.

    Returns
    -------
    dict
        ``kind``, ``mro`` and ``text`` of the error ("" if none), ``value`` (what it returned),
        ``seconds`` of processor time, ``grown`` (bytes of memory above those at the start),
        ``audit`` (forbidden events), ``opened`` (paths that Python opened).
    """
    import fastconv

    fastconv.layers, fastconv.models, fastconv.saving, fastconv.optimizers  # noqa: B018
    fastconv.losses, fastconv.metrics  # noqa: B018
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        status = 1
        try:
            with os.fdopen(writer, "w") as pipe:
                json.dump(_in_the_cell(action, args), pipe)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        report = pipe.read()
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, (
        f"the child ended with {os.waitstatus_to_exitcode(status)}"
    )
    return json.loads(report)


def _in_the_cell(action, args):
    events, paths = [], []

    def hook(event, details):
        if event == "open" and isinstance(details[0], (str, bytes)):
            paths.append(os.fsdecode(details[0]))
            if (details[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                events.append(f"open for writing {details[0]!r}")
        elif event.startswith(FORBIDDEN) and not _is_lazy_import():
            events.append(event)

    sys.dont_write_bytecode = True
    start = _resident()
    room = _virtual() + MEMORY + (256 << 20)  # address space is not memory: some slack
    resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS * 3), int(SECONDS * 3) + 1))
    before = time.process_time()
    sys.addaudithook(hook)
    report = {"kind": "", "mro": [], "text": "", "value": None}
    try:
        report["value"] = action(*args)
    except BaseException as error:
        report["kind"] = type(error).__name__
        report["mro"] = [cls.__name__ for cls in type(error).__mro__]
        report["text"] = str(error)
    report["seconds"] = time.process_time() - before
    report["grown"] = _peak() - start
    report["audit"] = list(events)
    report["opened"] = list(paths)
    return report


def _is_lazy_import():
    """Whether an event comes from importing a module of ours or of a package of ours."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _status(key):
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(key):
                return int(line.split()[1]) * 1024
    raise KeyError(key)


def _resident():
    with open("/proc/self/clear_refs", "w") as file:  # resets VmHWM
        file.write("5")
    return _status("VmRSS:")


def _peak():
    return _status("VmHWM:")


def _virtual():
    return _status("VmSize:")
