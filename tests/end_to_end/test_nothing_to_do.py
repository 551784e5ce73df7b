# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing to do means nothing done: shown by state, by the number of remote executions, by the absence of a refresh."""

from __future__ import annotations

import re

import pytest

TWO_WAY = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


# PKCS#12 beside CMS; the Molecule scenarios do the same with pairs of one kind, and with one-way links.
@pytest.mark.parametrize("issuer", ["local_ca", "self_signed"])
def test_the_second_run_leaves_everything_as_it_was(fleets, issuer):
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=TWO_WAY, mq_tls_issuer={"type": issuer})
    first = fleet.playbook("site")
    assert first.rc == 0, first.output
    assert first.changes()
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output
    before = fleet.state()
    assert any("AMQ8417I" in key for key in before["QM1"]), "no channel status was read"

    second = fleet.playbook("site", "-v")
    assert second.rc == 0, second.output
    assert second.changes() == []
    assert not re.search(r"changed=[1-9]", second.output)
    fleet.assert_unchanged(before)
    assert "REFRESH" not in "".join(fleet.error_log(host) for host in fleet.hosts)


def test_a_run_with_nothing_to_do_is_two_remote_executions(fleets):
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=TWO_WAY)
    assert fleet.playbook("site").rc == 0
    second = fleet.playbook("site", "-vvv")
    for host in ("qm1", "qm2"):
        executions = re.findall(rf"^<{fleet.addresses[host]}> EXEC ", second.output, re.MULTILINE)
        assert len(executions) == 2, "\n".join(re.findall(rf"^<{fleet.addresses[host]}>.*$", second.output, re.MULTILINE))
    assert "ansible.builtin.setup" not in second.output
