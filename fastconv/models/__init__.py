"""Models: graphs of layers, and the loops that train, evaluate and run them.

Belongs here: `Model`, `Sequential`, `Functional`; batches of data; the recorded step; the summary.
Does not: layers, losses, optimizers, files (`fastconv.saving`).
"""

import importlib
from typing import Any

from fastconv.layers.input_layer import Input
from fastconv.models.functional import Functional
from fastconv.models.model import Model
from fastconv.models.sequential import Sequential

_HOME = {
    "clone_model": "fastconv.models.cloning",
    "load_model": "fastconv.saving",
    "model_from_json": "fastconv.models.graph_config",
    "save_model": "fastconv.saving",
}

__all__ = ["Functional", "Input", "Model", "Sequential", *_HOME]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'fastconv.models' has no attribute {name!r}")
