# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action drift_report: the report in words, and when it fails."""

from __future__ import annotations

import json
from unittest.mock import MagicMock
from xml.etree import ElementTree

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.mqfleet.tls.plugins.action.drift_report import ActionModule

NOTHING = {"changed": False, "changes": []}
CHANGES = [
    {"object": "CHANNEL", "name": "QM2.TO.QM1", "action": "alter", "attributes": {"SSLCAUTH": {"before": "OPTIONAL", "after": "REQUIRED"}}},
    {"object": "QMGR", "action": "alter", "attributes": {"CERTLABL": {"before": "", "after": "ibmwebspheremqqm1"}}},
    {"object": "CHANNEL", "name": "NEW", "action": "define", "attributes": {"CHLTYPE": {"before": None, "after": "SDR"}}},
    {"object": "SECURITY", "name": "SSL", "action": "refresh", "attributes": {}},
]
KEYS = [
    {
        "object": "CERTIFICATE",
        "name": "ibmwebspheremqqm1",
        "action": "issue",
        "attributes": {"subject": {"before": None, "after": "CN=QM1"}, "key_type": {"before": "RSA", "after": "RSA"}},
        "reason": "no certificate under this label",
    },
    {"object": "TRUST", "name": "CN=Fleet CA", "action": "add", "attributes": {}},
    {"object": "FILE", "name": "/var/mqm/key.p12", "action": "chmod", "attributes": {"mode": {"before": "0644", "after": "0600"}}},
]


def run(hosts, topology=None, **options):
    task = MagicMock(args=options, async_val=0, check_mode=True, diff=False)
    action = ActionModule(task, MagicMock(), MagicMock(), None, MagicMock(), None)
    task_vars = {"hostvars": hosts, "ansible_play_hosts_all": list(hosts), **({"mq_tls_topology": topology} if topology else {})}
    return action.run(task_vars=task_vars)


def host(keys=None, mqsc=None, **more):
    return {"mq_tls_key_repository_result": keys or NOTHING, "mq_tls_mqsc_result": mqsc or NOTHING, **more}


def test_no_drift():
    result = run({"qm1": host(), "qm2": host()})
    assert not result.get("failed")
    assert (result["drift"], result["unread"], result["text"]) == ([], [], "All 2 queue managers are as described.")


def test_what_differs_is_said_in_words_and_fails(tmp_path):
    hosts = {
        "qm1": host({"changed": True, "changes": KEYS}, {"changed": True, "changes": CHANGES, "interrupts": {"svrconn": 12, "sdr": 2}}),
        "b": host({"failed": True, "msg": "The queue manager BR1 is stopped; start it with strmqm."}, mq_tls_queue_manager="BR1"),
        "qm3": {"mq_tls_key_repository_result": NOTHING},
        "qm4": host(),
    }
    result = run(hosts, path=str(tmp_path / "drift.json"))
    assert result["failed"]
    assert result["msg"] == (
        "1 of 4 queue managers differ from their description (QM1) and 2 of 4 could not be read (BR1, QM3); the report says in what and why."
    )
    assert result["text"] == "\n".join(
        [
            "1 of 4 queue managers differ from their description.",
            "",
            "QM1 (host qm1)",
            "  CERTIFICATE ibmwebspheremqqm1: has to be issued (no certificate under this label)",
            "    subject: is not there, should be CN=QM1",
            "  TRUST CN=Fleet CA: is missing",
            "  FILE /var/mqm/key.p12: has another mode",
            "    mode: is 0644, should be 0600",
            "  CHANNEL QM2.TO.QM1: differs",
            "    SSLCAUTH: is OPTIONAL, should be REQUIRED",
            "  QMGR: differs",
            "    CERTLABL: is blank, should be ibmwebspheremqqm1",
            "  CHANNEL NEW: is missing",
            "  SECURITY SSL: is to be refreshed",
            "    interrupts 12 client connections (SVRCONN) and 2 sending channels",
            "",
            "2 of 4 queue managers could not be read, so nothing is known of them.",
            "  BR1 (host b): The queue manager BR1 is stopped; start it with strmqm.",
            "  QM3 (host qm3): there is no result mq_tls_mqsc_result; see the tasks before this one",
        ]
    )
    assert result["drift"] == [
        {
            "queue_manager": "QM1",
            "host": "qm1",
            "changes": KEYS + CHANGES,
            "interrupts": {"svrconn": 12, "sdr": 2},
            "refresh_outstanding": False,
            "refresh_window_opens": None,
        }
    ]
    assert json.loads((tmp_path / "drift.json").read_text()) == {key: result[key] for key in ("drift", "unread", "undescribed")}
    assert (result["undescribed"], result["differs"]) == ([], True)


