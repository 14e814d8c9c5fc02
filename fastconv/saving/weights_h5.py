"""The layout of ``.weights.h5``, and of ``model.weights.h5`` inside a ``.keras`` file.

A layer's own weights are ``<path>/vars/0, 1, ...``; the layers of a model stand under ``layers``,
named by class and order (``dense``, ``dense_1``), a composite's sublayers under the name of the
attribute that holds them. Source: Keras 3's ``saving_lib``.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastconv.layers.layer import Layer
from fastconv.ops.tensor import Tensor
from fastconv.ops.variable import Variable, snake_case
from fastconv.saving import hdf5
from fastconv.saving.hdf5 import FileError
from fastconv.saving.limits import limits

# TF-Keras 2.13 wrote this for "layers".
_OLD_LAYERS = "_layer_checkpoint_dependencies"


def children(layer: Layer, listed: bool = False) -> Iterator[tuple[str, Layer]]:
    """(path below `layer`, sublayer) for each sublayer that files hold separately.

    With `listed`, as Keras walks a subclassed model: its attribute ``layers`` is one of them, in
    alphabetical order, so what no earlier attribute holds has its path there.
    """
    from fastconv.models.model import Model

    if isinstance(layer, Model) and _has_layer_list(layer):
        yield from _named("layers", layer.layers)
        return
    attributes = dict(vars(layer))
    if listed and isinstance(layer, Model):
        attributes["layers"] = layer.layers
    for attribute, value in sorted(attributes.items(), key=_public_first):
        if attribute.startswith("_") and attribute in _BOOKKEEPING:
            continue
        if isinstance(value, Layer):
            yield attribute, value
        elif isinstance(value, (list, tuple, dict)):
            yield from _named(attribute, value)


def _public_first(item: tuple[str, Any]) -> tuple[bool, str]:
    return item[0].startswith("_"), item[0]


_BOOKKEEPING = frozenset(vars(Layer(name="any"))) | {"_functional", "_stack", "_graph"}


def _has_layer_list(layer: Any) -> bool:
    from fastconv.models.functional import Functional
    from fastconv.models.sequential import Sequential

    return isinstance(layer, (Functional, Sequential))


def _named(
    prefix: str, container: Any, open_: frozenset[int] = frozenset()
) -> Iterator[tuple[str, Layer]]:
    """Layers of a list, tuple or dict by class and number; containers inside likewise."""
    if id(container) in open_:
        return  # it holds itself
    open_ |= {id(container)}
    counts: dict[str, int] = {}
    for value in container.values() if isinstance(container, dict) else container:
        is_layer = isinstance(value, Layer)
        if not is_layer and not isinstance(value, (list, tuple, dict)):
            continue
        name = snake_case(type(value).__name__) if is_layer else "container"
        count = counts.get(name, 0)
        counts[name] = count + 1
        path = f"{prefix}/{name}_{count}" if count else f"{prefix}/{name}"
        if is_layer:
            yield path, value
        else:
            yield from _named(path, value, open_)


def walk_layers(model: Layer, listed: bool = False) -> Iterator[tuple[str, Layer]]:
    """(path in the file, layer) of the model and everything in it; a shared layer once.

    `listed` as in `children`: the paths in Keras's files of subclassed models.
    """
    seen: set[int] = set()
    stack: list[tuple[str, Layer]] = [("", model)]
    while stack:
        path, layer = stack.pop()
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        yield path, layer
        below = [
            (f"{path}/{name}" if path else name, child) for name, child in children(layer, listed)
        ]
        stack.extend(reversed(below))


# -- writing ---------------------------------------------------------------------------------------


def write(model: Layer, file: Any) -> None:
    """Write all weights, and the optimizer's state if it has any, into an open HDF5 file."""
    for path, layer in walk_layers(model):
        store: dict[str, Any] = {}
        layer.save_own_variables(store)
        group = file.require_group(f"{path}/vars" if path else "vars")
        group.attrs["name"] = layer.name
        _write_values(group, store)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and optimizer.built:
        group = file.require_group("optimizer/vars")
        group.attrs["name"] = optimizer.name
        _write_values(group, {str(i): v for i, v in enumerate(optimizer.variables)})


def _write_values(group: Any, store: dict[str, Any]) -> None:
    for key, value in store.items():
        array = value.data if isinstance(value, Tensor) else np.asarray(value)
        group.create_dataset(key, data=array)


# -- reading ---------------------------------------------------------------------------------------


class Store:
    """A layer's ``vars`` group as `load_own_variables` sees it: checked before it is read."""

    def __init__(self, group: Any) -> None:
        self._group = group
        self._names = [] if group is None else hdf5.names(group)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def keys(self) -> list[str]:
        """Names of the stored arrays."""
        return list(self._names)

    def shape(self, key: str) -> tuple[int, ...]:
        """Shape of an array, without reading it."""
        return self._found(key).shape

    def _found(self, key: str) -> Any:
        found = None if self._group is None else hdf5.dataset(self._group, key)
        if found is None:
            raise KeyError(key)
        return found

    def read(self, key: str, shape: tuple[int, ...]) -> np.ndarray:
        """Values of an array that must have this shape."""
        return self._found(key).read(shape)

    def __getitem__(self, key: str) -> np.ndarray:
        """Values for a user's own `load_own_variables`; capped as everything else."""
        found = self._found(key)
        count = math.prod(found.shape)
        if count > limits.parameters:
            raise FileError(
                f"{found.name}: {count} values, more than saving.limits.parameters = "
                f"{limits.parameters}"
            )
        return found.read(found.shape)


