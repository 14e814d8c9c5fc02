"""Layers of several inputs: their sum, product, maximum..., and their concatenation."""

import functools
import math
from collections.abc import Callable
from typing import Any, ClassVar

from fastconv import ops
from fastconv._registry import register
from fastconv.layers.layer import Layer
from fastconv.ops.masks import keras_mask

Shape = tuple[int | None, ...]


def _broadcast(a: Shape, b: Shape) -> Shape:
    """Shape of two inputs merged element by element, batch left out."""
    if len(a) < len(b):
        a, b = b, a
    if not b:
        return a
    head = a[: len(a) - len(b)]
    sizes: list[int | None] = []
    for i, j in zip(a[len(head) :], b, strict=True):
        if i is None or j is None:
            sizes.append(None)
        elif i == 1:
            sizes.append(j)
        elif j in (1, i):
            sizes.append(i)
        else:
            raise ValueError(f"Inputs have incompatible shapes. Received shapes {a} and {b}")
    return (*head, *sizes)


def _checked_masks(inputs: Any, mask: Any) -> Any:
    """`mask`, a list like `inputs`."""
    if not isinstance(mask, (list, tuple)):
        raise ValueError(f"`mask` should be a list. Received: mask={mask}")
    if not isinstance(inputs, (list, tuple)):
        raise ValueError(f"`inputs` should be a list. Received: inputs={inputs}")
    if len(mask) != len(inputs):
        raise ValueError(
            "The lists `inputs` and `mask` should have the same length. "
            f"Received: inputs={inputs} of length {len(inputs)}, and "
            f"mask={mask} of length {len(mask)}"
        )
    return mask


def _mask_of_elements(x: Any) -> Any:
    """The mask of the steps of `x` as one of its elements; None without a mask."""
    mask = keras_mask(x)
    return None if mask is None else ops.broadcast_to(ops.expand_dims(mask, -1), ops.shape(x))


