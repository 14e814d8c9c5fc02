"""How objects show themselves: ``repr`` and ``str``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np


def _answer(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except AttributeError as error:
        return f"AttributeError: {error}"


def _objects(keras: Any) -> dict[str, Any]:
    layers, optimizers = keras.layers, keras.optimizers
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(5, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.set_weights([np.full(w.shape, 0.5, "float32") for w in model.get_weights()])
    unbuilt = keras.Sequential([layers.Dense(3)])
    x = keras.Input((4,), name="x")
    graph = keras.Model(x, layers.Dense(2, name="out")(x), name="graph")
    conv = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(2, 3, name="conv")])
    conv.set_weights([np.zeros(w.shape, "float32") for w in conv.get_weights()])
    return {
        "model": model,
        "model.layers": model.layers,
        "model.inputs": model.inputs,
        "model.outputs": model.outputs,
        "model.input (never called)": _answer(lambda: model.input),
        "model.output (never called)": _answer(lambda: model.output),
        "model.layers[0].output": model.layers[0].output,
        "model.layers[0].input": model.layers[0].input,
        "model.weights[1]": model.weights[1],
        "model.weights[0].shape": model.weights[0].shape,
        "model.weights[0].dtype": model.weights[0].dtype,
        "model.weights[0].name": model.weights[0].name,
        "model.weights[0].path": model.weights[0].path,
        "model.input_shape": model.input_shape,
        "model.output_shape": model.output_shape,
        "model.name": model.name,
        "model.built": model.built,
        "model.count_params()": model.count_params(),
        "unbuilt": unbuilt,
        "unbuilt.layers": unbuilt.layers,
        "unbuilt.weights": unbuilt.weights,
        "graph": graph,
        "graph.layers": graph.layers,
        "graph.inputs": graph.inputs,
        "graph.input": graph.input,
        "graph.output": graph.output,
        "conv.layers": conv.layers,
        "conv.weights": conv.weights,
        "conv.inputs": conv.inputs,
        "dtype_policy": model.layers[0].dtype_policy,
        "input": keras.Input((28, 28), dtype="int32", batch_size=3, name="picture"),
        "input_unnamed": keras.Input((2,)),
        "input_unknown": keras.Input((None, 2), name="series"),
        "variable": keras.Variable([1.0, 2.0], name="v"),
        "variable_int": keras.Variable(3, dtype="int32", name="count"),
        "variable_matrix": keras.Variable(np.eye(2, dtype="float32"), name="m"),
        "input_spec": layers.InputSpec(ndim=2, axes={-1: 8}),
        "dense": layers.Dense(5),
        "dense_built": model.layers[0],
        "dropout": layers.Dropout(0.5),
        "flatten": layers.Flatten(),
        "conv2d": layers.Conv2D(2, 3),
        "pooling": layers.MaxPooling2D(2),
        "batch_normalization": layers.BatchNormalization(),
        "input_layer": layers.InputLayer((3,)),
        "activation": layers.Activation("relu"),
        "optimizer": optimizers.Adam(),
        "schedule": optimizers.schedules.ExponentialDecay(0.1, 10, 0.5),
        "loss": keras.losses.MeanSquaredError(),
        "metric": keras.metrics.Mean(name="loss"),
        "metric_accuracy": keras.metrics.BinaryAccuracy(),
        "metric_auc": keras.metrics.AUC(),
        "initializer": keras.initializers.GlorotUniform(),
        "regularizer": keras.regularizers.L2(0.1),
        "constraint": keras.constraints.MaxNorm(2),
        "callback": keras.callbacks.EarlyStopping(),
        "relu": keras.activations.relu,
        "seed_generator": keras.random.SeedGenerator(3),
    }


def collect(keras: Any) -> dict[str, dict[str, str]]:
    """``repr`` and ``str`` of each object, addresses replaced."""

    def clean(text: str) -> str:
        return re.sub(r"0x[0-9a-f]{6,}", "0x", text)

    keras.utils.clear_session()
    found = {k: {"repr": clean(repr(v)), "str": clean(str(v))} for k, v in _objects(keras).items()}
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    history = model.fit(np.zeros((2, 2)), np.zeros((2, 1)), verbose=0)
    more = {
        "optimizer.learning_rate": model.optimizer.learning_rate,
        "optimizer.iterations": model.optimizer.iterations,
        "optimizer.variables[2]": model.optimizer.variables[2],
        "history": history,
        "history.epoch": history.epoch,
        "history.params": history.params,
        "model.metrics": model.metrics,
        "model.losses": model.losses,
        "type(predict)": type(model.predict(np.zeros((2, 2)), verbose=0)).__name__,
        "type(evaluate)": type(
            model.evaluate(np.zeros((2, 2)), np.zeros((2, 1)), verbose=0)
        ).__name__,
        "type(history loss)": type(history.history["loss"][0]).__name__,
        "type(train_on_batch)": type(
            model.train_on_batch(np.zeros((2, 2)), np.zeros((2, 1)))
        ).__name__,
    }
    found |= {k: {"repr": clean(repr(v)), "str": clean(str(v))} for k, v in more.items()}
    return found
