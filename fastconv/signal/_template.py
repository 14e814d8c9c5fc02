"""match_template: normalised cross-correlation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastconv.signal._convolve import correlate
from fastconv.signal._options import threads


def match_template(
    image: Any, template: Any, mode: str = "valid", *, workers: int | None = None
) -> np.ndarray:
    """Normalised cross-correlation of an image with a template.

    Parameters
    ----------
    image : array_like
        Real array of any dimensionality.
    template : array_like
        Real array of as many dimensions, no larger than `image` along any axis.
    mode : {'valid', 'same'}, optional
        ``'valid'`` has a value for each place where the template lies inside the image (default);
        ``'same'`` has the shape of the image, zeros standing beyond its edges.
    workers : int, optional
        Most threads to use.

    Returns
    -------
    ndarray of float64
        Pearson's correlation of the template with what it lies over, from -1 to 1; 0 where either
        is constant.

    Raises
    ------
    ValueError
        If the shapes do not fit, an array is empty or complex, or `mode` is unknown.

    See Also
    --------
    correlate, correlate2d

    Notes
    -----
    Both are taken less their means beforehand, so that the variances under the template do not
    drown in rounding; values are clipped to [-1, 1]. A window is taken as constant if its
    variance is below the rounding error of the sums it comes from.

    Examples
    --------
    >>> import numpy as np
    >>> from fastconv.signal import match_template
    >>> image = np.random.default_rng(0).random((50, 60))
    >>> match = match_template(image, 3 * image[20:28, 30:41] + 7)
    >>> tuple(int(i) for i in np.unravel_index(np.argmax(match), match.shape))
    (20, 30)
    >>> round(float(match.max()), 6)
    1.0
    """
    x, t = np.asarray(image), np.asarray(template)
    if x.dtype.kind not in "biuf" or t.dtype.kind not in "biuf":
        raise ValueError(f"image, template: expected real, received {x.dtype} and {t.dtype}")
    if x.ndim != t.ndim or any(k > n or k == 0 for n, k in zip(x.shape, t.shape)) or not x.ndim:
        raise ValueError(
            "template: expected as many axes as image has, none empty or longer, "
            f"received shapes {x.shape} and {t.shape}"
        )
    if mode not in ("valid", "same"):
        raise ValueError(f"mode: expected 'valid' or 'same', received {mode!r}")
    x, t = x.astype(np.float64), t.astype(np.float64)
    middle = x.mean()
    x -= middle
    t -= t.mean()
    if mode == "same":
        # zeros of the image as it came
        edges = [((k - 1) - (k - 1) // 2, (k - 1) // 2) for k in t.shape]
        x = np.pad(x, edges, constant_values=-middle)
    power = float(np.sum(t * t))
    box = np.ones(t.shape)
    with threads(workers):
        y = correlate(x, t, "valid")
        total = _box(x, box)
        squares = _box(x * x, box)
    variance = squares - total * total / t.size
    eps = np.finfo(np.float64).eps
    noise = 4 * eps * math.sqrt(t.size) * squares
    flat = variance <= noise
    if power <= 4 * eps * t.size * np.abs(t).max(initial=0) ** 2:
        flat[...] = True
    variance[flat] = 1
    y /= np.sqrt(variance * (power or 1))
    np.clip(y, -1, 1, out=y)
    y[flat] = 0
    return y


def _box(x: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Sum of each window, axis by axis: every sum is accurate by itself."""
    for axis, k in enumerate(box.shape):
        line = np.ones([k if a == axis else 1 for a in range(x.ndim)])
        x = correlate(x, line, "valid", "direct")
    return x
