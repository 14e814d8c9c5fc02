"""`RMSprop`."""

from collections.abc import Sequence
from typing import Any

from fastconv._registry import register
from fastconv.ops.variable import Variable
from fastconv.optimizers.optimizer import KernelArgs, Optimizer


@register("optimizer")
class RMSprop(Optimizer):
    """Steps of the gradient over its root mean square.

    ``v = rho * v + (1 - rho) g**2``, ``w -= lr * g / sqrt(v + epsilon)``; centered subtracts the
    square of the mean gradient from v; with momentum the step is ``m = momentum * m + ...``.

    Source: ``keras.optimizers.RMSprop``.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
    rho : float, default 0.9
    momentum : float, default 0.0
    epsilon : float, default 1e-7
    centered : bool, default False
    weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, \
ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name
        As in `Optimizer`.

    Examples
    --------
    >>> import fastconv as keras
    >>> w = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.RMSprop(learning_rate=0.5)
    >>> optimizer.apply_gradients([([2.0], w)]).numpy()
    array(1)

    References
    ----------
    G. Hinton, "Neural Networks for Machine Learning", lecture 6e, 2012.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-07,
        centered: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots for `variables`."""
        if self.built:
            return
        super().build(variables)
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        self._momentums: Any = []
        if self.momentum > 0:
            self._momentums = self.add_optimizer_variables(variables, "momentum")
        self._average_gradients: Any = []
        if self.centered:
            self._average_gradients = self.add_optimizer_variables(variables, "average_gradient")

    def _kernel_args(self) -> KernelArgs:
        slots = (
            self._velocities,
            self._momentums if self.momentum > 0 else None,
            self._average_gradients if self.centered else None,
        )
        return "update_rmsprop", slots, (), (self.rho, self.momentum, self.epsilon)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
