# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judgement on a link: whether the live channel is as intended, and if not, why, in one sentence.

The evidence is the status of both ends and the error logs of both queue managers. The end that rejects has the precise
reason, the other one only sees a closed connection, so both logs are read for the same seconds. Messages are known by their
numbers: their texts differ between levels and languages.

Sources: IBM MQ documentation, "DISPLAY CHSTATUS", "Channel states", "Troubleshooting TLS", "AMQ9xxx: Remote"; IBM Support, "IBM MQ
Troubleshooting Common TLS SSL Errors".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Iterator, Mapping, Sequence

from .cipherspec import PROTOCOLS, accepts, accepts_protocol
from .distinguished_name import DistinguishedName
from .peer_pattern import shows

# Both logs write about one attempt within this many seconds of each other (clocks of two hosts included).
_SAME_ATTEMPT = 10
# What GSKit says in ArithInsert1 (401: GSK_ERROR_BAD_DATE) and ArithInsert2 (its validation codes), as measured with GSKit 8.
_BAD_DATE, _EXPIRED, _NOT_YET_VALID, _FORGED, _ISSUER_IS_NO_CA, _REVOKED = "401", "575018", "575017", "575012", "575025", "575032"
_NO_CHAIN = "575010"


@dataclass(frozen=True)
class End:
    """What was seen at one end.

    ``status``: a row of DISPLAY CHSTATUS ALL, several, or None where there is none. ``log``: entries of the error log as dicts with id,
    text, channel, time_utc, remote_host and inserts, in the order of the log. ``certificate``: what is known of the certificate of this
    queue manager (not_before, not_after in ISO 8601, issuer). ``observed``: False where the queue manager could not be looked at;
    ``problem`` then says why, and is blank where nobody was asked to look (a partner outside the play).
    """

    status: Any = None
    log: Sequence[Mapping[str, Any]] = ()
    certificate: Mapping[str, Any] | None = None
    address: str = ""
    observed: bool = True
    problem: str = ""


@dataclass(frozen=True)
class _Cause:
    """What a message means; in the texts {here} is the end that wrote it and {there} its partner."""

    cause: str
    remedy: str


_REPOSITORY = "restore the files of the key repository as a whole set, or run mqfleet.tls.site, which builds it anew, then refresh"

