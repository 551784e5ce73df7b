# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies and waivers: what is refused, and what is found."""

from __future__ import annotations

import datetime
import json
from datetime import timezone

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core import audit
from ansible_collections.mqfleet.tls.plugins.module_utils._core.audit_policies import DEFAULT_POLICIES
from ansible_collections.mqfleet.tls.plugins.module_utils._core.audit_subject import FIELDS
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError
from ansible_collections.mqfleet.tls.plugins.plugin_utils.jmespath_expression import compile_expression

NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
NAMES = [one["name"] for one in DEFAULT_POLICIES]
CA = {"label": "CA", "has_key": False, "self_signed": True, "subject": "CN=CA"}
OWN = {"name": "mine", "severity": "note", "find": "channels[?name == 'X']", "text": "no"}
WAIVER = {"policy": "channel-without-tls", "until": "2026-06-01", "reason": "moves in June"}
RULE = {"TYPE": "ADDRESSMAP", "ADDRESS": "*", "USERSRC": "CHANNEL"}


def compiled(expression):
    return compile_expression(expression, FIELDS)


def policies(own=(), disabled=()):
    return audit.parse_policies(list(own), list(disabled), compiled)


def channel(name="QM1.TO.QM2", **attributes):
    given = {"CHLTYPE": "RCVR", "SSLCIPH": "ANY_TLS13", "SSLPEER": "CN=QM2", "SSLCAUTH": "REQUIRED", **attributes}
    return {"object": "CHANNEL", "name": name, "attributes": given}


def certificate(**facts):
    return {
        "label": "ibmwebspheremqqm1",
        "has_key": True,
        "trusted": True,
        "subject": "CN=QM1",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2027-02-03T02:00:00Z",  # 398 days and the two hours that a local CA adds
        "key_type": "RSA",
        "key_size": 2048,
        "self_signed": False,
        "signature_hash": "SHA256",
        **facts,
    }


def state(*objects, certificates=None, attributes=None, files=(), name="QM1"):
    return {
        "queue_manager": name,
        "read": True,
        "error": "",
        "version": "9.4.2.0",
        "repository": {
            "exists": True,
            "repository": {},
            "certificates": [certificate(), certificate(**CA)] if certificates is None else certificates,
            "files": [{"path": "/k", "mode": "0640"}, *files],
        },
        "attributes": attributes or {"CHLAUTH": "ENABLED"},
        "objects": [channel(), *objects],
        "channels": {},
        "summary": {},
    }


def unread(name="QM9"):
    return {**state(name=name), "read": False, "error": f"{name} is stopped; start it with strmqm."}


def found(one, **more):
    return audit.audit({"h": one}, policies(), (), NOW, **more)["findings"]


