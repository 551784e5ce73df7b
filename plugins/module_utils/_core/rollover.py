# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where each queue manager stands while the fleet moves from one certificate authority to another.

Nothing of this is noted anywhere: it is read from the key repositories, from what the queue managers have been told, and from the
running channels. A step may only be made when every queue manager shows that the one before has reached it, since from then on a
partner may present a certificate that only the step before taught it to accept.

Source: IBM MQ documentation, "Renewing and replacing certificates", "When changes to certificates or the certificate store become
effective" (a queue manager goes on with what it has read until REFRESH SECURITY TYPE(SSL)).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from .distinguished_name import DistinguishedName
from .errors import MqTlsError
from .peer_pattern import shows

TRUSTED, REISSUED, DROPPED = _STEPS = ("trusted", "reissued", "dropped")


@dataclass(frozen=True)
class Authority:
    """A certificate authority: ``subject`` in RFC 4514 form, SHA-256 ``fingerprint``."""

    subject: str
    fingerprint: str


@dataclass(frozen=True)
class Authorities:
    """Those of the PKI folder. ``following`` takes over from ``current``; ``previous`` was in use before it; ``retired`` are gone."""

    current: Authority
    following: Authority | None = None
    previous: Authority | None = None
    retired: tuple[Authority, ...] = ()

    @property
    def newest(self) -> Authority:
        """The one that all queue managers have to accept in the end."""
        return self.following or self.current


@dataclass(frozen=True)
class Seen:
    """What was read of one queue manager. ``problem``: why nothing was, else blank.

    ``trusted``: fingerprints of the certificates that it accepts partners by. ``issuer``: who signed its certificate, blank where it has
    none; ``has_right_certificate``: nothing is to be replaced (also where none is wanted). ``refresh_outstanding``: it still uses what it
    has read before. ``shown``: for each running channel the issuer of the partner's certificate, as CHSTATUS shows it.
    """

    queue_manager: str
    host: str
    problem: str = ""
    trusted: frozenset[str] = frozenset()
    issuer: str = ""
    has_right_certificate: bool = True
    refresh_outstanding: bool = False
    shown: tuple[tuple[str, str], ...] = ()


def hold(step: str, seen: Seen, authorities: Authorities) -> str:
    """Why this queue manager holds the step (a clause that follows its name), else blank."""
    newest, former = authorities.newest, authorities.previous
    channel = next((name for name, issuer in seen.shown if former and _is_shown(issuer, former)), "")
    left = next((one.subject for one in authorities.retired if one.fingerprint in seen.trusted), "")
    unissued = not seen.has_right_certificate or not _issued_by(seen.issuer, newest)
    issuer = f" (its issuer is {seen.issuer})" if seen.issuer else ""
    # The first that applies; what holds a step holds those after it too.
    faults = (
        (TRUSTED, seen.problem, f"could not be read: {seen.problem.rstrip('.')}"),
        (TRUSTED, newest.fingerprint not in seen.trusted, f"does not accept certificates of {newest.subject} yet"),
        (
            TRUSTED,
            seen.refresh_outstanding,
            "has not been told of its key repository as it is now (REFRESH SECURITY is outstanding)",
        ),
        (REISSUED, unissued, f"has no certificate of {newest.subject} yet{issuer}"),
        (REISSUED, channel, f"has the channel {channel} running with a certificate of {former.subject if former else ''}"),
        (DROPPED, left, f"still accepts certificates of {left}"),
    )
    reached = _STEPS[: _STEPS.index(step) + 1]
    return next((reason for at, wrong, reason in faults if wrong and at in reached), "")


def position(seen: Seen, authorities: Authorities) -> str:
    """Where a queue manager stands, for people."""
    if seen.problem:
        return "not read"
    newest = authorities.newest
    if hold(TRUSTED, seen, authorities):
        return f"0 of 3: {hold(TRUSTED, seen, authorities)}"
    if hold(REISSUED, seen, authorities):
        return f"1 of 3: accepts {newest.subject}"
    gone = not authorities.previous and not hold(DROPPED, seen, authorities)
    return f"3 of 3: uses {newest.subject} alone" if gone else f"2 of 3: uses {newest.subject}, accepts the one before"


def table(seen: Sequence[Seen], authorities: Authorities) -> str:
    """All queue managers with where they stand, as aligned text."""
    rows = [("queue manager", "host", "where it stands"), *((one.queue_manager, one.host, position(one, authorities)) for one in seen)]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "\n".join(f"{name.ljust(widths[0])}  {host.ljust(widths[1])}  {where}" for name, host, where in rows)


def _issued_by(issuer: str, authority: Authority) -> bool:
    """Whether a certificate is of that authority; a queue manager without one presents none."""
    return not issuer or issuer == authority.subject


def _is_shown(text: str, authority: Authority) -> bool:
    try:
        return bool(text.strip()) and shows(text, DistinguishedName.parse(authority.subject))
    except MqTlsError:
        return False
