"""`LearningRateSchedule`: a learning rate as a function of the number of steps done."""

from typing import Any

import numpy as np

from fastconv.ops.symbolic import KerasTensor
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.update import scheduled_rate


class LearningRateSchedule:
    """Base of schedules; a subclass defines `__call__` and `get_config`.

    Written with ``fastconv.ops`` on `step`, a schedule of your own is replayed with the step it
    belongs to; one that computes with Python numbers works too, but such steps run one by one.

    Source: ``keras.optimizers.schedules.LearningRateSchedule``.

    Examples
    --------
    >>> import fastconv as keras
    >>> class Halving(keras.optimizers.schedules.LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.1 * 0.5 ** keras.ops.cast(step, "float32")
    >>> float(Halving()(2))
    0.02500000037252903
    """

    def __call__(self, step: Any) -> Any:
        """Learning rate after `step` steps."""
        raise NotImplementedError(
            f"Learning rate schedule '{self.__class__.__name__}' must override "
            "`__call__(self, step)`."
        )

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        raise NotImplementedError(
            f"Learning rate schedule '{self.__class__.__name__}' must override `get_config()` in "
            "order to be serializable."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LearningRateSchedule":
        return cls(**config)


class BuiltInSchedule(LearningRateSchedule):
    """A schedule that a kernel computes: `_kernel_args` says which and with what."""

    def _kernel_args(self) -> tuple[str, bool, tuple[float, ...], np.ndarray | None]:
        """Kind, flag, parameters and table for `ops.update.scheduled_rate`."""
        raise NotImplementedError

    def write(self, rate: np.ndarray, step: np.ndarray) -> None:
        """Write the rate at `step` (int64) into `rate` (float32): one launch."""
        kind, flag, pars, table = self._kernel_args()
        scheduled_rate(kind, rate, step, flag, tuple(float(p) for p in pars), table)

    def __call__(self, step: Any) -> Tensor:
        """Learning rate after `step` steps, float32."""
        if isinstance(step, KerasTensor):
            raise TypeError("A learning rate schedule cannot be called on a symbolic tensor.")
        step = convert(step)
        steps = convert(step, "float64" if step.data.dtype.kind == "f" else "int64").data
        rate = np.empty(steps.shape, np.float32)
        self.write(rate, steps)
        return Tensor(rate)


def check_steps(name: str, steps: Any) -> None:
    """Raise ValueError unless `steps` is positive."""
    if steps <= 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={steps}")
