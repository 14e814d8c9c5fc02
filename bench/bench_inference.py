"""Inference: one row, and many, of the course's networks, beside every rival that is found."""

import nets
import numpy as np
from elsewhere import Elsewhere
from paired import Runner

CELLS = {
    "bench_predict": (
        [("mlp", 1), ("cnn", 1)],
        [("mlp", 1), ("mlp", 32), ("mlp", 2000), ("cnn", 1), ("cnn", 32), ("cnn", 500)],
    )
}


def bench_predict(cell, race):
    kind, rows = cell
    found = list(nets.trainers(kind, max(rows, 64), training=False))
    ours = found[0][1]
    x = ours.x[:rows]
    net = ours.model.compile_inference()
    runners = [
        Runner("fastconv", lambda: ours.model(x).data),
        Runner("fastconv compiled", lambda: net(x)),
        Runner("fastconv predict", lambda: ours.model.predict(x, verbose=0)),
    ]
    expected = ours.predict(x)
    for runner in runners:
        np.testing.assert_allclose(runner.call(), expected, rtol=1e-4, atol=1e-6)
    for name, trainer in found[1:]:
        if name == "scikit-learn":
            trainer.epoch()  # it predicts only after training
        probabilities = trainer.predict(rows)
        assert probabilities.shape == expected.shape, name
        np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-4, err_msg=name)
        methods = ["predict", "predict_rows"] if name.startswith("keras") else ["predict"]
        for method in methods:
            label = name + (" predict" if method == "predict_rows" else "")
            runners.append(
                Runner(label, lambda: None, seconds=_timer(trainer, method, rows))
            )  # fmt: skip
    race(
        runners, None, 0, op=f"{kind} inference", dtype="float32", size=f"{rows} rows", taps="",
        work=0, versions={n: t.version for n, t in found[1:]},
    )  # fmt: skip
    for _, trainer in found[1:]:
        trainer.close()


def _timer(trainer: Elsewhere, method: str, rows: int):
    return lambda repeats: trainer.seconds(method, repeats, rows)
