"""Configs of graphs: a functional model as plain data, and back.

Layout of the data: contract of Keras 3 (``inbound_nodes`` with ``__keras_tensor__`` entries), and
on reading also that of Keras 2 (lists of ``[layer, node, tensor, kwargs]``).
"""

import heapq
import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

from fastconv._registry import (
    ConfigError,
    custom_object_scope,
    deserialize_keras_object,
    lookup,
    serialize_keras_object,
    short_repr,
)
from fastconv.layers.input_layer import InputLayer
from fastconv.layers.layer import Layer
from fastconv.ops.symbolic import OPS, KerasTensor, Node, Operation, flatten, map_structure
from fastconv.ops.variable import snake_case

# Modules that Keras names for its ops; those not listed stand in keras.src.ops.numpy.
_OP_MODULES = {
    "keras.src.ops.nn": (
        "relu relu6 sigmoid softmax log_softmax softplus softsign silu leaky_relu elu selu gelu "
        "celu mish hard_sigmoid hard_silu hard_tanh log_sigmoid glu conv depthwise_conv "
        "separable_conv conv_transpose max_pool average_pool one_hot moments "
        "batch_normalization normalize categorical_crossentropy sparse_categorical_crossentropy "
        "binary_crossentropy"
    ).split(),
    "keras.src.ops.core": "cast shape stop_gradient slice unstack".split(),
    "keras.src.ops.math": "erf logsumexp rsqrt segment_sum top_k in_top_k".split(),
    "keras.src.ops.linalg": "norm".split(),
}
# Parameters that hold tensors: they stand in a node's arguments, all others in the op's config.
_TENSOR_PARAMETERS = frozenset("x x1 x2 inputs xs a b key condition target output kernel".split())


def _class_of_op(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _op_of_class(class_name: str) -> str:
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name).lower()
    for candidate in (name, snake_case(class_name)):
        if candidate in OPS:
            return candidate
    raise ConfigError(
        f"Could not locate class {class_name!r}: fastconv has no op of that name. Pass a layer of "
        "your own for it as `custom_objects=`."
    )


# -- writing ---------------------------------------------------------------------------------------


def serialize_layer(layer: Any) -> dict[str, Any]:
    """A layer (or nested model) as plain data."""
    return serialize_keras_object(layer)


def functional_config(model: Any) -> dict[str, Any]:
    """``get_config()`` of a functional model."""
    graph = model._graph
    places = _places(graph, model.inputs)

    def name_tensors(leaf: Any) -> Any:
        if isinstance(leaf, KerasTensor):
            operation, node, tensor = leaf._keras_history  # type: ignore[misc]
            key = (id(operation), node)
            return _TensorEntry(leaf, operation.name, places[key], tensor)
        return leaf

    layers = []
    for operation in graph.operations:
        nodes = [n for n in graph.run_order if n.operation is operation]
        nodes.sort(key=operation._nodes.index)
        if isinstance(operation, Layer):
            entry = serialize_layer(operation)
            inbound = [
                {"args": map_structure(name_tensors, n.args), "kwargs": _plain(n, name_tensors)}
                for n in nodes
                if n.inputs
            ]
        else:
            entry, inbound = _serialize_op(operation, nodes, name_tensors)
        entry["name"] = operation.name
        entry["inbound_nodes"] = serialize_keras_object(_entries(inbound))
        layers.append(entry)

    def history(leaf: KerasTensor) -> list[Any]:
        operation, node, tensor = leaf._keras_history  # type: ignore[misc]
        # Keras counts the graph of a nested model as its first call, but only here.
        place = places[id(operation), node] + hasattr(operation, "_graph")
        return [operation.name, place, tensor]

    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": map_structure(history, model._inputs_struct),
        "output_layers": map_structure(history, model._outputs_struct),
    }


class _TensorEntry:
    """A tensor of a node's arguments, named within the model."""

    def __init__(self, tensor: KerasTensor, layer: str, node: int, index: int) -> None:
        self.data = {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": list(tensor.shape),
                "dtype": tensor.dtype,
                "keras_history": [layer, node, index],
            },
        }


def _entries(structure: Any) -> Any:
    return map_structure(
        lambda leaf: leaf.data if isinstance(leaf, _TensorEntry) else leaf, structure
    )


def _plain(node: Node, name_tensors: Any) -> dict[str, Any]:
    return map_structure(name_tensors, node.kwargs)


