# Every target sets up what it needs in .venv; nothing is installed outside this folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE := $(if $(CI),1,)

.DEFAULT_GOAL := help
.PHONY: help demo setup run test check bench big-database torture fuzz lock texts pictures clean

help:           ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/demo.stamp    ## try the whole product in a browser: no token, no account
	@$(BIN)/python bot.py demo $(if $(RESET),--reset,) $(if $(PORT),--port $(PORT),)

setup: $(VENV)/run.stamp    ## set up what the bot needs in .venv; starts nothing

run: $(VENV)/run.stamp      ## run the bot for real, settings from .env
	@MALLOC_ARENA_MAX=1 exec $(BIN)/python -OO bot.py

# The conversations wait for each other more than they reckon: they run beside everything else, and everything
# that has a database runs on PostgreSQL beside both.
test: $(VENV)/dev.stamp     ## all tests (ARGS="-k name" narrows them, ENGINE=postgresql or sqlite chooses)
ifneq ($(ARGS)$(ENGINE),)
	ENGINE=$(ENGINE) $(BIN)/python -m pytest $(ARGS)
else
	@ENGINE=sqlite $(BIN)/python -m pytest tests/flows & flows=$$!; \
	ENGINE=postgresql $(BIN)/python -m pytest & other=$$!; \
	ENGINE=sqlite $(BIN)/python -m pytest --ignore=tests/flows; rest=$$?; \
	wait $$flows; flows=$$?; wait $$other; other=$$?; exit $$((rest || flows || other))
endif

check: $(VENV)/dev.stamp    ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/dev.stamp    ## speed and memory, printed (ARGS=screens: each screen, on a large database)
	$(BIN)/python -m benchmarks $(ARGS)

big-database: $(VENV)/dev.stamp ## two years of a large distributor in FILE (data/big.db), unless it is there
	$(BIN)/python -m benchmarks.big_database $(FILE)

torture: $(VENV)/dev.stamp  ## whole days under kills and faults, audited (KILLS=1000, SEED)
	@KILLS=$(or $(KILLS),1000) $(BIN)/python -m pytest tests/faults/test_kills.py -s -k lost_or_doubled

fuzz: $(VENV)/dev.stamp     ## the security properties at length, with fresh examples (FUZZ=20)
	FUZZ=$(or $(FUZZ),20) $(BIN)/python -m pytest tests/security --timeout=7200

lock: $(VENV)/dev.stamp     ## pin requirements*.in into requirements*.txt, with hashes
	for name in requirements requirements-demo requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url $$name.in -o $$name.txt || exit 1; done

texts: $(VENV)/dev.stamp    ## bring locales/*/LC_MESSAGES/bot.po up to the messages in the code
	$(BIN)/python locales/update.py

pictures: $(VENV)/dev.stamp ## the README's pictures, made from the running demo
	$(BIN)/python docs/make_pictures.py
	$(BIN)/python docs/make_samples.py

clean:          ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; PYTHON=python3.12 make … chooses one."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# requirements.txt makes run.stamp, requirements-demo.txt demo.stamp, requirements-dev.txt dev.stamp
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	$(PIP) $< && touch $@

$(VENV)/demo.stamp: requirements-demo.txt | $(VENV)/bin/python
	$(PIP) $< && touch $@ $(VENV)/run.stamp

$(VENV)/dev.stamp: requirements-dev.txt | $(VENV)/bin/python
	$(PIP) $< && touch $@ $(VENV)/run.stamp $(VENV)/demo.stamp
