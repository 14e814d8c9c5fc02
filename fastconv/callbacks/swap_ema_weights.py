"""`SwapEMAWeights`."""

from typing import Any

from fastconv.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Puts the averaged weights into the model while it is evaluated.

    Needs an optimizer with ``use_ema=True``.

    Source: ``keras.callbacks.SwapEMAWeights``.

    Parameters
    ----------
    swap_on_epoch : bool, default False
        Swap at the end of each epoch already, so that `ModelCheckpoint` saves the averages.

    Examples
    --------
    >>> import fastconv as keras
    >>> swap = keras.callbacks.SwapEMAWeights()
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._averages_in_model = False

    def _pairs(self) -> list[tuple[Any, Any]]:
        optimizer = self.model.optimizer
        averages = getattr(optimizer, "_averages", None)
        if averages is None:
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. "
                f"Received: use_ema={getattr(optimizer, 'use_ema', None)}"
            )
        return list(zip(optimizer._trainable_variables, averages, strict=True))

    def _swap(self, averages_in_model: bool) -> None:
        if self._averages_in_model == averages_in_model:
            return
        for variable, average in self._pairs():
            kept = variable.numpy()
            variable.assign(average)
            average.assign(kept)
        self._averages_in_model = averages_in_model

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.swap_on_epoch:
            self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self.swap_on_epoch:
            return
        self._swap(True)
        if epoch == self.params["epochs"] - 1:
            # fit ends by copying the averages into the model: let them be what is in it.
            for variable, average in self._pairs():
                average.assign(variable)

    def on_test_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_test_end(self, logs: Any = None) -> None:
        self._swap(False)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_predict_end(self, logs: Any = None) -> None:
        self._swap(False)
