"""Legacy ``.h5`` files of Keras 1 to 3: a whole model, or weights by layer name and position."""

import json
from typing import Any

import numpy as np

from fastconv.layers.layer import Layer
from fastconv.ops.variable import Variable
from fastconv.saving import hdf5, keras_file
from fastconv.saving.hdf5 import FileError
from fastconv.saving.json_text import parse_json

# An HDF5 object header holds attributes of up to 64 KB together.
_ATTRIBUTE_BYTES = 60_000


def is_legacy(root: Any) -> bool:
    """Whether the file has the legacy layout."""
    return (
        hdf5.attribute(root, "model_config") is not None
        or hdf5.child_group(root, "model_weights") is not None
        or bool(hdf5.text_list(root, "layer_names"))
    )


def _legacy_weights(layer: Layer) -> list[Variable]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _flat_layers(model: Any) -> list[Layer]:
    """The model's layers as legacy files list them (an `InputLayer` first in a Sequential too)."""
    return getattr(model, "_stack", None) or model.layers


# -- reading ---------------------------------------------------------------------------------------


def load_model(root: Any, path: str, custom_objects: Any, compile: bool) -> Any:
    """The model in a legacy file."""
    from fastconv.models.graph_config import deserialize_layer
    from fastconv.saving.compile_config import compile_from_training_config

    text = hdf5.attribute(root, "model_config")
    if text is None:
        raise ValueError(f"No model config found in the file at {path}.")
    config = parse_json(text, "model_config")
    model = deserialize_layer(config, custom_objects)
    load_weights(model, root, by_name=False, skip_mismatch=False)
    training = hdf5.attribute(root, "training_config")
    if compile and training is not None:
        compile_from_training_config(model, parse_json(training, "training_config"))
        _load_optimizer(model, root)
    return model


def load_weights(model: Any, root: Any, by_name: bool, skip_mismatch: bool) -> None:
    """Weights by position among the layers that have some, or by layer name."""
    group = hdf5.child_group(root, "model_weights")
    if group is None:
        group = root
    stored = []
    layer_names = hdf5.text_list(group, "layer_names")
    if len(set(layer_names)) != len(layer_names):
        raise FileError(f"{group.name}: layer_names holds a name twice")
    for name in layer_names:
        layer_group = hdf5.walk(group, name)
        weight_names = [] if layer_group is None else hdf5.text_list(layer_group, "weight_names")
        if weight_names:
            stored.append((name, layer_group, weight_names))
    layers = [layer for layer in _flat_layers(model) if _legacy_weights(layer)]
    if by_name:
        index = {layer.name: layer for layer in layers}
        pairs = [(index[name], rest) for name, *rest in stored if name in index]
    else:
        if len(stored) != len(layers):
            raise ValueError(
                "Layer count mismatch when loading weights from file. Model expected "
                f"{len(layers)} layers, found {len(stored)} saved layers."
            )
        pairs = [(layer, rest) for layer, (_, *rest) in zip(layers, stored, strict=True)]
    planned: list[tuple[Variable, np.ndarray]] = []
    for layer, (layer_group, weight_names) in pairs:
        try:
            planned += _plan(layer, layer_group, weight_names)
        except FileError:
            raise
        except ValueError as error:
            if not skip_mismatch:
                raise
            import warnings

            warnings.warn(f"Skipping loading weights for layer {layer.name}: {error}", stacklevel=4)
    for variable, values in planned:
        variable.assign(values)


def _plan(layer: Layer, group: Any, weight_names: list[str]) -> list[tuple[Variable, np.ndarray]]:
    variables = _legacy_weights(layer)
    if len(variables) != len(weight_names):
        raise ValueError(
            f"Weight count mismatch for layer (named {layer.name} in the current model). Layer "
            f"expects {len(variables)} weight(s). Received {len(weight_names)} saved weight(s)"
        )
    planned = []
    for variable, name in zip(variables, weight_names, strict=True):
        *folders, last = name.split("/")
        inside = hdf5.walk(group, "/".join(folders))
        found = None if inside is None else hdf5.dataset(inside, last)
        if found is None:
            raise FileError(f"{group.name}: no dataset {name!r}")
        if found.shape != variable.shape:
            raise ValueError(
                f"Shape mismatch in layer {layer.name} for weight {variable.path}. Weight expects "
                f"shape {variable.shape}. Received saved weight with shape {found.shape}"
            )
        planned.append((variable, found.read(variable.shape)))
    return planned


