"""1,797 real handwritten digits, 8 x 8 (UCI, E. Alpaydin and C. Kaynak, CC BY 4.0)."""

from __future__ import annotations

import numpy as np

from fastconv.datasets import _embedded

_TRAIN = 1437  # the first four fifths, in the order of the source


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return ``((x_train, y_train), (x_test, y_test))``: 1,437 and 360 digits.

    Images are ``uint8`` of shape (n, 8, 8) with values 0 to 16 (how many pixels of a 4 x 4 block
    were ink), labels ``uint8`` of shape (n,). The source's order is kept and its last fifth is the
    test part: it comes from other writers than the first digits, which makes the test a little
    harder, and more honest, than a shuffled split.

    Examples
    --------
    >>> from fastconv.datasets import digits
    >>> (x_train, y_train), (x_test, y_test) = digits.load_data()
    >>> x_train.shape, x_test.shape, int(x_train.max())
    ((1437, 8, 8), (360, 8, 8), 16)
    """
    stored = _embedded.read("digits")
    x, y = stored["images"], stored["labels"]
    return (x[:_TRAIN], y[:_TRAIN]), (x[_TRAIN:], y[_TRAIN:])
