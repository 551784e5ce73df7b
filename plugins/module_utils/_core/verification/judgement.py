# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judgement on a link: whether the live channel is as intended, and if not, why, in one sentence.

The evidence is the status of both ends and the error logs of both queue managers.

Sources: IBM MQ documentation, "DISPLAY CHSTATUS", "Channel states".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Iterator, Mapping

from ..cipherspec import PROTOCOLS, accepts, accepts_protocol
from ..distinguished_name import DistinguishedName
from ..peer_pattern import shows
from .end import End, row_of, shown
from .evidence import Evidence, gather
from .explanation import unseen, why_not_running
from .presented import OTHER, presented_by


def judge(link: Mapping[str, Any], initiator: End, responder: End) -> dict[str, Any]:
    """The verdict on one link.

    ``link`` as ``topology`` gives it. Returns the link's channel, from, to and authentication, what was seen (status, protocol,
    cipher_spec, responder_dn_seen_by_initiator, initiator_dn_seen_by_responder, the issuers likewise; blank where nothing was seen;
    presented_certificate),
    ``ok``, ``explanation`` (blank, or one sentence with cause, evidence and remedy) and ``messages`` (the AMQ messages that are the
    evidence).
    """
    started, answered = row_of(initiator.status, link["to"]), row_of(responder.status, link["from"])
    row = (started if initiator.observed else answered) or {}
    protocol = PROTOCOLS.get(shown(row, "SECPROT"), shown(row, "SECPROT")) or ""
    verdict: dict[str, Any] = {
        "link": f"{link['from']} to {link['to']}",
        "channel": link["channel"],
        "from": link["from"],
        "to": link["to"],
        "authentication": link["authentication"],
        "status": shown(row, "STATUS"),
        "protocol": protocol,
        "cipher_spec": shown(started or {}, "SSLCIPH") or shown(answered or {}, "SSLCIPH"),
        "responder_dn_seen_by_initiator": shown(started or {}, "SSLPEER"),
        "initiator_dn_seen_by_responder": shown(answered or {}, "SSLPEER"),
        "responder_issuer_seen_by_initiator": shown(started or {}, "SSLCERTI"),
        "initiator_issuer_seen_by_responder": shown(answered or {}, "SSLCERTI"),
        "presented_certificate": presented_by(link, responder),
    }
    evidence: list[Evidence] = []
    if verdict["status"] == "RUNNING":
        problem = next(filter(None, _mismatches(link, verdict, (initiator, responder), (started, answered))), "")
    else:
        evidence = gather(link, initiator, responder)
        problem = why_not_running(link, initiator, responder, verdict["status"], evidence)
    verdict["ok"] = not problem
    verdict["explanation"] = f"The link {verdict['link']} (channel {link['channel']}) {problem}." if problem else ""
    verdict["messages"] = [
        {
            "queue_manager": item.here,
            "id": item.id,
            "time": item.entry.get("time_utc") or item.entry.get("time"),
            "text": item.entry.get("text", ""),
        }
        for item in evidence
    ]
    return verdict


def _mismatches(
    link: Mapping[str, Any],
    verdict: Mapping[str, Any],
    ends: tuple[End, End],
    rows: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None],
) -> Iterator[str]:
    """In what a running channel is not as intended; blank texts do not count."""
    (initiator, responder), (started, answered) = ends, rows
    yield unseen(link, initiator, responder)
    if not verdict["protocol"]:
        yield "runs without TLS (SECPROT is NONE); set SSLCIPH on both ends (run mqfleet.tls.site) and start the channel again"
    if not accepts_protocol(link["cipher_spec"], verdict["protocol"]):
        yield f"runs with {verdict['protocol']} and {link['cipher_spec']} is intended; {_RESTART}"
    if verdict["cipher_spec"] and not accepts(link["cipher_spec"], verdict["cipher_spec"]):
        yield f"runs with the CipherSpec {verdict['cipher_spec']} and {link['cipher_spec']} is intended; {_RESTART}"
    if responder.observed and answered is None:
        yield f"runs at {link['from']} while {link['to']} shows no instance of it; check which queue manager CONNAME really reaches"
    if verdict["presented_certificate"]["state"] == OTHER:
        yield f"runs, but {verdict['presented_certificate']['reason']}"
    if started is not None:
        yield _wrong_name(link["from"], link["to"], verdict["responder_dn_seen_by_initiator"], link["responder_subject"], True)
        yield _wrong_issuer(link["from"], link["to"], verdict["responder_issuer_seen_by_initiator"], responder)
    if answered is not None:
        wanted = link["initiator_subject"]
        must_show = wanted is not None or link["authentication"] == "two_way"
        yield _wrong_name(link["to"], link["from"], verdict["initiator_dn_seen_by_responder"], wanted, must_show)
        yield _wrong_issuer(link["to"], link["from"], verdict["initiator_issuer_seen_by_responder"], initiator)


_RESTART = "the definition has changed since it started or differs from the plan: run mqfleet.tls.site, then stop and start the channel"


@lru_cache(maxsize=4096)
def _shows(seen: str, wanted: str) -> bool:
    """A queue manager shows the same name to all its partners; reading it again for each link costs seconds in a large fleet."""
    return shows(seen, DistinguishedName.parse(wanted))


def _wrong_name(here: str, there: str, seen: str, wanted: str | None, must_show: bool) -> str:
    if not must_show:
        return (
            f"is meant to be anonymous, but {here} sees the certificate {seen} of {there}; remove it from the key repository of {there} "
            f"(run mqfleet.tls.site), then refresh"
            if seen
            else ""
        )
    if not seen:
        return (
            f"runs without a certificate of {there}: {here} shows a blank SSLPEER and sees nobody; set SSLCAUTH(REQUIRED) at {here} "
            f"(run mqfleet.tls.site)"
        )
    if wanted is not None and not _shows(seen, wanted):
        return (
            f"runs with the wrong certificate: {here} sees {seen} and the subject of {there} is meant to be {wanted}; check which queue "
            f"manager CONNAME reaches and whether a refresh is outstanding at {there}"
        )
    return ""


def _wrong_issuer(here: str, there: str, seen: str, end: End) -> str:
    """The issuer that a running channel shows (SSLCERTI) against that of the certificate in the key repository of the other end."""
    wanted = str((end.certificate or {}).get("issuer") or "")
    if not seen or not wanted or _shows(seen, wanted):
        return ""
    return (
        f"runs with a certificate of another issuer: {here} sees that {seen} has signed the certificate of {there}, and the one in the key "
        f"repository of {there} is signed by {wanted}; check which queue manager CONNAME reaches, send REFRESH SECURITY TYPE(SSL) to "
        f"{there} if it was not told of its key repository, and start the channel again"
    )
