"""The dialects of Keras's configs: `portable` writes what every Keras reads, `translate` reads all.

What differs between versions (contract: section 4 of the Keras page; measured):
 (a) `InputLayer` says ``batch_input_shape`` (Keras 2, and all of Keras 3 still read it) or
     ``batch_shape`` (Keras 3 only).
 (b) A dtype is text, or since 3.1 a serialized ``DTypePolicy``.
 (c) Newer versions add keys that stand at their defaults, which older ones refuse: on writing they
     are left out, on reading they are dropped if, and only if, they stand at that default.
 (d) Keras 2 gives ``batch_input_shape`` to the first layer of a Sequential, and lists of one axis.
"""

import functools
import inspect
from typing import Any

from fastconv import _registry
from fastconv._registry import ConfigError
from fastconv.saving.graph_dialect import is_graph, portable_graph, single

# Keys that some Keras version writes and fastconv's classes do not take, with their defaults.
_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "quantization_config": (None,),
    "renorm": (False,),
    "renorm_clipping": (None,),
    "renorm_momentum": (0.99,),
    "input_axes": (None,),
    "output_axes": (None,),
    "ragged": (False, None),
    "sparse": (False, None),
    "optional": (False,),
    "lora_rank": (None,),
    "lora_alpha": (None,),
    "synchronized": (False,),
    "fused": (None, True, False),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "groups": (1,),
    "implementation": (1, 2),
    "noise_shape": (None,),
    "input_length": (None,),
    "is_legacy_optimizer": (False, True),
    "jit_compile": (True, False),
    "loss_scale_factor": (None,),
    "gradient_accumulation_steps": (None,),
    "mask_zero": (False,),
    "build_input_shape": (None,),
    "decay": (0.0, None),
}
# Layers that have no float arithmetic of their own are written with a plain dtype all the same.
_OPTIMIZER_ONLY_NEW = ("loss_scale_factor", "gradient_accumulation_steps")


def portable(config: Any) -> Any:
    """`config` in the dialect that tf_keras 2.21 and every Keras 3 read."""
    if isinstance(config, list):
        return [portable(item) for item in config]
    if isinstance(config, tuple):
        return [portable(item) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return config["config"]["name"]
    result = {key: portable(value) for key, value in config.items()}
    inner = result.get("config")
    if is_graph(inner):
        return portable_graph(result)
    if config.get("class_name") == "LeakyReLU" and isinstance(inner, dict):
        result["config"] = inner = _renamed(inner, "negative_slope", "alpha")
    if config.get("class_name") == "InputLayer" and isinstance(inner, dict):
        result["config"] = inner = _renamed(inner, "batch_shape", "batch_input_shape")
    if isinstance(inner, dict):
        for key in _OPTIMIZER_ONLY_NEW:
            if inner.get(key, 0) is None:
                del inner[key]
    return result


def _renamed(config: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if key == old else key: value for key, value in config.items()}


def translate(config: Any, depth: int = 0) -> Any:
    """`config` of any dialect in the one that fastconv's classes take."""
    if depth > _registry.MAX_DEPTH * 2:
        raise ConfigError("config: nested too deeply")
    if isinstance(config, (list, tuple)):
        return [translate(item, depth + 1) for item in config]
    if not isinstance(config, dict):
        return config
    result = {key: translate(value, depth + 1) for key, value in config.items()}
    inner = result.get("config")
    name = result.get("class_name")
    if isinstance(name, str) and name.startswith("Custom>"):
        name = _bare(name, result)
    if isinstance(inner, dict) and isinstance(name, str):
        result["config"] = _fitted(name, inner, result)
    return result


def _bare(name: str, config: dict[str, Any]) -> str:
    """tf_keras 2 registers its own optimizers as ``Custom>Adam``: the built-in is meant."""
    bare = name.removeprefix("Custom>")
    if _registry.get_registered_object(name) is None and _registry.lookup("optimizer", bare):
        config["class_name"] = bare
        if config.get("registered_name") == name:
            config["registered_name"] = None
        return bare
    return name


def _fitted(name: str, config: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """The config without keys that the class does not take and that stand at their defaults."""
    if name == "DTypePolicy":
        return config
    config = _modern(name, config)
    cls = _class_of(name, whole)
    if cls is None:
        return config
    takes = _parameters(cls)
    if takes is None:
        return config
    return {
        key: value for key, value in config.items() if key in takes or not _is_default(key, value)
    }


def _modern(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Spellings of Keras 2 in those of Keras 3."""
    config = dict(config)
    if name == "InputLayer" and "batch_shape" not in config and "batch_input_shape" in config:
        config["batch_shape"] = config.pop("batch_input_shape")
    if name in ("BatchNormalization", "LayerNormalization"):
        axis = config.get("axis")
        if isinstance(axis, list) and len(axis) == 1:
            config["axis"] = axis[0]
    if is_graph(config):
        for key in ("input_layers", "output_layers"):
            config[key] = single(config[key])
    if name == "LeakyReLU" and "alpha" in config and "negative_slope" not in config:
        config["negative_slope"] = config.pop("alpha")
    if name.startswith(("SeparableConv", "DepthwiseConv")):
        # Keras 2's base class wrote its own kernel's settings, which these layers never use.
        for key in ("kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            config.pop(key, None)
    if _registry.lookup("loss", name) is not None:
        # Keras 2 wrote the function beside the class that stands for it, and a reduction "auto".
        if isinstance(config.get("fn"), str):
            config.pop("fn")
        if config.get("reduction") == "auto":
            config["reduction"] = "sum_over_batch_size"
    dtype = config.get("dtype")
    if isinstance(dtype, dict) and isinstance(dtype.get("config"), dict):
        config["dtype"] = dtype["config"].get("name")
    return config


def _class_of(name: str, whole: dict[str, Any]) -> Any:
    """fastconv's own class of that name, whatever its kind; None for others."""
    if _registry.get_registered_object(whole.get("registered_name") or name) is not None:
        return None
    for kind in (
        "layer",
        "initializer",
        "regularizer",
        "constraint",
        "optimizer",
        "schedule",
        "loss",
        "metric",
    ):
        found = _registry.lookup(kind, name)
        if isinstance(found, type):
            return found
    return None


@functools.lru_cache(maxsize=1000)
def _parameters(cls: Any) -> set[str] | None:
    """Names that the constructor takes, its bases' included where it passes keywords on."""
    found: set[str] = set()
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if init is None or base is object:
            continue
        parameters = inspect.signature(init).parameters.values()
        found |= {p.name for p in parameters if p.kind is not p.VAR_KEYWORD}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    # Accepted by the base layer through **kwargs.
    if "trainable" in found or "name" in found:
        found |= {"batch_input_shape", "input_shape", "input_dim"}
    return found


def _is_default(key: str, value: Any) -> bool:
    if value is None:
        return True
    return key in _DEFAULTS and any(
        value == default and type(value) is type(default) for default in _DEFAULTS[key]
    )
