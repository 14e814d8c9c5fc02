"""Oracles and data of the signal tests."""

import numpy as np

REAL = "fd"
COMPLEX = "FD"
INTEGER = "bBhHiIlL"


def source_index(i, n, boundary):
    """Where position i of the extended signal of length n comes from; None: the fill value."""
    if 0 <= i < n:
        return i
    if boundary == "fill":
        return None
    if boundary == "wrap":
        return i % n
    if boundary == "symm":
        i %= 2 * n
        return i if i < n else 2 * n - 1 - i
    if boundary == "mirror":
        if n == 1:
            return 0
        i %= 2 * n - 2
        return i if i < n else 2 * n - 2 - i
    if boundary == "nearest":
        return min(max(i, 0), n - 1)
    raise AssertionError(boundary)


def loop_convolve(x, h, mode="full", boundary="fill", fillvalue=0, correlate=False, late=False):
    """The definition, one product at a time in Python: full result first, then the cut.

    `late`: correlate2d's 'same' for even kernels, one sample later than correlate's.
    """
    dtype = np.result_type(x, h)
    full = [n + k - 1 for n, k in zip(x.shape, h.shape)]
    y = np.zeros(full, dtype)
    for at in np.ndindex(*full):
        total = dtype.type(0)
        for tap in np.ndindex(*h.shape):
            # convolution: y[i] = sum_j h[j] x[i - j]; correlation slides h unreversed
            where = [
                source_index(i - (k - 1) + j if correlate else i - j, n, boundary)
                for i, j, n, k in zip(at, tap, x.shape, h.shape)
            ]
            value = fillvalue if None in where else x[tuple(where)]
            weight = h[tap].conj() if correlate and dtype.kind == "c" else h[tap]
            with np.errstate(all="ignore"):
                total = dtype.type(total + dtype.type(value) * dtype.type(weight))
        y[at] = total
    if mode == "full":
        return y
    cut = []
    for n, k in zip(x.shape, h.shape):
        if mode == "same":
            first = k // 2 if late else (k - 1) // 2
            cut.append(slice(first, first + n))
        else:
            a, b = max(n, k), min(n, k)
            cut.append(slice(b - 1, a))
    return y[tuple(cut)]


def random_array(rng, shape, dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        a = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    elif dtype.kind == "f":
        a = rng.standard_normal(shape)
    elif dtype.kind == "b":
        a = rng.random(shape) < 0.3
    else:
        info = np.iinfo(dtype)
        a = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    return np.asarray(a).astype(dtype)


def tolerance(x, h, dtype):
    """Bound on the rounding of a direct sum: eps times the sum of magnitudes, times its length."""
    dtype = np.dtype(dtype)
    if dtype.kind not in "fc":
        return 0
    wide = [np.abs(np.asarray(a)).astype(float) for a in (x, h)]
    peak = wide[0].max(initial=0) * wide[1].max(initial=0)
    taps = min(x.size, h.size)
    return 2 * np.finfo(dtype).eps * (taps + 2) * peak * np.sqrt(taps)
