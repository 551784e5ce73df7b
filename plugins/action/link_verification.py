# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings together what was observed at both ends of each link. The judgement is in module_utils/_core/verification/."""

from __future__ import annotations

import json
from typing import Any, Mapping

from ..module_utils._core.verification.end import End
from ..module_utils._core.verification.judgement import judge
from ..module_utils._core.verification.presented import NOT_CHECKED, OTHER
from ..module_utils._core.verification.table import table
from ..plugin_utils.fleet_action import FleetAction, write
from ..plugin_utils.junit import Case, junit

_ARGUMENTS = {
    "topology": {"type": "dict", "required": True},
    "observations": {"type": "dict"},
    "path": {"type": "path"},
    "junit": {"type": "path"},
    "fail": {"type": "bool", "default": True},
}
_OBSERVATION = "mq_tls_channel_observation"
_KEY_REPOSITORY = "mq_tls_key_repository_result"
# So many are named in a sentence.
_SHOWN = 5


class ActionModule(FleetAction):
    ARGUMENTS = _ARGUMENTS

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        observations = _Observations(variables["hostvars"], set(variables["ansible_play_hosts_all"]), arguments["observations"])
        verdicts = []
        for link in arguments["topology"]["links"]:
            initiator = observations.end(link["from_host"], link["from"], link["channel"])
            responder = observations.end(link["to_host"], link["to"], link["channel"])
            verdicts.append(judge(link, initiator, responder))
        failed = [verdict for verdict in verdicts if not verdict["ok"]]
        shown = table(verdicts)
        sentences = "".join(f"\n- {verdict['explanation']}" for verdict in failed)
        self._display.display(f"\n{shown}\n{sentences}{_unchecked(verdicts)}\n")
        if arguments["path"]:
            write(arguments["path"], json.dumps({"links": verdicts}, indent=2) + "\n")
        if arguments["junit"]:
            cases = [Case(verdict["link"], verdict["channel"], failure=verdict["explanation"]) for verdict in verdicts]
            write(arguments["junit"], junit("mqfleet.tls.verify", [*cases, *_listeners(verdicts)]))
        said = {"links": verdicts, "table": shown, "failed_links": failed, "msg": _summary(failed, len(verdicts))}
        return {**said, "failed": True} if failed and arguments["fail"] else said


def _summary(failed: list[dict[str, Any]], total: int) -> str:
    if not failed:
        return f"All {total} links are as intended."
    names = [verdict["channel"] for verdict in failed]
    named = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return f"{len(failed)} of {total} links are not as intended ({named}); the table says why."


def _listeners(verdicts: list[dict[str, Any]]) -> list[Case]:
    """A test case for each certificate that a listener presents, or would if it could be asked."""
    cases = {}
    for verdict in verdicts:
        found = verdict["presented_certificate"]
        name = f"certificate presented {found['label']}".strip()
        kind = {OTHER: "failure", NOT_CHECKED: "skipped"}.get(found["state"])
        cases[verdict["to"], name] = Case(verdict["to"], name, **({kind: found["reason"]} if kind else {}))
    return list(cases.values())


def _unchecked(verdicts: list[dict[str, Any]]) -> str:
    """Which listeners could not be compared with their key repository, and why; that is no fault."""
    reasons = dict.fromkeys(
        verdict["presented_certificate"]["reason"] for verdict in verdicts if verdict["presented_certificate"]["state"] == NOT_CHECKED
    )
    named = [*list(reasons)[:_SHOWN], *([f"{len(reasons) - _SHOWN} more"] if len(reasons) > _SHOWN else [])]
    return f"\nNot compared with the key repository: {'; '.join(named)}.\n" if named else ""


class _Observations:
    """Reads what each host registered, once for a host and only for those that a link names."""

    def __init__(self, hostvars: Any, play_hosts: set[str], given: dict[str, Any] | None) -> None:
        self._hostvars = hostvars
        self._play_hosts = play_hosts
        self._given = given
        self._read: dict[str, tuple[Any, Any, str]] = {}

    def end(self, host: str | None, queue_manager: str, channel: str) -> End:
        """What was seen of a channel at one end; ``host`` is None for a partner outside the inventory."""
        if host is None or (host not in self._play_hosts and self._given is None):
            return End(observed=False)
        if host not in self._read:
            self._read[host] = self._of_host(host)
        observation, certificate, address = self._read[host]
        certificates = observation.get("certificates") if isinstance(observation, dict) else None
        if not isinstance(observation, dict) or "channels" not in observation:
            problem = observation.get("msg") if isinstance(observation, dict) else None
            return End(observed=False, problem=str(problem or f"nothing was observed there; see the tasks of host {host} before this one"))
        return End(
            status=observation["channels"].get(channel),
            log=observation.get("error_log") or (),
            certificate=(certificates or {}).get("held") or certificate,
            certificates=certificates,
            address=address,
        )

    def _of_host(self, host: str) -> tuple[Any, Any, str]:
        variables = self._hostvars[host]
        observation = self._given.get(host) if self._given is not None else variables.get(_OBSERVATION)
        repository = variables.get(_KEY_REPOSITORY)
        certificate = repository.get("certificate") if isinstance(repository, dict) else None
        return observation, certificate, str(variables.get("ansible_host", host))
