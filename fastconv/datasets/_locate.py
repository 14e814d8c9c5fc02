"""Where a data set that does not ship with us may lie on this machine, and what to say if not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from fastconv import _download

ENVIRONMENT = "FASTCONV_DATA"


def keras_folder() -> Path:
    """Keras's own cache of data sets."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def our_folder() -> Path:
    """The folder that our downloads go to."""
    return _download.cache_folder() / "datasets"


def debian_folder() -> Path:
    """Where Debian's ``dataset-*`` packages put their files."""
    return Path("/usr/share/datasets")


def folders(name: str) -> list[Path]:
    """Folders to look in for the data set `name` (such as ``fashion-mnist``), best first.

    Only folders that carry the data set's name: MNIST and Fashion-MNIST use the same file names,
    so a folder full of such files must not answer for both.
    """
    found: list[Path] = []
    base = os.environ.get(ENVIRONMENT)
    if base:
        root = Path(base).expanduser()
        found += [root / name, root / name.replace("-", "_")]
        if root.name.replace("_", "-") == name:
            found.append(root)
    found += [our_folder() / name, keras_folder() / name, debian_folder() / name]
    return found


def first_complete(candidates: list[Path], complete: Callable[[Path], bool]) -> Path | None:
    """The first folder that holds all files of the set, or None."""
    for folder in candidates:
        try:
            if complete(folder):
                return folder
        except OSError:  # a folder that we may not read is a folder without the files
            continue
    return None


def missing(title: str, looked: list[Path], files: list[str], reason: str, hints: list[str]) -> str:
    """The one message for a data set that is not here and cannot be downloaded."""
    lines = [
        f"{title} is not on this machine, and downloading it failed ({reason}).",
        "Looked in: " + ", ".join(str(folder) for folder in looked),
        "Any one of these helps:",
        *(f"  - {hint}" for hint in hints),
        f"  - put {', '.join(files)} into a folder and pass it: load_data(path=folder)",
    ]
    return "\n".join(lines)
