"""What optimizers share: arguments, config, variables, errors, subclasses of the user."""

import numpy as np
import pytest

from fastconv import ops, optimizers
from fastconv._registry import deserialize_keras_object, serialize_keras_object
from fastconv._runtime import Program
from fastconv.ops.variable import Variable
from fastconv.optimizers import schedules

NAMES = ["SGD", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Adagrad", "Adadelta", "Lion"]


def weight(value=1.0, shape=(3,), dtype="float32", name=None):
    return Variable(np.full(shape, value, dtype), name=name)


def ones(shape=(3,), dtype="float32"):
    return np.ones(shape, dtype)


@pytest.mark.parametrize("name", NAMES)
def test_config_round_trips(name):
    optimizer = getattr(optimizers, name)(
        learning_rate=0.25, clipnorm=2.0, use_ema=True, ema_overwrite_frequency=4, name="mine"
    )
    config = serialize_keras_object(optimizer)
    assert config["module"] == "keras.optimizers"
    assert config["registered_name"] is None
    back = deserialize_keras_object(config)
    assert type(back) is type(optimizer)
    assert back.get_config() == optimizer.get_config()
    assert config["config"]["learning_rate"] == 0.25


def test_config_has_kerass_keys_in_kerass_order():
    assert optimizers.Adam(name="adam").get_config() == {
        "name": "adam",
        "learning_rate": 0.0010000000474974513,
        "weight_decay": None,
        "clipnorm": None,
        "global_clipnorm": None,
        "clipvalue": None,
        "use_ema": False,
        "ema_momentum": 0.99,
        "ema_overwrite_frequency": None,
        "loss_scale_factor": None,
        "gradient_accumulation_steps": None,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-07,
        "amsgrad": False,
    }
    assert list(optimizers.SGD().get_config())[:4] == [
        "name",
        "learning_rate",
        "weight_decay",
        "clipnorm",
    ]


@pytest.mark.parametrize("name", ["adam", "ADAM", "Adam"])
def test_get_takes_a_name_in_any_case(name):
    assert type(optimizers.get(name)) is optimizers.Adam


def test_get_takes_a_config_an_object_or_none():
    made = optimizers.get({"class_name": "SGD", "config": {"learning_rate": 0.5}})
    assert float(made.learning_rate) == 0.5
    assert optimizers.get(made) is made
    assert optimizers.get(None) is None


@pytest.mark.parametrize("wrong", ["Foo", 3, optimizers.Adam, ["adam"]])
def test_get_names_what_it_cannot_interpret(wrong):
    with pytest.raises(ValueError, match="Could not interpret optimizer identifier"):
        optimizers.get(wrong)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optimizers.Adam(lr=0.1), r"Argument\(s\) not recognized: {'lr': 0.1}"),
        (lambda: optimizers.Adam(learning_rate=1), "`learning_rate` should be float"),
        (lambda: optimizers.Adam(learning_rate="x"), "`learning_rate` should be float"),
        (lambda: optimizers.SGD(momentum=1), "must be a float between"),
        (lambda: optimizers.SGD(momentum=1.5), "must be a float between"),
        (lambda: optimizers.Adam(clipnorm=1, clipvalue=1), "Only one of `clipnorm`"),
        (lambda: optimizers.Adam(use_ema=True, ema_momentum=2), "`ema_momentum` must be in"),
        (
            lambda: optimizers.Adam(use_ema=True, ema_overwrite_frequency=0.5),
            "`ema_overwrite_frequency` must be an integer",
        ),
        (lambda: optimizers.Adam(gradient_accumulation_steps=1), "must be an integer >= 2"),
        (lambda: optimizers.AdamW(weight_decay=None), "`weight_decay` must be a float"),
        (lambda: optimizers.Lion(beta_1=0.0), "degenerates to SignSGD"),
        (lambda: optimizers.Adam(name="a/b"), "cannot contain character"),
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.5), "`decay_steps` must be > 0"),
        (lambda: schedules.CosineDecayRestarts(0.1, -1), "`first_decay_steps` must be > 0"),
        (lambda: schedules.PiecewiseConstantDecay([1], [1.0]), "1 less than the length of values"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_decay_of_old_keras_warns():
    with pytest.warns(UserWarning, match="`decay` is no longer supported"):
        optimizers.Adam(decay=0.1)


def test_learning_rate_is_a_settable_variable():
    w = weight()
    optimizer = optimizers.SGD(learning_rate=0.5)
    optimizer.apply([ones()], [w])
    optimizer.learning_rate = 0.25
    optimizer.apply([ones()], [w])
    optimizer.learning_rate.assign(0.125)
    optimizer.apply([ones()], [w])
    np.testing.assert_allclose(w.data, np.full(3, 0.125), rtol=1e-6)
    assert optimizer.learning_rate.path == f"{optimizer.name}/learning_rate"
    assert int(optimizer.iterations) == 3


def test_learning_rate_set_between_replays_is_obeyed():
    w = weight()
    optimizer = optimizers.SGD(learning_rate=0.5)
    optimizer.build([w])
    program = Program()
    with program:
        optimizer.apply([ones()], [w])
    optimizer.learning_rate = 0.25
    program.run()
    np.testing.assert_allclose(w.data, np.full(3, 0.25))


def test_schedule_is_not_settable_but_replaces():
    decay = schedules.ExponentialDecay(0.1, 10, 0.5)
    optimizer = optimizers.SGD(decay)
    with pytest.raises(TypeError, match="its learning rate is not settable"):
        optimizer.learning_rate = 0.3
    assert [v.name for v in optimizer.variables] == ["iteration"]
    other = optimizers.SGD(0.1)
    other.learning_rate = decay
    assert [v.name for v in other.variables] == ["iteration"]
    assert float(other.learning_rate) == np.float32(0.1)


def test_callable_learning_rate_is_asked_every_step():
    rates = iter([0.5, 0.25])
    optimizer = optimizers.SGD(lambda: next(rates))
    w = weight()
    program = Program()
    with program:
        optimizer.apply([ones()], [w])
    assert program.spoiled is not None
    optimizer.apply([ones()], [w])
    np.testing.assert_allclose(w.data, np.full(3, 0.25))


class Root(schedules.LearningRateSchedule):
    def __call__(self, step):
        return 1.0 / ops.sqrt(ops.cast(step, "float32") + 1.0)

    def get_config(self):
        return {}


def test_schedule_of_ops_is_replayed_with_its_step():
    w = weight(0.0)
    optimizer = optimizers.SGD(Root())
    optimizer.build([w])
    program = Program()
    with program:
        optimizer.apply([ones()], [w])
    assert program.spoiled is None
    program.run(3)
    expected = -sum(1 / np.sqrt(step + 1) for step in range(4))
    np.testing.assert_allclose(w.data, np.full(3, expected), rtol=1e-6)


class Python(schedules.LearningRateSchedule):
    def __call__(self, step):
        return 1.0 if int(step) < 2 else 0.5


def test_schedule_of_python_numbers_is_not_replayed():
    w = weight(0.0)
    optimizer = optimizers.SGD(Python())
    optimizer.build([w])
    program = Program()
    with program:
        optimizer.apply([ones()], [w])
    assert program.spoiled is not None
    for _ in range(2):
        optimizer.apply([ones()], [w])
    np.testing.assert_allclose(w.data, np.full(3, -2.5))


def test_schedule_of_own_is_saved_by_its_registered_name():
    config = serialize_keras_object(optimizers.SGD(Root()))
    back = deserialize_keras_object(config, {"Root": Root})
    assert isinstance(back._learning_rate, Root)


def test_missing_gradients_warn_and_are_left_out():
    a, b = weight(name="a"), weight(name="b")
    optimizer = optimizers.SGD(learning_rate=1.0)
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['b'\]"):
        optimizer.apply([ones(), None], [a, b])
    np.testing.assert_array_equal(a.data, np.zeros(3))
    np.testing.assert_array_equal(b.data, np.ones(3))
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply([None, None], [a, b])
    optimizer.apply([], [])
    assert int(optimizer.iterations) == 1


def test_gradients_and_variables_must_fit():
    a, b = weight(), weight()
    optimizer = optimizers.Adam()
    with pytest.raises(ValueError, match="the optimizer must already be built"):
        optimizer.apply([ones()])
    optimizer.build([a, b])
    with pytest.raises(ValueError, match="Received a list of 1 gradients"):
        optimizer.apply([ones()])
    with pytest.raises(ValueError, match="Unknown variable"):
        optimizer.apply([ones()], [weight()])
    with pytest.raises(ValueError, match=r"expected shape \(3,\).*received \(2,\)"):
        optimizer.apply([ones(2), ones()], [a, b])
    with pytest.raises(ValueError, match="received 1 gradients for 2 variables"):
        optimizer.apply([ones()], [a, b])


def test_gradients_come_as_lists_and_other_dtypes_too():
    w = weight()
    optimizer = optimizers.SGD(learning_rate=1.0)
    assert optimizer.apply_gradients([([1.0, 2.0, 3.0], w)]) is optimizer.iterations
    optimizer.apply([np.array([1, 1, 1])], [w])
    optimizer.apply([np.asfortranarray(np.ones((3, 2)))[:, 0]], [w])
    np.testing.assert_array_equal(w.data, [-2, -3, -4])


def test_constraint_is_applied_after_the_update():
    w = weight(0.5)
    w.constraint = lambda x: ops.maximum(x, 0.0)
    optimizers.SGD(learning_rate=1.0).apply([ones()], [w])
    np.testing.assert_array_equal(w.data, np.zeros(3))


def test_first_average_is_the_weight_itself():
    w = weight(2.0)
    optimizer = optimizers.SGD(learning_rate=0.0, use_ema=True, ema_momentum=0.9)
    optimizer.apply([ones()], [w])
    np.testing.assert_array_equal(optimizer.variables[2].data, np.full(3, 2.0))
    with pytest.raises(ValueError, match="does not match the length of model variables"):
        optimizer.finalize_variable_values([w, w])


def test_state_survives_saving():
    rng = np.random.default_rng(0)
    grads = [rng.normal(size=3).astype("f") for _ in range(6)]
    w = weight()
    whole = optimizers.Nadam(learning_rate=0.1)
    for g in grads:
        whole.apply([g], [w])
    first, second = optimizers.Nadam(learning_rate=0.1), optimizers.Nadam(learning_rate=0.1)
    v = weight()
    for g in grads[:3]:
        first.apply([g], [v])
    store = {}
    first.save_own_variables(store)
    store["0"] = store["0"].astype(np.int32)  # as Keras on JAX writes it
    second.build([v])
    second.load_own_variables(store)
    for g in grads[3:]:
        second.apply([g], [v])
    np.testing.assert_array_equal(v.data, w.data)


def test_state_of_another_size_is_refused():
    optimizer = optimizers.Adam()
    optimizer.build([weight()])
    with pytest.warns(UserWarning, match="it has 4 variables whereas the saved optimizer has 1"):
        optimizer.load_own_variables({"0": np.array(3)})
    with pytest.raises(ValueError, match="expected 4 arrays"):
        optimizer.set_weights([np.array(3)])
    with pytest.raises(ValueError, match="not compatible with provided weight shape"):
        optimizer.set_weights([np.zeros(2)] * 4)
    with pytest.raises(ValueError, match="has not yet been built"):
        optimizers.Adam().set_weights([])
    optimizer.set_weights([np.array(5), np.array(0.5), ones(), 2 * ones()])
    assert int(optimizer.iterations) == 5


class Signs(optimizers.Optimizer):
    """An optimizer of the user, with a slot of its own."""

    def build(self, variables):
        super().build(variables)
        self.sums = self.add_optimizer_variables(variables, "sum")

    def update_step(self, gradient, variable, learning_rate):
        total = self.sums[self._get_variable_index(variable)]
        self.assign_add(total, gradient)
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * ops.sign(total))


