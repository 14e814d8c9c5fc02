"""`Optimizer`: base of all optimizers. One fused pass updates all parameters.

A step is launches only and everything that changes per step stands in memory (iteration,
learning rate, slots), so that a recorded step can be replayed. Order of a step, as in Keras:
unscale, accumulate, clip, weight decay, update, moving averages, constraints, count.
"""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fastconv._registry import register
from fastconv.ops import update
from fastconv.ops.symbolic import is_symbolic
from fastconv.ops.tape import no_tape
from fastconv.ops.tensor import Tensor, convert, forget_program
from fastconv.ops.variable import Variable
from fastconv.optimizers.schedules.learning_rate_schedule import BuiltInSchedule
from fastconv.optimizers.state import OptimizerState

# What a fused optimizer hands to its kernel: name, slots, further dims, further parameters.
KernelArgs = tuple[str, tuple[Any, ...], tuple[int, ...], tuple[float, ...]]


@register("optimizer")
class Optimizer(OptimizerState):
    """Base of optimizers.

    A subclass of your own defines ``build(variables)`` (calling ``super().build(variables)`` and
    making its slots by `add_optimizer_variables`) and ``update_step(gradient, variable,
    learning_rate)`` out of ``fastconv.ops`` and ``assign``.

    Source: ``keras.optimizers.Optimizer``.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable
    weight_decay : float, optional
        Each step first shrinks the weights by this times the learning rate.
    clipnorm : float, optional
        Each gradient is scaled down to at most this norm.
    clipvalue : float, optional
        Gradients are clipped to ``[-clipvalue, clipvalue]``.
    global_clipnorm : float, optional
        All gradients together are scaled down to at most this norm.
    use_ema : bool, default False
        Keep an exponential moving average of the weights (`finalize_variable_values`,
        `callbacks.SwapEMAWeights`).
    ema_momentum : float, default 0.99
    ema_overwrite_frequency : int, optional
        Every so many updates the averages are copied into the weights.
    loss_scale_factor : float, optional
        The loss is multiplied by it, the gradients divided.
    gradient_accumulation_steps : int, optional
        Update once per so many steps, with the mean of their gradients.
    name : str, optional
    """

    # -- a step -------------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Variable:
        """`apply` for (gradient, variable) pairs; returns the iteration counter."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Update the variables with their gradients.

        Parameters
        ----------
        grads : sequence of Tensor, ndarray or None
        trainable_variables : sequence of Variable, optional
            One per gradient; default those that the optimizer was built with.

        Raises
        ------
        ValueError
            If numbers, shapes or variables do not fit, or no gradient is given.
        """
        grads = list(grads)
        if not grads:
            return
        variables = self._variables_for(grads, trainable_variables)
        with no_tape():
            if any(g is None for g in grads):
                grads, variables = _without_missing(grads, variables)
            arrays = [_gradient_array(g, v) for g, v in zip(grads, variables, strict=True)]
            self._apply_arrays(arrays, variables)
            for variable in variables:
                variable.version += 1
                if variable.constraint is not None:
                    variable.assign(variable.constraint(variable))
            update.count(self._iterations.data)
            self._iterations.version += 1

    def _variables_for(self, grads: list[Any], variables: Any) -> list[Variable]:
        if variables is None:
            if not self.built:
                raise ValueError(
                    "When passing `grads` without `variables`, the optimizer must already be "
                    "built on a list of variables. Call `optimizer.build(trainable_variables)` "
                    "first. "
                )
            if len(grads) != len(self._index):
                raise ValueError(
                    "When passing `grads` as a list of gradient tensors, the gradients must match "
                    "`optimizer.variables` one-to-on. Received a list of "
                    f"{len(grads)} gradients, but the optimizer is tracking "
                    f"{len(self._trainable_variables)} trainable variables."
                )
            return self._trainable_variables
        variables = list(variables)
        if len(grads) != len(variables):
            raise ValueError(
                f"grads: expected one per variable, received {len(grads)} gradients for "
                f"{len(variables)} variables"
            )
        if not self.built:
            self.build(variables)
            self.built = True
        for v in variables:
            if id(v) not in self._index:
                raise ValueError(
                    f"Unknown variable: <Variable path={v.path}, shape={v.shape}, "
                    f"dtype={v.dtype}>. This optimizer can only be called for the variables it was "
                    "originally built with. When working with a new set of variables, you should "
                    "recreate a new optimizer instance."
                )
        return variables

    def _plan(self, variables: list[Variable]) -> update.Plan:
        indices = tuple([self._index[id(v)] for v in variables])
        plan = self._plans.get(indices)
        if plan is None:
            assert self._layout is not None
            decays = [self._use_weight_decay(v) for v in variables]
            plan = update.Plan(self._layout, self._trainable_variables, indices, decays)
            self._plans[indices] = plan
        return plan

    def _apply_arrays(self, grads: list[np.ndarray], variables: list[Variable]) -> None:
        plan = self._plan(variables)
        step = self._iterations.data
        every = self.gradient_accumulation_steps or 1
        factor = 1.0 / ((self.loss_scale_factor or 1.0) * every)
        segments = plan.segments(grads)
        if every > 1:
            plan.accumulate(self._accumulators, segments)
            grads = [self._accumulators[self._index[id(v)]].data for v in variables]
            segments = plan.segments(grads)
        if self.clipnorm and self.clipnorm > 0:
            plan.clip_norms(segments, factor, self.clipnorm, False)
        elif self.global_clipnorm and self.global_clipnorm > 0:
            plan.clip_norms(segments, factor, self.global_clipnorm, True)
        elif plan.scale[0] != factor:
            plan.scale[:] = factor
        if type(self).update_step is Optimizer.update_step:
            self._begin_update(every)
            self._fused_update(plan, segments, self._rate_array(), every, self._shrink(), True)
        elif every == 1 or self._is_update_step(every):
            self._update_one_by_one(plan, grads, variables, every)
        if every > 1:
            update.clear(self._accumulators, step, every)
        if self.use_ema:
            often = self.ema_overwrite_frequency or 0
            whole = self._plan(self._trainable_variables)
            whole.average(self._averages, step, every, often, self.ema_momentum)

    def _is_update_step(self, every: int) -> bool:
        forget_program()  # a step that skips the update cannot stand for one that does not
        return (int(self._iterations.data) + 1) % every == 0

    def _shrink(self) -> float:
        return float(self.weight_decay or 0.0)

    def _rate_array(self) -> np.ndarray:
        """The learning rate of this step, in memory that the kernels read."""
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return rate.data
        if isinstance(rate, BuiltInSchedule):
            rate.write(self._rate.data, self._iterations.data)
            return self._rate.data
        value = self.learning_rate
        if not isinstance(value, Tensor):
            forget_program()  # a Python number: the next step may have another
        self._rate.assign(value)
        return self._rate.data

    def _fused_update(
        self,
        plan: update.Plan,
        segments: np.ndarray,
        rate: np.ndarray,
        every: int,
        shrink: float,
        clips: bool,
    ) -> None:
        name, slots, dims, pars = self._kernel_args()
        clip = self.clipvalue if clips and self.clipvalue and self.clipvalue > 0 else np.inf
        plan.update(
            name,
            segments,
            rate,
            self._iterations.data,
            slots,
            (every, *dims),
            (shrink, float(clip), *pars),
        )

    def _kernel_args(self) -> KernelArgs:
        """What the fused kernel of this optimizer needs besides the common operands."""
        raise NotImplementedError(
            f"Optimizer '{self.__class__.__name__}' must override "
            "`update_step(self, gradient, variable, learning_rate)`."
        )

    def _begin_update(self, every: int) -> None:
        """Work before all variables' updates, when it is time for one."""

    def _update_one_by_one(
        self,
        plan: update.Plan,
        grads: list[np.ndarray],
        variables: list[Variable],
        every: int,
    ) -> None:
        """The way of optimizers whose `update_step` is Python: Keras's steps in ops."""
        from fastconv import ops

        learning_rate = Tensor(self._rate_array())
        shrink = self._shrink()
        self._begin_update(every)
        for s, (g, variable) in enumerate(zip(grads, variables, strict=True)):
            scale = ops.cast(Tensor(plan.scale[s : s + 1].reshape(())), g.dtype)
            gradient = ops.multiply(Tensor(g), scale)
            if self.clipvalue and self.clipvalue > 0:
                gradient = ops.clip(gradient, -self.clipvalue, self.clipvalue)
            if shrink and self._use_weight_decay(variable):
                lr = ops.cast(learning_rate, variable.dtype)
                variable.assign_sub(variable * ops.cast(shrink, variable.dtype) * lr)
            self.update_step(gradient, variable, learning_rate)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable; what subclasses override.

        Parameters
        ----------
        gradient : Tensor
        variable : Variable
        learning_rate : Tensor or float
        """
        if not isinstance(learning_rate, Tensor):
            forget_program()
        rate = convert(learning_rate, "float32").data
        plan = self._plans.get((-1 - self._index[id(variable)],))
        if plan is None:
            assert self._layout is not None
            i = self._index[id(variable)]
            plan = update.Plan(self._layout, self._trainable_variables, [i], [False])
            self._plans[(-1 - i,)] = plan
        segments = plan.segments([_gradient_array(gradient, variable)])
        every = self.gradient_accumulation_steps or 1
        self._fused_update(plan, segments, rate, every, 0.0, False)

    # -- averages -----------------------------------------------------------------

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """With `use_ema`, copy the averages into the variables (at the end of training)."""
        if not self.use_ema:
            return
        var_list = list(var_list)
        if len(var_list) != len(self._averages):
            raise ValueError(
                f"The length of model variables ({len(var_list)}) to override does not match the "
                f"length of model variables stored in the optimizer ({len(self._averages)}). "
                "Please check if the optimizer was called on your model."
            )
        for variable, average in zip(var_list, self._averages, strict=True):
            variable.assign(average)

    def scale_loss(self, loss: Any) -> Any:
        """The loss times `loss_scale_factor`."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor


def _gradient_array(gradient: Any, variable: Variable) -> np.ndarray:
    """The gradient as a contiguous array of the variable's dtype."""
    if is_symbolic(gradient):
        raise ValueError("grads: a symbolic tensor has no values; received " + repr(gradient))
    if not isinstance(gradient, np.ndarray) or gradient.dtype != variable.data.dtype:
        gradient = convert(gradient, variable.data.dtype).data
    elif not gradient.flags.c_contiguous:
        forget_program()
        gradient = np.ascontiguousarray(gradient)
    if gradient.shape != variable.data.shape:
        raise ValueError(
            f"grads: expected shape {variable.shape} for variable {variable.path}, received "
            f"{gradient.shape}"
        )
    return gradient


def _without_missing(
    grads: list[Any], variables: list[Variable]
) -> tuple[list[Any], list[Variable]]:
    pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
    if not pairs:
        raise ValueError("No gradients provided for any variable.")
    missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
    warnings.warn(
        f"Gradients do not exist for variables {missing} when minimizing the loss. If using "
        "`model.compile()`, did you forget to provide a `loss` argument?",
        stacklevel=4,
    )
    return [g for g, _ in pairs], [v for _, v in pairs]
