"""Training: epochs of the course's MLP and CNN, batch 32, beside every rival that is found.

Rivals run in processes of their own, possibly of other environments (`elsewhere`), and take turns.
Checked before timing: each has learnt the same (training loss after one epoch).
"""

import sys

import nets
import numpy as np
import pytest
from elsewhere import Elsewhere
from paired import Runner

CELLS = {
    "bench_epoch": ([("mlp", 3200), ("cnn", 320)], [("mlp", 9600), ("cnn", 1600)]),
    "bench_memory": ([("mlp", 3200)], [("mlp", 9600), ("cnn", 1600)]),
}


def bench_epoch(cell, race):
    kind, rows = cell
    found = list(nets.trainers(kind, rows))
    runners, losses = [], {}
    for name, trainer in found:
        trainer.epoch()
        losses[name] = trainer.loss()
        timed = trainer.seconds if isinstance(trainer, Elsewhere) else None
        runners.append(
            Runner(name, trainer.epoch, seconds=timed and (lambda n, t=timed: t("epoch", n)))
        )
    best = min(losses.values())
    slow = {name: loss for name, loss in losses.items() if loss > 1.6 * best + 0.15}
    assert not slow, f"did not learn as the others did: {losses}"
    race(
        runners, None, 0, op=f"epoch of the {kind}", dtype="float32",
        size=f"{rows} rows, batch 32", taps="", work=0,
        versions={n: t.version for n, t in found if isinstance(t, Elsewhere)},
    )  # fmt: skip
    for _, trainer in found:
        if isinstance(trainer, Elsewhere):
            trainer.close()


def bench_memory(cell, benchmark):
    """Not a timing: the largest resident size of a process that trains, less its data."""
    kind, rows = cell
    x, y = nets.fashion(rows)
    x = x.reshape(len(x), 784) if kind == "mlp" else x[..., None]
    found = [("fastconv", Elsewhere(sys.executable, "fastconv", kind, x, y))]
    found += [pair for pair in nets.trainers(kind, rows) if isinstance(pair[1], Elsewhere)]
    peaks = {}
    for name, trainer in found:
        trainer.epoch()
        peaks[name] = round((trainer.peak() - x.nbytes - y.nbytes) / 1e6, 1)
        trainer.close()
    benchmark.extra_info.update(op=f"memory of the {kind}", megabytes=peaks)
    benchmark.pedantic(lambda: None, rounds=1)


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def bench_predictions_agree(kind):
    """Not a timing: one row at a time and many at once give the same numbers."""
    x, y = nets.fashion(64)
    x = x.reshape(len(x), 784) if kind == "mlp" else x[..., None]
    mine = nets.make("fastconv", kind, x, y)
    one_by_one = np.concatenate([mine.predict(x[i : i + 1]) for i in range(8)])
    np.testing.assert_allclose(one_by_one, mine.predict(x[:8]), rtol=2e-5, atol=1e-6)
