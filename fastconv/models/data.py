"""Batches: what `fit`, `evaluate` and `predict` iterate over.

`ArrayBatches` serves arrays (and nested lists and dicts of them) by row numbers, so that a recorded
step can gather rows itself; `IterableBatches` serves generators, `PyDataset`s and other iterables.
"""

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastconv.ops.symbolic import flatten, map_structure
from fastconv.ops.tensor import Tensor

Batch = tuple[Any, Any, Any]  # x, y, sample_weight; the last two may be None


def is_array(value: Any) -> bool:
    """Whether `value` is one array (or a thing that becomes one, a pandas frame, a tensor)."""
    return isinstance(value, (np.ndarray, Tensor)) or (
        hasattr(value, "__array__") and not isinstance(value, (list, tuple, dict))
    )


def is_arrays(value: Any) -> bool:
    """Whether `value` is an array or a nested structure of arrays."""
    if isinstance(value, (list, tuple, dict)):
        leaves = flatten(value)
        return bool(leaves) and all(is_array(leaf) for leaf in leaves)
    return is_array(value)


def as_arrays(value: Any, what: str) -> Any:
    """Each leaf of `value` as an ndarray of at least one axis, in place where possible."""

    def one(leaf: Any) -> np.ndarray:
        array = leaf.data if isinstance(leaf, Tensor) else np.asarray(leaf)
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{what}: expected an array of numbers, received dtype {array.dtype}")
        if not array.ndim:
            raise ValueError(f"{what}: expected at least one axis, received a 0-d array")
        if array.dtype == np.float16:
            array = array.astype(np.float32)
        if array.dtype.kind == "b":
            array = array.view(np.uint8)
        return array

    return map_structure(one, value)


