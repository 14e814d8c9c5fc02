"""Rounding error of each engine in float32 against longdouble: tools/ulp.py [--cases 10000].

Two measures, each the largest over all elements of all cases, in units of float32's epsilon
(2**-23, an ulp of 1): of the element's own sum of |products| (what a plain sum is bounded by), and
of the largest result of the array (what a transform is bounded by). Fails beyond the bounds.
"""

import argparse
import sys

import numpy as np

from fastconv import signal

EPS = float(np.finfo(np.float32).eps)
MOST = 200  # taps of a 1-D case, and 15 x 15 of a 2-D one


def line(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.standard_normal(int(rng.integers(1, 1500)))
    return x, rng.standard_normal(int(rng.integers(1, MOST)))


def image(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal(rng.integers(1, 60, 2)), rng.standard_normal(rng.integers(1, 15, 2))


def separable(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x, h = image(rng)
    return x, np.outer(h[:, 0], h[0])


def exact(x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Full convolution in longdouble, one tap after the other."""
    x, h = x.astype(np.longdouble), h.astype(np.longdouble)
    if x.ndim == 1:
        return np.convolve(x, h)
    y = np.zeros([n + k - 1 for n, k in zip(x.shape, h.shape, strict=True)], np.longdouble)
    for i, j in np.ndindex(*h.shape):
        y[i : i + x.shape[0], j : j + x.shape[1]] += h[i, j] * x
    return y


# name: cases, engine, bound on the error in ulp of the sum of |products|, and of the largest result
ENGINES = {
    "direct, 1-D": (line, lambda x, h: signal.convolve(x, h, method="direct"), 6, 8),
    "direct, 2-D": (image, lambda x, h: signal.convolve2d(x, h, method="direct"), 6, 8),
    "separable": (separable, signal.convolve2d, 6, 8),
    "FFT, 1-D": (line, lambda x, h: signal.convolve(x, h, method="fft"), None, 8),
    "FFT, 2-D": (image, lambda x, h: signal.convolve(x, h, method="fft"), None, 8),
    "overlap-add": (line, signal.oaconvolve, None, 8),
}


def measure(name: str, cases: int, seed: int = 0) -> tuple[float, float, float]:
    """Largest error in ulp of sum |products|, and of the largest result; median of the latter."""
    make, engine, _, _ = ENGINES[name]
    rng = np.random.default_rng(seed)
    own, top = 0.0, []
    for _ in range(cases):
        x, h = (a.astype(np.float32) * np.float32(10.0 ** rng.uniform(-6, 6)) for a in make(rng))
        right = exact(x, h)
        error = np.abs(engine(x, h) - right)
        own = max(own, float((error / (EPS * exact(np.abs(x), np.abs(h)))).max()))
        top.append(float(error.max() / (EPS * np.abs(right).max())))
    return own, max(top), float(np.median(top))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    options = parser.parse_args()
    bad = False
    print(
        "| Engine | Worst, of the sum of products' sizes | Worst, of the largest result | Median |"
    )
    print("|---|---|---|---|")
    for name, (_, _, own_bound, top_bound) in ENGINES.items():
        own, top, middle = measure(name, options.cases)
        told = f"{own:.2f}" if own_bound else "-"
        print(f"| {name} | {told} | {top:.2f} | {middle:.2f} |", flush=True)
        bad |= top > top_bound or bool(own_bound and own > own_bound)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
