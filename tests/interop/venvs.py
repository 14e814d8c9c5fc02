"""Make the virtual environments with real Keras that the interop tests hand files to.

Usage::

    python tests/interop/venvs.py DIR                # all of them (about 6 GB)
    python tests/interop/venvs.py DIR k315 k341      # the newest and one old, as CI does
    FASTCONV_INTEROP_VENVS=DIR python -m pytest -m interop tests/interop

Each is ``DIR/NAME`` with pinned packages from PyPI. An environment that already holds its
packages is left alone. Old Keras runs on JAX, which is a quarter of TensorFlow's size and can
train as well as predict. Run this with Python 3.11: the old versions have no later wheels.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Recipe:
    """What goes into one environment and which backends it can run."""

    packages: tuple[str, ...]
    backends: tuple[str, ...] = ()
    no_deps: tuple[str, ...] = ()


# tf_keras asks for the package `tensorflow`, the same files as `tensorflow-cpu` once more
RECIPES: dict[str, Recipe] = {
    "k315": Recipe(
        (
            "keras==3.15.1",
            "tensorflow-cpu==2.21.0",
            "jax==0.10.2",
            "jaxlib==0.10.2",
            "h5py==3.14.0",
            "numpy==2.4.6",
            "scikit-learn==1.9.1",
            "onnxruntime==1.32.0",
            "pillow==13.0.0",
        ),
        ("tensorflow", "jax"),
    ),
    "k312": Recipe(
        ("keras==3.12.0", "jax==0.8.0", "jaxlib==0.8.0", "h5py==3.16.0", "numpy==2.4.6"), ("jax",)
    ),
    "k380": Recipe(
        ("keras==3.8.0", "jax==0.5.0", "jaxlib==0.5.0", "h5py==3.16.0", "numpy==2.4.6"), ("jax",)
    ),
    "k341": Recipe(
        ("keras==3.4.1", "jax==0.4.30", "jaxlib==0.4.30", "h5py==3.16.0", "numpy==1.26.4"), ("jax",)
    ),
    # 3.0.5 imports `packaging` without asking for it
    "k305": Recipe(
        (
            "keras==3.0.5",
            "jax==0.4.30",
            "jaxlib==0.4.30",
            "h5py==3.16.0",
            "numpy==1.26.4",
            "packaging==26.3",
        ),
        ("jax",),
    ),
    "tfk": Recipe(
        ("tensorflow-cpu==2.21.0", "h5py==3.14.0", "numpy==2.4.6"),
        ("tensorflow",),
        no_deps=("tf_keras==2.21.0",),
    ),
    "torch": Recipe(("torch==2.13.0", "numpy==2.4.6")),
}


def python_of(folder: Path, name: str) -> Path:
    """Path of the interpreter of environment ``name`` below ``folder``."""
    return folder / name / "bin" / "python"


def make(folder: Path, name: str) -> None:
    """Create the environment ``name`` below ``folder`` and install its packages."""
    recipe = RECIPES[name]
    done = folder / name / "recipe.txt"
    wanted = "\n".join((*recipe.packages, *recipe.no_deps)) + "\n"
    if done.is_file() and done.read_text() == wanted:
        print(f"{name}: there already")
        return
    print(f"{name}: {' '.join((*recipe.packages, *recipe.no_deps))}", flush=True)
    venv.create(folder / name, with_pip=True, clear=True)
    install = [python_of(folder, name), "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, *recipe.packages], check=True)
    if recipe.no_deps:
        subprocess.run([*install, "--no-deps", *recipe.no_deps], check=True)
    done.write_text(wanted)


def main() -> None:
    """Parse the command line and make what it names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    args = parser.parse_args()
    unknown = set(args.names) - set(RECIPES)
    if unknown:
        parser.error(f"no recipe for {sorted(unknown)}; choose from {', '.join(RECIPES)}")
    if sys.version_info[:2] != (3, 11):
        print("warning: the pins are meant for Python 3.11", file=sys.stderr)
    args.folder.mkdir(parents=True, exist_ok=True)
    for name in args.names or RECIPES:
        make(args.folder.resolve(), name)


if __name__ == "__main__":
    main()
