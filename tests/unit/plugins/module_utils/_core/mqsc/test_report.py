# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc import report
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.report import Summary, parse
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import balanced_values, imitating_records, printable, records, render_record

BANNER = "5724-H72 (C) Copyright IBM Corp. 1994, 2024.\nStarting MQSC for queue manager QM1.\n\n\n"


def one_record(*lines, heading="AMQ8414I: Display Channel details."):
    (record,) = parse("\n".join([heading, *lines])).records
    return record


# Layout of records


@given(st.lists(records(balanced_values()), min_size=1, max_size=3))
def test_records_in_the_documented_layout_are_read_back(displayed):
    text = "\n".join(f"AMQ8414I: Display Channel details.\n{render_record(record)}" for record in displayed)
    assert list(parse(text).records) == displayed


@given(records(printable))
@settings(max_examples=300)
def test_lone_brackets_do_no_harm(record):
    assert one_record(*render_record(record).split("\n")) == record


@given(imitating_records())
@settings(max_examples=300)
def test_a_value_that_imitates_items_is_read_back_as_itself(record):
    lines = render_record(record).split("\n")
    # Left out: a long value that is printed as two items are, byte for byte.
    alone = {f"   {keyword}({value})" for keyword, value in record.items()}
    assume(not any(line in alone and re.match(r".{40}   [A-Z]", line) for line in lines))
    assert one_record(*lines) == record


@given(printable.map(lambda value: value[:30]), printable.map(lambda value: value[:30]))
def test_where_two_columns_are_filled_any_value_is_read_back(first, second):
    record = {"DESCR": first, "USERID": second}
    assert one_record(render_record(record)) == {key: value.strip() for key, value in record.items()}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("   DESCR(smile :( )                        HBINT(300)", {"DESCR": "smile :(", "HBINT": "300"}),
        ("   DESCR(smile :) )                        HBINT(300)", {"DESCR": "smile :)", "HBINT": "300"}),
        ("   DESCR(open :()                          USERID(close :))", {"DESCR": "open :(", "USERID": "close :)"}),
        (
            "   DESCR(a long text with a lone ( bracket, alone on its line)",
            {"DESCR": "a long text with a lone ( bracket, alone on its line"},
        ),
        (
            "   DESCR(a long text with a lone ) bracket, alone on its line)",
            {"DESCR": "a long text with a lone ) bracket, alone on its line"},
        ),
        ("   DESCR(ends with one))                   HBINT(300)", {"DESCR": "ends with one)", "HBINT": "300"}),
        ("   LISTENER(SYSTEM.DEFAULT.LISTENER.TCP)   CONTROL(MANUAL)", {"LISTENER": "SYSTEM.DEFAULT.LISTENER.TCP", "CONTROL": "MANUAL"}),
        ("   CHANNEL(A)                               CHLTYPE(SDR)", {"CHANNEL": "A", "CHLTYPE": "SDR"}),
        ("   CHANNEL(A) CHLTYPE(SDR)", {"CHANNEL": "A", "CHLTYPE": "SDR"}),
        ("   CHANNEL(A)\t\t\t\tCHLTYPE(SDR)", {"CHANNEL": "A", "CHLTYPE": "SDR"}),
        ("   SYNCPT                                  TREELIFE(1800)", {"SYNCPT": True, "TREELIFE": "1800"}),
        ("   QTIME(999999999, 999999999)             UNCOM(NO)", {"QTIME": "999999999, 999999999", "UNCOM": "NO"}),
        ("   LOCLADDR(::ffff:172.17.1.212(1414))     CURRENT", {"LOCLADDR": "::ffff:172.17.1.212(1414)", "CURRENT": True}),
        ("   CONNAME(h(1),i(2))                      DESCR( )   ", {"CONNAME": "h(1),i(2)", "DESCR": ""}),
        (
            "   STARTCMD(C:\\Program Files (x86)\\IBM\\MQ\\bin64\\runmqlsr.exe)",
            {"STARTCMD": "C:\\Program Files (x86)\\IBM\\MQ\\bin64\\runmqlsr.exe"},
        ),
    ],
)
def test_lines_of_a_record(line, expected):
    assert one_record(line) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["   DESCR(x') CHANNEL('Y)"], {"DESCR": "x') CHANNEL('Y"}),
        (["   DESCR(x')   MCAUSER('mqm)               HBINT(300)"], {"DESCR": "x')   MCAUSER('mqm", "HBINT": "300"}),
        (["   HBINT(300)                              DESCR(x') MCAUSER('mqm)"], {"HBINT": "300", "DESCR": "x') MCAUSER('mqm"}),
        (["   DESCR(x) CURRENT (y)"], {"DESCR": "x) CURRENT (y"}),
        # a masked name moves the column of its line
        (
            ["   CONNAME(***)          CONVERT(NO)", "   A(1)                                    B(2)"],
            {"CONNAME": "***", "CONVERT": "NO", "A": "1", "B": "2"},
        ),
        # a text without columns
        (["   CHANNEL(A) CHLTYPE(SDR)", "   DESCR(x) HBINT(300)"], {"CHANNEL": "A", "CHLTYPE": "SDR", "DESCR": "x", "HBINT": "300"}),
        (
            ["   CHANNEL(A)          CHLTYPE(SDR)", "   DESCR(x)            HBINT(300)"],
            {"CHANNEL": "A", "CHLTYPE": "SDR", "DESCR": "x", "HBINT": "300"},
        ),
    ],
)
def test_where_a_second_item_begins(lines, expected):
    assert one_record(*lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["   NAMES(SYSTEM.A", "        ,SYSTEM.B", "        ,C)", "   DESCR( )"], {"NAMES": "SYSTEM.A,SYSTEM.B,C", "DESCR": ""}),
        (["   NAMCOUNT(2)                             NAMES(A", "        ,B)"], {"NAMCOUNT": "2", "NAMES": "A,B"}),
        (["   DESCR(lone ( one)                       NAMES(A", "        ,B)"], {"DESCR": "lone ( one", "NAMES": "A,B"}),
        (["   SSLPEER(CN=A,OU=a very", " long one)", "   TRPTYPE(TCP)"], {"SSLPEER": "CN=A,OU=a very long one", "TRPTYPE": "TCP"}),
        (["   DESCR(never closed (", "   TRPTYPE(TCP)"], {"DESCR": "never closed (", "TRPTYPE": "TCP"}),
    ],
)
def test_items_over_several_lines(lines, expected):
    assert one_record(*lines) == expected


