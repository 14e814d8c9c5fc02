"""Twenty training steps of a small MLP with each optimizer, and the values of the schedules.

Network: 8 - Dense 5 relu - Dense 3 softmax, float32, sparse categorical cross-entropy, 20 batches
of 16 rows in order (``train_on_batch``). ``optimizers.json`` has ``x`` (320, 8), ``y`` (320,),
``weights`` (initial, in ``get_weights()`` order) and ``cases``: for each ``class_name``,
``kwargs`` (:func:`build` makes the optimizer), ``weights`` after 20 steps, ``state`` (the
optimizer's variables in ``optimizer.variables`` order), ``paths`` of those, ``loss`` (20,) of each
batch before its step; with ``use_ema`` also ``final``, the weights after
``finalize_variable_values``. ``schedules.json``: for each case the learning rate at ``steps``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from keras_cases.common import integers, uniform, write_json, write_packed

BATCH, STEPS = 16, 20


def _schedule(name: str, **kwargs: Any) -> dict[str, Any]:
    return {"schedule": name, "kwargs": kwargs}


SCHEDULES: dict[str, dict[str, Any]] = {
    "exponential": _schedule(
        "ExponentialDecay", initial_learning_rate=0.1, decay_steps=7, decay_rate=0.6
    ),
    "exponential_staircase": _schedule(
        "ExponentialDecay",
        initial_learning_rate=0.1,
        decay_steps=7,
        decay_rate=0.6,
        staircase=True,
    ),
    "piecewise": _schedule("PiecewiseConstantDecay", boundaries=[4, 11], values=[0.1, 0.04, 0.01]),
    "polynomial": _schedule(
        "PolynomialDecay",
        initial_learning_rate=0.1,
        decay_steps=15,
        end_learning_rate=0.01,
        power=2.0,
    ),
    "polynomial_cycle": _schedule(
        "PolynomialDecay",
        initial_learning_rate=0.1,
        decay_steps=8,
        end_learning_rate=0.01,
        power=0.5,
        cycle=True,
    ),
    "inverse_time": _schedule(
        "InverseTimeDecay", initial_learning_rate=0.1, decay_steps=5, decay_rate=0.5
    ),
    "inverse_time_staircase": _schedule(
        "InverseTimeDecay",
        initial_learning_rate=0.1,
        decay_steps=5,
        decay_rate=0.5,
        staircase=True,
    ),
    "cosine": _schedule("CosineDecay", initial_learning_rate=0.1, decay_steps=16, alpha=0.1),
    "cosine_warmup": _schedule(
        "CosineDecay",
        initial_learning_rate=0.0,
        decay_steps=12,
        alpha=0.05,
        warmup_target=0.1,
        warmup_steps=5,
    ),
    "cosine_restarts": _schedule(
        "CosineDecayRestarts",
        initial_learning_rate=0.1,
        first_decay_steps=6,
        t_mul=2.0,
        m_mul=0.8,
        alpha=0.1,
    ),
    "cosine_restarts_equal": _schedule(
        "CosineDecayRestarts", initial_learning_rate=0.1, first_decay_steps=6, t_mul=1.0
    ),
}


def _case(name: str, **kwargs: Any) -> dict[str, Any]:
    return {"class_name": name, "kwargs": kwargs}


CASES: dict[str, dict[str, Any]] = {
    "sgd": _case("SGD", learning_rate=0.1),
    "sgd_default": _case("SGD"),
    "sgd_momentum": _case("SGD", learning_rate=0.05, momentum=0.9),
    "sgd_nesterov": _case("SGD", learning_rate=0.05, momentum=0.9, nesterov=True),
    "adam": _case("Adam", learning_rate=0.02),
    "adam_default": _case("Adam"),
    "adam_betas": _case("Adam", learning_rate=0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-3),
    "adam_amsgrad": _case("Adam", learning_rate=0.02, amsgrad=True),
    "adamw": _case("AdamW", learning_rate=0.02, weight_decay=0.1),
    "adamw_amsgrad": _case("AdamW", learning_rate=0.02, amsgrad=True),
    "adamax": _case("Adamax", learning_rate=0.02),
    "nadam": _case("Nadam", learning_rate=0.02),
    "rmsprop": _case("RMSprop", learning_rate=0.02),
    "rmsprop_momentum": _case("RMSprop", learning_rate=0.01, momentum=0.8),
    "rmsprop_centered": _case("RMSprop", learning_rate=0.02, centered=True),
    "rmsprop_centered_momentum": _case(
        "RMSprop", learning_rate=0.01, rho=0.8, centered=True, momentum=0.8
    ),
    "adagrad": _case("Adagrad", learning_rate=0.1),
    "adagrad_start": _case(
        "Adagrad", learning_rate=0.1, initial_accumulator_value=0.5, epsilon=1e-3
    ),
    "adadelta": _case("Adadelta", learning_rate=1.0),
    "adadelta_rho": _case("Adadelta", learning_rate=2.0, rho=0.8, epsilon=1e-5),
    "lion": _case("Lion", learning_rate=0.02),
    "lion_decay": _case("Lion", learning_rate=0.02, beta_1=0.8, weight_decay=0.1),
    "sgd_clipnorm": _case("SGD", learning_rate=0.2, clipnorm=0.05),
    "sgd_clipvalue": _case("SGD", learning_rate=0.2, clipvalue=0.01),
    "sgd_global_clipnorm": _case("SGD", learning_rate=0.2, global_clipnorm=0.1),
    "adam_clipnorm": _case("Adam", learning_rate=0.02, clipnorm=0.05),
    "adam_global_clipnorm": _case("Adam", learning_rate=0.02, global_clipnorm=0.1),
    "sgd_weight_decay": _case("SGD", learning_rate=0.1, momentum=0.5, weight_decay=0.05),
    "adam_weight_decay": _case("Adam", learning_rate=0.02, weight_decay=0.05),
    "rmsprop_weight_decay": _case("RMSprop", learning_rate=0.02, weight_decay=0.05),
    "sgd_ema": _case("SGD", learning_rate=0.1, use_ema=True, ema_momentum=0.8),
    "adam_ema_overwrite": _case(
        "Adam", learning_rate=0.02, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=6
    ),
    "sgd_loss_scale": _case("SGD", learning_rate=0.1, loss_scale_factor=4.0),
    "adam_accumulate": _case("Adam", learning_rate=0.02, gradient_accumulation_steps=3),
    **{
        f"sgd_{name}": _case("SGD", learning_rate=schedule, momentum=0.5)
        for name, schedule in SCHEDULES.items()
    },
    "adam_cosine_warmup": _case("Adam", learning_rate=SCHEDULES["cosine_warmup"]),
}


def build(case: dict[str, Any], keras: Any) -> Any:
    """The optimizer that a case describes, of ``keras`` (or of what stands for it)."""
    kwargs = dict(case["kwargs"])
    rate = kwargs.get("learning_rate")
    if isinstance(rate, dict):
        schedule = getattr(keras.optimizers.schedules, rate["schedule"])
        kwargs["learning_rate"] = schedule(**rate["kwargs"])
    return getattr(keras.optimizers, case["class_name"])(**kwargs)


def data() -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Inputs, labels and initial weights."""
    x = uniform((STEPS * BATCH, 8), 1)
    y = integers((STEPS * BATCH,), 2, 3)
    # something to learn, so that the updates are more than noise
    x[np.arange(len(y)), y] += 0.75
    shapes = [(8, 5), (5,), (5, 3), (3,)]
    return x, y, [uniform(s, 10 + i, -0.6, 0.6) for i, s in enumerate(shapes)]


