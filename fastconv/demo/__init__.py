"""``fastconv demo``: the main job on real input, checked and timed in front of the user.

Belongs here: one module a part of the demonstration (``signal_part``, ``train_part``), what they
share (``console`` prints, ``compare`` checks and times), the picture. Does not belong
here: the command line (``fastconv.cli``) and anything that other code should import.
To add a part: a module with ``run(options, console) -> bool`` (True if every check held, files
written only into ``options.out`` and only through ``fastconv._files``), and its name in `parts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastconv.demo.console import Console


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    out: Path
    """Folder for pictures and files; exists and is writable."""
    data: str = "digits"
    """Data set of the training part: "digits" or "fashion_mnist"."""
    train: bool = True
    """Whether parts that train a network run."""


Part = Callable[[Options, Console], bool]


def parts(options: Options) -> list[Part]:
    """The parts to run, in order. Imported here: each pulls in what it needs."""
    from fastconv.demo import signal_part, train_part

    return [signal_part.run, train_part.run] if options.train else [signal_part.run]


def run(options: Options, console: Console | None = None) -> bool:
    """Run the demonstration; True if every check of every part held."""
    console = console or Console()
    passed = [part(options, console) for part in parts(options)]
    return all(passed)
