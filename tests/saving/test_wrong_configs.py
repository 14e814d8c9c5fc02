"""Configs in which something is wrong: every argument of every layer, every value of a config.

Whatever it is, the error is a ValueError, short, and comes soon.
"""

import inspect
import json

import hostile_files as make
import pytest

# -- nonsense --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "1", '"x"', "{}", "{", '{"a": 1,}', "\ufeff{}", "{'a': 1}", "NaN"]
)
def test_configs_that_are_no_configs_are_refused(refused, model_file, text):
    refused(model_file(text), "not valid JSON|expected|Could not|No model config")


@pytest.mark.parametrize("text", [b"\xff\xfe{}", b"\x80", b'{"a": "\xff"}'])
def test_text_that_is_no_utf8_is_refused(refused, tmp_path, text):
    refused(make.keras_file(tmp_path / "m.keras", text), "config.json: not valid JSON")


def test_numbers_of_many_digits_are_refused(refused, model_file):
    text = json.dumps(make.with_layer(make.dense(3))).replace(
        '"units": 3', '"units": ' + "9" * 5000
    )
    refused(model_file(text), "not valid JSON|64 bits")
    text = json.dumps(make.with_layer(make.dense(3))).replace('"units": 3', '"units": ' + "9" * 500)
    refused(model_file(text), "64 bits")


WRONG = [
    None,
    True,
    False,
    0,
    -1,
    -(10**9),
    2**31,
    2**63 - 1,
    -(2**63),
    0.5,
    -0.5,
    1e300,
    float("nan"),
    float("inf"),
    float("-inf"),
    "",
    "x",
    "../../x",
    "float32",
    [],
    [None],
    [-1],
    [0, 0],
    [2**40] * 3,
    ["x"],
    [[1, 2], [3]],
    [[[]]],
    {},
    {"a": 1},
    {"class_name": "Dense", "config": {"units": 3}},
    {"class_name": "function", "config": "relu"},
    {"class_name": "__numpy__", "config": {"value": [1, 2], "dtype": "float32"}},
    {"class_name": "__numpy__", "config": {"value": "x", "dtype": "O"}},
    {"class_name": "__tensor__", "config": {"value": [[1], [2, 3]], "dtype": "float32"}},
    {"class_name": "__slice__", "config": {"start": 0, "stop": 10**12, "step": None}},
    {"class_name": "__bytes__", "config": {"value": 5}},
    {"class_name": "__keras_tensor__", "config": {"shape": [10**9], "dtype": "O"}},
    {"class_name": "__typespec__", "config": {"spec_name": "x"}},
    {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "(99999,99999)f4"}},
    {"module": "keras", "class_name": "Sequential", "config": {"layers": []}},
    {"module": "keras.random", "class_name": "SeedGenerator", "config": {"seed": 3}},
]


def layer_classes():
    import fastconv
    from fastconv import _registry

    assert fastconv.layers
    assert fastconv.models
    classes = {_registry.lookup("layer", name) for name in _registry.names("layer")}
    return sorted(classes, key=lambda cls: cls.__name__)


def base_config(cls):
    """A config of a class and the shapes of its inputs, as the class itself writes it."""
    given = {
        "units": 2, "filters": 2, "kernel_size": 1, "pool_size": 1, "size": 1, "n": 2,
        "target_shape": [4, 1], "rate": 0.5, "stddev": 0.5, "axes": 1, "scale": 2.0,
        "activation": "relu", "height": 2, "width": 2, "input_dim": 3, "output_dim": 2,
        "dims": [1], "factor": 0.1, "shape": [4], "height_factor": 0.1, "num_tokens": 4,
        "bin_boundaries": [0.5], "num_bins": 2, "layer": make.dense(2), "value_range": [0, 1],
    }  # fmt: skip
    config = {}
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.default is parameter.empty and name in given:
            config[name] = given[name]
    return config


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_every_argument_of_every_layer_may_be_wrong(tmp_path, canary, part):
    """All layers x all their arguments x values of every kind: errors are ValueErrors."""
    from fastconv.saving.dialect import _parameters

    folder = tmp_path / "files"
    folder.mkdir()
    count = 0
    for cls in layer_classes()[part::4]:
        base = base_config(cls)
        keys = sorted((_parameters(cls) or set()) - {"self"}) + ["surprise"]
        for key in keys:
            for i, value in enumerate(WRONG):
                rank = 4 if "2D" in cls.__name__ else 3 if "1D" in cls.__name__ else 2
                shape = [5, 5, 3, 2][:1] if rank == 2 else [5] * (rank - 2) + [3]
                entry = make.layer(cls.__name__, **{**base, key: value})
                config = make.sequential(make.input_layer(*shape), entry)
                make.keras_file(folder / f"{cls.__name__}-{key}-{i}.keras", config)
                count += 1
    assert count > 1000
    report = make.opened(make.outcomes, str(folder))
    assert report["kind"] == "", report["text"]
    assert report["value"] == []
    assert report["audit"] == []
    assert report["grown"] < make.MEMORY


