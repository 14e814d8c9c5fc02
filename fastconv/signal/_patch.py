"""Routing scipy.signal's functions through this package, in code that cannot be edited.

Nothing here calls scipy.signal, so a patched SciPy cannot call back into itself.
"""

from __future__ import annotations

import contextlib
import runpy
import sys
from collections.abc import Iterator, Sequence
from typing import Any

NAMES = (
    "choose_conv_method", "convolve", "convolve2d", "correlate", "correlate2d",
    "correlation_lags", "fftconvolve", "oaconvolve",
)  # fmt: skip

# (module, name, SciPy's function) for every name that was replaced
_replaced: list[tuple[Any, str, Any]] = []


def patch_scipy() -> None:
    """Let scipy.signal's eight convolution functions be this package's.

    Replaces them in `scipy.signal` and in every SciPy module that has imported them. A name that
    other code took with ``from scipy.signal import convolve`` beforehand stays SciPy's. Calling
    it again changes nothing.

    See Also
    --------
    unpatch_scipy, patched_scipy

    Examples
    --------
    >>> import scipy.signal
    >>> from fastconv.signal import patch_scipy, unpatch_scipy
    >>> patch_scipy()
    >>> scipy.signal.convolve.__module__.partition('.')[0]
    'fastconv'
    >>> unpatch_scipy()
    >>> scipy.signal.convolve.__module__.partition('.')[0]
    'scipy'
    """
    if _replaced:
        return
    import scipy.signal

    import fastconv.signal as ours

    new = {id(getattr(scipy.signal, name)): getattr(ours, name) for name in NAMES}
    for key, module in list(sys.modules.items()):
        if module is None or key.partition(".")[0] != "scipy":
            continue
        for name in NAMES:
            value = vars(module).get(name)
            if id(value) in new:
                _replaced.append((module, name, value))
                setattr(module, name, new[id(value)])


def unpatch_scipy() -> None:
    """Give scipy.signal its own functions back; without `patch_scipy` nothing happens.

    See Also
    --------
    patch_scipy

    Examples
    --------
    >>> from fastconv.signal import unpatch_scipy
    >>> unpatch_scipy()
    """
    while _replaced:
        setattr(*_replaced.pop())


@contextlib.contextmanager
def patched_scipy() -> Iterator[None]:
    """Context in which scipy.signal's convolution functions are this package's.

    See Also
    --------
    patch_scipy

    Examples
    --------
    >>> import scipy.signal
    >>> from fastconv.signal import patched_scipy
    >>> with patched_scipy():
    ...     scipy.signal.convolve([1, 2], [1, 1])
    array([1, 3, 2])
    """
    outer = bool(_replaced)
    patch_scipy()
    try:
        yield
    finally:
        if not outer:
            unpatch_scipy()


def run_script(path: str, arguments: Sequence[str] = ()) -> None:
    """Run a Python script as ``python path arguments`` would, with SciPy patched."""
    before = sys.argv, sys.path[:]
    sys.argv = [path, *arguments]
    with patched_scipy():
        try:
            runpy.run_path(path, run_name="__main__")
        finally:
            sys.argv, sys.path[:] = before
