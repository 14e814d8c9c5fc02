"""Opens the files that :mod:`keras_cases.file_writer` wrote, and says what they give.

Works with any Keras module (keras 3.x, tf_keras, fastconv). One answer per file of the index; a
file that cannot be opened gives an ``error`` instead of figures: tests decide whether that was to
be expected.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import numpy as np
from keras_cases import file_models
from keras_cases.common import load

# model of the index -> function in file_models that builds it
BUILDERS = {**file_models.MODELS, "mlp_korean": file_models.MODELS["mlp"]}


def _list(value: Any) -> list[np.ndarray]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [np.asarray(v) for v in values]


def optimizer_values(model: Any) -> list[np.ndarray]:
    """Values of the optimizer's variables."""
    variables = model.optimizer.variables
    variables = variables() if callable(variables) else variables
    return [np.array(v.numpy()) for v in variables]


def _figures(model: Any, name: str, resume: bool) -> dict[str, Any]:
    family = "mlp" if name.startswith("mlp") else name
    x, y = file_models.data(family)
    row = {
        "weights": model.get_weights(),
        "predictions": _list(model.predict(x, batch_size=8, verbose=0)),
    }
    if resume and family in file_models.TRAINED:
        figures = model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)
        row["evaluate"] = {k: float(v) for k, v in figures.items()}
        row["optimizer"] = optimizer_values(model)
        if family in file_models.RESUMABLE:
            file_models.steps(model, x, y, 3, start=4)
            row["resumed_weights"] = model.get_weights()
    return row


def _open(keras: Any, name: str, kind: str, path: Path) -> dict[str, Any]:
    if kind in ("keras", "h5"):
        return _figures(keras.models.load_model(str(path)), name, resume=True)
    model = BUILDERS[name](keras)
    # these weights must come from the file
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    model.load_weights(str(path))
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return _figures(model, name, resume=keras.__name__ == "fastconv" and kind == "weights")


def _continue(keras: Any, name: str, path: Path) -> dict[str, Any]:
    # Keras restores an optimizer's state only into an optimizer that has been used
    model = file_models.optimizer_model(keras, name)
    x, _ = file_models.data("mlp")
    y = np.tanh(x[:, :3])
    file_models.steps(model, x, y, 1)
    model.load_weights(str(path))
    row = {"weights": model.get_weights(), "optimizer": optimizer_values(model)}
    file_models.steps(model, x, y, 3, start=5)
    return {**row, "resumed_weights": model.get_weights()}


def _guarded(action: Any, *args: Any) -> dict[str, Any]:
    try:
        return action(*args)
    except Exception as error:
        where = traceback.format_exc()[-1500:]
        return {"error": f"{type(error).__name__}: {str(error)[:800]}", "traceback": where}


def read(keras: Any, folder: Path) -> dict[str, dict[str, Any]]:
    """Open every file that the index in ``folder`` names."""
    index = load(folder, "index")
    answers = {}
    for name, row in index["models"].items():
        for kind, file in row["files"].items():
            answers[file] = _guarded(_open, keras, name, kind, folder / file)
    for name, row in index.get("optimizers", {}).items():
        answers[row["file"]] = _guarded(_continue, keras, name, folder / row["file"])
    return answers
