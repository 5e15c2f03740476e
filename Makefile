# Needs python3 (3.11 or newer), make and git. Everything is installed into .venv; nothing else is touched.

PYTHON ?= python3
BIN := .venv/bin
STORE := data/default.h5
# `make store RECIPE="--radius 16 --min-functions 256" STORE=large.h5` compiles another recipe.
RECIPE ?=

.PHONY: store test lint bench publish wheel clean

store: .venv/compiler-installed  ## Compile, prove and describe the default store
	$(BIN)/sgbasis compile --output $(STORE) $(RECIPE)
	$(BIN)/sgbasis verify $(STORE)

test: .venv/dev-installed lint  ## Lint, type check and run all tests
	$(BIN)/python -m pytest -n 2

lint: .venv/dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/dev-installed  ## Measure: ratios in one run, on this machine
	$(BIN)/python -m benchmarks

publish: .venv/dev-installed  ## Build every published store into dist/stores and write data/registry.json
	$(BIN)/python -m basis_compiler.publish dist/stores

wheel: .venv/dev-installed
	$(BIN)/python -m build

clean:
	rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache

# A stamp per set of extras; pip runs again when the requirements change.
.venv/%-installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$*]"
	@touch $@

.venv/bin/python:
	$(PYTHON) -m venv .venv
