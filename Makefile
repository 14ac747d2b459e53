# doudi: `make demo` serves the demo county, `make test` checks everything. Both set up what they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
DEMO_HOUSEHOLDS ?= 2000
DEMO_PORT ?= 8000

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup assets demo test test-sqlite test-postgres lint format bench lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) assets ## make .venv with the doudi command, build the front end and the translations

$(READY): requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

assets: $(READY) ## build the front-end files and compile the translations (only what changed)
	$(BIN)/python tools/assets.py
	$(BIN)/python tools/translations.py compile

demo: setup ## make the demo county, load it and serve it on http://127.0.0.1:8000
	$(BIN)/doudi demo --households $(DEMO_HOUSEHOLDS) --port $(DEMO_PORT)

lint: $(READY) ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/doudi rules check

test: setup ## lint, then every test on SQLite, in Chromium, and on PostgreSQL
	$(BIN)/python tools/system_packages.py
	$(MAKE) lint test-sqlite test-postgres

test-sqlite: $(READY)
	$(BIN)/doudi rules test
	$(BIN)/pytest -n 2 --dist loadfile

test-postgres: $(READY)
	$(BIN)/python tools/postgres.py $(BIN)/pytest -n 2 --dist loadfile tests/web -m "not browser and not sqlite"

bench: $(READY) ## run every benchmark and write the tables to bench/results/
	$(BIN)/python bench/run.py

format: $(READY) ## put the code into house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## renew the lock files (needs uv)
	uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --universal -p 3.11 pyproject.toml -o requirements.lock
	uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --universal -p 3.11 pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --universal -p 3.11 bench/requirements.in -o bench/requirements.lock
	uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --universal -p 3.11 bench/matching.in -o bench/matching.lock

clean: ## remove what was built (keeps var/)
	rm -rf .venv frontend/node_modules doudi/web/static/dist
