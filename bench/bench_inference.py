"""Inference: one row, and many, of the course's networks, beside every installed rival."""

import nets
import numpy as np
from paired import Runner

CELLS = {
    "bench_predict": (
        [("mlp", 1), ("cnn", 1)],
        [("mlp", 1), ("mlp", 32), ("mlp", 1000), ("cnn", 1), ("cnn", 32)],
    )
}


def onnx_runner(model, x):
    """ONNX Runtime on the network that Keras itself exported, where both are installed."""
    import os
    import tempfile

    import keras
    import onnxruntime

    folder = tempfile.mkdtemp()
    saved, exported = os.path.join(folder, "m.keras"), os.path.join(folder, "m.onnx")
    model.save(saved)
    keras.models.load_model(saved).export(exported, format="onnx", verbose=False)
    options = onnxruntime.SessionOptions()
    session = onnxruntime.InferenceSession(exported, options)
    name = session.get_inputs()[0].name
    return Runner("onnxruntime", lambda: session.run(None, {name: x})[0])


def bench_predict(cell, race):
    kind, rows = cell
    found = list(nets.trainers(kind, max(rows, 64)))
    x, _ = nets.fashion(max(rows, 64))
    x = (x.reshape(len(x), 784) if kind == "mlp" else x[..., None])[:rows]
    ours = found[0][1]
    runners = [Runner("fastconv", lambda: ours.model(x).data)]
    runners.append(Runner("fastconv predict", lambda: ours.model.predict(x, verbose=0)))
    expected = ours.predict(x)
    np.testing.assert_allclose(np.asarray(runners[1].call()), expected, rtol=1e-5)
    for name, trainer in found[1:]:
        trainer.epoch()  # scikit-learn predicts only after training
        if hasattr(trainer, "model"):
            runners.append(
                Runner(f"{name} predict", lambda t=trainer: t.model.predict(x, verbose=0))
            )
        runners.append(Runner(name, lambda t=trainer: t.predict(x)))
    if nets.has("onnxruntime") and nets.has("keras") and nets.has("tf2onnx"):
        runners.append(onnx_runner(ours.model, x))
    race(
        runners, None, 0, op=f"{kind} inference", dtype="float32", size=f"{rows} rows", taps="",
        work=0,
    )  # fmt: skip
