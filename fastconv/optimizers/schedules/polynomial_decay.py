"""`PolynomialDecay`."""

from typing import Any

from fastconv._registry import register
from fastconv.optimizers.schedules.learning_rate_schedule import BuiltInSchedule, check_steps


@register("schedule")
class PolynomialDecay(BuiltInSchedule):
    """From one rate to another within `decay_steps`, along ``(1 - step / decay_steps) ** power``.

    Source: ``keras.optimizers.schedules.PolynomialDecay``.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
    end_learning_rate : float, default 1e-4
    power : float, default 1.0
    cycle : bool, default False
        Start anew beyond `decay_steps`, over a period that many times as long.
    name : str, default "PolynomialDecay"

    Examples
    --------
    >>> import fastconv as keras
    >>> rate = keras.optimizers.schedules.PolynomialDecay(0.1, 100, 0.0)
    >>> round(float(rate(50)), 6)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name
        check_steps("decay_steps", decay_steps)

    def _kernel_args(self) -> Any:
        pars = (self.initial_learning_rate, self.decay_steps, self.end_learning_rate, self.power)
        return "polynomial", self.cycle, pars, None

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }
