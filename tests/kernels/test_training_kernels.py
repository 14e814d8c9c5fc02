"""Kernels of losses, metrics and optimizers: every build, guarded operands, any part of the range.

Their values are compared with Keras and with formulas elsewhere (tests/losses, tests/metrics,
tests/optimizers), in the build that this machine chooses; here all builds must agree with it.
"""

import numpy as np
import pytest
from kernel_cases import Guarded, Operands, compiled

from fastconv import _kernels

SIZES = ((1, 1), (3, 2), (7, 5), (5, 16), (4, 33), (2, 300))
RNG = np.random.default_rng(11)


def floats(*shape):
    return RNG.uniform(0.05, 0.95, shape)


def labels(m, n):
    return RNG.integers(-1, n + 1, m)  # two of them out of range


def pointwise(kind, grad, column):
    def make(m, n):
        bufs = [np.zeros((m, n) if grad else m), floats(m, n), floats(m, n), np.zeros(1, int)]
        dims = (n, kind, 1, column)
        return [*bufs, floats(m)] if grad else bufs, dims, (1 / n, 0.9, 0.05, 0.5, 2.0), m, 1

    return make


def sparse(m, n):
    return [np.zeros(m), floats(m, n), labels(m, n)], (n, 1, 0), (), m, 1


def sparse_grad(m, n):
    return [np.zeros((m, n)), floats(m), floats(m, n), labels(m, n)], (n, 1, 0), (), m, 1


def sparse_logits(m, n):
    return [np.zeros(m), np.zeros((m, n)), floats(m, n), labels(m, n)], (n, 0, 0), (), m, 2


def dense(m, n):
    return [np.zeros(m), floats(m, n), floats(m, n)], (n, 1), (0.9, 0.05, 0.25, 2.0), m, 1


def dense_logits(m, n):
    return [np.zeros(m), np.zeros((m, n)), floats(m, n), floats(m, n)], (n,), (0.9, 0.05), m, 2


def dense_grad(m, n):
    bufs = [np.zeros((m, n)), floats(m), floats(m, n), floats(m, n)]
    return bufs, (n, 1), (0.9, 0.05, 0.25, 2.0), m, 1


def update(slots, *pars, dims=()):
    def make(m, n):
        """m segments of n elements each, in chunks of 5."""
        parts = [
            (s, a, min(5, n - a), s * 320 + a, s % 2) for s in range(m) for a in range(0, n, 5)
        ]
        state = [floats(m * 320) for _ in range(slots)]
        bufs = [floats(m, n), floats(m, n), np.array(parts), "segments", np.ones(m)]
        bufs += ["rate", np.array([4]), *state]
        return bufs, (1, *dims), (0.01, 0.5, *pars), len(parts), 1

    return make


CASES = {
    **{f"loss_pointwise-{k}": pointwise(k, False, 0) for k in range(13)},
    **{f"loss_pointwise_grad-{k}": pointwise(k, True, 0) for k in range(13)},
    **{f"loss_pointwise_grad-t{k}": pointwise(k, True, 1) for k in range(13)},
    "loss_reduce_grad": lambda m, n: ([np.zeros(m), floats(1), floats(m), floats(2)], (), (), m, 1),
    "crossentropy_sparse": sparse,
    "crossentropy_sparse_grad": sparse_grad,
    "crossentropy_sparse_logits": sparse_logits,
    "crossentropy_sparse_logits_grad": sparse_grad,
    "crossentropy_dense": dense,
    "crossentropy_dense_grad": dense_grad,
    "crossentropy_dense_target": dense_grad,
    "crossentropy_logits": dense_logits,
    "crossentropy_logits_grad": dense_grad,
    "crossentropy_logits_target": dense_grad,
    "crossentropy_mask": lambda m, n: ([np.zeros(m), labels(m, n)], (0,), (), m, 1),
    "metric_keep_top": lambda m, n: ([np.zeros((m, n)), floats(m, n)], (n, 2), (-9.0,), m, 1),
    "update_sgd": update(0),
    "update_momentum": update(1, 0.9, dims=(1,)),
    "update_adam": update(2, 0.9, 0.999, 1e-7),
    "update_amsgrad": update(3, 0.9, 0.999, 1e-7),
    "update_adamax": update(2, 0.9, 0.999, 1e-7),
    "update_nadam": update(3, 0.9, 0.999, 1e-7),
    "update_rmsprop": update(3, 0.9, 0.5, 1e-7),
    "update_adagrad": update(1, 1e-7),
    "update_adadelta": update(2, 0.9, 1e-7),
    "update_lion": update(1, 0.9, 0.99),
}
SOURCES = [(case, source) for case in CASES for source in compiled(case.partition("-")[0])]


