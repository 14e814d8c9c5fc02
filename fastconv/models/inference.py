"""`Model.compile_inference`: a model frozen for prediction.

Design
 (a) The graph is copied with its weights, and rewritten: layers that do nothing in inference are
     left out, a BatchNormalization is multiplied into the Dense or convolution before it, and an
     activation layer moves into the layer before it, whose kernel computes it in passing.
 (b) The pass is recorded once per input shape (`Program`). Weights do not change any more, so the
     calls that pack them are run once and dropped from the recording.
 (c) A recording is used by one thread at a time: a thread takes one from the free list or makes
     another.
"""

import threading
from typing import Any

import numpy as np

from fastconv import activations
from fastconv._runtime import Program, aligned_empty
from fastconv.layers.activation import Activation, ReLU
from fastconv.layers.conv import Conv1D, Conv2D
from fastconv.layers.dense import Dense
from fastconv.layers.dropout import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
)
from fastconv.layers.input_layer import InputLayer
from fastconv.layers.layer import Layer
from fastconv.layers.normalization import BatchNormalization
from fastconv.models.functional import Functional
from fastconv.models.sequential import Sequential
from fastconv.models.step import recordable
from fastconv.ops.symbolic import Node, flatten, map_structure
from fastconv.ops.tape import no_tape
from fastconv.ops.tensor import Tensor

IDLE = (ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise)
"""Layers that pass their inputs on in inference."""

TILE = 131072
"""Elements of the largest activation of the rows computed at a time: they stay in the cache."""

MAX_SHAPES = 16
"""Input shapes for which recordings are kept."""


def _is_plain(kind: type, layer: Any) -> bool:
    """Whether `layer` is exactly fastconv's own: a user's subclass may do anything."""
    return type(layer) is kind


class _Rewriter:
    """Copies a graph for inference."""

    def __init__(self, model: Functional) -> None:
        self.model = model
        self.nodes = [n for n in model._graph.run_order if not isinstance(n.operation, InputLayer)]
        self.users: dict[int, list[Node]] = {}
        for node in self.nodes:
            for symbol in node.inputs:
                self.users.setdefault(id(symbol), []).append(node)
        self.outputs = {id(symbol) for symbol in flatten(model._outputs_struct)}
        self.calls: dict[int, int] = {}
        for node in self.nodes:
            self.calls[id(node.operation)] = self.calls.get(id(node.operation), 0) + 1
        self.values: dict[int, Any] = {}  # new symbol by id of the old
        self.copies: dict[int, Any] = {}  # new layer by id of the old
        self.done: set[int] = set()  # nodes worked into an earlier one

    def run(self) -> Functional:
        """The rewritten copy."""
        model, values = self.model, self.values
        for symbol in model.inputs:
            operation = symbol._keras_history[0]  # type: ignore[index]
            copy = None
            if isinstance(operation, InputLayer):
                copy = InputLayer.from_config(operation.get_config())
            values[id(symbol)] = symbol if copy is None else copy.output
        for node in self.nodes:
            if id(node) not in self.done:
                self._copy(node)
        return Functional(
            map_structure(lambda t: values[id(t)], model._inputs_struct),
            map_structure(lambda t: values[id(t)], model._outputs_struct),
            name=model.name,
        )

    def _copy(self, node: Node) -> None:
        layer = node.operation
        if isinstance(layer, Layer) and type(layer).__module__.startswith("fastconv."):
            if isinstance(layer, IDLE):
                self.values[id(node.outputs)] = self.values[id(node.inputs[0])]
                return
            if any(_is_plain(kind, layer) for kind in (Dense, Conv1D, Conv2D)):
                self._weighted(node)
                return
        args, kwargs = node.fill(self.values)
        copy = self.copies.get(id(layer))
        if copy is None:
            is_layer = isinstance(layer, Layer)
            copy = type(layer).from_config(layer.get_config()) if is_layer else layer.function
            self.copies[id(layer)] = copy
        outputs = copy(*args, **kwargs)
        if isinstance(layer, Layer):
            copy.set_weights(layer.get_weights())
        self._assign(node, outputs)

    def _assign(self, node: Node, outputs: Any) -> None:
        for symbol, value in zip(flatten(node.outputs), flatten(outputs), strict=True):
            self.values[id(symbol)] = value

    def _next(self, node: Node) -> Node | None:
        """The node that alone uses the output of `node`, idle layers passed over; or None."""
        symbol = node.outputs
        users = self.users.get(id(symbol), [])
        if id(symbol) in self.outputs or len(users) != 1:
            return None
        user = users[0]
        if self.calls[id(user.operation)] != 1 or len(user.inputs) != 1:
            return None
        return user

    def _weighted(self, node: Node) -> None:
        """Copy a Dense or convolution together with what follows it alone."""
        layer, last = node.operation, node
        scale: Any = np.ones(())
        shift: Any = np.zeros(())
        activation = layer.activation
        alone = self.calls[id(layer)] == 1
        while alone and (user := self._next(last)) is not None:
            follower = user.operation
            idle = isinstance(follower, IDLE) and type(follower).__module__.startswith("fastconv.")
            linear = activations.fused_name(activation) == "linear"
            if idle:
                pass
            elif linear and _is_plain(BatchNormalization, follower) and self._fits(layer, follower):
                s, t = _affine(follower)
                scale, shift = scale * s, shift * s + t
            elif linear and _activation_of(follower) is not None:
                activation = _activation_of(follower)
            else:
                break
            self.done.add(id(user))
            last = user
        copy = self.copies.get(id(layer))
        if copy is None:
            config = layer.get_config()
            config["use_bias"] = layer.use_bias or bool(np.any(shift))
            config["activation"] = activations.serialize(activation)
            copy = self.copies[id(layer)] = type(layer).from_config(config)
        args, kwargs = node.fill(self.values)
        outputs = copy(*args, **kwargs)
        kernel = layer.kernel.data.astype(np.float64) * scale
        bias = shift + (layer.bias.data * scale if layer.use_bias else 0.0)
        copy.kernel.assign(kernel)
        if copy.use_bias:
            copy.bias.assign(np.broadcast_to(bias, copy.bias.shape))
        self._assign(last, outputs)

    @staticmethod
    def _fits(layer: Any, norm: Any) -> bool:
        """Whether `norm` works on the channels that `layer` makes."""
        rank = len(layer.kernel.shape)
        channels = 1 if getattr(layer, "data_format", "") == "channels_first" else rank - 1
        ndim = norm.input_spec.ndim
        if isinstance(layer, Dense):
            channels = ndim - 1
        return norm.axis % ndim == channels


def _affine(norm: Any) -> tuple[np.ndarray, np.ndarray]:
    """Scale and shift of a normalisation by its moving moments."""
    mean = norm.moving_mean.data.astype(np.float64)
    variance = norm.moving_variance.data.astype(np.float64)
    scale = 1.0 / np.sqrt(variance + norm.epsilon)
    if norm.gamma is not None:
        scale = scale * norm.gamma.data
    shift = -mean * scale
    return scale, shift if norm.beta is None else shift + norm.beta.data


def _activation_of(layer: Any) -> Any:
    """The function of a layer that is an activation and nothing else, or None."""
    if _is_plain(Activation, layer) and activations.fused_name(layer.activation):
        return layer.activation
    if _is_plain(ReLU, layer):
        plain = layer.max_value is None and not layer.negative_slope and not layer.threshold
        return activations.relu if plain else None
    return None


class _Recording:
    """The pass for one shape of the inputs."""

    def __init__(self, model: Functional, shapes: list[tuple[int, ...]], recordable: bool) -> None:
        self.leaves = []
        for shape, symbol in zip(shapes, model.inputs, strict=True):
            leaf = aligned_empty(shape, np.dtype(symbol.dtype))
            leaf[...] = 0
            self.leaves.append(leaf)
        tensors = iter([Tensor(leaf) for leaf in self.leaves])
        inputs = map_structure(lambda _: next(tensors), model._inputs_struct)
        self.model, self.inputs = model, inputs
        self.program = Program()
        with self.program, no_tape():
            outputs = Layer.__call__(model, inputs, training=False)
        self.outputs = [t.data for t in flatten(outputs)]
        self.plain = not recordable or self.program.spoiled is not None
        if not self.plain:
            self.program.drop_packs([w.data for w in model.weights])

    def run(self) -> list[np.ndarray]:
        """Compute the outputs for what stands in `leaves`; the arrays are overwritten next time."""
        if self.plain:
            with no_tape():
                outputs = Layer.__call__(self.model, self.inputs, training=False)
            return [t.data for t in flatten(outputs)]
        self.program.run()
        return self.outputs


class CompiledInference:
    """A model frozen for prediction: ``net(x)`` returns its outputs as arrays.

    Made by `Model.compile_inference`. Any number of threads may call it at once.
    """

    def __init__(self, model: Any) -> None:
        graph = model._functional if isinstance(model, Sequential) else model
        if not isinstance(graph, Functional):
            raise ValueError(
                "compile_inference: expected a built Sequential or functional model, received "
                f"{type(model).__name__}"
                + (": call it on data once" if isinstance(model, Sequential) else "")
            )
        self._model = _Rewriter(graph).run()
        self._recordable = recordable(self._model)
        self._single_input = not isinstance(graph._inputs_struct, (list, tuple, dict))
        self._single_output = not isinstance(graph._outputs_struct, (list, tuple, dict))
        self._wanted = [tuple(symbol.shape) for symbol in self._model.inputs]
        # Rows can be told apart only where every output has them as its first axis.
        by_rows = all(t.shape[:1] == (None,) for t in self._model.outputs)
        largest = max(
            int(np.prod([n or 1 for n in symbol.shape[1:]], dtype=np.int64))
            for node in self._model._graph.nodes
            for symbol in flatten(node.outputs)
        )
        rows = max(8, min(256, TILE // max(1, largest) // 8 * 8))
        self._rows = rows if by_rows else 2**62
        self._free: dict[Any, list[_Recording]] = {}
        self._lock = threading.Lock()

    @property
    def layers(self) -> list[Layer]:
        """The layers that are left."""
        return self._model.layers

    def __call__(self, x: Any) -> Any:
        """Outputs for the rows of `x`.

        Parameters
        ----------
        x : array_like, or list or dict of them as the model's inputs

        Returns
        -------
        ndarray, or nested structure of them

        Raises
        ------
        ValueError
            If shapes do not fit the model's inputs.
        """
        if self._single_input:
            given = [x if isinstance(x, np.ndarray) else np.asarray(x)]
        else:
            given = self._given(x)
        rows = given[0].shape[0] if given[0].ndim else 0
        outputs = self._tile(given) if rows <= self._rows else self._tiles(given, rows)
        if self._single_output:
            return outputs[0]
        made = iter(outputs)
        return map_structure(lambda _: next(made), self._model._outputs_struct)

    def _tile(self, given: list[np.ndarray]) -> list[np.ndarray]:
        """Outputs for a few rows, in arrays of the caller's own."""
        key = given[0].shape if self._single_input else tuple([x.shape for x in given])
        try:
            recording = self._free[key].pop()
        except (KeyError, IndexError):
            recording = self._record([x.shape for x in given])
        for leaf, x in zip(recording.leaves, given, strict=True):
            leaf[...] = x
        outputs = [y.copy() for y in recording.run()]
        free = self._free.get(key)
        if free is not None:
            free.append(recording)
        elif len(self._free) < MAX_SHAPES:
            self._free.setdefault(key, []).append(recording)
        return outputs

    def _tiles(self, given: list[np.ndarray], rows: int) -> list[np.ndarray]:
        """Outputs for many rows, a few at a time."""
        whole: list[np.ndarray] = []
        for start in range(0, rows, self._rows):
            outputs = self._tile([x[start : start + self._rows] for x in given])
            if not whole:
                whole = [np.empty((rows, *y.shape[1:]), y.dtype) for y in outputs]
            for y, part in zip(whole, outputs, strict=True):
                y[start : start + self._rows] = part
        return whole

    def _record(self, shapes: list[tuple[int, ...]]) -> _Recording:
        for shape, wanted in zip(shapes, self._wanted, strict=True):
            fits = len(shape) == len(wanted) and all(
                n is None or n == m for n, m in zip(wanted, shape, strict=True)
            )
            if not fits:
                raise ValueError(
                    f"compile_inference: expected an input of shape {wanted}, received {shape}"
                )
        with self._lock:
            return _Recording(self._model, shapes, self._recordable)

    def _given(self, x: Any) -> list[np.ndarray]:
        structure = self._model._inputs_struct
        if isinstance(structure, dict) and isinstance(x, dict):
            x = {name: x[name] for name in structure if name in x}
        given = [np.asarray(leaf) for leaf in flatten(x)]
        if len(given) != len(self._wanted):
            raise ValueError(
                f"compile_inference: expected {len(self._wanted)} inputs, received {len(given)}"
            )
        return given
