"""Plans: one convolution decided once and called on array after array; and its streaming form."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastconv._runtime.direct import RIM_BLOCK
from fastconv.signal._boundary import ZERO
from fastconv.signal._engines import direct
from fastconv.signal._engines.fft import Cache
from fastconv.signal._method import engine_for, estimates
from fastconv.signal._options import (
    checked_border,
    checked_out,
    delivered,
    threads,
    workable,
)
from fastconv.signal._solve import solve
from fastconv.signal._spec import (
    BAD_METHOD,
    Shape,
    check_mode,
    conjugate,
    make_spec,
    native,
    reverse,
    swap_needed,
)


class ConvolvePlan:
    """A convolution or correlation with fixed taps, made by `plan_convolve` or `plan_correlate`.

    Call it on arrays of its shape. It may be called from several threads at once, never hands out
    memory that another result uses, and can be pickled.

    Attributes
    ----------
    shape : tuple of int
        Shape of the arrays it takes.
    out_shape : tuple of int
        Shape of the arrays it gives.
    dtype : dtype
        Of the results; inputs are cast to it.
    engine : {'direct', 'separable', 'fft'}
        How the sum is computed.
    """

    def __init__(
        self, shape: Shape, h: np.ndarray, mode: str, boundary: str, fillvalue: Any,
        dtype: np.dtype, method: str, correlate: bool,
    ) -> None:  # fmt: skip
        self._made_of = shape, h, mode, boundary, fillvalue, dtype, method, correlate
        self.shape, self.dtype, self.method = shape, dtype, method
        self._taps = np.ascontiguousarray(conjugate(h) if correlate else reverse(h))
        self._border = ZERO if mode == "valid" else checked_border(boundary, fillvalue, dtype)
        self._spec = make_spec(shape, h.shape, mode)
        self._cache: Cache = {}
        product = method == "auto" and h.ndim == 2 and direct.is_product(self._taps, dtype)
        self._times = estimates(self._spec, dtype, self._border.zero, product)
        if method == "auto":
            self.engine = engine_for(self._spec, dtype, self._border.zero, product)
        else:
            self.engine = method

    @property
    def out_shape(self) -> Shape:
        return self._spec.y_shape

    def __reduce__(self) -> tuple[Any, ...]:
        return ConvolvePlan, self._made_of

    def __repr__(self) -> str:
        name = "correlate" if self._made_of[-1] else "convolve"
        times = ", ".join(f"{k} {v:.1f} us" for k, v in self._times.items())
        why = "asked for" if self.method != "auto" else f"estimated: {times}"
        return (
            f"<plan: {name} {self.shape} with {self._made_of[1].shape}, "
            f"{self._made_of[2]}, {self._border.name}, {self.dtype} -> {self.out_shape} "
            f"by {self.engine} ({why})>"
        )

    def __call__(
        self, x: Any, out: np.ndarray | None = None, *, workers: int | None = None
    ) -> np.ndarray:
        """The convolution of `x`.

        Parameters
        ----------
        x : array_like
            Of the plan's shape; its dtype must be safe to cast to the plan's.
        out : ndarray, optional
            Where to put the result.
        workers : int, optional
            Most threads to use.

        Returns
        -------
        ndarray
            A new array, or `out`.
        """
        a = np.asarray(x)
        if a.shape != self.shape:
            raise ValueError(f"x: expected shape {self.shape}, received {a.shape}")
        if not np.can_cast(a.dtype, self.dtype, "safe"):
            raise TypeError(f"x: expected a dtype safe to cast to {self.dtype}, received {a.dtype}")
        a = a.astype(self.dtype, copy=False)
        if out is not None:
            checked_out(out, self.out_shape, self.dtype)
        with threads(workers):
            y = solve(
                self._spec, a, self._taps, self.dtype, self._border, self.method,
                workable(out, a),
                self._cache,
            )  # fmt: skip
        return delivered(y, out)

    def stream(self) -> ConvolveStream:
        """A fresh `ConvolveStream` with this plan's taps (1-D plans)."""
        if len(self.shape) != 1:
            raise ValueError(f"stream: expected a 1-D plan, this one is of shape {self.shape}")
        method = "direct" if self.engine == "direct" else self.method
        return ConvolveStream(self._taps, self.dtype, method)


