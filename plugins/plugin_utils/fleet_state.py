# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the queue managers of a fleet have, brought together from what roles/mq_tls/tasks/gather.yml registered on each host.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import json
from typing import Any, Iterable, Mapping

_REPOSITORY = "mq_tls_repository_reading"
_QUEUE_MANAGER = "mq_tls_queue_manager_reading"

# What a result holds if the reading succeeded. A module that failed returns none of these, whatever failed_when has made of it.
_PARTS = {  # in the order of their tasks: the second is missing where the first has failed
    _QUEUE_MANAGER: ("objects", "queue_manager", "channels", "summary", "version"),
    _REPOSITORY: ("exists", "repository", "identity", "trust", "certificates", "files"),
}
# Not every reading of a queue manager asks for these.
_OPTIONAL = ("tls_settings", "channel_history")


def gathered(task_vars: Mapping[str, Any], hosts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The state of each host, by inventory host and made of JSON's types alone; one that was not read says why in ``error``."""
    hostvars = task_vars["hostvars"]
    # The results by raw_get: they hold no templates, and to look for some in every value costs many times what all the rest does.
    return {str(host): _state(str(host), hostvars[host].get("mq_tls_queue_manager"), hostvars.raw_get(host)) for host in hosts}


def _state(host: str, named: Any, registered: Any) -> dict[str, Any]:
    name = str(named or host.upper())
    parts = {}
    for register, keys in _PARTS.items():
        result = registered.get(register)
        problem = _problem(register, result, keys, name, host)
        if problem:
            return _item(name, error=problem)
        # Results are containers and texts of Ansible; what leaves here is data that json writes as it is.
        parts[register] = json.loads(json.dumps({key: result[key] for key in (*keys, *_OPTIONAL) if key in result}))
    found = parts[_QUEUE_MANAGER]
    return _item(
        name,
        version=found["version"],
        tls_settings=found.get("tls_settings", {}),
        channel_history=found.get("channel_history", {}),
        repository=parts[_REPOSITORY],
        attributes=found["queue_manager"],
        objects=found["objects"],
        channels=found["channels"],
        summary=found["summary"],
    )


def _item(name: str, error: str = "", **found: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "version": "",
        "tls_settings": {},
        "channel_history": {},
        "repository": {},
        "attributes": {},
        "objects": [],
        "channels": {},
        "summary": {},
    }
    return {"queue_manager": name, "read": not error, "error": error, **nothing, **found}


def _problem(register: str, result: Any, keys: tuple[str, ...], name: str, host: str) -> str:
    """Why a result cannot be used, in one sentence; blank: it can."""
    if not isinstance(result, Mapping):
        return f"Queue manager {name} was not read: host {host} registered no {register}; see the tasks of {host} before this one."
    if result.get("failed") or result.get("unreachable") or any(key not in result for key in keys):
        return str(
            result.get("msg") or f"Queue manager {name} was not read: {register} of host {host} is incomplete; run with -v to see why."
        )
    return ""
