"""Ops, layers and signals touch no memory outside their arrays: tests run again, fenced."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="maps memory as Linux does")


def fenced(*arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(
        [sys.executable, Path(__file__).with_name("fenced.py"), *arguments],
        capture_output=True,
        text=True,
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONPATH": paths},
    )


def check(side: str, *files: str) -> None:
    done = fenced(side, "--timeout=1200", *(os.fspath(TESTS / file) for file in files))
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert int(re.findall(r"(\d+) arrays fenced", done.stdout)[0]) > 1000


def test_the_fence_stands():
    assert fenced("break").returncode == -signal.SIGSEGV


@pytest.mark.slow
@pytest.mark.parametrize("side", ["end", "begin"])
def test_ops_stay_inside_their_arrays(side):
    check(side, "ops/test_pool.py", "ops/test_dense.py", "ops/test_shaping.py")


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["end", "begin"])
@pytest.mark.parametrize("folder", ["ops", "layers", "losses", "metrics", "optimizers"])
def test_all_of_the_networks_stay_inside_their_arrays(folder, side):
    check(side, folder)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["end", "begin"])
def test_signals_stay_inside_their_arrays(side):
    files = ("test_against_scipy.py", "test_oracle.py", "test_separable.py", "test_plan.py")
    check(side, *(f"signal/{file}" for file in files))
