"""Penalties on weights or outputs, added to the loss.

Belongs here: classes called with a tensor, `get`, `serialize`, `deserialize`. Adding one: a
subclass with ``@register("regularizer")``.
"""

import math
from typing import Any

from fastconv import ops
from fastconv._registry import (
    deserialize_keras_object,
    get_registered_object,
    lookup,
    register,
    serialize_keras_object,
)

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


def _checked(value: Any, name: str) -> float:
    valid = isinstance(value, (float, int)) and math.isfinite(value) and value >= 0
    if not valid:
        raise ValueError(
            f"Invalid value for argument {name}: expected a non-negative float."
            f"Received: {name}={value}"
        )
    return float(value)


@register("regularizer", aliases=("regularizer",))
class Regularizer:
    """Base of regularizers: ``__call__(x)`` gives the penalty, a single number.

    Source: ``keras.regularizers.Regularizer``.
    """

    def __call__(self, x: Any) -> Any:
        """The penalty."""
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        raise NotImplementedError(f"{self} does not implement get_config()")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a regularizer from what `get_config` returned."""
        return cls(**config)


@register("regularizer", aliases=("l1_l2", "l1l2"))
class L1L2(Regularizer):
    """l1 sum(|x|) + l2 sum(x^2)."""

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _checked(0.0 if l1 is None else l1, "l1")
        self.l2 = _checked(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        terms = []
        if self.l1:
            terms.append(ops.multiply(ops.sum(ops.absolute(x)), self.l1))
        if self.l2:
            terms.append(ops.multiply(ops.sum(ops.square(x)), self.l2))
        if not terms:
            return ops.zeros((), x.dtype)
        return terms[0] if len(terms) == 1 else ops.add(*terms)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


@register("regularizer", aliases=("l1",))
class L1(Regularizer):
    """l1 sum(|x|)."""

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = _checked(0.01 if l1 is None else l1, "l1")

    def __call__(self, x: Any) -> Any:
        return ops.multiply(ops.sum(ops.absolute(x)), self.l1)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


@register("regularizer", aliases=("l2",))
class L2(Regularizer):
    """l2 sum(x^2)."""

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = _checked(0.01 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        return ops.multiply(ops.sum(ops.square(x)), self.l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


@register("regularizer", aliases=("orthogonal_regularizer",))
class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean |cosine| between different rows or columns of a matrix."""

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _checked(factor, "factor")
        if mode not in ("rows", "columns"):
            raise ValueError(
                'Invalid value for argument `mode`. Expected one of {"rows", "columns"}. '
                f"Received: mode={mode}"
            )
        self.mode = mode

    def __call__(self, inputs: Any) -> Any:
        if len(inputs.shape) != 2:
            raise ValueError(
                "Inputs to OrthogonalRegularizer must have rank 2. Received: "
                f"inputs.shape={inputs.shape}"
            )
        rows = self.mode == "rows"
        unit = ops.normalize(inputs, axis=1 if rows else 0)
        turned = ops.transpose(unit)
        cosines = ops.matmul(unit, turned) if rows else ops.matmul(turned, unit)
        size = inputs.shape[0 if rows else 1]
        others = ops.multiply(cosines, 1.0 - ops.eye(size, dtype=inputs.dtype))
        pairs = size * (size - 1.0) / 2.0
        return ops.multiply(ops.sum(ops.absolute(others)), self.factor * 0.5 / pairs)

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer


def get(identifier: Any) -> Any:
    """The regularizer that `identifier` names.

    Parameters
    ----------
    identifier : str, class, callable, config dict or None

    Returns
    -------
    callable or None

    Raises
    ------
    ValueError
        For unknown names.
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    elif isinstance(identifier, str):
        found = get_registered_object(identifier) or lookup("regularizer", identifier)
    if callable(found):
        return found() if isinstance(found, type) else found
    raise ValueError(f"Could not interpret regularizer identifier: {identifier}")


def serialize(regularizer: Any) -> Any:
    """The regularizer as a config dict."""
    return serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The regularizer that a config describes."""
    return deserialize_keras_object(config, custom_objects, kind="regularizer")
