"""`CosineDecay`, with or without warmup."""

from typing import Any

from fastconv._registry import register
from fastconv.optimizers.schedules.learning_rate_schedule import BuiltInSchedule, check_steps


@register("schedule")
class CosineDecay(BuiltInSchedule):
    """Half a cosine from the full rate down to `alpha` of it, after an optional linear rise.

    Source: ``keras.optimizers.schedules.CosineDecay``.

    Parameters
    ----------
    initial_learning_rate : float
        Where the rise starts; without one, where the decay starts.
    decay_steps : int
    alpha : float, default 0.0
        What is left at the end, as a fraction.
    name : str, default "CosineDecay"
    warmup_target : float, optional
        Rate that the rise reaches; None for no rise.
    warmup_steps : int, default 0

    Examples
    --------
    >>> import fastconv as keras
    >>> rate = keras.optimizers.schedules.CosineDecay(0.1, 100)
    >>> round(float(rate(50)), 6)
    0.05

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2016.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_steps = warmup_steps
        self.warmup_target = warmup_target
        check_steps("decay_steps", decay_steps)

    def _kernel_args(self) -> Any:
        warms = self.warmup_target is not None
        pars = (
            self.initial_learning_rate,
            self.decay_steps,
            self.alpha,
            self.warmup_target if warms else 0.0,
            self.warmup_steps,
        )
        return "cosine", warms, pars, None

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }
