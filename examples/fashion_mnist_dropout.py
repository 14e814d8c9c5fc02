"""The lecture's story, cell for cell: a dropout network on Fashion-MNIST, saved and restored.

    python examples/fashion_mnist_dropout.py                     with fastconv
    python examples/fashion_mnist_dropout.py --library keras     the same under real Keras
    python examples/fashion_mnist_dropout.py --data digits --epochs 3 --long-epochs 6  # offline

Needs the Fashion-MNIST files (Debian: ``apt install dataset-fashion-mnist``) or ``--data digits``.
"""

# CI: --data digits --epochs 2 --long-epochs 3

import argparse
import importlib
import tempfile
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--library", default="fastconv", help="fastconv, or keras")
parser.add_argument("--data", choices=["fashion_mnist", "digits"], default="fashion_mnist")
parser.add_argument("--epochs", type=int, default=20, help="of the first run")
parser.add_argument("--long-epochs", type=int, default=100, help="at most, of the second run")
parser.add_argument("--seed", type=int, default=42)
parser.add_argument("--out", type=Path, help="folder for files and pictures (default: temporary)")
args = parser.parse_args()

keras = importlib.import_module(args.library)
path = args.out or Path(tempfile.mkdtemp(prefix="fashion_mnist_"))
path.mkdir(parents=True, exist_ok=True)
keras.utils.set_random_seed(args.seed)

# -- the data: 48,000 images to train on, 12,000 to validate with ------------------------------
from fastconv import datasets  # noqa: E402 - Keras has no digits, and its loader needs the network

(train_input, train_target), (test_input, test_target) = getattr(datasets, args.data).load_data()
pixels = int(np.prod(train_input.shape[1:]))
scaled = train_input.reshape(-1, pixels) / train_input.max()
cut = len(scaled) * 4 // 5
order = np.random.default_rng(args.seed).permutation(len(scaled))
train_scaled, val_scaled = scaled[order[:cut]], scaled[order[cut:]]
train_target, val_target = train_target[order[:cut]], train_target[order[cut:]]


def create_model(layers=()):
    """The course's network: one hidden layer of 100, and what stands behind it."""
    model = keras.Sequential()
    model.add(keras.layers.Input(shape=(pixels,)))
    model.add(keras.layers.Dense(100, activation="relu"))
    for layer in layers:
        model.add(layer)
    model.add(keras.layers.Dense(10, activation="softmax"))
    return model


def compile_model(model):
    model.compile(
        optimizer=keras.optimizers.Adam(),
        loss=keras.losses.sparse_categorical_crossentropy,
        metrics=[keras.metrics.sparse_categorical_accuracy],
    )


def plot_train_val_losses(result, file):
    try:
        from fastconv.plotting import plot_history

        plot_history(result).savefig(path / file)
        print("curves:", path / file)
    except ImportError as error:
        print(error)


# -- dropout --------------------------------------------------------------------------------------
model = create_model(layers=[keras.layers.Dropout(rate=0.3)])
model.summary()
compile_model(model)
result = model.fit(
    x=train_scaled,
    y=train_target,
    epochs=args.epochs,
    validation_data=[val_scaled, val_target],
)
plot_train_val_losses(result, "losses.png")
print(len(model.weights), "weights;", model.weights[3])

# -- weights alone, and the whole model ----------------------------------------------------------
weights_file = str(path / "model1.weights.h5")
model_file = str(path / "model1.keras")
model.save_weights(weights_file)
model.save(model_file)

model = create_model(layers=[keras.layers.Dropout(rate=0.3)])
model.load_weights(weights_file)
labels = model.predict(x=train_scaled).argmax(axis=1)
print("accuracy from restored weights:", np.mean(labels == train_target))
try:
    model.evaluate(x=train_scaled, y=train_target)
except ValueError as error:
    print("evaluate without compile():", error)

model = keras.models.load_model(model_file, compile=True)
model.evaluate(x=train_scaled, y=train_target)

# -- the best epoch kept, and an early stop -------------------------------------------------------
model = create_model(layers=[keras.layers.Dropout(rate=0.3)])
compile_model(model)
best_file = str(path / "best_model.keras")
checkpoint_cb = keras.callbacks.ModelCheckpoint(filepath=best_file, save_best_only=True)
early_stop_cb = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
result = model.fit(
    x=train_scaled,
    y=train_target,
    epochs=args.long_epochs,
    callbacks=[checkpoint_cb, early_stop_cb],
    validation_data=[val_scaled, val_target],
)
print("stopped at epoch", early_stop_cb.stopped_epoch + 1)
plot_train_val_losses(result, "losses_early_stopping.png")
model.evaluate(x=train_scaled, y=train_target)
model.evaluate(x=val_scaled, y=val_target)
best_model = keras.models.load_model(filepath=best_file)
best_model.evaluate(x=train_scaled, y=train_target)
best_model.evaluate(x=val_scaled, y=val_target)
