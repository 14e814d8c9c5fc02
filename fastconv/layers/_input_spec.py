"""`InputSpec`: what a layer demands of its inputs."""

from typing import Any

from fastconv.ops.symbolic import flatten

Shape = tuple[int | None, ...]


class InputSpec:
    """What a layer demands of an input: rank, minimal rank, sizes of some axes, dtype."""

    def __init__(
        self,
        dtype: str | None = None,
        shape: Shape | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(shape) if shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(k): axes[k] for k in axes} if axes else {}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def check(self, shape: Shape, position: int, layer_name: str) -> None:
        """Raise ValueError in Keras's words if an input of `shape` does not fit."""
        head = (
            f"Input {position} with name '{self.name}' of layer '{layer_name}' is incompatible "
            "with the layer: "
        )
        squeezed = self.allow_last_axis_squeeze
        if self.ndim is not None and len(shape) != self.ndim and not squeezed:
            raise ValueError(
                f"{head}expected ndim={self.ndim}, found ndim={len(shape)}. "
                f"Full shape received: {shape}"
            )
        if self.max_ndim is not None and len(shape) > self.max_ndim:
            raise ValueError(f"{head}expected max_ndim={self.max_ndim}, found ndim={len(shape)}")
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            raise ValueError(
                f"{head}expected min_ndim={self.min_ndim}, found ndim={len(shape)}. "
                f"Full shape received: {shape}"
            )
        for axis, size in self.axes.items():
            if size is not None and shape[axis] not in (size, None):
                raise ValueError(
                    f"{head}expected axis {axis} of input shape to have value {size}, "
                    f"but received input with shape {shape}"
                )
        if self.shape is not None:
            wanted = self.shape
            if squeezed:
                wanted, shape = _without_last_one(wanted), _without_last_one(shape)
            for want, have in zip(wanted, shape, strict=False):
                if want is not None and have is not None and want != have:
                    raise ValueError(f"{head}expected shape={self.shape}, found shape={shape}")


def _without_last_one(shape: Shape) -> Shape:
    return shape[:-1] if shape and shape[-1] == 1 else shape


def check_inputs(spec: Any, inputs: Any, layer_name: str) -> None:
    """Raise ValueError, in Keras's words, if `inputs` are not what `spec` demands."""
    specs = flatten(spec)
    names = [one.name for one in specs if one is not None]
    named = len(names) == len(specs) and all(names)
    if isinstance(inputs, dict) and named:
        missing = [name for name in names if name not in inputs]
        if missing:
            raise ValueError(
                f'Missing data for input "{missing[0]}". You passed a data dictionary with keys '
                f"{list(inputs)}. Expected the following keys: {names}"
            )
        inputs = [inputs[name] for name in names]
    inputs = flatten(inputs)
    if len(inputs) != len(specs):
        if named:
            example = ", ".join(f"'{name}': ..." for name in names)
            raise ValueError(
                f'Layer "{layer_name}" expects {len(specs)} named input(s) with keys {names}, but '
                f"it received {len(inputs)} input tensors. Pass inputs as a dict, e.g. "
                f"`layer({{{example}}})`."
            )
        raise ValueError(
            f'Layer "{layer_name}" expects {len(specs)} input(s), but it received {len(inputs)} '
            f"input tensors. Inputs received: {inputs}"
        )
    for position, (one, tensor) in enumerate(zip(specs, inputs, strict=True)):
        if one is None or (tensor is None and one.optional):
            continue
        if not hasattr(tensor, "shape"):
            raise ValueError(
                f"Inputs to a layer should be tensors. Got '{tensor}' (of type {type(tensor)}) as "
                f"input for layer '{layer_name}'."
            )
        one.check(tuple(tensor.shape), position, layer_name)