def guarded(values, dtype):
    values = np.asarray(values)
    return Guarded.make(np.atleast_1d(values.astype(dtype if values.dtype.kind == "f" else int)))


def prepare(case, source, size, seed):
    """Operands of a case; for updates the parameters and gradients stand before the tables."""
    global RNG
    RNG = np.random.default_rng(seed)
    bufs, dims, pars, n, outputs = CASES[case](*size)
    if "segments" not in [b for b in bufs if isinstance(b, str)]:
        made = [guarded(b, source.dtype) for b in bufs]
        return Operands(made, dims, pars, n, np.zeros(())), made[:outputs], made
    weights, grads = (guarded(b, source.dtype) for b in bufs[:2])
    table = np.zeros((len(weights.array), 2), np.int64)
    for s in range(len(table)):
        table[s] = weights.array[s].ctypes.data, grads.array[s].ctypes.data
    made = [
        guarded(table, int)
        if isinstance(b, str) and b == "segments"
        else guarded(np.array([0.05]), np.float32)
        if isinstance(b, str)
        else guarded(b, np.float64)
        if i == 2
        else guarded(b, source.dtype)
        for i, b in enumerate(bufs[2:])
    ]
    return (
        Operands(made, dims, pars, n, np.zeros(())),
        [weights, *made[5:]],
        [weights, grads, *made],
    )


def results(outputs):
    return [out.array.copy() for out in outputs]


@pytest.mark.parametrize(
    ("case", "source"), SOURCES, ids=[f"{case}-{s.name}-{s.origin}" for case, s in SOURCES]
)
def test_builds_agree_and_write_nothing_else(case, source):
    run = source.function()
    chosen = next(
        s for s in compiled(source.stem) if s.origin == _kernels.isa and s.dtype == source.dtype
    )
    rtol = 3e-5 if source.dtype == np.float32 else 1e-12
    for seed, size in enumerate(SIZES):
        operands, outputs, everything = prepare(case, source, size, seed)
        run(operands, 0, operands.n)
        whole = results(outputs)
        for one in everything:
            one.check(f"{source} {size}")
        operands, outputs, _ = prepare(case, source, size, seed)
        for lo, hi in ((operands.n // 3, operands.n), (0, operands.n // 3)):
            run(operands, lo, hi)
        for a, b in zip(whole, results(outputs), strict=True):
            np.testing.assert_array_equal(a, b, err_msg=f"parts of the range, {size}")
        operands, outputs, _ = prepare(case, chosen, size, seed)
        chosen.function()(operands, 0, operands.n)
        for a, b in zip(whole, results(outputs), strict=True):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol, err_msg=f"{size}")


def test_every_kernel_by_rows_is_here():
    families = ("loss", "crossentropy", "update")
    apart = {  # one item, or labels only: tested by their results
        "loss_are_binary",
        "loss_reduce",
        "crossentropy_check",
        "update_nadam_begin",
    }
    names = {name.rpartition("_")[0] for name in _kernels.names()}
    mine = {name for name in names if name.partition("_")[0] in families} - apart
    assert mine == {case.partition("-")[0] for case in CASES if not case.startswith("metric")}
