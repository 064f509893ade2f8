# fusionbus: `make` prints this help. The two commands a newcomer needs are `make demo` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)

# Test files at once: most tests wait for a broker. Two cores ran all in 22 min one after the other, in 13 by threes.
JOBS ?= 3

.PHONY: help install demo up down test test-fast check format schemas bench flood stations quality forecast fuzz pictures chaos wheels clean

help: ## Print this help.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "fusionbus needs Python 3.11 or newer, and none is on the PATH: install one."; exit 1; }
	@test -x $(BIN)/python || { echo "Making a virtual environment with $(PYTHON) …"; "$(PYTHON)" -m venv $(VENV) || \
		{ echo "The virtual environment could not be made: on Debian, install python3-venv."; exit 1; }; }
	@echo "Installing fusionbus and what it needs (a minute or two the first time) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

install: $(STAMP) ## Make the virtual environment and install (the other targets do it themselves).

demo: $(STAMP) ## Start a real Kafka, the hub and agencies; watch the same attacks become single incidents.
	@$(BIN)/fusionbus demo

up: $(STAMP) ## Start broker, topics and the hub's workers, and leave them running; SECURE=1 with TLS and passwords.
	@$(BIN)/fusionbus up $(if $(SECURE),--secure)

down: $(STAMP) ## Stop what `make up` started; its records stay.
	@$(BIN)/fusionbus down

test: $(STAMP) ## Run all tests, on a real Kafka that the run starts itself; JOBS=1 one after the other.
	@tests/parts.sh
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0

test-fast: $(STAMP) ## Run the tests that need no broker.
	@$(BIN)/python -m pytest -m "not broker and not chaos and not packaging"

check: $(STAMP) ## Check style, types, the walls between the rooms, and that generated files are up to date.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m fusionbus.contract.schemas --check
	@$(BIN)/python -m fusionbus.consumers.web.api.document --check

format: $(STAMP) ## Put the code in order.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

schemas: $(STAMP) ## Write the JSON Schemas, the AsyncAPI and the OpenAPI document anew.
	@$(BIN)/python -m fusionbus.contract.schemas
	@$(BIN)/python -m fusionbus.consumers.web.api.document

bench: $(STAMP) ## Measure the bus beside a naive Faust program, and the API on 100,000 incidents in SQLite and PostgreSQL.
	@PYTHONPATH=tests $(BIN)/python -m bench
	@PYTHONPATH=tests $(BIN)/python -m bench.web

flood: $(STAMP) ## Let one agency send at fifty times its quota, and measure what the others notice.
	@PYTHONPATH=tests $(BIN)/python -m bench.flood

stations: $(STAMP) ## Let 2,000 police stations that were offline for days come back at one time; count every report's end.
	@PYTHONPATH=tests $(BIN)/python -m bench.stations

quality: $(STAMP) ## Score correlation: make quality LABELS=… REPORTS=… [MAPPING=event-record] [SUBSET=…] [GROWTH=1].
	@PYTHONPATH=tests $(BIN)/python -m quality $(if $(REPORTS),--reports "$(REPORTS)") $(if $(LABELS),--labels "$(LABELS)") \
		--mapping "$(or $(MAPPING),event-record)" $(if $(SUBSET),--subset "$(SUBSET)") $(if $(GROWTH),--growth)

forecast: $(STAMP) ## Score the weekly forecast week by week: make forecast [ATTACKS=table.csv] [SINCE=2008] [UNTIL=2011].
	@PYTHONPATH=tests $(BIN)/python -m quality.forecast $(if $(ATTACKS),--attacks "$(ATTACKS)") \
		$(if $(SINCE),--since "$(SINCE)") $(if $(UNTIL),--until "$(UNTIL)")

fuzz: $(STAMP) ## Throw bytes at every parser, guided by coverage: make fuzz [MINUTES=10] [TARGETS="csv walk"].
	@$(BIN)/python -c "import atheris" 2>/dev/null || $(BIN)/python -m pip install --quiet --constraint constraints.txt atheris
	@PYTHONPATH=tests $(BIN)/python -W ignore -m fuzz --minutes $(or $(MINUTES),10) $(TARGETS)

pictures: $(STAMP) ## Take the pictures of the dashboard in docs/pictures anew, on a bus that it starts.
	@PYTHONPATH=tests $(BIN)/python -m pictures

chaos: $(STAMP) ## Pull the bus apart and count what is lost (hours): make chaos [ROWS="kill storm"] [SEED=1] [SCALE=1] [RATE=25].
	@PYTHONPATH=tests $(BIN)/python -m chaos $(ROWS) --seed $(or $(SEED),1) --scale $(or $(SCALE),1) --rate $(or $(RATE),25)

wheels: $(STAMP) ## Build the full wheel and the slim ones that agencies install.
	@for room in . contract producers consumers; do $(BIN)/python -m build --wheel --no-isolation --outdir dist $$room || exit 1; done

clean: ## Remove the virtual environment, caches and built files.
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
