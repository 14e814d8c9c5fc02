"""Cut arrays into two parts, such as training and validation."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

Size = int | float | None


def split_dataset(
    dataset: Any,
    left_size: Size = None,
    right_size: Size = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Any, Any]:
    """Split arrays along their first axis into a left and a right part.

    Parameters
    ----------
    dataset
        An array, or a list or tuple of arrays of one length, such as ``(x, y)``.
    left_size, right_size
        A fraction between 0 and 1, or a number of samples. One may be left out: it is the rest.
        If they do not add up to everything, the samples in the middle are left out.
    shuffle
        Mix the samples first; the same `seed` gives the order that Keras gives.
    seed
        Of the shuffle. Default: drawn from Python's `random`.
    preferred_backend
        Accepted for Keras's sake; there is one backend here.

    Returns
    -------
    tuple
        The two parts, each of the kind that came in: an array, a list or a tuple of arrays.
        (Keras returns ``tf.data`` datasets of single samples.)

    Raises
    ------
    TypeError, ValueError
        `dataset` is nothing of the above, is empty, or the sizes do not fit.

    Examples
    --------
    >>> x, y = np.arange(10), np.arange(10) ** 2
    >>> (x_train, y_train), (x_test, y_test) = split_dataset((x, y), left_size=0.8)
    >>> y_test
    array([64, 81])
    """
    arrays = _arrays(dataset)
    if left_size is None and right_size is None:
        raise ValueError(
            "At least one of the `left_size` or `right_size` must be specified. "
            "Received: left_size=None and right_size=None"
        )
    total = len(arrays[0])
    left, right = _sizes(left_size, right_size, total)
    if shuffle:
        order = list(range(total))
        # The permutation of random.seed(seed); random.shuffle(...), without touching the user's
        # generator.
        random.Random(random.randint(0, int(1e6)) if seed is None else seed).shuffle(order)
        first, last = np.array(order[:left]), np.array(order[total - right :])
        parts = [a[first] for a in arrays], [a[last] for a in arrays]
    else:
        parts = [a[:left] for a in arrays], [a[total - right :] for a in arrays]
    if isinstance(dataset, np.ndarray):
        return parts[0][0], parts[1][0]
    return type(dataset)(parts[0]), type(dataset)(parts[1])


def _arrays(dataset: Any) -> list[np.ndarray]:
    if isinstance(dataset, np.ndarray):
        if dataset.ndim == 0 or len(dataset) == 0:
            raise ValueError(
                "Received an empty dataset. Argument `dataset` must be a non-empty list/tuple of "
                "`numpy.ndarray` objects."
            )
        return [dataset]
    if type(dataset) not in (list, tuple):
        raise TypeError(
            "The `dataset` argument must be an array or a list/tuple of arrays. "
            f"Received: dataset={dataset} of type {type(dataset)}"
        )
    kind = type(dataset).__name__
    if not dataset:
        raise ValueError(
            f"Received an empty list dataset. Please provide a non-empty {kind} of arrays."
        )
    for i, element in enumerate(dataset):
        if not isinstance(element, np.ndarray):
            raise ValueError(
                f"Expected a {kind} of `numpy.ndarray` objects, "
                f"Received: {type(element)} at index {i}."
            )
        if element.ndim == 0 or len(element) == 0:
            raise ValueError(f"Received an empty dataset: the array at index {i} has no samples.")
        if len(element) != len(dataset[0]):
            raise ValueError(
                f"Received a {kind} of NumPy arrays with different lengths. Mismatch found at "
                f"index {i}, Expected shape={dataset[0].shape} Received shape={element.shape}. "
                f"Please provide a {kind} of NumPy arrays of the same length."
            )
    return list(dataset)


def _sizes(left_size: Size, right_size: Size, total: int) -> tuple[int, int]:
    """Both sizes as numbers of samples, or the error that says why not."""
    for name, size in (("left_size", left_size), ("right_size", right_size)):
        if size is None:
            continue
        if type(size) not in (int, float):
            raise TypeError(
                f"Invalid `{name}` Type. Expected: int or float or None, "
                f"Received: type({name})={type(size)}."
            )
        limit = total if isinstance(size, int) else 1
        if not 0 < size < limit:
            raise ValueError(
                f"`{name}` should be either a positive integer smaller than {total}, or a float "
                f"within the range `[0, 1]`. Received: {name}={size}"
            )
    if (
        isinstance(left_size, float)
        and isinstance(right_size, float)
        and left_size + right_size > 1
    ):
        raise ValueError(
            "The sum of `left_size` and `right_size` is greater than 1. "
            "It must be less than or equal to 1."
        )
    left, right = _count(left_size, total), _count(right_size, total)
    left = total - right if left is None and right is not None else left
    right = total - left if right is None and left is not None else right
    assert left is not None and right is not None  # the caller has seen that one is given
    if left + right > total:
        raise ValueError(
            f"The sum of `left_size` and `right_size` should be smaller than the {total}. "
            f"Received: left_size + right_size = {left + right} and total_length = {total}"
        )
    for part, side in ((left, "left"), (right, "right")):
        if part == 0:
            raise ValueError(
                f"With `dataset` of length={total}, `left_size`={left} and `right_size`={right}. "
                f"Resulting {side} side dataset split will be empty. "
                "Adjust any of the aforementioned parameters"
            )
    return left, right


def _count(size: Size, total: int) -> int | None:
    return round(size * total) if isinstance(size, float) else size
