# make report   the nightly pipeline on the samples, from nothing but python 3.11, pip, make and git
# make test     everything that CI runs
# make test-slow  the laws with forty times the examples, and more tampering (hours)
# make bench    speed and memory on generated logs (minutes)
# make golden   the expected tables and terminal pages of the samples anew, to be read before they are committed
# make bench-replay   decisions a second, beside plain Python and the libraries limits and pyrate-limiter; whole replays of ever more
# make bench-nightly  one more day on two years of history, by what changed and with --full
# make pictures  the pictures of the README anew, from the samples (needs Chromium)
# make format   rewrite sources in the house's format
# make lock     resolve requirements.lock anew from pyproject.toml (needs uv)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := src tests

.PHONY: report test lint compiled test-slow golden pictures bench bench-replay bench-nightly format lock environment browser clean
.DEFAULT_GOAL := report

report: environment
	@$(BIN)/badgeledger run pipelines/nightly.toml

test: environment browser
	@$(MAKE) --no-print-directory --jobs 2 lint compiled
	$(BIN)/pytest -q -n auto --dist worksteal

lint: environment
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar sql

# Every process of the tests begins with what is compiled already, and many run at once: one compiles for all of them.
compiled: environment
	$(BIN)/python tests/compiled.py >/dev/null

test-slow: environment browser compiled
	BADGELEDGER_SLOW=1 $(BIN)/pytest -q -n auto --dist worksteal

golden: environment
	rm -rf build/golden build/golden.duckdb*
	$(BIN)/badgeledger run pipelines/nightly.toml --warehouse build/golden.duckdb --out build/golden
	cp build/golden/*.csv tests/golden/expected/
	$(BIN)/python tests/golden/explained.py
	PYTHONPATH=tests $(BIN)/python tests/golden/pages.py build/golden.duckdb

pictures: environment browser
	$(BIN)/python tests/golden/pictures.py

bench: environment
	$(BIN)/python tests/bench

bench-replay: environment
	$(BIN)/python tests/bench --only replay growth

bench-nightly: environment
	$(BIN)/python tests/bench --only nightly

format: environment
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/sqlfluff fix --disable-progress-bar sql

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade \
	    --extra dev --output-file requirements.lock pyproject.toml

environment: $(VENV)/.linked

# The packages are installed anew only when the lock changes; a failed try leaves no stamp and starts from nothing.
$(VENV)/.locked: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "badgeledger needs Python 3.11 or later, found " + sys.version.split()[0] + "; name another one with: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	@if command -v uv >/dev/null 2>&1; then \
	    uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock; \
	else \
	    $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock; \
	fi
	@touch $@

# The build backend is in the lock, so that this step downloads nothing.
$(VENV)/.linked: $(VENV)/.locked pyproject.toml
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The tests of report.html drive a real browser. CI's machine gets one; elsewhere they name the package that is missing.
browser:
	@if [ "$$CI" = true ] && [ "$$(id -u)" = 0 ] && ! command -v chromium >/dev/null 2>&1; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	fi

clean:
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
