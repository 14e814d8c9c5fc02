"""`Sequential`: layers one behind the other."""

from typing import Any

from fastconv._registry import register
from fastconv.layers._shapes import map_shapes
from fastconv.layers.input_layer import Input, InputLayer
from fastconv.layers.layer import Layer
from fastconv.models.functional import Functional
from fastconv.models.model import Model
from fastconv.ops.symbolic import KerasTensor


@register("model")
class Sequential(Model):
    """A linear stack of layers.

    Source: ``keras.Sequential``.

    Parameters
    ----------
    layers : list of Layer or KerasTensor, optional
        An `Input` may come first; without it the model is built on its first call.
    trainable : bool, default True
    name : str, optional

    Examples
    --------
    >>> import fastconv as keras
    >>> model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    >>> model.output_shape
    (None, 10)
    """

    _stack: list[Any]

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(trainable=trainable, name=name)
        self._functional: Functional | None = None
        object.__setattr__(self, "_stack", [])
        if layers:
            names: set[str] = set()
            for layer in layers:
                self._append(layer, names)
            self._maybe_rebuild()

    # `_stack` and `_functional` share layers: only the stack is tracked.
    def _track(self, value: Any) -> None:
        if not isinstance(value, (Functional, list)) or value is getattr(self, "_stack", None):
            super()._track(value)

    def _sublayers(self) -> list[Layer]:
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    # -- editing ------------------------------------------------------------------------------

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Append `layer` (a layer, or an `Input` at the beginning)."""
        self._append(layer)
        if rebuild:
            self._maybe_rebuild()
        else:
            self.built = False
            self._functional = None

    def _append(self, layer: Any, names: set[str] | None = None) -> None:
        """Check and append; `names`: those of the layers so far, kept up to date."""
        if isinstance(layer, KerasTensor):
            history = layer._keras_history
            if history is None or not isinstance(history[0], InputLayer):
                raise ValueError(
                    "Only instances of `keras.Layer` can be added to a Sequential model. "
                    f"Received: {layer} (of type {type(layer)})"
                )
            layer = history[0]
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of `keras.Layer` can be added to a Sequential model. "
                f"Received: {layer} (of type {type(layer)})"
            )
        if names is None:
            names = {other.name for other in self._stack}
        if layer.name in names:
            raise ValueError(
                "All layers added to a Sequential model should have unique names. Name "
                f"'{layer.name}' is already the name of a layer in this model. Update the `name` "
                "argument to pass a unique name."
            )
        if isinstance(layer, InputLayer) and self._stack and isinstance(self._stack[0], InputLayer):
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{self._stack[0].batch_shape}. You cannot add a different Input layer to it."
            )
        if not self._stack and layer._input_shape_arg is not None:
            self._stack.append(Input(shape=layer._input_shape_arg)._keras_history[0])  # type: ignore[index]
        names.add(layer.name)
        self._stack.append(layer)

    def pop(self, rebuild: bool = True) -> Layer:
        """Remove the last layer and return it."""
        layer = self._stack.pop()
        self.built = False
        self._functional = None
        if rebuild:
            self._maybe_rebuild()
        return layer

    def _maybe_rebuild(self) -> None:
        self.built = False
        self._functional = None
        if len(self._stack) > 1:
            first = self._stack[0]
            if isinstance(first, InputLayer):
                self.build(first.batch_shape)
            elif isinstance(first, Model) and first.built:
                shape = getattr(first, "input_shape", None)
                if isinstance(shape, tuple):
                    self.build(shape)

    # -- building and running -----------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Build all layers for inputs of `input_shape` (batch included)."""
        if input_shape is None:
            if not self._stack or not isinstance(self._stack[0], InputLayer):
                raise ValueError(
                    f"Sequential model '{self.name}' needs an input shape to be built: pass "
                    "`input_shape`, or add an `Input` first"
                )
            input_shape = self._stack[0].batch_shape
        if not self._stack:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call "
                "`model.add(layer)`."
            )
        listed = isinstance(input_shape, list) and input_shape
        if listed and isinstance(input_shape[0], (tuple, list)):
            if len(input_shape) > 1:
                raise ValueError(
                    "A Sequential model has one input; to use several, use the functional API"
                )
            input_shape = input_shape[0]
        input_shape = tuple(input_shape)
        if isinstance(self._stack[0], InputLayer):
            if self._stack[0].batch_shape != input_shape:
                want = self._stack[0].batch_shape
                fits = len(want) == len(input_shape) and all(
                    w is None or h is None or w == h for w, h in zip(want, input_shape, strict=True)
                )
                if not fits:
                    raise ValueError(
                        f"Sequential model '{self.name}' has already been configured to use input "
                        f"shape {want}. You cannot build it with input_shape {input_shape}"
                    )
        else:
            dtype = self._stack[0].compute_dtype
            entry = Input(batch_shape=input_shape, dtype=dtype)
            self._stack.insert(0, entry._keras_history[0])  # type: ignore[index]
        symbol = self._stack[0].output
        x = symbol
        for layer in self._stack[1:]:
            x = layer(x)
        self._functional = Functional(symbol, x)
        object.__setattr__(self._functional, "_path", self._path)

    def _build_for(self, args: tuple, kwargs: dict) -> None:
        if isinstance(args[0], (list, tuple, dict)):
            # Several tensors, for a first layer that takes them: no graph, the layers are called.
            self.built = True
            return
        self.build(tuple(args[0].shape))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if self._functional is not None:
            return self._functional.call(inputs, training=training, mask=mask)
        for layer in self._sublayers():
            inputs = layer(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Shape of the output for inputs of `input_shape`."""
        for layer in self._sublayers():
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    # -- structure ----------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        return self._sublayers()

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError(
            "`Sequential.layers` attribute is reserved and should not be used. Use `add()` and "
            "`pop()` to change the layers in this model."
        )

    def _built_graph(self, what: str) -> Functional:
        if self._functional is None:
            if what == "output":
                raise AttributeError(
                    f"The layer {self.name} has never been called and thus has no defined output."
                )
            raise AttributeError(f"Sequential model '{self.name}' has no defined {what} yet.")
        return self._functional

    @property
    def inputs(self) -> Any:
        return self._built_graph("inputs").inputs

    @property
    def outputs(self) -> Any:
        return self._built_graph("outputs").outputs

    @property
    def input(self) -> Any:
        return self._built_graph("input").input

    @property
    def output(self) -> Any:
        return self._built_graph("output").output

    @property
    def input_shape(self) -> Any:
        return self._built_graph("input shape").input_shape

    @property
    def output_shape(self) -> Any:
        return self._built_graph("output shape").output_shape

    @property
    def input_names(self) -> list[str]:
        return self._built_graph("input_names").input_names

    @property
    def output_names(self) -> list[str]:
        return self._built_graph("output_names").output_names

    # -- configuration ------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        from fastconv.models.graph_config import serialize_layer

        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype,
            "layers": [serialize_layer(layer) for layer in self._stack],
        }
        if self._functional is not None:
            config["build_input_shape"] = self._stack[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from fastconv.models.graph_config import deserialize_layer

        model = cls(name=config.get("name"))
        names: set[str] = set()
        for layer_config in config["layers"]:
            model._append(deserialize_layer(layer_config, custom_objects), names)
        model._maybe_rebuild()
        shape = config.get("build_input_shape")
        if not model.built and shape:
            model.build(map_shapes(tuple, shape))
        if config.get("trainable") is False:
            model.trainable = False
        return model