def test_optimizer_of_the_user_updates_by_its_update_step():
    w = weight(1.0, name="w")
    optimizer = Signs(learning_rate=0.25, clipvalue=0.5, weight_decay=0.5)
    optimizer.apply([2 * ones()], [w])
    np.testing.assert_allclose(w.data, np.full(3, 0.875 - 0.25), rtol=1e-6)
    np.testing.assert_allclose(optimizer.sums[0].data, np.full(3, 0.5))
    assert optimizer.variables[2].name == "w_sum"


class Centralized(optimizers.Adam):
    """The usual trick: change the gradient, leave the rest to Adam."""

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient - ops.mean(gradient), variable, learning_rate)


@pytest.mark.parametrize("kwargs", [{}, {"clipnorm": 0.5}, {"gradient_accumulation_steps": 2}])
def test_subclass_may_call_the_update_it_overrides(kwargs):
    rng = np.random.default_rng(1)
    grads = [rng.normal(size=4).astype("f") for _ in range(4)]
    a, b = weight(shape=(4,)), weight(shape=(4,))
    ours = Centralized(learning_rate=0.1, **kwargs)
    if "clipnorm" in kwargs:  # clipping comes before the user's change
        clipped = [g * min(1, 0.5 / np.linalg.norm(g)) for g in grads]
        plain = optimizers.Adam(learning_rate=0.1)
    else:
        clipped, plain = grads, optimizers.Adam(learning_rate=0.1, **kwargs)
    for g, c in zip(grads, clipped, strict=True):
        ours.apply([g], [a])
        plain.apply([(c - c.mean()).astype("f")], [b])
    np.testing.assert_allclose(a.data, b.data, rtol=1e-5)


