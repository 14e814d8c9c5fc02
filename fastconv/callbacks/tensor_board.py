"""`TensorBoard`: not there, and what to use instead."""

from typing import Any

from fastconv.callbacks.callback import Callback


class TensorBoard(Callback):
    """Says how to do without: fastconv writes no TensorBoard event files.

    Raises
    ------
    ImportError
        Always; names what takes its place.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.callbacks.TensorBoard("logs")
    Traceback (most recent call last):
    ImportError: ...
    """

    def __init__(self, log_dir: Any = "logs", **kwargs: Any) -> None:
        raise ImportError(
            "fastconv writes no TensorBoard event files. Leave this callback out: use "
            '`CSVLogger("training.csv")` for a table of all epochs and '
            "`fastconv.plotting.plot_history(model.history)` for the curves."
        )
