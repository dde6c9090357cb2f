# make setup | report | test | lint | bench | clean.  Variables: PYTHON (interpreter), ARGS (passed on).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup report test lint bench clean
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

test: $(STAMP)
	$(BIN)/python -m pytest $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only --override-ini addopts= $(ARGS)

clean:
	rm -rf $(VENV) report build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find derivations numerics verify tests -name __pycache__ -type d -prune -exec rm -rf {} +
