# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report on a fleet as data: what its plan says, what was read of it, and what is wrong.

What was read now goes before what was verified or compared earlier: a verdict explains a link that does not run, it cannot make a running
link fail or a failed one run.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Any, Iterable, Mapping, Sequence

from .certificate import moment, timestamp
from .drift import change_words
from .key_repository import undescribed_certificates
from .mqsc.interruption import words as interruption_words
from .mqsc.objects import key_of
from .mqsc.undescribed import undescribed
from .verification.end import End
from .verification.judgement import judge

Row = Mapping[str, Any]

# Worst first. A link is failed, unknown, not running or ok; a queue manager failed, unknown, attention, ok or outside.
STATES = ("failed", "unknown", "attention", "not running", "ok", "outside")
SEVERITIES = ("error", "warning", "note")
CERTIFICATE_STATES = ("expired", "not yet valid", "renew", "unknown", "ok")
_RENEW_BEFORE_DAYS = 30
# A channel in one of these does not start again by itself, or tries in vain.
_IN_TROUBLE = frozenset(["RETRYING", "STOPPED"])
# The lists of the report, whose items are flat, with the keys of an item.
TABLES = {
    "queue_managers": ("queue_manager", "host", "state", "version", "links", "links_failed", "certificate_ends", "days_left", "why"),
    "links": (
        *("from", "to", "channel", "authentication", "cipher_spec"),
        *("state", "status", "protocol", "cipher_spec_in_use", "why"),
    ),
    "certificates": (
        *("queue_manager", "use", "label", "subject", "issuer", "serial_number"),
        *("not_after", "days_left", "renew_before_days", "state", "held_by", "fingerprint"),
    ),
    "channels": (
        *("queue_manager", "channel", "type", "partner", "conname", "cipher_spec", "client_authentication", "peer_name"),
        *("status", "instances", "protocol", "cipher_spec_in_use", "partner_certificate"),
    ),
    "findings": ("severity", "source", "queue_manager", "object", "text"),
}


def report(
    topology: Row,
    states: Mapping[str, Row],
    now: datetime,
    verdicts: Iterable[Row] = (),
    drift: Iterable[Row] = (),
    findings: Iterable[Row] = (),
    undescribed_before: Iterable[Row] | None = (),
) -> dict[str, Any]:
    """The report, of JSON's types alone.

    ``topology``: the plan of the fleet; without links or queue managers what was read is shown alone. ``states``: the gathered state, by
    inventory host. ``verdicts``, ``drift``: the items ``links`` of link_verification and ``drift`` of drift_report. ``findings``: of other
    examinations, with the keys severity, queue_manager, object and text. ``undescribed_before``: the items ``undescribed`` of drift_report;
    None: nothing is said of what is not described. ``now``: an aware moment.
    """
    proven = {(verdict.get("from"), verdict.get("to"), verdict.get("channel")): verdict for verdict in verdicts}
    definitions = _definitions(states)
    judged = _Links(states, definitions)
    links = [judged.row(link, proven.get((link["from"], link["to"], link["channel"]))) for link in topology.get("links") or ()]
    links.sort(key=lambda link: STATES.index(link["state"]))
    certificates = _certificates(topology, states, now)
    unread = [
        {"queue_manager": state["queue_manager"], "host": host, "error": state["error"]}
        for host, state in states.items()
        if not state["read"]
    ]
    found = [
        *(_finding("error", "reading", one["queue_manager"], f"host {one['host']}", one["error"]) for one in unread),
        *(_finding("error", "link", link["from"], link["channel"], link["why"]) for link in links if link["state"] == "failed"),
        *_certificate_findings(topology, states, certificates),
        *_drift_findings(drift),
        *([] if undescribed_before is None else _undescribed_findings(topology, states, undescribed_before)),
        *map(_given, findings),
        *(_finding("note", "topology", "", "", text) for text in topology.get("warnings") or ()),
    ]
    found.sort(key=lambda one: (SEVERITIES.index(one["severity"]), one["queue_manager"], one["object"]))
    queue_managers = _queue_managers(topology, states, links, certificates, found)
    result: dict[str, Any] = {
        "generated": timestamp(now),
        "queue_managers": queue_managers,
        "links": links,
        "certificates": certificates,
        "channels": _channels(states, definitions),
        "findings": found,
        "unread": unread,
    }
    return {**result, "summary": _summary(result)}


