# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.command import Command, Keyword, Secret
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.quote import quote
from hypothesis import given
from hypothesis import strategies as st
from strategies import mqsc_values


def as_runmqsc_reads(text):
    """The command that lines continued with + make, and the lengths of the lines."""
    lines = text.split("\n")
    assert all(len(line.encode()) <= 2048 for line in lines)
    assert all(line.endswith("+") for line in lines[:-1])
    assert not any(line.startswith("*") for line in lines)
    return "".join(line[:-1] if number == 0 else line.lstrip(" ")[:-1] for number, line in enumerate(lines[:-1])) + (
        lines[-1].lstrip(" ") if len(lines) > 1 else lines[-1]
    )


def unquote(text):
    assert text[0] == text[-1] == "'"
    return text[1:-1].replace("''", "'")


@given(mqsc_values)
def test_a_quoted_value_is_one_literal_and_reads_back(value):
    quoted = quote(value)
    assert unquote(quoted) == value
    assert "'" not in quoted[1:-1].replace("''", "")


@pytest.mark.parametrize(
    ("value", "code", "position"),
    [
        ("a\nDELETE QLOCAL(X)", "000A", 2),
        ("\t", "0009", 1),
        ("ab\x00", "0000", 3),
        ("a\r", "000D", 2),
        ("\x85", "0085", 1),
        ("\u2028", "2028", 1),
        ("\u2029", "2029", 1),
    ]
    + [("\ud800", "D800", 1), ("\x7f", "007F", 1)],
)
def test_control_characters_are_refused_without_showing_the_value(value, code, position):
    with pytest.raises(InputError) as refusal:
        quote(value)
    assert str(refusal.value) == (
        f"A value was to be quoted for MQSC and holds the control character U+{code} at position {position}; remove it."
    )


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (Command("DISPLAY", "QMGR"), "DISPLAY QMGR"),
        (Command("DISPLAY", "CHANNEL", "*", (("ALL", True),)), "DISPLAY CHANNEL('*') ALL"),
        (
            Command("REFRESH", "SECURITY", Keyword("*"), (("TYPE", Keyword("ssl")),)),
            "REFRESH SECURITY(*) TYPE(SSL)",
        ),
        (
            Command("DEFINE", "CHANNEL", "A.TO.B", (("CHLTYPE", Keyword("SDR")), ("CONNAME", "h(1414)"), ("HBINT", 300), ("SSLPEER", ""))),
            "DEFINE CHANNEL('A.TO.B') CHLTYPE(SDR) CONNAME('h(1414)') HBINT(300) SSLPEER('')",
        ),
        (Command("ALTER", "NAMELIST", "X", (("NAMES", ["A", "b's"]),)), "ALTER NAMELIST('X') NAMES('A','b''s')"),
        (Command("ALTER", "NAMELIST", "X", (("NAMES", []),)), "ALTER NAMELIST('X') NAMES('')"),
        (Command("ALTER", "QMGR", None, (("SUITEB", [Keyword("128_BIT"), Keyword("192_BIT")]),)), "ALTER QMGR SUITEB(128_BIT,192_BIT)"),
        (Command("ALTER", "QLOCAL", "X", (("TRIGGER", True),)), "ALTER QLOCAL('X') TRIGGER"),
    ],
)
def test_text(command, expected):
    assert command.text() == expected


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            lambda: Command("DEFINE", "CHANNEL", "A", (("DESCR", "a\nb"),)).text(),
            "DEFINE CHANNEL(A) DESCR: A value was to be quoted for MQSC and holds the control character U+000A at position 2; remove it.",
        ),
        (
            lambda: Keyword("SDR) SSLCIPH('')"),
            "The MQSC keyword \"SDR) SSLCIPH('')\" was to be written and is not one; use letters, digits, '_', '.' and '*'.",
        ),
        (lambda: Keyword(""), "The MQSC keyword '' was to be written and is not one; use letters, digits, '_', '.' and '*'."),
        (lambda: Keyword("SDR\n"), "The MQSC keyword 'SDR\\n' was to be written and is not one; use letters, digits, '_', '.' and '*'."),
        (
            lambda: Command("ALTER", "QMGR", None, (("DESCR) X", "a"),)).text(),
            "The word 'DESCR) X' was to be used in an MQSC command and is not one; use upper case letters and digits.",
        ),
        (
            lambda: Command("ALTER", "QLOCAL", "X", (("TRIGGER", False),)).text(),
            "ALTER QLOCAL(X) TRIGGER was to be written with the value false; name the opposite keyword instead (for example NOTRIGGER).",
        ),
        (
            lambda: Command("ALTER", "NAMELIST", "X", (("NAMES", ["x" * 48] * 700),)).text(),
            "The command ALTER NAMELIST(X) was to be sent and is longer than 32768 bytes; shorten its values.",
        ),
    ],
)
def test_refusals(command, message):
    with pytest.raises(InputError) as refusal:
        command()
    assert str(refusal.value) == message


@given(st.lists(st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=1500), min_size=1, max_size=6))
def test_long_commands_are_continued_and_read_back(values):
    parameters = tuple((f"P{number}", value) for number, value in enumerate(values))
    one_line = "ALTER QMGR " + " ".join(f"{name}({quote(value)})" for name, value in parameters)
    if any(" " * 900 in value or "'" * 500 in value for value in values):
        return
    assert as_runmqsc_reads(Command("ALTER", "QMGR", None, parameters).text()) == one_line


@pytest.mark.parametrize("value", [("*a b'c- +" * 800)[:5000], "*" * 5000, "a   " * 1200, "a ''" * 1200, "ü" * 5000])
def test_a_single_value_longer_than_a_line(value):
    assert as_runmqsc_reads(Command("ALTER", "QMGR", None, (("X", value),)).text()) == f"ALTER QMGR X({quote(value)})"


def test_secrets_are_sent_and_never_shown():
    command = Command("ALTER", "QMGR", None, (("KEYRPWD", Secret("it's secret")),))
    assert command.text() == "ALTER QMGR KEYRPWD('it''s secret')"
    assert command.redacted() == "ALTER QMGR KEYRPWD('********')"
    assert command.secrets() == ("it's secret",)
    for shown in (repr(command), str(command), f"{Secret('it')}", repr(Secret("it"))):
        assert "secret" not in shown.replace("Secret", "")
    assert Secret("a") == Secret("a") != Secret("b")
    with pytest.raises(InputError) as refusal:
        Command("ALTER", "QMGR", None, (("KEYRPWD", Secret("swordfish\n")),)).text()
    assert "swordfish" not in str(refusal.value)
