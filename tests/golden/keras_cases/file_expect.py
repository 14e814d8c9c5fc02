"""Compares what a reader answered with what the writer of the files expected."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

# float32 sums in another order; figures of a few batches
PREDICTIONS = {"rtol": 1e-5, "atol": 1e-5}
FIGURES = {"rtol": 1e-4, "atol": 1e-5}
# three more steps: Adam divides by small roots
RESUMED = {"rtol": 1e-4, "atol": 2e-5}


def same_model(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """Weights exactly, predictions to 1e-5."""
    assert "error" not in answer, answer["error"] + "\n" + answer["traceback"]
    same_arrays(answer["weights"], expected["weights"])
    same_arrays(answer["predictions"], expected["predictions"], **PREDICTIONS)


def same_training(answer: dict[str, Any], expected: dict[str, Any], side: str, model: str) -> None:
    """Figures of evaluate, the optimizer's variables, and the weights after three more steps.

    `side` is the Keras that wrote or read the file; what it cannot agree on with fastconv is left
    out, and told here.
    """
    without_loss = (
        # Keras on TensorFlow takes the logits of the final softmax for a sigmoid's in
        # binary_crossentropy: its loss is another than that of Keras on JAX and torch, and ours
        (model == "nested" and side.endswith("tensorflow"))
        # the from_logits loss of 3.0.5 differs from that of every later version
        or (model == "cnn" and side.startswith("k305"))
    )
    same_figures(answer, expected, {"loss"} if without_loss else ())
    if side.startswith("tfk"):
        return  # it gives its optimizer's variables another order, and restores none of Keras 3's
    same_arrays(answer["optimizer"], expected["optimizer"], rtol=1e-6, atol=1e-9)
    if "resumed_weights" in expected and not without_loss:
        same_arrays(answer["resumed_weights"], expected["resumed_weights"], **RESUMED)


def wrong_optimizers(
    answers: dict[str, Any], optimizers: dict[str, Any], side: str
) -> dict[str, str]:
    """Optimizer -> what differs, of those whose state `side` and fastconv can hand over."""
    wrong = {}
    for name, row in optimizers.items():
        answer = answers[row["file"]]
        if name == "Nadam" and side in ("k341_jax", "k380_jax"):
            # read, but its product of momenta stands elsewhere among the variables
            if "error" in answer:
                wrong[name] = answer["error"]
            continue
        try:
            same_optimizer(answer, row)
        except AssertionError as error:
            wrong[name] = str(error)[:300]
    return wrong


def same_arrays(found: list[Any], expected: list[Any], **tolerance: float) -> None:
    """Equal shapes in equal order, values within the tolerance (default: none)."""
    assert [np.shape(a) for a in found] == [np.shape(b) for b in expected]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, **{"rtol": 0, "atol": 0, **tolerance})


def same_figures(
    answer: dict[str, Any], expected: dict[str, Any], without: Collection[str] = ()
) -> None:
    """Figures of evaluate; Keras before 3.6 does not tell the loss of each output."""
    assert "error" not in answer, answer["error"] + "\n" + answer["traceback"]
    different = set(answer["evaluate"]) ^ set(expected["evaluate"])
    assert all(key.endswith("_loss") for key in different), different
    for key in sorted(set(answer["evaluate"]) & set(expected["evaluate"]) - set(without)):
        found, wanted = answer["evaluate"][key], expected["evaluate"][key]
        np.testing.assert_allclose(found, wanted, **FIGURES, err_msg=key)


def same_optimizer(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """An optimizer's state from the file, and three more steps."""
    assert "error" not in answer, answer["error"] + "\n" + answer["traceback"]
    same_arrays(answer["weights"], expected["weights"])
    same_arrays(answer["optimizer"], expected["optimizer"], rtol=1e-6, atol=1e-9)
    same_arrays(answer["resumed_weights"], expected["resumed_weights"], **RESUMED)
