"""Optimizer steps on flat arrays: the tables that `update` kernels walk, and their launches.

Not differentiable, and no public ops: `fastconv.optimizers` is the only user.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv._runtime import aligned_empty
from fastconv._runtime.call import recorder
from fastconv.ops.tensor import kernel, run
from fastconv.ops.variable import Variable, budget

CHUNK = 4096
"""Elements that one item of a launch updates: about 1 us of Adam."""

GRAIN = 4
"""Chunks below which a second thread is not worth waking."""


def _grain(chunks: int) -> int:
    """Chunks that a thread claims at once: one where there are many, so that cores end together."""
    return 1 if chunks > 2 * GRAIN else GRAIN


ALIGN = 16
"""Slots of each variable start at a multiple of this many elements."""


class Layout:
    """Where the slots of each variable stand in the flat arrays, one array per dtype."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        self.sizes: dict[np.dtype, int] = {}
        self.offsets: list[int] = []
        for v in variables:
            start = self.sizes.get(v.data.dtype, 0)
            self.offsets.append(start)
            self.sizes[v.data.dtype] = start + -(-v.data.size // ALIGN) * ALIGN

    def flat(self) -> dict[np.dtype, np.ndarray]:
        """Zeros for one slot of every variable."""
        for dtype, size in self.sizes.items():
            budget.take((size,), "optimizer", dtype.itemsize)
        made = {dtype: aligned_empty((size,), dtype) for dtype, size in self.sizes.items()}
        for array in made.values():
            array[:] = 0
        return made

    def view(self, flat: dict[np.dtype, np.ndarray], variable: Variable, i: int) -> np.ndarray:
        """The part of `flat` that belongs to the i-th variable, in its shape."""
        start = self.offsets[i]
        part = flat[variable.data.dtype][start : start + variable.data.size]
        return part.reshape(variable.data.shape)


class Slots(list):
    """One slot variable per trained variable, all views of one flat array per dtype."""

    def __init__(self, flat: dict[np.dtype, np.ndarray]) -> None:
        super().__init__()
        self.flat = flat


class Plan:
    """Tables of one fused pass over some of the optimizer's variables.

    Parameters
    ----------
    layout : Layout
        Of all variables of the optimizer.
    variables : sequence of Variable
        All of them.
    indices : sequence of int
        Which of them the pass updates.
    decays : sequence of bool
        Which of those are subject to weight decay.
    """

    def __init__(
        self,
        layout: Layout,
        variables: Sequence[Variable],
        indices: Sequence[int],
        decays: Sequence[bool],
    ) -> None:
        self.layout = layout
        rows: dict[np.dtype, list[tuple[int, int, int, int, int]]] = {}
        self._parameters = np.zeros(len(indices), np.uintp)
        for s, i in enumerate(indices):
            data = variables[i].data
            self._parameters[s] = data.ctypes.data
            table = rows.setdefault(data.dtype, [])
            for start in range(0, data.size, CHUNK):
                count = min(CHUNK, data.size - start)
                table.append((s, start, count, layout.offsets[i] + start, int(decays[s])))
        self.chunks = {dtype: np.array(table, np.int64) for dtype, table in rows.items() if table}
        self.scale = np.ones(len(indices))
        owners = [table[:, 0] for table in self.chunks.values()]
        self._owner = np.concatenate(owners) if owners else np.zeros(0, np.int64)
        self._partial = np.zeros(len(self._owner))
        self._table = self._segments()

    def _segments(self) -> np.ndarray:
        table = np.zeros((len(self._parameters), 2), np.uintp)
        table[:, 0] = self._parameters
        return table

    def segments(self, grads: Sequence[np.ndarray]) -> np.ndarray:
        """Table of addresses; a recorded step gets one of its own, which keeps `grads` alive."""
        program = recorder.program
        table = self._table
        if program is not None:
            table = self._segments()
            program.hold(table, *grads)
        for s, g in enumerate(grads):
            table[s, 1] = g.__array_interface__["data"][0]
        return table

    def update(
        self,
        name: str,
        segments: np.ndarray,
        rate: np.ndarray,
        step: np.ndarray,
        slots: Sequence[Slots | None],
        dims: tuple[int, ...],
        pars: tuple[float, ...],
    ) -> None:
        """Run the update kernel `name` once per dtype."""
        for dtype, chunks in self.chunks.items():
            run(
                kernel(name, dtype),
                (
                    chunks,
                    segments,
                    self.scale,
                    rate,
                    step,
                    *(None if slot is None else slot.flat[dtype] for slot in slots),
                ),
                dims,
                pars,
                len(chunks),
                _grain(len(chunks)),
            )

    def clip_norms(self, segments: np.ndarray, factor: float, clip: float, together: bool) -> None:
        """Set `scale` so that gradient norms stay below `clip`: each one's or that of all."""
        start = 0
        for dtype, chunks in self.chunks.items():
            run(
                kernel("step_norm_partial", dtype),
                (self._partial[start:], chunks, segments),
                (),
                (),
                len(chunks),
                _grain(len(chunks)),
            )
            start += len(chunks)
        run(
            _kernels.get("step_norm_combine_f64"),
            (self.scale, self._partial, self._owner),
            (len(self._partial), len(self.scale), int(together)),
            (factor, clip),
            1,
            1,
        )

    def accumulate(self, slot: Slots, segments: np.ndarray) -> None:
        """Add the gradients to the accumulators."""
        for dtype, chunks in self.chunks.items():
            run(
                kernel("step_accumulate", dtype),
                (slot.flat[dtype], chunks, segments),
                (),
                (),
                len(chunks),
                _grain(len(chunks)),
            )

    def average(
        self, slot: Slots, step: np.ndarray, every: int, overwrite: int, momentum: float
    ) -> None:
        """Move the averages towards the parameters; every `overwrite`-th update copy them back."""
        for dtype, chunks in self.chunks.items():
            run(
                kernel("step_average", dtype),
                (slot.flat[dtype], chunks, self._table, step),
                (every, overwrite),
                (momentum,),
                len(chunks),
                _grain(len(chunks)),
            )


def clear(slot: Slots, step: np.ndarray, every: int) -> None:
    """Zero the accumulators if this step updated."""
    for dtype, flat in slot.flat.items():
        run(kernel("step_clear", dtype), (flat, step), (every,), (), flat.size, CHUNK * GRAIN)


def count(step: np.ndarray) -> None:
    """Add one to the step counter."""
    run(_kernels.get("step_count_i64"), (step,), (), (), 1, 1)


SCHEDULES = ("exponential", "inverse_time", "polynomial", "cosine", "restarts", "piecewise")


def scheduled_rate(
    kind: str,
    rate: np.ndarray,
    step: np.ndarray,
    flag: bool,
    pars: tuple[float, ...],
    table: np.ndarray | None = None,
) -> None:
    """Write the learning rates of a built-in schedule at `step` into `rate`.

    Parameters
    ----------
    kind : str
        One of `SCHEDULES`.
    rate : ndarray of float32
    step : ndarray of int64 or float64
        Same size.
    flag : bool
        Staircase, cycle or warmup.
    pars : tuple of float
        Initial rate, steps, and what the kind needs.
    table : ndarray of float64, optional
        n boundaries and n + 1 values, for "piecewise".
    """
    n = 0 if table is None else table.size // 2
    dims: tuple[Any, ...] = (SCHEDULES.index(kind), int(flag), n)
    name = "step_rate_i64" if step.dtype == np.int64 else "step_rate_f64"
    run(_kernels.get(name), (rate, step, table), dims, pars, rate.size, CHUNK)
