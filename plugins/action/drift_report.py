# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts into words what the modules would change, from their results in check mode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..module_utils._core.drift import change_words
from ..module_utils._core.mqsc.interruption import words

_ARGUMENTS = {
    "results": {"type": "list", "elements": "str", "default": ["mq_tls_key_repository_result", "mq_tls_mqsc_result"]},
    "path": {"type": "path"},
    "fail": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        variables = task_vars or {}
        drift, unread = [], []
        hosts = variables["ansible_play_hosts_all"]
        # Once, from the task's own variables: through hostvars each host would pay for the plan of the whole fleet.
        planned = (variables.get("mq_tls_topology") or {}).get("queue_managers") or {}
        for host in hosts:
            values = variables["hostvars"][host]
            name = _queue_manager(planned, values, host)
            found, problem = _read(values, arguments["results"])
            if found["changes"] or found["refresh_outstanding"]:
                drift.append({"queue_manager": name, "host": str(host), **found})
            if problem:
                unread.append({"queue_manager": name, "host": str(host), "problem": problem})
        text = report(drift, unread, len(hosts))
        self._display.display(f"\n{text}\n")
        result.update(changed=False, drift=drift, unread=unread, text=text, msg=summary(drift, unread, len(hosts)))
        if arguments["path"]:
            content = {"drift": drift, "unread": unread}
            Path(arguments["path"]).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        if (drift or unread) and arguments["fail"]:
            result["failed"] = True
        return result


def _queue_manager(planned: Any, values: Any, host: str) -> str:
    """The name as planned; without a plan that of the variable, else the default."""
    name = (planned.get(host) or {}).get("queue_manager") or values.get("mq_tls_queue_manager")
    return str(name or str(host).upper())


def _read(values: Any, names: list[str]) -> tuple[dict[str, Any], str]:
    """What all results of a host say together, and why one of them is missing (blank: none is)."""
    found: dict[str, Any] = {"changes": [], "interrupts": {}, "refresh_outstanding": False, "refresh_window_opens": None}
    for name in names:
        result = values.get(name)
        if not isinstance(result, dict):
            return found, f"there is no result {name}; see the tasks before this one"
        if result.get("failed") or result.get("unreachable") or "changes" not in result:
            return found, str(result.get("msg") or f"the result {name} holds no changes")
        found["changes"] += result["changes"]
        found.update((key, result[key]) for key in ("interrupts", "refresh_outstanding", "refresh_window_opens") if result.get(key))
        if result.get("waiting"):  # no run can change it, and yet the certificate is not as described
            found["changes"].append({"object": "CERTIFICATE", "name": "", "action": "issue", "attributes": {}, "reason": result["waiting"]})
    return found, ""


def summary(drift: list[dict[str, Any]], unread: list[dict[str, Any]], total: int) -> str:
    """The report in one sentence."""
    if not drift and not unread:
        return f"All {total} queue managers are as described." if total != 1 else "The queue manager is as described."
    said = [f"{len(drift)} of {total} queue managers differ from their description{_named(drift)}"] if drift else []
    said += [f"{len(unread)} of {total} could not be read{_named(unread)}"] if unread else []
    return f"{' and '.join(said)}; the report says in what and why."


def _named(items: list[dict[str, Any]]) -> str:
    names = [item["queue_manager"] for item in items]
    return f" ({', '.join(names[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''})"


def report(drift: list[dict[str, Any]], unread: list[dict[str, Any]], total: int) -> str:
    """The whole report as text."""
    lines = [] if drift or unread else [summary(drift, unread, total)]
    if drift:
        lines.append(f"{len(drift)} of {total} queue managers differ from their description.")
    for item in drift:
        lines += ["", f"{item['queue_manager']} (host {item['host']})"]
        lines += [f"  {line}" for change in item["changes"] for line in _words(change, item["interrupts"])]
        if item["refresh_outstanding"]:
            opens = item["refresh_window_opens"]
            until = f"until {opens}, local time of the host" if opens else "by refresh: never"
            lines.append(f"  SECURITY SSL: is to be refreshed, which is held back {until}")
    if unread:
        lines += ["", f"{len(unread)} of {total} queue managers could not be read, so nothing is known of them."]
        lines += [f"  {item['queue_manager']} (host {item['host']}): {item['problem']}" for item in unread]
    return "\n".join(lines).strip()


def _words(change: dict[str, Any], interrupts: dict[str, int]) -> list[str]:
    """One change as lines: what it is about, then each attribute that differs, or what a refresh interrupts."""
    concerned, saying, details = change_words(change)
    if change["action"] == "refresh":
        details = [words(interrupts)]
    return [f"{concerned}: {saying}", *(f"  {detail}" for detail in details)]
