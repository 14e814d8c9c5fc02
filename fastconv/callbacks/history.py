"""`History`: what `fit` returns."""

from typing import Any

from fastconv.callbacks.callback import Callback


class History(Callback):
    """Metrics of all epochs; `fit` makes one and returns it.

    Source: ``keras.callbacks.History``.

    Attributes
    ----------
    history : dict of str to list
        Values by epoch.
    epoch : list of int
        Epochs run, counted from 0.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.callbacks.History().history
    {}
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        if self.model is not None:
            self.model.history = self
