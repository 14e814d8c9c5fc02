"""The cases of :mod:`keras_cases.layers`: layer, options, input shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keras_cases.common import integers, uniform

Shape = tuple[int, ...]
# layers whose `call` takes `training`; the others are called without it ("plain")
TWO_MODES = ("BatchNormalization",)
WITH_TRAINING = (
    "BatchNormalization Dropout GaussianNoise GaussianDropout AlphaDropout SpatialDropout1D "
    "SpatialDropout2D RandomFlip RandomTranslation RandomRotation RandomZoom RandomCrop "
    "RandomContrast RandomBrightness"
)
FIRST = {"data_format": "channels_first"}
Row = tuple[str, dict[str, Any], list[Shape]]


def CASES() -> dict[str, dict[str, Any]]:
    """All cases, named ``class_number``; inputs drawn from seeds 60, 61, ..."""
    cases: dict[str, dict[str, Any]] = {}
    counts: dict[str, int] = {}
    for class_name, kwargs, shapes in _rows():
        if class_name == "Embedding":
            inputs = [integers(s, 60, 6) for s in shapes]
        elif class_name in ("Rescaling", "Resizing", "CenterCrop") or "Random" in class_name:
            inputs = [uniform(s, 60, 0, 255) for s in shapes]
        else:
            inputs = [uniform(s, 60 + i, -2, 2) for i, s in enumerate(shapes)]
        modes = ["inference"] if class_name in WITH_TRAINING.split() else ["plain"]
        if class_name in TWO_MODES:
            modes.append("training")
        for mode in modes:
            number = counts[class_name] = counts.get(class_name, -1) + 1
            cases[f"{class_name}_{number}"] = {
                "class_name": class_name,
                "kwargs": kwargs,
                "mode": mode,
                "inputs": inputs,
            }
    return cases


def _rows() -> Iterator[Row]:
    for part in (_dense, _activation, _normalization, _conv1d, _conv2d, _transpose):
        yield from part()
    for part in (_depthwise, _pooling, _shapes, _merging, _preprocessing, _identity):
        yield from part()


def _dense() -> Iterator[Row]:
    x = [(4, 6)]
    yield "Dense", {"units": 5}, x
    yield "Dense", {"units": 5, "use_bias": False, "activation": "relu"}, x
    yield "Dense", {"units": 3, "activation": "softmax"}, x
    yield "Dense", {"units": 1, "activation": "sigmoid"}, x
    yield "Dense", {"units": 4, "activation": "tanh"}, [(2, 3, 5)]
    yield "Dense", {"units": 2, "activation": "gelu"}, [(2, 2, 3, 4)]
    yield (
        "Dense",
        {
            "units": 4,
            "kernel_initializer": "he_normal",
            "bias_initializer": "ones",
            "kernel_regularizer": "l2",
            "bias_regularizer": "l1",
            "activity_regularizer": "l2",
            "kernel_constraint": "max_norm",
            "bias_constraint": "non_neg",
        },
        x,
    )
    for ids, kwargs in (
        ((5,), {"input_dim": 6, "output_dim": 3}),
        ((3, 4), {"input_dim": 6, "output_dim": 3}),
        ((3, 4), {"input_dim": 6, "output_dim": 2, "mask_zero": True}),
    ):
        yield "Embedding", kwargs, [ids]


def _activation() -> Iterator[Row]:
    x = [(4, 6)]
    yield "Activation", {"activation": "tanh"}, x
    yield "Activation", {"activation": "softmax"}, [(2, 3, 4)]
    yield "ReLU", {}, x
    yield "ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, x
    yield "ReLU", {"negative_slope": 0.25}, x
    yield "ReLU", {"max_value": 1.0}, x
    yield "LeakyReLU", {}, x
    yield "LeakyReLU", {"negative_slope": 0.05}, x
    yield "PReLU", {}, x
    yield "PReLU", {"shared_axes": [1, 2]}, [(2, 3, 4, 2)]
    yield "ELU", {}, x
    yield "ELU", {"alpha": 0.5}, x
    yield "Softmax", {}, x
    yield "Softmax", {"axis": 1}, [(2, 3, 4)]
    yield "Softmax", {"axis": [1, 2]}, [(2, 3, 4)]
    yield "ActivityRegularization", {"l1": 0.1, "l2": 0.2}, x


def _normalization() -> Iterator[Row]:
    yield "BatchNormalization", {}, [(6, 4)]
    yield "BatchNormalization", {"momentum": 0.8, "epsilon": 0.01}, [(3, 4, 3, 2)]
    yield "BatchNormalization", {"axis": 1}, [(3, 2, 4, 3)]
    yield "BatchNormalization", {"center": False}, [(4, 5, 3)]
    yield "BatchNormalization", {"scale": False}, [(4, 5, 3)]
    yield "BatchNormalization", {"center": False, "scale": False}, [(6, 4)]
    yield "LayerNormalization", {}, [(4, 6)]
    yield "LayerNormalization", {"epsilon": 0.01, "center": False}, [(2, 3, 4)]
    yield "LayerNormalization", {"scale": False}, [(2, 3, 4)]
    yield "LayerNormalization", {"axis": [1, 2]}, [(3, 3, 4)]
    yield "LayerNormalization", {"axis": 1}, [(2, 3, 4)]
    yield "GroupNormalization", {"groups": 2}, [(2, 3, 4, 6)]
    yield "GroupNormalization", {"groups": 3, "axis": 1}, [(2, 6, 3, 4)]
    yield "GroupNormalization", {"groups": -1}, [(2, 5, 4)]
    yield "GroupNormalization", {"groups": 1, "center": False, "epsilon": 0.01}, [(2, 5, 4)]
    yield "GroupNormalization", {"groups": 4, "scale": False}, [(3, 8)]
    yield "UnitNormalization", {}, [(4, 6)]
    yield "UnitNormalization", {"axis": 1}, [(2, 3, 4)]
    yield "UnitNormalization", {"axis": [1, 2]}, [(2, 3, 4)]
    yield "Normalization", {}, [(4, 3)]
    yield "Normalization", {"axis": None}, [(4, 3)]
    yield "Normalization", {"axis": 1, "invert": True}, [(2, 3, 4)]
    yield "Normalization", {"axis": [1, 2]}, [(2, 3, 4)]


def _conv1d() -> Iterator[Row]:
    x = [(2, 9, 4)]
    for padding in ("valid", "same", "causal"):
        for size, stride, dilation in ((3, 1, 1), (2, 1, 1), (3, 2, 1), (4, 3, 1), (3, 1, 2)):
            kwargs = {"filters": 3, "kernel_size": size, "padding": padding}
            yield "Conv1D", {**kwargs, "strides": stride, "dilation_rate": dilation}, x
    yield "Conv1D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, [(2, 8, 4)]
    yield "Conv1D", {"filters": 4, "kernel_size": 2, "strides": 3, "padding": "causal"}, [(1, 8, 2)]
    yield "Conv1D", {"filters": 4, "kernel_size": 3, "groups": 2, "activation": "relu"}, x
    yield "Conv1D", {"filters": 4, "kernel_size": 3, "groups": 4, "padding": "same"}, x
    yield "Conv1D", {"filters": 3, "kernel_size": 1, "use_bias": False}, x
    yield "Conv1D", {"filters": 3, "kernel_size": 9}, x
    yield "Conv1D", {"filters": 3, "kernel_size": 3, "padding": "same", **FIRST}, [(2, 4, 9)]
    causal = {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 3}
    yield "Conv1D", {**causal, **FIRST}, [(2, 4, 9)]
    yield "Conv1D", causal, x


def _conv2d() -> Iterator[Row]:
    x, flipped = [(2, 7, 6, 4)], [(2, 4, 7, 6)]
    for padding in ("valid", "same"):
        for size, strides, dilation in (
            (3, 1, 1),
            ((2, 3), 1, 1),
            (3, 2, 1),
            ((3, 2), (1, 2), 1),
            (4, 3, 1),
            (3, 1, 2),
            ((2, 3), 1, (2, 1)),
        ):
            kwargs = {"filters": 3, "kernel_size": size, "padding": padding}
            yield "Conv2D", {**kwargs, "strides": strides, "dilation_rate": dilation}, x
    yield "Conv2D", {"filters": 5, "kernel_size": 1, "use_bias": False}, x
    yield "Conv2D", {"filters": 2, "kernel_size": (7, 6), "activation": "tanh"}, x
    yield "Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2, "activation": "relu"}, x
    yield "Conv2D", {"filters": 8, "kernel_size": 2, "groups": 4, "padding": "same"}, x
    yield (
        "Conv2D",
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"},
        [(1, 8, 8, 1)],
    )
    yield "Conv2D", {"filters": 3, "kernel_size": 3, **FIRST}, flipped
    strided = {"filters": 3, "kernel_size": (3, 2), "strides": 2, "padding": "same"}
    yield "Conv2D", {**strided, **FIRST}, flipped
    yield (
        "Conv2D",
        {"filters": 4, "kernel_size": 3, "groups": 2, "dilation_rate": 2, **FIRST},
        flipped,
    )


def _transpose() -> Iterator[Row]:
    x = [(2, 5, 3)]
    for padding in ("valid", "same"):
        for size, stride in ((3, 1), (3, 2), (2, 2), (4, 2), (2, 3), (5, 3)):
            kwargs = {"filters": 2, "kernel_size": size, "strides": stride, "padding": padding}
            yield "Conv1DTranspose", kwargs, x
    more = {"filters": 2, "kernel_size": 3, "strides": 2}
    yield "Conv1DTranspose", {**more, "output_padding": 1, "padding": "same"}, x
    yield "Conv1DTranspose", {**more, "output_padding": 0}, x
    yield "Conv1DTranspose", {**more, "strides": 1, "dilation_rate": 2}, x
    yield "Conv1DTranspose", {**more, "use_bias": False, "activation": "relu", **FIRST}, [(2, 3, 5)]
    x = [(1, 4, 3, 3)]
    for padding in ("valid", "same"):
        for size2, strides in ((3, 1), (3, 2), (2, 2), ((4, 3), (2, 1)), ((2, 3), 3)):
            kwargs = {"filters": 2, "kernel_size": size2, "strides": strides, "padding": padding}
            yield "Conv2DTranspose", kwargs, x
    yield "Conv2DTranspose", {**more, "output_padding": 1}, x
    yield "Conv2DTranspose", {**more, "output_padding": (1, 0), "padding": "same"}, x
    yield "Conv2DTranspose", {**more, "strides": 1, "dilation_rate": 2, "padding": "same"}, x
    yield (
        "Conv2DTranspose",
        {**more, "padding": "same", "activation": "relu", **FIRST},
        [(1, 3, 4, 3)],
    )


def _depthwise() -> Iterator[Row]:
    one, two = [(2, 8, 3)], [(1, 7, 6, 3)]
    for padding in ("valid", "same"):
        for size, stride, dilation, multiplier in ((3, 1, 1, 1), (3, 2, 1, 2), (2, 1, 2, 2)):
            common = {"padding": padding, "depth_multiplier": multiplier}
            common |= {"kernel_size": size, "strides": stride, "dilation_rate": dilation}
            yield "DepthwiseConv1D", common, one
            yield "DepthwiseConv2D", common, two
            yield "SeparableConv1D", {"filters": 4, **common}, one
            yield "SeparableConv2D", {"filters": 4, **common}, two
    yield "DepthwiseConv2D", {"kernel_size": (2, 3), "use_bias": False, "activation": "relu"}, two
    yield "SeparableConv2D", {"filters": 2, "kernel_size": (2, 3), "use_bias": False}, two
    first = {"kernel_size": 3, "padding": "same", "depth_multiplier": 2, **FIRST}
    yield "DepthwiseConv1D", first, [(2, 3, 8)]
    yield "DepthwiseConv2D", first, [(1, 3, 7, 6)]
    yield "SeparableConv1D", {"filters": 2, **first}, [(2, 3, 8)]
    yield "SeparableConv2D", {"filters": 2, **first}, [(1, 3, 7, 6)]


def _pooling() -> Iterator[Row]:
    for kind in ("Max", "Average"):
        name = f"{kind}Pooling1D"
        x = [(2, 9, 2)]
        yield name, {"pool_size": 2}, x
        for padding in ("valid", "same"):
            for size, stride in ((2, 1), (3, 2), (2, 3), (4, None)):
                yield name, {"pool_size": size, "strides": stride, "padding": padding}, x
        yield name, {"pool_size": 2, **FIRST}, [(2, 2, 9)]
        name = f"{kind}Pooling2D"
        x = [(1, 7, 6, 2)]
        yield name, {"pool_size": 2}, x
        for padding in ("valid", "same"):
            for size2, strides in ((2, 1), (3, 2), ((2, 3), None), ((3, 1), (1, 2)), (2, 3)):
                yield name, {"pool_size": size2, "strides": strides, "padding": padding}, x
        yield name, {"pool_size": 3, "strides": 2, "padding": "same", **FIRST}, [(1, 2, 7, 6)]
        for dims, shape in ((1, (2, 5, 3)), (2, (2, 4, 3, 2))):
            name = f"Global{kind}Pooling{dims}D"
            yield name, {}, [shape]
            yield name, {"keepdims": True}, [shape]
            yield name, FIRST, [shape]
            yield name, {"keepdims": True, **FIRST}, [shape]


def _shapes() -> Iterator[Row]:
    yield "Flatten", {}, [(2, 3)]
    yield "Flatten", {}, [(3,)]
    yield "Flatten", {}, [(2, 3, 2, 2)]
    yield "Flatten", FIRST, [(2, 3, 2, 2)]
    yield "Reshape", {"target_shape": (3, 4)}, [(2, 12)]
    yield "Reshape", {"target_shape": (-1, 2)}, [(2, 4, 3)]
    yield "Permute", {"dims": (2, 1)}, [(2, 3, 4)]
    yield "Permute", {"dims": (3, 1, 2)}, [(2, 3, 4, 2)]
    yield "RepeatVector", {"n": 3}, [(2, 4)]
    yield "ZeroPadding1D", {}, [(2, 3, 2)]
    yield "ZeroPadding1D", {"padding": (2, 1)}, [(2, 3, 2)]
    yield "ZeroPadding1D", {"padding": (2, 1), **FIRST}, [(2, 3, 2)]
    yield "ZeroPadding2D", {}, [(2, 3, 4, 2)]
    yield "ZeroPadding2D", {"padding": (1, 2)}, [(2, 3, 4, 2)]
    yield "ZeroPadding2D", {"padding": ((0, 1), (2, 3))}, [(2, 3, 4, 2)]
    yield "ZeroPadding2D", {"padding": ((0, 1), (2, 3)), **FIRST}, [(2, 2, 3, 4)]
    yield "Cropping1D", {}, [(2, 5, 2)]
    yield "Cropping1D", {"cropping": (0, 2)}, [(2, 5, 2)]
    yield "Cropping2D", {}, [(2, 3, 4, 2)]
    yield "Cropping2D", {"cropping": (1, 2)}, [(2, 4, 5, 2)]
    yield "Cropping2D", {"cropping": ((0, 1), (2, 0))}, [(2, 3, 4, 2)]
    yield "Cropping2D", {"cropping": ((0, 1), (2, 1)), **FIRST}, [(2, 2, 3, 4)]
    yield "UpSampling1D", {}, [(2, 3, 2)]
    yield "UpSampling1D", {"size": 3}, [(2, 3, 2)]
    yield "UpSampling2D", {}, [(2, 3, 2, 2)]
    yield "UpSampling2D", {"size": (2, 3)}, [(2, 3, 2, 2)]
    yield "UpSampling2D", {"size": (2, 3), **FIRST}, [(2, 2, 3, 2)]
    yield "UpSampling2D", {"interpolation": "bilinear"}, [(2, 3, 2, 2)]
    yield "UpSampling2D", {"size": (3, 2), "interpolation": "bilinear"}, [(1, 3, 4, 2)]
    yield "UpSampling2D", {"size": (3, 2), "interpolation": "bilinear", **FIRST}, [(1, 2, 3, 4)]


def _merging() -> Iterator[Row]:
    for name in ("Add", "Multiply", "Average", "Maximum", "Minimum"):
        yield name, {}, [(2, 3, 4)] * 2
        yield name, {}, [(2, 4)] * 3
        yield name, {}, [(2, 3, 4), (2, 1, 4)]
    yield "Subtract", {}, [(2, 3, 4)] * 2
    yield "Subtract", {}, [(2, 3, 4), (2, 1, 4)]
    yield "Concatenate", {}, [(2, 3, 4), (2, 3, 2)]
    yield "Concatenate", {"axis": 1}, [(2, 3, 4), (2, 1, 4), (2, 2, 4)]
    yield "Concatenate", {"axis": -2}, [(2, 3, 4), (2, 1, 4)]
    yield "Dot", {"axes": 1}, [(2, 4), (2, 4)]
    yield "Dot", {"axes": -1, "normalize": True}, [(2, 4), (2, 4)]
    yield "Dot", {"axes": (2, 1)}, [(2, 3, 4), (2, 4, 5)]
    yield "Dot", {"axes": (1, 2), "normalize": True}, [(2, 4, 3), (2, 5, 4)]
    yield "Dot", {"axes": 2}, [(2, 3, 4), (2, 5, 4)]
    yield "Dot", {"axes": (2, 1)}, [(2, 3, 4), (2, 4)]


def _preprocessing() -> Iterator[Row]:
    image = [(1, 5, 6, 3)]
    yield "Rescaling", {"scale": 1 / 255}, image
    yield "Rescaling", {"scale": 1 / 127.5, "offset": -1}, image
    yield "Rescaling", {"scale": [0.5, 1.0, 2.0], "offset": [0.0, 1.0, -1.0]}, image
    for interpolation in ("bilinear", "nearest", "bicubic"):
        for height, width in ((3, 4), (8, 7), (10, 12)):
            kwargs = {"height": height, "width": width, "interpolation": interpolation}
            yield "Resizing", kwargs, image
    yield "Resizing", {"height": 4, "width": 4, "crop_to_aspect_ratio": True}, [(1, 4, 8, 2)]
    yield "Resizing", {"height": 4, "width": 4, "pad_to_aspect_ratio": True}, [(1, 4, 8, 2)]
    yield "Resizing", {"height": 3, "width": 4, **FIRST}, [(1, 3, 5, 6)]
    yield "Resizing", {"height": 3, "width": 4}, [(5, 6, 3)]
    yield "CenterCrop", {"height": 3, "width": 4}, image
    yield "CenterCrop", {"height": 2, "width": 3}, image
    yield "CenterCrop", {"height": 8, "width": 4}, image
    yield "CenterCrop", {"height": 3, "width": 4, **FIRST}, [(1, 3, 5, 6)]
    yield "RandomCrop", {"height": 3, "width": 4}, image


def _identity() -> Iterator[Row]:
    x, image = [(3, 4)], [(1, 4, 4, 3)]
    yield "Identity", {}, x
    yield "Dropout", {"rate": 0.3}, x
    yield "GaussianNoise", {"stddev": 0.3}, x
    yield "GaussianDropout", {"rate": 0.3}, x
    yield "AlphaDropout", {"rate": 0.3}, x
    yield "SpatialDropout1D", {"rate": 0.3}, [(2, 3, 4)]
    yield "SpatialDropout2D", {"rate": 0.3}, [(2, 3, 2, 2)]
    yield "RandomFlip", {}, image
    yield "RandomTranslation", {"height_factor": 0.2, "width_factor": 0.3}, image
    yield "RandomRotation", {"factor": 0.2}, image
    yield "RandomZoom", {"height_factor": 0.2}, image
    yield "RandomContrast", {"factor": 0.2}, image
    yield "RandomBrightness", {"factor": 0.2}, image
