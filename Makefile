# make setup | report | test | lint | bench | bench-peers | scale | clean.
# Variables: PYTHON (interpreter), ARGS (passed on), JOBS (processes of `make test`).
PYTHON ?= python3
JOBS ?= logical
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PEERS := .venv-peers

.PHONY: setup report test lint bench bench-peers scale clean
.DEFAULT_GOAL := report

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "rederive needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "Setting up $(VENV) with the pinned packages; this takes one to two minutes." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

report: $(STAMP)
	$(BIN)/rederive report $(ARGS)

# Compiled sources are kept, whatever is set: the tests start hundreds of interpreters, and each would compile them anew.
test: $(STAMP)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy --no-incremental

# One thread, since the time of the processor is compared: threads that wait for others would count.
bench: $(STAMP)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest tests/benchmarks --benchmark-only --override-ini addopts= $(ARGS)

# What a plan says against what runs take, with 1, 2 and 4 workers.
scale: $(STAMP)
	$(BIN)/python -m tests.benchmarks.scaling $(ARGS)

# A second environment with the packages that users would take instead; one core, as the goals are stated.
bench-peers: $(PEERS)/.installed
	XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" OMP_NUM_THREADS=1 \
	  $(PEERS)/bin/python -m pytest tests/benchmarks/test_peers.py tests/benchmarks/test_peers_spectra.py \
	  --benchmark-only --override-ini addopts= -s $(ARGS)

$(PEERS)/.installed: pyproject.toml constraints.txt tests/benchmarks/peers.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@$(PEERS)/bin/python -m pip install --quiet --requirement tests/benchmarks/peers.txt
	@touch $@

clean:
	rm -rf $(VENV) $(PEERS) report build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find derivations numerics verify tests -name __pycache__ -type d -prune -exec rm -rf {} +