def rule(name="*", **attributes):
    return {"object": "CHLAUTH", "name": name, "attributes": {**RULE, **attributes}}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (state(), []),
        (
            state(channel("TO.X", CHLTYPE="SDR", SSLCIPH="")),
            [("error", "channel-without-tls", "CHANNEL TO.X", "this SDR channel has no SSLCIPH and carries its messages in the clear")],
        ),
        (state(channel("C", CHLTYPE="CLNTCONN", SSLCIPH="")), []),
        (state(channel("SYSTEM.DEF.SENDER", CHLTYPE="SDR", SSLCIPH="")), []),
        (
            state(channel("SYSTEM.DEF.SVRCONN", CHLTYPE="SVRCONN", SSLCIPH="")),
            [
                (
                    "error",
                    "system-channel-open",
                    "CHANNEL SYSTEM.DEF.SVRCONN",
                    "no CHLAUTH rule keeps partners from this SVRCONN channel, which has no TLS",
                )
            ],
        ),
        (state(channel("SYSTEM.DEF.SVRCONN", CHLTYPE="SVRCONN", SSLCIPH=""), rule("SYSTEM.*", USERSRC="NOACCESS")), []),
        (
            state(channel("A", SSLCIPH="TLS_RSA_WITH_AES_128_CBC_SHA")),
            [
                (
                    "error",
                    "cipher-spec-before-tls12",
                    "CHANNEL A",
                    "SSLCIPH is TLS_RSA_WITH_AES_128_CBC_SHA, which is deprecated or allows protocols before TLS 1.2",
                ),
                ("note", "only-tls13", "CHANNEL A", "SSLCIPH is TLS_RSA_WITH_AES_128_CBC_SHA, which allows TLS 1.0"),
            ],
        ),
        (
            state(channel("A", SSLCIPH="ANY_TLS12_OR_HIGHER")),
            [("note", "only-tls13", "CHANNEL A", "SSLCIPH is ANY_TLS12_OR_HIGHER, which allows TLS 1.2, TLS 1.3")],
        ),
        (
            state(channel("A", SSLPEER="", CHLTYPE="CLUSRCVR")),
            [("warning", "receiver-without-sslpeer", "CHANNEL A", "without SSLPEER every certificate of a trusted CA is let in")],
        ),
        (state(channel("A", SSLPEER="", CHLTYPE="SDR", SSLCAUTH=None)), []),
        (
            state(channel("A", SSLPEER="", SSLCAUTH="OPTIONAL")),
            [
                (
                    "note",
                    "receiver-without-certificate",
                    "CHANNEL A",
                    "SSLCAUTH is OPTIONAL, so that a partner without a certificate is let in",
                )
            ],
        ),
        (
            state(certificates=[certificate(not_after="2026-06-01T11:59:59Z")]),
            [("error", "certificate-expired", "CERTIFICATE ibmwebspheremqqm1", "CN=QM1 ended on 2026-06-01T11:59:59Z")],
        ),
        (state(certificates=[certificate(label="old", not_after="2026-06-01T11:59:59Z")]), []),
        (
            state(certificates=[certificate(**{**CA, "not_after": "2026-05-01T00:00:00Z"})]),
            [("error", "certificate-expired", "TRUST CA", "CN=CA ended on 2026-05-01T00:00:00Z")],
        ),
        (
            state(certificates=[certificate(not_after="2027-02-04T00:00:00Z"), certificate(**{**CA, "not_after": "2036-01-01T00:00:00Z"})]),
            [("warning", "certificate-over-398-days", "CERTIFICATE ibmwebspheremqqm1", "CN=QM1 is valid for 399 days")],
        ),
        (
            state(certificates=[certificate(key_size=1024), certificate(**CA, key_type="EC", key_size=224)]),
            [
                ("error", "key-too-small", "CERTIFICATE ibmwebspheremqqm1", "CN=QM1 has a key of 1024 bits (RSA)"),
                ("error", "key-too-small", "TRUST CA", "CN=CA has a key of 224 bits (EC)"),
            ],
        ),
        (state(certificates=[certificate(key_type="EC", key_size=256)]), []),
        (
            state(
                certificates=[
                    certificate(signature_hash="SHA1"),
                    certificate(**CA, signature_hash="SHA1"),
                    certificate(**{**CA, "label": "SUB", "self_signed": False}, signature_hash="MD5"),
                ]
            ),
            [
                ("error", "signed-with-sha1", "CERTIFICATE ibmwebspheremqqm1", "CN=QM1 is signed with SHA1"),
                ("error", "signed-with-sha1", "TRUST SUB", "CN=CA is signed with MD5"),
            ],
        ),
        (
            state(attributes={"CHLAUTH": "DISABLED"}),
            [("warning", "chlauth-disabled", "QMGR", "CHLAUTH is DISABLED, so that no rule of channel authentication is looked at")],
        ),
        (
            state(rule("APP.*")),
            [
                (
                    "warning",
                    "chlauth-lets-everybody-in",
                    "CHLAUTH APP.* ADDRESSMAP",
                    "it lets everybody in, from any address (USERSRC(CHANNEL))",
                )
            ],
        ),
        (state(rule("SYSTEM.ADMIN.SVRCONN"), rule("APP.*", ADDRESS="10.1.*"), rule("X", USERSRC="NOACCESS")), []),
        (
            state(files=[{"path": "/key.sth", "mode": "0644"}]),
            [("error", "key-repository-readable", "FILE /key.sth", "its mode is 0644, so that everybody on the host has access")],
        ),
    ],
)
def test_default_policies(one, expected):
    assert [(it["severity"], it["policy"], it["object"], it["text"]) for it in found(one)] == expected


