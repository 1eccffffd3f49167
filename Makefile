# Two commands: `make demo` and `make test`. Each makes its own environment in .venv; nothing else is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CORPUS ?= ../shared/corpus/linux-clk-20000.mbox.xz
FIXTURES ?= ../shared/fixtures
export PYTHONDONTWRITEBYTECODE :=  # programs that tests start would compile themselves each time
JOBS ?= 4  # more than cores: many tests wait for the disk, or for programs that they started

.PHONY: demo test check checked compiled system lint types floors tests thorough coverage faults fuzz differential bench accuracy first-run journey xray lock clean

demo: $(READY)  ## a synthetic district with everything running; ONCE=1 stops after showing it
	$(BIN)/archiver demo $(if $(ONCE),--once)

test: $(READY)  ## set up, then every check
	@$(MAKE) --no-print-directory -j 2 --output-sync=target system checked
	@$(MAKE) --no-print-directory tests

check: $(READY)  ## ruff, mypy, import-linter, pytest
	@$(MAKE) --no-print-directory -j 2 --output-sync=target checked
	@$(MAKE) --no-print-directory tests

checked: lint floors types compiled  ## what needs one core each, side by side

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

system:  ## install what some tests need from the system, where that is allowed; says what is missing otherwise
	@sh scripts/system-packages.sh

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

floors: $(READY)
	$(BIN)/lint-imports

compiled: $(READY)  ## the modules of the tests, written once; else each worker of a first run makes all of them
	@$(BIN)/pytest --collect-only -qq >/dev/null 2>&1 || true  # what is wrong with one is told by the run itself

tests: $(READY)
	$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --maxfail=25 -rs

thorough: $(READY) system  ## the tests that `make test` tries with few cases, with all of them
	TESTS_THOROUGH=1 $(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -rs $$(grep -rl 'from tests.tiers import' tests --include='test_*.py')

coverage: $(READY)  ## the tests once more, with the share of branches that they reach
	$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --maxfail=25 -rs --cov --cov-report=term:skip-covered

faults: $(READY) system  ## every fault campaign in full, more than an hour; SEED=n repeats a run, ONLY='name' runs one
	$(BIN)/python -m tests.faults.campaigns --full $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)')

fuzz: $(READY) system  ## hostile mail in full numbers; SEED=n repeats a run, ONLY='name' runs one
	$(BIN)/python -m tests.fuzz.run --full $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)')

differential: $(READY)  ## generated queries on every engine beside a plain matcher, a quarter of an hour; SEED=n repeats a run
	$(BIN)/python -m tests.differential --corpus $(CORPUS) $(if $(SEED),--seed $(SEED))

bench: $(READY)  ## figures beside the peers, written to benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.run_all --corpus $(CORPUS)

accuracy: $(READY)  ## what is read right of real mails, exports and drawn screenshots, to docs/accuracy.md; FIXTURES=folder
	$(BIN)/python -m benchmarks.accuracy --fixtures $(FIXTURES)
	$(BIN)/python -m benchmarks.accuracy_screenshots

first-run: $(READY)  ## the run of docs/first-run.md
	$(BIN)/python -m benchmarks.first_run --corpus $(CORPUS) --write docs/first-run.md

journey: $(READY)  ## the request of docs/first-request.md; PAGES=folder keeps drawn pages to look at
	$(BIN)/python -m benchmarks.first_request --corpus $(CORPUS) --fixtures $(FIXTURES) $(if $(PAGES),--pages $(PAGES)) --write docs/first-request.md

xray: $(READY)  ## another program (x-ray) looks for text under the boxes of redacted PDFs, in an environment of its own
	sh scripts/xray.sh $(BIN)/python

lock:  ## renew requirements.lock (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage
