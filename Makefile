# Each target sets up what it needs by itself, once. `make run` needs only Python 3.11, 3.12 or 3.13.

# gevent has no wheel for macOS with Python 3.11
PYTHON ?= $(shell command -v $(if $(filter Darwin,$(shell uname)),python3.12,python3.11) || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
NODE_MODULES := tests/javascript/node_modules
CLIENTS := tests/clients/node_modules
LINTED := $(VENV)/lint.txt
PORT ?= 8000
RECIPE ?= robust
# What is installed is compiled when it is first imported: three quarters of it never are
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(UPGRADE) \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links -c app/constraints.txt
# More than the two cores of a small machine: tests wait for servers, browsers and clusters
WORKERS ?= 5
# Compiled modules are kept, whatever the surroundings say: the tests start hundreds of processes
export PYTHONDONTWRITEBYTECODE :=
DATA := $(if $(DIGITS_DATA),--data $(DIGITS_DATA))

.PHONY: help run dev train report documents test tested linted lint browser proxy promtool bench bench-check bench-bulk test-backends fuzz lock audit clean

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

run: $(VENV)/.serve ## serve the page and the API on http://127.0.0.1:8000 (PORT=)
	@$(BIN)/python -m app --port $(PORT)

dev: $(VENV)/.serve ## the same, starting again when a file changes
	@$(BIN)/python -m app --port $(PORT) --reload

train: $(VENV)/.train ## train a network (RECIPE=)
	$(BIN)/python -m train $(RECIPE) $(DATA)

report: $(VENV)/.train ## draw the pictures of every model's report again
	$(BIN)/python -m train report $(DATA)

documents: $(VENV)/.serve ## write the tree, the settings and the speed into the documents
	@$(BIN)/python -m tests.documents

# The linters run beside the tests, which leave a core idle at times; what they complain of comes last
test: $(VENV)/.test ## the whole check: ruff, mypy, pytest with a real browser and a real nginx
	@rm -f $(LINTED)
	@$(MAKE) --no-print-directory --jobs=2 --keep-going linted tested; code=$$?; \
		test ! -e $(LINTED) || cat $(LINTED); exit $$code

tested: $(VENV)/.compiled browser proxy promtool $(CLIENTS)/.package-lock.json $(NODE_MODULES)/.package-lock.json
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST)

linted: $(NODE_MODULES)/.package-lock.json
	@$(MAKE) --no-print-directory lint >$(LINTED) 2>&1 || { echo "make lint fails: see below the tests"; exit 1; }
	@cat $(LINTED) && rm $(LINTED)

lint: $(VENV)/.test $(NODE_MODULES)/.package-lock.json
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/node $(NODE_MODULES)/typescript/bin/tsc -p tests/javascript
	$(BIN)/node $(NODE_MODULES)/typescript/bin/tsc -p tests/javascript/tsconfig.worker.json
	$(BIN)/node $(NODE_MODULES)/@biomejs/biome/bin/biome check --error-on-warnings --config-path=tests/javascript static

browser: $(VENV)/.test
	@$(BIN)/python tests/browser/chromium.py

proxy: $(VENV)/.test | browser # one after another: each may ask Debian's package manager
	@$(BIN)/python -m tests.nginx

promtool: $(VENV)/.test | proxy
	@$(BIN)/python -m tests.promtool

bench: $(VENV)/.test ## measure the speed of everything (some minutes)
	$(BIN)/python -m tests.bench

bench-check: $(VENV)/.test ## measure only what README promises, as ratios
	$(BIN)/python -m tests.bench --check

bench-bulk: $(VENV)/.test ## measure the reading of folders: one process, two, Ray with as many (some minutes)
	$(BIN)/python -m tests.bench.bulk

test-backends: $(VENV)/.test ## train one epoch on another Keras backend (installs JAX)
	$(BIN)/pip install --quiet -r tests/requirements-backends.txt
	KERAS_BACKEND=jax $(BIN)/python -m pytest -m backends

fuzz: $(VENV)/.test ## throw damaged bytes at everything that takes bytes (80 minutes)
	for target in read_one read_several predict correct archive tf_serving open_inference wire; do \
		$(BIN)/python -m tests.fuzz $$target --seconds 600 || exit 1; done

lock: | $(BIN)/python ## write down every package that is installed, with its hashes (UPGRADE=--upgrade for newer ones)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==0.13.9
	$(LOCK) tests/requirements.txt -o tests/requirements.lock  # the largest first: the others take its versions
	$(LOCK) -c tests/requirements.lock requirements.txt -o requirements.lock
	$(LOCK) -c tests/requirements.lock app/requirements.txt -o app/requirements.lock

audit: $(VENV)/.test ## known vulnerabilities and licences of what is installed
	$(BIN)/pip install --quiet -r tests/requirements-audit.txt
	$(BIN)/pip-audit --local --strict  # what cannot be looked up fails
	$(BIN)/pip-licenses --order license

clean: ## take away what the targets made
	rm -rf $(VENV) $(NODE_MODULES) $(CLIENTS) runs .mypy_cache .pytest_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Digits needs Python 3.11 or newer: PYTHON=/path/to/python3.11 make")'
	$(PYTHON) -m venv $(VENV)

# One process compiles what the processes of the tests would each compile at the same time
$(VENV)/.compiled: $(VENV)/.test
	@$(BIN)/python -m pytest --collect-only -qqq >$(VENV)/collected.txt || { cat $(VENV)/collected.txt; exit 1; }
	@touch $@

$(VENV)/.serve: app/requirements.lock | $(BIN)/python
	$(INSTALL) app/requirements.lock
	@touch $@

$(VENV)/.train: requirements.lock $(VENV)/.serve
	$(INSTALL) requirements.lock
	@touch $@

# All that the two others install, too: at once where there is nothing yet
$(VENV)/.test: tests/requirements.lock | $(BIN)/python
	$(INSTALL) tests/requirements.lock
	@touch $(VENV)/.serve $(VENV)/.train $@

# Node comes with the Python packages, so no other installation is needed.
$(NODE_MODULES)/.package-lock.json: tests/javascript/package-lock.json | $(VENV)/.test
	$(BIN)/npm ci --silent --no-audit --no-fund --prefix tests/javascript
	@touch $@

$(CLIENTS)/.package-lock.json: tests/clients/package-lock.json | $(VENV)/.test
	$(BIN)/npm ci --silent --no-audit --no-fund --prefix tests/clients
	@touch $@
