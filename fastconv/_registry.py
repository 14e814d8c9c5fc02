"""Class name <-> class: the closed tables from which configs are rebuilt.

Belongs here: registering built-in and user's objects, turning objects into config dicts and back.
Does not: file formats (`fastconv.saving`), anything that imports another module. Text from a file
is only ever a key of these tables: nothing is imported, evaluated or unpickled by name, so a
config of unknown origin can fail but not run code. Callbacks stand in no table, since some of
them write files when made. Adding a class: ``@register("layer")`` above it.
"""

import reprlib
import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

KINDS = {
    "model": "keras",
    "policy": "keras",
    "layer": "keras.layers",
    "optimizer": "keras.optimizers",
    "schedule": "keras.optimizers.schedules",
    "loss": "keras.losses",
    "metric": "keras.metrics",
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "activation": "keras.activations",
    "random": "keras.random",
}
"""Kinds of object and the module that a config names for each."""

MAX_DEPTH = 64
"""Nesting at which a config is taken for a mistake or an attack."""

NUMPY_DTYPES = frozenset(
    ["bool", "float16", "float32", "float64"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
)

_tables: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
_modules: dict[Any, tuple[str, str]] = {}  # built-in class or function -> its module and name
_decoders: dict[str, Callable[[dict[str, Any]], Any]] = {}
_custom_objects: dict[str, Any] = {}
_custom_names: dict[Any, str] = {}


class _Scope(threading.local):
    objects: dict[str, Any] = {}
    depth = 0


_scope = _Scope()


class ConfigError(ValueError, TypeError):
    """A config that cannot be turned into an object (Keras raises TypeError for some of these)."""


def register(
    kind: str,
    module: str | None = None,
    name: str | None = None,
    aliases: tuple[str, ...] = (),
) -> Callable[[Any], Any]:
    """Decorator: enter a built-in class or function into the table of its kind.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    module : str, optional
        What configs name as its module; default that of the kind.
    name : str, optional
        Default ``__name__``.
    aliases : tuple of str
        Further names to be found by.
    """
    table = _tables[kind]

    def decorate(obj: Any) -> Any:
        own = name or obj.__name__
        for key in (own, *aliases):
            if table.setdefault(key, obj) is not obj:
                raise ValueError(f"{kind} {key!r} is already registered as {table[key]}")
        _modules[obj] = module or KINDS[kind], own
        return obj

    return decorate


def lookup(kind: str, name: Any) -> Any:
    """The built-in class or function of that kind and name or alias, else None."""
    return _tables[kind].get(name) if isinstance(name, str) else None


def names(kind: str) -> list[str]:
    """All names and aliases of a kind."""
    return sorted(_tables[kind])


def register_decoder(class_name: str, decode: Callable[[dict[str, Any]], Any]) -> None:
    """Say how ``{"class_name": class_name, "config": ...}`` becomes a value (tensors)."""
    _decoders[class_name] = decode


# --- objects of the user -------------------------------------------------------------------------


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Any], Any]:
    """Decorator: let a class or function of yours be found when a saved model is loaded.

    Source: ``keras.saving.register_keras_serializable``.

    Parameters
    ----------
    package : str, default "Custom"
    name : str, optional
        Default: the class's name. The key is ``package>name``.

    Examples
    --------
    >>> from fastconv.saving import register_keras_serializable, get_registered_name
    >>> @register_keras_serializable("mine")
    ... def twice(x):
    ...     return x + x
    >>> get_registered_name(twice)
    'mine>twice'
    """

    def decorate(obj: Any) -> Any:
        if isinstance(obj, type) and not hasattr(obj, "get_config"):
            raise ValueError(
                "Cannot register a class that does not have a get_config() method. "
                f"Received: {obj.__name__}"
            )
        key = f"{package}>{name if name is not None else obj.__name__}"
        _custom_objects[key] = obj
        _custom_names[obj] = key
        return obj

    return decorate


def get_custom_objects() -> dict[str, Any]:
    """The live table of registered objects of the user, by ``package>name``."""
    return _custom_objects


def get_registered_name(obj: Any) -> str:
    """``package>name`` of a registered class or function, else its own name."""
    return _custom_names.get(obj) or obj.__name__


