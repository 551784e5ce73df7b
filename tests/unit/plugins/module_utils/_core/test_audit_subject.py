# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A queue manager as policies see it."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.audit_subject import FIELDS, covers, subject, version_number

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
CLOSED = {"TYPE": "ADDRESSMAP", "ADDRESS": "*", "USERSRC": "NOACCESS", "WARN": "NO"}


def certificate(label="ibmwebspheremqqm1", **facts):
    return {
        "label": label,
        "has_key": True,
        "trusted": True,
        "subject": "CN=QM1",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2027-01-01T02:00:00Z",
        "key_type": "RSA",
        "key_size": 3072,
        "self_signed": False,
        "signature_hash": "SHA256",
        **facts,
    }


def state(objects=(), attributes=None, certificates=(), summary=None, **more):
    return {
        "queue_manager": "QM1",
        "read": True,
        "error": "",
        "version": "9.4.2.0",
        "repository": {
            "exists": True,
            "repository": {"type": "cms"},
            "certificates": list(certificates),
            "files": [{"path": "/k", "mode": "0600"}],
        },
        "attributes": attributes or {"CHLAUTH": "ENABLED"},
        "objects": list(objects),
        "channels": {},
        "summary": summary or {},
        **more,
    }


def channel(name="A.TO.B", **attributes):
    return {"object": "CHANNEL", "name": name, "attributes": {"CHLTYPE": "RCVR", "SSLCIPH": "", **attributes}}


def rule(name, **attributes):
    return {"object": "CHLAUTH", "name": name, "attributes": attributes}


def test_what_stands_where():
    seen = subject(
        "h",
        state(
            [
                {"object": "QMGR", "attributes": {"SSLRKEYC": 0, "CHLAUTH": "ENABLED"}},
                channel(SSLCIPH="ANY_TLS12_OR_HIGHER"),
                rule("*", TYPE="BLOCKUSER", USERLIST=["*MQADMIN"]),
                {"object": "LISTENER", "name": "L", "attributes": {"PORT": 1414}, "started": True},
                {"object": "QLOCAL", "name": "SYSTEM.Q", "attributes": {}},
                {"object": "QREMOTE", "name": "R", "attributes": {}},
            ],
            {"SSLRKEYC": "0", "QMNAME": "QM1"},
            [certificate(), certificate("old"), certificate("CA", has_key=False), certificate("off", has_key=False, trusted=False)],
            {"A.TO.B": {"status": "RUNNING", "protocol": "TLSV13", "cipher_spec": "TLS_AES_256_GCM_SHA384"}},
        ),
        NOW,
    )
    assert (seen["queue_manager"], seen["host"], seen["version"], seen["version_number"]) == ("QM1", "h", "9.4.2.0", 9040200)
    assert seen["attributes"] == {"SSLRKEYC": 0, "QMNAME": "QM1", "CHLAUTH": "ENABLED"}
    assert seen["repository"] == {"type": "cms", "exists": True, "files": [{"object": "FILE /k", "path": "/k", "mode": "0600"}]}
    assert [(one["object"], one["in_use"], one["days"], one["days_left"]) for one in seen["certificates"]] == [
        ("CERTIFICATE ibmwebspheremqqm1", True, 365, 214),
        ("CERTIFICATE old", False, 365, 214),
    ]
    assert [one["object"] for one in seen["trust"]] == ["TRUST CA"]
    assert seen["channels"] == [
        {
            "object": "CHANNEL A.TO.B",
            "name": "A.TO.B",
            "system": False,
            "CHLTYPE": "RCVR",
            "SSLCIPH": "ANY_TLS12_OR_HIGHER",
            "tls": True,
            "protocols": ["TLS 1.2", "TLS 1.3"],
            "deprecated": False,
            "blocked": False,
            "status": "RUNNING",
            "protocol": "TLSV13",
            "cipher_spec_in_use": "TLS_AES_256_GCM_SHA384",
        }
    ]
    assert [one["object"] for one in seen["chlauth"]] == ["CHLAUTH * BLOCKUSER"]
    assert seen["listeners"] == [{"object": "LISTENER L", "name": "L", "system": False, "started": True, "PORT": 1414}]
    assert [(one["object"], one["system"]) for one in seen["queues"]] == [("QLOCAL SYSTEM.Q", True), ("QREMOTE R", False)]


