"""Optimizers and learning rate schedules.

Belongs here: one class a file: its arguments, its slots, the name of its fused kernel. Does not:
the arithmetic (src_cython/kernels/update.pyx), the training loop (`fastconv.models`).
Adding one: a kernel, a subclass of `Optimizer` with ``@register("optimizer")``, its name below.
"""

from typing import Any

from fastconv._registry import ConfigError, deserialize_keras_object, lookup, serialize_keras_object
from fastconv.optimizers import schedules
from fastconv.optimizers.adadelta import Adadelta
from fastconv.optimizers.adagrad import Adagrad
from fastconv.optimizers.adam import Adam
from fastconv.optimizers.adamax import Adamax
from fastconv.optimizers.adamw import AdamW
from fastconv.optimizers.lion import Lion
from fastconv.optimizers.nadam import Nadam
from fastconv.optimizers.optimizer import Optimizer
from fastconv.optimizers.rmsprop import RMSprop
from fastconv.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

_NAMES = {name.lower(): name for name in __all__ if isinstance(lookup("optimizer", name), type)}


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Config dict of an optimizer."""
    return serialize_keras_object(optimizer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Optimizer from its config dict; the class name in any case."""
    class_name = config.get("class_name") if isinstance(config, dict) else None
    if not isinstance(class_name, str):
        raise ConfigError(f"Could not interpret optimizer config: {config}")
    known = _NAMES.get(class_name.lower())
    if known is not None and config.get("registered_name") in (None, class_name):
        config = {
            **config,
            "class_name": known,
            "module": "keras.optimizers",
            "registered_name": None,
        }
    return deserialize_keras_object(config, custom_objects, kind="optimizer")


def get(identifier: Any) -> Optimizer | None:
    """Optimizer from a name, a config dict or itself.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.optimizers.get("adam").name.startswith("adam")
    True
    """
    found = identifier
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    elif isinstance(identifier, str):
        try:
            found = deserialize({"class_name": identifier, "config": {}})
        except ConfigError:
            found = None
    if isinstance(found, Optimizer):
        return found
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")
