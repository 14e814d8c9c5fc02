"""Intersection over union of classes, from a confusion matrix."""

import warnings
from collections.abc import Sequence
from typing import Any

from fastconv._registry import register
from fastconv.metrics.metric import Metric
from fastconv.ops.compare import greater, greater_equal
from fastconv.ops.elementwise import cast, divide, where
from fastconv.ops.indexing import diag, take
from fastconv.ops.metric import count_matrix
from fastconv.ops.reduce import argmax
from fastconv.ops.reduce import sum as total
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.variable import budget

EPSILON = 1e-7


@register("metric")
class IoU(Metric):
    """Mean over classes of ``hits / (targets + predictions - hits)``; absent classes do not count.

    Source: ``keras.metrics.IoU``.

    Parameters
    ----------
    num_classes : int
    target_class_ids : sequence of int
        Classes that are averaged.
    name, dtype
        As in `Metric`; dtype of the counts, default "int64".
    ignore_class : int, optional
        Targets of this class do not count.
    sparse_y_true, sparse_y_pred : bool, default True
        Class numbers; False for one value a class along `axis`.
    axis : int, default -1

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype="int64" if dtype in (None, "int") else dtype)
        budget.take((num_classes, num_classes), self.name)
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"Target class id {max(target_class_ids)} is out of range, which is "
                f"[0, {num_classes})."
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), dtype=self.dtype, name="total_confusion_matrix"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch of targets and predictions of any shape."""
        t, p = convert(y_true), convert(y_pred)
        if not self.sparse_y_true:
            t = argmax(t, axis=self.axis)
        if not self.sparse_y_pred:
            p = argmax(p, axis=self.axis)
        if sample_weight is not None and "int" in self.dtype:
            sample_weight = convert(sample_weight)
            if sample_weight.data.dtype.kind == "f":
                warnings.warn(
                    "You are passing weight as `float`, but dtype is `int`. This may result in "
                    "an incorrect weight due to type casting Consider using integer weights.",
                    stacklevel=2,
                )
        count_matrix(self.total_cm, t, p, sample_weight, self.ignore_class)

    def result(self) -> Tensor:
        matrix = cast(self.total_cm, "float64")
        ids = convert(self.target_class_ids, "int32")
        hits = take(diag(matrix), ids)
        union = take(total(matrix, axis=0) + total(matrix, axis=1), ids) - hits
        present = greater(union, 1e-9)
        shares = where(present, divide(hits, union + EPSILON), 0.0)
        number = total(cast(present, "float64"))
        return cast(divide(total(shares), number + EPSILON), "float32")

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }

    def _config_without(self, *names: str) -> dict[str, Any]:
        return {k: v for k, v in IoU.get_config(self).items() if k not in names}


@register("metric")
class BinaryIoU(IoU):
    """Intersection over union of the classes 0 and 1, told apart by a threshold.

    Source: ``keras.metrics.BinaryIoU``.

    Parameters
    ----------
    target_class_ids : sequence of int, default (0, 1)
    threshold : float, default 0.5
        Predictions of at least this are of class 1.
    name, dtype
        As in `IoU`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.BinaryIoU(threshold=0.3)
    >>> round(float(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name=name, dtype=dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch."""
        above = cast(greater_equal(convert(y_pred, "float32"), self.threshold), "int64")
        super().update_state(y_true, above, sample_weight)

    def get_config(self) -> dict[str, Any]:
        config = self._config_without(
            "num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis"
        )
        return {**config, "threshold": self.threshold}


@register("metric")
class MeanIoU(IoU):
    """Intersection over union, averaged over all classes.

    Source: ``keras.metrics.MeanIoU``.

    Parameters
    ----------
    num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        As in `IoU`.

    Examples
    --------
    >>> import fastconv as keras
    >>> round(float(keras.metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes,
            range(num_classes),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )

    def get_config(self) -> dict[str, Any]:
        return self._config_without("target_class_ids")


@register("metric")
class OneHotIoU(IoU):
    """`IoU` for one-hot targets.

    Source: ``keras.metrics.OneHotIoU``.

    Parameters
    ----------
    num_classes, target_class_ids, name, dtype, ignore_class, axis
        As in `IoU`.
    sparse_y_pred : bool, default False

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.OneHotIoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([[1, 0], [0, 1]], [[0.8, 0.2], [0.6, 0.4]])), 4)
    0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        return self._config_without("sparse_y_true")


@register("metric")
class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` for one-hot targets.

    Source: ``keras.metrics.OneHotMeanIoU``.

    Parameters
    ----------
    num_classes, name, dtype, ignore_class, axis
        As in `IoU`.
    sparse_y_pred : bool, default False

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.OneHotMeanIoU(num_classes=2)
    >>> round(float(metric([[1, 0], [0, 1]], [[0.8, 0.2], [0.6, 0.4]])), 4)
    0.25
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._config_without("target_class_ids", "sparse_y_true")
