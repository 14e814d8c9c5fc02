"""What stands around everything that is built from a file: caps, and one kind of error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastconv._registry import ConfigError, custom_object_scope
from fastconv._runtime.memory import capped_memory
from fastconv.ops.variable import budget
from fastconv.saving.hdf5 import FileError
from fastconv.saving.limits import limits

# What a constructor may raise when it is given a value that it does not expect.
_SURPRISES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
)


@contextmanager
def gate(
    name: str, custom_objects: Any = None, size: int | None = None, weights_follow: bool = False
) -> Iterator[None]:
    """Context in which a model is built from the config in `name`.

    Weights, symbolic calls and the memory of arrays are limited; whatever goes wrong is a
    ValueError, but for OSErrors.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    custom_objects : dict, optional
        In scope meanwhile.
    size : int, optional
        Bytes of the file: without an excuse for more, it may imply 100 scalars for each (and a
        million). A model's file holds its weights, so a small one that asks for much is a trap.
    weights_follow : bool
        Whether all weights are read from the file, so that initial values need not be computed.

    Raises
    ------
    ValueError
        If `custom_objects` is no dict, or the file asks for too much, or for nonsense.
    """
    if custom_objects is not None and not isinstance(custom_objects, dict):
        raise ValueError(
            f"custom_objects: expected a dict name -> object, received {custom_objects!r}"
        )
    allowed = limits.parameters
    if size is not None:
        allowed = min(allowed, 1_000_000 + 100 * size)
    try:
        with (
            custom_object_scope(custom_objects or {}),
            budget(allowed, calls=5 * limits.layers, weights_follow=weights_follow),
            capped_memory(limits.memory_bytes),
        ):
            yield
    except MemoryError as error:
        raise FileError(
            f"{name}: asks for more memory than saving.limits allow (memory_bytes = "
            f"{limits.memory_bytes}, which follows from parameters): {error}"
        ) from error
    except _SURPRISES as error:
        if isinstance(error, ValueError):
            raise
        raise ConfigError(
            f"{name}: the config cannot be turned into a model: {type(error).__name__}: {error}"
        ) from error