def test_every_default_policy_is_offended_in_some_case_above():
    cases = next(mark for mark in test_default_policies.pytestmark if mark.name == "parametrize").args[1]
    assert {policy for _state, expected in cases for _severity, policy, _object, _text in expected} == set(NAMES)


def test_a_queue_manager_that_was_not_read_is_a_finding():
    result = audit.audit({"h9": unread(), "h1": state()}, policies(), (), NOW)
    assert result["findings"] == [
        {
            "policy": "not-read",
            "severity": "error",
            "queue_manager": "QM9",
            "host": "h9",
            "object": "host h9",
            "text": "QM9 is stopped; start it with strmqm.",
            "remedy": "see to it that it can be read, and audit it again",
        }
    ]
    assert result["passed"] == [{"policy": name, "queue_manager": "QM1"} for name in NAMES]
    assert result["counts"] == {"error": 1, "warning": 0, "note": 0, "waived": 0}
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize(
    ("find", "expected"),
    [
        ("channels[].name", [("QM1.TO.QM2", "blank {x")]),
        ("version_number < `9050000`", [("QMGR", "blank {x")]),
        ("channels[].{object: join(' ', ['PEER', SSLPEER]), value: SSLPEER}", [("PEER CN=QM2", "CN=QM2 {x")]),
        ("channels[0]", [("CHANNEL QM1.TO.QM2", "blank {x")]),
        ("channels[].{value: SSLPEER}", [("QMGR", "CN=QM2 {x")]),
        ("null", []),
        ("`false`", []),
        ("`[]`", []),
    ],
)
def test_what_an_expression_may_return(find, expected):
    find = "attributes.NOTHING" if find == "null" else find
    one = policies([{**OWN, "find": find, "text": "{value} {x"}], NAMES)
    assert [(it["object"], it["text"]) for it in audit.audit({"h": state()}, one, (), NOW)["findings"]] == expected


@pytest.mark.parametrize(
    ("find", "reason"),
    [
        ("length(channels)", "its expression returned 2, which is no object, no text and not true"),
        (
            "channels[?starts_with(NOTHING, 'X')]",
            "In function starts_with(), invalid type for value: None, expected one of: ['string'], received: \"null\"",
        ),
    ],
)
def test_a_policy_that_cannot_be_judged_is_a_finding_and_the_others_are_judged(find, reason):
    one = policies([{**OWN, "find": find}])
    assert [
        it for it in audit.audit({"h": state(channel("T", SSLCIPH=""))}, one, (), NOW)["findings"] if it["policy"] != "channel-without-tls"
    ] == [
        {
            "policy": "not-judged",
            "severity": "error",
            "queue_manager": "QM1",
            "host": "h",
            "object": "POLICY mine",
            "text": f"policy mine could not be held against it: {reason}",
            "remedy": "correct the expression of the policy",
        }
    ]


def test_an_own_policy_stands_in_the_place_of_a_default_one():
    one = policies(
        [{**OWN, "name": "only-tls13", "severity": "error", "find": "channels", "text": "{name}"}],
        [name for name in NAMES if name != "only-tls13"],
    )
    assert [(it["severity"], it["text"]) for it in audit.audit({"h": state()}, one, (), NOW)["findings"]] == [("error", "QM1.TO.QM2")]


MISTAKES = [
    ({}, "mq_tls_audit_policies[0] has no name; a policy has to have name, severity, find, text."),
    ("x", "mq_tls_audit_policies[0] is 'x'; it has to describe a policy with the keys name, severity, find, text, description, remedy."),
    ({**OWN, "text": ""}, "mq_tls_audit_policies[0] (mine) has no text; a policy has to have name, severity, find, text."),
    (
        {**OWN, "serverity": "error"},
        "mq_tls_audit_policies[0] (mine) has the unknown key serverity; the keys of a policy are name, severity, find, text, description, remedy.",
    ),
    ({**OWN, "severity": "fatal"}, "mq_tls_audit_policies[0] (mine): severity is 'fatal'; it has to be one of error, warning, note."),
    (
        {**OWN, "name": "not-read"},
        "mq_tls_audit_policies[0] (not-read): the name has to be of small letters, digits, '-' and '.', and not one of "
        "not-read, not-judged, waiver-ended, waiver-unused.",
    ),
    (
        {**OWN, "find": "channels[?x"},
        "mq_tls_audit_policies[0] (mine): find is no expression that can be used: column 12: the end is not expected there in 'channels[?x'.",
    ),
    (
        {**OWN, "find": "chanels"},
        "mq_tls_audit_policies[0] (mine): find is no expression that can be used: chanels is a name that no queue manager has (did you mean channels?).",
    ),
]


@pytest.mark.parametrize(("described", "sentence"), MISTAKES)
def test_a_policy_that_cannot_be_used_is_refused(described, sentence):
    with pytest.raises(InputError) as refused:
        policies([described])
    assert str(refused.value) == sentence


def test_a_name_given_twice_is_refused():
    with pytest.raises(InputError) as refused:
        policies([OWN, OWN])
    assert str(refused.value) == "mq_tls_audit_policies[1] has the name mine, as mq_tls_audit_policies[0] has; give it another one."


def test_lists_are_lists():
    with pytest.raises(InputError) as refused:
        audit.parse_policies({"a": 1}, [], compiled)
    assert str(refused.value) == "mq_tls_audit_policies is {'a': 1}; it has to be a list."
    assert audit.parse_waivers(None, NAMES) == ()


def test_disabled_policies():
    assert [one.name for one in policies(disabled=NAMES[1:])] == NAMES[:1]
    with pytest.raises(InputError) as refused:
        policies(disabled=["only-tls14"])
    assert str(refused.value) == "mq_tls_audit_disabled[0] is 'only-tls14', and no policy has this name; did you mean only-tls13?"


@pytest.mark.parametrize(
    ("waiver", "sentence"),
    [
        ({**WAIVER, "until": "31.3.2027"}, "mq_tls_audit_waivers[0].until is '31.3.2027', which is no day; write it as 2027-03-31."),
        (
            {**WAIVER, "reason": ""},
            "mq_tls_audit_waivers[0] (channel-without-tls) has no reason; a waiver has to have policy, until, reason.",
        ),
        (
            {**WAIVER, "policy": "channel-without-tsl"},
            "mq_tls_audit_waivers[0].policy is 'channel-without-tsl', and no policy has this name; did you mean channel-without-tls?",
        ),
        (
            {**WAIVER, "host": "h"},
            "mq_tls_audit_waivers[0] (channel-without-tls) has the unknown key host; "
            "the keys of a waiver are policy, until, reason, queue_manager, object.",
        ),
    ],
)
def test_a_waiver_that_cannot_be_used_is_refused(waiver, sentence):
    with pytest.raises(InputError) as refused:
        audit.parse_waivers([waiver], NAMES)
    assert str(refused.value) == sentence


BARE = channel("OLD.A", CHLTYPE="SDR", SSLCIPH="")


def waived(waiver, one=None, partial=False):
    result = audit.audit({"h": one or state(BARE)}, policies(), audit.parse_waivers([{**WAIVER, **waiver}], NAMES), NOW, partial)
    return [(it["severity"], it["policy"], it["object"]) for it in result["findings"]], [
        (it["object"], it["until"], it["reason"]) for it in result["waived"]
    ]


