# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster: its channels to the full repositories, from description to proof."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.long


def test_a_cluster_from_description_to_proof(fleets):
    fleet = fleets(
        {"qm1": "9.4.2", "qm2": "9.2.5", "qm3": "9.4.2"},
        mq_tls_links=[{"cluster": "PAY", "full_repositories": ["QM1", "QM2"], "members": ["QM3"]}],
        mq_tls_subject="CN={{ inventory_hostname | upper }},O=Bank",
    )
    announced = fleet.playbook("site", "--check")
    assert announced.rc == 0, announced.output
    first = fleet.playbook("site")
    assert first.rc == 0, first.output
    for host in fleet.hosts:
        assert first.changes(host) == announced.changes(host)
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output
    # the links of the two full repositories with each other, and of the third member with the first of them
    assert len(re.findall(r"^PAY.QM[12] +QM[123] +QM[12] .*RUNNING.* yes\s*$", proof.output, re.MULTILINE)) == 3, proof.output
    assert "REPOS(PAY)" in fleet.runmqsc("qm1", "DISPLAY QMGR REPOS")
    assert "CLUSTER(PAY)" in fleet.runmqsc("qm3", "DISPLAY CHANNEL(PAY.QM1) CLUSTER")
    # QM1 shows both of its callers on its one cluster receiver
    status = fleet.runmqsc("qm1", "DISPLAY CHSTATUS(PAY.QM1) SSLPEER")
    assert "CN=QM2" in status
    assert "CN=QM3" in status

    second = fleet.playbook("site")
    assert second.rc == 0, second.output
    assert second.changes() == []