# -- links -----------------------------------------------------------------------------------------------------------


class _Links:
    """Judges links by what was read of their ends; ``definitions``: host -> channel -> attributes, of those that were read."""

    def __init__(self, states: Mapping[str, Row], definitions: Mapping[str, Mapping[str, Row]]) -> None:
        self._states = states
        self._definitions = definitions

    def row(self, link: Row, verdict: Row | None) -> dict[str, Any]:
        # Without the reason why an end was not read: it would hide what the other end shows.
        seen = judge(link, self._end(link["from_host"], link["channel"]), self._end(link["to_host"], link["channel"]))
        state, why = self._state(link, seen)
        if state != "ok" and verdict:
            if not verdict.get("ok"):
                state, why = "failed", str(verdict.get("explanation") or why)
            elif state == "not running":
                why += "; it ran as intended when it was verified"
        return {
            "from": link["from"],
            "to": link["to"],
            "channel": link["channel"],
            "authentication": link["authentication"],
            "cipher_spec": link["cipher_spec"],
            "state": state,
            "status": seen["status"],
            "protocol": seen["protocol"],
            "cipher_spec_in_use": seen["cipher_spec"] if seen["status"] == "RUNNING" else "",
            "why": why,
        }

    def _end(self, host: str | None, channel: str) -> End:
        if host is None or host not in self._definitions:
            return End(observed=False)
        return End(status=self._states[host]["channels"].get(channel))

    def _state(self, link: Row, seen: Row) -> tuple[str, str]:
        """State of a link and why it is so, blank where it is ok."""
        ends = ((link["from"], link["from_host"]), (link["to"], link["to_host"]))
        if not any(host in self._definitions for _name, host in ends):
            return "unknown", f"neither {link['from']} nor {link['to']} was read"
        fault = self._fault(link, seen, ends)
        if fault:
            return "failed", fault
        if seen["status"] == "RUNNING":
            unread = [name for name, host in ends if host in self._states and host not in self._definitions]
            return ("unknown", f"it runs, but {unread[0]}, which shows the other half, was not read") if unread else ("ok", "")
        if link["from_host"] not in self._definitions:
            return "not running", f"{link['to']} shows no running connection from {link['from']}, which was not read"
        return "not running", f"{seen['status'] or 'inactive'} at {link['from']}"

    def _fault(self, link: Row, seen: Row, ends: Sequence[tuple[str, Any]]) -> str:
        """Why a link failed; blank where nothing that was read says so."""
        if seen["status"] == "RUNNING" and not seen["ok"]:
            return str(seen["explanation"])
        for name, host in ends:
            problem = self._definition_problem(host, link["channel"]) if host in self._definitions else ""
            if problem:
                return f"{name} {problem}; run mqfleet.tls.site"
        if seen["status"] in _IN_TROUBLE and link["from_host"] in self._definitions:
            return f"{seen['status']} at {link['from']}; mqfleet.tls.verify says why from both error logs"
        return ""

    def _definition_problem(self, host: str, channel: str) -> str:
        definition = self._definitions[host].get(channel)
        if definition is None:
            return f"has no definition of the channel {channel}"
        return "" if definition.get("SSLCIPH") else f"has no SSLCIPH on the channel {channel}, so it would run without TLS"


def _definitions(states: Mapping[str, Row]) -> dict[str, dict[str, Row]]:
    return {
        host: {one["name"]: one["attributes"] for one in state["objects"] if one["object"] == "CHANNEL"}
        for host, state in states.items()
        if state["read"]
    }


