# `make demo` runs the main job, `make test` passes the tests; each does all the set-up it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt
VIDEOS ?=
QUERY  ?=
DATA   ?= ../shared/data

.PHONY: help local demo test lint types layers unit bench clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "seewhy needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	@touch $@

# vos-benchmark is the reference of our J and F in tests. It names the opencv with windows, whose 5.0 would
# overwrite the headless one, so it comes without what it names; what it really needs is in the extra [dev].
$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[dev]'
	$(PIP) --no-deps vos-benchmark
	@touch $@ $(VENV)/.base

$(VENV)/.local: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[local]'
	@touch $@ $(VENV)/.base

local: $(VENV)/.local  ## install what the profile local needs (torch, transformers); 'seewhy models pull' gets weights

demo: $(VENV)/.base  ## render clips, index them, ask four questions and for one edit, write an HTML report; or VIDEOS=folder QUERY="..."
	$(BIN)/seewhy demo $(if $(VIDEOS),--videos "$(VIDEOS)") $(if $(QUERY),--query "$$DEMO_QUERY")
demo: export DEMO_QUERY := $(QUERY)

test: lint types layers unit  ## everything CI checks

lint: $(VENV)/.dev  ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy --strict on the package
	$(BIN)/mypy

layers: $(VENV)/.dev  ## imports point one way
	$(BIN)/lint-imports

unit: $(VENV)/.dev  ## pytest, warnings are errors
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: $(VENV)/.dev  ## every benchmark, with ablations; DATA=folder in the Reel-97 format
	$(BIN)/seewhy bench synthetic
	$(BIN)/seewhy bench reel --data $(DATA) --ablations
	$(BIN)/seewhy bench reel --data $(DATA) --task composed --ablations
	$(BIN)/python benchmarks/segmentation.py --reel $(DATA)
	$(BIN)/python benchmarks/index_search.py

clean:  ## remove the environment and what the demo wrote
	rm -rf $(VENV) demo
