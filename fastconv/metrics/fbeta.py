"""F scores: means of precision and recall."""

from typing import Any

from fastconv._registry import register
from fastconv.metrics.metric import Metric
from fastconv.ops.compare import greater, greater_equal, logical_and
from fastconv.ops.elementwise import cast, divide, multiply
from fastconv.ops.metric import weighted
from fastconv.ops.reduce import max as largest
from fastconv.ops.reduce import mean
from fastconv.ops.reduce import sum as total
from fastconv.ops.shaping import expand_dims
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.unary import absolute
from fastconv.ops.variable import Variable

EPSILON = 1e-7


@register("metric")
class FBetaScore(Metric):
    """``(1 + beta**2) * precision * recall / (beta**2 * precision + recall)``.

    Source: ``keras.metrics.FBetaScore``.

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}
        None: one score a class; "micro": of all classes together; "macro": their mean;
        "weighted": their mean by the number of true samples.
    beta : float, default 1.0
        How much more recall counts than precision.
    threshold : float in (0, 1], optional
        Predictions above are positive; by default the largest of a row.
    name, dtype
        As in `Metric`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.FBetaScore(beta=2.0, threshold=0.5)
    >>> metric([[1, 0], [1, 1]], [[0.9, 0.2], [0.4, 0.7]]).numpy().round(4)
    array([0.5556, 1.    ], dtype=float32)
    """

    _direction = "up"
    true_positives: Variable
    false_positives: Variable
    false_negatives: Variable
    intermediate_weights: Variable

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "Invalid `average` argument value. Expected one of: "
                f"{{None, 'micro', 'macro', 'weighted'}}. Received: average={average}"
            )
        if not isinstance(beta, float):
            raise ValueError(
                "Invalid `beta` argument value. It should be a Python float. "
                f"Received: beta={beta} of type '{type(beta)}'"
            )
        if beta <= 0.0:
            raise ValueError(
                f"Invalid `beta` argument value. It should be > 0. Received: beta={beta}"
            )
        if threshold is not None:
            if not isinstance(threshold, float):
                raise ValueError(
                    "Invalid `threshold` argument value. It should be a Python float. "
                    f"Received: threshold={threshold} of type '{type(threshold)}'"
                )
            if threshold > 1.0 or threshold <= 0.0:
                raise ValueError(
                    "Invalid `threshold` argument value. It should verify 0 < threshold <= 1. "
                    f"Received: threshold={threshold}"
                )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.axis = None if average == "micro" else 0
        self._built = False

    def _build(self, y_true_shape: Any, y_pred_shape: Any) -> None:
        if len(y_pred_shape) != 2 or len(y_true_shape) != 2:
            raise ValueError(
                "FBetaScore expects 2D inputs with shape (batch_size, output_dim). Received "
                f"input shapes: y_pred.shape={y_pred_shape} and y_true.shape={y_true_shape}."
            )
        shape = () if self.average == "micro" else (y_pred_shape[-1],)
        names = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
        for name in names:
            setattr(self, name, self.add_variable(shape, dtype=self.dtype, name=name))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch of shape (samples, classes)."""
        t, p = convert(y_true, self.dtype), convert(y_pred, self.dtype)
        if not self._built:
            self._build(t.shape, p.shape)
        if self.threshold is None:
            best = largest(p, axis=-1, keepdims=True)
            # a row of zeros predicts nothing
            positive = logical_and(greater_equal(p, best), greater(absolute(p), 1e-9))
        else:
            positive = greater(p, self.threshold)
        p = cast(positive, self.dtype)
        w = None
        if sample_weight is not None:
            w = expand_dims(convert(sample_weight, self.dtype), 1)
        for variable, part in (
            (self.true_positives, multiply(p, t)),
            (self.false_positives, p * (1.0 - t)),
            (self.false_negatives, (1.0 - p) * t),
            (self.intermediate_weights, t),
        ):
            variable.assign_add(total(weighted(part, w), axis=self.axis))

    def result(self) -> Tensor:
        tp = self.true_positives
        precision = divide(tp, tp + self.false_positives + EPSILON)
        recall = divide(tp, tp + self.false_negatives + EPSILON)
        square = self.beta**2
        score = divide(precision * recall, precision * square + recall + EPSILON) * (1 + square)
        if self.average == "weighted":
            weights = self.intermediate_weights
            return total(score * divide(weights, total(weights) + EPSILON))
        return score if self.average is None else mean(score)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


@register("metric")
class F1Score(FBetaScore):
    """Harmonic mean of precision and recall.

    Source: ``keras.metrics.F1Score``.

    Parameters
    ----------
    average, threshold, name, dtype
        As in `FBetaScore`.

    Examples
    --------
    >>> import fastconv as keras
    >>> metric = keras.metrics.F1Score(threshold=0.5)
    >>> metric([[1, 0], [1, 1]], [[0.9, 0.2], [0.4, 0.7]]).numpy().round(4)
    array([0.6667, 1.    ], dtype=float32)
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
