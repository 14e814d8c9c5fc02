"""The course's convolutional network on Fashion-MNIST, and what its filters have learnt.

    python examples/fashion_mnist_cnn.py                    with fastconv
    python examples/fashion_mnist_cnn.py --library keras    the same under real Keras
    python examples/fashion_mnist_cnn.py --rows 1000 --epochs 2     short

Conv 32 3x3, pool, Conv 64 3x3, pool, Dense 100, Dropout 0.4, Dense 10; Adam, batch 32; the best
epoch kept, an early stop after two epochs without progress.
"""
# CI: --rows 1000 --epochs 1

import argparse
import importlib
import tempfile
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--library", default="fastconv", help="fastconv, or keras")
parser.add_argument("--rows", type=int, help="use only so many images")
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--seed", type=int, default=42)
parser.add_argument("--out", type=Path, help="folder for files and pictures (default: temporary)")
args = parser.parse_args()

keras = importlib.import_module(args.library)
path = args.out or Path(tempfile.mkdtemp(prefix="fashion_mnist_cnn_"))
path.mkdir(parents=True, exist_ok=True)
keras.utils.set_random_seed(args.seed)

from fastconv.datasets import digits, fashion_mnist  # noqa: E402 - Keras's loader needs the network

try:
    (images, labels), _ = fashion_mnist.load_data()
except (OSError, ValueError) as error:
    print(f"{error}\nusing the digits in the package instead\n")
    (images, labels), _ = digits.load_data()
    images = np.kron(images, np.ones((1, 3, 3), np.uint8))  # 24 x 24, so that two poolings fit
images, labels = images[: args.rows], labels[: args.rows]
scaled = images[..., None] / images.max()
cut = len(scaled) * 4 // 5
order = np.random.default_rng(args.seed).permutation(len(scaled))
train, val = order[:cut], order[cut:]

model = keras.Sequential(name="fashion_mnist_model")
model.add(keras.layers.Input(shape=scaled.shape[1:]))
model.add(keras.layers.Conv2D(32, kernel_size=3, activation="relu", padding="same"))
model.add(keras.layers.MaxPooling2D(2))
model.add(keras.layers.Conv2D(64, kernel_size=3, activation="relu", padding="same"))
model.add(keras.layers.MaxPooling2D(2))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(100, activation="relu"))
model.add(keras.layers.Dropout(0.4))
model.add(keras.layers.Dense(10, activation="softmax"))
model.summary()
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
first_conv = model.layers[0]
untrained = first_conv.weights[0].numpy().copy()

best_file = str(path / "best-cnn-model.keras")
checkpoint_cb = keras.callbacks.ModelCheckpoint(best_file, save_best_only=True)
early_stopping_cb = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
history = model.fit(
    scaled[train],
    labels[train],
    epochs=args.epochs,
    validation_data=(scaled[val], labels[val]),
    callbacks=[checkpoint_cb, early_stopping_cb],
)
print("best validation accuracy:", max(history.history["val_accuracy"]))
model.evaluate(scaled[val], labels[val])

# -- the filters, and what the layers make of one picture ----------------------------------------
trained = first_conv.weights[0].numpy()
print("filters: mean", trained.mean(), "standard deviation", trained.std())
features = keras.Model(model.inputs, model.layers[0].output)
deeper = keras.Model(model.inputs, model.layers[2].output)
shirt = next((i for i in val if labels[i] == 6), val[0])  # class 6: the hardest of the ten
one = scaled[[shirt]]
maps, deep_maps = features.predict(one, verbose=0), deeper.predict(one, verbose=0)
print("feature maps:", maps.shape, deep_maps.shape)

try:
    from fastconv.plotting import plot_history, plot_images

    grids = {
        "filters_untrained.png": [untrained[:, :, 0, i] for i in range(32)],
        "filters_trained.png": [trained[:, :, 0, i] for i in range(32)],
        "feature_maps.png": [one[0, ..., 0], *(maps[0, :, :, i] for i in range(31))],
        "feature_maps_2.png": [deep_maps[0, :, :, i] for i in range(32)],
    }
    for name, pictures in grids.items():
        plot_images(pictures, columns=8).savefig(path / name, dpi=32)
    plot_history(history).savefig(path / "losses_cnn.png", dpi=80)
    print("pictures:", path)
except ImportError as error:
    print(error)
