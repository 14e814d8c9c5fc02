"""Checks of constructor arguments that several layers share, in Keras's words."""

from typing import Any


def standardize_data_format(data_format: str | None) -> str:
    """ "channels_last" or "channels_first"; None means the configured one."""
    if data_format is None:
        from fastconv.config import image_data_format

        return image_data_format()
    name = str(data_format).lower()
    if name not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    return name


def standardize_tuple(value: Any, n: int, name: str, allow_zero: bool = False) -> tuple[int, ...]:
    """`value`, one integer or n of them, as n integers."""
    message = f"The `{name}` argument must be a tuple of {n} integers. Received {name}={value}"
    if isinstance(value, int):
        values: tuple[Any, ...] = (value,) * n
    else:
        try:
            values = tuple(value)
        except TypeError:
            raise ValueError(message) from None
    if len(values) != n:
        raise ValueError(message)
    for item in values:
        try:
            int(item)
        except (ValueError, TypeError):
            raise ValueError(f"{message}, including element {item} of type {type(item)}") from None
    bad = {v for v in values if v < 0 or (v == 0 and not allow_zero)}
    if bad:
        wanted = ">= 0" if allow_zero else "> 0"
        raise ValueError(f"{message}, including values {bad} that do not satisfy `value {wanted}`")
    return tuple(int(v) for v in values)


def check_rate(rate: Any, name: str = "rate") -> None:
    """A probability."""
    if not 0 <= rate <= 1:
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected a float value between 0 and "
            f"1. Received: {name}={rate}"
        )


def check_axes(axis: Any, shape: tuple[int | None, ...], text: str = "") -> None:
    """Axes lie within the rank of `shape`."""
    for a in [axis] if isinstance(axis, int) else axis:
        if not -len(shape) <= a < len(shape):
            raise ValueError(
                f"Axis {a} is out of bounds for input shape {shape}. Received: axis={axis}"
            )
