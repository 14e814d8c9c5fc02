"""`TerminateOnNaN`."""

from typing import Any

import numpy as np

from fastconv.callbacks.callback import Callback
from fastconv.models.progbar import print_message


class TerminateOnNaN(Callback):
    """Stops training when the loss is NaN or infinite; looks at every batch.

    Source: ``keras.callbacks.TerminateOnNaN``.

    Parameters
    ----------
    raise_error : bool, default False
        Raise RuntimeError instead of printing a line.

    Examples
    --------
    >>> import fastconv as keras
    >>> guard = keras.callbacks.TerminateOnNaN()
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or np.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating "
                "training immediately."
            )
        print_message(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
