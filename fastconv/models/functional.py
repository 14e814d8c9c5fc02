"""`Functional`: a model that is a graph of layers between symbolic inputs and outputs."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastconv._registry import register
from fastconv.layers._input_spec import InputSpec
from fastconv.layers.input_layer import Input, InputLayer
from fastconv.layers.layer import Layer
from fastconv.models.model import Model
from fastconv.ops.masks import keras_mask, set_keras_mask
from fastconv.ops.symbolic import KerasTensor, Node, flatten, infer, map_structure
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.variable import budget


class Graph:
    """The nodes between inputs and outputs, in an order in which they can be run.

    Operations are listed by depth (distance from the outputs), those of one depth in the order in
    which a walk back from the outputs meets them: the order of `Model.layers`, and so of weights
    and files. Source of the order: Keras's ``map_graph``.
    """

    def __init__(self, inputs: list[KerasTensor], outputs: Any) -> None:
        self.inputs = inputs
        self.nodes: list[Node] = []
        self._cut: set[int] = set()  # nodes whose outputs are the graph's inputs: not run
        self._given = {id(t) for t in inputs}
        self._done: set[int] = set()
        met: dict[int, int] = {}  # operation -> when the walk met it
        for path, tensor in _paths(outputs):
            self._walk(tensor, path, met)
        depth: dict[int, int] = {}
        op_depth: dict[int, int] = {}
        operations: dict[int, Any] = {}
        for node in reversed(self.nodes):
            key = id(node.operation)
            operations[key] = node.operation
            level = max(depth.get(id(node), 0), op_depth.get(key, 0))
            op_depth[key] = level
            depth[id(node)] = level
            if id(node) in self._cut:
                continue
            for tensor in node.inputs:
                parent = _node_of(tensor)
                depth[id(parent)] = max(level + 1, depth.get(id(parent), 0))
        for tensor in inputs:
            operation = tensor._keras_history[0]  # type: ignore[index]
            if id(operation) not in operations:
                operations[id(operation)] = operation
                op_depth[id(operation)] = 0
                met[id(operation)] = -1
        self.operations = sorted(
            operations.values(), key=lambda op: (-op_depth[id(op)], met[id(op)])
        )
        self.run_order = [n for n in self.nodes if id(n) not in self._cut]

    def _walk(self, output: KerasTensor, path: str, met: dict[int, int]) -> None:
        """Depth-first from an output; adds to `nodes` so that every node follows its inputs."""
        given, done = self._given, self._done
        open_: set[int] = set()
        # An explicit stack: graphs may be deeper than Python's recursion limit.
        stack: list[tuple[KerasTensor, bool]] = [(output, False)]
        while stack:
            tensor, leaving = stack.pop()
            node = _node_of(tensor)
            if leaving:
                done.add(id(node))
                open_.discard(id(node))
                self.nodes.append(node)
                continue
            if id(node) in done:
                continue
            if id(node) in open_:
                raise ValueError(
                    f"Tensor {tensor} from operation '{node.operation.name}' is part of a cycle."
                )
            met.setdefault(id(node.operation), len(met))
            open_.add(id(node))
            stack.append((tensor, True))
            if id(tensor) in given:
                self._cut.add(id(node))
            elif not node.inputs:
                if isinstance(node.operation, InputLayer):
                    raise ValueError(
                        f"Output with path `{path}` is not connected to `inputs`: it depends on "
                        f"'{node.operation.name}', which is not among them"
                    )
            else:
                stack.extend((t, False) for t in reversed(node.inputs))


def _paths(structure: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(place, leaf) of nested lists and dicts, in the order of `flatten`; places as ``0.name``."""
    if isinstance(structure, (list, tuple)):
        for i, item in enumerate(structure):
            yield from _paths(item, (*path, i))
    elif isinstance(structure, dict):
        for key in sorted(structure):
            yield from _paths(structure[key], (*path, key))
    else:
        yield ".".join(str(step) for step in path), structure


def _node_of(tensor: KerasTensor) -> Node:
    history = tensor._keras_history
    if history is None:
        raise ValueError(
            "`inputs` not connected to `outputs`: a KerasTensor without history was found. "
            f"Received: {tensor}"
        )
    return history[0]._nodes[history[1]]


