# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a queue manager has to what is wanted: which commands, in which order, and when none."""

from __future__ import annotations

import time

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, StateError, ToolError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.command import Secret
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import key_of, parse_objects, record_name
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.plan import (
    Have,
    KeyRepository,
    Plan,
    diff,
    is_stale,
    plan,
    read,
    reading,
    with_key_repository,
)
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.report import parse

QMGR = {"QMNAME": "QM1", "CMDLEVEL": "942", "CERTLABL": "ibmwebspheremqqm1", "SSLKEYR": "/q/ssl/key", "KEYRPWD": "", "SSLFIPS": "NO"}
QMGR.update(SSLCRLNL="", SUITEB="NONE", DESCR="", CHLAUTH="ENABLED")
SDR = {"CHANNEL": "QM1.TO.QM2", "CHLTYPE": "SDR", "CONNAME": "192.0.2.2(1414)", "XMITQ": "QM2", "SSLCIPH": "ANY_TLS12_OR_HIGHER"}
SDR.update(SSLPEER="CN=QM2", HBINT="300", DESCR="", ALTDATE="2026-01-02", ALTTIME="03.04.05")
RCVR = {"CHANNEL": "QM2.TO.QM1", "CHLTYPE": "RCVR", "SSLCAUTH": "REQUIRED", "SSLCIPH": "ANY_TLS12_OR_HIGHER", "SSLPEER": ""}
XMITQ = {"QUEUE": "QM2", "TYPE": "QLOCAL", "USAGE": "XMITQ", "TRIGGER": True, "NOSHARE": True}
LISTENER = {"LISTENER": "TLS", "TRPTYPE": "TCP", "PORT": "1414", "CONTROL": "QMGR"}
RULE = {
    "CHLAUTH": "QM2.TO.QM1",
    "TYPE": "SSLPEERMAP",
    "SSLPEER": "CN=QM2",
    "ADDRESS": "",
    "USERSRC": "MAP",
    "MCAUSER": "app",
    "DESCR": "old",
}
RULE.update(CHCKCLNT="ASQMGR", ALTDATE="2026-01-02")
LISTENING = {"LISTENER": "TLS", "STATUS": "RUNNING", "PORT": "1414", "IPADDR": "*"}
NAMELIST = {"NAMELIST": "CRL", "NAMES": "OCSP1", "NAMCOUNT": "1"}
OCSP = {"AUTHINFO": "OCSP1", "AUTHTYPE": "OCSP", "OCSPURL": "http://192.0.2.9/"}
RUNNING = {"CHANNEL": "QM1.TO.QM2", "STATUS": "RUNNING", "CHSTADA": "2026-01-02", "CHSTATI": "03.04.05"}


def have(*records: dict, **more: object) -> Have:
    found = {}
    for record in ({"QMNAME": "QM1", **QMGR}, *records):
        noun = next((noun for noun in ("CHANNEL", "LISTENER", "AUTHINFO", "NAMELIST") if noun in record), None)
        noun = "QLOCAL" if "QUEUE" in record else noun or ("QMGR" if "QMNAME" in record else "CHLAUTH")
        found[key_of(noun, record_name(noun, record), record)] = record
    return Have(found, **more)


def one(object_type: str, name: str | None = None, state: str = "present", **attributes: object) -> dict:
    return {"object": object_type, "name": name, "state": state, "attributes": attributes}


def planned(found: Have, *objects: dict, **options: object) -> Plan:
    return plan(found, parse_objects(objects, "QM1"), "QM1", **options)


def texts(result: Plan) -> list[str]:
    return [command.text() for command in result.commands]


WANTED_SDR = one(
    "CHANNEL", "QM1.TO.QM2", CHLTYPE="SDR", CONNAME="192.0.2.2(1414)", XMITQ="QM2", SSLCIPH="ANY_TLS12_OR_HIGHER", SSLPEER="CN=QM2"
)


