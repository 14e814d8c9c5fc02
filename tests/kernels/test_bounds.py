"""Kernels read and write nothing outside their operands: beside those stand forbidden pages.

Run as a script, this file calls every kernel on operands that end where a page without access
begins, then on operands that begin where one ends; the first stray access kills the process.
"""

import ctypes
import mmap
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kernel_cases import ROWS, Operands, compiled

PAGE = mmap.PAGESIZE


def walled(array: np.ndarray, at_end: bool) -> np.ndarray:
    """A copy of `array`, with its strides, that touches a page without access."""
    size = sum((n - 1) * s for n, s in zip(array.shape, array.strides, strict=True))
    size += array.itemsize
    pages = -(-size // PAGE)
    area = mmap.mmap(-1, (pages + 2) * PAGE)
    base = ctypes.addressof(ctypes.c_char.from_buffer(area))
    libc = ctypes.CDLL(None, use_errno=True)
    for wall in (base, base + (pages + 1) * PAGE):
        if libc.mprotect(ctypes.c_void_p(wall), PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect")
    start = PAGE + (pages * PAGE - size if at_end else 0)
    flat = np.frombuffer(area, array.dtype, size // array.itemsize, start)
    copy = np.lib.stride_tricks.as_strided(flat, array.shape, array.strides)
    copy[...] = array
    return copy


def call_walled(run, operands: Operands) -> None:
    for at_end in (True, False):
        for guarded in operands.bufs:
            guarded.array = walled(guarded.array, at_end)
        run(operands, 0, operands.n)
        run(operands, operands.n // 2, operands.n)


def main(stem: str) -> None:
    rng = np.random.default_rng(0)
    row = ROWS[stem]
    for source in compiled(stem):
        run = source.function()
        for size in row.sizes[::4]:
            print(source, size, flush=True)
            operands = row.make(rng, source.dtype, size, "whole")
            if all(guarded.array.size for guarded in operands.bufs):
                call_walled(run, operands)


def in_child(*arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    return subprocess.run(
        [sys.executable, __file__, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect is POSIX")
@pytest.mark.parametrize("stem", ROWS)
def test_no_access_outside_the_operands(stem):
    done = in_child(stem)
    last = done.stdout.splitlines()[-1:]
    assert done.returncode == 0, f"after {last}: {done.returncode} {done.stderr[-500:]}"


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect is POSIX")
@pytest.mark.parametrize("side", ["before", "after"])
def test_the_walls_are_there(side):
    done = in_child(side)
    # Killed; or, under a sanitizer, told of it and ended.
    assert done.returncode == -signal.SIGSEGV or "AddressSanitizer: SEGV" in done.stderr


if __name__ == "__main__":
    if sys.argv[1] in ROWS:
        main(sys.argv[1])
    else:
        end = sys.argv[1] == "after"
        array = walled(np.zeros(5), at_end=end)
        ctypes.string_at(array.ctypes.data + (array.nbytes if end else -1), 1)
