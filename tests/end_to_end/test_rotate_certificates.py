# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""New keys for self-signed certificates: in three steps, without an outage, held by whoever is not ready."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.long


def running(fleet, host: str, channel: str) -> bool:
    """Whether the queue manager says that the channel runs."""
    return "STATUS(RUNNING)" in fleet.runmqsc(host, f"DISPLAY CHSTATUS({channel}) STATUS")


def test_self_signed_ones_in_three_steps_held_by_a_partner_that_is_down(fleets):
    links = [{"mesh": ["QM1", "QM2", "QM3"]}]
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5", "qm3": "9.4.2"}, mq_tls_links=links, mq_tls_issuer={"type": "self_signed"})
    for playbook in ("site", "verify"):
        run = fleet.playbook(playbook)
        assert run.rc == 0, run.output
    serials = {host: fleet.presented(host, "-serial") for host in fleet.hosts}

    assert fleet.hosts["qm3"].run("endmqm", "-i", "QM3").returncode == 0
    held = fleet.playbook("rotate_certificates", mq_tls_rotate_hosts="qm1")
    assert held.rc == 2, held.output
    assert "QM1 keeps its certificate until every partner accepts the new one: QM3 could not be read or told" in held.output, held.output
    assert fleet.presented("qm1", "-serial") == serials["qm1"]
    assert "-next" in fleet.labels("qm1")
    assert running(fleet, "qm1", "QM1.TO.QM2"), "the others go on working"
    status = fleet.playbook("rollover_status")
    assert "QM3 could not be read or told" in status.output, status.output

    assert fleet.hosts["qm3"].run("strmqm", "QM3").returncode == 0
    done = fleet.playbook("rotate_certificates", mq_tls_rotate_hosts="qm1")
    assert done.rc == 0, done.output
    assert "The certificates of 1 queue managers are replaced and proven." in done.output, done.output
    now = {host: fleet.presented(host, "-serial") for host in fleet.hosts}
    assert {host for host in now if now[host] != serials[host]} == {"qm1"}
    assert not any(suffix in fleet.labels("qm1") for suffix in ("-next", "-former"))
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output
    before = fleet.state()
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output
    fleet.assert_unchanged(before)

    # near its end one is replaced by site, in the same steps
    fleet.variables["mq_tls_certificate_days"] = 900
    fleet.variables["mq_tls_renew_before_days"] = 400
    fleet.write()
    renewal = fleet.playbook("site")
    assert renewal.rc == 0, renewal.output
    actions = [(change["action"], change["name"]) for change in renewal.changes("qm2") if change["object"] == "CERTIFICATE"]
    label = "ibmwebspheremqqm2"
    assert actions == [("issue", f"{label}-next"), ("replace", label), ("remove", f"{label}-former")]
    before = fleet.state()
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output
    fleet.assert_unchanged(before)
