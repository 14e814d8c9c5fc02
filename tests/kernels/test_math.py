"""f32 elementary functions against float64 NumPy: errors in units of the last place, specials."""

import numpy as np
import pytest
from scipy import special

from fastconv.ops.arrays import unary

GRIDS = {
    "exp": (np.exp, np.linspace(-87, 88.7, 200001)),
    "expm1": (
        np.expm1,
        np.concatenate([np.linspace(-20, 88.7, 100001), np.linspace(-1e-3, 1e-3, 999)]),
    ),
    "log": (
        np.log,
        np.concatenate([np.geomspace(1e-37, 3e38, 200001), np.linspace(0.5, 2, 100001)]),
    ),
    "log1p": (
        np.log1p,
        np.concatenate([np.geomspace(1e-10, 1e30, 100001), np.linspace(-0.99, 3, 99999)]),
    ),
    "tanh": (np.tanh, np.concatenate([np.linspace(-12, 12, 200001), np.geomspace(1e-20, 1, 9999)])),
    "erf": (
        special.erf,
        np.concatenate([np.linspace(-6, 6, 200001), np.geomspace(1e-20, 1, 9999)]),
    ),
    "sqrt": (np.sqrt, np.geomspace(1e-30, 1e30, 10001)),
}


@pytest.mark.parametrize("name", GRIDS)
def test_f32_functions_are_within_two_units_in_the_last_place(name):
    function, grid = GRIDS[name]
    x = grid.astype(np.float32)
    exact = function(x.astype(np.float64))
    y = unary(name, x)
    unit = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    assert np.max(np.abs(y - exact) / unit) <= 2.0


@pytest.mark.parametrize("name", sorted(set(GRIDS) - {"sqrt"}))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_values_go_where_numpy_sends_them(name, dtype):
    function = GRIDS[name][0]
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e30, -1.0, 2.0], dtype)
    with np.errstate(all="ignore"):
        expected = function(x.astype(np.float64)).astype(dtype)
    np.testing.assert_allclose(unary(name, x), expected, rtol=1e-6)


def test_negative_zero_keeps_its_sign():
    x = np.full(9, -0.0, np.float32)
    for name in ("tanh", "erf", "sqrt"):
        assert np.signbit(unary(name, x)).all()


def test_tails_and_vectors_give_the_same_bits():
    x = np.linspace(-3, 3, 64).astype(np.float32)
    for name in ("exp", "tanh", "erf"):
        whole = unary(name, x)
        single = np.concatenate([unary(name, x[i : i + 1].copy()) for i in range(64)])
        np.testing.assert_array_equal(whole, single)
