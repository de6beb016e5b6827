# What one can do here. `make` alone lists it.
# Everything needs only Python 3.11 or newer and make; the environment is made in .venv on first use.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready
ARGS   ?=
NAME   ?= evidence
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check soak bench diagrams docs lint lock

help: ## list what one can do
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## make the environment (every other target does it by itself)

$(READY): requirements.lock pyproject.toml tools/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/setup.sh

demo: $(READY) ## play the main job on this machine, narrated; ARGS="--exit", ARGS="--evidence PATH"
	@$(BIN)/python demo/drive.py $(ARGS)

run: $(READY) ## make and show a node in ./node (pages and letters come with later issues)
	@test -e node/node.json || $(BIN)/comity node init node
	@$(BIN)/comity exhibit show --home node

test: $(READY) ## all tests that need no server (at most 10 minutes)
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(READY) ## what CI runs: linters, contracts, types, all tests on SQLite and PostgreSQL, scaled soak
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/check.sh

soak: $(READY) ## the full figures; results are kept in docs/soak.md and docs/benchmarks.md
	@COMITY_SOAK=full $(BIN)/python -m pytest -n 2 -m soak --durations=12 $(ARGS)
	@$(BIN)/python bench/$(NAME).py --full --write docs/benchmarks.md

bench: $(READY) ## measure against named peers in one run; NAME=evidence
	@$(BIN)/python bench/$(NAME).py $(ARGS)

diagrams: $(READY) ## draw the lifecycles from their tables into docs/lifecycles.md
	@$(BIN)/python tools/diagrams.py --write

docs: $(READY) ## check that the documents agree with the program
	@$(BIN)/python -m pytest tests/house -q

lint: $(READY) ## ruff, mypy, contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

lock: $(READY) ## resolve dependencies anew into requirements.lock (needs uv)
	@uv pip compile -q --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --extra server --extra test pyproject.toml -o requirements.lock
