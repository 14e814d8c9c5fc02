"""Configs that ask for code, for other files, for memory, for time, or for nonsense.

Every entry of the table of CVEs about opening Keras's files has a test here or in
test_hostile_zip.py and test_hostile_hdf5.py; its name says which.
"""

import base64
import itertools
import json
import marshal
import pickle

import hostile_files as make
import pytest


def code(canary):
    """Bytecode that would open the canary."""
    return compile(f"lambda x: open({str(canary)!r}).read()", "x", "eval").co_consts[0]


# -- code ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["keras.layers", "keras.src.layers.core.lambda_layer", None])
def test_cve_2024_3660_lambda_bytecode_is_not_run(refused, model_file, canary, module):
    packed = base64.b64encode(marshal.dumps(code(canary))).decode()
    config = {"name": "lambda", "function": [packed, None, None], "function_type": "lambda"}
    evil = make.layer("Lambda", module, **config)
    refused(model_file(make.with_layer(evil)), "Could not locate class 'Lambda'")


@pytest.mark.parametrize(
    "function",
    [
        {"class_name": "__lambda__", "config": {"code": "", "defaults": None, "closure": None}},
        {
            "module": "builtins",
            "class_name": "function",
            "config": "exec",
            "registered_name": "function",
        },
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
    ],
    ids=["bytecode", "builtin", "system"],
)
@pytest.mark.parametrize("where", ["activation", "kernel_initializer", "kernel_regularizer"])
def test_cve_2025_9905_and_12481_functions_in_arguments_are_not_run(
    refused, model_file, canary, function, where
):
    if function["class_name"] == "__lambda__":
        function = json.loads(json.dumps(function))
        function["config"]["code"] = base64.b64encode(marshal.dumps(code(canary))).decode()
    evil = make.dense(3, **{where: function})
    refused(
        model_file(make.with_layer(evil)),
        "holds the code of a Python lambda|Could not locate|Could not interpret",
    )


def test_cve_2025_1550_module_and_function_are_not_imported(refused, model_file, canary):
    for module, name in [
        ("subprocess", "run"),
        ("os", "system"),
        ("builtins", "eval"),
        ("antigravity", "fly"),
        ("keras.src.utils.io_utils", "path_to_string"),
    ]:
        evil = {
            "module": module,
            "class_name": name,
            "config": {"args": ["touch", str(canary)]},
            "registered_name": name,
            "build_config": {"input_shape": [None, 4]},
        }
        refused(model_file(make.with_layer(evil)), f"Could not locate class '{name}'")


def test_cve_2025_8747_functions_of_the_library_are_no_gadgets(refused, model_file, canary):
    for module, name, config in [
        ("keras.utils", "get_file", {"fname": "x", "origin": f"file://{canary}"}),
        ("keras.saving", "load_model", {"filepath": str(canary)}),
        ("keras.models", "load_model", {"filepath": str(canary)}),
        ("keras.datasets.mnist", "load_data", {"path": str(canary)}),
        ("keras.utils", "load_img", {"path": str(canary)}),
        ("keras.utils", "image_dataset_from_directory", {"directory": str(canary.parent)}),
        ("keras.callbacks", "CSVLogger", {"filename": str(canary)}),
        ("keras.callbacks", "ModelCheckpoint", {"filepath": str(canary)}),
        ("keras.callbacks", "TensorBoard", {"log_dir": str(canary.parent)}),
        ("fastconv.utils", "get_file", {"origin": f"file://{canary}"}),
        ("fastconv._files", "replace_on_success", {"target": str(canary)}),
        ("keras.ops", "zeros", {"shape": [4]}),
    ]:
        evil = {"module": module, "class_name": name, "config": config, "registered_name": None}
        refused(model_file(make.with_layer(evil)), f"Could not locate class '{name}'")
        function = {**evil, "class_name": "function", "config": name}
        refused(model_file(make.with_layer(make.dense(3, activation=function))), "Could not")
        string = make.dense(3, activation=name)
        refused(model_file(make.with_layer(string)), f"{name}")


