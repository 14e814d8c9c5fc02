"""`Variable`: a tensor that lives, has a name, and can be assigned to in place."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from fastconv._runtime import aligned_empty
from fastconv.ops.tensor import Tensor, convert


class _Budget(threading.local):
    """What may still be taken in this thread on behalf of a file; None: no limit.

    A config of a few bytes can ask for a layer of any size, or for a nested model that is called
    in a nested model that is called. Use as a context manager: ``with budget(10**6):``.
    """

    left: int | None = None  # scalars of weights and slots
    calls: int | None = None  # symbolic calls of layers
    weights_follow = False  # initial values do not matter: all are read from the file

    @contextmanager
    def __call__(self, left: int, calls: int, weights_follow: bool = False) -> Iterator[None]:
        outer = self.left, self.calls, self.weights_follow
        self.left, self.calls, self.weights_follow = left, calls, weights_follow
        try:
            yield
        finally:
            self.left, self.calls, self.weights_follow = outer

    def take(self, shape: tuple[int | None, ...], owner: str, itemsize: int = 4) -> None:
        """Subtract an array of `shape`; ValueError when too little is left."""
        if self.left is None:
            return
        count = 2 if itemsize > 4 else 1
        for size in shape:
            count *= abs(size or 0)
        if count > self.left:
            raise ValueError(
                f"'{owner}' asks for weights of shape {shape}: more scalars than the file is "
                "allowed by its size and by fastconv.saving.limits.parameters; raise that if you "
                "trust the file"
            )
        self.left -= count

    def call(self, times: int = 1) -> None:
        """Subtract symbolic calls; ValueError when too few are left."""
        if self.calls is None:
            return
        self.calls -= times
        if self.calls < 0:
            raise ValueError(
                "the layers of this config call each other more often than "
                "fastconv.saving.limits.layers allows (5 times as many calls)"
            )


budget = _Budget()


class Variable(Tensor):
    """A named tensor with a life of its own: weights, counters, metric state.

    Its memory stays where it is for life, so recorded steps may point at it; `assign` writes in
    place. Source: ``keras.Variable``.

    Parameters
    ----------
    initializer : array_like or callable
        The values, or ``f(shape, dtype=dtype)`` that makes them.
    shape : tuple of int, optional
        Needed with a callable.
    dtype : str, optional
        Default: that of the values; float32 with a callable and for Python floats.
    trainable : bool, default True
    name : str, optional

    Examples
    --------
    >>> import fastconv as keras
    >>> v = keras.Variable([1.0, 2.0], name="v")
    >>> v.assign_add([1.0, 1.0]).numpy()
    array([2., 3.], dtype=float32)
    """

    __slots__ = (
        "_trainable",
        "constraint",
        "initializer",
        "name",
        "owner_path",
        "regularizer",
        "version",
    )

    def __init__(
        self,
        initializer: Any,
        shape: tuple[int, ...] | None = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
        layout: Any = None,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            raise TypeError(f"Variable: unrecognized keyword arguments {sorted(kwargs)}")
        if callable(initializer) and not isinstance(initializer, Tensor):
            if shape is None:
                raise ValueError(
                    "When creating a Variable from an initializer, the `shape` argument should be "
                    f"specified. Received: initializer={initializer} and shape={shape}"
                )
            values = initializer(tuple(shape), dtype=dtype or "float32")
            self.initializer: Any = initializer
        else:
            values = initializer
            self.initializer = None
        values = convert(values, dtype)
        if shape is not None and values.shape != tuple(shape):
            raise ValueError(f"shape: expected {tuple(shape)}, received values of {values.shape}")
        super().__init__(aligned_empty(values.shape, values.data.dtype))
        self.data[...] = values.data
        self._trainable = bool(trainable)
        self.name = name or unique_name("variable")
        if "/" in self.name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name}"
            )
        self.owner_path = ""
        self.regularizer: Any = None
        self.constraint: Any = None
        self.version = 0

    @property
    def dtype(self) -> str:
        return self.data.dtype.name

    @property
    def path(self) -> str:
        """Owner's path and name, ``sequential/dense/kernel``."""
        return f"{self.owner_path}/{self.name}" if self.owner_path else self.name

    @property
    def value(self) -> Tensor:
        """The variable itself: it is a tensor."""
        return self

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    def _checked(self, value: Any) -> np.ndarray:
        array = value.data if isinstance(value, Tensor) else np.asarray(value)
        if array.shape != self.shape:
            raise ValueError(
                "The shape of the target variable and the shape of the target value in "
                f"`variable.assign(value)` must match. variable.shape={self.shape}, "
                f"Received: value.shape={array.shape}. Target variable: {self!r}"
            )
        return array

    def _write(self, value: Any, sign: float, keep: float) -> "Variable":
        """data = keep * data + sign * value, recorded when a program records."""
        from fastconv.ops.elementwise import assign_into

        array = self._checked(value)
        assign_into(self.data, array, sign, keep)
        self.version += 1
        return self

    def assign(self, value: Any) -> "Variable":
        """Overwrite the values in place; the shape must match."""
        return self._write(value, 1.0, 0.0)

    def assign_add(self, value: Any) -> "Variable":
        """Add `value` in place."""
        return self._write(value, 1.0, 1.0)

    def assign_sub(self, value: Any) -> "Variable":
        """Subtract `value` in place."""
        return self._write(value, -1.0, 1.0)

    def __repr__(self) -> str:
        value = np.array2string(self.data, separator=" ") if self.data.ndim else str(self.data)
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={value}>"


_counts: dict[str, int] = {}


def unique_name(prefix: str) -> str:
    """`prefix`, then ``prefix_1``, ``prefix_2``...: Keras's automatic names, per process."""
    count = _counts.get(prefix, 0)
    _counts[prefix] = count + 1
    return f"{prefix}_{count}" if count else prefix


def snake_case(name: str) -> str:
    """Class name to automatic name: ``AdamW`` is ``adam_w``, ``MaxPooling2D`` ``max_pooling2d``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def reset_names() -> None:
    """Start automatic names anew (``keras.backend.clear_session``)."""
    _counts.clear()


Initializer = Callable[..., Any]
