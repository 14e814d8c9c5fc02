"""`LearningRateScheduler`."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.callbacks.callback import Callback
from fastconv.models.progbar import print_message


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch.

    Source: ``keras.callbacks.LearningRateScheduler``.

    Parameters
    ----------
    schedule : callable
        ``schedule(epoch, learning_rate)`` or ``schedule(epoch)``, which gives the new rate as a
        float; epochs count from 0.
    verbose : {0, 1}

    Examples
    --------
    >>> import fastconv as keras
    >>> decay = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def _takes_rate(self) -> bool:
        try:
            inspect.signature(self.schedule).bind(0, 0.1)
        except TypeError:
            return False
        except ValueError:  # a function without a signature
            return True
        return True

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        optimizer = self.model.optimizer
        if not hasattr(optimizer, "learning_rate"):
            raise ValueError('Optimizer must have a "learning_rate" attribute.')
        present = float(optimizer.learning_rate)
        rate = self.schedule(epoch, present) if self._takes_rate() else self.schedule(epoch)
        if not isinstance(rate, (float, np.float32, np.float64)):
            raise ValueError(
                f"The output of the `schedule` function should be a float. Got: {rate}"
            )
        optimizer.learning_rate = rate
        if self.verbose > 0:
            print_message(
                f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}."
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)
