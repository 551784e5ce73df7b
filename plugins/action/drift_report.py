# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts into words what the modules would change, from their results in check mode."""

from __future__ import annotations

import json
from typing import Any, Mapping

from ..module_utils._core.drift import change_words
from ..module_utils._core.mqsc.interruption import words
from ..plugin_utils.fleet_action import FleetAction, write
from ..plugin_utils.junit import Case, junit

_ARGUMENTS = {
    "results": {"type": "list", "elements": "str", "default": ["mq_tls_key_repository_result", "mq_tls_mqsc_result"]},
    "path": {"type": "path"},
    "junit": {"type": "path"},
    "undescribed": {"type": "str", "choices": ["ignore", "show", "fail"], "default": "show"},
    "fail": {"type": "bool", "default": True},
}


class ActionModule(FleetAction):
    ARGUMENTS = _ARGUMENTS

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        drift, unread, right, more = [], [], [], []
        hosts = variables["ansible_play_hosts_all"]
        # Once, from the task's own variables: through hostvars each host would pay for the plan of the whole fleet.
        planned = (variables.get("mq_tls_topology") or {}).get("queue_managers") or {}
        for host in hosts:
            values = variables["hostvars"][host]
            name = _queue_manager(planned, values, host)
            found, undescribed, problem = _read(values, arguments["results"])
            if undescribed and arguments["undescribed"] != "ignore":
                more.append({"queue_manager": name, "host": str(host), "items": undescribed})
            if found["changes"] or found["refresh_outstanding"]:
                drift.append({"queue_manager": name, "host": str(host), **found})
            if problem:
                unread.append({"queue_manager": name, "host": str(host), "problem": problem})
            if not (found["changes"] or found["refresh_outstanding"] or problem):
                right.append(name)
        text = report(drift, unread, more, len(hosts))
        counts = arguments["undescribed"] == "fail"
        self._display.display(f"\n{text}\n")
        if arguments["path"]:
            write(arguments["path"], json.dumps({"drift": drift, "unread": unread, "undescribed": more}, indent=2) + "\n")
        if arguments["junit"]:
            write(arguments["junit"], junit("mqfleet.tls.drift", _cases(drift, unread, right, more, counts)))
        differs = bool(drift or unread or (more and counts))
        said = {"drift": drift, "unread": unread, "undescribed": more, "differs": differs, "text": text}
        said["msg"] = summary(drift, unread, more, len(hosts))
        return {**said, "failed": True} if differs and arguments["fail"] else said


def _queue_manager(planned: Any, values: Any, host: str) -> str:
    """The name as planned; without a plan that of the variable, else the default."""
    name = (planned.get(host) or {}).get("queue_manager") or values.get("mq_tls_queue_manager")
    return str(name or str(host).upper())


def _read(values: Any, names: list[str]) -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    """What all results of a host say together, what is not described there, and why a result is missing (blank: none is)."""
    undescribed: list[dict[str, Any]] = []
    found: dict[str, Any] = {"changes": [], "interrupts": {}, "refresh_outstanding": False, "refresh_window_opens": None}
    for name in names:
        result = values.get(name)
        if not isinstance(result, dict):
            return found, [], f"there is no result {name}; see the tasks before this one"
        if result.get("failed") or result.get("unreachable") or "changes" not in result:
            return found, [], str(result.get("msg") or f"the result {name} holds no changes")
        found["changes"] += result["changes"]
        undescribed += _undescribed(result)
        found.update((key, result[key]) for key in ("interrupts", "refresh_outstanding", "refresh_window_opens") if result.get(key))
        if result.get("waiting"):  # no run can change it, and yet the certificate is not as described
            found["changes"].append({"object": "CERTIFICATE", "name": "", "action": "issue", "attributes": {}, "reason": result["waiting"]})
    return found, undescribed, ""


