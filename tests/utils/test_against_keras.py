"""Every call of golden section "utils": our results and errors beside those of real Keras."""

from __future__ import annotations

from pathlib import Path

import keras_golden
import numpy as np
import pytest
from keras_cases import utils as cases

from fastconv import utils

pytest.importorskip("PIL")

GOLDEN = keras_golden.load("utils")

# Texts where ours says the same in more orderly words, by the part that stays.
OTHER_WORDS = {
    "index 5 is out of bounds": "x: expected class numbers from 0 to 2",
    "and smaller than 6 or a float": "`right_size` should be either a positive integer",
    "Invalid `left_size` Type.": "Invalid `left_size` Type. Expected: int or float or None",
    "left_size + right_size = 8.0and": "Received: left_size + right_size = 8 and total_length = 6",
    "`right_size`=6.Resulting": "`right_size`=6. Resulting left side dataset split will be empty.",
    "different lengths.Mismatch": "different lengths. Mismatch found at index 1, Expected shape",
    "Unsupported dataset type": "The `dataset` argument must be an array or a list/tuple of arrays",
    "objects,Received": "Expected a list of `numpy.ndarray` objects, Received: <class 'list'>",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("images").resolve()
    cases.write_tree(path)
    return str(path)


def name(case) -> str:
    function, args, kwargs = case
    shown = ",".join(f"{k}={v}" for k, v in kwargs.items() if isinstance(v, (str, int, float)))
    return f"{function}-{shown or len(args)}"


@pytest.mark.parametrize("index", range(len(cases.CASES)), ids=[name(c) for c in cases.CASES])
def test_same_result_or_error(folder, index):
    function, args, kwargs = cases.CASES[index]
    args = [cases.put_folder(a, folder) for a in args]
    got = cases.outcome(lambda: getattr(utils, function)(*args, **kwargs), folder)
    want = GOLDEN["cases"][index]
    assert got.keys() == want.keys(), f"ours: {got}, Keras: {want}"
    if "error" in want:
        assert got["error"][0] == want["error"][0]
        assert_same_text(got["error"][1], want["error"][1])
    elif function == "split_dataset":
        assert_same([samples(part) for part in got["result"]], want["result"], 0)
    else:
        assert_same(got["result"], want["result"], tolerance(kwargs))


def samples(part) -> dict:
    """One of our parts as Keras hands it out: sample by sample."""
    arrays = part if isinstance(part, list) else [part]
    return {"batches": [list(sample) for sample in zip(*arrays, strict=True)]}


def tolerance(kwargs) -> float:
    """Resized pixels are sums of at most 121 products below 256 in float32."""
    return 1e-3 if "interpolation" in kwargs or "image_size" in kwargs else 1e-12


def assert_same_text(got: str, want: str) -> None:
    for theirs, ours in OTHER_WORDS.items():
        if theirs in want:
            assert ours in got
            return
    # Ours may add what was received to a text that otherwise begins alike.
    assert got.startswith(want.strip())


def assert_same(got, want, atol: float) -> None:
    if isinstance(want, np.ndarray):
        assert np.asarray(got).dtype == want.dtype
        assert np.shape(got) == want.shape
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=atol)
    elif isinstance(want, dict):
        assert got.keys() == want.keys()
        for key in want:
            assert_same(got[key], want[key], atol)
    elif isinstance(want, list):
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            assert_same(a, b, atol)
    else:
        assert got == want


@pytest.mark.parametrize("index", range(len(cases.MIXED)))
def test_a_seed_puts_the_same_files_into_each_part(folder, index):
    made = utils.image_dataset_from_directory(folder, **cases.MIXED[index])
    parts = made if isinstance(made, list) else [made]
    got = [[Path(p).relative_to(folder).as_posix() for p in part.file_paths] for part in parts]
    assert got == GOLDEN["mixed"][index]