def _channels(states: Mapping[str, Row], definitions: Mapping[str, Mapping[str, Row]]) -> list[dict[str, Any]]:
    """Every channel that is defined or has a status, at each queue manager that was read."""
    rows = []
    for host, defined in definitions.items():
        state = states[host]
        for name in sorted({*defined, *state["channels"]}):
            attributes, seen = defined.get(name, {}), state["summary"].get(name) or {}
            rows.append(
                {
                    "queue_manager": state["queue_manager"],
                    "channel": name,
                    "type": str(attributes.get("CHLTYPE") or seen.get("channel_type") or ""),
                    "partner": str(seen.get("queue_manager") or ""),
                    "conname": str(attributes.get("CONNAME") or seen.get("conname") or ""),
                    "cipher_spec": str(attributes.get("SSLCIPH") or ""),
                    "client_authentication": str(attributes.get("SSLCAUTH") or ""),
                    "peer_name": str(attributes.get("SSLPEER") or ""),
                    "status": str(seen.get("status") or "INACTIVE"),
                    "instances": len(state["channels"].get(name) or ()),
                    "protocol": str(seen.get("protocol") or ""),
                    "cipher_spec_in_use": str(seen.get("cipher_spec") or ""),
                    "partner_certificate": str(seen.get("partner") or ""),
                }
            )
    return rows


# -- certificates ----------------------------------------------------------------------------------------------------


def _certificates(topology: Row, states: Mapping[str, Row], now: datetime) -> list[dict[str, Any]]:
    """Those that end first, first. A certificate that many trust is one item, and none if its owner was read."""
    rows = []
    trusted: dict[str, dict[str, Any]] = {}
    for host, state in states.items():
        wanted = ((topology.get("queue_managers") or {}).get(host) or {}).get("identity") or {}
        renew_before = int(wanted.get("renew_before_days") or _RENEW_BEFORE_DAYS)
        in_use = _label(state, wanted)
        for one in state["repository"].get("certificates") or ():
            if one["has_key"]:
                use = "identity" if one["label"] == in_use else "kept"
                rows.append(_certificate(one, use, state["queue_manager"], renew_before, now))
            elif one["trusted"] and one["fingerprint"] in trusted:
                trusted[one["fingerprint"]]["held_by"] += 1
            elif one["trusted"]:
                trusted[one["fingerprint"]] = _certificate(one, "trusted", state["queue_manager"], renew_before, now)
    own = {row["fingerprint"] for row in rows}
    rows += [row for fingerprint, row in trusted.items() if fingerprint not in own]
    return sorted(rows, key=lambda row: (row["days_left"] is not None, row["days_left"] or 0, row["queue_manager"], row["label"]))


def _label(state: Row, wanted: Row) -> str:
    """The label under which MQ looks for the certificate: that of CERTLABL, else its default."""
    return str(state["attributes"].get("CERTLABL") or wanted.get("label") or f"ibmwebspheremq{state['queue_manager'].lower()}")


def _certificate(one: Row, use: str, queue_manager: str, renew_before: int, now: datetime) -> dict[str, Any]:
    try:
        begin, end = moment(one["not_before"]), moment(one["not_after"])
    except ValueError:
        days_left, state = None, "unknown"
    else:
        days_left = (end - now).days
        renew = days_left < renew_before
        state = "expired" if end <= now else "not yet valid" if now < begin else "renew" if renew else "ok"
    return {
        "queue_manager": queue_manager,
        "use": use,
        "label": one["label"],
        "subject": one["subject"],
        "issuer": one["issuer"],
        "serial_number": one["serial_number"],
        "not_after": one["not_after"],
        "days_left": days_left,
        "renew_before_days": renew_before,
        "state": state,
        "held_by": 1,
        "fingerprint": one["fingerprint"],
    }