def _undescribed(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a result says of it, without what is a change anyway, and without trusted certificates while some are not known yet."""
    changed = {(change["object"], change.get("name")) for change in result["changes"]}
    renamed = [change.get("attributes", {}).get("label") for change in result["changes"] if change["action"] == "rename"]
    changed |= {("CERTIFICATE", label["before"]) for label in renamed if label}
    awaited = result.get("missing_partners") or result.get("missing_issuers") or result.get("waiting")
    items = (item for item in result.get("undescribed") or () if not (awaited and item["object"] == "TRUST"))
    return [item for item in items if item["object"] == "CHLAUTH" or (item["object"], item["name"]) not in changed]


def summary(drift: list[dict[str, Any]], unread: list[dict[str, Any]], undescribed: list[dict[str, Any]], total: int) -> str:
    """The report in one sentence."""
    number = sum(len(item["items"]) for item in undescribed)
    beside = f"{number} {'thing is' if number == 1 else 'things are'} there that nobody described{_named(undescribed)}"
    if not drift and not unread:
        right = f"All {total} queue managers are as described" if total != 1 else "The queue manager is as described"
        return f"{right}; {beside}." if undescribed else f"{right}."
    said = [f"{len(drift)} of {total} queue managers differ from their description{_named(drift)}"] if drift else []
    said += [f"{len(unread)} of {total} could not be read{_named(unread)}"] if unread else []
    return f"{' and '.join(said)}; {f'{beside}; ' if undescribed else ''}the report says in what and why."


def _named(items: list[dict[str, Any]]) -> str:
    names = [item["queue_manager"] for item in items]
    return f" ({', '.join(names[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''})"


def report(drift: list[dict[str, Any]], unread: list[dict[str, Any]], undescribed: list[dict[str, Any]], total: int) -> str:
    """The whole report as text."""
    lines = [] if drift or unread else [summary(drift, unread, [], total)]
    if drift:
        lines.append(f"{len(drift)} of {total} queue managers differ from their description.")
    for item in drift:
        lines += ["", f"{item['queue_manager']} (host {item['host']})"]
        lines += [f"  {line}" for change in item["changes"] for line in _words(change, item["interrupts"])]
        if item["refresh_outstanding"]:
            lines.append(f"  {_held_back(item)}")
    if undescribed:
        lines += ["", "What is there and nobody described. It is never changed, since somebody may need it."]
    for item in undescribed:
        lines += ["", f"{item['queue_manager']} (host {item['host']})"]
        lines += [f"  {_concerned(one)}: {one['reason']}" for one in item["items"]]
    if unread:
        lines += ["", f"{len(unread)} of {total} queue managers could not be read, so nothing is known of them."]
        lines += [f"  {item['queue_manager']} (host {item['host']}): {item['problem']}" for item in unread]
    return "\n".join(lines).strip()


def _held_back(item: dict[str, Any]) -> str:
    opens = item["refresh_window_opens"]
    until = f"until {opens}, local time of the host" if opens else "by refresh: never"
    return f"SECURITY SSL: is to be refreshed, which is held back {until}"


def _concerned(item: Mapping[str, Any]) -> str:
    return f"{item['object']} {item['name']}"


def _cases(
    drift: list[dict[str, Any]], unread: list[dict[str, Any]], right: list[str], undescribed: list[dict[str, Any]], counts: bool
) -> list[Case]:
    """One for each thing that differs, so that each is counted and followed; one for each queue manager that is right or unread."""
    cases = [Case(name, "as described") for name in right]
    for item in drift:
        for change in item["changes"]:
            first, *more = _words(change, item["interrupts"])
            cases.append(Case(item["queue_manager"], first.partition(": ")[0], failure=first, details="\n".join([first, *more])))
        if item["refresh_outstanding"]:
            cases.append(Case(item["queue_manager"], "SECURITY SSL", failure=_held_back(item)))
    for item in undescribed:
        for one in item["items"]:
            sentence = f"{_concerned(one)} is not described: {one['reason']}"
            cases.append(Case(item["queue_manager"], f"{_concerned(one)} is not described", failure=sentence if counts else ""))
    return cases + [Case(item["queue_manager"], "could be read", error=item["problem"]) for item in unread]


def _words(change: dict[str, Any], interrupts: dict[str, int]) -> list[str]:
    """One change as lines: what it is about, then each attribute that differs, or what a refresh interrupts."""
    concerned, saying, details = change_words(change)
    if change["action"] == "refresh":
        details = [words(interrupts)]
    return [f"{concerned}: {saying}", *(f"  {detail}" for detail in details)]