def test_nothing_differs_nothing_is_sent() -> None:
    found = have(SDR, RCVR, XMITQ, LISTENER, RULE, NAMELIST, OCSP, listening={"TLS": LISTENING})
    result = planned(
        found,
        one("QMGR", CERTLABL="ibmwebspheremqqm1", SSLFIPS=False, SUITEB="none"),
        WANTED_SDR,
        one("CHANNEL", "QM2.TO.QM1", CHLTYPE="rcvr", SSLCAUTH="required", SSLPEER=" "),
        one("QLOCAL", "QM2", USAGE="XMITQ", TRIGGER=True, SHARE=False),
        {**one("LISTENER", "TLS", TRPTYPE="TCP", PORT=1414), "started": True},
        one("CHLAUTH", "QM2.TO.QM1", TYPE="SSLPEERMAP", SSLPEER="CN=QM2", MCAUSER="app"),
        one("NAMELIST", "CRL", NAMES=["OCSP1"]),
        one("AUTHINFO", "OCSP1", AUTHTYPE="OCSP", OCSPURL="http://192.0.2.9/"),
        one("CHANNEL", "GONE", "absent"),
    )
    assert result == Plan(())
    assert diff(result.changes) == ("", "")


@pytest.mark.parametrize(
    ("shown", "wanted", "sent"),
    [
        ("", "ibmwebspheremqqm1", []),
        ("", "other", ["ALTER QMGR CERTLABL('other')", "REFRESH SECURITY TYPE(SSL)"]),
        ("other", "ibmwebspheremqqm1", ["ALTER QMGR CERTLABL('ibmwebspheremqqm1')", "REFRESH SECURITY TYPE(SSL)"]),
    ],
)
def test_a_blank_label_of_the_queue_manager_means_its_default(shown, wanted, sent) -> None:
    found = Have({("QMGR", ""): {**QMGR, "CERTLABL": shown}})
    assert texts(planned(found, one("QMGR", CERTLABL=wanted))) == sent


CASES = [
    ("only what differs, CHLTYPE first", WANTED_SDR, ["ALTER CHANNEL('QM1.TO.QM2') CHLTYPE(SDR) SSLPEER('CN=QM2')"], {"SSLPEER": "cn=qm2"}),
    (
        "case of a label",
        one("QMGR", CERTLABL="ibmwebspheremqqm1"),
        ["ALTER QMGR CERTLABL('ibmwebspheremqqm1')", "REFRESH SECURITY TYPE(SSL)"],
        {},
    ),
    ("nothing that TLS looks at", one("QMGR", DESCR="x"), ["ALTER QMGR DESCR('x')"], {}),
    (
        "a blank value",
        one("CHANNEL", "QM1.TO.QM2", CHLTYPE="SDR", SSLPEER=""),
        ["ALTER CHANNEL('QM1.TO.QM2') CHLTYPE(SDR) SSLPEER('')"],
        {},
    ),
    ("a flag", one("QLOCAL", "QM2", TRIGGER=False), ["ALTER QLOCAL('QM2') NOTRIGGER"], {}),
    ("a listener that does not run", {**one("LISTENER", "TLS"), "started": True}, ["START LISTENER('TLS')"], {}),
    ("TRPTYPE belongs to ALTER LISTENER", one("LISTENER", "TLS", PORT=1415), ["ALTER LISTENER('TLS') TRPTYPE(TCP) PORT(1415)"], {}),
    (
        "TRPTYPE is altered once",
        one("LISTENER", "TLS", TRPTYPE="SPX", PORT=1415),
        ["ALTER LISTENER('TLS') TRPTYPE(SPX) PORT(1415)"],
        {},
    ),
    (
        "REPLACE keeps the rest of a rule",
        one("CHLAUTH", "QM2.TO.QM1", TYPE="SSLPEERMAP", SSLPEER="CN=QM2", DESCR="new"),
        [
            "SET CHLAUTH('QM2.TO.QM1') TYPE(SSLPEERMAP) SSLPEER('CN=QM2') USERSRC(MAP) MCAUSER('app') DESCR('new') CHCKCLNT(ASQMGR) "
            "ACTION(REPLACE)"
        ],
        {},
    ),
    (
        "another filter is another rule",
        one("CHLAUTH", "QM2.TO.QM1", TYPE="SSLPEERMAP", SSLPEER="CN=QM3", USERSRC="CHANNEL"),
        ["SET CHLAUTH('QM2.TO.QM1') TYPE(SSLPEERMAP) SSLPEER('CN=QM3') USERSRC(CHANNEL) ACTION(ADD)"],
        {},
    ),
    (
        "removal of a rule",
        one("CHLAUTH", "QM2.TO.QM1", "absent", TYPE="SSLPEERMAP", SSLPEER="CN=QM2"),
        ["SET CHLAUTH('QM2.TO.QM1') TYPE(SSLPEERMAP) SSLPEER('CN=QM2') ACTION(REMOVE)"],
        {},
    ),
    ("deletion", one("CHANNEL", "QM1.TO.QM2", "absent"), ["DELETE CHANNEL('QM1.TO.QM2')"], {}),
    ("a client connection of that name is another one", one("CHANNEL", "QM1.TO.QM2", "absent", CHLTYPE="CLNTCONN"), [], {}),
    (
        "a listed OCSP object without SSLCRLNL",
        one("AUTHINFO", "OCSP1", AUTHTYPE="OCSP", OCSPURL="http://x/"),
        ["ALTER AUTHINFO('OCSP1') AUTHTYPE(OCSP) OCSPURL('http://x/')"],
        {},
    ),
]


