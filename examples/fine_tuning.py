"""Fine-tuning: a saved network's first layers are kept, a new head is trained on other classes.

    python examples/fine_tuning.py                      trains the first network itself
    python examples/fine_tuning.py --file base.keras    starts from a file of fastconv or Keras: a
                                                        chain of layers from 8 x 8 x 1 images
"""
# CI: --epochs 4

import argparse
import tempfile
from pathlib import Path

import numpy as np

import fastconv as keras

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--file", type=Path, help="a saved network for 8 x 8 x 1 images")
parser.add_argument("--epochs", type=int, default=30)
args = parser.parse_args()
keras.utils.set_random_seed(1)

(x, y), (x_test, y_test) = keras.datasets.digits.load_data()
x, x_test = x[..., None] / 16, x_test[..., None] / 16


def classes(low, high, images, labels):
    chosen = (labels >= low) & (labels <= high)
    return images[chosen], labels[chosen] - low


if args.file is None:
    args.file = Path(tempfile.mkdtemp(prefix="fine_tuning_")) / "base.keras"
    base = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(16, 3, activation="relu", padding="same"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(32, 3, activation="relu", padding="same"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(5, activation="softmax"),
        ]
    )
    adam = keras.optimizers.Adam(3e-3)
    base.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    base.fit(*classes(0, 4, x, y), epochs=args.epochs, verbose=2)
    base.save(args.file)

base = keras.models.load_model(args.file)
print("digits 0 to 4:", base.evaluate(*classes(0, 4, x_test, y_test), verbose=0))

# The model without its last layer, its weights frozen, under a head for five other digits.
features = keras.Model(base.inputs, base.layers[-2].output)
features.trainable = False
inputs = keras.Input(base.input_shape[1:])
outputs = keras.layers.Dense(5, activation="softmax", name="head")(features(inputs))
model = keras.Model(inputs, outputs)
model.summary(show_trainable=True)
before = [w.copy() for w in features.get_weights()]
model.compile(keras.optimizers.Adam(3e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(*classes(5, 9, x, y), epochs=args.epochs, verbose=2)
after = features.get_weights()
assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True)), "frozen"

# Then all of it, gently.
features.trainable = True
optimizer = keras.optimizers.Adam(1e-3)
model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(*classes(5, 9, x, y), epochs=max(1, args.epochs // 3), verbose=2)
print("digits 5 to 9:", model.evaluate(*classes(5, 9, x_test, y_test), verbose=0))
