# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a refresh interrupts: which instances are counted, and how that is put into words."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import ToolError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.interruption import count, words
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.report import parse
from fakes import report
from strategies import render_record


def status(kind: str, protocol: str | None, state: str = "RUNNING") -> list[str]:
    record = {"CHANNEL": "QM1.TO.QM2", "CHLTYPE": kind, "CONNAME": "192.0.2.2(1414)", "CURRENT": True, "STATUS": state}
    if protocol is not None:
        record["SECPROT"] = protocol
    return ["AMQ8417I: Display Channel Status details.", *render_record(record).splitlines()]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (["AMQ8420I: Channel Status not found."], {}),
        (status("SDR", "TLSV13"), {"sdr": 1}),
        (
            [*status("SDR", "TLSV13"), *status("SVRCONN", "TLSV12") * 3, *status("CLUSRCVR", "TLSV13")],
            {"svrconn": 3, "clusrcvr": 1, "sdr": 1},
        ),
        (status("SVRCONN", "NONE") + status("RCVR", "") + status("RCVR", None), {}),
        (status("SDR", "TLSV13", "RETRYING") + status("RCVR", "TLSV13", "STOPPED") + status("SVR", "TLSV13", "PAUSED"), {"svr": 1}),
    ],
)
def test_what_is_counted(answer: list[str], expected: dict[str, int]) -> None:
    counted = count(parse(report(answer)), "QM1")
    assert list(counted.items()) == list(expected.items())


def test_another_answer_is_an_error() -> None:
    with pytest.raises(ToolError) as error:
        count(parse(report(["AMQ8135E: Not authorized."])), "QM1")
    assert str(error.value) == (
        "The queue manager QM1 was asked DISPLAY CHSTATUS('*') SECPROT and answered AMQ8135E: Not authorized; check the authority of this "
        "user and the level of the queue manager."
    )


@pytest.mark.parametrize(
    ("interrupts", "said"),
    [
        ({}, "interrupts no running channel"),
        ({"svrconn": 1}, "interrupts 1 client connection (SVRCONN)"),
        ({"svrconn": 12, "rcvr": 3, "sdr": 2}, "interrupts 12 client connections (SVRCONN), 3 receiving and 2 sending channels"),
        ({"svrconn": 2, "clusrcvr": 1}, "interrupts 2 client connections (SVRCONN) and 1 receiving channel"),
        ({"rcvr": 1, "clusrcvr": 2, "rqstr": 1, "sdr": 1, "clussdr": 1, "svr": 1}, "interrupts 4 receiving and 3 sending channels"),
        ({"sdr": 1}, "interrupts 1 sending channel"),
    ],
)
def test_words(interrupts: dict[str, int], said: str) -> None:
    assert words(interrupts) == said
