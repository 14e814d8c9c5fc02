"""A folder of image files, one subfolder a class, as a dataset of batches."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from fastconv.utils import resize as _resize
from fastconv.utils.dataset import SampleDataset
from fastconv.utils.image import convert, pillow, standard_data_format

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_MODES = {"grayscale": 1, "rgb": 3, "rgba": 4}


class ImageDataset(SampleDataset):
    """Batches of images read when they are asked for.

    Attributes
    ----------
    class_names : list of str or None
        What the labels mean.
    file_paths : list of str
        The files, before the mixing of an epoch.
    """

    class_names: list[str] | None
    file_paths: list[str]


def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: list[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Make a dataset of the image files below a folder.

    Parameters
    ----------
    directory
        Folder with one subfolder a class (or any folder, if `labels` is not "inferred").
    labels
        "inferred" from the subfolders, None for none, or a list with one number a file, in the
        alphanumeric order of the files.
    label_mode
        "int" (``int32``), "categorical" (one-hot ``float32``), "binary" (``float32`` column) or
        None.
    class_names
        Subfolders to use, in the order of their labels. Default: all, alphanumerically.
    color_mode
        "grayscale", "rgb" or "rgba".
    batch_size
        None hands out images one by one.
    image_size
        (height, width), or one number for both; images are resized to it.
    shuffle, seed
        Mix the files, anew for every epoch; else alphanumeric order. The same seed chooses the
        same validation files as Keras.
    validation_split, subset
        Fraction kept for validation, and which part to return: "training", "validation" or "both"
        (a list of two datasets).
    interpolation
        "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian",
        "mitchellcubic"; computed as TensorFlow does, without smoothing.
    follow_links
        Go into folders that are links.
    crop_to_aspect_ratio, pad_to_aspect_ratio
        Keep proportions: cut the middle out, or fill up with zeros.
    data_format
        "channels_last" or "channels_first". Default: ``fastconv.config.image_data_format()``.
    format
        "tf" or "grain", accepted for Keras's sake.
    verbose
        Print how many files and classes there are.

    Returns
    -------
    ImageDataset or list of two
        Yields images 0 to 255, ``float32`` (``uint8`` with "nearest", as Keras does), or
        ``(images, labels)``.

    Raises
    ------
    ImportError
        Pillow is not installed.
    ValueError
        An argument has none of its allowed values, or no image is found.
    """
    pillow("image_dataset_from_directory")
    _check_labels(labels, label_mode, class_names)
    if labels is None or label_mode is None:
        labels = label_mode = None
    if color_mode not in _MODES:
        raise ValueError(
            '`color_mode` must be one of {"rgb", "rgba", "grayscale"}. '
            f"Received: color_mode={color_mode}"
        )
    size = _image_size(image_size)
    interpolation = interpolation.lower()
    if interpolation not in _resize.METHODS:
        raise ValueError(
            f"Argument `interpolation` should be one of {tuple(_resize.METHODS)}. "
            f"Received: interpolation={interpolation}"
        )
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio`, `crop_to_aspect_ratio` can be set to `True`."
        )
    _check_split(validation_split, subset, shuffle, seed)
    layout = standard_data_format(data_format)
    if seed is None:
        seed = int(np.random.randint(int(1e6)))

    paths, numbers, names = index_directory(
        os.fspath(directory), labels, class_names, shuffle, seed, follow_links, verbose
    )
    if label_mode == "binary" and (names is None or len(names) != 2):
        raise ValueError(
            'When passing `label_mode="binary"`, there must be exactly 2 class_names. '
            f"Received: class_names={names}"
        )

    def make(part: slice, mix: bool) -> ImageDataset:
        files = paths[part]
        answers = None if numbers is None else _encode(numbers[part], label_mode, names)

        def batch(samples: np.ndarray) -> Any:
            images = np.stack([load(files[i]) for i in samples])
            return images if answers is None else (images, answers[samples])

        dataset = ImageDataset(len(files), batch, batch_size=batch_size, shuffle=mix, seed=seed)
        dataset.class_names, dataset.file_paths = names, files
        return dataset

    def load(path: str) -> np.ndarray:
        image = read_image(path, color_mode)
        if pad_to_aspect_ratio:
            image = _resize.resize_with_pad(image, size, interpolation)
        else:
            if crop_to_aspect_ratio:
                image = _resize.crop_to_aspect(image, size)
            image = _resize.resize(image, size, interpolation)
        return image.transpose(2, 0, 1) if layout == "channels_first" else image

    parts = _parts(len(paths), validation_split, subset, verbose=True)
    for name, part in parts.items():
        if not paths[part]:
            kind = f"{name} images" if subset == "both" else "images"
            raise ValueError(
                f"No {kind} found in directory {directory}. Allowed formats: {SUFFIXES}"
            )
    if subset == "both":
        return [make(parts["training"], shuffle), make(parts["validation"], False)]
    return make(next(iter(parts.values())), shuffle)


def read_image(path: str, color_mode: str) -> np.ndarray:
    """The pixels of a file, (height, width, channels); the first picture of an animation."""
    with pillow("image_dataset_from_directory").open(path) as image:
        array = np.asarray(convert(image, color_mode))
    return array[:, :, None] if array.ndim == 2 else array


def index_directory(
    directory: str,
    labels: Any,
    class_names: list[str] | None,
    shuffle: bool,
    seed: int,
    follow_links: bool,
    verbose: bool,
) -> tuple[list[str], np.ndarray | None, list[str] | None]:
    """All image files below `directory`, their labels, and the names of the classes."""
    names: list[str] | None
    if labels == "inferred":
        folders = sorted(
            entry.name
            for entry in os.scandir(directory)
            if entry.is_dir() and not entry.name.startswith(".")
        )
        if class_names is not None and not set(class_names) <= set(folders):
            raise ValueError(
                "The `class_names` passed did not match the names of the subdirectories of the "
                f"target directory. Expected: {folders} (or a subset of it), but received: "
                f"class_names={class_names}"
            )
        names = list(class_names) if class_names is not None else folders
        found = [_files_below(os.path.join(directory, name), follow_links) for name in names]
        paths = [path for part in found for path in part]
        numbers = np.repeat(np.arange(len(names), dtype=np.int32), [len(part) for part in found])
    else:
        if class_names is not None:
            raise ValueError(
                "When `labels=None` (no labels), argument `class_names` cannot be specified."
            )
        os.scandir(directory).close()  # os.walk would say nothing of a folder that is not there
        paths = _files_below(directory, follow_links)
        names, numbers = None, None
        if labels is not None:
            if len(labels) != len(paths):
                raise ValueError(
                    "Expected the lengths of `labels` to match the number of files in the target "
                    f"directory. len(labels) is {len(labels)} while we found {len(paths)} files "
                    f"in directory {directory}."
                )
            names = [str(label) for label in sorted(set(labels))]
            numbers = np.asarray(labels, np.int32)
    if verbose:
        classes = "" if names is None else f" belonging to {len(names)} classes"
        print(f"Found {len(paths)} files{classes}.")
    if shuffle:
        # The order of RandomState(seed).shuffle(list): the same validation files as in Keras.
        order = np.arange(len(paths))
        np.random.RandomState(seed).shuffle(order)
        paths = [paths[i] for i in order]
        numbers = None if numbers is None else numbers[order]
    return paths, numbers, names


def _files_below(folder: str, follow_links: bool) -> list[str]:
    return [
        os.path.join(root, name)
        for root, _, files in sorted(os.walk(folder, followlinks=follow_links))
        for name in sorted(files)
        if name.lower().endswith(SUFFIXES)
    ]


def _encode(numbers: np.ndarray, label_mode: str | None, names: list[str] | None) -> np.ndarray:
    if label_mode == "binary":
        return numbers.astype(np.float32)[:, None]
    if label_mode == "categorical":
        # A number without a class gives a row of zeros, as tf.one_hot does.
        return (numbers[:, None] == np.arange(len(names or ()))).astype(np.float32)
    return numbers


def _parts(
    count: int, validation_split: float | None, subset: str | None, verbose: bool
) -> dict[str, slice]:
    """The slices of the files that are wanted, by name."""
    if not validation_split:
        return {"all": slice(None)}
    kept = int(validation_split * count)
    both = {"training": slice(0, count - kept), "validation": slice(count - kept, count)}
    sizes = {"training": count - kept, "validation": kept}
    wanted = both if subset == "both" else {str(subset): both[str(subset)]}
    if verbose:
        for name in wanted:
            print(f"Using {sizes[name]} files for {name}.")
    return wanted


def _image_size(image_size: Any) -> tuple[int, int]:
    if isinstance(image_size, int):
        return image_size, image_size
    if not isinstance(image_size, (list, tuple)) or len(image_size) != 2:
        raise ValueError(
            "Invalid `image_size` value. Expected a tuple of 2 integers. "
            f"Received: image_size={image_size}"
        )
    return int(image_size[0]), int(image_size[1])


def _check_labels(labels: Any, label_mode: str | None, class_names: list[str] | None) -> None:
    if labels is not None and not isinstance(labels, (list, tuple)) and labels != "inferred":
        raise ValueError(
            "`labels` argument should be a list/tuple of integer labels, of the same size as the "
            "number of image files in the target directory. If you wish to infer the labels from "
            'the subdirectory names in the target directory, pass `labels="inferred"`. If you wish '
            "to get a dataset that only contains images (no labels), pass `labels=None`. "
            f"Received: labels={labels}"
        )
    if isinstance(labels, (list, tuple)) and class_names:
        raise ValueError(
            'You can only pass `class_names` if `labels="inferred"`. '
            f"Received: labels={labels}, and class_names={class_names}"
        )
    if label_mode not in ("int", "categorical", "binary", None):
        raise ValueError(
            '`label_mode` argument must be one of "int", "categorical", "binary", or None. '
            f"Received: label_mode={label_mode}"
        )


def _check_split(
    validation_split: float | None, subset: str | None, shuffle: bool, seed: int | None
) -> None:
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(
            f"`validation_split` must be between 0 and 1, received: {validation_split}"
        )
    if bool(validation_split) != bool(subset):
        raise ValueError("If `subset` is set, `validation_split` must be set, and inversely.")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(
            f'`subset` must be either "training", "validation" or "both", received: {subset}'
        )
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` "
            "argument, to make sure that there is no overlap between the training and validation "
            "subset."
        )
