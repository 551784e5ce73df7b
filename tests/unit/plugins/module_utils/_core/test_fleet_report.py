# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report on a fleet: states of links, certificates by days left, what is wrong."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.fleet_report import TABLES, report

NOW = datetime(2027, 3, 1, 8, 0, 0, tzinfo=timezone.utc)
SUBJECTS = {"QM1": "CN=QM1,O=Bank", "QM2": "CN=QM2,O=Bank"}


def link(initiator="QM1", responder="QM2", authentication="two_way", **more):
    return {
        "channel": f"{initiator}.TO.{responder}",
        "from": initiator,
        "to": responder,
        "from_host": initiator.lower(),
        "to_host": responder.lower(),
        "authentication": authentication,
        "cipher_spec": "ANY_TLS12_OR_HIGHER",
        "initiator_subject": SUBJECTS.get(initiator) if authentication == "two_way" else None,
        "responder_subject": SUBJECTS.get(responder),
        **more,
    }


def planned(*names, **identity):
    identity = {"label": "", "renew_before_days": 30, **identity}
    return {name.lower(): {"queue_manager": name, "identity": {**identity, "label": f"ibmwebspheremq{name.lower()}"}} for name in names}


def plan(*links, queue_managers=("QM1", "QM2"), **more):
    return {"queue_managers": planned(*queue_managers), "links": list(links), "warnings": [], "not_planned": {}, **more}


def certificate(name, not_after="2028-01-01T00:00:00Z", **more):
    return {
        "label": f"ibmwebspheremq{name.lower()}",
        "has_key": True,
        "trusted": False,
        "subject": SUBJECTS.get(name, f"CN={name}"),
        "issuer": "CN=Fleet CA",
        "serial_number": "4A:11",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": not_after,
        "fingerprint": f"{name}:{not_after}",
        **more,
    }


def ca(not_after="2036-01-01T00:00:00Z"):
    return certificate("CA", not_after, label="fleet ca", subject="CN=Fleet CA", has_key=False, trusted=True)


def row(partner, status="RUNNING", **more):
    return {
        "STATUS": status,
        "RQMNAME": partner,
        "SECPROT": "TLSV13",
        "SSLCIPH": "TLS_AES_256_GCM_SHA384",
        "SSLPEER": SUBJECTS.get(partner, ""),
        **more,
    }


def channel(name, kind="SDR", **attributes):
    return {"object": "CHANNEL", "name": name, "attributes": {"CHLTYPE": kind, "SSLCIPH": "ANY_TLS12_OR_HIGHER", **attributes}}


def state(name, channels=None, objects=None, certificates=None, **more):
    channels = channels or {}
    return {
        "queue_manager": name,
        "read": True,
        "error": "",
        "version": "9.4.2.0",
        "repository": {"certificates": [certificate(name), ca()] if certificates is None else certificates},
        "attributes": {"CERTLABL": ""},
        "objects": [channel("QM1.TO.QM2", "SDR" if name == "QM1" else "RCVR")] if objects is None else objects,
        "channels": channels,
        "summary": {key: {"status": rows[0]["STATUS"]} for key, rows in channels.items()},
        **more,
    }


def unread(name, error="Host qm2 does not answer."):
    nothing = {"version": "", "repository": {}, "attributes": {}, "objects": [], "channels": {}, "summary": {}}
    return {"queue_manager": name, "read": False, "error": error, **nothing}


def both(first=None, second=None):
    return {
        "qm1": first or state("QM1", {"QM1.TO.QM2": [row("QM2")]}),
        "qm2": second or state("QM2", {"QM1.TO.QM2": [row("QM1")]}),
    }


FAILED_VERDICT = {"from": "QM1", "to": "QM2", "channel": "QM1.TO.QM2", "ok": False, "explanation": "The certificate has ended."}
OK_VERDICT = {**FAILED_VERDICT, "ok": True, "explanation": ""}


