"""Layers: config, weights and a `call` made of ops.

Belongs here: one family a file. Does not: kernels, loops over data.
Adding one: a subclass of `Layer` with ``@register("layer")`` in its family's file, exported below;
``get_config`` returns what ``__init__`` takes; the contract test finds it.
"""

from fastconv.layers.dense import Dense
from fastconv.layers.dropout import Dropout
from fastconv.layers.input_layer import Input, InputLayer
from fastconv.layers.layer import InputSpec, Layer
from fastconv.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from fastconv.layers.reshaping import Flatten, Reshape

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "Maximum",
    "Minimum",
    "Multiply",
    "Reshape",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]
