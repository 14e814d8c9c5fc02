"""`OptimizerState`: an optimizer's arguments, variables and config; what files hold of it."""

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fastconv._registry import deserialize_keras_object, serialize_keras_object
from fastconv.ops import update
from fastconv.ops.tensor import Tensor
from fastconv.ops.variable import Variable, snake_case, unique_name
from fastconv.optimizers.schedules.learning_rate_schedule import LearningRateSchedule


class OptimizerState:
    """The part of `Optimizer` that does not compute."""

    def __init__(
        self,
        learning_rate: Any,
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
        self._variables: list[Variable] = []
        if kwargs.pop("decay", None) is not None:
            warnings.warn(
                "Argument `decay` is no longer supported and will be ignored.", stacklevel=3
            )
        if kwargs:
            raise ValueError(f"Argument(s) not recognized: {kwargs}")
        if name is None:
            name = unique_name(snake_case(self.__class__.__name__))
        elif not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name}"
            )
        self.name = name
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.global_clipnorm = global_clipnorm
        self.clipvalue = clipvalue
        self.use_ema = use_ema
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self._check_arguments()
        self.built = False
        self._trainable_variables: list[Variable] = []
        self._index: dict[int, int] = {}
        self._layout: update.Layout | None = None
        self._plans: dict[tuple[int, ...], update.Plan] = {}
        self._excluded_ids: set[int] = set()
        self._excluded_names: re.Pattern[str] | None = None
        self._iterations = self._own_variable(np.zeros((), np.int64), "iteration")
        # Where the value of a schedule or callable is put for the kernels.
        self._rate = Variable(np.zeros((), np.float32), trainable=False, name="rate")
        if callable(learning_rate):
            self._learning_rate: Any = learning_rate
        elif isinstance(learning_rate, (float, np.floating)):
            value = np.asarray(learning_rate, np.float32)
            self._learning_rate = self._own_variable(value, "learning_rate")
        else:
            raise ValueError(
                "Argument `learning_rate` should be float, or an instance of "
                "LearningRateSchedule, or a callable (that takes in the current iteration value "
                "and returns the corresponding learning rate value). "
                f"Received instead: learning_rate={learning_rate}"
            )

    def _check_arguments(self) -> None:
        steps = self.gradient_accumulation_steps
        if steps and not steps >= 2:
            raise ValueError(
                "`gradient_accumulation_steps` must be an integer >= 2. Received: "
                f"gradient_accumulation_steps={steps}"
            )
        if self.use_ema:
            if self.ema_momentum > 1 or self.ema_momentum < 0:
                raise ValueError(
                    "`ema_momentum` must be in the range [0, 1]. Received: "
                    f"ema_momentum={self.ema_momentum}"
                )
            often = self.ema_overwrite_frequency
            if often and (not isinstance(often, int) or often < 1):
                raise ValueError(
                    "`ema_overwrite_frequency` must be an integer >= 1 or None. Received: "
                    f"ema_overwrite_frequency={often}"
                )
        clips = (self.clipnorm, self.clipvalue, self.global_clipnorm)
        if sum(clip is not None for clip in clips) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={self.clipnorm}, clipvalue={self.clipvalue}, "
                f"global_clipnorm={self.global_clipnorm}"
            )

    # -- variables ----------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if "_variables" not in self.__dict__ and name != "_variables":
            raise RuntimeError(
                f"In optimizer '{self.__class__.__name__}', you forgot to call "
                "`super().__init__()` as the first statement in the `__init__()` method. "
                "Go add it!"
            )
        if isinstance(value, Variable) and name != "_rate":
            self._track_variable(value)
        object.__setattr__(self, name, value)

    def _track_variable(self, variable: Variable) -> None:
        if not any(v is variable for v in self._variables):
            self._variables.append(variable)

    def _own_variable(self, value: Any, name: str | None) -> Variable:
        variable = Variable(value, trainable=False, name=name)
        variable.owner_path = self.name
        self._track_variable(variable)
        return variable

    @property
    def variables(self) -> list[Variable]:
        """Iteration, learning rate and slots, in the order in which files hold them."""
        return list(self._variables)

    @property
    def iterations(self) -> Any:
        """Number of updates done."""
        if self.gradient_accumulation_steps:
            from fastconv import ops

            return ops.floor_divide(self._iterations, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate's variable; a schedule's or callable's present value."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations)
        if isinstance(self._learning_rate, Variable):
            return self._learning_rate
        return self._learning_rate()

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        if isinstance(learning_rate, LearningRateSchedule) or (
            callable(learning_rate) and not isinstance(learning_rate, Tensor)
        ):
            self._variables[:] = [v for v in self._variables if v is not self._learning_rate]
            self._learning_rate = learning_rate
        elif isinstance(self._learning_rate, Variable):
            self._learning_rate.assign(learning_rate)
        else:
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` object as its "
                "`learning_rate` constructor argument, hence its learning rate is not settable. "
                "If you need the learning rate to be settable, you should instantiate the "
                "optimizer with a float `learning_rate` argument."
            )

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots for `variables`."""
        variables = list(variables)
        self._layout = update.Layout(variables)
        self._trainable_variables = variables
        self._index = {id(v): i for i, v in enumerate(variables)}
        self._plans = {}
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulators = self.add_optimizer_variables(variables, "gradient_accumulator")
        self.built = True

    def add_variable(
        self,
        shape: tuple[int, ...],
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str | None = None,
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Make a variable of the optimizer; files keep it."""
        from fastconv import initializers

        values = initializers.get(initializer)(tuple(shape), dtype=dtype or "float32")
        return self._own_variable(values, name)

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """Make a variable with the shape and dtype of another."""
        return self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            name=_slot_name(reference_variable, name),
        )

    def add_optimizer_variables(
        self,
        trainable_variables: Sequence[Variable],
        name: str | Sequence[str],
        initializer: Any = "zeros",
    ) -> Any:
        """Make slots for each trained variable.

        Parameters
        ----------
        trainable_variables : sequence of Variable
        name : str or sequence of str
            With several names, slots of one variable are neighbours in `variables`.
        initializer : str, float or Initializer, or a sequence of them
            For "zeros" or a number the slots are views of one flat array.

        Returns
        -------
        list of Variable, or a tuple of such lists with several names
        """
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, (list, tuple))
        fills = list(initializer) if several else [initializer] * len(names)
        if len(names) != len(fills):
            raise ValueError(
                "The number of provided names must match the number of provided initializers. "
                f"Received name='{name}', initializer='{initializer}'"
            )
        trainable_variables = list(trainable_variables)
        layout = self._layout
        if layout is None or [id(v) for v in trainable_variables] != list(self._index):
            layout = update.Layout(trainable_variables)
        slots = [update.Slots(layout.flat()) for _ in names]
        for i, variable in enumerate(trainable_variables):
            for slot, slot_name, fill in zip(slots, names, fills, strict=True):
                view = layout.view(slot.flat, variable, i)
                if isinstance(fill, (int, float)):
                    view[...] = fill
                elif fill != "zeros":
                    from fastconv import initializers

                    made = initializers.get(fill)(variable.shape, dtype=variable.dtype)
                    view[...] = made.data if isinstance(made, Tensor) else made
                made = self._own_variable(view, _slot_name(variable, slot_name))
                made.data = view
                slot.append(made)
        return slots[0] if isinstance(name, str) else tuple(slots)

    def assign(self, variable: Variable, value: Any) -> None:
        """``variable.assign(value)``; for `update_step` of subclasses."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """``variable.assign_add(value)``."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """``variable.assign_sub(value)``."""
        variable.assign_sub(value)

    def _get_variable_index(self, variable: Variable) -> int:
        return self._index[id(variable)]

    # -- weight decay ----------------------------------------------------------------------------

    def exclude_from_weight_decay(
        self,
        var_list: Iterable[Variable] | None = None,
        var_names: Iterable[str] | None = None,
    ) -> None:
        """Exempt variables, given as objects or by patterns of their names."""
        self._excluded_ids = {id(v) for v in var_list or ()}
        patterns = set(var_names or ())
        self._excluded_names = re.compile("|".join(sorted(patterns))) if patterns else None
        self._plans = {}

    def _use_weight_decay(self, variable: Variable) -> bool:
        if id(variable) in self._excluded_ids:
            return False
        names = self._excluded_names
        return names is None or names.search(variable.name) is None

    # -- state and config -----------------------------------------------------------------------

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all `variables`."""
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. "
                "Please call `optimizer.build(trainable_variables)` to create the optimizer "
                "weights before calling `set_weights()`."
            )
        weights = list(weights)
        if len(weights) != len(self._variables):
            raise ValueError(
                f"weights: expected {len(self._variables)} arrays for optimizer '{self.name}', "
                f"received {len(weights)}"
            )
        for variable, weight in zip(self._variables, weights, strict=True):
            if variable.shape != np.shape(weight):
                raise ValueError(
                    f"Optimizer variable {variable.path} has shape {variable.shape} not "
                    f"compatible with provided weight shape {np.shape(weight)}."
                )
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """Put the state into a mapping under "0", "1", ... in the order of `variables`."""
        for i, variable in enumerate(self._variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Take the state from a mapping that `save_own_variables` filled, or Keras."""
        if len(store.keys()) != len(self._variables):
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has "
                f"{len(self._variables)} variables whereas the saved optimizer has "
                f"{len(store.keys())} variables. ",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(self._variables):
            variable.assign(np.asarray(store[str(i)]))

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor, JSON-ready but for nested objects."""
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": float(rate.data)
            if isinstance(rate, Variable)
            else serialize_keras_object(rate),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "OptimizerState":
        """Optimizer from `get_config`'s dict."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = deserialize_keras_object(
                config["learning_rate"], custom_objects, kind="schedule"
            )
        return cls(**config)


def _slot_name(reference: Variable, name: str | None) -> str:
    return f"{reference.path.replace('/', '_')}_{name or 'var'}"
