"""`Nadam`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv._registry import register
from fastconv.ops.tensor import kernel, run
from fastconv.ops.update import Slots
from fastconv.ops.variable import Variable
from fastconv.optimizers.optimizer import KernelArgs, Optimizer


@register("optimizer")
class Nadam(Optimizer):
    """Adam with Nesterov momentum, whose momentum rises towards `beta_1`.

    ``u_t = beta_1 * (1 - 0.5 * 0.96**t)``; m and v as in Adam;
    ``m_hat = u_{t+1} m / (1 - u_1...u_{t+1}) + (1 - u_t) g / (1 - u_1...u_t)``,
    ``w -= lr * m_hat / (sqrt(v / (1 - beta_2**t)) + epsilon)``.

    Source: ``keras.optimizers.Nadam``.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable, default 0.001
    beta_1 : float, default 0.9
    beta_2 : float, default 0.999
    epsilon : float, default 1e-7
    weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, \
ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name
        As in `Optimizer`.

    Examples
    --------
    >>> import fastconv as keras
    >>> w = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.Nadam(learning_rate=0.5)
    >>> optimizer.apply_gradients([([2.0], w)]).numpy()
    array(1)

    References
    ----------
    T. Dozat, "Incorporating Nesterov Momentum into Adam", 2016.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-07,
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots for `variables`."""
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )
        dtype = self._trainable_variables[0].dtype if self._trainable_variables else "float32"
        self._u_product = Variable(np.ones((), dtype), trainable=False)
        # Kernels read the product in their own dtype: copies for the others.
        own = self._u_product.data.dtype
        self._copies = {
            dtype: Variable(np.ones((), dtype), trainable=False)
            for dtype in self._momentums.flat
            if dtype != own
        }

    def _begin_update(self, every: int) -> None:
        product = self._u_product
        step = self._iterations.data
        run(
            kernel("update_nadam_begin", product.data.dtype),
            (None, None, None, None, step, product.data),
            (every,),
            (self.beta_1,),
            1,
            1,
        )
        for copy in self._copies.values():
            copy.assign(product)

    def _kernel_args(self) -> KernelArgs:
        product = Slots({self._u_product.data.dtype: self._u_product.data})
        product.flat.update({dtype: v.data for dtype, v in self._copies.items()})
        return (
            "update_nadam",
            (self._momentums, self._velocities, product),
            (),
            (self.beta_1, self.beta_2, self.epsilon),
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
