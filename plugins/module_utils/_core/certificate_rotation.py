# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose certificate is to be replaced, and who has got a new one.

When a rotation begins, the certificate that each chosen queue manager uses is put down as the one to be replaced. So neither clocks nor
certificates that are dated back decide whether it has been, and a rotation that was interrupted replaces none twice.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .certificate import moment
from .identity_rollover import several
from .verdict import issued


@dataclass(frozen=True)
class Chosen:
    """What was read of a queue manager whose certificate is to be replaced. ``problem``: why nothing was (a clause), else blank.

    ``certificate``: the one in use. ``recorded``: fingerprint of the one that a rotation is to replace, blank where none has begun.
    ``waiting``: an external certificate authority has not answered yet. ``staged``: why the new one is not used yet, by partner.
    ``former``: why the old one is still there. ``unseen``: it is there since no partner is part of the run. ``distrusted``: partners that
    still trust it. ``is_told``: REFRESH SECURITY was sent.
    """

    queue_manager: str
    problem: str = ""
    certificate: Mapping[str, Any] | None = None
    recorded: str = ""
    issuer: str = "local_ca"
    days: int = 365
    waiting: bool = False
    staged: Sequence[str] = ()
    former: str = ""
    unseen: bool = False
    distrusted: Sequence[str] = ()
    is_told: bool = True


def begin(one: Chosen, before: str) -> str:
    """The fingerprint of the certificate that is to be replaced, blank for none.

    ``before``: what was issued before this moment; blank for whatever is in use when the rotation begins. What was put down when it
    began stays to be replaced.
    """
    if one.certificate is None:
        return one.recorded
    found = str(one.certificate["fingerprint"])
    if before:
        made = issued(str(one.certificate["not_before"]), str(one.certificate["not_after"]), one.issuer, one.days)
        return found if made < moment(before) else one.recorded
    return one.recorded or found


def held(one: Chosen) -> str:
    """Why the rotation is not over for a queue manager (a clause), blank where it is, and where it only waits for a signature."""
    unused = one.certificate is None or one.certificate["fingerprint"] == one.recorded
    # the first that applies
    faults = (
        (one.problem, one.problem),
        (one.waiting, ""),
        (one.staged, f"keeps its certificate until every partner accepts the new one: {several(one.staged)}"),
        (unused, "still uses its former certificate"),
        (not one.is_told, "has not been told of its new certificate (REFRESH SECURITY is outstanding)"),
        (one.former, f"uses its new certificate and keeps the former one: {one.former}"),
        (one.distrusted, f"uses its new certificate, and its former one is still trusted by {', '.join(one.distrusted)}"),
    )
    return next((reason for wrong, reason in faults if wrong), "")


def sentence(reasons: Mapping[str, str], waiting: Sequence[str], unseen: Sequence[str], total: int) -> str:
    """The outcome."""
    if reasons:
        clauses = several([f"{name} {reason.rstrip('.')}" for name, reason in sorted(reasons.items())])
        return (
            f"The certificates of {total} queue managers were to be replaced and {len(reasons)} of them are held: {clauses}; nothing is "
            f"interrupted meanwhile, run mqfleet.tls.rotate_certificates again when that is settled (with mq_tls_rotate_hosts instead of "
            f"--limit where partners were left out)."
        )
    if waiting:
        return (
            f"The certificates of {total} queue managers were to be replaced; {', '.join(sorted(waiting))} wait for the signature of an "
            f"external certificate authority and use the former ones until then, all others are done: run again when the answers are there."
        )
    if not total:
        return "No certificate was to be replaced."
    if unseen:
        return (
            f"The certificates of {total} queue managers are replaced; {', '.join(sorted(unseen))} keep the former ones, since no partner "
            f"in this run could show the new ones: run mqfleet.tls.site for the whole fleet, which proves them and removes the former ones."
        )
    return f"The certificates of {total} queue managers are replaced and proven."
