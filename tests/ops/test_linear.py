"""Sums of products and norms against NumPy, with gradients."""

import numpy as np
import pytest
from gradcheck import check_gradients

from fastconv import ops


def data(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


EINSUMS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("bhqd,bhkd->bhqk", (2, 3, 4, 5), (2, 3, 6, 5)),
    ("ij->ji", (2, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("iij->ji", (3, 3, 2)),
    ("i,j->ij", (2,), (3,)),
    ("i,i->", (3,), (3,)),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("ij,kl->lk", (2, 3), (4, 5)),
    ("...ij,...jk->...ik", (2, 3, 4), (2, 4, 5)),
    ("...i,ij->...j", (2, 3, 4), (4, 5)),
    ("ab,bc,cd->ad", (2, 3), (3, 4), (4, 2)),
    ("abc,cd,b->ad", (2, 3, 4), (4, 2), (3,)),
    ("nhwc,ch->nw", (2, 3, 4, 5), (5, 3)),
]


@pytest.mark.parametrize("case", EINSUMS, ids=lambda c: c[0])
def test_einsum(case):
    subscripts, *shapes = case
    xs = [data(*s, seed=i) for i, s in enumerate(shapes)]
    np.testing.assert_allclose(
        ops.einsum(subscripts, *xs).data, np.einsum(subscripts, *xs), rtol=1e-11, atol=1e-12
    )
    check_gradients(lambda *xs: ops.einsum(subscripts, *xs), *xs)


def test_einsum_mistakes():
    with pytest.raises(ValueError, match="names 2 operands, received 1"):
        ops.einsum("ij,jk", data(2, 3))
    with pytest.raises(ValueError, match="'ij' does not fit an operand of shape"):
        ops.einsum("ij->i", data(2, 3, 4))
    with pytest.raises(ValueError, match="label 'j' stands for lengths 3 and 4"):
        ops.einsum("ij,jk->ik", data(2, 3), data(4, 5))
    with pytest.raises(ValueError, match=r"has the labels \['z'\]"):
        ops.einsum("ij->z", data(2, 3))


@pytest.mark.parametrize(
    ("shapes", "axes"),
    [
        (((2, 3, 4), (3, 4, 5)), 2),
        (((2, 3, 4), (4, 5)), 1),
        (((2, 3), (4, 5)), 0),
        (((2, 3, 4), (5, 4, 3)), ((1, 2), (2, 1))),
        (((2, 3, 4), (5, 3)), (1, 1)),
    ],
    ids=str,
)
def test_tensordot(shapes, axes):
    a, b = data(*shapes[0]), data(*shapes[1], seed=1)
    np.testing.assert_allclose(ops.tensordot(a, b, axes).data, np.tensordot(a, b, axes), rtol=1e-11)
    check_gradients(lambda a, b: ops.tensordot(a, b, axes), a, b)


@pytest.mark.parametrize(
    "shapes",
    [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((2, 5, 3), (4, 3, 2)), ((), (2,))],
    ids=str,
)
def test_dot_and_inner(shapes):
    a, b = data(*shapes[0]), data(*shapes[1], seed=1)
    np.testing.assert_allclose(ops.dot(a, b).data, np.dot(a, b), rtol=1e-11)
    check_gradients(ops.dot, a, b)
    turned = np.moveaxis(b, -2, -1) if b.ndim > 1 else b
    turned = np.ascontiguousarray(turned)
    np.testing.assert_allclose(ops.inner(a, turned).data, np.inner(a, turned), rtol=1e-11)


def test_outer_vdot_and_trace():
    a, b = data(2, 3), data(4, seed=1)
    np.testing.assert_allclose(ops.outer(a, b).data, np.outer(a, b))
    np.testing.assert_allclose(ops.vdot(a, a).data, np.vdot(a, a))
    for offset in (-1, 0, 2):
        x = data(3, 4, 5)
        np.testing.assert_allclose(ops.trace(x, offset, 0, 2).data, np.trace(x, offset, 0, 2))
    check_gradients(ops.outer, a, b)
    check_gradients(ops.vdot, a, a + 1)
    check_gradients(lambda x: ops.trace(x, 1), data(3, 4))


@pytest.mark.parametrize("ord", [None, 1, 2, 3, np.inf, -np.inf, 0.5])
@pytest.mark.parametrize("axis", [0, -1])
def test_norms_of_vectors(ord, axis):
    x = data(3, 4)
    np.testing.assert_allclose(
        ops.norm(x, ord, axis).data, np.linalg.norm(x, ord, axis), rtol=1e-11
    )
    check_gradients(lambda x: ops.norm(x, ord, axis, keepdims=True), x)
    assert ops.norm(np.array([0.0, 2.0, 3.0]), 0, 0).data == 2


@pytest.mark.parametrize("ord", [None, "fro", 1, -1, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [(0, 1), (2, 0), (-1, -2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norms_of_matrices(ord, axis, keepdims):
    x = data(3, 4, 2)
    expected = np.linalg.norm(x, ord, axis, keepdims)
    y = ops.norm(x, ord, axis, keepdims)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.data, expected, rtol=1e-11)
    check_gradients(lambda x: ops.norm(x, ord, axis), x)


def test_norm_of_all_elements_and_unknown_orders():
    x = data(2, 3, 4)
    np.testing.assert_allclose(ops.norm(x).data, np.linalg.norm(x))
    with pytest.raises(ValueError, match="Received: ord=nuc"):
        ops.norm(x[0], "nuc", (0, 1))
