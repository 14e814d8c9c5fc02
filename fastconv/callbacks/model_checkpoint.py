"""`ModelCheckpoint`."""

import os
import warnings
from typing import Any

import numpy as np

from fastconv.callbacks.monitor import MonitorCallback
from fastconv.models.progbar import print_message


class ModelCheckpoint(MonitorCallback):
    """Saves the model while it is trained.

    With `save_best_only`, an epoch without the watched metric is saved only as long as no better
    one is known, with a warning. (Keras overwrites the best one then.)

    Source: ``keras.callbacks.ModelCheckpoint``.

    Parameters
    ----------
    filepath : str or path
        May hold ``{epoch}`` (from 1), ``{batch}`` and names from the logs, with formats:
        ``"m.{epoch:02d}-{val_loss:.2f}.keras"``. Ends in ``.keras`` or ``.h5``, with
        `save_weights_only` in ``.weights.h5``. Missing folders are made.
    monitor : str, default "val_loss"
    verbose : {0, 1}
    save_best_only : bool, default False
        Only when the watched metric is better than ever before.
    save_weights_only : bool, default False
    mode : {"auto", "min", "max"}
    save_freq : "epoch" or int
        An integer counts batches, on through all epochs.
    initial_value_threshold : float, optional
        What the first value has to beat.

    Examples
    --------
    >>> import fastconv as keras
    >>> best = keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True)
    >>> best.monitor
    'val_loss'
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.verbose = verbose
        self.filepath = os.fspath(filepath)
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._batches_since = 0
        self._last_batch: int | None = None
        self._current_epoch = 0
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                f"Unrecognized save_freq: {save_freq}. Expected save_freq are 'epoch' or integer "
                "values"
            )
        if save_weights_only:
            if not self.filepath.endswith(".weights.h5"):
                raise ValueError(
                    "When using `save_weights_only=True` in `ModelCheckpoint`, the filepath "
                    "provided must end in `.weights.h5` (Keras weights format). Received: "
                    f"filepath={self.filepath}"
                )
        elif not self.filepath.endswith((".keras", ".h5")):
            raise ValueError(
                "The filepath provided must end in `.keras` (Keras model format). Received: "
                f"filepath={self.filepath}"
            )

    @property
    def _every_batch(self) -> bool:
        return self.save_freq != "epoch"

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._is_due(batch):
            self._save(self._current_epoch, batch, logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.monitor_op is None:
            self._set_monitor_op()
        if self.save_freq == "epoch":
            self._save(epoch, None, logs)

    def _is_due(self, batch: int) -> bool:
        if self.save_freq == "epoch":
            return False
        fresh = self._last_batch is None or batch <= self._last_batch
        self._batches_since += batch + 1 if fresh else batch - self._last_batch  # type: ignore[operator]
        self._last_batch = batch
        if self._batches_since < self.save_freq:
            return False
        self._batches_since = 0
        return True

    def _is_wanted(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        """Whether to save now; says so."""
        if not self.save_best_only:
            self._say(f"\nEpoch {epoch + 1}: saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(f"Can save best model only with {self.monitor} available.", stacklevel=4)
            return self.best is None
        if np.ndim(current):
            warnings.warn(
                "Can save best model only when `monitor` is a scalar value. Received: "
                f"{current}. Falling back to `save_best_only=False`.",
                stacklevel=4,
            )
            return True
        if self.monitor_op is None:
            self._set_monitor_op()
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._say(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {best}")
            return False
        self._say(
            f"\nEpoch {epoch + 1}: {self.monitor} improved from {best} to {current:.5f}, "
            f"saving model to {path}"
        )
        self.best = current
        return True

    def _say(self, message: str) -> None:
        if self.verbose > 0:
            print_message(message)

    def _save(self, epoch: int, batch: int | None, logs: Any) -> None:
        logs = logs or {}
        path = self._path(epoch, batch, logs)
        if not self._is_wanted(epoch, logs, path):
            return
        try:
            folder = os.path.dirname(path)
            if folder:
                os.makedirs(folder, exist_ok=True)
            if self.save_weights_only:
                self.model.save_weights(path, overwrite=True)
            else:
                self.model.save(path, overwrite=True)
        except IsADirectoryError as error:
            raise OSError(
                "Please specify a non-directory filepath for ModelCheckpoint. Filepath used is an "
                f"existing directory: {path}"
            ) from error
        self._say(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _path(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> str:
        values = {**logs, "epoch": epoch + 1}
        if batch is not None and "batch" not in logs:
            values["batch"] = batch + 1
        try:
            return self.filepath.format(**values)
        except KeyError as error:
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". Reason: {error}'
            ) from error
