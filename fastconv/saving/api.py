"""`save_model`, `load_model`, `save_weights`, `load_weights`: suffix decides the format."""

import errno
import io
import os
import sys
from typing import Any

from fastconv._files import replace_on_success
from fastconv._registry import serialize_keras_object
from fastconv.saving import hdf5, keras_file, legacy_h5, weights_h5
from fastconv.saving.dialect import portable
from fastconv.saving.gate import gate

LEGACY = (".h5", ".hdf5")


def _may_write(path: str, overwrite: bool) -> bool:
    """Whether to write; asks the person at the terminal when the file exists, as Keras does."""
    if overwrite or not os.path.exists(path):
        return True
    if not sys.stdin or not sys.stdin.isatty():
        raise FileExistsError(
            errno.EEXIST, "overwrite=False and the file exists, and there is no one to ask", path
        )
    answer = input(f"[WARNING] {path} already exists - overwrite? [y/n]").strip().lower()
    return answer == "y"


def _weights_bytes(model: Any) -> memoryview:
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        weights_h5.write(model, file)
    return stream.getbuffer()


def save_model(
    model: Any, filepath: Any, overwrite: bool = True, zipped: Any = None, **kwargs: Any
) -> None:
    """Save a model to ``.keras`` (or legacy ``.h5``).

    The file is complete or absent: it is written beside its place, synced and renamed.
    Source: ``keras.saving.save_model``.

    Parameters
    ----------
    model : Model
    filepath : path
        Ends in ``.keras`` (or ``.h5``, ``.hdf5``).
    overwrite : bool, default True
        False: ask at the terminal before replacing a file.

    Raises
    ------
    ValueError
        For another suffix.
    OSError
        If the folder is missing or read-only, or the disk full; the old file stays.
    """
    include_optimizer = kwargs.pop("include_optimizer", True)
    if kwargs.pop("save_format", None) is not None:
        raise ValueError(
            "The `save_format` argument is deprecated in Keras 3. Please remove this argument and "
            "pass a file path with either `.keras` or `.h5` extension."
        )
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}")
    if zipped is False:
        raise ValueError("zipped: fastconv writes `.keras` files only zipped, received False")
    path = os.fsdecode(filepath)
    if path.endswith(".keras"):
        if not _may_write(path, overwrite):
            return
        config = portable(serialize_keras_object(model))
        weights = _weights_bytes(model)
        with replace_on_success(path) as temporary:
            keras_file.write(temporary, config, weights)
    elif path.endswith(LEGACY):
        if _may_write(path, overwrite):
            stream = io.BytesIO()
            legacy_h5.write_model(model, stream, include_optimizer)
            with replace_on_success(path) as temporary:
                temporary.write_bytes(stream.getbuffer())
    else:
        raise ValueError(
            "Invalid filepath extension for saving. Please add either a `.keras` extension for the "
            "native Keras format (recommended) or a `.h5` extension. Use "
            "`model.export(filepath)` if you want to export a SavedModel for use with "
            f"TFLite/TFServing/etc. Received: filepath={path}."
        )


