# The only commands a newcomer needs. `make demo` from nothing but Python ≥ 3.11 and make.
PYTHON ?= python3
DATA ?= var
PORT ?= 8000
DEMO_MEMBERS ?= 3000
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes

.PHONY: demo test check bench mutation lock vendor test-next translations

demo: .venv/base.stamp
	@exec env XIANGXUE_DATA="$(DATA)" $(BIN)/python manage.py serve --demo --members $(DEMO_MEMBERS) --port $(PORT)

test: .venv/dev.stamp
	@exec $(BIN)/python .ci/suite.py

check: .venv/dev.stamp
	@exec $(BIN)/python .ci/check.py

bench: .venv/dev.stamp
	@exec $(BIN)/python -m tests.bench

mutation: .venv/dev.stamp
	@exec $(BIN)/python .ci/mutation.py

translations: .venv/dev.stamp
	$(BIN)/python manage.py translations --update

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv

.venv/base.stamp: requirements/base.txt | .venv/bin/python
	@echo "installing the locked dependencies …"
	@$(PIP) -r requirements/base.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt | .venv/bin/python
	@echo "installing what the tests need …"
	@$(PIP) -r requirements/dev.txt
	@touch $@ .venv/base.stamp

# Exact versions with hashes and no address, so that any mirror serves; 5.2 and 7.4 are the long-term releases.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11
lock: .venv/dev.stamp
	printf 'django<6\nwagtail<7.5\n' > .venv/lts.txt
	$(LOCK) -c .venv/lts.txt -o requirements/base.txt
	$(LOCK) -c .venv/lts.txt --group dev -o requirements/dev.txt

# Browser libraries as package.json names them, copied to static/vendor/ and committed: only this needs Node.
vendor:
	$(PYTHON) .ci/vendor.py

# The suite on the newest Django and Wagtail that pyproject.toml admits, in a place of its own.
test-next: .venv/dev.stamp
	$(PYTHON) -m venv .venv-next
	$(BIN)/uv pip compile pyproject.toml --quiet --group dev --python-version 3.11 -o .venv-next/next.txt
	$(BIN)/uv pip install --quiet --python .venv-next/bin/python -r .venv-next/next.txt
	.venv-next/bin/python .ci/suite.py