def test_an_expression_may_name_everything_that_is_there():
    seen = subject(
        "h", state([channel(), rule("*", TYPE="BLOCKUSER")], certificates=[certificate(), certificate("CA", has_key=False)]), NOW
    )

    def names(value):
        if isinstance(value, dict):
            return {name for key, inner in value.items() for name in (key, *names(inner))}
        return {name for inner in value for name in names(inner)} if isinstance(value, list) else set()

    assert {name for name in names(seen) if not name.isupper()} <= FIELDS


def test_dates_that_cannot_be_read_are_null():
    seen = subject("h", state(certificates=[certificate(not_after="some day")]), NOW)
    assert (seen["certificates"][0]["days"], seen["certificates"][0]["days_left"]) == (None, None)


def test_a_day_begun_is_still_left_and_the_end_itself_is_past():
    ends = [subject("h", state(certificates=[certificate(not_after=at)]), NOW)["certificates"][0]["days_left"] for at in
            ("2026-06-01T00:00:01Z", "2026-05-31T23:59:59Z", "2026-06-02T00:00:00Z")]  # fmt: skip
    assert ends == [0, -1, 1]


@pytest.mark.parametrize(
    ("version", "number"), [("9.4.2.0", 9040200), ("9.3", 9030000), ("10.0.0.12", 10000012), ("9.2.0.5", 9020005), ("", 0)]
)
def test_versions_are_numbers(version, number):
    assert version_number(version) == number


@pytest.mark.parametrize(
    ("profile", "name", "expected"),
    [
        ("*", "A", True),
        ("SYSTEM.*", "SYSTEM.DEF.SVRCONN", True),
        ("SYSTEM.*", "MY.SYSTEM.X", False),
        ("A.B", "AXB", False),
        ("*.TO.*", "A.TO.B", True),
    ],
)
def test_profiles(profile, name, expected):
    assert covers(profile, name) is expected


@pytest.mark.parametrize(
    ("rules", "cipher_spec", "expected"),
    [
        ([rule("SYSTEM.*", **CLOSED)], "", True),
        ([rule("OTHER.*", **CLOSED)], "", False),
        ([rule("SYSTEM.*", **{**CLOSED, "WARN": "YES"})], "", False),
        ([rule("SYSTEM.*", **{**CLOSED, "ADDRESS": "10.0.0.1"})], "", False),
        ([rule("SYSTEM.*", **CLOSED), rule("SYSTEM.DEF.SVRCONN", TYPE="ADDRESSMAP", ADDRESS="10.*", USERSRC="CHANNEL")], "", False),
        ([rule("SYSTEM.*", **CLOSED), rule("SYSTEM.DEF.SVRCONN", TYPE="SSLPEERMAP", SSLPEER="CN=X", USERSRC="CHANNEL")], "", True),
        ([rule("SYSTEM.*", **CLOSED), rule("*", TYPE="SSLPEERMAP", SSLPEER="CN=X", USERSRC="MAP")], "ANY_TLS12", False),
        ([rule("SYSTEM.*", **CLOSED), rule("*", TYPE="BLOCKUSER", USERLIST=["*MQADMIN"])], "", True),
        ([], "", False),
    ],
)
def test_a_channel_from_which_everybody_is_turned_away(rules, cipher_spec, expected):
    objects = [channel("SYSTEM.DEF.SVRCONN", CHLTYPE="SVRCONN", SSLCIPH=cipher_spec), *rules]
    assert subject("h", state(objects), NOW)["channels"][0]["blocked"] is expected
    assert subject("h", state(objects, {"CHLAUTH": "DISABLED"}), NOW)["channels"][0]["blocked"] is False
