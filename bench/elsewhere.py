"""Rivals in processes of their own, possibly of other Python installations.

FASTCONV_BENCH_PYTHONS names further interpreters, separated by colons: rivals that cannot live in
one environment (or that are not wanted in it) are found there. FASTCONV_BENCH_RIVALS, a regular
expression, picks some of them. Each rival is a child process that answers requests on its standard
input, and times itself: what the pipe costs is not counted. It sleeps between requests.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__)


def interpreters() -> list[str]:
    """This interpreter and those that the environment names."""
    return [sys.executable, *filter(None, os.environ.get("FASTCONV_BENCH_PYTHONS", "").split(":"))]


def _environment(python: str) -> dict[str, str]:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    gone = {"KERAS_BACKEND"} if python == sys.executable else {"KERAS_BACKEND", "PYTHONPATH"}
    kept = {k: v for k, v in os.environ.items() if k not in gone}
    return kept | quiet


class Elsewhere:
    """The trainer `name` of `nets`, in a child process of the interpreter `python`."""

    def __init__(self, python: str, name: str, kind: str, x: np.ndarray, y: np.ndarray) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.data = os.path.join(self.folder.name, "data.npz")
        np.savez(self.data, x=x, y=y)
        self.child = subprocess.Popen(
            [python, str(HERE), name, kind, self.data],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=_environment(python), cwd=self.folder.name,
        )  # fmt: skip
        self.version = self._ask("version")

    @staticmethod
    def names(python: str, kind: str, training: bool) -> list[str]:
        """Which rivals that interpreter has."""
        done = subprocess.run(
            [python, str(HERE), "--names", kind, str(int(training))],
            check=True, capture_output=True, text=True, env=_environment(python),
        )  # fmt: skip
        wanted = re.compile(os.environ.get("FASTCONV_BENCH_RIVALS", ""))
        return [name for name in json.loads(done.stdout) if wanted.search(name)]

    def _ask(self, *request: Any) -> Any:
        assert self.child.stdin is not None and self.child.stdout is not None
        try:
            self.child.stdin.write(json.dumps(request) + "\n")
            self.child.stdin.flush()
            answer = json.loads(self.child.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise RuntimeError(f"{self.child.args} ended with {self.child.wait()}") from None
        return answer

    def seconds(self, what: str, repeats: int, *arguments: Any) -> float:
        """Mean seconds of `repeats` calls of the trainer's method `what`."""
        return self._ask("seconds", what, repeats, *arguments)

    def epoch(self) -> None:
        self._ask("seconds", "epoch", 1)

    def loss(self) -> float:
        return self._ask("loss")

    def peak(self) -> float:
        """Largest resident size so far in bytes."""
        return self._ask("peak")

    def predict(self, rows: int) -> np.ndarray:
        """Outputs for the first `rows` rows of the data."""
        return np.array(self._ask("predict", rows), np.float32)

    def close(self) -> None:
        """End the child."""
        if self.child.stdin is not None:
            self.child.stdin.close()
        self.child.wait()
        self.folder.cleanup()


def _version(name: str) -> str:
    """Version of the library behind `name`; of Keras's backend too."""
    if name.startswith("keras-"):
        return " on ".join(map(_loaded, ("keras", name.partition("-")[2])))
    packages = {"numpy by hand": "numpy", "scikit-learn": "sklearn"}
    return _loaded(packages.get(name) or name.split()[0])


def _loaded(package: str) -> str:
    return getattr(sys.modules.get(package), "__version__", "")


def serve(name: str, kind: str, data: str) -> None:
    """Answer requests until the pipe is closed; whatever libraries print goes to stderr."""
    import nets

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with np.load(data) as arrays:
        x, y = arrays["x"], arrays["y"]
    trainer = nets.make(name, kind, x, y)
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        answer: Any
        if what == "version":
            answer = _version(name)
        elif what == "loss":
            answer = trainer.loss()
        elif what == "peak":
            import resource

            answer = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        elif what == "predict":
            answer = np.asarray(trainer.predict(x[: arguments[0]])).tolist()
        else:
            method, repeats, *rows = arguments
            call = getattr(trainer, method)
            given = (x[: rows[0]],) if rows else ()
            start = time.perf_counter()
            for _ in range(repeats):
                call(*given)
            answer = (time.perf_counter() - start) / repeats
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    if sys.argv[1] == "--names":
        import nets

        print(json.dumps(nets.names(sys.argv[2], sys.argv[3] == "1")))
    else:
        serve(*sys.argv[1:])
