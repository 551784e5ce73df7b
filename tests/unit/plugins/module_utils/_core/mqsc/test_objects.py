# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of MQ objects: what is refused and with which words, and when two values are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.command import Command, Keyword
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import (
    attributes_of,
    describe,
    key_of,
    normalise,
    parameter,
    parse_objects,
    same,
    shown_value,
)
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.plan import Have, plan
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.report import parse
from hypothesis import given
from hypothesis import strategies as st


def channel(**attributes: object) -> dict[str, object]:
    return {"object": "CHANNEL", "name": "QM1.TO.QM2", "attributes": {"CHLTYPE": "SDR", **attributes}}


REFUSED = [
    ("not a dict", "x", "objects[0] should describe an object with the keys object, name and attributes, and is 'x'."),
    (
        "unknown key",
        {"object": "QMGR", "atributes": {}},
        "objects[0] has the unknown key atributes; the keys are object, name, attributes, state and started.",
    ),
    (
        "unknown type",
        {"object": "TOPIC", "name": "T"},
        "objects[0].object is 'TOPIC'; it has to be one of QMGR, AUTHINFO, NAMELIST, QLOCAL, QREMOTE, LISTENER, CHANNEL, CHLAUTH.",
    ),
    ("no name", {"object": "CHANNEL", "attributes": {}}, "objects[0].name is missing; every CHANNEL has to have a name."),
    (
        "name of 21 characters",
        {"object": "CHANNEL", "name": "LONDON.TO.MANCHESTER1", "attributes": {"CHLTYPE": "SDR"}},
        "objects[0].name is 'LONDON.TO.MANCHESTER1' with 21 characters; the name of a CHANNEL has at most 20.",
    ),
    (
        "generic name",
        {"object": "CHANNEL", "name": "SYSTEM.*", "attributes": {"CHLTYPE": "SDR"}},
        "objects[0].name is 'SYSTEM.*'; the name of a CHANNEL is made of A-Z a-z 0-9 . / _ and % only.",
    ),
    (
        "a second command in the name",
        {"object": "QLOCAL", "name": "A')\nDELETE QLOCAL(B", "attributes": {}},
        'objects[0].name is "A\')\\nDELETE QLOCAL(B"; the name of a QLOCAL is made of A-Z a-z 0-9 . / _ and % only.',
    ),
    (
        "name of the queue manager",
        {"object": "QMGR", "name": "QM9", "attributes": {}},
        "objects[0].name is 'QM9'; a QMGR has no name here, it is the queue manager the module runs for.",
    ),
    (
        "no CHLTYPE",
        {"object": "CHANNEL", "name": "A", "attributes": {}},
        "objects[0].attributes.CHLTYPE is missing; CHANNEL A has to have one of "
        "AMQP, CLNTCONN, CLUSRCVR, CLUSSDR, RCVR, RQSTR, SDR, SVR, SVRCONN.",
    ),
    (
        "unknown CHLTYPE",
        {"object": "CHANNEL", "name": "A", "attributes": {"CHLTYPE": "SENDER"}},
        "objects[0].attributes.CHLTYPE is 'SENDER'; it has to be one of AMQP, CLNTCONN, CLUSRCVR, CLUSSDR, RCVR, RQSTR, SDR, SVR, SVRCONN.",
    ),
    (
        "SSLCAUTH of a sender",
        channel(SSLCAUTH="REQUIRED"),
        "objects[0].attributes.SSLCAUTH is not an attribute of a channel of type SDR (CHANNEL QM1.TO.QM2), only of "
        "CLUSRCVR, RCVR, RQSTR, SVR, SVRCONN; leave it out or correct CHLTYPE.",
    ),
    (
        "line break",
        channel(SSLPEER="CN=A\nEND"),
        "objects[0].attributes.SSLPEER cannot be sent to the queue manager: A value was to be quoted for MQSC and holds the control "
        "character U+000A at position 5; remove it.",
    ),
    (
        "more than a keyword",
        channel(TRPTYPE="TCP) MCAUSER(mqm"),
        "objects[0].attributes.TRPTYPE is 'TCP) MCAUSER(mqm'; the value of TRPTYPE is one word of letters, digits and underscores.",
    ),
    (
        "not a keyword",
        {"object": "QMGR", "attributes": {"SSLKEYR('x') CERTLABL": "y"}},
        "objects[0].attributes.SSLKEYR('x') CERTLABL is not an MQSC keyword; a keyword is made of letters, digits and underscores only.",
    ),
    ("null", channel(SSLPEER=None), "objects[0].attributes.SSLPEER is null; write '' for a blank value or leave the attribute out."),
    ("not a number", channel(HBINT="5 minutes"), "objects[0].attributes.HBINT is '5 minutes'; it has to be a whole number."),
    (
        "a fraction",
        channel(HBINT=1.5),
        "objects[0].attributes.HBINT is 1.5; it has to be text, a whole number, true or false, or a list of texts.",
    ),
    ("true for text", channel(CONNAME=True), "objects[0].attributes.CONNAME is True; put the value into quotes."),
    (
        "text for a flag",
        {"object": "QLOCAL", "name": "Q", "attributes": {"TRIGGER": "FIRST"}},
        "objects[0].attributes.TRIGGER is 'FIRST'; it is a keyword without a value, so give true or false.",
    ),
    ("long label", channel(CERTLABL="x" * 65), "objects[0].attributes.CERTLABL has 65 bytes; CERTLABL has room for 64."),
    (
        "parameter of the command",
        channel(REPLACE=True),
        "objects[0].attributes.REPLACE is a parameter of the command, which the module chooses itself; leave it out.",
    ),
    ("read only", channel(ALTDATE="2026-01-01"), "objects[0].attributes.ALTDATE can be displayed and not set; leave it out."),
    (
        "password of the key repository",
        {"object": "QMGR", "attributes": {"KEYRPWD": "x"}},
        "objects[0].attributes.KEYRPWD is a password, and what stands under objects can be read in logs; give key_repository instead.",
    ),
    (
        "other password",
        {"object": "AUTHINFO", "name": "A", "attributes": {"AUTHTYPE": "CRLLDAP", "LDAPPWD": "x"}},
        "objects[0].attributes.LDAPPWD is a password, and what stands under objects can be read in logs; "
        "set it with runmqsc on the host instead.",
    ),
    (
        "twice in two cases",
        channel(SSLCIPH="A", sslciph="B"),
        "objects[0].attributes has SSLCIPH twice; keep one.",
    ),
    (
        "started channel",
        {**channel(), "started": True},
        "objects[0].started is True; it can be true or false, and only for a LISTENER that is present.",
    ),
    (
        "deletion of the queue manager",
        {"object": "QMGR", "state": "absent"},
        "objects[0].state is absent; a queue manager is deleted with dltmqm, never by this module.",
    ),
    (
        "deletion of a system object",
        {"object": "CHANNEL", "name": "SYSTEM.DEF.SENDER", "state": "absent"},
        "objects[0] asks for the deletion of CHANNEL SYSTEM.DEF.SENDER; the SYSTEM objects of a queue manager are not deleted.",
    ),
    (
        "rule without what it matches",
        {"object": "CHLAUTH", "name": "A", "attributes": {"TYPE": "SSLPEERMAP", "USERSRC": "CHANNEL"}},
        "objects[0].attributes.SSLPEER is missing; a rule of type SSLPEERMAP (CHLAUTH A) has to have it.",
    ),
    (
        "parameter of another rule",
        {"object": "CHLAUTH", "name": "A", "attributes": {"TYPE": "BLOCKUSER", "USERLIST": "x", "MCAUSER": "y"}},
        "objects[0].attributes.MCAUSER does not belong to a rule of type BLOCKUSER (CHLAUTH A), only to "
        "SSLPEERMAP, ADDRESSMAP, USERMAP, QMGRMAP; leave it out or correct TYPE.",
    ),
    (
        "profile of BLOCKADDR",
        {"object": "CHLAUTH", "name": "A", "attributes": {"TYPE": "BLOCKADDR", "ADDRLIST": "192.0.2.1"}},
        "objects[0].name is 'A'; the profile of a BLOCKADDR rule is always '*'.",
    ),
]


