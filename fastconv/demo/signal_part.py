"""Filter a real photograph and a real recording with fastconv, beside SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastconv.datasets import electrocardiogram, photograph
from fastconv.demo import Options, picture
from fastconv.demo.compare import Case, Outcome, compare, head
from fastconv.demo.console import Console

# Where the template is cut out of the photograph: the man's face.
FACE = (slice(100, 164), slice(180, 244))
PICTURE = "fastconv-demo.png"


def gaussian(sigma: float) -> np.ndarray:
    """Two-dimensional Gaussian taps with sum 1, cut at three sigma."""
    radius = round(3 * sigma)
    line = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    taps = np.outer(line, line)
    return (taps / taps.sum()).astype(np.float32)


def unsharp(sigma: float, amount: float) -> np.ndarray:
    """Taps that add `amount` times what a Gaussian takes away."""
    blur = gaussian(sigma)
    taps = -amount * blur
    taps[blur.shape[0] // 2, blur.shape[1] // 2] += 1 + amount
    return taps


def low_pass(cutoff: float, rate: float, taps: int) -> np.ndarray:
    """FIR low-pass by the window method: sinc times a Hamming window, sum 1."""
    n = np.arange(taps) - (taps - 1) / 2
    h = np.sinc(2 * cutoff / rate * n) * np.hamming(taps)
    return h / h.sum()


def slope(half: int, rate: float) -> np.ndarray:
    """Moving derivative: slope of the line of least squares through 2*half+1 samples, per second.

    The slope is sum(k x[n+k]) / sum(k^2); convolution turns its taps round, hence the minus.
    """
    k = np.arange(-half, half + 1)
    return -k * rate / (k**2).sum()


def make_cases(image: np.ndarray, ecg: np.ndarray, rate: float) -> dict[str, Case]:
    """Every job of this part, by a short name."""
    light = image.astype(np.float32) / 255
    grey = image.astype(np.int32)
    blur, sharpen = gaussian(2.0), unsharp(1.0, 1.0)
    sobel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], np.int32)
    # Less their means, else the brightest place wins; float64, as grey levels less a mean are.
    centred = image / 255 - (image / 255).mean()
    template = centred[FACE] - centred[FACE].mean()
    fir, derivative = low_pass(40.0, rate, 101), slope(4, rate)
    long = np.tile(ecg, 10)
    baseline = low_pass(0.5, rate, 4 * int(rate) + 1)

    def filtered(taps: np.ndarray) -> Any:
        return lambda lib: (lib.convolve2d(light, taps, mode="same", boundary="symm"),)

    def edges(lib: Any) -> tuple[np.ndarray, ...]:
        options = {"mode": "same", "boundary": "symm"}
        return lib.convolve2d(grey, sobel, **options), lib.convolve2d(grey, sobel.T, **options)

    def match(lib: Any) -> tuple[np.ndarray, ...]:
        return (lib.correlate2d(centred, template, mode="valid"),)

    def series(name: str, x: np.ndarray, taps: np.ndarray) -> Any:
        return lambda lib: (getattr(lib, name)(x, taps, mode="same"),)

    return {
        "blur": Case("blur (Gaussian)", "convolve2d", filtered(blur), light, blur),
        "sharpen": Case("sharpen (unsharp)", "convolve2d", filtered(sharpen), light, sharpen),
        "edges": Case("edges (Sobel x, y)", "convolve2d", edges, grey, sobel),
        "match": Case("find template", "correlate2d", match, centred, template),
        "low": Case("low-pass 40 Hz (FIR)", "convolve", series("convolve", ecg, fir), ecg, fir),
        "slope": Case(
            "moving derivative", "convolve", series("convolve", ecg, derivative), ecg, derivative
        ),
        "fft": Case(
            "baseline, FFT", "fftconvolve", series("fftconvolve", long, baseline), long, baseline
        ),
        "overlap": Case(
            "baseline, overlap-add",
            "oaconvolve",
            series("oaconvolve", long, baseline),
            long,
            baseline,
        ),
    }


def run(options: Options, console: Console) -> bool:
    """Compare every case, say where the template was found, write the picture."""
    import scipy
    from scipy import signal as theirs

    from fastconv import _kernels, get_num_threads
    from fastconv import signal as ours
    from fastconv._version import __version__

    image, ecg = photograph.load_data(), electrocardiogram.load_data()
    rate = electrocardiogram.SAMPLING_RATE
    console.line(
        f"fastconv {__version__} ({_kernels.isa}, {_kernels.backend()}, "
        f"{get_num_threads()} threads) beside SciPy {scipy.__version__}, NumPy {np.__version__}"
    )
    console.line(
        f"Photograph {image.shape[0]}x{image.shape[1]} and electrocardiogram, {ecg.size} samples "
        f"at {rate} Hz\n(real data; sources and licences: fastconv/datasets/data/LICENSES.md)\n"
    )
    for text in head():
        console.line(text)
    outcomes: dict[str, Outcome] = {}
    for name, case in make_cases(image, ecg, float(rate)).items():
        outcomes[name] = compare(case, ours, theirs, console)
        console.line(outcomes[name].row())
    console.line()
    found = report_match(outcomes["match"], console)
    wrong = [outcome.case.what for outcome in outcomes.values() if not outcome.passed]
    if wrong:
        console.line(
            f"{len(wrong)} of {len(outcomes)} results differ from SciPy: {', '.join(wrong)}"
        )
    else:
        console.line(f"All {len(outcomes)} results agree with scipy.signal.")
    draw(options, console, image, ecg, outcomes)
    return found and not wrong


def report_match(outcome: Outcome, console: Console) -> bool:
    """Say where the template was found and where it was cut out."""
    found = locate(outcome.ours[0])
    truth = (FACE[0].start, FACE[1].start)
    verdict = "right" if found == truth else "WRONG"
    console.line(
        f"The template ({_size(FACE)}, the man's face) was found at row {found[0]}, column "
        f"{found[1]};\nit was cut out at row {truth[0]}, column {truth[1]}: {verdict}."
    )
    return found == truth


def locate(scores: np.ndarray) -> tuple[int, int]:
    """Row and column of the highest score: the corner of the best place."""
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(row), int(column)


def draw(
    options: Options,
    console: Console,
    image: np.ndarray,
    ecg: np.ndarray,
    outcomes: dict[str, Outcome],
) -> None:
    """Write the pictures if matplotlib is there, else say how to get them."""
    target = options.out / PICTURE
    console.note("drawing the pictures ...")
    try:
        picture.write(
            target,
            image,
            {name: outcome.ours for name, outcome in outcomes.items()},
            found=locate(outcomes["match"].ours[0]),
            face=FACE,
            ecg=ecg,
            rate=electrocardiogram.SAMPLING_RATE,
        )
    except ImportError as error:
        console.line(f'No picture: {error}; pip install "fastconv[plot]" brings matplotlib.')
    else:
        console.line(f"Pictures: {target}")


def _size(area: tuple[slice, slice]) -> str:
    return "x".join(str(part.stop - part.start) for part in area)
