"""One row a layer and option set: what `test_contract.py` runs every check over."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

FIRST = {"data_format": "channels_first"}


@dataclass(frozen=True)
class Row:
    """A layer, its arguments, the shapes of its inputs (batch included)."""

    name: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    shapes: tuple[tuple[int, ...], ...] = ((3, 6),)
    weights: tuple[str, ...] = ()
    integers: int = 0  # inputs are whole numbers below this
    noisy: bool = False  # draws random numbers in training
    modes: bool = False  # computes something else in training
    smooth: bool = True  # can be differentiated at random points

    @property
    def id(self) -> str:
        options = ",".join(f"{k}={v}" for k, v in self.kwargs.items())
        return f"{self.name}({options})"

    def inputs(self, dtype: str = "float64", batch: int | None = None) -> Any:
        """Inputs of the row: one array, or a list of them."""
        rng = np.random.default_rng(5)
        made = []
        for shape in self.shapes:
            shape = shape if batch is None else (batch, *shape[1:])
            if self.integers:
                made.append(rng.integers(0, self.integers, shape).astype("int32"))
            else:
                x = rng.normal(size=shape)
                # Away from kinks and ties, so that central differences are right.
                away = 0.3 + 0.01 * np.arange(x.size).reshape(shape)
                made.append(np.where(np.abs(x) < 0.05, away, x).astype(dtype))
        return made if len(made) > 1 else made[0]


IMAGE = ((2, 4, 5, 3),)
STEPS = ((2, 5, 3),)
PAIR = ((2, 3, 4), (2, 3, 4))
KERNEL = ("kernel", "bias")
SEPARABLE = ("depthwise_kernel", "pointwise_kernel", "bias")
DEEP = ((2, 4, 5, 4),)  # channels that groups divide
FIRST_IMAGE = ((2, 3, 4, 5),)
FIRST_STEPS = ((2, 3, 5),)

ROWS = [
    Row("Dense", {"units": 4}, weights=("kernel", "bias")),
    Row("Dense", {"units": 4, "activation": "relu", "use_bias": False}, weights=("kernel",)),
    Row("Dense", {"units": 3, "activation": "softmax"}, weights=("kernel", "bias")),
    Row("Dense", {"units": 2, "activation": "tanh"}, ((2, 3, 4),), ("kernel", "bias")),
    Row("Embedding", {"input_dim": 7, "output_dim": 3}, ((2, 5),), ("embeddings",), integers=7),
    Row("Masking", {"mask_value": 0.3}, STEPS),
    Row("Activation", {"activation": "gelu"}),
    Row("ReLU"),
    Row("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}),
    Row("LeakyReLU", {"negative_slope": 0.1}),
    Row("ELU", {"alpha": 0.5}),
    Row("PReLU", weights=("alpha",)),
    Row("PReLU", {"shared_axes": [1, 2]}, IMAGE, ("alpha",)),
    Row("Softmax"),
    Row("Softmax", {"axis": [1, 2]}, IMAGE),
    Row("Dropout", {"rate": 0.4, "seed": 1}, noisy=True),
    Row("Dropout", {"rate": 0.4, "seed": 1, "noise_shape": (None, 1)}, noisy=True),
    Row("GaussianNoise", {"stddev": 0.3, "seed": 1}, noisy=True),
    Row("GaussianDropout", {"rate": 0.3, "seed": 1}, noisy=True),
    Row("AlphaDropout", {"rate": 0.3, "seed": 1}, noisy=True),
    Row("SpatialDropout1D", {"rate": 0.4, "seed": 1}, STEPS, noisy=True),
    Row("SpatialDropout2D", {"rate": 0.4, "seed": 1}, IMAGE, noisy=True),
    Row("SpatialDropout2D", {"rate": 0.4, "seed": 1, **FIRST}, IMAGE, noisy=True),
    Row("ActivityRegularization", {"l1": 0.1, "l2": 0.2}),
    Row("Identity"),
    Row("Flatten", {}, IMAGE),
    Row("Flatten", FIRST, IMAGE),
    Row("Reshape", {"target_shape": (3, -1)}),
    Row("Permute", {"dims": (3, 1, 2)}, IMAGE),
    Row("RepeatVector", {"n": 3}),
    Row("ZeroPadding1D", {"padding": (2, 1)}, STEPS),
    Row("ZeroPadding2D", {"padding": ((0, 1), (2, 3))}, IMAGE),
    Row("ZeroPadding2D", {"padding": 1, **FIRST}, IMAGE),
    Row("Cropping1D", {"cropping": (0, 2)}, STEPS),
    Row("Cropping2D", {"cropping": ((0, 1), (2, 1))}, IMAGE),
    Row("Cropping2D", {"cropping": 1, **FIRST}, IMAGE),
    Row("UpSampling1D", {"size": 3}, STEPS),
    Row("UpSampling2D", {"size": (2, 3)}, IMAGE),
    Row("UpSampling2D", {"size": 2, "interpolation": "bilinear"}, IMAGE),
    Row("UpSampling2D", {"size": 2, **FIRST}, IMAGE),
    Row("Rescaling", {"scale": 0.5, "offset": -1.0}),
    Row("Rescaling", {"scale": [1.0, 2.0, 3.0]}, IMAGE),
    Row("Normalization", {}, weights=("mean", "variance", "count")),
    Row("Normalization", {"axis": None, "mean": 1.0, "variance": 4.0}),
    Row("Normalization", {"axis": 1, "invert": True}, STEPS, ("mean", "variance", "count")),
    Row(
        "BatchNormalization",
        weights=("gamma", "beta", "moving_mean", "moving_variance"),
        modes=True,
    ),
    Row(
        "BatchNormalization",
        {"axis": 1, "center": False, "momentum": 0.8},
        IMAGE,
        ("gamma", "moving_mean", "moving_variance"),
        modes=True,
    ),
    Row("LayerNormalization", weights=("gamma", "beta")),
    Row("LayerNormalization", {"axis": [1, 2], "scale": False}, IMAGE, ("beta",)),
    Row("RMSNormalization", weights=("scale",)),
    Row("GroupNormalization", {"groups": 3}, weights=("gamma", "beta")),
    Row("GroupNormalization", {"groups": -1, "axis": 1}, IMAGE, ("gamma", "beta")),
    Row("UnitNormalization", {"axis": [1, 2]}, IMAGE),
    Row("Add", {}, (*PAIR, (2, 1, 4))),
    Row("Subtract", {}, PAIR),
    Row("Multiply", {}, PAIR),
    Row("Average", {}, PAIR),
    Row("Maximum", {}, PAIR),
    Row("Minimum", {}, PAIR),
    Row("Concatenate", {"axis": 1}, ((2, 3, 4), (2, 2, 4))),
    Row("Dot", {"axes": (2, 1)}, ((2, 3, 4), (2, 4, 5))),
    Row("Dot", {"axes": -1, "normalize": True}, PAIR),
    Row("Resizing", {"height": 3, "width": 7}, IMAGE),
    Row("Resizing", {"height": 6, "width": 4, "interpolation": "nearest", **FIRST}, IMAGE),
    Row("CenterCrop", {"height": 2, "width": 3}, IMAGE),
    Row("CenterCrop", {"height": 6, "width": 3}, IMAGE),
    Row("Conv1D", {"filters": 4, "kernel_size": 3}, STEPS, KERNEL),
    Row(
        "Conv1D",
        {"filters": 4, "kernel_size": 2, "padding": "causal", "dilation_rate": 2},
        STEPS,
        KERNEL,
    ),
    Row(
        "Conv1D",
        {"filters": 2, "kernel_size": 3, "padding": "same", "strides": 2, **FIRST},
        FIRST_STEPS,
        KERNEL,
    ),
    Row("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}, IMAGE, KERNEL),
    Row(
        "Conv2D",
        {"filters": 4, "kernel_size": (2, 3), "padding": "same", "strides": 2, "groups": 2},
        DEEP,
        KERNEL,
    ),
    Row(
        "Conv2D",
        {"filters": 2, "kernel_size": 2, "dilation_rate": (2, 1), "use_bias": False},
        IMAGE,
        ("kernel",),
    ),
    Row(
        "Conv2D",
        {"filters": 2, "kernel_size": 3, "padding": "same", **FIRST},
        FIRST_IMAGE,
        KERNEL,
    ),
    Row("Conv1DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2}, STEPS, KERNEL),
    Row(
        "Conv1DTranspose",
        {"filters": 2, "kernel_size": 2, "padding": "same", **FIRST},
        FIRST_STEPS,
        KERNEL,
    ),
    Row(
        "Conv2DTranspose",
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"},
        IMAGE,
        KERNEL,
    ),
    Row(
        "Conv2DTranspose",
        {"filters": 2, "kernel_size": 2, "strides": (2, 3), "output_padding": 1, **FIRST},
        FIRST_IMAGE,
        KERNEL,
    ),
    Row("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2}, STEPS, KERNEL),
    Row(
        "DepthwiseConv1D",
        {"kernel_size": 2, "padding": "same", "strides": 2, **FIRST},
        FIRST_STEPS,
        KERNEL,
    ),
    Row("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE, KERNEL),
    Row(
        "DepthwiseConv2D",
        {"kernel_size": 2, "depth_multiplier": 2, **FIRST},
        FIRST_IMAGE,
        KERNEL,
    ),
    Row("SeparableConv1D", {"filters": 4, "kernel_size": 3}, STEPS, SEPARABLE),
    Row(
        "SeparableConv1D",
        {"filters": 2, "kernel_size": 2, "padding": "same", **FIRST},
        FIRST_STEPS,
        SEPARABLE,
    ),
    Row(
        "SeparableConv2D",
        {"filters": 4, "kernel_size": 3, "padding": "same", "depth_multiplier": 2},
        IMAGE,
        SEPARABLE,
    ),
    Row(
        "SeparableConv2D",
        {"filters": 2, "kernel_size": 2, "strides": 2, **FIRST},
        FIRST_IMAGE,
        SEPARABLE,
    ),
    *(
        Row(f"{kind}Pooling{rank}D", options, shapes)
        for kind in ("Max", "Average")
        for rank, options, shapes in (
            (1, {"pool_size": 2}, STEPS),
            (1, {"pool_size": 3, "strides": 1, "padding": "same", **FIRST}, FIRST_STEPS),
            (2, {"pool_size": 2}, IMAGE),
            (2, {"pool_size": (2, 3), "strides": 1, "padding": "same"}, IMAGE),
            (2, {"pool_size": 2, "padding": "same", **FIRST}, FIRST_IMAGE),
        )
    ),
    *(
        Row(f"Global{kind}Pooling{rank}D", options, shapes)
        for kind in ("Max", "Average")
        for rank, options, shapes in (
            (1, {}, STEPS),
            (1, {"keepdims": True, **FIRST}, FIRST_STEPS),
            (2, {"keepdims": True}, IMAGE),
            (2, FIRST, FIRST_IMAGE),
        )
    ),
    Row("ZeroPadding1D", {"padding": 2, **FIRST}, FIRST_STEPS),
    Row("CenterCrop", {"height": 2, "width": 3, **FIRST}, FIRST_IMAGE),
    Row("RandomCrop", {"height": 3, "width": 3, "seed": 1}, IMAGE, noisy=True),
    Row("RandomCrop", {"height": 2, "width": 3, "seed": 2, **FIRST}, FIRST_IMAGE, noisy=True),
    Row("RandomFlip", {"mode": "vertical", "seed": 1, **FIRST}, FIRST_IMAGE, noisy=True),
    Row(
        "RandomTranslation",
        {"height_factor": 0.3, "width_factor": 0.2, "seed": 1, **FIRST},
        FIRST_IMAGE,
        noisy=True,
    ),
    Row("RandomZoom", {"height_factor": 0.4, "seed": 1, **FIRST}, FIRST_IMAGE, noisy=True),
    Row("RandomFlip", {"seed": 1}, IMAGE, noisy=True),
    Row("RandomContrast", {"factor": 0.5, "value_range": (-9, 9), "seed": 1}, IMAGE, noisy=True),
    Row("RandomBrightness", {"factor": 0.2, "value_range": (-9, 9), "seed": 1}, IMAGE, noisy=True),
    Row("RandomRotation", {"factor": 0.2, "seed": 1}, IMAGE, noisy=True),
    Row("RandomRotation", {"factor": 0.2, "seed": 1, **FIRST}, IMAGE, noisy=True),
    Row(
        "RandomTranslation",
        {"height_factor": 0.4, "width_factor": (-0.2, 0.3), "fill_mode": "wrap", "seed": 1},
        IMAGE,
        noisy=True,
    ),
    Row(
        "RandomZoom",
        {"height_factor": 0.4, "fill_mode": "constant", "fill_value": 1.0, "seed": 1},
        IMAGE,
        noisy=True,
    ),
]
