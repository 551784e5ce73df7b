# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action link_verification: where it finds what was observed, what it returns and when it fails."""

from __future__ import annotations

import json
from unittest.mock import MagicMock
from xml.etree import ElementTree

import pytest
from ansible_collections.mqfleet.tls.plugins.action.link_verification import ActionModule

LINK = {
    "channel": "QM1.TO.QM2",
    "from": "QM1",
    "to": "QM2",
    "from_host": "qm1",
    "to_host": "qm2",
    "authentication": "two_way",
    "cipher_spec": "ANY_TLS12_OR_HIGHER",
    "initiator_subject": "CN=QM1",
    "responder_subject": "CN=QM2",
}
RUNNING = {"STATUS": "RUNNING", "SECPROT": "TLSV13", "SSLPEER": "CN=QM2"}
GOOD = {
    "qm1": {"channels": {"QM1.TO.QM2": RUNNING}, "error_log": []},
    "qm2": {"channels": {"QM1.TO.QM2": {**RUNNING, "SSLPEER": "CN=QM1"}}, "error_log": []},
}


def run(hostvars, hosts=("qm1", "qm2"), **options):
    task = MagicMock(args={"topology": {"links": [LINK]}, **options}, async_val=0, check_mode=False, diff=False)
    action = ActionModule(task, MagicMock(), MagicMock(), None, MagicMock(), None)
    return action.run(task_vars={"hostvars": hostvars, "ansible_play_hosts_all": list(hosts)})


def registered(observations):
    return {host: {"mq_tls_channel_observation": observation} for host, observation in observations.items()}


def test_links_as_intended():
    result = run(registered(GOOD))
    assert not result.get("failed")
    assert (result["failed_links"], [link["ok"] for link in result["links"]]) == ([], [True])
    assert result["table"].splitlines()[2].startswith("QM1.TO.QM2")


def test_the_table_and_the_explanations_are_shown(capsys):
    run({"qm1": {}, "qm2": {}})
    shown = capsys.readouterr().out
    assert "QM1.TO.QM2  QM1" in shown and "- The link QM1 to QM2 (channel QM1.TO.QM2) could not be judged" in shown


def test_it_need_not_fail():
    assert "failed" not in run({"qm1": {}, "qm2": {}}, fail=False)


def test_observations_can_be_given():
    assert not run({"qm1": {}, "qm2": {}}, observations=GOOD).get("failed")


def test_a_failed_link_fails_the_task_and_is_written_to_the_report(tmp_path):
    observed = {
        "qm1": {
            "channels": {"QM1.TO.QM2": {"STATUS": "RETRYING"}},
            "error_log": [{"id": "AMQ9633E", "channel": "QM1.TO.QM2", "time_utc": "2026-03-01T12:00:00Z"}],
        },
        "qm2": {"channels": {}, "error_log": []},
    }
    hostvars = registered(observed)
    hostvars["qm2"]["mq_tls_key_repository_result"] = {
        "certificate": {"not_before": "2025-01-01T00:00:00Z", "not_after": "2026-02-01T00:00:00Z", "issuer": "CN=CA"}
    }
    result = run(hostvars, path=str(tmp_path / "report.json"), junit=str(tmp_path / "report.xml"))
    assert result["failed"]
    assert result["msg"] == "1 of 1 links are not as intended (QM1.TO.QM2); the table says why."
    assert result["failed_links"][0]["explanation"] == (
        "The link QM1 to QM2 (channel QM1.TO.QM2) does not run (RETRYING): the certificate of QM2 (CN=QM2) expired on 2026-02-01 00:00 "
        "UTC, so QM1 "
        "refuses it (AMQ9633E at QM1, 2026-03-01T12:00:00Z); run mqfleet.tls.site for QM2, which renews it and refreshes."
    )
    assert json.loads((tmp_path / "report.json").read_text()) == {"links": result["links"]}
    case, listener = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (case.get("classname"), case.get("name")) == ("QM1 to QM2", "QM1.TO.QM2")
    assert case.find("failure").get("message") == result["failed_links"][0]["explanation"]
    assert (listener.get("classname"), listener.get("name")) == ("QM2", "certificate presented")
    assert listener.find("skipped").get("message") == "the certificate of QM2, since its listener was not looked at"


def looked(state, **more):
    serial_numbers = {"presented": {"serial_number": "01"}, "held": {"serial_number": "02"}}
    item = {"label": "bank", "channels": ["QM1.TO.QM2"], "state": state, "reason": "", **serial_numbers, **more}
    held = {"not_before": "2025-01-01T00:00:00Z", "not_after": "2026-02-01T00:00:00Z", "issuer": "CN=CA"}
    return {"presented": [item], "held": held, "trusted": [], "refresh": "when_needed", "refresh_outstanding": False}


@pytest.mark.parametrize(
    ("certificates", "kind", "sentence", "shown"),
    [
        (looked("current"), None, "", ""),
        (
            looked("other"),
            "failure",
            "the listener of QM2 presents the certificate with the serial number 01 while its key repository holds 02 under the label bank; "
            "send REFRESH SECURITY TYPE(SSL) to QM2",
            "(channel QM1.TO.QM2) runs, but the listener of QM2 presents the certificate with the serial number 01",
        ),
        (
            looked("not checked", reason="nothing listens there", presented=None, held=None),
            "skipped",
            "the certificate bank of QM2, since nothing listens there",
            "Not compared with the key repository: the certificate bank of QM2, since nothing listens there.",
        ),
    ],
)
def test_what_the_listener_presents(tmp_path, capsys, certificates, kind, sentence, shown):
    observed = {**GOOD, "qm2": {**GOOD["qm2"], "certificates": certificates}}
    result = run(registered(observed), junit=str(tmp_path / "report.xml"))
    assert result.get("failed", False) is (kind == "failure")
    assert result["links"][0]["presented_certificate"]["reason"] == sentence
    _link, listener = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (listener.get("classname"), listener.get("name")) == ("QM2", "certificate presented bank")
    assert [(child.tag, child.get("message")) for child in listener] == ([(kind, sentence)] if kind else [])
    assert shown in capsys.readouterr().out


def test_the_certificate_that_is_held_tells_the_dates():
    """`verify` alone has not run the key repository's module."""
    log = [{"id": "AMQ9633E", "channel": "QM1.TO.QM2", "time_utc": "2026-03-01T12:00:00Z"}]
    observed = {
        "qm1": {"channels": {"QM1.TO.QM2": {"STATUS": "RETRYING"}}, "error_log": log},
        "qm2": {"channels": {}, "error_log": [], "certificates": looked("current")},
    }
    assert "the certificate of QM2 (CN=QM2) expired on 2026-02-01 00:00 UTC" in run(registered(observed))["links"][0]["explanation"]


@pytest.mark.parametrize(
    ("observation", "problem"),
    [
        ({"failed": True, "msg": "The queue manager QM2 is stopped."}, "The queue manager QM2 is stopped"),
        (None, "nothing was observed there; see the tasks of host qm2 before this one"),
    ],
)
def test_an_end_that_could_not_be_read_is_named(observation, problem):
    hostvars = registered({**GOOD, "qm2": observation})
    assert run(hostvars)["failed_links"][0]["explanation"].endswith(
        f"(channel QM1.TO.QM2) could not be judged, since QM2 could not be read: {problem}."
    )


def test_hosts_outside_the_play_are_not_looked_at():
    class Watched(dict):
        def __getitem__(self, host):
            assert host == "qm1"
            return super().__getitem__(host)

    assert not run(Watched(registered(GOOD)), hosts=["qm1"]).get("failed")
