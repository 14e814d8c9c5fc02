"""`dense` and `matmul` against NumPy: all layouts, odd sizes, dtypes, thread counts."""

import itertools

import numpy as np
import pytest
from gradcheck import check_gradients

import fastconv
from fastconv import _kernels, ops
from fastconv.ops import dense as module
from fastconv.ops.dense import dense, matmul, matrix, product
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor

RNG = np.random.default_rng(7)
ACTIVATIONS = {
    None: lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
}


def tolerance(dtype, k):
    return 4 * np.finfo(dtype).eps * max(4, k)


def guarded(rows, columns, dtype, fill=np.nan):
    """An array inside a larger one whose other elements are `fill`; (whole, inner)."""
    whole = np.full(rows * columns + 70, fill, dtype)
    return whole, whole[35 : 35 + rows * columns].reshape(rows, columns)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("m", [1, 2, 3, 5, 7, 13, 33, 70, 131])
def test_product_in_every_layout_touches_nothing_else(m, dtype):
    for n, k in itertools.product([1, 3, 8, 15, 17, 25, 40, 100], [1, 2, 7, 33, 300]):
        for ta, tb in itertools.product([False, True], [False, True]):
            _, a = guarded(*((k, m) if ta else (m, k)), dtype)
            _, b = guarded(*((n, k) if tb else (k, n)), dtype)
            whole_c, c = guarded(m, n, dtype, 99)
            a[...] = RNG.uniform(-1, 1, a.shape)
            b[...] = RNG.uniform(-1, 1, b.shape)
            bias = RNG.uniform(-1, 1, n).astype(dtype)
            left, right = matrix(a), matrix(b)
            product(left.T if ta else left, right.T if tb else right, (m, n, k), bias, out=c)
            expected = (a.T if ta else a).astype(float) @ (b.T if tb else b) + bias
            np.testing.assert_allclose(c, expected, rtol=0, atol=tolerance(dtype, k))
            assert (whole_c[:35] == 99).all() and (whole_c[35 + m * n :] == 99).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("pack", [0, 1, 2])
@pytest.mark.parametrize("gather", [0, 1])
@pytest.mark.parametrize("transposed", [False, True])
def test_every_way_to_copy_operands_gives_the_same_bits(dtype, pack, gather, transposed):
    m, n, k = 100, 123, 530
    a = RNG.uniform(-1, 1, (k, m) if transposed else (m, k)).astype(dtype)
    b = RNG.uniform(-1, 1, (k, n)).astype(dtype)
    size = np.dtype(dtype).itemsize
    plain = np.empty((m, n), dtype)
    c = np.full((m, n), 99, dtype)
    ars, acs = (1, m) if transposed else (k, 1)
    name = "f32" if size == 4 else "f64"

    def call(out, b, pack, gather, rb, cb, brs):
        fastconv.ops.tensor.run(
            _kernels.get(f"dense_product_{name}"),
            (out, a, b, None, None, None),
            (m, n, k, ars, acs, brs, 1, n, 0, rb, cb, 128, 0, 1, pack, gather),
            (),
            rb * cb,
            1,
        )

    call(plain, b, 0, 0, 1, 1, n)
    source = b
    if pack == 2:
        cols = 192 // size
        panels = -(-n // cols)
        source = np.full(panels * k * cols, np.nan, dtype)
        fastconv.ops.tensor.run(
            _kernels.get(f"dense_pack_{name}"), (source, b), (n, k, n, 1), (), panels, 1
        )
    call(c, source, pack, gather, 3, 2, n)
    np.testing.assert_array_equal(c, plain)
    expected = np.maximum((a.T if transposed else a) @ b.astype(float), 0)
    np.testing.assert_allclose(c, expected, rtol=0, atol=tolerance(dtype, k))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("bias", [False, True])
def test_few_rows_over_a_long_k_are_added_in_pieces(dtype, activation, bias):
    m, k, n = 33, 2048, 50
    x = RNG.normal(size=(m, k)).astype(dtype)
    w = (RNG.normal(size=(k, n)) / 45).astype(dtype)
    b = RNG.normal(size=n).astype(dtype) if bias else None
    z = x.astype(float) @ w + (b if bias else 0)
    with fastconv._runtime.Program() as program:
        y = dense(x, w, b, activation).data
    assert [name for name, _ in program.timings()] == [
        "dense_product_f32" if dtype == "float32" else "dense_product_f64",
        "dense_combine_f32" if dtype == "float32" else "dense_combine_f64",
    ]
    expected = ACTIVATIONS[activation](z)
    np.testing.assert_allclose(y, expected, rtol=0, atol=tolerance(dtype, k))
    with fastconv._runtime.limit_threads(1):
        np.testing.assert_array_equal(dense(x, w, b, activation).data, y)


def test_packing_transposes_and_pads_with_zeros():
    b = RNG.normal(size=(50, 7)).astype(np.float32)  # b.T is 7 x 50
    p = np.full((2, 7, 48), np.nan, np.float32)
    fastconv.ops.tensor.run(_kernels.get("dense_pack_f32"), (p, b), (50, 7, 1, 7), (), 2, 1)
    np.testing.assert_array_equal(p[0], b.T[:, :48])
    np.testing.assert_array_equal(p[1, :, :2], b.T[:, 48:])
    assert not p[1, :, 2:].any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("lead", [(1,), (32,), (3, 5), (2, 0), ()])
@pytest.mark.parametrize("bias", [False, True])
def test_dense_is_a_product_with_bias_and_activation(dtype, activation, lead, bias):
    x = RNG.normal(size=(*lead, 19)).astype(dtype)
    w = RNG.normal(size=(19, 11)).astype(dtype)
    b = RNG.normal(size=11).astype(dtype) if bias else None
    y = dense(x, w, b, activation)
    z = x.astype(float) @ w + (b if bias else 0)
    assert y.shape == (*lead, 11) and y.dtype == dtype
    np.testing.assert_allclose(y.data, ACTIVATIONS[activation](z), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(1, 3), (7, 5), (2, 3, 4)])
