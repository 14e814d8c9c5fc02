"""Lines for the user, and a progress note that a terminal overwrites and a file never sees."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO


class Console:
    """Prints finished lines to `stream`, and on a terminal what is being done meanwhile."""

    def __init__(self, stream: TextIO | None = None):
        self.stream = sys.stdout if stream is None else stream
        self._noted = 0

    def line(self, text: str = "") -> None:
        """Print a finished line at once (a pipe would hold it back)."""
        self.stream.write(self._erased() + text + "\n")
        self.stream.flush()

    def note(self, text: str) -> None:
        """Show what is going on, in place; nothing at all unless a person is watching."""
        if not self.stream.isatty():
            return
        text = text[: max(1, shutil.get_terminal_size().columns - 1)]
        self.stream.write(self._erased() + text)
        self.stream.flush()
        self._noted = len(text)

    def clear(self) -> None:
        """Take the note away."""
        self.stream.write(self._erased())
        self.stream.flush()

    def _erased(self) -> str:
        blank = "\r" + " " * self._noted + "\r" if self._noted else ""
        self._noted = 0
        return blank