def test_cve_2025_9906_no_switch_can_be_thrown(refused, model_file):
    for module in ("keras.config", "keras.src.saving.serialization_lib", "fastconv.config"):
        evil = {
            "module": module,
            "class_name": "function",
            "config": "enable_unsafe_deserialization",
            "registered_name": "enable_unsafe_deserialization",
        }
        refused(
            model_file(make.with_layer(evil)),
            "Could not locate function 'enable_unsafe_deserialization'",
        )


def test_safe_mode_false_opens_nothing(refused, model_file, canary):
    packed = base64.b64encode(marshal.dumps(code(canary))).decode()
    evil = make.layer("Lambda", function=[packed, None, None], safe_mode=False)
    path = model_file(make.with_layer(evil))

    def action(path):
        from fastconv.saving import load_model

        load_model(path, safe_mode=False)

    refused(path, "Could not locate class 'Lambda'", action)


def test_cve_2025_49655_torch_module_is_not_unpickled(refused, model_file, canary):
    class Evil:
        def __reduce__(self):
            return open, (str(canary),)

    packed = base64.b64encode(pickle.dumps(Evil())).decode()
    evil = make.layer("TorchModuleWrapper", "keras.src.utils.torch_utils", name="torch")
    evil["config"]["module"] = {"module": packed}
    refused(model_file(make.with_layer(evil)), "Could not locate class 'TorchModuleWrapper'")


@pytest.mark.parametrize("name", ["TFSMLayer", "JaxLayer", "FlaxLayer", "OrbaxLayer"])
def test_cve_2026_1462_foreign_models_are_not_opened(refused, model_file, canary, name):
    evil = make.layer(name, filepath=str(canary), call_endpoint="serve")
    refused(model_file(make.with_layer(evil)), f"Could not locate class '{name}'")


@pytest.mark.parametrize("name", ["StringLookup", "IntegerLookup", "TextVectorization", "Hashing"])
def test_cve_2025_12058_vocabulary_is_not_read(refused, model_file, canary, name):
    for place in (str(canary), f"file://{canary}", "http://127.0.0.1:9/x", "gs://bucket/x"):
        evil = make.layer(name, vocabulary=place, name="lookup")
        refused(model_file(make.with_layer(evil)), f"Could not locate class '{name}'")


@pytest.mark.slow
def test_no_argument_of_any_class_is_a_path(tmp_path, canary):
    """Every argument of every layer, optimizer, loss, metric... is given the canary's path."""
    from fastconv import _registry
    from fastconv.saving.dialect import _parameters

    folder = tmp_path / "files"
    folder.mkdir()
    watch = make.Watch(canary, [canary.parent])
    for kind, place in [
        ("layer", None),
        ("initializer", "kernel_initializer"),
        ("regularizer", "kernel_regularizer"),
        ("constraint", "kernel_constraint"),
        ("optimizer", "optimizer"),
        ("schedule", "learning_rate"),
        ("loss", "loss"),
        ("metric", "metrics"),
    ]:
        for name in _registry.names(kind):
            cls = _registry.lookup(kind, name)
            if not isinstance(cls, type):
                continue  # losses and metrics that are functions: no config makes one
            for key in sorted((_parameters(cls) or set()) - {"self"}):
                evil = make.layer(name, _registry.KINDS[kind], **{key: str(canary)})
                config = make.with_layer(make.dense(3))
                if kind == "layer":
                    config = make.with_layer(evil)
                elif place.startswith("kernel"):
                    config = make.with_layer(make.dense(3, **{place: evil}))
                elif kind == "schedule":
                    adam = {**make.ADAM, "config": {"learning_rate": evil}}
                    config["compile_config"] = {"optimizer": adam, "loss": "mse"}
                else:
                    config["compile_config"] = {"optimizer": make.ADAM, "loss": "mse"}
                    config["compile_config"][place] = [evil] if kind == "metric" else evil
                make.keras_file(folder / f"{kind}-{name}-{key}.keras", config)
    report = make.opened(make.outcomes, str(folder))
    assert report["kind"] == "", report["text"]
    assert report["value"] == []
    assert report["audit"] == []
    assert str(canary) not in report["opened"]
    assert watch.events() == []


def test_cve_2021_37678_there_is_no_yaml():
    import fastconv

    assert not hasattr(fastconv.models, "model_from_yaml")
    assert not hasattr(fastconv.Sequential, "to_yaml")


@pytest.mark.parametrize("name", ["..", ".", "../../x", "a/b", "/etc/passwd", "c:\\x", "", "\0"])
def test_cve_2026_12479_names_of_layers_are_no_paths(tmp_path, canary, name):
    config = make.with_layer(make.dense(3, name=name))
    path = make.keras_file(tmp_path / "m.keras", config)
    report = make.opened(make.load, str(path))
    if "/" in name:
        assert "cannot contain character `/`" in report["text"]
    assert report["audit"] == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["elsewhere", "m.keras"]


@pytest.mark.parametrize("key", ["optimizer", "loss", "metrics", "weighted_metrics"])
@pytest.mark.parametrize(
    "evil",
    [
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
        {"module": "subprocess", "class_name": "Popen", "config": {}, "registered_name": None},
        {"class_name": "__lambda__", "config": {"code": "AAAA"}},
        {"module": "keras.callbacks", "class_name": "CSVLogger", "config": {"filename": "x"}},
    ],
    ids=lambda evil: json.dumps(evil)[:40],
)
def test_compilation_runs_no_code(refused, model_file, key, evil):
    compiled = {"optimizer": make.ADAM, "loss": "mse"}
    compiled[key] = [evil] if "metrics" in key else evil
    refused(model_file(make.SOUND, compiled), "Could not|lambda|Unknown|unknown|not")


@pytest.mark.parametrize("name", ["os.system", "../../etc/passwd", "__import__('os')"])
def test_unknown_names_in_a_compilation_stay_names(accepted, model_file, name):
    # As in Keras, the loss is looked up when it is first used.
    compiled = {"optimizer": make.ADAM, "loss": name, "metrics": [name]}
    path = model_file(make.SOUND, compiled)
    assert accepted(path)

    def action(path):
        import numpy as np

        import fastconv

        model = fastconv.saving.load_model(path)
        try:
            model.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0)
        except ValueError as error:
            return str(error)

    assert name in accepted(path, action)


def test_custom_objects_come_from_the_caller_alone(refused, accepted, tmp_path):
    evil = {
        "module": "my.module",
        "class_name": "Mine",
        "config": {"name": "mine"},
        "registered_name": "package>Mine",
    }
    path = make.keras_file(tmp_path / "m.keras", make.with_layer(make.dense(3), evil))
    refused(path, "Could not locate class 'Mine'")

    def action(path):
        import fastconv

        class Mine(fastconv.layers.Layer):
            def call(self, x):
                return x + 1.0

        model = fastconv.saving.load_model(path, custom_objects={"Mine": Mine})
        return type(model.layers[-1]).__name__

    assert accepted(path, action) == "Mine"


# -- memory ----------------------------------------------------------------------------------------

