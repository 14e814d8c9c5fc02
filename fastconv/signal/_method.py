"""Which engine a call gets, and SciPy's public question about it, choose_conv_method."""

from __future__ import annotations

import functools
import math
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.signal._cost import direct_us, separable_us
from fastconv.signal._engines import direct, transform
from fastconv.signal._spec import BAD_MODE, MODES, Spec, make_spec, native


@functools.lru_cache(maxsize=1024)
def estimates(
    spec: Spec, dtype: np.dtype, zero: bool = True, product: bool = False
) -> dict[str, float]:
    """Estimated microseconds of each engine that can do the sum.

    `zero`: the border is made of zeros; `product`: the taps are a column times a row.
    """
    suffix = direct.kernel_suffix(dtype) if direct.has_kernel(dtype) else None
    times = {"direct": direct_us(spec, suffix, zero)}
    if product and suffix is not None and spec.ndim == 2:
        times["separable"] = separable_us(spec, suffix)
    if spec.products and dtype.kind in "biufc":
        times["fft"] = transform.estimate(spec, dtype, zero)
    return times


def engine_for(spec: Spec, dtype: np.dtype, zero: bool = True, product: bool = False) -> str:
    """Name of the engine with the least estimated time: 'direct', 'separable' or 'fft'."""
    times = estimates(spec, dtype, zero, product)
    return min(times, key=times.__getitem__)


def _peak(a: np.ndarray) -> float:
    """Largest magnitude in `a`, as a Python number that cannot overflow."""
    if a.dtype.kind == "b":
        return 1
    if a.dtype.kind in "iu":
        return max(int(a.max()), -int(a.min()))
    return float(np.max(np.abs(a)))


def fft_is_exact(volume: np.ndarray, kernel: np.ndarray) -> bool:
    """Whether rounding an FFT result gives the exact integers; True where no input is integral.

    The error of a transformed convolution is below c eps log2(N) |a| |b| (2-norms) with a small
    c; a quarter is what rounding forgives, and sums must stay within float64's integers.
    """
    kinds = volume.dtype.kind + kernel.dtype.kind
    if "i" not in kinds and "u" not in kinds:
        return True
    top = _peak(volume) * _peak(kernel)
    if not math.isfinite(top):
        return False
    if top * min(volume.size, kernel.size) > 2**52 - 1:
        return False
    if native(np.result_type(volume, kernel)).kind not in "iu":
        return True
    norms = top * math.sqrt(volume.size) * math.sqrt(kernel.size)
    return 4 * 1.2e-16 * math.log2(volume.size + kernel.size + 2) * norms < 0.25


def _beyond_float(volume: np.ndarray, kernel: np.ndarray) -> bool:
    """SciPy's guard: some integer of the result may need more than float64's 53 bits."""
    top = _peak(volume) * _peak(kernel) * min(volume.size, kernel.size)
    return not math.isfinite(top) or int(top) > 2**52 - 1


def _seconds(call: Callable[[], Any]) -> float:
    """Time of one call: the best of three runs of at least 5 ms, one run if that takes a second."""
    timer = timeit.Timer(call)
    number = 1
    while (spent := timer.timeit(number)) < 5e-4 and number < 10**9:
        number *= 10
    if spent > 1:
        return spent / number
    return min(timer.repeat(3, number * 10)) / (number * 10)


def choose_conv_method(
    in1: Any, in2: Any, mode: str = "full", measure: bool = False
) -> str | tuple[str, dict[str, float]]:
    """Find the fastest method for `convolve` and `correlate`.

    Parameters
    ----------
    in1, in2 : array_like
        The inputs.
    mode : {'full', 'valid', 'same'}, optional
        As in `convolve`.
    measure : bool, optional
        Time both methods on these inputs instead of estimating.

    Returns
    -------
    method : {'direct', 'fft'}
        The faster method. ``'fft'`` stands for transforms of any kind; whether a long signal is
        cut into blocks is decided inside.
    times : dict
        Seconds of each method; only with ``measure=True``.

    Raises
    ------
    ValueError
        If `mode` is unknown, or an integer input is empty.

    See Also
    --------
    convolve, correlate

    Notes
    -----
    The estimate is that of this package's engines, so it differs from SciPy's where our direct
    kernels win. Integers that float64 cannot hold exactly always get ``'direct'``, and so do
    booleans.

    Examples
    --------
    >>> import numpy as np
    >>> from fastconv.signal import choose_conv_method
    >>> choose_conv_method(np.ones(100_000), np.ones(50_000))
    'fft'
    >>> choose_conv_method(np.ones((512, 512)), np.ones((3, 3)))
    'direct'
    """
    volume, kernel = np.asarray(in1), np.asarray(in2)
    if measure:
        from fastconv.signal._convolve import convolve

        times = {
            name: _seconds(functools.partial(convolve, volume, kernel, mode, name))
            for name in ("fft", "direct")
        }
        return ("fft" if times["fft"] < times["direct"] else "direct"), times
    kinds = volume.dtype.kind + kernel.dtype.kind
    if "i" in kinds or "u" in kinds:
        for name, a in (("in1", volume), ("in2", kernel)):
            if a.size == 0:
                raise ValueError(f"{name} cannot be empty")
        if _beyond_float(volume, kernel):
            return "direct"
    if kinds == "bb" or not all(kind in "buifc" for kind in kinds):
        return "direct"
    if not (isinstance(mode, str) and mode in MODES):
        raise ValueError(f"{BAD_MODE[:-1]}, not mode={mode}")
    if volume.size == 0 or kernel.size == 0 or volume.ndim == 0:
        return "direct"
    dtype = native(np.result_type(volume, kernel))
    return engine_for(make_spec(volume.shape, kernel.shape, mode), dtype)