def _places(graph: Any, inputs: list[KerasTensor]) -> dict[tuple[int, int], int]:
    """Number of each node among those of its operation that belong to the graph."""
    used: dict[int, list[int]] = {}
    for node in graph.nodes:
        used.setdefault(id(node.operation), []).append(node.operation._nodes.index(node))
    for tensor in inputs:
        operation, number, _ = tensor._keras_history  # type: ignore[misc]
        numbers = used.setdefault(id(operation), [])
        if number not in numbers:
            numbers.append(number)
    return {
        (key, number): place
        for key, numbers in used.items()
        for place, number in enumerate(sorted(numbers))
    }


def _serialize_op(
    operation: Operation, nodes: list[Node], name_tensors: Any
) -> tuple[dict[str, Any], list[Any]]:
    name = operation.function.__name__
    module = next((m for m, ops in _OP_MODULES.items() if name in ops), "keras.src.ops.numpy")
    class_name = _class_of_op(name)
    config: dict[str, Any] = {"name": operation.name}
    inbound = []
    for node in nodes:
        bound = inspect.signature(operation.function).bind(*node.args, **node.kwargs)
        args = []
        for parameter, value in bound.arguments.items():
            if parameter in _TENSOR_PARAMETERS:
                args.append(map_structure(name_tensors, value))
            else:
                config[parameter] = value
        inbound.append({"args": args, "kwargs": {}})
    entry = {
        "module": module,
        "class_name": class_name,
        "config": serialize_keras_object(config),
        "registered_name": class_name,
    }
    return entry, inbound


# -- reading ---------------------------------------------------------------------------------------


def deserialize_layer(config: Any, custom_objects: Any = None) -> Layer:
    """The layer (or nested model) that `config` describes; any Keras's dialect.

    Raises
    ------
    ValueError
        If it names a class that is not known, or something that is no layer.
    """
    from fastconv import layers, models  # noqa: F401 - fills the tables
    from fastconv.saving.dialect import translate

    config = translate(config)
    if isinstance(config, dict) and "module" not in config:  # Keras 2 names no modules
        kind = "model" if lookup("model", config.get("class_name")) is not None else "layer"
    else:
        kind = "layer"
    layer = deserialize_keras_object(config, custom_objects, kind=kind)
    if not isinstance(layer, Layer):
        raise ConfigError(f"expected the config of a layer, received {_short(config)}")
    return layer


def _deserialize_operation(entry: dict[str, Any], custom_objects: Any) -> Any:
    module = entry.get("module")
    if isinstance(module, str) and module.startswith("keras.src.ops."):
        config = entry.get("config")
        if not isinstance(config, dict) or not isinstance(entry.get("class_name"), str):
            raise ConfigError(f"malformed op: {_short(entry)}")
        params = {key: value for key, value in config.items() if key not in ("name", "dtype")}
        operation = Operation(OPS[_op_of_class(entry["class_name"])])
        operation.name = str(config.get("name", operation.name))
        return operation, deserialize_keras_object(params, custom_objects)
    return deserialize_layer(
        {k: v for k, v in entry.items() if k not in ("inbound_nodes", "name")}, custom_objects
    ), {}


def functional_from_config(cls: Any, config: dict[str, Any], custom_objects: Any = None) -> Any:
    """A functional model from its ``get_config()`` data."""
    from fastconv.models.functional import Functional
    from fastconv.models.model import Model

    with custom_object_scope(custom_objects):
        operations: dict[str, Any] = {}
        params: dict[str, dict[str, Any]] = {}
        waiting: list[tuple[str, Any]] = []
        for entry in _listed(config.get("layers"), "layers"):
            if not isinstance(entry, dict) or "config" not in entry:
                raise ConfigError(
                    f"layers: expected a dict with a config, received {_short(entry)}"
                )
            operation, extra = _deserialize_operation(entry, custom_objects)
            name = entry.get("name", operation.name)
            if not isinstance(name, str) or name in operations:
                raise ConfigError(f"layers: expected names, each once, received {_short(name)}")
            operations[name] = operation
            params[name] = extra
            nodes = _listed(entry.get("inbound_nodes", []), "inbound_nodes")
            waiting += [(name, node) for node in nodes if node]
        # Keras 2 counts the graph of any nested model as its first call, Keras 3 in one place only.
        old = (Model,) if any(isinstance(node, list) for _, node in waiting) else ()
        _run_nodes(operations, params, waiting, old)

        def tensor_at(entry: Any) -> KerasTensor:
            return _tensor(operations, entry, old or (Functional,))

        inputs = _map_histories(tensor_at, config.get("input_layers"))
        outputs = _map_histories(tensor_at, config.get("output_layers"))
    kwargs: dict[str, Any] = {"name": config.get("name")}
    if cls in (Functional, Model):
        model = Functional(inputs, outputs, **kwargs)
    else:
        own = ("name", "trainable", "dtype", "layers", "input_layers", "output_layers")
        kwargs.update((key, value) for key, value in config.items() if key not in own)
        model = cls(inputs=inputs, outputs=outputs, **kwargs)
    if config.get("trainable") is False:
        model.trainable = False
    return model


