# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook report on a fleet as it is: what it costs, what it touches, what it finds."""

from __future__ import annotations

import csv
import json
import re

import pytest

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}, {"from": "QM3", "to": "QM1", "authentication": "one_way"}]
FILES = {"report.html", "report.json", "queue_managers.csv", "links.csv", "certificates.csv", "channels.csv", "findings.csv"}


@pytest.fixture(scope="module")
def fleet(fleets):
    """Two queue managers that talk both ways and one that only sends, all links proven."""
    made = fleets({"qm1": "9.4.2", "qm2": "9.2.5", "qm3": "9.3.0"}, mq_tls_links=LINKS)
    run = made.playbook("site")
    assert run.rc == 0, run.output
    run = made.playbook("verify")
    assert run.rc == 0, run.output
    return made


def report(fleet, *arguments, **variables):
    run = fleet.playbook("report", *arguments, **variables)
    return run, json.loads((fleet.folder / "report" / "report.json").read_text())


def test_a_fleet_without_trouble_in_two_remote_executions_that_change_nothing(fleet):
    before = fleet.state()
    run, written = report(fleet, "-vvv")
    assert run.rc == 0, run.output
    assert not re.search(r"changed=[1-9]", run.output)
    fleet.assert_unchanged(before)
    for host, address in fleet.addresses.items():
        assert len(re.findall(rf"^<{address}> EXEC ", run.output, re.MULTILINE)) == 2, host

    assert {path.name for path in (fleet.folder / "report").iterdir()} == FILES
    assert written["summary"]["text"] == "3 queue managers: nothing is wrong."
    assert [(one["channel"], one["state"], one["authentication"]) for one in written["links"]] == [
        ("QM1.TO.QM2", "ok", "two_way"),
        ("QM2.TO.QM1", "ok", "two_way"),
        ("QM3.TO.QM1", "ok", "one_way"),
    ]
    # the one that only sends has no certificate; all three trust the CA
    assert [(one["queue_manager"], one["use"], one["held_by"]) for one in written["certificates"]] == [
        ("QM1", "identity", 1),
        ("QM2", "identity", 1),
        ("QM1", "trusted", 3),
    ]
    assert all(one["days_left"] > 360 for one in written["certificates"])
    assert {one["version"] for one in written["queue_managers"]} == {"9.4.2.0", "9.2.5.0", "9.3.0.0"}
    with (fleet.folder / "report" / "links.csv").open(newline="") as file:
        assert [row["channel"] for row in csv.DictReader(file)] == ["QM1.TO.QM2", "QM2.TO.QM1", "QM3.TO.QM1"]


def test_what_is_not_described_is_noted_in_every_file_without_another_remote_execution(fleet):
    fleet.runmqsc("qm1", "DEFINE CHANNEL(OLD.APP) CHLTYPE(SVRCONN)")
    fleet.runmqsc("qm1", "SET CHLAUTH('OLD.*') TYPE(ADDRESSMAP) ADDRESS('10.*') USERSRC(CHANNEL)")
    run, written = report(fleet, "-vvv")
    assert run.rc == 0, run.output
    assert len(re.findall(rf"^<{fleet.addresses['qm1']}> EXEC ", run.output, re.MULTILINE)) == 2
    assert [(one["severity"], one["source"], one["queue_manager"], one["object"], one["text"]) for one in written["findings"]] == [
        ("note", "undescribed", "QM1", "CHANNEL OLD.APP", "SVRCONN channel without TLS"),
        ("note", "undescribed", "QM1", "CHLAUTH OLD.*", "ADDRESSMAP ADDRESS(10.*) is let in by USERSRC(CHANNEL)"),
    ]
    assert {one["state"] for one in written["queue_managers"]} == {"ok"}
    for name in ("report.html", "findings.csv"):
        assert "OLD.APP" in (fleet.folder / "report" / name).read_text()
    _run, written = report(fleet, mq_tls_drift_undescribed="ignore")
    assert written["findings"] == []
    fleet.runmqsc("qm1", "SET CHLAUTH('OLD.*') TYPE(ADDRESSMAP) ADDRESS('10.*') ACTION(REMOVE)")
    fleet.runmqsc("qm1", "DELETE CHANNEL(OLD.APP)")


def test_what_is_wrong_is_found_and_a_queue_manager_that_is_down_hides_nothing(fleet):
    fleet.runmqsc("qm2", "STOP CHANNEL(QM2.TO.QM1) STATUS(STOPPED)")
    fleet.hosts["qm3"].run("endmqm", "-i", "QM3")
    run, written = report(fleet)
    assert run.rc == 0, run.output
    assert [(one["severity"], one["source"], one["queue_manager"], one["object"]) for one in written["findings"]] == [
        ("error", "link", "QM2", "QM2.TO.QM1"),
        ("error", "reading", "QM3", "host qm3"),
    ]
    assert "strmqm" in written["unread"][0]["error"]
    assert {one["channel"]: one["state"] for one in written["links"]} == {
        "QM2.TO.QM1": "failed",
        "QM1.TO.QM2": "ok",
        "QM3.TO.QM1": "not running",
    }
    assert "2 errors in all" in run.output
