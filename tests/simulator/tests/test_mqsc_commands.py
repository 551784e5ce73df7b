# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each MQSC command does, and how it is refused."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from mqsim.channel import Refused

SDR = "DEFINE CHANNEL(A.TO.B) CHLTYPE(SDR) CONNAME('10.0.0.1(1414)') XMITQ(B)"
OK = "All valid MQSC commands were processed."


def answer(report):
    """A report without its closing lines."""
    return report.rsplit("\n", 4)[0] if report.count("\n") > 3 else ""


def values(report):
    """keyword -> value of the only record in a report; what is shown without brackets has the value None."""
    text = "\n".join(re.split(r"[Dd]etails\.\n", report)[1].splitlines()[:-3])
    found = {}
    for line in text.splitlines():
        for item in (line[3:40], line[43:]) if line[40:43] == "   " else (line,):
            match = re.fullmatch(r"(\w+)(?:\((.*)\))?", item.strip())
            if match:
                found[match[1]] = None if match[2] is None else match[2].strip()
    return found


def names(report, keyword="CHANNEL"):
    return re.findall(rf"^   {keyword}\(([^)]*)\)", report, re.M)


# Reports of whole sessions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("01-clear-queue-ok-91", ["DEFINE QL(BNC2NTAGN)"]),
        ("04-setup-14-commands-91", []),
        (
            "05-start-channel-one-not-found-91",
            ["DEFINE CHANNEL(CRC01CRD.A.CRC01CMM) CHLTYPE(RCVR)"],
        ),
        ("06-define-channels-with-empty-lines-91", []),
        ("16-refresh-security-exit-93", []),
    ],
)
def test_sessions_as_captured(mqsc_of, transcripts, name, before):
    captured = (transcripts / "runmqsc-commands" / f"{name}.txt").read_text(encoding="utf-8").split("\n\n\n")[-1]
    mqsc = mqsc_of("9.1.0", "CRC01CRD")
    if before:
        assert OK in mqsc(*before)
    lines = re.findall(r"^(?: {5}[ \d]\d| {7}) : ?(.*)$", captured, re.M) or re.findall(r"^ +\d* : (.*)$", captured, re.M)
    assert lines
    assert mqsc(*lines, echo=True).rstrip() == captured.rstrip()


def test_counts_with_and_without_end(mqsc):
    commands = ["* comment", "PING +", "", "QMGR", "DISPLAY QMGR LOGTYPE", "DISPLAY CHANNEL(NIX)"]
    closing = "3 MQSC commands read.\nOne command has a syntax error.\nOne valid MQSC command could not be processed.\n"
    for ending in ([], ["END"], ["exit"], ["Quit", "PING QMGR"]):
        report = mqsc(*commands, *ending)
        assert report.endswith(closing)
        assert mqsc.return_code == 10
    assert mqsc("END").startswith("No MQSC commands read.\n")
    assert mqsc.return_code == 0


def test_syntax_error_executes_nothing_of_its_command_and_the_next_one_runs(mqsc):
    report = mqsc("DEFINE QL(A) USAGE(XMITQ) FOO(1)", "DEFINE QL(B)")
    assert report == (
        "AMQ8405I: Syntax error detected at or near end of command segment below:-\nDEFINE QL(A) USAGE(XMITQ) FOO\n\n"
        "AMQ8006I: IBM MQ queue created.\n"
        f"2 MQSC commands read.\nOne command has a syntax error.\n{OK}\n"
    )
    assert names(mqsc("DISPLAY QLOCAL(A*)"), "QUEUE") == []
    assert names(mqsc("DISPLAY QLOCAL(B)"), "QUEUE") == ["B"]


def test_unknown_verb_lists_the_verbs(mqsc):
    report = mqsc("FOO BAR")
    assert report.startswith(
        "AMQ8405I: Syntax error detected at or near end of command segment below:-\nFOO\n\nAMQ8426I: Valid MQSC commands are:\n"
    )
    assert re.findall(r"^    (\w+)$", report, re.M)[:4] == ["ALTER", "CLEAR", "DEFINE", "DELETE"]


def test_what_is_not_simulated_says_so(mqsc):
    for command, what in [
        ("SET AUTHREC OBJTYPE(QMGR)", "SET AUTHREC"),
        ("DEFINE TOPIC(T)", "DEFINE TOPIC"),
        ("DISPLAY CHLAUTH(*) MATCH(RUNCHECK)", "DISPLAY CHLAUTH MATCH(RUNCHECK)"),
        ("ALTER QMGR KEYRPWD('<QM1>!2!abc!def')", "KEYRPWD with an encrypted password"),
        ("STOP CHANNEL(A) CONNAME('10.0.0.1')", "STOP CHANNEL CONNAME"),
    ]:
        assert answer(mqsc(command)) == f"AMQ9999S: mqsim: not simulated: {what}"
        assert mqsc.return_code == 10


def test_verify_changes_nothing(mqsc):
    report = mqsc(SDR, "ALTER QMGR DESCR('x')", "DEFINE QL(A) NIX(1)", "START CHANNEL(A.TO.B)", verify=True)
    assert report.startswith("AMQ8405I:")
    assert report.endswith(f"4 MQSC commands read.\nOne command has a syntax error.\n{OK}\n")
    assert "A.TO.B" not in mqsc.queue_manager.channels
    assert mqsc.queue_manager.attributes["DESCR"] == ""
    assert mqsc.engine.calls == []


# Objects ----------------------------------------------------------------------------------------------------------------------


