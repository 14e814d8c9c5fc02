"""`SGD`."""

from collections.abc import Sequence
from typing import Any

from fastconv._registry import register
from fastconv.ops.variable import Variable
from fastconv.optimizers.optimizer import KernelArgs, Optimizer


@register("optimizer")
class SGD(Optimizer):
    """Gradient descent, with momentum or without.

    ``m = momentum * m - lr * g``, ``w = w + m``; nesterov: ``w = w + momentum * m - lr * g``;
    without momentum ``w = w - lr * g``.

    Source: ``keras.optimizers.SGD``.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.01
    momentum : float in [0, 1], default 0.0
    nesterov : bool, default False
    weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, \
ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name
        As in `Optimizer`.

    Examples
    --------
    >>> import fastconv as keras
    >>> w = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.SGD(learning_rate=0.5)
    >>> optimizer.apply_gradients([([2.0], w)]).numpy()
    array(1)
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        if not isinstance(momentum, float) or momentum < 0 or momentum > 1:
            raise ValueError("`momentum` must be a float between [0, 1].")
        self.momentum = momentum
        self.nesterov = nesterov

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots for `variables`."""
        if self.built:
            return
        super().build(variables)
        self.momentums: Any = []
        if self.momentum != 0:
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def _kernel_args(self) -> KernelArgs:
        if self.momentum == 0:
            return "update_sgd", (), (), ()
        return "update_momentum", (self.momentums,), (int(self.nesterov),), (self.momentum,)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "nesterov": self.nesterov,
        }
