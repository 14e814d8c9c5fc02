"""`InverseTimeDecay`."""

from typing import Any

from fastconv._registry import register
from fastconv.optimizers.schedules.learning_rate_schedule import BuiltInSchedule, check_steps


@register("schedule")
class InverseTimeDecay(BuiltInSchedule):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``.

    Source: ``keras.optimizers.schedules.InverseTimeDecay``.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
    decay_rate : float
    staircase : bool, default False
        Round ``step / decay_steps`` down.
    name : str, default "InverseTimeDecay"

    Examples
    --------
    >>> import fastconv as keras
    >>> rate = keras.optimizers.schedules.InverseTimeDecay(0.1, 10, 1.0)
    >>> round(float(rate(10)), 6)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name
        check_steps("decay_steps", decay_steps)

    def _kernel_args(self) -> Any:
        pars = (self.initial_learning_rate, self.decay_steps, self.decay_rate)
        return "inverse_time", self.staircase, pars, None

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }
