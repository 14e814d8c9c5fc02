"""Symbolic tensors: what `Input` returns and what layers and ops pass on while a graph is built.

An op or layer called on a `KerasTensor` computes nothing: it makes a `Node` that remembers the
call, and returns symbolic outputs whose `_keras_history` leads back to it. `models.Functional`
walks these nodes.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastconv._runtime.call import Program, recorder
from fastconv.ops.tape import no_tape
from fastconv.ops.tensor import Operators, Tensor
from fastconv.ops.variable import budget, unique_name


class KerasTensor(Operators):
    """A tensor without values: shape (None where unknown until data come), dtype and history.

    Source: ``keras.KerasTensor``.
    """

    trainable = False
    _keras_mask: Any = None  # see `ops.masks`

    def __init__(
        self,
        shape: tuple[int | None, ...],
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
    ) -> None:
        if sparse or ragged:
            raise ValueError("KerasTensor: fastconv has no sparse or ragged tensors")
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype).name
        self.name = name or unique_name("keras_tensor")
        self._keras_history: tuple[Any, int, int] | None = None  # operation, node, tensor

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, sparse=False, ragged=False, "
            f"name={self.name}>"
        )

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise ValueError(
            "A KerasTensor is symbolic: it's a placeholder for a shape an a dtype. It doesn't have "
            "any actual numerical value. You cannot convert it to a NumPy array."
        )

    def __bool__(self) -> bool:
        raise TypeError("A symbolic KerasTensor cannot be used as a boolean.")

    def __float__(self) -> float:
        raise ValueError(
            "A KerasTensor is symbolic: it's a placeholder for a shape an a dtype. It doesn't have "
            "any actual numerical value. You cannot convert it to a float."
        )

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError("Iterating over a symbolic KerasTensor is not supported.")

    def __len__(self) -> int:
        raise TypeError("A symbolic KerasTensor has no length; use its `shape`.")


def flatten(structure: Any) -> list[Any]:
    """Leaves of nested lists, tuples and dicts, in order (dicts by sorted key, as Keras)."""
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in flatten(item)]
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    return [structure]


def map_structure(function: Callable[[Any], Any], structure: Any) -> Any:
    """The same nesting with `function` of every leaf, called in the order of `flatten`."""
    if isinstance(structure, (list, tuple)):
        items = [map_structure(function, item) for item in structure]
        return tuple(items) if isinstance(structure, tuple) else items
    if isinstance(structure, dict):
        made = {key: map_structure(function, structure[key]) for key in sorted(structure)}
        return {key: made[key] for key in structure}
    return function(structure)


def is_symbolic(*structures: Any) -> bool:
    """Whether any leaf is a KerasTensor."""
    for item in structures:
        if isinstance(item, KerasTensor):
            return True
        if isinstance(item, (list, tuple, dict)) and is_symbolic(*flatten(item)):
            return True
    return False


class Node:
    """One call of an operation (a layer or an op) on symbolic tensors."""

    def __init__(self, operation: Any, args: tuple, kwargs: dict, outputs: Any) -> None:
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.inputs = [t for t in flatten([args, kwargs]) if isinstance(t, KerasTensor)]
        operation._nodes.append(self)
        for i, tensor in enumerate(flatten(outputs)):
            tensor._keras_history = (operation, len(operation._nodes) - 1, i)

    def inputs_structure(self) -> Any:
        """The call's first argument, or all tensors if there are several."""
        if len(self.args) == 1 and not self.kwargs:
            return self.args[0]
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    def fill(self, values: dict[int, Any]) -> tuple[tuple, dict]:
        """The call's arguments with each symbolic tensor replaced by ``values[id(tensor)]``."""

        def swap(leaf: Any) -> Any:
            return values[id(leaf)] if isinstance(leaf, KerasTensor) else leaf

        return map_structure(swap, self.args), map_structure(swap, self.kwargs)


class _Trial(threading.local):
    size: int | None = None  # what unknown dimensions are tried at


_trial = _Trial()


def trial_shape(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """`shape` as a layer is to be built for: in a trial, its batch is not known."""
    if _trial.size is not None and shape and shape[0] == _trial.size:
        return (None, *shape[1:])
    return shape


def infer(function: Callable[..., Any], args: tuple, kwargs: dict) -> Any:
    """Symbolic outputs of `function`, found by running it on zeros.

    Unknown dimensions are tried at two sizes: an output dimension that differs between the runs is
    unknown too. While a file is loaded, kernels are left out: a hostile one could ask for hours.
    """
    dry = Program(dry=True) if budget.calls is not None and _is_ours(function) else None

    def trial(size: int) -> Any:
        def zeros(leaf: Any) -> Any:
            if not isinstance(leaf, KerasTensor):
                return leaf
            return Tensor(np.zeros([size if n is None else n for n in leaf.shape], leaf.dtype))

        program, recorder.program = recorder.program, dry
        outer, _trial.size = _trial.size, size if some_unknown else None
        try:
            with no_tape():
                return function(*map_structure(zeros, args), **map_structure(zeros, kwargs))
        finally:
            recorder.program = program
            _trial.size = outer

    def unknown(*structures: Any) -> bool:
        return any(
            None in leaf.shape for leaf in flatten(structures) if isinstance(leaf, KerasTensor)
        )

    some_unknown = unknown(args, kwargs)
    first = trial(2)
    seconds = iter(flatten(trial(3) if some_unknown else first))

    def merge(leaf: Any) -> Any:
        other = next(seconds)
        if not isinstance(leaf, Tensor):
            return leaf
        shape = tuple(a if a == b else None for a, b in zip(leaf.shape, other.shape, strict=True))
        return KerasTensor(shape, leaf.data.dtype)

    return map_structure(merge, first)


def _is_ours(function: Any) -> bool:
    """Whether a function, or the class of a method, is part of fastconv."""
    owner = getattr(function, "__self__", None)
    return (type(owner) if owner is not None else function).__module__.startswith("fastconv.")


class Operation:
    """A function of `fastconv.ops` standing in a graph."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = unique_name(function.__name__)
        self._nodes: list[Node] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


OPS: dict[str, Callable[..., Any]] = {}
"""Public ops by name: the closed table from which a saved graph's ops are looked up."""


def op(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a public op: called on a KerasTensor it becomes a node of the graph."""

    @functools.wraps(function)
    def public(*args: Any, **kwargs: Any) -> Any:
        for arg in args:
            if type(arg) is KerasTensor or type(arg) is list or type(arg) is tuple:
                break
        else:
            if not kwargs:
                return function(*args)
        if is_symbolic(args, kwargs):
            outputs = infer(function, args, kwargs)
            Node(Operation(public), args, kwargs, outputs)
            return outputs
        return function(*args, **kwargs)

    OPS[function.__name__] = public
    return public