@pytest.mark.parametrize(("wanted", "commands", "sender"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_commands(wanted: dict, commands: list[str], sender: dict) -> None:
    found = have({**SDR, **sender}, RCVR, XMITQ, LISTENER, RULE, NAMELIST, OCSP)
    if wanted["object"] == "QMGR" and "CERTLABL" in wanted["attributes"]:
        found.records[("QMGR", "")]["CERTLABL"] = "IBMWEBSPHEREMQQM1"
    assert texts(planned(found, wanted)) == commands


@pytest.mark.parametrize(
    ("listening", "wanted", "started", "commands"),
    [
        ({}, {}, True, ["START LISTENER('TLS')"]),
        ({}, {}, False, []),
        ({"TLS": LISTENING}, {}, True, []),
        ({"TLS": LISTENING}, {}, False, ["STOP LISTENER('TLS')"]),
        ({"TLS": LISTENING}, {}, None, []),
        ({"TLS": LISTENING}, {"PORT": "1414", "IPADDR": ""}, True, []),
        ({"TLS": {**LISTENING, "PORT": "1415"}}, {"PORT": "1414"}, True, ["STOP LISTENER('TLS')", "START LISTENER('TLS')"]),
        ({"TLS": LISTENING}, {"IPADDR": "192.0.2.1"}, True, ["STOP LISTENER('TLS')", "START LISTENER('TLS')"]),
    ],
)
def test_listeners_are_where_they_should_be(listening: dict, wanted: dict, started: bool | None, commands: list[str]) -> None:
    found = have({**LISTENER, "IPADDR": wanted.get("IPADDR", "")}, listening=listening)
    assert texts(planned(found, {**one("LISTENER", "TLS", **wanted), "started": started})) == commands


def test_order_of_a_first_run() -> None:
    objects = [
        one("CHLAUTH", "QM2.TO.QM1", TYPE="QMGRMAP", QMNAME="QM2", USERSRC="CHANNEL"),
        WANTED_SDR,
        one("CHANNEL", "QM2.TO.QM1", CHLTYPE="RCVR"),
        {**one("LISTENER", "TLS", TRPTYPE="TCP", PORT=1414), "started": True},
        one("QREMOTE", "R", RNAME="Q", RQMNAME="QM2", XMITQ="QM2"),
        one("QLOCAL", "QM2", USAGE="XMITQ"),
        one("NAMELIST", "CRL", NAMES=["OCSP1"]),
        one("AUTHINFO", "OCSP1", AUTHTYPE="OCSP", OCSPURL="http://x/"),
        one("QMGR", SSLCRLNL="CRL"),
        one("QLOCAL", "OLD", "absent"),
        one("CHANNEL", "OLD.SDR", "absent"),
    ]
    found = have({"QUEUE": "OLD", "USAGE": "XMITQ"}, {"CHANNEL": "OLD.SDR", "CHLTYPE": "SDR", "XMITQ": "OLD"})
    result = planned(found, *objects, initiates=["QM1.TO.QM2"])
    assert [(step.change["action"], step.change["object"], step.change["name"]) for step in result.steps] == [
        ("alter", "QMGR", "QM1"),
        ("define", "AUTHINFO", "OCSP1"),
        ("define", "NAMELIST", "CRL"),
        ("define", "QLOCAL", "QM2"),
        ("define", "QREMOTE", "R"),
        ("define", "LISTENER", "TLS"),
        ("define", "CHANNEL", "QM2.TO.QM1"),
        ("define", "CHANNEL", "QM1.TO.QM2"),
        ("set", "CHLAUTH", "QM2.TO.QM1"),
        ("delete", "CHANNEL", "OLD.SDR"),
        ("delete", "QLOCAL", "OLD"),
        ("start", "LISTENER", "TLS"),
        ("refresh", "SECURITY", "SSL"),
        ("start", "CHANNEL", "QM1.TO.QM2"),
    ]
    assert texts(result)[6] == "DEFINE CHANNEL('QM2.TO.QM1') CHLTYPE(RCVR)"
    assert len(texts(result)) == len(result.steps) - 1, "a channel is started by another module"
    assert texts(result).count("REFRESH SECURITY TYPE(SSL)") == 1


@pytest.mark.parametrize(
    ("shown", "wanted", "says"),
    [
        (
            {"REPOS": "", "REPOSNL": "CLUSTERS"},
            {"REPOS": "PAY"},
            "The queue manager QM1 was to get REPOS PAY and has REPOSNL CLUSTERS, and one of them has to be blank; describe all clusters of "
            "which it is a full repository, or send ALTER QMGR REPOSNL(' ') where it is to be that no longer.",
        ),
        (
            {"REPOS": "PAY", "REPOSNL": ""},
            {"REPOSNL": "CLUSTERS"},
            "The queue manager QM1 was to get REPOSNL CLUSTERS and has REPOS PAY, and one of them has to be blank; describe all clusters of "
            "which it is a full repository, or send ALTER QMGR REPOS(' ') where it is to be that no longer.",
        ),
        ({"REPOS": "PAY", "REPOSNL": ""}, {"REPOS": "", "REPOSNL": "CLUSTERS"}, ""),
        ({"REPOS": "", "REPOSNL": "CLUSTERS"}, {"REPOS": "PAY", "REPOSNL": ""}, ""),
        ({"REPOS": "", "REPOSNL": "CLUSTERS"}, {"REPOS": ""}, ""),
        ({"REPOS": "", "REPOSNL": "CLUSTERS"}, {"CERTLABL": "other"}, ""),
        ({"REPOS": "TEST", "REPOSNL": ""}, {"REPOS": "PAY"}, ""),
    ],
)
def test_of_repos_and_reposnl_one_has_to_be_blank(shown: dict, wanted: dict, says: str) -> None:
    found = have({"QMNAME": "QM1", **QMGR, **shown})
    if says:
        with pytest.raises(StateError) as error:
            planned(found, one("QMGR", **wanted))
        assert str(error.value) == says
    else:
        planned(found, one("QMGR", **wanted))


def test_another_type_is_refused_unless_it_may_be_replaced() -> None:
    wanted = one("CHANNEL", "QM1.TO.QM2", CHLTYPE="SVR", CONNAME="192.0.2.2(1414)", XMITQ="QM2")
    with pytest.raises(StateError) as error:
        planned(have(SDR), wanted)
    assert str(error.value) == (
        "The CHANNEL QM1.TO.QM2 on the queue manager QM1 was to become one of type SVR and is one of type SDR, which cannot be altered; "
        "allow replace_type, which deletes and defines it, or correct CHLTYPE."
    )
    assert texts(planned(have(SDR), wanted, replace_type=True)) == [
        "DELETE CHANNEL('QM1.TO.QM2')",
        "DEFINE CHANNEL('QM1.TO.QM2') CHLTYPE(SVR) CONNAME('192.0.2.2(1414)') XMITQ('QM2')",
    ]


def test_a_system_object_is_not_replaced_either() -> None:
    found = have({"CHANNEL": "SYSTEM.DEF.SENDER", "CHLTYPE": "SDR"})
    with pytest.raises(InputError, match="SYSTEM objects are not deleted"):
        planned(found, one("CHANNEL", "SYSTEM.DEF.SENDER", CHLTYPE="SVR", XMITQ="X"), replace_type=True)


def test_a_definition_that_would_be_refused() -> None:
    with pytest.raises(InputError) as error:
        planned(have(), one("CHANNEL", "A", CHLTYPE="SDR", CONNAME="h"))
    assert str(error.value) == (
        "The CHANNEL A was to be defined on the queue manager QM1 and has no XMITQ, which a channel of type SDR cannot be without; "
        "add it to its attributes."
    )
    with pytest.raises(InputError, match="^The LISTENER L was to be .* has no TRPTYPE, which a listener cannot be without;"):
        planned(have(), one("LISTENER", "L", PORT=1414))
    assert texts(planned(have(SDR), one("CHANNEL", "QM1.TO.QM2", CHLTYPE="SDR", HBINT=30))) == [
        "ALTER CHANNEL('QM1.TO.QM2') CHLTYPE(SDR) HBINT(30)"
    ]


# -- refresh ---------------------------------------------------------------------------------------------------------

CRL_QMGR = {"QMNAME": "QM1", "SSLCRLNL": "CRL"}
NEW_OCSP = one("AUTHINFO", "OCSP1", AUTHTYPE="OCSP", OCSPURL="http://new/")


@pytest.mark.parametrize(
    ("records", "wanted", "refreshed"),
    [
        ([], one("QMGR", SSLFIPS=True), True),
        ([], one("QMGR", SUITEB=["128_BIT"]), True),
        ([], one("QMGR", CHLAUTH="DISABLED"), False),
        ([CRL_QMGR, NAMELIST, OCSP], NEW_OCSP, True),
        ([CRL_QMGR, OCSP], NEW_OCSP, True),
        ([{**CRL_QMGR, "SSLCRLNL": "OTHER"}, NAMELIST, {"NAMELIST": "OTHER", "NAMES": "X"}, OCSP], NEW_OCSP, False),
        ([CRL_QMGR, NAMELIST], one("NAMELIST", "CRL", NAMES=["OCSP2"]), True),
        ([CRL_QMGR], one("NAMELIST", "APPLICATION", NAMES=["A"]), False),
        ([CRL_QMGR], one("AUTHINFO", "USERS", AUTHTYPE="IDPWOS"), False),
        ([SDR], one("CHANNEL", "QM1.TO.QM2", CHLTYPE="SDR", SSLCIPH="TLS_AES_256_GCM_SHA384"), False),
    ],
)
def test_when_a_refresh_is_needed(records: list[dict], wanted: dict, refreshed: bool) -> None:
    result = planned(have(*records), wanted)
    assert result.refresh is refreshed
    assert (texts(result)[-1] == "REFRESH SECURITY TYPE(SSL)") is refreshed


def test_a_refresh_that_is_outstanding_is_all_there_is_to_do() -> None:
    result = planned(have(SDR), WANTED_SDR, refresh_outstanding=True)
    assert texts(result) == ["REFRESH SECURITY TYPE(SSL)"]
    assert result.changes[0]["reason"] == "the key repository or the TLS attributes have changed and the queue manager has not been told"
    later = planned(have(SDR), WANTED_SDR, refresh_outstanding=True, may_refresh=False)
    assert (later.steps, later.refresh, later.refresh_outstanding) == ((), False, True)


# -- key repository --------------------------------------------------------------------------------------------------


def with_repository(record: dict, repository: KeyRepository) -> Plan:
    wanted = with_key_repository(parse_objects([one("QMGR", CERTLABL="ibmwebspheremqqm1")]), repository)
    return plan(have(record), wanted, "QM1", key_repository=repository)


SECRET = Secret("s3cret'pw")
PKCS12 = KeyRepository("/q/ssl/key.p12", "pkcs12", SECRET)


@pytest.mark.parametrize(
    ("shown", "repository", "commands"),
    [
        ({}, PKCS12, ["ALTER QMGR SSLKEYR('/q/ssl/key.p12') KEYRPWD('********')", "REFRESH SECURITY TYPE(SSL)"]),
        ({"SSLKEYR": "/q/ssl/key.p12", "KEYRPWD": "********"}, PKCS12, []),
        ({"SSLKEYR": "/q/ssl/key.p12"}, PKCS12, ["ALTER QMGR KEYRPWD('********')", "REFRESH SECURITY TYPE(SSL)"]),
        (
            {"SSLKEYR": "/q/ssl/key.p12", "KEYRPWD": "********"},
            KeyRepository("/q/ssl/key.p12", "pkcs12", SECRET, swapped=True),
            ["ALTER QMGR KEYRPWD('********')", "REFRESH SECURITY TYPE(SSL)"],
        ),
        ({}, KeyRepository("/q/ssl/key", "cms"), []),
        ({}, KeyRepository("/q/ssl/key", "cms", swapped=True), ["REFRESH SECURITY TYPE(SSL)"]),
        ({"KEYRPWD": "********"}, KeyRepository("/q/ssl/key", "cms"), ["ALTER QMGR KEYRPWD('')", "REFRESH SECURITY TYPE(SSL)"]),
        ({"SSLKEYR": "/Q/ssl/key"}, KeyRepository("/q/ssl/key", "cms"), ["ALTER QMGR SSLKEYR('/q/ssl/key')", "REFRESH SECURITY TYPE(SSL)"]),
    ],
)
def test_key_repository(shown: dict, repository: KeyRepository, commands: list[str]) -> None:
    result = with_repository({**QMGR, **shown}, repository)
    assert [command.redacted() for command in result.commands] == commands
    assert "s3cret" not in repr(result) + repr(diff(result.changes)) + repr(result.changes)
    if "KEYRPWD('********')" in "".join(commands):
        assert "KEYRPWD('s3cret''pw')" in result.commands[0].text()
        assert result.changes[0]["attributes"]["KEYRPWD"] == {"before": shown.get("KEYRPWD", ""), "after": "********"}


def test_a_level_without_passwords_of_key_repositories() -> None:
    old = {key: value for key, value in QMGR.items() if key != "KEYRPWD"}
    found = Have({("QMGR", ""): {**old, "CMDLEVEL": "920"}})
    with pytest.raises(StateError) as error:
        plan(found, with_key_repository([], PKCS12), "QM1", key_repository=PKCS12)
    assert str(error.value) == (
        "The queue manager QM1 was to use the PKCS#12 key repository /q/ssl/key.p12 and has no attribute KEYRPWD (command level 920, "
        "KEYRPWD is there from 930 on); use a key repository of type cms."
    )


def test_two_paths_of_one_key_repository() -> None:
    with pytest.raises(InputError) as error:
        with_key_repository(parse_objects([one("QMGR", SSLKEYR="/other")]), PKCS12)
    assert str(error.value) == (
        "The attribute SSLKEYR of QMGR is '/other' under objects and '/q/ssl/key.p12' by key_repository; leave it out under objects."
    )


# -- channels that are to be started ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "never_run", "restart"),
    [
        (have(SDR), ("QM1.TO.QM2",), ()),
        (have(), ("QM1.TO.QM2",), ()),
        (have(SDR, saved=frozenset(["QM1.TO.QM2"])), (), ()),
        (have(SDR, status={"QM1.TO.QM2": (RUNNING,)}), (), ()),
        (have(SDR, status={"QM1.TO.QM2": ({**RUNNING, "CHSTATI": "03.04.04"},)}), (), ("QM1.TO.QM2",)),
        (have(SDR, status={"QM1.TO.QM2": ({**RUNNING, "CHSTATI": "03.04.04", "STATUS": "RETRYING"},)}), (), ()),
        (have({**SDR, "SSLPEER": "x"}, status={"QM1.TO.QM2": (RUNNING,)}), (), ("QM1.TO.QM2",)),
        (have({**SDR, "SSLPEER": "x"}, saved=frozenset(["QM1.TO.QM2"])), (), ()),
    ],
)
def test_channels_that_a_later_task_has_to_start(found: Have, never_run: tuple, restart: tuple) -> None:
    result = planned(found, WANTED_SDR, initiates=["QM1.TO.QM2"])
    assert (result.never_run, result.restart) == (never_run, restart)
    starts = [change["name"] for change in result.changes if change["action"] == "start"]
    assert tuple(starts) == never_run + restart


@pytest.mark.parametrize(("protocol", "restart"), [("TLSV13", ()), ("NONE", ("QM1.TO.QM2",)), ("", ("QM1.TO.QM2",))])
def test_a_refresh_restarts_what_uses_tls(protocol: str, restart: tuple) -> None:
    status = {"QM1.TO.QM2": ({**RUNNING, "SECPROT": protocol},)}
    found = have({**SDR, "SSLPEER": "x"}, status=status)
    assert planned(found, WANTED_SDR, initiates=["QM1.TO.QM2"], refresh_outstanding=True).restart == restart
    assert planned(found, WANTED_SDR, initiates=["QM1.TO.QM2"]).restart == ("QM1.TO.QM2",)


def test_a_channel_that_is_not_described_cannot_be_initiated() -> None:
    with pytest.raises(InputError, match="^The channel X stands under initiates and is not described under objects"):
        planned(have(), initiates=["X"])


@pytest.mark.parametrize(
    ("status", "sslcauth", "restart"),
    [
        ([], "OPTIONAL", ()),
        ([{**RUNNING, "CHSTATI": "09.00.00"}], "REQUIRED", ()),
        ([{**RUNNING, "CHSTATI": "09.00.00"}], "OPTIONAL", ("QM2.TO.QM1",)),
        ([{**RUNNING, "CHSTATI": "09.00.00"}, {**RUNNING, "CHSTATI": "01.00.00"}], "REQUIRED", ("QM2.TO.QM1",)),
    ],
)
def test_responding_channels_that_are_to_be_ended(status: list, sslcauth: str, restart: tuple) -> None:
    found = have({**RCVR, "ALTDATE": "2026-01-02", "ALTTIME": "03.04.05"}, status={"QM2.TO.QM1": tuple(status)})
    result = planned(found, one("CHANNEL", "QM2.TO.QM1", CHLTYPE="RCVR", SSLCAUTH=sslcauth), responds=["QM2.TO.QM1"])
    assert result.restart == restart
    assert [change["name"] for change in result.changes if change["action"] == "stop"] == list(restart)


def test_stale_needs_both_times() -> None:
    assert not is_stale({"ALTDATE": "2026-01-02", "ALTTIME": "03.04.05"}, {"CHSTADA": "", "CHSTATI": ""})
    assert not is_stale({}, RUNNING)


# -- reading ---------------------------------------------------------------------------------------------------------

REPORT = """\
5724-H72 (C) Copyright IBM Corp. 1994, 2025.
Starting MQSC for queue manager QM1.


     1 : DISPLAY QMGR ALL
AMQ8408I: Display Queue Manager details.
   QMNAME(QM1)                             CERTLABL(ibmwebspheremqqm1)
     2 : DISPLAY CHANNEL('APP') ALL
AMQ8414I: Display Channel details.
   CHANNEL(APP)                            CHLTYPE(SVRCONN)
AMQ8414I: Display Channel details.
   CHANNEL(APP)                            CHLTYPE(CLNTCONN)
     3 : DISPLAY QLOCAL('QM2') ALL
AMQ8147E: IBM MQ object QM2 not found.
     4 : DISPLAY LISTENER('TLS') ALL
AMQ8630I: Display listener information details.
   LISTENER(TLS)                           CONTROL(QMGR)
     5 : DISPLAY LSSTATUS('TLS') ALL
AMQ8631I: Display listener status details.
   LISTENER(TLS)                           STATUS(RUNNING)
     6 : DISPLAY CHLAUTH('*') ALL
AMQ8878I: Display channel authentication record details.
   CHLAUTH(*)                              TYPE(BLOCKUSER)
   USERLIST(*MQADMIN)
AMQ8878I: Display channel authentication record details.
   CHLAUTH(OTHER)                          TYPE(BLOCKUSER)
   USERLIST(x)
     7 : DISPLAY CHSTATUS('APP') ALL
AMQ8420I: Channel Status not found.
     8 : DISPLAY CHSTATUS('APP') SAVED
AMQ8417I: Display Channel Status details.
   CHANNEL(APP)                            CHLTYPE(SDR)
8 MQSC commands read.
No commands have a syntax error.
2 valid MQSC commands could not be processed.
"""
QUESTIONS = [
    one("CHLAUTH", "*", TYPE="BLOCKUSER", USERLIST="*MQADMIN"),
    one("CHANNEL", "APP", CHLTYPE="SVRCONN"),
    one("CHANNEL", "APP", CHLTYPE="CLNTCONN", CONNAME="h"),
]


def test_each_object_is_asked_for_once_in_one_run() -> None:
    wanted = parse_objects([*QUESTIONS[1:], one("QLOCAL", "QM2"), {**one("LISTENER", "TLS"), "started": True}, QUESTIONS[0]])
    commands = reading(wanted, ["APP"])
    assert [command.text() for command in commands] == [line.split(" : ")[1] for line in REPORT.splitlines() if " : " in line]
    found = read(commands, parse(REPORT), "QM1")
    assert set(found.records) == {
        ("QMGR", ""),
        ("CHANNEL", "APP", "QMGRTBL"),
        ("CHANNEL", "APP", "CLNTTBL"),
        ("LISTENER", "TLS"),
        ("CHLAUTH", "*", "BLOCKUSER", "", "", "", "", ""),
        ("CHLAUTH", "OTHER", "BLOCKUSER", "", "", "", "", ""),
    }
    assert (set(found.listening), found.status, found.saved) == ({"TLS"}, {"APP": ()}, {"APP"})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            "AMQ8135E: Not authorized.",
            "The queue manager QM1 was asked DISPLAY QMGR ALL and answered AMQ8135E: Not authorized; "
            "check the authority of this user and the level of the queue manager.",
        ),
        (
            "AMQ8408I: Display Queue Manager details.\n   QMNAME(QM1)\n     2 : DISPLAY QMGR",
            "The queue manager QM1 was asked 1 questions and runmqsc answered 2; run runmqsc QM1 by hand to see what it prints.",
        ),
    ],
)
def test_an_answer_that_is_none(answer: str, message: str) -> None:
    with pytest.raises(ToolError) as error:
        read(reading([]), parse(f"     1 : DISPLAY QMGR ALL\n{answer}\n"), "QM1")
    assert str(error.value) == message


