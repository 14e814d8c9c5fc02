"""Layers that prepare features by constants: `Rescaling`, `Normalization`."""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from fastconv import ops
from fastconv._registry import deserialize_keras_object, register, serialize_keras_object
from fastconv.config import epsilon, image_data_format
from fastconv.layers.layer import Layer
from fastconv.ops.tensor import Tensor

ROWS = 8192  # how many samples of a large array are looked at together


@register("layer")
class Rescaling(Layer):
    """inputs * scale + offset.

    Source: ``keras.layers.Rescaling``.
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        dtype = np.dtype(self.compute_dtype)
        scale, offset = np.asarray(self.scale, dtype), np.asarray(self.offset, dtype)
        if scale.ndim and image_data_format() == "channels_first":
            scale = scale.reshape(scale.shape + (1,) * (3 - scale.ndim))
        y = ops.multiply(ops.cast(inputs, dtype), scale)
        return ops.add(y, offset) if offset.any() else y

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": serialize_keras_object(self.scale),
            "offset": serialize_keras_object(self.offset),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Rescaling":
        config = dict(config)
        for key in ("scale", "offset"):
            config[key] = deserialize_keras_object(config[key])
        return cls(**config)


@register("layer")
class Normalization(Layer):
    """(inputs - mean) / sqrt(variance), by statistics given or found by `adapt`.

    Source: ``keras.layers.Normalization``.

    Parameters
    ----------
    axis : int, tuple of int or None, default -1
        Axes that have statistics of their own for each position; None: one for all.
    mean, variance : number or array, optional
    invert : bool, default False
        Undo the normalisation instead.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> layer = keras.layers.Normalization()
    >>> layer.adapt(np.array([[1.0], [3.0]], "float32"))
    >>> layer(np.array([[1.0], [3.0]], "float32")).numpy().tolist()
    [[-1.0], [1.0]]
    """

    def __init__(
        self,
        axis: Any = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.input_mean = mean
        self.input_variance = variance
        self.invert = invert
        self.supports_masking = True
        if (mean is not None) != (variance is not None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. Received: "
                f"mean={mean} and variance={variance}"
            )
        if mean is not None and np.shape(mean) != np.shape(variance):
            raise ValueError(
                "When setting values directly, `mean` and `variance` must have the same shape. "
                f"Received: mean shape {np.shape(mean)} and variance shape {np.shape(variance)}"
            )
        if mean is not None and len(np.shape(mean)) > len(self.axis):
            raise ValueError(
                "The rank of `mean` must be less than or equal to the number of axes "
                f"({len(self.axis)}). Received: mean shape {np.shape(mean)} for axis {self.axis}"
            )

    def build(self, input_shape: Any) -> None:
        if input_shape is None:
            return
        ndim = len(input_shape)
        if any(not -ndim <= a < ndim for a in self.axis):
            raise ValueError(
                "All `axis` values must be in the range [-ndim, ndim). Received inputs with "
                f"ndim={ndim}, while axis={self.axis}"
            )
        self._keep_axis = tuple(sorted(a % ndim for a in self.axis))
        for a in self._keep_axis:
            if input_shape[a] is None:
                raise ValueError(
                    "All `axis` values to be kept must have a known shape. Received "
                    f"axis={self.axis}, inputs.shape={input_shape}, with unknown axis at index {a}"
                )
        self._reduce_axis = tuple(a for a in range(ndim) if a not in self._keep_axis)
        self._broadcast_shape = tuple(
            input_shape[a] if a in self._keep_axis else 1 for a in range(ndim)
        )
        shape = tuple(input_shape[a] for a in self._keep_axis)
        if self.input_mean is None:
            self.adapt_mean = self._statistic("mean", shape, "zeros")
            self.adapt_variance = self._statistic("variance", shape, "ones")
            self.count = self.add_weight(
                name="count", shape=(), dtype="int32", initializer="zeros", trainable=False
            )
        else:
            self._fixed = tuple(
                self._given(v, ndim) for v in (self.input_mean, self.input_variance)
            )

    def _statistic(self, name: str, shape: tuple[int, ...], initializer: str) -> Any:
        return self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False)

    def _given(self, value: Any, ndim: int) -> np.ndarray:
        """Statistics given by the user in the shape of the inputs."""
        value = np.asarray(value, self.compute_dtype)
        shape = [1] * ndim
        for i in range(1, value.ndim + 1):
            shape[self._keep_axis[-i]] = value.shape[-i]
        return np.ascontiguousarray(np.broadcast_to(value.reshape(shape), self._broadcast_shape))

    @property
    def mean(self) -> Any:
        """The mean that is subtracted, in the shape of the inputs; None before `build`."""
        return self._statistics()[0] if self.built else None

    @property
    def variance(self) -> Any:
        """The variance that is divided by, in the shape of the inputs; None before `build`."""
        return self._statistics()[1] if self.built else None

    def _statistics(self) -> tuple[Any, Any]:
        if self.input_mean is not None:
            return Tensor(self._fixed[0]), Tensor(self._fixed[1])
        shape = self._broadcast_shape
        return ops.reshape(self.adapt_mean, shape), ops.reshape(self.adapt_variance, shape)

    def finalize_state(self) -> None:
        """Nothing is left to do: the statistics are used as they stand."""

    def adapt(self, data: Any) -> None:
        """Find mean and variance of `data`.

        Parameters
        ----------
        data : array, tensor, or iterable of batches
            Of batches that are tuples the first part counts.

        Raises
        ------
        ValueError
            If the data are empty or do not fit an earlier `build`.
        """
        if self.input_mean is not None:
            raise ValueError(
                "adapt() cannot be used: `mean` and `variance` were given to the constructor"
            )
        if isinstance(data, Tensor):
            data = data.numpy()
        if isinstance(data, np.ndarray):
            batches: Iterator[Any] = (data[i : i + ROWS] for i in range(0, len(data), ROWS))
        elif (
            hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, list)
        ):
            batches = (data[i] for i in range(len(data)))
        elif isinstance(data, Iterable):
            batches = iter(data)
        else:
            raise TypeError(
                f"Unsupported data type: {type(data)}. `adapt` supports arrays, tensors, "
                "`PyDataset` and iterables of batches."
            )
        first = next(batches, None)
        if first is None:
            raise ValueError(
                "adapt() received an empty iterable (no batches). Expected at least one batch. "
                "Pass a non-empty iterable of arrays or tensors, e.g. layer.adapt([x]) or "
                "layer.adapt(list_of_batches)."
            )
        shape = _features(first).shape
        if not self.built:
            self.build((None, *shape[1:]))
        for a in self._keep_axis:
            if shape[a] != self._broadcast_shape[a]:
                raise ValueError(
                    f"The layer was built with input_shape={self._build_shape}, but adapt() is "
                    f"being called with data with an incompatible shape, data.shape={shape}"
                )
        mean, variance = self._combine(itertools.chain([first], batches))
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    def _combine(self, batches: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
        """Moments of all batches in float64 (Chan, Golub, LeVeque 1979)."""
        shape = self.adapt_mean.shape
        mean, squares, count = np.zeros(shape), np.zeros(shape), 0
        for batch in batches:
            x = _features(batch).astype(np.float64)
            n = math.prod(x.shape[a] for a in self._reduce_axis)
            if not n:
                continue
            own = x.mean(axis=self._reduce_axis)
            away = np.square(x - own.reshape(self._of(x))).sum(axis=self._reduce_axis)
            gap = own - mean
            total = count + n
            squares = squares + away + gap * gap * (count * n / total)
            mean = mean + gap * (n / total)
            count = total
        return mean, squares / max(count, 1)

    def _of(self, x: np.ndarray) -> tuple[int, ...]:
        return tuple(n if a in self._keep_axis else 1 for a, n in enumerate(x.shape))

    def call(self, inputs: Any) -> Any:
        inputs = ops.cast(inputs, self.compute_dtype)
        mean, variance = self._statistics()
        deviation = ops.maximum(ops.sqrt(variance), epsilon())
        if self.invert:
            return ops.add(mean, ops.multiply(inputs, deviation))
        return ops.divide(ops.subtract(inputs, mean), deviation)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": np.array(self.input_mean).tolist(),
            "variance": np.array(self.input_variance).tolist(),
        }


def _features(batch: Any) -> np.ndarray:
    data = batch[0] if isinstance(batch, tuple) else batch
    if not hasattr(data, "shape"):
        raise TypeError(
            "adapt() expects an iterable that yields arrays or tensors with a `.shape` attribute "
            f"(e.g. numpy arrays or backend tensors). Got an element of type "
            f"{type(data).__name__}. Ensure each yielded element is array-like with a `.shape` "
            "attribute."
        )
    return np.asarray(data)
