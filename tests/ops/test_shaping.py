"""Making, reshaping, joining, cutting, indexing: against NumPy, with gradients."""

import numpy as np
import pytest
from gradcheck import check_gradients

from fastconv import ops
from fastconv.ops import moves
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor
from fastconv.ops.variable import Variable


def data(*shape):
    return np.random.default_rng(11).normal(size=shape)


CASES = {
    "reshape": (lambda m, x: m.reshape(x, (4, -1)), (2, 3, 4)),
    "ravel": (lambda m, x: m.ravel(x), (2, 3)),
    "expand": (lambda m, x: m.expand_dims(x, (0, 2)), (2, 3)),
    "squeeze": (lambda m, x: m.squeeze(x, 1), (2, 1, 3, 1)),
    "squeeze_all": (lambda m, x: m.squeeze(x), (2, 1, 3, 1)),
    "transpose": (lambda m, x: m.transpose(x), (2, 3, 4)),
    "transpose_axes": (lambda m, x: m.transpose(x, (0, 3, 1, 2)), (2, 3, 4, 5)),
    "transpose_large": (lambda m, x: m.transpose(x, (1, 0)), (37, 53)),
    "transpose_batch": (lambda m, x: m.transpose(x, (0, 2, 1)), (3, 17, 18)),
    "transpose_5d": (lambda m, x: m.transpose(x, (4, 2, 0, 1, 3)), (2, 3, 2, 2, 3)),
    "swapaxes": (lambda m, x: m.swapaxes(x, 0, -1), (2, 3, 4)),
    "moveaxis": (lambda m, x: m.moveaxis(x, (0, 1), (-1, 0)), (2, 3, 4)),
    "moveaxis_one": (lambda m, x: m.moveaxis(x, -1, 1), (2, 3, 4)),
    "broadcast": (lambda m, x: m.broadcast_to(x, (4, 2, 3)), (2, 1)),
    "flip": (lambda m, x: m.flip(x, 1), (2, 3, 4)),
    "flip_all": (lambda m, x: m.flip(x), (2, 3)),
    "roll": (lambda m, x: m.roll(x, 2, 1), (2, 5)),
    "roll_flat": (lambda m, x: m.roll(x, -1), (2, 5)),
    "repeat": (lambda m, x: m.repeat(x, 3, 1), (2, 3, 4)),
    "repeat_flat": (lambda m, x: m.repeat(x, 2), (2, 3)),
    "repeat_each": (lambda m, x: m.repeat(x, np.array([1, 0, 2]), 1), (2, 3)),
    "tile": (lambda m, x: m.tile(x, (2, 1, 3)), (2, 3)),
    "tile_less": (lambda m, x: m.tile(x, 2), (2, 3)),
    "concatenate": (lambda m, x: m.concatenate([x, x * 2, x[:, :1]], 1), (2, 3)),
    "concatenate_last": (lambda m, x: m.concatenate([x, x * 2], -1), (2, 3, 2)),
    "stack": (lambda m, x: m.stack([x, x * 3], -1), (2, 3)),
    "hstack": (lambda m, x: m.hstack([x, x * 3]), (2, 3)),
    "vstack": (lambda m, x: m.vstack([x, x * 3]), (3,)),
    "append": (lambda m, x: m.append(x, x * 2), (2, 3)),
    "pad": (lambda m, x: m.pad(x, ((0, 0), (1, 2), (3, 0))), (2, 3, 2)),
    "pad_one": (lambda m, x: m.pad(x, 1, constant_values=7), (2, 3)),
    "pad_reflect": (lambda m, x: m.pad(x, ((1, 2), (2, 0)), mode="reflect"), (4, 3)),
    "pad_symmetric": (lambda m, x: m.pad(x, ((1, 2), (2, 0)), mode="symmetric"), (4, 3)),
    "take": (lambda m, x: m.take(x, np.array([[2, 0], [-1, 2]]), 1), (2, 3, 4)),
    "take_flat": (lambda m, x: m.take(x, np.array([5, 0, 5])), (2, 3)),
    "take_along": (lambda m, x: m.take_along_axis(x, np.array([[2, 0], [1, -1]]), 1), (2, 3)),
    "tril": (lambda m, x: m.tril(x, 1), (3, 4)),
    "triu": (lambda m, x: m.triu(x, -1), (2, 3, 4)),
    "diag_out": (lambda m, x: m.diag(x, 1), (3,)),
    "diag_in": (lambda m, x: m.diag(x, -1), (4, 3)),
    "item": (lambda m, x: x[1], (2, 3)),
    "item_number": (lambda m, x: x[1, 2], (2, 3)),
    "item_slice": (lambda m, x: x[:, 1:-1, ::2], (2, 4, 5)),
    "item_reverse": (lambda m, x: x[::-1, ..., -1], (3, 2, 4)),
    "item_new": (lambda m, x: x[:, None, 0], (2, 3)),
    "item_list": (lambda m, x: x[[1, 0, 1]], (2, 3)),
    "item_array_axis": (lambda m, x: x[:, np.array([2, 2])], (2, 3)),
    "item_mask": (lambda m, x: x[np.array([True, False, True])], (3, 2)),
    "item_two_arrays": (lambda m, x: x[np.array([0, 1]), np.array([2, 1])], (2, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_values_match_numpy(name):
    function, shape = CASES[name]
    for dtype in ("float32", "float64", "int32"):
        x = (data(*shape) * 10).astype(dtype)
        y = function(ops, Tensor(x.copy()))
        expected = function(np, x)
        assert y.data.dtype == dtype and y.data.flags.c_contiguous
        np.testing.assert_array_equal(y.data, expected)


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    function, shape = CASES[name]
    check_gradients(lambda x: function(ops, x), data(*shape))


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int16", "float64", "int64"])
def test_copies_serve_every_element_size(dtype):
    x = np.random.default_rng(0).integers(0, 2, (5, 6, 7)).astype(dtype)
    np.testing.assert_array_equal(ops.transpose(x, (1, 2, 0)).data, x.transpose(1, 2, 0))
    np.testing.assert_array_equal(ops.take(x, np.array([1, 0]), 1).data, x[:, [1, 0]])
    np.testing.assert_array_equal(ops.pad(x, 1).data, np.pad(x, 1))


def test_split_into_parts_and_at_indices():
    x = data(6, 4)
    for args in ((3, 0), (2, 1), ([1, 4], 0)):
        for y, expected in zip(ops.split(x, *args), np.split(x, *args), strict=True):
            np.testing.assert_array_equal(y.data, expected)
        check_gradients(lambda x, args=args: ops.split(x, *args), x)
    with pytest.raises(ValueError, match="an axis of length 6 cannot be cut into 4 equal parts"):
        ops.split(x, 4)


def test_gradient_of_a_part_that_no_one_used_is_zero():
    x = Tensor(data(4, 2))
    with Tape() as tape:
        tape.watch(x)
        first, _ = ops.split(x, 2)
        y = ops.sum(first)
    np.testing.assert_array_equal(tape.gradient(y, [x])[0], [[1, 1], [1, 1], [0, 0], [0, 0]])


def test_unstack():
    x = data(2, 3, 2)
    parts = ops.unstack(x, axis=1)
    assert len(parts) == 3
    np.testing.assert_array_equal(parts[1].data, x[:, 1])
    check_gradients(lambda x: ops.unstack(x, axis=1), x)


def test_one_hot():
    x = np.array([[0, 2], [1, 3]])
    y = ops.one_hot(x, 3)
    assert y.data.dtype == np.float32
    np.testing.assert_array_equal(y.data, np.eye(4)[x][..., :3])
    np.testing.assert_array_equal(
        ops.one_hot(x, 3, axis=0).data, np.moveaxis(np.eye(4)[x][..., :3], -1, 0)
    )
    assert ops.one_hot(x, 3, dtype="bool").data.dtype == bool


def test_makers():
    assert ops.zeros((2, 3)).data.dtype == np.float32
    np.testing.assert_array_equal(ops.ones(3, "int32").data, np.ones(3))
    np.testing.assert_array_equal(ops.full((2, 2), 7).data, np.full((2, 2), 7))
    np.testing.assert_array_equal(ops.arange(3, 9, 2).data, [3, 5, 7])
    assert ops.arange(3).data.dtype == np.int32 and ops.arange(3.0).data.dtype == np.float32
    np.testing.assert_array_equal(ops.linspace(0, 1, 5).data, np.linspace(0, 1, 5))
    np.testing.assert_array_equal(ops.eye(2, 3, 1).data, np.eye(2, 3, 1))
    x = data(2, 3)
    assert ops.zeros_like(x).data.dtype == np.float64
    np.testing.assert_array_equal(ops.full_like(x, 2).data, np.full((2, 3), 2.0))
    np.testing.assert_array_equal(ops.ones_like(x, "int32").data, np.ones((2, 3)))
    for y, expected in zip(ops.meshgrid(x[0], x[1]), np.meshgrid(x[0], x[1]), strict=True):
        np.testing.assert_array_equal(y.data, expected)


def test_shape_size_ndim_are_python_values():
    x = ops.convert_to_tensor(data(2, 3))
    assert ops.shape(x) == (2, 3) and ops.size(x) == 6 and ops.ndim(x) == 2
    assert ops.is_tensor(x) and not ops.is_tensor(x.data)
    np.testing.assert_array_equal(ops.convert_to_numpy(x), x.data)


def test_a_slice_of_a_counter_is_not_changed_by_its_assignment():
    v = Variable(np.zeros(3, np.float32), trainable=False)
    before = ops.reshape(v, (3, 1))
    v.assign([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(before.data, np.zeros((3, 1)))


def test_index_out_of_range_is_an_error_and_the_kernel_gives_nan():
    with pytest.raises(ValueError, match="index 3 is out of bounds for an axis of length 3"):
        ops.take(data(3), np.array([0, 3]))
    index = np.array([0, 7, -9], np.int32)
    got = moves.take(data(3), index, 0)
    assert np.isfinite(got[0]) and np.isnan(got[1:]).all()
    assert moves.put(np.ones(3), index, (3,), 0).tolist() == [1, 0, 0]


def test_mismatched_shapes_are_an_error():
    with pytest.raises(ValueError, match=r"received \[\(2, 3\), \(3, 3\)\], axis=1"):
        ops.concatenate([np.ones((2, 3)), np.ones((3, 3))], 1)
    with pytest.raises(ValueError, match="cannot reshape"):
        ops.reshape(data(2, 3), (4, 2))
    with pytest.raises(ValueError, match="expected a permutation of 2 axes"):
        ops.transpose(data(2, 3), (0, 0))


def test_large_scatter_adds_every_row():
    index = np.random.default_rng(1).integers(0, 50, 700).astype(np.int32)
    dy = data(700, 33).astype(np.float32)
    expected = np.zeros((50, 33))
    np.add.at(expected, index, dy.astype(np.float64))
    np.testing.assert_allclose(moves.put(dy, index, (50, 33), 0), expected, rtol=1e-4, atol=1e-5)
