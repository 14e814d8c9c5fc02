"""Regularizers and constraints: formulas, gradients, configs, errors."""

import json

import numpy as np
import pytest
from gradcheck import check_gradients

from fastconv import constraints, regularizers

W = np.random.default_rng(0).normal(size=(4, 3))


def test_penalties():
    l1, l2 = np.abs(W).sum(), np.square(W).sum()
    np.testing.assert_allclose(regularizers.L1(0.1)(W).data, 0.1 * l1)
    np.testing.assert_allclose(regularizers.L2(0.1)(W).data, 0.1 * l2)
    np.testing.assert_allclose(regularizers.L1L2(0.1, 0.2)(W).data, 0.1 * l1 + 0.2 * l2)
    assert regularizers.L1L2()(W).data == 0
    np.testing.assert_allclose(regularizers.get("l2")(W).data, 0.01 * l2)


@pytest.mark.parametrize(
    "regularizer", [regularizers.L1(0.3), regularizers.L2(0.3), regularizers.L1L2(0.1, 0.2)]
)
def test_gradients_of_penalties(regularizer):
    check_gradients(regularizer, W)


@pytest.mark.parametrize("name", ["L1", "L2", "L1L2", "l1", "l2", "l1_l2"])
def test_regularizer_configs_go_there_and_back(name):
    made = getattr(regularizers, name)()
    again = regularizers.deserialize(json.loads(json.dumps(regularizers.serialize(made))))
    assert type(again) is type(made) and again.get_config() == made.get_config()
    assert type(regularizers.get(name)) is type(made)


def test_bad_factors_are_named():
    with pytest.raises(
        ValueError, match=r"argument l2: expected a non-negative float.Received: l2=-1"
    ):
        regularizers.L2(-1)
    with pytest.raises(ValueError, match="Could not interpret regularizer identifier: foo"):
        regularizers.get("foo")
    with pytest.raises(ValueError, match="Received: mode=x"):
        regularizers.OrthogonalRegularizer(mode="x")


def test_constraints():
    norms = np.sqrt(np.square(W).sum(0, keepdims=True))
    np.testing.assert_allclose(
        constraints.MaxNorm(1.0)(W).data, W * np.minimum(norms, 1) / (norms + 1e-7)
    )
    np.testing.assert_allclose(constraints.UnitNorm()(W).data, W / (norms + 1e-7))
    np.testing.assert_array_equal(constraints.NonNeg()(W).data, np.maximum(W, 0))
    wanted = 0.7 * np.clip(norms, 0.5, 1.0) + 0.3 * norms
    np.testing.assert_allclose(
        constraints.MinMaxNorm(0.5, 1.0, 0.7)(W).data, W * wanted / (norms + 1e-7)
    )
    rows = np.sqrt(np.square(W).sum(1, keepdims=True))
    np.testing.assert_allclose(constraints.UnitNorm(axis=1)(W).data, W / (rows + 1e-7))


@pytest.mark.parametrize(
    "name", ["MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm", "max_norm", "non_neg", "unit_norm"]
)
def test_constraint_configs_go_there_and_back(name):
    made = constraints.get(name)
    again = constraints.deserialize(json.loads(json.dumps(constraints.serialize(made))))
    assert type(again) is type(made) and again.get_config() == made.get_config()


def test_unknown_constraint():
    with pytest.raises(ValueError, match="Could not interpret constraint identifier: foo"):
        constraints.get("foo")


def test_orthogonal_penalty_is_the_mean_cosine_of_different_rows_or_columns():
    for mode, rows in (("rows", W), ("columns", W.T)):
        unit = rows / np.sqrt(np.square(rows).sum(1, keepdims=True))
        cosines = np.abs(unit @ unit.T)
        n = len(rows)
        expected = 0.3 * (cosines.sum() - n) / (n * (n - 1))
        regularizer = regularizers.OrthogonalRegularizer(0.3, mode)
        np.testing.assert_allclose(regularizer(W).data, expected)
        check_gradients(regularizer, W)
    with pytest.raises(ValueError, match="must have rank 2"):
        regularizer(W[0])
