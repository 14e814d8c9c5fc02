"""Write the golden files in ``keras/``: what real Keras 3.15.1 computes, prints and stores.

Run it with a Python that has keras==3.15.1, tensorflow-cpu==2.21.0 and jax==0.10.2
(``tests/interop/venvs.py DIR k315`` makes one)::

    DIR/k315/bin/python tests/golden/make_keras_golden.py            # all sections
    DIR/k315/bin/python tests/golden/make_keras_golden.py losses     # one section

The section ``files`` also hands work to the other venvs of ``venvs.py``, if
``FASTCONV_INTEROP_VENVS`` names their folder; writers that are not there keep their old archive.
Each section runs in its own process, since Keras fixes its backend at import. The same
versions on the same processor give the same files; elsewhere the last bits may differ.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE / "keras"
KERAS_VERSION = "3.15.1"

# section (a module in keras_cases/) -> backend it runs on and further environment
JAX64 = {
    "KERAS_BACKEND": "jax",
    "JAX_ENABLE_X64": "1",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",  # hundreds of small compilations
}
SECTIONS: dict[str, dict[str, str]] = {
    "signatures": {"KERAS_BACKEND": "jax"},
    "optimizers": {"KERAS_BACKEND": "tensorflow"},
    "losses": {"KERAS_BACKEND": "tensorflow"},
    "metrics": {"KERAS_BACKEND": "tensorflow"},
    "layers": JAX64,
    "activations": JAX64,
    "ops": JAX64,
    "files": {"KERAS_BACKEND": "tensorflow"},
    "texts": {"KERAS_BACKEND": "tensorflow"},
    "names": {"KERAS_BACKEND": "tensorflow"},
    "errors": {"KERAS_BACKEND": "tensorflow"},
    "configs": {"KERAS_BACKEND": "jax"},
    "utils": {"KERAS_BACKEND": "tensorflow"},  # needs Pillow as well
}
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONHASHSEED": "0"}


def run_here(section: str) -> None:
    """Write one section in this process."""
    sys.path.insert(0, str(HERE))
    import keras

    if keras.__version__ != KERAS_VERSION:
        raise SystemExit(f"need keras=={KERAS_VERSION}, found {keras.__version__}")
    importlib.import_module(f"keras_cases.{section}").write(OUT)


def main(names: list[str]) -> None:
    """Write the named sections (default: all), each in a fresh process."""
    unknown = set(names) - set(SECTIONS)
    if unknown:
        raise SystemExit(f"unknown sections {sorted(unknown)}; choose from {sorted(SECTIONS)}")
    OUT.mkdir(exist_ok=True)
    for name in names or SECTIONS:
        env = {**os.environ, **QUIET, **SECTIONS[name], "FASTCONV_GOLDEN_SECTION": name}
        print(f"{name} ({SECTIONS[name]['KERAS_BACKEND']})", flush=True)
        subprocess.run([sys.executable, __file__], env=env, check=True)


if __name__ == "__main__":
    section = os.environ.get("FASTCONV_GOLDEN_SECTION")
    if section:
        run_here(section)
    else:
        main(sys.argv[1:])