def test_names_and_values_fold_unless_quoted(mqsc):
    mqsc("define channel(a.to.b) chltype(rcvr) descr(text)", "define channel('a.to.b') chltype(rcvr) descr('Text')")
    assert names(mqsc("DISPLAY CHANNEL(A.TO.B) DESCR")) == ["A.TO.B"]
    assert values(mqsc("DISPLAY CHANNEL(A.TO.B) DESCR"))["DESCR"] == "TEXT"
    assert values(mqsc("DISPLAY CHANNEL('a.to.b') DESCR"))["DESCR"] == "Text"


def test_define_replace_resets_and_alter_keeps(mqsc):
    mqsc(SDR + " SSLCIPH(ANY_TLS12) DESCR('one')")
    mqsc("ALTER CHANNEL(A.TO.B) CHLTYPE(SDR) SSLPEER('CN=QM2, O=Bank')")
    shown = values(mqsc("DISPLAY CHANNEL(A.TO.B)"))
    assert (shown["SSLCIPH"], shown["DESCR"], shown["SSLPEER"]) == ("ANY_TLS12", "one", "CN=QM2, O=Bank")
    assert answer(mqsc(SDR)) == "AMQ8226E: IBM MQ channel already exists."
    assert mqsc.return_code == 10
    assert answer(mqsc(SDR + " REPLACE DESCR('two')")) == "AMQ8014I: IBM MQ channel created."
    shown = values(mqsc("DISPLAY CHANNEL(A.TO.B)"))
    assert (shown["SSLCIPH"], shown["DESCR"], shown["SSLPEER"]) == ("", "two", "")


def test_blank_values_clear(mqsc):
    mqsc(SDR + " SSLPEER('CN=QM2') SSLCIPH(ANY_TLS12)", "ALTER CHANNEL(A.TO.B) CHLTYPE(SDR) SSLPEER('') SSLCIPH(' ')")
    assert "SSLPEER( )" in mqsc("DISPLAY CHANNEL(A.TO.B) SSLPEER")
    assert "SSLCIPH( )" in mqsc("DISPLAY CHANNEL(A.TO.B) SSLCIPH")


def test_new_objects_take_the_values_of_the_default_object_or_of_like(mqsc):
    mqsc("ALTER CHANNEL(SYSTEM.DEF.SENDER) CHLTYPE(SDR) HBINT(60)", SDR + " DESCR('x')")
    assert values(mqsc("DISPLAY CHANNEL(A.TO.B) HBINT"))["HBINT"] == "60"
    mqsc("DEFINE CHANNEL(C) CHLTYPE(SDR) LIKE(A.TO.B) CONNAME('h')")
    shown = values(mqsc("DISPLAY CHANNEL(C)"))
    assert (shown["DESCR"], shown["CONNAME"], shown["XMITQ"]) == ("x", "h", "B")
    assert answer(mqsc("DEFINE CHANNEL(D) CHLTYPE(RCVR) LIKE(C)")) == "AMQ8147E: IBM MQ object C not found."


def test_alteration_date_moves_only_with_a_change(mqsc, monkeypatch):
    mqsc(SDR, "DEFINE QL(B) USAGE(XMITQ)")
    later = time.mktime((2031, 1, 2, 3, 4, 5, 0, 0, -1))
    monkeypatch.setattr("mqsim.default_objects.time.localtime", lambda: time.struct_time(time.gmtime(later)))
    mqsc("DISPLAY CHANNEL(*) ALL", "ALTER CHANNEL(A.TO.B) CHLTYPE(SDR) FOO(1)", "START CHANNEL(A.TO.B)")
    assert not values(mqsc("DISPLAY CHANNEL(A.TO.B) ALTDATE"))["ALTDATE"].startswith("203")
    mqsc("ALTER CHANNEL(A.TO.B) CHLTYPE(SDR) HBINT(5)", "ALTER QL(B) DESCR('x')", "ALTER QMGR DESCR('x')")
    for show in ("DISPLAY CHANNEL(A.TO.B) ALTDATE", "DISPLAY QL(B) ALTDATE", "DISPLAY QMGR ALTDATE"):
        assert values(mqsc(show))["ALTDATE"].startswith("203")


def test_definitions_survive_a_restart(mqsc):
    mqsc(
        SDR + " SSLCIPH(ANY_TLS12)",
        "DEFINE CHANNEL(CLIENT) CHLTYPE(CLNTCONN) CONNAME('h')",
        "DEFINE QL(B) USAGE(XMITQ) TRIGGER",
        "DEFINE LISTENER(L) TRPTYPE(TCP) PORT(1500)",
        "DEFINE NAMELIST(N) NAMES(A,B)",
        "DEFINE AUTHINFO(O) AUTHTYPE(OCSP) OCSPURL('http://ocsp')",
        "SET CHLAUTH('A*') TYPE(SSLPEERMAP) SSLPEER('CN=x') MCAUSER('u')",
        "ALTER QMGR KEYRPWD('secret') SSLKEYR('/k.p12')",
    )
    shows = [
        "DISPLAY CHANNEL(*) ALL",
        "DISPLAY QUEUE(*) ALL",
        "DISPLAY LISTENER(*) ALL",
        "DISPLAY NAMELIST(*) ALL",
        "DISPLAY AUTHINFO(*) ALL",
    ]
    shows += ["DISPLAY CHLAUTH(*) ALL", "DISPLAY QMGR"]
    before = mqsc(*shows)
    mqsc.restart()
    assert mqsc(*shows) == before
    assert mqsc.queue_manager.key_repository_password() == "secret"


