"""Arithmetic, functions of one number, comparisons: values, dtypes, gradients, bad input."""

import numpy as np
import pytest
from gradcheck import check_gradients

import fastconv
from fastconv import ops
from fastconv.ops import elementwise
from fastconv.ops.dtypes import result_type
from fastconv.ops.tensor import Tensor

SHAPES = [
    ((5,), (5,)),
    ((3, 4), (4,)),
    ((3, 1), (1, 4)),
    ((2, 3, 4), (3, 1)),
    ((), (2, 3)),
    ((0, 3), (1, 3)),
    ((1,), (1, 1)),
    ((2, 1, 3, 1, 2), (1, 4, 1, 5, 1)),
]
BINARY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mod": np.mod,
    "floor_divide": np.floor_divide,
    "arctan2": np.arctan2,
    "power": np.power,
}


def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binary_ops_broadcast_as_numpy(name, shapes, dtype):
    a, b = (rng().uniform(0.5, 3, s).astype(dtype) for s in shapes)
    y = getattr(ops, name)(a, b)
    expected = BINARY[name](a, b)
    assert y.data.dtype == dtype and y.shape == expected.shape
    np.testing.assert_allclose(y.data, expected, rtol=1e-6 if dtype == "float32" else 1e-15)


@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "maximum", "minimum", "mod", "floor_divide"]
)
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "int16"])
def test_integers_stay_integers(name, dtype):
    a = rng().integers(0, 100, (7, 9)).astype(dtype)
    b = rng().integers(1, 9, 9).astype(dtype)
    if dtype != "uint8":
        a, b = a - 50, b * np.array([1, -1, 1, 1, -1, 1, 1, 1, -1], dtype)
    y = getattr(ops, name)(a, b)
    assert y.data.dtype == dtype
    np.testing.assert_array_equal(y.data, BINARY[name](a, b))


def test_every_length_up_to_three_vectors_is_computed_exactly():
    for n in range(1, 70):
        x = np.arange(n, dtype=np.float32)
        np.testing.assert_array_equal(ops.add(x, x).data, x + x)
        np.testing.assert_array_equal(ops.square(x).data, x * x)
        np.testing.assert_array_equal(ops.less(x, 3.0).data, x < 3)
        np.testing.assert_array_equal(ops.cast(x, "int64").data, np.arange(n))


@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "divide", "arctan2", "power", "maximum", "minimum"]
)
@pytest.mark.parametrize(
    "shapes", [((3, 4), (4,)), ((2, 1, 3), (4, 1)), ((), (3,)), ((3,), (3,))], ids=str
)
def test_gradients_of_binary_ops(name, shapes):
    a, b = (rng().uniform(0.5, 2, s) + k * 0.01 for k, s in enumerate(shapes))
    check_gradients(getattr(ops, name), a, b)


def test_gradient_of_mod():
    check_gradients(ops.mod, np.array([5.3, -2.2, 7.9]), np.array([2.0, 3.1, -2.5]))


@pytest.mark.parametrize("exponent", [2, 1, 0.5, 3, -1, 0, 1.7])
def test_gradient_of_power_with_a_number_as_exponent(exponent):
    check_gradients(lambda x: ops.power(x, exponent), rng().uniform(0.5, 2, 6))


def test_power_of_zero_has_no_gradient_for_exponent_zero():
    x = Tensor(np.zeros(1))
    check_gradients(lambda x: ops.power(x, np.zeros(1)), np.array([0.5]))
    assert ops.power(x, 0.0).data == 1.0


