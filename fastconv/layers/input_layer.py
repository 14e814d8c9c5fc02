"""`Input`: where a graph of layers begins."""

import warnings
from typing import Any

from fastconv._registry import register
from fastconv.layers.layer import Layer
from fastconv.ops.dtypes import standard
from fastconv.ops.symbolic import KerasTensor, Node


@register("layer")
class InputLayer(Layer):
    """The layer behind an `Input`; holds its shape and dtype, computes nothing.

    Source: ``keras.layers.InputLayer``.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if "input_shape" in kwargs:
            warnings.warn(
                "Argument `input_shape` is deprecated. Use `shape` instead.", stacklevel=2
            )
            shape = kwargs.pop("input_shape")
        if "batch_input_shape" in kwargs:  # the Keras 2 spelling, which tf_keras reads and writes
            batch_shape = kwargs.pop("batch_input_shape")
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments passed to InputLayer: {kwargs}")
        for kind, asked in (("sparse", sparse), ("ragged", ragged)):
            if asked:
                raise ValueError(f"`{kind}=True` is not supported: fastconv has dense tensors only")
        super().__init__(name=name or None)
        if input_tensor is not None:
            _check_against(input_tensor, shape, batch_size, batch_shape, dtype)
            batch_shape, dtype = input_tensor.shape, input_tensor.dtype
        else:
            batch_shape = _batch_shape(shape, batch_size, batch_shape)
        self._batch_shape = tuple(None if n is None else int(n) for n in batch_shape)
        self._input_dtype = standard(dtype).name if dtype else self._dtype
        self.optional = optional
        self.built = True
        if input_tensor is None:
            input_tensor = KerasTensor(self._batch_shape, self._input_dtype, name=name or None)
        Node(self, (), {}, input_tensor)

    @property
    def batch_shape(self) -> tuple[int | None, ...]:
        return self._batch_shape

    @property
    def dtype(self) -> str:
        return self._input_dtype

    def call(self) -> None:
        """Nothing: values come in from outside."""

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self._batch_shape,
            "dtype": self._input_dtype,
            "sparse": False,
            "name": self.name,
        }

    def __repr__(self) -> str:
        return f"<InputLayer name={self.name}, built={self.built}>"


def _check_against(
    tensor: Any, shape: Any, batch_size: int | None, batch_shape: Any, dtype: Any
) -> None:
    """Raise ValueError where an argument contradicts the given `tensor`."""
    if not isinstance(tensor, KerasTensor):
        raise ValueError(
            "Argument `input_tensor` must be a KerasTensor. Received invalid type: "
            f"input_tensor={tensor} (of type {type(tensor)})"
        )
    fits = {
        "batch_size": batch_size is None or tensor.shape[:1] == (batch_size,),
        "shape": shape is None or tensor.shape[1:] == tuple(shape),
        "batch_shape": batch_shape is None or tensor.shape == tuple(batch_shape),
        "dtype": dtype is None or tensor.dtype == standard(dtype).name,
    }
    for name, fit in fits.items():
        if not fit:
            raise ValueError(
                "When providing the `input_tensor` argument, you cannot provide an incompatible "
                f"`{name}` argument."
            )


def _batch_shape(shape: Any, batch_size: int | None, batch_shape: Any) -> tuple:
    """The whole shape from one of its two spellings."""
    if shape is not None and batch_shape is not None:
        raise ValueError("You cannot pass both `shape` and `batch_shape` at the same time.")
    if batch_size is not None and batch_shape is not None:
        raise ValueError("You cannot pass both `batch_size` and `batch_shape` at the same time.")
    if shape is None and batch_shape is None:
        raise ValueError("You must pass a `shape` argument.")
    if isinstance(shape, int):
        raise ValueError(
            f"Cannot convert '{shape}' to a shape. Expected a tuple of integers, such as "
            f"`shape=({shape},)`."
        )
    whole = tuple(batch_shape) if shape is None else (batch_size, *shape)
    for size in whole:
        if size is not None and (isinstance(size, bool) or not hasattr(size, "__index__")):
            raise ValueError(
                f"Cannot convert '{whole}' to a shape. Found invalid entry '{size}' of type "
                f"'{type(size)}'."
            )
        if size is not None and size < 0:
            raise ValueError(
                f"Cannot convert '{whole}' to a shape. Negative dimensions are not allowed."
            )
    return whole


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> KerasTensor:
    """Symbolic tensor from which layers are called to build a graph.

    Source: ``keras.Input``.

    Parameters
    ----------
    shape : tuple of int or None
        Without the batch; None for unknown sizes.
    batch_size : int, optional
    dtype : str, optional
        Default: `fastconv.config.floatx`.
    batch_shape : tuple, optional
        Instead of `shape`: with the batch.
    name : str, optional

    Returns
    -------
    KerasTensor

    Examples
    --------
    >>> import fastconv as keras
    >>> keras.Input(shape=(784,)).shape
    (None, 784)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.output
