"""Losses: functions with one value a row, and classes that average them.

Belongs here: one loss a file, function and class together. Does not: the arithmetic
(src_cython/kernels/loss.pyx, crossentropy.pyx), losses by output of a model
(`models.compile_utils`). Adding one: both with ``@register("loss")``, their names below.
"""

from typing import Any

from fastconv._registry import (
    ConfigError,
    deserialize_keras_object,
    get_registered_object,
    lookup,
    serialize_keras_object,
)
from fastconv.losses.absolute_error import MeanAbsoluteError, mean_absolute_error
from fastconv.losses.binary import BinaryCrossentropy, binary_crossentropy
from fastconv.losses.binary_focal import BinaryFocalCrossentropy, binary_focal_crossentropy
from fastconv.losses.categorical import CategoricalCrossentropy, categorical_crossentropy
from fastconv.losses.categorical_focal import (
    CategoricalFocalCrossentropy,
    categorical_focal_crossentropy,
)
from fastconv.losses.cosine import CosineSimilarity, cosine_similarity
from fastconv.losses.divergence import KLDivergence, kl_divergence
from fastconv.losses.generalized import (
    CategoricalGeneralizedCrossEntropy,
    categorical_generalized_cross_entropy,
)
from fastconv.losses.hinges import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from fastconv.losses.huber_loss import Huber, huber
from fastconv.losses.log_cosh_loss import LogCosh, log_cosh
from fastconv.losses.logarithmic_error import (
    MeanSquaredLogarithmicError,
    mean_squared_logarithmic_error,
)
from fastconv.losses.loss import Loss
from fastconv.losses.overlap import Dice, Tversky, dice, tversky
from fastconv.losses.percentage_error import (
    MeanAbsolutePercentageError,
    mean_absolute_percentage_error,
)
from fastconv.losses.poisson_loss import Poisson, poisson
from fastconv.losses.sparse_categorical import (
    SparseCategoricalCrossentropy,
    sparse_categorical_crossentropy,
)
from fastconv.losses.squared_error import MeanSquaredError, mean_squared_error
from fastconv.losses.wrapper import LossFunctionWrapper as LossFunctionWrapper

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "cosine_similarity",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]


def serialize(loss: Any) -> Any:
    """Config of a loss object or function."""
    return serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Loss from a config, or from the name of a class or function."""
    if isinstance(name, str):
        found = get_registered_object(name, custom_objects)
        return lookup("loss", name) if found is None else found
    if isinstance(name, dict) and "class_name" not in name:
        raise ConfigError(f"Unknown `config` as a `dict`, config={name}")
    return deserialize_keras_object(name, custom_objects, kind="loss")


def get(identifier: Any) -> Any:
    """Loss from a name, a config, a class, a function or itself.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.losses.get("mse").__name__
    'mean_squared_error'
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, str):
        found = deserialize(identifier)
    elif isinstance(identifier, dict):
        try:
            found = deserialize(identifier)
        except ConfigError as error:
            raise ValueError(
                f"Could not interpret loss identifier: {identifier} ({error})"
            ) from error
    if isinstance(found, type):
        found = found()
    if callable(found):
        return found
    raise ValueError(f"Could not interpret loss identifier: {identifier}")
