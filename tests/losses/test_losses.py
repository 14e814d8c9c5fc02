"""Derivatives, labels out of range, reductions, names and subclasses of losses."""

import numpy as np
import pytest

import fastconv
from fastconv import losses, ops
from fastconv._registry import deserialize_keras_object, serialize_keras_object
from fastconv._runtime import Program
from fastconv.ops.loss import raise_bad_labels
from fastconv.ops.tape import Tape
from fastconv.ops.tensor import Activated, Tensor

RNG = np.random.default_rng(5)
FLOATS = RNG.normal(size=(4, 5))
OTHERS = FLOATS + RNG.normal(size=(4, 5))
POSITIVE = RNG.uniform(0.2, 2.0, size=(4, 5))
CHANCES = RNG.uniform(0.1, 0.9, size=(4, 5))
SIGNS = np.where(RNG.normal(size=(4, 5)) > 0, 1.0, -1.0)
SHARES = RNG.dirichlet(np.ones(5), size=4)
LABELS = np.array([0, 3, 4, 1])
PAIRS = {
    "mean_squared_error": (FLOATS, OTHERS),
    "mean_absolute_error": (FLOATS, OTHERS),
    "mean_absolute_percentage_error": (FLOATS, OTHERS),
    "mean_squared_logarithmic_error": (POSITIVE, POSITIVE[::-1]),
    "huber": (FLOATS, OTHERS),
    "log_cosh": (FLOATS, OTHERS),
    "poisson": (POSITIVE, POSITIVE[::-1]),
    "kl_divergence": (SHARES, CHANCES),
    "hinge": (SIGNS, FLOATS),
    "squared_hinge": (SIGNS, FLOATS),
    "categorical_hinge": (np.eye(5)[LABELS], FLOATS),
    "cosine_similarity": (FLOATS, OTHERS),
    "binary_crossentropy": (CHANCES[::-1], CHANCES),
    "binary_focal_crossentropy": (CHANCES[::-1], CHANCES),
    "categorical_crossentropy": (SHARES, CHANCES),
    "categorical_focal_crossentropy": (SHARES, CHANCES),
    "sparse_categorical_crossentropy": (LABELS, CHANCES),
    "categorical_generalized_cross_entropy": (LABELS, CHANCES),
    "dice": (CHANCES[::-1], CHANCES),
    "tversky": (CHANCES[::-1], CHANCES),
}
VARIANTS = [
    *((name, {}) for name in PAIRS if name != "categorical_generalized_cross_entropy"),
    ("categorical_generalized_cross_entropy", {"q": 0.7}),
    ("huber", {"delta": 0.3}),
    ("binary_crossentropy", {"from_logits": True, "label_smoothing": 0.2}),
    ("binary_crossentropy", {"label_smoothing": 0.1, "axis": 0}),
    ("binary_focal_crossentropy", {"apply_class_balancing": True, "gamma": 1.5}),
    ("binary_focal_crossentropy", {"from_logits": True}),
    ("categorical_crossentropy", {"from_logits": True, "label_smoothing": 0.1}),
    ("categorical_crossentropy", {"axis": 0}),
    ("categorical_focal_crossentropy", {"gamma": 3.0, "label_smoothing": 0.1}),
    ("categorical_focal_crossentropy", {"from_logits": True}),
    ("sparse_categorical_crossentropy", {"from_logits": True}),
    ("sparse_categorical_crossentropy", {"from_logits": True, "ignore_class": 3}),
    ("cosine_similarity", {"axis": 0}),
    ("tversky", {"alpha": 0.3, "beta": 0.9, "axis": 1}),
]


def numerical(function, x, h=1e-6):
    slope = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += h
        down[index] -= h
        slope[index] = (function(up) - function(down)) / (2 * h)
    return slope


