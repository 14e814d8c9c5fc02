"""How Keras's objects show themselves, and what it calls results.

``names.json``: ``reprs/OBJECT``: ``repr`` and ``str`` (addresses replaced by ``0x``); and
``history/CASE``: keys of ``History.history`` in order, of ``evaluate(return_dict=True)``,
``metrics_names`` before and after, and the metric objects, for the compile() options in
:mod:`keras_cases.history_cases`, or the ``error``.
"""

from __future__ import annotations

from pathlib import Path

from keras_cases import history_cases, repr_cases
from keras_cases.common import write_json


def write(folder: Path) -> None:
    """Write ``names.json``."""
    import keras

    reprs, history = repr_cases.collect(keras), history_cases.collect(keras)
    rows = {f"reprs/{k}": v for k, v in reprs.items()}
    write_json(folder / "names.json", rows | {f"history/{k}": v for k, v in history.items()})
