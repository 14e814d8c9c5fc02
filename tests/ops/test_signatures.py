"""Arguments and defaults of ops, layers and their kin are Keras's (recorded from Keras 3.15)."""

import inspect

import keras_golden
import pytest

import fastconv as keras

RECORDED = keras_golden.load("signatures")
MODULES = ("activations", "constraints", "initializers", "layers", "ops", "random", "regularizers")
# What we take beyond Keras: keywords of the base layer, options of the activation.
MORE = {
    "layers.RandomCrop": {"name=None"},
    "layers.SpatialDropout1D": {"**kwargs"},
    "layers.SpatialDropout2D": {"**kwargs"},
    "ops.layer_normalization": {"rms_scaling=False", "**kwargs"},
    "ops.relu": {"negative_slope=0.0", "max_value=None", "threshold=0.0"},
}


def find(name):
    value = keras
    for part in name.split("."):
        value = getattr(value, part)
    return value


def described(function):
    found = []
    for p in inspect.signature(function).parameters.values():
        mark = {p.VAR_KEYWORD: "**", p.VAR_POSITIONAL: "*"}.get(p.kind, "")
        default = "" if p.default is p.empty else f"={p.default!r}"
        found.append(f"{mark}{p.name}{default}")
    return found


NAMES = [
    name
    for name in RECORDED["signatures"]
    if name.partition(".")[0] in MODULES and not name.endswith("__call__")
]


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_keras_s(name):
    try:
        ours = described(find(name))
    except AttributeError:
        assert name not in RECORDED["required"], f"{name} is promised and missing"
        return
    theirs = RECORDED["signatures"][name]
    more = MORE.get(name, set())
    assert [p for p in ours if p not in more] == [p for p in theirs if p not in more]
