"""fastconv: convolution and small neural networks on the CPU.

``from fastconv.signal import convolve, convolve2d, correlate, correlate2d`` replaces SciPy's line;
``import fastconv as keras`` runs Keras scripts for dense and convolutional networks.
Importing it loads NumPy and the runtime only; everything else comes when first used.
"""

import importlib
from typing import Any

try:
    from fastconv._runtime import levels as _levels  # noqa: F401
except ImportError as error:
    if "fastconv._runtime" in str(error):
        raise ImportError(
            "fastconv is not built here: this is the source folder, not an installed package; "
            "run `pip install .` (or `pip install -e .`) and start Python outside the clone"
        ) from error
    raise

from fastconv._config import (
    get_backend,
    get_num_threads,
    set_backend,
    set_num_threads,
    show_config,
)
from fastconv._version import __version__

# Where each public name that is not loaded at import stands (PEP 562).
_SUBPACKAGES = (
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "plotting",
    "preprocessing",
    "random",
    "regularizers",
    "saving",
    "signal",
    "utils",
)
_NAMES = {
    "fastconv.signal": (
        "calibrate choose_conv_method convolve convolve2d correlate correlate2d correlation_lags "
        "fftconvolve match_template oaconvolve patch_scipy patched_scipy plan_convolve "
        "plan_correlate unpatch_scipy"
    ),
    "fastconv.dtype_policies": "DTypePolicy",
    "fastconv.initializers": "Initializer",
    "fastconv.layers": "Input InputSpec Layer",
    "fastconv.losses": "Loss",
    "fastconv.metrics": "Metric",
    "fastconv.models": "Functional Model Sequential",
    "fastconv.models.profiling": "profile",
    "fastconv.ops.symbolic": "KerasTensor",
    "fastconv.ops.variable": "Variable",
    "fastconv.optimizers": "Optimizer",
    "fastconv.regularizers": "Regularizer",
    "fastconv.layers.layer": "name_scope",
}
_HOME = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = [
    "__version__",
    "get_backend",
    "get_num_threads",
    "set_backend",
    "set_num_threads",
    "show_config",
    *_SUBPACKAGES,
    *_HOME,
]


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        value: Any = importlib.import_module(f"fastconv.{name}")
    elif name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module 'fastconv' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
