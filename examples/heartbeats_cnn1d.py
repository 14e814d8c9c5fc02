"""A 1-D convolutional network finds heartbeats in a real electrocardiogram.

    python examples/heartbeats_cnn1d.py [--epochs 8] [--out FOLDER]

Windows of half a second are cut out of the recording; the network tells those with a heartbeat in
their middle from those without. Labels: a classical detector (slope, square, moving mean), so that
the network learns in minutes what the detector was written for; trained on the first four minutes,
checked on the last.
"""
# CI: --epochs 2

import argparse
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np

import fastconv as keras
from fastconv.datasets import electrocardiogram
from fastconv.signal import convolve

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--out", type=Path, help="folder for the picture (default: temporary)")
args = parser.parse_args()
keras.utils.set_random_seed(0)

RATE, WIDTH = 360, 180
ecg = electrocardiogram.load_data().astype(np.float32)

# -- beats by the classical way: where the smoothed squared slope is largest ----------------------
slope = convolve(ecg, np.array([1, 2, 0, -2, -1], np.float32), mode="same")
energy = convolve(slope**2, np.ones(54, np.float32) / 54, mode="same")
block = RATE // 3
beats = []
for start in range(0, len(energy) - 2 * block, block):
    peak = start + int(energy[start : start + 2 * block].argmax())
    if energy[peak] > 0.3 * np.quantile(energy, 0.98) and (not beats or peak - beats[-1] > block):
        beats.append(peak)
print(f"{len(beats)} beats in {len(ecg) / RATE / 60:.0f} minutes")

# -- windows: half with a beat in the middle, half between two beats ------------------------------
middles = [(beat, 1) for beat in beats]
middles += [((a + b) // 2, 0) for a, b in pairwise(beats) if b - a < 2 * RATE]
middles = sorted((m, y) for m, y in middles if WIDTH <= m < len(ecg) - WIDTH)
x = np.stack([ecg[m - WIDTH // 2 : m + WIDTH // 2] for m, _ in middles])[..., None]
y = np.array([label for _, label in middles])
x -= x.mean(axis=1, keepdims=True)
early = np.array([m for m, _ in middles]) < len(ecg) * 4 // 5
print(f"{early.sum()} windows to train on, {(~early).sum()} to check with")

model = keras.Sequential(
    [
        keras.Input((WIDTH, 1)),
        keras.layers.Conv1D(16, 9, activation="relu", padding="same"),
        keras.layers.MaxPooling1D(4),
        keras.layers.Conv1D(32, 5, activation="relu", padding="same"),
        keras.layers.GlobalMaxPooling1D(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.summary()
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(
    x[early], y[early], batch_size=16, epochs=args.epochs, validation_data=(x[~early], y[~early])
)
loss, accuracy = model.evaluate(x[~early], y[~early], verbose=0)
print(f"on the last minute: accuracy {accuracy:.3f}")

# -- the network run along ten seconds that it has not seen ----------------------------------------
first = len(ecg) - 20 * RATE
places = np.arange(first, first + 10 * RATE, 6)
along = np.stack([ecg[m - WIDTH // 2 : m + WIDTH // 2] for m in places])[..., None]
beat = model.predict(along - along.mean(axis=1, keepdims=True), verbose=0)[:, 0]
try:
    from matplotlib import pyplot
except ImportError as error:
    print(error)
else:
    figure, (top, bottom) = pyplot.subplots(2, sharex=True, figsize=(9, 3.6), layout="constrained")
    seconds = (np.arange(first, first + 10 * RATE) - first) / RATE
    top.plot(seconds, ecg[first : first + 10 * RATE], color="#1f5fa8", linewidth=0.8)
    top.set_ylabel("electrocardiogram")
    bottom.fill_between((places - first) / RATE, beat, color="#d9660f", alpha=0.6)
    bottom.set(xlabel="seconds", ylabel="a beat in the middle?", ylim=(0, 1))
    out = args.out or Path(tempfile.mkdtemp(prefix="heartbeats_"))
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / "heartbeats.png", dpi=80)
    print("picture:", out / "heartbeats.png")
