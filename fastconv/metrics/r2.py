"""`R2Score`: share of the variance that predictions explain."""

import warnings
from typing import Any

from fastconv._registry import register
from fastconv.metrics.metric import Metric
from fastconv.ops.compare import isinf
from fastconv.ops.elementwise import divide, where
from fastconv.ops.loss import same_rank
from fastconv.ops.reduce import mean
from fastconv.ops.reduce import sum as total
from fastconv.ops.shaping import broadcast_to, expand_dims
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.unary import square

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


@register("metric")
class R2Score(Metric):
    """``1 - sum((y_true - y_pred)**2) / sum((y_true - mean(y_true))**2)`` for each output.

    Source: ``keras.metrics.R2Score``.

    Parameters
    ----------
    class_aggregation : {"uniform_average", "variance_weighted_average", None}
        How the scores of the outputs become one; None keeps them.
    num_regressors : int, default 0
        Number of independent variables, for the adjusted score.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.R2Score()
    >>> round(float(metric([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
    0.5714
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(
                "Invalid value for argument `class_aggregation`. Expected one of "
                f"{AGGREGATIONS}. Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), dtype=self.dtype, name="num_samples")
        self._built = False

    def _build(self, y_true_shape: Any, y_pred_shape: Any) -> None:
        if len(y_pred_shape) != 2 or len(y_true_shape) != 2:
            raise ValueError(
                "R2Score expects 2D inputs with shape (batch_size, output_dim). Received input "
                f"shapes: y_pred.shape={y_pred_shape} and y_true.shape={y_true_shape}."
            )
        shape = (y_pred_shape[-1],)
        self.squared_sum = self.add_variable(shape, dtype=self.dtype, name="squared_sum")
        self.sum = self.add_variable(shape, dtype=self.dtype, name="sum")
        self.total_mse = self.add_variable(shape, dtype=self.dtype, name="residual")
        self.count = self.add_variable(shape, dtype=self.dtype, name="count")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch of shape (samples, outputs)."""
        t, p = same_rank(convert(y_true, self.dtype), convert(y_pred, self.dtype))
        if not self._built:
            self._build(t.shape, p.shape)
        w = convert(1.0 if sample_weight is None else sample_weight, self.dtype)
        if w.ndim == 1:
            w = expand_dims(w, 1)
        w = broadcast_to(w, t.shape)
        self.sum.assign_add(total(t * w, axis=0))
        self.squared_sum.assign_add(total(square(t) * w, axis=0))
        self.total_mse.assign_add(total(square(t - p) * w, axis=0))
        self.count.assign_add(total(w, axis=0))
        self.num_samples.assign_add(convert(float(t.size), self.dtype))

    def result(self) -> Tensor:
        if not self._built:
            raise ValueError("R2Score: update it before asking for its result")
        spread = self.squared_sum - self.sum * divide(self.sum, self.count)
        scores = 1.0 - divide(self.total_mse, spread)
        scores = where(isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            score = mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            score = divide(total(spread * scores), total(spread))
        else:
            score = scores
        if not self.num_regressors:
            return score
        n, k = float(self.num_samples), self.num_regressors
        if k >= n - 1:
            reason = "More independent predictors than datapoints in adjusted R2 score."
            if k == n - 1:
                reason = "Division by zero in Adjusted R2 score."
            warnings.warn(f"{reason} Falling back to standard R2 score.", stacklevel=2)
            return score
        return 1.0 - (1.0 - score) * ((n - 1) / (n - k - 1))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
