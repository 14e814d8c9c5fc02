"""Engines: ways to compute one convolution.

Each module has `run`, which takes checked operands and returns the result. Belongs here: how a sum
is computed. Does not: validation, dtypes, modes (`_spec`), the choice between engines (`_cost`).
An engine never changes what is computed, only how fast and with which rounding error.
"""
