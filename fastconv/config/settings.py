"""Process-wide defaults of the Keras names; source: ``keras.config``."""

_floatx = "float32"
_epsilon = 1e-7
_image_data_format = "channels_last"


def backend() -> str:
    """Name of what computes: always "fastconv"."""
    return "fastconv"


def floatx() -> str:
    """Default dtype of layers, "float32" or "float64"."""
    return _floatx


def set_floatx(value: str) -> None:
    """Set the default dtype of layers.

    Raises
    ------
    ValueError
        If `value` is neither "float32" nor "float64".
    """
    global _floatx
    if value not in ("float32", "float64"):
        raise ValueError(
            f"Unknown `floatx` value: {value}. Expected one of {{'float32', 'float64'}}"
        )
    _floatx = value


def epsilon() -> float:
    """The fuzz factor of losses and metrics, 1e-7."""
    return _epsilon


def set_epsilon(value: float) -> None:
    """Set the fuzz factor."""
    global _epsilon
    _epsilon = float(value)


def image_data_format() -> str:
    """Default layout of images, "channels_last" or "channels_first"."""
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set the default layout of images.

    Raises
    ------
    ValueError
        If `data_format` is neither "channels_last" nor "channels_first".
    """
    global _image_data_format
    data_format = str(data_format).lower()
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    _image_data_format = data_format
