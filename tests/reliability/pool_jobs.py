"""What workers of process pools do: a module of its own, since spawned ones import it by name."""

import numpy as np

import fastconv as keras
from fastconv import signal

RNG = np.random.default_rng(1)
IMAGES, LABELS = RNG.random((64, 12, 12, 1)).astype("f"), RNG.integers(0, 5, 64)


def network():
    keras.utils.set_random_seed(3)
    made = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(2),
            keras.layers.Dropout(0.3, seed=1),
            keras.layers.Flatten(),
            keras.layers.Dense(5, activation="softmax"),
        ]
    )
    made.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


def job(seed):
    """What a worker does: a convolution by each engine and a prediction; a digest of all."""
    x = np.random.default_rng(seed).normal(size=4000)
    h = np.hanning(63)
    model = network()
    parts = [
        signal.convolve(x, h, method="direct"),
        signal.convolve(x, h, method="fft"),
        model.predict(IMAGES, verbose=0).ravel(),
    ]
    return b"".join(part.tobytes() for part in parts)
