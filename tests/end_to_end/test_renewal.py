# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""New keys near the end of a certificate and on request: the former identity stays until a live channel proves the new one."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest

pytestmark = pytest.mark.long

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


@pytest.fixture(scope="module")
def fleet(fleets):
    """Two queue managers, PKCS#12 and CMS, with proven links and certificates of 100 days."""
    made = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS, mq_tls_certificate_days=100)
    for playbook in ("site", "verify"):
        run = made.playbook(playbook)
        assert run.rc == 0, run.output
    return made


def former(fleet) -> dict[str, bool]:
    return {host: "-former" in fleet.labels(host) for host in fleet.hosts}


def presented(fleet) -> dict[str, str]:
    return {host: fleet.presented(host, "-pubkey") for host in fleet.hosts}


def test_a_former_identity_goes_when_its_successor_is_proven(fleet):
    keys = presented(fleet)
    fleet.variables.update(mq_tls_certificate_days=365, mq_tls_renew_before_days=200)
    fleet.write()

    # Held back from the queue managers, the new certificates cannot be proven: both identities stay, and it is said.
    held = fleet.playbook("site", mq_tls_refresh="never")
    assert held.rc == 0, held.output
    assert "REFRESH SECURITY is outstanding" in held.output
    assert former(fleet) == {"qm1": True, "qm2": True}

    run = fleet.playbook("site")
    assert run.rc == 0, run.output
    assert former(fleet) == {"qm1": False, "qm2": False}, run.output
    assert all(key != keys[host] for host, key in presented(fleet).items())
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output

    before = fleet.state()
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output
    fleet.assert_unchanged(before)


def test_new_keys_on_request_for_one_queue_manager_and_none_twice(fleet):
    keys = presented(fleet)
    limited = fleet.playbook("rotate_certificates", "--limit", "qm1")
    assert limited.rc == 0 and "QM1 keep the former ones, since no partner in this run could show the new ones" in limited.output, (
        limited.output
    )
    now = presented(fleet)
    assert {host for host in now if now[host] != keys[host]} == {"qm1"}

    time.sleep(1)  # a moment has whole seconds
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    announced = fleet.playbook("rotate_certificates", "--check", mq_tls_rotate_issued_before=moment)
    assert announced.rc == 0, announced.output
    reasons = {change["reason"] for change in announced.changes() if change["object"] == "CERTIFICATE"}
    assert "a new key is asked for" in reasons
    assert presented(fleet) == now
    done = fleet.playbook("rotate_certificates", mq_tls_rotate_issued_before=moment)
    assert done.rc == 0 and "The certificates of 2 queue managers are replaced and proven." in done.output, done.output
    assert not {*presented(fleet).values()} & {*now.values(), *keys.values()}
    assert not any(former(fleet).values())

    before = fleet.state()
    again = fleet.playbook("rotate_certificates", mq_tls_rotate_issued_before=moment)
    assert (again.rc, again.changes()) == (0, []), again.output
    assert "No certificate was to be replaced." in again.output, again.output
    fleet.assert_unchanged(before)
