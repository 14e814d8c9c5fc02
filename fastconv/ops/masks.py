"""Masks that travel with tensors: which steps of a sequence count.

Layers set them, pass them on and use them (`Layer.__call__`); losses and metrics multiply them
into the sample weights.
"""

from typing import Any


def keras_mask(x: Any) -> Any:
    """The mask that was put on `x`, or None."""
    return getattr(x, "_keras_mask", None)


def set_keras_mask(x: Any, mask: Any) -> Any:
    """Put `mask` on the tensor `x`, whose values stay as they are; returns `x`."""
    x._keras_mask = mask
    return x
