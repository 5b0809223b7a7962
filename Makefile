# Two commands do everything on a machine with Python 3.11+ and make:
#   make sweep    set up, then run the main job on the built-in sample
#   make test     set up, then lint, type-check, check the layers and run the tests
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= python3
ARGS ?=

.PHONY: sweep test lint ui setup requirements clean
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

ui: $(READY)
	$(BIN)/segment ui $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

# After a change of dependencies in pyproject.toml. The file names versions only, never where they come from.
requirements: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-emit-index-url --no-annotate \
		--custom-compile-command "make requirements" --output-file requirements.txt pyproject.toml

clean:
	rm -rf $(VENV)
