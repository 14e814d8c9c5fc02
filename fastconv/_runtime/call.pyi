from types import TracebackType
from typing import Any

import numpy as np

class Kernel:
    name: str
    origin: str
    address: int
    def __init__(self, name: str, origin: str, source: Any) -> None: ...

class Program:
    spoiled: str | None
    def __init__(self, dry: bool = False) -> None: ...
    def __len__(self) -> int: ...
    def __enter__(self) -> Program: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...
    def spoil(self, why: str) -> None: ...
    def hold(self, *objects: Any) -> None: ...
    def run(self, times: int = 1) -> None: ...
    def drop_packs(self, weights: list[np.ndarray]) -> None: ...
    def timings(self, times: int = 1) -> list[tuple[str, float]]: ...

class _Recorder:
    program: Program | None
    profile: Any
    label: str | None
    backward: bool

recorder: _Recorder

def profiled(change: int) -> None: ...
def launch(
    kernel: Kernel,
    bufs: tuple[np.ndarray | None, ...],
    dims: tuple[int, ...],
    pars: tuple[float, ...],
    n: int,
    grain: int,
    flush: bool = False,
) -> None: ...

class scope:
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

class limit_threads:
    def __init__(self, n: int) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

def set_num_threads(n: int) -> None: ...
def get_num_threads() -> int: ...
def aligned_empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray: ...
