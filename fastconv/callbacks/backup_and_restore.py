"""`BackupAndRestore`."""

import json
import os
import shutil
from typing import Any

import numpy as np

from fastconv._files import replace_on_success
from fastconv.callbacks.callback import Callback


class BackupAndRestore(Callback):
    """Saves the state of training, and goes on from there when `fit` is called anew.

    A run killed at any moment and started again ends with the same weights and the same history,
    bit for bit, as one that was not: saved are weights and optimizer, the random generators of
    layers, the order of the data, the history, and within an epoch the metrics. (Keras saves
    weights, optimizer and the number of the epoch.) Other callbacks begin anew, as in Keras. Data
    from generators are resumed at the beginning of the epoch that was running.

    The state is one file, ``latest.weights.h5``, replaced as a whole; ``training_metadata.json``
    beside it is for Keras, which can go on from the same folder, as fastconv can from Keras's.
    Whatever its place among the callbacks, this one acts after the others.

    Source: ``keras.callbacks.BackupAndRestore``.

    Parameters
    ----------
    backup_dir : str or path
        Folder of its own.
    save_freq : "epoch" or int
        An integer counts batches.
    double_checkpoint : bool, default False
        Keep the state before the last one too, in case that is damaged.
    delete_checkpoint : bool, default True
        Remove the folder when training has ended.

    Examples
    --------
    >>> import fastconv as keras
    >>> backup = keras.callbacks.BackupAndRestore("backup")
    """

    _acts_last = True  # the other callbacks' changes belong to the state

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError("Empty `backup_dir` argument passed")
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                "Invalid value for argument `save_freq`. Received: "
                f"save_freq={save_freq}. Expected either 'epoch' or an integer value."
            )
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self.backup_dir = os.fspath(backup_dir)
        self._weights_path = os.path.join(self.backup_dir, "latest.weights.h5")
        self._metadata_path = os.path.join(self.backup_dir, "training_metadata.json")
        self._batches_since = 0
        self._last_batch = 0
        self._current_epoch = 0

    @property
    def _every_batch(self) -> bool:
        return self.save_freq != "epoch"

    def on_train_begin(self, logs: Any = None) -> None:
        if not self.model.built:
            raise ValueError(
                "To use the BackupAndRestore callback, you model must be built before you call "
                f"`fit()`. Model {self.model} is unbuilt. You can build it beforehand by calling "
                "it on a batch of data."
            )
        try:
            self._load()
        except (OSError, ValueError):
            if not os.path.exists(f"{self._weights_path}.bkp"):
                raise
            for path in (self._weights_path, self._metadata_path):
                _copy(f"{path}.bkp", path)
            self._load()

    def _generators(self) -> list[Any]:
        """Random generators of the layers, which go on drawing where they stopped."""
        return [g for layer in self.model._flatten_layers() for g in layer._seed_generators]

    def _load(self) -> None:
        from fastconv.saving.backup import read_backup

        if not os.path.exists(self._weights_path):
            return
        state = read_backup(self.model, self._weights_path)
        if state is None:  # Keras's folder
            if not os.path.exists(self._metadata_path):
                return
            with open(self._metadata_path, encoding="utf-8") as stream:
                state = {"epoch": json.load(stream)["epoch"]}
        resume = {
            "epoch": int(state["epoch"]),
            "batch": int(state.get("batch", 0)),
            "metrics": state.get("metrics", []),
        }
        self.model.__dict__["_resume"] = resume
        if state.get("shuffle_seed") is not None:
            self.model.__dict__["_shuffle_seed"] = int(state["shuffle_seed"])
        _assign([g.state for g in self._generators()], state.get("seed_states", []))
        history = self.model.history
        if history is not None and "history" in state:
            history.history = state["history"]
            history.epoch = state["epochs"]

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch + 1
        self._last_batch = 0
        if self.save_freq == "epoch":
            self._save(0)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            return
        fresh = batch <= self._last_batch
        self._batches_since += batch + 1 if fresh else batch - self._last_batch
        self._last_batch = batch
        if self._batches_since >= self.save_freq:
            self._batches_since = 0
            self._save(batch + 1)

    def _save(self, batches: int) -> None:
        """Write the state after so many batches of the current epoch."""
        from fastconv.saving.backup import write_backup

        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights_path, self._metadata_path):
                _copy(path, f"{path}.bkp")
        history = self.model.history
        state = {
            "epoch": self._current_epoch,
            "batch": batches,
            "shuffle_seed": self.model._shuffle_seed,
            "seed_states": [g.state.numpy().tolist() for g in self._generators()],
            "metrics": [a.tolist() for a in self.model._metric_arrays()] if batches else [],
            "history": {} if history is None else history.history,
            "epochs": [] if history is None else history.epoch,
        }
        write_backup(self.model, self._weights_path, state)
        metadata = {"epoch": self._current_epoch, "batch": self._last_batch}
        with replace_on_success(self._metadata_path) as temporary:
            temporary.write_text(json.dumps(metadata), encoding="utf-8")

    def on_train_end(self, logs: Any = None) -> None:
        if self.delete_checkpoint and os.path.exists(self.backup_dir):
            shutil.rmtree(self.backup_dir)


def _copy(source: str, target: str) -> None:
    if os.path.exists(source):
        with replace_on_success(target) as temporary:
            shutil.copyfile(source, temporary)


def _assign(variables: list[Any], values: list[Any]) -> None:
    """Put saved values back, if they are of as many variables."""
    if len(variables) == len(values):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(np.array(value, variable.dtype))
