"""Settings of the process: backend, threads; and `show_config`, which prints what was chosen."""

import os
import platform
import sys
from pathlib import Path

from fastconv import _kernels, _runtime
from fastconv._version import __version__

BACKENDS = ("cython", "numba")


def set_num_threads(n: int) -> None:
    """Set the number of threads a call may use, the caller included.

    Results never depend on it. The default is the number of CPUs this process may run on, or
    ``FASTCONV_NUM_THREADS``.

    Parameters
    ----------
    n : int
        At least 1; clipped to 64.

    Raises
    ------
    ValueError
        If `n` is smaller than 1.
    TypeError
        If `n` is not an integer.

    Examples
    --------
    >>> import fastconv
    >>> old = fastconv.get_num_threads()
    >>> fastconv.set_num_threads(1)
    >>> fastconv.get_num_threads()
    1
    >>> fastconv.set_num_threads(old)
    """
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"n: expected an integer, received {n!r}")
    if n < 1:
        raise ValueError(f"n: expected at least 1 thread, received {n}")
    _runtime.set_num_threads(int(n))


def get_num_threads() -> int:
    """Number of threads a call may use.

    Returns
    -------
    int

    Examples
    --------
    >>> import fastconv
    >>> fastconv.get_num_threads() >= 1
    True
    """
    return _runtime.get_num_threads()


def set_backend(name: str) -> None:
    """Choose who computes the core kernels: ``"cython"`` (default) or ``"numba"``.

    With "numba", a kernel that has no Numba twin is still the Cython one; `show_config` lists
    which. ``FASTCONV_BACKEND`` sets the same at import.

    Parameters
    ----------
    name : {"cython", "numba"}

    Raises
    ------
    ValueError
        If `name` is neither.
    ImportError
        If "numba" is asked for and numba is not installed.

    Examples
    --------
    >>> import fastconv
    >>> fastconv.set_backend("cython")
    >>> fastconv.get_backend()
    'cython'
    """
    if name not in BACKENDS:
        raise ValueError(f"name: expected one of {BACKENDS}, received {name!r}")
    if name == "numba":
        try:
            import numba  # noqa: F401
        except ImportError as error:
            raise ImportError(
                'the numba backend needs numba: pip install "fastconv[numba]"'
            ) from error
    _kernels.use_backend(name)


def get_backend() -> str:
    """Name of the backend in force, "cython" or "numba".

    Returns
    -------
    str
    """
    return _kernels.backend()


def calibration_file(isa: str) -> Path:
    """Where `fastconv.calibrate` keeps what it measured for an ISA level, in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fastconv" / f"calibration-{isa}.json"


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read_environment() -> None:
    threads = os.environ.get("FASTCONV_NUM_THREADS", "").strip()
    if threads:
        if not threads.isdigit() or int(threads) < 1:
            raise ImportError(
                f"FASTCONV_NUM_THREADS: expected a whole number of at least 1, received {threads!r}"
            )
        _runtime.set_num_threads(int(threads))
    else:
        _runtime.set_num_threads(_cpus())
    backend = os.environ.get("FASTCONV_BACKEND", "").strip()
    if backend:
        try:
            set_backend(backend)
        except ValueError as error:
            raise ImportError(
                f"FASTCONV_BACKEND: expected one of {BACKENDS}, received {backend!r}"
            ) from error


def _installed(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def show_config() -> None:
    """Print version, ISA level, backend, threads and the optional packages found.

    Examples
    --------
    >>> import fastconv
    >>> fastconv.show_config()  # doctest: +ELLIPSIS
    fastconv ...
    """
    measured = calibration_file(_kernels.isa)
    lines = [
        ("fastconv", f"{__version__} on Python {platform.python_version()}, {sys.platform}"),
        ("ISA level", f"{_kernels.isa} (this machine can run {', '.join(_runtime.levels())})"),
        ("backend", _kernels.backend()),
        ("costs", str(measured) if measured.is_file() else "as shipped (fastconv.calibrate)"),
        ("threads", f"{get_num_threads()} of {_cpus()} CPUs"),
        *((name, _installed(name)) for name in ("numpy", "scipy", "h5py", "numba", "ducc0")),
    ]
    for key, value in lines:
        print(f"{key:10s} {value}")
    if _kernels.backend() == "numba":
        twins = set(_kernels.numba_names())
        without = [name for name in _kernels.names() if name not in twins]
        print(f"numba      {len(twins)} kernels; by Cython all the same: {', '.join(without)}")


_read_environment()