CHANNELS = [
    (
        "DEFINE CHANNEL(X) CHLTYPE(SDR) XMITQ(B)",
        "AMQ8214E: CONNAME parameter required with channel types SDR, RQSTR, CLNTCONN, CLUSSDR and CLUSRCVR.",
    ),
    ("DEFINE CHANNEL(X) CHLTYPE(SDR) CONNAME('h')", "AMQ8213E: XMITQ parameter required with channel types SDR and SVR."),
    ("DEFINE CHANNEL(X) CHLTYPE(SVR) CONNAME('h')", "AMQ8213E: XMITQ parameter required with channel types SDR and SVR."),
    ("ALTER CHANNEL(A.TO.B) CHLTYPE(SDR) XMITQ('')", "AMQ8213E: XMITQ parameter required with channel types SDR and SVR."),
    ("DEFINE CHANNEL(X) CHLTYPE(RCVR) SSLCIPH('NO_SUCH_SPEC')", "AMQ8242E: SSLCIPH definition wrong."),
    ("DEFINE CHANNEL(X) CHLTYPE(RCVR) SSLCIPH(TRIPLE_DES_SHA_US)", "AMQ8242E: SSLCIPH definition wrong."),
    ("ALTER CHANNEL(A.TO.B) CHLTYPE(SDR) SSLCIPH(any_tls13x)", "AMQ8242E: SSLCIPH definition wrong."),
    ("DEFINE CHANNEL(X) CHLTYPE(RCVR) SSLPEER('QM2')", "AMQ8243E: SSLPEER definition wrong."),
    ("DEFINE CHANNEL(X) CHLTYPE(RCVR) SSLPEER('XX=QM2')", "AMQ8243E: SSLPEER definition wrong."),
    ("DEFINE CHANNEL('A B') CHLTYPE(RCVR)", "AMQ8424E: Error detected in a name keyword."),
    ("ALTER CHANNEL(NIX) CHLTYPE(RCVR)", "AMQ8147E: IBM MQ object NIX not found."),
    ("ALTER CHANNEL(A.TO.B) CHLTYPE(RCVR)", "AMQ8147E: IBM MQ object A.TO.B not found."),
    ("DEFINE CHANNEL(A.TO.B) CHLTYPE(RCVR) REPLACE", "AMQ8226E: IBM MQ channel already exists."),
    ("DELETE CHANNEL(NIX)", "AMQ8147E: IBM MQ object NIX not found."),
    ("DISPLAY CHANNEL(NIX)", "AMQ8147E: IBM MQ object NIX not found."),
    ("DISPLAY CHANNEL(NIX*)", "AMQ8147E: IBM MQ object NIX* not found."),
    ("START CHANNEL(NIX)", "AMQ8227E: Channel NIX not found."),
    ("STOP CHANNEL(NIX)", "AMQ8227E: Channel NIX not found."),
    ("PING CHANNEL(NIX)", "AMQ8227E: Channel NIX not found."),
    ("PING CHANNEL(SYSTEM.DEF.RECEIVER)", "AMQ9502E: Type of channel not suitable for action requested."),
    ("RESET CHANNEL(SYSTEM.DEF.SVRCONN)", "AMQ9502E: Type of channel not suitable for action requested."),
    ("START CHANNEL(SYSTEM.DEF.CLNTCONN)", "AMQ8227E: Channel SYSTEM.DEF.CLNTCONN not found."),
    ("DISPLAY CHSTATUS(*)", "AMQ8420I: Channel Status not found."),
    ("DISPLAY CHSTATUS(A.TO.B) ALL", "AMQ8420I: Channel Status not found."),
    ("DISPLAY LSSTATUS(*)", "AMQ8147E: IBM MQ object * not found."),
    ("START LISTENER(NIX)", "AMQ8147E: IBM MQ object NIX not found."),
    ("STOP LISTENER(NIX)", "AMQ8147E: IBM MQ object NIX not found."),
    ("DISPLAY CHLAUTH(NIX)", "AMQ8884E: Channel authentication record not found."),
    ("DEFINE QLOCAL(SYSTEM.DEFAULT.REMOTE.QUEUE) REPLACE", "AMQ8150E: IBM MQ object already exists."),
    ("ALTER QREMOTE(SYSTEM.DEFAULT.LOCAL.QUEUE) DESCR('x')", "AMQ8147E: IBM MQ object SYSTEM.DEFAULT.LOCAL.QUEUE not found."),
    ("DELETE QREMOTE(SYSTEM.DEFAULT.LOCAL.QUEUE)", "AMQ8147E: IBM MQ object SYSTEM.DEFAULT.LOCAL.QUEUE not found."),
    ("CLEAR QLOCAL(NIX)", "AMQ8147E: IBM MQ object NIX not found."),
]


@pytest.mark.parametrize(("command", "expected"), CHANNELS)
def test_valid_commands_that_fail(mqsc, command, expected):
    mqsc(SDR)
    report = mqsc(command)
    assert report == (
        f"{expected}\nOne MQSC command read.\nNo commands have a syntax error.\nOne valid MQSC command could not be processed.\n"
    )
    assert mqsc.return_code == 10


