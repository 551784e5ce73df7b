# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a channel does not run, in words: cause, evidence, remedy.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from .end import End, minute, moment
from .evidence import Evidence
from .messages import CAUSES, ECHOES
from .not_enabled import not_enabled
from .presented import awaits_refresh, other_certificate, refresh

# What GSKit says in ArithInsert1 (401: GSK_ERROR_BAD_DATE) and ArithInsert2 (its validation codes), as measured with GSKit 8.
_BAD_DATE, _EXPIRED, _NOT_YET_VALID, _FORGED, _ISSUER_IS_NO_CA, _REVOKED = "401", "575018", "575017", "575012", "575025", "575032"
_NO_CHAIN = "575010"


def unseen(link: Mapping[str, Any], initiator: End, responder: End) -> str:
    """Which end could not be read, and why; blank where both were."""
    for end, name in ((initiator, link["from"]), (responder, link["to"])):
        if not end.observed and end.problem:
            return f"could not be judged, since {name} could not be read: {end.problem.rstrip('.')}"
    return ""


def why_not_running(link: Mapping[str, Any], initiator: End, responder: End, status: str, evidence: Sequence[Evidence]) -> str:
    missing = unseen(link, initiator, responder)
    state = f"does not run ({status})" if status else "does not run (inactive)"
    if not evidence:
        if missing:
            return missing
        if link["from_host"] is None:
            return f"{state}: no connection from {link['from']} has been seen at {link['to']}; ask its administrator to start it"
        if not initiator.observed:
            return f"could not be judged, since {link['from']} is not part of this run; run it without --limit"
        if status == "STOPPED":
            return f"is stopped at {link['from']}, and no error is logged; use START CHANNEL({link['channel']}) there"
        return (
            f"{state} and neither error log says why; use START CHANNEL({link['channel']}) at {link['from']} and look at "
            f"DISPLAY CHSTATUS({link['channel']}) there"
        )
    main = evidence[0]
    cause, remedy = _cause_of(link, main, initiator, responder)
    if main.number in ECHOES and main.here == link["from"] and responder.observed and all(item.here == main.here for item in evidence):
        cause += f", whose error log has no word of it, so something else may answer at the address of {main.there}"
        remedy = f"check what CONNAME of {main.here} reaches, and that the clocks of both hosts agree"
    proof = ", ".join(map(str, evidence))
    note = f"; {missing.split(', since ', 1)[1]}" if missing else ""
    return f"{state}: {cause} ({proof}{note}); {remedy}"


def _cause_of(link: Mapping[str, Any], main: Evidence, initiator: End, responder: End) -> tuple[str, str]:
    if main.number in ("9633", "9654", "9652"):
        if main.here == link["from"]:
            other = other_certificate(link, responder)
            if other:
                return f"{other}, and {main.here} does not accept it", refresh(main.there, responder)
            return _certificate_cause(main, initiator, responder, link["responder_subject"])
        return _certificate_cause(main, responder, initiator, link["initiator_subject"])
    if main.number == "9797":
        own = initiator if main.here == link["from"] else responder
        return _own_certificate_cause(main, own)
    if main.number == "9616":
        found = not_enabled(main, initiator if main.here == link["from"] else responder)
        if found:
            return found
    known = CAUSES[main.number]
    names = {"here": main.here, "there": main.there}
    return known.cause.format(**names), known.remedy.format(**names)


