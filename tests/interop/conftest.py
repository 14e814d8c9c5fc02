"""Fixtures of the interop tests: venvs with real Keras, files written by fastconv."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from keras_cases import file_models, file_writer
from keras_cases.common import load, write_packed

HERE = Path(__file__).resolve().parent
# reader or writer -> (venv, Keras module, backend)
SIDES = {
    "k315_tensorflow": ("k315", "keras", "tensorflow"),
    "k315_jax": ("k315", "keras", "jax"),
    "k312_jax": ("k312", "keras", "jax"),
    "k380_jax": ("k380", "keras", "jax"),
    "k341_jax": ("k341", "keras", "jax"),
    "k305_jax": ("k305", "keras", "jax"),
    "tfk_tensorflow": ("tfk", "tf_keras", "tensorflow"),
}
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


class Venv:
    """One Python with one Keras on one backend."""

    def __init__(self, side: str, folder: Path) -> None:
        name, self.module, self.backend = SIDES[side]
        self.side = side
        self.python = folder / name / "bin" / "python"

    def run(self, script: Path, *args: str | Path) -> None:
        """Run a script there; its output is shown when it fails."""
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        env |= {**QUIET, "KERAS_BACKEND": self.backend, "FASTCONV_KERAS_MODULE": self.module}
        command = [self.python, script, *args]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]

    def read(self, files: Path, out: Path) -> dict[str, Any]:
        """What this Keras finds in the files of a folder."""
        self.run(HERE / "worker.py", self.module, files, out)
        return load(out, "answers")

    def write(self, out: Path) -> Path:
        """Let this Keras write its model files."""
        self.run(Path(file_writer.__file__), out)
        return out


@pytest.fixture(scope="session", params=list(SIDES))
def venv(request: pytest.FixtureRequest) -> Venv:
    """Each Keras whose venv is there."""
    folder = os.environ.get("FASTCONV_INTEROP_VENVS")
    if not folder:
        pytest.skip("FASTCONV_INTEROP_VENVS names no folder made by tests/interop/venvs.py")
    found = Venv(request.param, Path(folder))
    if not found.python.exists():
        pytest.skip(f"no venv {SIDES[request.param][0]} in FASTCONV_INTEROP_VENVS")
    return found


@pytest.fixture(scope="session")
def written_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model files as fastconv writes them, with the index of what they must give."""
    import fastconv

    folder = tmp_path_factory.mktemp("fastconv")
    env = {**os.environ, "FASTCONV_KERAS_MODULE": "fastconv"}
    command = [sys.executable, file_writer.__file__, folder]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    _add_korean(folder, fastconv)
    return folder


def _add_korean(folder: Path, keras: Any) -> None:
    # TensorFlow cannot run a layer called 은닉층: a file of its own for the others
    index = load(folder, "index")
    model = file_models.mlp(keras, file_models.KOREAN)
    x, _ = file_models.data("mlp")
    model.save(folder / "mlp_korean.keras")
    model.save_weights(folder / "mlp_korean.weights.h5")
    index["models"]["mlp_korean"] = {
        "files": {"keras": "mlp_korean.keras", "weights": "mlp_korean.weights.h5"},
        "weights": model.get_weights(),
        "predictions": [model.predict(x, verbose=0)],
    }
    write_packed(folder, "index", index)