def test_base_class_says_what_to_override():
    with pytest.raises(NotImplementedError, match="must override"):
        optimizers.Optimizer(0.1).apply([ones()], [weight()])
    with pytest.raises(NotImplementedError, match="must override `__call__"):
        schedules.LearningRateSchedule()(1)
    with pytest.raises(NotImplementedError, match="must override `get_config"):
        schedules.LearningRateSchedule().get_config()


def test_attribute_before_super_init_is_explained():
    class Hasty(optimizers.Optimizer):
        def __init__(self):
            self.x = 1
            super().__init__(0.1)

    with pytest.raises(RuntimeError, match=r"super\(\).__init__"):
        Hasty()


def test_schedule_takes_arrays_and_fractions():
    decay = schedules.PolynomialDecay(1.0, 4, 0.0)
    np.testing.assert_allclose(decay(np.array([0, 2, 9])).data, [1.0, 0.5, 0.0])
    np.testing.assert_allclose(float(decay(1.0)), 0.75)
    np.testing.assert_allclose(float(decay(0.5)), 0.875)


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.ExponentialDecay(0.1, 7, 0.5, True),
        schedules.InverseTimeDecay(0.1, 7, 0.5),
        schedules.PolynomialDecay(0.1, 7, 0.01, 2.0, True),
        schedules.PiecewiseConstantDecay([3, 5], [1.0, 0.5, 0.25]),
        schedules.CosineDecay(0.1, 7, 0.1, warmup_target=0.2, warmup_steps=3),
        schedules.CosineDecayRestarts(0.1, 7, 1.5, 0.9, 0.1),
    ],
    ids=lambda s: type(s).__name__,
)
def test_schedule_config_round_trips(schedule):
    config = schedules.serialize(schedule)
    assert config["module"] == "keras.optimizers.schedules"
    back = schedules.deserialize(config)
    assert back.get_config() == schedule.get_config()
    for step in (0, 4, 20):
        assert float(back(step)) == float(schedule(step))