@pytest.mark.parametrize(("description", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused_with_place_and_remedy(description: object, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse_objects([description], "QM1")
    assert str(error.value) == message


def test_the_place_is_that_of_the_object() -> None:
    with pytest.raises(InputError, match=r"^objects\[1\]\.attributes\.SSLCAUTH is not an attribute"):
        parse_objects([{"object": "QMGR"}, channel(SSLCAUTH="REQUIRED")])


def test_one_object_described_twice() -> None:
    with pytest.raises(InputError) as error:
        parse_objects([channel(), {"object": "QMGR"}, channel(SSLCIPH="X")])
    assert str(error.value) == "objects[2] describes CHANNEL QM1.TO.QM2 a second time, after objects[0]; put all its attributes into one."


def test_a_client_connection_may_have_the_name_of_another_channel() -> None:
    both = [
        {"object": "CHANNEL", "name": "APP", "attributes": {"CHLTYPE": "SVRCONN"}},
        {"object": "CHANNEL", "name": "APP", "attributes": {"CHLTYPE": "CLNTCONN", "CONNAME": "h"}},
    ]
    assert [one.key for one in parse_objects(both)] == [("CHANNEL", "APP", "QMGRTBL"), ("CHANNEL", "APP", "CLNTTBL")]


@pytest.mark.parametrize(
    ("object_type", "keyword", "value", "text"),
    [
        ("CHANNEL", "SSLPEER", "CN=O'Brien,O=Bank", "SSLPEER('CN=O''Brien,O=Bank')"),
        ("CHANNEL", "SSLPEER", "", "SSLPEER('')"),
        ("CHANNEL", "DESCR", 2026, "DESCR(2026)"),
        ("CHANNEL", "KAINT", "auto", "KAINT(AUTO)"),
        ("CHANNEL", "HBINT", "0300", "HBINT(300)"),
        ("CHANNEL", "CONVERT", True, "CONVERT(YES)"),
        ("CHANNEL", "FUTURE", "some thing", "FUTURE('some thing')"),
        ("CHANNEL", "FUTURE", False, "FUTURE(NO)"),
        ("QMGR", "SSLFIPS", "no", "SSLFIPS(NO)"),
        ("QMGR", "SUITEB", ["128_bit", "192_BIT"], "SUITEB(128_BIT,192_BIT)"),
        ("QMGR", "CHLAUTH", "enabled", "CHLAUTH(ENABLED)"),
        ("NAMELIST", "NAMES", "A, b", "NAMES('A','b')"),
        ("NAMELIST", "NAMES", [], "NAMES('')"),
        ("QLOCAL", "TRIGGER", True, "TRIGGER"),
        ("QLOCAL", "TRIGGER", False, "NOTRIGGER"),
        ("QLOCAL", "NOTRIGGER", True, "NOTRIGGER"),
        ("QLOCAL", "NOSHARE", False, "SHARE"),
    ],
)
def test_how_a_value_is_written(object_type: str, keyword: str, value: object, text: str) -> None:
    name = None if object_type == "QMGR" else "A"
    attributes = {"CHLTYPE": "SDR"} if object_type == "CHANNEL" else {}
    (one,) = parse_objects([{"object": object_type, "name": name, "attributes": {**attributes, keyword: value}}])
    last = list(one.attributes)[-1]
    assert Command("ALTER", "X", None, (parameter(object_type, last, one.attributes[last]),)).text() == f"ALTER X {text}"


@pytest.mark.parametrize(
    ("object_type", "keyword", "shown", "wanted", "equal"),
    [
        ("QMGR", "CERTLABL", "ibmwebspheremqqm1", "ibmWebSphereMQqm1", False),
        ("CHANNEL", "SSLPEER", "CN=qm1", "CN=QM1", False),
        ("CHANNEL", "SSLPEER", "", "", True),
        ("CHANNEL", "SSLPEER", "", " ", True),
        ("CHANNEL", "DESCR", "007", 7, False),
        ("CHANNEL", "SSLCAUTH", "REQUIRED", Keyword("required"), True),
        ("CHANNEL", "SSLCAUTH", "OPTIONAL", Keyword("REQUIRED"), False),
        ("CHANNEL", "HBINT", "300", 300, True),
        ("CHANNEL", "KAINT", "AUTO", Keyword("AUTO"), True),
        ("CHANNEL", "COMPMSG", "RLE,ZLIBFAST", [Keyword("RLE"), Keyword("ZLIBFAST")], True),
        ("QMGR", "SUITEB", "192_BIT,128_BIT", [Keyword("128_BIT"), Keyword("192_BIT")], True),
        ("NAMELIST", "NAMES", "A,B", ["B", "A"], False),
        ("NAMELIST", "NAMES", "", [], True),
        ("CHLAUTH", "USERLIST", "b,a", ["a", "b"], True),
        ("QLOCAL", "TRIGGER", True, True, True),
        ("QLOCAL", "TRIGGER", False, True, False),
        ("CHANNEL", "FUTURE", None, "", True),
        ("CHANNEL", "FUTURE", None, "x", False),
    ],
)
def test_when_a_value_is_the_wanted_one(object_type: str, keyword: str, shown: object, wanted: object, equal: bool) -> None:
    assert same(object_type, keyword, shown, wanted) is equal


def test_flags_of_a_record() -> None:
    record = {"QUEUE": "Q", "TRIGGER": True, "NOSHARE": True}
    assert shown_value("QLOCAL", "TRIGGER", record) is True
    assert shown_value("QLOCAL", "SHARE", record) is False
    assert shown_value("QLOCAL", "HARDENBO", record) is None
    assert attributes_of("QLOCAL", record) == {"TRIGGER": True, "SHARE": False}


def test_a_rule_for_any_address_is_one_without_address() -> None:
    shown = {"TYPE": "SSLPEERMAP", "SSLPEER": "CN=A", "ADDRESS": "*"}
    assert key_of("CHLAUTH", "P", shown) == key_of("CHLAUTH", "P", {"TYPE": "sslpeermap", "SSLPEER": "CN=A"})
    assert key_of("CHLAUTH", "P", {"TYPE": "ADDRESSMAP", "ADDRESS": "*"}) != key_of("CHLAUTH", "P", {"TYPE": "ADDRESSMAP", "ADDRESS": ""})
    assert key_of("CHLAUTH", "P", shown) != key_of("CHLAUTH", "P", {**shown, "SSLPEER": "CN=a"})


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f", exclude_categories=["Cc"]), max_size=30)


@given(st.sampled_from(["DESCR", "SSLPEER", "FUTURE", "HBINT", "SSLCAUTH", "NAMES", "USERLIST"]), TEXT)
def test_normalising_twice_changes_nothing(keyword: str, value: str) -> None:
    once = normalise("CHANNEL", keyword, value)
    assert normalise("CHANNEL", keyword, once) == once


@given(TEXT.filter(lambda text: len(text.encode()) <= 60))
def test_text_that_is_shown_as_it_was_given_is_the_wanted_one(value: str) -> None:
    (one,) = parse_objects([channel(CERTLABL=value)])
    assert same("CHANNEL", "CERTLABL", value.strip(), one.attributes["CERTLABL"])
    assert not same("CHANNEL", "CERTLABL", value.strip() + "x", one.attributes["CERTLABL"])


CAPTURES = {"runmqsc-display-qmgr": "QMGR", "runmqsc-display-channel": "CHANNEL", "runmqsc-display-chlauth": "CHLAUTH"}


@pytest.mark.parametrize("folder", CAPTURES)
def test_what_a_real_queue_manager_shows_can_be_asked_for_and_needs_no_change(transcripts: Path, folder: str) -> None:
    object_type = CAPTURES[folder]
    kind = {"CHANNEL": "CHLTYPE", "CHLAUTH": "TYPE"}.get(object_type, "CERTLABL")
    seen = 0
    for path in sorted((transcripts / folder).glob("*.txt")):
        for record in parse(path.read_text(encoding="utf-8")).records:
            whole = object_type in record or (object_type == "QMGR" and "QMNAME" in record)
            if not whole or kind not in record or (object_type == "CHLAUTH" and "ALTDATE" not in record):
                continue
            wanted = parse_objects([describe(object_type, record)])
            have = Have({("QMGR", ""): {}, wanted[0].key: record})
            assert plan(have, wanted, "QM1").changes == [], path.name
            seen += 1
    assert seen
