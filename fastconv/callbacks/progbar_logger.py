"""`ProgbarLogger`: the progress line of fit, evaluate and predict."""

from typing import Any

from fastconv.callbacks.callback import Callback
from fastconv.models.progbar import Progbar, print_message


class ProgbarLogger(Callback):
    """Prints a progress bar; fit, evaluate and predict add one by themselves.

    Source: ``keras.callbacks.ProgbarLogger``.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.callbacks.ProgbarLogger().verbose
    1
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose: Any = 1
        self.epochs = 1
        self._called_in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs = params.get("epochs", 1)
        self.target = params.get("steps")

    def due(self, mode: str, name: str) -> bool:
        """Whether a batch method would do anything now: what it shows need not be made before."""
        if name.endswith("begin") or (mode == "test" and self._called_in_fit):
            return False
        if self.progbar is None or self.seen == 0 or self.target is None:
            return True
        return self.progbar.due()

    def on_train_begin(self, logs: Any = None) -> None:
        # Inside fit, validation is silent.
        self._called_in_fit = True

    def on_test_begin(self, logs: Any = None) -> None:
        if not self._called_in_fit:
            self._new_bar()

    def on_predict_begin(self, logs: Any = None) -> None:
        self._new_bar()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._new_bar()
        if self.verbose and self.epochs > 1:
            print_message(f"Epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._update(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._called_in_fit:
            self._update(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._update(batch, None)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._finish(logs)

    def on_test_end(self, logs: Any = None) -> None:
        if not self._called_in_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._finish(None)

    def _new_bar(self) -> Progbar:
        self.seen = 0
        self.progbar = Progbar(
            self.target, verbose=self.verbose, unit_name="step", stateless_metrics=()
        )
        return self.progbar

    def _update(self, batch: int, logs: Any) -> None:
        bar = self.progbar or self._new_bar()
        self.seen = batch + 1
        if self.verbose == 1:
            bar.update(self.seen, list((logs or {}).items()), finalize=False)

    def _finish(self, logs: Any) -> None:
        bar = self.progbar or self._new_bar()
        if self.target is None:
            self.target = bar.target = self.seen
        bar.update(self.target, list((logs or {}).items()), finalize=True)
