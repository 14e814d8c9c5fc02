"""`CompileLoss` and `CompileMetrics`: what `compile` was given, resolved and sorted by output.

Strings, functions, classes and objects become losses and metrics when the first batch shows the
outputs' shapes. Names and their order are those of Keras's logs.
"""

from collections.abc import Iterator
from typing import Any

from fastconv import losses as losses_module
from fastconv import metrics as metrics_module
from fastconv.losses.loss import Loss
from fastconv.losses.wrapper import LossFunctionWrapper
from fastconv.metrics.mean import Mean, MeanMetricWrapper
from fastconv.metrics.metric import Metric
from fastconv.ops.elementwise import add, multiply
from fastconv.ops.loss import raise_bad_labels
from fastconv.ops.symbolic import flatten
from fastconv.ops.tensor import Tensor
from fastconv.ops.variable import snake_case


def object_name(obj: Any) -> str:
    """Name under which a loss or metric appears in logs."""
    name = getattr(obj, "name", None)
    if name:
        return name
    return snake_case(getattr(obj, "__name__", type(obj).__name__))


def _kind_of_labels(y_true: Tensor, y_pred: Tensor) -> str:
    """ "binary", "sparse" or "categorical", by the shapes."""
    if y_pred.shape[-1] == 1:
        return "binary"
    sparse = y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1
    return "sparse" if sparse else "categorical"


def resolve_loss(identifier: Any, y_true: Tensor, y_pred: Tensor) -> Loss | None:
    """Loss object for what a user wrote; "crossentropy" is chosen by the shapes."""
    if identifier is None:
        return None
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        found: Any = {
            "binary": losses_module.binary_crossentropy,
            "sparse": losses_module.sparse_categorical_crossentropy,
            "categorical": losses_module.categorical_crossentropy,
        }[_kind_of_labels(y_true, y_pred)]
    else:
        found = losses_module.get(identifier)
    if isinstance(found, Loss):
        return found
    name = identifier if isinstance(identifier, str) else object_name(found)
    return LossFunctionWrapper(found, name=name)


def resolve_metric(identifier: Any, y_true: Tensor, y_pred: Tensor) -> Metric:
    """Metric object for what a user wrote; "accuracy" is chosen by the shapes."""
    if identifier is None:
        raise ValueError("Expected metric, received `None`")
    if isinstance(identifier, str) and identifier.lower() in ("accuracy", "acc"):
        found: Any = {
            "binary": metrics_module.BinaryAccuracy,
            "sparse": metrics_module.SparseCategoricalAccuracy,
            "categorical": metrics_module.CategoricalAccuracy,
        }[_kind_of_labels(y_true, y_pred)](name=identifier)
    else:
        found = metrics_module.get(identifier)
    name = identifier if isinstance(identifier, str) else object_name(found)
    if not isinstance(found, Metric):
        found = MeanMetricWrapper(found)
    found.name = name
    return found


def _callables(identifiers: Any) -> Iterator[Any]:
    """The objects and functions among what a user wrote, functions inside objects included."""
    for item in flatten(identifiers):
        if item is None or isinstance(item, str):
            continue
        yield item
        for name in ("fn", "_fn"):
            if hasattr(item, name):
                yield getattr(item, name)


class Outputs:
    """Names and order of a model's outputs, taken from its first predictions."""

    def __init__(self, y_pred: Any, output_names: list[str] | None) -> None:
        self.keys: list[str] | None = None
        names: list[Any]
        if isinstance(y_pred, dict):
            known = output_names and set(output_names) == set(y_pred)
            self.keys = names = list(output_names) if known else sorted(y_pred)  # type: ignore[arg-type]
        else:
            names = list(output_names or [])
        self.count = len(flatten(y_pred))
        if len(names) != self.count:
            names = [None] * self.count
        self.names = names

    @property
    def named(self) -> bool:
        return None not in self.names

    def flat(self, values: Any) -> list[Any]:
        """Leaves of a structure like that of the outputs, in their order."""
        if isinstance(values, dict):
            if self.named:
                if unknown := set(values) - set(self.names):
                    raise ValueError(
                        f"y, sample_weight: expected keys among the outputs {self.names}, "
                        f"received {sorted(unknown, key=str)}"
                    )
                return [values.get(name) for name in self.names]
            return [values[key] for key in sorted(values)]
        return flatten(values)