@pytest.mark.parametrize(
    ("opens", "said"), [("2026-11-14 01:00", "until 2026-11-14 01:00, local time of the host"), (None, "by refresh: never")]
)
def test_a_refresh_that_is_held_back_is_a_difference(opens, said):
    result = run({"qm1": host(mqsc={**NOTHING, "refresh_outstanding": True, "refresh_window_opens": opens}), "qm2": host()})
    assert result["failed"]
    assert result["text"] == "\n".join(
        [
            "1 of 2 queue managers differ from their description.",
            "",
            "QM1 (host qm1)",
            f"  SECURITY SSL: is to be refreshed, which is held back {said}",
        ]
    )


def test_each_difference_is_a_test_case_of_its_own(tmp_path):
    held = {**NOTHING, "refresh_outstanding": True}
    hosts = {"qm1": host({"changes": KEYS[:2]}, held), "qm2": host(), "qm3": host({"failed": True, "msg": "QM3 is stopped."})}
    run(hosts, fail=False, junit=str(tmp_path / "drift.xml"))
    root = ElementTree.parse(tmp_path / "drift.xml").getroot()
    assert [root.get(name) for name in ("name", "tests", "failures", "errors")] == ["mqfleet.tls.drift", "5", "3", "1"]
    assert [(case.get("classname"), case.get("name"), [(one.tag, one.get("message")) for one in case]) for case in root] == [
        ("QM2", "as described", []),
        (
            "QM1",
            "CERTIFICATE ibmwebspheremqqm1",
            [("failure", "CERTIFICATE ibmwebspheremqqm1: has to be issued (no certificate under this label)")],
        ),
        ("QM1", "TRUST CN=Fleet CA", [("failure", "TRUST CN=Fleet CA: is missing")]),
        ("QM1", "SECURITY SSL", [("failure", "SECURITY SSL: is to be refreshed, which is held back by refresh: never")]),
        ("QM3", "could be read", [("error", "QM3 is stopped.")]),
    ]
    assert "    subject: is not there, should be CN=QM1" not in root[1][0].text and "subject: is not there" in root[1][0].text


OLD = {"object": "CHANNEL", "name": "OLD.APP", "reason": "SVRCONN channel without TLS"}
OPEN = {"object": "CHLAUTH", "name": "*", "reason": "ADDRESSMAP ADDRESS(*) is let in by USERSRC(CHANNEL)"}
UNKNOWN = {"object": "TRUST", "name": "old-ca", "reason": "whoever has a certificate of CN=Old CA is let in"}


@pytest.mark.parametrize(
    ("undescribed", "failed", "failures"),
    [("show", False, "0"), ("fail", True, "3")],
)
def test_what_is_not_described_is_told_apart(tmp_path, undescribed, failed, failures):
    hosts = {"qm1": host({**NOTHING, "undescribed": [UNKNOWN]}, {**NOTHING, "undescribed": [OLD, OPEN]}), "qm2": host()}
    result = run(hosts, undescribed=undescribed, path=str(tmp_path / "drift.json"), junit=str(tmp_path / "drift.xml"))
    assert (result.get("failed", False), result["differs"], result["drift"]) == (failed, failed, [])
    assert result["undescribed"] == [{"queue_manager": "QM1", "host": "qm1", "items": [UNKNOWN, OLD, OPEN]}]
    assert json.loads((tmp_path / "drift.json").read_text())["undescribed"] == result["undescribed"]
    assert result["msg"] == "All 2 queue managers are as described; 3 things are there that nobody described (QM1)."
    assert result["text"] == "\n".join(
        [
            "All 2 queue managers are as described.",
            "",
            "What is there and nobody described. It is never changed, since somebody may need it.",
            "",
            "QM1 (host qm1)",
            "  TRUST old-ca: whoever has a certificate of CN=Old CA is let in",
            "  CHANNEL OLD.APP: SVRCONN channel without TLS",
            "  CHLAUTH *: ADDRESSMAP ADDRESS(*) is let in by USERSRC(CHANNEL)",
        ]
    )
    root = ElementTree.parse(tmp_path / "drift.xml").getroot()
    assert [root.get(name) for name in ("tests", "failures")] == ["5", failures]
    assert [case.get("name") for case in root if case.get("name") != "as described"] == [
        "TRUST old-ca is not described",
        "CHANNEL OLD.APP is not described",
        "CHLAUTH * is not described",
    ]


