"""`clone_model`: the same architecture with new weights."""

from collections.abc import Callable
from typing import Any

from fastconv.layers.input_layer import Input, InputLayer
from fastconv.layers.layer import Layer
from fastconv.models.functional import Functional, call_again, rerun
from fastconv.models.sequential import Sequential
from fastconv.ops.symbolic import KerasTensor, flatten, map_structure


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A model with `model`'s architecture and freshly initialised weights, compiled like it.

    Source: ``keras.models.clone_model``.

    Parameters
    ----------
    model : Model
        Sequential or functional; of a subclass only if it has `get_config`.
    input_tensors : KerasTensor, or list or dict of them, optional
        Take the place of the model's inputs.
    clone_function : callable, optional
        ``f(layer)`` returns the layer to stand in its place; default: one of the same config.
    call_function : callable, optional
        ``f(layer, *args, **kwargs)`` calls a layer of a functional model and may add others.
    recursive : bool, default False
        Whether the functions see the layers of models inside, too, instead of those models.

    Returns
    -------
    Model
    """
    if kwargs:
        raise ValueError(f"Unexpected keyword argument(s): {tuple(kwargs)}")
    if isinstance(model, Sequential) and call_function is not None:
        raise ValueError(
            "`call_function` argument is not supported with Sequential models, whose layers are "
            f"not called one by one. Received: call_function={call_function}"
        )
    plain = input_tensors is clone_function is call_function is None
    if isinstance(model, (Sequential, Functional)) and not plain:
        copy_layer = _copier(clone_function or _same, call_function, recursive)
        clone = _clone(model, input_tensors, copy_layer, call_function)
    elif plain:
        clone = type(model).from_config(model.get_config())
    else:
        raise ValueError(
            "Arguments `clone_function`, `call_function` and `input_tensors` are only supported "
            "for Sequential models or Functional models. Received model of type "
            f"'{type(model).__name__}'"
        )
    if model.compiled:
        clone.compile_from_config(model.get_compile_config())
    return clone


def _same(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


def _copier(
    clone_function: Callable[[Any], Any], call_function: Any, recursive: bool
) -> Callable[[Any], Any]:
    """`clone_function`, once a layer, and on the layers of inner models if `recursive`."""
    copies: dict[int, Any] = {}

    def copy_layer(layer: Any) -> Any:
        if id(layer) not in copies:
            whole = recursive and isinstance(layer, (Sequential, Functional))
            copies[id(layer)] = (
                _clone(layer, None, copy_layer, call_function) if whole else clone_function(layer)
            )
        return copies[id(layer)]

    return copy_layer


def _clone(
    model: Any,
    input_tensors: Any,
    copy_layer: Callable[[Any], Any],
    call_function: Callable[..., Any] | None,
) -> Any:
    if isinstance(model, Sequential):
        return _clone_stack(model, input_tensors, copy_layer)
    return _clone_graph(model, input_tensors, copy_layer, call_function)


def _clone_stack(
    model: Sequential, input_tensors: Any, copy_layer: Callable[[Any], Any]
) -> Sequential:
    layers = [copy_layer(layer) for layer in model.layers]
    if input_tensors is not None:
        given = flatten(input_tensors)
        if len(given) != 1 or not isinstance(given[0], KerasTensor):
            raise ValueError(
                "Argument `input_tensors` must contain a single KerasTensor. "
                f"Received: input_tensors={input_tensors}"
            )
        layers.insert(0, Input(batch_shape=given[0].shape, dtype=given[0].dtype))
    elif model._stack and isinstance(model._stack[0], InputLayer):
        layers.insert(0, _same(model._stack[0]))
    return Sequential(layers, name=model.name, trainable=model.trainable)


def _clone_graph(
    model: Functional,
    input_tensors: Any,
    copy_layer: Callable[[Any], Any],
    call_function: Callable[..., Any] | None,
) -> Functional:
    if input_tensors is None:
        inputs = [Input(batch_shape=t.shape, dtype=t.dtype, name=t.name) for t in model.inputs]
    else:
        inputs = flatten(input_tensors)
        if _outline(input_tensors) != _outline(model.input):
            raise ValueError(
                "`input_tensors` must have the same structure as model.input\n"
                f"Reference structure: {model.input}\nReceived structure: {input_tensors}"
            )
    values: dict[int, Any] = {id(old): new for old, new in zip(model.inputs, inputs, strict=True)}
    call = call_function or call_again

    def call_copy(operation: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(operation, Layer):
            return call(copy_layer(operation), *args, **kwargs)
        return operation.function(*args, **kwargs)

    rerun(model._graph, values, call_copy)
    return Functional(
        map_structure(lambda t: values[id(t)], model._inputs_struct),
        map_structure(lambda t: values[id(t)], model._outputs_struct),
        name=model.name,
    )


def _outline(structure: Any) -> Any:
    """Lists, tuples and dicts without what is in them."""
    if isinstance(structure, dict):
        return {key: _outline(value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure), [_outline(value) for value in structure]
    return None