BOMBS = {
    "Dense of a billion units": [make.dense(10**9)],
    "Dense of 2**62 units": [make.dense(2**62)],
    "Dense of 2**63 units": [make.dense(2**63)],
    "many Dense layers": [make.dense(9000, name=f"d{i}") for i in range(50)],
    "float64": [make.dense(10**7, dtype="float64")],
    "orthogonal matrix": [
        make.dense(
            9000,
            name=f"d{i}",
            kernel_initializer={
                "module": "keras.initializers",
                "class_name": "Orthogonal",
                "config": {},
                "registered_name": None,
            },
        )
        for i in range(2)
    ],
    "Embedding": [make.layer("Embedding", input_dim=10**9, output_dim=10**6)],
    "RepeatVector": [make.layer("RepeatVector", n=10**9), make.layer("Flatten"), make.dense(3)],
    "Conv1D filters": [
        make.layer("Reshape", target_shape=[4, 1]),
        make.layer("Conv1D", filters=10**9, kernel_size=[2]),
    ],
    "Conv1D kernel": [
        make.layer("Reshape", target_shape=[4, 1]),
        make.layer("Conv1D", filters=1, kernel_size=[10**12], padding="same"),
    ],
    "Conv1D dilation": [
        make.layer("Reshape", target_shape=[4, 1]),
        make.layer("Conv1D", filters=1, kernel_size=[2], dilation_rate=[10**15], padding="same"),
    ],
    "Conv1DTranspose stride": [
        make.layer("Reshape", target_shape=[4, 1]),
        make.layer("Conv1DTranspose", filters=1, kernel_size=[2], strides=[10**12]),
        make.layer("Flatten"),
        make.dense(3),
    ],
    "Conv2DTranspose stride": [
        make.layer("Reshape", target_shape=[2, 2, 1]),
        make.layer("Conv2DTranspose", filters=2**20, kernel_size=[2, 2], strides=[2**30, 2**30]),
        make.layer("Flatten"),
        make.dense(3),
    ],
    "depth multiplier": [
        make.layer("Reshape", target_shape=[2, 2, 1]),
        make.layer("DepthwiseConv2D", kernel_size=[2, 2], depth_multiplier=10**10),
    ],
    "separable": [
        make.layer("Reshape", target_shape=[2, 2, 1]),
        make.layer("SeparableConv2D", filters=2, kernel_size=[1, 1], depth_multiplier=10**10),
    ],
    "UpSampling2D": [
        make.layer("Reshape", target_shape=[2, 2, 1]),
        *[make.layer("UpSampling2D", size=[10**6, 10**6], name=f"u{i}") for i in range(3)],
        make.layer("Flatten"),
        make.dense(3),
    ],
    "ZeroPadding2D": [
        make.layer("Reshape", target_shape=[2, 2, 1]),
        make.layer("ZeroPadding2D", padding=[[10**9, 10**9], [10**9, 10**9]]),
        make.layer("Flatten"),
        make.dense(3),
    ],
    "ZeroPadding1D": [
        make.layer("Reshape", target_shape=[4, 1]),
        make.layer("ZeroPadding1D", padding=10**12),
        make.layer("BatchNormalization", axis=1),
    ],
    "BatchNormalization": [
        make.layer("RepeatVector", n=10**9),
        make.layer("BatchNormalization", axis=1),
    ],
    "LayerNormalization": [
        make.layer("RepeatVector", n=10**9),
        make.layer("LayerNormalization", axis=[1, 2]),
    ],
    "PReLU": [make.layer("RepeatVector", n=10**9), make.layer("PReLU")],
    "Resizing": [
        make.layer("Reshape", target_shape=[2, 2, 1]),
        make.layer("Resizing", height=10**8, width=10**8),
        make.layer("Flatten"),
        make.dense(3),
    ],
    "CategoryEncoding": [make.layer("CategoryEncoding", num_tokens=10**9), make.dense(3)],
}


@pytest.mark.parametrize("bomb", list(BOMBS))
def test_memory_that_a_config_implies_is_not_taken(refused, model_file, bomb):
    path = model_file(make.with_layer(*BOMBS[bomb]))
    refused(
        path,
        "more scalars than the file is allowed|asks for more memory|of more than 64 bits"
        "|Unable to allocate|Could not locate class|too large|maximum|too many|must match"
        "|expected 2 variables, but received|Weight expects shape",
    )


@pytest.mark.parametrize("shape", [[10**9], [2**31, 2**31], [2**62, 2**62, 2**62], [1] * 1000])
def test_inputs_of_any_size_cost_nothing(refused, model_file, shape):
    config = make.sequential(make.input_layer(*shape), make.layer("Flatten"), make.dense(3))
    refused(
        model_file(config),
        "more scalars than the file is allowed|memory|dimension|must match|Weight expects shape",
    )


OPS = {
    "Repeat": {"repeats": 10**10, "axis": 1},
    "Tile": {"repeats": [1, 10**10]},
    "Pad": {"pad_width": [[0, 0], [10**10, 10**10]]},
    "BroadcastTo": {"shape": [10**6, 10**6, 4]},
    "Full": {"shape": [10**6, 10**6]},
    "OneHot": {"num_classes": 10**10},
    "Arange": {"stop": 10**12},
    "Reshape": {"newshape": [10**12, 10**12]},
    "Linspace": {"num": 10**11},
    "Eye": {"N": 10**7},
}


@pytest.mark.parametrize("name", list(OPS))
def test_ops_in_a_graph_cannot_take_memory(refused, model_file, name):
    entry = make.op(name, [make.tensor("input")], **OPS[name])
    config = make.functional(
        [make.called(make.input_layer(4)), entry], [["input", 0, 0]], [[entry["name"], 0, 0]]
    )
    refused(
        model_file(config),
        "memory|allocate|Could not locate|too large|malformed|cannot|got|missing|Maximum|array"
        "|broadcast",
    )


