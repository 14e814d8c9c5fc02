"""Learning rate schedules.

Belongs here: one class a file, computed by the `step_rate` kernel from the optimizer's step
counter. Adding one: subclass `BuiltInSchedule`, give the kernel a branch, export it here.
"""

from typing import Any

from fastconv._registry import deserialize_keras_object, serialize_keras_object
from fastconv.optimizers.schedules.cosine_decay import CosineDecay
from fastconv.optimizers.schedules.cosine_decay_restarts import CosineDecayRestarts
from fastconv.optimizers.schedules.exponential_decay import ExponentialDecay
from fastconv.optimizers.schedules.inverse_time_decay import InverseTimeDecay
from fastconv.optimizers.schedules.learning_rate_schedule import LearningRateSchedule
from fastconv.optimizers.schedules.piecewise_constant_decay import PiecewiseConstantDecay
from fastconv.optimizers.schedules.polynomial_decay import PolynomialDecay

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """Config dict of a schedule."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Schedule from its config dict."""
    return deserialize_keras_object(config, custom_objects, kind="schedule")
