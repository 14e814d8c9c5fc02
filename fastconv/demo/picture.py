"""The picture of the signal part: photographs above, ten seconds of the recording below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fastconv._files import replace_on_success
from fastconv.plotting import show_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = dict[str, tuple[np.ndarray, ...]]

_EXCERPT = slice(180 * 360, 190 * 360)  # ten seconds of steady beats


def write(
    target: Path,
    image: np.ndarray,
    results: Results,
    *,
    found: tuple[int, int],
    face: tuple[slice, slice],
    ecg: np.ndarray,
    rate: float,
) -> None:
    """Draw everything and replace `target` by the finished PNG.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    """
    # Not pyplot: its figures and its choice of a window system are the user's business.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.5, 7.4), layout="constrained")
    grid = figure.add_gridspec(3, 5, height_ratios=(1.75, 1, 1))
    shown = {
        "photograph": image,
        "blur": np.clip(results["blur"][0], 0, 1),
        "sharpen": np.clip(results["sharpen"][0], 0, 1),
        "edges": np.sqrt(np.hypot(*results["edges"])),  # the root lifts the weak edges
    }
    for i, (name, array) in enumerate(shown.items()):
        axes = figure.add_subplot(grid[0, i])
        show_image(axes, array, name)
        if name == "photograph":
            mark_places(axes, found, face)
    show_image(figure.add_subplot(grid[0, 4]), results["match"][0], "correlation with the template")
    trace = figure.add_subplot(grid[1, :])
    at = np.arange(_EXCERPT.start, _EXCERPT.stop) / rate
    trace.plot(at, ecg[_EXCERPT], color="0.7", linewidth=0.9, label="electrocardiogram")
    trace.plot(at, results["low"][0][_EXCERPT], color="#1f5fa8", linewidth=0.9, label="below 40 Hz")
    trace.plot(at, results["fft"][0][_EXCERPT], color="#d9660f", linewidth=1.4, label="baseline")
    finish(trace, "mV")
    below = figure.add_subplot(grid[2, :], sharex=trace)
    below.plot(at, results["slope"][0][_EXCERPT], color="#2b7d4f", linewidth=0.9, label="slope")
    finish(below, "mV/s")
    below.set_xlabel("seconds")
    with replace_on_success(target) as path:
        figure.savefig(path, dpi=110, format="png")


def mark_places(axes: Axes, found: tuple[int, int], face: tuple[slice, slice]) -> None:
    """Frame where the template was cut out and where it was found."""
    from matplotlib.patches import Rectangle

    height, width = (part.stop - part.start for part in face)
    truth = (face[1].start - 0.5, face[0].start - 0.5)
    place = (found[1] - 0.5, found[0] - 0.5)
    axes.add_patch(
        Rectangle(truth, width, height, fill=False, color="#ffd23f", linewidth=3, label="cut out")
    )
    axes.add_patch(
        Rectangle(place, width, height, fill=False, color="#d4145a", linewidth=1.2, label="found")
    )
    axes.legend(loc="lower left", fontsize=8, framealpha=0.9)


def finish(axes: Axes, unit: str) -> None:
    """What both traces share."""
    axes.set_ylabel(unit)
    axes.margins(x=0)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.98), fontsize=9, ncols=3, frameon=False)