class Merge(Layer):
    """Base of the layers that merge their inputs element by element, with broadcasting."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        if not input_shape or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                "A merge layer should be called on a list of inputs. Received: "
                f"input_shape={input_shape} (not a list of shapes)"
            )
        if len(input_shape) < 1:
            raise ValueError(
                "A merge layer should be called on a list of at least 1 input. Received "
                f"{len(input_shape)} inputs. Full input_shape received: {input_shape}"
            )
        batches = {shape[0] for shape in input_shape if shape} - {None}
        if len(batches) > 1:
            raise ValueError(
                "Cannot merge tensors with different batch sizes. Received tensors with shapes "
                f"{input_shape}"
            )
        self.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        sizes = functools.reduce(_broadcast, [tuple(shape[1:]) for shape in input_shape])
        batches = {shape[0] for shape in input_shape} - {None}
        return (batches.pop() if len(batches) == 1 else None, *sizes)

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                f"A merge layer should be called on a list of inputs. Received: inputs={inputs} "
                "(not a list of tensors)"
            )
        rank = max(len(x.shape) for x in inputs)
        aligned = []
        for x in inputs:
            while len(x.shape) < rank:  # axes are added behind the batch
                x = ops.expand_dims(x, 1)
            aligned.append(x)
        return self.merge(aligned)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Steps that count in any input; None if an input has no mask."""
        if mask is None or any(m is None for m in _checked_masks(inputs, mask)):
            return None
        return functools.reduce(ops.logical_or, mask)

    def merge(self, inputs: list[Any]) -> Any:
        """Merge tensors of the same rank; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} does not define `merge`")


class _Fold(Merge):
    """Merging by an op of two arguments, from the left."""

    operation: ClassVar[Callable[[Any, Any], Any]]

    def merge(self, inputs: list[Any]) -> Any:
        return functools.reduce(type(self).operation, inputs)


@register("layer")
class Add(_Fold):
    """Sum of the inputs. Source: ``keras.layers.Add``.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.Add()([np.ones((1, 2)), np.ones((1, 2))]).numpy()
    array([[2., 2.]], dtype=float32)
    """

    operation = staticmethod(ops.add)


@register("layer")
class Subtract(_Fold):
    """First input less the second. Source: ``keras.layers.Subtract``."""

    operation = staticmethod(ops.subtract)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. Received: "
                f"input_shape={input_shape}"
            )


@register("layer")
class Multiply(_Fold):
    """Product of the inputs; a masked step is no factor. Source: ``keras.layers.Multiply``."""

    operation = staticmethod(ops.multiply)

    def merge(self, inputs: list[Any]) -> Any:
        masks = [_mask_of_elements(x) for x in inputs]
        product = super().merge(
            [x if m is None else ops.where(m, x, 1.0) for x, m in zip(inputs, masks, strict=True)]
        )
        if any(m is None for m in masks):
            return product
        return ops.where(functools.reduce(ops.logical_or, masks), product, 0.0)


class _Extremum(_Fold):
    """A step that is masked in one input is taken from the others."""

    def merge(self, inputs: list[Any]) -> Any:
        found, counts = inputs[0], _mask_of_elements(inputs[0])
        for x in inputs[1:]:
            mask = _mask_of_elements(x)
            if mask is not None:
                x = ops.where(mask, x, found)
            if counts is not None:
                found = ops.where(counts, found, x)
            found = type(self).operation(found, x)
            counts = None if counts is None or mask is None else ops.logical_or(counts, mask)
        return found


@register("layer")
class Maximum(_Extremum):
    """Largest of the inputs. Source: ``keras.layers.Maximum``."""

    operation = staticmethod(ops.maximum)


@register("layer")
class Minimum(_Extremum):
    """Smallest of the inputs. Source: ``keras.layers.Minimum``."""

    operation = staticmethod(ops.minimum)


@register("layer")
class Average(Merge):
    """Mean of the inputs. Source: ``keras.layers.Average``."""

    def merge(self, inputs: list[Any]) -> Any:
        return ops.divide(functools.reduce(ops.add, inputs), float(len(inputs)))


@register("layer")
class Concatenate(Merge):
    """The inputs behind each other along an axis. Source: ``keras.layers.Concatenate``.

    Parameters
    ----------
    axis : int, default -1

    Raises
    ------
    ValueError
        If the inputs differ in another axis.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.Concatenate()([np.ones((1, 2)), np.ones((1, 3))]).shape
    (1, 5)
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        if not input_shape or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                "A `Concatenate` layer should be called on a list of inputs. Received: "
                f"input_shape={input_shape}"
            )
        self.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shapes = [tuple(shape) for shape in input_shape]
        rank = len(shapes[0])
        axis = self.axis % rank if -rank <= self.axis < rank else None
        rest = [s[:axis] + s[axis + 1 :] for s in shapes] if axis is not None else []
        fits = axis is not None and all(
            len(s) == rank
            and all(i is None or j is None or i == j for i, j in zip(r, rest[0], strict=True))
            for s, r in zip(shapes, rest, strict=True)
        )
        if not fits:
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the "
                f"concatenation axis. Received: input_shape={input_shape}"
            )
        sizes = [s[axis] for s in shapes]  # type: ignore[index]
        merged = [next((s[i] for s in shapes if s[i] is not None), None) for i in range(rank)]
        merged[axis] = None if None in sizes else sum(sizes)  # type: ignore[index]
        return tuple(merged)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The inputs' masks behind each other; inputs without one count everywhere."""
        if mask is None or all(m is None for m in _checked_masks(inputs, mask)):
            return None
        full = []
        for x, m in zip(inputs, mask, strict=True):
            if m is None:
                m = ops.ones_like(x, dtype="bool")
            elif m.ndim < x.ndim:
                m = ops.logical_or(ops.expand_dims(m, -1), ops.zeros_like(x, dtype="bool"))
            full.append(m)
        return ops.any(ops.concatenate(full, axis=self.axis), axis=-1)

    def call(self, inputs: Any) -> Any:
        return ops.concatenate(list(inputs), axis=self.axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


@register("layer")
class Dot(Merge):
    """Products of two inputs, summed along an axis of each. Source: ``keras.layers.Dot``.

    Parameters
    ----------
    axes : int or pair of int
        The axis of each input to sum along (0 is the batch and not allowed).
    normalize : bool, default False
        Divide by the lengths first: the cosine of the angle.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> keras.layers.Dot(axes=1)([np.ones((2, 3)), np.ones((2, 3))]).numpy()
    array([[3.],
           [3.]], dtype=float32)
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, (list, tuple)):
                raise TypeError(
                    f"Invalid type for argument `axes`: it should be a list or an int. Received: "
                    f"axes={axes}"
                )
            if len(axes) != 2 or not all(isinstance(axis, int) for axis in axes):
                raise ValueError(
                    f"Invalid format for argument `axes`: list elements should be integers. "
                    f"Received: axes={axes}"
                )
        self.axes = axes
        self.normalize = normalize

    def _axes_of(self, shapes: list[Shape]) -> tuple[int, int]:
        axes = [self.axes] * 2 if isinstance(self.axes, int) else list(self.axes)
        first, second = (a % len(s) for a, s in zip(axes, shapes, strict=True))
        return first, second

    def build(self, input_shape: Any) -> None:
        if (
            not input_shape
            or not isinstance(input_shape[0], (tuple, list))
            or len(input_shape) != 2
        ):
            raise ValueError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received: "
                f"input_shape={input_shape}"
            )
        first, second = (tuple(shape) for shape in input_shape)
        i, j = self._axes_of([first, second])
        if None not in (first[i], second[j]) and first[i] != second[j]:
            raise ValueError(
                f"Incompatible input shapes: axis values {first[i]} (at axis {i}) != "
                f"{second[j]} (at axis {j}). Full input shapes: {first}, {second}"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        first, second = (list(shape) for shape in input_shape)
        i, j = self._axes_of([tuple(first), tuple(second)])
        del first[i], second[j], second[0]
        shape = (*first, *second)
        return (*shape, 1) if len(shape) == 1 else shape

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """No mask: the steps are gone."""

    def call(self, inputs: Any) -> Any:
        a, b = inputs
        i, j = self._axes_of([tuple(a.shape), tuple(b.shape)])
        if self.normalize:
            a, b = _unit(a, i), _unit(b, j)
        shape = self.compute_output_shape([tuple(a.shape), tuple(b.shape)])
        # (batch, rest, k) times (batch, k, rest)
        rest_a = [axis for axis in range(1, len(a.shape)) if axis != i]
        rest_b = [axis for axis in range(1, len(b.shape)) if axis != j]
        k, batch = a.shape[i], a.shape[0]
        a = ops.reshape(
            ops.transpose(a, (0, *rest_a, i)), (batch, math.prod(a.shape[x] for x in rest_a), k)
        )
        b = ops.reshape(
            ops.transpose(b, (0, j, *rest_b)), (batch, k, math.prod(b.shape[x] for x in rest_b))
        )
        return ops.reshape(ops.matmul(a, b), shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def _unit(x: Any, axis: int) -> Any:
    """`x` divided by its length along `axis` (at least 1e-6)."""
    square = ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), 1e-12)
    return x / ops.sqrt(square)


def add(inputs: Any, **kwargs: Any) -> Any:
    """Sum of the inputs: ``Add(**kwargs)(inputs)``."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """Difference of two inputs: ``Subtract(**kwargs)(inputs)``."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """Product of the inputs: ``Multiply(**kwargs)(inputs)``."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """Mean of the inputs: ``Average(**kwargs)(inputs)``."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """Largest of the inputs: ``Maximum(**kwargs)(inputs)``."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """Smallest of the inputs: ``Minimum(**kwargs)(inputs)``."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """The inputs behind each other: ``Concatenate(axis, **kwargs)(inputs)``."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """Products of two inputs along an axis: ``Dot(axes, **kwargs)(inputs)``."""
    return Dot(axes=axes, **kwargs)(inputs)
