"""`DTypePolicy`: the dtypes of a layer's arithmetic and weights, here always the same one."""

from typing import Any

import numpy as np

from fastconv._registry import NUMPY_DTYPES


def dtype_name(dtype: Any) -> str:
    """Name of a dtype given as text, NumPy dtype, Keras policy object or serialized policy."""
    if dtype is None:
        from fastconv.config import floatx

        return floatx()
    if isinstance(dtype, dict):
        config = dtype.get("config")
        dtype = config.get("name") if isinstance(config, dict) else config
    name = getattr(dtype, "name", dtype)
    if isinstance(name, type):
        name = np.dtype(name).name
    if not isinstance(name, str):
        raise ValueError(f"dtype: expected a dtype name, received {dtype!r}")
    if "16" in name or name.startswith(("mixed", "int8", "float8")):
        raise ValueError(f"dtype: fastconv computes in float32 and float64; received {name!r}")
    if name not in NUMPY_DTYPES:
        raise ValueError(f"dtype: expected the name of a dtype, received {name!r}")
    return name


class DTypePolicy:
    """Dtype of a layer as Keras's objects give it; every layer takes one as its `dtype`.

    Source: ``keras.DTypePolicy``.

    Parameters
    ----------
    name : str
        "float32" or "float64"; there is no mixed precision.

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.layers.Dense(2, dtype=keras.DTypePolicy("float64")).dtype_policy.compute_dtype
    'float64'
    """

    def __init__(self, name: str) -> None:
        self._name = dtype_name(name)

    @property
    def name(self) -> str:
        return self._name

    @property
    def compute_dtype(self) -> str:
        return self._name

    @property
    def variable_dtype(self) -> str:
        return self._name

    def get_config(self) -> dict[str, Any]:
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "DTypePolicy":
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self._name}">'
