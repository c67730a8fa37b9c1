# Each target is one line over a command; the virtual environment is set up on the way.
# Needs python3 (3.11 or newer) with venv, and make. Another interpreter: make PYTHON=python3.12 …

PYTHON ?= python3
CASE ?= zaozhuang
NOW ?=
RUN ?= runs/$(CASE)/latest
RUN1 ?= previous
RUN2 ?= latest
DAY ?=
DAYS ?= 14
DATASET ?=
SEASON ?=
RISK ?=
NAME ?=
SET ?=
SWEEP ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/python -m piptools compile --quiet \
	--strip-extras --allow-unsafe --generate-hashes --annotation-style=line \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
AS_COMPILED := env -u PYTHONDONTWRITEBYTECODE  # as containers set it: each process of a test compiles anew
AMBER_PASSES := || [ $$? -eq 10 ]  # exit 10 is a usable plan

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
OWN_CASE := $(if $(filter file,$(origin CASE)),,"$(CASE)")  # a scenario names a case of its own

.PHONY: help docs daily validate verify weather calibrate load coal history diff report followup schedule alarms watch scenario scenarios unforeseen drills skill test lint audit bench study soak lock vendor clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  CASE=zaozhuang (a bundled case or a folder)  NOW=2026-01-15T05:30  RUN=runs/…  DATASET=folder"
	@echo "  NAME=cold-wave (a scenario)  SET=\"cold_wave.depth_k=12\"  SWEEP=\"target_c=18:22:0.5\""
	@echo "  SEASON=2026-27 (coal before the season)  RISK=0.02 (of falling below the coal reserve)"
	@echo "  RUN1=previous RUN2=latest (runs by name or folder)  DAY=2026-01-15 (to look back on)  DAYS=14"

daily: .venv/.ready  ## make the plan of the day [CASE= NOW=]
	@$(BIN)/heat-dispatch daily "$(CASE)" $(if $(NOW),--now "$(NOW)") $(AMBER_PASSES)

validate: .venv/.ready  ## check a case folder [CASE=]
	@$(BIN)/heat-dispatch validate "$(CASE)"

verify: .venv/.ready  ## check a published run [RUN=, else the latest of CASE=]
	@$(BIN)/heat-dispatch verify "$(RUN)"

weather: .venv/.ready  ## the forecast a plan of now would rest on, and how far to trust it [CASE= NOW=]
	@$(BIN)/heat-dispatch weather show "$(CASE)" $(if $(NOW),--now "$(NOW)") $(AMBER_PASSES)

calibrate: .venv/.ready  ## measure buildings and loops by the case's telemetry [CASE= NOW=]
	@$(BIN)/heat-dispatch calibrate "$(CASE)" $(if $(NOW),--now "$(NOW)") $(AMBER_PASSES)

skill: .venv/.ready  ## skill of the load forecast on recorded data [DATASET=folder]
	@$(BIN)/heat-dispatch skill "$(DATASET)"

load: .venv/.ready  ## forecast of the network's measured load [CASE= NOW=]
	@$(BIN)/heat-dispatch load "$(CASE)" $(if $(NOW),--now "$(NOW)") $(AMBER_PASSES)

coal: .venv/.ready  ## how long the coal lasts, when to order [CASE= NOW= SEASON= RISK=]
	@$(BIN)/heat-dispatch coal "$(CASE)" $(if $(NOW),--now "$(NOW)") $(if $(SEASON),--season "$(SEASON)") $(if $(RISK),--risk "$(RISK)") $(AMBER_PASSES)

history: .venv/.ready  ## past runs: label, reason, heat, fuel, who drifted [CASE= DAYS=]
	@$(BIN)/heat-dispatch history "$(CASE)" --days "$(DAYS)"

diff: .venv/.ready  ## what changed from one plan to another, and why [RUN1= RUN2= CASE=]
	@$(BIN)/heat-dispatch diff "$(RUN1)" "$(RUN2)" --case "$(CASE)"

report: .venv/.ready  ## the page of a run, as report.html here [RUN= CASE=]
	@$(BIN)/heat-dispatch report "$(RUN)" --case "$(CASE)"

followup: .venv/.ready  ## plan against telemetry of a day, yesterday if not told [CASE= DAY=]
	@$(BIN)/heat-dispatch followup "$(CASE)" $(if $(DAY),--day "$(DAY)")