def _told(failures: list[tuple[Layer, Exception]]) -> str:
    """Keras's words about layers whose weights did not fit."""
    layer, problem = failures[0]
    names = ", ".join(repr(layer) for layer, _ in failures)
    return (
        f"A total of {len(failures)} objects could not be loaded. Example error message for "
        f"object {layer!r}:\n\n{problem}\n\nList of objects that could not be loaded:\n[{names}]"
    )


def load(model: Any, root: Any, skip_mismatch: bool = False) -> None:
    """Read all weights, and the optimizer's state where the model has an optimizer.

    Nothing is written into the model unless everything fits (with `skip_mismatch`: what fits).
    """
    layers_name = _OLD_LAYERS if hdf5.child_group(root, _OLD_LAYERS) is not None else "layers"
    expected: list[tuple[str, Layer]] = [
        (_renamed(path, layers_name), layer) for path, layer in _paths_in(root, model)
    ]
    failures: list[tuple[Layer, Exception]] = []
    planned: list[tuple[Variable, np.ndarray]] = []
    own_loaders: list[tuple[Layer, Store]] = []
    for path, layer in expected:
        group = hdf5.walk(root, f"{path}/vars" if path else "vars")
        store = Store(group)
        if type(layer).load_own_variables is not Layer.load_own_variables:
            own_loaders.append((layer, store))
            continue
        try:
            planned += layer._plan_own_variables(store)
        except FileError:
            raise
        except (ValueError, KeyError) as error:
            failures.append((layer, error))
    surplus = [] if skip_mismatch else _surplus(root, [path for path, _ in expected], layers_name)
    if failures and not skip_mismatch:
        raise ValueError(_told(failures))
    if surplus:
        raise ValueError(
            "The file holds weights of layers that the model does not have: "
            f"{', '.join(surplus)}. "
            "Pass `skip_mismatch=True` to load only what matches."
        )
    if failures:
        import warnings

        warnings.warn(_told(failures), stacklevel=4)
    optimizer_state = _plan_optimizer(model, root)
    for variable, values in planned:
        variable.assign(values)
    for layer, store in own_loaders:
        layer.load_own_variables(store)
    for variable, values in optimizer_state:
        variable.assign(values)


def _paths_in(root: Any, model: Any) -> Iterator[tuple[str, Layer]]:
    """`walk_layers` with the paths that the file has: ours, or else Keras's."""
    keras_paths = {id(layer): path for path, layer in walk_layers(model, listed=True)}
    for path, layer in walk_layers(model):
        theirs = keras_paths[id(layer)]
        if theirs != path and hdf5.walk(root, f"{path}/vars") is None:
            path = theirs
        yield path, layer


def _renamed(path: str, layers_name: str) -> str:
    if layers_name == "layers":
        return path
    return "/".join(layers_name if part == "layers" else part for part in path.split("/"))


def _surplus(root: Any, paths: list[str], layers_name: str) -> list[str]:
    """Paths below ``layers`` that hold weights and belong to no layer of the model."""
    group = hdf5.child_group(root, layers_name)
    if group is None:
        return []
    known = {path.split("/")[1] for path in paths if path.startswith(f"{layers_name}/")}
    seen: set[Any] = set()
    return [
        f"{layers_name}/{name}"
        for name in hdf5.names(group)
        if name not in known and _holds_weights(hdf5.child_group(group, name), seen)
    ]


def _holds_weights(group: Any, seen: set[Any]) -> bool:
    """Whether any ``vars`` below `group` holds something; each group is looked at once."""
    waiting = [group]
    while waiting:
        group = waiting.pop()
        if group is None:
            raise FileError("a name is listed in a group of weights, but leads nowhere")
        key = hdf5.identity(group)
        if key in seen:
            continue
        seen.add(key)
        if len(seen) > limits.layers:
            raise FileError(f"{group.name}: more groups than saving.limits.layers allow")
        for name in hdf5.names(group):
            inside = hdf5.child_group(group, name)
            if name == "vars" and hdf5.names(inside):
                return True
            waiting.append(inside)
    return False


def _plan_optimizer(model: Any, root: Any) -> list[tuple[Variable, np.ndarray]]:
    """(variable, values) of the optimizer; [] where the file or the model has none.

    A freshly compiled model's optimizer is built first, so that training goes on where it stopped
    (Keras drops the state there).
    """
    optimizer = getattr(model, "optimizer", None)
    store = Store(hdf5.walk(root, "optimizer/vars"))
    if optimizer is None or not len(store):
        return []
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    variables = list(optimizer.variables)
    if len(store) == len(variables) - 1 and len(variables) > 1 and variables[1].shape == ():
        del variables[1]  # tf_keras keeps the learning rate in the config only
    if len(variables) != len(store):
        import warnings

        warnings.warn(
            f"Skipping variable loading for optimizer '{optimizer.name}', because it has "
            f"{len(variables)} variables whereas the saved optimizer has {len(store)} variables. ",
            stacklevel=5,
        )
        return []
    shapes = [store.shape(str(i)) for i in range(len(store))]
    scalar = variables.pop() if variables[-1].shape == () != shapes[-1] else None
    if scalar is not None:  # Keras before 3.12 put Nadam's product of momenta before the slots
        variables.insert(2, scalar)
    return [(v, store.read(str(i), v.shape)) for i, v in enumerate(variables)]
