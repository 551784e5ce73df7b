# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a queue manager stands on the way from one CA to another, and why it holds a step."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.rollover import (
    DROPPED,
    REISSUED,
    TRUSTED,
    Authorities,
    Authority,
    Seen,
    hold,
    position,
    table,
)

OLD, NEW = Authority("CN=Old CA,O=Bank", "AA:01"), Authority("CN=New CA,O=Bank", "BB:02")
BEFORE = Authorities(OLD, following=NEW)
BETWEEN = Authorities(NEW, previous=OLD)
AFTER = Authorities(NEW, retired=(OLD,))
BOTH, ALONE = frozenset(["AA:01", "BB:02"]), frozenset(["BB:02"])
START = Seen("QM1", "qm1", trusted=frozenset(["AA:01"]), issuer=OLD.subject)
TRUSTS = replace(START, trusted=BOTH)
USES = replace(TRUSTS, issuer=NEW.subject)
DONE = replace(USES, trusted=ALONE)
ANONYMOUS = Seen("QM3", "qm3", trusted=BOTH)


@pytest.mark.parametrize(
    ("step", "seen", "authorities", "reason"),
    [
        (TRUSTED, START, BEFORE, "does not accept certificates of CN=New CA,O=Bank yet"),
        (TRUSTED, TRUSTS, BEFORE, ""),
        (TRUSTED, ANONYMOUS, BEFORE, ""),
        (
            TRUSTED,
            replace(TRUSTS, refresh_outstanding=True),
            BEFORE,
            "has not been told of its key repository as it is now (REFRESH SECURITY is outstanding)",
        ),
        (TRUSTED, Seen("QM1", "qm1", "The queue manager QM1 is stopped."), BEFORE, "could not be read: The queue manager QM1 is stopped"),
        (TRUSTED, USES, BETWEEN, ""),
        (REISSUED, TRUSTS, BETWEEN, "has no certificate of CN=New CA,O=Bank yet (its issuer is CN=Old CA,O=Bank)"),
        (REISSUED, replace(TRUSTS, issuer="", has_right_certificate=False), BETWEEN, "has no certificate of CN=New CA,O=Bank yet"),
        (REISSUED, USES, BETWEEN, ""),
        (REISSUED, ANONYMOUS, BETWEEN, ""),
        (
            REISSUED,
            replace(USES, shown=(("QM1.TO.QM2", "CN=New CA,O=Bank"), ("QM2.TO.QM1", "O=Bank, CN=Old CA"))),
            BETWEEN,
            "",  # another name: the order of a name counts
        ),
        (
            REISSUED,
            replace(USES, shown=(("QM1.TO.QM2", "CN=New CA,O=Bank"), ("QM2.TO.QM1", "CN=Old CA,O=Bank"))),
            BETWEEN,
            "has the channel QM2.TO.QM1 running with a certificate of CN=Old CA,O=Bank",
        ),
        (DROPPED, USES, AFTER, "still accepts certificates of CN=Old CA,O=Bank"),
        (DROPPED, DONE, AFTER, ""),
        (DROPPED, replace(DONE, trusted=BOTH | {"CC:03"}), Authorities(NEW), ""),
    ],
)
def test_who_holds_a_step_and_why(step, seen, authorities, reason):
    assert hold(step, seen, authorities) == reason


@pytest.mark.parametrize(
    ("seen", "authorities", "where"),
    [
        (Seen("QM1", "qm1", "no"), BEFORE, "not read"),
        (START, BEFORE, "0 of 3: does not accept certificates of CN=New CA,O=Bank yet"),
        (TRUSTS, BEFORE, "1 of 3: accepts CN=New CA,O=Bank"),
        (TRUSTS, BETWEEN, "1 of 3: accepts CN=New CA,O=Bank"),
        (USES, BETWEEN, "2 of 3: uses CN=New CA,O=Bank, accepts the one before"),
        (USES, AFTER, "2 of 3: uses CN=New CA,O=Bank, accepts the one before"),
        (DONE, AFTER, "3 of 3: uses CN=New CA,O=Bank alone"),
        (replace(START, issuer=OLD.subject), Authorities(OLD), "3 of 3: uses CN=Old CA,O=Bank alone"),
    ],
)
def test_where_a_queue_manager_stands(seen, authorities, where):
    assert position(seen, authorities) == where


def test_the_table_is_aligned():
    assert table([TRUSTS, replace(START, queue_manager="BRANCH07", host="b")], BEFORE).splitlines() == [
        "queue manager  host  where it stands",
        "QM1            qm1   1 of 3: accepts CN=New CA,O=Bank",
        "BRANCH07       b     0 of 3: does not accept certificates of CN=New CA,O=Bank yet",
    ]
