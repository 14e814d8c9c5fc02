"""Cross-entropies as metrics."""

from typing import Any

from fastconv._registry import register
from fastconv.losses.binary import binary_crossentropy
from fastconv.losses.categorical import categorical_crossentropy
from fastconv.losses.sparse_categorical import sparse_categorical_crossentropy
from fastconv.metrics.mean import MeanMetricWrapper


@register("metric")
class BinaryCrossentropy(MeanMetricWrapper):
    """Mean binary cross-entropy.

    Source: ``keras.metrics.BinaryCrossentropy``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.
    from_logits : bool, default False
    label_smoothing : float, default 0

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.metrics.BinaryCrossentropy()([[1.0, 0.0]], [[0.9, 0.2]])), 4)
    0.1643
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing


@register("metric")
class CategoricalCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of one-hot targets.

    Source: ``keras.metrics.CategoricalCrossentropy``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.
    from_logits : bool, default False
    label_smoothing : float, default 0
    axis : int, default -1

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.metrics.CategoricalCrossentropy()([[0, 1]], [[0.2, 0.8]])), 4)
    0.2231
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@register("metric")
class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of integer labels.

    Source: ``keras.metrics.SparseCategoricalCrossentropy``.

    Parameters
    ----------
    name, dtype
        As in `Metric`.
    from_logits : bool, default False
    ignore_class : int, optional
    axis : int, default -1

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.metrics.SparseCategoricalCrossentropy()([1], [[0.2, 0.8]])), 4)
    0.2231
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis
