"""Each optimizer against its formula, written out in float64 NumPy; and the ways around it."""

import numpy as np
import pytest

import fastconv
from fastconv import optimizers
from fastconv.ops.update import CHUNK
from fastconv.ops.variable import Variable

ERROR = {"float32": 3e-6, "float64": 1e-13}
LR = float(np.float32(0.05))


class Reference:
    """State of one variable in the textbook's notation; `step` is one update."""

    def __init__(self, w, **kwargs):
        self.w = np.array(w, np.float64)
        self.t = 0
        self.k = kwargs
        self.s = {key: np.zeros_like(self.w) for key in "mvuadh"}
        self.product = 1.0

    def step(self, g):
        self.t += 1
        self.w = self.w - self.k.get("weight_decay", 0.0) * LR * self.w
        self.w = self.w - self.move(np.asarray(g, np.float64), self.t, self.s)


class SGD(Reference):
    def move(self, g, t, s):
        mu = self.k.get("momentum", 0.0)
        s["m"] = mu * s["m"] - LR * g
        return -(mu * s["m"] - LR * g if self.k.get("nesterov") else s["m"])


class Adam(Reference):
    def move(self, g, t, s):
        b1, b2 = 0.9, 0.999
        s["m"] = b1 * s["m"] + (1 - b1) * g
        s["v"] = b2 * s["v"] + (1 - b2) * g**2
        s["h"] = np.maximum(s["h"], s["v"])
        v = s["h"] if self.k.get("amsgrad") else s["v"]
        alpha = LR * np.sqrt(1 - b2**t) / (1 - b1**t)
        return alpha * s["m"] / (np.sqrt(v) + 1e-7)


class Adamax(Reference):
    def move(self, g, t, s):
        s["m"] = 0.9 * s["m"] + 0.1 * g
        s["u"] = np.maximum(0.999 * s["u"], abs(g))
        return LR / (1 - 0.9**t) * s["m"] / (s["u"] + 1e-7)


class Nadam(Reference):
    def move(self, g, t, s):
        b1, b2 = 0.9, 0.999
        u, following = (b1 * (1 - 0.5 * 0.96**i) for i in (t, t + 1))
        self.product *= u
        s["m"] = b1 * s["m"] + (1 - b1) * g
        s["v"] = b2 * s["v"] + (1 - b2) * g**2
        m = following * s["m"] / (1 - self.product * following) + (1 - u) * g / (1 - self.product)
        return LR * m / (np.sqrt(s["v"] / (1 - b2**t)) + 1e-7)


class RMSprop(Reference):
    def move(self, g, t, s):
        rho, mu = 0.9, self.k.get("momentum", 0.0)
        s["v"] = rho * s["v"] + (1 - rho) * g**2
        s["a"] = rho * s["a"] + (1 - rho) * g
        v = s["v"] - s["a"] ** 2 if self.k.get("centered") else s["v"]
        s["m"] = mu * s["m"] + LR * g / np.sqrt(v + 1e-7)
        return s["m"]


class Adagrad(Reference):
    def move(self, g, t, s):
        s["a"] = s["a"] + g**2
        return LR * g / np.sqrt(0.1 + s["a"] + 1e-7)


class Adadelta(Reference):
    def move(self, g, t, s):
        rho = 0.95
        s["a"] = rho * s["a"] + (1 - rho) * g**2
        d = g * np.sqrt(s["d"] + 1e-7) / np.sqrt(s["a"] + 1e-7)
        s["d"] = rho * s["d"] + (1 - rho) * d**2
        return LR * d


class Lion(Reference):
    def move(self, g, t, s):
        sign = np.sign(0.9 * s["m"] + 0.1 * g)
        s["m"] = 0.99 * s["m"] + 0.01 * g
        return LR * sign


CASES = [
    (SGD, {}),
    (SGD, {"momentum": 0.9}),
    (SGD, {"momentum": 0.9, "nesterov": True}),
    (Adam, {}),
    (Adam, {"amsgrad": True}),
    (Adam, {"weight_decay": 0.1}),
    (Adamax, {}),
    (Nadam, {}),
    (RMSprop, {}),
    (RMSprop, {"momentum": 0.5}),
    (RMSprop, {"centered": True}),
    (RMSprop, {"centered": True, "momentum": 0.5}),
    (Adagrad, {}),
    (Adadelta, {}),
    (Lion, {"weight_decay": 0.1}),
]
IDS = ["-".join([cls.__name__, *kwargs]) for cls, kwargs in CASES]
# A chunk and a bit, a scalar, an empty weight, sizes that fill no vector.
SHAPES = [(CHUNK + 5,), (), (0, 3), (3, 5), (17,)]


def make(cls, kwargs):
    return getattr(optimizers, cls.__name__)(learning_rate=0.05, **kwargs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("cls", "kwargs"), CASES, ids=IDS)
def test_update_follows_its_formula(cls, kwargs, dtype):
    rng = np.random.default_rng(1)
    start = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    variables = [Variable(w) for w in start]
    references = [cls(w, **kwargs) for w in start]
    optimizer = make(cls, kwargs)
    for _ in range(6):
        grads = [np.asarray(rng.normal(size=shape) + 0.1).astype(dtype) for shape in SHAPES]
        optimizer.apply(grads, variables)
        for reference, g in zip(references, grads, strict=True):
            reference.step(g)
    for v, reference in zip(variables, references, strict=True):
        assert v.dtype == dtype
        np.testing.assert_allclose(v.data, reference.w, rtol=ERROR[dtype], atol=ERROR[dtype])


@pytest.mark.parametrize(("cls", "kwargs"), CASES, ids=IDS)
def test_bits_do_not_depend_on_the_number_of_threads(cls, kwargs):
    rng = np.random.default_rng(2)
    start = rng.normal(size=9 * CHUNK + 3).astype(np.float32)
    grads = [rng.normal(size=start.size).astype(np.float32) for _ in range(3)]
    results = []
    before = fastconv.get_num_threads()
    for threads in (1, 2, 5):
        fastconv.set_num_threads(threads)
        w = Variable(start)
        optimizer = make(cls, {**kwargs, "global_clipnorm": 10.0})
        for g in grads:
            optimizer.apply([g], [w])
        results.append(w.data.copy())
    fastconv.set_num_threads(before)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@pytest.mark.parametrize(("cls", "kwargs"), CASES, ids=IDS)
def test_mixed_dtypes_are_updated_each_in_its_own(cls, kwargs):
    w = [Variable(np.full(5, 0.5, dtype)) for dtype in ("float32", "float64", "float32")]
    references = [cls(v.data, **kwargs) for v in w]
    optimizer = make(cls, kwargs)
    for step in range(3):
        optimizer.apply([np.full(5, 0.1 + step, v.dtype) for v in w], w)
        for reference in references:
            reference.step(np.full(5, 0.1 + step))
    for v, reference in zip(w, references, strict=True):
        np.testing.assert_allclose(v.data, reference.w, rtol=1e-5)


def test_clipnorm_scales_each_gradient_to_the_norm():
    w = [Variable(np.zeros(2, np.float32)), Variable(np.zeros((1, 2), np.float32))]
    optimizer = optimizers.SGD(learning_rate=1.0, clipnorm=1.0)
    optimizer.apply([np.array([3.0, 4.0], "f"), np.array([[0.3, 0.4]], "f")], w)
    np.testing.assert_allclose(w[0].data, [-0.6, -0.8], rtol=1e-6)
    np.testing.assert_allclose(w[1].data, [[-0.3, -0.4]], rtol=1e-6)


def test_global_clipnorm_scales_all_gradients_together():
    w = [Variable(np.zeros(1, np.float32)), Variable(np.zeros(1, np.float64))]
    optimizer = optimizers.SGD(learning_rate=1.0, global_clipnorm=1.0)
    optimizer.apply([np.array([3.0], "f"), np.array([4.0])], w)
    np.testing.assert_allclose([float(w[0].data[0]), w[1].data[0]], [-0.6, -0.8], rtol=1e-6)


@pytest.mark.parametrize("kwargs", [{"clipnorm": 1.0}, {"global_clipnorm": 1.0}])
def test_zero_gradients_survive_clipping_by_norm(kwargs):
    w = Variable(np.ones(3, np.float32))
    optimizers.SGD(learning_rate=1.0, **kwargs).apply([np.zeros(3, "f")], [w])
    np.testing.assert_array_equal(w.data, np.ones(3))


@pytest.mark.parametrize(
    "kwargs", [{}, {"clipvalue": 1.0}, {"clipnorm": 1.0}, {"global_clipnorm": 1.0}]
)
@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Lion"])
def test_nan_in_a_gradient_reaches_the_weight(name, kwargs):
    w = Variable(np.ones(20, np.float32))
    g = np.ones(20, np.float32)
    g[11] = np.nan
    optimizer = getattr(optimizers, name)(learning_rate=0.1, **kwargs)
    optimizer.apply([g], [w])
    assert np.isnan(w.data[11])


def test_norms_of_large_gradients_are_exact_to_float32():
    rng = np.random.default_rng(3)
    g = rng.normal(size=200_001).astype(np.float32)
    w = Variable(np.zeros(g.size, np.float32))
    optimizers.SGD(learning_rate=1.0, clipnorm=1.0).apply([g], [w])
    expected = -g / np.linalg.norm(g.astype(np.float64))
    np.testing.assert_allclose(w.data, expected, rtol=5e-7)


def test_excluded_variables_do_not_decay():
    w = [Variable(np.ones(2, np.float32), name=n) for n in ("kernel", "bias", "gamma")]
    optimizer = optimizers.AdamW(learning_rate=0.5, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_list=[w[2]], var_names=["bias"])
    optimizer.apply([np.zeros(2, "f")] * 3, w)
    np.testing.assert_allclose([v.data[0] for v in w], [0.95, 1.0, 1.0], rtol=1e-6)


def test_accumulated_steps_equal_one_step_with_the_mean():
    rng = np.random.default_rng(4)
    grads = [rng.normal(size=7).astype(np.float32) for _ in range(6)]
    w = Variable(np.ones(7, np.float32))
    optimizer = optimizers.Adam(learning_rate=0.1, gradient_accumulation_steps=3)
    for g in grads:
        optimizer.apply([g], [w])
    v = Variable(np.ones(7, np.float32))
    plain = optimizers.Adam(learning_rate=0.1)
    for i in (0, 3):
        plain.apply([np.mean(grads[i : i + 3], axis=0)], [v])
    np.testing.assert_allclose(w.data, v.data, rtol=1e-6)
    assert int(optimizer.variables[0].data) == 6
    assert int(optimizer.iterations) == 2
