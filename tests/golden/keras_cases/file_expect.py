"""Compares what a reader answered with what the writer of the files expected."""

from __future__ import annotations

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


def same_training(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """Figures of evaluate, the optimizer's variables, and the weights after three more steps."""
    same_figures(answer, expected)
    same_arrays(answer["optimizer"], expected["optimizer"], rtol=1e-6, atol=1e-9)
    if "resumed_weights" in expected:
        same_arrays(answer["resumed_weights"], expected["resumed_weights"], **RESUMED)


def same_arrays(found: list[Any], expected: list[Any], **tolerance: float) -> None:
    """Equal shapes in equal order, values within the tolerance (default: none)."""
    assert [np.shape(a) for a in found] == [np.shape(b) for b in expected]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, **{"rtol": 0, "atol": 0, **tolerance})


def same_figures(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """Figures of evaluate; Keras before 3.6 does not tell the loss of each output."""
    assert "error" not in answer, answer["error"] + "\n" + answer["traceback"]
    different = set(answer["evaluate"]) ^ set(expected["evaluate"])
    assert all(key.endswith("_loss") for key in different), different
    for key in sorted(set(answer["evaluate"]) & set(expected["evaluate"])):
        found, wanted = answer["evaluate"][key], expected["evaluate"][key]
        np.testing.assert_allclose(found, wanted, **FIGURES, err_msg=key)


def same_optimizer(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """An optimizer's state from the file, and three more steps."""
    assert "error" not in answer, answer["error"] + "\n" + answer["traceback"]
    same_arrays(answer["weights"], expected["weights"])
    same_arrays(answer["optimizer"], expected["optimizer"], rtol=1e-6, atol=1e-9)
    same_arrays(answer["resumed_weights"], expected["resumed_weights"], **RESUMED)
