# The same words run here and in CI. `make` prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/
STAMP := $(VENV)/.ready
# cython-lint calls pycodestyle by its bare name
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

help: ## print these targets
	@grep -hE "^[a-z-]+:.*## " $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: $(STAMP) ## install what building and testing need
$(STAMP): pyproject.toml setup.py ext/_score.pyx bin/setup
	@bin/setup $(VENV) $(PYTHON)
	@touch $@

check: setup ## lint, types, import contracts, stale documents
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy
	$(RUN)cython-lint ext
	$(RUN)lint-imports
	$(RUN)python -m pytest -q tests/config/test_documents.py tests/cli/test_document.py tests/service/test_document.py

test: setup ## all tests: unit, property, contract, laboratory (root)
	$(RUN)python -m pytest

demo: setup ## the whole loop on a real two-cluster Slurm (root)
	$(RUN)python -m demo

bench: bench-kernel bench-plan bench-stopping bench-submit bench-cycle ## all benchmarks; the last two need the laboratory

docs: setup ## write the generated documents anew
	$(RUN)python -m slurm_energy.config.document >docs/configuration.md
	$(RUN)python -m slurm_energy.cli.document >docs/commands.md
	$(RUN)python -m slurm_energy.service.document >docs/metrics.md

include lab/targets.mk bench/targets.mk

.PHONY: help setup check test demo bench docs
