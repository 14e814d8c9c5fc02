"""`ExponentialDecay`."""

from typing import Any

from fastconv._registry import register
from fastconv.optimizers.schedules.learning_rate_schedule import BuiltInSchedule, check_steps


@register("schedule")
class ExponentialDecay(BuiltInSchedule):
    """``initial_learning_rate * decay_rate ** (step / decay_steps)``.

    Source: ``keras.optimizers.schedules.ExponentialDecay``.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
        Steps after which the rate was multiplied once by `decay_rate`.
    decay_rate : float
    staircase : bool, default False
        Round ``step / decay_steps`` down.
    name : str, default "ExponentialDecay"

    Examples
    --------
    >>> import fastconv as keras
    >>> rate = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.5)
    >>> round(float(rate(200)), 6)
    0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name
        check_steps("decay_steps", decay_steps)

    def _kernel_args(self) -> Any:
        pars = (self.initial_learning_rate, self.decay_steps, self.decay_rate)
        return "exponential", self.staircase, pars, None

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }
