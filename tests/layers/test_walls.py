"""The kernels under the layers touch nothing outside their operands.

Run as a script, this file gives every array that ops allocate a page without access before or
behind it, and takes all layers of the table forward and backward: a stray access kills the process.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent


def in_child(*arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(HERE), str(HERE.parent / "kernels"), *sys.path])
    return subprocess.run(
        [sys.executable, __file__, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect is POSIX")
@pytest.mark.parametrize("side", ["before", "behind"])
def test_layers_stay_inside_their_arrays(side):
    done = in_child(side)
    last = done.stdout.splitlines()[-1:]
    assert done.returncode == 0, f"in {last}: {done.returncode} {done.stderr[-800:]}"
    assert len(done.stdout.splitlines()) > 100


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect is POSIX")
@pytest.mark.parametrize("side", ["before", "behind"])
def test_the_walls_stand_where_ops_allocate(side):
    done = in_child(side, "trespass")
    # Killed; or, under a sanitizer, told of it and ended.
    assert done.returncode == -signal.SIGSEGV or "AddressSanitizer: SEGV" in done.stderr


def main(side: str, trespass: bool) -> None:
    from test_bounds import walled

    import fastconv._runtime as runtime

    behind = side == "behind"

    def empty(shape: tuple[int, ...], dtype: object) -> np.ndarray:
        made = np.empty(shape, dtype)
        return walled(made, behind) if made.size else made

    runtime.aligned_empty = empty  # before ops take it from there
    import ctypes

    from layer_table import ROWS

    import fastconv as keras
    from fastconv import ops
    from fastconv.ops.tape import Tape
    from fastconv.ops.tensor import Tensor

    if trespass:
        y = ops.exp(np.zeros(5, np.float32)).data
        ctypes.string_at(y.ctypes.data + (y.nbytes if behind else -1), 1)
        return
    for row in ROWS:
        for dtype in ("float32", "float64"):
            print(row.id, dtype, flush=True)
            x = row.inputs(dtype)
            tensors = [Tensor(walled(a, behind)) for a in (x if isinstance(x, list) else [x])]
            layer = getattr(keras.layers, row.name)(**row.kwargs, dtype=dtype)
            with Tape() as tape:
                for t in tensors:
                    tape.watch(t)
                y = layer(tensors if len(tensors) > 1 else tensors[0], training=True)
            seed = walled(np.ones(y.shape, y.data.dtype), behind)
            tape.gradient(y, [*tensors, *layer.trainable_variables], seed=seed)


if __name__ == "__main__":
    main(sys.argv[1], "trespass" in sys.argv)
