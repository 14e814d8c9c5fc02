"""`Metric`: base of metrics. State in variables, updated batch by batch."""

from typing import Any

import numpy as np

from fastconv._registry import register
from fastconv.ops.dtypes import standard
from fastconv.ops.variable import Variable, budget, snake_case, unique_name


@register("metric")
class Metric:
    """Base of metrics; a subclass defines `update_state` and `result`.

    Updates made of ``fastconv.ops`` are replayed with the training step they belong to.

    Source: ``keras.metrics.Metric``.

    Parameters
    ----------
    dtype : str, default "float32"
    name : str, optional

    Examples
    --------
    >>> import fastconv as keras
    >>> class Largest(keras.metrics.Metric):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.seen = self.add_variable(shape=(), initializer="zeros", name="seen")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.seen.assign(keras.ops.maximum(self.seen, keras.ops.max(y_pred)))
    ...     def result(self):
    ...         return self.seen
    >>> float(Largest()([0.0], [3.0]))
    3.0
    """

    # How layers and models recognise metrics without importing this module.
    _is_metric = True
    # "up" or "down": which way is better; callbacks ask.
    _direction: str | None = None
    _variables: list[Variable]
    _metrics: "list[Metric]"

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        from fastconv.config import floatx

        object.__setattr__(self, "_variables", [])
        object.__setattr__(self, "_metrics", [])
        self.name = name or unique_name(snake_case(type(self).__name__))
        self._dtype = floatx() if dtype is None else standard(dtype).name

    def __setattr__(self, name: str, value: Any) -> None:
        if "_variables" in self.__dict__:
            for item in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(item, Variable):
                    self._track_variable(item)
                elif isinstance(item, Metric) and not any(m is item for m in self._metrics):
                    self._metrics.append(item)
        object.__setattr__(self, name, value)

    def _track_variable(self, variable: Variable) -> None:
        if not any(v is variable for v in self._variables):
            self._variables.append(variable)

    @property
    def dtype(self) -> str:
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """State of the metric and of those it holds."""
        found = list(self._variables)
        for metric in self._metrics:
            found += metric.variables
        return found

    def add_variable(
        self,
        shape: Any,
        initializer: Any = None,
        dtype: Any = None,
        aggregation: str | None = None,
        name: str | None = None,
    ) -> Variable:
        """Make a variable of the metric's state.

        Parameters
        ----------
        shape : tuple of int
        initializer : str or Initializer, default "zeros"
        dtype : str, default "float32"
        name : str, optional
        """
        if "_variables" not in self.__dict__:
            raise RuntimeError(
                "You forgot to call `super().__init__()` in the `__init__()` method. Go add it!"
            )
        from fastconv.config import floatx

        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        dtype = floatx() if dtype is None else standard(dtype).name
        budget.take(shape, self.name, np.dtype(dtype).itemsize)
        if initializer is None or initializer == "zeros":
            values: Any = np.zeros(shape, dtype)
        else:
            from fastconv import initializers

            values = initializers.get(initializer)(shape, dtype=dtype)
        variable = Variable(values, trainable=False, name=name)
        variable.owner_path = self.name.replace("/", ">")
        self._track_variable(variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """`add_variable`, by its old name."""
        return self.add_variable(shape, initializer, dtype=dtype, name=name)

    def reset_state(self) -> None:
        """Start anew: all variables to zero."""
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Take in one batch; what subclasses define."""
        raise NotImplementedError(
            f"Metric '{self.__class__.__name__}' must override "
            "`update_state(self, y_true, y_pred, sample_weight=None)`."
        )

    def result(self) -> Any:
        """Value of the metric; what subclasses define."""
        raise NotImplementedError(
            f"Metric '{self.__class__.__name__}' must override `result(self)`."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`update_state`, then `result`."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Metric":
        """Metric from `get_config`'s dict."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} name={self.name}>"
