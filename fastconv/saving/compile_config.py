"""The compilation of a model as plain data, and back; all Keras's dialects on reading."""

from typing import Any

from fastconv._registry import ConfigError, deserialize_keras_object, serialize_keras_object
from fastconv.saving.dialect import translate

_PASSED_ON = ("loss_weights", "run_eagerly", "steps_per_execution", "jit_compile")


def compile_config(compilation: Any) -> dict[str, Any] | None:
    """What `compile` was given, as plain data; None if a part cannot be saved."""
    config = {
        **compilation.config,
        "optimizer": compilation.optimizer,
    }
    return {key: serialize_keras_object(value) for key, value in config.items()}


def compile_from_config(model: Any, config: dict[str, Any]) -> None:
    """Compile `model` as `config` says, and build its optimizer."""
    from fastconv import losses, metrics, optimizers  # noqa: F401 - fills the tables

    if not isinstance(config, dict):
        raise ConfigError(f"compile_config: expected an object, received {type(config).__name__}")
    if not config.get("optimizer") and not config.get("loss"):
        return
    arguments: dict[str, Any] = {key: config[key] for key in _PASSED_ON if key in config}
    arguments["jit_compile"] = "auto"
    for key, kind in (
        ("optimizer", "optimizer"),
        ("loss", "loss"),
        ("metrics", "metric"),
        ("weighted_metrics", "metric"),
    ):
        if config.get(key) is not None:
            arguments[key] = deserialize_keras_object(translate(config[key]), kind=kind)
    model.compile(**arguments)
    if model.optimizer is not None and model.built:
        model.optimizer.build(model.trainable_variables)


def training_config(compilation: Any) -> dict[str, Any]:
    """The legacy ``training_config`` of an ``.h5`` file."""
    config = compile_config(compilation) or {}
    optimizer = config.pop("optimizer", None) or {}
    return {
        "loss": config.get("loss"),
        "metrics": config.get("metrics"),
        "weighted_metrics": config.get("weighted_metrics"),
        "loss_weights": config.get("loss_weights"),
        "optimizer_config": {
            "class_name": optimizer.get("class_name"),
            "config": optimizer.get("config"),
            "module": optimizer.get("module"),
            "registered_name": optimizer.get("registered_name"),
        },
    }


def compile_from_training_config(model: Any, config: Any) -> None:
    """Compile from the ``training_config`` of a legacy ``.h5`` file."""
    if not isinstance(config, dict):
        raise ConfigError(f"training_config: expected an object, received {type(config).__name__}")
    arguments = {
        "optimizer": config.get("optimizer_config"),
        "loss": config.get("loss"),
        "loss_weights": config.get("loss_weights"),
        "metrics": _flat_metrics(config.get("metrics"), model),
        "weighted_metrics": _flat_metrics(config.get("weighted_metrics"), model),
    }
    compile_from_config(model, {k: v for k, v in arguments.items() if v is not None})


def _flat_metrics(metrics: Any, model: Any) -> Any:
    """Keras 2 wrote ``[[{"class_name": "MeanMetricWrapper", ...}]]``: name and function by text."""
    if not isinstance(metrics, list):
        return metrics
    if len(metrics) == 1 and isinstance(metrics[0], list):
        metrics = metrics[0]
        return [_unwrap(metric, "") for metric in metrics]
    outputs = list(getattr(model, "output_names", []))
    if len(outputs) != len(metrics):
        outputs = [""] * len(metrics)
    # With several outputs, Keras 2 put the output's name before the metric's, as compile does.
    return [_unwrap(part, f"{name}_") for part, name in zip(metrics, outputs, strict=True)]


def _unwrap(metric: Any, prefix: str) -> Any:
    if isinstance(metric, list):
        return [_unwrap(item, prefix) for item in metric]
    if isinstance(metric, dict) and metric.get("class_name") == "MeanMetricWrapper":
        config = metric.get("config")
        if isinstance(config, dict) and isinstance(config.get("fn"), str):
            function = {
                "module": "builtins",
                "class_name": "function",
                "config": config["fn"],
                "registered_name": "function",
            }
            config = {**config, "fn": function}
            if isinstance(config.get("name"), str):
                config["name"] = config["name"].removeprefix(prefix)
            return {**metric, "module": "keras.metrics", "config": config}
    return metric