def rerun(graph: Graph, values: dict[int, Any], call: Callable[..., Any]) -> None:
    """Make the calls of `graph` anew on the symbols in `values` (by those they stand for).

    ``call(operation, *args, **kwargs)`` makes one call. Fills `values`.
    """
    for node in graph.run_order:
        if isinstance(node.operation, InputLayer):
            continue
        args, kwargs = node.fill(values)
        results = flatten(call(node.operation, *args, **kwargs))
        for symbol, value in zip(flatten(node.outputs), results, strict=True):
            values[id(symbol)] = value


def _from_input_layers(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """The same graph behind new inputs where some of `inputs` come out of layers."""

    def from_input_layer(symbol: KerasTensor) -> bool:
        return isinstance(_node_of(symbol).operation, InputLayer)

    if all(from_input_layer(symbol) for symbol in flatten(inputs)):
        return inputs, outputs
    graph = Graph(flatten(inputs), flatten(outputs))
    values: dict[int, Any] = {}
    for symbol in flatten(inputs):
        values[id(symbol)] = (
            symbol
            if from_input_layer(symbol)
            else Input(batch_shape=symbol.shape, dtype=symbol.dtype, name=f"{symbol.name}CLONE")
        )
    rerun(graph, values, call_again)
    return (
        map_structure(lambda t: values[id(t)], inputs),
        map_structure(lambda t: values[id(t)], outputs),
    )


def call_again(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """A further call of a layer or op of a graph: one node more."""
    if isinstance(operation, Layer):
        return operation(*args, **kwargs)
    results = infer(operation.function, args, kwargs)
    Node(operation, args, kwargs, results)
    return results


@register("model", module="keras.src.models.functional")
class Functional(Model):
    """A model made of a graph of layers.

    Usually made by ``Model(inputs, outputs)``. Source: ``keras.Model`` (functional API).

    Parameters
    ----------
    inputs, outputs : KerasTensor, or list or dict of them
    name : str, optional
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        trainable = kwargs.pop("trainable", None)
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            for leaf in flatten(structure):
                if not isinstance(leaf, KerasTensor):
                    raise ValueError(
                        f"All `{what}` values must be KerasTensors. Received: "
                        f"{what}={structure} including invalid value {leaf} of type {type(leaf)}"
                    )
        inputs, outputs = _from_input_layers(inputs, outputs)
        super().__init__(name=name, **kwargs)
        self._inputs_struct = inputs
        self._outputs_struct = outputs
        self._graph = Graph(flatten(inputs), outputs)
        self.input_spec = self._specs_of_inputs()
        names = [op.name for op in self._graph.operations]
        counts = Counter(names)
        for repeated in sorted(name for name, count in counts.items() if count > 1):
            raise ValueError(
                f'The name "{repeated}" is used {counts[repeated]} times in the model. '
                "All operation names should be unique."
            )
        self._layers.clear()
        self._layers.extend(op for op in self._graph.operations if isinstance(op, Layer))
        self.built = True
        if trainable is not None:
            self.trainable = trainable

    def _sublayers(self) -> list[Layer]:
        return self._layers

    def _specs_of_inputs(self) -> list[InputSpec] | None:
        """What the model demands of its inputs, named by key or by input layer."""
        structure = self._inputs_struct
        named = {id(t): name for name, t in structure.items()} if type(structure) is dict else {}
        leaves = flatten(structure)
        if named and len(leaves) != len(structure):
            return None  # a dict of nested structures
        specs = []
        for t in leaves:
            layer = t._keras_history[0]
            specs.append(
                InputSpec(
                    shape=(None, *t.shape[1:]) if t.shape else (),
                    allow_last_axis_squeeze=True,
                    name=named.get(id(t), layer.name),
                    optional=getattr(layer, "optional", False),
                )
            )
        return specs

    # -- structure ----------------------------------------------------------------------------

    @property
    def inputs(self) -> list[KerasTensor]:
        return flatten(self._inputs_struct)

    @property
    def outputs(self) -> list[KerasTensor]:
        return flatten(self._outputs_struct)

    @property
    def input(self) -> Any:
        return self._inputs_struct

    @property
    def output(self) -> Any:
        return self._outputs_struct

    @property
    def input_shape(self) -> Any:
        return map_structure(lambda t: t.shape, self._inputs_struct)

    @property
    def output_shape(self) -> Any:
        return map_structure(lambda t: t.shape, self._outputs_struct)

    @property
    def input_names(self) -> list[str]:
        return [t._keras_history[0].name for t in self.inputs]  # type: ignore[index]

    @property
    def output_names(self) -> list[str]:
        return [t._keras_history[0].name for t in self.outputs]  # type: ignore[index]

    @property
    def operations(self) -> list[Any]:
        return list(self._graph.operations)

    @property
    def layers(self) -> list[Layer]:
        return list(self._layers)

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError(
            "`Model.layers` attribute is reserved and should not be used. Please use another name."
        )

    # -- running ------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """A graph is built when it is made; this does nothing."""

    def _symbolic_call(self, args: tuple, kwargs: dict, training: bool | None) -> Any:
        """Shapes through the graph, without adding nodes to the layers inside."""
        values = self._match_inputs(args[0])
        budget.call(len(self._graph.run_order))
        for node in self._graph.run_order:
            inner_args, inner_kwargs = node.fill(values)
            operation = node.operation
            if isinstance(operation, Layer):
                inner_kwargs.pop("training", None)
                results = operation._symbolic_call(inner_args, inner_kwargs, training)
            else:
                results = infer(operation.function, inner_args, inner_kwargs)
            for symbol, value in zip(flatten(node.outputs), flatten(results), strict=True):
                values[id(symbol)] = value
        # New symbols: an output that is an input must not get a second history.
        return map_structure(
            lambda t: KerasTensor(values[id(t)].shape, values[id(t)].dtype), self._outputs_struct
        )

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        values = self._match_inputs(inputs)
        if mask is not None:
            for symbol, one in zip(self.inputs, flatten(mask), strict=False):
                if one is not None:
                    set_keras_mask(values[id(symbol)], one)
        for node in self._graph.run_order:
            args, kwargs = node.fill(values)
            operation = node.operation
            results = flatten(operation(*args, **kwargs))
            for symbol, value in zip(flatten(node.outputs), results, strict=True):
                values[id(symbol)] = value
        return map_structure(lambda t: values[id(t)], self._outputs_struct)

    def _match_inputs(self, inputs: Any) -> dict[int, Any]:
        """Given values by symbolic input, their shapes checked and adapted by a unit axis."""
        structure = self._inputs_struct
        if isinstance(structure, dict) and isinstance(inputs, dict):
            missing = sorted(set(structure) - set(inputs))
            if missing:
                raise ValueError(
                    f'Missing data for input "{missing[0]}". You passed a data dictionary with '
                    f"keys {sorted(inputs)}. Expected the following keys: {sorted(structure)}"
                )
            given = [inputs[key] for key in sorted(structure)]
        elif isinstance(inputs, dict):
            names = self.input_names
            missing = [name for name in names if name not in inputs]
            if missing:
                raise ValueError(
                    f'Missing data for input "{missing[0]}". You passed a data dictionary with '
                    f"keys {sorted(inputs)}. Expected the following keys: {names}"
                )
            given = [inputs[name] for name in names]
        else:
            given = flatten(inputs)
        symbols = flatten(structure)
        if len(given) != len(symbols):
            raise ValueError(
                f'Layer "{self.name}" expects {len(symbols)} input(s), but it received '
                f"{len(given)} input tensors. Inputs received: {inputs}"
            )
        values: dict[int, Any] = {}
        for symbol, value in zip(symbols, given, strict=True):
            values[id(symbol)] = self._adapt(symbol, value)
        return values

    def _adapt(self, symbol: KerasTensor, value: Any) -> Any:
        if not isinstance(value, (Tensor, KerasTensor)):
            value = convert(value)
        mask = keras_mask(value)
        want, have = symbol.shape, tuple(value.shape)
        if len(have) == len(want) + 1 and have[-1] == 1:
            from fastconv import ops

            value = ops.squeeze(value, -1)
            have = have[:-1]
        elif len(have) == len(want) - 1 and want[-1] == 1:
            from fastconv import ops

            value = ops.expand_dims(value, -1)
            have = (*have, 1)
        if len(have) != len(want):  # sizes are the layers' own affair
            raise ValueError(
                f"Invalid input shape for input {_name(value)}. Expected shape {want}, but input "
                f"has incompatible shape {have}"
            )
        if isinstance(value, Tensor) and value.data.dtype != symbol.dtype:
            value = convert(value, np.dtype(symbol.dtype))
        if mask is not None and keras_mask(value) is None:
            set_keras_mask(value, mask)
        return value

    # -- configuration ------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        from fastconv.models.graph_config import functional_config

        return functional_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from fastconv.models.graph_config import functional_from_config

        return functional_from_config(cls, config, custom_objects)


def _name(value: Any) -> str:
    if isinstance(value, KerasTensor):
        return repr(value)
    return f"Tensor(shape={value.shape}, dtype={value.data.dtype})"