@pytest.mark.parametrize(
    ("command", "segment"),
    [
        ("DEFINE CHANNEL(X)", None),
        ("DEFINE CHANNEL(X) TRPTYPE(TCP) CHLTYPE(RCVR)", "DEFINE CHANNEL(X) TRPTYPE(TCP)"),
        ("DEFINE CHANNEL(X) CHLTYPE(FOO)", None),
        ("DEFINE CHANNEL(X23456789012345678901) CHLTYPE(RCVR)", "DEFINE CHANNEL(X23456789012345678901)"),
        ("DEFINE CHANNEL CHLTYPE(RCVR)", "DEFINE CHANNEL"),
        ("DEFINE CHANNEL(X) CHLTYPE(SDR) SSLCAUTH(REQUIRED) XMITQ(B)", "DEFINE CHANNEL(X) CHLTYPE(SDR) SSLCAUTH"),
        ("ALTER CHANNEL(SYSTEM.DEF.CLUSSDR) CHLTYPE(CLUSSDR) CERTLABL('x')", "ALTER CHANNEL(SYSTEM.DEF.CLUSSDR) CHLTYPE(CLUSSDR) CERTLABL"),
        ("DEFINE CHANNEL(X) CHLTYPE(RCVR) SSLCAUTH(MAYBE)", None),
        ("DEFINE CHANNEL(X) CHLTYPE(RCVR) HBINT(1000000)", None),
        ("DEFINE CHANNEL(X) CHLTYPE(RCVR) HBINT(-1)", None),
        ("DEFINE CHANNEL(X) CHLTYPE(RCVR) ALTDATE('x')", "DEFINE CHANNEL(X) CHLTYPE(RCVR) ALTDATE"),
        (f"DEFINE CHANNEL(X) CHLTYPE(RCVR) CERTLABL('{'x' * 65}')", None),
        (f"DEFINE CHANNEL(X) CHLTYPE(RCVR) SSLPEER('CN={'x' * 1022}')", None),
        ("DEFINE QL(X) TRIGGER(YES)", None),
        ("DEFINE QUEUE(X)", "DEFINE QUEUE"),
        ("DEFINE FOO(X)", "DEFINE FOO"),
        ("DEFINE LISTENER(L) PORT(1414)", None),
        ("ALTER LISTENER(SYSTEM.DEFAULT.LISTENER.TCP) PORT(1414)", None),
        ("DEFINE AUTHINFO(A) OCSPURL('x')", None),
        ("DEFINE AUTHINFO(A) AUTHTYPE(OCSP)", None),
        ("DEFINE AUTHINFO(A) AUTHTYPE(CRLLDAP) OCSPURL('x')", "DEFINE AUTHINFO(A) AUTHTYPE(CRLLDAP) OCSPURL"),
        ("ALTER QMGR QMID('x')", "ALTER QMGR QMID"),
        ("ALTER QMGR SUITEB(NONE,128_BIT)", None),
        ("DISPLAY QMGR LOGTYPE", None),
        ("DISPLAY CHANNEL", None),
        ("DISPLAY CHANNEL(A*B)", None),
        ("DISPLAY CHANNEL(*) WHERE(FOO EQ X)", None),
        ("DISPLAY CHANNEL(*) WHERE(CHLTYPE IS SDR)", None),
        ("DISPLAY CHSTATUS(*) SHORT", None),
        ("SET CHLAUTH('A') USERSRC(MAP) TYPE(SSLPEERMAP)", "SET CHLAUTH('A') USERSRC(MAP)"),
        ("SET CHLAUTH('A') TYPE(ADDRESSMAP) SSLPEER('CN=x')", None),
        ("SET CHLAUTH('A') TYPE(BLOCKADDR) ADDRLIST('10.*')", "SET CHLAUTH('A')"),
        ("REFRESH SECURITY TYPE(FOO)", None),
        ("STOP CHANNEL(A) MODE(SOFT)", None),
        ("RESOLVE CHANNEL(A)", None),
    ],
)
def test_syntax_errors(mqsc, command, segment):
    report = mqsc(command)
    assert report == (
        f"AMQ8405I: Syntax error detected at or near end of command segment below:-\n{segment or command}\n\n"
        f"One MQSC command read.\nOne command has a syntax error.\n{OK}\n"
    )
    assert mqsc.return_code == 10


def test_all_channel_types_can_be_defined_altered_and_deleted(mqsc):
    for channel_type in ("SDR", "SVR", "RCVR", "RQSTR", "SVRCONN", "CLNTCONN", "CLUSSDR", "CLUSRCVR"):
        needs = " CONNAME('h(1)')" if channel_type in ("SDR", "RQSTR", "CLNTCONN", "CLUSSDR") else ""
        needs += " XMITQ(X)" if channel_type in ("SDR", "SVR") else ""
        table = " CHLTABLE(CLNTTBL)" if channel_type == "CLNTCONN" else ""
        report = mqsc(
            f"DEFINE CHANNEL(X) CHLTYPE({channel_type}) SSLCIPH(ANY_TLS12_OR_HIGHER){needs}",
            f"ALTER CHANNEL(X) CHLTYPE({channel_type}) DESCR('changed')",
            "DISPLAY CHANNEL(X) CHLTYPE SSLCIPH DESCR SSLCAUTH",
            f"DELETE CHANNEL(X){table}",
        )
        assert re.findall("^AMQ[0-9]{4}.", report, re.M) == ["AMQ8014I", "AMQ8016I", "AMQ8414I", "AMQ8015I"], report
        assert f"CHLTYPE({channel_type})" in report
        assert "DESCR(changed)" in report
        assert ("SSLCAUTH" in report) == (channel_type not in ("SDR", "CLNTCONN", "CLUSSDR"))
        assert mqsc.return_code == 0


