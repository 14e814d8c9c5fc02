"""What the sections share: reproducible inputs and one way to write JSON.

Nothing here imports Keras, so tests can use it too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray


def uniform(shape: tuple[int, ...], seed: int, low: float = -1.0, high: float = 1.0) -> Array:
    """Numbers with few digits (multiples of 1/1024): exact in float32, the same on every machine.

    Parameters
    ----------
    shape : tuple of int
    seed : int
        Seed of NumPy's frozen legacy generator.
    low, high : float
        Bounds.
    """
    draws = np.random.RandomState(seed).randint(
        int(np.ceil(low * 1024)), int(np.floor(high * 1024)) + 1, size=shape
    )
    return (draws / 1024.0).astype("float32")


def integers(shape: tuple[int, ...], seed: int, high: int, low: int = 0) -> Array:
    """Labels ``low <= k < high`` as int64, the same on every machine."""
    return np.random.RandomState(seed).randint(low, high, size=shape).astype("int64")


def plain(value: Any) -> Any:
    """Turn configs and results into what JSON holds (tuples become lists)."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return repr(value)


def write_json(path: Path, data: Any) -> None:
    """One entry of the outermost container a line: small, and readable in a diff."""
    if isinstance(data, dict):
        rows = [f"{json.dumps(k, ensure_ascii=False)}: {_line(v)}" for k, v in data.items()]
        text = "{\n" + ",\n".join(rows) + "\n}\n"
    else:
        text = "[\n" + ",\n".join(_line(v) for v in data) + "\n]\n"
    path.write_text(text, encoding="utf-8")


def _line(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


class _Packer:
    """Collects arrays into one flat array per dtype: an npz member costs 250 bytes."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Array]] = {}
        self.known: dict[tuple[str, bytes], int] = {}

    def add(self, array: Array) -> dict[str, Any]:
        dtype = array.dtype.name
        flat = np.ascontiguousarray(array).reshape(-1)
        key = (dtype, flat.tobytes())
        if key not in self.known:
            parts = self.parts.setdefault(dtype, [])
            self.known[key] = sum(p.size for p in parts)
            parts.append(flat)
        return {"array": [dtype, self.known[key], *array.shape]}

    def replace(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return self.add(value)
        if isinstance(value, dict):
            return {k: self.replace(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.replace(v) for v in value]
        return value


def write_packed(folder: Path, name: str, data: dict[str, Any]) -> None:
    """Write ``name.json`` and, for the arrays in it, ``name.npz``; :func:`load` reads both."""
    packer = _Packer()
    write_json(folder / f"{name}.json", packer.replace(data))
    flat = {dtype: np.concatenate(parts) for dtype, parts in packer.parts.items()}
    np.savez_compressed(folder / f"{name}.npz", **flat)


def load(folder: Path, name: str) -> dict[str, Any]:
    """What :func:`write_packed` wrote, arrays in their places."""
    data = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    if not (folder / f"{name}.npz").exists():
        return data
    with np.load(folder / f"{name}.npz") as stored:
        flat = {dtype: stored[dtype] for dtype in stored.files}

    def restore(value: Any) -> Any:
        if isinstance(value, list):
            return [restore(v) for v in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"array"}:
            dtype, start, *shape = value["array"]
            size = int(np.prod(shape, dtype=int))
            return flat[dtype][start : start + size].reshape(shape).copy()
        return {k: restore(v) for k, v in value.items()}

    return restore(data)
