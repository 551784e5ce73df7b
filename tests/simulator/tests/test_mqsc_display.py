# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout of records and reports, held against captured outputs of IBM MQ."""

from __future__ import annotations

import re

import pytest
import yaml

from mqsim.mqsc import display
from mqsim.mqsc.attributes import CHANNEL_TYPES, LISTENER, QUEUE_MANAGER, defaults

_HEADING = re.compile(r"AMQ\d{4}I?: Display ")


def lines_of(text):
    return [line.rstrip() for line in text.splitlines()]


def records_of(text):
    """The lines of each record below its heading."""
    found = []
    for line in lines_of(text):
        if _HEADING.match(line):
            found.append([])
        elif found and re.match(r"   ( {5},)?\S", line):
            found[-1].append(line)
        elif found and line:
            found.append([])
    return [record for record in found if record]


def captures(transcripts):
    for folder in sorted(transcripts.glob("runmqsc-display-*")):
        for path in sorted(folder.glob("*.yml")):
            if path.stem not in ("07-service-long-values",):
                yield path


def test_records_are_laid_out_as_captured(transcripts):
    compared = 0
    for path in captures(transcripts):
        expected = yaml.safe_load(path.read_text(encoding="utf-8"))["expect"].get("records", [])
        captured = records_of(path.with_suffix(".txt").read_text(encoding="utf-8"))
        assert len(captured) == len(expected), path
        for record, lines in zip(expected, captured, strict=True):
            values = [(keyword, " , " if value == "," else "" if value is True else value) for keyword, value in record.items()]
            assert lines_of(display.record("", values))[1:] == lines, path
            compared += 1
    assert compared > 70


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        # 37 characters still share the line
        (
            [("LISTENER", "SYSTEM.DEFAULT.LISTENER.TCP"), ("CONTROL", "MANUAL")],
            ["   LISTENER(SYSTEM.DEFAULT.LISTENER.TCP)   CONTROL(MANUAL)"],
        ),
        ([("A", "x" * 35), ("B", "y")], [f"   A({'x' * 35})", "   B(y)" + " " * 33]),
        ([("A", "x"), ("B", "y" * 34)], ["   A(x)" + " " * 33, f"   B({'y' * 34})"]),
        ([("A", "x"), ("B", "y" * 33)], [f"   A(x){' ' * 36}B({'y' * 33})"]),
        ([("SSLPEER", ""), ("CURRENT", "")], [f"   SSLPEER( ){' ' * 30}CURRENT"]),
        ([("CONNAME", "a(1),b(2)")], ["   CONNAME(a(1),b(2))" + " " * 19]),
        (
            [("DESCR", ""), ("NAMES", "SYSTEM.A,SYSTEM.B"), ("X", "1")],
            ["   DESCR( )" + " " * 29, "   NAMES(SYSTEM.A", "        ,SYSTEM.B)", "   X(1)" + " " * 33],
        ),
        ([("NAMES", "A"), ("X", "1")], [f"   NAMES(A){' ' * 32}X(1)"]),
    ],
)
def test_columns(items, expected):
    assert display.record("HEADING", items) == "\n".join(["HEADING", *expected]) + "\n"


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((0, 0, 0), "No MQSC commands read.\nNo commands have a syntax error.\nAll valid MQSC commands were processed.\n"),
        ((1, 1, 1), "One MQSC command read.\nOne command has a syntax error.\nOne valid MQSC command could not be processed.\n"),
        ((5, 2, 3), "5 MQSC commands read.\n2 commands have a syntax error.\n3 valid MQSC commands could not be processed.\n"),
    ],
)
def test_closing_lines(counts, expected):
    assert display.closing_lines(*counts) == expected


def test_banner():
    assert display.banner("QM1", 2025) == ("5724-H72 (C) Copyright IBM Corp. 1994, 2025.\nStarting MQSC for queue manager QM1.\n\n\n")


def only_record(transcripts, name, **wanted):
    records = yaml.safe_load((transcripts / name).read_text(encoding="utf-8"))["expect"]["records"]
    return next(record for record in records if wanted.items() <= record.items())


@pytest.mark.parametrize(
    ("channel_type", "name"),
    [
        ("SDR", "SYSTEM.DEF.SENDER"),
        ("SVR", "SYSTEM.DEF.SERVER"),
        ("RCVR", "SYSTEM.DEF.RECEIVER"),
        ("RQSTR", "SYSTEM.DEF.REQUESTER"),
        ("SVRCONN", "SYSTEM.DEF.SVRCONN"),
        ("CLNTCONN", "SYSTEM.DEF.CLNTCONN"),
        ("CLUSSDR", "SYSTEM.DEF.CLUSSDR"),
        ("CLUSRCVR", "SYSTEM.DEF.CLUSRCVR"),
        ("AMQP", "SYSTEM.DEF.AMQP"),
    ],
)
def test_default_channels_are_those_of_942(transcripts, channel_type, name):
    record = only_record(transcripts, "runmqsc-display-channel/02-all-channels-942.yml", CHANNEL=name)
    ours = {"CHANNEL": name, "CHLTYPE": channel_type, **defaults(CHANNEL_TYPES[channel_type], (9, 4, 2, 0))}
    dates = {keyword: record[keyword] for keyword in ("ALTDATE", "ALTTIME")}
    assert list({**ours, **dates}.items()) == list(record.items())


def test_queue_manager_attributes_are_those_of_942(transcripts):
    record = only_record(transcripts, "runmqsc-display-qmgr/01-qmgr-all-942.yml", QMNAME="QM1")
    ours = defaults(QUEUE_MANAGER, (9, 4, 2, 0))
    assert ["QMNAME", *ours] == list(record)
    # What the owner of that queue manager had changed, and what is made at creation
    own = set("ALTDATE ALTTIME CERTLABL CHLAUTH CMDLEVEL CONNAUTH CRDATE CRTIME DEADQ QMID SSLKEYR STATINT STATMQI SYNCPT VERSION".split())
    assert {k: v for k, v in record.items() if k in ours and k not in own} == {k: v for k, v in ours.items() if k not in own}


def test_listener_attributes_are_those_of_942(transcripts):
    record = only_record(transcripts, "runmqsc-display-other/01-listener-all-942.yml", LISTENER="SYSTEM.DEFAULT.LISTENER.TCP")
    assert ["LISTENER", *LISTENER] == list(record)