def test_the_diff_shows_only_what_is_concerned() -> None:
    result = planned(
        have({**SDR, "SSLPEER": "CN=OLD"}, RULE), WANTED_SDR, one("CHLAUTH", "QM2.TO.QM1", "absent", TYPE="SSLPEERMAP", SSLPEER="CN=QM2")
    )
    assert diff(result.changes) == (
        "CHANNEL(QM1.TO.QM2)\n    SSLPEER(CN=OLD)\n"
        "CHLAUTH(QM2.TO.QM1) TYPE(SSLPEERMAP) SSLPEER(CN=QM2)\n    TYPE(SSLPEERMAP)\n    SSLPEER(CN=QM2)\n    USERSRC(MAP)\n"
        "    MCAUSER(app)\n    DESCR(old)\n    CHCKCLNT(ASQMGR)\n",
        "CHANNEL(QM1.TO.QM2)\n    SSLPEER(CN=QM2)\n",
    )


def test_two_thousand_channels_are_read_and_compared_quickly() -> None:
    names = [f"C{number:05}" for number in range(2000)]
    wanted = parse_objects([one("CHANNEL", name, CHLTYPE="SDR", CONNAME="h(1)", XMITQ="X", SSLCIPH="ANY_TLS12") for name in names])
    lines = ["     1 : DISPLAY QMGR ALL", "AMQ8408I: Display Queue Manager details.", "   QMNAME(QM1)"]
    for number, name in enumerate(names, start=2):
        lines += [f"     {number} : DISPLAY CHANNEL('{name}') ALL", "AMQ8414I: Display Channel details."]
        lines += [f"   CHANNEL({name})                         CHLTYPE(SDR)", "   CONNAME(h(1))                           XMITQ(X)"]
        lines += ["   SSLCIPH(ANY_TLS12)                      DESCR( )"] + [
            f"   {f'NUMBER{item}(300)':<37}   OTHER{item}(AUTO)" for item in range(22)
        ]
    text = "\n".join(lines) + "\n"
    begin = time.process_time()
    assert plan(read(reading(wanted), parse(text), "QM1"), wanted, "QM1") == Plan(())
    assert time.process_time() - begin < 4
