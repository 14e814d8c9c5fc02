"""`summary()` of graphs, nested models and subclassed models: Keras 3.15's text, line for line."""

import numpy as np
import pytest

import fastconv as keras

layers = keras.layers


def printed(model, **options):
    found = []
    model.summary(print_fn=found.append, **options)
    return "".join(found)


def pair():
    image = keras.Input((8, 8, 1), name="img")
    encoder = keras.Sequential(
        [
            image,
            layers.Conv2D(4, 3, name="conv2d"),
            layers.GlobalMaxPooling2D(name="global_max_pooling2d"),
        ],
        name="encoder",
    )
    left, right = keras.Input((8, 8, 1), name="left"), keras.Input((8, 8, 1), name="right")
    a, b = encoder(left), encoder(right)
    encoder.layers[0].trainable = False
    both = layers.Concatenate(name="both_pictures_side_by_side")([a, b])
    outputs = {
        "score": layers.Dense(1, name="score")(both),
        "gap": layers.Subtract(name="gap")([a, b]),
    }
    return keras.Model([left, right], outputs, name="pair")


NESTED = """\
Model: "pair"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┓
┃ Layer (type)             ┃ Output Shape         ┃       Param # ┃ Connected to         ┃ Traina… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━┩
│ left (InputLayer)        │ (None, 8, 8, 1)      │             0 │ -                    │    -    │
├──────────────────────────┼──────────────────────┼───────────────┼──────────────────────┼─────────┤
│ right (InputLayer)       │ (None, 8, 8, 1)      │             0 │ -                    │    -    │
├──────────────────────────┼──────────────────────┼───────────────┼──────────────────────┼─────────┤
│ encoder (Sequential)     │ (None, 4)            │            40 │ left[0][0],          │    Y    │
│                          │                      │               │ right[0][0]          │         │
├──────────────────────────┼──────────────────────┼───────────────┼──────────────────────┼─────────┤
│    └ conv2d (Conv2D)     │ (None, 6, 6, 4)      │            40 │ -                    │    N    │
├──────────────────────────┼──────────────────────┼───────────────┼──────────────────────┼─────────┤
│    └                     │ (None, 4)            │             0 │ -                    │    -    │
│ global_max_pooling2d     │                      │               │                      │         │
│ (GlobalMaxPooling2D)     │                      │               │                      │         │
├──────────────────────────┼──────────────────────┼───────────────┼──────────────────────┼─────────┤
│ both_pictures_side_by_s… │ (None, 8)            │             0 │ encoder[0][0],       │    -    │
│ (Concatenate)            │                      │               │ encoder[1][0]        │         │
├──────────────────────────┼──────────────────────┼───────────────┼──────────────────────┼─────────┤
│ gap (Subtract)           │ (None, 4)            │             0 │ encoder[0][0],       │    -    │
│                          │                      │               │ encoder[1][0]        │         │
├──────────────────────────┼──────────────────────┼───────────────┼──────────────────────┼─────────┤
│ score (Dense)            │ (None, 1)            │             9 │ both_pictures_side_… │    Y    │
└──────────────────────────┴──────────────────────┴───────────────┴──────────────────────┴─────────┘
 Total params: 49 (196.00 B)
 Trainable params: 9 (36.00 B)
 Non-trainable params: 40 (160.00 B)
"""

RANGE = """\
Model: "pair"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)             ┃ Output Shape         ┃      Param # ┃ Connected to          ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━┩
│ left (InputLayer)        │ (None, 8, 8, 1)      │            0 │ -                     │
├──────────────────────────┼──────────────────────┼──────────────┼───────────────────────┤
│ right (InputLayer)       │ (None, 8, 8, 1)      │            0 │ -                     │
├──────────────────────────┼──────────────────────┼──────────────┼───────────────────────┤
│ encoder (Sequential)     │ (None, 4)            │           40 │ left[0][0],           │
│                          │                      │              │ right[0][0]           │
└──────────────────────────┴──────────────────────┴──────────────┴───────────────────────┘
 Total params: 49 (196.00 B)
 Trainable params: 9 (36.00 B)
 Non-trainable params: 40 (160.00 B)
"""

SUBCLASSED = """\
Model: "net"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ Layer (type)             ┃ Output Shape      ┃   Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━┩
│ d (Dense)                │ (1, 3)            │        15 │
├──────────────────────────┼───────────────────┼───────────┤
│ o (Dropout)              │ ?                 │         0 │
├──────────────────────────┼───────────────────┼───────────┤
│ c (Concatenate)          │ (1, 7)            │         0 │
└──────────────────────────┴───────────────────┴───────────┘
 Total params: 15 (60.00 B)
 Trainable params: 15 (60.00 B)
 Non-trainable params: 0 (0.00 B)
"""


def test_nested_layers_are_indented_and_frozen_ones_marked():
    text = printed(pair(), expand_nested=True, show_trainable=True, line_length=100)
    assert text.splitlines() == NESTED.splitlines()


def test_a_range_of_layers_is_given_by_patterns():
    text = printed(pair(), line_length=90, layer_range=["left", "enc.*"])
    assert text.splitlines() == RANGE.splitlines()
    with pytest.raises(ValueError, match="do not match the layer names"):
        pair().summary(layer_range=["nothing", "left"])


def test_a_subclassed_model_shows_the_shapes_it_was_built_for():
    class Net(keras.Model):
        def __init__(self):
            super().__init__(name="net")
            self.d = layers.Dense(3, name="d")
            self.o = layers.Dropout(0.5, name="o")
            self.c = layers.Concatenate(name="c")

        def call(self, x):
            return self.c([self.o(self.d(x)), x])

    net = Net()
    net(np.ones((1, 4), "float32"))
    assert printed(net, line_length=60).splitlines() == SUBCLASSED.splitlines()


def test_a_sequential_model_shows_the_batch_it_was_called_with_but_not_the_one_it_was_trained_on():
    x, y = np.ones((5, 4), "float32"), np.ones((5, 2), "float32")
    called, trained = keras.Sequential([layers.Dense(2)]), keras.Sequential([layers.Dense(2)])
    called(x)
    trained.compile("sgd", "mse")
    trained.fit(x, y, verbose=0)
    assert "(5, 2)" in printed(called) and "(None, 2)" in printed(trained)
    assert called(x[:3]).shape == (3, 2)


def test_a_console_too_narrow_is_refused():
    with pytest.raises(ValueError, match="Insufficient console width"):
        pair().summary(line_length=10)
