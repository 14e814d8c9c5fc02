"""Ops: functions on tensors that allocate their output, call kernels and can be differentiated.

Belongs here: one family a file, forward and backward side by side. Does not: weights, names,
configs (`fastconv.layers`), loops over data (`fastconv.models`).
Adding one: write it in its family with ``@op`` (it then also works on symbolic tensors), hand
`record` the backward closure, put the name into the family's ``__all__``. An op that computes with
NumPy instead of kernels calls `forget_program` first, so that no captured step goes stale.
"""

from fastconv.ops import image  # noqa: F401
from fastconv.ops.activation import *  # noqa: F403
from fastconv.ops.compare import *  # noqa: F403
from fastconv.ops.conv import *  # noqa: F403
from fastconv.ops.dense import *  # noqa: F403
from fastconv.ops.elementwise import *  # noqa: F403
from fastconv.ops.gradients import *  # noqa: F403
from fastconv.ops.indexing import *  # noqa: F403
from fastconv.ops.linear import *  # noqa: F403
from fastconv.ops.loss import *  # noqa: F403
from fastconv.ops.making import *  # noqa: F403
from fastconv.ops.normalizing import *  # noqa: F403
from fastconv.ops.ordering import *  # noqa: F403
from fastconv.ops.pool import *  # noqa: F403
from fastconv.ops.reduce import *  # noqa: F403
from fastconv.ops.shaping import *  # noqa: F403
from fastconv.ops.unary import *  # noqa: F403
