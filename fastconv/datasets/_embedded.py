"""Read an array file that ships in the package."""

from __future__ import annotations

from importlib.resources import files

import numpy as np


def read(name: str) -> dict[str, np.ndarray]:
    """Return the arrays of ``data/<name>.npz`` by name."""
    resource = files("fastconv.datasets").joinpath("data", name + ".npz")
    with resource.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}