UNARY = {
    "negative": (np.negative, -2, 2),
    "absolute": (np.abs, -2, 2),
    "abs": (np.abs, -2, 2),
    "square": (np.square, -2, 2),
    "sign": (np.sign, -2, 2),
    "exp": (np.exp, -2, 2),
    "expm1": (np.expm1, -2, 2),
    "log": (np.log, 0.1, 4),
    "log2": (np.log2, 0.1, 4),
    "log10": (np.log10, 0.1, 4),
    "log1p": (np.log1p, -0.5, 4),
    "sqrt": (np.sqrt, 0.1, 4),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 0.1, 4),
    "reciprocal": (np.reciprocal, 0.5, 4),
    "sin": (np.sin, -4, 4),
    "cos": (np.cos, -4, 4),
    "tan": (np.tan, -1, 1),
    "arcsin": (np.arcsin, -0.9, 0.9),
    "arccos": (np.arccos, -0.9, 0.9),
    "arctan": (np.arctan, -2, 2),
    "sinh": (np.sinh, -2, 2),
    "cosh": (np.cosh, -2, 2),
    "floor": (np.floor, -2.3, 2.1),
    "ceil": (np.ceil, -2.3, 2.1),
    "round": (np.round, -2.3, 2.1),
}


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_one_number_match_numpy(name, dtype):
    function, lo, hi = UNARY[name]
    x = rng().uniform(lo, hi, (5, 7)).astype(dtype)
    y = getattr(ops, name)(x)
    assert y.data.dtype == dtype
    np.testing.assert_allclose(y.data, function(x), rtol=5e-7 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("name", [*UNARY, "erf"])
def test_gradients_of_functions_of_one_number(name):
    _, lo, hi = UNARY.get(name, (None, -2, 2))
    check_gradients(lambda x: getattr(ops, name)(x) + 0 * x, rng().uniform(lo, hi, 9))


def test_halves_round_to_even_and_decimals_count():
    np.testing.assert_array_equal(ops.round(np.array([0.5, 1.5, 2.5])).data, [0, 2, 2])
    np.testing.assert_allclose(ops.round(np.array([1.2345]), 2).data, [1.23])


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("equal", np.equal),
        ("not_equal", np.not_equal),
        ("less", np.less),
        ("less_equal", np.less_equal),
        ("greater", np.greater),
        ("greater_equal", np.greater_equal),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool", "int8"])
def test_comparisons_give_booleans(name, function, dtype):
    a = rng().integers(0, 3, (4, 5)).astype(dtype)
    b = rng().integers(0, 3, 5).astype(dtype)
    y = getattr(ops, name)(a, b)
    assert y.data.dtype == bool
    np.testing.assert_array_equal(y.data, function(a, b))


def test_nan_is_unequal_and_spreads():
    x = np.array([np.nan, 1.0, np.inf])
    assert ops.equal(x, x).data.tolist() == [False, True, True]
    assert ops.not_equal(x, x).data.tolist() == [True, False, False]
    assert np.isnan(ops.maximum(x, 0.0).data[0]) and np.isnan(ops.minimum(0.0, x).data[0])
    assert ops.isnan(x).data.tolist() == [True, False, False]
    assert ops.isinf(x).data.tolist() == [False, False, True]
    assert ops.isfinite(x).data.tolist() == [False, True, False]
    assert ops.isfinite(np.arange(2)).data.all()


def test_logic():
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    np.testing.assert_array_equal(ops.logical_and(a, b).data, a & b)
    np.testing.assert_array_equal(ops.logical_or(a, b).data, a | b)
    np.testing.assert_array_equal(ops.logical_xor(a, b).data, a ^ b)
    np.testing.assert_array_equal(ops.logical_not(a).data, ~a)
    np.testing.assert_array_equal(ops.logical_and(np.array([2.0, 0.0]), 1).data, [True, False])


def test_isclose():
    a, b = np.array([1.0, 1.0, np.nan, np.inf]), np.array([1.0 + 1e-9, 1.1, np.nan, np.inf])
    np.testing.assert_array_equal(ops.isclose(a, b).data, np.isclose(a, b))
    np.testing.assert_array_equal(
        ops.isclose(a, b, equal_nan=True).data, np.isclose(a, b, equal_nan=True)
    )


def test_where_chooses_and_differentiates():
    c = np.array([[True, False, True]])
    a, b = rng().normal(size=(4, 3)), rng().normal(size=3) + 5
    np.testing.assert_array_equal(ops.where(c, a, b).data, np.where(c, a, b))
    check_gradients(lambda a, b: ops.where(c, a, b), a, b)
    rows, cols = ops.where(np.array([[0, 1], [1, 0]]))
    assert rows.data.tolist() == [0, 1] and cols.data.tolist() == [1, 0]
    with pytest.raises(ValueError, match="either both should be `None`"):
        ops.where(c, a)


def test_where_keeps_infinite_values_of_the_other_branch_out():
    x = Tensor(np.array([0.0, 4.0]))
    from fastconv.ops.tape import Tape

    with Tape() as tape:
        tape.watch(x)
        y = ops.where(ops.greater(x, 0.0), ops.sqrt(ops.where(ops.greater(x, 0.0), x, 1.0)), 0.0)
    np.testing.assert_array_equal(tape.gradient(y, [x])[0], [0.0, 0.25])


def test_clip_values_and_gradient():
    x = np.array([-2.0, 0.3, 5.0])
    np.testing.assert_array_equal(ops.clip(x, -1, 1).data, [-1, 0.3, 1])
    check_gradients(lambda x: ops.clip(x, -1, 1), x)


def test_divide_no_nan():
    np.testing.assert_array_equal(
        ops.divide_no_nan(np.array([1.0, 2.0]), np.array([0.0, 4.0])).data, [0.0, 0.5]
    )
    check_gradients(ops.divide_no_nan, np.array([1.0, 2.0]), np.array([3.0, 4.0]))


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("float32", "float64"), "float64"),
        (("float32", "int64"), "float32"),
        (("int32", "int64"), "int64"),
        (("bool", "uint8"), "uint8"),
        (("float64", 2.0), "float64"),
        (("float32", 2.0), "float32"),
        (("float32", np.float64(2)), "float32"),
        (("int32", 2.0), "float32"),
        (("int64", 2), "int64"),
        (("uint8", 2), "uint8"),
        (("bool", 2), "int32"),
        (("bool", True), "bool"),
        ((2, 3.0), "float32"),
        ((True, False), "bool"),
        ((1, 2), "int32"),
        (("int64", "uint64"), "float32"),
    ],
)
def test_dtypes_meet_as_in_keras(args, expected):
    assert result_type(*args) == expected
    assert result_type(*reversed(args)) == expected