class CompileLoss:
    """The loss of all outputs: a weighted sum.

    Parameters
    ----------
    loss : str, callable, Loss, or list or dict of them
    loss_weights : float, list or dict of float, optional
    output_names : list of str, optional
    """

    name = "compile_loss"

    def __init__(
        self, loss: Any, loss_weights: Any = None, output_names: list[str] | None = None
    ) -> None:
        if loss_weights and not isinstance(loss_weights, (list, tuple, dict, float, int)):
            raise ValueError(
                "Expected `loss_weights` argument to be a float (single output case) or a list, "
                "tuple, or dict (multiple output case). Received instead: "
                f"loss_weights={loss_weights} of type {type(loss_weights)}"
            )
        self.user_loss = loss
        self.user_weights = loss_weights
        self.output_names = output_names
        self.outputs: Outputs | None = None
        # (index of the output, loss, weight, tracker)
        self._parts: list[tuple[int, Loss, float | None, Mean | None]] = []
        self._wanted: list[int] = []

    @property
    def metrics(self) -> list[Metric]:
        """Running means of the losses of several outputs."""
        return [tracker for *_, tracker in self._parts if tracker is not None]

    def functions(self) -> list[Any]:
        """What the user handed over, strings left out."""
        return list(_callables(self.user_loss))

    def check(self) -> None:
        """Raise ValueError for a label out of range that replayed steps have met."""
        raise_bad_labels()

    def _losses_by_output(self, outputs: Outputs) -> list[list[Any]]:
        """Identifiers for each output."""
        loss = self.user_loss
        if isinstance(loss, dict) and "class_name" in loss:
            return [[loss]] * outputs.count
        if isinstance(loss, dict):
            if outputs.count == 1 and not outputs.named and len(loss) == 1:
                return [list(loss.values())]
            if outputs.keys is None and set(loss) != set(outputs.names):
                raise ValueError(
                    f"Expected keys {outputs.names} in loss dict, but found "
                    f"loss.keys()={list(loss)}"
                )
            for key in loss:
                if key not in outputs.names:
                    raise KeyError(
                        f"The path: {(key,)} in the `loss` argument, can't be found in either the "
                        "model's output (`y_pred`) or in the labels (`y_true`)."
                    )
            return [flatten(loss.get(name)) for name in outputs.names]
        if isinstance(loss, (list, tuple)):
            if outputs.count == 1:
                return [flatten(loss)]
            flat = flatten(loss)
            if len(loss) == outputs.count:
                return [flatten(one) for one in loss]
            if len(flat) != outputs.count:
                raise ValueError(
                    f"loss: expected one for each of the {outputs.count} outputs {outputs.names}, "
                    f"received {len(flat)}: {loss}"
                )
            return [[one] for one in flat]
        return [[loss]] * outputs.count

    def _weights_by_output(self, outputs: Outputs, groups: list[list[Any]]) -> list[list[Any]]:
        weights = self.user_weights
        count = sum(len(group) for group in groups)
        if weights is None:
            return [[None] * len(group) for group in groups]
        if isinstance(weights, (int, float)):
            weights = [weights]
        if isinstance(weights, dict):
            unknown = set(weights) - set(outputs.names)
            if unknown:
                raise ValueError(
                    f"loss_weights: expected keys among {outputs.names}, received {sorted(unknown)}"
                )
            return [
                flatten(weights.get(name, [None] * len(group)))
                for name, group in zip(outputs.names, groups, strict=True)
            ]
        flat = iter(flatten(weights))
        if len(flatten(weights)) != count:
            raise ValueError(
                f"`loss_weights` must match the number of losses, got {count} losses and "
                f"{len(flatten(weights))} weights."
            )
        return [[next(flat) for _ in group] for group in groups]

    def _build(self, y_true: Any, y_pred: Any) -> None:
        outputs = Outputs(y_pred, self.output_names)
        groups = self._losses_by_output(outputs)
        weights = self._weights_by_output(outputs, groups)
        self._wanted = [i for i, group in enumerate(groups) if any(x is not None for x in group)]
        targets = self._targets(outputs, y_true)
        predictions = outputs.flat(y_pred)
        parts: list[tuple[int, Loss, float | None, Mean | None]] = []
        for i, (group, group_weights) in enumerate(zip(groups, weights, strict=True)):
            for identifier, weight in zip(group, group_weights, strict=True):
                found = resolve_loss(identifier, targets[i], predictions[i])
                if found is not None:
                    parts.append((i, found, weight, None))
        if isinstance(y_pred, dict):  # then Keras goes by the user's dict, or the model's own
            order = self.user_loss if isinstance(self.user_loss, dict) else y_pred
            places = {name: place for place, name in enumerate(order)}
            parts.sort(key=lambda part: places.get(outputs.names[part[0]], len(places)))
        if len(parts) > 1:
            taken: set[str] = set()
            for k, (i, found, weight, _) in enumerate(parts):
                name = f"{outputs.names[i] or found.name}_loss"
                while name in taken:
                    name = f"{found.name}_{name}"
                taken.add(name)
                parts[k] = (i, found, weight, Mean(name=name))
        self._parts = parts
        self.outputs = outputs

    def _targets(self, outputs: Outputs, y_true: Any) -> list[Any]:
        """One target for each output; outputs without a loss may have none."""
        flat = outputs.flat(y_true)
        if len(flat) == outputs.count:
            return flat
        if len(flat) == len(self._wanted):
            targets: list[Any] = [None] * outputs.count
            for i, target in zip(self._wanted, flat, strict=True):
                targets[i] = target
            return targets
        raise ValueError(
            f"y: expected targets for the {outputs.count} outputs {outputs.names} of the model, "
            f"received {len(flat)}"
        )

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor | None:
        """Loss of a batch; None if no output has one."""
        if self.outputs is None:
            self._build(y_true, y_pred)
        assert self.outputs is not None
        predictions = self.outputs.flat(y_pred)
        targets = self._targets(self.outputs, y_true)
        weights = _weights_for(self.outputs, sample_weight)
        whole: Tensor | None = None
        for i, loss, weight, tracker in self._parts:
            value = loss(targets[i], predictions[i], weights[i])
            if tracker is not None:
                tracker.update_state(value, sample_weight=predictions[i].shape[0])
            if weight is not None:
                value = multiply(value, float(weight))
            whole = value if whole is None else add(whole, value)
        return whole


