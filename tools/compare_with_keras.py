"""The course's networks on real Fashion-MNIST, several seeds: what they reach, here and in Keras.

    python tools/compare_with_keras.py mlp --seeds 5                       fastconv
    python tools/compare_with_keras.py mlp --seeds 5 --library keras       real Keras
    python tools/compare_with_keras.py cnn --epochs 6 --seeds 1

Prints a line a seed and the means: first-epoch loss, last and best validation accuracy.
"""

import argparse
import importlib

import numpy as np

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("network", choices=["mlp", "cnn"])
parser.add_argument("--library", default="fastconv")
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--seeds", type=int, default=5)
args = parser.parse_args()

keras = importlib.import_module(args.library)
layers = keras.layers


def make():
    if args.network == "mlp":
        stack = [
            keras.Input((784,)),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    else:
        stack = [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ]
    model = keras.Sequential(stack)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


from fastconv.datasets import fashion_mnist  # noqa: E402 - Keras's loader needs the network

(images, labels), _ = fashion_mnist.load_data()
shape = (len(images), 784) if args.network == "mlp" else (len(images), 28, 28, 1)
x = (images / 255).astype(np.float32).reshape(shape)
y = labels.astype(np.int64)
rows = []
for seed in range(args.seeds):
    keras.utils.set_random_seed(seed)
    order = np.random.default_rng(seed).permutation(len(x))
    train, val = order[:48000], order[48000:]
    history = (
        make()
        .fit(x[train], y[train], epochs=args.epochs, verbose=0, validation_data=(x[val], y[val]))
        .history
    )
    row = (history["loss"][0], history["val_accuracy"][-1], max(history["val_accuracy"]))
    rows.append(row)
    print(
        f"{args.library} {args.network} seed {seed}: first-epoch loss {row[0]:.4f}, validation "
        f"accuracy {row[1]:.4f} after {args.epochs} epochs, {row[2]:.4f} at best",
        flush=True,
    )
mean = np.mean(rows, axis=0)
print(f"mean of {args.seeds}: {mean[0]:.4f} {mean[1]:.4f} {mean[2]:.4f}")
