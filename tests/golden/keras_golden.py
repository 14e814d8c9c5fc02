"""Reader of the golden files in ``keras/`` for tests (no Keras needed).

``load("optimizers")`` gives the content of ``optimizers.json`` with the arrays of
``optimizers.npz`` in their places. What each file holds stands in the docstring of the module of
the same name in ``keras_cases/``. pytest finds this module through ``pythonpath``.
"""

from __future__ import annotations

import tarfile
from functools import cache
from pathlib import Path
from typing import Any

from keras_cases import common

FOLDER = Path(__file__).resolve().parent / "keras"


@cache
def load(name: str) -> dict[str, Any]:
    """Content of one section; treat it as read-only, it is shared by all tests."""
    return common.load(FOLDER, name)


def extract(writer: str, folder: Path) -> Path:
    """Unpack the model files that ``writer`` (such as ``k315_tensorflow``) wrote."""
    with tarfile.open(FOLDER / f"files_{writer}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder
