"""`clone_model`: the same architecture with new weights."""

from collections.abc import Callable
from typing import Any

from fastconv.models.functional import Functional
from fastconv.models.sequential import Sequential


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Any = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A model with `model`'s architecture and freshly initialised weights.

    Source: ``keras.models.clone_model``.

    Parameters
    ----------
    model : Model
        Sequential or functional; of a subclass only if it has `get_config`.
    clone_function : callable, optional
        ``f(layer)`` returns the layer to stand in its place; default: one of the same config.

    Returns
    -------
    Model
    """
    if input_tensors is not None or call_function is not None or recursive:
        raise ValueError(
            "clone_model: `input_tensors`, `call_function` and `recursive` are not supported"
        )
    if kwargs:
        raise ValueError(f"Unexpected keyword argument(s): {kwargs}")
    if clone_function is None:
        return type(model).from_config(model.get_config())
    if isinstance(model, Sequential):
        clone = Sequential(name=model.name)
        for layer in model._stack:
            copy = clone_function(layer) if layer in model.layers else _same(layer)
            clone.add(copy, rebuild=False)
        clone._maybe_rebuild()
        return clone
    if isinstance(model, Functional):
        return _clone_graph(model, clone_function)
    raise ValueError(
        "Arguments `clone_function` and `input_tensors` are only supported for Sequential models "
        f"or Functional models. Received model of type '{type(model).__name__}'"
    )


def _same(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


def _clone_graph(model: Functional, clone_function: Callable[[Any], Any]) -> Functional:
    from fastconv.layers.input_layer import InputLayer
    from fastconv.layers.layer import Layer
    from fastconv.ops.symbolic import flatten, map_structure

    copies: dict[int, Any] = {}
    values: dict[int, Any] = {}
    for symbol in model.inputs:
        operation = symbol._keras_history[0]  # type: ignore[index]
        copy = _same(operation) if isinstance(operation, InputLayer) else None
        values[id(symbol)] = copy.output if copy else symbol
    for node in model._graph.run_order:
        if isinstance(node.operation, InputLayer):
            continue
        args, kwargs = node.fill(values)
        key = id(node.operation)
        if key not in copies:
            is_layer = isinstance(node.operation, Layer)
            copies[key] = clone_function(node.operation) if is_layer else node.operation.function
        outputs = flatten(copies[key](*args, **kwargs))
        for symbol, value in zip(flatten(node.outputs), outputs, strict=True):
            values[id(symbol)] = value
    return Functional(
        map_structure(lambda t: values[id(t)], model._inputs_struct),
        map_structure(lambda t: values[id(t)], model._outputs_struct),
        name=model.name,
    )