def _weights_for(outputs: Outputs, sample_weight: Any) -> list[Any]:
    """Sample weights for each output; one for all is repeated."""
    if sample_weight is None:
        return [None] * outputs.count
    flat = outputs.flat(sample_weight)
    if len(flat) == 1:
        return flat * outputs.count
    if len(flat) != outputs.count:
        raise ValueError(
            f"sample_weight: expected one, or one for each of the {outputs.count} outputs, "
            f"received {len(flat)}"
        )
    return flat


class CompileMetrics(Metric):
    """The metrics of all outputs.

    Parameters
    ----------
    metrics, weighted_metrics : list or dict of str, callable or Metric, optional
        The first ignore sample weights.
    output_names : list of str, optional
    """

    outputs: Outputs | None
    _plain: list[list[Metric]]
    _weighted: list[list[Metric]]

    def __init__(
        self, metrics: Any, weighted_metrics: Any, output_names: list[str] | None = None
    ) -> None:
        super().__init__(name="compile_metrics")
        for argument, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given and not isinstance(given, (list, tuple, dict)):
                raise ValueError(
                    f"Expected `{argument}` argument to be a list, tuple, or dict. "
                    f"Received instead: {argument}={given} of type {type(given)}"
                )
        self.user_metrics = metrics
        self.user_weighted = weighted_metrics
        self.output_names = output_names
        # Plain containers: the metrics are tracked by themselves.
        self.__dict__["outputs"] = None
        self.__dict__["_plain"] = []
        self.__dict__["_weighted"] = []

    @property
    def metrics(self) -> list[Metric]:
        """All metric objects, in the order of `compile`."""
        return [metric for group in (*self._plain, *self._weighted) for metric in group]

    @property
    def variables(self) -> list[Any]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def functions(self) -> list[Any]:
        """What the user handed over, strings left out."""
        return [*_callables(self.user_metrics), *_callables(self.user_weighted)]

    def _build(self, y_true: Any, y_pred: Any) -> None:
        outputs = Outputs(y_pred, self.output_names)
        targets, predictions = outputs.flat(y_true), outputs.flat(y_pred)
        for name, argument, given in (
            ("_plain", "metrics", self.user_metrics),
            ("_weighted", "weighted_metrics", self.user_weighted),
        ):
            groups = _metrics_by_output(outputs, argument, given)
            self.__dict__[name] = [
                [resolve_metric(one, t, p) for one in group]
                for group, t, p in zip(groups, targets, predictions, strict=False)
            ]
        self.__dict__["outputs"] = outputs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch."""
        if self.outputs is None:
            self._build(y_true, y_pred)
        outputs = self.outputs
        assert outputs is not None
        targets, predictions = outputs.flat(y_true), outputs.flat(y_pred)
        weights = _weights_for(outputs, sample_weight)
        for group, t, p in zip(self._plain, targets, predictions, strict=False):
            for metric in group:
                metric.update_state(t, p)
        for group, t, p, w in zip(self._weighted, targets, predictions, weights, strict=False):
            for metric in group:
                metric.update_state(t, p, sample_weight=w)

    def reset_state(self) -> None:
        for metric in self.metrics:
            metric.reset_state()

    def _named(self) -> Iterator[tuple[str, Metric]]:
        """Metrics by their names in logs: prefixed by the output, numbered where taken."""
        counts: dict[str, int] = {}
        names = self.outputs.names if self.outputs and self.outputs.count > 1 else [None]
        for groups, prefix in ((self._plain, ""), (self._weighted, "weighted_")):
            for k, group in enumerate(groups):
                output = f"{names[k]}_" if k < len(names) and names[k] else ""
                for metric in group:
                    name = f"{output}{metric.name}"
                    if name in counts and prefix:
                        name = f"{output}{prefix}{metric.name}"
                    count = counts.get(name, 0)
                    counts[name] = count + 1
                    yield (f"{name}_{count}" if count else name), metric

    def result(self) -> dict[str, Any]:
        """Values by name; empty before the first batch."""
        return {name: metric.result() for name, metric in self._named()}

    def result_names(self) -> list[str]:
        """Names in the order in which `evaluate` lists a single output's metrics."""
        if self.outputs is not None and self.outputs.count > 1:
            return []
        return [name for name, _ in self._named()]


def _metrics_by_output(outputs: Outputs, argument: str, given: Any) -> list[list[Any]]:
    """Identifiers for each output."""
    if not given:
        return [[] for _ in range(outputs.count)]
    if outputs.count == 1:
        return [flatten(given)]
    if isinstance(given, (list, tuple)) and len(given) == outputs.count:
        groups = list(given)
    elif isinstance(given, dict) and outputs.named and set(given) <= set(outputs.names):
        groups = [given.get(name) for name in outputs.names]
    else:
        raise ValueError(
            f"Invalid `{argument}`. `{argument}` should contain metrics objects and either be a "
            "dict or a list matching the output names of the functional model "
            f"{outputs.names}.\nReceived: {argument}={given}"
        )
    return [
        [] if group is None else list(group) if isinstance(group, (list, tuple)) else [group]
        for group in groups
    ]
