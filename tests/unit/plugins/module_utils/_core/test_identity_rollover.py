# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.identity_rollover import (
    Partner,
    Position,
    Succession,
    several,
    table,
    unaccepted,
    unproven,
)

NEW, OLD = ({"subject": "CN=QM1,O=Bank", "serial_number": serial} for serial in ("4A:02", "4A:01"))
SHOWS_NEW, SHOWS_OLD = (f"SERIALNUMBER=4A:0{number},CN=QM1,O=Bank" for number in (2, 1))
NOBODY = "no running channel of a partner shows the new one yet"


@pytest.mark.parametrize(
    ("outstanding", "shown", "reason"),
    [
        (False, [SHOWS_NEW], ""),
        (False, ["", SHOWS_NEW], ""),
        (False, [], NOBODY),
        (False, [""], NOBODY),
        (False, ["no name"], NOBODY),
        (False, [SHOWS_NEW.replace("QM1", "QM2")], NOBODY),
        (False, [SHOWS_NEW, SHOWS_OLD], "QM2 shows it on the running channel QM1.TO.QM2"),
        (True, [SHOWS_NEW], "the queue manager has not been told of the new one yet (REFRESH SECURITY is outstanding)"),
    ],
)
def test_why_a_former_certificate_stays(outstanding, shown, reason):
    assert unproven(Succession(NEW, OLD, outstanding, [("QM2", "QM1.TO.QM2", text) for text in shown])) == reason


NEXT = {"fingerprint": "AA:02", "signed_by": ["CA:01"]}
ACCEPTS = Partner("QM2", trusted=frozenset(["AA:02"]))


@pytest.mark.parametrize(
    ("outstanding", "partners", "reasons"),
    [
        (False, [], []),
        (False, [ACCEPTS], []),
        (False, [Partner("QM2", trusted=frozenset(["CA:01"]))], []),
        (False, [ACCEPTS, Partner("QM3", trusted=frozenset(["AA:01"]))], ["QM3 does not accept it yet"]),
        (False, [Partner("QM3", "is not part of this run (--limit)", frozenset(["AA:02"]))], ["QM3 is not part of this run (--limit)"]),
        (
            False,
            [Partner("QM2", trusted=frozenset(["AA:02"]), refresh_outstanding=True)],
            ["QM2 has not been told to accept it (REFRESH SECURITY is outstanding)"],
        ),
        (True, [ACCEPTS], ["the queue manager itself has not been told of its key repository (REFRESH SECURITY is outstanding)"]),
    ],
)
def test_who_does_not_accept_a_staged_certificate(outstanding, partners, reasons):
    assert unaccepted(NEXT, outstanding, partners) == reasons


def test_the_table_is_aligned():
    used = {"serial_number": "4A:11:22:33:44", "not_after": "2027-11-24T10:00:00Z"}
    staged = {"serial_number": "4B", "not_after": "2028-11-24T10:00:00Z"}
    shown = table(
        [Position("QM1", "qm1", used, staged, None, "QM2 is down"), Position("QM2", "qm2", problem="is down"), Position("Q", "q")]
    )
    assert shown.splitlines() == [
        "queue manager  host  uses            until       next  former  waits for",
        "QM1            qm1   ...11:22:33:44  2027-11-24  4B    -       QM2 is down",
        "QM2            qm2   not read",
        "Q              q     -               -           -     -       -",
    ]


def test_clauses_are_not_endless():
    assert several(["a", "b", "c"], 2) == "a; b; and 1 more"
