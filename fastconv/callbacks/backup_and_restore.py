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

    The state is the weights, the optimizer's, the random generators of layers and the order of the
    data: a run that was interrupted at the end of an epoch ends with the same weights as one that
    was not. (Keras saves weights and optimizer only.)

    Source: ``keras.callbacks.BackupAndRestore``.

    Parameters
    ----------
    backup_dir : str or path
        Folder of its own.
    save_freq : "epoch" or int
        An integer counts batches; what is restored then starts at the epoch that was running.
    double_checkpoint : bool, default False
        Keep the state before the last one too, in case that is damaged.
    delete_checkpoint : bool, default True
        Remove the folder when training has ended.

    Examples
    --------
    >>> import fastconv as keras
    >>> backup = keras.callbacks.BackupAndRestore("backup")
    """

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
                shutil.copy(f"{path}.bkp", path)
            self._load()

    def _generators(self) -> list[Any]:
        """Random generators of the layers, which go on drawing where they stopped."""
        return [g for layer in self.model._flatten_layers() for g in layer._seed_generators]

    def _load(self) -> None:
        if not os.path.exists(self._weights_path):
            return
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        self.model.load_weights(self._weights_path)
        if not os.path.exists(self._metadata_path):
            return
        with open(self._metadata_path, encoding="utf-8") as stream:
            metadata = json.load(stream)
        self.model._initial_epoch = int(metadata["epoch"])
        if metadata.get("shuffle_seed") is not None:
            self.model.__dict__["_shuffle_seed"] = int(metadata["shuffle_seed"])
        generators = self._generators()
        states = metadata.get("seed_states", [])
        if len(states) == len(generators):
            for generator, state in zip(generators, states, strict=True):
                generator.state.assign(np.array(state, generator.state.dtype))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch + 1
        self._last_batch = 0
        if self.save_freq == "epoch":
            self._save()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            return
        fresh = batch <= self._last_batch
        self._batches_since += batch + 1 if fresh else batch - self._last_batch
        self._last_batch = batch
        if self._batches_since >= self.save_freq:
            self._batches_since = 0
            self._save()

    def _save(self) -> None:
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights_path, self._metadata_path):
                if os.path.exists(path):
                    shutil.copy(path, f"{path}.bkp")
        self.model.save_weights(self._weights_path, overwrite=True)
        metadata = {
            "epoch": self._current_epoch,
            "batch": self._last_batch,
            "shuffle_seed": getattr(self.model, "_shuffle_seed", None),
            "seed_states": [g.state.numpy().tolist() for g in self._generators()],
        }
        with replace_on_success(self._metadata_path) as temporary:
            temporary.write_text(json.dumps(metadata), encoding="utf-8")

    def on_train_end(self, logs: Any = None) -> None:
        self.model._initial_epoch = None
        if self.delete_checkpoint and os.path.exists(self.backup_dir):
            shutil.rmtree(self.backup_dir)