@pytest.mark.parametrize(
    ("states", "verdicts", "expected"),
    [
        (both(), [], ("ok", "")),
        # an earlier verdict does not make a running link fail
        (both(), [FAILED_VERDICT], ("ok", "")),
        (both(first=state("QM1")), [], ("not running", "inactive at QM1")),
        (both(first=state("QM1")), [OK_VERDICT], ("not running", "inactive at QM1; it ran as intended when it was verified")),
        (both(first=state("QM1")), [FAILED_VERDICT], ("failed", "The certificate has ended.")),
        (both(first=state("QM1", {"QM1.TO.QM2": [row("QM2", "BINDING")]})), [], ("not running", "BINDING at QM1")),
        (
            both(first=state("QM1", {"QM1.TO.QM2": [row("QM2", "RETRYING")]})),
            [],
            ("failed", "RETRYING at QM1; mqfleet.tls.verify says why from both error logs"),
        ),
        (
            both(first=state("QM1", {"QM1.TO.QM2": [row("QM2", "STOPPED")]})),
            [OK_VERDICT],
            ("failed", "STOPPED at QM1; mqfleet.tls.verify says why from both error logs"),
        ),
        (
            both(first=state("QM1", {"QM1.TO.QM2": [row("QM2", SECPROT="NONE", SSLCIPH="")]})),
            [],
            (
                "failed",
                "The link QM1 to QM2 (channel QM1.TO.QM2) runs without TLS (SECPROT is NONE); set SSLCIPH on both ends "
                "(run mqfleet.tls.site) and start the channel again.",
            ),
        ),
        (
            both(first=state("QM1", objects=[])),
            [],
            ("failed", "QM1 has no definition of the channel QM1.TO.QM2; run mqfleet.tls.site"),
        ),
        (
            both(state("QM1"), state("QM2", objects=[channel("QM1.TO.QM2", "RCVR", SSLCIPH="")])),
            [],
            ("failed", "QM2 has no SSLCIPH on the channel QM1.TO.QM2, so it would run without TLS; run mqfleet.tls.site"),
        ),
        (both(second=unread("QM2")), [], ("unknown", "it runs, but QM2, which shows the other half, was not read")),
        (both(unread("QM1"), unread("QM2")), [], ("unknown", "neither QM1 nor QM2 was read")),
        (both(unread("QM1"), unread("QM2")), [FAILED_VERDICT], ("failed", "The certificate has ended.")),
        (both(unread("QM1"), unread("QM2")), [OK_VERDICT], ("unknown", "neither QM1 nor QM2 was read")),
        (
            both(unread("QM1"), state("QM2")),
            [],
            ("not running", "QM2 shows no running connection from QM1, which was not read"),
        ),
    ],
    ids=[
        *(
            "runs",
            "runs, failed before",
            "inactive",
            "inactive, proven before",
            "inactive, failed before",
            "binding",
            "retrying",
            "stopped",
        ),
        *("no TLS", "no channel", "no SSLCIPH", "responder unread", "both unread", "both unread, failed", "both unread, proven"),
        "initiator unread",
    ],
)
def test_state_of_a_link(states, verdicts, expected):
    (one,) = report(plan(link()), states, NOW, verdicts=verdicts)["links"]
    assert (one["state"], one["why"]) == expected


def test_a_partner_outside_is_judged_by_the_end_that_was_read():
    outside = link("PARTNER", "QM2", from_host=None)
    objects = [channel("PARTNER.TO.QM2", "RCVR")]
    running = report(plan(outside), {"qm2": state("QM2", {"PARTNER.TO.QM2": [row("PARTNER", SSLPEER="CN=P")]}, objects)}, NOW)
    assert running["links"][0]["state"] == "ok"
    assert [(one["queue_manager"], one["state"], one["why"]) for one in running["queue_managers"]] == [
        ("QM2", "ok", ""),
        ("PARTNER", "outside", "outside the inventory"),
    ]
    still = report(plan(outside), {"qm2": state("QM2", objects=objects)}, NOW)
    assert still["links"][0]["state"] == "not running"


def test_a_host_left_out_by_limit_is_named():
    made = report(plan(link(), not_planned={"qm2": "QM2"}), {"qm1": both()["qm1"]}, NOW)
    assert [(one["queue_manager"], one["host"], one["why"]) for one in made["queue_managers"]][1] == (
        "QM2",
        "qm2",
        "not read: not part of this run",
    )


