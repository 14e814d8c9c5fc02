"""Model files written by real Keras of several versions and backends.

``files_WRITER.tar.xz`` (WRITER: k315_tensorflow, k315_jax, k312_jax, k380_jax, k341_jax, k305_jax,
tfk_tensorflow) holds the ``.keras``, ``.weights.h5`` and ``.h5`` files of the models in
:mod:`keras_cases.file_models`, and ``index.json`` + ``index.npz`` (read them with
``keras_golden.extract(WRITER, folder)`` and ``common.load(folder, "index")``):

* ``models``: per model ``files``, ``weights``, ``predictions`` (list, for ``data(NAME)``),
  ``evaluate`` (return_dict), ``optimizer`` (variables' values), and for some
  ``resumed_weights``: the weights after three more ``steps(model, x, y, 3, start=4)``.
* ``optimizers``: per optimizer the ``file`` (weights and state after five steps), ``weights``,
  ``optimizer`` and ``resumed_weights`` after three more (``start=5``), on
  ``data("mlp")[0]`` with targets ``tanh(x[:, :3])``.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

WRITERS = {
    "k315_tensorflow": ("k315", "keras", "tensorflow"),
    "k315_jax": ("k315", "keras", "jax"),
    "k312_jax": ("k312", "keras", "jax"),
    "k380_jax": ("k380", "keras", "jax"),
    "k341_jax": ("k341", "keras", "jax"),
    "k305_jax": ("k305", "keras", "jax"),
    "tfk_tensorflow": ("tfk", "tf_keras", "tensorflow"),
}


def write(folder: Path) -> None:
    """Write one archive per writer whose venv is there."""
    venvs = os.environ.get("FASTCONV_INTEROP_VENVS")
    script = Path(__file__).with_name("file_writer.py")
    for writer, (venv, module, backend) in WRITERS.items():
        python = Path(venvs, venv, "bin", "python") if venvs else Path(sys.executable)
        if not python.exists() or (not venvs and venv != "k315"):
            print(f"  {writer}: no venv, archive left as it is", flush=True)
            continue
        env = {**os.environ, "KERAS_BACKEND": backend, "FASTCONV_KERAS_MODULE": module}
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run([python, script, scratch], env=env, check=True)
            _pack(Path(scratch), folder / f"files_{writer}.tar.xz")
        print(f"  {writer}", flush=True)


def _pack(source: Path, target: Path) -> None:
    # one stream for all files (HDF5 repeats itself), and no dates or owners in it
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for path in sorted(source.iterdir()):
            entry = tarfile.TarInfo(path.name)
            entry.size = path.stat().st_size
            archive.addfile(entry, io.BytesIO(path.read_bytes()))
