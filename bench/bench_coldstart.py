"""Cold start: a new process that imports, loads a ``.keras`` file and predicts one row."""

import json
import subprocess
import sys

import nets
import numpy as np
from paired import Runner

CELLS = {"bench_cold_start": ([("mlp",)], [("mlp",), ("cnn",)])}

SCRIPT = """
import sys
import numpy as np
import {library} as keras
model = keras.models.load_model(sys.argv[1])
x = np.load(sys.argv[2])
print(repr(np.asarray(model.predict_on_batch(x)).ravel().tolist()))
"""


def bench_cold_start(cell, race, tmp_path):
    (kind,) = cell
    import fastconv

    x, y = nets.fashion(64)
    x = x.reshape(len(x), 784) if kind == "mlp" else x[..., None]
    mine = nets.KerasTrainer(fastconv, kind, x, y)
    mine.model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", x[:1])

    def start(library):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(library=library), tmp_path / "m.keras",
             tmp_path / "x.npy"],
            check=True, capture_output=True, text=True, cwd=tmp_path,  # not the unbuilt clone
        )  # fmt: skip
        return np.array(json.loads(done.stdout.strip().splitlines()[-1]))

    runners = [Runner("fastconv", lambda: start("fastconv"))]
    if nets.has("keras"):
        runners.append(Runner("keras", lambda: start("keras")))
    race(
        runners, mine.predict(x[:1]).ravel(), 1e-4, op="cold start", dtype="float32", size=kind,
        taps="", work=0,
    )  # fmt: skip
