# Needs python3 (3.11 or newer), make and git. Everything is installed into .venv; nothing else is touched.

PYTHON ?= python3
BIN := .venv/bin
STORE := data/default.h5
# `make store RECIPE="--radius 16 --min-functions 256" STORE=large.h5` compiles another recipe.
RECIPE ?=

.PHONY: store characters magnetic plane site tutorials test lint bench models publish wheel release cpu-torch clean

store: .venv/compiler-installed  ## Compile, prove and describe the default store
	$(BIN)/sgbasis compile --output $(STORE) $(RECIPE)
	$(BIN)/sgbasis verify $(STORE)

characters: .venv/compiler-installed  ## Compile and prove all characters of the 230 groups
	mkdir -p dist
	$(BIN)/sgbasis compile --settings standard --characters all --output dist/characters.h5
	$(BIN)/sgbasis verify dist/characters.h5

magnetic: .venv/compiler-installed  ## Compile and prove even and odd functions of the 1,651 magnetic groups
	mkdir -p dist
	$(BIN)/sgbasis compile --settings magnetic --characters all --output dist/magnetic.h5
	$(BIN)/sgbasis verify dist/magnetic.h5

plane: .venv/compiler-installed  ## Compile and prove the 17 plane groups with all their characters
	mkdir -p dist
	$(BIN)/sgbasis compile --settings plane --characters all --output dist/plane.h5
	$(BIN)/sgbasis verify dist/plane.h5

# The documentation first: mkdocs empties dist/site.
site: .venv/docs-installed .venv/explorer-installed  ## Write documentation and explorer; open dist/site/index.html (needs npm)
	cd site && npm ci --silent && npm run --silent build
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	$(BIN)/python -m sgbasis.explorer dist/site/explorer
	$(BIN)/python docs/hooks/check_site.py dist/site

tutorials: .venv/dev-installed  ## Run docs/tutorials/source, and save the notebooks with their outputs
	$(BIN)/python docs/hooks/run_tutorials.py

test: .venv/dev-installed lint  ## Lint, type check and run all tests
	$(BIN)/python -m pytest -n 2

lint: .venv/dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/dev-installed  ## Measure: ratios in one run, on this machine
	$(BIN)/python -m benchmarks

models: .venv/dev-installed  ## Train the models that ship, from the JSONL files in MP (hours on a CPU; resumes)
	@test -n "$(MP)" || { echo "make models MP=<folder with mp_scalar.jsonl.gz, mp_moduli.jsonl.gz ...>"; exit 2; }
	mkdir -p runs
	for name in mp_scalar mp_moduli mp_moduli_binary mp_elastic_tensor mp_dielectric_tensor mp_piezo_tensor; do \
	  test -e runs/$$name.h5 || $(BIN)/sgbasis crystals $(MP)/$$name.jsonl.gz --output runs/$$name.h5 || exit 1; done
	for name in mp_formation_energy mp_scalar mp_moduli mp_elastic mp_dielectric mp_piezo; do \
	  $(BIN)/sgbasis train data/training/$$name.toml || exit 1; done
	$(BIN)/python -m runtime.training.publish_models runs/mp_formation_energy formation_energy=formation_energy_per_atom
	$(BIN)/python -m runtime.training.publish_models runs/mp_scalar band_gap
	$(BIN)/python -m runtime.training.publish_models runs/mp_moduli bulk_modulus=bulk_modulus_vrh
	$(BIN)/python -m runtime.training.publish_models runs/mp_elastic shear_modulus=shear_modulus_vrh \
	  elastic_tensor=elastic_tensor_voigt_GPa
	$(BIN)/python -m runtime.training.publish_models runs/mp_dielectric dielectric_electronic
	$(BIN)/python -m runtime.training.publish_models runs/mp_piezo piezoelectric_tensor=piezo_tensor_voigt_C_per_m2

publish: .venv/dev-installed  ## Build every published store into dist/stores and write data/registry.json
	$(BIN)/python -m basis_compiler.publish_stores dist/stores

wheel: .venv/dev-installed  ## Build wheel and sdist; with the explorer's scripts if `make site` has built them
	$(BIN)/python -m build

release: .venv/dev-installed  ## Build wheel, sdist, published stores, the site and SHA256SUMS into dist (needs npm)
	rm -rf dist
	$(MAKE) publish
	git diff --exit-code --stat data || { echo "Commit data first: make publish has changed it"; exit 1; }
	$(MAKE) site
	$(MAKE) wheel
	$(BIN)/python packaging/release_files.py dist

cpu-torch: .venv/bin/python  ## Install PyTorch's CPU build, which is much smaller; then make any other target
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch \
	  --index-url https://download.pytorch.org/whl/cpu

clean:
	rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache

# A stamp per set of extras; pip runs again when the requirements change.
.venv/%-installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$*]"
	@touch $@

.venv/bin/python:
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }  # without pip it would be found, and fail, ever after
