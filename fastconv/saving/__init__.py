"""Files: ``.keras`` models, ``.weights.h5`` weights, and legacy ``.h5`` models.

Belongs here: reading and writing what real Keras reads and writes, and the gate that keeps hostile
files out. Does not: the configs of layers (they have `get_config`).
Rules of the gate: zip members exact, capped and CRC-checked (`archive`); JSON capped (`json_text`);
names looked up in closed tables (`_registry`); what a config implies capped before it is allocated
(`gate`); HDF5 walked by hard links only, shapes compared before anything is read (`hdf5`); nothing
is extracted, imported, evaluated or unpickled. Caps: `fastconv.saving.limits`.
"""

from fastconv._registry import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from fastconv.saving.api import load_model, load_weights, save_model, save_weights
from fastconv.saving.limits import limits

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "limits",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]
