"""Small models whose files are handed between Keras versions and fastconv.

Everything takes the Keras module as an argument: keras 3.0.5 to 3.15.1, tf_keras or fastconv.
Weights are set from fixed numbers, so that every writer starts from the same model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras_cases.common import integers, uniform

Arrays = list[np.ndarray]
KOREAN = ("은닉층", "출력층")


def is_tf_keras(keras: Any) -> bool:
    """Whether this is Keras 2's API."""
    return keras.__name__ == "tf_keras"


def on_tensorflow(keras: Any) -> bool:
    """Whether TensorFlow runs the model (its name scopes allow ASCII only), or may read it."""
    return is_tf_keras(keras) or keras.config.backend() in ("tensorflow", "fastconv")


def mlp(keras: Any, names: tuple[str, str] | None = None) -> Any:
    """Dense, dropout, dense: the course's first network, in Korean where that works."""
    ascii_only = on_tensorflow(keras)
    hidden, output = names or (("hidden", "output") if ascii_only else KOREAN)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(5, activation="relu", name=hidden),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax", name=output),
        ],
        name="mlp",
    )
    _fill(model)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.01),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def cnn(keras: Any) -> Any:
    """Convolution, batch normalisation, pooling, separable convolution."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(4, 3, padding="same", activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(momentum=0.9),
            layers.MaxPooling2D(2),
            layers.SeparableConv2D(5, 3, depth_multiplier=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(3),
        ],
        name="cnn",
    )
    _fill(model)
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.02, momentum=0.9, nesterov=True),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")],
    )
    return model


def functional(keras: Any) -> Any:
    """Two inputs, a shared layer, a branch, two outputs, a learning rate schedule."""
    layers = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, activation="relu", name="shared")
    left, right = shared(a), shared(b)
    branch = layers.Dense(3, activation="tanh", name="branch")(a)
    joined = layers.Concatenate(name="joined")([layers.Add(name="sum")([left, branch]), right])
    kind = layers.Dense(3, activation="softmax", name="kind")(joined)
    value = layers.Dense(1, name="value")(joined)
    model = keras.Model(inputs=[a, b], outputs=[kind, value], name="two_headed")
    _fill(model)
    rate = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=4, decay_rate=0.5)
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=rate, rho=0.8),
        loss=["categorical_crossentropy", "mse"],
        loss_weights=[1.0, 0.5],
        metrics=[["accuracy"], ["mae"]],
    )
    return model


def nested(keras: Any) -> Any:
    """A Sequential and a functional model as layers of a functional one."""
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(4, activation="tanh", name="code"),
            layers.LayerNormalization(name="norm"),
        ],
        name="encoder",
    )
    inside = keras.Input((4,), name="inside")
    head = keras.Model(inside, layers.Dense(2, name="both")(layers.ReLU()(inside)), name="head")
    x = keras.Input((6,), name="x")
    model = keras.Model(x, layers.Softmax(name="out")(head(encoder(x))), name="outer")
    _fill(model)
    model.compile(
        optimizer=keras.optimizers.AdamW(learning_rate=0.01, weight_decay=0.02),
        loss="binary_crossentropy",
        metrics=["mse"],
    )
    return model


def zoo(keras: Any) -> Any:
    """Most other layers once, with options that the default config does not have."""
    layers = keras.layers
    slope = {"alpha": 0.2} if is_tf_keras(keras) else {"negative_slope": 0.2}
    x = keras.Input((6, 6, 3), name="image")
    normalization = layers.Normalization(axis=-1, name="normalization")
    h = layers.Rescaling(0.5, offset=0.1)(x)
    h = normalization(h)
    h = layers.ZeroPadding2D(((0, 1), (1, 0)))(h)
    h = layers.DepthwiseConv2D(2, depth_multiplier=2, padding="valid")(h)
    h = layers.PReLU(shared_axes=[1, 2])(h)
    h = layers.Conv2DTranspose(4, 3, strides=2, padding="same", use_bias=False)(h)
    h = layers.GroupNormalization(2)(h)
    h = layers.LeakyReLU(**slope)(h)
    h = layers.Cropping2D(((1, 1), (2, 1)))(h)
    h = layers.AveragePooling2D((2, 3), strides=2, padding="same")(h)
    h = layers.Conv2D(4, 2, groups=2, dilation_rate=1, activation="elu", bias_initializer="ones")(h)
    h = layers.UpSampling2D(2, interpolation="bilinear")(h)
    h = layers.SpatialDropout2D(0.2)(h)
    h = layers.Permute((3, 1, 2))(h)
    h = layers.Reshape((4, -1))(h)
    h = layers.Conv1D(3, 2, padding="causal", dilation_rate=2, activation="gelu")(h)
    h = layers.BatchNormalization(axis=1, center=False)(h)
    h = layers.MaxPooling1D(2)(h)
    pooled = layers.GlobalAveragePooling1D()(h)
    flat = layers.Flatten()(h)
    flat = layers.Dense(
        3,
        activation="softplus",
        kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=3),
        kernel_regularizer=keras.regularizers.L1L2(l1=0.01, l2=0.02),
        kernel_constraint=keras.constraints.MaxNorm(2),
        bias_constraint="non_neg",
    )(flat)
    h = layers.Average()([pooled, flat])
    h = layers.GaussianNoise(0.1)(layers.UnitNormalization()(h))
    h = layers.AlphaDropout(0.1)(layers.Multiply()([h, pooled]))
    out = layers.Activation("sigmoid")(layers.Maximum()([h, flat]))
    model = keras.Model(x, out, name="zoo")
    _fill(model)
    return model


def text(keras: Any) -> Any:
    """Embedding and a 1-D convolution over word numbers."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            layers.Embedding(11, 4),
            layers.SpatialDropout1D(0.2),
            layers.Conv1D(5, 3, strides=2, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="text",
    )
    _fill(model)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.01, amsgrad=True),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


