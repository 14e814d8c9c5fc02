from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastconv._runtime.call import Kernel

RIM_BLOCK: int
BORDERS: dict[str, int]

def install(
    resolve: Callable[[str], Kernel],
    rates: Mapping[str, float],
    autos: Mapping[str, tuple[float, float]],
) -> None: ...
def forget() -> None: ...
def is_product(h: np.ndarray) -> bool: ...
def run_1d(
    y: np.ndarray,
    x: np.ndarray,
    h: np.ndarray,
    start: int,
    border: str,
    fillvalue: np.ndarray,
    zero: bool,
    finite: bool,
) -> None: ...
def run_2d(
    y: np.ndarray,
    x: np.ndarray,
    h: np.ndarray,
    start: tuple[int, ...],
    border: str,
    fillvalue: np.ndarray,
    zero: bool,
    finite: bool,
    separate: bool,
) -> None: ...
def convolve1d(in1: Any, in2: Any, mode: Any, method: Any, flip: bool) -> np.ndarray | None: ...
def filter2d(
    in1: Any, in2: Any, mode: Any, boundary: Any, fillvalue: Any, flip: bool, separate: bool
) -> np.ndarray | None: ...
