"""What metrics of true and false positives share: thresholds, and counting a batch."""

from typing import Any

import numpy as np

from fastconv.metrics.metric import Metric
from fastconv.ops.elementwise import multiply
from fastconv.ops.loss import same_rank
from fastconv.ops.metric import count_confusion, keep_top_k
from fastconv.ops.shaping import broadcast_to, expand_dims
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.variable import Variable

# Stands for "whatever is not among the k best"; below every threshold.
NEVER = -1e10
EPSILON = 1e-7
THRESHOLD = 20
"""Scalars whose memory one threshold takes, being a Python float in a list or two."""

COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


def checked_thresholds(thresholds: Any, default: float = 0.5) -> list[float]:
    """Thresholds as a list; those given must lie in [0, 1]."""
    if thresholds is None:
        return [default]
    found = list(thresholds) if isinstance(thresholds, (list, tuple)) else [thresholds]
    wrong = [t for t in found if t is None or t < 0 or t > 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return found


def are_even(thresholds: Any) -> bool:
    """Whether three or more thresholds are spaced evenly over [0, 1]."""
    n = len(thresholds)
    if n < 3:
        return False
    return bool(np.allclose(thresholds, np.arange(n) / (n - 1), atol=EPSILON))


class ConfusionMetric(Metric):
    """Base of metrics that count true and false positives and negatives at thresholds.

    A subclass calls `_set_thresholds` and `_make_counts`.
    """

    true_positives: Variable
    false_positives: Variable
    true_negatives: Variable
    false_negatives: Variable
    top_k: int | None = None
    class_id: int | None = None

    def _set_thresholds(self, thresholds: Any, even: bool) -> None:
        self._threshold_array = np.array(thresholds, self.dtype)
        below = thresholds[0] < 0.0 or thresholds[-1] > 1.0
        self._even = (2 if below else 1) if even else 0

    def _make_counts(self, names: tuple[str, ...], shape: tuple[int, ...] | None = None) -> None:
        for name in names:
            if shape is None:
                shape = (len(self._threshold_array),)
            setattr(self, name, self.add_variable(shape, dtype=self.dtype, name=name))

    def _counts(self) -> tuple[Variable | None, ...]:
        return tuple(getattr(self, name, None) for name in COUNTS)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch.

        Parameters
        ----------
        y_true : array_like
            0 and 1.
        y_pred : array_like
            Same shape, in [0, 1].
        sample_weight : array_like, optional
            One a sample, or one an element.
        """
        self._count(y_true, y_pred, sample_weight)

    def _count(
        self, y_true: Any, y_pred: Any, sample_weight: Any, label_weights: Tensor | None = None
    ) -> None:
        p, t = same_rank(convert(y_pred, self.dtype), convert(y_true, self.dtype))
        w = None
        if sample_weight is not None:
            w = expand_dims(convert(sample_weight, self.dtype), -1)
            _, w = same_rank(t, w, expand_rank_1=False)
        if self.top_k is not None:
            p = keep_top_k(p, self.top_k, NEVER)
        if self.class_id is not None:
            if p.ndim == 1:
                raise ValueError(
                    "When class_id is provided, y_pred must be a 2D array with shape "
                    f"(num_samples, num_classes), found shape: {p.shape}"
                )
            t, p = (expand_dims(x[..., self.class_id], -1) for x in (t, p))
        if t.shape != p.shape:
            raise ValueError(
                f"y_true and y_pred: shapes must agree, received y_true.shape={t.shape} and "
                f"y_pred.shape={p.shape}"
            )
        if w is not None:
            w = broadcast_to(w, p.shape)
        if label_weights is not None:
            each = broadcast_to(label_weights, p.shape)
            w = each if w is None else multiply(w, each)
        labels = self._columns()
        count_confusion(self._counts(), t, p, w, self._threshold_array, self._even, labels)

    def _columns(self) -> int:
        """Labels that are counted apart."""
        return 1


def ratio(a: Variable, b: Variable) -> Tensor:
    """a / (a + b), 0 where both are."""
    from fastconv.ops.elementwise import add, divide_no_nan

    return divide_no_nan(a, add(a, b))
