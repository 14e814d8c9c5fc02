"""Fetch one file over HTTP(S) into a folder: checked, capped, and whole or not there at all.

Standard library only; shared by ``fastconv.datasets`` and ``fastconv.utils.get_file``.
Nothing here unpacks anything: most of the known holes of such helpers were in extraction.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from fastconv import _files

_CHUNK = 1 << 18
DEFAULT_CAP = 4 << 30


class DownloadError(OSError):
    """The file could not be fetched (no network, no such page, broken off)."""


class ChecksumError(ValueError):
    """The file came, but is not the expected one."""


def cache_folder() -> Path:
    """Our cache: ``$XDG_CACHE_HOME/fastconv``, normally ``~/.cache/fastconv``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "fastconv"


def file_digest(path: str | os.PathLike[str], algorithm: str = "sha256") -> str:
    """Hexadecimal digest of a file, read in pieces."""
    digest = hashlib.new(algorithm)
    with open(path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def fetch(
    url: str,
    target: Path,
    *,
    digest: str | None = None,
    algorithm: str = "sha256",
    max_bytes: int = DEFAULT_CAP,
    timeout: float = 30.0,
) -> Path:
    """Download `url` to `target`, replacing it only by a complete, checked file.

    The bytes go to a temporary file beside the target, which is renamed at the end: a broken
    connection, a wrong checksum, a full disk or Ctrl-C leave what was there before.

    Raises
    ------
    ValueError
        `url` is not http or https.
    DownloadError
        The server could not be reached, refused, broke off or sent more than `max_bytes`.
    ChecksumError
        The digest of what came is not `digest`.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"only http:// and https:// addresses are fetched, received {url!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with _files.replace_on_success(target) as temporary:
        with open(temporary, "wb") as stream:
            received = _stream(url, stream, algorithm, max_bytes, timeout)
        if digest is not None and received != digest.lower():
            raise ChecksumError(
                f"{url} did not send the expected file: its {algorithm} is {received}, "
                f"expected {digest}. Nothing was kept."
            )
    return target


def _stream(url: str, stream, algorithm: str, max_bytes: int, timeout: float) -> str:
    """Copy the answer of `url` into `stream`; return its hexadecimal digest."""
    hasher = hashlib.new(algorithm)
    request = urllib.request.Request(url, headers={"User-Agent": "fastconv"})
    total = 0
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            declared = answer.headers.get("Content-Length")
            while chunk := answer.read(_CHUNK):
                total += len(chunk)
                if total > max_bytes:
                    raise DownloadError(f"{url} sent more than {max_bytes:,} bytes; given up")
                hasher.update(chunk)
                stream.write(chunk)
    except urllib.error.HTTPError as error:
        raise DownloadError(f"{url}: the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise DownloadError(f"{url} cannot be reached: {error.reason}") from error
    except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise DownloadError(f"{url}: the connection failed: {error}") from error
    # urllib does not complain when a connection closes early while reading in pieces.
    if declared is not None and declared.isdigit() and int(declared) != total:
        raise DownloadError(f"{url}: broke off after {total:,} of {int(declared):,} bytes")
    return hasher.hexdigest()
