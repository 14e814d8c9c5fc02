"""Every function of ``keras.activations`` on a fixed grid, with its derivative.

``activations.json``: ``grid`` (97 numbers that avoid the kinks, and a few large ones), ``rows``
(4, 6), and ``cases``: ``name``, ``kwargs``, ``x`` ("grid" or "rows"), ``y`` and ``dx``, the
gradient of ``sum(y * cotangent)`` with ``cotangent = uniform(y.shape, 99)``. Computed in float64
from inputs that float32 holds exactly, stored as float64. ``at_zero``: value and derivative at
exactly 0 (on JAX; where the derivative jumps, backends may differ).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from keras_cases.common import uniform, write_packed

ELEMENTWISE: list[tuple[str, dict[str, Any]]] = [
    ("celu", {}),
    ("celu", {"alpha": 0.5}),
    ("elu", {}),
    ("elu", {"alpha": 0.5}),
    ("exponential", {}),
    ("gelu", {}),
    ("gelu", {"approximate": True}),
    ("hard_shrink", {}),
    ("hard_shrink", {"threshold": 1.2}),
    ("hard_sigmoid", {}),
    ("hard_silu", {}),
    ("hard_tanh", {}),
    ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": 0.1}),
    ("linear", {}),
    ("log_sigmoid", {}),
    ("mish", {}),
    ("relu", {}),
    ("relu", {"negative_slope": 0.1, "max_value": 2.0, "threshold": 0.6}),
    ("relu6", {}),
    ("selu", {}),
    ("sigmoid", {}),
    ("silu", {}),
    ("soft_shrink", {}),
    ("soft_shrink", {"threshold": 1.2}),
    ("softplus", {}),
    ("softsign", {}),
    ("sparse_plus", {}),
    ("sparse_sigmoid", {}),
    ("squareplus", {}),
    ("squareplus", {"b": 1.5}),
    ("tanh", {}),
    ("tanh_shrink", {}),
    ("threshold", {"threshold": 0.7, "default_value": -0.3}),
]
ROWWISE: list[tuple[str, dict[str, Any]]] = [
    ("softmax", {}),
    ("softmax", {"axis": 0}),
    ("log_softmax", {}),
    ("log_softmax", {"axis": 0}),
    ("sparsemax", {}),
    ("sparsemax", {"axis": 0}),
    ("glu", {}),
    ("glu", {"axis": 0}),
]


def grid() -> np.ndarray:
    """Numbers from -6 to 6 between the kinks, then large ones."""
    small = (np.arange(-48, 49) + 0.375) / 8
    return np.concatenate([small, [-200.0, -45.0, -20.0, 20.0, 45.0, 85.0]]).astype("float32")


def write(folder: Path) -> None:
    """Write ``activations.json`` and ``activations.npz``."""
    import jax
    import keras

    keras.config.set_floatx("float64")  # else tanh answers float32
    inputs = {"grid": grid(), "rows": uniform((4, 6), 71, -3, 3)}
    cases = []
    for kind, table in (("grid", ELEMENTWISE), ("rows", ROWWISE)):
        for name, kwargs in table:
            function = getattr(keras.activations, name)
            x = inputs[kind].astype("float64")
            y, pull = jax.vjp(lambda v, f=function, k=kwargs: f(v, **k), x)
            cotangent = uniform(y.shape, 99).astype(y.dtype)
            row = {"name": name, "kwargs": kwargs, "x": kind, "y": np.asarray(y)}
            row["dx"] = np.asarray(pull(jax.numpy.asarray(cotangent))[0])
            if kind == "grid":
                zero, slope = jax.value_and_grad(lambda v, f=function, k=kwargs: f(v, **k))(0.0)
                row["at_zero"] = [float(zero), float(slope)]
            cases.append(row)
    write_packed(folder, "activations", {**inputs, "cases": cases})
