"""Benchmarks: how fast each public function is, beside its rivals, in one process.

Belongs here: `bench_*.py` (pytest-benchmark; run by `make bench`), the helpers they share
(`paired`, `machine`), tools that print one figure (`python bench/NAME.py`), and `report`, which
turns the JSON of a run into a page. A benchmark checks every result before it times anything.
Does not: assertions about speed in the test suite.
"""
