"""Helpers around a training, with the names and results of ``keras.utils``.

Belongs here: labels and arrays (``numerical``, ``sequences``, ``split``), image files (``image``,
``image_dataset``, ``resize``), windows of a series (``timeseries_dataset``), the base class of
batch datasets (``dataset``), seeds (``rng``), downloads (``file``). Does not belong here: layers,
anything compiled, anything that needs more than NumPy at import (Pillow is loaded when an image is
read or written: extra ``fastconv[image]``).
To add one: a module of one subject, its public names in the import and the list below. Names that
Keras also offers here but whose home is elsewhere are found there when asked for (`_HOME`).
"""

import importlib
from typing import Any

from fastconv.utils.dataset import PyDataset, Sequence
from fastconv.utils.file import get_file
from fastconv.utils.image import array_to_img, img_to_array, load_img, save_img
from fastconv.utils.image_dataset import image_dataset_from_directory
from fastconv.utils.numerical import normalize, to_categorical
from fastconv.utils.rng import set_random_seed
from fastconv.utils.sequences import pad_sequences
from fastconv.utils.split import split_dataset
from fastconv.utils.timeseries_dataset import timeseries_dataset_from_array

_HOME = {
    name: home
    for home, names in {
        "fastconv._registry": (
            "CustomObjectScope custom_object_scope deserialize_keras_object get_custom_objects "
            "get_registered_name get_registered_object register_keras_serializable "
            "serialize_keras_object"
        ),
        "fastconv.backend": "clear_session",
        "fastconv.config": (
            "disable_interactive_logging enable_interactive_logging is_interactive_logging_enabled"
        ),
        "fastconv.models.data": "pack_x_y_sample_weight unpack_x_y_sample_weight",
        "fastconv.models.progbar": "Progbar",
        "fastconv.utils.model_plot": "model_to_dot plot_model",
    }.items()
    for name in names.split()
}

__all__ = [
    *_HOME,
    "PyDataset",
    "Sequence",
    "array_to_img",
    "get_file",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "normalize",
    "pad_sequences",
    "save_img",
    "set_random_seed",
    "split_dataset",
    "timeseries_dataset_from_array",
    "to_categorical",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'fastconv.utils' has no attribute {name!r}")