def places(config, path=()):
    """Every place in a config, as a path of keys."""
    yield path
    items = config.items() if isinstance(config, dict) else enumerate(config)
    if isinstance(config, (dict, list)):
        for key, value in items:
            yield from (
                places(value, (*path, key)) if isinstance(value, (dict, list)) else [(*path, key)]
            )


def replaced(config, path, value):
    if not path:
        return value
    config = dict(config) if isinstance(config, dict) else list(config)
    config[path[0]] = replaced(config[path[0]], path[1:], value)
    return config


def whole_configs():
    compiled = {
        "optimizer": {
            **make.ADAM,
            "config": {
                "name": "adam",
                "learning_rate": {
                    "module": "keras.optimizers.schedules",
                    "class_name": "ExponentialDecay",
                    "config": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5},
                    "registered_name": None,
                },
                "beta_1": 0.9,
                "clipnorm": 1.0,
                "use_ema": False,
                "ema_momentum": 0.99,
                "gradient_accumulation_steps": None,
            },
        },
        "loss": {
            "module": "keras.losses",
            "class_name": "MeanSquaredError",
            "config": {"reduction": "sum", "name": "mse"},
            "registered_name": None,
        },
        "loss_weights": [1.0],
        "metrics": [{"module": "keras.metrics", "class_name": "AUC", "config": {"name": "auc"}}],
        "weighted_metrics": ["mae"],
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }
    sequential = {
        **make.sequential(
            make.input_layer(4), make.dense(3, activity_regularizer="l2", kernel_constraint=None)
        ),
        "build_config": {"input_shape": [None, 4]},
        "compile_config": compiled,
    }
    functional = make.functional(
        [
            make.called(make.input_layer(4)),
            make.called(make.dense(4), make.tensor("input")),
            make.op("Add", [make.tensor("input"), make.tensor("dense")]),
            {
                **make.layer("Add", name="sum"),
                "name": "sum",
                "inbound_nodes": [
                    {"args": [[make.tensor("dense"), make.tensor("add")]], "kwargs": {}}
                ],
            },
        ],
        [["input", 0, 0]],
        [["sum", 0, 0]],
    )
    old = make.functional(
        [
            {**make.called(make.input_layer(4)), "inbound_nodes": []},
            {**make.dense(3), "name": "dense", "inbound_nodes": [[["input", 0, 0, {}]]]},
        ],
        [["input", 0, 0]],
        [["dense", 0, 0]],
    )
    return {"sequential": sequential, "functional": functional, "keras 2": old}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(whole_configs()))
def test_every_value_of_a_config_may_be_wrong(tmp_path, name):
    """Each value of three whole configs, the compilation's included, replaced by each wrong one."""
    config = whole_configs()[name]
    folder = tmp_path / "files"
    folder.mkdir()
    for number, path in enumerate(places(config)):
        for i, value in enumerate([*WRONG, "@missing"]):
            if value == "@missing":
                if not path or not isinstance(path[-1], str):
                    continue
                changed = json.loads(json.dumps(config))
                inner = changed
                for key in path[:-1]:
                    inner = inner[key]
                del inner[path[-1]]
            else:
                changed = replaced(config, path, value)
            make.keras_file(folder / f"{number:03}-{path[-1:]!r}-{i}.keras", changed)
    report = make.opened(make.outcomes, str(folder))
    assert report["kind"] == "", report["text"]
    assert report["value"] == []
    assert report["audit"] == []
    assert report["grown"] < make.MEMORY


@pytest.mark.parametrize(
    "dtype",
    [
        "O",
        "U100000000",
        "S4294967295",
        "f4,f4",
        "(9999,9999)f4",
        "M8[s]",
        "string",
        "bfloat16",
        "mixed_float16",
        "complex64",
    ],
)
def test_other_dtypes_are_refused(refused, model_file, dtype):
    config = make.sequential(
        make.layer("InputLayer", batch_shape=[None, 4], dtype=dtype, name="input"), make.dense(3)
    )
    refused(model_file(config), "dtype|expected numbers")
    refused(model_file(make.with_layer(make.dense(3, dtype=dtype))), "dtype")