# By message number, the most telling first: where the logs hold several, the first of this order is the cause and the rest its echo.
_CAUSES: Mapping[str, _Cause] = {
    "9633": _Cause("{here} does not accept the certificate of {there}", ""),  # refined in _certificate_cause
    "9654": _Cause("{here} does not accept the certificate of {there}", ""),
    "9652": _Cause("{here} does not accept the certificate of {there}", ""),
    "9716": _Cause(
        "{here} cannot find out whether the certificate of {there} has been revoked",
        "open the network path to the OCSP responder or CRL server that the certificate names, or decide on OCSPAuthentication in qm.ini",
    ),
    "9797": _Cause(  # refined in _own_certificate_cause
        "the certificate of {here} itself is expired, or its chain in its own key repository is incomplete",
        "run mqfleet.tls.site for {here}, which renews the certificate and completes the chain",
    ),
    "9630": _Cause("the certificate of {here} itself is outside its validity", "run mqfleet.tls.site for {here}, which renews it"),
    "9636": _Cause(
        "the distinguished name of {there} does not match SSLPEER of {here}",
        "correct SSLPEER (run mqfleet.tls.site) or the subject of the certificate of {there}",
    ),
    "9640": _Cause("SSLPEER of {here} is not a valid filter", "correct SSLPEER"),
    "9637": _Cause(
        "{here} requires a certificate and {there} sent none",
        "put a certificate with its private key under the label that CERTLABL of {there} names (run mqfleet.tls.site), or make the link "
        "one_way",
    ),
    "9642": _Cause(
        "{there} requires a certificate and {here} has none under its label",
        "put a certificate with its private key under the label that CERTLABL of {here} names (run mqfleet.tls.site), or make the link "
        "one_way",
    ),
    "9616": _Cause(
        "{here} has not enabled the CipherSpec that {there} proposes, or its certificate has a key of the wrong type for it",
        "compare SSLCIPH with the key type of the certificate of {here} and with its SSLFIPS, SUITEB, AllowedCipherSpecs and AllowTLSV13",
    ),
    "9719": _Cause("{here} is in FIPS mode and its CipherSpec is not a FIPS one", "choose a FIPS CipherSpec or an alias"),
    "9788": _Cause("SSLCIPH of {here} names a CipherSpec that is deprecated and disabled", "choose a current CipherSpec"),
    "9631": _Cause(
        "the handshake settled on another CipherSpec than SSLCIPH of {here} demands",
        "give both ends the same SSLCIPH, the responding end first (run mqfleet.tls.site)",
    ),
    "9639": _Cause("{here} demands TLS and {there} connects without it", "set SSLCIPH at {there} (run mqfleet.tls.site)"),
    "9635": _Cause("SSLCIPH of {here} is blank or unknown while {there} connects with TLS", "set SSLCIPH at {here} (run mqfleet.tls.site)"),
    "9660": _Cause(
        "{here} cannot open its key repository: the password or the stash file is missing or wrong",
        "set KEYRPWD or the stash file anew (run mqfleet.tls.site), then refresh",
    ),
    "9657": _Cause("{here} cannot open its key repository", "check SSLKEYR and the owner and mode of the file (run mqfleet.tls.site)"),
    "9627": _Cause("SSLKEYR of {here} is blank", "run mqfleet.tls.site, which sets it"),
    "9647": _Cause("{here} cannot read its key repository", _REPOSITORY),
    "9648": _Cause("the key repository of {here} is damaged", _REPOSITORY),
    "9649": _Cause("the key repository of {here} holds a key twice", _REPOSITORY),
    "9650": _Cause("the key repository of {here} holds a label twice", _REPOSITORY),
    "9651": _Cause("the key repository of {here} is corrupt or its password wrong", _REPOSITORY),
    "9675": _Cause("the label that CERTLABL of {here} names is not in its key repository", "run mqfleet.tls.site for {here}"),
    "9666": _Cause("{here} cannot reach the LDAP server with the revocation lists", "correct the AUTHINFO object or the network"),
    "9622": _Cause("SSLCRLNL of {here} names an AUTHINFO object that does not exist", "define it or correct the namelist"),
    "9629": _Cause("SSLCRYP of {here} is not valid", "correct SSLCRYP"),
    "9655": _Cause("{here} cannot load GSKit", "install the GSKit package of IBM MQ"),
    "9777": _Cause(
        "a channel authentication rule (CHLAUTH) of {here} blocks the channel",
        "see DISPLAY CHLAUTH with MATCH(RUNCHECK) and correct the rule",
    ),
    "9776": _Cause(
        "a channel authentication rule (CHLAUTH) of {here} blocks the user", "see DISPLAY CHLAUTH and correct the rule or MCAUSER"
    ),
    "9519": _Cause("{here} has no definition of the channel", "run mqfleet.tls.site for {here}, which defines it"),
    "9520": _Cause("{there} has no definition of the channel", "run mqfleet.tls.site for {there}, which defines it"),
    "9526": _Cause("the message sequence numbers of both ends differ", "find out whether messages were lost, then use RESET CHANNEL"),
    "9531": _Cause("the transmission queue at {here} is missing or has no USAGE(XMITQ)", "run mqfleet.tls.site for {here}"),
    "9534": _Cause("the channel is stopped at {here}", "use START CHANNEL at {here}"),
    "9558": _Cause("the channel is stopped or not available at {there}", "use START CHANNEL at {there}"),
    "9714": _Cause("{there} is refreshing its TLS security", "wait: the channel retries by itself"),
    "9713": _Cause("{here} is refreshing its TLS security", "wait: the channel retries by itself"),
    "9202": _Cause(
        "{here} cannot reach {there} over the network", "check that the listener of {there} runs and CONNAME of {here} is right"
    ),
    "9213": _Cause("{here} has a communications error", "check the network"),
    # Echoes: the other end has the reason.
    "9643": _Cause("{there} does not accept the distinguished name of {here}", "correct SSLPEER at {there} (run mqfleet.tls.site)"),
    "9641": _Cause("{there} does not accept the CipherSpec of {here}", "give both ends the same SSLCIPH, the responding end first"),
    "9709": _Cause("{here} cannot set up TLS", "read the messages before this one"),
    "9503": _Cause("both ends do not agree on the channel", "compare their definitions"),
    "9620": _Cause("a TLS function failed at {here}", "read the return code in the message"),
    "9661": _Cause("{here} received no valid TLS data from {there}", "check what listens at the address of {there}"),
    "9665": _Cause("{there} closed the TLS connection", "read the error log of {there} for the same second"),
    "9638": _Cause("the TLS connection between the ends broke", "read the messages before it on both ends"),
    "9209": _Cause("{there} closed the connection", "read the error log of {there} for the same second"),
    "9208": _Cause("the connection from {here} to {there} broke", "read the error log of {there} for the same second"),
    "9506": _Cause("messages on their way were not confirmed", "read the error log of {there}"),
    "9492": _Cause("a connection to {here} ended before the channel was known", "read the messages before it"),
    "9999": _Cause("the channel ended abnormally", "read the messages before this one"),
}
_RANK = {number: rank for rank, number in enumerate(_CAUSES)}
# A refresh ends channels that worked: it explains nothing where one of the messages above it in _CAUSES is at hand.
_REFRESH = ("9714", "9713")
# That a channel or connection ended, never why.
_SUMMARIES = ("9999", "9492")


