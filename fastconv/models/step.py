"""The steps of a model: on tensors as they come, or recorded once and replayed without Python.

Design
 (a) `train_step`, `test_step` and the forward pass are ordinary code on tensors; run under a
     `Program` they leave behind the list of kernel calls that they made.
 (b) A recorded step gathers its own rows from the data set (kernel batch_gather), by a row order
     and a position that lie in memory, so k steps are one call into C.
 (c) Recorded are models made wholly of fastconv's own layers, losses, metrics and optimizer. An op
     that computes with NumPy spoils the recording: such a model runs step by step, with the same
     results.
 (d) A recording is dropped when any layer has changed since (`layers.layer.changes`).
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastconv import _kernels
from fastconv._runtime import Program, aligned_empty, launch, scope
from fastconv._runtime.call import recorder
from fastconv.layers.layer import Layer, changes
from fastconv.models.data import ArrayBatches
from fastconv.ops.masks import keras_mask, set_keras_mask
from fastconv.ops.symbolic import flatten, map_structure
from fastconv.ops.tape import current, no_tape
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.variable import Variable

# Python is called about this often while recorded steps run (progress bar, signals, schedules).
CHUNK_SECONDS = 0.04

GATHERED = 8192  # elements of a batch that are worth a thread: they come from far memory

_KINDS = {
    np.dtype(name): kind
    for kind, name in enumerate(
        ("uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "float32", "float64")
    )
}
_TARGETS = {"float32": "f32", "float64": "f64", "int64": "i64"}


def is_ours(thing: Any) -> bool:
    """Whether the class of `thing` (or the function) is part of fastconv."""
    named = callable(thing) and hasattr(thing, "__module__") and hasattr(thing, "__name__")
    owner = thing if named else type(thing)
    module = getattr(owner, "__module__", "") or ""
    return module.startswith("fastconv.") or module == "fastconv"


def recordable(model: Any) -> bool:
    """Whether the model may be recorded: nothing in it is the user's own code."""
    return not model.run_eagerly and all(
        is_ours(layer) and getattr(layer, "recordable", True) for layer in model._flatten_layers()
    )


def _target(dtype: np.dtype, wanted: str | None, model_dtype: str) -> str:
    """dtype in which a leaf arrives in the batch."""
    if wanted in _TARGETS and (wanted.startswith("float") or dtype.kind != "f"):
        return wanted
    return model_dtype if dtype.kind == "f" else "int64"


