"""`Layer`: config, weights and a `call` made of ops. The base of all layers and of models.

Belongs here: building, naming, tracking of weights and sublayers, the way from `__call__` to
`call`. Source of the behaviour: ``keras.layers.Layer`` (3.15).
"""

import functools
import inspect
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastconv._registry import short_repr
from fastconv._runtime.call import recorder
from fastconv.dtype_policies import DTypePolicy, dtype_name
from fastconv.layers._input_spec import Shape, check_inputs
from fastconv.layers._masks import has_tensor, masks_of, pass_masks_on, with_masks
from fastconv.layers._shapes import as_symbol, describe, map_shapes
from fastconv.ops.masks import keras_mask, set_keras_mask
from fastconv.ops.symbolic import (
    KerasTensor,
    Node,
    flatten,
    infer,
    is_symbolic,
    map_structure,
    trial_shape,
)
from fastconv.ops.tape import no_tape
from fastconv.ops.tensor import Tensor, convert
from fastconv.ops.variable import Variable, budget, snake_case, unique_name


class _CallState(threading.local):
    training: bool | None = None  # of the outermost running call; None outside calls
    depth = 0
    scopes: tuple[str, ...] = ()


_state = _CallState()

_changes = 0


def touch() -> None:
    """Some layer has changed: recorded steps of any model may be stale."""
    global _changes
    _changes += 1


def changes() -> int:
    """Number of changes to any layer so far; part of the key of a recorded step."""
    return _changes


