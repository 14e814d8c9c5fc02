"""Saves survive SIGKILL at random moments: the short form of tools/kill_saves.py."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "kill_saves.py"


@pytest.mark.skipif(sys.platform == "win32", reason="the tool forks")
def test_a_killed_save_leaves_whole_files():
    done = subprocess.run(
        [sys.executable, TOOL, "--kills", "12"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "saves survived" in done.stdout
