"""Kill processes while they save, and look at what is left: tools/kill_saves.py [--kills 300].

A child saves a model again and again, as `.keras`, `.weights.h5`, legacy `.h5`, through
ModelCheckpoint and into a CSV log; all weights of one save hold the same number, the next save's a
larger one. The child is killed with SIGKILL at a random moment, or at a random system event (an
open, rename, chmod, ... as Python's audit hooks tell). Then every file must be a whole model
whose weights all hold one number, not older than before; the log must hold whole lines only; and
when the folder is next written to, nothing else may be left in it.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

MODELS = ("model.keras", "model.h5", "model.weights.h5", "checkpoint.keras")


def make_model():
    import fastconv as keras

    model = keras.Sequential(
        [
            keras.Input((40,)),
            keras.layers.Dense(200, name="first"),
            keras.layers.Dense(30, name="second"),
        ]
    )
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def set_version(model, version):
    for variable in [*model.weights, *model.optimizer.variables]:
        variable.assign(np.full(variable.shape, version, variable.dtype))


def one_round(model, folder, version):
    """Every kind of save, with the number `version` in it."""
    from fastconv.callbacks import CallbackList, CSVLogger, ModelCheckpoint

    set_version(model, version)
    model.save(folder / "model.keras")
    model.save_weights(folder / "model.weights.h5")
    model.save(folder / "model.h5")
    callbacks = CallbackList(
        [
            ModelCheckpoint(folder / "checkpoint.keras"),
            CSVLogger(folder / "log.csv", append=True),
        ],
        model=model,
    )
    callbacks.on_train_begin()
    callbacks.on_epoch_end(version, {"loss": float(version), "accuracy": 1.0 / (version + 1)})
    callbacks.on_train_end()


def child(folder, version, at_event):
    """Save until killed; `at_event`: kill yourself at that audit event."""
    model = make_model()
    set_version(model, version)
    if at_event is not None:
        seen = [0]

        def hook(event, details):
            if event == "open" or event.startswith(("os.", "fcntl.", "shutil.")):
                seen[0] += 1
                if seen[0] == at_event:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
    while True:
        version += 1
        one_round(model, folder, version)


def check(folder, least):
    """The number in each file; raises if a file is not whole or older than `least` says."""
    import fastconv as keras

    found = {}
    for name in MODELS:
        path = folder / name
        if not path.exists():
            assert name not in least, f"{name} has vanished"
            continue
        if name.endswith(".weights.h5"):
            model = make_model()
            model.load_weights(path)
        else:
            model = keras.saving.load_model(path)
        values = {
            float(x)
            for variable in [*model.weights, *model.optimizer.variables]
            for x in np.unique(variable.numpy())
        }
        assert len(values) == 1, f"{name} is a mixture of {sorted(values)}"
        found[name] = values.pop()
        assert found[name] >= least.get(name, 0), f"{name} went back"
    log = folder / "log.csv"
    if log.exists() and log.stat().st_size:
        text = log.read_text()
        assert text.endswith("\n"), f"half a line: {text[-80:]!r}"
        head, *lines = text.splitlines()
        assert head.startswith("epoch,accuracy,loss"), head
        versions = [int(line.split(",")[0]) for line in lines]
        assert all(line.count(",") == head.count(",") for line in lines)
        assert all(float(line.split(",")[2]) == v for line, v in zip(lines, versions, strict=True))
        assert len(lines) >= least.get("lines", 0), "lines have vanished"
        found["lines"] = len(lines)
    return found


def run(kills, seed, folder):
    """Do it; returns figures."""
    rng = random.Random(seed)
    folder = Path(folder)
    make_model()  # imports everything before the forks
    least, version, leftovers = {}, 1, 0
    one_round(make_model(), folder, version)
    start = time.monotonic()
    for number in range(kills):
        at_event = rng.randint(1, 60) if number % 2 else None
        pid = os.fork()
        if not pid:
            try:
                child(folder, version, at_event)
            finally:
                os._exit(1)
        if at_event is None:
            time.sleep(rng.uniform(0, 0.2))
            os.kill(pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status == -signal.SIGKILL, f"the child ended with {status}"
        expected = {*MODELS, "log.csv"}
        rest = [p for p in folder.iterdir() if p.name not in expected]
        leftovers += len(rest)
        for path in rest:  # as if the next save came a minute later
            os.utime(path, (0, 0))
        found = check(folder, least)
        least |= found
        version = int(max(v for k, v in found.items() if k != "lines")) + 1
        if number % 5 == 4:
            one_round(make_model(), folder, version)
            rest = [p.name for p in folder.iterdir() if p.name not in expected]
            assert rest == [], f"left behind: {rest}"
    return {
        "kills": kills,
        "saves survived": version,
        "temporary files left by kills and removed later": leftovers,
        "seconds": round(time.monotonic() - start, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", help="on the file system to try; default: a temporary one")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print(json.dumps(run(options.kills, options.seed, folder), indent=1))


if __name__ == "__main__":
    main()
