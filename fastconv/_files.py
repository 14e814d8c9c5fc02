"""Write a file so that a reader sees the old one or the new one, never a half. A leaf.

Design
 (a) The bytes go to a temporary file beside the target, are synced to the disk, and the file is
     renamed: whoever opens the target at any time, or after any crash, finds it whole.
 (b) The temporary file is locked while it is written. What a killed process left behind is not, and
     is removed when something is next written into that folder.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PREFIX, _MARK = ".fastconv-", ".part"
# A file that is not locked may be a moment old, its owner about to lock it.
_STALE_SECONDS = 10.0
_STALE_SECONDS_WITHOUT_LOCKS = 24 * 3600.0


@contextmanager
def replace_on_success(target: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `target`; rename it to `target` if the block succeeds.

    An error, a full disk or Ctrl-C inside the block removes the temporary file and leaves `target`
    as it was; a killed process leaves `target` as it was, and a temporary file that the next call
    removes. The temporary file keeps the target's suffix, by which writers choose a format. If
    `target` is a symbolic link, the file that it names is replaced.

    Raises
    ------
    OSError
        If the folder is missing or read-only, the disk is full, or `target` is read-only or no
        regular file; its `filename` is the target's.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replace_on_success(pathlib.Path(folder) / "a.txt") as path:
    ...         _ = path.write_text("whole")
    ...     (pathlib.Path(folder) / "a.txt").read_text()
    'whole'
    """
    shown = Path(target)
    target = Path(os.path.realpath(shown)) if shown.is_symlink() else shown
    mode = _mode_of(target, shown)
    remove_leftovers(target.parent)
    name = f"{_PREFIX}{secrets.token_hex(8)}{_MARK}{target.suffix}"
    temporary = target.parent / name
    lock = None
    try:
        lock = _create(temporary)
        try:
            yield temporary
            with open(temporary, "rb+") as stream:
                os.fsync(stream.fileno())
            if mode is not None:
                os.chmod(temporary, mode)
            os.replace(temporary, target)
        except BaseException:  # Ctrl-C too
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(target.parent)
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(temporary)):
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(shown)) from error
    finally:
        if lock is not None:
            os.close(lock)


def _mode_of(target: Path, shown: Path) -> int | None:
    """Mode of the file to be replaced, None if there is none; OSError if it must not be."""
    try:
        found = target.stat()
    except OSError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(shown))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(shown))
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(shown))
    return stat.S_IMODE(found.st_mode)


def _create(path: Path) -> int | None:
    """Make an empty file with the mode that the umask gives; returns a handle that locks it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags, 0o666)
    if fcntl is None:
        os.close(handle)  # an open file cannot be renamed there
        return None
    with suppress(OSError):  # file systems without locks
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def remove_leftovers(folder: str | os.PathLike[str]) -> None:
    """Remove temporary files of processes that were killed while they wrote into `folder`."""
    try:
        with os.scandir(folder) as entries:
            found = [e.path for e in entries if e.name.startswith(_PREFIX) and _MARK in e.name]
    except OSError:
        return
    for path in found:
        with suppress(OSError):
            _remove_if_stale(path)


def _remove_if_stale(path: str) -> None:
    age = time.time() - os.lstat(path).st_mtime
    if fcntl is None:
        if age > _STALE_SECONDS_WITHOUT_LOCKS:
            os.unlink(path)
        return
    if age < _STALE_SECONDS:
        return
    handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # OSError while its writer lives
        os.unlink(path)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Make the renaming last through a power failure, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