class name_scope:
    """Context whose name becomes part of the paths of variables made inside."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        _state.scopes = (*_state.scopes, self.name)

    def __exit__(self, *exc: object) -> None:
        _state.scopes = _state.scopes[:-1]


def _wrap_build(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def wrapped(self: "Layer", *args: Any, **kwargs: Any) -> None:
        with name_scope(self.name), no_tape():
            self._path = "/".join(_state.scopes)
            build(self, *args, **kwargs)
        self._mark_built()
        if self._build_shape is None and (args or kwargs):
            if len(args) + len(kwargs) == 1:
                self._build_shape = args[0] if args else next(iter(kwargs.values()))
            else:
                bound = inspect.signature(build).bind(self, *args, **kwargs).arguments
                self._build_shape = dict(list(bound.items())[1:])

    wrapped._is_wrapped = True  # type: ignore[attr-defined]
    return wrapped


class Layer:
    """Base of all layers: a subclass makes its weights in `build` and computes in `call`.

    Parameters
    ----------
    activity_regularizer : Regularizer, optional
        Applied to the outputs of `call`.
    trainable : bool, default True
        Whether the weights are trained.
    dtype : str, default "float32"
        "float32" or "float64": dtype of the weights and of the arithmetic.
    name : str, optional
        Default: the class name in snake case, numbered.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> class Scale(keras.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...     def call(self, x):
    ...         return x * self.factor
    >>> Scale()(np.ones((2, 3), "float32")).shape
    (2, 3)
    """

    # Attributes set around `__setattr__`, which tracks: see `_setup_tracking`.
    _trainable_variables: list[Variable]
    _non_trainable_variables: list[Variable]
    _layers: list["Layer"]
    _metrics: list[Any]
    _seed_generators: list[Any]
    _losses: list[Any]
    _containers: dict[str, Any]
    _nodes: list[Node]
    _built: bool
    _in_call: bool
    _called: bool
    _build_shape: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        build = cls.__dict__.get("build")
        if build is not None and not hasattr(build, "_is_wrapped"):
            cls.build = _wrap_build(build)  # type: ignore[method-assign]

    def __new__(cls, *args: Any, **kwargs: Any) -> "Layer":
        self = super().__new__(cls)
        # For get_config of subclasses that do not define their own.
        object.__setattr__(self, "_init_arguments", (args, kwargs))
        return self

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._setup_tracking()
        input_dim = kwargs.pop("input_dim", None)
        input_shape = kwargs.pop("input_shape", None)
        batch_shape = kwargs.pop("batch_input_shape", None)
        if input_dim is not None:
            input_shape = (input_dim,)
        self._input_shape_arg: Shape | None = None
        if batch_shape is not None:
            self._input_shape_arg = tuple(batch_shape)[1:]
        elif input_shape is not None:
            warnings.warn(
                "Do not pass an `input_shape`/`input_dim` argument to a layer. When using "
                "Sequential models, prefer using an `Input(shape)` object as the first layer in "
                "the model instead.",
                stacklevel=3,
            )
            if isinstance(input_shape, int):
                input_shape = (input_shape,)
            self._input_shape_arg = tuple(input_shape)
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}"
            )
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name} (of type {type(name)})"
            )
        self.name = name if name is not None else unique_name(snake_case(type(self).__name__))
        self._dtype = dtype_name(dtype)
        self.autocast = autocast
        if not isinstance(trainable, bool):
            raise ValueError(
                f"Expected `trainable` to be a boolean. Received: trainable={trainable} "
                f"(of type {type(trainable)})"
            )
        self._trainable = trainable
        if activity_regularizer is not None:
            from fastconv import regularizers

            activity_regularizer = regularizers.get(activity_regularizer)
        self.activity_regularizer = activity_regularizer
        self.input_spec: Any = None
        self.supports_masking = type(self).compute_mask is not Layer.compute_mask

    def _setup_tracking(self) -> None:
        if "_trainable_variables" in self.__dict__:
            return
        fresh: dict[str, Any] = {
            "_trainable_variables": [],
            "_non_trainable_variables": [],
            "_layers": [],
            "_metrics": [],
            "_seed_generators": [],
            "_losses": [],
            "_nodes": [],
            "_containers": {},
            "_built": False,
            "_in_call": False,
            "_called": False,
            "_build_shape": None,
            "_path": "",
        }
        self.__dict__.update(fresh)

    # -- tracking -----------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if "_trainable_variables" not in self.__dict__:
            self._setup_tracking()
        old = self.__dict__.get(name)
        if old is not None and old is not value:
            self._untrack(old)
        if name != "_nodes":
            self._track(value)
            if isinstance(value, (list, dict)):
                self._containers[name] = value
            else:
                self._containers.pop(name, None)
        object.__setattr__(self, name, value)
        touch()

    def __delattr__(self, name: str) -> None:
        self._untrack(self.__dict__.get(name))
        self._containers.pop(name, None)
        object.__delattr__(self, name)

    def _homes(self, value: Any) -> list[Any] | None:
        """The list in which `value` is tracked, None for values that are not."""
        if isinstance(value, Variable):
            trainable = value.trainable or any(v is value for v in self._trainable_variables)
            return self._trainable_variables if trainable else self._non_trainable_variables
        if isinstance(value, Layer):
            return None if value is self else self._layers
        if getattr(value, "_is_metric", False):
            return self._metrics
        if getattr(value, "_is_seed_generator", False):
            return self._seed_generators
        return None

    def _track(self, value: Any) -> None:
        home = self._homes(value)
        if home is not None:
            if not any(item is value for item in home):
                if self._built and self._in_call:
                    raise ValueError(
                        "You cannot add new elements of state (variables or sub-layers) to a layer "
                        "that is already built. All state must be created in the `__init__()` "
                        "method or in the `build()` method."
                    )
                home.append(value)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self._track(item)
        elif isinstance(value, dict):
            for item in value.values():
                self._track(item)

    def _untrack(self, value: Any) -> None:
        if isinstance(value, (Variable, Layer)):
            homes: tuple[list[Any], ...] = (
                self._trainable_variables,
                self._non_trainable_variables,
                self._layers,
            )
            for home in homes:
                home[:] = [item for item in home if item is not value]

    def _sublayers(self) -> list["Layer"]:
        """Layers held by attributes; lists and dicts may have grown since they were assigned."""
        for value in self._containers.values():
            self._track(value)
        return self._layers

    def _flatten_layers(self) -> Iterator["Layer"]:
        sublayers = self._sublayers()
        yield self
        for layer in sublayers:
            yield from layer._flatten_layers()

    # -- weights ------------------------------------------------------------------------------

    def add_weight(
        self,
        shape: Shape | int | None = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Make a weight of this layer.

        Parameters
        ----------
        shape : tuple of int, default ()
        initializer : str, callable or Initializer
            Default: "glorot_uniform" for floats, "zeros" otherwise.
        dtype : str, optional
            Default: the layer's.
        trainable : bool, default True
        regularizer, constraint : optional
        name : str, optional

        Returns
        -------
        Variable
        """
        from fastconv import constraints, initializers, regularizers

        if isinstance(shape, str):
            raise ValueError(
                "`name` must be passed as a keyword argument. Received a string as `shape`: "
                f"{shape!r}"
            )
        shape = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        dtype = self._dtype if dtype is None else np.dtype(getattr(dtype, "name", dtype)).name
        if initializer is None:
            initializer = "glorot_uniform" if "float" in dtype else "zeros"
        initializer = initializers.get(initializer)
        if budget.left is not None:
            budget.take(shape, self.name, np.dtype(dtype).itemsize)
            if budget.weights_follow and type(self).__module__.startswith("fastconv."):
                initializer = initializers.get("zeros")
        variable = Variable(
            initializer,
            shape=shape,  # type: ignore[arg-type]
            dtype=dtype,
            trainable=trainable,
            name=name,
        )
        variable.owner_path = "/".join(_state.scopes) or self._path or self.name
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._track(variable)
        if not self._trainable:
            variable.trainable = False
        return variable

    add_variable = add_weight

    @property
    def variables(self) -> list[Variable]:
        """The weights and the state of the random generators, without that of metrics."""
        found: list[Variable] = []
        for layer in self._flatten_layers():
            own = [*layer._trainable_variables, *layer._non_trainable_variables]
            own += [g.state for g in layer._seed_generators]
            found += own
        return _unique(found)

    @property
    def weights(self) -> list[Variable]:
        """Weights in the order in which files hold them: own trainable, own other, sublayers'."""
        found = [*self._trainable_variables, *self._non_trainable_variables]
        for layer in self._sublayers():
            found += layer.weights
        return _unique(found)

    @property
    def trainable_variables(self) -> list[Variable]:
        if not self.trainable:
            return []
        return [v for v in self.weights if v.trainable]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        if not self.trainable:
            return self.variables
        return [v for v in self.variables if not v.trainable]

    @property
    def trainable_weights(self) -> list[Variable]:
        return self.trainable_variables

    @property
    def non_trainable_weights(self) -> list[Variable]:
        if not self.trainable:
            return self.weights
        return [v for v in self.weights if not v.trainable]

    @property
    def trainable(self) -> bool:
        """Whether weights are trained; setting it sets it in all sublayers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        value = bool(value)
        object.__setattr__(self, "_trainable", value)
        touch()
        for variable in self._trainable_variables:
            variable.trainable = value
        for layer in self._sublayers():
            layer.trainable = value

    def get_weights(self) -> list[np.ndarray]:
        """The weights as NumPy arrays of the caller's own."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Overwrite the weights.

        Parameters
        ----------
        weights : list of array_like
            As `get_weights` returns them.

        Raises
        ------
        ValueError
            If their number or a shape differs; nothing is then written.
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of "
                f"length {len(weights)}, but the layer was expecting {len(own)} weights."
            )
        for variable, value in zip(own, weights, strict=True):
            if variable.shape != np.shape(value):
                raise ValueError(
                    f"Layer {self.name} weight shape {variable.shape} is not compatible with "
                    f"provided weight shape {np.shape(value)}."
                )
        for variable, value in zip(own, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """Number of scalars in the weights."""
        if not self.built:
            raise ValueError(
                "You tried to call `count_params` on layer "
                f"'{self.name}', but the layer isn't built. You can build it manually via: "
                "`layer.build(input_shape)`."
            )
        return sum(v.size for v in self.weights)

    # -- properties ---------------------------------------------------------------------------

    @property
    def built(self) -> bool:
        return self._built

    @built.setter
    def built(self, value: bool) -> None:
        object.__setattr__(self, "_built", bool(value))

    @property
    def dtype(self) -> str:
        return self._dtype

    @property
    def dtype_policy(self) -> DTypePolicy:
        return DTypePolicy(self._dtype)

    @property
    def compute_dtype(self) -> str:
        return self._dtype

    @property
    def variable_dtype(self) -> str:
        return self._dtype

    @property
    def path(self) -> str:
        return self._path

    @property
    def metrics(self) -> list[Any]:
        found = list(self._metrics)
        for layer in self._sublayers():
            found += layer.metrics
        return found

    @property
    def metrics_variables(self) -> list[Variable]:
        """State of the metrics of this layer and its sublayers."""
        return [variable for metric in self.metrics for variable in metric.variables]

    @property
    def input(self) -> Any:
        """Symbolic input of the layer's first call in a graph."""
        return self._first_node("input").inputs_structure()

    @property
    def output(self) -> Any:
        """Symbolic output of the layer's first call in a graph."""
        return self._first_node("output").outputs

    def _first_node(self, what: str) -> Node:
        if not self._nodes:
            raise AttributeError(
                f"The layer {self.name} has never been called and thus has no defined {what}."
            )
        return self._nodes[0]

    # -- losses -------------------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Add a scalar to what training minimises; called from `call`."""
        for item in flatten(loss):
            self._losses.append(convert(item))

    @property
    def losses(self) -> list[Tensor]:
        """Scalars of `add_loss` and the weight regularizers, of this layer and its sublayers."""
        found: list[Tensor] = []
        for layer in self._flatten_layers():
            found += layer._losses
        for variable in self.trainable_weights:
            if variable.regularizer is not None:
                found.append(variable.regularizer(variable))
        return found

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._losses.clear()

    # -- building and calling -----------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of `input_shape` (None where unknown)."""
        if input_shape is not None and self._calls_sublayers():
            self._build_by_running(input_shape)
        self._mark_built()

    def _build_at_init(self) -> None:
        """For layers without weights: built from the start, unless a subclass has its `build`."""
        if type(self).build is Layer.build:
            self.built = True

    def _mark_built(self) -> None:
        self.built = True
        if not self._trainable:  # what `build` made is as frozen as the layer
            self.trainable = False

    def _calls_sublayers(self) -> bool:
        return any(not layer.built for layer in self._sublayers())

    def _build_by_running(self, input_shape: Any) -> None:
        """A composite without `build`: its sublayers build themselves in a symbolic call."""
        with name_scope(self.name):
            self._path = "/".join(_state.scopes)
            spec = map_shapes(lambda s: KerasTensor(s, self._dtype), input_shape)
            infer(functools.partial(self.call), (spec,), {})

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The forward computation, made of ops; subclasses define it."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `call` method implemented."
        )

    @functools.cached_property
    def _call_parameters(self) -> frozenset[str]:
        return frozenset(inspect.signature(self.call).parameters)

    @functools.cached_property
    def _default_training(self) -> bool:
        """What `call` takes itself for when no one says: True for augmentation."""
        return inspect.signature(self.call).parameters["training"].default is True

    def _prepare(self, value: Any) -> Any:
        """An argument as a tensor of the layer's dtype; whatever is no array is left alone."""
        if isinstance(value, (Tensor, np.ndarray, np.generic, float)):
            tensor = value if type(value) is Tensor else convert(value)
            if self.autocast and tensor.data.dtype.kind == "f" and tensor.data.dtype != self._dtype:
                mask = keras_mask(tensor)
                tensor = convert(tensor, np.dtype(self._dtype))
                return tensor if mask is None else set_keras_mask(tensor, mask)
            return tensor
        if isinstance(value, (list, tuple)):
            if value and all(isinstance(item, (int, float, list)) for item in value):
                return self._prepare(np.asarray(value))
            return type(value)(self._prepare(item) for item in value)
        if isinstance(value, dict):
            return {key: self._prepare(item) for key, item in value.items()}
        return value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build on the first call, then `call`; on symbolic tensors, a node of the graph."""
        if "_dtype" not in self.__dict__:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as "
                "the first statement in the `__init__()` method. Go add it!"
            )
        if not args:
            args = self._first_by_keyword(kwargs)
        args = tuple([self._prepare(arg) for arg in args])
        if kwargs:
            kwargs = {
                key: value if key == "training" else self._prepare(value)
                for key, value in kwargs.items()
            }
        self._check_input(args)
        if not self.built:
            self._build_for(args, kwargs)
        unmasked = kwargs
        masks = masks_of(args[0]) if args else None
        if masks is not None or "mask" in kwargs or len(args) > 1:
            kwargs, masks = with_masks(self, args, kwargs, masks)
        training = kwargs.pop("training", None)
        outer = _state.training
        if training is None:
            training = outer
        symbolic = is_symbolic(args, kwargs)
        takes_training = "training" in self._call_parameters
        if symbolic:
            budget.call()
            try:
                outputs = self._symbolic_call(args, kwargs, training)
            except Exception as error:
                raise self._explain(error, args, unmasked, symbolic=True) from error
            if masks is not None or self._makes_masks:
                pass_masks_on(self, args[0], outputs, masks)
            saved = {key: value for key, value in unmasked.items() if key != "training"}
            if training is not None and takes_training and outer is None:
                saved["training"] = training
            Node(self, args, saved, outputs)
            return outputs
        if takes_training:
            kwargs["training"] = self._default_training if training is None else bool(training)
        _state.training = training
        if not _state.depth:
            self._clear_losses()
        _state.depth += 1
        label = recorder.label
        recorder.label = self.name  # of the innermost layer, for `profile`
        nested, self.__dict__["_in_call"] = self._in_call, True
        try:
            call = self.call if self._called else self._first_call
            outputs = call(*args, **kwargs)
        except Exception as error:
            raise self._explain(error, args, kwargs) from error
        finally:
            recorder.label = label
            self.__dict__["_in_call"] = nested
            _state.training = outer
            _state.depth -= 1
        if self.activity_regularizer is not None:
            for output in flatten(outputs):
                self._losses.append(self.activity_regularizer(output) / max(1, output.shape[0]))
        if masks is not None or self._makes_masks:
            pass_masks_on(self, args[0], outputs, masks)
        return outputs

    # -- masks --------------------------------------------------------------------------------

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Mask of the outputs, from the inputs and their masks; by default the inputs' masks."""
        return previous_mask

    @property
    def _makes_masks(self) -> bool:
        """Whether outputs may have masks although the inputs have none."""
        return type(self).compute_mask is not Layer.compute_mask and self.supports_masking

    def _first_call(self, *args: Any, **kwargs: Any) -> Any:
        """`call` where sublayers build themselves: this layer's name is in their paths."""
        with name_scope(self.name):
            outputs = self.call(*args, **kwargs)
        self.__dict__["_called"] = True
        return outputs

    def _explain(
        self, error: Exception, args: tuple, kwargs: dict, symbolic: bool = False
    ) -> Exception:
        """`error` with the layer's name and arguments told, once, in Keras's words."""
        text = str(error)
        if getattr(error, "_explained", False) or not isinstance(error, (ValueError, TypeError)):
            return error
        kind = type(self).__name__
        if symbolic and type(self).compute_output_shape is Layer.compute_output_shape:
            text = (
                f"Could not automatically infer the output shape / dtype of '{self.name}' (of "
                f"type {kind}). Either the `{kind}.call()` method is incorrect, or you need to "
                f"implement the `{kind}.compute_output_shape()` method. "
                f"Error encountered:\n\n{text}"
            )
        lines = [f"Exception encountered when calling {kind}.call().", "", text, ""]
        lines.append(f"Arguments received by {kind}.call():")
        names = self._call_parameters_in_order
        for name, value in [*zip(names, args, strict=False), *kwargs.items()]:
            lines.append(f"  • {name}={describe(value)}")
        try:
            told = type(error)("\n".join(lines))
        except Exception:
            return error
        told._explained = True  # type: ignore[union-attr]
        return told

    @functools.cached_property
    def _call_parameters_in_order(self) -> list[str]:
        return list(inspect.signature(self.call).parameters)

    def _first_by_keyword(self, kwargs: dict) -> tuple:
        """Take the first parameter of `call` out of `kwargs`: layer(inputs=x) is layer(x)."""
        first = next(iter(self._call_parameters_in_order), None)
        return (kwargs.pop(first),) if first in kwargs and first != "training" else ()

    def _check_input(self, args: tuple) -> None:
        if any(type(arg) is not Tensor for arg in args):
            for value in flatten(args):
                if not (value is None or isinstance(value, (Tensor, KerasTensor))):
                    raise ValueError(
                        "Only input tensors may be passed as positional arguments. The following "
                        f"argument value should be passed as a keyword argument: {value} (of type "
                        f"{type(value)})"
                    )
        spec = self.input_spec
        if spec is not None and args:
            check_inputs(spec, args[0], self.name)

    def _build_for(self, args: tuple, kwargs: dict) -> None:
        """Call `build` with the shapes of the tensors among the arguments."""

        def shape_of(value: Any) -> Any:
            if isinstance(value, (Tensor, KerasTensor)):
                return trial_shape(tuple(value.shape))
            if isinstance(value, (list, tuple)):
                return [shape_of(item) for item in value]
            if isinstance(value, dict):
                return {key: shape_of(item) for key, item in value.items()}
            return None

        given = dict(zip(self._call_parameters_in_order, args, strict=False))
        given.update((k, v) for k, v in kwargs.items() if k not in ("training", "mask"))
        shapes = {name: shape_of(value) for name, value in given.items() if has_tensor(value)}
        if type(self).build is Layer.build and self._calls_sublayers():
            # Run `call` itself on symbols: it may take several arguments.
            with name_scope(self.name):
                self._path = "/".join(_state.scopes)
                infer(self.call, map_structure(as_symbol, args), map_structure(as_symbol, kwargs))
            self._mark_built()
            if len(shapes) == 1:  # what `build` takes, for files
                (self._build_shape,) = shapes.values()
            return
        self.build(**self._shapes_for_build(shapes))
        self._mark_built()

    def _shapes_for_build(self, shapes: dict[str, Any]) -> dict[str, Any]:
        """Arguments of `build`: the first shape for its only parameter, else matched by name."""
        wanted = [
            p.name
            for p in inspect.signature(self.build).parameters.values()
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        ]
        if len(wanted) == 1:
            return {wanted[0]: next(iter(shapes.values()), None)}
        rule = (
            "For a `build()` method with more than one argument, all arguments should have a "
            "`_shape` suffix and match an argument from `call()`. E.g. "
            "`build(self, foo_shape, bar_shape)` "
        )
        for name in wanted:
            if not name.endswith("_shape"):
                raise ValueError(
                    f"{rule} For layer '{type(self).__name__}', Received `build()` argument "
                    f"`{name}`, which does not end in `_shape`."
                )
            if name.removesuffix("_shape") not in self._call_parameters:
                raise ValueError(
                    f"{rule} For layer '{type(self).__name__}', received `build()` argument "
                    f"`{name}`, but `call()` does not have argument "
                    f"`{name.removesuffix('_shape')}`."
                )
        return {
            name: shapes[name.removesuffix("_shape")]
            for name in wanted
            if name.removesuffix("_shape") in shapes
        }

    def _symbolic_call(self, args: tuple, kwargs: dict, training: bool | None) -> Any:
        """Symbolic outputs of a call: by `compute_output_shape` if defined, else by trial."""
        overridden = type(self).compute_output_shape is not Layer.compute_output_shape
        if overridden and len(args) == 1 and not kwargs.keys() - {"mask"}:
            shape = map_structure(lambda t: t.shape, args[0])
            result = self.compute_output_shape(shape)
            return map_shapes(lambda s: KerasTensor(s, self._output_dtype(args[0])), result)
        outer = _state.training
        _state.training = training
        _state.depth += 1
        if "training" in self._call_parameters:
            kwargs = {**kwargs, "training": bool(training) if training is not None else False}
        try:
            with name_scope(self.name):
                return infer(self.call, args, kwargs)
        finally:
            _state.training = outer
            _state.depth -= 1

    def _output_dtype(self, inputs: Any) -> str:
        """dtype of the output; layers that do not compute in floats override it."""
        return self._dtype

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic outputs (shape and dtype) for symbolic arguments of `call`."""
        return self._symbolic_call(args, kwargs, kwargs.pop("training", None))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Shape of the output for inputs of `input_shape`."""
        symbols = map_shapes(lambda s: KerasTensor(s, self._dtype), input_shape)
        if not self.built:
            self._build_for((symbols,), {})
        return map_structure(lambda t: t.shape, self._symbolic_call((symbols,), {}, None))

    # -- configuration ------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Everything needed to make the layer again with `from_config`, as plain data."""
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self._dtype,
        }
        if self.activity_regularizer is not None:
            from fastconv import regularizers

            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if type(self).get_config is Layer.get_config and type(self).__init__ is not Layer.__init__:
            config.update(self._config_from_arguments())
        return config

    def _config_from_arguments(self) -> dict[str, Any]:
        """Constructor arguments as given, for subclasses without `get_config`."""
        args, kwargs = self._init_arguments  # type: ignore[attr-defined]
        bound = inspect.signature(type(self).__init__).bind(self, *args, **kwargs)
        given: dict[str, Any] = {}
        for name, value in list(bound.arguments.items())[1:]:
            kind = bound.signature.parameters[name].kind
            given.update(value if kind is inspect.Parameter.VAR_KEYWORD else {name: value})
        base = ("name", "trainable", "dtype", "activity_regularizer", "autocast")
        given = {key: value for key, value in given.items() if key not in base}
        plain = (str, int, float, bool, type(None), list, tuple, dict)
        if not all(isinstance(value, plain) for value in given.values()):
            raise NotImplementedError(
                f"Object {type(self).__name__} was created by passing non-serializable argument "
                f"values in `__init__()`, and therefore the object must override `get_config()` "
                f"in order to be serializable. Please implement `get_config()`."
            )
        return given

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` returned."""
        try:
            return cls(**config)
        except Exception as error:
            raise TypeError(
                f"Error when deserializing class '{cls.__name__}' using "
                f"config={short_repr(config)}.\n\n"
                f"Exception encountered: {error}"
            ) from error

    def get_build_config(self) -> dict[str, Any] | None:
        """Shapes with which the layer was built, as plain data."""
        if self._build_shape is None:
            return None
        if isinstance(self._build_shape, dict):
            return {"shapes_dict": map_shapes(list, self._build_shape)}
        return {"input_shape": map_shapes(list, self._build_shape)}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build from what `get_build_config` returned."""
        if config and "input_shape" in config:
            self.build(map_shapes(tuple, config["input_shape"]))
        elif config and "shapes_dict" in config:
            self.build(**map_shapes(tuple, config["shapes_dict"]))

    # -- files --------------------------------------------------------------------------------

    def save_own_variables(self, store: Any) -> None:
        """Put the layer's own weights into `store` under "0", "1"...; a subclass may do else."""
        for i, variable in enumerate([*self._trainable_variables, *self._non_trainable_variables]):
            store[str(i)] = variable

    def load_own_variables(self, store: Any) -> None:
        """Take the layer's own weights from `store`."""
        for variable, values in self._plan_own_variables(store):
            variable.assign(values)

    def _plan_own_variables(self, store: Any) -> list[tuple[Variable, np.ndarray]]:
        """(variable, values) for each own weight; nothing is read whose shape is not right."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        if len(store) != len(own):
            if len(own) and not len(store) and not self.built:
                raise ValueError(
                    f"Layer '{self.name}' was never built and thus it doesn't have any variables. "
                    f"However the weights file lists {len(store)} variables for this layer."
                )
            raise ValueError(
                f"Layer '{self.name}' expected {len(own)} variables, but received {len(store)} "
                f"variables during loading. Expected: {[v.name for v in own]}"
            )
        for i, variable in enumerate(own):
            shape = store.shape(str(i))
            if shape != variable.shape:
                raise ValueError(
                    "The shape of the target variable and the shape of the target value in "
                    f"`variable.assign(value)` must match. variable.shape={variable.shape}, "
                    f"Received: value.shape={shape}. Target variable: "
                    f"<Variable path={variable.path}, shape={variable.shape}, "
                    f"dtype={variable.dtype}>"
                )
        return [(v, store.read(str(i), v.shape)) for i, v in enumerate(own)]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _unique(items: list[Variable]) -> list[Variable]:
    return list({id(item): item for item in items}.values())
