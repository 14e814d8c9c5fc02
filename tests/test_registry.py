"""Tables of names: lookups are by text only, round trips are exact, hostile configs only fail."""

import json

import numpy as np
import pytest

from fastconv import _registry
from fastconv._registry import (
    ConfigError,
    custom_object_scope,
    deserialize_keras_object,
    get_registered_name,
    get_registered_object,
    register,
    register_keras_serializable,
    serialize_keras_object,
)


class Thing:
    """A class with a config, as layers and losses are."""

    def __init__(self, size=1, inner=None):
        if not isinstance(size, int):
            raise TypeError(f"size: {size!r}")
        self.size = size
        self.inner = inner

    def get_config(self):
        return {"size": self.size, "inner": self.inner}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config["inner"] = deserialize_keras_object(config.get("inner"))
        return cls(**config)


@pytest.fixture
def tables(monkeypatch):
    """Registrations made in a test end with it."""
    monkeypatch.setattr(_registry, "_tables", {k: dict(v) for k, v in _registry._tables.items()})
    monkeypatch.setattr(_registry, "_modules", dict(_registry._modules))
    monkeypatch.setattr(_registry, "_custom_objects", {})
    monkeypatch.setattr(_registry, "_custom_names", {})


def test_built_in_class_round_trips_by_its_public_module(tables):
    register("layer")(Thing)
    config = serialize_keras_object(Thing(3, Thing(2)))
    assert config == {
        "module": "keras.layers",
        "class_name": "Thing",
        "config": {
            "size": 3,
            "inner": {
                "module": "keras.layers",
                "class_name": "Thing",
                "config": {"size": 2, "inner": None},
                "registered_name": None,
            },
        },
        "registered_name": None,
    }
    back = deserialize_keras_object(json.loads(json.dumps(config)))
    assert (back.size, back.inner.size) == (3, 2)


@pytest.mark.parametrize(
    "module", ["keras.layers", "keras.src.layers.core.thing", "tf_keras.src.layers.core", None]
)
def test_private_module_names_of_other_keras_versions_are_understood(tables, module):
    register("layer")(Thing)
    config = {"module": module, "class_name": "Thing", "config": {"size": 4}}
    assert deserialize_keras_object(config, kind="layer").size == 4


def test_the_module_says_which_of_two_namesakes_is_meant(tables):
    class Other(Thing):
        pass

    register("loss", name="Namesake")(Thing)
    register("metric", name="Namesake")(Other)
    loss = {"module": "keras.losses", "class_name": "Namesake", "config": {}}
    metric = {"module": "keras.src.metrics.x", "class_name": "Namesake", "config": {}}
    assert type(deserialize_keras_object(loss)) is Thing
    assert type(deserialize_keras_object(metric)) is Other


def test_registered_class_is_found_by_package_and_name(tables):
    register_keras_serializable("mine")(Thing)
    config = serialize_keras_object(Thing(5))
    assert (config["module"], config["registered_name"]) == (None, "mine>Thing")
    assert deserialize_keras_object(config).size == 5
    assert get_registered_name(Thing) == "mine>Thing"
    assert get_registered_object("mine>Thing") is Thing


def test_unregistered_class_needs_custom_objects(tables):
    config = serialize_keras_object(Thing(5))
    with pytest.raises(ConfigError, match="Could not locate class 'Thing'"):
        deserialize_keras_object(config)
    assert deserialize_keras_object(config, {"Thing": Thing}).size == 5
    with custom_object_scope({"Thing": Thing}):
        assert deserialize_keras_object(config).size == 5
    with pytest.raises(ConfigError, match="Could not locate class 'Thing'"):
        deserialize_keras_object(config)


def test_class_registered_elsewhere_is_found_by_bare_name(tables):
    config = {"module": None, "class_name": "Thing", "config": {}, "registered_name": "pk>Thing"}
    assert isinstance(deserialize_keras_object(config, {"Thing": Thing}), Thing)