def test_division_and_roots_of_integers_are_floats():
    assert ops.divide(np.array([3]), np.array([2])).data.dtype == np.float32
    assert ops.sqrt(np.array([4])).data.dtype == np.float32
    assert (ops.convert_to_tensor(np.arange(3)) * 0.5).data.dtype == np.float32


@pytest.mark.parametrize(
    "target", ["float32", "float64", "int32", "int64", "uint8", "bool", "int16"]
)
@pytest.mark.parametrize(
    "source", ["float32", "float64", "int32", "int64", "uint8", "bool", "int16"]
)
def test_casts_match_numpy(source, target):
    x = np.array([[0.0, 1.0, 2.7], [100.2, 3.0, 0.4]]).astype(source)
    y = ops.cast(x, target)
    assert y.data.dtype == target
    np.testing.assert_array_equal(y.data, x.astype(target))


def test_gradient_passes_through_a_cast_of_floats():
    check_gradients(lambda x: ops.cast(x, "float64") * 2, np.ones(3))


def test_results_do_not_depend_on_threads():
    a = rng().normal(size=(311, 977)).astype(np.float32)
    b = rng().normal(size=977).astype(np.float32)
    old = fastconv.get_num_threads()
    try:
        results = []
        for n in (1, 2, 5):
            fastconv.set_num_threads(n)
            results.append((ops.exp(a).data, ops.divide(a, b).data))
        for other in results[1:]:
            for x, y in zip(results[0], other, strict=True):
                np.testing.assert_array_equal(x, y)
    finally:
        fastconv.set_num_threads(old)


def test_add_arrays_in_place_and_assign_into():
    a = np.arange(5.0)
    assert elementwise.add_arrays(a, np.ones(5), out=a) is a
    np.testing.assert_array_equal(a, np.arange(5.0) + 1)
    dst = np.full(3, np.nan, np.float32)
    elementwise.assign_into(dst, np.arange(3), 1.0, 0.0)
    np.testing.assert_array_equal(dst, [0, 1, 2])
    elementwise.assign_into(dst, np.ones(3, np.float32), -1.0, 2.0)
    np.testing.assert_array_equal(dst, [-1, 1, 3])
    count = np.array(4, np.int64)
    elementwise.assign_into(count, np.array(1, np.int64), 1.0, 1.0)
    assert count == 5


def test_shapes_that_do_not_broadcast_are_an_error():
    with pytest.raises(ValueError, match="shape mismatch"):
        ops.add(np.ones(3), np.ones(4))


def test_logaddexp_does_not_overflow():
    a, b = np.array([1000.0, -1000.0, 0.3]), np.array([1000.0, 2.0, -0.2])
    np.testing.assert_allclose(ops.logaddexp(a, b).data, np.logaddexp(a, b))
    check_gradients(ops.logaddexp, np.array([0.3, 2.0]), np.array([-0.2, 2.5]))


def test_nan_to_num_replaces_what_is_not_finite():
    x = np.array([np.nan, np.inf, -np.inf, 1.5])
    np.testing.assert_array_equal(ops.nan_to_num(x).data, np.nan_to_num(x))
    np.testing.assert_array_equal(ops.nan_to_num(x, 1.0, 2.0, 3.0).data, [1, 2, 3, 1.5])
    assert ops.nan_to_num(np.arange(3)).data.tolist() == [0, 1, 2]
    check_gradients(ops.nan_to_num, np.array([0.5, -2.0]))