def test_what_is_not_described_need_not_be_said():
    result = run({"qm1": host(mqsc={**NOTHING, "undescribed": [OLD]})}, undescribed="ignore")
    assert (result["undescribed"], result["text"]) == ([], "The queue manager is as described.")


def test_both_in_one_sentence():
    result = run({"qm1": host({"changes": KEYS[1:2]}, {**NOTHING, "undescribed": [OLD]})}, fail=False)
    assert result["msg"] == (
        "1 of 1 queue managers differ from their description (QM1); 1 thing is there that nobody described (QM1); "
        "the report says in what and why."
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"changes": [{"object": "TRUST", "name": "old-ca", "action": "remove", "attributes": {}}]}, []),
        ({"changes": [], "missing_partners": ["QM2"]}, []),
        ({"changes": [], "missing_issuers": ["external"]}, []),
        ({"changes": [], "waiting": "It waits."}, []),
        ({"changes": [{"object": "TRUST", "name": "new-ca", "action": "add", "attributes": {}}]}, [UNKNOWN]),
    ],
)
def test_a_trusted_certificate_that_goes_or_may_be_needed_is_not_told(keys, expected):
    result = run({"qm1": host({**keys, "undescribed": [UNKNOWN]})}, fail=False)
    assert [item for one in result["undescribed"] for item in one["items"]] == expected


def test_a_certificate_that_gets_another_label_is_not_told():
    rename = {"object": "CERTIFICATE", "name": "new", "action": "rename", "attributes": {"label": {"before": "old", "after": "new"}}}
    old = {"object": "CERTIFICATE", "name": "old", "reason": "CN=QM1, with its private key"}
    assert run({"qm1": host({"changes": [rename], "undescribed": [old]})}, fail=False)["undescribed"] == []


@pytest.mark.parametrize("option", ["path", "junit"])
def test_a_file_that_cannot_be_written(tmp_path, option):
    path = tmp_path / "missing" / "drift"
    with pytest.raises(AnsibleActionFail) as refused:
        run({"qm1": host()}, **{option: str(path)})
    assert str(refused.value) == (
        f"The result was to be written to {path} on the controller and that failed (No such file or directory); "
        "name a file in a folder that is there."
    )


def test_it_need_not_fail():
    assert "failed" not in run({"qm1": host({"changes": KEYS})}, fail=False)


def test_only_unread_fails_too():
    result = run({"qm1": {}})
    assert result["failed"]
    assert result["text"].splitlines()[0] == "1 of 1 queue managers could not be read, so nothing is known of them."


def test_other_results_can_be_named():
    assert run({"qm1": {"mine": {"changes": KEYS[:1]}}}, results=["mine"])["drift"][0]["changes"] == KEYS[:1]


def test_the_name_is_that_of_the_topology():
    topology = {"queue_managers": {"h": {"queue_manager": "Pay.1"}}}
    assert run({"h": host({"changes": KEYS})}, topology)["drift"][0]["queue_manager"] == "Pay.1"


def test_a_certificate_that_is_waited_for_is_a_difference():
    result = run({"qm1": host(keys={**NOTHING, "waiting": "The certificate of queue manager QM1 waits."})}, fail=False)
    assert "CERTIFICATE: has to be issued (The certificate of queue manager QM1 waits.)" in result["text"]
