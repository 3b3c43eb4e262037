# `make run` and `make test` set up everything they need in .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3.10 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/installed
# Once for every Java that a run may find: another, or a newer one in its place, wants an
# archive of its own. See hooks/class_archive.py.
JAVA := $(shell { echo "$$JAVA_HOME"; ls -lLn "$$JAVA_HOME/bin/java" "$$(command -v java)"; } 2>/dev/null | cksum | cut -d' ' -f1)
READY := .venv/ready-$(JAVA)
DAFT := .venv-bench/ready
SAMPLE := $${DATA:-data}/01_raw/sample
SOURCES := src tests benchmarks cluster docs notebooks
# Kedro starts other programs of the environment by their bare names.
ACTIVATED = PATH="$(CURDIR)/$(BIN):$$PATH"

# Folders and parameters reach the shell as they are, whatever their names hold: Make
# would expand a dollar in them.
override IMAGES := $(value IMAGES)
override DATA := $(value DATA)
override PARAMS := $(value PARAMS)
export IMAGES DATA PARAMS
# What is installed is compiled, or every program begins by compiling, wherever Python
# may not keep it.
export UV_COMPILE_BYTECODE ?= true
PLACES := $${IMAGES:+"--images=$$IMAGES"} $${DATA:+"--data=$$DATA"}

.DEFAULT_GOAL := help
.PHONY: help run ready sample test test-modules test-commands test-cluster lint format viz notebook docs lock \
    audit bench bench-million bench-s3 bench-study clean cluster-up cluster-load cluster-down \
    emr-local history

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /:/' | awk -F: '{printf "  make %-13s %s\n", $$1, $$2}'
	@echo '  make run takes IMAGES=<folder> DATA=<folder> PARAMS="reduction.components=50" ENV=emr'

run: ## featurize IMAGES, or a generated sample
	@$(MAKE) --no-print-directory --jobs 2 ready
	@$(BIN)/kedro run $(if $(ENV),--env "$(ENV)") $(PLACES) --params "$$PARAMS"

ready: $(READY) $(if $(IMAGES)$(ENV),,sample)
	@:

sample: $(INSTALLED) ## generate the sample of pictures
	@if [ -f "$(SAMPLE)/GENERATED.json" ]; then echo "sample: $(SAMPLE) is complete, kept"; \
	else $(BIN)/kedro sample --folder "$(SAMPLE)"; fi

# Three at a time, equally long, as each waits now and then: for a cluster, for programs
# that it has started. All of one share a Spark session.
COMMANDS := tests/end_to_end
CLUSTER := tests/integration tests/kedro_emr tests/privacy
# In runs on some ten images Java's second compiler takes a quarter of the time.
test-modules test-commands test-cluster: export SPARK_SUBMIT_OPTS ?= -XX:TieredStopAtLevel=1

test: $(INSTALLED) ## lint, check types, run all tests
	@$(MAKE) --no-print-directory --jobs 2 lint $(READY)
	@$(MAKE) --no-print-directory --jobs 3 test-commands test-cluster test-modules

test-modules: $(READY)
	$(BIN)/pytest $(foreach folder,$(COMMANDS) $(CLUSTER),--ignore $(folder))

test-commands: $(READY)
	$(BIN)/pytest -o cache_dir=.pytest_cache/commands $(COMMANDS)

test-cluster: $(READY)
	$(BIN)/pytest -o cache_dir=.pytest_cache/cluster $(CLUSTER)

lint: $(INSTALLED) ## check format, lint, types and imports; write nothing
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(INSTALLED) ## format the code and mend what lint can mend
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

viz: $(READY) ## open the pipelines in kedro-viz
	$(ACTIVATED) kedro viz run

notebook: $(READY) ## open JupyterLab on the notebooks, the catalog at hand
	$(ACTIVATED) kedro jupyter lab notebooks

docs: $(READY) ## serve the documentation on this machine
	$(BIN)/mkdocs serve

cluster-up: $(READY) ## start a YARN and an S3 on this machine, to rehearse ENV=emr
	@$(BIN)/python -m cluster up

cluster-load: $(READY) ## upload IMAGES to the S3 of cluster-up
	@$(BIN)/python -m cluster load "$$IMAGES"

