# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook audit on a fleet as it is: what it costs, what it finds, what it refuses before it reads anything."""

from __future__ import annotations

import json
import re

import pytest

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


@pytest.fixture(scope="module")
def fleet(fleets):
    made = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS)
    run = made.playbook("site")
    assert run.rc == 0, run.output
    return made


def audit(fleet, *arguments, **variables):
    path = fleet.folder / "audit.json"
    run = fleet.playbook("audit", *arguments, mq_tls_audit_report=str(path), **variables)
    written = json.loads(path.read_text())
    return run, [(one["severity"], one["policy"], one["queue_manager"], one["object"]) for one in written["findings"]], written


def test_what_site_made_offends_no_default_policy_but_in_notes_and_is_only_read(fleet):
    before = fleet.state()
    run, found, written = audit(fleet, "-vvv")
    assert run.rc == 0, run.output
    assert not re.search(r"changed=[1-9]", run.output)
    fleet.assert_unchanged(before)
    for host, address in fleet.addresses.items():
        assert len(re.findall(rf"^<{address}> EXEC ", run.output, re.MULTILINE)) == 2, host
    assert found == [
        ("note", "only-tls13", name, f"CHANNEL {channel}") for name in ("QM1", "QM2") for channel in ("QM1.TO.QM2", "QM2.TO.QM1")
    ]
    assert {one["policy"] for one in written["passed"]} >= {"signed-with-sha1", "key-too-small", "key-repository-readable"}


def test_a_policy_that_cannot_be_used_is_refused_before_anything_is_read(fleet):
    policy = {"name": "mine", "severity": "error", "find": "channels[?nmae == 'X']", "text": "no"}
    run = fleet.playbook("audit", "-vvv", mq_tls_audit_policies=[policy])
    assert run.rc == 2, run.output
    assert "nmae is a name that no queue manager has (did you mean name?)" in run.output
    assert not re.search(r"^<127\.\S+> EXEC ", run.output, re.MULTILINE)


def test_what_offends_is_found_and_a_queue_manager_that_is_down_too(fleet):
    fleet.runmqsc("qm1", "DEFINE CHANNEL(OLD.APP) CHLTYPE(SVRCONN) TRPTYPE(TCP)")
    fleet.runmqsc("qm1", "DEFINE CHANNEL(OLD.TWO) CHLTYPE(SVRCONN) TRPTYPE(TCP)")
    fleet.runmqsc("qm1", "SET CHLAUTH('SYSTEM.*') TYPE(ADDRESSMAP) ADDRESS('*') ACTION(REMOVE)")
    fleet.hosts["qm2"].run("endmqm", "-i", "QM2")
    policy = {"name": "old-version", "severity": "warning", "find": "version_number < `9050000`", "text": "it has {version}"}
    waiver = {"policy": "channel-without-tls", "object": "CHANNEL OLD.TWO", "until": "2999-12-31", "reason": "goes soon"}
    variables = {"mq_tls_audit_policies": [policy], "mq_tls_audit_waivers": [waiver], "mq_tls_audit_disabled": ["only-tls13"]}
    run, found, written = audit(fleet, **variables)
    assert run.rc == 2, run.output
    assert [one for one in found if one[1] != "system-channel-open"] == [
        ("error", "channel-without-tls", "QM1", "CHANNEL OLD.APP"),
        ("error", "not-read", "QM2", "host qm2"),
        ("warning", "old-version", "QM1", "QMGR"),
    ]
    assert ("error", "system-channel-open", "QM1", "CHANNEL SYSTEM.DEF.SVRCONN") in found
    assert [one["object"] for one in written["waived"]] == ["CHANNEL OLD.TWO"]
    assert "this SVRCONN channel has no SSLCIPH and carries its messages in the clear" in run.output

    report = fleet.playbook("report", mq_tls_audit_report=str(fleet.folder / "audit.json"))
    assert report.rc == 0, report.output
    shown = json.loads((fleet.folder / "report" / "report.json").read_text())["findings"]
    assert {one["object"] for one in shown if one["source"] == "audit"} >= {"CHANNEL OLD.APP", "QMGR"}
