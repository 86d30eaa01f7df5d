# Every target sets up what it needs; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than there are processors: many tests wait, for processes and for pauses between attempts.
WORKERS = $(shell $(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)')
STAMP := $(VENV)/.ready
COMPILE := uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-emit-index-url
RUNTIME := --extra emulator --extra excel --extra receive
TOOLS := pytest|pytest-xdist|hypothesis|markdown-it-py|editables|hatchling
LOWEST_TESTS := tests/wire tests/kinds tests/unit tests/emulator tests/receipts

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-all explore lowest lint format schema golden mutate lock bench clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

venv: $(STAMP) ## make .venv with everything

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## plan, apply and plan again a clinic's account, against the emulator
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

test: $(STAMP) ## run the tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q

test-all: $(STAMP) ## run the tests, with every combination where `make test` tries some: an hour
	@FULL=1 $(BIN)/python -m pytest -n auto --dist worksteal -q

lowest: ## run the quick tests on the oldest versions that pyproject.toml allows, in .venv-lowest, with Python 3.11
	@rm -rf $(VENV)-lowest
	@$(PYTHON) -m venv $(VENV)-lowest
	@$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
		-r requirements/lowest.lock
	@$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(VENV)-lowest/bin/python -m pytest -n auto --dist worksteal -q $(LOWEST_TESTS)

explore: $(STAMP) ## break small worlds in every way, two deep, on every kind of service: an hour or two
	@PYTHONPATH=tests $(BIN)/python -m explore

lint: $(STAMP) ## format check, lint, types, layers, schema
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/schemas.py --check
	@$(BIN)/python scripts/reference.py --check

format: $(STAMP) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

schema: $(STAMP) ## write schemas/, and what docs/ and README take from the code
	@$(BIN)/python scripts/schemas.py
	@$(BIN)/python scripts/reference.py

golden: $(STAMP) ## write the golden files and README's picture anew; review the diff
	@$(BIN)/python scripts/picture.py
	@UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q -n auto tests

mutate: $(STAMP) ## change planning and applying in thousands of ways; ONLY='intime_sync.planning*' for a part
	@$(BIN)/mutmut run $(if $(ONLY),'$(ONLY)')

lock: ## pin the newest versions of everything, and the oldest that may be used (needs uv)
	@$(COMPILE) --universal --extra dev --upgrade pyproject.toml -o requirements/dev.lock
	@$(COMPILE) --universal --upgrade $(RUNTIME) -c requirements/dev.lock pyproject.toml -o requirements/runtime.lock
	@$(COMPILE) --universal --upgrade -c requirements/dev.lock requirements/build.in -o requirements/build.lock
	@grep -E '^($(TOOLS))==' requirements/dev.lock | tr -d ' \\' >requirements/tools.tmp
	@$(COMPILE) --upgrade --resolution lowest-direct $(RUNTIME) -c requirements/tools.tmp \
		pyproject.toml requirements/tests.in -o requirements/lowest.lock
	@rm requirements/tools.tmp

bench: $(STAMP) ## measure next to others, say which goals are met, write docs/performance's tables and picture
	@$(BIN)/python -m benchmarks

clean: ## remove what was made here
	@rm -rf $(VENV) $(VENV)-lowest .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants build dist \
		tests/editors/node_modules tests/editors/.installing
