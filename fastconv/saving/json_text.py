"""JSON of limited length, depth and number of values."""

import json
from typing import Any

from fastconv.saving.hdf5 import FileError
from fastconv.saving.limits import limits

_LARGEST = 2**64


def parse_json(data: bytes | str, name: str) -> Any:
    """The value that a JSON text describes.

    Raises
    ------
    FileError
        If it is too long, too deep, too rich, holds integers of more than 64 bits, or is no JSON.
    """
    if len(data) > limits.json_bytes:
        raise FileError(f"{name}: longer than saving.limits.json_bytes = {limits.json_bytes}")
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        commas = text.count(",") + text.count("[") + text.count("{")  # those in texts too
        if commas > limits.json_values:
            raise FileError(
                f"{name}: more than saving.limits.json_values = {limits.json_values} values"
            )
        value = json.loads(text)
    except FileError:
        raise
    except RecursionError:
        raise FileError(
            f"{name}: nested deeper than saving.limits.json_depth = {limits.json_depth}"
        ) from None
    except ValueError as error:
        raise FileError(f"{name}: not valid JSON ({error})") from error
    _check(value, name)
    return value


def _check(value: Any, name: str) -> None:
    """Depth, layers and integers of a parsed text, without recursion."""
    level = [value]
    depth = layers = 0
    while level:
        if depth > limits.json_depth:
            raise FileError(
                f"{name}: nested deeper than saving.limits.json_depth = {limits.json_depth}"
            )
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                listed = item.get("layers")
                layers += len(listed) if isinstance(listed, list) else 0
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, int) and not -_LARGEST <= item < _LARGEST:
                raise FileError(f"{name}: an integer of more than 64 bits")
        level = below
        depth += 1
    if layers > limits.layers:
        raise FileError(
            f"{name}: {layers} layers, more than saving.limits.layers = {limits.layers}"
        )