STILL = ("error", "channel-without-tls", "CHANNEL OLD.A")
ASIDE = [("CHANNEL OLD.A", "2026-06-01", "moves in June")]


@pytest.mark.parametrize(
    ("waiver", "expected"),
    [
        ({}, ([], ASIDE)),  # its last day
        ({"until": datetime.date(2026, 6, 1)}, ([], ASIDE)),  # YAML makes a date of it
        ({"policy": "*", "queue_manager": "QM?", "object": "CHANNEL OLD.*"}, ([], ASIDE)),
        ({"until": "2026-05-31"}, ([STILL, ("warning", "waiver-ended", "WAIVER channel-without-tls * *")], [])),
        ({"queue_manager": "QM2"}, ([STILL, ("note", "waiver-unused", "WAIVER channel-without-tls QM2 *")], [])),
        ({"object": "CHANNEL OLD"}, ([STILL, ("note", "waiver-unused", "WAIVER channel-without-tls * CHANNEL OLD")], [])),
    ],
)
def test_waivers(waiver, expected):
    assert waived(waiver) == expected


def test_a_waiver_that_has_ended_says_what_to_do():
    ended = audit.parse_waivers([{**WAIVER, "queue_manager": "QM1", "until": "2026-05-31"}], NAMES)
    for one, remedy in (
        (state(BARE), "put right what it was for, or decide anew"),
        (state(), "remove it: nothing is there that it was for"),
    ):
        last = audit.audit({"h": one}, policies(), ended, NOW)["findings"][-1]
        assert last == {
            "policy": "waiver-ended",
            "severity": "warning",
            "queue_manager": "QM1",
            "host": "",
            "object": "WAIVER channel-without-tls QM1 *",
            "text": "it ended on 2026-05-31 (moves in June)",
            "remedy": remedy,
        }


def test_a_waiver_is_not_unused_where_its_queue_managers_were_not_looked_at():
    assert waived({"queue_manager": "QM2"}, state(), partial=True) == ([], [])
    assert waived({"queue_manager": "QM9"}, unread()) == ([("error", "not-read", "host h")], [])
    assert waived({"until": "2026-05-31", "queue_manager": "QM2"}, state(), partial=True) == ([], [])


def test_a_queue_manager_that_may_be_unread():
    assert waived({"policy": "not-read", "queue_manager": "QM9"}, unread()) == ([], [("host h", "2026-06-01", "moves in June")])


def test_as_bad_as():
    listed = [{"severity": severity} for severity in ("error", "warning", "note")]
    assert [len(audit.at_least(listed, severity)) for severity in ("error", "warning", "note")] == [1, 2, 3]


def test_the_table():
    given = audit.parse_waivers([{**WAIVER, "object": "CHANNEL OLD.*"}], NAMES)
    result = audit.audit({"h": state(BARE, channel("T", SSLCIPH=""), attributes={"CHLAUTH": "DISABLED"})}, policies(), given, NOW)
    assert audit.table(result) == "\n".join(
        [
            "error    QM1  channel-without-tls  CHANNEL T      this RCVR channel has no SSLCIPH and carries its messages in the clear",
            "warning  QM1  chlauth-disabled     QMGR           CHLAUTH is DISABLED, so that no rule of channel authentication is looked at",
            "",
            "What to do:",
            "  channel-without-tls: describe its link in mq_tls_links, or set SSLCIPH and delete the channel where nobody uses it",
            "  chlauth-disabled: ALTER QMGR CHLAUTH(ENABLED)",
            "",
            "Set aside:",
            "error    QM1  channel-without-tls  CHANNEL OLD.A  this SDR channel has no SSLCIPH and carries its messages in the clear "
            "(until 2026-06-01: moves in June)",
            "",
            "1 error, 1 warning, 0 notes, 1 set aside by waivers.",
        ]
    )
    assert audit.table(audit.audit({"h": state()}, policies(), (), NOW)) == "Every policy is kept."
