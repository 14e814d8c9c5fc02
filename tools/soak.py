"""Hold mixed work under load: tools/soak.py [--minutes 15].

Processes with several threads each convolve, transform, predict, train, save and load, round after
round, beside as many busy loops as there are processors. Every result is compared with the first
one. Fails if any call fails or differs, if a process holds more memory at the end than after a
third of the time (beyond what its allocator keeps), or if the 99th percentile of the rounds' times
is more than --multiple times their median. Rounds during which the whole machine (or this
process) stood still for two seconds are left out, and counted.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

GROWTH = 32 << 20  # bytes of resident memory that a process may gain after the first third


def resident() -> int:
    """Bytes of resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def network(fastconv):
    layers = fastconv.layers
    fastconv.utils.set_random_seed(1)
    model = fastconv.Sequential(
        [
            fastconv.Input((14, 14, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


class Worker:
    """What the threads of one process share: data, a model to predict with, results to expect."""

    def __init__(self, folder: Path) -> None:
        import fastconv
        from fastconv import signal

        self.fastconv, self.signal, self.folder = fastconv, signal, folder
        rng = np.random.default_rng(0)
        self.x, self.h = rng.normal(size=20_000), rng.normal(size=101)
        self.image = rng.normal(size=(200, 220)).astype("f")
        self.taps = rng.normal(size=(7, 5)).astype("f")
        self.batch = rng.random((32, 14, 14, 1)).astype("f")
        self.labels = rng.integers(0, 10, 32)
        self.model = network(fastconv)
        self.plan = signal.plan_convolve(20_000, self.h)
        self.expected = self.results()

    def results(self) -> list[bytes]:
        signal = self.signal
        made = [
            signal.convolve(self.x, self.h, method="direct"),
            signal.fftconvolve(self.x, self.h),
            signal.oaconvolve(self.x, self.h),
            signal.convolve2d(self.image, self.taps, "same", "symm"),
            self.plan(self.x),
            self.model.predict(self.batch, verbose=0),
        ]
        return [y.tobytes() for y in made]

    def round(self, number: int, own) -> None:
        """One of everything; `own` is a model of this thread alone."""
        if self.results() != self.expected:
            raise AssertionError("a result differs from the first one")
        for _ in range(3):
            if not np.isfinite(own.train_on_batch(self.batch, self.labels)):
                raise AssertionError("the loss is not finite")
        path = self.folder / f"{os.getpid()}-{number}.keras"
        own.save(path)
        loaded = self.fastconv.saving.load_model(path)
        for a, b in zip(own.get_weights(), loaded.get_weights(), strict=True):
            if a.tobytes() != b.tobytes():
                raise AssertionError("a model changed on its way through a file")

    def thread(self, number: int, end: float, times: list, errors: list) -> None:
        own = network(self.fastconv)
        while (start := time.monotonic()) < end and not errors:
            try:
                self.round(number, own)
            except BaseException as error:
                errors.append(repr(error))
            times.append((start, time.monotonic()))


def work(folder: str, threads: int, seconds: float, results) -> None:
    """One process: threads until the end; then what they met."""
    worker = Worker(Path(folder))
    end = time.monotonic() + seconds
    times: list[tuple[float, float]] = []
    errors: list[str] = []
    running = [
        threading.Thread(target=worker.thread, args=(n, end, times, errors)) for n in range(threads)
    ]
    for thread in running:
        thread.start()
    time.sleep(seconds / 3)
    early = resident()
    while time.monotonic() < end - 2:
        time.sleep(0.2)
    late = resident()  # the threads still run
    for thread in running:
        thread.join()
    results.put((times, errors, early, late))


def burn(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(10_000))


def run(seconds: float, processes: int, threads: int, loads: int) -> dict:
    """Figures of one soak."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    with tempfile.TemporaryDirectory() as folder:
        workers = [
            context.Process(target=work, args=(folder, threads, seconds, results))
            for _ in range(processes)
        ]
        others = [context.Process(target=burn, args=(seconds + 10,)) for _ in range(loads)]
        for process in [*workers, *others]:
            process.start()
        stops, beat = [], time.monotonic()
        found = []
        while len(found) < processes and any(process.is_alive() for process in workers):
            time.sleep(0.05)
            now = time.monotonic()
            if now - beat > 2:
                stops.append((beat, now))
            beat = now
            while not results.empty():
                found.append(results.get())
        while len(found) < processes and not results.empty():
            found.append(results.get())
        for process in others:
            process.terminate()
        for process in [*workers, *others]:
            process.join()
        left = sorted(p.name for p in Path(folder).iterdir() if not p.name.endswith(".keras"))
    rounds = [t for times, *_ in found for t in times]
    counted = [b - a for a, b in rounds if not any(a < y and x < b for x, y in stops)]
    errors = [error for _, errors, *_ in found for error in errors]
    errors += ["a process died"] * (processes - len(found))
    errors += [f"left behind: {name}" for name in left]
    return {
        "minutes": round(seconds / 60, 1),
        "processes, threads, busy loops": [processes, threads, loads],
        "rounds": len(rounds),
        "rounds left out": len(rounds) - len(counted),
        "median s": round(float(np.median(counted)), 3),
        "p99 s": round(float(np.quantile(counted, 0.99)), 3),
        "growth MiB": [round((late - early) / 2**20, 1) for *_, early, late in found],
        "errors": errors,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=3, help="in each process")
    parser.add_argument("--loads", type=int, default=os.cpu_count(), help="busy loops beside")
    parser.add_argument("--multiple", type=float, default=5, help="p99 over median allowed")
    options = parser.parse_args()
    figures = run(options.minutes * 60, options.processes, options.threads, options.loads)
    print(json.dumps(figures))
    slow = figures["p99 s"] > options.multiple * figures["median s"]
    grown = max(figures["growth MiB"], default=0) * 2**20 > GROWTH
    if slow or grown or figures["errors"]:
        print(f"FAILED: {slow=} {grown=}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
