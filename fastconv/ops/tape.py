"""Reverse-mode differentiation: the tape that ops write to, and its walk backwards.

An op computes its output and hands `record` a closure that maps the output's gradient to the
inputs' gradients. Nothing is recorded unless a `Tape` is open in this thread and an input is
tracked. First derivatives only.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from fastconv._runtime.call import recorder

if TYPE_CHECKING:
    from fastconv.ops.tensor import Tensor

# backward(dy, need) -> one gradient (or None) per input; `need[i]` says whether the i-th is wanted.
# For an op with several outputs dy is a tuple, with None for outputs that no one used.
Backward = Callable[[Any, tuple[bool, ...]], Sequence[np.ndarray | None]]


class _State(threading.local):
    tape: Optional["Tape"] = None


_state = _State()


class Tape:
    """Records ops inside a ``with`` block so that `gradient` can be asked for.

    Tensors are tracked when they were passed to `watch` or computed from tracked ones; trainable
    variables are watched by themselves.
    """

    def __init__(self) -> None:
        # (outputs, inputs, need, backward, whether there are several outputs, layer's name)
        self._entries: list[
            tuple[
                tuple[Tensor, ...],
                tuple[Tensor, ...],
                tuple[bool, ...],
                Backward,
                bool,
                str | None,
            ]
        ] = []
        self._tracked: dict[int, Tensor] = {}  # by id; the value keeps the id from being reused
        self._outer: Tape | None = None

    def __enter__(self) -> "Tape":
        self._outer = _state.tape
        _state.tape = self
        return self

    def __exit__(self, *exc: object) -> None:
        _state.tape = self._outer
        self._outer = None

    def watch(self, tensor: "Tensor") -> None:
        """Track `tensor` although no op computed it."""
        self._tracked[id(tensor)] = tensor

    def tracks(self, tensor: "Tensor") -> bool:
        """Whether a gradient with respect to `tensor` can be asked for."""
        return tensor.trainable or id(tensor) in self._tracked

    def gradient(
        self,
        target: "Tensor",
        sources: Sequence["Tensor"],
        seed: np.ndarray | None = None,
    ) -> list[np.ndarray | None]:
        """Derivative of sum(target * seed) with respect to each of `sources`.

        Parameters
        ----------
        target : Tensor
        sources : sequence of Tensor
        seed : ndarray, optional
            Same shape as `target`; ones by default.

        Returns
        -------
        list of ndarray or None
            None where `target` does not depend on the source. The arrays may be shared with other
            gradients: do not write into them.
        """
        label, recorder.backward = recorder.label, True
        try:
            return self._gradient(target, sources, seed)
        finally:
            recorder.label, recorder.backward = label, False

    def _gradient(
        self, target: "Tensor", sources: Sequence["Tensor"], seed: np.ndarray | None
    ) -> list[np.ndarray | None]:
        grads: dict[int, np.ndarray] = {}
        keep: set[int] = {id(s) for s in sources}
        owned: set[int] = set()
        grads[id(target)] = np.ones_like(target.data) if seed is None else seed
        for outputs, inputs, need, backward, many, label in reversed(self._entries):
            dys = [grads.get(id(y)) if id(y) in keep else grads.pop(id(y), None) for y in outputs]
            if all(dy is None for dy in dys):
                continue
            recorder.label = label
            for x, wanted, dx in zip(
                inputs, need, backward(tuple(dys) if many else dys[0], need), strict=True
            ):
                if not wanted or dx is None:
                    continue
                old = grads.get(id(x))
                if old is None:
                    grads[id(x)] = dx
                elif id(x) in owned:
                    _add_into(old, dx)
                else:
                    # The first gradient may be shared (x + x): add into an array of our own.
                    grads[id(x)] = _add(old, dx)
                    owned.add(id(x))
        return [grads.get(id(s)) for s in sources]


def _add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    from fastconv.ops.elementwise import add_arrays

    return add_arrays(a, b)


def _add_into(a: np.ndarray, b: np.ndarray) -> None:
    from fastconv.ops.elementwise import add_arrays

    add_arrays(a, b, out=a)


def current() -> Tape | None:
    """The innermost open tape of this thread."""
    return _state.tape


class no_tape:
    """Context in which nothing is recorded."""

    def __enter__(self) -> None:
        self._tape = _state.tape
        _state.tape = None

    def __exit__(self, *exc: object) -> None:
        _state.tape = self._tape


def record(output: "Tensor", inputs: Sequence["Tensor"], backward: Backward) -> "Tensor":
    """Note on the open tape, if any, how `output` came about; returns `output`."""
    tape = _state.tape
    if tape is not None:
        need = tuple([tape.tracks(x) for x in inputs])
        if True in need:
            tape._tracked[id(output)] = output
            tape._entries.append(((output,), tuple(inputs), need, backward, False, recorder.label))
    return output


def record_many(
    outputs: Sequence["Tensor"], inputs: Sequence["Tensor"], backward: Backward
) -> tuple["Tensor", ...]:
    """`record` for an op with several outputs: `backward` gets a tuple of gradients."""
    tape = _state.tape
    if tape is not None:
        need = tuple([tape.tracks(x) for x in inputs])
        if True in need:
            for output in outputs:
                tape._tracked[id(output)] = output
            tape._entries.append(
                (tuple(outputs), tuple(inputs), need, backward, True, recorder.label)
            )
    return tuple(outputs)