def _run_nodes(
    operations: dict[str, Any],
    params: dict[str, Any],
    waiting: list[tuple[str, Any]],
    old: tuple[type, ...],
) -> None:
    """Make the calls in an order in which their inputs exist, the calls of a layer in theirs."""
    unmet: list[int] = []
    users: dict[tuple[str, int], list[int]] = {}  # output of a call -> calls that wait for it
    numbers = {name: len(operation._nodes) for name, operation in operations.items()}
    for place, (name, node) in enumerate(waiting):
        needed = set(_references(operations, node, old))
        if numbers[name] > len(operations[name]._nodes):
            needed.add((name, numbers[name] - 1))
        numbers[name] += 1
        needed = {key for key in needed if key[1] >= len(operations[key[0]]._nodes)}
        unmet.append(len(needed))
        for key in needed:
            users.setdefault(key, []).append(place)
    ready = [place for place, count in enumerate(unmet) if not count]
    made = 0
    while ready:
        name, node = waiting[heapq.heappop(ready)]
        made += 1
        operation = operations[name]
        args, kwargs = _arguments(operations, node, old)
        if isinstance(operation, Operation):
            _call_op(operation, args, {**kwargs, **params[name]})
        else:
            operation(*args, **kwargs)
        for place in users.pop((name, len(operation._nodes) - 1), ()):
            unmet[place] -= 1
            if not unmet[place]:
                heapq.heappush(ready, place)
    if made < len(waiting):
        names = sorted({name for (name, _), count in zip(waiting, unmet, strict=True) if count})
        raise ConfigError(f"inbound_nodes: the inputs of {_short(names)} never appear")


def _references(
    operations: dict[str, Any], node: Any, old: tuple[type, ...]
) -> Iterator[tuple[str, int]]:
    """(layer, number of its call) of each tensor among a node's arguments."""
    if isinstance(node, list):  # Keras 2
        for entry in _old_entries(node):
            yield _place(operations, entry, old)[1:3]
            for value in _old_kwargs(entry).values():
                if _is_history(operations, value):
                    yield _place(operations, value, old)[1:3]
        return
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if item.get("class_name") == "__keras_tensor__":
                yield _place(operations, _history_of(item))[1:3]
            else:
                stack += item.values()
        elif isinstance(item, list):
            stack += item


def _call_op(operation: Operation, args: tuple, kwargs: dict[str, Any]) -> None:
    """A node of this operation, keeping the name it was saved with."""
    from fastconv.ops.symbolic import infer

    Node(operation, args, kwargs, infer(operation.function, args, kwargs))


def _arguments(
    operations: dict[str, Any], node: Any, old: tuple[type, ...]
) -> tuple[tuple, dict[str, Any]]:
    if isinstance(node, dict):
        args = _fill(operations, node.get("args", []))
        kwargs = _fill(operations, node.get("kwargs", {}))
        if not isinstance(args, (list, tuple)) or not isinstance(kwargs, dict):
            raise ConfigError(f"inbound_nodes: malformed node {_short(node)}")
        kwargs.pop("mask", None)
        return tuple(args), kwargs
    entries = _old_entries(node)
    tensors = [_tensor(operations, entry, old) for entry in entries]
    kwargs = {
        key: _tensor(operations, value, old) if _is_history(operations, value) else value
        for key, value in _old_kwargs(entries[0]).items()
        if key != "mask"
    }
    return (tensors[0] if len(tensors) == 1 else tensors,), kwargs


