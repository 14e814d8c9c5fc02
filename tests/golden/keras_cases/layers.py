"""Output, gradients and configuration of every layer over its options.

Each case of ``layers.json`` has ``class_name``, ``kwargs``, ``inputs`` (list of arrays),
``weights`` (in ``get_weights()`` order), ``weight_names``, ``config`` (``get_config()`` of the
float32 layer, name and dtype left out; whole for CLASS_0, of the other cases what differs from
it), ``output`` (inference) and ``output_shape`` for an unknown batch size.
``gradients``: of ``sum(output * cotangent)`` with respect to the inputs, then the trainable
weights, in the mode ``mode`` ("inference" or "training": BatchNormalization has both as two
cases); ``cotangent`` is drawn by ``uniform(output.shape, 99)``. A "training" case also has
``weights_after``: the moving statistics after the call. Inputs of integer type have no gradient.

Everything is computed in float64 from inputs and weights that float32 holds exactly, on JAX
(TensorFlow's CPU kernels know neither channels_first nor grouped gradients), then rounded to
float32. ``check_with_tensorflow`` in this module compares what TensorFlow can do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from keras_cases.common import uniform, write_packed
from keras_cases.layer_table import CASES

COTANGENT_SEED = 99


def weight_values(names: list[str], shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    """Weights of a case: variances positive, the rest around zero."""
    values = []
    for i, (name, shape) in enumerate(zip(names, shapes, strict=True)):
        low, high = (0.3, 1.5) if "variance" in name else (-0.8, 0.8)
        values.append(uniform(tuple(shape), 40 + i, low, high))
    return values


def make(case: dict[str, Any], keras: Any, dtype: str) -> Any:
    """The layer that a case describes, not built."""
    return getattr(keras.layers, case["class_name"])(**case["kwargs"], dtype=dtype)


def _one_or_list(values: list[Any]) -> Any:
    return values if len(values) > 1 else values[0]


def _prepare(case: dict[str, Any], keras: Any) -> Any:
    """The built layer with the case's weights."""
    layer = make(case, keras, "float64")
    if not layer.built:
        layer.build(_one_or_list([tuple(x.shape) for x in case["inputs"]]))
    names = [v.name for v in layer.weights]
    case["weights"] = weight_values(names, [v.shape for v in layer.weights])
    if case["class_name"] == "Normalization":
        # its three weights are the adapted statistics and a count, which is an integer
        case["weights"][-1] = np.array(7, "int32")
    case["weight_names"] = names
    layer.set_weights(case["weights"])
    if case["class_name"] == "Normalization":
        layer.finalize_state()
    return layer


def _run(case: dict[str, Any], layer: Any) -> tuple[Any, Any, list[Any], list[Any]]:
    """Output, state after the call, gradients of inputs and of trainable weights (one jit)."""
    import jax

    inputs = [x if x.dtype.kind == "i" else x.astype("float64") for x in case["inputs"]]
    floats = [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]
    trainable = [v.value for v in layer.trainable_variables]
    state = [v.value for v in layer.non_trainable_variables]
    extra = {"plain": {}, "inference": {"training": False}, "training": {"training": True}}

    def total(some: list[Any], weights: list[Any]) -> Any:
        now = list(inputs)
        for i, x in zip(floats, some, strict=True):
            now[i] = x
        output, after = layer.stateless_call(
            weights, state, _one_or_list(now), **extra[case["mode"]]
        )
        cotangent = uniform(output.shape, COTANGENT_SEED).astype("float64")
        return (output * cotangent).sum(), (output, after)

    both = jax.jit(jax.grad(total, argnums=(0, 1), has_aux=True))
    (dx, dw), (output, after) = both([inputs[i] for i in floats], trainable)
    found = dict(zip(floats, dx, strict=True))
    return output, after, [found.get(i) for i in range(len(inputs))], dw


def _float32(x: Any) -> Any:
    if x is None:
        return None
    x = np.asarray(x)
    return x.astype("float32") if x.dtype.kind == "f" else x


def write(folder: Path) -> None:
    """Write ``layers.json`` and ``layers.npz``."""
    import jax
    import keras

    keras.config.set_floatx("float64")  # else some operations answer float32
    rows: dict[str, Any] = {}
    firsts: dict[str, dict[str, Any]] = {}
    for name, case in CASES().items():
        if len(rows) % 50 == 0:
            print(f"  layers: {len(rows)} cases", flush=True)
            jax.clear_caches()  # some MB each, and no shape comes twice
        keras.utils.clear_session()
        layer = _prepare(case, keras)
        output, after, dx, dw = _run(case, layer)
        case["gradients"] = {
            "inputs": [_float32(g) for g in dx],
            "weights": [_float32(g) for g in dw],
        }
        case["output"] = _float32(output)
        if case["mode"] == "training":
            # trainable weights come first in get_weights() of these layers, and stay
            kept = case["weights"][: len(layer.trainable_variables)]
            case["weights_after"] = [*kept, *(_float32(v) for v in after)]
        keras.utils.clear_session()
        config = make(case, keras, "float32").get_config()
        config = {k: v for k, v in config.items() if k not in ("name", "dtype")}
        first = firsts.setdefault(case["class_name"], config)
        case["config"] = {k: v for k, v in config.items() if first is config or first.get(k) != v}
        shapes = [(None, *x.shape[1:]) for x in case["inputs"]]
        shape = layer.compute_output_shape(_one_or_list(shapes))
        case["output_shape"] = list(shape)
        rows[name] = case
    write_packed(folder, "layers", rows)


def check_with_tensorflow(folder: Path) -> list[str]:
    """Cases whose output on TensorFlow differs from the golden one (or cannot be computed)."""
    import keras
    from keras_cases.common import load

    differences = []
    for name, case in load(folder, "layers").items():
        layer = make(case, keras, "float64")
        inputs = [x if x.dtype.kind == "i" else x.astype("float64") for x in case["inputs"]]
        extra = {} if case["mode"] == "plain" else {"training": case["mode"] == "training"}
        try:
            layer(_one_or_list(inputs), **extra)
            layer.set_weights(case["weights"])
            if case["class_name"] == "Normalization":
                layer.finalize_state()
            output = np.asarray(layer(_one_or_list(inputs), **extra))
        except Exception as error:
            differences.append(f"{name}: {type(error).__name__}: {str(error)[:100]}")
            continue
        if output.shape != case["output"].shape:
            differences.append(f"{name}: shape {output.shape}, not {case['output'].shape}")
        elif not np.allclose(output, case["output"], rtol=1e-6, atol=1e-6):
            differences.append(f"{name}: differs by {np.abs(output - case['output']).max():.3g}")
    return differences