def get_registered_object(
    name: Any,
    custom_objects: dict[str, Any] | None = None,
    module_objects: dict[str, Any] | None = None,
) -> Any:
    """The user's object of that name, else None.

    Looked up in open `custom_object_scope` blocks, the registered objects, `custom_objects` and
    `module_objects`, in this order.
    """
    if not isinstance(name, str):
        return None
    for table in (_scope.objects, _custom_objects, custom_objects, module_objects):
        if table and name in table:
            return table[name]
    return None


class CustomObjectScope:
    """Context in which objects are found by name when a model is loaded.

    Source: ``keras.saving.custom_object_scope``.

    Parameters
    ----------
    custom_objects : dict
        Name -> class or function.

    Examples
    --------
    >>> from fastconv.saving import custom_object_scope, get_registered_object
    >>> with custom_object_scope({"length": len}):
    ...     get_registered_object("length") is len
    True
    """

    def __init__(self, custom_objects: dict[str, Any] | None) -> None:
        if custom_objects is not None and not isinstance(custom_objects, dict):
            raise ValueError(
                f"custom_objects: expected a dict name -> object, received {custom_objects!r}"
            )
        self.custom_objects = custom_objects or {}

    def __enter__(self) -> "CustomObjectScope":
        self._outer = _scope.objects
        _scope.objects = {**self._outer, **self.custom_objects}
        return self

    def __exit__(self, *exc: object) -> None:
        _scope.objects = self._outer


custom_object_scope = CustomObjectScope


# --- object -> config ----------------------------------------------------------------------------


def serialize_keras_object(obj: Any) -> Any:
    """What JSON can hold of an object: a dict that `deserialize_keras_object` turns back.

    Source: ``keras.saving.serialize_keras_object``.

    Parameters
    ----------
    obj : object
        A layer, optimizer, loss..., anything with ``get_config``, a function, plain values and
        nested lists and dicts of them.

    Returns
    -------
    dict, list, str, number or None
        Objects become ``{"module", "class_name", "config", "registered_name"}``.

    Examples
    --------
    >>> from fastconv.saving import serialize_keras_object
    >>> serialize_keras_object([1, "a", None])
    [1, 'a', None]
    """
    if obj is None or isinstance(obj, (str, bool, int, float)):
        return obj
    if isinstance(obj, list):
        return [serialize_keras_object(item) for item in obj]
    if isinstance(obj, tuple):
        return tuple(serialize_keras_object(item) for item in obj)
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, np.generic) or (isinstance(obj, np.ndarray) and not obj.ndim):
        return obj.item()
    if isinstance(obj, np.ndarray):
        return _special("__numpy__", value=obj.tolist(), dtype=obj.dtype.name)
    if isinstance(obj, bytes):
        return _special("__bytes__", value=obj.decode("utf-8"))
    if isinstance(obj, slice):
        return _special("__slice__", start=obj.start, stop=obj.stop, step=obj.step)
    if obj is Ellipsis:
        return _special("__ellipsis__")
    if hasattr(obj, "_keras_history"):
        history = obj._keras_history
        if history is not None:
            history = [history[0].name, *history[1:]]
        return _special(
            "__keras_tensor__", shape=list(obj.shape), dtype=obj.dtype, keras_history=history
        )
    if hasattr(obj, "get_config"):
        return _serialize_instance(obj)
    if hasattr(obj, "numpy"):
        array = obj.numpy()
        return _special("__tensor__", value=array.tolist(), dtype=array.dtype.name)
    if callable(obj) and hasattr(obj, "__name__"):
        return _serialize_function(obj)
    raise ConfigError(
        f"Cannot serialize object {obj} of type {type(obj)}. To be serializable, a class must "
        "implement the `get_config()` method."
    )


