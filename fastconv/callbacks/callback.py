"""`Callback`: base of callbacks."""

from typing import Any


class Callback:
    """Base of callbacks: methods that `fit`, `evaluate` and `predict` call as they go.

    A model whose callbacks leave the batch methods alone runs many steps between two looks at
    Python; overriding one makes it run batch by batch.

    Source: ``keras.callbacks.Callback``.

    Attributes
    ----------
    params : dict
        "verbose", "epochs", "steps".
    model : Model

    Examples
    --------
    >>> import fastconv as keras
    >>> class Tell(keras.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(f"epoch {epoch}: {logs['loss']:.2f}")
    >>> Tell().on_epoch_end(0, {"loss": 0.5})
    epoch 0: 0.50
    """

    def __init__(self) -> None:
        self.params: Any = None
        self._model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Take in verbosity, number of epochs and of steps."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take in the model."""
        self._model = model

    @property
    def model(self) -> Any:
        return self._model

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a training batch; the older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a training batch; the older name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch; `logs` has its metrics, those of validation prefixed by ``val_``."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a training batch, counted from 0."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a training batch; `logs` has the metrics of the epoch so far."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of `evaluate` or of validation."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of `evaluate` or of validation."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of `predict`; `logs` has "outputs"."""

    def on_train_begin(self, logs: Any = None) -> None:
        """At the beginning of `fit`."""

    def on_train_end(self, logs: Any = None) -> None:
        """At the end of `fit`; `logs` has the metrics of the last epoch."""

    def on_test_begin(self, logs: Any = None) -> None:
        """At the beginning of `evaluate` or of validation."""

    def on_test_end(self, logs: Any = None) -> None:
        """At the end of `evaluate` or of validation."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """At the beginning of `predict`."""

    def on_predict_end(self, logs: Any = None) -> None:
        """At the end of `predict`."""


BATCH_HOOKS = {
    "train": ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


def overrides(callback: Any, name: str) -> bool:
    """Whether a callback has a method of its own under that name."""
    method = getattr(callback, name, None)
    if method is None:
        return False
    return getattr(method, "__func__", method) is not getattr(Callback, name)


def listens(callback: Any, mode: str, end: bool | None = None) -> bool:
    """Whether a callback must be called for each batch of `mode` (at its end, at its beginning)."""
    if not getattr(callback, "_every_batch", True):
        return False
    names = BATCH_HOOKS[mode]
    if end is not None:
        names = tuple(name for name in names if name.endswith("end" if end else "begin"))
    return any(overrides(callback, name) for name in names)
