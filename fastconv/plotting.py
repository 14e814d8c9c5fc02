"""Pictures of a training and of images, drawn with matplotlib (extra ``fastconv[plot]``).

matplotlib is imported when a picture is drawn, not before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_history", "plot_images"]

# Blue and orange stay apart for colour-blind readers and in grey print (line style differs too).
_TRAIN: dict[str, Any] = {"color": "#1f5fa8", "linestyle": "-"}
_VALIDATION: dict[str, Any] = {"color": "#d9660f", "linestyle": "--"}
_SPECIAL = {"learning_rate", "lr"}


def plot_history(result: Any, *, figure: Figure | None = None) -> Figure:
    """Draw the curves of a training: one panel a quantity, training and validation in each.

    Parameters
    ----------
    result
        What ``fit`` returned, or its ``history``: a mapping from names such as ``"loss"`` and
        ``"val_loss"`` to one value an epoch. The best epoch on the validation data is marked.
    figure
        An empty matplotlib figure to draw into. Default: a new one from ``matplotlib.pyplot``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        matplotlib is not installed.
    TypeError
        `result` is neither.
    ValueError
        `result` holds no epoch.

    Examples
    --------
    >>> figure = plot_history({"loss": [0.6, 0.4], "val_loss": [0.5, 0.45]})
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['loss']
    """
    history, epochs = _read_history(result)
    quantities = [name for name in history if not name.startswith("val_")]
    # A validation curve without its training curve gets a panel all the same.
    quantities += [name[4:] for name in history if name.startswith("val_")]
    quantities = sorted(dict.fromkeys(quantities), key=lambda name: (name != "loss", name))
    columns = min(3, len(quantities))
    rows = math.ceil(len(quantities) / columns)
    figure = _new_figure(figure, (5.2 * columns, 3.7 * rows))
    for i, name in enumerate(quantities):
        axes = figure.add_subplot(rows, columns, i + 1)
        _draw_quantity(axes, name, history, epochs)
    return figure


def plot_images(
    images: Sequence[Any],
    titles: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw images side by side, each scaled to its own range, in a grid.

    Parameters
    ----------
    images
        Arrays of shape (height, width), (height, width, 1), (height, width, 3) or (..., 4). Two-
        dimensional ones are drawn in grey, from their smallest to their largest finite value;
        colour ones must be uint8 or lie in 0 to 1.
    titles
        One text an image.
    columns
        Images in a row. Default: about as many as rows, four at most.
    figure
        An empty matplotlib figure to draw into. Default: a new one from ``matplotlib.pyplot``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ValueError
        No images, an array that is no image, or not one title an image.

    Examples
    --------
    >>> import numpy as np
    >>> figure = plot_images([np.eye(3), np.ones((2, 5))], ["a line", "flat"])
    >>> [axes.get_title() for axes in figure.axes]
    ['a line', 'flat']
    """
    arrays = [_as_image(image, i) for i, image in enumerate(images)]
    if not arrays:
        raise ValueError("images: expected at least one image, received none")
    if titles is not None and len(titles) != len(arrays):
        raise ValueError(f"titles: expected {len(arrays)}, one an image, received {len(titles)}")
    if columns is None:
        columns = min(4, math.ceil(math.sqrt(len(arrays))))
    if columns < 1:
        raise ValueError(f"columns: expected at least 1, received {columns}")
    columns = min(columns, len(arrays))
    rows = math.ceil(len(arrays) / columns)
    figure = _new_figure(figure, (3.2 * columns, (3.4 if titles else 3.2) * rows))
    for i, array in enumerate(arrays):
        axes = figure.add_subplot(rows, columns, i + 1)
        show_image(axes, array, titles[i] if titles is not None else None)
    return figure


def show_image(axes: Axes, image: np.ndarray, title: str | None = None) -> None:
    """Draw one image, pixels square, without ticks."""
    options: dict[str, Any] = {}
    if image.ndim == 2:
        finite = image[np.isfinite(image)] if image.dtype.kind in "fc" else image
        if finite.size:
            options = {"cmap": "gray", "vmin": finite.min(), "vmax": finite.max()}
    axes.imshow(image, interpolation="nearest", **options)
    axes.set_axis_off()
    if title:
        axes.set_title(title, fontsize=10)


def _require_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError('plotting needs matplotlib: pip install "fastconv[plot]"') from error


def _new_figure(figure: Figure | None, size: tuple[float, float]) -> Figure:
    _require_matplotlib()
    if figure is not None:
        return figure
    from matplotlib import pyplot

    return pyplot.figure(figsize=size, layout="constrained")


def _read_history(result: Any) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """The curves by name, and the numbers of the epochs if they are known (counted from 1)."""
    mapping = getattr(result, "history", result)
    if not isinstance(mapping, Mapping):
        raise TypeError(
            "result: expected what fit() returned, or a mapping from names to values, "
            f"received {type(result).__name__}"
        )
    curves = {str(name): np.asarray(values, np.float64) for name, values in mapping.items()}
    if not curves or all(curve.size == 0 for curve in curves.values()):
        raise ValueError("result: holds no epoch; was the model trained?")
    for name, curve in curves.items():
        if curve.ndim != 1:
            raise ValueError(f"result: {name!r} has shape {curve.shape}, expected one axis")
    epochs = getattr(result, "epoch", None)
    return curves, None if not epochs else np.asarray(epochs) + 1


def _draw_quantity(
    axes: Axes, name: str, history: dict[str, np.ndarray], epochs: np.ndarray | None
) -> None:
    from matplotlib.ticker import MaxNLocator

    train, validation = history.get(name), history.get("val_" + name)
    total = max(curve.size for curve in history.values())
    if epochs is None or epochs.size != total:
        epochs = np.arange(1, total + 1)
    marker = "o" if total <= 30 else ""
    if train is not None:
        label = None if name in _SPECIAL else "training"
        at = _positions(epochs, train.size)
        axes.plot(at, train, label=label, marker=marker, markersize=3, **_TRAIN)
    if validation is not None and validation.size:
        at = _positions(epochs, validation.size)
        axes.plot(at, validation, label="validation", marker=marker, markersize=3, **_VALIDATION)
        _mark_best(axes, at, validation, smallest=_smaller_is_better(name))
    axes.set_xlabel("epoch")
    axes.set_ylabel(name.replace("_", " "))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)


def _positions(epochs: np.ndarray, count: int) -> np.ndarray:
    """Epochs of a curve that may have gaps: with validation_freq=k every k-th epoch is measured."""
    if count in (0, epochs.size):
        return epochs[:count]
    step = max(1, epochs.size // count)
    return epochs[step - 1 :: step][:count]


def _smaller_is_better(name: str) -> bool:
    """Whether the best value is the smallest: errors and losses, against rates of success."""
    good = ("acc", "auc", "precision", "recall", "f1", "iou", "r2", "top_k", "score", "similarity")
    return not any(word in name.lower() for word in good)


def _mark_best(axes: Axes, at: np.ndarray, curve: np.ndarray, *, smallest: bool) -> None:
    if curve.size < 2 or not np.isfinite(curve).any():
        return
    best = int(np.nanargmin(curve) if smallest else np.nanargmax(curve))
    axes.axvline(at[best], color="0.6", linewidth=0.8, linestyle=":")
    axes.plot(
        at[best],
        curve[best],
        marker="o",
        markersize=7,
        markerfacecolor="none",
        markeredgecolor=_VALIDATION["color"],
        linestyle="none",
        label=f"best: {curve[best]:.4g} at epoch {at[best]}",
    )


def _as_image(image: Any, position: int) -> np.ndarray:
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ValueError(
            f"images[{position}]: expected shape (height, width) with 0, 1, 3 or 4 channels last, "
            f"received {array.shape}"
        )
    if array.size == 0:
        raise ValueError(f"images[{position}]: is empty, shape {array.shape}")
    return array.astype(np.uint8) if array.dtype == bool else array
