"""scipy.signal's convolution family, on compiled kernels.

``from fastconv.signal import convolve, convolve2d, correlate, correlate2d`` replaces SciPy's line.

Belongs here: everything about convolution of plain arrays. Does not: layers of networks
(`fastconv.ops`). A call goes ``_convolve`` (one module per pair of public functions: checks)
-> ``_spec`` (shapes, orientation) -> ``_method`` and ``_cost`` (which engine) -> ``_engines``.
A boundary mode is added in ``_boundary``, an engine in ``_engines``.
"""

from fastconv.signal._calibrate import calibrate
from fastconv.signal._convolve import convolve, correlate
from fastconv.signal._convolve2d import convolve2d, correlate2d
from fastconv.signal._fftconvolve import fftconvolve, oaconvolve
from fastconv.signal._lags import correlation_lags
from fastconv.signal._method import choose_conv_method
from fastconv.signal._patch import patch_scipy, patched_scipy, unpatch_scipy
from fastconv.signal._plan import plan_convolve, plan_correlate
from fastconv.signal._template import match_template

__all__ = [
    "calibrate",
    "choose_conv_method",
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "correlation_lags",
    "fftconvolve",
    "match_template",
    "oaconvolve",
    "patch_scipy",
    "patched_scipy",
    "plan_convolve",
    "plan_correlate",
    "unpatch_scipy",
]