def test_handles_of_one_connection_are_objects_of_their_own():
    text = """\
AMQ8276I: Display Connection details.
   CONN(577C425321295301)
   EXTCONN(414D5143514D20202020202020202020)
   TYPE(HANDLE)

   OBJNAME(QUEUE.A)                        OBJTYPE(QUEUE)
   ASTATE(NONE)                            HSTATE(INACTIVE)

   OBJNAME(QUEUE.B)                        OBJTYPE(QUEUE)
   ASTATE(ACTIVE)                          HSTATE(ACTIVE)
One MQSC command read.
"""
    first, second = parse(text).records
    assert (first["CONN"], first["OBJNAME"], first["ASTATE"]) == ("577C425321295301", "QUEUE.A", "NONE")
    assert second == {"OBJNAME": "QUEUE.B", "OBJTYPE": "QUEUE", "ASTATE": "ACTIVE", "HSTATE": "ACTIVE"}


def test_a_record_whose_indent_was_lost():
    text = """\
AMQ8417: Display Channel Status details.
CHANNEL(A.TO.B) CHLTYPE(SDR)
CONNAME(h(1414)) CURRENT

QMNAME(QM1)   STATUS(Running)
"""
    assert parse(text).records == ({"CHANNEL": "A.TO.B", "CHLTYPE": "SDR", "CONNAME": "h(1414)", "CURRENT": True},)


def test_authority_records():
    assert one_record(
        "   PROFILE(self)                           ENTITY(mqm)",
        "   ENTTYPE(GROUP)                          OBJTYPE(QMGR)",
        "   AUTHLIST(ALTUSR,CHG,CONNECT,CRT,DLT,DSP,INQ,SET,SETALL,SETID,",
        "            CTRL,SYSTEM)",
        heading="AMQ8864I: Display authority record details.",
    ) == {
        "PROFILE": "self",
        "ENTITY": "mqm",
        "ENTTYPE": "GROUP",
        "OBJTYPE": "QMGR",
        "AUTHLIST": "ALTUSR,CHG,CONNECT,CRT,DLT,DSP,INQ,SET,SETALL,SETID,CTRL,SYSTEM",
    }


# Everything around the records


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        ("No MQSC commands read.\nNo commands have a syntax error.\nAll valid MQSC commands were processed.", Summary(0, 0, 0)),
        ("One MQSC command read.\nOne command has a syntax error.\nAll valid MQSC commands were processed.", Summary(1, 1, 0)),
        ("12 MQSC commands read.\n2 commands have a syntax error.\n3 valid MQSC commands could not be processed.", Summary(12, 2, 3)),
        ("2 MQSC commands read.\nNo commands have a syntax error.\nOne valid MQSC command could not be processed.", Summary(2, 0, 1)),
        ("One MQSC command read.", Summary(1, None, None)),
        ("No commands have a syntax error.\nAll valid MQSC commands were processed.", Summary(None, 0, 0)),
        ("", None),
        (
            "Se han leído 2 mandatos MQSC.\nUn mandato tiene un error de sintaxis.\nSe han procesado todos los mandatos MQSC válidos.",
            Summary(2, 1, 0),
        ),
        (
            "Une commande MQSC lue.\nAucune commande ne comporte d'erreur de syntaxe.\nToutes les commandes MQSC valides ont été traitées.",
            Summary(1, 0, 0),
        ),
        (
            "Ein MQSC-Befehl gelesen.\nKein Befehl hat einen Syntaxfehler.\nEin gültiger MQSC-Befehl konnte nicht verarbeitet werden.",
            Summary(1, 0, 1),
        ),
        ("已读取一条 MQSC 命令。\n没有命令存在语法错误。\n已处理所有有效的 MQSC 命令。", Summary(1, 0, 0)),
    ],
)
def test_closing_lines(closing, expected):
    assert parse(f"{BANNER}     1 : ALTER QMGR DESCR('')\nAMQ8005I: IBM MQ queue manager changed.\n{closing}\n").summary == expected


