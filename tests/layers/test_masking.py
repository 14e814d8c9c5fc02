"""Masks from Embedding and Masking to pooling, losses and metrics; numbers are Keras 3.15's."""

import warnings

import numpy as np
import pytest

import fastconv as keras

layers = keras.layers
IDS = np.array([[1, 2, 0, 0], [3, 4, 5, 0], [1, 0, 2, 3]], "int32")
MASK = IDS != 0
LABELS = np.array([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]], "int32")
TABLE = np.linspace(-1, 1, 21).reshape(7, 3)
KERNEL = np.linspace(-1, 1, 6).reshape(3, 2)


def embedded():
    embedding = layers.Embedding(7, 3, mask_zero=True)
    embedding.build()
    embedding.set_weights([TABLE])
    return embedding(IDS)


def mask_of(tensor):
    mask = getattr(tensor, "_keras_mask", None)
    return None if mask is None else np.asarray(mask)


def test_embedding_masks_zeros_only_when_asked():
    np.testing.assert_array_equal(mask_of(embedded()), MASK)
    assert mask_of(layers.Embedding(7, 3)(IDS)) is None


def test_masking_zeroes_the_steps_it_masks():
    x = np.where(MASK[..., None], IDS[..., None] * np.ones(3), -1).astype("float32")
    y = layers.Masking(mask_value=-1.0)(x)
    np.testing.assert_array_equal(y.numpy(), IDS[..., None] * np.ones(3))
    np.testing.assert_array_equal(mask_of(y), MASK)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(2),
        layers.Dropout(0.5),
        layers.Activation("relu"),
        layers.LayerNormalization(),
        layers.Identity(),
        layers.Rescaling(2.0),
    ],
    ids=lambda layer: layer.name,
)
def test_layers_that_support_masks_pass_them_on(layer):
    np.testing.assert_array_equal(mask_of(layer(embedded(), training=False)), MASK)


def test_a_layer_that_does_not_support_masks_warns_and_drops_it():
    with pytest.warns(UserWarning, match="does not support masking and will therefore destroy"):
        assert mask_of(layers.Conv1D(2, 2)(embedded())) is None


def test_pooling_averages_the_steps_that_count_and_ends_the_mask():
    y = layers.GlobalAveragePooling1D()(embedded())
    expected = [[-0.55, -0.45, -0.35], [0.2, 0.3, 0.4], [-0.4, -0.3, -0.2]]
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-6)
    assert mask_of(y) is None


def test_merging_joins_masks():
    y, plain = embedded(), np.ones((3, 4, 3), "float32")
    shorter = keras.ops.convert_to_tensor(plain)
    shorter._keras_mask = keras.ops.convert_to_tensor(np.eye(3, 4) > 0)
    np.testing.assert_array_equal(mask_of(layers.Add()([y, shorter])), MASK | (np.eye(3, 4) > 0))
    assert mask_of(layers.Add()([y, plain])) is None
    steps = layers.Concatenate(axis=1)([y, plain])
    np.testing.assert_array_equal(mask_of(steps), np.hstack([MASK, np.ones((3, 4), bool)]))
    assert mask_of(layers.Concatenate(axis=-1)([y, plain])).all()
    assert mask_of(layers.Dot(axes=(2, 2))([y, y])) is None
    with pytest.raises(ValueError, match="`mask` should be a list"):
        layers.Add().compute_mask([y, y], y._keras_mask)
    with pytest.raises(ValueError, match="should have the same length"):
        layers.Add().compute_mask([y, y], [None])


def test_batch_normalization_takes_moments_of_the_steps_that_count():
    layer = layers.BatchNormalization(momentum=0.5)
    y = layer(embedded(), training=True)
    np.testing.assert_allclose(y.numpy()[0, :, 0], [-1.22997, -0.47307, -1.98688, -1.98688], 1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), [-0.10625, -0.05625, -0.00625], 1e-4)
    np.testing.assert_allclose(layer.moving_variance.numpy(), [0.57805] * 3, 1e-4)


def labeller(loss, **compiled):
    ids = keras.Input((4,), dtype="int32")
    x = layers.Embedding(7, 3, mask_zero=True)(ids)
    outputs = layers.Dense(2, activation="softmax")(layers.Dropout(0.3)(x))
    model = keras.Model(ids, outputs)
    model.set_weights([TABLE, KERNEL, np.array([0.1, 0.2])])
    model.compile("sgd", loss, **compiled)
    return model