@dataclass(frozen=True)
class _Evidence:
    number: str
    id: str
    here: str
    there: str
    entry: Mapping[str, Any]


def judge(link: Mapping[str, Any], initiator: End, responder: End) -> dict[str, Any]:
    """The verdict on one link.

    ``link`` as ``topology`` gives it. Returns the link's channel, from, to and authentication, what was seen (status, protocol,
    cipher_spec, responder_dn_seen_by_initiator, initiator_dn_seen_by_responder; blank where nothing was seen), ``ok``, ``explanation``
    (blank, or one sentence with cause, evidence and remedy) and ``messages`` (the AMQ messages that are the evidence).
    """
    started, answered = _row(initiator.status, link["to"]), _row(responder.status, link["from"])
    shown = (started if initiator.observed else answered) or {}
    protocol = PROTOCOLS.get(_text(shown, "SECPROT"), _text(shown, "SECPROT")) or ""
    verdict: dict[str, Any] = {
        "link": f"{link['from']} to {link['to']}",
        "channel": link["channel"],
        "from": link["from"],
        "to": link["to"],
        "authentication": link["authentication"],
        "status": _text(shown, "STATUS"),
        "protocol": protocol,
        "cipher_spec": _text(started or {}, "SSLCIPH") or _text(answered or {}, "SSLCIPH"),
        "responder_dn_seen_by_initiator": _text(started or {}, "SSLPEER"),
        "initiator_dn_seen_by_responder": _text(answered or {}, "SSLPEER"),
    }
    evidence: list[_Evidence] = []
    if verdict["status"] == "RUNNING":
        problem = next(filter(None, _mismatches(link, verdict, (initiator, responder), (started, answered))), "")
    else:
        evidence = _evidence(link, initiator, responder)
        problem = _why_not_running(link, initiator, responder, verdict["status"], evidence)
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


# -- a channel that runs ---------------------------------------------------------------------------------------------


def _mismatches(
    link: Mapping[str, Any],
    verdict: Mapping[str, Any],
    ends: tuple[End, End],
    rows: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None],
) -> Iterator[str]:
    """In what a running channel is not as intended; blank texts do not count."""
    (initiator, responder), (started, answered) = ends, rows
    yield _unseen(link, initiator, responder)
    if not verdict["protocol"]:
        yield "runs without TLS (SECPROT is NONE); set SSLCIPH on both ends (run mqfleet.tls.site) and start the channel again"
    if not accepts_protocol(link["cipher_spec"], verdict["protocol"]):
        yield f"runs with {verdict['protocol']} and {link['cipher_spec']} is intended; {_RESTART}"
    if verdict["cipher_spec"] and not accepts(link["cipher_spec"], verdict["cipher_spec"]):
        yield f"runs with the CipherSpec {verdict['cipher_spec']} and {link['cipher_spec']} is intended; {_RESTART}"
    if responder.observed and answered is None:
        yield f"runs at {link['from']} while {link['to']} shows no instance of it; check which queue manager CONNAME really reaches"
    if started is not None:
        yield _wrong_name(link["from"], link["to"], verdict["responder_dn_seen_by_initiator"], link["responder_subject"], True)
    if answered is not None:
        wanted = link["initiator_subject"]
        must_show = wanted is not None or link["authentication"] == "two_way"
        yield _wrong_name(link["to"], link["from"], verdict["initiator_dn_seen_by_responder"], wanted, must_show)


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