@pytest.mark.parametrize("bias", [False, True])
def test_dense_gradients(activation, shape, bias):
    arrays = [RNG.normal(size=shape), RNG.normal(size=(shape[-1], 6))]
    if bias:
        arrays.append(RNG.normal(size=6))
    check_gradients(lambda *a: dense(*a, activation=activation), *arrays)


def test_dense_skips_gradients_that_no_one_wants():
    x, w = Tensor(RNG.normal(size=(4, 3))), Tensor(RNG.normal(size=(3, 2)))
    with Tape() as tape:
        tape.watch(w)
        y = dense(x, w)
    dx, dw = tape.gradient(y, [x, w])
    assert dx is None
    np.testing.assert_allclose(dw, x.data.T @ np.ones((4, 2)))


def test_relu_keeps_nan_and_minus_zero():
    x = np.array([[np.nan, 1.0], [-1.0, 0.0], [-0.0, 0.0]], np.float32)
    y = dense(x, np.eye(2, dtype=np.float32), None, "relu").data
    assert np.isnan(y[0]).all()
    np.testing.assert_array_equal(y[1:], 0)


def test_long_bias_gradient_sums_by_chunks():
    m = 5000
    x, w, b = (RNG.normal(size=s).astype(np.float32) for s in [(m, 3), (3, 4), 4])
    b = Tensor(b)
    with Tape() as tape:
        tape.watch(b)
        y = dense(x, w, b, "tanh")
    seed = RNG.uniform(0, 1, (m, 4)).astype(np.float32)
    (db,) = tape.gradient(y, [b], seed=seed)
    expected = (seed * (1 - y.data.astype(float) ** 2)).sum(0)
    np.testing.assert_allclose(db, expected, rtol=1e-5)


@pytest.mark.parametrize("shape", [(32, 784, 100), (33, 129, 61), (300, 301, 77), (1, 500, 301)])
def test_bits_do_not_depend_on_threads(shape):
    m, k, n = shape
    x, w, b = (RNG.normal(size=s).astype(np.float32) for s in [(m, k), (k, n), n])
    results = []
    try:
        for threads in (1, 2, 3):
            fastconv.set_num_threads(threads)
            tensors = [Tensor(a) for a in (x, w, b)]
            with Tape() as tape:
                for t in tensors:
                    tape.watch(t)
                y = dense(*tensors, "relu")
            results.append([y.data, *tape.gradient(y, tensors)])
    finally:
        fastconv.set_num_threads(2)
    for other in results[1:]:
        for first, second in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(first, second)