@pytest.mark.parametrize(
    ("weights", "loss", "weighted"),
    [
        (None, 0.68589, 0.68589),
        (np.array([[1.0], [2.0], [0.5]], "float32"), 0.85658, 0.72133),
        (np.linspace(0.1, 2, 12).reshape(3, 4).astype("float32"), 0.75547, 0.70500),
    ],
)
def test_losses_and_metrics_leave_masked_steps_out(weights, loss, weighted):
    name = "sparse_categorical_crossentropy"
    model = labeller(name, metrics=["accuracy"], weighted_metrics=[name])
    found = model.evaluate(IDS, LABELS, sample_weight=weights, verbose=0, return_dict=True)
    assert found == pytest.approx({"accuracy": 0.625, "loss": loss, name: weighted}, abs=2e-5)


def test_the_mask_and_ignore_class_both_count():
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=1)
    model = labeller(loss)
    values = -np.log(model.predict(IDS, verbose=0)[..., 0])
    counted = MASK & (LABELS != 1)
    assert model.evaluate(IDS, LABELS, verbose=0) == pytest.approx(values[counted].mean(), rel=1e-5)


def test_training_on_padded_text_goes_as_in_keras():
    model = keras.Sequential([layers.Embedding(7, 3, mask_zero=True), layers.Dense(2)])
    model.build((None, 4))
    model.set_weights([TABLE, KERNEL, np.array([0.1, 0.2])])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    x, y = np.tile(IDS, (5, 1)), np.tile(np.eye(2, dtype="float32")[LABELS], (5, 1, 1))
    history = model.fit(x, y, epochs=3, batch_size=4, shuffle=False, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [0.24807, 0.20669, 0.18839], atol=1e-5)
    expected = [[-0.95906, -0.66983], [-0.17081, 0.16694], [0.61744, 1.0037]]
    np.testing.assert_allclose(model.get_weights()[1], expected, atol=2e-5)


def test_the_mask_of_a_model_s_output_is_of_the_call_s_own_inputs():
    model = labeller("mse")
    for ids in (IDS, IDS[::-1].copy(), IDS):  # the second and third replay a recorded pass
        np.testing.assert_array_equal(mask_of(model(ids)), ids != 0)


def test_layers_of_one_s_own_get_the_mask_and_may_change_it():
    seen = []

    class Doubled(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.supports_masking = True

        def call(self, x, mask=None):
            seen.append(None if mask is None else mask.shape)
            return x * 2

    class EverySecond(layers.Layer):
        def compute_mask(self, inputs, mask=None):
            return None if mask is None else mask[:, ::2]

        def call(self, x):
            return x[:, ::2]

    class Pair(layers.Layer):
        def call(self, q, v, q_mask=None, v_mask=None):
            seen.append((q_mask is not None, v_mask is not None))
            return q + v

    y = embedded()
    np.testing.assert_array_equal(mask_of(Doubled()(y)), MASK)
    np.testing.assert_array_equal(mask_of(EverySecond()(y)), MASK[:, ::2])
    Pair()(np.ones((3, 4, 3), "float32"), np.ones((3, 4, 3), "float32"))
    with pytest.warns(UserWarning, match="destroy the mask"):
        Pair()(y, np.ones((3, 4, 3), "float32"))
    assert seen[0] == (3, 4) and seen[-2:] == [(False, False), (True, False)]


def test_a_mask_may_be_given_by_hand():
    x = np.arange(24.0).reshape(2, 4, 3).astype("float32")
    mask = np.array([[1, 0, 1, 1], [0, 0, 0, 1]], bool)
    y = layers.GlobalAveragePooling1D()(x, mask=mask)
    np.testing.assert_allclose(y.numpy(), [[5, 6, 7], [21, 22, 23]])


def test_an_inner_model_gets_the_mask_and_files_keep_mask_zero(tmp_path):
    inside = keras.Input((4, 3))
    inner = keras.Model(inside, layers.GlobalAveragePooling1D()(inside))
    ids = keras.Input((4,), dtype="int32")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in Keras, a model does not say it supports masks
        model = keras.Model(ids, inner(layers.Embedding(7, 3, mask_zero=True)(ids)))
        model.set_weights([TABLE])
        model.save(tmp_path / "m.keras")
        again = keras.models.load_model(tmp_path / "m.keras")
        expected = [[-0.55, -0.45, -0.35], [0.2, 0.3, 0.4], [-0.4, -0.3, -0.2]]
        np.testing.assert_allclose(again.predict(IDS, verbose=0), expected, atol=1e-6)
