"""Pooling layers: largest value or mean of windows, or of whole sequences and images."""

from typing import Any

from fastconv import ops
from fastconv._registry import register
from fastconv.layers._input_spec import InputSpec
from fastconv.layers._windows import layout, size_tuple
from fastconv.layers.layer import Layer
from fastconv.ops._geometry import pool_output_shape


class _Pooling(Layer):
    """Base of the window poolings; a subclass sets `rank` and `_pool`."""

    rank = 2
    _pool = staticmethod(ops.max_pool)

    def __init__(
        self, pool_size: Any, strides: Any, padding: str, data_format: str | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = size_tuple(pool_size, self.rank, "pool_size")
        strides = pool_size if strides is None else strides
        self.strides = size_tuple(strides, self.rank, "strides")
        self.padding = padding.lower() if isinstance(padding, str) else padding
        if self.padding not in ("valid", "same"):
            raise ValueError(
                f"Argument `padding` must be either 'valid' or 'same'. Received: padding={padding}"
            )
        self.data_format = layout(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return self._pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return pool_output_shape(
            tuple(input_shape), self.pool_size, self.strides, self.padding, self.data_format
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }


class _GlobalPooling(Layer):
    """Base of the poolings over all pixels; a subclass sets `rank` and `_reduce`."""

    rank = 2
    _reduce = staticmethod(ops.max)

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = layout(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    def _axes(self) -> tuple[int, ...]:
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def call(self, inputs: Any) -> Any:
        return self._reduce(inputs, axis=self._axes(), keepdims=self.keepdims)

    def compute_output_shape(self, input_shape: Any) -> Any:
        axes = self._axes()
        if self.keepdims:
            return tuple(1 if i in axes else n for i, n in enumerate(input_shape))
        return tuple(n for i, n in enumerate(input_shape) if i not in axes)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "data_format": self.data_format,
            "keepdims": self.keepdims,
        }


@register("layer", aliases=("MaxPool1D",))
class MaxPooling1D(_Pooling):
    """Largest value of each window of steps.

    Source: ``keras.layers.MaxPooling1D``.

    Parameters
    ----------
    pool_size : int, default 2
    strides : int, optional
        Default: `pool_size`.
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.MaxPooling1D(2)(np.ones((1, 6, 3))).shape
    (1, 3, 3)
    """

    rank = 1
    _pool = staticmethod(ops.max_pool)

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)


@register("layer", aliases=("MaxPool2D",))
class MaxPooling2D(_Pooling):
    """Largest value of each window of pixels.

    Source: ``keras.layers.MaxPooling2D``.

    Parameters
    ----------
    pool_size : int or tuple of 2 int, default (2, 2)
    strides : int or tuple of 2 int, optional
        Default: `pool_size`.
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.MaxPooling2D(2)(np.ones((1, 6, 8, 3))).shape
    (1, 3, 4, 3)
    """

    rank = 2
    _pool = staticmethod(ops.max_pool)

    def __init__(
        self,
        pool_size: Any = (2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)


@register("layer", aliases=("AvgPool1D",))
class AveragePooling1D(_Pooling):
    """Mean of each window of steps; padding does not count.

    Source: ``keras.layers.AveragePooling1D``.

    Parameters
    ----------
    pool_size : int
    strides : int, optional
        Default: `pool_size`.
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.AveragePooling1D(2)(np.ones((1, 6, 3))).shape
    (1, 3, 3)
    """

    rank = 1
    _pool = staticmethod(ops.average_pool)

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)


@register("layer", aliases=("AvgPool2D",))
class AveragePooling2D(_Pooling):
    """Mean of each window of pixels; padding does not count.

    Source: ``keras.layers.AveragePooling2D``.

    Parameters
    ----------
    pool_size : int or tuple of 2 int
    strides : int or tuple of 2 int, optional
        Default: `pool_size`.
    padding : {"valid", "same"}
    data_format : {"channels_last", "channels_first"}, optional

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.AveragePooling2D(2)(np.ones((1, 6, 8, 3))).shape
    (1, 3, 4, 3)
    """

    rank = 2
    _pool = staticmethod(ops.average_pool)

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name=name, **kwargs)


@register("layer", aliases=("GlobalMaxPool1D",))
class GlobalMaxPooling1D(_GlobalPooling):
    """Largest value over the steps of a sequence, for each channel.

    Source: ``keras.layers.GlobalMaxPooling1D``.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
    keepdims : bool, default False
        Whether the reduced axes stay with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.GlobalMaxPooling1D()(np.ones((2, 6, 3))).shape
    (2, 3)
    """

    rank = 1
    _reduce = staticmethod(ops.max)


@register("layer", aliases=("GlobalMaxPool2D",))
class GlobalMaxPooling2D(_GlobalPooling):
    """Largest value over the pixels of an image, for each channel.

    Source: ``keras.layers.GlobalMaxPooling2D``.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
    keepdims : bool, default False
        Whether the reduced axes stay with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.GlobalMaxPooling2D()(np.ones((2, 6, 8, 3))).shape
    (2, 3)
    """

    rank = 2
    _reduce = staticmethod(ops.max)


@register("layer", aliases=("GlobalAvgPool1D",))
class GlobalAveragePooling1D(_GlobalPooling):
    """Mean over the steps of a sequence, for each channel.

    Source: ``keras.layers.GlobalAveragePooling1D``.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
    keepdims : bool, default False
        Whether the reduced axes stay with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.GlobalAveragePooling1D()(np.ones((2, 6, 3))).shape
    (2, 3)
    """

    rank = 1
    _reduce = staticmethod(ops.mean)

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """No mask: the steps are gone."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(inputs)
        axis = self._axes()[0]
        steps = ops.cast(ops.expand_dims(mask, 3 - axis), "bool")
        kept = ops.where(steps, inputs, ops.zeros_like(inputs))
        count = ops.sum(ops.cast(steps, self.dtype), axis=axis, keepdims=self.keepdims)
        return ops.sum(kept, axis=axis, keepdims=self.keepdims) / count


@register("layer", aliases=("GlobalAvgPool2D",))
class GlobalAveragePooling2D(_GlobalPooling):
    """Mean over the pixels of an image, for each channel.

    Source: ``keras.layers.GlobalAveragePooling2D``.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, optional
    keepdims : bool, default False
        Whether the reduced axes stay with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.GlobalAveragePooling2D()(np.ones((2, 6, 8, 3))).shape
    (2, 3)
    """

    rank = 2
    _reduce = staticmethod(ops.mean)


MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
