"""Public names, argument order and defaults are Keras's (tests/golden/keras/signatures.json)."""

from __future__ import annotations

import inspect
from typing import Any

import keras_golden
import pytest
from keras_cases.signatures import describe

import fastconv

GOLDEN = keras_golden.load("signatures")
# arguments of Keras that have no meaning here and are left out on purpose
LEFT_OUT = {"quantization_config", "lora_rank", "lora_alpha", "sparse", "ragged", "tensor"}
METHODS = {
    "Model": (
        "fit compile evaluate predict summary save save_weights load_weights train_on_batch "
        "test_on_batch predict_on_batch get_layer to_json get_config from_config count_params "
        "get_weights set_weights build add_loss compute_loss"
    ),
    "Sequential": "add pop build",
    "Layer": "add_weight add_loss build call get_config from_config set_weights get_weights",
    "Variable": "assign assign_add assign_sub numpy",
    "Metric": "update_state result reset_state add_weight get_config",
    "Loss": "call get_config from_config",
    "Optimizer": "apply apply_gradients build get_config from_config",
}


def _resolve(dotted: str) -> Any:
    value: Any = fastconv
    for part in dotted.split("."):
        value = getattr(value, part)
    return value


def _arguments(texts: list[str]) -> list[str]:
    """Names and defaults that a caller can rely on: no catch-alls, nothing left out."""
    kept = [t for t in texts if not t.startswith("*") and t.split("=")[0] not in LEFT_OUT]
    return [t for t in kept if t != "self"]


def _keywords(texts: list[str]) -> set[str]:
    return {t.split("=")[0] for t in texts}


def _signature(name: str) -> list[str]:
    return GOLDEN["signatures"][GOLDEN["aliases"].get(name, name)]


@pytest.mark.parametrize("name", GOLDEN["required"])
def test_name_takes_keras_arguments_in_keras_order(name: str) -> None:
    ours = _arguments(describe(_resolve(name)))
    theirs = _arguments(_signature(name))
    assert ours[: len(theirs)] == theirs


@pytest.mark.parametrize(
    "name", [f"{cls}.{method}" for cls, methods in METHODS.items() for method in methods.split()]
)
def test_method_takes_keras_arguments_in_keras_order(name: str) -> None:
    texts = GOLDEN["signatures"].get(name) or GOLDEN["signatures"]["Layer." + name.split(".")[1]]
    ours, theirs = _arguments(describe(_resolve(name))), _arguments(texts)
    assert ours[: len(theirs)] == theirs


@pytest.mark.parametrize("alias", [n for n in GOLDEN["required"] if n in GOLDEN["aliases"]])
def test_alias_is_the_same_object(alias: str) -> None:
    if GOLDEN["aliases"][alias] in GOLDEN["required"]:
        assert _resolve(alias) is _resolve(GOLDEN["aliases"][alias])


def test_extra_arguments_are_keyword_only() -> None:
    wrong = []
    for name in GOLDEN["required"]:
        known = _keywords(_signature(name))
        function = _resolve(name)
        for p in inspect.signature(function).parameters.values():
            if name.startswith("datasets.") and p.name == "path":
                continue  # a folder of files: the one argument there is
            if p.name not in known and p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self":
                wrong.append(f"{name}: {p.name}")
    assert not wrong
