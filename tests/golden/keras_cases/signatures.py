"""Argument names, order and defaults of Keras's public names.

``signatures.json`` has: ``signatures`` (qualified name -> list of argument texts as
:func:`describe` gives them; of a subclass only the methods that differ from its base's),
``aliases`` (qualified name -> the name under which the same object stands in ``signatures``),
``attributes`` (class -> public properties and class attributes), ``required`` (what fastconv
promises: ``scope.py``).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_cases.common import write_json
from keras_cases.scope import REQUIRED

_MODULES = (
    "layers losses metrics optimizers optimizers.schedules callbacks initializers regularizers "
    "constraints activations utils random saving models backend config datasets.mnist "
    "datasets.fashion_mnist datasets.cifar10 datasets.cifar100 datasets.imdb "
    "datasets.boston_housing datasets.california_housing datasets.reuters tree dtype_policies "
    "mixed_precision ops ops.image ops.linalg preprocessing preprocessing.image "
    "preprocessing.sequence"
)

# classes whose public methods are recorded too (every other class: its constructor)
_WITH_METHODS = (
    "Layer Model Sequential Variable KerasTensor Metric Loss Optimizer Initializer Regularizer "
    "layers.Dense layers.Normalization callbacks.Callback callbacks.ModelCheckpoint "
    "callbacks.EarlyStopping callbacks.CallbackList optimizers.schedules.LearningRateSchedule "
    "constraints.Constraint random.SeedGenerator utils.Progbar utils.PyDataset DTypePolicy"
)


def describe(function: Callable[..., Any]) -> list[str]:
    """Arguments as texts without annotations: ``["units", "use_bias=True", "**kwargs"]``."""
    texts = []
    star_seen = False
    for p in _parameters(function):
        if p.kind is p.VAR_POSITIONAL:
            star_seen = True
            texts.append("*" + p.name)
            continue
        if p.kind is p.KEYWORD_ONLY and not star_seen:
            star_seen = True
            texts.append("*")
        name = "**" + p.name if p.kind is p.VAR_KEYWORD else p.name
        default = "" if p.default is p.empty else "=" + _default(p.default)
        texts.append(name + default)
    return texts


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    # a class is described by its __init__: Keras's Operation.__new__(*args) says nothing
    if inspect.isclass(function) and "__init__" in vars(function):
        return list(inspect.signature(function.__init__).parameters.values())[1:]
    return list(inspect.signature(function).parameters.values())


def _default(value: Any) -> str:
    if inspect.isclass(value) or inspect.isfunction(value):
        return str(value.__name__)
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _resolve(root: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        root = getattr(root, part)
    return root


def _methods(cls: type) -> tuple[dict[str, list[str]], list[str]]:
    signatures, attributes = {}, []
    for name in sorted(n for n in dir(cls) if not n.startswith("_") or n == "__call__"):
        member = inspect.getattr_static(cls, name)
        if isinstance(member, property) or not callable(getattr(cls, name)):
            attributes.append(name)
        else:
            signatures[name] = describe(getattr(cls, name))
    return signatures, attributes


def write(folder: Path) -> None:
    """Write ``signatures.json``."""
    import keras

    names: dict[int, list[str]] = {}
    values: dict[str, Any] = {}
    for module in ["", *_MODULES.split()]:
        space = _resolve(keras, module) if module else keras
        for name in sorted(n for n in dir(space) if not n.startswith("_")):
            value = getattr(space, name)
            if callable(value):
                full = f"{module}.{name}" if module else name
                values[full] = value
                names.setdefault(id(value), []).append(full)
    signatures: dict[str, list[str]] = {}
    aliases: dict[str, str] = {}
    for same in names.values():
        own = getattr(values[same[0]], "__name__", "")
        # the name that the object gives itself, at its shortest place
        main = min(same, key=lambda n: (n.rsplit(".", 1)[-1] != own, n.count(".")))
        signatures[main] = describe(values[main])
        aliases.update({n: main for n in same if n != main})
    attributes: dict[str, list[str]] = {}
    recorded: dict[type, tuple[dict[str, list[str]], list[str]]] = {}
    for name in _WITH_METHODS.split():
        cls = _resolve(keras, name)
        recorded[cls] = methods, found = _methods(cls)
        base = next((c for c in cls.__mro__[1:] if c in recorded), None)
        inherited = recorded[base] if base else ({}, [])
        attributes[name] = [a for a in found if a not in inherited[1]]
        for k, v in methods.items():
            if inherited[0].get(k) != v:
                signatures[f"{name}.{k}"] = v
    rows = {
        "keras_version": keras.__version__,
        "signatures": dict(sorted(signatures.items())),
        "aliases": dict(sorted(aliases.items())),
        "attributes": attributes,
        "required": REQUIRED,
    }
    _write_nested(folder / "signatures.json", rows)


def _write_nested(path: Path, rows: dict[str, Any]) -> None:
    # one line per name, also one level down
    write_json(path, rows)
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(\]|\"), (?=\"[^\"]+\": [\[\"])", r"\1,\n  ", text)
    path.write_text(text.replace(": {", ": {\n  "), encoding="utf-8")
