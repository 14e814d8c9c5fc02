"""A run that can be resumed: weights, optimizer and where training stood, in one file.

The file is an ordinary ``.weights.h5`` with one dataset more, ``training_state``: JSON. One file
is replaced as a whole, so the weights and the place in training always belong together.
"""

import io
import json
from typing import Any

import numpy as np

from fastconv._files import replace_on_success
from fastconv.saving import hdf5, keras_file, weights_h5
from fastconv.saving.json_text import parse_json

STATE = "training_state"


def write_backup(model: Any, path: str, state: dict[str, Any]) -> None:
    """Replace the file at `path` by the model's weights, its optimizer's and `state`."""
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        weights_h5.write(model, file)
        text = json.dumps(state).encode()
        file.create_dataset(STATE, data=np.frombuffer(text, np.uint8))
    with replace_on_success(path) as temporary:
        temporary.write_bytes(stream.getbuffer())


def read_backup(model: Any, path: str) -> dict[str, Any] | None:
    """Load the weights at `path`; returns the state with them, None if Keras wrote the file.

    Raises
    ------
    OSError, ValueError
        If the file is missing, damaged, or another model's.
    """
    with keras_file.open_window(path) as window, hdf5.open_file(window, path) as root:
        found = hdf5.dataset(root, STATE)
        state = None
        if found is not None:
            state = parse_json(found.read(found.shape).tobytes(), f"{path}:{STATE}")
        weights_h5.load(model, root)
    return state
