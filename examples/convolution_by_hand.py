"""Convolution by hand: what `convolve` and `correlate` do, in one and two dimensions.

    python examples/convolution_by_hand.py [--out FOLDER]

The course's chapter before its first `Conv2D`: the flip, the modes, and a photograph's edges.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from fastconv.datasets import photograph
from fastconv.signal import convolve, convolve2d, correlate, correlate2d

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--out", type=Path, help="folder for the picture (default: temporary)")
out = parser.parse_args().out or Path(tempfile.mkdtemp(prefix="convolution_"))
out.mkdir(parents=True, exist_ok=True)

# -- one dimension --------------------------------------------------------------------------------
x = np.arange(1, 5)
y = np.array([1, 2])
print("x =", x, " y =", y, " y flipped =", np.flip(y))

# A convolution turns y round, slides it along x, and sums the products at each place.
by_hand = [int(np.dot(x[i : i + 2], np.flip(y))) for i in range(len(x) - 1)]
print("by hand (valid):          ", by_hand)
print("convolve(x, y, 'valid'):  ", convolve(x, y, mode="valid"))
print("convolve(x, y, 'same'):   ", convolve(x, y, mode="same"))
print("convolve(x, y, 'full'):   ", convolve(x, y))

# A correlation does not turn y round: it is what the layers of a network compute.
print("correlate(x, y, 'valid'): ", correlate(x, y, mode="valid"))
print("convolve with y flipped:  ", convolve(x, np.flip(y), mode="valid"))

# -- two dimensions -------------------------------------------------------------------------------
x2 = np.arange(1, 10).reshape(3, 3)
y2 = np.array([[2, 0], [0, 0]])
print("\nx =\n", x2, "\ny =\n", y2, sep="")
print("correlate2d(x, y, 'valid') =\n", correlate2d(x2, y2, mode="valid"), sep="")
print("convolve2d(x, y, 'valid') =\n", convolve2d(x2, y2, mode="valid"), sep="")
print("correlate2d(x, y, 'same') =\n", correlate2d(x2, y2, mode="same"), sep="")

# -- a photograph ---------------------------------------------------------------------------------
image = photograph.load_data().astype(np.float32) / 255
filters = {
    "vertical edges": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32),
    "horizontal edges": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], np.float32),
    "blur 9 x 9": np.full((9, 9), 1 / 81, np.float32),
}
maps = {
    name: correlate2d(image, taps, mode="same", boundary="symm") for name, taps in filters.items()
}
for name, found in maps.items():
    print(f"{name:17s} {found.shape}, from {found.min():.2f} to {found.max():.2f}")

try:
    from fastconv.plotting import plot_images

    pictures = [image, *(np.abs(m) if "edges" in name else m for name, m in maps.items())]
    plot_images(pictures, ["photograph", *maps]).savefig(out / "convolution_by_hand.png", dpi=100)
    print("picture:", out / "convolution_by_hand.png")
except ImportError as error:
    print(error)
