"""fastconv opens the model files in tests/golden/keras, left by seven Keras versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras_golden
import pytest
from keras_cases import file_expect, file_reader
from keras_cases.common import load

import fastconv

WRITERS = [
    "k315_tensorflow",
    "k315_jax",
    "k312_jax",
    "k380_jax",
    "k341_jax",
    "k305_jax",
    "tfk_tensorflow",
]
MODELS = ["mlp", "cnn", "functional", "nested", "zoo", "text"]
TRAINED = [m for m in MODELS if m != "zoo"]


@pytest.fixture(scope="module", params=WRITERS)
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Index of a writer's files and fastconv's answers to them."""
    folder: Path = keras_golden.extract(request.param, tmp_path_factory.mktemp(request.param))
    index = load(folder, "index")
    index["writer"] = request.param
    return index, file_reader.read(fastconv, folder)


@pytest.mark.parametrize("kind", ["keras", "weights", "h5", "legacy_weights"])
@pytest.mark.parametrize("model", MODELS)
def test_weights_and_predictions_are_the_writers(archive: Any, model: str, kind: str) -> None:
    index, answers = archive
    row = index["models"][model]
    if kind == "legacy_weights" and not index["writer"].startswith("tfk"):
        assert kind not in row["files"]  # tf_keras alone writes such a file
        return
    file_expect.same_model(answers[row["files"][kind]], row)


@pytest.mark.parametrize("model", TRAINED)
def test_keras_file_brings_figures_optimizer_and_training(archive: Any, model: str) -> None:
    index, answers = archive
    row = index["models"][model]
    file_expect.same_training(answers[row["files"]["keras"]], row, index["writer"], model)


@pytest.mark.parametrize("model", TRAINED)
def test_legacy_h5_brings_figures_and_optimizer(archive: Any, model: str) -> None:
    index, answers = archive
    row = index["models"][model]
    file_expect.same_training(answers[row["files"]["h5"]], row, index["writer"], model)


@pytest.mark.parametrize("model", TRAINED)
def test_weights_file_brings_the_optimizer_that_keras_would_drop(archive: Any, model: str) -> None:
    index, answers = archive
    row = index["models"][model]
    file_expect.same_training(answers[row["files"]["weights"]], row, index["writer"], model)


def test_every_optimizer_continues_where_the_file_stopped(archive: Any) -> None:
    index, answers = archive
    assert not file_expect.wrong_optimizers(answers, index.get("optimizers", {}), index["writer"])
