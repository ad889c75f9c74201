# Everything lives in .venv; the system's Python is only used to make it.
SHELL := /bin/bash
.DEFAULT_GOAL := setup
.PHONY: setup demo test clients test-clients formats test-formats soak bench bench-queues score-report distill check lock lock-clients lock-formats clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCKS := requirements/dev.lock requirements/runtime.lock
SOURCES := proxy scorers grafana tests

# The interpreter that the environment is made with: new enough, able to make one, and not much slower than another here.
PYTHON ?= $(shell requirements/pick-python.sh)

setup: $(STAMP)
	@:

$(STAMP): $(LOCKS) pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "sightglass: Python 3.11 or newer with its venv module is needed (Debian: python3-venv)" >&2; exit 2; fi
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the pinned dependencies into $(VENV) (a minute or two, once) ..." >&2
	@$(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip uninstall --quiet --yes --disable-pip-version-check sightglass 2>/dev/null # its name until 2026
	@$(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# UPSTREAM=URL takes an endpoint of one's own; DEMO_SECONDS=20 ends by itself.
demo: export DEMO_SECONDS := $(DEMO_SECONDS)
demo: setup
	@exec $(BIN)/sightglass demo $(if $(UPSTREAM),--upstream '$(UPSTREAM)')

# TEST_PROCESSES: tests mostly wait for servers, so that there may be more of them than processors; a file stays in one.
TEST_PROCESSES ?= 3
test: setup clients formats
	@tests/install-servers.sh
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile $(PYTEST_ARGS)

# The client libraries of the smoke tests, in build/clients; what cannot be had is named and its tests are skipped.
clients: setup
	@tests/clients/install.sh $(BIN)/python

# The clients of docs/clients.md against a scripted provider that knows the truth: all of them, or CLIENTS=NAME,
# CLIENTS=--small for the five of continuous integration. A full run writes the table (nightly; 2 GB to install).
RESULT := tests/clients/result.json
test-clients: setup
	@tests/clients/install.sh $(BIN)/python $(if $(filter --small,$(CLIENTS)),,all)
	@PYTHONPATH=tests $(BIN)/python -m clients $(CLIENTS) --verbose $(if $(CLIENTS),--last $(RESULT),--json $(RESULT) --docs docs/clients.md)

# The packages of other evaluation tools for the round trips of suites, in build/formats: the small ones (120 MB). All of
# them, with Inspect, lm-evaluation-harness and promptfoo (3 GB, some minutes), and their tests: test-formats.
formats: setup
	@tests/formats/install.sh $(BIN)/python

test-formats: setup
	@tests/formats/install.sh $(BIN)/python all
	@$(BIN)/python -m pytest tests/scorers/formats tests/scorers/benchmarks/test_lm_eval.py $(PYTEST_ARGS)

# The long forms of the fault cases; SOAK_SECONDS (600) is how long clients come and leave, 20 is a quick look.
soak: setup
	@$(BIN)/python -m pytest -o python_files='soak_*.py' -s tests/soak $(PYTEST_ARGS)

# BENCH_SECONDS (of load, a cell), BENCH_ROUNDS; BENCH_ARGS='--only chat' or '--against ANOTHER_CHECKOUT'.
bench: setup
	@tests/bench/install.sh
	@PYTHONPATH=tests $(BIN)/python -m tests.bench $(BENCH_ARGS)

# The queues: samples a second of CPU through each, and latency of traffic while its Redis is stopped, deaf or dead.
bench-queues: setup
	@PYTHONPATH=tests $(BIN)/python -m tests.bench.queues $(BENCH_ARGS)

# Every output of the scorers on every labelled set of a folder; compared with docs/scorers.md, SCORE_ARGS=--write puts it
# there. SCORE_ARGS=--quick: at most 150 rows of a set, a few seconds.
DATA ?= $(wildcard ../shared/data)
score-report: setup
	@if [ -z "$(DATA)" ]; then echo "score-report: DATA=FOLDER of labelled sets is needed (docs/scorers.md)" >&2; exit 2; fi
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m scorers.report --data '$(DATA)' --json build/scores.json \
		$(if $(filter --quick,$(SCORE_ARGS)),,--docs docs/scorers.md) $(SCORE_ARGS)

# A model of ungrounded fitted on labels of one's own traffic, into MODEL: of a store (DATA_DIR, CONFIG) and of files in the
# recorded format (LABELS='a.jsonl b.jsonl'). Its card says whether it may be used (docs/scorers.md).
MODEL ?= build/distilled
distill: setup
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/sightglass distill '$(MODEL)' \
		$(if $(CONFIG),--config '$(CONFIG)') $(if $(DATA_DIR),--data-dir '$(DATA_DIR)') \
		$(if $(CONFIG)$(DATA_DIR),,--no-store) $(foreach file,$(LABELS),--labels '$(file)')

check: setup
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/tools/structure.py
	$(BIN)/python -m grafana.generate --check
	deploy/write-rules.sh --check
	$(BIN)/python tests/tools/audit.py

# Pins for every platform and Python that pyproject.toml allows; no index address and no comments inside.
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate
lock: setup
	$(COMPILE) -o requirements/runtime.lock
	$(COMPILE) --extra dev -c requirements/runtime.lock -o requirements/dev.lock

# The same for the clients of the smoke tests.
lock-clients: setup
	for name in small wide older aider; do \
		$(subst pyproject.toml,requirements/clients/$$name.in,$(COMPILE)) --python-version 3.11 \
			-o requirements/clients/$$name.lock || exit 1; done
	for name in node ai agents; do (cd tests/clients/$$name && npm install --package-lock-only --silent) || exit 1; done

# The same for the formats of other evaluation tools.
lock-formats: setup
	for name in sdks inspect lm-eval; do \
		$(subst pyproject.toml,requirements/formats/$$name.in,$(COMPILE)) --python-version 3.11 \
			-o requirements/formats/$$name.lock || exit 1; done
	cd tests/formats/promptfoo && npm install --package-lock-only --silent

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
