# casebridge: `make demo` shows it, `make up` keeps it running to click around, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
.DEFAULT_GOAL := help

# Some environments forbid Python to keep what it has compiled. Each of the many processes here would then compile all of
# Prefect anew, which takes as long as everything else that a quiet night does.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo up test suite lint bench chaos scale docs lock clean

help: ## This list.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## Run the main job once against the sandbox and print what came of it.
	$(BIN)/python -m deployments.demo

up: $(READY) ## The same, and stay up for a person to click around (Ctrl-C ends it).
	$(BIN)/python -m deployments.demo --stay

test: $(READY) ## The whole suite, on SQLite and PostgreSQL, and lint beside it.
	$(MAKE) --jobs 2 lint suite

# Three workers on two cores: the tests wait as much as they compute.
suite: $(READY)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not bench and not chaos and not scale"

lint: $(READY) ## Style, types, and which room may import which.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## Speed and size, as JSON; ratios measured in one run.
	$(BIN)/python -m tests.bench

chaos: $(READY) ## The long runs with kills and faults.
	$(BIN)/python -m pytest -m chaos

scale: $(READY) ## Several API servers and workers on PostgreSQL and Redis, killed in the middle of a night.
	$(BIN)/python -m pytest -m scale

docs: $(READY) ## The documentation as pages, below build/docs.
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

lock: ## Pin every dependency anew, with hashes (needs uv).
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	  --no-emit-find-links --no-header --group dev --upgrade --output-file requirements.lock pyproject.toml

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("casebridge needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(READY)

clean: ## Forget the environment and everything the demo left.
	rm -rf .venv .casebridge *.egg-info
