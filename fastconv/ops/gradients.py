"""`grad` and `value_and_grad`: derivatives of functions made of ops."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastconv.ops.symbolic import flatten, map_structure
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor, convert

__all__ = ["grad", "value_and_grad"]


def value_and_grad(
    function: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    variables: Sequence[Any] | None = None,
    has_aux: bool = False,
) -> Callable[..., tuple[Any, Any]]:
    """A function that returns the value of `function` and its gradient.

    Parameters
    ----------
    function : callable
        Made of ops, layers, models; returns a single number (a tensor of one element).
    argnums : int or sequence of int, default 0
        Positional arguments to differentiate by: arrays, tensors, or nested lists or dicts of them.
    variables : sequence of Variable, optional
        Differentiate by these instead of arguments.
    has_aux : bool, default False
        Whether `function` returns a pair whose second part is passed on beside the value.

    Returns
    -------
    callable
        ``f(*args, **kwargs) -> (value, gradient)``; the gradient has the structure of the
        arguments (a tuple of them for several `argnums`), or is a list for `variables`. Where the
        value does not depend on something, its gradient is 0.

    Raises
    ------
    ValueError
        When called, if the value has more than one element, or an argument is not of floats.

    Examples
    --------
    >>> import numpy as np
    >>> from fastconv import ops
    >>> value, slope = ops.value_and_grad(lambda x: ops.sum(x * x))(np.array([1.0, 2.0]))
    >>> float(value), slope.numpy().tolist()
    (5.0, [2.0, 4.0])
    """
    single = isinstance(argnums, int)
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        chosen: list[Any] = []
        given = list(args)
        if variables is None:
            for i in numbers:
                given[i] = map_structure(_floats, given[i])
                chosen.append(given[i])
        sources = flatten(chosen) if variables is None else list(variables)
        with Tape() as tape:
            for source in sources:
                tape.watch(source)
            result = function(*given, **kwargs)
            value = convert(result[0] if has_aux else result)
        if value.size != 1:
            raise ValueError(
                "grad: the function must return a single number, received a tensor of shape "
                f"{value.shape}; reduce it with ops.sum or ops.mean"
            )
        found = iter(tape.gradient(value, sources))
        if variables is not None:
            slopes: Any = [_slope(next(found), v) for v in sources]
        else:
            slopes = tuple(
                map_structure(lambda leaf: _slope(next(found), leaf), part) for part in chosen
            )
            slopes = slopes[0] if single else slopes
        return ((value, result[1]) if has_aux else value), slopes

    return wrapped


def grad(
    function: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    variables: Sequence[Any] | None = None,
    has_aux: bool = False,
) -> Callable[..., Any]:
    """A function that returns the gradient of `function`; see `value_and_grad`.

    With `has_aux` it returns the gradient and what `function` passed beside its value.

    Examples
    --------
    >>> import numpy as np
    >>> from fastconv import ops
    >>> ops.grad(lambda x: ops.sum(ops.exp(x)))(np.zeros(2)).numpy().tolist()
    [1.0, 1.0]
    """
    both = value_and_grad(function, argnums, variables, has_aux)

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        value, slopes = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return wrapped


def _floats(leaf: Any) -> Tensor:
    tensor = convert(leaf)
    if tensor.data.dtype.kind != "f":
        raise ValueError(f"grad: expected floats to differentiate by, received {tensor.data.dtype}")
    # A tensor of its own: the caller's may be a variable, or stand in two places.
    return Tensor(tensor.data)


def _slope(gradient: np.ndarray | None, source: Tensor) -> Tensor:
    return Tensor(np.zeros(source.shape, source.data.dtype) if gradient is None else gradient)
