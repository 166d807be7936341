# Every target runs from the repository's root; `make help` lists them.
SHELL := /bin/sh
PYTHON_RUN := sh .ci/python.sh
BIN := .venv/bin
PODIUM := $(BIN)/podium
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup test lint demo up down bench assurance train-chat train-speech \
	coverage lock digests third-party docs k8s dist clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: ## Make .venv from the lock (again: nothing to do, no network)
	@$(PYTHON_RUN) .ci/install.py

test: ## Set up, lint and run every test, with each part's seconds
	@$(PYTHON_RUN) .ci/suite.py

lint: setup ## Run ruff, mypy and the import contracts
	@$(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

demo: ## Answer the recorded calls, then stop everything; REMOTE=stub asks a model outside too
	@if [ -f .venv/.podium-setup ]; then echo "demo: under two minutes, no network call"; \
	else echo "demo: needs 6 GB of disk and about 6 minutes the first time (4 to install)"; fi
	@$(PYTHON_RUN) .ci/install.py
	@$(PODIUM) demo $(if $(REMOTE),--remote $(REMOTE)) $(ARGS)

up: setup ## Start Podium on loopback and print its base URL and key
	@$(PODIUM) up --profile embedded --detach $(ARGS)

down: setup ## Stop the Podium that `make up` started
	@$(PODIUM) down $(ARGS)

bench: setup ## Measure chat beside the bare engine
	@$(PODIUM) bench chat $(ARGS)

assurance: setup ## Run the long proofs, resumable in parts
	@$(BIN)/python .ci/assurance.py $(ARGS)

coverage: setup ## Branch coverage of models, retrieval and router by their own tests
	@$(BIN)/python -m pytest tests/unit tests/property --cov --cov-report=term-missing

train-chat: setup ## Train the reference chat model (resumes by itself)
	@nice -n 19 $(BIN)/python -m models.reference.train_chat $(ARGS)

train-speech: setup ## Train the reference speech model (resumes by itself)
	@nice -n 19 $(BIN)/python -m models.reference.train_speech $(ARGS)

lock: ## Resolve requirements/cpu.in into requirements/cpu.lock
	@$(PYTHON_RUN) .ci/lock.py

digests: setup ## Write the digests of the shipped weights into the catalog
	@$(BIN)/python .ci/digests.py

third-party: setup ## Write THIRD_PARTY.md from the lock and the installed packages
	@$(BIN)/python .ci/third_party.py

docs: setup ## Write the pages of docs/reference that are made from the code
	@$(BIN)/python .ci/docs.py

k8s: setup ## Write what k8s/ has from the policy
	@$(BIN)/python .ci/k8s.py

dist: setup ## Build the wheel and the source archive, offline
	@$(BIN)/python -m build --no-isolation --outdir dist

clean: ## Remove what was built; the environment stays
	@rm -rf build dist .cache .coverage .hypothesis .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache
	@find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