def _special(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def _serialize_function(function: Any) -> dict[str, Any]:
    if function.__name__ == "<lambda>":
        raise ConfigError(
            "A `lambda` cannot be saved: files never hold code. Use a named function, and pass it "
            "as `custom_objects=` when you load (or decorate it with "
            "`register_keras_serializable`)."
        )
    known = _modules.get(function)
    name = known[1] if known else get_registered_name(function)
    return {
        "module": "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


def _serialize_instance(obj: Any) -> dict[str, Any]:
    cls = obj.__class__
    config = obj.get_config()
    if not isinstance(config, dict):
        raise ConfigError(
            f"The `get_config()` method of {obj} should return a dict. It returned: "
            f"{_short(config)}"
        )
    if cls in _modules:
        module: str | None = _modules[cls][0]
        class_name = _modules[cls][1]
        registered_name = None
    else:
        module = None if cls.__module__ == "__main__" or cls in _custom_names else cls.__module__
        class_name = cls.__name__
        registered_name = get_registered_name(cls)
    result = {
        "module": module,
        "class_name": class_name,
        "config": serialize_keras_object(config),
        "registered_name": registered_name,
    }
    for key in ("build_config", "compile_config"):
        get = getattr(obj, f"get_{key}", None)
        value = get() if get is not None else None
        if value is not None:
            result[key] = serialize_keras_object(value)
    return result


# --- config -> object ----------------------------------------------------------------------------


def deserialize_keras_object(
    config: Any,
    custom_objects: dict[str, Any] | None = None,
    safe_mode: bool = True,
    *,
    kind: str | None = None,
) -> Any:
    """The object that a config describes.

    Source: ``keras.saving.deserialize_keras_object``. Names are looked up in fastconv's own tables,
    the registered objects, open scopes and `custom_objects`, nowhere else.

    Parameters
    ----------
    config : dict, list, str, number or None
        What `serialize_keras_object` gave; lists and plain values are passed through.
    custom_objects : dict, optional
        Name -> class or function.
    safe_mode : bool, default True
        Accepted for Keras's sake: code in a config is refused either way.
    kind : str, optional
        A key of `KINDS`: where to look when the config names no module.

    Raises
    ------
    ConfigError
        (a ValueError and a TypeError) for unknown names and malformed configs.

    Examples
    --------
    >>> from fastconv.saving import deserialize_keras_object
    >>> deserialize_keras_object({"a": [1, 2]})
    {'a': [1, 2]}
    """
    if config is None or isinstance(config, (bool, int, float)):
        return config
    if isinstance(config, str):
        found = get_registered_object(config, custom_objects)
        return config if found is None else found
    if _scope.depth >= MAX_DEPTH:
        raise ConfigError(f"config: nested deeper than {MAX_DEPTH} levels")
    _scope.depth += 1
    try:
        if isinstance(config, (list, tuple)):
            return [deserialize_keras_object(item, custom_objects, kind=kind) for item in config]
        if not isinstance(config, dict):
            raise ConfigError(f"Could not parse config: {_short(config)}")
        if "class_name" not in config or "config" not in config:
            return {
                key: deserialize_keras_object(value, custom_objects, kind=kind)
                for key, value in config.items()
            }
        return _deserialize_dict(config, custom_objects, kind)
    finally:
        _scope.depth -= 1


def _deserialize_dict(
    config: dict[str, Any], custom_objects: dict[str, Any] | None, kind: str | None
) -> Any:
    class_name = config["class_name"]
    inner = config["config"]
    if not isinstance(class_name, str):
        raise ConfigError(f"'class_name': expected a string, received {class_name!r}")
    if class_name == "function":
        if not isinstance(inner, str):
            raise ConfigError(
                "Expected 'config' to be a non-null str for a function, instead got "
                f"{type(inner).__name__}. Full config: {_short(config)}"
            )
        return _find_function(inner, config, custom_objects, kind)
    if inner is None:
        inner = {}
    if not isinstance(inner, dict):
        raise ConfigError(
            f"Expected 'config' to be a dict for {_short(class_name)}, instead got "
            f"{type(inner).__name__}. Full config: {_short(config)}"
        )
    if class_name.startswith("__"):
        return _decode_special(class_name, inner)
    cls = _find_class(class_name, config, custom_objects, kind)
    if isinstance(cls, FunctionType):
        return cls
    return _instantiate(cls, inner, config, custom_objects)


def _decode_special(class_name: str, inner: dict[str, Any]) -> Any:
    try:
        if class_name == "__numpy__":
            if inner["dtype"] not in NUMPY_DTYPES:
                raise ConfigError(f"__numpy__: unknown dtype {_short(inner['dtype'])}")
            return np.array(inner["value"], dtype=inner["dtype"])
        if class_name == "__bytes__":
            return inner["value"].encode("utf-8")
        if class_name == "__ellipsis__":
            return Ellipsis
        if class_name == "__slice__":
            parts = [inner[key] for key in ("start", "stop", "step")]
            if any(part is not None and not isinstance(part, int) for part in parts):
                raise ConfigError(f"__slice__: expected integers, received {_short(parts)}")
            return slice(*parts)
        if class_name in _decoders:
            return _decoders[class_name](inner)
    except ConfigError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"{class_name}: malformed config {_short(inner)}: {error!r}") from error
    if class_name == "__lambda__":
        raise ConfigError(
            "The config holds the code of a Python lambda. fastconv never runs code from a file; "
            "define a named function and pass it as `custom_objects=`."
        )
    raise ConfigError(f"Could not locate class {_short(class_name)}")


def _kinds_of(module: Any, hint: str | None) -> list[str]:
    """Kinds whose tables a config with that module may look into.

    Public modules (``keras.losses``) and the private ones of several Keras versions
    (``keras.src.losses.losses``) are compared as text.
    """
    if not isinstance(module, str):
        return [hint] if hint else []
    parts = module.split(".")
    if parts[0] not in ("keras", "tf_keras", "fastconv"):
        return []
    if "schedules" in parts or "learning_rate_schedule" in parts:
        return ["schedule"]
    found = [
        kind for kind, home in KINDS.items() if home.count(".") and home.split(".")[1] in parts
    ]
    found = [kind for kind in found if kind != "schedule"]
    return found or ["model", "policy", "layer"]


def _find_class(
    class_name: str,
    config: dict[str, Any],
    custom_objects: dict[str, Any] | None,
    hint: str | None,
) -> Any:
    registered = config.get("registered_name", class_name)
    found = get_registered_object(registered, custom_objects)
    if found is not None:
        return found
    for kind in _kinds_of(config.get("module"), hint):
        found = _tables[kind].get(class_name)
        if isinstance(found, type):
            return found
    # A class registered under a package elsewhere may be handed over by its bare name.
    found = get_registered_object(class_name, custom_objects)
    if found is None:
        raise _not_located("class", class_name, config)
    return found


def _find_function(
    name: str, config: dict[str, Any], custom_objects: dict[str, Any] | None, hint: str | None
) -> Any:
    found = get_registered_object(name, custom_objects)
    if found is not None:
        return found
    kinds = ["activation", "loss", "metric"]
    for kind in [hint, *kinds] if hint in KINDS else kinds:
        found = _tables[kind].get(name)
        if found is not None and not isinstance(found, type):
            return found
    if ">" not in name:  # Keras up to 3.6 wrote registered functions without their package
        for table in (_scope.objects, _custom_objects, custom_objects or {}):
            for key, value in table.items():
                if key.endswith(f">{name}"):
                    return value
    raise _not_located("function", name, config)


def _not_located(what: str, name: str, config: dict[str, Any]) -> ConfigError:
    return ConfigError(
        f"Could not locate {what} {_short(name)}. Make sure custom classes and functions are "
        "decorated with `@keras.saving.register_keras_serializable()` and imported before "
        "loading, or pass them as `custom_objects=`. "
        f"Full object config: {_short(config)}"
    )


def _instantiate(
    cls: Any, inner: dict[str, Any], config: dict[str, Any], custom_objects: dict[str, Any] | None
) -> Any:
    if not hasattr(cls, "from_config"):
        raise ConfigError(
            f"Unable to reconstruct an instance of {_short(config['class_name'])} because the "
            f"class is missing a `from_config()` method. Full object config: {_short(config)}"
        )
    with CustomObjectScope(custom_objects):
        try:
            instance = cls.from_config(inner)
        except TypeError as error:
            raise ConfigError(
                f"{cls} could not be deserialized properly. Please ensure that components that "
                "are Python object instances (layers, models, etc.) returned by `get_config()` "
                "are explicitly deserialized in the model's `from_config()` method.\n\n"
                f"config={_short(config)}.\n\nException encountered: {error}"
            ) from error
        build = config.get("build_config")
        if isinstance(build, dict) and build and not getattr(instance, "built", True):
            instance.build_from_config(build)
            instance.built = True
        compiled = config.get("compile_config")
        if isinstance(compiled, dict) and compiled and hasattr(instance, "compile_from_config"):
            instance.compile_from_config(compiled)
            instance.compiled = True
    return instance


class _Brief(reprlib.Repr):
    """`repr` that looks at no more of a nested structure than it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 6
        self.maxdict = self.maxlist = self.maxtuple = 30
        self.maxstring = self.maxother = 200


_brief = _Brief()


def short_repr(value: Any, length: int = 1000) -> str:
    """`repr(value)`, cut at `length`; quick for structures of any size."""
    text = _brief.repr(value)
    return text if len(text) <= length else f"{text[: length - 3]}..."


_short = short_repr
