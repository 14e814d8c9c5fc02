"""Fuzz the file loaders and the signal API: python tools/fuzz TARGET --seconds 60.

With atheris installed (CPython 3.11 to 3.13, Linux), its coverage guides which inputs are kept;
without it, sound inputs and the corpus are changed blindly. Either way the work is done in a
child, restarted when it dies, under a memory limit and an alarm; inputs that found something
go to --out, named by what they found. Ends with the figures as JSON, and status 1 if there are any.
"""

import argparse
import hashlib
import importlib
import json
import random
import re
import shutil
import subprocess
import sys
import time
import traceback
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
TARGETS = {
    "archive": ("files", "Archive", "bytes"),
    "config": ("files", "Config", "json"),
    "legacy_config": ("files", "LegacyConfig", "json"),
    "weights": ("files", "Weights", "bytes"),
    "legacy": ("files", "Legacy", "bytes"),
    "signal": ("calls", "Calls", "bytes"),
}
MEMORY = 1536  # MiB of resident memory: what Python and its libraries take, and 1 GiB
INSTRUMENTED = [
    *("fastconv.saving", "fastconv.signal", "fastconv.models", "fastconv.layers"),
    *("fastconv._registry", "fastconv.ops.symbolic", "fastconv.ops._geometry"),
]
SECONDS = 10  # that one input may take, on a machine shared with others


def make(name: str):
    """The target of a name."""
    module, cls, _ = TARGETS[name]
    return getattr(importlib.import_module(module), cls)()


def mutator(name: str):
    """How its inputs are changed."""
    import mutate

    return mutate.of_json if TARGETS[name][2] == "json" else mutate.of_bytes


# -- one child -------------------------------------------------------------------------------------


class Recorder:
    """A target whose exceptions are written down, the first input of each kind, and passed over."""

    def __init__(self, name: str, out: Path) -> None:
        self.target = make(name)
        self.found: dict[str, int] = {}
        self._out = out

    def __call__(self, data: bytes) -> None:
        try:
            self.target(data)
        except Exception as error:
            told = kind_of(error)
            self.found[told] = self.found.get(told, 0) + 1
            (self._out / "found.json").write_text(json.dumps(self.found))
            if self.found[told] == 1:
                (self._out / told).write_bytes(data)
                (self._out / f"{told}.log").write_text("".join(traceback.format_exception(error)))


def kind_of(error: BaseException) -> str:
    """Name of a finding: the error and the last line of ours that it passed."""
    ours = [
        f"{Path(frame.filename).name}-{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "fastconv/" in frame.filename or "tools/fuzz" in frame.filename
    ]
    return f"{type(error).__name__}-{ours[-1] if ours else 'unknown'}"


