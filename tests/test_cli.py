"""The console script: exit codes, the demonstration's words and files, and how it stops."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from fastconv import cli, demo
from fastconv.datasets import electrocardiogram, photograph
from fastconv.demo import compare, signal_part
from fastconv.demo.console import Console

RUN = [sys.executable, "-c", "import sys; from fastconv.cli import main; sys.exit(main())"]
FILTERS = ["demo", "--no-train"]


@pytest.fixture
def small(monkeypatch):
    """The same data, cut down so that SciPy takes a second instead of ten."""
    image, ecg = photograph.load_data()[:256, :320], electrocardiogram.load_data()[:72_000]
    monkeypatch.setattr(photograph, "load_data", lambda: image)
    monkeypatch.setattr(electrocardiogram, "load_data", lambda: ecg)
    monkeypatch.setattr(compare.compare, "__kwdefaults__", {"budget": 0.02})


def test_demo_filters_checks_and_draws(small, tmp_path, capsys):
    out = tmp_path / "deep" / "out"
    assert cli.main([*FILTERS, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "All 8 results agree with scipy.signal." in printed
    assert "row 100, column 180: right." in printed
    assert f"Pictures: {out / 'fastconv-demo.png'}" in printed
    for word in ("speed-up", "in SciPy", "blur (Gaussian)", "256x320 by 13x13", "find template"):
        assert word in printed
    assert "WRONG" not in printed
    assert [p.name for p in out.iterdir()] == ["fastconv-demo.png"]
    assert (out / "fastconv-demo.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_table_fits_eighty_columns(small, tmp_path, capsys):
    cli.main([*FILTERS, "--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines if not line.startswith("Pictures")) <= 80


def test_a_wrong_result_is_shown_and_fails(small, tmp_path, capsys, monkeypatch):
    from fastconv import signal as ours

    right = ours.convolve2d
    monkeypatch.setattr(ours, "convolve2d", lambda *a, **k: right(*a, **k) + 1)
    assert cli.main([*FILTERS, "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "3 of 8 results differ from SciPy: blur (Gaussian), sharpen (unsharp)," in printed
    assert printed.count("WRONG: more than") == 3


def test_a_misplaced_template_fails(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(signal_part, "locate", lambda scores: (1, 2))
    assert cli.main([*FILTERS, "--out", str(tmp_path)]) == 1
    assert "row 1, column 2" in capsys.readouterr().out


def test_without_matplotlib_all_but_the_picture(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert cli.main([*FILTERS, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "All 8 results agree" in printed
    assert "fastconv[plot]" in printed
    assert list(tmp_path.iterdir()) == []


def test_interrupt_while_writing_leaves_no_half_file(small, tmp_path, capsys, monkeypatch):
    figure = pytest.importorskip("matplotlib.figure")

    def half(self, path, **options):
        path.write_bytes(b"\x89PNG half")
        raise KeyboardInterrupt

    monkeypatch.setattr(figure.Figure, "savefig", half)
    assert cli.main([*FILTERS, "--out", str(tmp_path)]) == 130
    assert list(tmp_path.iterdir()) == []
    error = capsys.readouterr().err
    assert error.strip() == "Interrupted. No half-written file was left behind."


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_of_the_real_process_exits_130_in_one_line(tmp_path):
    process = subprocess.Popen(
        [*RUN, *FILTERS, "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("blur"):
            break
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 130
    assert error.strip().splitlines() == ["Interrupted. No half-written file was left behind."]
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_one_line_and_exit_code_1(tmp_path, capsys, monkeypatch):
    def full(options):
        raise OSError(28, "No space left on device", "x.png")

    monkeypatch.setattr(demo, "run", full)
    assert cli.main(["demo", "--out", str(tmp_path)]) == 1
    assert "No space left on device" in capsys.readouterr().err


def test_out_that_is_a_file_or_cannot_be_made(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_bytes(b"")
    for out in (file, file / "below", "/proc/none/here"):
        assert cli.main(["demo", "--out", str(out)]) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"fastconv demo: --out {out}: ")
        assert error.count("\n") == 1


def test_options_reach_the_demonstration(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(demo, "run", lambda options: seen.append(options) or True)
    folder = str(tmp_path)
    assert cli.main(["demo", "--out", folder, "--data", "fashion_mnist", "--no-train"]) == 0
    assert cli.main(["demo", "--out", folder]) == 0
    assert [(o.data, o.train) for o in seen] == [("fashion_mnist", False), ("digits", True)]
    assert seen[0].out == tmp_path


def test_config_prints_the_configuration(capsys):
    assert cli.main(["config"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("fastconv ")
    assert "threads" in printed


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["--version"], 0), (["demo", "--help"], 0), ([], 2), (["dance"], 2)],
)
def test_usage(arguments, code, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == code
    captured = capsys.readouterr()
    assert "fastconv" in (captured.out if code == 0 else captured.err)


def test_reader_that_leaves_early_gets_no_traceback():
    script = f"{sys.executable} -c 'from fastconv.cli import main; main([\"config\"])' | true"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal_and_erased():
    stream = Terminal()
    console = Console(stream)
    console.note("working")
    console.line("done")
    assert stream.getvalue() == "working\r       \rdone\n"


def test_progress_never_reaches_a_file():
    stream = io.StringIO()
    console = Console(stream)
    console.note("working")
    console.line("done")
    console.clear()
    assert stream.getvalue() == "done\n"


def library(result):
    return SimpleNamespace(job=lambda: result)


@pytest.mark.parametrize(
    ("ours", "theirs", "difference", "problem"),
    [
        (np.float32([1, 2]), np.float32([1, 2]), 0.0, None),
        (np.float32([1, 2.5]), np.float32([1, 2]), 0.5, "WRONG: more than"),
        (np.float32([1, np.nan]), np.float32([1, 2]), np.nan, "WRONG: more than"),
        (np.float64([1, 2]), np.float32([1, 2]), np.inf, "WRONG: float64"),
        (np.float32([1]), np.float32([1, 2]), np.inf, "WRONG: float32 (1,)"),
    ],
)
def test_comparison_notices(ours, theirs, difference, problem):
    case = compare.Case("job", "job", lambda lib: (lib.job(),), np.ones(2, "f4"), np.ones(2, "f4"))
    outcome = compare.compare(case, library(ours), library(theirs), Console(io.StringIO()))
    assert outcome.passed is (problem is None)
    np.testing.assert_equal(outcome.difference, difference)
    if problem:
        assert problem in outcome.row()


def test_integers_may_not_differ_at_all():
    case = compare.Case("job", "job", lambda lib: (lib.job(),), np.ones(2, "i4"), np.ones(2, "i4"))
    assert case.tolerance == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.5, "2.50 s"),
        (0.9996, "1.00 s"),
        (0.1234, "123 ms"),
        (0.000999, "999 us"),
        (5e-6, "5.00 us"),
        (2e-7, "0.200 us"),
    ],
)
def test_times_have_three_digits_and_a_unit(value, text):
    assert compare.seconds(value) == text


def test_gaussian_taps_sum_to_one_and_are_symmetric():
    taps = signal_part.gaussian(2.0)
    assert taps.shape == (13, 13)
    assert taps.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(taps, taps.T)
    np.testing.assert_array_equal(taps, taps[::-1])


def test_unsharp_taps_keep_flat_areas():
    assert signal_part.unsharp(1.0, 1.0).sum() == pytest.approx(1, abs=1e-6)


def test_moving_derivative_of_a_ramp_is_its_slope():
    rate = 100.0
    ramp = 3.0 * np.arange(50) / rate  # three units a second
    got = np.convolve(ramp, signal_part.slope(4, rate), mode="valid")
    np.testing.assert_allclose(got, 3.0, rtol=1e-12)


def test_low_pass_passes_below_and_stops_above():
    rate = 360.0
    taps = signal_part.low_pass(40.0, rate, 101)
    t = np.arange(2000) / rate
    for frequency, gain in ((0.0, 1.0), (10.0, 1.0), (100.0, 0.0)):
        got = np.convolve(np.cos(2 * np.pi * frequency * t), taps, mode="valid")
        assert np.abs(got).max() == pytest.approx(gain, abs=0.01)