def test_client_channels_have_a_table_of_their_own(mqsc):
    mqsc("DEFINE CHANNEL(X) CHLTYPE(SVRCONN)", "DEFINE CHANNEL(X) CHLTYPE(CLNTCONN) CONNAME('h')")
    assert re.findall(r"CHLTYPE\((\w+)\)", mqsc("DISPLAY CHANNEL(X*)")) == ["SVRCONN", "CLNTCONN"]
    mqsc("DELETE CHANNEL(X)")
    assert re.findall(r"CHLTYPE\((\w+)\)", mqsc("DISPLAY CHANNEL(X*)")) == ["CLNTCONN"]


def test_an_active_channel_is_not_deleted(mqsc):
    mqsc(SDR)
    mqsc.engine.rows = [{"CHANNEL": "A.TO.B", "CHLTYPE": "SDR", "STATUS": "RUNNING"}]
    assert answer(mqsc("DELETE CHANNEL(A.TO.B)")) == "AMQ9514E: Channel 'A.TO.B' is in use."
    mqsc.engine.rows = [{"CHANNEL": "A.TO.B", "CHLTYPE": "SDR", "STATUS": "STOPPED"}]
    assert mqsc.engine.calls == []
    assert answer(mqsc("DELETE CHANNEL(A.TO.B)")) == "AMQ8015I: IBM MQ channel deleted."
    assert mqsc.engine.calls == [("forget", "A.TO.B")]


def test_queues(mqsc):
    mqsc(
        "DEF QL(B) USAGE(XMITQ) TRIGGER TRIGDATA('A.TO.B') INITQ(SYSTEM.CHANNEL.INITQ)",
        "DEF QR(R) RNAME(T) RQMNAME(B) XMITQ(B)",
        "DEF QA(L) TARGET(B)",
    )
    shown = mqsc("DISPLAY QUEUE(B) USAGE TRIGGER TRIGDATA CURDEPTH")
    assert values(shown) == {"QUEUE": "B", "TYPE": "QLOCAL", "CURDEPTH": "0", "TRIGDATA": "A.TO.B", "TRIGGER": None, "USAGE": "XMITQ"}
    mqsc("ALTER QL(B) NOTRIGGER")
    assert "   NOTRIGGER" in mqsc("DISPLAY QLOCAL(B) TRIGGER")
    assert values(mqsc("DISPLAY QREMOTE(R) RNAME RQMNAME XMITQ"))["RNAME"] == "T"
    assert values(mqsc("DISPLAY QALIAS(L) TARGET"))["TARGET"] == "B"
    assert names(mqsc("DISPLAY QUEUE(*) TYPE(QREMOTE)"), "QUEUE") == ["R", "SYSTEM.DEFAULT.REMOTE.QUEUE"]
    mqsc.queue_manager.put("B", b"message")
    assert values(mqsc("DISPLAY QL(B) CURDEPTH"))["CURDEPTH"] == "1"
    assert values(mqsc("DISPLAY QSTATUS(B) CURDEPTH"))["CURDEPTH"] == "1"
    assert answer(mqsc("ALTER QL(B) USAGE(NORMAL)")) == "AMQ8143E: IBM MQ queue not empty."
    assert answer(mqsc("DELETE QL(B)")) == "AMQ8143E: IBM MQ queue not empty."
    assert answer(mqsc("CLEAR QL(B)")) == "AMQ8022I: IBM MQ queue cleared."
    assert answer(mqsc("DELETE QL(B)")) == "AMQ8007I: IBM MQ queue deleted."
    assert mqsc.return_code == 0


def test_listeners(mqsc):
    assert answer(mqsc("DEFINE LISTENER(L) TRPTYPE(TCP) PORT(1500) CONTROL(QMGR)")) == "AMQ8626I: IBM MQ listener created."
    assert answer(mqsc("ALTER LSTR(L) TRPTYPE(TCP) PORT(1501)")) == "AMQ8623I: IBM MQ listener changed."
    shown = values(mqsc("DISPLAY LISTENER(L)"))
    assert list(shown)[:5] == ["LISTENER", "CONTROL", "TRPTYPE", "PORT", "IPADDR"]
    assert (shown["PORT"], shown["CONTROL"]) == ("1501", "QMGR")
    assert answer(mqsc("DEFINE LISTENER(L) TRPTYPE(TCP)")) == "AMQ8150E: IBM MQ object already exists."
    assert answer(mqsc("DELETE LISTENER(L)")) == "AMQ8624I: IBM MQ listener deleted."


def test_namelist_over_several_lines(mqsc):
    mqsc("DEFINE NAMELIST(N) NAMES(A,'b',C)")
    assert "   NAMCOUNT(3)" in mqsc("DISPLAY NAMELIST(N)")
    assert "   NAMES(A\n        ,b\n        ,C)\n" in mqsc("DISPLAY NAMELIST(N)")


def test_auth_info_password_is_masked(mqsc):
    mqsc("DEFINE AUTHINFO(L) AUTHTYPE(CRLLDAP) CONNAME('h(389)') LDAPUSER('u') LDAPPWD('secret')")
    assert values(mqsc("DISPLAY AUTHINFO(L)"))["LDAPPWD"] == "********"
    assert "LDAPPWD( )" in mqsc("DISPLAY AUTHINFO(SYSTEM.DEFAULT.AUTHINFO.CRLLDAP)")


# The queue manager --------------------------------------------------------------------------------------------------------------


def test_queue_manager_defaults(mqsc):
    shown = values(mqsc("DISPLAY QMGR SSLKEYR CERTLABL CMDLEVEL VERSION KEYRPWD CHLAUTH"))
    directory = mqsc.queue_manager.directory
    assert shown == {
        "QMNAME": "QM1",
        "CERTLABL": "ibmwebspheremqqm1",
        "CHLAUTH": "ENABLED",
        "CMDLEVEL": "942",
        "KEYRPWD": "",
        "SSLKEYR": f"{directory}/ssl/key",
        "VERSION": "09040200",
    }
    assert mqsc("DISPLAY QMGR") == mqsc("DISPLAY QMGR ALL")


