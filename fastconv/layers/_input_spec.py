"""`InputSpec`: what a layer demands of its inputs."""

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
        if self.ndim is not None and len(shape) != self.ndim:
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
            for want, have in zip(self.shape, shape, strict=True):
                if want is not None and have is not None and want != have:
                    raise ValueError(f"{head}expected shape={self.shape}, found shape={shape}")
