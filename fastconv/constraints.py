"""Constraints: what a weight is projected to after each update.

Belongs here: classes called with a weight that return the projected one, `get`, `serialize`,
`deserialize`. Adding one: a subclass with ``@register("constraint")``.
"""

from typing import Any

from fastconv import ops
from fastconv._registry import (
    deserialize_keras_object,
    get_registered_object,
    lookup,
    register,
    serialize_keras_object,
)
from fastconv.config import epsilon

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]


@register("constraint", aliases=("constraint",))
class Constraint:
    """Base of constraints: ``__call__(w)`` gives the projection of `w`.

    Source: ``keras.constraints.Constraint``.
    """

    def __call__(self, w: Any) -> Any:
        """The projected weight."""
        return w

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a constraint from what `get_config` returned."""
        return cls(**config)


def _norms(w: Any, axis: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


@register("constraint", aliases=("max_norm",))
class MaxNorm(Constraint):
    """Norms along `axis` at most `max_value`."""

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        wanted = ops.clip(norms, 0, self.max_value)
        return ops.multiply(w, ops.divide(wanted, ops.add(norms, epsilon())))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


@register("constraint", aliases=("non_neg",))
class NonNeg(Constraint):
    """Negative weights become 0."""

    def __call__(self, w: Any) -> Any:
        return ops.maximum(w, 0.0)


@register("constraint", aliases=("unit_norm",))
class UnitNorm(Constraint):
    """Norms along `axis` 1."""

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        return ops.divide(w, ops.add(_norms(w, self.axis), epsilon()))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


@register("constraint", aliases=("min_max_norm",))
class MinMaxNorm(Constraint):
    """Norms along `axis` brought towards [min_value, max_value] by the part `rate`."""

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        clipped = ops.clip(norms, self.min_value, self.max_value)
        wanted = ops.add(ops.multiply(clipped, self.rate), ops.multiply(norms, 1 - self.rate))
        return ops.multiply(w, ops.divide(wanted, ops.add(norms, epsilon())))

    def get_config(self) -> dict[str, Any]:
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


max_norm = MaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
min_max_norm = MinMaxNorm


def get(identifier: Any) -> Any:
    """The constraint that `identifier` names.

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
        found = get_registered_object(identifier) or lookup("constraint", identifier)
    if callable(found):
        return found() if isinstance(found, type) else found
    raise ValueError(f"Could not interpret constraint identifier: {identifier}")


def serialize(constraint: Any) -> Any:
    """The constraint as a config dict."""
    return serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The constraint that a config describes."""
    return deserialize_keras_object(config, custom_objects, kind="constraint")
