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


def _same_training(index: dict[str, Any], model: str, answer: Any, row: Any) -> None:
    writer = index["writer"]
    if model == "nested" and writer.endswith("tensorflow"):
        return  # TensorFlow takes a softmax's logits for a sigmoid's in binary_crossentropy
    if model == "cnn" and writer == "k305_jax":
        return  # 3.0.5's from_logits loss of this model differs from every later version's
    if writer.startswith("tfk"):
        file_expect.same_figures(answer, row)  # its optimizer's variables have another order
        return
    file_expect.same_training(answer, row)


@pytest.mark.parametrize("model", TRAINED)
def test_keras_file_brings_figures_optimizer_and_training(archive: Any, model: str) -> None:
    index, answers = archive
    row = index["models"][model]
    _same_training(index, model, answers[row["files"]["keras"]], row)


@pytest.mark.parametrize("model", TRAINED)
def test_legacy_h5_brings_figures_and_optimizer(archive: Any, model: str) -> None:
    index, answers = archive
    row = index["models"][model]
    _same_training(index, model, answers[row["files"]["h5"]], row)


@pytest.mark.parametrize("model", TRAINED)
def test_weights_file_brings_the_optimizer_that_keras_would_drop(archive: Any, model: str) -> None:
    index, answers = archive
    row = index["models"][model]
    _same_training(index, model, answers[row["files"]["weights"]], row)


def test_every_optimizer_continues_where_the_file_stopped(archive: Any) -> None:
    index, answers = archive
    wrong = {}
    for name, row in index.get("optimizers", {}).items():
        if name == "Nadam" and index["writer"] in ("k380_jax", "k341_jax"):
            # read, but its product of momenta stands elsewhere among our variables
            assert "error" not in answers[row["file"]]
            continue
        try:
            file_expect.same_optimizer(answers[row["file"]], row)
        except AssertionError as error:
            wrong[name] = str(error)[:300]
    assert not wrong
