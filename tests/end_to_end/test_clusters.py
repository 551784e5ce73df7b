# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster: its channels to the full repositories, from description to proof, and who comes first."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.long


def altered(fleet, host: str) -> list[tuple[str, str]]:
    """When each channel of the cluster PAY was altered last on a queue manager: date and time."""
    shown = fleet.runmqsc(host, "DISPLAY CHANNEL(PAY.*) ALTDATE ALTTIME")
    return list(zip(*(re.findall(rf"{name}\(([^)]+)\)", shown) for name in ("ALTDATE", "ALTTIME")), strict=True))


def defined(run, host: str) -> list[str]:
    """The types of the channels of the cluster PAY that a run has defined on a queue manager, in order."""
    made = [change for change in run.changes(host) if change["action"] == "define" and change["name"].startswith("PAY.")]
    return [change["attributes"]["CHLTYPE"]["after"] for change in made]


def plays(output: str) -> dict[str, str]:
    """What a run shows, by play."""
    return {part.split("]")[0]: part for part in output.split("\nPLAY [")[1:]}


def test_a_cluster_from_description_to_proof(fleets):
    fleet = fleets(
        {"qm1": "9.4.2", "qm2": "9.2.5", "qm3": "9.4.2"},
        mq_tls_links=[
            {"cluster": "PAY", "full_repositories": ["QM1", "QM2"], "members": ["QM3"]},
            {"cluster": "TEST", "full_repositories": ["QM1"], "members": ["QM2"]},
            {"from": "QM3", "to": "QM2"},
        ],
        mq_tls_subject="CN={{ inventory_hostname | upper }},O=Bank",
    )
    # The full repository that QM3 calls is down: nothing of the cluster is made on QM3, all else is.
    fleet.hosts["qm1"].run("endmqm", "-i", "QM1")
    without = fleet.playbook("site")
    assert without.rc == 2, without.output
    assert "The channels PAY.QM3 and PAY.QM1 of the queue manager QM3" in re.sub(r"\s+", " ", without.output)
    assert defined(without, "qm2") == ["CLUSRCVR", "CLUSSDR"]
    assert len(altered(fleet, "qm2")) == 2
    assert altered(fleet, "qm3") == []
    assert "CHLTYPE(SDR)" in fleet.runmqsc("qm3", "DISPLAY CHANNEL(QM3.TO.QM2) CHLTYPE")
    # left out, it is not waited for, and nothing is said of it
    left_out = fleet.playbook("site", "--check", "--limit", "qm3")
    assert (left_out.rc, defined(left_out, "qm3")) == (0, ["CLUSRCVR", "CLUSSDR"]), left_out.output
    assert "left as they are" not in left_out.output
    fleet.hosts["qm1"].run("strmqm", "QM1")

    announced = fleet.playbook("site", "--check")
    assert announced.rc == 0, announced.output
    first = fleet.playbook("site")
    assert first.rc == 0, first.output
    for host in fleet.hosts:
        assert first.changes(host) == announced.changes(host)
    for run in (announced, first):
        shown = plays(run.output)
        assert "changed: [qm1]" in shown["Full repositories of clusters"]
        assert "[qm3]" not in shown["Full repositories of clusters"]
        assert "changed: [qm3]" in shown["Channels"]
        assert "left as they are" not in run.output
        # the channels of a full repository start with all others
        assert [
            name for name, text in shown.items() if "RUNNING HANDLER" in text and "changed: [qm1]" in text.split("RUNNING HANDLER")[1]
        ] == ["Channels"]
        assert defined(run, "qm1") == defined(run, "qm3") == ["CLUSRCVR", "CLUSSDR"]
    # from outside, to the second
    assert max(altered(fleet, "qm1") + altered(fleet, "qm2")) <= min(altered(fleet, "qm3"))
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output
    # the links of the two full repositories with each other, and of the third member with the first of them
    assert len(re.findall(r"^PAY.QM[12] +QM[123] +QM[12] .*RUNNING.* yes\s*$", proof.output, re.MULTILINE)) == 3, proof.output
    assert "REPOS(PAY)" in fleet.runmqsc("qm2", "DISPLAY QMGR REPOS")
    assert "REPOSNL(MQFLEET.REPOSITORIES)" in fleet.runmqsc("qm1", "DISPLAY QMGR REPOSNL")
    assert re.search(r"NAMES\(PAY\s*,TEST\)", fleet.runmqsc("qm1", "DISPLAY NAMELIST(MQFLEET.REPOSITORIES) NAMES"))
    assert "CLUSTER(PAY)" in fleet.runmqsc("qm3", "DISPLAY CHANNEL(PAY.QM1) CLUSTER")
    # QM1 shows both of its callers on its one cluster receiver
    status = fleet.runmqsc("qm1", "DISPLAY CHSTATUS(PAY.QM1) SSLPEER")
    assert "CN=QM2" in status
    assert "CN=QM3" in status

    second = fleet.playbook("site", "-vvv")
    assert second.rc == 0, second.output
    assert second.changes() == []
    assert not re.search(r"changed=[1-9]", second.output)
    for host, address in fleet.addresses.items():
        executions = re.findall(rf"^<{address}> EXEC ", second.output, re.MULTILINE)
        assert len(executions) == 1, f"{host}: {executions}"
