"""What every layer keeps, checked over one table.

Shape inference, dtype, config there and back, weights and their names, gradients, training against
inference, recorded steps against eager ones, one thread against many, saving and loading.
"""

import inspect
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from gradcheck import check_gradients
from layer_table import ROWS, Row

import fastconv as keras
from fastconv._registry import lookup
from fastconv._runtime.call import Program
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor

each = pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])


def make(row: Row, dtype: str = "float64", **more):
    return getattr(keras.layers, row.name)(**row.kwargs, dtype=dtype, **more)


def parts(value):
    return list(value) if isinstance(value, list) else [value]


def fill(layer, seed=3):
    """Weights that are neither zeros nor ones."""
    rng = np.random.default_rng(seed)
    values = []
    for v in layer.weights:
        made = rng.uniform(0.5, 1.5, v.shape) if "variance" in v.name else rng.normal(size=v.shape)
        values.append(np.asarray(made).astype(v.dtype))
    layer.set_weights(values)


def built(row: Row, dtype: str = "float64"):
    layer = make(row, dtype)
    layer(row.inputs(dtype))
    fill(layer)
    return layer


def test_every_layer_has_a_row():
    exported = {getattr(keras.layers, name) for name in keras.layers.__all__}
    layers = {c for c in exported if isinstance(c, type) and issubclass(c, keras.layers.Layer)}
    no_layers_of_data = {"Layer", "InputLayer"}  # the base, and a graph's entry
    assert {c.__name__ for c in layers} - no_layers_of_data == {row.name for row in ROWS}
    for cls in layers - {keras.layers.Layer}:  # and files know each of them
        assert lookup("layer", cls.__name__) is cls


def test_layers_with_a_data_format_are_checked_in_both():
    def takes_it(name):
        return "data_format" in inspect.signature(getattr(keras.layers, name).__init__).parameters

    first = {row.name for row in ROWS if row.kwargs.get("data_format") == "channels_first"}
    last = {row.name for row in ROWS if row.kwargs.get("data_format") != "channels_first"}
    assert first == {name for name in last if takes_it(name)}


def test_the_page_of_layers_is_up_to_date():
    root = Path(__file__).parents[2]
    tool = runpy.run_path(str(root / "tools" / "list_layers.py"))
    written = (root / "docs" / "layers.md").read_text(encoding="utf-8")
    assert written == tool["page"](), "run `python tools/list_layers.py --write`"


@each
def test_symbolic_shape_is_the_shape_of_the_result(row):
    x = row.inputs("float32", batch=4)
    symbols = [keras.Input(a.shape[1:], dtype=a.dtype.name) for a in parts(x)]
    layer = make(row, "float32")
    symbol = layer(symbols if isinstance(x, list) else symbols[0])
    result = layer(x)
    assert symbol.shape[0] is None
    assert symbol.shape[1:] == result.shape[1:] and result.shape[0] == 4
    shapes = [(None, *a.shape[1:]) for a in parts(x)]
    inferred = layer.compute_output_shape(shapes if isinstance(x, list) else shapes[0])
    assert tuple(inferred) == symbol.shape
    assert symbol.dtype == np.dtype(result.dtype).name


@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_and_results_have_the_layer_s_dtype(row, dtype):
    layer = make(row, dtype)
    other = {"float32": "float64", "float64": "float32"}[dtype]
    y = layer(row.inputs(other))
    assert y.data.dtype == dtype
    assert {v.dtype for v in layer.weights if v.name != "count"} <= {dtype}


@each
def test_config_goes_through_json_and_back(row):
    layer = built(row)
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    assert {"name", "dtype"} <= set(config)
    again(row.inputs())
    again.set_weights(layer.get_weights())
    x = row.inputs()
    np.testing.assert_array_equal(again(x, training=False).data, layer(x, training=False).data)


@each
def test_weights_have_their_names_in_order(row):
    layer = make(row, name="here")
    layer(row.inputs())
    assert tuple(v.name for v in layer.weights) == row.weights
    assert all(v.path == f"here/{v.name}" for v in layer.weights)