class Source:
    """One array of a data set, from which batches are gathered by a kernel."""

    def __init__(self, array: np.ndarray, wanted: str | None, model_dtype: str) -> None:
        array = np.ascontiguousarray(array)
        if array.dtype not in _KINDS or not array.dtype.isnative:
            array = array.astype(np.float64 if array.dtype.kind == "f" else np.int64)
        self.array = array
        self.dtype = _target(array.dtype, wanted, model_dtype)
        self.kernel = _kernels.get(f"batch_gather_{_TARGETS[self.dtype]}")
        self.width = int(np.prod(array.shape[1:], dtype=np.int64))

    def gather(self, order: np.ndarray, pos: np.ndarray, rows: int) -> Tensor:
        """Rows ``order[pos : pos + rows]`` as a new tensor."""
        batch = aligned_empty((rows, *self.array.shape[1:]), self.dtype)
        parts = 2 if self.width >= 512 else 1
        grain = max(1, GATHERED * parts // max(1, self.width))
        dims = (self.width, _KINDS[self.array.dtype], rows, parts)
        launch(self.kernel, (batch, self.array, order, pos), dims, (), rows * parts, grain)
        return Tensor(batch)


class Recorded:
    """A step of one batch size, recorded by running it once."""

    def __init__(self, program: Program, result: Any) -> None:
        self.program = program
        self.result = result  # what the step returned; its tensors are rewritten by each replay


class ArrayLoop:
    """Runs a step over `ArrayBatches`: recorded where possible, else one by one.

    Parameters
    ----------
    model : Model
    batches : ArrayBatches
    step : callable
        ``step(x, y, sample_weight)``; what it returns is handed on by `epoch`.
    """

    def __init__(
        self, model: Any, batches: ArrayBatches, step: Callable[[Any, Any, Any], Any]
    ) -> None:
        self.model = model
        self.batches = batches
        self.step = step
        self.may_record = model._may_record()
        self.order = aligned_empty((batches.rows,), np.int64)
        self.pos = aligned_empty((1,), np.int64)
        self.recorded: dict[int, Recorded] = {}
        self.changes = changes()
        self.warm = False
        self.seconds = 0.0  # of one recorded step
        self._sources: Any = None

    def _bind_sources(self) -> None:
        dtype = self.model.compute_dtype
        wanted = self.model._input_dtypes()
        leaves = flatten(self.batches.x)
        if wanted is None or len(wanted) != len(leaves):
            wanted = [None] * len(leaves)
        names = iter(wanted)
        self._sources = (
            map_structure(lambda a: Source(a, next(names), dtype), self.batches.x),
            None
            if self.batches.y is None
            else map_structure(lambda a: Source(a, None, dtype), self.batches.y),
            None
            if self.batches.sample_weight is None
            else map_structure(lambda a: Source(a, dtype, dtype), self.batches.sample_weight),
        )

    def _run(self, rows: int) -> Any:
        """One step on the `rows` rows at `pos`, which then moves on."""
        x, y, weight = (
            None
            if part is None
            else map_structure(lambda s: s.gather(self.order, self.pos, rows), part)
            for part in self._sources
        )
        result = self.step(x, y, weight)
        advance = _kernels.get("batch_advance_i64")
        launch(advance, (self.pos,), (rows,), (), 1, 1)
        return result

    def _record(self, rows: int) -> Any:
        program = Program()
        with program:
            result = self._run(rows)
        if program.spoiled is not None:
            self.may_record = False
        else:
            self.recorded[rows] = Recorded(program, result)
        return result

    def epoch(self, one_by_one: bool = False) -> Iterator[tuple[int, int, Any]]:
        """Run one epoch; yields (first step, number of steps just run, last result).

        Steps are run when the iterator is advanced. The very first step is never recorded: metrics
        and optimizer make their variables in it.
        """
        if self._sources is None:
            self._bind_sources()
        step = self.batches.begin
        for start, count, rows in self._runs():
            done = 0
            while done < count:
                self.pos[0] = start + done * rows
                times = 1
                if self.changes != changes():
                    self.recorded.clear()
                    self.changes = changes()
                recorded = self.recorded.get(rows)
                if recorded is not None:
                    if not one_by_one and self.seconds:
                        times = min(count - done, max(1, int(CHUNK_SECONDS / self.seconds)))
                    before = time.perf_counter()
                    recorded.program.run(times)
                    self.seconds = (time.perf_counter() - before) / times
                    result = recorded.result
                elif self.may_record and self.warm:
                    result = self._record(rows)
                else:
                    with scope():
                        result = self._run(rows)
                    self.warm = True
                    self.changes = changes()
                yield step, times, result
                step += times
                done += times

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        """(position in `order`, number of batches, rows of each) until the epoch ends."""
        batches = self.batches
        if batches.continues:
            for rows in batches.epoch():
                self.order[: len(rows)] = rows
                yield 0, 1, len(rows)
            return
        first, batches.begin = batches.begin, 0
        self.order[...] = batches.order()
        whole, rest = divmod(batches.rows, batches.batch_size)
        if first < whole:
            yield first * batches.batch_size, whole - first, batches.batch_size
        if rest and first <= whole:
            yield whole * batches.batch_size, 1, rest


class PlainLoop:
    """Runs a step over batches that come from Python, or through a step of the user's own."""

    def __init__(self, model: Any, batches: Any, step: Callable[[Any, Any, Any], Any]) -> None:
        self.model = model
        self.batches = batches
        self.step = step

    def epoch(self, one_by_one: bool = False) -> Iterator[tuple[int, int, Any]]:
        """Run one epoch; yields (step, 1, result)."""
        batches = self.batches
        for number, item in enumerate(batches.epoch(), batches.begin):
            batch = batches.take(item) if isinstance(batches, ArrayBatches) else item
            yield number, 1, self.step(*self._converted(batch))

    def _converted(self, batch: Any) -> Any:
        dtype = np.dtype(self.model.compute_dtype)

        def one(leaf: Any) -> Tensor:
            if isinstance(leaf, Tensor) and not isinstance(leaf, Variable):
                return leaf
            array = np.asarray(leaf)
            return convert(array, dtype if array.dtype.kind == "f" else None)

        return tuple(None if part is None else map_structure(one, part) for part in batch)


class Forward:
    """The inference pass of a model, recorded for inputs of one shape.

    One caller at a time may use the recording; who comes while it is in use computes without it.
    """

    def __init__(self, model: Any, x: Any) -> None:
        self.lock = threading.Lock()
        self.changes = changes()
        self.backend = _kernels.backend()
        self.inputs = map_structure(
            lambda t: Tensor(np.copy(t.data if isinstance(t, Tensor) else t)), x
        )
        self.leaves = [t.data for t in flatten(self.inputs)]
        program = Program()
        with program, no_tape():
            self.outputs = Layer.__call__(model, self.inputs, training=False)
        self.program = program
        self.usable = program.spoiled is None
        self.single = isinstance(self.outputs, Tensor)

    def fresh(self) -> bool:
        """Whether nothing has changed since the recording."""
        return self.changes == changes() and self.backend == _kernels.backend()

    def run(self, x: Any) -> Any:
        """Outputs for `x`, in arrays of the caller's own; None while another thread is at it."""
        if not self.lock.acquire(blocking=False):
            return None
        try:
            if isinstance(x, np.ndarray):
                self.leaves[0][...] = x
            else:
                for mine, given in zip(self.leaves, flatten(x), strict=True):
                    mine[...] = given.data if isinstance(given, Tensor) else given
            self.program.run()
            if self.single:
                return _own(self.outputs)
            return map_structure(_own, self.outputs)
        finally:
            self.lock.release()


def _own(tensor: Any) -> Tensor:
    """A copy of `tensor`, and of its mask."""
    made, mask = Tensor(convert(tensor).data.copy()), keras_mask(tensor)
    return made if mask is None else set_keras_mask(made, _own(mask))


MAX_FORWARDS = 8


def forward(model: Any, x: Any) -> Any:
    """``model(x)`` for inference through a recording, or None where it must be computed plainly."""
    if current() is not None or recorder.program is not None:
        return None
    if isinstance(x, np.ndarray):
        key: Any = (x.shape, x.dtype)
    else:
        leaves = flatten(x)
        if not leaves or not all(isinstance(t, (np.ndarray, Tensor)) for t in leaves):
            return None
        if any(keras_mask(t) is not None for t in leaves):
            return None
        key = tuple((t.shape, np.dtype(t.dtype)) for t in leaves)
        key = (isinstance(x, Tensor), key)
    forwards: dict[Any, Forward] = model._forwards
    known = forwards.get(key)
    if known is not None and known.fresh():
        return known.run(x) if known.usable else None
    if not model.built or not model._may_record():
        return None
    if len(forwards) >= MAX_FORWARDS and key not in forwards:
        forwards.pop(next(iter(forwards)), None)
    fresh = Forward(model, x)
    forwards[key] = fresh
    return map_structure(_own, fresh.outputs)
