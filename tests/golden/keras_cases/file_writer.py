"""Runs inside any venv with Keras: writes the model files of one writer into a folder.

``python file_writer.py FOLDER`` with ``FASTCONV_KERAS_MODULE`` (keras, tf_keras or fastconv) and
``KERAS_BACKEND``. ``index.json`` names the files and, with ``index.npz``, says what they must give.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from keras_cases import file_models
from keras_cases.common import write_packed


def _list(value: Any) -> list[np.ndarray]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [np.asarray(v) for v in values]


def _state(model: Any) -> list[np.ndarray]:
    variables = model.optimizer.variables
    variables = variables() if callable(variables) else variables
    return [np.array(v.numpy()) for v in variables]


def _save(model: Any, name: str, folder: Path, keras: Any) -> dict[str, str]:
    files = {"keras": f"{name}.keras", "weights": f"{name}.weights.h5"}
    model.save(folder / files["keras"])
    model.save_weights(folder / files["weights"])
    if keras.__name__ != "fastconv":  # which reads the legacy format only
        files["h5"] = f"{name}.h5"
        model.save(str(folder / files["h5"]))
    if file_models.is_tf_keras(keras):
        files["legacy_weights"] = f"{name}_weights.h5"
        model.save_weights(str(folder / files["legacy_weights"]))
    return files


def _model_row(name: str, folder: Path, keras: Any) -> dict[str, Any]:
    model = file_models.MODELS[name](keras)
    x, y = file_models.data(name)
    trained = name in file_models.TRAINED
    if trained:
        file_models.steps(model, x, y, 4)
    row: dict[str, Any] = {
        "files": _save(model, name, folder, keras),
        "weights": model.get_weights(),
        "predictions": _list(model.predict(x, batch_size=8, verbose=0)),
    }
    if trained:
        figures = model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)
        row["evaluate"] = {k: float(v) for k, v in figures.items()}
        row["optimizer"] = _state(model)
        row["optimizer_class"] = type(model.optimizer).__name__
    if name in file_models.RESUMABLE:
        file_models.steps(model, x, y, 3, start=4)
        row["resumed_weights"] = model.get_weights()
    return row


def _optimizer_row(name: str, folder: Path, keras: Any) -> dict[str, Any]:
    model = file_models.optimizer_model(keras, name)
    x, _ = file_models.data("mlp")
    y = np.tanh(x[:, :3])
    file_models.steps(model, x, y, 5)
    file = f"optimizer_{name}.weights.h5"
    model.save_weights(folder / file)
    row = {"file": file, "weights": model.get_weights(), "optimizer": _state(model)}
    file_models.steps(model, x, y, 3, start=5)
    return {**row, "resumed_weights": model.get_weights()}


def main(folder: Path, names: list[str]) -> None:
    """Write the files of all models (or the named ones) and the index."""
    keras = importlib.import_module(os.environ.get("FASTCONV_KERAS_MODULE", "keras"))
    folder.mkdir(parents=True, exist_ok=True)
    rows = {n: _model_row(n, folder, keras) for n in names or file_models.MODELS}
    index: dict[str, Any] = {"version": keras.__version__, "models": rows}
    # 3.0.5's centered RMSprop fails on JAX; tf_keras's optimizer state is another dialect
    if (
        not names
        and not keras.__version__.startswith("3.0.")
        and not file_models.is_tf_keras(keras)
    ):
        optimizers = {n: _optimizer_row(n, folder, keras) for n in file_models.OPTIMIZERS}
        index["optimizers"] = optimizers
    write_packed(folder, "index", index)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
