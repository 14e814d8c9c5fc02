"""How much time the choice of engine loses: `python -m bench.regret` over a random grid.

Each cell is a convolution of random shape. Every engine that the model does not predict to be four
times as slow as the best is timed, in turns; the regret of a cell is the time of the engine chosen
over that of the fastest, less one, and counts as zero up to five per cent. Cells under 20 us are
left out. All results are compared before anything is timed.

    python -m bench.regret --cells 320 --out build/regret.json            # all at once
    python -m bench.regret --cells 320 --slice 0/4 --out build/a.json     # or in four parts,
    python -m bench.regret --read build/a.json build/b.json ...           # read together
"""

from __future__ import annotations

import argparse
import functools
import gc
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import fastconv
from fastconv import _kernels
from fastconv.signal import _method, _options
from fastconv.signal._engines import direct, fft, overlap_add, transform
from fastconv.signal._spec import make_spec, reverse

FORGIVEN = 0.05
LEAST_US = 20.0
ROUNDS = 7
SAMPLE_US = 300.0
RTOL = {"f": 1e-4, "d": 1e-10, "F": 1e-4}


def cells(count: int, seed: int) -> list[dict[str, Any]]:
    """Random shapes: 1-D of 16 to 10^6 by 2 to 10^5 taps, 2-D of 16 to 4096 by 2 to 255."""
    rng = np.random.default_rng(seed)

    def between(lo: float, hi: float) -> int:
        return round(math.exp(rng.uniform(math.log(lo), math.log(hi))))

    found = []
    for _ in range(count):
        if rng.random() < 0.5:
            sizes = [between(16, 4096)]
            sizes.append(min(4096, max(16, round(sizes[0] * rng.choice([0.5, 1, 1, 2])))))
            taps = [between(2, min(255, n)) for n in sizes[:1]]
            taps.append(min(sizes[1], 255, max(2, round(taps[0] * rng.choice([0.5, 1, 1, 2])))))
        else:
            sizes = [between(16, 1e6)]
            taps = [between(2, min(1e5, sizes[0]))]
        found.append(
            {
                "shape": sizes,
                "taps": taps,
                "dtype": str(rng.choice(["f", "d", "F"])),
                "mode": str(rng.choice(["full", "same", "valid"])),
                "product": bool(len(sizes) == 2 and rng.random() < 0.2),
            }
        )
    return found


def numbers(rng: np.random.Generator, shape: Any, dtype: str) -> np.ndarray:
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if dtype == "F" else x).astype(dtype)


def engines(cell: dict[str, Any]) -> tuple[str, dict[str, tuple[float, Callable[[], Any]]]]:
    """The engine chosen, and for each one the predicted microseconds and a call."""
    rng = np.random.default_rng(1)
    x, taps = numbers(rng, cell["shape"], cell["dtype"]), None
    if cell["product"]:
        column, row = (numbers(rng, k, cell["dtype"]) for k in cell["taps"])
        taps = np.outer(column, row)
    else:
        taps = numbers(rng, cell["taps"], cell["dtype"])
    spec = make_spec(x.shape, taps.shape, cell["mode"])
    b = reverse(taps).copy()
    run = functools.partial(direct.run, spec, x, taps, x.dtype)
    times = _method.estimates(spec, x.dtype, product=cell["product"])
    calls: dict[str, tuple[float, Callable[[], Any]]] = {"direct": (times["direct"], run)}
    if "separable" in times:
        calls["separable"] = times["separable"], functools.partial(run, separate=True)
    axes = tuple(range(x.ndim))
    lo = tuple(s + k - 1 for s, k in zip(spec.start, spec.h_shape, strict=True))
    whole = functools.partial(fft.run, x, b, axes, lo, spec.y_shape)
    for us, sizes in transform.options(x.shape, b.shape, axes, lo, spec.y_shape, x.dtype):
        if not sizes:
            calls["fft"] = us, whole
        elif math.isfinite(us):
            calls["blocks"] = us, functools.partial(overlap_add.run, x, b, lo, spec.y_shape, sizes)
    return min(calls, key=lambda name: calls[name][0]), calls


