# `make` lists the targets. Variables are given as `make test PYTEST_ARGS="-k ssim"`:
#   PYTHON        interpreter that the environment is made with        (python3)
#   TORCH_INDEX   package index to take PyTorch from, for a certain build of it
#   PYTEST_ARGS   more arguments for pytest
#   DEMO_ITERS    training iterations of the demo
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed

# One thread a test worker: more would fight over the cores.
TEST_ENV := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
TEST_WORKERS := --numprocesses auto --maxprocesses 4 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help install test lint types docs demo clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

install: $(STAMP) ## create .venv with restorekit, its tests, its tools and basicsr

$(STAMP): setup.py tools/install.sh $(wildcard requirements/*.txt)
	PYTHON="$(PYTHON)" TORCH_INDEX="$(TORCH_INDEX)" tools/install.sh $(VENV)
	@touch $@

test: install ## run the tests
	$(TEST_ENV) $(VENV)/bin/python -m pytest $(TEST_WORKERS) $(PYTEST_ARGS)

lint: install ## check style, formatting, spelling and language
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/codespell
	$(VENV)/bin/python .ci/check_language.py

types: install ## check the types
	$(VENV)/bin/mypy

docs: install ## write the documentation site to site/, and check its links
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --quiet --strict --site-dir site
	$(VENV)/bin/python tools/website/check.py site

demo: install ## train, test and rank networks on photographs, on any machine
	PYTHON=$(VENV)/bin/python tools/demo.sh

clean: ## remove caches and build products; .venv stays
	rm -rf build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -type d -name __pycache__ -exec rm -rf {} +
