# Everything a person needs: `make run`, `make test`, `make check`. Each does its own set-up.
#   TORCH=cpu|cuda  which build of torch is installed (see deploy/install); EXTRAS=heif,postgres for the optional parts
PYTHON ?= python3
VENV ?= .venv
TORCH ?= cpu
EXTRAS ?=
comma := ,
bin := $(VENV)/bin

.PHONY: help run demo sandbox test crash-test leak-test fuzz import-test load-test bench bench-quick check format clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

$(VENV)/installed: pyproject.toml deploy/install
	@echo "Installing into $(VENV) (about 2 GB, two to three minutes) …"
	@PYTHON=$(PYTHON) deploy/install $(VENV) $(TORCH) $(EXTRAS)
	@touch $@

$(VENV)/installed-dev: pyproject.toml deploy/install
	@echo "Installing into $(VENV) with what tests and checks need …"
	@PYTHON=$(PYTHON) deploy/install $(VENV) $(TORCH) dev$(if $(EXTRAS),$(comma)$(EXTRAS))
	@touch $@ $(VENV)/installed

$(VENV)/installed-bench: pyproject.toml deploy/install
	@echo "Installing into $(VENV) with what tests and benchmarks need …"
	@PYTHON=$(PYTHON) deploy/install $(VENV) $(TORCH) dev,peers$(if $(EXTRAS),$(comma)$(EXTRAS))
	@touch $@ $(VENV)/installed $(VENV)/installed-dev

run: $(VENV)/installed  ## run the bot: the real one where CHATLENS_TOKEN is set, else the demo
	@exec $(bin)/python -m bot run

demo: $(VENV)/installed  ## run the bot in a local Telegram with a sample archive
	@exec $(bin)/python -m bot demo

sandbox: $(VENV)/installed  ## run the local Telegram alone
	@exec $(bin)/python -m sandbox

# Two at a time: many tests wait, for timeouts and for processes that start. A file stays with one of the two; in the
# order of names, because in that of their numbers of tests a few long ones come last, and one of the two waits for it.
test: $(VENV)/installed-dev  ## run every test
	$(bin)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

crash-test: $(VENV)/installed-dev  ## kill the bot 100 times while photos stream in, and count them (a quarter of an hour)
	$(bin)/python -m tests.crash

leak-test: $(VENV)/installed-dev  ## 100,000 random steps of many chats against a model of what may be seen (an hour or two)
	LEAK_STEPS=100000 $(bin)/python -m pytest -q -s -o faulthandler_timeout=0 tests/leaks

fuzz: $(VENV)/installed-dev  ## 20,000 mutated pictures through the bot's own door: tried, read, refused, crashed
	$(bin)/python -m tests.fuzzing

import-test: $(VENV)/installed-dev  ## an export of 20,000 photos imported: rate, memory, again, and beside a bot that answers
	$(bin)/python -m tests.importing

load-test: $(VENV)/installed-dev  ## 20,000 updates as fast as the bot takes them, searches in between: memory, answers
	$(bin)/python -m tests.load

bench: $(VENV)/installed-bench  ## measure everything beside other ways of doing it, into benchmarks/results (an hour and a half)
	$(bin)/python -m benchmarks

bench-quick: $(VENV)/installed-bench  ## the same, small and printed only (five minutes)
	$(bin)/python -m benchmarks --quick

check: $(VENV)/installed-dev  ## ruff, mypy --strict, import-linter
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports

format: $(VENV)/installed-dev  ## put the code into its usual form
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

clean:  ## remove the virtual environment and caches; the archive in var/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache *.egg-info
