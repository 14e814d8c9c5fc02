"""A training run that kills itself: ``python backup_run.py FOLDER FREQ STEPS POINT COUNT``.

POINT is where SIGKILL strikes, for the COUNT-th time it is reached: ``batch``, ``validation``,
``epoch``, ``replaced`` (a file just renamed into its place), ``unreplaced`` (just before), or
``never``. A run that ends prints its history and a digest of its weights as JSON.
"""

import hashlib
import json
import os
import signal
import sys

import numpy as np

import fastconv as keras

folder, freq, steps, point, count = sys.argv[1:]
left = int(count)


def strike(here: str) -> None:
    global left
    if here == point:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Struck(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        strike("batch")

    def on_test_batch_end(self, batch, logs=None):
        strike("validation")

    def on_epoch_end(self, epoch, logs=None):
        strike("epoch")


replace = os.replace


def replace_and_strike(*args):
    strike("unreplaced")
    replace(*args)
    strike("replaced")


os.replace = replace_and_strike

x = np.random.default_rng(0).normal(size=(60, 3)).astype("f")
y = (x[:, 0] > 0).astype(int)
layers = keras.layers
# the seeds differ from process to process, as they do where nobody sets one
model = keras.Sequential(
    [
        keras.Input((3,)),
        layers.Dense(8, activation="relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.GaussianNoise(0.1),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.set_weights(
    [np.random.default_rng(i).uniform(0.1, 0.9, w.shape) for i, w in enumerate(model.get_weights())]
)
for number, layer in enumerate(model.layers[2:4]):
    layer.seed_generator.state.assign([number, 0])
model.__dict__["_shuffle_seed"] = 5
optimizer = keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9))
model.compile(optimizer, "binary_crossentropy", metrics=["accuracy", keras.metrics.AUC()])
backup = keras.callbacks.BackupAndRestore(
    folder, "epoch" if freq == "epoch" else int(freq), double_checkpoint=point.endswith("replaced")
)
result = model.fit(
    x,
    y,
    batch_size=16,
    epochs=4,
    steps_per_epoch=None if steps == "all" else int(steps),
    validation_data=(x[:20], y[:20]),
    verbose=0,
    callbacks=[backup, Struck()],
)
data = [w.tobytes() for w in (*model.get_weights(), *(v.numpy() for v in optimizer.variables))]
digest = hashlib.sha256(b"".join(data)).hexdigest()
print(json.dumps({"history": result.history, "epoch": result.epoch, "weights": digest}))
