"""The graph of a functional model in the one spelling that every Keras reads.

Measured on tf_keras 2.21 and Keras 3.0.5, 3.4.1, 3.8.0, 3.12.0 and 3.15.1:
 (a) A call as Keras 2 writes it, ``[[layer, call, tensor, kwargs], ...]``, is read by all of them;
     ``__keras_tensor__`` entries by Keras 3 only, and by 3.0.5 only if the layers stand in order.
 (b) The class ``keras.Model`` is read by all; the private ``Functional`` by Keras 3 only.
 (c) Keras 3.0 wants lists as ``input_layers`` and ``output_layers``; all others take them too.
 (d) Keras 2 numbers the calls of a nested model from 1 (its own graph is number 0), Keras 3 from
     0, but from 1 in ``output_layers`` since 3.4. So each call of a nested model is written
     twice, and call i is referred to as number 2 i + 1: whoever subtracts one gets its twin.
A graph with an operation of `fastconv.ops`, or a call with several tensor arguments or tensors by
keyword, has no such spelling: it stays in Keras 3's own, which Keras 2 cannot read.
"""

from typing import Any

_NESTED = ("Sequential", "Functional", "Model")


def portable_graph(config: dict[str, Any]) -> dict[str, Any]:
    """The serialized functional model `config` (as `Functional` gives it) in that spelling.

    A subclass of the user's keeps its name.
    """
    inner = config["config"]
    own = config["class_name"] != "Functional"
    inner = {
        **inner,
        "input_layers": _listed(inner["input_layers"]),
        "output_layers": _listed(inner["output_layers"]),
    }
    result = {**config, "config": inner}
    layers = inner["layers"]
    calls = [[_flat_call(node) for node in entry["inbound_nodes"]] for entry in layers]
    if any(call is None for of_layer in calls for call in of_layer) or any(
        str(entry.get("module")).startswith("keras.src.ops") for entry in layers
    ):
        # Keras 3 finds its private class by its registered name
        return result if own else {**result, "registered_name": "Functional"}
    nested = {entry["name"] for entry in layers if _is_model(entry)}
    inner["layers"] = [
        {**entry, "inbound_nodes": _numbered(of_layer, entry["name"] in nested, nested)}
        for entry, of_layer in zip(layers, calls, strict=True)
    ]
    inner["output_layers"] = _renumbered(inner["output_layers"], nested)
    if own:
        return result
    return {**result, "module": "keras", "class_name": "Model", "registered_name": None}


def is_graph(config: Any) -> bool:
    """Whether the ``config`` of a serialized object is that of a functional model."""
    return isinstance(config, dict) and {"layers", "input_layers", "output_layers"} <= set(config)


def single(structure: Any) -> Any:
    """The only input or output of a list of one, else the structure as it is."""
    if isinstance(structure, list) and len(structure) == 1 and isinstance(structure[0], list):
        return structure[0]
    return structure


def _listed(structure: Any) -> Any:
    return [structure] if _is_place(structure) else structure


def _is_place(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)


def _is_model(entry: dict[str, Any]) -> bool:
    return entry.get("class_name") in _NESTED or "layers" in entry["config"]


def _flat_call(node: Any) -> list[Any] | None:
    """``[[layer, call, tensor, kwargs], ...]`` of a call; None if it cannot be written so."""
    args, kwargs = node["args"], node["kwargs"]
    if len(args) != 1 or _holds_tensor(kwargs):
        return None
    tensors = args[0] if isinstance(args[0], list) else [args[0]]
    if not tensors or (isinstance(args[0], list) and len(tensors) == 1):
        return None  # a list of one would be taken for its only tensor
    if not all(_is_tensor(tensor) for tensor in tensors):
        return None
    return [[*tensor["config"]["keras_history"], kwargs] for tensor in tensors]


def _is_tensor(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, dict):
        return "class_name" in value or any(map(_holds_tensor, value.values()))
    return isinstance(value, list) and any(map(_holds_tensor, value))


def _numbered(calls: list[Any], twice: bool, nested: set[str]) -> list[Any]:
    written = []
    for call in calls:
        call = [[name, _number(name, n, nested), *rest] for name, n, *rest in call]
        written += [call, call] if twice else [call]
    return written


def _number(name: str, call: int, nested: set[str]) -> int:
    return 2 * call + 1 if name in nested else call


def _renumbered(structure: Any, nested: set[str]) -> Any:
    """The outputs, whose calls of nested models stand there numbered from 1."""
    if _is_place(structure):
        name, call, tensor = structure
        return [name, _number(name, call - 1, nested) if name in nested else call, tensor]
    if isinstance(structure, dict):
        return {key: _renumbered(value, nested) for key, value in structure.items()}
    return [_renumbered(value, nested) for value in structure]