def test_ops_in_a_graph_cannot_take_time(refused, tmp_path):
    # A matrix product of 10 ** 13 multiplications, a hundred times.
    inputs = make.called(make.layer("InputLayer", batch_shape=[15000, 15000], name="input"))
    entries = [inputs]
    last = "input"
    for i in range(100):
        entry = make.op("Matmul", [make.tensor(last), make.tensor("input")])
        entry["name"] = entry["config"]["name"] = f"m{i}"
        entries.append(entry)
        last = f"m{i}"
    config = make.functional(entries, [["input", 0, 0]], [[last, 0, 0]])
    path = make.keras_file(tmp_path / "m.keras", config)
    refused(path, "memory|layers that the model does not have|expected 0 variables")


@pytest.mark.parametrize(
    "metric",
    [
        {"class_name": "AUC", "config": {"num_thresholds": 10**10}},
        {"class_name": "MeanIoU", "config": {"num_classes": 10**6}},
        {"class_name": "MeanIoU", "config": {"num_classes": 10**12}},
        {"class_name": "Precision", "config": {"thresholds": 0.5, "top_k": 10**12}},
        {"class_name": "PrecisionAtRecall", "config": {"recall": 0.5, "num_thresholds": 10**9}},
        {"class_name": "F1Score", "config": {"threshold": 5}},
    ],
    ids=lambda m: m["class_name"],
)
def test_metrics_cannot_take_memory(tmp_path, metric):
    metric = {"module": "keras.metrics", "registered_name": None, **metric}
    config = {
        **make.SOUND,
        "compile_config": {"optimizer": make.ADAM, "loss": "mse", "metrics": [metric]},
    }
    report = make.opened(make.load, str(make.keras_file(tmp_path / "m.keras", config)))
    assert report["grown"] < make.MEMORY
    assert report["seconds"] < make.SECONDS
    assert not report["kind"] or "ValueError" in report["mro"], report


def test_optimizer_slots_are_counted(refused, tmp_path):
    import h5py
    import numpy as np

    # Weights that are allowed by the file's size, and five slots for each.
    config = make.sequential(make.input_layer(1000), make.dense(3000))
    config["compile_config"] = {
        "optimizer": {
            **make.ADAM,
            "config": {"amsgrad": True, "use_ema": True, "gradient_accumulation_steps": 3},
        },
        "loss": "mse",
    }

    def fill(file):
        for key, shape in (("0", (1000, 3000)), ("1", (3000,))):
            del file[f"layers/dense/vars/{key}"]
            file.create_dataset(
                f"layers/dense/vars/{key}", shape, "f4", chunks=shape, compression="gzip"
            )[...] = np.zeros(shape, np.float32)

    assert h5py
    path = make.keras_file(tmp_path / "m.keras", config, make.weights(fill))
    refused(path, "'optimizer' asks for weights of shape .*more scalars than the file is allowed")


# -- time ------------------------------------------------------------------------------------------


def nested(depth, calls):
    """A model that is called `calls` times in a model that is called `calls` times in ..."""
    model = make.functional(
        [make.called(make.input_layer(4)), make.called(make.dense(4), make.tensor("input"))],
        [["input", 0, 0]],
        [["dense", 0, 0]],
        name="level0",
    )
    for level in range(1, depth):
        name = model["config"]["name"]
        chain = [make.tensor("input")] + [make.tensor(name, i) for i in range(calls - 1)]
        model = make.functional(
            [make.called(make.input_layer(4)), make.called(model, *chain)],
            [["input", 0, 0]],
            [[name, calls, 0]],
            name=f"level{level}",
        )
    return model


@pytest.mark.slow
def test_models_in_models_cannot_take_time(refused, tmp_path):
    path = make.keras_file(tmp_path / "m.keras", nested(12, 10))
    refused(path, "call each other more often than fastconv.saving.limits.layers allows")


def test_a_few_models_in_models_are_opened(tmp_path):
    report = make.opened(make.load, str(make.keras_file(tmp_path / "m.keras", nested(3, 3))))
    assert "variables during loading" in report["text"] or "does not have" in report["text"]