def test_key_repository_password_is_masked_and_kept_in_clear_for_the_channels(mqsc):
    report = mqsc("ALTER QMGR KEYRPWD('it''s secret') INITKEY('k')", "DISPLAY QMGR KEYRPWD INITKEY")
    assert "KEYRPWD(********)" in report
    assert "INITKEY(********)" in report
    assert mqsc.queue_manager.key_repository_password() == "it's secret"
    definitions = mqsc.queue_manager.private_directory / "definitions.json"
    assert definitions.stat().st_mode & 0o777 == 0o600
    assert "KEYRPWD( )" in mqsc("ALTER QMGR KEYRPWD('')", "DISPLAY QMGR KEYRPWD")
    assert mqsc.queue_manager.key_repository_password() is None


@pytest.mark.parametrize(
    ("version", "command", "known"),
    [
        ("9.2.5", "ALTER QMGR KEYRPWD('x')", False),
        ("9.2.5", "DISPLAY QMGR INITKEY", False),
        ("9.3.0", "ALTER QMGR KEYRPWD('x')", True),
        ("9.3.0", "DISPLAY QMGR INITKEY", True),
        ("9.1.3", "DEFINE CHANNEL(X) CHLTYPE(RCVR) SSLCIPH(ANY_TLS13)", False),
        ("9.2.0", "DEFINE CHANNEL(X) CHLTYPE(RCVR) SSLCIPH(ANY_TLS13)", True),
        ("9.2.0", "DISPLAY QLOCAL(*) STREAMQ", False),
        ("9.4.2", "DISPLAY QLOCAL(*) STREAMQ", True),
    ],
)
def test_levels(mqsc_of, version, command, known):
    mqsc = mqsc_of(version)
    mqsc(command)
    assert (mqsc.return_code == 0) == known


def test_level_92_shows_no_key_repository_password(mqsc_of):
    report = mqsc_of("9.2.5")("DISPLAY QMGR ALL")
    assert "CMDLEVEL(925)" in report
    assert "KEYRPWD" not in report
    assert "INITKEY" not in report


def test_refresh_security(mqsc):
    for command in ("REFRESH SECURITY(*) TYPE(SSL)", "REF SEC TYPE(SSL)"):
        assert answer(mqsc(command)) == "AMQ8560I: IBM MQ security cache refreshed."
    assert mqsc.engine.calls == [("refresh_security",)] * 2
    for command in ("REFRESH SECURITY", "REFRESH SECURITY TYPE(CONNAUTH)"):
        assert answer(mqsc(command)) == "AMQ8560I: IBM MQ security cache refreshed."
    assert len(mqsc.engine.calls) == 2
    mqsc.engine.refusal = Refused("AMQ9710E", "SSL security refresh failed.")
    assert answer(mqsc("REFRESH SECURITY TYPE(SSL)")) == "AMQ9710E: SSL security refresh failed."
    assert mqsc.return_code == 10


def test_refreshes_that_are_to_be_busy(mqsc):
    switch = Path(mqsc.machine.data_path) / "mqsim.busy"
    switch.write_text("2\n")
    assert answer(mqsc("REFRESH SECURITY TYPE(CONNAUTH)")) == "AMQ8560I: IBM MQ security cache refreshed."
    for _attempt in range(2):
        assert answer(mqsc("REFRESH SECURITY TYPE(SSL)")) == "AMQ9710E: SSL security refresh failed."
        assert mqsc.return_code == 10
    assert not switch.exists()
    assert mqsc.engine.calls == []
    assert answer(mqsc("REFRESH SECURITY TYPE(SSL)")) == "AMQ8560I: IBM MQ security cache refreshed."
    assert mqsc.engine.calls == [("refresh_security",)]


# DISPLAY ------------------------------------------------------------------------------------------------------------------------


def test_generic_names_filters_and_where(mqsc):
    mqsc(SDR + " SSLCIPH(ANY_TLS12)", "DEFINE CHANNEL(A.X) CHLTYPE(RCVR) BATCHSZ(20)", "DEFINE CHANNEL(B) CHLTYPE(RCVR)")
    assert names(mqsc("DISPLAY CHANNEL(A*)")) == ["A.TO.B", "A.X"]
    assert "BATCHSZ" not in mqsc("DISPLAY CHANNEL(A*)")
    assert "BATCHSZ(20)" in mqsc("DISPLAY CHANNEL(A*) ALL")
    assert names(mqsc("DISPLAY CHANNEL(A*) TYPE(RCVR)")) == ["A.X"]
    assert names(mqsc("DISPLAY CHANNEL(A*) CHLTYPE(SDR) SSLCIPH")) == ["A.TO.B"]
    assert names(mqsc("DISPLAY CHANNEL(*) WHERE(SSLCIPH EQ ANY_TLS12)")) == ["A.TO.B"]
    assert names(mqsc("DISPLAY CHANNEL(*) WHERE(SSLCIPH NE ' ')")) == ["A.TO.B"]
    assert names(mqsc("DISPLAY CHANNEL(*) WHERE(BATCHSZ LT 50)")) == ["A.X"]
    assert names(mqsc("DISPLAY CHANNEL(*) WHERE(CONNAME LK '10.*')")) == ["A.TO.B"]