def _load_optimizer(model: Any, root: Any) -> None:
    """Optimizer state, where the file's has as many variables as ours."""
    group = hdf5.child_group(root, "optimizer_weights")
    optimizer = model.optimizer
    if group is None or optimizer is None:
        return
    names = hdf5.text_list(group, "weight_names")
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    variables = list(optimizer.variables)
    if len(names) == len(variables) - 1:  # Keras 2 kept the learning rate in the config only
        variables = [variables[0], *variables[2:]]
        if not _fits(group, names, variables):
            # Keras 2's optimizers before 2.11 list all first moments, then all second ones.
            slots = variables[1:]
            variables = [variables[0], *slots[0::2], *slots[1::2]]
    if len(names) != len(variables) or not _fits(group, names, variables):
        import warnings

        warnings.warn(
            "Error in loading the saved optimizer state. As a result, your model is starting with "
            "a freshly initialized optimizer.",
            stacklevel=4,
        )
        return
    planned = []
    for name, variable in zip(names, variables, strict=True):
        *folders, last = name.split("/")
        inside = hdf5.walk(group, "/".join(folders))
        found = None if inside is None else hdf5.dataset(inside, last)
        if found is not None:
            planned.append((variable, found.read(variable.shape)))
    for variable, values in planned:
        variable.assign(values)


def _fits(group: Any, names: list[str], variables: list[Variable]) -> bool:
    for name, variable in zip(names, variables, strict=True):
        *folders, last = name.split("/")
        inside = hdf5.walk(group, "/".join(folders))
        found = None if inside is None else hdf5.dataset(inside, last)
        if found is None or found.shape != variable.shape:
            return False
    return True


# -- writing ---------------------------------------------------------------------------------------


def write_model(model: Any, stream: Any, include_optimizer: bool = True) -> None:
    """Write the legacy layout: config and compilation as attributes, weights by layer."""
    import h5py

    from fastconv._registry import serialize_keras_object
    from fastconv.saving.compile_config import training_config
    from fastconv.saving.dialect import portable

    with h5py.File(stream, "w") as file:
        config = portable(serialize_keras_object(model))
        short = {"class_name": config["class_name"], "config": config["config"]}
        file.attrs["model_config"] = json.dumps(short)
        file.attrs["keras_version"] = keras_file.DIALECT_VERSION
        file.attrs["backend"] = "fastconv"
        weights = file.create_group("model_weights")
        layers = [layer for layer in _flat_layers(model) if layer.name]
        _write_names(weights, "layer_names", [layer.name for layer in layers])
        weights.attrs["backend"] = "fastconv"
        weights.attrs["keras_version"] = keras_file.DIALECT_VERSION
        for layer in layers:
            _write_variables(weights.create_group(layer.name), _legacy_weights(layer))
        if include_optimizer and model.optimizer is not None:
            compiled = portable(training_config(model._compilation))
            file.attrs["training_config"] = json.dumps(compiled)
            if model.optimizer.built:
                _write_variables(
                    file.create_group("optimizer_weights"), list(model.optimizer.variables)
                )


def _write_variables(group: Any, variables: list[Variable]) -> None:
    names: list[str] = []
    for variable in variables:
        name = variable.path
        while name in names:
            name += "_"
        names.append(name)
        group.create_dataset(name, data=variable.data)
    _write_names(group, "weight_names", names)


def _write_names(group: Any, key: str, names: list[str]) -> None:
    """A list of texts as one attribute, or split when it is too long for an object header."""
    encoded = [name.encode("utf-8") for name in names]
    longest = max((len(name) for name in encoded), default=1)
    room = max(1, _ATTRIBUTE_BYTES // max(1, longest))
    if len(encoded) <= room:
        group.attrs[key] = np.array(encoded, dtype=f"S{max(1, longest)}")
        return
    for part, start in enumerate(range(0, len(encoded), room)):
        group.attrs[f"{key}{part}"] = np.array(encoded[start : start + room], dtype=f"S{longest}")