# -- a channel that does not run -------------------------------------------------------------------------------------


def _unseen(link: Mapping[str, Any], initiator: End, responder: End) -> str:
    for end, name in ((initiator, link["from"]), (responder, link["to"])):
        if not end.observed and end.problem:
            return f"could not be judged, since {name} could not be read: {end.problem.rstrip('.')}"
    return ""


def _why_not_running(link: Mapping[str, Any], initiator: End, responder: End, status: str, evidence: Sequence[_Evidence]) -> str:
    unseen = _unseen(link, initiator, responder)
    state = f"does not run ({status})" if status else "does not run (inactive)"
    if not evidence:
        if unseen:
            return unseen
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
    cause, remedy = _cause(link, main, initiator, responder)
    proof = ", ".join(f"{item.id} at {item.here}{_at(item.entry)}" for item in evidence)
    note = f"; {unseen.split(', since ', 1)[1]}" if unseen else ""
    return f"{state}: {cause} ({proof}{note}); {remedy}"


def _cause(link: Mapping[str, Any], main: _Evidence, initiator: End, responder: End) -> tuple[str, str]:
    if main.number in ("9633", "9654", "9652"):
        partner = responder if main.here == link["from"] else initiator
        subject = link["responder_subject"] if main.here == link["from"] else link["initiator_subject"]
        return _certificate_cause(main, partner.certificate or {}, subject)
    if main.number == "9797":
        own = initiator if main.here == link["from"] else responder
        return _own_certificate_cause(main, own.certificate or {})
    known = _CAUSES[main.number]
    names = {"here": main.here, "there": main.there}
    return known.cause.format(**names), known.remedy.format(**names)


def _certificate_cause(main: _Evidence, certificate: Mapping[str, Any], subject: str | None) -> tuple[str, str]:
    """Why the certificate of the partner was refused: by its dates where they are known, else by GSKit's code."""
    whose = f"the certificate of {main.there}" + (f" ({subject})" if subject else "")
    codes, when = _codes(main.entry), _moment(main.entry.get("time_utc"))
    begin, end = _moment(certificate.get("not_before")), _moment(certificate.get("not_after"))
    issuer = f" ({certificate['issuer']})" if certificate.get("issuer") else ""
    renew = f"run mqfleet.tls.site for {main.there}, which renews it and refreshes"
    clocks = f"check the clocks of both hosts, or {renew}"
    refuses = f", so {main.here} refuses it"
    # The first that applies: dates that are known, then what GSKit says, then what is left.
    readings = (
        (end and when and end <= when, f"{whose} expired on {_minute(end)}{refuses}", renew),
        (begin and when and when < begin, f"{whose} is not valid before {_minute(begin)}{refuses}", clocks),
        (end and _EXPIRED in codes, f"a CA certificate above {whose} has expired{refuses}", f"renew the CA certificate, then {renew}"),
        (_EXPIRED in codes, f"{whose} (or a CA certificate above it) has expired{refuses}", renew),
        (_NOT_YET_VALID in codes, f"{whose} (or a CA certificate above it) is not yet valid{refuses}", clocks),
        (main.number == "9652" or _BAD_DATE in codes, f"{whose} is outside its validity{refuses}", clocks),
        (
            _REVOKED in codes,
            f"{whose} (or a CA certificate above it) is revoked{refuses}",
            f"run mqfleet.tls.site for {main.there}, which replaces a certificate that the local CA has revoked",
        ),
        (
            _FORGED in codes,
            f"the signature of {whose} does not match the key of its issuer{refuses}",
            f"find out where it comes from; {renew}",
        ),
        (_ISSUER_IS_NO_CA in codes, f"{whose} was signed with a certificate that is no CA{refuses}", f"have it signed by a CA; {renew}"),
        (
            True,
            f"{main.here} does not trust the issuer{issuer} of {whose}, or a CA certificate between them is missing",
            f"run mqfleet.tls.site for both, which adds what {main.here} has to trust, and refresh {main.here} if it has been added "
            f"already",
        ),
    )
    return next((cause, remedy) for applies, cause, remedy in readings if applies)


