"""Download a file into the cache, checked; never unpack it."""

from __future__ import annotations

import os
import urllib.parse
from pathlib import Path

from fastconv import _download


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Return the path of a file, downloading it if it is not in the cache.

    Safer than Keras's function of this name, on purpose: archives
    are never unpacked, and nothing is written outside the cache folder.

    Parameters
    ----------
    fname
        Name of the file in the cache. Default: the last part of `origin`.
    origin
        Address, http or https.
    file_hash, md5_hash
        SHA-256 or MD5 of the file, hexadecimal.
    cache_subdir
        Folder inside the cache folder.
    hash_algorithm
        "sha256", "md5", or "auto": by the length of `file_hash`.
    extract, untar, archive_format
        Must stay at their defaults.
    cache_dir
        Cache folder. Default: ``~/.cache/fastconv``; a file with the right checksum in Keras's
        cache (``~/.keras``) is used where it lies.
    force_download
        Download even if the file is there.

    Returns
    -------
    str
        Path of the file.

    Raises
    ------
    ValueError
        No `origin` or no checksum for a download, a name that leaves the cache folder, a wrong
        checksum, or an archive is to be unpacked.
    OSError
        The download failed.
    """
    if origin is None:
        raise ValueError('Please specify the "origin" argument (URL of the file to download).')
    if extract or untar:
        raise ValueError(
            "extract, untar: archives are not unpacked here, since a crafted archive can write "
            "anywhere. Call get_file without it and read the members you need, for instance with "
            'tarfile.open(path).extractall(folder, filter="data").'
        )
    if file_hash is None and md5_hash is not None:
        file_hash, hash_algorithm = md5_hash, "md5"
    algorithm = _algorithm(hash_algorithm, file_hash)
    name = _name(fname, origin)
    target = _inside(
        _download.cache_folder() if cache_dir is None else Path(cache_dir).expanduser(),
        cache_subdir,
        name,
    )
    if not force_download:
        if target.is_file():
            if file_hash is None or _matches(target, file_hash, algorithm):
                return str(target)
            print(
                "A local file was found, but it seems to be incomplete or outdated because the "
                f"{hash_algorithm} file hash does not match the original value of {file_hash} so "
                "we will re-download the data."
            )
        elif cache_dir is None and file_hash is not None:
            theirs = _inside(_keras_home(), cache_subdir, name)
            if theirs.is_file() and _matches(theirs, file_hash, algorithm):
                return str(theirs)
    print(f"Downloading data from {origin}")
    try:
        _download.fetch(origin, target, digest=file_hash, algorithm=algorithm)
    except _download.ChecksumError as error:
        raise ValueError(
            f"Incomplete or corrupted file detected. The {hash_algorithm} file hash does not "
            f"match the provided value of {file_hash}."
        ) from error
    except _download.DownloadError as error:
        raise _download.DownloadError(f"URL fetch failure on {origin}: {error}") from error
    return str(target)


def _algorithm(name: str, file_hash: str | None) -> str:
    if name not in ("auto", "sha256", "md5"):
        raise ValueError(f'hash_algorithm: expected "auto", "sha256" or "md5", received {name!r}')
    if name == "auto":
        return "md5" if file_hash is not None and len(file_hash) == 32 else "sha256"
    return name


def _matches(path: Path, file_hash: str, algorithm: str) -> bool:
    return _download.file_digest(path, algorithm) == file_hash.lower()


def _name(fname: str | os.PathLike[str] | None, origin: str) -> str:
    """A plain file name, from the argument or the address."""
    if fname:
        name = os.fspath(fname)
        if "/" in name or os.sep in name:
            raise ValueError(
                "Paths are no longer accepted as the `fname` argument. To specify the file's "
                f"parent directory, use the `cache_dir` argument. Received: fname={name}"
            )
    else:
        name = urllib.parse.urlsplit(origin).path.rpartition("/")[2]
        if not name:
            raise ValueError(
                f"Can't parse the file name from the origin provided: '{origin}'."
                "Please specify the `fname` argument."
            )
    if name in (".", "..") or "\\" in name or "\0" in name:
        raise ValueError(f"fname: expected the name of a file, received {name!r}")
    return name


def _inside(cache: Path, subdir: str, name: str) -> Path:
    """The file's place, which must lie inside the cache folder, links followed."""
    root = cache.resolve()
    target = root / subdir / name
    if not target.parent.resolve().is_relative_to(root):
        raise ValueError(
            f"cache_subdir: expected a folder inside the cache folder {root}, received {subdir!r}"
        )
    return target


def _keras_home() -> Path:
    home = os.environ.get("KERAS_HOME")
    return Path(home) if home else Path.home() / ".keras"
