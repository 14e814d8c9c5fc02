"""Files handed from venv to venv: fastconv to each Keras and back, and one through the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from keras_cases import file_expect, file_models, file_reader
from keras_cases.common import load, write_packed

import fastconv

pytestmark = [pytest.mark.interop, pytest.mark.timeout(1800)]
MODELS = ["mlp", "mlp_korean", "cnn", "functional", "nested", "zoo", "text"]
TRAINED = ["mlp", "cnn", "functional", "nested", "text"]


@pytest.fixture(scope="module")
def read_there(venv: Any, written_here: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Index of fastconv's files and what a Keras finds in them."""
    answers = venv.read(written_here, tmp_path_factory.mktemp("answers"))
    return venv, load(written_here, "index"), answers


@pytest.fixture(scope="module")
def read_here(venv: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Index of a Keras's files, and what fastconv finds in them."""
    folder = venv.write(tmp_path_factory.mktemp("written"))
    return venv, folder, load(folder, "index"), file_reader.read(fastconv, folder)


@pytest.mark.parametrize("kind", ["keras", "weights"])
@pytest.mark.parametrize("model", MODELS)
def test_keras_opens_what_fastconv_writes(read_there: Any, model: str, kind: str) -> None:
    venv, index, answers = read_there
    row = index["models"][model]
    answer = answers[row["files"][kind]]
    if model == "mlp_korean" and venv.backend == "tensorflow" and "error" in answer:
        # a file with a compilation opens, but TensorFlow has no scope of that name to train in
        assert re.search("not a valid (root )?scope name", answer["error"])
        return
    file_expect.same_model(answer, row)


@pytest.mark.parametrize("model", TRAINED)
def test_keras_goes_on_training_where_fastconv_stopped(read_there: Any, model: str) -> None:
    venv, index, answers = read_there
    row = index["models"][model]
    answer = answers[row["files"]["keras"]]
    file_expect.same_training(answer, row, venv.side, model)


def test_keras_takes_over_every_optimizer(read_there: Any) -> None:
    venv, index, answers = read_there
    if venv.module == "tf_keras" or venv.side == "k305_jax":
        # other state (tf_keras), or an RMSprop that fails on JAX (3.0.5)
        return
    optimizers = dict(index["optimizers"])
    if venv.side in ("k341_jax", "k380_jax"):
        # They want Nadam's product of momenta before the other variables, Keras since 3.12 wants it
        # after them: no file can satisfy both, and Keras 3.12's own do not open there either.
        assert "could not be loaded" in answers[optimizers.pop("Nadam")["file"]]["error"]
    assert not file_expect.wrong_optimizers(answers, optimizers, venv.side)


@pytest.mark.parametrize("kind", ["keras", "weights", "h5"])
@pytest.mark.parametrize("model", [m for m in MODELS if m != "mlp_korean"])
def test_fastconv_opens_what_keras_writes(read_here: Any, model: str, kind: str) -> None:
    venv, _, index, answers = read_here
    row = index["models"][model]
    answer = answers[row["files"][kind]]
    file_expect.same_model(answer, row)
    if model in TRAINED:
        file_expect.same_training(answer, row, venv.side, model)


def test_each_keras_opens_what_another_wrote_and_fastconv_saved_again(
    venv: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Keras 3.15's own files open in no older Keras; passed through fastconv they do
    import keras_golden

    source = keras_golden.extract("k315_tensorflow", tmp_path_factory.mktemp("k315"))
    passed_on = tmp_path_factory.mktemp("passed_on")
    index = load(source, "index")
    models = {}
    for name in file_models.MODELS:
        row = index["models"][name]
        model = fastconv.models.load_model(source / row["files"]["keras"])
        model.save(passed_on / f"{name}.keras")
        models[name] = {**row, "files": {"keras": f"{name}.keras"}}
    write_packed(passed_on, "index", {"models": models})
    answers = venv.read(passed_on, tmp_path_factory.mktemp("answers"))
    for row in models.values():
        file_expect.same_model(answers[row["files"]["keras"]], row)
