# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What REFRESH SECURITY TYPE(SSL) interrupts: the channel instances that run with TLS, by the type of their channel.

Sources: IBM MQ documentation, "REFRESH SECURITY" (senders finish their batch and start again; receivers, requesters and client
connections are ended), "DISPLAY CHSTATUS" (SECPROT is NONE without TLS).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Mapping, Sequence

from .command import Command
from .plan import ACTIVE, check_answers
from .report import Record, Report

# Every level of MQ from 8.0 on shows SECPROT; whether WHERE takes it is not confirmed, so what has TLS is picked out of the answer.
QUESTION = Command("DISPLAY", "CHSTATUS", "*", (("SECPROT", True),))
# Those whose partner has to come back by itself first; clients above all, which nobody restarts.
_CLIENTS = ("SVRCONN",)
_RECEIVING = ("RCVR", "CLUSRCVR", "RQSTR")
_SENDING = ("SDR", "CLUSSDR", "SVR")


def count(report: Report, queue_manager: str) -> dict[str, int]:
    """As ``counted``, from a report with the answer to QUESTION alone. Raises ToolError for another answer."""
    check_answers([QUESTION], report, queue_manager)
    return counted(report.records)


def counted(records: Sequence[Record]) -> dict[str, int]:
    """Channel type in lower case -> instances, of types that have any, from the records that answer QUESTION."""
    with_tls = [record for record in records if record.get("SECPROT") not in (None, "", "NONE")]
    running = [record.get("CHLTYPE") for record in with_tls if record.get("STATUS") in ACTIVE]
    return {kind.lower(): running.count(kind) for kind in (*_CLIENTS, *_RECEIVING, *_SENDING) if kind in running}


def words(interrupts: Mapping[str, int]) -> str:
    """The counts as the end of a sentence, such as "interrupts 12 client connections (SVRCONN), 3 receiving and 2 sending channels"."""
    clients, receiving, sending = (sum(interrupts.get(kind.lower(), 0) for kind in kinds) for kinds in (_CLIENTS, _RECEIVING, _SENDING))
    parts = [f"{clients} client connection{'' if clients == 1 else 's'} (SVRCONN)"] if clients else []
    ends = [f"{number} {way}" for number, way in ((receiving, "receiving"), (sending, "sending")) if number]
    if ends:
        parts.append(f"{' and '.join(ends)} channel{'' if receiving + sending == 1 else 's'}")
    joint = ", " if len(ends) > 1 else " and "
    return f"interrupts {joint.join(parts) or 'no running channel'}"