cluster-down: $(READY) ## stop what cluster-up started, leave nothing
	@$(BIN)/python -m cluster down

emr-local: $(READY) ## run ENV=emr on IMAGES, cluster and all, and take the reports
	@$(BIN)/python -m cluster rehearse "$$IMAGES"

history: $(READY) ## open Spark's history server on the runs of ENV=emr
	@$(BIN)/python -m cluster history

# The markers that name all supported machines say nothing; they are cut.
ANY := ((platform_machine == 'arm64' and sys_platform == 'darwin') or (platform_machine == 'aarch64' and sys_platform == 'linux') or (platform_machine == 'x86_64' and sys_platform == 'linux'))
lock: $(READY) ## resolve pyproject.toml anew into requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --no-python-downloads \
	    --universal --python-version 3.10 --group dev pyproject.toml --output-file requirements.lock
	sed -i.before "s/ and $(ANY)//; s/ ; python_full_version < '3.12'$$//; s/python_full_version < '3.12' and //" requirements.lock
	rm requirements.lock.before

# Both tools have environments of their own: the lock stays as it is. A package that is
# not found in the index's list of vulnerabilities was not looked at: --strict fails.
audit: $(READY) ## list the lock as CycloneDX in dist, look for known vulnerabilities
	@mkdir -p dist
	$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements \
	    --pyproject pyproject.toml --output-format JSON --output-file dist/bom.cdx.json \
	    requirements.lock
	$(BIN)/uv tool run --quiet pip-audit==2.10.0 --strict --requirement requirements.lock \
	    --no-deps --disable-pip --progress-spinner off --desc off \
	    --vulnerability-service "$${SERVICE:-pypi}"

# Daft is measured, not used: it has an environment of its own.
bench: $(READY) $(if $(ONLY),$(if $(findstring daft,$(ONLY)),$(DAFT)),$(DAFT)) ## measure the recipe, Daft, the limit and this, IMAGES= N=3000,20000 REPEAT=2 ONLY=
	@$(BIN)/python -m benchmarks.bench --images "$$IMAGES" --n "$${N:-3000}" \
	    --weights "$${WEIGHTS:-imagenet}" --only "$$ONLY" --repeat "$${REPEAT:-1}"

bench-million: $(READY) ## measure a million tiny images, memory and flatness, ROWS=1000000
	@$(BIN)/python -m benchmarks.million --rows "$${ROWS:-1000000}" $(if $(KEEP),--keep)

bench-s3: $(READY) ## measure reading from a near and a far S3, IMAGES= N=1000
	@$(BIN)/python -m benchmarks.s3 --images "$$IMAGES" --n "$${N:-1000}"

bench-study: $(READY) ## measure what smaller inputs and int8 gain and lose, IMAGES= N=3000
	@$(BIN)/python -m benchmarks.study --images "$$IMAGES" --n "$${N:-3000}" \
	    --weights "$${WEIGHTS:-imagenet}"

$(DAFT): benchmarks/requirements.txt requirements.lock | $(READY)
	@echo "environment: installing Daft into .venv-bench (once)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-bench
	@grep -E '^(ai-edge-litert|numpy|pillow)==' requirements.lock > .venv-bench/pins.txt
	@$(BIN)/uv pip install --quiet --python .venv-bench/bin/python \
	    --constraint .venv-bench/pins.txt --requirement benchmarks/requirements.txt
	@touch $@

clean: ## remove the environment and caches; data stays
	rm -rf .venv .venv-bench .viz .mypy_cache .ruff_cache .pytest_cache .hypothesis build site src/*.egg-info
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python found: install Python 3.10 or 3.11, or name one: make PYTHON=<path>"; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info[:2]; v in ((3, 10), (3, 11)) or sys.exit(f"Python {v[0]}.{v[1]} at {sys.executable} does not suit: Python 3.10 and 3.11 work; name one: make PYTHON=<path>")'
	@echo "environment: installing requirements.lock into .venv (once, a minute or two)"
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.lock)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --requirement requirements.lock \
	    || $(BIN)/python -m pip install --quiet --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable . \
	    || $(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(READY): $(INSTALLED)
	@echo "environment: keeping Spark's classes as Java loads them (once, half a minute)"
	@$(BIN)/python -m fruit_features.hooks.class_archive
	@touch $@
