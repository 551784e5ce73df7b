# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing to do means nothing done: shown by state, by the number of remote executions, by the absence of a refresh."""

from __future__ import annotations

import re

TWO_WAY = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


def refreshes(fleet) -> int:
    """How often a refresh has ended a TLS channel so far (AMQ9713E)."""
    return sum(fleet.error_log(host).count("AMQ9713E") for host in fleet.hosts)


# PKCS#12 beside CMS; the Molecule scenarios do the same with pairs of one kind, with self-signed certificates and with one-way links.
def test_the_second_run_leaves_everything_as_it_was_in_one_remote_execution(fleets):
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=TWO_WAY)
    first = fleet.playbook("site")
    assert first.rc == 0, first.output
    assert first.changes()
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output
    before, refreshed = fleet.state(), refreshes(fleet)
    assert any("AMQ8417I" in key for key in before["QM1"]), "no channel status was read"

    second = fleet.playbook("site", "-vvv")
    assert second.rc == 0, second.output
    assert second.changes() == []
    assert not re.search(r"changed=[1-9]", second.output)
    fleet.assert_unchanged(before)
    assert refreshes(fleet) == refreshed
    for host in ("qm1", "qm2"):
        executions = re.findall(rf"^<{fleet.addresses[host]}> EXEC ", second.output, re.MULTILINE)
        assert len(executions) == 1, "\n".join(re.findall(rf"^<{fleet.addresses[host]}>.*$", second.output, re.MULTILINE))
    assert "ansible.builtin.setup" not in second.output

    # The measure itself: a refresh that is sent shows in both.
    fleet.runmqsc("qm1", "REFRESH SECURITY(*) TYPE(SSL)")
    assert refreshes(fleet) > refreshed
