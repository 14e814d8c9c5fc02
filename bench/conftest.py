"""What every benchmark shares: the options, the machine's description, the race of one cell."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import machine
import paired

SECONDS = {"quick": 0.12, "full": 1.0}


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="few cells, short races (for CI)")


def pytest_configure(config):
    slowed = machine.slowed_rivals()
    if slowed and not config.getoption("quick", False):
        raise pytest.UsageError(
            f"{', '.join(slowed)} slow NumPy's BLAS down: run `env -u {' -u '.join(slowed)} ...`"
        )


def pytest_generate_tests(metafunc):
    """A benchmark with a `cell` argument names its grid in CELLS: {function: (quick, full)}."""
    if "cell" in metafunc.fixturenames:
        quick, full = metafunc.module.CELLS[metafunc.function.__name__]
        cells = quick if metafunc.config.getoption("quick") else full
        metafunc.parametrize("cell", cells, ids=["-".join(map(str, cell)) for cell in cells])


def pytest_benchmark_update_machine_info(config, machine_info):
    for private in ("node", "system", "release"):
        machine_info.pop(private, None)
    machine_info["fastconv"] = machine.describe()


@pytest.fixture(scope="session", autouse=True)
def rivals_use_as_many_threads():
    """Give libraries with a pool of their own the threads that fastconv uses."""
    import fastconv

    threads = fastconv.get_num_threads()
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


@pytest.fixture
def race(benchmark, request):
    """Check every runner's result, race them, and record the outcome in the JSON.

    ``race(runners, expected, rtol, op=..., dtype=..., size=..., taps=..., flops=...)``: the first
    runner is ours. Keywords describe the cell in the report.
    """
    quick = request.config.getoption("quick")
    seconds = SECONDS["quick" if quick else "full"]
    seconds *= float(os.environ.get("FASTCONV_BENCH_PATIENCE", "1"))

    def run(runners, expected, rtol, **cell):
        if expected is not None:
            paired.check(runners, expected, rtol)
        ours = runners[0]
        result = paired.summary(paired.race(runners, seconds), ours.name)
        references = [runner.name for runner in runners if runner.reference]
        benchmark.extra_info.update(cell, ours=ours.name, references=references, **result)
        benchmark.group = f"{cell['op']} {cell['dtype']} {cell['size']}"
        if ours.before:
            ours.before()
        benchmark.pedantic(ours.call, rounds=3 if quick else 7, iterations=ours.repeats)

    return run
