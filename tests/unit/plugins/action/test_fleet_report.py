# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action fleet_report: what it reads, what it refuses, that it never fails for what the report says."""

from __future__ import annotations

import json
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.mqfleet.tls.plugins.action.fleet_report import ActionModule
from fakes import HostVars

TOPOLOGY = {
    "queue_managers": {"qm1": {"queue_manager": "QM1", "identity": None}},
    "links": [
        {
            "channel": "QM1.TO.QM2",
            "from": "QM1",
            "to": "QM2",
            "from_host": "qm1",
            "to_host": "qm2",
            "authentication": "one_way",
            "cipher_spec": "ANY_TLS12_OR_HIGHER",
            "initiator_subject": None,
            "responder_subject": None,
        }
    ],
}
VERDICT = {"from": "QM1", "to": "QM2", "channel": "QM1.TO.QM2", "ok": False, "explanation": "It is broken."}


def run(folder, **options):
    task = MagicMock(args={"topology": TOPOLOGY, "dir": str(folder), **options}, async_val=0, check_mode=False, diff=False)
    action = ActionModule(task, MagicMock(), MagicMock(), None, MagicMock(), None)
    action._display = MagicMock()
    result = action.run(task_vars={"hostvars": HostVars({"qm1": {}}), "ansible_play_hosts_all": ["qm1"]})
    return result, json.loads((folder / "report.json").read_text(encoding="utf-8")), action._display.warning


def test_a_host_that_was_not_read_stands_in_the_report_and_fails_nothing(tmp_path):
    result, written, _warning = run(tmp_path / "report")
    assert not result.get("failed")
    assert result["changed"] is False
    assert [one["queue_manager"] for one in written["unread"]] == ["QM1"]
    assert result["msg"] == (
        f"2 queue managers: 1 queue manager was not read, 1 error in all. The report is in {tmp_path}/report/report.html."
    )
    assert written["summary"] == result["summary"]


def test_what_other_playbooks_wrote_is_used(tmp_path):
    (tmp_path / "verify.json").write_text(json.dumps({"links": [VERDICT]}))
    change = {"object": "TRUST", "name": "CN=CA", "action": "add", "attributes": {}}
    (tmp_path / "drift.json").write_text(json.dumps({"drift": [{"queue_manager": "QM1", "changes": [change]}], "unread": []}))
    finding = {"severity": "warning", "queue_manager": "QM1", "object": "QMGR", "text": "SSLFIPS is NO"}
    _result, written, warning = run(
        tmp_path / "report", verification=str(tmp_path / "verify.json"), drift=str(tmp_path / "drift.json"), findings=[finding]
    )
    assert [one["text"] for one in written["findings"] if one["source"] != "reading"] == ["It is broken.", "SSLFIPS is NO", "is missing"]
    assert not warning.called


@pytest.mark.parametrize(("asked", "noted"), [(True, ["TRUST old ca"]), (False, [])])
def test_what_drift_found_beside_the_description_is_noted(tmp_path, asked, noted):
    item = {"object": "TRUST", "name": "old ca", "reason": "whoever has a certificate of CN=Old is let in"}
    written = {"drift": [], "unread": [], "undescribed": [{"queue_manager": "QM1", "host": "qm1", "items": [item]}]}
    (tmp_path / "drift.json").write_text(json.dumps(written))
    _result, made, _warning = run(tmp_path / "report", drift=str(tmp_path / "drift.json"), undescribed=asked)
    assert [one["object"] for one in made["findings"] if one["source"] == "undescribed"] == noted
    for name in ("report.html", "findings.csv"):
        assert ("old ca" in (tmp_path / "report" / name).read_text(encoding="utf-8")) is asked


def test_what_an_audit_found_is_shown_but_not_that_it_could_not_read(tmp_path):
    found = {"severity": "error", "queue_manager": "QM1", "object": "CHANNEL A", "text": "no TLS", "policy": "channel-without-tls"}
    unread = {**found, "policy": "not-read", "text": "QM1 was stopped."}
    (tmp_path / "audit.json").write_text(json.dumps({"findings": [found, unread], "waived": []}))
    _result, written, _warning = run(tmp_path / "report", audit=str(tmp_path / "audit.json"))
    assert [(one["source"], one["object"], one["text"]) for one in written["findings"] if one["source"] != "reading"] == [
        ("audit", "CHANNEL A", "no TLS")
    ]


def test_a_file_that_is_not_there_yet_is_said_and_left_out(tmp_path):
    _result, written, warning = run(tmp_path / "report", verification=str(tmp_path / "none.json"))
    assert written["links"][0]["state"] == "unknown"
    warning.assert_called_once_with(f"The report is made without {tmp_path}/none.json, which is not there; mqfleet.tls.verify writes it.")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"links": 1}'])
def test_a_file_that_is_something_else_is_refused(tmp_path, text):
    (tmp_path / "verify.json").write_text(text)
    with pytest.raises(AnsibleActionFail, match="The report was to include .*verify.json and no list 'links' could be read from it"):
        run(tmp_path / "report", verification=str(tmp_path / "verify.json"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        AnsibleActionFail, match="was to be written into .*/file/report, which failed: .*; give another folder by mq_tls_report_dir"
    ):
        run(tmp_path / "file" / "report")
