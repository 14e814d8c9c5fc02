"""`profile`: where the time of training and inference goes, layer by layer.

The runtime notes, for every kernel that it runs, which layer asked for it and whether on the way
back (`_runtime.recorder`), in recorded steps too. `profile` adds up what it notes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastconv._runtime.call import profiled, recorder

# Work of the kernels that carry a network's arithmetic, from their sizes (see each contract line)
# and the length of their range. Winograd's kernels count the plain sum's operations.
_WORK: dict[str, Callable[[tuple[int, ...], int], float]] = {
    "dense_product": lambda d, n: 2.0 * d[0] * d[1] * d[2] * (n // max(1, d[9] * d[10])),
    "netconv_forward": lambda d, n: 2.0 * d[4] * d[5] * d[6] * d[2] * d[15],
    "netconv_weights": lambda d, n: 2.0 * d[4] * d[5] * d[6] * d[2] * d[14] * d[1],
    "netwino_forward": lambda d, n: _winograd(d),
    "netwino_weights": lambda d, n: _winograd(d),
    "netdepth_forward": lambda d, n: 2.0 * d[4] * d[5] * d[2] * d[3] * d[1] * n,
    "netdepth_weights": lambda d, n: 2.0 * d[4] * d[5] * d[2] * d[3] * d[1] * d[13],
    "netdepth_data": lambda d, n: 2.0 * d[6] * d[7] * d[2] * d[3] * d[4] * d[5] * (n // d[0]),
}


def _winograd(d: tuple[int, ...]) -> float:
    images = d[9] // (-(-d[3] // 2) * -(-d[4] // 2))
    return 18.0 * d[2] * d[5] * d[3] * d[4] * images


# Parts of a step that belong to no layer, by the kernel's family.
_FAMILIES = {
    "batch": "(batches)",
    "crossentropy": "(loss)",
    "loss": "(loss)",
    "metric": "(metrics)",
    "update": "(optimizer)",
    "step": "(optimizer)",
}


@dataclass
class Part:
    """What one layer, or one part of the step outside the layers, took.

    Attributes
    ----------
    name : str
        The layer's name; "(loss)", "(optimizer)", ... outside.
    forward, backward : float
        Seconds in its kernels.
    forward_flops, backward_flops : float
        Multiplications and additions of its products and convolutions.
    calls : int
        Kernels run.
    kernels : dict of str to float
        Seconds by kernel.
    """

    name: str
    forward: float = 0.0
    backward: float = 0.0
    forward_flops: float = 0.0
    backward_flops: float = 0.0
    calls: int = 0
    kernels: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Forward and backward together."""
        return self.forward + self.backward

    def line(self, whole: float) -> tuple[str, ...]:
        """The cells of its line in the table; `whole` is the time of all."""
        return (
            self.name,
            f"{1e3 * self.forward:.2f}",
            _rate(self.forward_flops, self.forward),
            f"{1e3 * self.backward:.2f}" if self.backward else "",
            _rate(self.backward_flops, self.backward),
            f"{100 * self.seconds / whole:.1f} %",
        )


class Profile:
    """The result of `profile`; `print` shows it as a table.

    Attributes
    ----------
    parts : dict of str to Part
        By name, in the order in which they first ran.
    seconds : float
        Time inside the ``with`` block.
    """

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.seconds = 0.0

    def note(
        self,
        label: str | None,
        backward: bool,
        name: str,
        dims: tuple[int, ...],
        n: int,
        nanoseconds: int,
        times: int,
    ) -> None:
        """Add `times` runs of a kernel, which took `nanoseconds` in all; the runtime calls it."""
        base = name.rpartition("_")[0]
        if label is None:
            label = _FAMILIES.get(base.partition("_")[0], "(other)")
        part = self.parts.get(label)
        if part is None:
            part = self.parts[label] = Part(label)
        seconds = nanoseconds * 1e-9
        work = _WORK.get(base)
        flops = 0.0 if work is None else times * work(dims, n)
        if backward:
            part.backward += seconds
            part.backward_flops += flops
        else:
            part.forward += seconds
            part.forward_flops += flops
        part.calls += times
        part.kernels[name] = part.kernels.get(name, 0.0) + seconds

    @property
    def outside(self) -> float:
        """Seconds outside kernels: Python, and whatever else the block did."""
        return max(0.0, self.seconds - sum(part.seconds for part in self.parts.values()))

    def __str__(self) -> str:
        layers = [part for part in self.parts.values() if not part.name.startswith("(")]
        others = [part for part in self.parts.values() if part.name.startswith("(")]
        whole = self.seconds or 1.0
        lines: list[tuple[str, ...]] = [
            ("", "forward ms", "GFLOP/s", "backward ms", "GFLOP/s", "share")
        ]
        lines += [part.line(whole) for part in [*layers, *others]]
        share = f"{100 * self.outside / whole:.1f} %"
        lines.append(("(Python)", f"{1e3 * self.outside:.2f}", "", "", "", share))
        lines.append(("total", f"{1e3 * self.seconds:.2f}", "", "", "", "100.0 %"))
        width = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                [line[0].ljust(width[0]), *map(str.rjust, line[1:], width[1:])],
            ).rstrip()
            for line in lines
        )

    def __repr__(self) -> str:
        return f"<Profile of {len(self.parts)} parts, {self.seconds:.3g} s>"


def _rate(flops: float, seconds: float) -> str:
    return f"{1e-9 * flops / seconds:.1f}" if flops and seconds else ""


class profile:
    """Context that measures where the time of fastconv's networks goes, layer by layer.

    Works for `fit`, `evaluate`, `predict`, calls of models and layers, eager or recorded, of the
    thread that entered it. The result is complete when the block ends.

    Returns
    -------
    Profile
        ``print`` shows one line a layer: milliseconds and GFLOP/s forward and backward, share of
        the whole. Parts outside the layers stand in brackets.

    Notes
    -----
    Reading the clock around every kernel costs about 0.05 us each. A rate above the machine's own
    is Winograd's: the operations counted are those of the plain sum. What a layer copies counts in
    its time, not in its work.

    Examples
    --------
    >>> import numpy as np
    >>> import fastconv as keras
    >>> model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name="small")])
    >>> with keras.profile() as report:
    ...     y = model(np.ones((2, 8), "float32"))
    >>> sorted(report.parts)
    ['small']
    """

    def __init__(self) -> None:
        self._profile = Profile()
        self._outer: Any = None

    def __enter__(self) -> Profile:
        self._outer = recorder.profile
        recorder.profile = self._profile
        profiled(1)
        self._start = time.perf_counter()
        return self._profile

    def __exit__(self, *exc: object) -> None:
        self._profile.seconds += time.perf_counter() - self._start
        profiled(-1)
        recorder.profile = self._outer
