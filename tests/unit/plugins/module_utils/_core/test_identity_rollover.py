# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.identity_rollover import Succession, unproven

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
