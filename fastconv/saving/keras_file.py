"""The ``.keras`` archive: a zip of exactly metadata.json, config.json and model.weights.h5."""

import datetime
import io
import json
import zipfile
from typing import Any

from fastconv._version import __version__
from fastconv.saving.hdf5 import FileError
from fastconv.saving.limits import limits

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"

# The oldest Keras that tests/interop proves to read what we write.
DIALECT_VERSION = "3.0.5"


def write(path: Any, config: dict[str, Any], weights: bytes | memoryview) -> None:
    """Write the archive, members stored without compression, in Keras's order."""
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = {
        "keras_version": DIALECT_VERSION,
        "date_saved": now,
        "fastconv_version": __version__,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(METADATA, json.dumps(metadata))
        archive.writestr(CONFIG, json.dumps(config))
        with archive.open(WEIGHTS, "w") as member:
            member.write(weights)


def read(path: Any) -> tuple[dict[str, Any], io.BytesIO]:
    """The config and the weights file of an archive; see the gate's rules in the door plate.

    Raises
    ------
    FileError
        If the archive is damaged, holds other members, or is larger than `limits` allow.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if sorted(names) != sorted({METADATA, CONFIG, WEIGHTS}):
                shown = ", ".join(repr(name)[:60] for name in names[:8])
                raise FileError(
                    f"{path}: expected exactly {METADATA}, {CONFIG} and {WEIGHTS} in the archive, "
                    f"found {shown}"
                )
            content = {member.filename: _read_member(archive, member) for member in members}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise FileError(f"{path}: not a readable `.keras` archive ({error})") from error
    config = parse_json(content[CONFIG], CONFIG)
    if not isinstance(config, dict):
        raise FileError(f"{CONFIG}: expected an object, found {type(config).__name__}")
    return config, io.BytesIO(content[WEIGHTS])


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    cap = limits.file_bytes if member.filename == WEIGHTS else limits.json_bytes
    if member.file_size > cap or member.compress_size > cap:
        raise FileError(
            f"{member.filename}: {member.file_size} bytes, more than saving.limits allow ({cap})"
        )
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileError(f"{member.filename}: unknown compression {member.compress_type}")
    if member.file_size > 100 * max(member.compress_size, 1024):
        raise FileError(
            f"{member.filename}: compressed {member.file_size}:{member.compress_size}, more than "
            "100:1"
        )
    with archive.open(member) as stream:
        data = stream.read(member.file_size + 1)  # reading to the end checks the CRC
    if len(data) != member.file_size:
        raise FileError(f"{member.filename}: expected {member.file_size} bytes, found {len(data)}")
    return data


def parse_json(data: bytes | str, name: str) -> Any:
    """JSON of limited length and depth.

    Raises
    ------
    FileError
        If it is too long, too deep, or no JSON.
    """
    if len(data) > limits.json_bytes:
        raise FileError(f"{name}: longer than saving.limits.json_bytes = {limits.json_bytes}")
    text = data.decode("utf-8", "strict") if isinstance(data, bytes) else data
    depth = deepest = 0
    inside = escaped = False
    for c in text:
        if inside:
            if escaped:
                escaped = False
            elif c == "\\":
                escaped = True
            elif c == '"':
                inside = False
        elif c == '"':
            inside = True
        elif c in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif c in "]}":
            depth -= 1
    if deepest > limits.json_depth:
        raise FileError(
            f"{name}: nested {deepest} levels deep, more than saving.limits.json_depth = "
            f"{limits.json_depth}"
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{name}: not valid JSON ({error})") from error
