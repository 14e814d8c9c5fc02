"""A few seconds of each fuzz target, without its guide: the short form of `make fuzz`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "fuzz"


@pytest.mark.slow
@pytest.mark.parametrize(
    "target", ["archive", "config", "legacy_config", "weights", "legacy", "signal"]
)
def test_changed_inputs_are_refused_or_right(target, tmp_path):
    command = [sys.executable, TOOL, target, "--blind", "--seed", "1"]
    command += ["--seconds", "4", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr[-3000:]
    figures = json.loads(done.stdout)
    assert figures["executions"] > 0
    if target == "legacy":  # libhdf5 believes the length of a text: docs/reliability.md
        figures["found"].pop("memory", None)
    assert not figures["found"]
