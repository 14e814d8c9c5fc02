"""Training: an epoch of the course's MLP and CNN, batch 32, beside every installed rival.

Checked before timing: each rival has learnt the same (training loss after the warm-up epochs).
"""

import nets
import numpy as np
import pytest
from paired import Runner

CELLS = {
    "bench_epoch": ([("mlp", 3200), ("cnn", 320)], [("mlp", 48000), ("cnn", 4800)]),
    "bench_batch_size": (
        [("mlp", 32)],
        [("mlp", n) for n in (1, 8, 32, 128, 512)],
    ),
}


def bench_epoch(cell, race):
    kind, rows = cell
    found = list(nets.trainers(kind, rows))
    losses = {}
    for name, trainer in found:
        trainer.epoch()
        losses[name] = trainer.loss()
    best = min(losses.values())
    slow = {name: loss for name, loss in losses.items() if loss > 1.6 * best + 0.15}
    assert not slow, f"did not learn as the others did: {losses}"
    race(
        [Runner(name, trainer.epoch) for name, trainer in found],
        None, 0, op=f"epoch of the {kind}", dtype="float32", size=f"{rows} rows, batch 32",
        taps="", work=0,
    )  # fmt: skip


def bench_batch_size(cell, race):
    kind, size = cell
    import fastconv

    x, y = nets.fashion(6400)
    x = x.reshape(len(x), 784)
    mine = nets.KerasTrainer(fastconv, kind, x, y)

    def epoch():
        mine.model.fit(x, y, batch_size=size, epochs=1, verbose=0)

    race(
        [Runner("fastconv", epoch)], None, 0, op=f"{kind} by batch size", dtype="float32",
        size=f"6400 rows, batch {size}", taps="", work=0,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def bench_predictions_agree(kind):
    """Not a timing: fastconv's and NumPy's forward passes give the same numbers."""
    x, y = nets.fashion(64)
    x = x.reshape(len(x), 784) if kind == "mlp" else x[..., None]
    import fastconv

    mine = nets.KerasTrainer(fastconv, kind, x, y)
    one_by_one = np.concatenate([mine.predict(x[i : i + 1]) for i in range(8)])
    np.testing.assert_allclose(one_by_one, mine.predict(x[:8]), rtol=2e-5, atol=1e-6)