def write(folder: Path) -> None:
    """Write ``optimizers.npz``, ``optimizers.json`` and ``schedules.json``."""
    import keras

    x, y, weights = data()
    rows = {}
    for name, case in CASES.items():
        model = keras.Sequential(
            [
                keras.Input((8,)),
                keras.layers.Dense(5, activation="relu"),
                keras.layers.Dense(3, activation="softmax"),
            ]
        )
        model.set_weights(weights)
        optimizer = build(case, keras)
        model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False)
        losses = []
        for step in range(STEPS):
            now = slice(step * BATCH, (step + 1) * BATCH)
            model.reset_metrics()
            losses.append(float(model.train_on_batch(x[now], y[now])))
        rows[name] = {
            **case,
            "loss": np.array(losses, "float32"),
            "weights": model.get_weights(),
            "paths": [v.path for v in optimizer.variables],
            "state": [np.array(v) for v in optimizer.variables],
        }
        if case["kwargs"].get("use_ema"):
            optimizer.finalize_variable_values(model.trainable_variables)
            rows[name]["final"] = model.get_weights()
    write_packed(folder, "optimizers", {"x": x, "y": y, "weights": weights, "cases": rows})
    steps = list(range(45))
    rows = {}
    for name, schedule in SCHEDULES.items():
        made = getattr(keras.optimizers.schedules, schedule["schedule"])(**schedule["kwargs"])
        rows[name] = {**schedule, "steps": steps, "values": [float(made(s)) for s in steps]}
    write_json(folder / "schedules.json", rows)