@pytest.mark.parametrize(
    ("not_after", "not_before", "expected"),
    [
        ("2027-03-01T07:59:59Z", "2026-01-01T00:00:00Z", ("expired", -1, "error")),
        ("2027-03-01T08:00:00Z", "2026-01-01T00:00:00Z", ("expired", 0, "error")),
        ("2027-03-01T08:00:01Z", "2026-01-01T00:00:00Z", ("renew", 0, "warning")),
        ("2027-03-31T07:59:59Z", "2026-01-01T00:00:00Z", ("renew", 29, "warning")),
        ("2027-03-31T08:00:00Z", "2026-01-01T00:00:00Z", ("ok", 30, None)),
        ("2028-03-31T08:00:00Z", "2027-03-01T08:00:01Z", ("not yet valid", 396, "error")),
        ("", "2026-01-01T00:00:00Z", ("unknown", None, "warning")),
    ],
)
def test_days_left_of_a_certificate(not_after, not_before, expected):
    certificates = [certificate("QM1", not_after, not_before=not_before)]
    made = report(plan(queue_managers=["QM1"]), {"qm1": state("QM1", certificates=certificates)}, NOW)
    (one,) = made["certificates"]
    severity = made["findings"][0]["severity"] if made["findings"] else None
    assert (one["state"], one["days_left"], severity) == expected


def test_certificates_that_end_first_come_first_and_a_common_one_comes_once():
    former = certificate("QM1", "2027-02-01T00:00:00Z", label="ibmwebspheremqqm1-former")
    partner = certificate("QM2", "2028-01-02T08:00:00Z", label="qm2", has_key=False, trusted=True)
    own = certificate("QM2", "2027-03-11T08:00:00Z", label="qm2 too", has_key=False, trusted=True)  # as QM2 itself has it
    states = both(
        state("QM1", certificates=[certificate("QM1"), former, ca(), partner, own]),
        state("QM2", certificates=[certificate("QM2", "2027-03-11T08:00:00Z"), ca()]),
    )
    made = report(plan(), {**states, "qm3": unread("QM3")}, NOW)
    assert [(one["queue_manager"], one["use"], one["days_left"], one["held_by"]) for one in made["certificates"]] == [
        ("QM1", "kept", -29, 1),
        ("QM2", "identity", 10, 1),
        ("QM1", "identity", 305, 1),
        ("QM1", "trusted", 307, 1),  # of QM2, which presents another one by now
        ("QM1", "trusted", 3227, 2),
    ]
    # a certificate that is only kept is no trouble
    assert [one["object"] for one in made["findings"] if one["source"] == "certificate"] == ["ibmwebspheremqqm2"]


def test_an_ended_certificate_of_the_authority_in_use_is_an_error_and_of_another_a_warning():
    other = certificate("OLD", "2027-01-01T00:00:00Z", label="old", has_key=False, trusted=True)
    states = {"qm1": state("QM1", certificates=[certificate("QM1"), ca("2027-02-01T00:00:00Z"), other])}
    found = report(plan(queue_managers=["QM1"]), states, NOW)["findings"]
    assert [(one["severity"], one["text"]) for one in found] == [
        ("error", "CN=Fleet CA ended on 2027-02-01 00:00 UTC"),
        ("warning", "CN=OLD ended on 2027-01-01 00:00 UTC"),
    ]


def test_a_missing_certificate_is_an_error():
    found = report(plan(queue_managers=["QM1"]), {"qm1": state("QM1", certificates=[ca()])}, NOW)["findings"]
    assert found == [
        {
            "severity": "error",
            "source": "certificate",
            "queue_manager": "QM1",
            "object": "ibmwebspheremqqm1",
            "text": "there is no certificate with its private key under this label in the key repository; run mqfleet.tls.site",
        }
    ]