def _own_certificate_cause(main: _Evidence, certificate: Mapping[str, Any]) -> tuple[str, str]:
    """Why a queue manager does not use its own certificate. Before the fix of APAR IT37745 the message has no telling code."""
    whose, renew = f"the certificate of {main.here} itself", f"run mqfleet.tls.site for {main.here}, which renews it and refreshes"
    codes, when = _codes(main.entry), _moment(main.entry.get("time_utc"))
    begin, end = _moment(certificate.get("not_before")), _moment(certificate.get("not_after"))
    unused = f", so {main.here} does not present it"
    readings = (
        (end and when and end <= when, f"{whose} expired on {_minute(end)}{unused}", renew),
        (
            begin and when and when < begin,
            f"{whose} is not valid before {_minute(begin)}{unused}",
            f"check the clock of the host, or {renew}",
        ),
        (_EXPIRED in codes, f"{whose} has expired{unused}", renew),
        (_NOT_YET_VALID in codes, f"{whose} is not yet valid{unused}", f"check the clock of the host, or {renew}"),
        (
            _NO_CHAIN in codes,
            f"the key repository of {main.here} lacks a CA certificate of its own certificate's chain{unused}",
            f"run mqfleet.tls.site for {main.here}, which completes the chain and refreshes",
        ),
    )
    known = _CAUSES[main.number]
    default = known.cause.format(here=main.here, there=main.there), known.remedy.format(here=main.here, there=main.there)
    return next(((cause, remedy) for applies, cause, remedy in readings if applies), default)


# -- reading two logs ------------------------------------------------------------------------------------------------


def _evidence(link: Mapping[str, Any], initiator: End, responder: End) -> list[_Evidence]:
    """The entries of both logs about the latest attempt; the cause comes first."""
    ours = _entries(initiator.log, link["from"], link["to"])
    theirs = _entries(responder.log, link["to"], link["from"])
    named = [item for item in ours if item.entry.get("channel") == link["channel"]]
    anchor = named[-1] if named else None
    if anchor is None:
        # The initiator always knows the channel; without its log only a message that names the channel can be tied to it.
        named = [item for item in theirs if item.entry.get("channel") == link["channel"]]
        return _ordered(_near(named, named[-1])) if named else []
    near = _near(theirs, anchor)
    # Clocks that differ by more: a message that names the channel still counts, its time is shown.
    stray = [item for item in theirs if item.entry.get("channel") == link["channel"]] if not near else []
    return _ordered(_near(named, anchor) + _of_responder(link, near, initiator, anchor) + stray)


def _entries(log: Sequence[Mapping[str, Any]], here: str, there: str) -> list[_Evidence]:
    found = []
    for entry in log or ():
        number = re.sub(r"\D", "", str(entry.get("id", "")))
        if number in _CAUSES:
            found.append(_Evidence(number, str(entry["id"]), here, there, entry))
    return found


def _of_responder(link: Mapping[str, Any], near: Sequence[_Evidence], initiator: End, anchor: _Evidence) -> list[_Evidence]:
    """Those that name the channel; else the connection, still without a channel name, that fits the initiator best."""
    named = [item for item in near if item.entry.get("channel") == link["channel"]]
    if any(item.number not in _SUMMARIES + _REFRESH for item in named):
        return named
    nameless = [item for item in near if not str(item.entry.get("channel") or "").strip("?")]

    def fits(item: _Evidence) -> int:
        inserts = (item.entry.get("inserts") or {}).values()
        text = " ".join(map(str, (item.entry.get("remote_host") or "", item.entry.get("text", ""), *inserts)))
        return 2 * _mentions(text, link["initiator_subject"]) + _mentions(text, initiator.address)

    best = max(map(fits, nameless), default=0)
    chosen = [item for item in nameless if fits(item) == best]
    if chosen:
        # What one process wrote belongs together; of several equally fitting ones the nearest in time.
        process = min(chosen, key=lambda item: _distance(item, anchor) or 0).entry.get("process")
        chosen = [item for item in chosen if item.entry.get("process") == process]
    return named + chosen


