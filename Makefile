# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make` alone lists the targets. Needs Python 3.11, git and make; everything else goes into .venv and .build.

SHELL := /bin/bash
PYTHON ?= python3.11
SCENARIO ?=
BENCH ?=
PLANNING ?=
ROTATION ?=
PREDICTION ?=
KILL_MATRIX ?=
DEMO ?=
# cheap to dear: a mistake in a line shows before a machine is simulated
TEST_PARTS := static unit browser end-to-end molecule

COLLECTION := .build/collections/ansible_collections/mqfleet/tls
STAMP := .venv/.set-up
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build/collections
# With the first, Python reads each module that Ansible pipes to it byte by byte (0.17 s for 300 KB); with the second, every process compiles anew.
unexport PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test static unit browser lint ansible-lint docs package sanity end-to-end molecule long bench bench-planning rotation prediction kill-matrix clean FORCE

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) $(COLLECTION)  ## .venv with Ansible, the test tools and mqsim; the collection where Ansible finds it

# An environment that does not run, or that was made for another folder, is made anew (its scripts name their interpreter).
ifneq ($(shell cat $(STAMP) 2>/dev/null && .venv/bin/python -c 'import sys; print(sys.version_info[:2])' 2>/dev/null),$(CURDIR) (3, 11))
$(STAMP): FORCE
endif

$(STAMP): requirements-dev.txt tests/simulator/pyproject.toml
	test "$$(sed -n '1s,^#!\(.*\)/.*,\1,p' .venv/bin/pip 2>/dev/null)" -ef .venv/bin && .venv/bin/pip --version >/dev/null 2>&1 \
	  || $(PYTHON) -m venv --clear .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt --editable tests/simulator
	echo '$(CURDIR)' > $@

$(COLLECTION):
	mkdir -p $(@D)
	ln -sfn ../../../.. $@

demo: setup  ## an example fleet on simulated machines, from inventory to proven channels (DEMO="--keep --diff")
	.venv/bin/python tests/demo/run.py $(DEMO)

test: setup  ## the gates, cheap to dear, with the time that each part took; CI runs `make long` after it
	@passed=0; table=; \
	for part in $(TEST_PARTS); do \
	  printf '\n== make %s\n' $$part; begun=$$SECONDS; \
	  if $(MAKE) --no-print-directory $$part; then verdict=passed; passed=$$((passed + 1)); else verdict=FAILED; fi; \
	  table+=$$(printf '%-14s %-7s %4d s' $$part $$verdict $$((SECONDS - begun)))$$'\n'; \
	  if [ $$verdict = FAILED ]; then break; fi; \
	done; \
	printf '\n%s%-14s %-7s %4d s\n' "$$table" all $$verdict $$SECONDS; \
	if [ $$verdict = passed ]; then echo "parts: $$passed passed, 0 failed"; else echo "parts: $$passed passed, 1 failed"; exit 1; fi

static: setup  ## sanity, lint, docs, ansible-lint and package, two at a time, the longest first
	$(MAKE) --jobs 2 --output-sync=target sanity lint docs ansible-lint package

unit: setup  ## unit and property tests of the collection and of the simulator
	.venv/bin/pytest --quiet --numprocesses 2 --dist worksteal

browser: setup  ## the report in headless Chromium, which .ci/run installs (chromium, chromium-driver)
	.venv/bin/pytest --quiet tests/browser

lint: setup  ## ruff, mypy, yamllint
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy --package ansible_collections.mqfleet.tls.plugins
	.venv/bin/mypy tests/bench tests/packaging
	.venv/bin/yamllint --strict .

ansible-lint: setup  ## ansible-lint, production profile
	.venv/bin/ansible-lint --offline --profile production

docs: setup  ## the documentation of every plugin, validated; changelog fragments
	.venv/bin/antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck $(COLLECTION)
	.venv/bin/antsibull-changelog lint

package: setup  ## build the archive, look at what is in it, install it alone and use it
	.venv/bin/pytest --quiet tests/packaging

sanity: setup  ## ansible-test sanity, on a copy of what is shipped
	.ci/sanity

end-to-end: setup  ## playbooks on simulated fleets: what must be refused, explained, left alone and kept secret
	.venv/bin/pytest --quiet --numprocesses 2 --dist loadfile -m 'not long' tests/end_to_end

long: setup  ## whole procedures on simulated fleets, after `make test`: rotation, issuers, restore, clusters, adopt, interrupted runs
	.venv/bin/pytest --quiet --numprocesses 2 --dist loadfile -m long tests/end_to_end

molecule: setup  ## Molecule: SCENARIO=name, or all of them, two at a time
	$(if $(SCENARIO),.venv/bin/molecule test --scenario-name $(SCENARIO),.ci/molecule)

bench: setup  ## seconds for 10, 50 and 200 queue managers (BENCH="--sizes 10 --forks 4 --json FILE")
	.venv/bin/python tests/bench/bench.py $(BENCH)

bench-planning: setup  ## plans of 100, 300 and 1,000 queue managers; a hub with 2,000 channels (PLANNING="--sizes 100 --json FILE")
	.venv/bin/python tests/bench/planning.py $(PLANNING)

rotation: setup  ## what links notice while certificates, then the CA, of twelve queue managers are replaced
	.venv/bin/python tests/bench/rotation.py $(ROTATION)

prediction: setup  ## predicted against real handshakes, for pairs of chance (PREDICTION="--cases 2000 --seed 1")
	.venv/bin/python tests/bench/prediction.py $(PREDICTION)

kill-matrix: setup  ## controller and modules killed at every point; long: KILL_MATRIX="--part module --every 5 --points 10-20"
	.venv/bin/python tests/bench/kill_matrix.py $(KILL_MATRIX)

clean:  ## remove what was made, except .venv
	rm -rf .build .ansible .mypy_cache .ruff_cache .pytest_cache .hypothesis mqfleet-tls-*.tar.gz
