"""What the pictures show: curves, labels, images; looked at through matplotlib's own objects."""

from __future__ import annotations

import sys

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from fastconv.plotting import plot_history, plot_images  # noqa: E402


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


class Result:
    """What fit() returns, as far as a plot is concerned."""

    def __init__(self, history, epoch):
        self.history, self.epoch = history, epoch


def curves(axes):
    return {
        line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines
    }


def test_training_and_validation_share_a_panel_and_loss_comes_first():
    history = {
        "accuracy": [0.5, 0.7, 0.8],
        "loss": [1.0, 0.6, 0.4],
        "val_accuracy": [0.4, 0.6, 0.55],
        "val_loss": [0.9, 0.7, 0.8],
    }
    figure = plot_history(Result(history, [0, 1, 2]))
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy"]
    loss, accuracy = (curves(axes) for axes in figure.axes)
    assert loss["training"] == ([1, 2, 3], [1.0, 0.6, 0.4])
    assert loss["validation"] == ([1, 2, 3], [0.9, 0.7, 0.8])
    assert loss["best: 0.7 at epoch 2"] == ([2], [0.7])
    assert accuracy["best: 0.6 at epoch 2"] == ([2], [0.6])
    assert figure.axes[0].get_xlabel() == "epoch"


def test_mapping_without_validation_is_enough():
    figure = plot_history({"loss": [3.0, 2.0]})
    assert list(curves(figure.axes[0])) == ["training"]


def test_epochs_of_a_continued_training_are_kept():
    figure = plot_history(Result({"loss": [0.3, 0.2]}, [10, 11]))
    assert curves(figure.axes[0])["training"][0] == [11, 12]


@pytest.mark.parametrize(
    ("total", "validated", "at"),
    [(6, 3, [2, 4, 6]), (7, 2, [3, 6]), (6, 5, [1, 2, 3, 4, 5]), (4, 4, [1, 2, 3, 4])],
)
def test_validation_curve_with_gaps_is_spread_over_its_epochs(total, validated, at):
    history = {"loss": [1.0] * total, "val_loss": [1.0] * validated}
    assert curves(plot_history(history).axes[0])["validation"][0] == at


def test_many_quantities_make_rows_of_three():
    names = ["loss", "mae", "mse", "auc"]
    figure = plot_history({name: [1.0, 2.0] for name in names})
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "auc", "mae", "mse"]
    assert len({round(axes.get_position().y0, 2) for axes in figure.axes}) == 2


def test_nan_in_a_curve_does_not_stop_the_picture():
    history = {"loss": [1.0, np.nan, np.nan], "val_loss": [np.nan] * 3}
    figure = plot_history(history)
    figure.canvas.draw()
    assert "validation" in curves(figure.axes[0])


def test_given_figure_is_drawn_into_and_pyplot_is_left_alone():
    mine = Figure()
    before = pyplot.get_fignums()
    assert plot_history({"loss": [1.0]}, figure=mine) is mine
    assert plot_images([np.eye(2)], figure=Figure()) is not None
    assert pyplot.get_fignums() == before


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        ([1, 2], TypeError, "result: expected what fit"),
        ({}, ValueError, "holds no epoch"),
        ({"loss": []}, ValueError, "holds no epoch"),
        ({"loss": [[1.0], [2.0]]}, ValueError, r"'loss' has shape \(2, 1\)"),
    ],
)
def test_bad_history_names_the_argument(result, error, message):
    with pytest.raises(error, match=message):
        plot_history(result)


def test_images_keep_order_titles_and_pixels():
    images = [np.arange(6).reshape(2, 3), np.zeros((4, 4, 3)), np.ones((2, 2, 1)), np.eye(3) > 0]
    figure = plot_images(images, list("abcd"))
    assert [axes.get_title() for axes in figure.axes] == list("abcd")
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes]
    np.testing.assert_array_equal(shown[0], images[0])
    assert shown[1].shape == (4, 4, 3)
    assert shown[2].shape == (2, 2)
    np.testing.assert_array_equal(shown[3], np.eye(3))


def test_grey_range_ignores_nan_and_inf():
    image = np.array([[0.0, 2.0], [np.nan, np.inf]])
    shown = plot_images([image]).axes[0].images[0]
    assert shown.get_clim() == (0.0, 2.0)


@pytest.mark.parametrize(("count", "columns", "grid"), [(5, 2, (3, 2)), (3, None, (2, 2))])
def test_grid_shape(count, columns, grid):
    figure = plot_images([np.eye(2)] * count, columns=columns)
    specification = figure.axes[0].get_subplotspec().get_gridspec()
    assert (specification.nrows, specification.ncols) == grid


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "images: expected at least one"),
        (([np.eye(2)], ["a", "b"]), "titles: expected 1"),
        (([np.zeros(3)],), r"images\[0\]: expected shape"),
        (([np.eye(2), np.zeros((2, 2, 2))],), r"images\[1\]: expected shape"),
        (([np.zeros((0, 3))],), r"images\[0\]: is empty"),
    ],
)
def test_bad_images_name_the_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot_images(*arguments)


def test_zero_columns_are_refused():
    with pytest.raises(ValueError, match="columns: expected at least 1"):
        plot_images([np.eye(2)], columns=0)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for call in (lambda: plot_history({"loss": [1.0]}), lambda: plot_images([np.eye(2)])):
        with pytest.raises(ImportError, match=r"fastconv\[plot\]"):
            call()
