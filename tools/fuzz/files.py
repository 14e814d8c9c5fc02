"""Fuzz targets that open model files: each takes bytes, and raises only on a bug.

A file may be refused with a ValueError; nothing else may come of it. What was accepted must be
usable: it is described, and run on zeros where that is no long computation.
"""

import io
import json
import math
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np

import fastconv
from fastconv import layers, saving

FOLDER = Path("/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir())
LARGEST_RUN = 20_000  # scalars in the largest array of a model that is run


def _place(suffix: str, data: bytes) -> str:
    path = FOLDER / f"fastconv-fuzz-{os.getpid()}{suffix}"
    path.write_bytes(data)
    return os.fspath(path)


def _open(path: str) -> None:
    try:
        model = saving.load_model(path)
    except ValueError as error:
        if len(str(error)) > 30_000:
            raise AssertionError("a message of more than 30,000 characters") from error
        return
    finally:
        os.unlink(path)
    if model.count_params() > saving.limits.parameters:
        raise AssertionError("more parameters than the limits allow")
    json.dumps(saving.serialize_keras_object(model))
    _run(model)


def _run(model: fastconv.Model) -> None:
    """Predict a batch of two zeros: kernels must stand what a config made of them."""
    shapes = [tuple(t.shape) for t in model.inputs or ()]
    tensors = [t for layer in model._flatten_layers() for t in _outputs(layer)]
    sizes = [math.prod(n or 2 for n in shape) for shape in [*shapes, *tensors]]
    if not shapes or max(sizes) > LARGEST_RUN or model.count_params() > LARGEST_RUN:
        return
    batch = [np.zeros([n or 2 for n in shape], np.float32) for shape in shapes]
    try:
        model(batch if len(batch) > 1 else batch[0])
    except (ValueError, TypeError, NotImplementedError):
        return  # a size that was unknown until now does not fit, or call() wants more arguments


def _outputs(layer: fastconv.layers.Layer) -> Iterator[tuple[int | None, ...]]:
    for node in getattr(layer, "_inbound_nodes", ()):
        for tensor in node.outputs:
            yield tuple(tensor.shape)


# -- seeds -----------------------------------------------------------------------------------------


def _small_models() -> list[fastconv.Model]:
    dense = fastconv.Sequential(
        [fastconv.Input((4,)), layers.Dense(3, name="dense"), layers.BatchNormalization(name="bn")]
    )
    dense.compile("adam", "mse", metrics=["mae"])
    image = fastconv.Sequential(
        [
            fastconv.Input((6, 6, 1)),
            layers.Conv2D(2, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(2, activation="softmax", kernel_regularizer="l2"),
        ]
    )
    image.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    a = fastconv.Input((4,), name="a")
    b = fastconv.Input((4,), name="b")
    shared = layers.Dense(3, name="shared")
    joined = layers.Concatenate()([shared(a), shared(b), layers.Multiply()([a, b])])
    graph = fastconv.Model([a, b], layers.Reshape((5, 2))(joined))
    line = fastconv.Sequential(
        [
            fastconv.Input((8, 2)),
            layers.SeparableConv1D(3, 3, dilation_rate=2, padding="same"),
            layers.UpSampling1D(2),
            layers.ZeroPadding1D(1),
            layers.LayerNormalization(),
            layers.GlobalAveragePooling1D(),
        ]
    )
    return [dense, image, graph, line]


def _saved(suffix: str) -> list[bytes]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for i, model in enumerate(_small_models()):
            path = Path(folder, f"{i}{suffix}")
            if suffix == ".weights.h5":
                model.save_weights(path)
            else:
                model.save(path)
            found.append(path.read_bytes())
    return found


def _member(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def packed(config: bytes, weights: bytes) -> bytes:
    """A sound archive around a config and weights."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.4.1"}))
        archive.writestr("config.json", config)
        archive.writestr("model.weights.h5", weights)
    return stream.getvalue()


# -- targets ---------------------------------------------------------------------------------------


class Target:
    """Bytes -> nothing; an exception is a bug. `seeds()` gives sound inputs."""

    limit = 32_768  # bytes of an input

    def __call__(self, data: bytes) -> None:
        raise NotImplementedError

    def seeds(self) -> list[bytes]:
        raise NotImplementedError

    # How to change an input with knowledge of its form; None: as bytes.
    mutate: Callable[[bytes, np.random.Generator], bytes] | None = None


class Archive(Target):
    """A whole ``.keras`` file."""

    def __call__(self, data: bytes) -> None:
        _open(_place(".keras", data))

    def seeds(self) -> list[bytes]:
        return _saved(".keras")


class Config(Target):
    """The ``config.json`` of a sound archive; weights are those of the first small model."""

    def __init__(self) -> None:
        self._weights = _member(_saved(".keras")[0], "model.weights.h5")

    def __call__(self, data: bytes) -> None:
        _open(_place(".keras", packed(data, self._weights)))

    def seeds(self) -> list[bytes]:
        return [_member(data, "config.json") for data in _saved(".keras")]


class LegacyConfig(Target):
    """The ``model_config`` of a legacy ``.h5`` file, and behind a line end its training config."""

    def __call__(self, data: bytes) -> None:
        config, _, training = data.partition(b"\n")
        stream = io.BytesIO()
        with h5py.File(stream, "w") as file:
            file.attrs["keras_version"] = "2.11.0"
            file.attrs["backend"] = "tensorflow"
            file.attrs["model_config"] = np.bytes_(config) if config else ""
            if training:
                file.attrs["training_config"] = np.bytes_(training)
            group = file.create_group("model_weights")
            group.attrs["layer_names"] = [b"dense"]
            inner = group.create_group("dense")
            inner.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
            inner["dense/kernel:0"] = np.ones((4, 3), np.float32)
            inner["dense/bias:0"] = np.ones(3, np.float32)
        _open(_place(".h5", stream.getvalue()))

    def seeds(self) -> list[bytes]:
        found = []
        for data in _saved(".h5"):
            with h5py.File(io.BytesIO(data)) as file:
                texts = [file.attrs.get(n, "") for n in ("model_config", "training_config")]
            found.append("\n".join(t if isinstance(t, str) else t.decode() for t in texts).encode())
        return found


class Weights(Target):
    """A ``.weights.h5`` file, read into the first small model, which a refusal leaves as it was."""

    def __init__(self) -> None:
        self._model = _small_models()[0]
        self._before = [w.copy() for w in self._model.get_weights()]

    def __call__(self, data: bytes) -> None:
        path = _place(".weights.h5", data)
        model = self._model
        try:
            model.load_weights(path)
        except ValueError:
            for old, new in zip(self._before, model.get_weights(), strict=True):
                if old.tobytes() != new.tobytes():
                    raise AssertionError("a refused file has changed the model") from None
        else:
            model.set_weights(self._before)
        finally:
            os.unlink(path)

    def seeds(self) -> list[bytes]:
        found = _saved(".weights.h5")[:1]
        options = {"compression": "gzip", "shuffle": True, "chunks": True}
        for kind, latest in (({}, True), (options, False)):
            stream = io.BytesIO()
            with (
                h5py.File(stream, "w", libver="latest" if latest else None) as file,
                h5py.File(io.BytesIO(found[0])) as source,
            ):
                _copy(source, file, kind)
            found.append(stream.getvalue())
        return found


def _copy(source: h5py.Group, to: h5py.Group, options: dict) -> None:
    to.attrs.update(source.attrs)
    for name, item in source.items():
        if isinstance(item, h5py.Group):
            _copy(item, to.create_group(name), options)
        else:
            to.create_dataset(name, data=item[()], **(options if item.ndim else {}))


class Legacy(Target):
    """A legacy ``.h5`` file."""

    def __call__(self, data: bytes) -> None:
        _open(_place(".h5", data))

    def seeds(self) -> list[bytes]:
        return _saved(".h5")[:2]
