"""Train, save and restore the dropout network on real images; checkpoint and early stopping."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from fastconv._files import replace_on_success
from fastconv.demo import Options
from fastconv.demo.console import Console

WEIGHTS, MODEL, BEST = "demo.weights.h5", "demo.keras", "demo-best.keras"
PICTURE = "fastconv-demo-losses.png"
SEED = 42
# Epochs at most: early stopping ends the run of the small set well before.
EPOCHS = {"digits": 60, "fashion_mnist": 20}
# What each network reaches on its validation set at the least, in all of ten seeds.
ACCURACY = {"digits": 0.94, "fashion_mnist": 0.87}


def load(name: str) -> tuple[Any, Any]:
    """((x, y) to train on, (x, y) to validate with): rows of pixels from 0 to 1, and labels."""
    from fastconv import datasets

    (images, labels), _ = getattr(datasets, name).load_data()
    x = images.reshape(len(images), -1) / images.max()
    cut = len(x) * 4 // 5
    order = np.random.default_rng(SEED).permutation(len(x))
    train, validation = order[:cut], order[cut:]
    return (x[train], labels[train]), (x[validation], labels[validation])


def create_model(pixels: int) -> Any:
    """The course's network: a hidden layer of 100 units, dropout, ten classes."""
    import fastconv as keras

    return keras.Sequential(
        [
            keras.layers.Input(shape=(pixels,)),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def run(options: Options, console: Console) -> bool:
    """The part: True if every check held."""
    import fastconv as keras

    keras.utils.set_random_seed(SEED)
    (x, y), validation = load(options.data)
    model = create_model(x.shape[1])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    size = f"{len(x):,} images, {x.shape[1]} pixels each"
    console.line(f"A dropout network on {options.data}: {size}")

    class Progress(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            console.note(
                f"epoch {epoch + 1}: loss {logs['loss']:.4f}, validation loss "
                f"{logs['val_loss']:.4f}, accuracy {logs['val_accuracy']:.4f}"
            )

    stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    keep = keras.callbacks.ModelCheckpoint(options.out / BEST, save_best_only=True)
    start = time.perf_counter()
    history = model.fit(
        x,
        y,
        epochs=EPOCHS[options.data],
        validation_data=validation,
        callbacks=[keep, stop, Progress()],
        verbose=0,
    )
    seconds = time.perf_counter() - start
    console.clear()
    done = len(history.epoch)
    console.line(
        f"  trained {done} epochs in {seconds:.1f} s ({1000 * seconds / done:.0f} ms each, "
        f"validation and checkpoints included)"
    )
    return all(
        [
            _check_accuracy(model, validation, options, console),
            _check_restored(model, validation, options, console),
            _draw(history, options, console),
        ]
    )


def _check_accuracy(model: Any, validation: Any, options: Options, console: Console) -> bool:
    loss, accuracy = model.evaluate(*validation, verbose=0)
    good = accuracy >= ACCURACY[options.data]
    wanted = f"at least {ACCURACY[options.data]:.2f} expected"
    console.line(f"  validation loss {loss:.4f}, accuracy {accuracy:.4f} ({wanted})")
    return good


def _check_restored(model: Any, validation: Any, options: Options, console: Console) -> bool:
    """Both kinds of file, and the checkpoint, evaluate as the model does."""
    import fastconv as keras

    wanted = model.evaluate(*validation, verbose=0)
    model.save_weights(options.out / WEIGHTS)
    model.save(options.out / MODEL)
    fresh = create_model(validation[0].shape[1])
    fresh.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    fresh.load_weights(options.out / WEIGHTS)
    good = True
    for name, restored in (
        (WEIGHTS, fresh),
        (MODEL, keras.models.load_model(options.out / MODEL)),
        (BEST, keras.models.load_model(options.out / BEST)),
    ):
        same = restored.evaluate(*validation, verbose=0) == wanted
        size = (options.out / name).stat().st_size / 1024
        verdict = "evaluates the same" if same else "DIFFERS from the model"
        console.line(f"  {name:18s} {size:6.0f} KB  {verdict}")
        good = good and same
    return good


def _draw(history: Any, options: Options, console: Console) -> bool:
    from fastconv.plotting import plot_history

    try:
        figure = plot_history(history)
    except ImportError as error:
        console.line(f"  no curves: {error}")
        return True
    with replace_on_success(options.out / PICTURE) as path:
        figure.savefig(path, dpi=110, format="png")
    console.line(f"  curves of the losses: {options.out / PICTURE}")
    return True