def _certificate_findings(topology: Row, states: Mapping[str, Row], certificates: Sequence[Row]) -> list[dict[str, Any]]:
    signers = {row["issuer"] for row in certificates if row["use"] == "identity"}
    found = []
    for row in certificates:
        if row["state"] == "ok" or row["use"] == "kept":
            continue
        # Nothing that was issued by a CA is accepted any longer once the CA's own certificate has ended.
        breaks = row["state"] in ("expired", "not yet valid") and (row["use"] == "identity" or row["subject"] in signers)
        held = f", which {row['held_by']} queue managers trust," if row["held_by"] > 1 else ""
        found.append(
            _finding(
                "error" if breaks else "warning", "certificate", row["queue_manager"], row["label"], f"{row['subject']}{held} {_ends(row)}"
            )
        )
    present = {row["queue_manager"] for row in certificates if row["use"] == "identity"}
    for host, planned in (topology.get("queue_managers") or {}).items():
        state = states.get(host)
        if planned.get("identity") and state and state["read"] and state["queue_manager"] not in present:
            text = "there is no certificate with its private key under this label in the key repository; run mqfleet.tls.site"
            found.append(_finding("error", "certificate", state["queue_manager"], _label(state, planned["identity"]), text))
    return found


def _ends(row: Row) -> str:
    end = re.sub(r"\A(.{10})T(.{5}).*", r"\1 \2 UTC", row["not_after"])
    if row["state"] == "expired":
        return f"ended on {end}"
    if row["state"] == "not yet valid":
        return "is not valid yet"
    return f"ends in {row['days_left']} days, on {end}" if row["state"] == "renew" else "ends at a time that could not be read"


# -- findings --------------------------------------------------------------------------------------------------------


def _finding(severity: str, source: str, queue_manager: str, concerned: str, text: str) -> dict[str, Any]:
    return {"severity": severity, "source": source, "queue_manager": queue_manager, "object": concerned, "text": text}


def _given(finding: Row) -> dict[str, Any]:
    severity = finding.get("severity")
    return _finding(
        severity if severity in SEVERITIES else "warning",
        str(finding.get("source") or "examination"),
        str(finding.get("queue_manager") or ""),
        str(finding.get("object") or ""),
        str(finding.get("text") or ""),
    )


def _drift_findings(drift: Iterable[Row]) -> list[dict[str, Any]]:
    found = []
    for item in drift:
        for change in item.get("changes") or ():
            concerned, saying, details = change_words(change)
            if change["action"] == "refresh":
                details = [interruption_words(item.get("interrupts") or {})]
            text = f"{saying}: {'; '.join(details)}" if details else saying
            found.append(_finding("warning", "drift", item["queue_manager"], concerned, text))
        if item.get("refresh_outstanding"):
            text = "a REFRESH SECURITY is held back, so the queue manager still works with older TLS settings"
            found.append(_finding("warning", "drift", item["queue_manager"], "SECURITY SSL", text))
    return found


def _undescribed_findings(topology: Row, states: Mapping[str, Row], before: Iterable[Row]) -> list[dict[str, Any]]:
    """What is there and not described: judged by what was read now.

    Which certificates are to be trusted is not known here. So drift says which are not, as long as they are still there; of a queue manager
    that was not read now it says everything.
    """
    items = []
    judged = {}
    for host, planned in (topology.get("queue_managers") or {}).items():
        state = states.get(host)
        if state and state["read"]:
            held = state["repository"].get("certificates") or ()
            identity = planned.get("identity")
            judged[state["queue_manager"]] = {one["label"] for one in held}
            described = {key_of(one["object"], one.get("name") or "", one.get("attributes") or {}) for one in planned.get("objects") or ()}
            records = {
                key_of(one["object"], one["name"], one["attributes"]): one["attributes"] for one in state["objects"] if one.get("name")
            }
            found = [*undescribed(records, described), *undescribed_certificates(held, identity and identity["label"], None)]
            items += [(state["queue_manager"], item) for item in found]
    for one in before:
        name = one["queue_manager"]
        there = judged.get(name)
        items += [(name, item) for item in one["items"] if there is None or (item["object"] == "TRUST" and item["name"] in there)]
    return [_finding("note", "undescribed", name, f"{item['object']} {item['name']}", item["reason"]) for name, item in items]


