"""Catch what a call writes to file descriptor 1, as a pipe or as a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import tempfile
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

COLUMNS, LINES = 100, 30


@contextmanager
def _stdout_is(descriptor: int) -> Iterator[None]:
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(descriptor, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(saved, 1)
        os.close(saved)


def to_pipe(function: Callable[[], object]) -> str:
    """What ``function`` prints when standard output is no terminal."""
    with tempfile.TemporaryFile() as file:
        with _stdout_is(file.fileno()):
            function()
        file.seek(0)
        return file.read().decode()


def to_terminal(function: Callable[[], object]) -> str:
    """What ``function`` prints on a terminal of 100 columns (which turns newlines into CR LF)."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    parts: list[bytes] = []

    def read() -> None:
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other end is closed
                return
            if not part:
                return
            parts.append(part)

    reader = threading.Thread(target=read)
    reader.start()
    with _stdout_is(slave):
        function()
    termios.tcdrain(slave)
    os.close(slave)
    reader.join(10)
    os.close(master)
    return b"".join(parts).decode()