def test_what_is_wrong_stands_in_one_list_the_worst_first():
    drift = [
        {
            "queue_manager": "QM1",
            "changes": [
                {"object": "TRUST", "name": "CN=a: b", "action": "add", "attributes": {}},
                {"object": "CHANNEL", "name": "X", "action": "alter", "attributes": {"SSLCAUTH": {"before": "", "after": "REQUIRED"}}},
                {"object": "SECURITY", "name": "SSL", "action": "refresh", "attributes": {}, "reason": "CERTLABL changed"},
            ],
            "interrupts": {"svrconn": 12},
            "refresh_outstanding": True,
        }
    ]
    given = [
        {"severity": "note", "queue_manager": "QM1", "object": "QMGR", "text": "b"},
        {"severity": "dire", "text": "a", "source": "audit"},
    ]
    states = both(first=state("QM1", {"QM1.TO.QM2": [row("QM2", "STOPPED")]}), second=unread("QM2"))
    made = report(plan(link(), warnings=["Both ends differ."]), states, NOW, drift=drift, findings=given)
    assert [(one["severity"], one["source"], one["queue_manager"], one["object"], one["text"]) for one in made["findings"]] == [
        ("error", "link", "QM1", "QM1.TO.QM2", "STOPPED at QM1; mqfleet.tls.verify says why from both error logs"),
        ("error", "reading", "QM2", "host qm2", "Host qm2 does not answer."),
        ("warning", "audit", "", "", "a"),
        ("warning", "drift", "QM1", "CHANNEL X", "differs: SSLCAUTH: is blank, should be REQUIRED"),
        (
            "warning",
            "drift",
            "QM1",
            "SECURITY SSL",
            "is to be refreshed (CERTLABL changed): interrupts 12 client connections (SVRCONN)",
        ),
        (
            "warning",
            "drift",
            "QM1",
            "SECURITY SSL",
            "a REFRESH SECURITY is held back, so the queue manager still works with older TLS settings",
        ),
        ("warning", "drift", "QM1", "TRUST CN=a: b", "is missing"),
        ("note", "topology", "", "", "Both ends differ."),
        ("note", "examination", "QM1", "QMGR", "b"),
    ]
    assert made["unread"] == [{"queue_manager": "QM2", "host": "qm2", "error": "Host qm2 does not answer."}]
    assert made["summary"] == {
        "state": "error",
        "text": "2 queue managers: 1 queue manager was not read, 1 link failed, 2 errors in all, 5 warnings.",
        "counts": {
            "queue_managers": {"failed": 1, "unknown": 1},
            "links": {"failed": 1},
            "certificates": {"ok": 2},
            "findings": {"error": 2, "warning": 5, "note": 2},
        },
    }


OPEN = {"TYPE": "ADDRESSMAP", "ADDRESS": "10.*", "USERSRC": "CHANNEL"}
DESCRIBED = [
    {"object": "QMGR", "attributes": {"CHLAUTH": "ENABLED"}},
    {"object": "CHANNEL", "name": "QM1.TO.QM2", "attributes": {"CHLTYPE": "SDR"}},
    {"object": "CHLAUTH", "name": "OLD", "attributes": {"TYPE": "ADDRESSMAP", "ADDRESS": "192.0.2.1"}, "state": "absent"},
]
OLD_CA = {"object": "TRUST", "name": "fleet ca", "reason": "whoever has a certificate of CN=Fleet CA is let in"}


def rule(name, **attributes):
    return {"object": "CHLAUTH", "name": name, "attributes": {**OPEN, **attributes}}


