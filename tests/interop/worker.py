"""Opens model files in whatever Keras the running Python has, and writes down what they give.

``python worker.py KERAS FOLDER OUT``: KERAS is ``keras`` or ``tf_keras``; FOLDER has files and the
``index.json`` of ``tests/golden/keras_cases/file_writer.py``; the answers of
``keras_cases.file_reader`` go to ``OUT/answers.json`` and ``.npz``.

Stands alone: the venvs of old Keras have no pytest and no fastconv.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))

from keras_cases.common import write_packed
from keras_cases.file_reader import read


def main(module: str, folder: Path, out: Path) -> None:
    """Read the files in ``folder`` and write ``answers`` to ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    write_packed(out, "answers", read(importlib.import_module(module), folder))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
