"""How the time of an epoch grows: with batch size, width, depth, size of the images, threads.

One cell is one network; it is trained with all threads and with one. Not a race with others: the
shape of the curve is of interest. `bench_denormals` shows that numbers too small to be normal cost
nothing (they are flushed to zero while a network's kernels run).
"""

import nets
import numpy as np
from paired import Runner

import fastconv
from fastconv import _runtime

LAYERS = fastconv.layers
BATCHES = [("batch", n) for n in (1, 8, 32, 128, 512)]
WIDTHS = [("width", n) for n in (32, 100, 512, 2048)]
DEPTHS = [("depth", n) for n in (1, 2, 4, 8)]
IMAGES = [("image", n) for n in (14, 28, 56)]
CELLS = {
    "bench_scaling": ([("batch", 32), ("image", 14)], BATCHES + WIDTHS + DEPTHS + IMAGES),
    "bench_denormals": ([("mlp",)], [("mlp",), ("cnn",)]),
}
ROWS = {"batch": 3200, "width": 3200, "depth": 3200, "image": 320}


def network(what, n):
    """(model, inputs) for one value of what is varied."""
    fastconv.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    if what == "image":
        x = rng.random((ROWS[what], n, n, 1), np.float32)
        made = nets.keras_layers(fastconv, "cnn")[1:]
        layers = [fastconv.Input((n, n, 1)), *made]
    else:
        x = rng.random((ROWS[what], 784), np.float32)
        width, depth = n if what == "width" else 100, n if what == "depth" else 1
        hidden = [LAYERS.Dense(width, activation="relu") for _ in range(depth)]
        layers = [fastconv.Input((784,)), *hidden, LAYERS.Dense(10, activation="softmax")]
    model = fastconv.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, x


def bench_scaling(cell, race):
    what, n = cell
    model, x = network(what, n)
    y = np.arange(len(x)) % 10
    size = n if what == "batch" else 32

    def epoch():
        model.fit(x, y, batch_size=size, epochs=1, verbose=0)

    def alone():
        with _runtime.limit_threads(1):
            epoch()

    race(
        [Runner("fastconv", epoch), Runner("fastconv, one thread", alone)], None, 0,
        op=f"epoch by {what}", dtype="float32", size=f"{n} ({len(x)} rows)", taps="", work=0,
    )  # fmt: skip


def bench_denormals(cell, race):
    (kind,) = cell
    runners = []
    for name, scale in (("fastconv", 1.0), ("fastconv, denormals", 1e-39)):
        x, y = nets.fashion(640)
        x = x.reshape(len(x), 784) if kind == "mlp" else x[..., None]
        model = fastconv.Sequential(nets.keras_layers(fastconv, kind))
        model.compile(fastconv.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
        for weight in model.weights:
            weight.assign(weight.numpy() * scale)
        x = x * np.float32(scale)
        runners.append(
            Runner(name, lambda m=model, x=x, y=y: m.fit(x, y, batch_size=32, verbose=0))
        )
    race(
        runners, None, 0, op=f"denormals in the {kind}", dtype="float32", size="640 rows",
        taps="", work=0,
    )  # fmt: skip
    x = np.array([1e-39], np.float32)
    assert x[0] * np.float32(1) != 0, "the mode was not restored"
