"""What a busy machine costs: calls and training beside one spinning process per core.

    python -m bench.contention                      # about a minute; prints a Markdown table

Each cell is timed alone and beside the competitors, in turns (competitors are stopped and
continued by signals), and the ratio of the medians is printed. Two processes that want one core
get half of it each, so a ratio of 2 is the share; a pool that waits for a thread which does not
run, or spins while it waits, costs many times more.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import fastconv

MOST = {"call": 2.5, "mlp": 3.0, "cnn": 2.5}


def spin() -> None:
    while True:
        pass


class Competitors:
    """One busy process per core, stopped until asked for."""

    def __enter__(self) -> Competitors:
        context = multiprocessing.get_context("fork")
        cores = len(os.sched_getaffinity(0))
        self.processes = [context.Process(target=spin, daemon=True) for _ in range(cores)]
        for process in self.processes:
            process.start()
        self.let(False)
        return self

    def let(self, run: bool) -> None:
        for process in self.processes:
            os.kill(process.pid, signal.SIGCONT if run else signal.SIGSTOP)

    def __exit__(self, *exc: object) -> None:
        self.let(True)
        for process in self.processes:
            process.kill()
            process.join()


def calls() -> dict[str, Callable[[], Any]]:
    rng = np.random.default_rng(0)
    image = rng.standard_normal((1024, 1024)).astype(np.float32)
    small = image[:256, :256].copy()
    line = rng.standard_normal(1_000_000)
    taps, window = rng.standard_normal((7, 7)).astype(np.float32), rng.standard_normal(255)
    large = rng.standard_normal((101, 101)).astype(np.float32)
    return {
        "correlate2d float32 256x256, 7x7": lambda: fastconv.correlate2d(small, taps, "same"),
        "correlate2d float32 1024x1024, 7x7": lambda: fastconv.correlate2d(image, taps, "same"),
        "convolve float64 10^6, 255, direct": lambda: fastconv.convolve(line, window, "same"),
        "fftconvolve float32 1024x1024, 101x101": lambda: fastconv.fftconvolve(image, large),
    }


def mlp() -> Callable[[], Any]:
    rng = np.random.default_rng(0)
    x, y = rng.random((6400, 784), np.float32), rng.integers(0, 10, 6400)
    model = fastconv.Sequential(
        [
            fastconv.Input((784,)), fastconv.layers.Dense(100, "relu"),
            fastconv.layers.Dropout(0.2), fastconv.layers.Dense(10, "softmax"),
        ]
    )  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy")
    return lambda: model.fit(x, y, batch_size=32, verbose=0)


def cnn() -> Callable[[], Any]:
    rng = np.random.default_rng(0)
    x, y = rng.random((640, 28, 28, 1), np.float32), rng.integers(0, 10, 640)
    model = fastconv.Sequential(
        [
            fastconv.Input((28, 28, 1)), fastconv.layers.Conv2D(32, 3, activation="relu"),
            fastconv.layers.MaxPooling2D(), fastconv.layers.Conv2D(64, 3, activation="relu"),
            fastconv.layers.MaxPooling2D(), fastconv.layers.Flatten(),
            fastconv.layers.Dense(10, "softmax"),
        ]
    )  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy")
    return lambda: model.fit(x, y, batch_size=32, verbose=0)


def ratio(
    call: Callable[[], Any], rivals: Competitors, rounds: int, seconds: float
) -> tuple[float, float]:
    """Median seconds alone and beside the competitors; a sample lasts about `seconds`."""
    call()
    start = time.perf_counter()
    call()
    repeats = max(1, round(seconds / (time.perf_counter() - start)))
    times: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(rounds):
        for busy in (False, True):
            rivals.let(busy)
            time.sleep(0.02)
            start = time.perf_counter()
            for _ in range(repeats):
                call()
            times[busy].append((time.perf_counter() - start) / repeats)
    rivals.let(False)
    return statistics.median(times[False]), statistics.median(times[True])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.2, help="length of a sample")
    args = parser.parse_args()
    cells = [(name, call, MOST["call"]) for name, call in calls().items()]
    cells += [("training epoch, MLP", mlp(), MOST["mlp"])]
    cells += [("training epoch, CNN", cnn(), MOST["cnn"])]
    print(f"fastconv {fastconv.__version__}, {fastconv.get_num_threads()} threads")
    print("| call | alone, ms | busy, ms | ratio | wanted |")
    print("| --- | ---: | ---: | ---: | ---: |")
    with Competitors() as rivals:
        for name, call, most in cells:
            alone, busy = ratio(call, rivals, args.rounds, args.seconds)
            figures = f"{1e3 * alone:.2f} | {1e3 * busy:.2f} | {busy / alone:.2f}"
            print(f"| {name} | {figures} | <= {most} |", flush=True)


if __name__ == "__main__":
    main()
