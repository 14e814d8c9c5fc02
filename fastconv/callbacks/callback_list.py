"""`CallbackList`: all callbacks of a run, called in order; batch methods only where they exist."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.callbacks.callback import Callback, listens
from fastconv.callbacks.history import History
from fastconv.callbacks.progbar_logger import ProgbarLogger
from fastconv.ops.symbolic import flatten
from fastconv.ops.tensor import Tensor


def python_logs(logs: Any) -> dict[str, Any]:
    """Logs as Python numbers, sorted by name, in a dict that the callbacks may add to."""
    if callable(logs):
        logs = logs()
    found: dict[str, Any] = {}
    for key, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            found.update(python_logs(value))
            continue
        array = value.data if isinstance(value, Tensor) else value
        if isinstance(array, (np.ndarray, np.generic)) and np.ndim(array) == 0:
            array = float(array)
        found[key] = array
    return found


class CallbackList(Callback):
    """Hands each event to all callbacks: those given, then `History`, then the progress bar.

    Source: ``keras.callbacks.CallbackList``.

    Parameters
    ----------
    callbacks : Callback or (nested) list of Callback, optional
    add_history, add_progbar : bool, default False
    model : Model, optional
    **params
        verbose, epochs, steps.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.callbacks.CallbackList(add_history=True).callbacks
    [<fastconv.callbacks.history.History object at ...>]
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Any] = flatten(callbacks) if callbacks else []
        for callback in self.callbacks:
            if isinstance(callback, type) or not hasattr(callback, "on_epoch_end"):
                raise ValueError(
                    "callbacks: expected objects with the methods of `keras.callbacks.Callback`, "
                    f"received {callback!r}"
                )
        self._history = next((c for c in self.callbacks if isinstance(c, History)), None)
        self._progbar = next((c for c in self.callbacks if isinstance(c, ProgbarLogger)), None)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if self._progbar is None and add_progbar:
            self._progbar = ProgbarLogger()
            self.callbacks.append(self._progbar)
        self.callbacks.sort(key=lambda callback: getattr(callback, "_acts_last", False))
        self._mode = "train"
        self.set_model(model)
        self.set_params(params)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        if model is None:
            return
        super().set_model(model)
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def _own_bar(self, callback: Any) -> bool:
        """Whether it is the plain progress bar, which looks at the clock by itself."""
        return type(callback) is ProgbarLogger

    @property
    def wants_batches(self) -> bool:
        """Whether some callback must be called for each batch of the running mode.

        Otherwise many steps may be run between two calls of the batch methods.
        """
        return any(
            listens(callback, self._mode)
            for callback in self.callbacks
            if not self._own_bar(callback)
        )

    # -- batches ------------------------------------------------------------------------------

    def _batch(self, mode: str, name: str, batch: int, logs: Any) -> None:
        """Call `name` of those callbacks that have it; logs may be a function that makes them."""
        made: dict[str, Any] | None = None
        for callback in self.callbacks:
            if self._own_bar(callback):
                if not callback.due(mode, name):
                    continue
            elif not listens(callback, mode, name.endswith("end")):
                continue
            if made is None:
                made = python_logs(logs)
            getattr(callback, name)(batch, made)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._batch("train", "on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self._batch("train", "on_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._batch("train", "on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._batch("train", "on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._batch("test", "on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._batch("test", "on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._batch("predict", "on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._batch("predict", "on_predict_batch_end", batch, logs)

    # -- everything else ----------------------------------------------------------------------

    def _each(self, call: Callable[[Any], Any]) -> None:
        for callback in self.callbacks:
            call(callback)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        logs = python_logs(logs)
        self._each(lambda c: c.on_epoch_begin(epoch, logs))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = python_logs(logs)
        self._each(lambda c: c.on_epoch_end(epoch, logs))

    def on_train_begin(self, logs: Any = None) -> None:
        self._mode = "train"
        logs = python_logs(logs)
        self._each(lambda c: c.on_train_begin(logs))

    def on_train_end(self, logs: Any = None) -> None:
        logs = python_logs(logs)
        self._each(lambda c: c.on_train_end(logs))

    def on_test_begin(self, logs: Any = None) -> None:
        self._before, self._mode = self._mode, "test"
        logs = python_logs(logs)
        self._each(lambda c: c.on_test_begin(logs))

    def on_test_end(self, logs: Any = None) -> None:
        self._mode = self._before
        logs = python_logs(logs)
        self._each(lambda c: c.on_test_end(logs))

    def on_predict_begin(self, logs: Any = None) -> None:
        self._mode = "predict"
        logs = python_logs(logs)
        self._each(lambda c: c.on_predict_begin(logs))

    def on_predict_end(self, logs: Any = None) -> None:
        logs = python_logs(logs)
        self._each(lambda c: c.on_predict_end(logs))
