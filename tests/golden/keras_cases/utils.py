"""``utils``: results and errors of ``keras.utils`` on small inputs.

``CASES`` lists calls as (function, arguments, keywords); ``DIR`` in the arguments stands for a
folder of images that ``write_tree`` makes. The golden file holds, for each call in order, its
``result`` (arrays; a dataset is the list of its batches, with ``class_names`` and
``file_paths``) or its ``error`` (type and text). Only the writer imports Keras, so the tests use the rest.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from keras_cases import common

DIR = "<DIR>"

SHAPES = [(12, 10, 3), (9, 16, 3), (7, 5, 3), (16, 16, 3), (5, 11, 1), (8, 8, 4), (6, 6, 3)]


def write_png(path: Path, image: np.ndarray) -> None:
    """An 8-bit PNG of an array with 1, 3 or 4 channels, with nothing but zlib."""
    height, width, channels = image.shape
    kind = {1: 0, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.tobytes() for row in image)

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def write_tree(folder: Path) -> None:
    """Two classes of seven images; one lies deeper, one file is no image, one folder is hidden."""
    rng = np.random.RandomState(7)
    for name in ("ants", "bees"):
        (folder / name / "more").mkdir(parents=True)
        for i, shape in enumerate(SHAPES):
            place = folder / name / "more" if i == 6 else folder / name
            write_png(place / f"{name}{i}.png", rng.randint(0, 256, shape).astype(np.uint8))
        (folder / name / "notes.txt").write_text("not an image")
    (folder / ".hidden").mkdir()


X = np.arange(12.0).reshape(6, 2)
Y = np.arange(6) * 10
V = common.uniform((3, 4), 1).astype(np.float64)
V[1] = 0
SERIES = np.arange(23)
WIDE = common.uniform((17, 2), 2)
GREY = np.arange(20, dtype=np.float32).reshape(4, 5, 1)
COLOUR = np.random.RandomState(3).randint(0, 256, (4, 5, 3)).astype(np.float32)

Case = tuple[str, tuple[Any, ...], dict[str, Any]]


def _calls(function: str, *calls: tuple[Any, ...]) -> list[Case]:
    """Calls of one function; a trailing dict holds the keywords."""
    split = [(c[:-1], c[-1]) if c and isinstance(c[-1], dict) else (c, {}) for c in calls]
    return [(function, args, kwargs) for args, kwargs in split]


_IMAGES = {"image_size": (6, 8), "shuffle": False, "verbose": False}

CASES: list[Case] = [
    *_calls(
        "to_categorical",
        ([0, 1, 2, 3],),
        ([0, 2], 4),
        ([[1], [0]],),
        ([[[0, 2], [1, 1]]], 3),
        (2,),
        ([1.9, 0.2],),
        ([], 3),
        ([0, 5], 3),
    ),
    *_calls(
        "normalize",
        (V,),
        (V.astype(np.float32),),
        (V, 1),
        (V, -1, 1),
        (V[0],),
        (V, -1, np.inf),
        (V.reshape(3, 2, 2),),
    ),
    *_calls(
        "pad_sequences",
        ([[1], [2, 3], [4, 5, 6]],),
        ([[1], [2, 3], [4, 5, 6]], 2),
        ([[1], [2, 3], [4, 5, 6]], 2, {"truncating": "post"}),
        ([[1], [2, 3], [4, 5, 6]], 5, {"padding": "post", "value": -1}),
        ([[], [1.5, 2]], {"dtype": "float32"}),
        ([[[1, 2]], [[3, 4], [5, 6]]],),
        ([np.arange(3), np.arange(5)], 4),
        ([], 3),
        (5,),
        ([1, 2],),
        ([[1], [2]], {"padding": "middle"}),
        ([[1], [2]], {"truncating": "middle"}),
        ([[[1, 2]], [[3, 4, 5]]],),
        ([[1]], {"value": "pad"}),
    ),
    *_calls(
        "split_dataset",
        (X, {"left_size": 0.5}),
        (X, {"right_size": 2}),
        (X, {"left_size": 2, "right_size": 3}),
        ((X, Y), {"left_size": 0.7, "shuffle": True, "seed": 3}),
        ([X, Y], {"right_size": 0.34, "shuffle": True, "seed": 11}),
        (X, {"left_size": 0.4, "right_size": 0.3}),
        (X,),
        (X, {"left_size": 6}),
        (X, {"left_size": 1.0}),
        (X, {"right_size": -1}),
        (X, {"left_size": "2"}),
        (X, {"left_size": 0.7, "right_size": 0.7}),
        (X, {"left_size": 4, "right_size": 4}),
        (X, {"left_size": 0.01}),
        ((X, Y[:3]), {"left_size": 0.5}),
        ([], {"left_size": 0.5}),
        ("text", {"left_size": 0.5}),
        ([[1, 2]], {"left_size": 0.5}),
    ),
    *_calls(
        "timeseries_dataset_from_array",
        (SERIES, None, 4),
        (SERIES[:-4], SERIES[4:], 4),
        (SERIES, None, 3, {"sequence_stride": 2, "sampling_rate": 3, "batch_size": 4}),
        (SERIES, SERIES * 2, 5, {"start_index": 3, "end_index": 20, "batch_size": 6}),
        (SERIES, SERIES[10:], 5, {"batch_size": 3}),
        (WIDE, WIDE[:, 0], 6, {"sequence_stride": 5, "batch_size": None}),
        (SERIES, None, 30),
        (SERIES, None, 3, {"start_index": -1}),
        (SERIES, None, 3, {"start_index": 23}),
        (SERIES, None, 3, {"end_index": 23}),
        (SERIES, None, 3, {"end_index": -2}),
        (SERIES, None, 3, {"start_index": 5, "end_index": 5}),
        (SERIES, None, 3, {"sampling_rate": 0}),
        (SERIES, None, 3, {"sampling_rate": 23}),
        (SERIES, None, 3, {"sequence_stride": 0}),
        (SERIES, None, 3, {"sequence_stride": 23}),
        (SERIES, None, 3, {"format": "csv"}),
    ),
    *_calls(
        "img_to_array",
        (np.arange(6).reshape(2, 3),),
        (COLOUR,),
        (COLOUR, "channels_first"),
        (np.arange(6).reshape(2, 3), "channels_first", "uint8"),
        (np.arange(4),),
        (COLOUR, "channels_middle"),
    ),
    *_calls(
        "array_to_img",
        (GREY,),
        (COLOUR,),
        (COLOUR, {"scale": False}),
        (COLOUR.transpose(2, 0, 1), "channels_first"),
        (GREY * 30, {"scale": False}),
        (GREY * 0,),
        (np.concatenate([COLOUR, COLOUR[..., :1]], -1),),
        (COLOUR[0],),
        (COLOUR[..., :2],),
    ),
    *_calls(
        "load_img",
        (f"{DIR}/ants/ants0.png",),
        (f"{DIR}/ants/ants4.png", "grayscale"),
        (f"{DIR}/ants/ants0.png", "grayscale"),
        (f"{DIR}/ants/ants5.png", "rgba"),
        (f"{DIR}/ants/ants5.png",),
        (f"{DIR}/ants/ants0.png", {"target_size": (6, 4)}),
        (f"{DIR}/ants/ants1.png", {"target_size": (5, 5), "interpolation": "bilinear"}),
        (f"{DIR}/ants/ants1.png", {"target_size": (5, 4), "keep_aspect_ratio": True}),
        (f"{DIR}/ants/ants0.png", "cmyk"),
        (f"{DIR}/ants/ants0.png", {"target_size": (5, 5), "interpolation": "magic"}),
        (f"{DIR}/ants/none.png",),
        (5,),
    ),
    *_calls(
        "image_dataset_from_directory",
        *[(DIR, {**_IMAGES, "interpolation": name}) for name in (
            "bilinear", "nearest", "bicubic", "area",
            "lanczos3", "lanczos5", "gaussian", "mitchellcubic",
        )],
        *[(DIR, {**_IMAGES, "image_size": 13, "interpolation": name, "class_names": ["bees"]})
          for name in ("bilinear", "nearest", "bicubic", "area", "lanczos3", "gaussian")],
        (DIR, {**_IMAGES, "crop_to_aspect_ratio": True}),
        (DIR, {**_IMAGES, "pad_to_aspect_ratio": True}),
        (DIR, {**_IMAGES, "color_mode": "rgba", "class_names": ["ants"], "image_size": (2, 2)}),
        (DIR, {**_IMAGES, "label_mode": "categorical", "batch_size": 5, "image_size": 2}),
        (DIR, {**_IMAGES, "label_mode": "binary", "batch_size": 5, "image_size": 2}),
        (DIR, {**_IMAGES, "label_mode": None, "image_size": 2}),
        (DIR, {**_IMAGES, "labels": None, "image_size": 2}),
        (DIR, {**_IMAGES, "labels": [3, 1] * 7, "image_size": 2}),
        (DIR, {**_IMAGES, "class_names": ["bees", "ants"], "image_size": 2}),
        (DIR, {**_IMAGES, "data_format": "channels_first", "image_size": (2, 3)}),
        (DIR, {**_IMAGES, "batch_size": None, "image_size": 2, "class_names": ["ants"]}),
        (DIR, {**_IMAGES, "validation_split": 0.3, "subset": "training", "image_size": 2}),
        (DIR, {**_IMAGES, "validation_split": 0.3, "subset": "validation", "image_size": 2}),
        (DIR, {"labels": "guess"}),
        (DIR, {"labels": [1, 2]}),
        (DIR, {"labels": [1, 2], "class_names": ["ants"]}),
        (DIR, {"labels": None, "class_names": ["ants"]}),
        (DIR, {"label_mode": "float"}),
        (DIR, {"label_mode": "binary", "class_names": ["ants"]}),
        (DIR, {"class_names": ["wasps"]}),
        (DIR, {"color_mode": "cmyk"}),
        (DIR, {"image_size": (1, 2, 3)}),
        (DIR, {"interpolation": "magic"}),
        (DIR, {"format": "csv"}),
        (DIR, {"validation_split": 1.5, "subset": "training"}),
        (DIR, {"validation_split": 0.5}),
        (DIR, {"subset": "training"}),
        (DIR, {"validation_split": 0.5, "subset": "test", "seed": 1}),
        (DIR, {"validation_split": 0.5, "subset": "training"}),
        (f"{DIR}/nowhere",),
        (f"{DIR}/.hidden", {"labels": None}),
    ),
]  # fmt: skip

# Mixed datasets: Keras's order of an epoch is its own; which files each part holds is not.
MIXED = [
    {"validation_split": 0.3, "subset": subset, "seed": seed, "image_size": 2, "verbose": False}
    for subset in ("training", "validation", "both")
    for seed in (1, 2)
]


def put_folder(value: Any, folder: str) -> Any:
    """`value` with the real folder in place of ``DIR``."""
    if isinstance(value, str):
        return value.replace(DIR, folder)
    return value


def outcome(call: Any, folder: str) -> dict[str, Any]:
    """Result or error of ``call()``, ready to be stored or compared."""
    try:
        return {"result": as_arrays(call(), folder)}
    except Exception as error:
        return {"error": [type(error).__name__, str(error).replace(folder, DIR)]}


def as_arrays(value: Any, folder: str) -> Any:
    """Arrays out of arrays, Pillow images, tensors and datasets."""
    if type(value).__name__ == "Image" or hasattr(value, "getbands"):
        return {"mode": value.mode, "pixels": np.asarray(value)}
    if hasattr(value, "class_names"):
        files = [str(Path(path).relative_to(folder)) for path in value.file_paths]
        return {"classes": value.class_names, "files": files, "batches": _batches(value)}
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, (list, tuple)):
        return [as_arrays(part, folder) for part in value]
    return {"batches": _batches(value)}


def _batches(dataset: Any) -> list[Any]:
    return [
        [np.asarray(part) for part in batch] if isinstance(batch, tuple) else [np.asarray(batch)]
        for batch in dataset
    ]


def write(out: Path) -> None:
    """Write ``utils.json`` and ``utils.npz``."""
    import keras

    with tempfile.TemporaryDirectory() as name:
        folder = str(Path(name).resolve())
        write_tree(Path(folder))
        rows = []
        for function, args, kwargs in CASES:
            real = [put_folder(a, folder) for a in args]
            rows.append(
                outcome(
                    lambda f=function, a=real, k=kwargs: getattr(keras.utils, f)(*a, **k), folder
                )
            )
        mixed = []
        for options in MIXED:
            made = keras.utils.image_dataset_from_directory(folder, **options)
            parts = made if isinstance(made, list) else [made]
            mixed.append(
                [[str(Path(p).relative_to(folder)) for p in part.file_paths] for part in parts]
            )
    common.write_packed(out, "utils", {"cases": rows, "mixed": mixed})