def _certificate_cause(main: Evidence, own: End, partner: End, subject: str | None) -> tuple[str, str]:
    """Why the certificate of the partner was refused: by its dates where they are known, else by GSKit's code."""
    certificate = partner.certificate or {}
    whose = f"the certificate of {main.there}" + (f" ({subject})" if subject else "")
    codes, when = main.codes, moment(main.entry.get("time_utc"))
    begin, end = moment(certificate.get("not_before")), moment(certificate.get("not_after"))
    issuer = f" ({certificate['issuer']})" if certificate.get("issuer") else ""
    renew = f"run mqfleet.tls.site for {main.there}, which renews it and refreshes"
    clocks = f"check the clocks of both hosts, or {renew}"
    refuses = f", so {main.here} refuses it"
    # Older levels do not say which certificate of the chain it is.
    is_named = bool(subject and main.failing_subject)
    is_above = is_named and _plain(subject or "") != _plain(main.failing_subject)
    which = f"the CA certificate {main.failing_subject} above {whose}" if is_above else whose
    if not is_named:
        which += " (or a CA certificate above it)"
    is_former = bool(end) and (not is_above if is_named else awaits_refresh(partner))
    # The first that applies: dates that are known, then what GSKit says, then what is left.
    readings = (
        (end and when and end <= when, f"{whose} expired on {minute(end)}{refuses}", renew),
        (begin and when and when < begin, f"{whose} is not valid before {minute(begin)}{refuses}", clocks),
        (
            is_former and _EXPIRED in codes,
            f"{main.there} still presents a certificate that has expired{refuses}, while its key repository holds a valid one",
            refresh(main.there, partner),
        ),
        (
            _EXPIRED in codes and (is_above or end),
            f"{which if is_above else f'a CA certificate above {whose}'} has expired{refuses}",
            f"renew the CA certificate, then {renew}",
        ),
        (_EXPIRED in codes, f"{which} has expired{refuses}", renew),
        (_NOT_YET_VALID in codes, f"{which} is not yet valid{refuses}", clocks),
        (main.number == "9652" or _BAD_DATE in codes, f"{whose} is outside its validity{refuses}", clocks),
        (
            _REVOKED in codes,
            f"{which} is revoked{refuses}",
            f"run mqfleet.tls.site for {main.there}, which replaces a certificate that the local CA has revoked",
        ),
        (
            _FORGED in codes,
            f"{main.here} knows the issuer{issuer} of {whose} by name, but with another key{refuses}",
            f"find out where the certificate comes from (a CA that was made anew is another CA, whatever its name), then {renew}",
        ),
        (_ISSUER_IS_NO_CA in codes, f"{whose} was signed with a certificate that is no CA{refuses}", f"have it signed by a CA; {renew}"),
        (
            awaits_refresh(own) and certificate.get("issuer") in ((own.certificates or {}).get("trusted") or ()),
            f"{main.here} refuses {whose}, as it has not read its key repository since the issuer{issuer} was added",
            refresh(main.here, own),
        ),
        (
            True,
            f"{main.here} does not trust the issuer{issuer} of {whose}, or a CA certificate between them is missing",
            f"run mqfleet.tls.site for both, which adds what {main.here} has to trust, and refresh {main.here} if it has been added "
            f"already",
        ),
    )
    return next((cause, remedy) for applies, cause, remedy in readings if applies)


def _plain(name: str) -> str:
    return re.sub(r"\s*,\s*", ",", name.strip()).lower()


def _own_certificate_cause(main: Evidence, own: End) -> tuple[str, str]:
    """Why a queue manager does not use its own certificate. Before the fix of APAR IT37745 the message has no telling code."""
    certificate = own.certificate or {}
    whose, renew = f"the certificate of {main.here} itself", f"run mqfleet.tls.site for {main.here}, which renews it and refreshes"
    codes, when = main.codes, moment(main.entry.get("time_utc"))
    begin, end = moment(certificate.get("not_before")), moment(certificate.get("not_after"))
    unused = f", so {main.here} does not present it"
    readings = (
        (end and when and end <= when, f"{whose} expired on {minute(end)}{unused}", renew),
        (
            begin and when and when < begin,
            f"{whose} is not valid before {minute(begin)}{unused}",
            f"check the clock of the host, or {renew}",
        ),
        (
            end and _EXPIRED in codes,
            f"{main.here} has not read its key repository since its certificate was renewed, and the one that it knows has expired{unused}",
            refresh(main.here, own),
        ),
        (_EXPIRED in codes, f"{whose} has expired{unused}", renew),
        (_NOT_YET_VALID in codes, f"{whose} is not yet valid{unused}", f"check the clock of the host, or {renew}"),
        (
            _NO_CHAIN in codes,
            f"the key repository of {main.here} lacks a CA certificate of its own certificate's chain{unused}",
            f"run mqfleet.tls.site for {main.here}, which completes the chain and refreshes",
        ),
    )
    known = CAUSES[main.number]
    default = known.cause.format(here=main.here, there=main.there), known.remedy.format(here=main.here, there=main.there)
    return next(((cause, remedy) for applies, cause, remedy in readings if applies), default)
