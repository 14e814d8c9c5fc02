"""scipy.signal routed through this package, and back."""

import subprocess
import sys
import textwrap

import numpy as np
import scipy.signal
import scipy.signal._signaltools as tools

from fastconv import signal
from fastconv.signal._patch import NAMES, run_script


def test_patch_replaces_all_names_and_unpatch_restores_them():
    before = {name: getattr(scipy.signal, name) for name in NAMES}
    signal.patch_scipy()
    signal.patch_scipy()
    try:
        for name in NAMES:
            assert getattr(scipy.signal, name) is getattr(signal, name)
            assert getattr(tools, name) is getattr(signal, name)
        np.testing.assert_array_equal(scipy.signal.convolve2d([[1, 2]], [[1, 1]]), [[1, 3, 2]])
    finally:
        signal.unpatch_scipy()
    for name in NAMES:
        assert getattr(scipy.signal, name) is before[name]
        assert getattr(tools, name) is before[name]
    signal.unpatch_scipy()


def test_context_nests_and_ends_after_an_error():
    original = scipy.signal.convolve
    try:
        with signal.patched_scipy():
            with signal.patched_scipy():
                pass
            assert scipy.signal.convolve is signal.convolve
            raise RuntimeError
    except RuntimeError:
        pass
    assert scipy.signal.convolve is original


def test_scipys_own_callers_work_through_the_patch(rng):
    x = rng.standard_normal(500)
    want = scipy.signal.savgol_filter(x, 11, 3), scipy.signal.wiener(x, 5)
    with signal.patched_scipy():
        have = scipy.signal.savgol_filter(x, 11, 3), scipy.signal.wiener(x, 5)
    for a, b in zip(have, want):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_a_script_runs_with_scipy_patched(tmp_path, capsys):
    script = tmp_path / "job.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        from scipy.signal import convolve
        print(__name__, convolve.__module__.split(".")[0], sys.argv[1:])
    """)
    )
    run_script(str(script), ["a", "b"])
    assert capsys.readouterr().out == "__main__ fastconv ['a', 'b']\n"
    assert scipy.signal.convolve.__module__.startswith("scipy")


def test_nothing_here_imports_scipy_signal():
    code = "import sys, fastconv.signal as s; s.fftconvolve([1., 2.], [1., 2.]); " \
           "print('scipy.signal' in sys.modules)"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_command_runs_a_script(tmp_path):
    script = tmp_path / "job.py"
    script.write_text("import sys, scipy.signal as s; print(s.convolve.__module__, sys.argv[1:])")
    command = [sys.executable, "-m", "fastconv", "run", str(script), "--flag", "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("fastconv.signal") and "['--flag', 'x']" in done.stdout
    command[4] = str(tmp_path / "missing.py")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "no such script" in done.stderr