def test_sums_of_empty_k_are_the_bias():
    b = np.arange(3, dtype=np.float32)
    y = dense(np.empty((2, 0), np.float32), np.empty((0, 3), np.float32), b)
    np.testing.assert_array_equal(y.data, np.tile(b, (2, 1)))


MATMULS = [
    ((4,), (4,)),
    ((4,), (4, 3)),
    ((2, 4), (4,)),
    ((2, 4), (4, 3)),
    ((5, 2, 4), (4, 3)),
    ((5, 2, 4), (5, 4, 3)),
    ((2, 4), (5, 4, 3)),
    ((6, 1, 2, 4), (1, 5, 4, 3)),
    ((5, 2, 4), (4,)),
    ((4,), (5, 4, 3)),
    ((1, 2, 4), (5, 4, 3)),
]


@pytest.mark.parametrize(("left", "right"), MATMULS, ids=str)
def test_matmul_matches_numpy_and_its_gradient(left, right):
    a, b = RNG.normal(size=left), RNG.normal(size=right)
    y = matmul(a, b)
    expected = np.matmul(a, b)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.data, expected, rtol=1e-12, atol=1e-12)
    check_gradients(matmul, a, b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matmul_of_large_matrices(dtype):
    a = RNG.normal(size=(300, 520)).astype(dtype)
    b = RNG.normal(size=(520, 410)).astype(dtype)
    np.testing.assert_allclose(
        matmul(a, b).data, a.astype(float) @ b, rtol=0, atol=tolerance(dtype, 5200)
    )


def test_matmul_promotes_and_counts_integers_exactly():
    a = np.arange(6, dtype=np.int32).reshape(2, 3)
    y = matmul(a, a.T)
    assert y.dtype == np.int32
    np.testing.assert_array_equal(y.data, a @ a.T)
    mixed = matmul(a, np.ones((3, 1), np.float32))
    assert mixed.dtype == np.float32
    assert matmul(np.ones((1, 3)), np.ones((3, 1), np.float32)).dtype == np.float64


def test_matmul_says_which_shapes_do_not_fit():
    with pytest.raises(ValueError, match=r"matmul: shapes \(2, 3\) and \(4, 5\) do not fit"):
        matmul(np.ones((2, 3)), np.ones((4, 5)))
    with pytest.raises(ValueError, match="at least one axis"):
        matmul(np.float32(1), np.ones((4, 5)))


def test_matmul_of_symbolic_tensors_infers_the_shape():
    from fastconv.ops.symbolic import KerasTensor

    y = ops.matmul(KerasTensor((None, 4)), np.ones((4, 3), np.float32))
    assert y.shape == (None, 3)


def test_numba_trains_the_same_dense_layer():
    pytest.importorskip("numba")
    arrays = [RNG.normal(size=s).astype(np.float32) for s in [(33, 50), (50, 21), 21]]
    results = []
    for backend in ("cython", "numba"):
        fastconv.set_backend(backend)
        try:
            for activation in ACTIVATIONS:
                tensors = [Tensor(a) for a in arrays]
                with Tape() as tape:
                    for t in tensors:
                        tape.watch(t)
                    y = dense(*tensors, activation)
                results.append([y.data, *tape.gradient(y, tensors)])
            results.append([matmul(np.ones((3, 4, 5)), RNG.normal(size=(3, 5, 6)) * 0 + 2).data])
        finally:
            fastconv.set_backend("cython")
    half = len(results) // 2
    for first, second in zip(results[:half], results[half:], strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


def test_cuts_cover_the_problem():
    for m, n, k in itertools.product([1, 40, 65, 300, 5000], [1, 10, 100, 3000], [1, 9, 800]):
        cut = module.cut(1, m, n, k, k, 1, 1, 4)
        assert cut.rb >= -(-m // module.MAX_ROWS) and cut.cb >= 1 and 1 <= cut.kc <= 256