@each
@pytest.mark.parametrize("training", [False, True])
def test_gradients_of_inputs_and_weights(row, training):
    layer = built(row)
    x = row.inputs()
    if row.noisy and training:
        start = layer._seed_generators[0].state.data.copy()

    def call(*tensors):
        if row.noisy and training:
            layer._seed_generators[0].state.data[:] = start
        value = list(tensors) if isinstance(x, list) else tensors[0]
        return layer(value, training=training)

    variables = layer.trainable_variables
    if row.modes and training:
        frozen = [v.data.copy() for v in layer.non_trainable_variables]

        def still(*tensors):
            for v, old in zip(layer.non_trainable_variables, frozen, strict=True):
                v.data[...] = old
            return call(*tensors)

        check_gradients(still, *parts(x), variables=variables, rtol=1e-5, atol=1e-6)
    else:
        check_gradients(call, *parts(x), variables=variables, rtol=1e-5, atol=1e-6)


@each
def test_training_differs_from_inference_only_where_it_should(row):
    layer = built(row)
    x = row.inputs()
    inference = layer(x, training=False).data.copy()
    if not type(layer).__name__.startswith("Random"):  # these disturb unless they are told not to
        np.testing.assert_array_equal(layer(x).data, inference)
    training = layer(x, training=True).data
    if row.noisy or row.modes:
        assert not np.array_equal(training, inference)
    else:
        np.testing.assert_array_equal(training, inference)


@each
def test_a_recorded_step_replays_to_what_an_eager_one_gives(row):
    x = parts(row.inputs("float32"))
    tensors = [Tensor(a.copy()) for a in x]

    def step(layer, values):
        with Tape() as tape:
            for t in values:
                tape.watch(t)
            y = layer(values if len(values) > 1 else values[0], training=True)
        sources = [t for t in values if t.data.dtype.kind == "f"] + layer.trainable_variables
        seed = np.ones(y.shape, y.data.dtype)
        return y, tape.gradient(y, sources, seed=seed)

    recorded, eager = built(row, "float32"), built(row, "float32")
    with Program() as program:
        y, grads = step(recorded, tensors)
    assert program.spoiled is None
    step(eager, [Tensor(a.copy()) for a in x])
    for turn in range(2):
        for t in tensors:
            t.data[...] = np.roll(t.data, turn + 1, axis=0)
        program.run()
        expected, expected_grads = step(eager, [Tensor(t.data.copy()) for t in tensors])
        np.testing.assert_array_equal(y.data, expected.data)
        for a, b in zip(grads, expected_grads, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_array_equal(a, b)
        for v, w in zip(recorded.variables, eager.variables, strict=True):
            np.testing.assert_array_equal(v.data, w.data)


@each
def test_results_do_not_depend_on_threads(row):
    x = row.inputs("float32", batch=300)
    old = keras.get_num_threads()
    found = []
    try:
        for n in (1, 3):
            keras.set_num_threads(n)
            layer = built(row, "float32")
            found.append(layer(x, training=True).data.copy())
    finally:
        keras.set_num_threads(old)
    np.testing.assert_array_equal(found[0], found[1])


@each
def test_saved_and_loaded_again_it_computes_the_same(row, tmp_path):
    x = row.inputs("float32", batch=4)
    symbols = [keras.Input(a.shape[1:], dtype=a.dtype.name) for a in parts(x)]
    layer = make(row, "float32", name="layer")
    model = keras.Model(symbols, layer(symbols if len(symbols) > 1 else symbols[0]))
    fill(layer)
    before = model(x, training=False).data.copy()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x, training=False).data, before)
    loaded = again.get_layer("layer").get_config()
    assert json.loads(json.dumps(loaded)) == json.loads(json.dumps(layer.get_config()))
    model.save_weights(tmp_path / "model.weights.h5")
    fill(layer, seed=9)
    model.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(model(x, training=False).data, before)
