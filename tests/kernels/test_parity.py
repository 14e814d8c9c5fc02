"""Every compiled form of every kernel against the NumPy oracle, on guarded operands."""

import numpy as np
import pytest
from kernel_cases import FAMILIES, ROWS, Source, compiled

from fastconv import _kernels, _runtime

SOURCES = [source for stem in ROWS for source in compiled(stem)]
each_source = pytest.mark.parametrize(
    "source", SOURCES, ids=[f"{source.name}-{source.origin}" for source in SOURCES]
)


def compare(actual, operands, exact, note):
    expected = operands.expected
    if exact:
        np.testing.assert_array_equal(actual, expected, err_msg=note)
        return
    eps = np.finfo(actual.dtype).eps
    assert (np.abs(actual - expected) <= eps * operands.scale).all(), note


def test_every_kernel_of_the_families_is_tested():
    names = {name.rpartition("_")[0] for name in _kernels.names()}
    assert {name for name in names if name.partition("_")[0] in FAMILIES} <= set(ROWS)
    for stem in ROWS:
        assert {s.dtype.name for s in compiled(stem) if s.origin == _kernels.isa}


@each_source
@pytest.mark.parametrize("kind", ["whole", "random"])
def test_agrees_with_the_oracle_and_touches_nothing_else(source: Source, kind):
    rng = np.random.default_rng(1)
    run = source.function()
    row = ROWS[source.stem]
    for size in row.sizes:
        operands = row.make(rng, source.dtype, size, kind)
        operands.reset()
        run(operands, 0, operands.n)
        exact = kind == "whole" or source.dtype.kind == "i"
        compare(operands.bufs[0].array, operands, exact, f"{source} {size}")
        for guarded in operands.bufs:
            guarded.check(f"{source} {size}")


@each_source
def test_nan_and_inf_go_where_they_belong(source: Source):
    if source.dtype.kind == "i":
        return
    rng = np.random.default_rng(2)
    run = source.function()
    row = ROWS[source.stem]
    for size in row.sizes:
        operands = row.make(rng, source.dtype, size, "special")
        operands.reset()
        run(operands, 0, operands.n)
        compare(operands.bufs[0].array, operands, True, f"{source} {size}")


@each_source
def test_denormals_are_kept(source: Source):
    if source.dtype.kind == "i":
        return
    row = ROWS[source.stem]
    operands = row.make(np.random.default_rng(3), source.dtype, row.sizes[0], "whole")
    tiny = np.finfo(source.dtype).smallest_subnormal
    for guarded in operands.bufs[1:]:
        if guarded.array.dtype == source.dtype:
            guarded.array[...] = 0
            guarded.array.flat[0] = 1
    operands.bufs[1].array.flat[0] = 5 * tiny
    operands.bufs[2].array.flat[0] = 3
    source.function()(operands, 0, operands.n)
    assert operands.bufs[0].array.flat[0] == 15 * tiny


@each_source
def test_any_part_of_the_range_has_the_same_bits_and_writes_no_other(source: Source):
    rng = np.random.default_rng(4)
    run = source.function()
    row = ROWS[source.stem]
    operands = row.make(rng, source.dtype, row.split_size, "random")
    y = operands.bufs[0].array
    run(operands, 0, operands.n)
    whole = y.copy()
    pairs = [(lo, hi) for lo in range(operands.n) for hi in range(lo + 1, operands.n + 1)]
    for i in rng.permutation(len(pairs))[:400]:
        lo, hi = pairs[i]
        operands.reset()
        untouched = y.copy()
        run(operands, lo, hi)
        assert y[lo:hi].tobytes() == whole[lo:hi].tobytes(), (source, lo, hi)
        assert y[:lo].tobytes() == untouched[:lo].tobytes(), (source, lo, hi)
        assert y[hi:].tobytes() == untouched[hi:].tobytes(), (source, lo, hi)


@each_source
def test_any_number_of_threads_gives_the_same_bits(source: Source):
    row = ROWS[source.stem]
    operands = row.make(np.random.default_rng(5), source.dtype, row.split_size, "random")
    kernel = source.kernel()
    y = operands.bufs[0].array
    bufs = tuple(guarded.array for guarded in operands.bufs)
    old = _runtime.get_num_threads()
    results = set()
    try:
        for threads in range(1, 8):
            for grain in (1, 5, operands.n):
                _runtime.set_num_threads(threads)
                operands.reset()
                _runtime.launch(kernel, bufs, operands.dims, operands.pars, operands.n, grain)
                results.add(y.tobytes())
    finally:
        _runtime.set_num_threads(old)
    assert len(results) == 1
