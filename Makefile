# Short names for what a developer does; `make help` lists them. PYTHON: an interpreter >= 3.11.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# OpenBLAS settings that some machines carry slow the rivals down: unset for figures.
FAIR = env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE

FUZZ_SECONDS ?= 600

.PHONY: help build test slow long lint ci keras-suite interop asan fuzz soak bench bench-quick report clean

help:                ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | column -t -s:

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

build: $(BIN)/python ## editable install with all that developing needs, into .venv
	$(BIN)/pip install -q -e ".[test,dev,bench]"

test:                ## the tests
	$(BIN)/pytest

slow:                ## the tests that take longer
	$(BIN)/pytest -m slow

long:                ## all tests again with arrays at fences, 10,000 calls of everything (hours)
	$(BIN)/pytest -m long

lint:                ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/mypy

ci:                  ## all of CI, in temporary environments
	bash .ci/run

keras-suite:         ## Keras's own unit tests, out of its source archive
	$(BIN)/pip install -q absl-py optree ml-dtypes
	$(BIN)/python tools/keras_suite.py

interop:             ## hand files to and fro with real Keras of six versions (6 GB of environments)
	$(BIN)/python tests/interop/venvs.py build/keras
	FASTCONV_INTEROP_VENVS=build/keras $(BIN)/pytest -m interop tests/interop

asan:                ## kernels, signal, ops and layers under the address and undefined-behaviour sanitizers
	PYTHON=$(BIN)/python tools/sanitize.sh tests/kernels tests/signal tests/ops tests/layers

fuzz:                ## file loaders and signal API, FUZZ_SECONDS each; `pip install atheris` guides it by coverage
	$(BIN)/python tools/fuzz all --seconds $(FUZZ_SECONDS)

soak:                ## a quarter of an hour of mixed work under load
	$(BIN)/python tools/soak.py --minutes 15

bench:               ## every benchmark, in full (about an hour): build/bench.json
	mkdir -p build
	$(FAIR) $(BIN)/pytest bench -q --benchmark-json=build/bench.json

bench-quick:         ## a few cells of each
	mkdir -p build
	$(FAIR) $(BIN)/pytest bench -q --quick --benchmark-json=build/bench.json

report:              ## HTML page and Markdown table of build/bench.json
	$(BIN)/python -m bench.report build/bench.json --out build/bench

clean:               ## remove what building left
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .benchmarks
	find fastconv -name '*.so' -delete