def test_syntax_errors_give_no_records():
    text = f"""{BANNER}     1 : DISPLAY QMGR LOGTYPE
AMQ8405I: Syntax error detected at or near end of command segment below:-
DISPLAY QMGR LOGTYPE

     2 : FOO CHANNEL(A)
AMQ8405I: Syntax error detected at or near end of command segment below:-
FOO
AMQ8426I: Valid MQSC commands are:
    ALTER
    CLEAR
    DISPLAY
     3 : DISPLAY QMGR CERTLABL
AMQ8408I: Display Queue Manager details.
   QMNAME(QM1)                             CERTLABL(ibmwebspheremqqm1)
3 MQSC commands read.
2 commands have a syntax error.
All valid MQSC commands were processed.
"""
    report = parse(text)
    assert report.messages == ("AMQ8405I", "AMQ8405I", "AMQ8426I", "AMQ8408I")
    assert report.records == ({"QMNAME": "QM1", "CERTLABL": "ibmwebspheremqqm1"},)
    assert report.summary == Summary(3, 2, 0)
    assert [bool(answer.error) for answer in report.answers] == [True, True, False]


def test_a_terminal_with_prompts_typed_lines_and_another_program():
    text = f"""[mqm@host ~]$ runmqsc QM1
{BANNER}   DISPLAY CHANNEL(A.TO.B) CHLTYPE
     1 : DISPLAY CHANNEL(A.TO.B) CHLTYPE
AMQ8414I: Display Channel details.
   CHANNEL(A.TO.B)                         CHLTYPE(SDR)

   STA CHL(A.TO.B)

     2 : STA CHL(A.TO.B)
AMQ8018I: Start IBM MQ channel accepted.
     3 : DISPLAY CHANNEL(B.TO.A) CHLTYPE
AMQ8414I: Display Channel details.
   CHANNEL(B.TO.A)                         CHLTYPE(RCVR)
[mqm@host ~]$ dspmq -x
QMNAME(QM1)                                               STATUS(Running)
    INSTANCE(host) MODE(Active)
"""
    assert parse(text).records == ({"CHANNEL": "A.TO.B", "CHLTYPE": "SDR"}, {"CHANNEL": "B.TO.A", "CHLTYPE": "RCVR"})


def test_a_terminal_without_echo():
    text = """\
AMQ8414I: Display Channel details.
   CHANNEL(A.TO.B)                         CHLTYPE(SDR)
   DISPLAY CHANNEL(B.TO.A)
AMQ8414I: Display Channel details.
   CHANNEL(B.TO.A)                         CHLTYPE(RCVR)
"""
    assert parse(text).records == ({"CHANNEL": "A.TO.B", "CHLTYPE": "SDR"}, {"CHANNEL": "B.TO.A", "CHLTYPE": "RCVR"})


def test_an_mqprompt_before_echoes_and_messages():
    text = """QM1>     1 : DISPLAY QMGR CCSID
QM1> AMQ8408I: Display Queue Manager details.
   QMNAME(QM1)                             CCSID(1208)
"""
    report = parse(text)
    assert (report.messages, report.records) == (("AMQ8408I",), ({"QMNAME": "QM1", "CCSID": "1208"},))


def test_messages_in_echoed_comments_do_not_count():
    text = f"""{BANNER}       : * AMQ8414I: not a message
     1 : ALTER QMGR +
       :  DESCR('AMQ8405I: no')
AMQ8005I: IBM MQ queue manager changed.
"""
    report = parse(text)
    assert report.messages == ("AMQ8005I",)
    assert [answer.command for answer in report.answers] == ["ALTER QMGR DESCR('AMQ8405I: no')"]


