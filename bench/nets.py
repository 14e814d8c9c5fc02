"""The course's two networks, as each rival would have them written: one epoch, one prediction.

Every trainer has ``epoch()`` (a pass over the data, batch 32, shuffled), ``loss()`` (on all
training data) and ``predict(x)``. Rivals that are not installed are left out.
"""

import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

BATCH = 32


def fashion(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Real Fashion-MNIST images from 0 to 1 where installed, else as many rows of noise."""
    from fastconv.datasets import fashion_mnist

    try:
        (images, labels), _ = fashion_mnist.load_data()
    except (OSError, ValueError):
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (rows, 28, 28), dtype=np.uint8)
        labels = rng.integers(0, 10, rows, dtype=np.uint8)
    return (images[:rows] / np.float32(255)).astype(np.float32), labels[:rows].astype(np.int64)


def keras_layers(keras: Any, kind: str) -> list[Any]:
    """Layers of the network `kind` ("mlp" or "cnn") of fastconv or Keras."""
    layers = keras.layers
    if kind == "mlp":
        return [
            keras.Input((784,)),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    return [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(100, activation="relu"),
        layers.Dropout(0.4),
        layers.Dense(10, activation="softmax"),
    ]


class KerasTrainer:
    """fastconv or Keras, whose scripts are the same."""

    def __init__(self, keras: Any, kind: str, x: np.ndarray, y: np.ndarray, **compile: Any) -> None:
        keras.utils.set_random_seed(0)
        self.model = keras.Sequential(keras_layers(keras, kind))
        self.model.compile("adam", "sparse_categorical_crossentropy", **compile)
        self.x, self.y = x, y

    def epoch(self) -> None:
        self.model.fit(self.x, self.y, batch_size=BATCH, epochs=1, verbose=0)

    def loss(self) -> float:
        result = self.model.evaluate(self.x, self.y, batch_size=1000, verbose=0)
        return float(np.ravel(result)[0])

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.model.predict_on_batch(x))

    def predict_rows(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x, verbose=0)


class NumpyTrainer:
    """The MLP by hand: flat arrays, Adam in place. What a careful NumPy user writes."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        rng = np.random.default_rng(0)
        self.rng, self.x, self.y = rng, x, y
        sizes = [(784, 100), (100,), (100, 10), (10,)]
        count = sum(int(np.prod(s)) for s in sizes)
        self.p, self.g, self.m, self.v = (np.zeros(count, np.float32) for _ in range(4))
        self.s, self.t = np.empty(count, np.float32), 0

        def views(flat: np.ndarray) -> list[np.ndarray]:
            at, found = 0, []
            for size in sizes:
                n = int(np.prod(size))
                found.append(flat[at : at + n].reshape(size))
                at += n
            return found

        self.w1, self.b1, self.w2, self.b2 = views(self.p)
        self.dw1, self.db1, self.dw2, self.db2 = views(self.g)
        for w in (self.w1, self.w2):
            limit = np.sqrt(6 / sum(w.shape))
            w[...] = rng.uniform(-limit, limit, w.shape)

    def step(self, x: np.ndarray, y: np.ndarray) -> None:
        n = len(x)
        a = np.maximum(x @ self.w1 + self.b1, 0)
        mask = (self.rng.random(a.shape, np.float32) >= 0.3) * np.float32(1 / 0.7)
        h = a * mask
        z = h @ self.w2 + self.b2
        z -= z.max(1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(1, keepdims=True)
        z[np.arange(n), y] -= 1
        z *= np.float32(1 / n)
        np.matmul(h.T, z, out=self.dw2)
        np.sum(z, 0, out=self.db2)
        da = (z @ self.w2.T) * mask
        da *= a > 0
        np.matmul(x.T, da, out=self.dw1)
        np.sum(da, 0, out=self.db1)
        self.t += 1
        rate = np.float32(0.001 * np.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t))
        g, m, v, s = self.g, self.m, self.v, self.s
        np.subtract(g, m, out=s)
        s *= np.float32(0.1)
        m += s
        np.multiply(g, g, out=s)
        s -= v
        s *= np.float32(0.001)
        v += s
        np.sqrt(v, out=s)
        s += np.float32(1e-7)
        np.divide(m, s, out=s)
        s *= rate
        self.p -= s

    def epoch(self) -> None:
        order = self.rng.permutation(len(self.x))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            self.step(self.x[rows], self.y[rows])

    def predict(self, x: np.ndarray) -> np.ndarray:
        z = np.maximum(x @ self.w1 + self.b1, 0) @ self.w2 + self.b2
        z = np.exp(z - z.max(1, keepdims=True))
        return z / z.sum(1, keepdims=True)

    def loss(self) -> float:
        p = self.predict(self.x)[np.arange(len(self.y)), self.y]
        return float(-np.log(np.maximum(p, 1e-7)).mean())


class TorchTrainer:
    """PyTorch, eager or compiled; the data are tensors already, batches are index_select'ed."""

    def __init__(
        self, kind: str, x: np.ndarray, y: np.ndarray, compiled: bool = False, last: bool = False
    ) -> None:
        import torch
        from torch import nn

        torch.manual_seed(0)
        self.torch = torch
        if kind == "mlp":
            net = nn.Sequential(nn.Linear(784, 100), nn.ReLU(), nn.Dropout(0.3), nn.Linear(100, 10))
            self.x = torch.from_numpy(x)
        else:
            net = nn.Sequential(
                nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                nn.Flatten(), nn.Linear(3136, 100), nn.ReLU(), nn.Dropout(0.4),
                nn.Linear(100, 10),
            )  # fmt: skip
            self.x = torch.from_numpy(x.reshape(-1, 1, 28, 28))
        if last:
            net = net.to(memory_format=torch.channels_last)
        self.net = torch.compile(net) if compiled else net
        self.y = torch.from_numpy(y)
        self.optimizer = torch.optim.Adam(net.parameters(), eps=1e-7)
        self.criterion = nn.CrossEntropyLoss()

    def epoch(self) -> None:
        torch = self.torch
        self.net.train()
        order = torch.randperm(len(self.x))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.criterion(self.net(self.x[rows]), self.y[rows])
            loss.backward()
            self.optimizer.step()

    def predict(self, x: np.ndarray) -> np.ndarray:
        torch = self.torch
        self.net.eval()
        with torch.inference_mode():
            given = torch.from_numpy(x.reshape(-1, *self.x.shape[1:]))
            return torch.softmax(self.net(given), 1).numpy()

    def loss(self) -> float:
        p = self.predict(self.x.numpy())[np.arange(len(self.y)), self.y.numpy()]
        return float(-np.log(np.maximum(p, 1e-7)).mean())


class SklearnTrainer:
    """scikit-learn's MLPClassifier (no dropout there)."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        from sklearn.neural_network import MLPClassifier

        self.x, self.y = x, y
        self.net = MLPClassifier((100,), alpha=0, batch_size=BATCH, random_state=0)
        self.classes = np.arange(10)

    def epoch(self) -> None:
        self.net.partial_fit(self.x, self.y, classes=self.classes)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.net.predict_proba(x)

    def loss(self) -> float:
        p = self.predict(self.x)[np.arange(len(self.y)), self.y]
        return float(-np.log(np.maximum(p, 1e-7)).mean())


class OnnxTrainer:
    """ONNX Runtime, which only predicts: the network with weights of the same distribution."""

    def __init__(self, kind: str, x: np.ndarray) -> None:
        import onnxruntime
        from onnx import TensorProto, helper, numpy_helper

        rng = np.random.default_rng(0)
        self.shape = (784,) if kind == "mlp" else (1, 28, 28)
        nodes, weights, last = [], [], "x"

        def node(op: str, shapes: list[tuple[int, ...]], **attributes: Any) -> None:
            nonlocal last
            inputs = [last]
            for shape in shapes:
                limit = np.sqrt(6 / max(1, int(np.prod(shape[:-1]))))
                made = rng.uniform(-limit, limit, shape).astype(np.float32)
                weights.append(numpy_helper.from_array(made, f"w{len(weights)}"))
                inputs.append(weights[-1].name)
            last = f"y{len(nodes)}"
            nodes.append(helper.make_node(op, inputs, [last], **attributes))

        if kind == "cnn":
            for ci, co in ((1, 32), (32, 64)):
                node("Conv", [(co, ci, 3, 3), (co,)], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
                node("Relu", [])
                node("MaxPool", [], kernel_shape=[2, 2], strides=[2, 2])
            node("Flatten", [])
        node("Gemm", [(784 if kind == "mlp" else 3136, 100), (100,)])
        node("Relu", [])
        node("Gemm", [(100, 10), (10,)])
        node("Softmax", [])
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            nodes, "net", [value("x", TensorProto.FLOAT, ["n", *self.shape])],
            [value(last, TensorProto.FLOAT, ["n", 10])], weights,
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        self.session = onnxruntime.InferenceSession(model.SerializeToString())

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.session.run(None, {"x": x.reshape(-1, *self.shape)})[0]


def has(package: str) -> bool:
    """Whether a package is installed (a mere folder of that name on the path is none)."""
    spec = importlib.util.find_spec(package)
    return spec is not None and spec.origin is not None


KERAS_BACKENDS = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


def names(kind: str, training: bool = True) -> list[str]:
    """The rivals that this interpreter has for the network `kind`."""
    found = []
    if kind == "mlp":
        found.append("numpy by hand")
        if has("sklearn"):
            found.append("scikit-learn")
    if has("torch"):
        found += ["torch eager", "torch compiled"]
        if kind == "cnn":
            found += ["torch channels_last", "torch compiled channels_last"]
    if has("keras"):
        found += [f"keras-{b}" for b, package in KERAS_BACKENDS.items() if has(package)]
    if not training and has("onnx") and has("onnxruntime"):
        found.append("onnxruntime")
    return found


def make(name: str, kind: str, x: np.ndarray, y: np.ndarray) -> Any:
    """The trainer called `name`. Keras's backend holds for the whole process."""
    if name == "numpy by hand":
        return NumpyTrainer(x, y)
    if name == "scikit-learn":
        return SklearnTrainer(x, y)
    if name == "onnxruntime":
        return OnnxTrainer(kind, x)
    if name.startswith("torch"):
        return TorchTrainer(kind, x, y, "compiled" in name, "channels_last" in name)
    if name.startswith("keras-"):
        os.environ["KERAS_BACKEND"] = name.partition("-")[2]
        import keras

        return KerasTrainer(keras, kind, x, y)
    import fastconv

    return KerasTrainer(fastconv, kind, x, y)


def trainers(kind: str, rows: int, training: bool = True) -> Iterator[tuple[str, Any]]:
    """(name, trainer) of fastconv, first, and of every rival that is found.

    Each rival runs in a process of its own (see `elsewhere`): Keras has one backend a process, and
    the libraries' thread pools stay apart.
    """
    from elsewhere import Elsewhere, interpreters

    x, y = fashion(rows)
    x = x.reshape(len(x), 784) if kind == "mlp" else x[..., None]
    yield "fastconv", make("fastconv", kind, x, y)
    taken = set()
    for python in interpreters():
        for name in Elsewhere.names(python, kind, training):
            if name not in taken:
                taken.add(name)
                yield name, Elsewhere(python, name, kind, x, y)
