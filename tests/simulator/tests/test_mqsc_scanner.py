# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MQSC text to commands: the rules of "Building command scripts" and "MQSC input file syntax"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqsim.mqsc.scanner import Echo, Statement, SyntaxFault, parse, scan


def texts(*lines):
    return [piece.text for piece in scan(lines) if isinstance(piece, Statement)]


def echoes(*lines):
    return [str(piece) for piece in scan(lines) if isinstance(piece, Echo)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["PING QMGR"], ["PING QMGR"]),
        (["PING QMGR", "", "* comment", "END"], ["PING QMGR", "END"]),
        # '+' goes on with the first non-blank of the next line, '-' with its first column
        (["DEFINE QL(A) +", "    DESCR('x')"], ["DEFINE QL(A) DESCR('x')"]),
        (["DEFINE QL(A) DESCR('one-", "  two')"], ["DEFINE QL(A) DESCR('one  two')"]),
        (["DEFINE QL(A) DESCR('one+", "  two')"], ["DEFINE QL(A) DESCR('onetwo')"]),
        (["DEFINE QL(+  ", "A)"], ["DEFINE QL(A)"]),
        (["DEFINE +", "* between", "", "QL(A)"], ["DEFINE QL(A)"]),
        (["PING QMGR;"], ["PING QMGR"]),
        (["PING QMGR; PING QMGR"], ["PING QMGR", " PING QMGR"]),
        (["DEFINE QL(A) DESCR('a;b')"], ["DEFINE QL(A) DESCR('a;b')"]),
        (["PING QMGR +"], ["PING QMGR "]),
        ([], []),
    ],
)
def test_lines_are_joined(lines, expected):
    assert texts(*lines) == expected


def test_echo_numbers_commands_and_not_lines():
    assert echoes("* c", "ALTER NAMELIST(X) +", "  NAMES(A)", "", "end") == [
        "       : * c",
        "     1 : ALTER NAMELIST(X) +",
        "       :   NAMES(A)",
        "       : ",
        "     2 : end",
    ]


def test_a_line_may_have_2048_characters():
    good = "DEFINE QL(A) DESCR('" + "x" * 2026 + "')"
    assert [piece.line_too_long for piece in scan([good]) if isinstance(piece, Statement)] == [False]
    assert [piece.line_too_long for piece in scan([good + " ", "PING QMGR"]) if isinstance(piece, Statement)] == [True, False]


def value(text):
    return [[token.text for token in item] for item in parse(f"DEFINE QL(A) X{text}").parameters[0].items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(abc)", [["ABC"]]),
        ("('abc')", [["abc"]]),
        (" ( Abc ) ", [["ABC"]]),
        ("('it''s')", [["it's"]]),
        ("('host(1414),other')", [["host(1414),other"]]),
        ("()", [[]]),
        ("('')", [[""]]),
        ("(' ')", [[" "]]),
        ("(A,'b',C)", [["A"], ["b"], ["C"]]),
        ("(STATUS EQ 'x y')", [["STATUS", "EQ", "x y"]]),
        ("(*MQADMIN)", [["*MQADMIN"]]),
    ],
)
def test_values(text, expected):
    assert value(text) == expected


def test_synonyms_separators_and_keywords_without_value():
    command = parse("def ql (a),usage( xmitq ) , replace trigger")
    assert (command.verb, command.noun, command.name.items[0][0].text) == ("DEFINE", "QLOCAL", "A")
    assert [(parameter.keyword, parameter.items is None) for parameter in command.parameters] == [
        ("USAGE", False),
        ("REPLACE", True),
        ("TRIGGER", True),
    ]


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("FOO BAR", "FOO"),
        ("DISPLAY", "DISPLAY"),
        # as captured
        (
            "DEFINE QREMOTE (X) RNAME (R) RQMNAME (QMB') XMITQ (QMB)",
            "DEFINE QREMOTE (X) RNAME (R) RQMNAME (QMB'",
        ),
        ("DEFINE QL(A) DESCR('x", "DEFINE QL(A) DESCR('x"),
        ("DEFINE QL(A) DESCR('x' 'y'", "DEFINE QL(A) DESCR('x' 'y'"),
        ("DEFINE QL(A", "DEFINE QL(A"),
        ("DEFINE QL(A))", "DEFINE QL(A))"),
        ("DEFINE QL(A) CONNAME(host(1414))", "DEFINE QL(A) CONNAME(host("),
        ("DEFINE QL(A) SSLPEER(CN=QM1)", "DEFINE QL(A) SSLPEER(CN=QM1"),
        ("DEFINE QL(A) DESCR('a\tb')", "DEFINE QL(A) DESCR('a\tb'"),
        ("DEFINE QL(A) USAGE(XMITQ) USAGE(NORMAL) PUT(ENABLED)", "DEFINE QL(A) USAGE(XMITQ) USAGE(NORMAL)"),
    ],
)
def test_syntax_faults_show_the_command_up_to_the_place(text, segment):
    with pytest.raises(SyntaxFault) as fault:
        parse(text)
    assert fault.value.segment == segment


printable = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=60)


@given(printable)
def test_a_quoted_value_comes_back(text):
    assert value("('" + text.replace("'", "''") + "')") == [[text]]


@given(st.lists(printable, max_size=5))
def test_any_text_is_read_or_refused(lines):
    for statement in texts(*lines):
        try:
            command = parse(statement)
        except SyntaxFault as fault:
            assert statement.startswith(fault.segment)
        else:
            assert command.verb