def test_functions_are_kept_by_name(tables):
    def swoosh(x):
        return x

    config = serialize_keras_object(swoosh)
    assert config["config"] == "swoosh"
    with pytest.raises(ConfigError, match="Could not locate function 'swoosh'"):
        deserialize_keras_object(config)
    assert deserialize_keras_object(config, {"swoosh": swoosh}) is swoosh
    register_keras_serializable("pk")(swoosh)
    assert serialize_keras_object(swoosh)["config"] == "pk>swoosh"
    assert deserialize_keras_object(serialize_keras_object(swoosh)) is swoosh
    assert deserialize_keras_object(config) is swoosh  # as Keras <= 3.6 wrote it


@pytest.mark.parametrize("value", [b"ab", slice(1, None, 2), Ellipsis])
def test_special_values_round_trip(value):
    assert deserialize_keras_object(serialize_keras_object(value)) == value


def test_arrays_round_trip_with_their_dtype():
    x = np.arange(6, dtype=np.int16).reshape(2, 3)
    y = deserialize_keras_object(json.loads(json.dumps(serialize_keras_object(x))))
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, x)
    assert serialize_keras_object(np.float32(0.5)) == 0.5


def test_lambda_is_refused_both_ways():
    with pytest.raises(ConfigError, match="named function"):
        serialize_keras_object(lambda x: x)
    with pytest.raises(ConfigError, match="never runs code from a file"):
        deserialize_keras_object({"class_name": "__lambda__", "config": {"value": ["4wEAAA"]}})


HOSTILE = {
    "module function": {"module": "os", "class_name": "system", "config": {"command": "true"}},
    "keras utility": {"module": "keras.utils", "class_name": "get_file", "config": {}},
    "function by module": {
        "module": "os",
        "class_name": "function",
        "config": "system",
        "registered_name": "system",
    },
    "builtin function": {"module": "builtins", "class_name": "function", "config": "eval"},
    "unhashable name": {"module": "keras.layers", "class_name": ["Dense"], "config": {}},
    "number for a config": {"module": "keras.layers", "class_name": "Thing", "config": 3},
    "list for a function": {"class_name": "function", "config": ["eval"]},
    "unhashable registered name": {
        "module": "keras.layers",
        "class_name": "X",
        "config": {},
        "registered_name": [],
    },
    "module of wrong type": {"module": 5, "class_name": "X", "config": {}},
    "object array": {"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}},
    "array without value": {"class_name": "__numpy__", "config": {"dtype": "float32"}},
    "ragged array": {
        "class_name": "__numpy__",
        "config": {"value": [[1], [2, 3]], "dtype": "float32"},
    },
    "slice of strings": {
        "class_name": "__slice__",
        "config": {"start": "a", "stop": 1, "step": None},
    },
    "type spec": {"class_name": "__typespec__", "config": {}},
    "wrong arguments": {"module": "keras.layers", "class_name": "Thing", "config": {"siz": 1}},
    "wrong type": {"module": "keras.layers", "class_name": "Thing", "config": {"size": "1"}},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_config_is_one_clear_error(tables, case):
    register("layer")(Thing)
    with pytest.raises(ConfigError) as caught:
        deserialize_keras_object(HOSTILE[case])
    assert len(str(caught.value)) < 4000


def test_bottomless_config_is_refused():
    config = 1
    for _ in range(5000):
        config = [config]
    with pytest.raises(ConfigError, match="nested deeper"):
        deserialize_keras_object(config)
    assert deserialize_keras_object([[1]]) == [[1]]


def test_a_name_cannot_be_taken_twice(tables):
    register("layer")(Thing)
    with pytest.raises(ValueError, match="already registered"):
        register("layer", name="Thing")(type("Other", (), {}))


def test_registering_a_class_without_config_is_an_error():
    with pytest.raises(ValueError, match="get_config"):
        register_keras_serializable()(type("Bare", (), {}))
