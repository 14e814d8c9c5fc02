"""Results and gradients of ``keras.ops`` that fastconv promises.

``ops.json``: ``NAME_NUMBER`` -> ``name``, ``args`` (arrays and plain values; a list of arrays
stands for such a list), ``kwargs``, ``output`` (an array, or a list of them) and ``gradients``:
of ``sum(output * uniform(output.shape, 99))`` with respect to each float array among the
arguments, in order of appearance (for several outputs the sum over all of them; empty for
operations without a derivative). Computed in float64 on JAX and stored so; ``dtype`` is the
output's dtype for float32 arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from keras_cases.common import integers, uniform, write_packed

Row = tuple[str, tuple[Any, ...], dict[str, Any]]
A, B = uniform((2, 3, 4), 1, -2, 2), uniform((2, 3, 4), 2, -2, 2)
ROW, COLUMN = uniform((4,), 3, -2, 2), uniform((3, 1), 4, -2, 2)
POSITIVE = uniform((2, 3, 4), 5, 0.1, 3)
M, N = uniform((3, 4), 6), uniform((4, 2), 7)
SQUARE = uniform((4, 4), 8)
LABELS = integers((2, 3), 9, 4)
IMAGE, KERNEL = uniform((1, 6, 5, 2), 10), uniform((3, 2, 2, 4), 11)
SERIES, TAPS = uniform((2, 7, 2), 12), uniform((3, 2, 3), 13)
PROBABILITY = (POSITIVE / POSITIVE.sum(-1, keepdims=True)).astype("float32")
MASK = A > 0
UNARY = "negative abs absolute exp square sign sin cos tanh sigmoid floor ceil round expm1"
UNARY_POSITIVE = "log sqrt log1p rsqrt reciprocal"
ACTIVATIONS = "relu relu6 softplus softsign silu elu selu gelu leaky_relu hard_sigmoid erf"
BINARY = "add subtract multiply maximum minimum"
COMPARE = "equal not_equal greater greater_equal less less_equal"
REDUCE = "sum mean max min prod std var any all amax amin logsumexp"


def _rows() -> Iterator[Row]:
    for name in f"{UNARY} {ACTIVATIONS}".split():
        yield name, (A,), {}
    for name in UNARY_POSITIVE.split():
        yield name, (POSITIVE,), {}
    for name in BINARY.split():
        for other in (B, ROW, COLUMN):
            yield name, (A, other), {}
    yield "divide", (A, POSITIVE), {}
    yield "divide", (A, POSITIVE[0, 0]), {}
    yield "power", (POSITIVE, B), {}
    yield "power", (A, 2), {}
    yield "floor_divide", (A, POSITIVE), {}
    yield "mod", (A, POSITIVE), {}
    for name in COMPARE.split():
        yield name, (np.round(A), np.round(B)), {}
    for name in ("logical_and", "logical_or"):
        yield name, (MASK, B > 0), {}
    yield "logical_not", (MASK,), {}
    yield from _reductions()
    yield from _shapes()
    yield from _linear()
    yield from _nets()


def _reductions() -> Iterator[Row]:
    for name in REDUCE.split():
        x = MASK if name in ("any", "all") else A
        for kwargs in ({}, {"axis": 1}, {"axis": (0, -1), "keepdims": True}):
            yield name, (x,), kwargs
    for name in ("argmax", "argmin"):
        yield name, (A,), {}
        yield name, (A,), {"axis": 1}
    yield "argmax", (A,), {"axis": -1, "keepdims": True}
    yield "median", (A,), {"axis": 1}
    yield "cumsum", (A,), {"axis": 1}
    yield "norm", (M,), {}
    yield "norm", (M,), {"axis": 1}
    yield "norm", (M,), {"ord": 1, "axis": 0, "keepdims": True}
    yield "moments", (A,), {"axes": [0, 1]}
    yield "moments", (A,), {"axes": [1], "keepdims": True}


def _shapes() -> Iterator[Row]:
    yield "reshape", (A, (4, -1)), {}
    yield "transpose", (A,), {}
    yield "transpose", (A,), {"axes": (1, 0, 2)}
    yield "concatenate", ([A, B],), {}
    yield "concatenate", ([A, B],), {"axis": -1}
    yield "stack", ([A, B],), {}
    yield "stack", ([A, B],), {"axis": -1}
    yield "split", (A, 2), {"axis": -1}
    yield "split", (A, [1, 3]), {"axis": 2}
    yield "unstack", (A,), {"axis": 1}
    yield "expand_dims", (A,), {"axis": 1}
    yield "expand_dims", (A,), {"axis": (0, -1)}
    yield "squeeze", (COLUMN,), {}
    yield "squeeze", (COLUMN,), {"axis": 1}
    yield "pad", (M, ((1, 2), (0, 1))), {}
    yield "pad", (M, ((1, 2), (0, 1))), {"mode": "reflect"}
    yield "pad", (M, ((1, 2), (0, 1))), {"constant_values": 2.0}
    yield "broadcast_to", (COLUMN, (2, 3, 4)), {}
    yield "tile", (M, (2, 1)), {}
    yield "repeat", (M, 2), {}
    yield "repeat", (M, 2), {"axis": 1}
    yield "flip", (A,), {}
    yield "flip", (A,), {"axis": 1}
    yield "swapaxes", (A, 0, 2), {}
    yield "moveaxis", (A, 0, -1), {}
    yield "ravel", (A,), {}
    yield "take", (ROW, LABELS), {}
    yield "take", (A, np.array([2, 0])), {"axis": 1}
    yield "take", (A, -1), {"axis": 2}
    yield "take_along_axis", (A, LABELS[:, :, None]), {"axis": 2}
    yield "where", (MASK, A, B), {}
    yield "where", (MASK, A, 0.0), {}
    yield "sort", (A,), {}
    yield "sort", (A,), {"axis": 1}
    yield "argsort", (A,), {}
    yield "top_k", (A, 2), {}
    yield "diag", (ROW,), {}
    yield "diag", (SQUARE,), {}
    yield "tril", (SQUARE,), {}
    yield "triu", (SQUARE,), {"k": 1}
    yield "clip", (A, -0.5, 1.0), {}
    yield "nan_to_num", (np.array([np.nan, 1.0, np.inf], "float32"),), {}
    yield "isnan", (np.array([np.nan, 1.0, np.inf], "float32"),), {}
    yield "isfinite", (np.array([np.nan, 1.0, np.inf], "float32"),), {}
    yield "isinf", (np.array([np.nan, 1.0, np.inf], "float32"),), {}
    yield "isclose", (A, A + np.float32(1e-7)), {}
    yield "ones_like", (A,), {}
    yield "zeros_like", (A,), {}
    yield "full_like", (A, 3.0), {}
    yield "ones", ((2, 3),), {}
    yield "zeros", ((2, 3),), {"dtype": "int32"}
    yield "full", ((2, 3), 1.5), {}
    yield "eye", (3,), {}
    yield "identity", (3,), {}
    yield "arange", (5,), {}
    yield "arange", (1.0, 2.0, 0.25), {}
    yield "linspace", (0.0, 1.0), {"num": 5}
    yield "cast", (A, "int32"), {}
    yield "cast", (LABELS, "float32"), {}
    yield "shape", (A,), {}
    yield "size", (A,), {}
    yield "ndim", (A,), {}


def _linear() -> Iterator[Row]:
    yield "matmul", (M, N), {}
    yield "matmul", (A, N), {}
    yield "matmul", (A, np.swapaxes(B, 1, 2)), {}
    yield "matmul", (M, ROW), {}
    yield "matmul", (ROW, N), {}
    yield "matmul", (ROW, ROW), {}
    yield "dot", (M, N), {}
    yield "dot", (A, N), {}
    yield "tensordot", (A, B), {"axes": [[1, 2], [1, 2]]}
    yield "tensordot", (A, N), {"axes": 1}
    yield "einsum", ("bij,bkj->bik", A, B), {}
    yield "einsum", ("ij,jk->ik", M, N), {}
    yield "outer", (ROW, COLUMN[:, 0]), {}


def _nets() -> Iterator[Row]:
    for kwargs in ({}, {"axis": 1}):
        yield "softmax", (A,), kwargs
        yield "log_softmax", (A,), kwargs
        yield "normalize", (A,), kwargs
    yield "normalize", (A,), {"axis": 1, "order": 1}
    yield "one_hot", (LABELS, 4), {}
    yield "one_hot", (LABELS, 4), {"axis": 0, "dtype": "int32"}
    yield "conv", (SERIES, TAPS), {}
    yield "conv", (SERIES, TAPS), {"strides": 2, "padding": "same"}
    yield "conv", (IMAGE, KERNEL), {"padding": "same"}
    yield "conv", (IMAGE, KERNEL), {"strides": (2, 1), "data_format": "channels_last"}
    yield "conv", (IMAGE, KERNEL), {"dilation_rate": (1, 2)}
    yield "depthwise_conv", (IMAGE, KERNEL), {"padding": "same"}
    yield "separable_conv", (IMAGE, KERNEL, uniform((1, 1, 8, 3), 14)), {"padding": "valid"}
    yield "conv_transpose", (IMAGE, uniform((3, 2, 4, 2), 15)), {"strides": 2, "padding": "same"}
    yield "max_pool", (IMAGE, (2, 2)), {"strides": (2, 2)}  # JAX fails without
    yield "max_pool", (IMAGE, (2, 3)), {"strides": 1, "padding": "same"}
    yield "average_pool", (IMAGE, (2, 2)), {"strides": (2, 2), "padding": "same"}
    yield "average_pool", (SERIES, (3,)), {"strides": 2, "padding": "valid"}
    # fmt: off
    yield (
        "batch_normalization",
        (A, uniform((4,), 16), uniform((4,), 17, 0.5, 2)),
        {"axis": -1, "offset": uniform((4,), 18), "scale": uniform((4,), 19)},
    )
    # fmt: on
    yield "binary_crossentropy", (MASK.astype("float32"), PROBABILITY), {}
    yield "binary_crossentropy", (MASK.astype("float32"), A), {"from_logits": True}
    yield "categorical_crossentropy", (PROBABILITY[:, ::-1].copy(), PROBABILITY), {}
    yield "categorical_crossentropy", (PROBABILITY, A), {"from_logits": True}
    yield "sparse_categorical_crossentropy", (LABELS, PROBABILITY), {}
    yield "sparse_categorical_crossentropy", (LABELS, A), {"from_logits": True}
    yield "stop_gradient", (A,), {}


NO_DERIVATIVE = set(
    f"{COMPARE} logical_and logical_or logical_not any all argmax argmin argsort isnan isfinite "
    "isinf isclose ones_like zeros_like full_like ones zeros full eye identity arange linspace "
    "cast shape size ndim one_hot nan_to_num floor_divide floor ceil round sign".split()
)


def _float64(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype == "float32":
        return value.astype("float64")
    return value


def _evaluate(keras: Any, name: str, args: Any, kwargs: Any) -> tuple[Any, list[Any]]:
    import jax

    function = getattr(keras.ops, name)
    flat, tree = jax.tree.flatten(args, is_leaf=lambda v: not isinstance(v, (list, tuple)))
    flat = [_float64(v) for v in flat]
    kwargs = {k: _float64(v) for k, v in kwargs.items()}
    output = function(*jax.tree.unflatten(tree, flat), **kwargs)
    places = [i for i, v in enumerate(flat) if isinstance(v, np.ndarray) and v.dtype.kind == "f"]
    if name in NO_DERIVATIVE or not places:
        return output, []

    def total(arrays: list[Any]) -> Any:
        now = list(flat)
        for i, value in zip(places, arrays, strict=True):
            now[i] = value
        results = function(*jax.tree.unflatten(tree, now), **kwargs)
        results = results if isinstance(results, (list, tuple)) else [results]
        floats = [r for r in results if r.dtype.kind == "f"]
        return sum((r * uniform(r.shape, 99).astype("float64")).sum() for r in floats)

    return output, [np.asarray(g) for g in jax.grad(total)([flat[i] for i in places])]


def _stored(output: Any) -> Any:
    if isinstance(output, (list, tuple)):
        return [np.asarray(o) for o in output]
    return np.asarray(output)


def write(folder: Path) -> None:
    """Write ``ops.json`` and ``ops.npz``."""
    import keras

    rows: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for name, args, kwargs in _rows():
        keras.config.set_floatx("float64")
        output, gradients = _evaluate(keras, name, args, kwargs)
        keras.config.set_floatx("float32")
        plain = getattr(keras.ops, name)(*args, **kwargs)
        first = plain[0] if isinstance(plain, (list, tuple)) and plain else plain
        number = counts[name] = counts.get(name, -1) + 1
        rows[f"{name}_{number}"] = {
            "name": name,
            "args": list(args),
            "kwargs": kwargs,
            "output": _stored(output),
            "dtype": str(getattr(first, "dtype", type(first).__name__)),
            "gradients": gradients,
        }
    write_packed(folder, "ops", rows)
