# Two commands do everything on a machine with Python 3.11+ and make:
#   make sweep    set up, then run the main job on the built-in sample
#   make test     set up, then lint, type-check, check the layers and run the tests
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= python3
ARGS ?=

.PHONY: sweep test lint ui setup docs pictures examples notebooks requirements clean
.DEFAULT_GOAL := sweep

setup: $(READY)

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; choose one with: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet uv==0.13.9
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --requirements requirements.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(READY)

sweep: $(READY)
	$(BIN)/segment sweep $(ARGS)
	@echo 'To have `segment` on the path:  source $(BIN)/activate'

ui: $(READY)
	$(BIN)/segment ui $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# One process more than cores: tests of commands wait for other processes a good part of their time.
test: lint $(VENV)/.spark
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile --no-loadscope-reorder $(ARGS)

# A quarter of a gigabyte, which the tests of Spark need and a sweep does not.
$(VENV)/.spark: $(READY) requirements-spark.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --requirements requirements-spark.txt
	@touch $@

# The documentation as pages in site/, which need no network.
docs: $(VENV)/.docs
	$(BIN)/mkdocs build --quiet
	@echo "Open site/index.html"

$(VENV)/.docs: $(READY)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[docs]'
	@touch $@

# The README's pictures, by a Chromium on the path; the example tables, from their seed.
pictures: $(READY)
	$(BIN)/python docs/make_pictures.py

examples: $(READY)
	$(BIN)/python examples/make_tables.py

# What the notebooks of examples/ show, from running them.
notebooks: $(READY)
	$(BIN)/python examples/run_notebooks.py

# After a change of dependencies in pyproject.toml. The file names versions only, never where they come from.
requirements: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-emit-index-url --no-annotate \
		--custom-compile-command "make requirements" --output-file requirements.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --extra spark --constraint requirements.txt --no-header \
		--no-emit-index-url --no-annotate pyproject.toml | grep -vxFf requirements.txt > requirements-spark.txt

clean:
	rm -rf $(VENV)