class ArrayBatches:
    """Rows of arrays in batches.

    Parameters
    ----------
    x, y, sample_weight : arrays or nested structures of them
        Same length along the first axis; the last two may be None.
    batch_size : int
    shuffle : bool or "batch"
    steps : int, optional
        Batches an epoch; the next epoch goes on where this one stopped. As in Keras, an epoch ends
        early where the data end, and the next one begins anew.
    seed : int
        Of the shuffling; epoch `e` has the same order in every run with this seed.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        shuffle: Any = False,
        steps: int | None = None,
        seed: int = 0,
    ) -> None:
        self.x = as_arrays(x, "x")
        self.y = None if y is None else as_arrays(y, "y")
        self.sample_weight = (
            None if sample_weight is None else as_arrays(sample_weight, "sample_weight")
        )
        self.rows = _check_lengths(self.x, self.y, self.sample_weight)
        if self.rows == 0:
            raise ValueError("x: expected at least one row, received an empty array")
        if batch_size is None:
            batch_size = 32
        if isinstance(batch_size, bool) or not hasattr(batch_size, "__index__") or batch_size < 1:
            raise ValueError(f"batch_size: expected a positive integer, received {batch_size!r}")
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.seed = seed
        self.passes = 0  # passes over the data begun
        self.begin = 0  # batch at which the next epoch begins
        self.steps = math.ceil(self.rows / self.batch_size) if steps is None else int(steps)
        self.continues = steps is not None
        self._order: np.ndarray | None = None
        self._at = 0

    def go_to(self, epoch: int, batch: int = 0) -> None:
        """Let the next epoch be number `epoch`, begun at its batch `batch`."""
        self.begin = batch
        if not self.continues:
            self.passes = epoch
            return
        in_a_pass = math.ceil(self.rows / self.batch_size)
        self.passes, epochs_done = divmod(epoch, math.ceil(in_a_pass / self.steps))
        done = epochs_done * self.steps + batch
        if done:
            self._order, self._at = self.order(), done * self.batch_size

    def coming(self) -> int:
        """Number of batches up to the end of the next epoch, counted from its first."""
        if not self.continues or self._order is None:
            return min(self.steps, math.ceil(self.rows / self.batch_size))
        left = math.ceil((self.rows - self._at) / self.batch_size)
        return min(self.steps, self.begin + left)

    def order(self) -> np.ndarray:
        """Row numbers in the order of the next pass (int64)."""
        rows = np.arange(self.rows, dtype=np.int64)
        if self.shuffle:
            rng = np.random.Generator(np.random.Philox(key=self.seed, counter=self.passes))
            if self.shuffle == "batch":
                whole = self.rows // self.batch_size
                blocks = rows[: whole * self.batch_size].reshape(whole, self.batch_size)
                rows = np.concatenate(
                    [blocks[rng.permutation(whole)].ravel(), rows[whole * self.batch_size :]]
                )
            else:
                rows = rng.permutation(rows)
        self.passes += 1
        return rows

    def epoch(self) -> Iterator[np.ndarray]:
        """Row numbers of each batch of one epoch."""
        first, self.begin = self.begin, 0
        if not self.continues:
            order = self.order()
            for start in range(first * self.batch_size, self.rows, self.batch_size):
                yield order[start : start + self.batch_size]
            return
        for _ in range(self.steps - first):
            if self._order is None:
                self._order, self._at = self.order(), 0
            elif self._at >= self.rows:
                warnings.warn(_RAN_OUT, stacklevel=2)
                break
            yield self._order[self._at : self._at + self.batch_size]
            self._at += self.batch_size
        if self._at >= self.rows:
            self._order = None

    def take(self, rows: np.ndarray) -> Batch:
        """The batch of these rows, copied."""

        def pick(structure: Any) -> Any:
            return None if structure is None else map_structure(lambda a: a[rows], structure)

        return pick(self.x), pick(self.y), pick(self.sample_weight)


_RAN_OUT = (
    "Your input ran out of data; interrupting training. Make sure that your dataset or generator "
    "can generate at least `steps_per_epoch * epochs` batches. You may need to use the `.repeat()` "
    "function when building your dataset."
)


def _check_lengths(*structures: Any) -> int:
    names = ("x", "y", "sample_weight")
    sizes = [
        (name, [leaf.shape[0] for leaf in flatten(s)])
        for name, s in zip(names, structures, strict=True)
        if s is not None
    ]
    every = {size for _, group in sizes for size in group}
    if len(every) > 1:
        told = "".join(
            f"'{name}' sizes: {', '.join(str(n) for n in group)}\n" for name, group in sizes
        )
        raise ValueError(
            "Data cardinality is ambiguous. Make sure all arrays contain the same number of "
            f"samples.{told}"
        )
    return every.pop()


class IterableBatches:
    """Batches from a generator, a `PyDataset` or any iterable of batches."""

    begin = 0  # every epoch begins at its first batch

    def __init__(self, source: Any, steps: int | None = None) -> None:
        self.source = source
        self._iterator: Any = None
        self.is_sequence = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        self.is_iterator = hasattr(source, "__next__")
        self.fixed = steps is not None
        if steps is None and hasattr(source, "__len__"):
            steps = len(source)
        elif steps is None:
            steps = getattr(source, "num_batches", None)
        self.steps = steps  # None until a first pass has counted them

    def _start(self) -> Iterator[Any]:
        if self.is_sequence:
            return (self.source[i] for i in range(len(self.source)))
        return iter(self.source)

    def coming(self) -> int | None:
        """Number of batches of the next epoch, as far as known."""
        return self.steps

    def epoch(self) -> Iterator[Batch]:
        """The batches of one epoch."""
        begun = not self.fixed or self._iterator is None
        if begun:
            self._iterator = self._start()
        count = 0
        while self.steps is None or count < self.steps:
            try:
                item = next(self._iterator)
            except StopIteration:
                if self.fixed and not (self.is_iterator or begun or count):
                    begun = True  # the epoch before ended with the data
                    self._iterator = self._start()
                    continue
                if self.fixed:
                    warnings.warn(_RAN_OUT, stacklevel=2)
                    self._iterator = self._iterator if self.is_iterator else None
                break
            count += 1
            yield unpack_x_y_sample_weight(item)
        if self.steps is None and count:
            self.steps = count
        if not self.fixed and hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """What a dataset yields for these: `x`, or a tuple of those given.

    Source: ``keras.utils.pack_x_y_sample_weight``.
    """
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, (tuple, list)) else x


def unpack_x_y_sample_weight(item: Any) -> Batch:
    """x, y and sample_weight of what a dataset yields, None for those that are not there.

    Source: ``keras.utils.unpack_x_y_sample_weight``; a `train_step` takes its data apart with it.
    """
    if isinstance(item, tuple):
        if len(item) == 1:
            return item[0], None, None
        if len(item) == 2:
            return item[0], item[1], None
        if len(item) == 3:
            return item
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, "
            f"found: a tuple of length {len(item)}"
        )
    if isinstance(item, list) and len(item) in (2, 3) and all(is_array(leaf) for leaf in item):
        return unpack_x_y_sample_weight(tuple(item))
    return item, None, None


def make_batches(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = None,
    shuffle: Any = False,
    steps: int | None = None,
    class_weight: Any = None,
    seed: int = 0,
) -> ArrayBatches | IterableBatches:
    """Batches for whatever the caller of `fit`, `evaluate` or `predict` passed."""
    if x is None:
        raise ValueError("x: expected data, received None")
    if is_arrays(x):
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
            if y is None:
                raise ValueError("class_weight: needs y, which was not given")
            sample_weight = weights_of_classes(y, class_weight)
        return ArrayBatches(x, y, sample_weight, batch_size, shuffle, steps, seed)
    if isinstance(x, (list, tuple, str, bytes, int, float)) or (
        isinstance(x, dict) or (not hasattr(x, "__iter__") and not hasattr(x, "__getitem__"))
    ):
        raise ValueError(f"Unrecognized data type: x={_short(x)} (of type {type(x)})")
    if y is not None:
        raise ValueError(
            "You should not pass `y` when `x` is a generator or dataset: it yields the targets. "
            f"Received: y={_short(y)}"
        )
    if sample_weight is not None:
        raise ValueError(
            "You should not pass `sample_weight` when `x` is a generator or dataset: it yields "
            "the weights."
        )
    batches = IterableBatches(x, steps)
    if class_weight is not None:
        return _Weighted(batches, class_weight)  # type: ignore[return-value]
    return batches


class _Weighted:
    """Iterable batches whose sample weights follow from the classes."""

    begin = 0

    def __init__(self, inner: IterableBatches, class_weight: dict[int, float]) -> None:
        self.inner = inner
        self.class_weight = class_weight

    @property
    def steps(self) -> int | None:
        return self.inner.steps

    def coming(self) -> int | None:
        return self.inner.coming()

    def epoch(self) -> Iterator[Batch]:
        for x, y, weight in self.inner.epoch():
            if weight is not None:
                raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
            yield x, y, weights_of_classes(y, self.class_weight)


def weights_of_classes(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """Sample weights from labels (or one-hot rows); classes not named weigh 1."""
    if not is_array(y):
        raise ValueError("`class_weight` is only supported for Models with a single output.")
    labels = np.asarray(y)
    if labels.ndim > 1 and labels.shape[-1] > 1:
        labels = labels.argmax(-1)
    labels = labels.reshape(labels.shape[0], -1)[:, 0].astype(np.int64)
    weights = np.ones(len(labels), np.float32)
    for label, weight in class_weight.items():
        weights[labels == int(label)] = weight
    return weights


def split_validation(x: Any, y: Any, sample_weight: Any, fraction: float) -> tuple[Any, Any]:
    """(x, y, sample_weight) of training and of validation: the last `fraction` of the rows."""
    if not is_arrays(x):
        raise ValueError(
            "Argument `validation_split` is only supported for tensors or NumPy arrays."
            f"Found incompatible type in the input: {type(x)}"
        )
    if not 0.0 < fraction < 1.0:
        raise ValueError(f"validation_split: expected between 0 and 1, received {fraction}")
    x = as_arrays(x, "x")
    rows = flatten(x)[0].shape[0]
    at = math.floor(rows * (1.0 - fraction))
    if at in (0, rows):
        raise ValueError(
            f"Training data contains {rows} samples, which is not sufficient to split it into a "
            f"validation and training set as specified by `validation_split={fraction}`. Either "
            "provide more data, or a different value for the `validation_split` argument."
        )

    def part(structure: Any, rows: slice) -> Any:
        if structure is None:
            return None
        return map_structure(lambda leaf: as_arrays(leaf, "y")[rows], structure)

    data = (x, y, sample_weight)
    first = tuple(part(s, slice(None, at)) for s in data)
    return first, tuple(part(s, slice(at, None)) for s in data)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
