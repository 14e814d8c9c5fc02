"""`Input`: where a graph of layers begins."""

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
            shape = kwargs.pop("input_shape")
        if "batch_input_shape" in kwargs:  # the Keras 2 spelling, which tf_keras reads and writes
            batch_shape = kwargs.pop("batch_input_shape")
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments passed to InputLayer: {kwargs}")
        if sparse or ragged:
            raise ValueError("InputLayer: fastconv has no sparse or ragged tensors")
        super().__init__(name=name or None)
        if shape is not None and batch_shape is not None:
            raise ValueError("You cannot pass both `shape` and `batch_shape` at the same time.")
        if batch_size is not None and batch_shape is not None:
            raise ValueError(
                "You cannot pass both `batch_size` and `batch_shape` at the same time."
            )
        if shape is None and batch_shape is None and input_tensor is None:
            raise ValueError("You must pass a `shape` argument.")
        if shape is not None:
            if isinstance(shape, int):
                raise ValueError(
                    f"Cannot convert '{shape}' to a shape. Expected a tuple of integers, such as "
                    f"`shape=({shape},)`."
                )
            batch_shape = (batch_size, *shape)
        for size in batch_shape:
            if size is not None and (isinstance(size, bool) or not hasattr(size, "__index__")):
                raise ValueError(
                    f"Cannot convert '{tuple(batch_shape)}' to a shape. Found invalid entry "
                    f"'{size}' of type '{type(size)}'."
                )
            if size is not None and size < 0:
                raise ValueError(
                    f"Cannot convert '{tuple(batch_shape)}' to a shape. Negative dimensions are "
                    "not allowed."
                )
        self._batch_shape = tuple(None if n is None else int(n) for n in batch_shape)
        self._input_dtype = standard(dtype).name if dtype else self._dtype
        self.optional = optional
        self.built = True
        tensor = KerasTensor(self._batch_shape, self._input_dtype, name=self.name)
        Node(self, (), {}, tensor)

    @property
    def batch_shape(self) -> tuple[int | None, ...]:
        return self._batch_shape

    @property
    def dtype(self) -> str:
        return self._input_dtype

    def call(self) -> None:
        raise RuntimeError("an InputLayer is where values come in: it is not called")

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self._batch_shape,
            "dtype": self._input_dtype,
            "sparse": False,
            "name": self.name,
        }

    def __repr__(self) -> str:
        return f"<InputLayer name={self.name}, built={self.built}>"


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
