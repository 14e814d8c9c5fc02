"""`PiecewiseConstantDecay`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv._registry import register
from fastconv.optimizers.schedules.learning_rate_schedule import BuiltInSchedule


@register("schedule")
class PiecewiseConstantDecay(BuiltInSchedule):
    """``values[i]`` while ``boundaries[i - 1] < step <= boundaries[i]``.

    Source: ``keras.optimizers.schedules.PiecewiseConstantDecay``.

    Parameters
    ----------
    boundaries : sequence of int
        Increasing.
    values : sequence of float
        One more than boundaries.
    name : str, default "PiecewiseConstant"

    Examples
    --------
    >>> import fastconv as keras
    >>> rate = keras.optimizers.schedules.PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.25])
    >>> [float(rate(step)) for step in (10, 11, 21)]
    [1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of "
                f"length {len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name
        self._table = np.array([*boundaries, *values], np.float64)

    def _kernel_args(self) -> Any:
        return "piecewise", False, (), self._table

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}
