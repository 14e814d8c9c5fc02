"""Fuzz target of the signal API: bytes choose a function and its arguments.

Where SciPy has the function and takes the arguments, the result must be SciPy's; where SciPy
refuses them, so must we. Beyond SciPy's arguments: a result or a ValueError or TypeError.
"""

import re
import warnings
from typing import Any

import numpy as np
import scipy.signal
from files import Target

from fastconv import signal

DTYPES = "?bBhHiIlLqQefdgFDG"
MODES = ("full", "same", "valid")
BORDERS = ("fill", "wrap", "symm", "reflect", "mirror", "nearest", "constant", "circular", "pad")
ODD_WORDS = ("", "FULL", "fft", "x\0y", None, 1, b"full")
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 257, 1000)
BEYOND_SCIPY = "Unsupported type|not available for this type"
REFUSALS = (ValueError, TypeError)


class Reader:
    """Choices out of bytes; zeros when they end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, n: int) -> int:
        value = int.from_bytes(self._data[self._at : self._at + 2], "little")
        self._at += 2 if n > 256 else 1
        return (value if n > 256 else value & 255) % n

    def pick(self, items: Any) -> Any:
        return items[self.below(len(items))]

    def one_in(self, n: int) -> bool:
        return self.below(n) == n - 1

    def seed(self) -> int:
        return self.below(1 << 16)


def shape(read: Reader, nd: int) -> tuple[int, ...]:
    most = (1, 1000, 33, 9, 5)[nd]
    return tuple(0 if read.one_in(40) else min(read.pick(SIZES), most) for _ in range(nd))


def array(read: Reader, nd: int) -> Any:
    """Whole numbers (sums are exact), or with NaN and inf among them, in any layout and dtype."""
    dtype = np.dtype(read.pick(DTYPES))
    rng = np.random.default_rng(read.seed())
    sizes = shape(read, nd)
    layout = read.below(9)
    wide = tuple(2 * n if layout == 1 else n for n in sizes)
    a = rng.integers(0 if dtype.kind in "?uB" else -8, 9, wide).astype(dtype)
    if dtype.kind == "c":
        a = a + (1j * rng.integers(-8, 9, wide)).astype(dtype)
    if nd and dtype.kind in "fc" and read.one_in(6):
        a[rng.random(wide) < 0.1] = rng.choice([np.nan, np.inf, -np.inf])
    if layout == 1:
        a = a[tuple(slice(None, None, 2) for _ in sizes)]
    elif layout == 2:
        a = a[tuple(slice(None, None, -1) for _ in sizes)]
    elif layout == 3:
        a = np.asfortranarray(a)
    elif layout == 4 and nd:
        a = np.broadcast_to(a[..., :1], a.shape)
    elif layout == 5:
        a.setflags(write=False)
    elif layout == 6:
        a = a.astype(dtype.newbyteorder())
    elif layout == 7 and a.size:
        raw = np.empty(a.nbytes + 1, np.uint8)
        odd = raw[1:].view(dtype).reshape(a.shape)
        odd[...] = a
        a = odd
    elif layout == 8 and a.size < 50:
        return a.tolist()
    return a


def word(read: Reader, usual: tuple[str, ...]) -> Any:
    return read.pick(ODD_WORDS) if read.one_in(30) else read.pick(usual)


def outcome(function: Any, args: tuple, kwargs: dict) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return function(*args, **kwargs)
        except REFUSALS as error:
            return error


def precision(*arrays: Any) -> float:
    """Epsilon of the coarsest type that a transform of these would be done in (SciPy's is)."""
    kinds = [np.asarray(a).dtype for a in arrays]
    kinds = [
        k if k.kind in "fc" and k.itemsize > 2 else np.dtype("f4" if k == "e" else "f8")
        for k in kinds
    ]
    return max(float(np.finfo(k).eps) for k in kinds)


def compare(ours: Any, theirs: Any, exact: bool, eps: float, told: str) -> None:
    """Same kind of outcome, dtype and shape; values up to rounding of a transform."""
    if isinstance(theirs, ValueError) and re.search(BEYOND_SCIPY, str(theirs)):
        return  # float16, booleans and objects, which SciPy does not take everywhere
    if isinstance(theirs, (ValueError, OverflowError)) and "convert float" in str(theirs):
        return  # SciPy's trip over NaN and inf among floats beside integers, mended here
    if isinstance(theirs, Exception) or isinstance(ours, Exception):
        if type(ours) is not type(theirs):
            raise AssertionError(f"{told}: {ours!r} instead of {theirs!r}"[:1000])
        return
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if (ours.shape, ours.dtype) != (theirs.shape, theirs.dtype):
        raise AssertionError(
            f"{told}: {ours.dtype} {ours.shape} instead of {theirs.dtype} {theirs.shape}"
        )
    if ours.dtype.kind in "biu":
        error = int((ours != theirs).sum())
        allowed = 0.0
    else:
        finite = np.isfinite(theirs)
        if not finite.all() and (not exact or theirs.dtype.kind == "c"):
            return  # where a transform's NaN goes is its own affair; so is infinity times a complex
        if not np.array_equal(np.isfinite(ours), finite):
            raise AssertionError(f"{told}: NaN or inf elsewhere")
        eps = max(eps, float(np.finfo(ours.dtype).eps))
        allowed = 100 * eps * max(1000.0, float(np.abs(theirs[finite]).max(initial=1)))
        error = np.abs(ours[finite] - theirs[finite]).max(initial=0)
    if error > allowed:
        raise AssertionError(f"{told}: other values, by {error}")


class Calls(Target):
    """One call of a function of ``fastconv.signal``."""

    limit = 64

    def __call__(self, data: bytes) -> None:
        read = Reader(data)
        read.pick((self.nd, self.images, self.transforms, self.extras, self.plans, self.small))(
            read
        )

    def seeds(self) -> list[bytes]:
        rng = np.random.default_rng(0)
        return [bytes([i]) + rng.bytes(40) for i in range(6) for _ in range(8)]

    def nd(self, read: Reader) -> None:
        """convolve and correlate with SciPy's arguments."""
        name = read.pick(("convolve", "correlate"))
        nd = read.below(5)
        a, b = array(read, nd), array(read, nd if not read.one_in(30) else read.below(4))
        kwargs = {
            "mode": word(read, MODES),
            "method": word(read, ("auto", "direct", "fft")),
        }
        self.beside_scipy(name, (a, b), kwargs, kwargs["method"] == "direct")

    def images(self, read: Reader) -> None:
        name = read.pick(("convolve2d", "correlate2d"))
        a, b = array(read, 2), array(read, 2 if not read.one_in(30) else read.below(4))
        kwargs = {
            "mode": word(read, MODES),
            "boundary": word(read, ("fill", "wrap", "symm", "pad", "circular", "symmetric")),
            "fillvalue": read.pick((0, 1, -3, 2.5, 1j, np.nan, True, np.float32(2))),
        }
        self.beside_scipy(name, (a, b), kwargs, True)

    def transforms(self, read: Reader) -> None:
        name = read.pick(("fftconvolve", "oaconvolve"))
        nd = read.below(4)
        a, b = array(read, nd), array(read, nd)
        axes = read.pick((None, 0, -1, (0, 1), (1, 0), [0], (), 7, (0, 0), 1.5))
        self.beside_scipy(name, (a, b), {"mode": word(read, MODES), "axes": axes}, False)

    def small(self, read: Reader) -> None:
        nd = read.below(3)
        a, b = array(read, nd), array(read, nd)
        mode = word(read, MODES)
        if read.one_in(2):
            n, k = read.below(50) - 2, read.below(50) - 2
            self.beside_scipy("correlation_lags", (n, k), {"mode": mode}, True)
        else:
            chosen = outcome(signal.choose_conv_method, (a, b), {"mode": mode})
            if not isinstance(chosen, Exception) and chosen not in ("direct", "fft"):
                raise AssertionError(f"choose_conv_method: {chosen!r}")

    def extras(self, read: Reader) -> None:
        """Arguments that SciPy does not have."""
        nd = 1 + read.below(4)
        a, b = array(read, nd), array(read, nd)
        kwargs: dict[str, Any] = {"mode": word(read, MODES), "boundary": word(read, BORDERS)}
        if read.one_in(2):
            kwargs["fillvalue"] = read.pick((0, 1, -3, 2.5, 1j, np.nan, "x", None))
        if read.one_in(2):
            kwargs["axes"] = read.pick((None, 0, -1, (0, 1), (), (0, 0), 9, "a", (1,)))
        if read.one_in(3):
            kwargs["workers"] = read.pick((1, 2, 7, -1, 0, None, "x", 10**30))
        if read.one_in(3):
            kwargs["out"] = array(read, nd)
        if nd == 2 and read.one_in(3):
            outcome(signal.match_template, (a, b), {"mode": kwargs["mode"]})
        name = read.pick(("convolve", "correlate"))
        outcome(getattr(signal, name), (a, b), kwargs)

    def plans(self, read: Reader) -> None:
        """Plans, and what they do to signals that do or do not fit."""
        nd = 1 + read.below(3)
        taps = array(read, nd)
        sizes = shape(read, nd)
        kwargs = {
            "mode": word(read, MODES),
            "boundary": word(read, BORDERS),
            "fillvalue": read.pick((0, 1, 2.5, np.nan)),
            "method": word(read, ("auto", "direct", "fft")),
        }
        if read.one_in(3):
            kwargs["dtype"] = read.pick((*DTYPES, "U3", "O", "no dtype"))
        name = read.pick(("plan_convolve", "plan_correlate"))
        plan = outcome(getattr(signal, name), (sizes, taps), kwargs)
        if isinstance(plan, Exception):
            return
        dtype = read.pick(DTYPES)
        fits = np.ones(sizes, dtype)
        first, second = (outcome(plan, (fits,), {}) for _ in range(2))
        if not isinstance(first, Exception) and first.tobytes() != second.tobytes():
            raise AssertionError("a plan gave two results")
        outcome(plan, (array(read, read.below(4)),), {})
        outcome(plan, (fits,), {"out": array(read, nd)})

    def beside_scipy(self, name: str, args: tuple, kwargs: dict, exact: bool) -> None:
        told = f"{name}{tuple(_told(a) for a in args)} {kwargs}"
        ours = outcome(getattr(signal, name), args, kwargs)
        if any(np.size(a) == 0 for a in args) and kwargs.get("boundary") not in (None, "fill"):
            return  # SciPy 1.17 divides by zero, or does not end
        if all(np.asarray(a).dtype.kind == "b" for a in args):
            return  # which SciPy refuses, or rounds to False what should be True
        try:
            theirs = outcome(getattr(scipy.signal, name), args, kwargs)
        except (IndexError, OverflowError, RuntimeError, ZeroDivisionError):
            return  # trouble of its own
        compare(ours, theirs, exact, precision(*args), told)


def _told(a: Any) -> str:
    return f"{a.dtype.str}{a.shape}" if isinstance(a, np.ndarray) else repr(a)[:80]
