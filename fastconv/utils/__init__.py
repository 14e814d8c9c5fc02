"""Helpers around a training, with the names and results of ``keras.utils``.

Belongs here: labels and arrays (``numerical``, ``sequences``, ``split``), image files (``image``,
``image_dataset``, ``resize``), windows of a series (``timeseries_dataset``), the base class of
batch datasets (``dataset``), seeds (``rng``), downloads (``file``). Does not belong here: layers,
anything compiled, anything that needs more than NumPy at import (Pillow is loaded when an image is
read or written: extra ``fastconv[image]``).
To add one: a module of one subject, its public names in the import and the list below.
"""

from fastconv.utils.dataset import PyDataset, Sequence
from fastconv.utils.file import get_file
from fastconv.utils.image import array_to_img, img_to_array, load_img, save_img
from fastconv.utils.image_dataset import image_dataset_from_directory
from fastconv.utils.numerical import normalize, to_categorical
from fastconv.utils.rng import set_random_seed
from fastconv.utils.sequences import pad_sequences
from fastconv.utils.split import split_dataset
from fastconv.utils.timeseries_dataset import timeseries_dataset_from_array

__all__ = [
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