@pytest.mark.parametrize(("name", "kwargs"), VARIANTS, ids=lambda v: str(v))
def test_gradients_are_the_numerical_ones(name, kwargs):
    y_true, y_pred = PAIRS[name]
    if kwargs.get("from_logits"):
        y_pred = FLOATS
    function = getattr(losses, name)
    weight = np.array([0.5, 2.0, 1.0, 0.25])

    def whole(t, p):
        values = function(t, p, **kwargs)
        if values.ndim == 1 and values.shape == weight.shape:
            values = values * weight
        return ops.sum(values)

    t, p = Tensor(np.ascontiguousarray(y_true)), Tensor(np.ascontiguousarray(y_pred))
    with Tape() as tape:
        tape.watch(p)
        tape.watch(t)
        value = whole(t, p)
    by_true, by_pred = tape.gradient(value, [t, p])
    np.testing.assert_allclose(
        by_pred, numerical(lambda x: float(whole(t, Tensor(x))), p.data), rtol=1e-5, atol=1e-7
    )
    if t.data.dtype.kind == "f":
        np.testing.assert_allclose(
            by_true, numerical(lambda x: float(whole(Tensor(x), p)), t.data), rtol=1e-5, atol=1e-7
        )


@pytest.mark.parametrize("rows", [1, 2, 33])
@pytest.mark.parametrize("columns", [1, 3, 257, 1000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_size_gives_the_mean(rows, columns, dtype):
    t = RNG.normal(size=(rows, columns)).astype(dtype)
    p = RNG.normal(size=(rows, columns)).astype(dtype)
    value = losses.mean_squared_error(t, p)
    assert value.dtype == dtype
    expected = ((t.astype(float) - p) ** 2).mean(-1)
    np.testing.assert_allclose(value.data, expected, rtol=1e-6)
    np.testing.assert_allclose(float(losses.MeanSquaredError()(t, p)), expected.mean(), rtol=1e-6)


def test_bits_do_not_depend_on_the_number_of_threads():
    z = RNG.normal(size=(5000, 37)).astype("f")
    y = RNG.integers(0, 37, size=5000)
    results = []
    before = fastconv.get_num_threads()
    for threads in (1, 3):
        fastconv.set_num_threads(threads)
        p = Tensor(z)
        with Tape() as tape:
            tape.watch(p)
            value = losses.SparseCategoricalCrossentropy(from_logits=True)(y, p)
        results.append((value.data, tape.gradient(value, [p])[0]))
    fastconv.set_num_threads(before)
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("bad", [5, -1, 10**12])
def test_label_out_of_range_is_named(bad, from_logits):
    with pytest.raises(ValueError, match=f"labels from 0 to 4.*received the label {bad}$"):
        losses.sparse_categorical_crossentropy([0, bad], CHANCES[:2], from_logits=from_logits)
    losses.sparse_categorical_crossentropy([0, 1], CHANCES[:2])


def test_label_out_of_range_in_a_replayed_step_waits_for_the_question():
    labels = np.array([0, 1])
    program = Program()
    with program:
        losses.sparse_categorical_crossentropy(Tensor(labels), CHANCES[:2])
    raise_bad_labels()
    labels[1] = 7
    program.run()
    with pytest.raises(ValueError, match="received the label 7"):
        raise_bad_labels()
    raise_bad_labels()


def test_nan_label_is_out_of_range():
    with pytest.raises(ValueError, match="expected labels from 0 to 4"):
        losses.sparse_categorical_crossentropy(np.array([0.0, np.nan]), CHANCES[:2])


@pytest.mark.parametrize("name", ["mean_squared_error", "binary_crossentropy", "huber", "hinge"])
def test_nan_in_predictions_or_targets_shows_in_the_loss(name):
    function = getattr(losses, name)
    bad = CHANCES.copy()
    bad[1, 2] = np.nan
    for pair in ((CHANCES, bad), (bad, CHANCES)):
        assert np.isnan(function(*pair).data).tolist() == [False, True, False, False]


@pytest.mark.parametrize("from_logits", [False, True])
def test_nan_in_predictions_shows_in_the_crossentropies(from_logits):
    bad = CHANCES.copy()
    bad[1, 2] = np.nan
    for value in (
        losses.sparse_categorical_crossentropy(LABELS, bad, from_logits=from_logits),
        losses.categorical_crossentropy(SHARES, bad, from_logits=from_logits),
    ):
        assert np.isnan(value.data).tolist() == [False, True, False, False]


def test_ignored_labels_do_not_count_in_the_mean():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    value = loss([0, -1, 2, -1], CHANCES)
    p = CHANCES / CHANCES.sum(-1, keepdims=True)
    expected = -(np.log(p[0, 0]) + np.log(p[2, 2])) / 2
    np.testing.assert_allclose(float(value), expected, rtol=1e-6)
    assert float(loss([-1, -1], CHANCES[:2])) == 0.0


def test_saturated_logits_stay_exact():
    z = np.array([[1000.0, 0.0], [0.0, -800.0]])
    value = losses.sparse_categorical_crossentropy([1, 1], z, from_logits=True)
    np.testing.assert_array_equal(value.data, [1000.0, 800.0])
    value = losses.binary_crossentropy([[0.0], [1.0]], z[:, :1] * [[1], [0]], from_logits=True)
    np.testing.assert_allclose(value.data, [1000.0, np.log(2)])


def test_from_logits_on_a_softmax_output_warns_and_uses_the_logits():
    z = Tensor(FLOATS)
    p = Activated(np.full((4, 5), 0.2), "softmax", z)
    with pytest.warns(UserWarning, match="was produced by a Softmax activation"):
        value = losses.sparse_categorical_crossentropy(LABELS, p, from_logits=True)
    expected = losses.sparse_categorical_crossentropy(LABELS, FLOATS, from_logits=True)
    np.testing.assert_array_equal(value.data, expected.data)


def test_softmax_over_another_axis_is_not_undone():
    p = Activated(CHANCES, "softmax", Tensor(FLOATS), axis=0)
    value = losses.sparse_categorical_crossentropy(LABELS, p)
    np.testing.assert_array_equal(
        value.data, losses.sparse_categorical_crossentropy(LABELS, CHANCES).data
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.MeanSquaredError(reduction="foo"), "argument `reduction`.*reduction=foo"),
        (
            lambda: losses.MeanSquaredError()(FLOATS[:, :2], FLOATS),
            r"y_true.shape=\(4, 2\) and y_pred.shape=\(4, 5\)",
        ),
        (
            lambda: losses.CategoricalCrossentropy()(LABELS, CHANCES),
            r"same rank.*target.shape=\(4,\), output.shape=\(4, 5\).*with `sparse`",
        ),
        (
            lambda: losses.CategoricalCrossentropy()(LABELS[:, None], CHANCES),
            "same shape.*with `sparse`",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()(SHARES, CHANCES),
            "up until the last dimension.*without `sparse`",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()(LABELS[:2], CHANCES),
            "up until the last dimension",
        ),
        (
            lambda: losses.MeanSquaredError()(FLOATS, OTHERS, sample_weight=np.ones(3)),
            r"sample_weight: shape \(3,\) does not fit losses of shape \(4,\)",
        ),
        (lambda: losses.CategoricalCrossentropy(axis=True)(SHARES, CHANCES), "type `int`"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.5), "interval"),
        (lambda: losses.get("foo"), "Could not interpret loss identifier: foo"),
        (lambda: losses.get(3), "Could not interpret loss identifier: 3"),
        (lambda: losses.get({"a": 1}), "Could not interpret loss identifier"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_names_and_aliases_are_found():
    for alias in ("mse", "MSE", "mean_squared_error"):
        assert losses.get(alias) is losses.mean_squared_error
    for alias, function in {
        "mae": losses.mean_absolute_error,
        "mape": losses.mean_absolute_percentage_error,
        "msle": losses.mean_squared_logarithmic_error,
        "bce": losses.binary_crossentropy,
        "kld": losses.kl_divergence,
    }.items():
        assert losses.get(alias) is losses.get(alias.upper()) is function
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)
    assert isinstance(losses.get(losses.Huber), losses.Huber)
    assert losses.get(None) is None
    made = losses.get({"class_name": "Huber", "config": {"delta": 2.0}})
    assert made._fn_kwargs == {"delta": 2.0}


CLASSES = [
    cls
    for cls in vars(losses).values()
    if isinstance(cls, type) and issubclass(cls, losses.Loss) and cls is not losses.Loss
]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_config_round_trips(cls):
    if cls is losses.LossFunctionWrapper:
        loss = cls(losses.mean_squared_error, name="x", reduction="sum")
    else:
        loss = cls(reduction="sum", name="x")
    back = deserialize_keras_object(serialize_keras_object(loss))
    assert type(back) is cls
    assert back.get_config() == loss.get_config()
    assert (back.name, back.reduction) == ("x", "sum")


def test_configs_hold_kerass_keys_only():
    assert losses.Huber().get_config() == {
        "name": "huber_loss",
        "reduction": "sum_over_batch_size",
    }
    assert losses.Huber(delta=2.0).get_config()["delta"] == 2.0
    assert losses.SparseCategoricalCrossentropy().get_config() == {
        "name": "sparse_categorical_crossentropy",
        "reduction": "sum_over_batch_size",
        "from_logits": False,
        "ignore_class": None,
    }


class Quartic(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean((y_true - y_pred) ** 4, axis=-1)


def test_loss_of_the_user_is_averaged_and_differentiated():
    loss = Quartic()
    assert loss.name == "quartic"
    p = Tensor(OTHERS)
    with Tape() as tape:
        tape.watch(p)
        value = loss(FLOATS.astype(int), p, sample_weight=[1, 0, 0, 3])
    t = FLOATS.astype(int)
    rows = ((t - OTHERS) ** 4).mean(-1)
    np.testing.assert_allclose(float(value), (rows * [1, 0, 0, 3]).sum() / 4)
    expected = 4 * (OTHERS - t) ** 3 / 5 / 4 * np.array([[1], [0], [0], [3]])
    np.testing.assert_allclose(tape.gradient(value, [p])[0], expected)


def test_base_class_says_what_to_override():
    with pytest.raises(NotImplementedError, match="must override `call"):
        losses.Loss()(FLOATS, OTHERS)


def test_weights_of_other_shapes_broadcast():
    t, p = np.zeros((2, 3, 4), "f"), np.ones((2, 3, 4), "f")
    p[1] = 2
    loss = losses.MeanSquaredError()
    by_row = loss(t, p, sample_weight=np.array([[1.0], [0.5]]))
    np.testing.assert_allclose(float(by_row), (3 * 1 + 3 * 0.5 * 4) / 6)
    by_weight = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    np.testing.assert_allclose(
        float(by_weight(t, p, sample_weight=np.array([[1.0], [0.5]]))), (3 + 6) / 1.5
    )
    np.testing.assert_allclose(float(loss(t, p, sample_weight=2.0)), 2 * 2.5)


def test_loss_dtype_is_obeyed():
    value = losses.MeanSquaredError(dtype="float64")(FLOATS.astype("f"), OTHERS.astype("f"))
    assert value.dtype == np.float64
    assert losses.MeanSquaredError()(FLOATS, OTHERS).dtype == np.float64
    assert losses.MeanSquaredError()([1, 2], [2, 4]).dtype == np.float32


def test_reductions_of_zero_weights_are_zero():
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    assert float(loss(FLOATS, OTHERS, sample_weight=np.zeros(4))) == 0.0


def test_steps_with_a_loss_are_replayed():
    t, z = Tensor(LABELS.copy()), Tensor(FLOATS.copy())
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    program = Program()
    with program, Tape() as tape:
        tape.watch(z)
        value = loss(t, z, sample_weight=Tensor(np.array([1.0, 2, 3, 4])))
        gradient = tape.gradient(value, [z])[0]
    assert program.spoiled is None
    z.data[...] = OTHERS
    t.data[...] = LABELS[::-1]
    program.run()
    expected = loss(LABELS[::-1].copy(), OTHERS, sample_weight=[1.0, 2, 3, 4])
    np.testing.assert_array_equal(value.data, expected.data)
    assert gradient.shape == z.shape


def test_binary_crossentropy_does_not_stretch_labels_over_outputs():
    p = np.full((3, 2), 0.5, "float32")
    with pytest.raises(ValueError, match="must have the same shape"):
        losses.BinaryCrossentropy()(np.array([[0], [1], [1]]), p)