MODELS: dict[str, Callable[[Any], Any]] = {
    "mlp": mlp,
    "cnn": cnn,
    "functional": functional,
    "nested": nested,
    "zoo": zoo,
    "text": text,
}
# with dropout two steps of training differ between writers, and zoo is not compiled
RESUMABLE = ("cnn", "functional", "nested")
TRAINED = ("mlp", "cnn", "functional", "nested", "text")
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "Adamax": {},
    "Nadam": {},
    "RMSprop": {"momentum": 0.9, "centered": True},
    "Adagrad": {},
    "Adadelta": {},
    "Lion": {},
    "Adam_ema": {"use_ema": True},
}


def data(name: str) -> tuple[Any, Any]:
    """24 inputs and targets for the model ``name``."""
    n = 24
    if name == "functional":
        x = [uniform((n, 4), 1, -2, 2), uniform((n, 4), 2, -2, 2)]
        return x, [np.eye(3, dtype="float32")[integers((n,), 3, 3)], uniform((n, 1), 4)]
    if name == "text":
        return integers((n, 7), 5, 11).astype("int32"), integers((n, 1), 6, 2).astype("float32")
    if name == "nested":
        return uniform((n, 6), 7, -2, 2), np.eye(2, dtype="float32")[integers((n,), 8, 2)]
    shape = {"mlp": (8,), "cnn": (8, 8, 2), "zoo": (6, 6, 3)}[name]
    return uniform((n, *shape), 9, -1, 2), integers((n,), 10, 3)


def optimizer_model(keras: Any, name: str) -> Any:
    """A tiny compiled model with one of ``OPTIMIZERS``."""
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(2, activation="tanh"), keras.layers.Dense(3)]
    )
    _fill(model)
    optimizer = getattr(keras.optimizers, name.split("_")[0])
    model.compile(optimizer=optimizer(learning_rate=0.05, **OPTIMIZERS[name]), loss="mse")
    return model


def steps(model: Any, x: Any, y: Any, count: int, start: int = 0) -> None:
    """Train on ``count`` batches of 8 rows, always the same ones."""
    for step in range(start, start + count):
        rows = slice(8 * (step % 3), 8 * (step % 3) + 8)
        pick = [
            [v[rows] for v in side] if isinstance(side, list) else side[rows] for side in (x, y)
        ]
        model.train_on_batch(*pick)


def _fill(model: Any) -> None:
    values = []
    for i, w in enumerate(model.get_weights()):
        name = model.weights[i].name
        # variances and Normalization's count must not be negative
        low = 0.5 if "variance" in name or w.ndim == 0 else -0.6
        value = uniform(w.shape, 30 + i, low, 0.6 if low < 0 else 1.5)
        values.append(value.astype(w.dtype) if w.ndim else np.array(5, w.dtype))
    model.set_weights(values)
    for layer in model.layers:
        # Normalization computes with what it derives from its weights
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
