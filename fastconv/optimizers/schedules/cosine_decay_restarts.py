"""`CosineDecayRestarts`."""

from typing import Any

from fastconv._registry import register
from fastconv.optimizers.schedules.learning_rate_schedule import BuiltInSchedule, check_steps


@register("schedule")
class CosineDecayRestarts(BuiltInSchedule):
    """Cosine decays one after the other, each `t_mul` times as long and `m_mul` times as high.

    Source: ``keras.optimizers.schedules.CosineDecayRestarts``.

    Parameters
    ----------
    initial_learning_rate : float
    first_decay_steps : int
    t_mul : float, default 2.0
    m_mul : float, default 1.0
    alpha : float, default 0.0
        What is left at the end of each, as a fraction.
    name : str, default "SGDRDecay"

    Examples
    --------
    >>> import fastconv as keras
    >>> rate = keras.optimizers.schedules.CosineDecayRestarts(0.1, 10)
    >>> [round(float(rate(step)), 6) for step in (0, 5, 10, 20)]
    [0.1, 0.05, 0.1, 0.05]

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2016.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self._t_mul = t_mul
        self._m_mul = m_mul
        self.alpha = alpha
        self.name = name
        check_steps("first_decay_steps", first_decay_steps)

    def _kernel_args(self) -> Any:
        pars = (
            self.initial_learning_rate,
            self.first_decay_steps,
            self._t_mul,
            self._m_mul,
            self.alpha,
        )
        return "restarts", False, pars, None

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self._t_mul,
            "m_mul": self._m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }
