# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies, waivers, and what is found where they are held against a fleet.

A policy is one JMESPath expression over a queue manager (``audit_subject``) that returns what offends: a list of things, true for the queue
manager as a whole, or nothing. JMESPath itself is handed in, as a function that compiles an expression and, like what it returns, raises
ValueError with the reason.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Callable, Iterable, Mapping, Sequence

from .audit_policies import DEFAULT_POLICIES
from .audit_subject import subject
from .errors import InputError
from .fleet_report import SEVERITIES

Expression = Callable[[Any], Any]
Compiler = Callable[[str], Expression]
Finding = Mapping[str, Any]

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_PLACE = re.compile(r"\{(\w+)\}")
_POLICY_KEYS = {"name": True, "severity": True, "find": True, "text": True, "description": False, "remedy": False}
_WAIVER_KEYS = {"policy": True, "until": True, "reason": True, "queue_manager": False, "object": False}
# What is found without any policy: in the place of a policy's name, which therefore no policy may have.
UNREAD = "not-read"
UNJUDGED = "not-judged"
WAIVER_ENDED = "waiver-ended"
WAIVER_UNUSED = "waiver-unused"
_RESERVED = (UNREAD, UNJUDGED, WAIVER_ENDED, WAIVER_UNUSED)


@dataclass(frozen=True)
class Policy:
    """``text`` and ``remedy`` may hold ``{key}``, for which the value of the offending thing stands."""

    name: str
    severity: str
    text: str
    description: str
    remedy: str
    find: Expression = field(compare=False)


@dataclass(frozen=True)
class Waiver:
    """Until the end of that day (UTC) findings are set aside. ``*`` in a pattern stands for any characters, ``?`` for one."""

    policy: str
    queue_manager: str
    object: str
    until: date
    reason: str

    def covers(self, finding: Finding) -> bool:
        return all(
            _matches(pattern, finding[key])
            for pattern, key in ((self.policy, "policy"), (self.queue_manager, "queue_manager"), (self.object, "object"))
        )


def parse_policies(own: Any, disabled: Any, compile_expression: Compiler) -> tuple[Policy, ...]:
    """The default policies and the user's own; one of them with the name of a default one stands in its place.

    Raises InputError that names policy and position.
    """
    places: dict[str, str] = {}
    found: dict[str, Policy] = {}
    for policies, variable in (
        (DEFAULT_POLICIES, "the default policies"),
        (_listed(own, "mq_tls_audit_policies"), "mq_tls_audit_policies"),
    ):
        for index, described in enumerate(policies):
            place = f"{variable}[{index}]"
            policy = _parse_policy(described, place, compile_expression)
            if places.get(policy.name, "").startswith("mq_tls_"):
                raise InputError(f"{place} has the name {policy.name}, as {places[policy.name]} has; give it another one.")
            places[policy.name] = place
            found[policy.name] = policy
    for index, name in enumerate(_listed(disabled, "mq_tls_audit_disabled")):
        _check_known(f"mq_tls_audit_disabled[{index}]", str(name), places)
    return tuple(policy for policy in found.values() if policy.name not in set(map(str, disabled or ())))


def parse_waivers(waivers: Any, policies: Iterable[str]) -> tuple[Waiver, ...]:
    """The waivers; ``policies`` are all names that one may have for its policy. Raises InputError that names the position."""
    names = list(policies)
    return tuple(
        _parse_waiver(waiver, f"mq_tls_audit_waivers[{index}]", names)
        for index, waiver in enumerate(_listed(waivers, "mq_tls_audit_waivers"))
    )


def known_policies(own: Any) -> list[str]:
    """The names of all policies, also of those that are disabled; to be called after ``parse_policies``."""
    return list(dict.fromkeys(str(one["name"]) for one in (*DEFAULT_POLICIES, *(own or ()))))


def audit(
    states: Mapping[str, Mapping[str, Any]], policies: Sequence[Policy], waivers: Sequence[Waiver], now: datetime, partial: bool = False
) -> dict[str, Any]:
    """What is found, of JSON's types alone: ``findings``, the worst first, those that are ``waived``, ``passed`` and ``counts``.

    ``states``: the gathered state, by inventory host. ``partial``: these are not all hosts, so nothing is said of waivers that match none.
    """
    found: list[dict[str, Any]] = []
    passed: list[dict[str, str]] = []
    for host, state in states.items():
        if not state["read"]:
            remedy = "see to it that it can be read, and audit it again"
            found.append(_finding(UNREAD, "error", state["queue_manager"], host, f"host {host}", state["error"], remedy))
            continue
        seen = subject(host, state, now)
        for policy in policies:
            offences = _offences(policy, seen)
            found += offences
            if not offences:
                passed.append({"policy": policy.name, "queue_manager": state["queue_manager"]})
    today = now.date()
    in_force = [waiver for waiver in waivers if waiver.until >= today]
    waived = []
    findings = []
    for finding in found:
        waiver = next((one for one in in_force if one.covers(finding)), None)
        if waiver:
            waived.append({**finding, "until": waiver.until.isoformat(), "reason": waiver.reason})
        else:
            findings.append(finding)
    findings += _of_waivers(waivers, found, states, today, partial)
    for listed in (findings, waived):
        listed.sort(key=lambda one: (SEVERITIES.index(one["severity"]), one["queue_manager"], one["policy"], one["object"]))
    counts = {severity: sum(one["severity"] == severity for one in findings) for severity in SEVERITIES}
    return {"findings": findings, "waived": waived, "passed": passed, "counts": {**counts, "waived": len(waived)}}


def at_least(findings: Iterable[Finding], severity: str) -> list[Finding]:
    """The findings that are as bad as this severity, or worse."""
    return [one for one in findings if SEVERITIES.index(one["severity"]) <= SEVERITIES.index(severity)]


def table(result: Mapping[str, Any]) -> str:
    """Findings as lines in columns, then what to do, once for each remedy, then what is set aside."""
    findings, waived = result["findings"], result["waived"]
    keys = ("severity", "queue_manager", "policy", "object")
    widths = {key: max((len(one[key]) for one in (*findings, *waived)), default=0) for key in keys}

    def line(one: Finding, more: str = "") -> str:
        return "  ".join([*(one[key].ljust(widths[key]) for key in keys), one["text"] + more])

    lines = [line(one) for one in findings]
    remedies = dict.fromkeys((one["policy"], one["remedy"]) for one in findings if one["remedy"])
    lines += ["", "What to do:", *(f"  {policy}: {remedy}" for policy, remedy in remedies)] if remedies else []
    if waived:
        lines += ["", "Set aside:", *(line(one, f" (until {one['until']}: {one['reason']})") for one in waived)]
    return "\n".join([*lines, "", summary(result)]).strip()


def summary(result: Mapping[str, Any]) -> str:
    """The result in one sentence."""
    words = {"error": "error", "warning": "warning", "note": "note"}
    said = [f"{result['counts'][key]} {word}{'s' if result['counts'][key] != 1 else ''}" for key, word in words.items()]
    aside = f", {result['counts']['waived']} set aside by waivers" if result["counts"]["waived"] else ""
    return f"{', '.join(said)}{aside}." if result["findings"] or aside else "Every policy is kept."


# -- findings --------------------------------------------------------------------------------------------------------


def _offences(policy: Policy, seen: Mapping[str, Any]) -> list[dict[str, Any]]:
    queue_manager, host = seen["queue_manager"], seen["host"]
    try:
        answer = policy.find(seen)
    except ValueError as error:
        return [_unjudged(policy, queue_manager, host, str(error))]
    if answer is None or answer is False:
        return []
    things = [seen] if answer is True else answer if isinstance(answer, list) else [answer]
    found = []
    for one in things:
        thing = {"object": one} if isinstance(one, str) else one
        if not isinstance(thing, Mapping):
            return [_unjudged(policy, queue_manager, host, f"its expression returned {thing!r}, which is no object, no text and not true")]
        concerned = "QMGR" if thing is seen else str(thing.get("object") or thing.get("name") or "QMGR")
        text, remedy = _filled(policy.text, thing), _filled(policy.remedy, thing)
        found.append(_finding(policy.name, policy.severity, queue_manager, host, concerned, text, remedy))
    return found


def _unjudged(policy: Policy, queue_manager: str, host: str, reason: str) -> dict[str, Any]:
    text = f"policy {policy.name} could not be held against it: {reason}"
    return _finding(UNJUDGED, "error", queue_manager, host, f"POLICY {policy.name}", text, "correct the expression of the policy")


def _finding(policy: str, severity: str, queue_manager: str, host: str, concerned: str, text: str, remedy: str) -> dict[str, Any]:
    values = {"policy": policy, "severity": severity, "queue_manager": queue_manager, "host": host}
    return {**values, "object": concerned, "text": text, "remedy": remedy}


def _filled(template: str, thing: Mapping[str, Any]) -> str:
    return _PLACE.sub(lambda place: _shown(thing.get(place.group(1))), template)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "blank" if value in ("", None) else str(value)


def _of_waivers(
    waivers: Iterable[Waiver], found: Sequence[Finding], states: Mapping[str, Mapping[str, Any]], today: date, partial: bool
) -> list[dict[str, Any]]:
    """Waivers that have ended, and those that match nothing although every queue manager that they are about was read."""
    said = []
    for waiver in waivers:
        used = any(waiver.covers(one) for one in found)
        concerned = waiver.queue_manager if not set("*?") & set(waiver.queue_manager) else ""
        name = f"WAIVER {waiver.policy} {waiver.queue_manager} {waiver.object}"
        unread = any(not state["read"] and _matches(waiver.queue_manager, state["queue_manager"]) for state in states.values())
        if waiver.until < today and (used or not partial):
            text = f"it ended on {waiver.until.isoformat()} ({waiver.reason})"
            remedy = "put right what it was for, or decide anew" if used else "remove it: nothing is there that it was for"
            said.append(_finding(WAIVER_ENDED, "warning", concerned, "", name, text, remedy))
        elif not (used or unread or partial):
            said.append(
                _finding(WAIVER_UNUSED, "note", concerned, "", name, "nothing is there that it was for", "remove it, or correct it")
            )
    return said


# -- descriptions ----------------------------------------------------------------------------------------------------


def _parse_policy(described: Any, place: str, compile_expression: Compiler) -> Policy:
    _check_keys(described, place, "a policy", _POLICY_KEYS)
    name = str(described["name"])
    place = f"{place} ({name})"
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise InputError(f"{place}: the name has to be of small letters, digits, '-' and '.', and not one of {', '.join(_RESERVED)}.")
    if described["severity"] not in SEVERITIES:
        raise InputError(f"{place}: severity is {described['severity']!r}; it has to be one of {', '.join(SEVERITIES)}.")
    try:
        find = compile_expression(str(described["find"]))
    except ValueError as error:
        raise InputError(f"{place}: find is no expression that can be used: {error}.") from None
    texts = {key: str(described.get(key) or "") for key in ("text", "description", "remedy")}
    return Policy(name, described["severity"], find=find, **texts)


def _parse_waiver(described: Any, place: str, names: Sequence[str]) -> Waiver:
    _check_keys(described, place, "a waiver", _WAIVER_KEYS)
    policy = str(described["policy"])
    if policy != "*":
        _check_known(f"{place}.policy", policy, [*names, UNREAD, UNJUDGED])
    try:
        until = datetime.strptime(str(described["until"]), "%Y-%m-%d").date()
    except ValueError:
        raise InputError(f"{place}.until is {str(described['until'])!r}, which is no day; write it as 2027-03-31.") from None
    queue_manager, concerned = (str(described.get(key) or "*") for key in ("queue_manager", "object"))
    return Waiver(policy, queue_manager, concerned, until, str(described["reason"]))


def _listed(value: Any, variable: str) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise InputError(f"{variable} is {value!r}; it has to be a list.")
    return value


def _check_keys(described: Any, place: str, what: str, keys: Mapping[str, bool]) -> None:
    """``keys``: those that there are, and whether each has to be given."""
    if not isinstance(described, Mapping):
        raise InputError(f"{place} is {described!r}; it has to describe {what} with the keys {', '.join(keys)}.")
    for key in described:
        if key not in keys:
            raise InputError(f"{place}{_named(described)} has the unknown key {key}; the keys of {what} are {', '.join(keys)}.")
    for key, needed in keys.items():
        if needed and described.get(key) in (None, ""):
            raise InputError(f"{place}{_named(described)} has no {key}; {what} has to have {', '.join(one for one in keys if keys[one])}.")


def _named(described: Mapping[str, Any]) -> str:
    name = described.get("name") or described.get("policy")
    return f" ({name})" if name else ""


def _check_known(place: str, name: str, names: Iterable[str]) -> None:
    known = sorted(names)
    if name in known:
        return
    near = next(iter(difflib.get_close_matches(name, known, n=1)), None)
    hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}."
    raise InputError(f"{place} is {name!r}, and no policy has this name; {hint}")


def _matches(pattern: str, text: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text) is not None