def test_depth_is_limited(refused, tmp_path):
    path = make.keras_file(tmp_path / "m.keras", nested(30, 1))
    refused(path, "nested deeper than")


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 200_000 + "1" + "}" * 200_000,
        "[" * 1_000_000,
        '{"class_name": "Dense", "config": ' * 65 + "{}" + "}" * 65,
        json.dumps({"config": eval("[" * 64 + "]" * 64)}),
    ],
    ids=["objects", "lists", "configs", "just too deep"],
)
def test_deep_json_is_refused(refused, model_file, text):
    refused(model_file(text), "nested deeper than|values|not valid JSON")


@pytest.mark.parametrize(
    "text",
    [
        '{"x": "' + "a" * (8 << 20) + '"}',
        '{"x": [' + "1," * (5 << 20) + "1]}",
        '{"x": [' + "[]," * 1_500_000 + "[]]}",
        '{"x": [' + '{"a":1},' * 900_000 + "1]}",
    ],
    ids=["text", "numbers", "lists", "objects"],
)
def test_long_json_is_refused(refused, tmp_path, text):
    path = make.keras_file(tmp_path / "m.keras", text)
    refused(path, "more than saving.limits|longer than saving.limits")


@pytest.mark.parametrize("count", [10_001, 110_000])
def test_millions_of_layers_are_refused(refused, tmp_path, count):
    entry = '{"class_name":"Flatten","config":{}}'
    text = json.dumps(make.sequential("@")).replace('"@"', ",".join([entry] * count))
    path = make.keras_file(tmp_path / "m.keras", text)
    refused(path, f"{count} layers, more than saving.limits.layers = 10000")


@pytest.mark.slow
def test_ten_thousand_layers_take_seconds(tmp_path):
    layers = [make.layer("Flatten", name=f"f{i}") for i in range(9990)]
    path = make.keras_file(tmp_path / "m.keras", make.with_layer(*layers, make.dense(3)))
    report = make.opened(make.load, str(path))
    assert report["kind"] == "", report["text"][:500]
    assert report["seconds"] < 3 * make.SECONDS
    assert report["grown"] < make.MEMORY


@pytest.mark.slow
def test_graph_listed_backwards_takes_seconds(tmp_path):
    names = ["input", *(f"f{i}" for i in range(4000)), "dense"]
    entries = [make.called(make.input_layer(4))]
    for before, name in itertools.pairwise(names):
        kind = make.dense(3) if name == "dense" else make.layer("Flatten", name=name)
        entries.append(make.called(kind, make.tensor(before)))
    config = make.functional(entries[::-1], [["input", 0, 0]], [["dense", 0, 0]])
    report = make.opened(make.load, str(make.keras_file(tmp_path / "m.keras", config)))
    assert report["kind"] == "", report["text"][:500]
    assert report["seconds"] < 2 * make.SECONDS


def test_cycle_is_refused(refused, model_file):
    entries = [
        make.called(make.input_layer(4)),
        make.called(make.dense(4, name="a"), make.tensor("b")),
        make.called(make.dense(4, name="b"), make.tensor("a")),
    ]
    config = make.functional(entries, [["input", 0, 0]], [["a", 0, 0]])
    refused(model_file(config), r"the inputs of \['a', 'b'\] never appear")


def test_error_of_a_huge_config_is_short(refused, tmp_path):
    evil = make.layer("Evil", **{f"k{i}": "x" * 1000 for i in range(2000)})
    path = make.keras_file(tmp_path / "m.keras", make.with_layer(evil))
    report = refused(path, "Could not locate class 'Evil'")
    assert len(report["text"]) < 5000


# -- JSON given by the caller ----------------------------------------------------------------------


def from_json(text):
    import fastconv

    fastconv.models.model_from_json(text)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (make.with_layer(make.dense(10**9)), "more scalars than"),
        (make.with_layer(make.layer("Lambda")), "Could not locate class 'Lambda'"),
        (nested(12, 10), "call each other more often"),
    ],
)
def test_model_from_json_goes_through_the_same_gate(config, message):
    report = make.opened(from_json, json.dumps(config))
    assert "ValueError" in report["mro"]
    assert message in report["text"]
    assert report["audit"] == []
    assert report["grown"] < make.MEMORY
