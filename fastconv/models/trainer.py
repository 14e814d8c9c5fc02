"""`Trainer`: compile, fit, evaluate, predict. What makes a layer a model.

Source of names, defaults and printed text: ``keras.Model`` (3.15).
"""

import functools
import inspect
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastconv.layers.layer import Layer, touch
from fastconv.models.data import (
    ArrayBatches,
    IterableBatches,
    make_batches,
    split_validation,
    weights_of_classes,
)
from fastconv.models.step import ArrayLoop, PlainLoop, forward, is_ours, recordable
from fastconv.ops.symbolic import KerasTensor, flatten, map_structure
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Tensor, convert

SMALL = 32  # rows up to which `predict` goes through the pass that `model(x)` keeps


@dataclass
class Compilation:
    """What `compile` was given, and the objects made of it."""

    optimizer: Any
    loss: Any = None  # CompileLoss
    metrics: Any = None  # CompileMetrics
    loss_tracker: Any = None
    config: dict[str, Any] = field(default_factory=dict)  # arguments as given, for files


class Trainer:
    """The part of `Model` that runs loops over data."""

    _compilation: Any
    _shuffle_seed: Any
    history: Any
    stop_evaluating: bool
    stop_predicting: bool

    def __init__(self) -> None:
        fresh: dict[str, Any] = {
            "_compilation": None,
            "_forwards": {},
            "stop_training": False,
            "history": None,
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": "auto",
            "_eval_loop": None,
            "_shuffle_seed": None,
        }
        # Plain attributes: none of these is a part of the model that layers track.
        self.__dict__.update(fresh)

    # -- compiling ----------------------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Set how the model is trained.

        Parameters
        ----------
        optimizer : str or Optimizer, default "rmsprop"
        loss : str, callable, Loss, or list or dict of them (one per output)
        loss_weights : list or dict of float, optional
        metrics, weighted_metrics : list or dict of str, callable or Metric
            The first ignore sample weights.
        run_eagerly : bool, default False
            Never record a step: Python code in layers runs each time.
        steps_per_execution, jit_compile, auto_scale_loss
            Accepted for Keras's sake; without effect here.
        """
        from fastconv import optimizers
        from fastconv.metrics import Mean
        from fastconv.models.compile_utils import CompileLoss, CompileMetrics

        old = self._compilation
        names = self._output_names_or_none()
        compilation = Compilation(optimizers.get(optimizer))
        compilation.config = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        if loss is not None:
            compilation.loss = CompileLoss(loss, loss_weights, output_names=names)
            compilation.loss_tracker = Mean(name="loss")
        elif old is not None:
            compilation.loss, compilation.loss_tracker = old.loss, old.loss_tracker
        if metrics is not None or weighted_metrics is not None:
            compilation.metrics = CompileMetrics(metrics, weighted_metrics, output_names=names)
        if compilation.loss_tracker is None:
            compilation.loss_tracker = Mean(name="loss")
        self.__dict__["_compilation"] = compilation
        self.run_eagerly = bool(run_eagerly)
        self.steps_per_execution = steps_per_execution
        self.jit_compile = jit_compile
        self.stop_training = False
        self.__dict__["_eval_loop"] = None
        touch()

    def _output_names_or_none(self) -> list[str] | None:
        try:
            return list(self.output_names)  # type: ignore[attr-defined]
        except AttributeError:
            return None

    @property
    def compiled(self) -> bool:
        return self._compilation is not None

    @property
    def optimizer(self) -> Any:
        return None if self._compilation is None else self._compilation.optimizer

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        if self._compilation is None:
            raise AttributeError("optimizer: compile the model before setting its optimizer")
        self._compilation.optimizer = value

    @property
    def loss(self) -> Any:
        return None if self._compilation is None else self._compilation.config["loss"]

    def _need_compiled(self) -> Compilation:
        if self._compilation is None:
            raise ValueError("You must call `compile()` before using the model.")
        return self._compilation

    @property
    def metrics(self) -> list[Any]:
        """The loss tracker, the compiled metrics, and metrics held by layers."""
        found: list[Any] = []
        if self._compilation is not None:
            found.append(self._compilation.loss_tracker)
            if self._compilation.metrics is not None:
                found.append(self._compilation.metrics)
            if self._compilation.loss is not None:
                found += self._compilation.loss.metrics
        found += Layer.metrics.fget(self)  # type: ignore[attr-defined]
        return found

    @property
    def metrics_names(self) -> list[str]:
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """Values of all metrics by name, the loss included."""
        logs: dict[str, Any] = {}
        for metric in self.metrics:
            value = metric.result()
            if isinstance(value, dict):
                logs.update(value)
            else:
                logs[metric.name] = value
        return logs

    def _logs(self) -> dict[str, float]:
        """Metric results as Python floats, sorted by name as Keras prints and stores them."""
        logs = self.get_metrics_result()
        return {name: _as_float(logs[name]) for name in sorted(logs)}

    def _logs_after(self, result: Any) -> dict[str, float]:
        """`_logs`, or what a step of the user's own returned where that names other values."""
        logs = self._logs()
        if isinstance(result, dict) and set(result) != set(logs):
            return {name: _as_float(result[name]) for name in sorted(result)}
        return logs

    def get_compile_config(self) -> dict[str, Any] | None:
        """What `compile` was given, as plain data."""
        from fastconv.saving.compile_config import compile_config

        return None if self._compilation is None else compile_config(self._compilation)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile from what `get_compile_config` returned."""
        from fastconv.saving.compile_config import compile_from_config

        compile_from_config(self, config)

    # -- one step -----------------------------------------------------------------------------

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """The scalar to be minimised: the compiled loss and what layers and weights add."""
        parts = []
        compilation = self._need_compiled()
        if compilation.loss is not None and y is not None:
            parts.append(compilation.loss(y, y_pred, sample_weight))
        parts += self.losses  # type: ignore[attr-defined]
        if not parts:
            if compilation.loss is not None:
                raise ValueError(
                    "No loss to compute: `y` was not given, and the model's loss needs it."
                )
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        total = convert(parts[0])
        for part in parts[1:]:
            total = total + part
        return total

    def _loss_of(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Tensor:
        """`compute_loss`, which in a subclass may be one without `training`."""
        parameters = inspect.signature(self.compute_loss).parameters.values()
        if any(p.name == "training" or p.kind is p.VAR_KEYWORD for p in parameters):
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Update the compiled metrics; returns the values of all."""
        self._update_metrics(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _update_metrics(self, y: Any, y_pred: Any, sample_weight: Any) -> None:
        metrics = self._need_compiled().metrics
        if metrics is not None and y is not None:
            metrics.update_state(y, y_pred, sample_weight=sample_weight)

    def _train_arithmetic(self, x: Any, y: Any, sample_weight: Any) -> Any:
        compilation = self._need_compiled()
        with Tape() as tape:
            y_pred = Layer.__call__(self, x, training=True)  # type: ignore[arg-type]
            loss = self._loss_of(x, y, y_pred, sample_weight, True)
            scaled = compilation.optimizer.scale_loss(loss)
        rows = flatten(x)[0].shape[0]
        compilation.loss_tracker.update_state(loss, sample_weight=rows)
        variables = self.trainable_variables  # type: ignore[attr-defined]
        if variables:
            gradients = tape.gradient(scaled, variables)
            compilation.optimizer.apply(gradients, variables)
        else:
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
        self._update_metrics(y, y_pred, sample_weight)
        return loss

    def _test_arithmetic(self, x: Any, y: Any, sample_weight: Any) -> Any:
        y_pred = Layer.__call__(self, x, training=False)  # type: ignore[arg-type]
        loss = self._loss_of(x, y, y_pred, sample_weight, False)
        rows = flatten(x)[0].shape[0]
        self._need_compiled().loss_tracker.update_state(loss, sample_weight=rows)
        self._update_metrics(y, y_pred, sample_weight)
        return loss

    def _predict_arithmetic(self, x: Any, y: Any, sample_weight: Any) -> Any:
        if flatten(x)[0].shape[0] <= SMALL:
            return self(x, training=False)  # through the recorded pass, which is kept
        return Layer.__call__(self, x, training=False)  # type: ignore[arg-type]

    def _may_record(self) -> bool:
        return recordable(self) and (
            self._compilation is None
            or all(
                is_ours(part)
                for part in (
                    self._compilation.optimizer,
                    *(self._compilation.loss.functions() if self._compilation.loss else ()),
                    *(self._compilation.metrics.functions() if self._compilation.metrics else ()),
                )
            )
        )

    def _input_dtypes(self) -> list[str] | None:
        """dtypes of the symbolic inputs, where the model has them."""
        try:
            return [tensor.dtype for tensor in self.inputs]  # type: ignore[attr-defined]
        except AttributeError:
            return None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs for inputs; for inference through a recorded pass."""
        if len(args) == 1 and (not kwargs or (len(kwargs) == 1 and not kwargs.get("training", 1))):
            from fastconv.layers import layer

            if not layer._state.depth:
                outputs = forward(self, args[0])
                if outputs is not None:
                    return outputs
        return super().__call__(*args, **kwargs)  # type: ignore[misc]

    # -- fit ----------------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:
        """Train for `epochs` passes over the data.

        Parameters
        ----------
        x : array, list or dict of arrays, generator, `PyDataset` or iterable of batches
        y : array or nested arrays, optional
            None when `x` yields the targets.
        batch_size : int, default 32
        epochs : int, default 1
            Index of the epoch to stop before, not a number beyond `initial_epoch`.
        verbose : {"auto", 0, 1, 2}
        callbacks : list of Callback, optional
        validation_split : float, default 0
            Fraction of the rows, taken from the end, to validate on.
        validation_data : tuple or list (x, y) or (x, y, sample_weight), or batches
        shuffle : bool or "batch", default True
        class_weight : dict of int to float, optional
        sample_weight : array, optional
        initial_epoch, steps_per_epoch, validation_steps, validation_batch_size, validation_freq
            As in Keras.

        Returns
        -------
        History
            ``history.history`` maps metric names to the list of their values by epoch.

        Raises
        ------
        ValueError
            If the model is not compiled, or the data do not fit it or each other.
        """
        from fastconv.callbacks import CallbackList

        compilation = self._need_compiled()
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = split_validation(
                x, y, sample_weight, validation_split
            )
        if self._shuffle_seed is None:
            self.__dict__["_shuffle_seed"] = random.randint(1, 10**9)
        batches = make_batches(
            x,
            y,
            sample_weight,
            batch_size,
            shuffle,
            steps_per_epoch,
            class_weight,
            seed=self._shuffle_seed,
        )
        self._build_on(batches)
        if not isinstance(callbacks, CallbackList):
            callbacks = CallbackList(
                callbacks,
                add_history=True,
                add_progbar=verbose != 0,
                verbose=1 if verbose == "auto" else verbose,
                epochs=epochs,
                steps=batches.steps,
                model=self,
            )
        self.stop_training = False
        loop = _loop(self, batches, self._train_arithmetic, "train_step")
        validate = self._validation(
            validation_data, validation_batch_size or batch_size, validation_steps
        )
        logs: dict[str, float] = {}
        callbacks.on_train_begin()
        # BackupAndRestore may have put back where an interrupted run stood.
        resume = self.__dict__.pop("_resume", None) or {"epoch": initial_epoch}
        if isinstance(batches, ArrayBatches):
            batches.seed = self._shuffle_seed
            batches.go_to(resume["epoch"], resume.get("batch", 0))
            self._make_metrics(batches, resume.get("metrics", ()))
        for epoch in range(resume["epoch"], epochs):
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            if isinstance(batches, ArrayBatches):
                self._restore_metrics(resume.pop("metrics", ()))
            logs = self._train_epoch(loop, callbacks)
            if validate is not None and _is_due(epoch, validation_freq):
                logs |= {f"val_{name}": value for name, value in validate(callbacks).items()}
            callbacks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        if epochs > initial_epoch:
            compilation.optimizer.finalize_variable_values(self.trainable_weights)  # type: ignore[attr-defined]
        callbacks.on_train_end(logs)
        return self.history

    def _train_epoch(self, loop: Any, callbacks: Any) -> dict[str, float]:
        """One epoch's steps, with the callbacks' batch hooks."""
        optimizer = self._need_compiled().optimizer
        each = callbacks.wants_batches or not getattr(optimizer, "can_repeat", True)
        steps = loop.epoch(one_by_one=each)
        total, step = loop.batches.coming(), 0
        result: Any = None
        while True:
            if total is None or step < total:
                callbacks.on_train_batch_begin(step)
            try:
                first, count, result = next(steps)
            except StopIteration:
                break
            step = first + count
            self._check_flags()
            callbacks.on_train_batch_end(step - 1, functools.partial(self._logs_after, result))
            if self.stop_training:
                break
        return self._logs_after(result)

    def _make_metrics(self, batches: ArrayBatches, values: Any) -> None:
        """Let the metrics make the variables that `values` are to be put into."""
        if len(values) > len(self._metric_arrays()):
            loop = PlainLoop(self, batches, self._test_arithmetic)
            loop.step(*loop._converted(batches.take(np.arange(1))))

    def _restore_metrics(self, values: Any) -> None:
        arrays = self._metric_arrays()
        if len(arrays) == len(values):
            for array, value in zip(arrays, values, strict=True):
                array[...] = value

    def _metric_arrays(self) -> list[np.ndarray]:
        """All that the metrics have summed up so far, in place."""
        arrays = []
        for whole in self.metrics:
            for metric in getattr(whole, "metrics", (whole,)):
                arrays += [variable.data for variable in metric.variables]
                arrays += [metric._rest] if hasattr(metric, "_rest") else []
        return arrays

    def _check_flags(self) -> None:
        """Raise what a kernel noted during the steps just run (a label out of range)."""
        loss = self._need_compiled().loss
        if loss is not None:
            loss.check()

    def _build_on(self, batches: Any) -> None:
        """Build the model from the first rows, if it is not built yet."""
        if self.built or not isinstance(batches, ArrayBatches):  # type: ignore[attr-defined]
            return
        x = map_structure(lambda a: convert(a[:1]), batches.x)
        symbols = map_structure(lambda t: KerasTensor((None, *t.shape[1:]), t.data.dtype), x)
        self._build_for((symbols,), {})  # type: ignore[attr-defined]
        Layer.__call__(self, x)  # type: ignore[arg-type]

    def _validation(
        self, data: Any, batch_size: int | None, steps: int | None
    ) -> Callable[[Any], dict[str, float]] | None:
        """A function that evaluates on the validation data, or None without such data."""
        if data is None:
            return None
        if isinstance(data, (tuple, list)):
            if len(data) not in (1, 2, 3):
                raise ValueError(
                    "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, "
                    f"sample_weight)`, found: {type(data).__name__} of length {len(data)}"
                )
            x, y, weight = (*data, None, None)[:3]
        else:
            x, y, weight = data, None, None
        batches = make_batches(x, y, weight, batch_size, steps=steps)
        loop = _loop(self, batches, self._test_arithmetic, "test_step")

        return lambda callbacks: self._test_epoch(loop, callbacks)

    def _test_epoch(self, loop: Any, callbacks: Any) -> dict[str, float]:
        """Evaluate on the loop's data, with the callbacks' hooks."""
        callbacks.on_test_begin()
        self.reset_metrics()
        self.__dict__["stop_evaluating"] = False
        runs = loop.epoch(one_by_one=callbacks.wants_batches)
        total, step = loop.batches.coming(), 0
        result: Any = None
        while True:
            if total is None or step < total:
                callbacks.on_test_batch_begin(step)
            try:
                first, count, result = next(runs)
            except StopIteration:
                break
            step = first + count
            self._check_flags()
            callbacks.on_test_batch_end(step - 1, functools.partial(self._logs_after, result))
            if self.stop_evaluating:
                break
        logs = self._logs_after(result)
        callbacks.on_test_end(logs)
        return logs

    # -- evaluate and predict -----------------------------------------------------------------

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Loss and metrics over the data.

        Returns
        -------
        float, list of float, or dict
            The loss; with metrics the list [loss, metrics in the order of `compile`]; with
            `return_dict` a dict by name.
        """
        from fastconv.callbacks import CallbackList

        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        self._need_compiled()
        batches = make_batches(x, y, sample_weight, batch_size, steps=steps)
        self._build_on(batches)
        if not isinstance(callbacks, CallbackList):
            callbacks = CallbackList(
                callbacks,
                add_progbar=verbose != 0,
                verbose=1 if verbose == "auto" else verbose,
                epochs=1,
                steps=batches.steps,
                model=self,
            )
        loop = _loop(self, batches, self._test_arithmetic, "test_step")
        logs = self._test_epoch(loop, callbacks)
        return logs if return_dict else self._in_order(logs)

    def _in_order(self, logs: dict[str, float]) -> Any:
        """Results as `evaluate` returns them: a number, or a list in compile order."""
        compilation = self._need_compiled()
        names = ["loss"]
        if compilation.metrics is not None:
            names += compilation.metrics.result_names()
        if compilation.loss is not None:
            names += [metric.name for metric in compilation.loss.metrics]
        names += [name for name in logs if name not in names]
        values = [logs[name] for name in names if name in logs]
        return values[0] if len(values) == 1 else values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Outputs for the rows of `x`, computed in batches.

        Returns
        -------
        ndarray, or nested structure of them
        """
        from fastconv.callbacks import CallbackList

        batches = make_batches(x, None, None, batch_size, steps=steps)
        self._build_on(batches)
        if not isinstance(callbacks, CallbackList):
            callbacks = CallbackList(
                callbacks,
                add_progbar=verbose != 0,
                verbose=1 if verbose == "auto" else verbose,
                epochs=1,
                steps=batches.steps,
                model=self,
            )
        loop = _loop(self, batches, self._predict_arithmetic, "predict_step")
        callbacks.on_predict_begin()
        self.__dict__["stop_predicting"] = False  # past __setattr__: recorded steps stay
        parts: list[list[np.ndarray]] = []
        structure: Any = None
        runs = loop.epoch(one_by_one=True)
        total, step = batches.steps, 0
        while True:
            if total is None or step < total:
                callbacks.on_predict_batch_begin(step)
            try:
                _, _, outputs = next(runs)
            except StopIteration:
                break
            structure = outputs
            leaves = [np.array(_data(leaf)) for leaf in flatten(outputs)]
            parts.append(leaves)
            callbacks.on_predict_batch_end(step, {"outputs": outputs})
            step += 1
            if self.stop_predicting:
                break
        callbacks.on_predict_end()
        if not parts:
            raise ValueError("x: expected at least one batch, received none")
        joined = iter([np.concatenate(column) for column in zip(*parts, strict=True)])
        return map_structure(lambda _: next(joined), structure)

    # -- one batch ----------------------------------------------------------------------------

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One training step on one batch; returns the loss and metrics of this batch."""
        self._need_compiled()
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError(
                    "Arguments `sample_weight` and `class_weight` cannot be specified at the same "
                    f"time. Received: sample_weight={sample_weight}, class_weight={class_weight}"
                )
            sample_weight = weights_of_classes(y, class_weight)
        logs = self._on_batch(self._train_arithmetic, "train_step", x, y, sample_weight)
        return logs if return_dict else self._in_order(logs)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Evaluate one batch; returns its loss and metrics."""
        self._need_compiled()
        logs = self._on_batch(self._test_arithmetic, "test_step", x, y, sample_weight)
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """Outputs for one batch.

        Returns
        -------
        ndarray, or nested structure of them
        """
        outputs = self(x)
        return map_structure(_data, outputs)

    def _on_batch(
        self, step: Any, name: str, x: Any, y: Any, sample_weight: Any
    ) -> dict[str, float]:
        batches = ArrayBatches(x, y, sample_weight, batch_size=2**62)
        self._build_on(batches)
        self.reset_metrics()
        ((_, _, result),) = _loop(self, batches, step, name).epoch()
        self._check_flags()
        return self._logs_after(result)

    # -- steps that a subclass may replace ----------------------------------------------------

    def train_step(self, data: Any) -> dict[str, Any]:
        """One training step on ``data = (x, y, sample_weight)``; a subclass may replace it."""
        self._train_arithmetic(*(*data, None, None)[:3])
        return self.get_metrics_result()

    def test_step(self, data: Any) -> dict[str, Any]:
        """One evaluation step; a subclass may replace it."""
        self._test_arithmetic(*(*data, None, None)[:3])
        return self.get_metrics_result()

    def predict_step(self, data: Any) -> Any:
        """One inference step; a subclass may replace it."""
        return self._predict_arithmetic(data[0], None, None)


def _loop(model: Any, batches: Any, step: Any, name: str) -> Any:
    """How to run `step` over `batches`: recorded, plainly, or by the user's own step."""
    own = getattr(type(model), name)
    if own is not getattr(Trainer, name):

        def replaced(x: Any, y: Any, weight: Any) -> Any:
            data = (x, y) if weight is None else (x, y, weight)
            return getattr(model, name)(data)

        return PlainLoop(model, batches, replaced)
    if isinstance(batches, ArrayBatches):
        return ArrayLoop(model, batches, step)
    if not isinstance(batches, IterableBatches) and not hasattr(batches, "epoch"):
        raise TypeError(f"batches: received {type(batches)}")
    return PlainLoop(model, batches, step)


def _is_due(epoch: int, frequency: Any) -> bool:
    if isinstance(frequency, (list, tuple, set)):
        return epoch + 1 in frequency
    return (epoch + 1) % frequency == 0


def _as_float(value: Any) -> Any:
    array = np.asarray(value.data if isinstance(value, Tensor) else value)
    return float(array) if array.ndim == 0 else array.tolist()


def _data(leaf: Any) -> np.ndarray:
    return leaf.data if isinstance(leaf, Tensor) else np.asarray(leaf)
