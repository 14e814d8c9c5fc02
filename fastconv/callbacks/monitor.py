"""`MonitorCallback`: base of callbacks that watch one metric."""

import operator
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from fastconv.callbacks.callback import Callback


class MonitorCallback(Callback):
    """Knows whether less or more of a metric is better, and whether a value is.

    Parameters
    ----------
    monitor : str, default "val_loss"
        Name in the logs.
    mode : {"auto", "min", "max"}
        "auto": the metric says which way is better.
    baseline : float, optional
        What the first value has to beat.
    min_delta : float, default 0
        Smallest change that counts.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{self.__class__.__name__} mode '{mode}' is unknown, fallback to auto mode.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best: Any = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Callable[[Any, Any], Any] | None = None

    def _set_monitor_op(self) -> None:
        """Settle the direction; only after an epoch are all metrics there."""
        direction = {"min": "down", "max": "up"}.get(self.mode)
        if direction is None:
            direction = self._direction_of(self.monitor.removeprefix("val_"))
        if direction is None:
            raise ValueError(
                f"{self.__class__.__name__} callback received monitor={self.monitor}, but Keras "
                "isn't able to automatically determine whether that metric should be maximized or "
                "minimized. Pass `mode='max'` in order to monitor based on the highest metric "
                "value, or pass `mode='min'` in order to use the lowest value."
            )
        if direction == "up":
            self.monitor_op = operator.gt
        else:
            self.monitor_op = operator.lt
            self.min_delta *= -1

    def _direction_of(self, name: str) -> str | None:
        if name == "loss":
            return "down"
        found = None
        for known, metric in self._metrics():
            if known == name:
                found = getattr(metric, "_direction", None) or found
        return found

    def _metrics(self) -> Iterator[tuple[str, Any]]:
        """Names in the logs and metrics of the model; losses of single outputs included."""
        for metric in getattr(self.model, "metrics", []):
            if hasattr(metric, "_named"):
                yield from metric._named()
                yield from ((inner.name, inner) for inner in metric.metrics)
            else:
                yield metric.name, metric

    def _is_improvement(self, value: Any, reference: Any) -> bool:
        if reference is None:
            return True
        assert self.monitor_op is not None
        return bool(self.monitor_op(value - self.min_delta, reference))
