"""A run that is killed, and started again, ends as one that was not."""

import functools
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import fastconv as keras

RUN = Path(__file__).parent / "backup_run.py"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")


def run(folder, freq, steps, point="never", count=1):
    """The run's last words; None if it was killed."""
    args = [sys.executable, RUN, folder, freq, steps, point, str(count)]
    done = subprocess.run(args, capture_output=True, text=True, timeout=300)
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@functools.cache
def uninterrupted(steps):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder) / "b", "epoch", steps)


QUICK = [
    ("epoch", "all", "batch", 7),
    ("epoch", "all", "replaced", 3),  # the weights of epoch 2 are there, its metadata are not
    ("3", "all", "batch", 6),
    ("1", "3", "validation", 3),
]
SLOW = [
    (freq, steps, point, count)
    for freq in ("epoch", "1", "3")
    for steps in ("all", "3")
    for point in ("batch", "validation", "epoch", "replaced", "unreplaced")
    for count in (1, 3, 5)
    if (freq, steps, point, count) not in QUICK and not (point == "epoch" and count > 4)
]


@pytest.mark.parametrize(
    ("freq", "steps", "point", "count"),
    [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)],
)
def test_killed_run_ends_with_the_same_weights_and_history(tmp_path, freq, steps, point, count):
    folder = tmp_path / "backup"
    assert run(folder, freq, steps, point, count) is None
    assert run(folder, freq, steps) == uninterrupted(steps)
    assert not folder.exists()


@pytest.mark.slow
def test_run_killed_again_and_again_at_random_moments_ends_the_same(tmp_path):
    draw = random.Random(1)
    folder = tmp_path / "backup"
    args = [sys.executable, RUN, folder, "1", "all", "never", "1"]
    for _ in range(12):
        child = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not folder.exists() and child.poll() is None:
            time.sleep(0.001)
        time.sleep(draw.random() * 0.15)
        child.kill()
        child.communicate()
    assert run(folder, "1", "all") == uninterrupted("all")


def _model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def test_backup_of_keras_is_gone_on_from(tmp_path):
    # as Keras 3.15 leaves it: weights, and the epoch to begin with
    model = _model()
    model.fit(np.ones((8, 2)), np.ones(8), epochs=2, verbose=0)
    (tmp_path / "b").mkdir()
    model.save_weights(tmp_path / "b" / "latest.weights.h5")
    (tmp_path / "b" / "training_metadata.json").write_text('{"epoch": 2, "batch": 0}')
    again = _model()
    backup = keras.callbacks.BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
    result = again.fit(np.ones((8, 2)), np.ones(8), epochs=2, verbose=0, callbacks=[backup])
    assert result.history == {}
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert int(again.optimizer.iterations.numpy()) == 2


def test_backup_has_the_files_that_keras_looks_for(tmp_path):
    model = _model()
    backup = keras.callbacks.BackupAndRestore(
        tmp_path / "b", double_checkpoint=True, delete_checkpoint=False
    )
    model.fit(np.ones((8, 2)), np.ones(8), epochs=3, verbose=0, callbacks=[backup])
    names = ["latest.weights.h5", "training_metadata.json"]
    found = sorted(path.name for path in (tmp_path / "b").iterdir())
    assert found == sorted([*names, *(f"{name}.bkp" for name in names)])
    assert json.loads((tmp_path / "b" / names[1]).read_text()) == {"epoch": 3, "batch": 0}
    assert json.loads((tmp_path / "b" / f"{names[1]}.bkp").read_text()) == {"epoch": 2, "batch": 0}
    again = _model()
    again.load_weights(tmp_path / "b" / names[0])


def test_changes_that_other_callbacks_make_at_the_end_of_an_epoch_are_in_the_backup(tmp_path):
    class Halve(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.5
            logs["mark"] = epoch

    model = _model()
    folder = tmp_path / "b"
    backup = keras.callbacks.BackupAndRestore(folder, delete_checkpoint=False)
    model.fit(np.ones((8, 2)), np.ones(8), epochs=1, verbose=0, callbacks=[backup, Halve()])
    again = _model()
    backup = keras.callbacks.BackupAndRestore(folder)
    result = again.fit(np.ones((8, 2)), np.ones(8), epochs=1, verbose=0, callbacks=[backup])
    assert result.history["mark"] == [0]
    assert float(again.optimizer.learning_rate.numpy()) == 0.5