def checked(calls: dict[str, Callable[[], Any]], rtol: float) -> None:
    """Raise AssertionError unless all calls give the same within `rtol` of the largest value."""
    results = {name: call() for name, call in calls.items()}
    first = next(iter(results.values()))
    scale = float(np.abs(first).max()) or 1.0
    for name, y in results.items():
        error = float(np.abs(y - first).max()) / scale
        assert error <= rtol, f"{name} differs by {error:.1e} of the largest value"


def medians(calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Median microseconds of each call; the calls take turns."""
    repeats, times = {}, {name: [] for name in calls}
    for name, call in calls.items():
        start = time.perf_counter()
        call()
        repeats[name] = max(1, int(SAMPLE_US / (1e6 * (time.perf_counter() - start))))
    for turn in range(ROUNDS):
        order = list(calls)
        for name in order[turn % len(order) :] + order[: turn % len(order)]:
            call = calls[name]
            start = time.perf_counter()
            for _ in range(repeats[name]):
                call()
            times[name].append(1e6 * (time.perf_counter() - start) / repeats[name])
    return {name: float(np.median(t)) for name, t in times.items()}


def measure(cell: dict[str, Any], threads: int, within: float) -> dict[str, Any]:
    """`cell` with what was predicted and measured."""
    chosen, found = engines(cell)
    least = min(us for us, _ in found.values())
    calls = {name: call for name, (us, call) in found.items() if us <= within * least}
    with _options.threads(threads):
        checked(calls, RTOL[cell["dtype"]])
        took = medians(calls)
    predicted = {name: us for name, (us, _) in found.items()}
    return {**cell, "threads": threads, "chosen": chosen, "predicted": predicted, "us": took}


def regret(cell: dict[str, Any]) -> float:
    """Time lost by the choice, as a fraction of the best."""
    lost = cell["us"][cell["chosen"]] / min(cell["us"].values()) - 1
    return 0.0 if lost <= FORGIVEN else lost


def report(measured: list[dict[str, Any]]) -> str:
    """Mean and 95th percentile, for all cells and by kind."""
    kept = [c for c in measured if min(c["us"].values()) >= LEAST_US]
    groups: dict[str, list[float]] = {"all": []}
    for cell in kept:
        lost = regret(cell)
        groups["all"].append(lost)
        for key in (
            f"{len(cell['shape'])}-D", f"{cell['threads']} thread(s)", f"dtype {cell['dtype']}",
        ):  # fmt: skip
            groups.setdefault(key, []).append(lost)
    lines = [f"{'cells':24s} {'count':>5s} {'mean %':>7s} {'95th %':>7s} {'most %':>7s}"]
    for key in sorted(groups):
        lost = 100 * np.array(groups[key])
        lines.append(
            f"{key:24s} {lost.size:5d} {lost.mean():7.1f} {np.percentile(lost, 95):7.1f} "
            f"{lost.max():7.1f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=320)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--slice", default="0/1", help="I/N: every N-th cell from I on")
    parser.add_argument("--out", type=Path, help="where to put the measured cells (JSON)")
    parser.add_argument("--read", type=Path, nargs="*", help="files to report on instead")
    parser.add_argument("--within", type=float, default=4, help="skip engines predicted slower")
    parser.add_argument("--worst", type=int, default=0, help="also print so many worst cells")
    args = parser.parse_args()
    measured: list[dict[str, Any]] = []
    if args.read:
        for path in args.read:
            measured += json.loads(path.read_text(encoding="utf-8"))
    else:
        part, parts = map(int, args.slice.split("/"))
        gc.disable()
        todo = cells(args.cells, args.seed)[part::parts]
        for i, cell in enumerate(todo):
            print(f"\r{i}/{len(todo)}", end="", file=sys.stderr, flush=True)
            measured += [measure(cell, threads, args.within) for threads in args.threads]
            if args.out:
                args.out.write_text(json.dumps(measured), encoding="utf-8")
        print(file=sys.stderr)
    print(f"fastconv {fastconv.__version__}, {_kernels.isa}")
    print(report(measured))
    for cell in sorted(measured, key=regret, reverse=True)[: args.worst]:
        print(f"{100 * regret(cell):6.0f} %", {k: v for k, v in cell.items() if k != "product"})


if __name__ == "__main__":
    main()
