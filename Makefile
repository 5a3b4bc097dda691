# `make` says what there is. Everything lives in .venv and instance/; nothing else on the machine is touched, except
# that `make test` asks apt for chromium where it may.

PORT ?= 8000
# A distribution builds its Python with profiles, pyenv does not: the whole test run takes a tenth less.
PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# uv takes a tenth of pip's time. Where it cannot be had or cannot reach the index, pip does the same.
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) 2>/dev/null || \
	$(PIP) install --require-hashes -r $(1)
COMPILE = $(BIN)/uv pip compile pyproject.toml -q --upgrade --universal --generate-hashes --python-version 3.11
SOURCE := app tests start.py wsgi.py $(wildcard bench)
STACKS := 7.4/6.1 7.4/newest 8.1/6.8 8.3/newest 8.4/newest
CORES := $(shell nproc 2>/dev/null || echo 2)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))

# Where the shell forbids it, every process would compile all that it imports, and pytest every test, each time anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run install test suite collect check lint types system translations bench plugin wordpress lock audit clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: export SAMTYKKE_ENV = development
run: export BASE_URL ?= http://127.0.0.1:$(PORT)
run: export FLASK_APP = wsgi
run: export PATH := $(CURDIR)/$(BIN):$(PATH)
run: .venv/run.stamp $(CATALOGUES) ## Start the service with a demo company (PORT=8000)
	@python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' 2>/dev/null || \
		{ echo 'Port $(PORT) is taken. Another one: make run PORT=8080'; exit 1; }
	@flask prepare
	@printf '\n  The demo company   %s/demo\n  Letters            %s/dev/mail\n  Staff              %s/admin/\n\n  Ctrl-C stops.\n\n' \
		$(BASE_URL) $(BASE_URL) $(BASE_URL)
	@PORT=$(PORT) exec python start.py

install: .venv/run.stamp $(CATALOGUES) ## What the service needs to run, and nothing else (again after every upgrade)

# The types are checked while the tests run: alone they would keep one core busy and the other waiting.
test: ## Everything: lint, types, SQLite and PostgreSQL, a real browser
	@$(MAKE) --no-print-directory -j 2 system lint collect
	@$(MAKE) --no-print-directory -j 2 types suite

# What failed while every core was busy (processes are killed, browsers wait) is run once more, alone. Twice is red.
# One process more than cores, for the tests that wait. With two more the same work took a third more of their time:
# each process has a PostgreSQL beside it, and all of them have one cache.
suite: .venv/dev.stamp $(CATALOGUES)
	$(BIN)/pytest -n $(shell expr $(CORES) + 1) --dist worksteal --database both || \
		$(BIN)/pytest --database both --last-failed --last-failed-no-failures none -v

# Compiles what the tests import. Else each of the suite's processes would, at the same moment.
collect: .venv/dev.stamp $(CATALOGUES)
	@$(BIN)/pytest --collect-only --database both >.venv/collected || { cat .venv/collected; exit 1; }

check: lint types ## The inner loop: lint, types, SQLite, no browser (T=tests/consent: of one street, in seconds)
	$(BIN)/pytest -n $(CORES) --database sqlite -m 'not browser and not slow' $(T)

lint: .venv/dev.stamp
	$(BIN)/ruff check $(SOURCE)
	$(BIN)/ruff format --check $(SOURCE)
	$(BIN)/lint-imports --no-cache

types: .venv/dev.stamp
	$(BIN)/mypy

# Tests that need what is missing here are skipped, and the run says so at its end.
system:
	@for name in chromium-headless-shell chromium chromium-browser google-chrome; do \
		command -v $$name >/dev/null && exit 0; done; .ci/packages || true

bench: .venv/dev.stamp $(CATALOGUES) ## Measure; the table goes to bench/RESULTS.md
	$(BIN)/python bench/run.py

plugin: .venv/run.stamp ## Build the WordPress plugin, dist/samtykke.zip
	$(BIN)/python wordpress/build.py

wordpress: .venv/dev.stamp $(CATALOGUES) ## Try the plugin on each PHP and WordPress that it says it runs on
	@for stack in $(STACKS); do echo "PHP $${stack%/*}, WordPress $${stack#*/}:"; \
		SAMTYKKE_TEST_PHP=$${stack%/*} SAMTYKKE_TEST_WORDPRESS=$${stack#*/} $(BIN)/pytest tests/wordpress -q -n 2 \
			--database sqlite --ignore tests/wordpress/test_versions.py || exit 1; done
	@echo 'In short on the others, PHP 8.0 in WebAssembly among them:'
	@SAMTYKKE_TEST_WASM=1 $(BIN)/pytest tests/wordpress/test_versions.py -q --database sqlite

translations: .venv/run.stamp ## Collect new texts from the code into translations/, and compile
	$(BIN)/python translations/update.py

lock: .venv/run.stamp ## Pin the newest versions that pyproject.toml allows
	$(COMPILE) -o requirements.txt
	$(COMPILE) --group dev -c requirements.txt -o requirements-dev.txt
	{ head -1 .ci/uv.txt; echo uv | $(BIN)/uv pip compile - -q --upgrade --universal --generate-hashes \
		--python-version 3.11 --no-header --no-annotate; } > .ci/uv.new && mv .ci/uv.new .ci/uv.txt

audit: .venv/dev.stamp ## Look for known holes in what we depend on
	$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.txt

clean: ## Remove .venv and every cache; the database in instance/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis $(CATALOGUES)

translations/%.mo: translations/%.po | .venv/run.stamp
	@$(BIN)/pybabel -q compile -i $< -o $@

.venv/bin/python:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed.'; exit 1; }
	$(PYTHON) -m venv .venv
	-$(PIP) install --require-hashes -r .ci/uv.txt

.venv/run.stamp: requirements.txt | .venv/bin/python
	@$(call INSTALL,requirements.txt)
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp $(CATALOGUES)
	@$(call INSTALL,requirements-dev.txt)
	@touch $@