@pytest.mark.parametrize(
    ("found", "before", "expected"),
    [
        ({}, [], []),
        ({"objects": [channel("QM1.TO.QM2", SSLCIPH="")]}, [], []),
        ({"objects": [channel("OLD.APP", "SVRCONN", SSLCIPH="")]}, [], [("CHANNEL OLD.APP", "SVRCONN channel without TLS")]),
        ({"objects": [channel("APP", "SVRCONN"), channel("TABLE", "CLNTCONN", SSLCIPH="")]}, [], []),
        (
            {"objects": [rule("A"), rule("B", USERSRC="NOACCESS"), rule("OLD", ADDRESS="192.0.2.1")]},
            [],
            [("CHLAUTH A", "ADDRESSMAP ADDRESS(10.*) is let in by USERSRC(CHANNEL)")],
        ),
        (
            {"certificates": [certificate("QM1"), certificate("X", label="app"), certificate("Y", label="ibmwebspheremqqm1-former")]},
            [],
            [("CERTIFICATE app", "CN=X, with its private key")],
        ),
        # what drift found: trusted certificates that are still there; of the rest the reading of now is the newer one
        ({}, [OLD_CA, {**OLD_CA, "name": "gone"}], [("TRUST fleet ca", OLD_CA["reason"])]),
        ({}, [{"object": "CHANNEL", "name": "OLD.APP", "reason": "SVRCONN channel without TLS"}], []),
    ],
)
def test_what_is_there_and_not_described_is_noted(found, before, expected):
    topology = plan(link())
    topology["queue_managers"]["qm1"]["objects"] = DESCRIBED
    topology["queue_managers"]["qm2"]["objects"] = [{"object": "CHANNEL", "name": "QM1.TO.QM2", "attributes": {"CHLTYPE": "RCVR"}}]
    states = both(first=state("QM1", **found))
    given = [{"queue_manager": "QM1", "host": "qm1", "items": before}]
    made = report(topology, states, NOW, undescribed_before=given)
    noted = [one for one in made["findings"] if one["source"] == "undescribed"]
    assert [(one["object"], one["text"]) for one in noted] == expected
    assert all((one["severity"], one["queue_manager"]) == ("note", "QM1") for one in noted)
    silent = report(topology, states, NOW, undescribed_before=None)
    assert silent["findings"] == [one for one in made["findings"] if one not in noted]
    assert silent["queue_managers"] == made["queue_managers"]


def test_of_a_queue_manager_that_was_not_read_drift_says_what_is_not_described_and_without_a_plan_nothing_is_said():
    given = [{"queue_manager": "QM1", "host": "qm1", "items": [OLD_CA]}]
    made = report(plan(link()), both(first=unread("QM1")), NOW, undescribed_before=given)
    assert [one["object"] for one in made["findings"] if one["source"] == "undescribed"] == ["TRUST fleet ca"]
    bare = both(first=state("QM1", objects=[channel("OLD.APP", "SVRCONN", SSLCIPH="")]))
    assert report({}, bare, NOW)["findings"] == []


def test_queue_managers_with_trouble_come_first_and_numbers_count_as_numbers():
    names = ["QM10", "QM2", "QM1", "QM7", "QM3"]
    states = {name.lower(): state(name, objects=[]) for name in names}
    states["qm10"] = state("QM10", certificates=[certificate("QM10", "2027-01-01T00:00:00Z")])
    states["qm3"] = unread("QM3")
    states["qm7"] = state("QM7", certificates=[certificate("QM7", "2027-03-05T08:00:00Z")])
    made = report(plan(queue_managers=names), states, NOW)
    assert [(one["queue_manager"], one["state"], one["days_left"]) for one in made["queue_managers"]] == [
        ("QM10", "failed", -60),
        ("QM3", "unknown", None),
        ("QM7", "attention", 4),
        ("QM1", "ok", 305),
        ("QM2", "ok", 305),
    ]


def test_channels_are_those_that_are_defined_or_have_a_status():
    seen = {"AUTO": [row("QM9"), row("QM9")]}
    objects = [channel("CLIENTS", "SVRCONN", SSLCAUTH="REQUIRED", SSLPEER="O=Bank")]
    made = report({}, {"qm1": state("QM1", seen, objects)}, NOW)
    assert [(one["channel"], one["type"], one["status"], one["instances"], one["peer_name"]) for one in made["channels"]] == [
        ("AUTO", "", "RUNNING", 2, ""),
        ("CLIENTS", "SVRCONN", "INACTIVE", 0, "O=Bank"),
    ]


def test_a_fleet_without_trouble_says_so():
    made = report(plan(link()), both(), NOW)
    assert made["summary"]["text"] == "2 queue managers: nothing is wrong."
    assert (made["summary"]["state"], made["findings"], made["unread"]) == ("ok", [], [])


def test_items_have_the_keys_of_their_table_and_json_carries_them():
    made = report(plan(link(), warnings=["w"]), both(), NOW)
    assert json.loads(json.dumps(made)) == made
    for table, keys in TABLES.items():
        assert made[table]
        assert all(tuple(item) == keys for item in made[table])
