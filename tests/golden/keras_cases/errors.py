"""What Keras says to mistakes.

``errors.json``: ``GROUP/CASE`` (the calls stand in :mod:`keras_cases.error_cases`) ->
``error`` ([type, message] or null when nothing was raised; wrapped messages keep their ANSI
marks), ``warnings`` ([category, message], among them what goes to the ``absl`` log as
["absl", message]) and, when nothing was raised, ``result`` (type name). Folders are ``<folder>``.
TensorFlow's own errors stand as they come, cut at 600 characters: nobody need copy them.
"""

from __future__ import annotations

import logging
import re
import warnings
from pathlib import Path
from typing import Any

from keras_cases.common import write_json
from keras_cases.error_cases import GROUPS

LENGTH = 900


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def clean(text: str) -> str:
    """Folders, addresses and run-dependent names out."""
    text = re.sub(r"/\S*keras-errors-[^/'\"\s]*", "<folder>", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x", text)
    text = text.split("\n\nDetected at node")[0]  # what follows is a stack of this machine's files
    return text if len(text) <= LENGTH else text[:LENGTH] + " [...]"


def attempt(keras: Any, case: Any) -> dict[str, Any]:
    """Run one case and describe what happened."""
    log = _Log()
    logging.getLogger("absl").addHandler(log)
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    row: dict[str, Any] = {"error": None}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            row["result"] = type(case(keras)).__name__
        except Exception as error:
            row["error"] = [type(error).__name__, clean(str(error))]
    logging.getLogger("absl").removeHandler(log)
    row["warnings"] = [
        [w.category.__name__, clean(str(w.message))]
        for w in caught
        if w.category.__name__ not in ("DeprecationWarning", "ResourceWarning")
    ]
    row["warnings"] += [["absl", clean(line)] for line in log.lines]
    return row


def write(folder: Path) -> None:
    """Write ``errors.json``."""
    import keras

    rows = {}
    for group, cases in GROUPS.items():
        for name, case in cases.items():
            rows[f"{group}/{name}"] = attempt(keras, case)
    keras.config.set_floatx("float32")
    write_json(folder / "errors.json", rows)