def _mentions(text: str, words: str | None) -> bool:
    """Whether a text holds a name or an address, not as a part of a longer one; blanks after commas do not count."""
    plain = re.escape((words or "").replace(", ", ",").lower())
    return bool(plain) and re.search(rf"(?<![\w.]){plain}(?![\w.])", text.replace(", ", ",").lower()) is not None


def _distance(item: _Evidence, anchor: _Evidence) -> float | None:
    """Seconds between two entries; None where a time is not known."""
    first, second = _moment(item.entry.get("time_utc")), _moment(anchor.entry.get("time_utc"))
    return abs((first - second).total_seconds()) if first and second else None


def _near(items: Sequence[_Evidence], anchor: _Evidence) -> list[_Evidence]:
    return [item for item in items if (_distance(item, anchor) or 0) <= _SAME_ATTEMPT]


def _ordered(found: Sequence[_Evidence]) -> list[_Evidence]:
    """By how telling they are, the newest first, each message of a queue manager once; mere summaries only where nothing else is known."""
    once: dict[tuple[str, str], _Evidence] = {}
    for item in reversed(found):
        once.setdefault((item.number, item.here), item)
    ranked = sorted(once.values(), key=lambda item: _RANK[item.number])
    telling = [item for item in ranked if item.number not in _SUMMARIES]
    if telling and _RANK[telling[0].number] < min(_RANK[number] for number in _REFRESH):
        telling = [item for item in telling if item.number not in _REFRESH]
    return telling or ranked


# -- values ----------------------------------------------------------------------------------------------------------


def _row(status: Any, partner: str) -> Mapping[str, Any] | None:
    """The row of this link: of several instances one with the right partner, running before all others."""
    rows = [status] if isinstance(status, Mapping) else list(status or ())
    fitting = [row for row in rows if _text(row, "RQMNAME") in ("", partner)] or rows
    return min(fitting, key=lambda row: _text(row, "STATUS") != "RUNNING", default=None)


def _text(row: Mapping[str, Any], keyword: str) -> str:
    value = row.get(keyword)
    return value.strip() if isinstance(value, str) else ""


def _without_serial_number(name: str) -> str:
    return re.sub(r"\ASERIALNUMBER=[0-9A-Fa-f:]+,\s*", "", name)


def _moment(text: Any) -> datetime | None:
    """ISO 8601 as logs and certificates have it; None where it is not that."""
    found = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?\Z", str(text or ""))
    if not found:
        return None
    offset = (found.group(2) or "Z").replace("Z", "+0000").replace(":", "")
    return datetime.strptime(found.group(1) + offset, "%Y-%m-%dT%H:%M:%S%z").astimezone(timezone.utc)


def _minute(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else ""


def _time(entry: Mapping[str, Any]) -> str:
    return str(entry.get("time_utc") or entry.get("time") or "")


def _at(entry: Mapping[str, Any]) -> str:
    return f", {_time(entry)}" if _time(entry) else ""


def _codes(entry: Mapping[str, Any]) -> set[str]:
    """What GSKit said: the whole-number inserts, and validation codes in the words of the message or its explanation."""
    inserted = {str(value) for key, value in (entry.get("inserts") or {}).items() if str(key).startswith("ArithInsert")}
    words = f"{entry.get('text', '')} {entry.get('explanation', '')}"
    return inserted | set(re.findall(r"\b5750\d\d\b", words))


def table(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The verdicts as aligned text; distinguished names without the serial number that MQ puts before them."""
    head = (
        "channel",
        "from",
        "to",
        "authentication",
        "status",
        "protocol",
        "CipherSpec",
        "initiator sees",
        "responder sees",
        "as intended",
    )
    rows = [
        (
            verdict["channel"],
            verdict["from"],
            verdict["to"],
            verdict["authentication"].replace("_", "-"),
            verdict["status"] or "inactive",
            verdict["protocol"] or "-",
            verdict["cipher_spec"] or "-",
            _without_serial_number(verdict["responder_dn_seen_by_initiator"]) or "-",
            _without_serial_number(verdict["initiator_dn_seen_by_responder"]) or "-",
            "yes" if verdict["ok"] else "NO",
        )
        for verdict in verdicts
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)
