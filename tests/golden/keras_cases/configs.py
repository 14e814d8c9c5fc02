"""``get_config()`` of every object in scope, and what models serialize to.

``configs.json``: ``MODULE.CLASS`` -> ``kwargs`` (the arguments it was made with) and ``config``;
automatic names are those after ``clear_session``. ``model/NAME``: what ``to_json`` gives (with
``compile_config`` and ``build_config``) for the models in :mod:`keras_cases.text_cases` and
:mod:`keras_cases.file_models`. ``serialize/...``: results of the ``serialize`` functions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from keras_cases import file_models, text_cases
from keras_cases.common import write_json
from keras_cases.scope import REQUIRED

# arguments of what cannot be made without
NEEDED: dict[str, dict[str, Any]] = {
    "layers.Dense": {"units": 3},
    "layers.Dropout": {"rate": 0.5},
    "layers.Reshape": {"target_shape": (2, 3)},
    "layers.Activation": {"activation": "relu"},
    "layers.Rescaling": {"scale": 0.5},
    "layers.GaussianNoise": {"stddev": 0.1},
    "layers.GaussianDropout": {"rate": 0.1},
    "layers.AlphaDropout": {"rate": 0.1},
    "layers.InputLayer": {"shape": (8,)},
    "layers.Conv1D": {"filters": 2, "kernel_size": 3},
    "layers.Conv2D": {"filters": 2, "kernel_size": 3},
    "layers.Conv1DTranspose": {"filters": 2, "kernel_size": 3},
    "layers.Conv2DTranspose": {"filters": 2, "kernel_size": 3},
    "layers.DepthwiseConv1D": {"kernel_size": 3},
    "layers.DepthwiseConv2D": {"kernel_size": 3},
    "layers.SeparableConv1D": {"filters": 2, "kernel_size": 3},
    "layers.SeparableConv2D": {"filters": 2, "kernel_size": 3},
    "layers.AveragePooling1D": {"pool_size": 2},
    "layers.AveragePooling2D": {"pool_size": 2},
    "layers.SpatialDropout1D": {"rate": 0.1},
    "layers.SpatialDropout2D": {"rate": 0.1},
    "layers.Permute": {"dims": (2, 1)},
    "layers.RepeatVector": {"n": 3},
    "layers.Embedding": {"input_dim": 5, "output_dim": 2},
    "layers.Dot": {"axes": 1},
    "layers.Resizing": {"height": 3, "width": 4},
    "layers.CenterCrop": {"height": 3, "width": 4},
    "layers.RandomTranslation": {"height_factor": 0.1, "width_factor": 0.2},
    "layers.RandomRotation": {"factor": 0.1},
    "layers.RandomZoom": {"height_factor": 0.1},
    "layers.RandomCrop": {"height": 3, "width": 4},
    "layers.RandomContrast": {"factor": 0.1},
    "layers.RandomBrightness": {"factor": 0.1},
    "metrics.PrecisionAtRecall": {"recall": 0.5},
    "metrics.RecallAtPrecision": {"precision": 0.5},
    "metrics.SensitivityAtSpecificity": {"specificity": 0.5},
    "metrics.SpecificityAtSensitivity": {"sensitivity": 0.5},
    "metrics.IoU": {"num_classes": 3, "target_class_ids": [0]},
    "metrics.MeanIoU": {"num_classes": 3},
    "metrics.OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "metrics.OneHotMeanIoU": {"num_classes": 3},
    "optimizers.schedules.ExponentialDecay": {
        "initial_learning_rate": 0.1,
        "decay_steps": 10,
        "decay_rate": 0.5,
    },
    "optimizers.schedules.PiecewiseConstantDecay": {"boundaries": [3], "values": [0.1, 0.01]},
    "optimizers.schedules.PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 10},
    "optimizers.schedules.InverseTimeDecay": {
        "initial_learning_rate": 0.1,
        "decay_steps": 10,
        "decay_rate": 0.5,
    },
    "optimizers.schedules.CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 10},
    "optimizers.schedules.CosineDecayRestarts": {
        "initial_learning_rate": 0.1,
        "first_decay_steps": 10,
    },
}
# a second instance, away from the defaults
MORE: dict[str, dict[str, Any]] = {
    "layers.Dense": {
        "units": 3,
        "activation": "relu",
        "kernel_regularizer": "l2",
        "kernel_initializer": "he_normal",
        "kernel_constraint": "max_norm",
        "name": "은닉층",
        "dtype": "float64",
        "trainable": False,
    },
    "layers.Conv2D": {
        "filters": 2,
        "kernel_size": (3, 2),
        "strides": 2,
        "padding": "SAME",
        "activation": "relu",
        "data_format": "channels_first",
    },
    "layers.BatchNormalization": {"axis": 1, "momentum": 0.9, "center": False},
    "layers.Dropout": {"rate": 0.2, "noise_shape": (None, 1), "seed": 3},
    "layers.LayerNormalization": {"axis": [1, 2]},
    "layers.Normalization": {"mean": [1.0, 2.0], "variance": [1.0, 4.0]},
    "layers.PReLU": {"shared_axes": [1]},
    "layers.InputLayer": {"batch_shape": (2, 3), "dtype": "int32", "name": "x"},
    "optimizers.Adam": {"learning_rate": 0.01, "clipnorm": 1.0, "weight_decay": 0.1},
    "optimizers.SGD": {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True, "use_ema": True},
    "losses.CategoricalCrossentropy": {"from_logits": True, "label_smoothing": 0.1},
    "losses.SparseCategoricalCrossentropy": {"from_logits": True, "ignore_class": -1},
    "metrics.AUC": {"num_thresholds": 5, "curve": "PR", "name": "pr"},
    "metrics.Precision": {"thresholds": [0.3, 0.6]},
    "initializers.GlorotUniform": {"seed": 3},
    "initializers.VarianceScaling": {"scale": 2.0, "mode": "fan_out", "distribution": "uniform"},
    "regularizers.L1L2": {"l1": 0.1, "l2": 0.2},
    "constraints.MaxNorm": {"max_value": 3, "axis": [0, 1]},
}
MODULES = (
    "layers",
    "optimizers",
    "losses",
    "metrics",
    "initializers",
    "regularizers",
    "constraints",
)
ABSTRACT = {
    "Layer",
    "Loss",
    "Metric",
    "Optimizer",
    "Initializer",
    "Regularizer",
    "Constraint",
    "MeanMetricWrapper",
    "LearningRateSchedule",
}


def _resolve(keras: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        keras = getattr(keras, part)
    return keras


def _objects(keras: Any) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for full in REQUIRED:
        name = full.rsplit(".", 1)[-1]
        value = _resolve(keras, full)
        wanted = full.split(".")[0] in MODULES and isinstance(value, type)
        if not wanted or name in ABSTRACT or value.__name__ != name:
            continue
        for suffix, table in (("", NEEDED), ("+", MORE)):
            if suffix and full not in table:
                continue
            keras.utils.clear_session()
            kwargs = table.get(full, {})
            config = value(**kwargs).get_config()
            rows[full + suffix] = {"kwargs": kwargs, "config": _plain(keras, config)}
    return rows


def _plain(keras: Any, config: Any) -> Any:
    # what the config becomes in a file: DTypePolicy and the like are serialized
    return json.loads(json.dumps(keras.saving.serialize_keras_object(config)))


def _models(keras: Any) -> dict[str, Any]:
    makers: dict[str, Any] = {
        "mlp": text_cases.mlp,
        "mlp_uncompiled": lambda k: text_cases.mlp(k, compiled=False),
        "cnn": text_cases.cnn,
        "branched": text_cases.branched,
        "nested": text_cases.nested,
        "unbuilt": lambda k: k.Sequential([k.layers.Dense(2)]),
        "functional_file": file_models.functional,
        "zoo": file_models.zoo,
    }
    rows: dict[str, Any] = {}
    for name, maker in makers.items():
        keras.utils.clear_session()
        model = maker(keras)
        rows[f"model/{name}"] = json.loads(model.to_json())
    return rows


def _serialized(keras: Any) -> dict[str, Any]:
    keras.utils.clear_session()
    return {
        "serialize/activation": keras.activations.serialize(keras.activations.relu),
        "serialize/activation_swish": keras.activations.serialize(keras.activations.swish),
        "serialize/layer": keras.layers.serialize(keras.layers.Dense(2)),
        "serialize/optimizer": keras.optimizers.serialize(keras.optimizers.SGD()),
        "serialize/loss": keras.losses.serialize(keras.losses.MeanSquaredError()),
        "serialize/loss_function": keras.losses.serialize(keras.losses.mean_squared_error),
        "serialize/metric": keras.metrics.serialize(keras.metrics.Mean()),
        "serialize/initializer": keras.initializers.serialize(keras.initializers.Zeros()),
        "serialize/regularizer": keras.regularizers.serialize(keras.regularizers.L2()),
        "serialize/constraint": keras.constraints.serialize(keras.constraints.NonNeg()),
    }


def write(folder: Path) -> None:
    """Write ``configs.json``."""
    import keras

    rows = {**_objects(keras), **_models(keras), **_serialized(keras)}
    write_json(folder / "configs.json", rows)