def test_requested_attributes_come_in_the_order_of_the_record(mqsc):
    mqsc(SDR)
    report = mqsc("DIS CHL(A.TO.B) XMITQ SSLCIPH CONNAME")
    assert list(values(report)) == ["CHANNEL", "CHLTYPE", "CONNAME", "SSLCIPH", "XMITQ"]


STATUS = {
    "CHANNEL": "QM1.TO.QM2",
    "CHLTYPE": "SDR",
    "BATCHES": "0",
    "CONNAME": "10.241.0.4(1414)",
    "CURRENT": "",
    "RQMNAME": "QM2",
    "SECPROT": "TLSV12",
    "SSLCERTI": "CN=QM2,OU=SSL For MQ,O=IBM,ST=MA,C=US",
    "SSLCIPH": "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "SSLPEER": "SERIALNUMBER=5E:C8:76:52:DA:81:96:5B,CN=QM2,OU=SSL For MQ,O=IBM,ST=MA,C=US",
    "STATUS": "RUNNING",
    "SUBSTATE": "MQGET",
    "XMITQ": "QM2",
}


def test_channel_status_as_captured(mqsc, transcripts):
    mqsc.engine.rows = [STATUS]
    captured = (transcripts / "runmqsc-display-chstatus" / "01-sdr-sslpeer-925.txt").read_text(encoding="utf-8")
    report = answer(mqsc("DISPLAY CHS(QM1.TO.QM2) SSLPEER SSLCERTI"))
    assert [line.rstrip() for line in report.splitlines()] == [line.rstrip() for line in captured.splitlines()[3:]]


def test_channel_status_selections(mqsc_of):
    mqsc = mqsc_of()
    mqsc.engine.rows = [STATUS, {**STATUS, "CHANNEL": "B", "CONNAME": "h", "STATUS": "RETRYING"}]
    assert list(values(mqsc("DIS CHS(QM1.TO.QM2)"))) == [
        "CHANNEL",
        "CHLTYPE",
        "CONNAME",
        "CURRENT",
        "RQMNAME",
        "STATUS",
        "SUBSTATE",
        "XMITQ",
    ]
    assert "SSLCIPH(" in mqsc("DIS CHS(QM1.TO.QM2) ALL")
    assert names(mqsc("DIS CHS(*) WHERE(STATUS EQ RETRYING)")) == ["B"]
    assert names(mqsc("DIS CHS(*) CONNAME('h') CURRENT")) == ["B"]
    mqsc.engine.saved = [{"CHANNEL": "C", "CHLTYPE": "RCVR", "CONNAME": "h", "SAVED": "", "LSTSEQNO": "7"}]
    assert values(mqsc("DIS CHS(*) SAVED LSTSEQNO")) == {"CHANNEL": "C", "CHLTYPE": "RCVR", "CONNAME": "h", "SAVED": None, "LSTSEQNO": "7"}
    old = mqsc_of("9.1.0")
    old.engine.rows = [STATUS]
    assert "SSLCIPH" not in old("DIS CHS(*) ALL")
    assert "AMQ8405I" in old("DIS CHS(*) SSLCIPH")


def test_listener_status(mqsc):
    mqsc.engine.listeners = [{"LISTENER": "L", "STATUS": "RUNNING", "PID": "1", "PORT": "1414", "IPADDR": "*"}]
    assert list(values(mqsc("DIS LSSTATUS(L)"))) == ["LISTENER", "STATUS", "PID"]
    assert list(values(mqsc("DIS LSSTATUS(*) ALL"))) == ["LISTENER", "STATUS", "PID", "IPADDR", "PORT"]
    assert answer(mqsc("DIS LSSTATUS(M)")) == "AMQ8147E: IBM MQ object M not found."


def test_queue_manager_status(mqsc):
    shown = values(mqsc("DISPLAY QMSTATUS"))
    assert (shown["QMNAME"], shown["STATUS"], shown["INSTNAME"]) == ("QM1", "RUNNING", "Installation1")


# Commands to channels and listeners -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "call", "expected"),
    [
        ("START CHANNEL(A.TO.B)", ("start_channel", "A.TO.B"), "AMQ8018I: Start IBM MQ channel accepted."),
        ("STA CHL(A.TO.B)", ("start_channel", "A.TO.B"), "AMQ8018I: Start IBM MQ channel accepted."),
        ("STOP CHANNEL(A.TO.B)", ("stop_channel", "A.TO.B", "QUIESCE", "STOPPED"), "AMQ8019I: Stop IBM MQ channel accepted."),
        (
            "STOP CHANNEL(A.TO.B) MODE(FORCE) STATUS(INACTIVE)",
            ("stop_channel", "A.TO.B", "FORCE", "INACTIVE"),
            "AMQ8019I: Stop IBM MQ channel accepted.",
        ),
        ("PING CHANNEL(A.TO.B)", ("ping_channel", "A.TO.B"), "AMQ8020I: Ping IBM MQ channel complete."),
        ("RESET CHANNEL(A.TO.B)", ("reset_channel", "A.TO.B", 1), "AMQ8023I: IBM MQ channel reset."),
        ("RESET CHANNEL(A.TO.B) SEQNUM(7)", ("reset_channel", "A.TO.B", 7), "AMQ8023I: IBM MQ channel reset."),
        (
            "START LISTENER(SYSTEM.DEFAULT.LISTENER.TCP)",
            ("start_listener", "SYSTEM.DEFAULT.LISTENER.TCP"),
            "AMQ8021I: Request to start IBM MQ listener accepted.",
        ),
        (
            "STOP LISTENER(SYSTEM.DEFAULT.LISTENER.TCP)",
            ("stop_listener", "SYSTEM.DEFAULT.LISTENER.TCP"),
            "AMQ8706I: Request to stop IBM MQ Listener accepted.",
        ),
    ],
)
def test_requests_to_the_channel_engine(mqsc, command, call, expected):
    mqsc(SDR)
    assert answer(mqsc(command)) == expected
    assert mqsc.engine.calls == [call]
    assert mqsc.return_code == 0


