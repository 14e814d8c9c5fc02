"""Labels to one-hot rows, and vectors to unit length."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastconv import ops
from fastconv.ops.tensor import Tensor, convert


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray | Tensor:
    """Turn class numbers into one-hot vectors.

    Parameters
    ----------
    x
        Class numbers 0 to `num_classes` - 1, of any shape. A last axis of length 1 is dropped.
    num_classes
        Length of the new last axis. Default: the largest number in `x` plus one.

    Returns
    -------
    numpy.ndarray or Tensor
        ``float64``, shape ``x.shape + (num_classes,)``; a tensor of ``float32`` from a tensor.

    Raises
    ------
    IndexError
        A number is negative or not below `num_classes`. (Keras lets negative ones count from the
        end, without a word.)
    ValueError
        `x` is empty and `num_classes` is not given.

    Examples
    --------
    >>> to_categorical([0, 2], num_classes=3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    if isinstance(x, Tensor):
        return convert(to_categorical(x.data, num_classes), "float32")
    labels = np.array(x, dtype=np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if not num_classes:
        if labels.size == 0:
            raise ValueError("num_classes: must be given when x is empty")
        num_classes = int(labels.max()) + 1
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise IndexError(
            f"x: expected class numbers from 0 to {num_classes - 1} (num_classes={num_classes}), "
            f"received {wrong}"
        )
    # Comparing with all classes at once would make a temporary as large as the result.
    categorical = np.zeros((labels.size, num_classes))
    categorical[np.arange(labels.size), labels.ravel()] = 1
    return categorical.reshape(*labels.shape, num_classes)


def normalize(x: Any, axis: int = -1, order: Any = 2) -> np.ndarray | Tensor:
    """Divide vectors by their length; vectors of length zero stay as they are.

    Parameters
    ----------
    x
        Array.
    axis
        Axis along which the vectors lie. (``axis=0`` is done as it says; Keras 3.15 mistakes it
        for the last axis when it divides.)
    order
        Order of the norm, as in ``numpy.linalg.norm``.

    Returns
    -------
    numpy.ndarray or Tensor
        Of the shape of `x`; a single vector that is an array gets a leading axis, as in Keras.
        A tensor from a tensor.

    Examples
    --------
    >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    if isinstance(x, Tensor):
        return ops.normalize(x, axis, order)
    array = np.asarray(x)
    length = np.linalg.norm(array, order, axis, keepdims=True)
    scaled = array / np.where(length == 0, 1, length).astype(length.dtype)
    return scaled[None] if array.ndim == 1 else scaled