def test_several_runs_and_what_stands_between_them():
    run = f"{BANNER}     1 : DISPLAY QMGR CCSID\nAMQ8408I: Display Queue Manager details.\n   QMNAME(QM1)          CCSID(1208)\n"
    closing = "One MQSC command read.\nNo commands have a syntax error.\nAll valid MQSC commands were processed.\n"
    report = parse(f"{run}{closing}[mqm@host ~]$ runmqsc QM1\n{run}{closing}[mqm@host ~]$ exit\n")
    assert [bool(part.summary) for part in report.runs] == [True, True]
    assert (len(report.records), report.summary) == (2, None)
    without_banners = (run + closing).replace(BANNER, "")
    assert len(parse(without_banners * 3).runs) == 3
    assert len(parse(run + run).runs) == 2


@pytest.mark.parametrize(
    "text", ["", "\n", "\r\n", "\ufeff", "nothing of MQ\n   CHANNEL(A)\n", "AMQ8414I:", "   ", "AMQ8414I: \n   CHANNEL("]
)
def test_texts_without_records(text):
    report = parse(text)
    assert report.summary is None
    assert all(record == {"CHANNEL": ""} for record in report.records)


@given(st.text(st.sampled_from("AMQ8414I: \n()C1\t\r,SDR"), max_size=200))
def test_no_text_makes_it_fail(text):
    parse(text)


# Answers to a script


def test_each_command_has_its_own_answer():
    text = f"""{BANNER}     1 : ALTER QMGR CERTLABL('label')
AMQ8005I: IBM MQ queue manager changed.
     2 : DISPLAY CHSTATUS('NONE')
AMQ8420I: Channel Status not found.
     3 : DISPLAY CHANNEL('*') +
       :   CHLTYPE
AMQ8414I: Display Channel details.
   CHANNEL(A)                              CHLTYPE(SDR)
AMQ8414I: Display Channel details.
   CHANNEL(B)                              CHLTYPE(RCVR)
     4 : ALTER CHANNEL('A') CHLTYPE(SDR) SSLCIPH('X')
AMQ8242E: SSLCIPH definition wrong.
     5 : END
4 MQSC commands read.
No commands have a syntax error.
2 valid MQSC commands could not be processed.
"""
    answers = parse(text).answers
    assert [answer.number for answer in answers] == [1, 2, 3, 4]
    assert [answer.messages for answer in answers] == [("AMQ8005I",), ("AMQ8420I",), ("AMQ8414I", "AMQ8414I"), ("AMQ8242E",)]
    assert [len(answer.records) for answer in answers] == [0, 0, 2, 0]
    assert [answer.error for answer in answers] == [
        None,
        "AMQ8420I: Channel Status not found.",
        None,
        "AMQ8242E: SSLCIPH definition wrong.",
    ]
    assert answers[2].command == "DISPLAY CHANNEL('*') CHLTYPE"


def test_answers_without_echo():
    text = f"""{BANNER}AMQ8005I: IBM MQ queue manager changed.
AMQ8414I: Display Channel details.
   CHANNEL(A)                              CHLTYPE(SDR)
AMQ8414I: Display Channel details.
   CHANNEL(B)                              CHLTYPE(RCVR)
AMQ8405I: Syntax error detected at or near end of command segment below:-
FOO
AMQ8426I: Valid MQSC commands are:
ALTER
AMQ8006I: IBM MQ queue created.
AMQ8006I: IBM MQ queue created.
"""
    answers = parse(text).answers
    assert [len(answer.records) for answer in answers] == [0, 2, 0, 0, 0]
    assert [bool(answer.error) for answer in answers] == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("line", "failed"),
    [("AMQ8299E: Something.", True), ("AMQ8299W: Something.", True), ("AMQ8299I: Something.", False), ("AMQ8299: Some.", False)],
)
def test_the_severity_letter_tells_what_failed(line, failed):
    (answer,) = parse(f"     1 : ALTER QMGR X\n{line}\n").answers
    assert answer.error == (line if failed else None)


@pytest.mark.parametrize(("line", "failed"), [("AMQ8147: WebSphere MQ object X not found.", True), ("AMQ8006: queue created.", False)])
def test_old_levels_without_severity_letter(line, failed):
    (answer,) = parse(f"     1 : DISPLAY QL(X)\n{line}\n").answers
    assert bool(answer.error) is failed


@given(st.lists(st.one_of(records(balanced_values()), records(printable)), min_size=1, max_size=3), st.booleans())
def test_lines_that_are_known_at_once_are_read_as_any_other(displayed, echoed):
    lines = ["     1 : DISPLAY CHANNEL(X) ALL"] if echoed else []
    for record in displayed:
        lines += ["AMQ8414I: Display Channel details.", render_record(record), "   DESCR(typed)", "   1 : DESCR(typed)"]
    text = "\n".join([*lines, "One MQSC command read.", "All valid MQSC commands were processed.", "   QUEUE(X)"])
    with pytest.MonkeyPatch.context() as patch:
        at_once = parse(text)
        patch.setattr(report, "PLAIN", re.compile("(?!)"))
        assert parse(text) == at_once