def test_resolve_and_ping_queue_manager(mqsc):
    mqsc(SDR)
    assert answer(mqsc("RESOLVE CHANNEL(A.TO.B) ACTION(COMMIT)")) == "AMQ8025I: IBM MQ channel resolved."
    assert answer(mqsc("PING QMGR")) == "AMQ8415I: Ping IBM MQ Queue Manager command complete."


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("START CHANNEL(A.TO.B)", Refused("AMQ9514E", "Channel 'A.TO.B' is in use.")),
        ("STOP CHANNEL(A.TO.B)", Refused("AMQ9533W", "Channel 'A.TO.B' is not currently active.")),
        ("STOP LISTENER(SYSTEM.DEFAULT.LISTENER.TCP)", Refused("AMQ8731E", "Listener not active.")),
    ],
)
def test_ignstate(mqsc, command, refusal):
    mqsc(SDR)
    mqsc.engine.refusal = refusal
    assert answer(mqsc(command)) == f"{refusal.message_id}: {refusal.text}"
    assert mqsc.return_code == 10
    mqsc.engine.refusal = refusal
    assert "accepted" in mqsc(f"{command} IGNSTATE(YES)")
    assert mqsc.return_code == 0


# Channel authentication -------------------------------------------------------------------------------------------------------------


def rules(mqsc, profile="TO.*"):
    report = mqsc(f"DISPLAY CHLAUTH('{profile}') ALL")
    return report.count("AMQ8878I")


def test_rules_of_a_new_queue_manager(mqsc):
    report = mqsc("DISPLAY CHLAUTH(*) ALL")
    assert names(report, "CHLAUTH") == ["SYSTEM.ADMIN.SVRCONN", "SYSTEM.*", "*"]
    assert "   USERLIST(*MQADMIN)                      WARN(NO)\n" in report


def test_peer_map_rules(mqsc):
    add = "SET CHLAUTH('TO.*') TYPE(SSLPEERMAP) SSLPEER('CN=QM1, O=Bank') USERSRC(MAP) MCAUSER('u')"
    assert answer(mqsc(add)) == "AMQ8877I: IBM MQ channel authentication record set."
    assert values(mqsc("DISPLAY CHLAUTH('TO.*')"))["SSLPEER"] == "CN=QM1, O=Bank"
    assert answer(mqsc(add)) == "AMQ8883E: Channel authentication record already exists."
    mqsc(add.replace("CN=QM1", "CN=QM3"), add + " ACTION(REPLACE) DESCR('new')")
    assert rules(mqsc) == 2
    assert "DESCR(new)" in mqsc("DISPLAY CHLAUTH('TO.*') SSLPEER('CN=QM1, O=Bank')")
    remove = "SET CHLAUTH('TO.*') TYPE(SSLPEERMAP) SSLPEER('CN=QM1, O=Bank') ACTION(REMOVE)"
    assert answer(mqsc(remove)) == "AMQ8877I: IBM MQ channel authentication record set."
    assert rules(mqsc) == 1
    assert answer(mqsc(remove)) == "AMQ8884E: Channel authentication record not found."
    mqsc("SET CHLAUTH('TO.*') TYPE(SSLPEERMAP) ACTION(REMOVEALL)")
    assert "AMQ8884E" in mqsc("DISPLAY CHLAUTH('TO.*')")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            "SET CHLAUTH('A') TYPE(SSLPEERMAP) USERSRC(CHANNEL)",
            "AMQ8876E: Parameter SSLPEER is required for this channel authentication record type.",
        ),
        (
            "SET CHLAUTH('A') TYPE(ADDRESSMAP) ADDRESS('*')",
            "AMQ8876E: Parameter MCAUSER is required for this channel authentication record type.",
        ),
        ("SET CHLAUTH('A') TYPE(SSLPEERMAP) SSLPEER('nonsense') USERSRC(CHANNEL)", "AMQ8243E: SSLPEER definition wrong."),
    ],
)
def test_rules_that_are_refused(mqsc, command, expected):
    assert answer(mqsc(command)) == expected


def test_block_lists_grow_and_shrink(mqsc):
    mqsc("SET CHLAUTH('C') TYPE(BLOCKUSER) USERLIST('a')", "SET CHLAUTH('C') TYPE(BLOCKUSER) USERLIST('b','c') ACTION(ADD)")
    assert "   USERLIST(a\n        ,b\n        ,c)\n" in mqsc("DISPLAY CHLAUTH(C)")
    mqsc("SET CHLAUTH('C') TYPE(BLOCKUSER) USERLIST('a','c') ACTION(REMOVE)")
    assert "   USERLIST(b)" in mqsc("DISPLAY CHLAUTH(C)")
    mqsc("SET CHLAUTH('C') TYPE(BLOCKUSER) USERLIST('d') ACTION(REPLACE)")
    assert "   USERLIST(d)" in mqsc("DISPLAY CHLAUTH(C)")
    mqsc("SET CHLAUTH('C') TYPE(BLOCKUSER) USERLIST('d') ACTION(REMOVE)")
    assert "AMQ8884E" in mqsc("DISPLAY CHLAUTH(C)")