def guided(name: str, folder: Path, out: Path, seconds: int) -> None:
    """Run atheris until the process dies or time is up; does not return."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        import fastconv.saving.api
        import fastconv.signal  # noqa: F401
    change = mutator(name)
    recorder = Recorder(name, out)

    def changed(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if TARGETS[name][2] == "json" and rng.random() < 0.9:
            return change(data, rng, most)
        return atheris.Mutate(data, most)

    arguments = [
        sys.argv[0],
        str(folder.resolve()),
        f"-artifact_prefix={out.resolve()}/",
        f"-max_len={recorder.target.limit}",
        f"-timeout={SECONDS}",
        f"-rss_limit_mb={MEMORY}",
        f"-max_total_time={seconds}",
        "-print_final_stats=1",
        "-len_control=0",
    ]
    atheris.Setup(arguments, recorder, custom_mutator=changed)
    atheris.Fuzz()


def blind(name: str, folder: Path, out: Path, seconds: int, seed: int | None) -> None:
    """Change inputs at random until the process dies or time is up."""
    import faulthandler
    import resource

    recorder = Recorder(name, out)
    change = mutator(name)
    inputs = [path.read_bytes() for path in sorted(folder.iterdir())]
    rng = random.Random(seed)
    current = out / "current"  # the input, should the process die
    end = time.monotonic() + seconds
    done = 0
    while time.monotonic() < end:
        data = change(rng.choice(inputs), rng, recorder.target.limit)
        current.write_bytes(data)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        recorder(data)
        done += 1
        (out / "done").write_text(str(done))
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > MEMORY << 10:
            sys.exit("out-of-memory")
    faulthandler.cancel_dump_traceback_later()
    current.unlink(missing_ok=True)


def replay(name: str, path: Path) -> None:
    """One input, with no more than SECONDS of processor time; an error ends the process."""
    import resource

    target = make(name)
    spent = int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (spent + SECONDS, spent + SECONDS + 1))
    target(path.read_bytes())


# -- the parent ------------------------------------------------------------------------------------


def death(log: str) -> str:
    """What ended a child."""
    for sign, told in (
        ("libFuzzer: timeout", "hang"),
        ("Timeout (0:", "hang"),
        ("out-of-memory", "memory"),
        ("AddressSanitizer", "asan"),
        ("runtime error", "ubsan"),
    ):
        if sign in log:
            return told
    return "crash"


def confirmed(name: str, path: Path) -> bool:
    """Whether an input that took long does so alone: a busy machine stops processes, too."""
    command = [sys.executable, str(Path(__file__).parent), name, "--replay", str(path)]
    return subprocess.run(command, capture_output=True).returncode != 0


def run(
    name: str, seconds: int, out: Path, kind: str, folder: Path, seed: int | None
) -> dict:
    """Restart children until time is up; figures."""
    start = time.monotonic()
    found: Counter[str] = Counter()
    executions = deaths = 0
    while (left := int(seconds - (time.monotonic() - start))) > 0 and deaths < 1000:
        work = out / f"{name}.work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        child = [sys.executable, "-X", "faulthandler", str(Path(__file__).parent), name]
        child += ["--child", kind, "--seconds", str(left), "--out", str(work)]
        child += ["--folder", str(folder)]
        if seed is not None:
            child += ["--seed", str(seed)]
        done = subprocess.run(child, capture_output=True, text=True, errors="replace")
        log = done.stdout + done.stderr
        executions += sum(map(int, re.findall(r"number_of_executed_units:\s*(\d+)", log)))
        told = death(log) if done.returncode else ""
        for path in sorted(work.iterdir()):
            if path.name == "found.json":
                found.update(json.loads(path.read_text()))
            elif path.name == "done":
                executions += int(path.read_text())
            elif path.name == "current" or path.name.startswith(("crash-", "timeout-", "oom-")):
                if told == "hang" and not confirmed(name, path):
                    told = ""
                if told:
                    digest = hashlib.sha1(path.read_bytes()).hexdigest()[:10]
                    shutil.copy(path, out / f"{name}-{told}-{digest}")
                    (out / f"{name}-{told}-{digest}.log").write_text(log[-20_000:])
            else:
                shutil.copy(path, out / f"{name}-{path.name}")
        if told:
            found[told] += 1
        deaths += bool(done.returncode)
        shutil.rmtree(work)
    return {
        "target": name,
        "kind": kind,
        "seconds": round(time.monotonic() - start),
        "executions": executions,
        "inputs kept": len(list(folder.iterdir())),
        "found": found,
    }


def fill(folder: Path, name: str) -> None:
    """Seeds and the corpus of a target, as files."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = sorted((CORPUS / name).iterdir()) if (CORPUS / name).is_dir() else []
    for data in [*make(name).seeds(), *(p.read_bytes() for p in kept)]:
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--folder", type=Path, help="where kept inputs are; default: --out/TARGET")
    parser.add_argument("--child", choices=["guided", "blind"], help=argparse.SUPPRESS)
    parser.add_argument("--blind", action="store_true", help="without atheris")
    parser.add_argument("--seed", type=int, help="of blind changes, to see the same again")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one input only")
    options = parser.parse_args()
    if options.replay:
        replay(options.target, options.replay)
        return 0
    if options.child:
        work = options.target, options.folder, options.out, options.seconds
        if options.child == "guided":
            guided(*work)
        else:
            blind(*work, options.seed)
        return 0
    guide = "blind" if options.blind or not find_spec("atheris") else "guided"
    bad = False
    for name in TARGETS if options.target == "all" else [options.target]:
        folder = options.folder or options.out / name
        fill(folder, name)
        figures = run(name, options.seconds, options.out, guide, folder, options.seed)
        print(json.dumps(figures), flush=True)
        bad |= bool(figures["found"])
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
