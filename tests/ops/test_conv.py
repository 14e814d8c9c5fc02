"""Convolutions against plain loops, and their gradients against differences."""

import os
import subprocess
import sys

import numpy as np
import pytest
import window_oracle as oracle
from gradcheck import check_gradients

import fastconv
from fastconv import ops
from fastconv.ops._convolution import by_winograd
from fastconv.ops._geometry import sliding
from fastconv.ops.conv import convolve, convolve_depthwise, convolve_transposed
from fastconv.ops.symbolic import KerasTensor
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor

RNG = np.random.default_rng(11)
RELU = {None: lambda z: z, "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}


def normal(*shape, dtype="float64"):
    return RNG.normal(size=shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, (3, 1), (1, 2)])
@pytest.mark.parametrize("dilation", [1, 2, (1, 3)])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 4), (5, 1)])
def test_conv2d_matches_the_loop(dtype, padding, strides, dilation, kernel):
    for groups, ci, co in [(1, 1, 5), (1, 3, 17), (2, 2, 6), (3, 1, 3)]:
        x = normal(2, 11, 13, ci * groups, dtype=dtype)
        w = normal(*kernel, ci, co * groups, dtype=dtype)
        y = ops.conv(x, w, strides, padding, None, dilation)
        expected = oracle.conv(x.astype(float), w, strides, padding, dilation)
        assert y.shape == expected.shape and y.dtype == dtype
        tolerance = 1e-4 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(y.data, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize("strides", [1, 2, 5])
@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("groups", [1, 2])
def test_conv1d_matches_the_loop(padding, strides, dilation, groups):
    x, w = normal(3, 23, 4), normal(3, 4 // groups, 10)
    y = convolve(x, w, None, strides, padding, None, dilation)
    expected = oracle.conv(x, w, strides, padding, dilation)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.data, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("activation", RELU)
def test_bias_and_activation_come_with_the_convolution(activation):
    x, w, b = normal(2, 9, 9, 3), normal(3, 3, 3, 7), normal(7)
    y = convolve(x, w, b, padding="same", activation=activation)
    expected = RELU[activation](oracle.conv(x, w, 1, "same") + b)
    np.testing.assert_allclose(y.data, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, (2, 1)])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("activation", [None, "relu"])
def test_conv2d_gradients(padding, strides, dilation, groups, activation):
    check_gradients(
        lambda x, w, b: convolve(x, w, b, strides, padding, None, dilation, activation),
        normal(2, 6, 7, 4),
        normal(2, 3, 4 // groups, 6),
        normal(6),
    )


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(("strides", "dilation"), [(1, 1), (2, 1), (1, 2), (3, 1)])
def test_conv1d_gradients(padding, strides, dilation):
    check_gradients(
        lambda x, w: convolve(x, w, None, strides, padding, None, dilation),
        normal(2, 11, 3),
        normal(3, 3, 5),
    )


def test_gradients_of_large_images_cut_into_pieces():
    # More pixels than a piece of k holds, rows wider than a piece, several chunks.
    for shape, kernel in [
        ((1, 3, 700, 2), (2, 3)),
        ((3, 40, 50, 3), (3, 3)),
        ((1, 1, 1500, 1), (1, 5)),
    ]:
        x = normal(*shape)
        w = normal(*kernel, shape[3], 20)
        tensor = Tensor(w)
        with Tape() as tape:
            tape.watch(tensor)
            y = ops.conv(x, tensor, padding="same")
        seed = normal(*y.shape)
        (dw,) = tape.gradient(y, [tensor], seed=seed)
        expected = np.stack(
            [
                np.einsum("nhwc,nhwo->co", view, seed)
                for _, view in oracle.windows(x, kernel, 1, 1, "same")
            ]
        ).reshape(w.shape)
        np.testing.assert_allclose(dw, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("strides", "output_padding", "dilation"),
    [(1, None, 1), (2, None, 1), (3, None, 1), (2, 1, 1), (3, 2, 1), (2, 0, 1), (1, None, 2)],
)
def test_conv_transpose_matches_the_loop(padding, kernel, strides, output_padding, dilation):
    for rank in (1, 2):
        x = normal(2, *(5, 4)[:rank], 3)
        w = normal(*(kernel,) * rank, 6, 3)
        if output_padding is not None and padding == "same" and kernel == 1 and strides > 1:
            continue
        y = ops.conv_transpose(x, w, strides, padding, output_padding, None, dilation)
        expected = oracle.conv_transpose(x, w, strides, padding, output_padding, dilation)
        assert y.shape == expected.shape
        np.testing.assert_allclose(y.data, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, 3])
@pytest.mark.parametrize("activation", [None, "relu", "sigmoid"])
def test_conv_transpose_gradients(padding, strides, activation):
    check_gradients(
        lambda x, w, b: convolve_transposed(x, w, b, strides, padding, activation=activation),
        normal(2, 3, 4, 3),
        normal(3, 2, 5, 3),
        normal(5),
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("strides", "dilation"), [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_matches_the_loop(dtype, padding, strides, dilation, multiplier):
    for channels in (1, 5, 8, 43):
        x = normal(2, 8, 9, channels, dtype=dtype)
        w = normal(3, 2, channels, multiplier, dtype=dtype)
        b = normal(channels * multiplier, dtype=dtype)
        y = convolve_depthwise(x, w, b, strides, padding, None, dilation, "relu")
        expected = oracle.depthwise(x.astype(float), w, strides, padding, dilation) + b
        tolerance = 1e-5 if dtype == "float32" else 1e-13
        np.testing.assert_allclose(y.data, np.maximum(expected, 0), rtol=0, atol=tolerance)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise_gradients(padding, strides, multiplier):
    check_gradients(
        lambda x, w, b: convolve_depthwise(x, w, b, strides, padding, activation="tanh"),
        normal(2, 5, 6, 3),
        normal(3, 3, 3, multiplier),
        normal(3 * multiplier),
    )
    check_gradients(
        lambda x, w: ops.depthwise_conv(x, w, strides, padding),
        normal(2, 9, 3),
        normal(3, 3, multiplier),
    )


def test_separable_is_depthwise_then_pointwise():
    x, w, p = normal(2, 7, 7, 4), normal(3, 3, 4, 2), normal(1, 1, 8, 5)
    y = ops.separable_conv(x, w, p, padding="same")
    expected = oracle.conv(oracle.depthwise(x, w, 1, "same"), p)
    np.testing.assert_allclose(y.data, expected, rtol=0, atol=1e-12)
    check_gradients(ops.separable_conv, normal(1, 5, 5, 2), normal(2, 2, 2, 2), normal(1, 1, 4, 3))


@pytest.mark.parametrize("rank", [1, 2])
def test_channels_first_is_the_same_convolution(rank):
    size = (9, 8)[:rank]
    x, w = normal(2, *size, 4), normal(*(3,) * rank, 4, 6)
    first = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    expected = np.moveaxis(ops.conv(x, w, 2, "same").data, -1, 1)
    y = ops.conv(first, w, 2, "same", "channels_first")
    np.testing.assert_array_equal(y.data, expected)
    check_gradients(lambda x, w: ops.conv(x, w, 1, "same", "channels_first"), first, w)
    up = normal(*(3,) * rank, 5, 4)
    expected = np.moveaxis(ops.conv_transpose(x, up, 2).data, -1, 1)
    y = ops.conv_transpose(first, up, 2, data_format="channels_first")
    np.testing.assert_array_equal(y.data, expected)
    depth = normal(*(3,) * rank, 4, 2)
    expected = np.moveaxis(ops.depthwise_conv(x, depth).data, -1, 1)
    y = ops.depthwise_conv(first, depth, data_format="channels_first")
    np.testing.assert_array_equal(y.data, expected)


@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("groups", [1, 3])
def test_bits_do_not_depend_on_threads(strides, groups):
    arrays = [
        normal(5, 19, 23, 6, dtype="float32"),
        normal(3, 3, 6 // groups, 33, dtype="float32"),
        normal(33, dtype="float32"),
    ]
    results = []
    try:
        for threads in (1, 2, 3):
            fastconv.set_num_threads(threads)
            tensors = [Tensor(a) for a in arrays]
            with Tape() as tape:
                for t in tensors:
                    tape.watch(t)
                y = convolve(*tensors, strides, "same", activation="relu")
            results.append([y.data, *tape.gradient(y, tensors)])
    finally:
        fastconv.set_num_threads(2)
    for other in results[1:]:
        for first, second in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(first, second)


WINOGRAD = [
    ((4, 14, 14, 32), 64, "same"),
    ((3, 15, 13, 24), 40, "valid"),
    ((2, 17, 16, 33), 25, "same"),
    ((1, 30, 31, 100), 70, "same"),
    ((2, 22, 20, 64), 64, "valid"),
]


@pytest.mark.parametrize(("shape", "filters", "padding"), WINOGRAD, ids=str)
def test_winograd_s_products_stay_within_the_stated_bound(shape, filters, padding):
    assert by_winograd(
        sliding(shape, (3, 3), (1, 1), (1, 1), padding), shape[3], filters, 1, np.dtype("f4")
    )
    arrays = [normal(*shape), normal(3, 3, shape[3], filters), normal(filters)]
    results = []
    for dtype in (np.float32, np.float64):
        tensors = [Tensor(a.astype(np.float32).astype(dtype)) for a in arrays]
        with Tape() as tape:
            for t in tensors:
                tape.watch(t)
            y = convolve(*tensors, padding=padding, activation="relu")
        seed = np.cos(np.arange(y.size)).reshape(y.shape).astype(np.float32)
        results.append([y.data, *tape.gradient(y, tensors, seed=seed.astype(dtype))])
    x, w = np.abs(arrays[0]).max(), np.abs(arrays[1])
    eps = np.finfo(np.float32).eps
    y, dx, dw, _ = (np.abs(a - b) for a, b in zip(*results, strict=True))
    assert y.max() <= 16 * (shape[3] + 8) * eps * x * w.sum((0, 1)).max()
    assert dx.max() <= 16 * (filters + 8) * eps * w.sum((0, 1)).max()
    assert dw.max() <= 16 * eps * x * y.shape[0] * y.shape[1] * y.shape[2]
    # In fact, errors are a few units of what a plain float32 sum has.
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=0, atol=2e-4)


def test_winograd_switched_off_keeps_infinities_to_their_windows():
    code = (
        "import numpy as np; from fastconv.ops import conv, _convolution;"
        "x = np.zeros((1, 24, 24, 24), np.float32); x[0, 10, 10, 3] = np.inf;"
        "w = np.ones((3, 3, 24, 24), np.float32);"
        "y = conv(x, w, padding='same').numpy();"
        "print(_convolution.WINOGRAD, np.isnan(y).sum(), np.isinf(y).sum())"
    )
    said = {}
    for value in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"FASTCONV_WINOGRAD": value},
            capture_output=True,
            text=True,
            check=True,
        )
        said[value] = done.stdout.split()
    assert said["0"] == ["False", "0", str(9 * 24)]
    assert said["1"][0] == "True" and int(said["1"][1]) > 0  # the tile's outputs are NaN


def test_winograd_bits_do_not_depend_on_threads():
    arrays = [normal(3, 20, 21, 40, dtype="float32"), normal(3, 3, 40, 50, dtype="float32")]
    results = []
    try:
        for threads in (1, 2, 3):
            fastconv.set_num_threads(threads)
            tensors = [Tensor(a) for a in arrays]
            with Tape() as tape:
                for t in tensors:
                    tape.watch(t)
                y = ops.conv(*tensors, padding="same")
            results.append([y.data, *tape.gradient(y, tensors)])
    finally:
        fastconv.set_num_threads(2)
    for other in results[1:]:
        for first, second in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(first, second)


def test_empty_batches_give_empty_outputs_and_zero_gradients():
    x, w = np.empty((0, 5, 5, 2)), normal(3, 3, 2, 4)
    tensor = Tensor(w)
    with Tape() as tape:
        tape.watch(tensor)
        y = ops.conv(x, tensor)
    assert y.shape == (0, 3, 3, 4)
    np.testing.assert_array_equal(tape.gradient(y, [tensor])[0], 0)


def test_infinities_reach_only_their_windows():
    x = np.zeros((1, 5, 5, 1), np.float32)
    x[0, 0, 0] = np.inf
    y = ops.conv(x, np.ones((3, 3, 1, 1), np.float32)).data
    assert np.isinf(y[0, 0, 0]) and np.isfinite(y.ravel()[1:]).all()


def test_symbolic_shapes_keep_unknown_batches():
    w = normal(3, 3, 1, 8, dtype="float32")
    assert ops.conv(KerasTensor((None, 28, 28, 1)), w, 2, "same").shape == (None, 14, 14, 8)


def test_errors_name_shapes():
    with pytest.raises(ValueError, match="Computed output size would be zero or negative"):
        ops.conv(normal(1, 2, 2, 1), normal(3, 3, 1, 1))
    with pytest.raises(ValueError, match="evenly divisible"):
        ops.conv(normal(1, 5, 5, 3), normal(3, 3, 2, 4))
    with pytest.raises(ValueError, match=r"expected 2 channels"):
        ops.conv_transpose(normal(1, 5, 5, 3), normal(3, 3, 4, 2))
    with pytest.raises(ValueError, match=r"expected 2 channels"):
        ops.depthwise_conv(normal(1, 5, 5, 3), normal(3, 3, 2, 1))
    with pytest.raises(ValueError, match="strides: expected an integer or 2"):
        ops.conv(normal(1, 5, 5, 3), normal(3, 3, 3, 1), (1, 1, 1))
    with pytest.raises(ValueError, match="padding"):
        ops.conv(normal(1, 5, 5, 3), normal(3, 3, 3, 1), padding="full")
    with pytest.raises(ValueError, match="3 or 4 axes"):
        ops.conv(normal(1, 5), normal(3, 3))
