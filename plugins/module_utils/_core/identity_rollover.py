# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a certificate has come that follows another one, by what was read of its queue manager and of the partners.

One that partners may not trust yet is used when every one of them trusts it and has been told so. The former one may go when a
partner's running channel shows its successor. That the queue manager has been told is not enough: its partners may refuse it.

Sources: IBM MQ documentation, "DISPLAY CHSTATUS" (SSLPEER begins with the serial number of the partner's certificate), "When changes to
certificates or the certificate store become effective".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .distinguished_name import DistinguishedName
from .errors import MqTlsError
from .peer_pattern import shows


@dataclass(frozen=True)
class Succession:
    """What was read of one queue manager: its certificate and the former one (as key_repository returns them), whether it still works
    with what it has read before, and SSLPEER of its partners' running channels to it: ``(partner, channel, text)``.
    """

    certificate: Mapping[str, Any]
    former: Mapping[str, Any]
    refresh_outstanding: bool
    shown: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Partner:
    """What was read of a partner. ``problem``: why nothing was, else blank. ``trusted``: fingerprints of what it accepts others by."""

    queue_manager: str
    problem: str = ""
    trusted: frozenset[str] = frozenset()
    refresh_outstanding: bool = False


def unaccepted(staged: Mapping[str, Any], refresh_outstanding: bool, partners: Sequence[Partner]) -> list[str]:
    """Why a staged certificate cannot be used yet: a clause for each partner that holds it, none where all of them accept it.

    ``refresh_outstanding``: its own queue manager may still present a certificate from before the one in use.
    """
    reasons = (
        ["the queue manager itself has not been told of its key repository (REFRESH SECURITY is outstanding)"]
        if refresh_outstanding
        else []
    )
    enough = {staged["fingerprint"], *staged.get("signed_by", ())}
    for partner in partners:
        name = partner.queue_manager
        if partner.problem:
            reasons.append(f"{name} {partner.problem.rstrip('.')}")
        elif not enough & partner.trusted:
            reasons.append(f"{name} does not accept it yet")
        elif partner.refresh_outstanding:
            reasons.append(f"{name} has not been told to accept it (REFRESH SECURITY is outstanding)")
    return reasons


def unproven(one: Succession) -> str:
    """Why the former certificate has to stay (a clause), blank where it need not."""
    if one.refresh_outstanding:
        return "the queue manager has not been told of the new one yet (REFRESH SECURITY is outstanding)"
    for partner, channel, text in one.shown:
        if _shows(text, one.former):
            return f"{partner} shows it on the running channel {channel}"
    if not any(_shows(text, one.certificate) for _partner, _channel, text in one.shown):
        return "no running channel of a partner shows the new one yet"
    return ""


@dataclass(frozen=True)
class Position:
    """Where a queue manager stands. ``problem``: why it was not read, else blank; ``waits``: what it waits for, blank for nothing."""

    queue_manager: str
    host: str
    certificate: Mapping[str, Any] | None = None
    staged: Mapping[str, Any] | None = None
    former: Mapping[str, Any] | None = None
    waits: str = ""
    problem: str = ""


def table(positions: Sequence[Position]) -> str:
    """All queue managers with the certificates that they have, by their serial numbers, as aligned text."""
    rows = [("queue manager", "host", "uses", "until", "next", "former", "waits for")]
    for one in positions:
        if one.problem:
            rows.append((one.queue_manager, one.host, "not read", "", "", "", ""))
        else:
            until = str(one.certificate["not_after"])[:10] if one.certificate else "-"
            rows.append(
                (one.queue_manager, one.host, _serial(one.certificate), until, _serial(one.staged), _serial(one.former), one.waits or "-")
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows)


def several(clauses: Sequence[str], most: int = 5) -> str:
    """Clauses as one, not endless."""
    more = f"; and {len(clauses) - most} more" if len(clauses) > most else ""
    return "; ".join(clauses[:most]) + more


def _serial(certificate: Mapping[str, Any] | None) -> str:
    """The last four bytes tell certificates of one queue manager apart."""
    if certificate is None:
        return "-"
    digits = str(certificate["serial_number"]).split(":")
    return "..." + ":".join(digits[-4:]) if len(digits) > 4 else ":".join(digits)


def _shows(text: str, certificate: Mapping[str, Any]) -> bool:
    try:
        serial_number = int(str(certificate["serial_number"]).replace(":", ""), 16)
        return bool(text.strip()) and shows(text, DistinguishedName.parse(str(certificate["subject"])), serial_number)
    except (MqTlsError, ValueError):
        return False
