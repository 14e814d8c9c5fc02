"""The console script ``fastconv``: reads the command line and hands over.

Exit codes: 0 all well, 1 a check failed or something could not be done, 2 wrong usage,
130 interrupted by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line `arguments` (default: those of the process); return the exit code."""
    options = make_parser().parse_args(arguments)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        print("\nInterrupted. No half-written file was left behind.", file=sys.stderr)
        return 130
    except OSError as error:  # a full disk, a folder that went away
        if isinstance(error, BrokenPipeError):
            # The reader (such as `head`) left. Python would complain once more closing stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        else:
            print(f"\nfastconv: {error}", file=sys.stderr)
        return 1


def make_parser() -> argparse.ArgumentParser:
    """The command line that `main` understands."""
    from fastconv._version import __version__

    parser = argparse.ArgumentParser(
        prog="fastconv",
        description="Convolution and small neural networks on the CPU.",
    )
    parser.add_argument("--version", action="version", version=f"fastconv {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="the main job on real data, checked against SciPy and timed in front of you",
        description="Filter a real photograph and a real recording, match a template, check every "
        "result against scipy.signal, time both, and draw a picture if matplotlib is installed.",
    )
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("."),
        metavar="DIR",
        help="folder for the files it writes; made if missing (default: the current one)",
    )
    demo.add_argument(
        "--data",
        choices=("digits", "fashion_mnist"),
        default="digits",
        help="what a network is trained on: the digits in the package (default), or "
        "Fashion-MNIST, which must be on this machine or be downloaded",
    )
    demo.add_argument(
        "--no-train", action="store_true", help="filters only, do not train a network"
    )
    demo.set_defaults(command=run_demo)

    run = commands.add_parser(
        "run",
        help="run a Python script with scipy.signal's convolutions routed through fastconv",
        description="Run SCRIPT as `python SCRIPT ARGUMENTS` would, with the eight convolution "
        "functions of scipy.signal replaced by fastconv's (see fastconv.patch_scipy).",
    )
    run.add_argument("script", metavar="SCRIPT")
    run.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENTS")
    run.set_defaults(command=run_script)

    config = commands.add_parser("config", help="print what this installation uses")
    config.set_defaults(command=run_config)
    return parser


def run_demo(options: argparse.Namespace) -> int:
    """``fastconv demo``"""
    out = options.out.expanduser()
    problem = prepare_folder(out)
    if problem:
        print(f"fastconv demo: --out {options.out}: {problem}", file=sys.stderr)
        return 2
    from fastconv import demo

    passed = demo.run(demo.Options(out=out, data=options.data, train=not options.no_train))
    return 0 if passed else 1


def prepare_folder(folder: Path) -> str | None:
    """Make `folder` if needed; say what is wrong if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except FileExistsError:
        return "is a file, not a folder"
    except OSError as error:
        return error.strerror or str(error)


def run_script(options: argparse.Namespace) -> int:
    """``fastconv run SCRIPT ARGUMENTS``"""
    if not Path(options.script).is_file():
        print(f"fastconv run: no such script: {options.script}", file=sys.stderr)
        return 2
    from fastconv.signal._patch import run_script as run

    run(options.script, options.arguments)
    return 0


def run_config(options: argparse.Namespace) -> int:
    """``fastconv config``"""
    from fastconv import show_config

    show_config()
    return 0
