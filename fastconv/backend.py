"""``keras.backend``: what is left of it in Keras 3, for scripts that still use it."""

from fastconv.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "image_data_format",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
]


def clear_session(free_memory: bool = True) -> None:
    """Start the numbering of automatic names anew.

    Source: ``keras.backend.clear_session``. There is no other global state to clear.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.backend.clear_session()
    >>> keras.layers.Dense(1).name
    'dense'
    """
    from fastconv.ops.variable import reset_names

    reset_names()