scenario: .venv/.ready  ## what if: a scenario beside the plan as it is [NAME= CASE= NOW= SET= SWEEP=]
	@$(BIN)/heat-dispatch scenario run "$(NAME)" $(OWN_CASE) $(if $(NOW),--now "$(NOW)") $(foreach one,$(SET),--set "$(one)") $(if $(SWEEP),--sweep "$(SWEEP)")

scenarios: .venv/.ready  ## the scenarios there are
	@$(BIN)/heat-dispatch scenario list

unforeseen: .venv/.ready  ## what it costs when a forecast does not see a scenario coming [NAME= CASE= NOW= SET=]
	@$(BIN)/heat-dispatch scenario unforeseen "$(NAME)" $(OWN_CASE) $(if $(NOW),--now "$(NOW)") $(foreach one,$(SET),--set "$(one)")

drills: .venv/.ready  ## loss of each source and main in turn: the emergency binder [CASE=]
	@$(BIN)/heat-dispatch scenario drill "$(CASE)"

schedule: .venv/.ready  ## install the timers of a case: daily plan, order, watch [CASE=]
	@$(BIN)/heat-dispatch schedule install "$(CASE)"

alarms: .venv/.ready  ## what is wrong now, in the plan and in the telemetry [CASE= NOW=]
	@$(BIN)/heat-dispatch alarms "$(CASE)" $(if $(NOW),--now "$(NOW)") $(AMBER_PASSES)

watch: .venv/.ready  ## one look whether the plan in force still fits, and a new one if not [CASE= NOW=]
	@$(BIN)/heat-dispatch watch "$(CASE)" $(if $(NOW),--now "$(NOW)") $(AMBER_PASSES)

test: .venv/.ready-dev  ## run the tests
	$(AS_COMPILED) $(BIN)/python -m pytest --numprocesses=auto --dist=loadfile

lint: .venv/.ready-dev  ## check style, types and import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
	@$(BIN)/python -m bench.dependency_audit --report

audit: .venv/.ready-audit  ## look the locked dependencies up for known weaknesses; needs the network
	$(BIN)/python -m bench.dependency_audit

bench: .venv/.ready-dev  ## measure; writes bench/RESULTS.md
	$(BIN)/python -m bench.run

study: .venv/.ready-dev  ## drawn winters, coal bands, ensembles, a rolled fortnight, a cold wave, made-up stations, recorded loads: an hour
	$(BIN)/python -m bench.climate_study && $(BIN)/python -m bench.coal_replay && $(BIN)/python -m bench.ensemble_study && $(BIN)/python -m bench.rolling && $(BIN)/python -m bench.cold_wave && $(BIN)/python -m bench.identify_study && $(BIN)/python -m bench.load_study && $(BIN)/python -m bench.reduced_dispatch

soak: .venv/.ready-dev  ## long trials: every what-if on every bundled case, runs killed at any moment, sixty mornings with faults, two at once, odd hours, broken inputs; some hours
	$(BIN)/python -m bench.fuzz && $(BIN)/python -m bench.scenario_soak && $(BIN)/python -m bench.kill_soak && $(BIN)/python -m bench.season_soak && $(BIN)/python -m bench.odd_hours_soak

lock: .venv/.ready-dev  ## choose versions anew within pyproject.toml; commit all lock files
	$(COMPILE) --upgrade --build-deps-for=editable --output-file=requirements.lock pyproject.toml
	$(COMPILE) --upgrade --extra=dev --constraint=requirements.lock --output-file=requirements-dev.lock pyproject.toml
	echo "pip-audit>=2.7" | $(COMPILE) --upgrade --output-file=requirements-audit.lock -

docs: .venv/.ready  ## write the documents that are made from the code anew
	$(BIN)/python -m scenarios.docs

vendor:  ## bundle the charts of the report anew; needs npm and the network
	cd dispatch/report/vendor && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs echarts.min.js && rm -rf node_modules

clean:  ## remove the virtual environment and caches; runs stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# ---- set-up: a stamp says what is installed; a changed lock or pyproject.toml sets up again ----

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) must be Python 3.11 or newer. Install one, or name it: make PYTHON=python3.12 …"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { rm -rf .venv; echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Setting up .venv (a minute or two, needs the network once) …"
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.ready-dev: requirements-dev.lock .venv/.ready
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@touch $@

# In an environment of its own: its libraries are none of the product's.
.venv/.ready-audit: requirements-audit.lock .venv/.ready-dev
	@$(PYTHON) -m venv --clear .venv/audit
	@.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-audit.lock
	@touch $@
