# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core import dspmq, dspmqver


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("AMQ7048E: The queue manager name is either not valid or not known.\n", []),
        ("QMNAME(QM1) STATUS(Running)\n", [{"name": "QM1", "status": "Running"}]),
        (
            "QMNAME(QM1)          STATUS(RUNNING) DEFAULT(NO) STANDBY(NOT PERMITTED) INSYNC()\n",
            [{"name": "QM1", "status": "RUNNING", "DEFAULT": "NO", "STANDBY": "NOT PERMITTED", "INSYNC": ""}],
        ),
        (
            "QMNAME(QM1)   INSTNAME(Installation1) INSTPATH(C:\\Program Files (x86)\\IBM\\MQ)\n",
            [{"name": "QM1", "status": None, "INSTNAME": "Installation1", "INSTPATH": "C:\\Program Files (x86)\\IBM\\MQ"}],
        ),
        (
            (
                "$ dspmq -x\nQMNAME(A)   STATUS(Running)\n    INSTANCE(h1) MODE(Active)\n"
                "\tINSTANCE(h2) MODE(Standby)\nQMNAME(B)   STATUS(Ended normally)\n$ exit\n"
            ),
            [
                {
                    "name": "A",
                    "status": "Running",
                    "instances": [{"INSTANCE": "h1", "MODE": "Active"}, {"INSTANCE": "h2", "MODE": "Standby"}],
                },
                {"name": "B", "status": "Ended normally"},
            ],
        ),
        (
            (
                "QMNAME(A)  ROLE(Active) INSTANCE(i1) INSYNC(yes) QUORUM(3/3) GRPLSN(<0:0:9:6520>)\n"
                " INSTANCE(i1) ROLE(Active) REPLADDR(h1(9414)) BACKLOG(0)\n"
                " GRPNAME(beta) GRPROLE(Recovery)\n"
            ),
            [
                {
                    "name": "A",
                    "status": None,
                    "ROLE": "Active",
                    "INSTANCE": "i1",
                    "INSYNC": "yes",
                    "QUORUM": "3/3",
                    "GRPLSN": "<0:0:9:6520>",
                    "instances": [{"INSTANCE": "i1", "ROLE": "Active", "REPLADDR": "h1(9414)", "BACKLOG": "0"}],
                    "groups": [{"GRPNAME": "beta", "GRPROLE": "Recovery"}],
                }
            ],
        ),
        ("    INSTANCE(h1) MODE(Active)\n", []),
    ],
)
def test_dspmq(text, expected):
    assert dspmq.parse(text) == expected
    assert dspmq.parse(text.replace("\n", "\r\n")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("9.4.0.0\n", []),
        ("Version:     9.4.0.0\nLevel:       p940\n", [{"Version": "9.4.0.0", "Level": "p940"}]),
        (
            "C:\\>dspmqver\nName:        IBM MQ\nInstDesc:\nInstPath:    C:\\Program Files\\IBM\\MQ\n",
            [{"Name": "IBM MQ", "InstDesc": "", "InstPath": "C:\\Program Files\\IBM\\MQ"}],
        ),
        (
            (
                "Name:        IBM MQ\nInstName:    Installation1\n\nName:        IBM MQ\n"
                "InstName:    Installation2\nInstDesc:    second: for tests\n"
            ),
            [
                {"Name": "IBM MQ", "InstName": "Installation1"},
                {"Name": "IBM MQ", "InstName": "Installation2", "InstDesc": "second: for tests"},
            ],
        ),
        ("InstName:    Installation1\nInstName:    Installation2\n", [{"InstName": "Installation1"}, {"InstName": "Installation2"}]),
        (
            ("Name:        IBM MQ\nMode:        64-bit\n\nNote there are a number (1) of other installations, use the '-i' parameter\n"),
            [{"Name": "IBM MQ", "Mode": "64-bit"}],
        ),
    ],
)
def test_dspmqver(text, expected):
    assert dspmqver.parse(text) == expected
    assert dspmqver.parse(text.replace("\n", "\r\n")) == expected