def load_model(
    filepath: Any,
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """Load a model saved by fastconv or by any Keras.

    An untrusted file can fail to load; it cannot run code, read or write another file, or take
    more memory than `fastconv.saving.limits` allow. Source: ``keras.saving.load_model``.

    Parameters
    ----------
    filepath : path
        A ``.keras``, ``.h5`` or ``.hdf5`` file.
    custom_objects : dict, optional
        Classes and functions of your own by name.
    compile : bool, default True
        Restore the optimizer (with its state), loss and metrics.
    safe_mode : bool, default True
        Accepted for Keras's sake; there is no unsafe mode.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        For other suffixes, missing ``.keras`` files, unknown classes, malformed files.
    FileNotFoundError
        For missing ``.h5`` files.
    """
    path = os.fsdecode(filepath)
    if path.endswith(".keras") and not os.path.isfile(path):
        raise ValueError(
            f"File not found: filepath={path}. Please ensure the file is an accessible "
            "`.keras` zip file."
        )
    if path.endswith(".keras") or keras_file.is_archive(path):
        return _load_keras(path, custom_objects, compile)
    if path.endswith(LEGACY):
        if not os.path.exists(path):
            raise FileNotFoundError(
                errno.ENOENT,
                f"Unable to synchronously open file (unable to open file: name = '{path}')",
                path,
            )
        with (
            keras_file.open_window(path) as window,
            hdf5.open_file(window, path) as root,
            gate(path, custom_objects, window.size, weights_follow=True),
        ):
            return legacy_h5.load_model(root, path, custom_objects, compile)
    raise ValueError(
        "File format not supported: "
        f"filepath={path}. Keras 3 only supports V3 `.keras` files and legacy H5 format files "
        "(`.h5` extension). Note that the legacy SavedModel format is not supported by "
        "`load_model()`."
    )


def _load_keras(path: str, custom_objects: Any, compile: bool) -> Any:
    from fastconv.models.graph_config import deserialize_layer
    from fastconv.saving.compile_config import compile_from_config

    with keras_file.open_archive(path) as archive:
        config = keras_file.config_of(archive)
        stream = archive.stream(keras_file.WEIGHTS)
        name = f"{path}:{keras_file.WEIGHTS}"
        size = stream.seek(0, os.SEEK_END)
        with (
            hdf5.open_file(stream, name) as root,
            gate(path, custom_objects, size, weights_follow=True),
        ):
            compiled = config.pop("compile_config", None)
            model = deserialize_layer(config, custom_objects)
            if compile and compiled:
                compile_from_config(model, compiled)
            weights_h5.load(model, root)
    return model


def save_weights(
    model: Any, filepath: Any, overwrite: bool = True, max_shard_size: Any = None
) -> None:
    """Save a model's weights, and its optimizer's state, to a ``.weights.h5`` file.

    Raises
    ------
    ValueError
        If the name does not end in ``.weights.h5``, or the model has no weights yet.
    """
    path = os.fsdecode(filepath)
    if not path.endswith(".weights.h5"):
        raise ValueError(f"The filename must end in `.weights.h5`. Received: filepath={path}")
    if max_shard_size is not None:
        raise ValueError("max_shard_size: fastconv writes one file, received a shard size")
    if not model.built:
        raise ValueError(
            f"model '{model.name}' has no weights to save yet: build it, or call it on data first"
        )
    if not _may_write(path, overwrite):
        return
    with replace_on_success(path) as temporary:
        temporary.write_bytes(_weights_bytes(model))


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Load weights from a ``.weights.h5``, ``.keras`` or legacy ``.h5`` file into a model.

    Parameters
    ----------
    model : Model
    filepath : path
    skip_mismatch : bool, default False
        Load what matches, warn about the rest.
    by_name : bool, optional
        Legacy ``.h5`` only: match layers by name instead of by position.

    Raises
    ------
    ValueError
        If something does not match; the model is then unchanged.
    """
    path = os.fsdecode(filepath)
    by_name = kwargs.pop("by_name", False)
    kwargs.pop("objects_to_skip", None)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}")
    is_legacy = path.endswith(LEGACY) and not path.endswith(".weights.h5")
    if by_name and not is_legacy:
        raise ValueError(f"by_name: only for legacy `.h5` files, received filepath={path}")
    if not path.endswith((".keras", *LEGACY)):
        raise ValueError(
            f"File format not supported: filepath={path}. Keras 3 only supports V3 `.keras` and "
            "`.weights.h5` files, or legacy V1/V2 `.h5` files."
        )
    if not os.path.isfile(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    if not model.built:
        raise ValueError(
            "You are loading weights into a model that has not yet been built. Unable to load "
            f"weights saved in H5 format into model '{model.name}' which has not created its "
            "variables yet. Call the model first, then load the weights."
        )
    if path.endswith(".keras"):
        with keras_file.open_archive(path) as archive:
            stream = archive.stream(keras_file.WEIGHTS)
            with hdf5.open_file(stream, f"{path}:{keras_file.WEIGHTS}") as root:
                weights_h5.load(model, root, skip_mismatch)
        return
    with keras_file.open_window(path) as window, hdf5.open_file(window, path) as root:
        if legacy_h5.is_legacy(root):
            legacy_h5.load_weights(model, root, by_name, skip_mismatch)
        else:
            weights_h5.load(model, root, skip_mismatch)