class ConvolveStream:
    """A 1-D convolution fed piece by piece; the state in between is the last len(h) - 1 samples.

    All pieces returned by `push`, and then by `flush`, joined together are the full convolution
    of all that was pushed: by the direct sum, of at least len(h) finite samples with finite taps,
    bit for bit that of one long direct call; by transforms within their error.
    """

    def __init__(self, taps: np.ndarray, dtype: np.dtype, method: str) -> None:
        self._taps, self._dtype, self._method = taps, dtype, method
        self.reset()

    def reset(self) -> None:
        """Forget what was pushed."""
        self._past = np.zeros(self._taps.size - 1, self._dtype)
        self._count = 0

    def push(self, chunk: Any) -> np.ndarray:
        """The outputs that `chunk` completes: as many as it has samples."""
        a = np.asarray(chunk)
        if a.ndim != 1:
            raise ValueError(f"chunk: expected a 1-D array, received {a.ndim} dimensions")
        if not np.can_cast(a.dtype, self._dtype, "safe"):
            raise TypeError(
                f"chunk: expected a dtype safe to cast to {self._dtype}, received {a.dtype}"
            )
        if a.size == 0:
            return np.empty(0, self._dtype)
        seen = np.concatenate((self._past, a.astype(self._dtype, copy=False)))
        rim = self._taps.size - 1 - self._count  # outputs that look before the first sample
        y = np.empty(a.size, self._dtype)
        done = 0
        while done < min(a.size, rim):
            first, end = self._head(self._count + done)
            end = min(end - self._count, a.size)
            y[done:end] = self._sum(seen[done + first : end + self._taps.size - 1], first, None)
            done = end
        if done < a.size:
            y[done:] = self._sum(seen[done:], None, None)
        self._past = seen[a.size :].copy()
        self._count += a.size
        return y

    def flush(self) -> np.ndarray:
        """The last len(h) - 1 outputs, after which the stream begins anew."""
        k = self._taps.size
        seen = np.concatenate((self._past, np.zeros(k - 1, self._dtype)))
        y = np.empty(k - 1, self._dtype)
        done = 0
        while done < k - 1:
            end = min(done + self._block(), k - 1)
            last = k if k <= RIM_BLOCK else k - 1 - done
            y[done:end] = self._sum(seen[done : end + last - 1], None, last)
            done = end
        self.reset()
        return y

    def _sum(self, seen: np.ndarray, first: int | None, last: int | None) -> np.ndarray:
        taps = self._taps[first:last]
        spec = make_spec(seen.shape, taps.shape, "valid")
        return solve(spec, seen, taps, self._dtype, ZERO, self._method)

    def _block(self) -> int:
        return max(RIM_BLOCK, self._taps.size // 16)

    def _head(self, i: int) -> tuple[int, int]:
        """First tap used for output i, and the end of its block: as at the rim of a long call."""
        k = self._taps.size
        end = min((i // self._block() + 1) * self._block(), k - 1)
        return (0 if k <= RIM_BLOCK else k - end), end


def _plan(
    shape: Any, h: Any, mode: str, boundary: str, fillvalue: Any, dtype: Any, method: str,
    correlate: bool,
) -> ConvolvePlan:  # fmt: skip
    taps = np.array(h)
    sizes = (int(shape),) if hasattr(shape, "__index__") else tuple(int(n) for n in shape)
    if len(sizes) != taps.ndim:
        raise ValueError(f"shape: expected {taps.ndim} sizes as h has axes, received {sizes}")
    if taps.size == 0 or min(sizes, default=1) < 1:
        raise ValueError(f"shape, h: expected no empty axis, received {sizes} and {taps.shape}")
    check_mode(mode)
    if method not in ("auto", "direct", "fft"):
        raise ValueError(BAD_METHOD)
    swap_needed(mode, sizes, taps.shape)
    kind = native(np.dtype(dtype) if dtype is not None else np.result_type(taps))
    if dtype is None and kind.kind in "biu":
        kind = np.dtype(np.float64)
    if not direct.has_kernel(kind):
        raise ValueError(f"dtype: expected one that has a kernel, received {kind}")
    if not np.can_cast(taps.dtype, kind, "same_kind"):
        raise ValueError(f"dtype: {kind} cannot hold taps of dtype {taps.dtype}")
    taps = taps.astype(kind)
    return ConvolvePlan(sizes, taps, mode, boundary, fillvalue, kind, method, correlate)


def plan_convolve(
    shape: Any,
    h: Any,
    mode: str = "full",
    *,
    boundary: str = "fill",
    fillvalue: Any = 0,
    dtype: Any = None,
    method: str = "auto",
) -> ConvolvePlan:
    """Decide once how to convolve arrays of a shape with fixed taps.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the arrays to come.
    h : array_like
        The taps; they are copied.
    mode : {'full', 'valid', 'same'}, optional
        As in `convolve`.
    boundary, fillvalue : optional
        As in `convolve`.
    dtype : dtype, optional
        Of the results: by default that of `h`, float64 for integers.
    method : {'auto', 'direct', 'fft'}, optional
        As in `convolve`.

    Returns
    -------
    ConvolvePlan
        Call it as ``plan(x, out=None)``; ``print(plan)`` says what was chosen and why;
        ``plan.stream()`` takes a 1-D signal piece by piece.

    Raises
    ------
    ValueError
        If the arguments do not fit each other.

    See Also
    --------
    plan_correlate, convolve

    Examples
    --------
    >>> import numpy as np
    >>> from fastconv.signal import plan_convolve
    >>> plan = plan_convolve((4,), [1.0, 1.0], mode='same')
    >>> plan([1.0, 2.0, 3.0, 4.0])
    array([1., 3., 5., 7.])
    >>> stream = plan.stream()
    >>> np.concatenate([stream.push([1.0, 2.0]), stream.push([3.0]), stream.flush()])
    array([1., 3., 5., 3.])
    """
    return _plan(shape, h, mode, boundary, fillvalue, dtype, method, False)


def plan_correlate(
    shape: Any,
    h: Any,
    mode: str = "full",
    *,
    boundary: str = "fill",
    fillvalue: Any = 0,
    dtype: Any = None,
    method: str = "auto",
) -> ConvolvePlan:
    """Decide once how to correlate arrays of a shape with fixed taps.

    Parameters
    ----------
    shape, h, mode, boundary, fillvalue, dtype, method
        As in `plan_convolve`; complex taps are conjugated.

    Returns
    -------
    ConvolvePlan

    Raises
    ------
    ValueError
        As `plan_convolve`.

    See Also
    --------
    plan_convolve, correlate

    Examples
    --------
    >>> from fastconv.signal import plan_correlate
    >>> plan = plan_correlate(6, [1.0, 2.0, 1.0], mode='valid')
    >>> plan([0.0, 0, 1, 2, 1, 0])
    array([1., 4., 6., 4.])
    """
    return _plan(shape, h, mode, boundary, fillvalue, dtype, method, True)
