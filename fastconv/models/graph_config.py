"""Configs of graphs: a functional model as plain data, and back.

Layout of the data: contract of Keras 3 (``inbound_nodes`` with ``__keras_tensor__`` entries), and
on reading also that of Keras 2 (lists of ``[layer, node, tensor, kwargs]``).
"""

import inspect
import json
import re
from typing import Any

from fastconv._registry import (
    ConfigError,
    custom_object_scope,
    deserialize_keras_object,
    lookup,
    serialize_keras_object,
)
from fastconv.layers.input_layer import InputLayer
from fastconv.layers.layer import Layer, snake_case
from fastconv.ops.symbolic import OPS, KerasTensor, Node, Operation, flatten, map_structure

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
        return [operation.name, places[id(operation), node], tensor]

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
            operations[name] = operation
            params[name] = extra
            nodes = _listed(entry.get("inbound_nodes", []), "inbound_nodes")
            waiting += [(name, node) for node in nodes if node]
        _run_nodes(operations, params, waiting)

        def tensor_at(entry: Any) -> KerasTensor:
            return _tensor(operations, entry)

        inputs = _map_histories(tensor_at, config.get("input_layers"))
        outputs = _map_histories(tensor_at, config.get("output_layers"))
    kwargs: dict[str, Any] = {"name": config.get("name")}
    from fastconv.models.functional import Functional
    from fastconv.models.model import Model

    if cls in (Functional, Model):
        model = Functional(inputs, outputs, **kwargs)
    else:
        model = cls(inputs=inputs, outputs=outputs, **kwargs)
    if config.get("trainable") is False:
        model.trainable = False
    return model


def _run_nodes(
    operations: dict[str, Any], params: dict[str, Any], waiting: list[tuple[str, Any]]
) -> None:
    """Make the calls in an order in which their inputs exist."""
    while waiting:
        later = []
        for name, node in waiting:
            try:
                args, kwargs = _arguments(operations, node)
            except LookupError:
                later.append((name, node))
                continue
            operation = operations[name]
            if isinstance(operation, Operation):
                _call_op(operation, args, {**kwargs, **params[name]})
            else:
                operation(*args, **kwargs)
        if len(later) == len(waiting):
            raise ConfigError(
                f"inbound_nodes: the inputs of {sorted({name for name, _ in later})} never appear"
            )
        waiting = later


def _call_op(operation: Operation, args: tuple, kwargs: dict[str, Any]) -> None:
    """A node of this operation, keeping the name it was saved with."""
    from fastconv.ops.symbolic import infer

    Node(operation, args, kwargs, infer(operation.function, args, kwargs))


def _arguments(operations: dict[str, Any], node: Any) -> tuple[tuple, dict[str, Any]]:
    if isinstance(node, dict):
        args = _fill(operations, node.get("args", []))
        kwargs = _fill(operations, node.get("kwargs", {}))
        if not isinstance(args, (list, tuple)) or not isinstance(kwargs, dict):
            raise ConfigError(f"inbound_nodes: malformed node {_short(node)}")
        kwargs.pop("mask", None)
        return tuple(args), kwargs
    # Keras 2: a list of [layer, node, tensor, kwargs], or one such list unwrapped.
    entries = node if node and isinstance(node[0], list) else [node]
    tensors = [_tensor(operations, entry) for entry in entries]
    extra = entries[0][3] if len(entries[0]) > 3 else {}
    kwargs = {
        key: _tensor(operations, value) if _is_history(operations, value) else value
        for key, value in extra.items()
        if key != "mask"
    }
    return (tensors[0] if len(tensors) == 1 else tensors,), kwargs


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
            config = structure.get("config")
            if not isinstance(config, dict):
                raise ConfigError(f"inbound_nodes: malformed tensor {_short(structure)}")
            return _tensor(operations, config.get("keras_history"))
        if "class_name" in structure:
            return deserialize_keras_object(structure)
        return {key: _fill(operations, item, depth + 1) for key, item in structure.items()}
    return structure


def _tensor(operations: dict[str, Any], entry: Any) -> KerasTensor:
    """The symbolic tensor ``[layer, node, tensor]``; LookupError while it does not exist yet."""
    if (
        not isinstance(entry, (list, tuple))
        or len(entry) < 3
        or not isinstance(entry[0], str)
        or not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in entry[1:3])
    ):
        raise ConfigError(f"expected [layer, node, tensor], received {_short(entry)}")
    name, node, index = entry[:3]
    if name not in operations:
        raise ConfigError(f"no layer is called {name!r}")
    operation = operations[name]
    nodes = operation._nodes
    if node >= len(nodes) and not (nodes and isinstance(operation, InputLayer)):
        raise LookupError(name)
    return flatten(nodes[min(node, len(nodes) - 1)].outputs)[index]


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
    config = json.loads(json_string)
    return deserialize_layer(config, custom_objects)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