# -- queue managers --------------------------------------------------------------------------------------------------


def _queue_managers(
    topology: Row, states: Mapping[str, Row], links: Sequence[Row], certificates: Sequence[Row], findings: Sequence[Row]
) -> list[dict[str, Any]]:
    """Those of the play, and whoever else is an end of a link; those with trouble first."""
    hosts = {str(state["queue_manager"]): host for host, state in states.items()}
    elsewhere = {str(name): str(host) for host, name in (topology.get("not_planned") or {}).items()}
    identities = {row["queue_manager"]: row for row in certificates if row["use"] == "identity"}
    count: dict[str, Counter[str]] = {name: Counter() for name in [*hosts, *elsewhere]}
    for link in links:
        for name in (link["from"], link["to"]):
            count.setdefault(name, Counter()).update([link["state"], "all"])
    worst: dict[str, Row] = {}
    for finding in findings:  # the first of a queue manager is its worst
        worst.setdefault(finding["queue_manager"], finding)
    rows = []
    for name, states_of_links in count.items():
        state = states.get(hosts.get(name, ""))
        judged, why = _queue_manager_state(name, state, states_of_links, worst.get(name), name in elsewhere)
        identity = identities.get(name)
        rows.append(
            {
                "queue_manager": name,
                "host": hosts.get(name) or elsewhere.get(name) or "",
                "state": judged,
                "version": state["version"] if state else "",
                "links": states_of_links["all"],
                "links_failed": states_of_links["failed"],
                "certificate_ends": identity["not_after"] if identity else "",
                "days_left": identity["days_left"] if identity else None,
                "why": why,
            }
        )
    return sorted(rows, key=lambda row: (STATES.index(row["state"]), _natural(row["queue_manager"])))


def _queue_manager_state(name: str, state: Row | None, links: Mapping[str, int], worst: Row | None, elsewhere: bool) -> tuple[str, str]:
    if state and not state["read"]:
        return "unknown", str(state["error"])
    if worst and worst["severity"] == "error":
        return "failed", f"{worst['object']}: {worst['text']}"
    if links["failed"]:
        return "failed", f"{links['failed']} of {links['all']} links failed"
    if state is None:
        return "outside", "not read: not part of this run" if elsewhere else "outside the inventory"
    if worst and worst["severity"] == "warning":
        return "attention", f"{worst['object']}: {worst['text']}"
    return "ok", ""


def _natural(name: str) -> list[tuple[int, str]]:
    """QM2 before QM10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def _summary(result: Row) -> dict[str, Any]:
    counts = {
        "queue_managers": Counter(row["state"] for row in result["queue_managers"]),
        "links": Counter(row["state"] for row in result["links"]),
        "certificates": Counter(row["state"] for row in result["certificates"] if row["use"] != "kept"),
        "findings": Counter(row["severity"] for row in result["findings"]),
    }
    said = [
        _part(len(result["unread"]), "queue manager was not read", "queue managers were not read"),
        _part(counts["links"]["failed"], "link failed", "links failed"),
        _part(counts["certificates"]["expired"], "certificate has ended", "certificates have ended"),
        _part(counts["certificates"]["renew"], "certificate ends soon", "certificates end soon"),
        _part(counts["findings"]["error"], "error in all", "errors in all"),
        _part(counts["findings"]["warning"], "warning", "warnings"),
    ]
    size = _part(len(result["queue_managers"]), "queue manager", "queue managers") or "no queue managers"
    state = next((severity for severity in SEVERITIES[:2] if counts["findings"][severity]), "ok")
    text = f"{size}: {', '.join(filter(None, said)) or 'nothing is wrong'}."
    return {"state": state, "text": text, "counts": {name: dict(counter) for name, counter in counts.items()}}


def _part(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}" if number else ""
