# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key repositories on simulated hosts: one of each type that is made once, and copies of it for tests that change it."""

from __future__ import annotations

import pytest
from kill_points import copied
from repository_host import EC, Ca, days_from_now, one_of_each_type, self_signed, without_processes


@pytest.fixture(scope="module")
def ca():
    """A CA whose certificate is older than what it issues."""
    return Ca(begin=days_from_now(-5))


@pytest.fixture(scope="module")
def wanted():
    """What the masters hold: an identity, and trust in a partner."""
    return {"identity": {**EC, "subject": "CN=QM1"}, "trust": [{"name": "P", "certificates": [self_signed("CN=Partner")]}]}


@pytest.fixture(scope="module")
def masters(ca, wanted, tmp_path_factory):
    """A host with a key repository of each type."""
    return one_of_each_type(tmp_path_factory.mktemp("masters"), ca, **wanted)


@pytest.fixture
def argv(monkeypatch):
    """The argument lists of all programs, which run in the process of the test."""
    return without_processes(monkeypatch)


@pytest.fixture
def host_with(masters, argv, tmp_path):
    """A copy of the master of a type."""
    return lambda kind: copied(masters[kind], tmp_path / "host")