def _old_entries(node: Any) -> list[Any]:
    """Keras 2's node: a list of [layer, node, tensor, kwargs], or one such list unwrapped."""
    if not isinstance(node, list) or not node:
        raise ConfigError(f"inbound_nodes: malformed node {_short(node)}")
    return node if isinstance(node[0], list) else [node]


def _old_kwargs(entry: Any) -> dict[str, Any]:
    kwargs = entry[3] if isinstance(entry, list) and len(entry) > 3 else {}
    if not isinstance(kwargs, dict):
        raise ConfigError(f"inbound_nodes: malformed node {_short(entry)}")
    return kwargs


def _history_of(item: dict[str, Any]) -> Any:
    config = item.get("config")
    if not isinstance(config, dict):
        raise ConfigError(f"inbound_nodes: malformed tensor {_short(item)}")
    return config.get("keras_history")


def _is_history(operations: dict[str, Any], value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 3
        and isinstance(value[0], str)
        and value[0] in operations
    )


def _fill(operations: dict[str, Any], structure: Any, depth: int = 0) -> Any:
    if depth > 32:
        raise ConfigError("inbound_nodes: nested deeper than 32 levels")
    if isinstance(structure, (list, tuple)):
        return [_fill(operations, item, depth + 1) for item in structure]
    if isinstance(structure, dict):
        if structure.get("class_name") == "__keras_tensor__":
            return _tensor(operations, _history_of(structure))
        if "class_name" in structure:
            return deserialize_keras_object(structure)
        return {key: _fill(operations, item, depth + 1) for key, item in structure.items()}
    return structure


def _place(
    operations: dict[str, Any], entry: Any, count_themselves: tuple[type, ...] = ()
) -> tuple[Any, str, int, int]:
    """(operation, its name, number of its call, number of the tensor) of ``[layer, node, tensor]``.

    Where Keras counts the graph of a nested model as its first call (classes `count_themselves`),
    its first real call is number 1; here it is 0.
    """
    if (
        not isinstance(entry, (list, tuple))
        or len(entry) < 3
        or not isinstance(entry[0], str)
        or not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in entry[1:3])
    ):
        raise ConfigError(f"expected [layer, node, tensor], received {_short(entry)}")
    name, node, index = entry[:3]
    if name not in operations:
        raise ConfigError(f"no layer is called {_short(name)}")
    operation = operations[name]
    if node and isinstance(operation, count_themselves):
        node -= 1
    if isinstance(operation, InputLayer):
        node = 0
    return operation, name, node, index


def _tensor(
    operations: dict[str, Any], entry: Any, count_themselves: tuple[type, ...] = ()
) -> KerasTensor:
    """The symbolic tensor at ``[layer, node, tensor]``."""
    operation, _, node, index = _place(operations, entry, count_themselves)
    outputs = flatten(operation._nodes[node].outputs) if node < len(operation._nodes) else []
    if index >= len(outputs) or not isinstance(outputs[index], KerasTensor):
        raise ConfigError(f"there is no tensor {_short(entry)}")
    return outputs[index]


def _map_histories(function: Any, structure: Any) -> Any:
    if isinstance(structure, dict):
        return {key: _map_histories(function, value) for key, value in structure.items()}
    if not isinstance(structure, (list, tuple)) or not structure:
        raise ConfigError(f"expected input or output layers, received {_short(structure)}")
    if isinstance(structure[0], str):
        return function(structure)
    return [_map_histories(function, item) for item in structure]


def _listed(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ConfigError(f"{what}: expected a list, received {_short(value)}")
    return value


# -- JSON ------------------------------------------------------------------------------------------


def model_to_json(model: Any, **kwargs: Any) -> str:
    """``model.to_json()``."""
    return json.dumps(serialize_keras_object(model), **kwargs)


def model_from_json(json_string: str, custom_objects: Any = None) -> Any:
    """A model (new weights) from the text of `Model.to_json`.

    Source: ``keras.models.model_from_json``.

    Parameters
    ----------
    json_string : str
    custom_objects : dict, optional
        Classes and functions of your own by name.

    Returns
    -------
    Model
    """
    from fastconv.saving.gate import gate
    from fastconv.saving.json_text import parse_json

    config = parse_json(json_string, "json_string")
    with gate("json_string", custom_objects):
        return deserialize_layer(config, custom_objects)


def _short(value: Any) -> str:
    return short_repr(value, 200)
