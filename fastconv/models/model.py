"""`Model`: a layer that can be compiled, trained, evaluated, saved and printed."""

from typing import Any

from fastconv._registry import register
from fastconv.layers.layer import Layer
from fastconv.models.trainer import Trainer


def _is_graph(args: tuple, kwargs: dict) -> bool:
    """Whether a constructor call is ``Model(inputs, outputs)``."""
    return (
        len(args) == 2
        or (len(args) == 1 and "outputs" in kwargs)
        or ("inputs" in kwargs and "outputs" in kwargs)
    )


@register("model")
class Model(Trainer, Layer):
    """A model: made of a graph (``Model(inputs, outputs)``) or a subclass with `call`.

    Source: ``keras.Model``.

    Parameters
    ----------
    inputs, outputs : KerasTensor, or list or dict of them
        With both, the model is the graph between them.
    name : str, optional

    Examples
    --------
    >>> import fastconv as keras
    >>> inputs = keras.Input((8,))
    >>> outputs = keras.layers.Dense(3)(inputs)
    >>> keras.Model(inputs, outputs).output_shape
    (None, 3)
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _is_graph(args, kwargs):
            from fastconv.models.functional import Functional

            cls = Functional
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _is_graph(args, kwargs) and not self._is_functional():
            self._become_functional(*args, **kwargs)
            return
        Trainer.__init__(self)
        Layer.__init__(self, *args, **kwargs)

    def _is_functional(self) -> bool:
        from fastconv.models.functional import Functional

        return isinstance(self, Functional)

    def _become_functional(self, *args: Any, **kwargs: Any) -> None:
        """A subclass that calls ``super().__init__(inputs, outputs)``: put Functional behind it."""
        from fastconv.models.functional import Functional

        cls = type(self)
        object.__setattr__(self, "__class__", type(cls.__name__, (cls, Functional), {}))
        Functional.__init__(self, *args, **kwargs)  # type: ignore[arg-type]

    # -- structure ----------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The model's layers, in the order in which files hold them."""
        return list(self._sublayers())

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that index.

        Raises
        ------
        ValueError
            If there is none, or if both or neither are given.
        """
        if index is not None and name is not None:
            raise ValueError(
                f"Provide only a layer name or a layer index. Received: index={index}, name={name}."
            )
        if index is not None:
            if len(self.layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(self.layers)} layers."
                )
            return self.layers[index]
        if name is None:
            raise ValueError("Provide either a layer name or layer index at `get_layer`.")
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name}. Existing layers are: {[layer.name for layer in self.layers]}."
        )

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers, their output shapes and numbers of parameters."""
        from fastconv.models.summary import print_summary

        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    # -- files --------------------------------------------------------------------------------

    def save(
        self, filepath: Any, overwrite: bool = True, zipped: Any = None, **kwargs: Any
    ) -> None:
        """Save architecture, weights, compilation and optimizer state to a ``.keras`` file.

        The file is written beside its final place and moved there whole: a crash or a full disk
        leaves the old one.
        """
        from fastconv import saving

        saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(
        self, filepath: Any, overwrite: bool = True, max_shard_size: Any = None
    ) -> None:
        """Save the weights (and the optimizer's state) to a ``.weights.h5`` file."""
        from fastconv import saving

        saving.save_weights(self, filepath, overwrite, max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Load weights from a ``.weights.h5``, ``.keras`` or legacy ``.h5`` file."""
        from fastconv import saving

        saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def to_json(self, **kwargs: Any) -> str:
        """The architecture as JSON text, for `model_from_json`."""
        from fastconv.models.graph_config import model_to_json

        return model_to_json(self, **kwargs)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Make a model from what `get_config` returned."""
        from fastconv.models.functional import Functional
        from fastconv.models.graph_config import functional_from_config

        if {"layers", "input_layers", "output_layers"} <= set(config):
            return functional_from_config(
                Functional if cls is Model else cls, config, custom_objects
            )
        return super().from_config(config)

    def compile_inference(self) -> Any:
        """Freeze the model for prediction: a callable that maps inputs to arrays, fast.

        Layers that only train (Dropout, noise) are left out, a BatchNormalization or activation
        after a Dense or convolution is worked into it, weights are packed once.

        Returns
        -------
        CompiledInference
            ``net(x)`` returns what ``model.predict(x)`` does, within rounding. It holds a copy of
            the weights: what is trained or loaded later does not change it. Any number of threads
            may call it at once; many rows are computed in tiles that fit the cache.

        Raises
        ------
        ValueError
            If the model is no graph: a subclass with `call`, or a Sequential not yet built.

        Examples
        --------
        >>> import numpy as np
        >>> import fastconv as keras
        >>> layers = keras.layers
        >>> model = keras.Sequential(
        ...     [keras.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.ReLU()]
        ... )
        >>> net = model.compile_inference()
        >>> [type(layer).__name__ for layer in net.layers]
        ['InputLayer', 'Dense']
        >>> net(np.zeros((2, 4), "float32")).shape
        (2, 3)
        """
        from fastconv.models.inference import CompiledInference

        return CompiledInference(self)

    def export(self, *args: Any, **kwargs: Any) -> None:
        raise ValueError(
            "fastconv has no `export`: save a `.keras` file and export it from Keras itself"
        )
